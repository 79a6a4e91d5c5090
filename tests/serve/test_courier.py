"""What comes back after acceptance is delivered by SMTP, to loopback only unless it is allowed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import smtplib
import time
import urllib.request
import uuid
from typing import Any

import pytest
from tests.conftest import Serving, run_apart, run_async, start_server, stop_server

import statuary
from statuary.errors import ServeError
from statuary.serve import courier as module
from statuary.serve.courier import Courier
from statuary.serve.mailbox import Mailbox, Message

REPORT = Message(0.0, 1, "", ("a@c.example",), b"Subject: report\r\n\r\nx")


def messages(site: str, recipient: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{site}/api/messages") as response:
        return [message for message in json.load(response)["messages"] if recipient in message["recipients"]]


def test_bounce_reaches_the_server_that_was_named(server: Serving) -> None:
    """RFC 3464 by RFC 5321: from the null reverse path, to the sender of the message."""
    sender = f"anna-{uuid.uuid4().hex[:8]}@client.example"
    started = start_server("--reports-to", f"127.0.0.1:{server.smtp_port}")
    try:
        with smtplib.SMTP("127.0.0.1", started.serving.smtp_port, timeout=10) as client:
            assert client.sendmail(sender, ["bounce550_5.1.1-delay=100ms@any.test"], "Subject: x\r\n\r\nx") == {}
        deadline = time.monotonic() + 20
        while not (arrived := messages(server.site, sender)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [message["sender"] for message in arrived] == [""]
        assert "Action: failed" in arrived[0]["content"]
        assert [message["sender"] for message in messages(started.serving.site, sender)] == [""]
    finally:
        assert stop_server(started) == 0


def test_other_machines_are_refused_unless_allowed() -> None:
    with pytest.raises(ServeError, match="another machine"):
        Courier(Mailbox(), "192.0.2.1", 25)
    assert Courier(Mailbox(), "192.0.2.1", 25, beyond_loopback=True).pending == 0
    assert Courier(Mailbox(), "localhost", 25).pending == 0


def test_failed_delivery_is_told_and_kept() -> None:
    """A server that is not there: the report stays in the mailbox."""
    told: list[tuple[str, str]] = []

    async def run() -> Courier:
        courier = Courier(Mailbox(), "127.0.0.1", 1, failed=lambda *what: told.append(what))
        courier.post(REPORT)
        while courier.pending:
            await asyncio.sleep(0.01)
        return courier

    courier = run_async(run())
    assert (courier.failures, courier.delivered) == (1, 0)
    assert told == [("a@c.example", "ConnectionRefusedError")]


def deliver(courier: Courier, recipient: str) -> None:
    """Post a report and wait until it is no longer under way."""

    async def run() -> None:
        courier.post(REPORT._replace(recipients=(recipient,)))
        while courier.pending:
            await asyncio.sleep(0.01)

    run_async(run())


def test_report_to_an_address_beyond_ascii_is_delivered() -> None:
    """RFC 6531 §3.4: with SMTPUTF8 where the server offers it; where not, the failure is told like any other."""
    told: list[tuple[str, str]] = []
    with statuary.smtp() as target:
        courier = Courier(Mailbox(), *target.addr, failed=lambda *what: told.append(what))
        deliver(courier, "jürgen@c.example")
        assert (courier.delivered, told) == (1, [])
        assert [(each.sender, each.recipients) for each in target.messages] == [("", ("jürgen@c.example",))]
        target.on("ehlo").answer("502 x1 ~ pass")
        deliver(courier, "jürgen@c.example")
    assert (courier.delivered, courier.failures) == (1, 1)
    assert told == [("jürgen@c.example", "SMTPNotSupportedError")]


def test_pending_reports_are_bounded_and_given_up_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 3)

    async def run() -> tuple[Courier, Mailbox]:
        mailbox = Mailbox()
        courier = Courier(mailbox)
        for _ in range(5):
            courier.post(REPORT, 3600.0)
        assert (courier.pending, courier.dropped) == (3, 2)
        courier.post(REPORT)
        with contextlib.suppress(asyncio.CancelledError):
            await courier.close()
        return courier, mailbox

    courier, mailbox = run_async(run())
    assert len(mailbox) == 1
    assert courier.pending == 0


def test_without_a_loop_it_is_kept_at_once() -> None:
    mailbox = Mailbox()
    run_apart(lambda: Courier(mailbox).post(REPORT, 5.0))
    assert len(mailbox) == 1
