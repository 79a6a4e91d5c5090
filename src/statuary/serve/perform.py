"""Performs a scripted dialogue with a mock of its own, without a network, and tells what happened on the wire.

Unlike a recording it goes on where a script does: connection after connection meets the script's next step. Waits are
not waited for but told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote

from statuary.catalog.store import Catalogue
from statuary.errors import WrongArgument
from statuary.scenario.grammar import HTTP, SMTP, parse_script
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Rule
from statuary.scenario.script import Script
from statuary.serve.http import HttpMock
from statuary.serve.output import Close, HalfClose, Hang, Later, Output, Reset, Send, Wait
from statuary.serve.protocols import PROTOCOLS
from statuary.serve.record import apart, commands_to
from statuary.serve.session import Peer, Session, Shared
from statuary.serve.smtp import SmtpMock

__all__ = [
    "MAX_CONNECTIONS",
    "MAX_SEEN_OCTETS",
    "PERFORMED",
    "Connection",
    "Performance",
    "Spoken",
    "perform",
    "stages_of",
]

PERFORMED = ("smtp", "http")
"""The protocols whose dialogues can be performed."""
MAX_CONNECTIONS = 20
"""The most connections of a performance."""
MAX_SEEN_OCTETS = 32_768
"""How much of what the server sends on one connection is told, in octets."""
MAX_TURNS = 1000
"""How often a session may go on by itself after one request."""
MAX_SEED = 2**63 - 1
"""The highest seed."""

_ENDINGS = {Close: "close", HalfClose: "half-close", Reset: "reset", Hang: "hang"}


class Spoken(NamedTuple):
    """A line of a dialogue: ``client`` or ``server``, and its octets.

    They end with CRLF where it was sent: not at the end of a body, nor where an answer breaks off.
    """

    by: str
    octets: bytes

    @property
    def text(self) -> str:
        """What was said, without the end of the line."""
        return self.octets.decode("utf-8", "replace").removesuffix("\r\n")

    def to_dict(self) -> dict[str, str]:
        """The line as plain data for JSON."""
        return {"by": self.by, "text": self.text}


class Connection(NamedTuple):
    """What happened on a connection.

    Args:
        lines: both directions in order.
        waited_seconds: how long the server waited in all, in seconds.
        ended: how the server ended it: ``close``, ``half-close``, ``reset``, ``hang``; empty where it left that to the
            client.
        cut: whether the server sent more than is told.
    """

    lines: tuple[Spoken, ...]
    waited_seconds: float
    ended: str
    cut: bool


class Performance(NamedTuple):
    """A dialogue that was performed.

    Args:
        protocol: ``smtp`` or ``http``.
        stage: where the script answered.
        script: in its one spelling.
        seed: what random choices were drawn from.
        connections: one after another.
    """

    protocol: str
    stage: str
    script: str
    seed: int
    connections: tuple[Connection, ...]

    def to_dict(self) -> dict[str, Any]:
        """The dialogue as plain data for JSON."""
        return {
            **self._asdict(),
            "connections": [
                {**each._asdict(), "lines": [line.to_dict() for line in each.lines]} for each in self.connections
            ],
        }


def stages_of(protocol: str) -> tuple[str, ...]:
    """The stages of a protocol that a performed dialogue comes to.

    Args:
        protocol: ``smtp`` or ``http``.
    """
    return tuple(next(adapter.stages for adapter in PROTOCOLS if adapter.protocol == protocol))


def perform(
    catalogue: Catalogue,
    protocol: str,
    script: str,
    stage: str = "",
    connections: int = 1,
    seed: int = 0,
    like: Shared | None = None,
) -> Performance:
    """Have a client and a mock talk, and tell what both said.

    Args:
        catalogue: where the mock's texts come from.
        protocol: ``smtp`` or ``http``.
        script: what the mock answers.
        stage: where it answers; the recipient's in SMTP where none is named.
        connections: how many, one after another; in HTTP each carries one request, in SMTP one message.
        seed: what random choices are drawn from.
        like: a server whose name, site and clock the mock has; None for a plain one.

    Raises:
        ScriptError: the script is wrong.
        WrongArgument: something else is.
    """
    if protocol not in PERFORMED:
        raise WrongArgument("protocol", f"one of {', '.join(PERFORMED)}")
    stage = stage or ("rcpt" if protocol == "smtp" else "request")
    if stage not in stages_of(protocol):
        raise WrongArgument("stage", f"one of {', '.join(stages_of(protocol))}")
    if not 1 <= connections <= MAX_CONNECTIONS:
        raise WrongArgument("connections", f"a whole number from 1 to {MAX_CONNECTIONS}")
    if not 0 <= seed <= MAX_SEED:
        raise WrongArgument("seed", f"a whole number from 0 to {MAX_SEED}")
    parsed = parse_script(script, SMTP if protocol == "smtp" else HTTP)
    shared = apart(replace(like, seed=seed) if like is not None else Shared(catalogue, seed))
    made = _smtp(shared, stage, parsed, connections) if protocol == "smtp" else _http(shared, parsed, connections)
    return Performance(protocol, stage, str(parsed), seed, tuple(made))


def _smtp(shared: Shared, stage: str, script: Script, connections: int) -> Iterator[Connection]:
    rules = RuleIndex([Rule("smtp", stage, script, name=f"{stage} {script}")])
    make = SmtpMock(replace(shared, rules=rules))
    for number in range(1, connections + 1):
        heard = _Ear(make(Peer("127.0.0.1:0", number)))
        good = heard.begin().startswith("2")
        for command in commands_to(stage):
            if not good or heard.over:
                break
            good = heard.say(command).startswith(("2", "3"))
        if not heard.over:
            heard.say("QUIT")
        yield heard.told()


def _http(shared: Shared, script: Script, connections: int) -> Iterator[Connection]:
    make = HttpMock(shared)
    request = f"GET /status/{quote(str(script), safe='~:,=')} HTTP/1.1\r\nHost: mock.test\r\nAccept: */*\r\n"
    for number in range(1, connections + 1):
        heard = _Ear(make(Peer("127.0.0.1:0", number)))
        heard.begin()
        heard.say(request)
        yield heard.told()


class _Ear:
    """One connection: says what the client says, and keeps what is heard.

    Args:
        session: the server's side.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lines: list[Spoken] = []
        self._waited = 0.0
        self._ended = ""
        self._left = MAX_SEEN_OCTETS
        self._cut = False

    @property
    def over(self) -> bool:
        """Whether nothing more is to be said."""
        return bool(self._ended) or self._session.closing

    def begin(self) -> str:
        """Open the connection, and give the last line of what the server says to that."""
        return self._hear(self._session.start())

    def say(self, text: str) -> str:
        """Say something, and give the last line of the answer."""
        octets = text.encode() + b"\r\n"
        self._lines += _lines("client", octets)
        return self._hear(self._session.receive(octets))

    def told(self) -> Connection:
        """What happened."""
        ended = self._ended or ("close" if self._session.closing else "")
        return Connection(tuple(self._lines), round(self._waited, 3), ended, self._cut)

    def _hear(self, output: Output) -> str:
        heard = b""
        for _ in range(MAX_TURNS):
            if output is None or isinstance(output, bytes):
                heard += output or b""
                break
            heard += self._carry_out(output)
            if self._ended or self._cut:
                break
            output = self._session.resume()
        return self._write_down(heard)

    def _carry_out(self, plan: list[Any]) -> bytes:
        """What a plan sends; waits and endings are kept."""
        sent = b""
        for action in plan:
            match action:
                case Send():
                    sent += action.data
                case Wait():
                    self._waited += action.seconds
                case Later():
                    continue  # happens only while the client is silent
                case _:
                    self._ended = _ENDINGS.get(type(action), "close")
                    break
        return sent

    def _write_down(self, heard: bytes) -> str:
        self._cut = self._cut or len(heard) > self._left
        heard = heard[: self._left]
        self._left -= len(heard)
        if not heard:
            return ""
        self._lines += _lines("server", heard)
        return self._lines[-1].text


def _lines(by: str, octets: bytes) -> list[Spoken]:
    return [Spoken(by, line) for line in re.split(rb"(?<=\r\n)", octets) if line]
