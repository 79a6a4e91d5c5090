"""A connection to the HTTP mock in HTTP/2: the same scripts, routes and effects, each stream on its own."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from copy import copy

from statuary.errors import LocalProtocolError
from statuary.scenario.decide import Dice
from statuary.scenario.script import PASS, Effect
from statuary.serve.http.answers import Built
from statuary.serve.http.layout import flood_fields
from statuary.serve.http.mock import MAX_JOURNAL_BODY_OCTETS, HttpCore
from statuary.serve.http.prepared import Decided, has_date
from statuary.serve.output import (
    Close,
    HalfClose,
    Hang,
    Later,
    Output,
    Plan,
    Reset,
    Send,
    Wait,
    plan_answer,
    plan_delay,
)
from statuary.serve.session import Peer
from statuary.wire.http1 import Request
from statuary.wire.http1.serializer import has_no_content
from statuary.wire.http2 import Ended, Gone, Http2Engine, Http2Limits, Opened, Over

__all__ = ["Http2Session"]

OWN_EFFECTS = frozenset({"delay", "jitter", "sigma", "pause", "garbage", "length", "chunked", "badchunk", "headers"})
"""The effects that mean something else where frames carry an answer; the others treat the content alike."""


class Http2Session:
    """One connection.

    Args:
        mock: what it shares with others.
        peer: who is at the other end.
        limits: what the client may take.
    """

    __slots__ = ("_alarm", "_engine", "_heads", "_jobs", "_mock", "_number", "_peer", "_shared")

    def __init__(self, mock: HttpCore, peer: Peer, limits: Http2Limits | None = None) -> None:
        self._mock = mock
        self._peer = peer
        self._shared = mock.shared
        self._engine = Http2Engine(limits)
        self._heads: dict[int, Request] = {}
        self._jobs: list[tuple[float, int, int, Iterator[float]]] = []
        self._number = 0
        self._alarm = math.inf

    @property
    def closing(self) -> bool:
        """Whether the connection is to be closed once all output is written."""
        return self._engine.over

    @property
    def lingers(self) -> bool:
        """The client may be in the midst of other streams."""
        return True

    def start(self) -> Output:
        """Our settings go first (RFC 9113 §3.4)."""
        self._engine.start()
        return self._engine.octets()

    def receive(self, data: bytes) -> Output:
        """Octets have arrived."""
        for event in self._engine.receive_data(data):
            match event:
                case Opened(stream, request):
                    self._open(stream, request)
                case Ended(stream, content, trailers):
                    self._complete(stream, content, trailers)
                case Gone(stream):
                    self._drop_jobs(stream)
                case Over(problem):
                    self._over(problem)
        return self._go_on()

    def resume(self) -> Output:
        """A plan was carried out."""
        return self._go_on()

    def wake(self) -> Output:
        """A time is up."""
        self._alarm = math.inf
        return self._go_on()

    def eof(self) -> Output:
        """The peer will send no more: what is due is still sent."""
        if not self._jobs and self._engine.idle:
            self._engine.over = True
        return self._go_on()

    def timeout(self) -> Output:
        """Silence: say goodbye (RFC 9113 §6.8)."""
        self._engine.go_away()
        return self._engine.octets()

    def _go_on(self) -> Output:
        """Do what is due, and have ourselves woken for what comes next."""
        now = self._shared.clock()
        jobs = self._jobs
        while jobs and jobs[0][0] <= now and not self._engine.over:
            _, _, stream, job = heapq.heappop(jobs)
            self._advance(stream, job, now)
        data = self._engine.octets()
        if not jobs or self._engine.over or jobs[0][0] >= self._alarm:
            return data
        self._alarm = jobs[0][0]
        later = Later(max(self._alarm - now, 0.0), self.wake)
        return [Send(data), later] if data else [later]

    def _advance(self, stream: int, job: Iterator[float], now: float) -> None:
        """Let a stream go on up to its next wait."""
        try:
            wait = next(job, None)
        except LocalProtocolError:
            # A field that HTTP/2 does not carry was asked for, or the client is gone: this stream alone ends.
            self._engine.reset(stream)
            return
        if wait is not None and not self._engine.over:
            self._number += 1
            heapq.heappush(self._jobs, (now + wait, self._number, stream, job))

    def _drop_jobs(self, stream: int) -> None:
        self._heads.pop(stream, None)
        kept = [job for job in self._jobs if job[2] != stream]
        if len(kept) != len(self._jobs):
            heapq.heapify(kept)
            self._jobs = kept

    def _open(self, stream: int, request: Request) -> None:
        self._heads[stream] = request
        if request.ended:
            return
        prepared = self._mock.peek(request)
        early = prepared is not None and self._mock.answers_early(prepared)
        if early and prepared is not None and (request.expects_continue or prepared.options.expect == "refuse"):
            self._engine.abandon(stream)
            self._heads.pop(stream)
            self._answer(stream, request, b"", ())
            return
        if request.expects_continue and (prepared is None or prepared.options.expect != "withhold"):
            book = self._mock.book
            interim = book.interim(book.ordinary("continue"))
            self._engine.send_informational(stream, interim.status, interim.headers)

    def _complete(self, stream: int, content: bytes | None, trailers: tuple[tuple[str, str], ...]) -> None:
        request = self._heads.pop(stream, None)
        if request is None:
            return
        if content is not None:
            self._answer(stream, request, content, trailers)
            return
        book = self._mock.book
        built = book.refusal(book.meanings["content_too_large"], "bad_request", "the request cannot be read", "", {})
        decided = Decided(PASS, built, 0, 0, "", "max_body_octets", Dice())
        self._log(self._shared.clock(), request, b"", self._render(request, decided), decided, "")
        self._start(stream, self._send(stream, request, decided, early=True))

    def _answer(
        self,
        stream: int,
        request: Request,
        content: bytes,
        trailers: tuple[tuple[str, str], ...],
    ) -> None:
        """Decide on an answer, write it down, and begin to send it."""
        mock, now = self._mock, self._shared.clock()
        ip = self._peer.address.rpartition(":")[0]
        prepared = mock.prepare(request, content, ip)
        scheme = "https" if self._peer.tls else "http"
        decided = mock.decide(request, prepared, content, ip, now, scheme, trailers)
        if decided.socket:  # there is no upgrade in HTTP/2 (RFC 9113 §8.6)
            built = mock.book.error("upgrade_required", "WebSocket wants HTTP/1.1 here", prepared.accept, {})
            decided = decided._replace(built=built, socket=False)
        if decided.built is not None and not has_date(decided.built):
            headers = (("Date", mock.date(now).decode()), *decided.built.headers)
            decided = decided._replace(built=decided.built._replace(headers=headers))
        self._log(now, request, content, self._render(request, decided), decided, prepared.key)
        self._start(stream, self._send(stream, request, decided))

    def _start(self, stream: int, job: Iterator[float]) -> None:
        self._advance(stream, job, self._shared.clock())

    def _send(self, stream: int, request: Request, decided: Decided, *, early: bool = False) -> Iterator[float]:
        """Send an answer; gives the waits in between, in seconds."""
        engine, effects = self._engine, decided.answer.effects
        wait = plan_delay(effects, decided.dice)
        built = decided.built
        if built is None:
            if wait:
                yield wait
            self._end_without(stream, decided.answer.kind)
            return
        for interim in built.interim:
            pause = plan_delay(interim.effects, decided.dice)
            if pause:
                yield pause
            engine.send_informational(stream, interim.status, interim.headers)
        if wait + built.wait:
            yield wait + built.wait
        named = {effect.name: effect.value for effect in effects}
        if "garbage" in named:
            engine.send_raw(decided.dice.octets(int(named["garbage"] or 0)))
            engine.over = True
            return
        bare = has_no_content(request.method, built.status)
        headers = (*built.headers, *flood_fields(effects))
        engine.send_head(stream, built.status, headers, length=_length(request, built, named), end=bare)
        if not bare:
            yield from self._send_content(stream, built, effects, named, decided.dice)
        if early:
            engine.finish(stream)
        if "close" in named or any(name.lower() == "connection" and value == "close" for name, value in built.headers):
            self._say_goodbye()

    def _send_content(
        self, stream: int, built: Built, effects: tuple[Effect, ...], named: Mapping[str, float | None], dice: Dice
    ) -> Iterator[float]:
        engine = self._engine
        if named.get("pause"):
            yield named["pause"] or 0.0
        if "badchunk" in named:
            engine.send_malformed(stream)
            return
        for action in self._plan_content(built, effects, dice):
            match action:
                case Send(data):
                    if not engine.send_data(stream, data):
                        return
                case Wait(seconds):
                    yield seconds
                case Close() | HalfClose() if action.__class__ is HalfClose or "close" in named:
                    break
                case Close() | Reset():
                    engine.reset(stream)
                    return
                case Hang():
                    return
        engine.send_end(stream, built.trailers)
        if "halfclose" in named:
            engine.announce_end()

    @staticmethod
    def _plan_content(built: Built, effects: tuple[Effect, ...], dice: Dice) -> Plan:
        """The pieces of the content, and the ending that an effect gives it."""
        rest = tuple(effect for effect in effects if effect.name not in OWN_EFFECTS)
        if rest:
            return plan_answer(built.body, rest, 0, dice)[0]
        plan: Plan = []
        for pause, octets in built.pieces or ((0.0, built.body),):
            plan += [Wait(pause), Send(octets)] if pause else [Send(octets)]
        return plan

    def _end_without(self, stream: int, kind: str) -> None:
        """No answer: a broken stream, a closed connection, or silence."""
        if kind == "reset":
            self._engine.reset(stream)
        elif kind == "drop":
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        self._engine.go_away()
        self._engine.over = True

    def _over(self, problem: str) -> None:
        if problem:
            peer, now = self._peer, self._shared.clock()
            row = (now, "http", peer.number, peer.address, "request", b"", b"", "", "", 0, 0, problem, "", peer.tls)
            self._shared.journal.add(row)

    def _render(self, request: Request, decided: Decided) -> bytes:
        """An answer as HTTP/1.1 would have it, for people to read; of its content what effects leave of it."""
        built, effects, dice = decided.built, decided.answer.effects, copy(decided.dice)
        if built is None:
            return b""
        named = {effect.name: effect.value for effect in effects}
        for drawn in (effects, *(each.effects for each in built.interim)):
            plan_delay(drawn, dice)
        interim = "".join(
            f"HTTP/2 {each.status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in each.headers) + "\r\n"
            for each in built.interim
        )
        if "garbage" in named:
            return interim.encode("latin-1", "replace") + dice.octets(int(named["garbage"] or 0))
        fields = "".join(f"{name.lower()}: {value}\r\n" for name, value in (*built.headers, *flood_fields(effects)))
        length = _length(request, built, named)
        fields += f"content-length: {length}\r\n" if length is not None else ""
        content = b""
        if "badchunk" not in named and not has_no_content(request.method, built.status):
            plan = self._plan_content(built, effects, dice)
            content = b"".join(action.data for action in plan if isinstance(action, Send))
        return f"{interim}HTTP/2 {built.status}\r\n{fields}\r\n".encode("latin-1", "replace") + content

    def _log(self, now: float, request: Request, content: bytes, sent: bytes, decided: Decided, key: str) -> None:
        peer, limit = self._peer, MAX_JOURNAL_BODY_OCTETS
        notes = ["".join(map(str, decided.answer.effects)).lstrip("-"), decided.note]
        if decided.built is None:
            notes = [str(decided.answer), decided.note]
        if decided.built is not None and decided.built.trailers:
            notes.append("trailers: " + ", ".join(f"{name.lower()}: {value}" for name, value in decided.built.trailers))
        if len(sent) > limit:
            notes.append(f"its answer is cut at {limit} octets here")
        if len(content) > limit:
            notes.append(f"its body is cut at {limit} octets here")
        self._shared.journal.add(
            (
                now,
                "http",
                peer.number,
                peer.address,
                "request",
                request.raw + content[:limit],
                sent[:limit],
                decided.code,
                decided.rule,
                decided.step,
                decided.asked,
                "; ".join(filter(None, notes)),
                key,
                peer.tls,
            )
        )


def _length(request: Request, built: Built, named: Mapping[str, float | None]) -> int | None:
    """What Content-Length says; None where it is left out."""
    if "length" in named:
        return int(named["length"] or 0)
    open_ended = built.chunked or "chunked" in named
    if open_ended or has_no_content("" if request.method == "HEAD" else request.method, built.status):
        return None
    return len(built.body)
