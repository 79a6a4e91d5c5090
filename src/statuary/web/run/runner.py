"""Runs scripts on the real wire: connection after connection to the mocks of this process, told as it happens."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeAlias

from statuary.errors import LimitExceeded, RuleError, ServeError
from statuary.scenario.rules import Rule
from statuary.scenario.ruletable import MAX_PRIORITY
from statuary.serve.caller import Caller
from statuary.serve.rulebook import Rulebook
from statuary.serve.session import Shared
from statuary.web.run.ask import Ask, exchanges_of
from statuary.web.run.wire import SILENCE_SECONDS, Emit, Telling, patience_with, request, send_mail

__all__ = [
    "MAX_RUNS",
    "MAX_RUN_CONNECTIONS",
    "MAX_RUN_OCTETS",
    "MAX_RUN_SECONDS",
    "Dial",
    "Runner",
]

MAX_RUNS = 4
"""How many runs are under way at once."""
MAX_RUN_CONNECTIONS = 20
"""The most connections of a run."""
MAX_RUN_SECONDS = 60.0
"""How long a run takes at most, in seconds."""
MAX_RUN_OCTETS = 65_536
"""How much of what the mock sends on one connection is heard, in octets."""

LOOPBACK_ADDRESSES = 2**24 - 3
"""How many addresses of the loopback network a run may come from: not the first two, nor the last."""

_LOOPBACK = ipaddress.IPv4Address("127.0.0.0")

Dial: TypeAlias = Callable[[int, Callable[[], asyncio.Protocol], str], Awaitable[None]]
"""Opens a connection to a port that this process listens on, from an address."""


class Runner:
    """Performs scripts against the running mocks.

    Args:
        shared: what the mocks share.
        rulebook: takes a rule for the time of a run, where nothing else can ask for an answer.
        dial: opens connections, to these mocks only.
        ports: where they listen, by their names.
        clock: seconds since any time.
    """

    def __init__(
        self,
        shared: Shared,
        rulebook: Rulebook,
        dial: Dial,
        ports: Mapping[str, int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shared = shared
        self._rulebook = rulebook
        self._dial = dial
        self._ports = dict(ports)
        self._clock = clock
        self._runs = 0

    @property
    def full(self) -> bool:
        """Whether no further run is taken."""
        return self._runs >= MAX_RUNS

    @staticmethod
    def new_key() -> str:
        """What keeps the counts of a run apart from all others."""
        return f"run-{secrets.token_hex(4)}"

    async def run(self, ask: Ask, connections: int = 0) -> AsyncGenerator[dict[str, Any], None]:
        """Perform a script; its events as they happen.

        Args:
            ask: how it is asked for, with a key of the run's own.
            connections: how many, one after another; 0 for as many as show the script whole.

        Raises:
            LimitExceeded: too many runs are under way.
        """
        if self.full:
            raise LimitExceeded("max_runs", MAX_RUNS)
        self._runs += 1
        events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        running = asyncio.create_task(self._perform(ask, connections, events.put_nowait))
        running.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            running.result()  # a fault of ours is not to look like an end
        finally:
            self._runs -= 1
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _perform(self, ask: Ask, connections: int, emit: Emit) -> None:
        since = self._clock()
        needed = connections or exchanges_of(ask.script, ask.protocol, MAX_RUN_CONNECTIONS + 1)
        source = _source() if ask.way == "rule" and ask.stage == "connect" else ""
        if ask.way == "rule" and not source:
            ask = ask._replace(hello=f"{ask.key}.run.test")
        emit(_start(ask, min(needed, MAX_RUN_CONNECTIONS)))
        done, problem = 0, ""
        try:
            with self._asked_for(ask, source):
                while done < min(needed, MAX_RUN_CONNECTIONS) and self._clock() < since + MAX_RUN_SECONDS:
                    await self._connect(ask, source, done + 1, since, emit)
                    done += 1
        except (ServeError, RuleError) as error:
            problem = str(error)
        finally:
            self._forget(ask)
        ms = round((self._clock() - since) * 1000, 1)
        emit({"event": "done", "ms": ms, "connections": done, "left": needed - done, "problem": problem})

    def _forget(self, ask: Ask) -> None:
        """The counts of a run are nobody else's; those of rules and of names in EHLO have no key, but a subject."""
        counters = self._shared.counters
        if ask.key:
            self._shared.start_over(ask.key)
        if ask.way == "rule":
            counters.reset(subject=f"rule {_rule_name(ask)}")
        elif ask.way == "hello":
            counters.reset(subject=f"smtp {ask.stage} {ask.hello.lower()}")

    async def _connect(self, ask: Ask, source: str, number: int, since: float, emit: Emit) -> None:
        """Make one connection, and tell all of it.

        Raises:
            ServeError: there is none to be had.
        """
        caller = Caller(self._clock, MAX_RUN_OCTETS)
        await self._dial(self._port(ask), lambda: caller, source)
        patience = patience_with(ask.script, since + MAX_RUN_SECONDS)
        line = Telling(caller, number, emit, since, self._clock, patience)
        try:
            await (send_mail(line, ask) if ask.protocol == "smtp" else request(line, ask, self._host()))
        finally:
            caller.break_off()

    def _port(self, ask: Ask) -> int:
        name = "submission" if ask.stage == "starttls" and "submission" in self._ports else ask.protocol
        return self._ports.get(name, 0)

    def _host(self) -> str:
        return f"127.0.0.1:{self._ports.get('http', 0)}"

    @contextlib.contextmanager
    def _asked_for(self, ask: Ask, source: str) -> Iterator[None]:
        """Have a rule answer, where one must.

        Raises:
            RuleError: there are too many rules.
        """
        if ask.way != "rule" or ask.script is None:
            yield
            return
        match = {"ip": source} if source else {"helo": ask.hello}
        rule = Rule(ask.protocol, ask.stage, ask.script, match, priority=MAX_PRIORITY, name=_rule_name(ask))
        self._rulebook.add([rule])
        try:
            yield
        finally:
            self._rulebook.remove([rule.name])


def _rule_name(ask: Ask) -> str:
    return f"run {ask.key}"


def _start(ask: Ask, connections: int) -> dict[str, Any]:
    return {
        "event": "start",
        "protocol": ask.protocol,
        "stage": ask.stage,
        "script": str(ask.script) if ask.script is not None else "",
        "way": ask.way,
        "asked": ask.spelled,
        "key": ask.key,
        "connections": connections,
        "limits": {
            "connections": MAX_RUN_CONNECTIONS,
            "seconds": MAX_RUN_SECONDS,
            "octets": MAX_RUN_OCTETS,
            "silence_seconds": SILENCE_SECONDS,
        },
    }


def _source() -> str:
    """An address of loopback that nobody else comes from: before a greeting nothing else tells clients apart."""
    return str(_LOOPBACK + 2 + secrets.randbelow(LOOPBACK_ADDRESSES))
