"""Runs within one process: limits of time, what stands in the way, and any octets whatever from the server."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.store import open_catalogue
from statuary.errors import LimitExceeded, RuleError, ServeError
from statuary.serve.assemble import Mocks, MockSettings, assemble
from statuary.serve.caller import Caller, Heard
from statuary.serve.protocols import PROTOCOLS
from statuary.web.run import runner as runner_module
from statuary.web.run.ask import ask
from statuary.web.run.runner import MAX_RUNS, Runner
from statuary.web.run.wire import Telling, patience_with, request, send_mail
from tests.conftest import run_async
from tests.web.client import run

CATALOGUE = open_catalogue()


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Runner, Mocks]]:
    """Mocks of HTTP and SMTP, and what runs scripts against them."""
    ports: dict[str, int | None] = {each.name: 0 if each.name in ("http", "smtp") else None for each in PROTOCOLS}
    async with assemble(MockSettings(ports=ports), catalogue=CATALOGUE) as mocks:
        known = {name: int(url.rpartition(":")[2]) for name, url in mocks.urls.items()}
        yield Runner(mocks.shared, mocks.rulebook, mocks.runtime.dial, known), mocks


async def performed(runner: Runner, protocol: str, script: str, stage: str = "") -> list[dict[str, Any]]:
    """The events of a run."""
    return [event async for event in runner.run(ask(protocol, script, stage, runner.new_key()))]


def test_a_run_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that hangs, and one that drips for ever, hold a run no longer than its limit."""
    monkeypatch.setattr(runner_module, "MAX_RUN_SECONDS", 0.3)

    async def scene() -> list[list[dict[str, Any]]]:
        async with running() as (runner, _):
            return [await performed(runner, "http", script) for script in ("hangx9", "200-drip=1h", "200-delay=1h")]

    for events in run(scene()):
        assert [event["how"] for event in events if event["event"] == "end"] == ["seconds"]
        assert (events[-1]["event"], events[-1]["connections"]) == ("done", 1)


def test_nothing_is_left_of_a_run() -> None:
    """No rule, no count, no connection; also where its reader leaves in the middle."""

    async def scene() -> None:
        async with running() as (runner, mocks):
            for stage in ("connect", "ehlo", "auth", "rcpt", "vrfy", "message"):
                await performed(runner, "smtp", "421", stage)
            async with aclosing(runner.run(ask("smtp", "hang", "other", "run-x"))) as events:
                async for event in events:
                    if event["event"] == "octets" and event["text"].startswith("XTEST"):
                        break
            assert mocks.rulebook.rules == ()
            assert len(mocks.shared.counters) == 0
            for _ in range(100):
                if not mocks.runtime.open_connections:
                    break
                await asyncio.sleep(0.02)
            assert mocks.runtime.open_connections == 0

    run(scene())


def test_one_run_too_many_is_refused() -> None:
    async def scene() -> None:
        async with running() as (runner, _):
            runs = [runner.run(ask("http", "hang")) for _ in range(MAX_RUNS)]
            for each in runs:
                await anext(each)
            assert runner.full
            with pytest.raises(LimitExceeded, match="max_runs is 4"):
                await anext(runner.run(ask("http", "503")))
            for each in runs:
                await each.aclose()
            assert not runner.full

    run(scene())


@pytest.mark.parametrize("what", ["dial", "rule"])
def test_what_stands_in_the_way_is_said(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection or a rule that is not to be had is no fault of ours."""

    async def no_connection(port: int, make: Callable[[], asyncio.Protocol], source: str) -> None:
        raise ServeError("no connection")

    def no_rule(rules: object) -> None:
        raise RuleError("too many rules")

    async def scene() -> dict[str, Any]:
        async with running() as (runner, mocks):
            if what == "dial":
                runner = Runner(mocks.shared, mocks.rulebook, no_connection, {})
            else:
                monkeypatch.setattr(mocks.rulebook, "add", no_rule)
            return (await performed(runner, "smtp", "421", "connect"))[-1]

    done = run(scene())
    assert (done["connections"], done["problem"]) == (0, "no connection" if what == "dial" else "too many rules")


def test_without_a_port_for_starttls_the_plain_one_is_asked() -> None:
    async def scene() -> list[dict[str, Any]]:
        async with running() as (runner, _):
            return await performed(runner, "smtp", "454x1", "starttls")

    events = run(scene())
    assert any(event.get("text", "").startswith("454 ") for event in events)


class Scripted(Caller):
    """A connection that gives what it was told, piece by piece, and then an end or silence."""

    def __init__(self, pieces: list[bytes], ended: str) -> None:
        super().__init__(lambda: 0.0, 1 << 20)
        self._script = deque(pieces)
        self._last = ended

    def say(self, data: bytes) -> float:
        return 0.0

    async def hear(self, seconds: float) -> Heard | None:
        if self._script:
            return Heard(0.0, self._script.popleft())
        self.ended = self._last
        return None

    async def outlast(self, seconds: float) -> None:
        return

    def leave(self) -> None:
        return

    def break_off(self) -> None:
        return


PIECES = st.lists(
    st.binary(max_size=40)
    | st.sampled_from(
        [
            *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n", b"Content-Length: 5\r\n\r\n", b"\r\n"),
            *(b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nabcde\r\n", b"0\r\n\r\n", b"250 ok\r\n", b"250-ok\r\n"),
            *(b"354 go\n", b"Connection: close\r\n", b"HTTP/1.1 101 Switching\r\n\r\n", b"220", b"999999 x\r\n"),
        ]
    ),
    max_size=12,
)


@given(PIECES, st.sampled_from(["", "closed", "reset", "octets"]), st.sampled_from(["http", "smtp"]), st.booleans())
def test_any_octets_end_in_an_end(pieces: list[bytes], ended: str, protocol: str, half: bool) -> None:
    """Whatever a server sends, in whatever pieces: all of it is told, and one end."""
    events: list[dict[str, Any]] = []
    made = ask(protocol, "250-halfclose" if half else "250")

    async def scene() -> None:
        line = Telling(
            Scripted([each for each in pieces if each], ended),
            *(1, events.append, 0.0, lambda: 0.0),
            patience_with(made.script, 60.0),
        )
        await (send_mail(line, made) if protocol == "smtp" else request(line, made, "127.0.0.1:8081"))

    run_async(scene())
    assert [event["event"] for event in events].count("end") == 1
    assert events[-1]["event"] == "end"
    told = "".join(event["text"] for event in events if event["event"] == "octets" and event["by"] == "server")
    assert b"".join(pieces).decode("latin-1").startswith(told)
