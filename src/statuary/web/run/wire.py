"""The client of a run: speaks HTTP or SMTP to a mock as a well-behaved client does, and tells all that passes."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

import h11

from statuary.scenario.script import Effect, Script
from statuary.serve.caller import Caller
from statuary.web.run.ask import Ask

__all__ = ["SILENCE_SECONDS", "Emit", "Patience", "Telling", "patience_with", "request", "send_mail"]

SILENCE_SECONDS = 5.0
"""How long a silent server is waited for, beyond the waits that its script asks for, in seconds."""
GRACE_SECONDS = 0.02
"""How long a server that has answered gets to end the connection before the client goes on, in seconds."""
END_SECONDS = 0.2
"""How much later than its script says an end may come, in seconds."""
PROBE_SECONDS = 2.5
"""How long after the end of the server's side it is seen whether it still takes octets; a mock that closes reads on for
two seconds."""
MAX_HEAD_OCTETS = 262_144
"""The largest head of a response that is read, in octets."""

Event: TypeAlias = dict[str, Any]
Emit: TypeAlias = Callable[[Event], None]
"""Takes the events of a run, one after the other."""

_WAITS = frozenset({"delay", "jitter", "pause", "close", "reset"})
_ENDS = frozenset({"close", "reset"})
_LAST = re.compile(rb"[0-9]{3}(?![-0-9])")
_MESSAGE = ("Subject: Hello", "", "Hello from a test.", ".")
_CHUNK = "Subject: Hello\r\n\r\nHi"
_PASSWORD = "secret"  # noqa: S105 - any is good for the mock


class Patience(NamedTuple):
    """How long a client waits.

    Args:
        silence: for the next octet, in seconds.
        end: for the end of the connection after an answer, in seconds; 0 where none is asked for.
        half: whether it is to be seen that the server still takes octets after its own side's end.
        deadline: when the whole run ends, in seconds of the clock.
    """

    silence: float
    end: float
    half: bool
    deadline: float


def patience_with(script: Script | None, deadline: float) -> Patience:
    """How long to wait for the answers of a script.

    Args:
        script: the script; None for a code that stands alone.
        deadline: when the whole run ends, in seconds of the clock.
    """
    answers = [choice.answer.effects for step in script.steps for choice in step.choices] if script is not None else []
    waits = max((_seconds(effects, _WAITS) for effects in answers), default=0.0)
    ends = [_seconds(effects, _ENDS) for effects in answers if any(each.name in _ENDS for each in effects)]
    half = any(each.name == "halfclose" for effects in answers for each in effects)
    return Patience(SILENCE_SECONDS + waits, max(ends) + END_SECONDS if ends else 0.0, half, deadline)


def _seconds(effects: Iterable[Effect], names: frozenset[str]) -> float:
    return sum(effect.value or 0.0 for effect in effects if effect.name in names)


class Telling:
    """One connection, all of which is told.

    Args:
        caller: the connection.
        number: among those of the run, from 1.
        emit: takes the events.
        since: when the run began, in seconds of the clock.
        clock: seconds since any time.
        patience: how long to wait.
    """

    def __init__(
        self, caller: Caller, number: int, emit: Emit, since: float, clock: Callable[[], float], patience: Patience
    ) -> None:
        self.caller = caller
        self.patience = patience
        self._number = number
        self._emit = emit
        self._since = since
        self._clock = clock
        self._buffer = b""
        self.given_up = ""
        """``silent`` or ``seconds`` where the client has lost its patience."""

    @property
    def over(self) -> bool:
        """Whether nothing more is to be said or heard."""
        return bool(self.given_up or self.caller.ended)

    def say(self, data: bytes) -> None:
        """Send octets."""
        self._tell("octets", self.caller.say(data), by="client", text=data.decode("latin-1"))

    async def hear(self, seconds: float | None = None) -> bytes:
        """The next octets; empty at the end of the connection, or of patience.

        Args:
            seconds: how long to wait; None for as long as patience lasts, which is then lost.
        """
        left = self.patience.deadline - self._clock()
        wanted = self.patience.silence if seconds is None else seconds
        heard = await self.caller.hear(min(wanted, left))
        if heard is not None:
            self._tell("octets", heard.at, by="server", text=heard.data.decode("latin-1"))
            return heard.data
        if not self.caller.ended and (seconds is None or left <= wanted):
            self.given_up = "seconds" if left <= wanted else "silent"
        return b""

    async def reply(self) -> str:
        """An SMTP reply: its code; empty where there was none."""
        while True:
            line, mark, rest = self._buffer.partition(b"\n")
            if mark:
                self._buffer = rest
                if found := _LAST.match(line):
                    return found[0].decode("ascii")
                continue
            piece = await self.hear()
            if not piece:
                return ""
            self._buffer += piece

    async def ask(self, line: str) -> str:
        """Say a line; the class of the reply, empty where there was none."""
        self.say(line.encode() + b"\r\n")
        return (await self.reply())[:1]

    async def finish(self, whole: bool | None = None, octets: tuple[int, int] | None = None) -> None:
        """See how the connection ends, and tell it.

        Args:
            whole: HTTP: whether the answer came whole; None where that cannot be said.
            octets: HTTP: how much of its content came, and how much was announced.
        """
        caller = self.caller
        if not self.over and self.patience.end:
            await self.hear(self.patience.end)
        how = self.given_up or caller.ended or "left"
        at = caller.ended_at if how == caller.ended else self._clock()
        if how == "closed" and self.patience.half:
            how = await self._probe()
            at = self._clock()
        if how in ("silent", "seconds"):
            caller.break_off()
        else:
            caller.leave()
        more: Event = {"seconds": round(self.patience.silence, 3)} if how == "silent" else {}
        if whole is not None:
            more["whole"] = whole
        if octets is not None and octets[0] != octets[1]:
            more["octets"], more["announced"] = octets
        self._tell("end", at, how=how, **more)

    async def _probe(self) -> str:
        """Whether the server still takes octets once its own side is finished (RFC 9293 §3.6).

        The first octets bring the reset of a server that takes none; whoever has heard the end of the other side hears
        of it only when the next octets are to be sent.
        """
        await self.caller.outlast(min(PROBE_SECONDS, max(self.patience.deadline - self._clock(), 0.0)))
        for _ in range(2):
            if self.caller.ended == "reset":
                break
            self.say(b"\r\n")
            await self.caller.outlast(END_SECONDS)
        return "closed" if self.caller.ended == "reset" else "half-closed"

    def _tell(self, event: str, at: float, **facts: Any) -> None:
        ms = round(max(at - self._since, 0.0) * 1000, 1)
        self._emit({"event": event, "connection": self._number, "ms": ms, **facts})


async def send_mail(line: Telling, ask: Ask) -> None:
    """Hold an SMTP dialogue up to the stage at hand, and beyond it where the reply is good; then QUIT.

    Args:
        line: the connection.
        ask: what is asked for.
    """
    heard = (await line.reply())[:1]
    going = heard == "2"
    for said in _mail(ask):
        if not going or line.over:
            break
        heard = await line.ask(said)
        going = heard in ("2", "3")
    if ask.stage == "auth" and heard == "3" and not line.over:
        await line.ask("*")  # a challenge that nobody can answer is cancelled (RFC 4954 §4)
    if not line.over:
        await line.hear(GRACE_SECONDS)  # a reply that closes the connection
    if not line.over and not (ask.stage == "starttls" and going):  # after 220 a handshake is due, and none is made
        await line.ask("QUIT")
        if not line.over:
            await line.hear()
    await line.finish()


def _mail(ask: Ask) -> Iterator[str]:
    """What a client says, command by command, without the ends of lines."""
    yield f"EHLO {ask.hello}"
    match ask.stage:
        case "ehlo":
            return
        case "starttls":
            yield "STARTTLS"
        case "auth":
            user = base64.b64encode(f"\0{ask.word or 'user'}\0{_PASSWORD}".encode()).decode("ascii")
            yield f"AUTH PLAIN {user}"
        case "other":
            yield "XTEST"
        case "noop" | "vrfy" | "help" | "expn" | "etrn" | "atrn" as stage:
            yield f"{stage.upper()} {ask.word or 'x'}"
        case stage:
            yield f"MAIL FROM:<{ask.sender}>"
            yield f"RCPT TO:<{ask.recipient}>"
            if stage == "bdat":
                yield f"BDAT {len(_CHUNK) + 2} LAST\r\n{_CHUNK}"
            elif stage == "rset":
                yield "RSET"
            elif stage != "quit":
                yield "DATA"
                yield "\r\n".join(_MESSAGE)


async def request(line: Telling, ask: Ask, host: str) -> None:
    """Request a target once, and read the answer to its end.

    Args:
        line: the connection.
        ask: what is asked for.
        host: the field Host.
    """
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_OCTETS)
    headers = [("Host", host), ("User-Agent", "statuary"), ("Accept", "*/*")]
    said = client.send(h11.Request(method="GET", target=ask.target, headers=headers)) or b""
    line.say(said + (client.send(h11.EndOfMessage()) or b""))
    answer = _Answer(client)
    while not answer.whole:
        piece = await line.hear()
        if piece:
            answer.take(piece)
        if not piece:
            if line.caller.ended == "closed":
                answer.take(b"")
            break
    if answer.whole and not line.over and (answer.last or not answer.readable):
        await line.hear(END_SECONDS)
    await line.finish(answer.whole, answer.octets)


class _Answer:
    """What of an answer has come.

    Args:
        client: reads it.
    """

    def __init__(self, client: h11.Connection) -> None:
        self._client = client
        self._announced: int | None = None
        self._octets = 0
        self.whole = False
        self.readable = True
        """Whether it is HTTP so far; what is not has no end that a client could know."""

    @property
    def last(self) -> bool:
        """Whether the server has said that it closes the connection (RFC 9112 §9.6)."""
        return self._client.their_state in (h11.MUST_CLOSE, h11.CLOSED)

    @property
    def octets(self) -> tuple[int, int] | None:
        """How much content came, and how much Content-Length announced."""
        return None if self._announced is None else (self._octets, self._announced)

    def take(self, piece: bytes) -> None:
        """Read on; no octets for the end of the connection."""
        if not self.readable:
            return
        try:
            self._client.receive_data(piece)
            while (event := self._client.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
                self._see(event)
        except h11.RemoteProtocolError:
            self.readable = False

    def _see(self, event: object) -> None:
        if isinstance(event, h11.Response):
            length = next((value for name, value in event.headers if name == b"content-length"), b"")
            self._announced = int(length) if length.isdigit() else None
        elif isinstance(event, h11.Data):
            self._octets += len(event.data)
        elif isinstance(event, h11.EndOfMessage):
            self.whole = True
            if not self._octets:
                self._announced = None  # an answer to HEAD, or one that may have none, announces what it does not send
        elif isinstance(event, h11.ConnectionClosed):
            self.readable = False  # it would come again and again
