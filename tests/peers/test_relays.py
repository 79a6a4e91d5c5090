"""Real queues in front of the SMTP mock: they retry, give up and send twice as they do in front of any server."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from tests.conftest import ROOT, Serving, require, start_server, stop_server
from tests.peers.relays import RELAYS, Relay, running_relay, send, wait_until_empty

DELIVERY_SECONDS = 90.0
"""How long a relay may take to empty its queue, in seconds; it is waited for, not measured."""


class Front(NamedTuple):
    """A relay and the mock behind it.

    Args:
        name: of the relay.
        relay: the relay.
        mock: the mock.
    """

    name: str
    relay: Relay
    mock: Serving


@pytest.fixture(scope="module")
def mock() -> Iterator[Serving]:
    """A mock of these tests' own, since a relay sends its bounces to it too."""
    started = start_server("--seed", "7")
    yield started.serving
    assert stop_server(started) == 0


@pytest.fixture(scope="module", params=RELAYS)
def front(request: pytest.FixtureRequest, mock: Serving) -> Iterator[Front]:
    """A relay in front of the mock, with a queue of its own on a free port of the loopback."""
    with running_relay(request.param, mock.smtp_port) as relay:
        yield Front(request.param, relay, mock)


def tagged(local_part: str) -> tuple[str, str]:
    """An address whose counts nobody else shares, and what its test is known by."""
    mark = uuid.uuid4().hex[:8]
    return f"{local_part}+{mark}@any.test", mark


def exchanges(mock: Serving, stage: str, mark: str) -> list[dict[str, Any]]:
    """The exchanges of a stage that a test's tag isolates, the oldest first."""
    asked = httpx.get(f"{mock.site}/api/journal", params={"stage": stage, "key": mark})
    found: list[dict[str, Any]] = asked.raise_for_status().json()["exchanges"]
    return found


def kept(mock: Serving, mark: str) -> list[dict[str, Any]]:
    """The messages that the mock keeps for a test's tag."""
    asked = httpx.get(f"{mock.site}/api/messages", params={"key": mark})
    found: list[dict[str, Any]] = asked.raise_for_status().json()["messages"]
    return found


def delivered(front: Front, recipient: str, mark: str) -> str:
    """Hand a message to the relay, wait until it has nothing more to do for it, and give its sender."""
    sender = f"photos+{mark}@client.example"
    send(front.relay, sender, recipient, f"Hello {mark}")
    wait_until_empty(front.relay, DELIVERY_SECONDS)
    return sender


def test_a_queue_meets_452_twice_and_then_delivers_once(front: Front) -> None:
    """RFC 5321 §4.5.4.1: a queue keeps what 4yz refused and tries again; exactly one message arrives."""
    recipient, mark = tagged("rcpt452_4.2.2x2")
    delivered(front, recipient, mark)
    assert [each["code"] for each in exchanges(front.mock, "rcpt", mark)] == ["452", "452", "250"]
    assert [message["recipients"] for message in kept(front.mock, mark)] == [[recipient]]


def test_a_queue_gives_551_up_at_once_and_tells_the_sender(front: Front) -> None:
    """RFC 5321 §4.2.1: 5yz is not tried again; the sender hears of it from the null path (§4.5.5)."""
    recipient, mark = tagged("rcpt551_5.1.6")
    sender = delivered(front, recipient, mark)
    refused = [each for each in exchanges(front.mock, "rcpt", mark) if f"<{recipient}>" in each["request"]]
    assert [each["code"] for each in refused] == ["551"]
    (bounce,) = kept(front.mock, mark)
    assert bounce["sender"] == ""
    assert bounce["recipients"] == [sender]
    assert len(exchanges(front.mock, "message", mark)) == 1, "nothing but the bounce"


def test_a_queue_that_is_cut_off_after_the_dot_delivers_again(front: Front) -> None:
    """RFC 5321 §4.2.1: no reply is no acceptance; the journal shows the message twice, and it is kept once."""
    recipient, mark = tagged("messagedropx1")
    delivered(front, recipient, mark)
    first, second = exchanges(front.mock, "message", mark)
    assert (first["code"], first["note"], second["code"]) == ("", "drop", "250")
    assert identity(first["request"]) == identity(second["request"])
    assert len(kept(front.mock, mark)) == 1


def test_a_queue_that_never_hears_the_250_delivers_a_duplicate(front: Front) -> None:
    """RFC 1047: the server takes the message over, its reply is lost, the queue sends again: two copies are kept."""
    recipient, mark = tagged("message250-limit=0x1")
    delivered(front, recipient, mark)
    first, second = exchanges(front.mock, "message", mark)
    assert (first["code"], first["response"], second["code"]) == ("250", "", "250")
    assert identity(first["request"]) == identity(second["request"])
    assert len(kept(front.mock, mark)) == 2


def identity(message: str) -> str:
    """The Message-ID of a message, which a queue never changes (RFC 5322 §3.6.4)."""
    (line,) = [line for line in message.split("\r\n") if line.lower().startswith("message-id:")]
    return line


TRIES = [
    ("rcpt452_4.2.2x1", "rcpt", "452", 69, "EENVELOPE"),
    ("rcpt551_5.1.6x1", "rcpt", "551", 65, "EENVELOPE"),
    ("message554_5.6.0x1", "message", "554", 69, "EMESSAGE"),
    ("messagedropx1", "message", "", 76, "ECONNECTION"),
    ("anna", "message", "250", 0, ""),
]
"""An address, the stage and the code of its answer, how msmtp ends (sysexits.h), and what nodemailer calls it."""


@pytest.mark.parametrize(("local_part", "stage", "code", "exit_code", "_"), TRIES)
def test_msmtp_tries_once(mock: Serving, local_part: str, stage: str, code: str, exit_code: int, _: str) -> None:
    """A client without a queue tries once whatever the class of the reply is, and hands reply and decision on."""
    recipient, mark = tagged(local_part)
    command = [require("msmtp"), "--host=127.0.0.1", f"--port={mock.smtp_port}", "--tls=off", "--auth=off"]
    run = subprocess.run(
        [*command, "--file=/dev/null", "--from=photos@client.example", "--", recipient],
        input="Subject: Hello\r\n\r\nHello.\r\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.returncode == exit_code, run.stderr
    assert exit_code == 0 or not code or f": {code} " in run.stderr
    assert [each["code"] for each in exchanges(mock, stage, mark)] == [code]
    assert len(kept(mock, mark)) == (exit_code == 0)


@pytest.mark.parametrize(("local_part", "stage", "code", "_", "error"), TRIES)
def test_nodemailer_tries_once(mock: Serving, local_part: str, stage: str, code: str, _: int, error: str) -> None:
    """The same for a library: it raises, with the reply code if there was a reply, and its caller decides."""
    recipient, mark = tagged(local_part)
    options = json.dumps({"port": mock.smtp_port, "secure": False, "ignoreTLS": True})
    run = subprocess.run(
        [require("node"), "deliver.js", options, recipient],
        cwd=ROOT / "tests" / "node",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answer = json.loads(run.stdout)
    assert answer.get("error", "") == error
    assert str(answer.get("code", "")) == (code if error else "")
    assert [each["code"] for each in exchanges(mock, stage, mark)] == [code]
    assert len(kept(mock, mark)) == (not error)
