"""A connection to the HTTP mock: engine events in, scripted answers out."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate

from statuary.errors import LocalProtocolError, ScriptError
from statuary.scenario.decide import decide
from statuary.scenario.rules import Rule
from statuary.scenario.script import PASS, Answer, Effect, Script
from statuary.serve.http.answers import AnswerBook, Built
from statuary.serve.http.target import BadOption, Options, read_target, script_problem
from statuary.serve.output import ENDINGS, Close, Output, Plan, Reset, Send, Wait, plan_answer
from statuary.serve.session import Peer, Shared
from statuary.wire.http1 import Body, Closed, Http1Engine, HttpLimits, Request, RequestCache, RequestError
from statuary.wire.http1.serializer import connection_options, is_tunnel, serialize_head, serialize_response

__all__ = ["HttpMock", "HttpSession"]

MAX_PREPARED = 1024
"""The most requests whose answers are kept ready; past it all are forgotten and made again."""
MAX_JOURNAL_BODY_OCTETS = 65_536
"""How much of a request's body the journal keeps, in octets."""
KEY_HEADER = "statuary-key"
"""The header field that keeps the counts of parallel tests apart."""

_DATE_FIELD = b"\r\nDate: "


class Prepared:
    """All that is known of a request before it is counted.

    Args:
        script: what answers; None where the mock answers by itself with ``own``.
        own: that answer.
        rule: how the journal names what decided.
        count_key: what the count is kept by.
        draw_key: what random choices are drawn by.
        seed: what they are drawn from.
        tongue: the protocol whose catalogue names the answers.
        identity: the code with its owner, where one was named.
        options: what the query changes.
        accept: the client's Accept field.
    """

    __slots__ = (
        "accept",
        "built",
        "count_key",
        "draw_key",
        "identity",
        "options",
        "own",
        "rule",
        "script",
        "seed",
        "tongue",
    )

    def __init__(
        self,
        script: Script | None,
        own: Built | None,
        rule: str,
        count_key: str,
        draw_key: str,
        seed: int,
        tongue: str,
        identity: str,
        options: Options,
        accept: str,
    ) -> None:
        self.script = script
        self.own = own
        self.rule = rule
        self.count_key = count_key
        self.draw_key = draw_key
        self.seed = seed
        self.tongue = tongue
        self.identity = identity
        self.options = options
        self.accept = accept
        self.built: dict[tuple[int, int], Ready] = {}


class Ready:
    """An answer as octets, ready to be sent again and again: made anew only when the date has changed.

    Answers of one second are one object, so that the journal keeps them once.
    """

    __slots__ = ("_date", "_dated", "_head", "_octets", "_tail", "answer", "body_at", "built", "close")

    def __init__(self, answer: Answer, built: Built, octets: bytes, interim: bytes, close: bool) -> None:
        place = octets.index(_DATE_FIELD) + len(_DATE_FIELD)
        self.answer = answer
        self.built = built
        self._dated = not _has_date(built)
        self._head = interim + octets[:place]
        self._tail = octets[place + 29 :]  # an IMF-fixdate has 29 octets (RFC 9110 §5.6.7)
        self._octets = interim + octets
        self._date = b""
        self.body_at = len(interim) + octets.index(b"\r\n\r\n") + 4
        self.close = close

    def at(self, date: bytes) -> bytes:
        """The octets with a date; those of a date that the request itself asked for stay as they are."""
        if date is not self._date and self._dated:
            self._date = date
            self._octets = self._head + date + self._tail
        return self._octets


class HttpMock:
    """What the sessions of one listening address share.

    Args:
        shared: what all protocols share.
        limits: of requests.
    """

    def __init__(self, shared: Shared, limits: HttpLimits | None = None) -> None:
        self.shared = shared
        self.limits = limits or HttpLimits()
        self.requests = RequestCache(self.limits)
        self.book = AnswerBook(shared)
        self._tongues = frozenset(shared.catalogue.protocols)
        self._prepared: dict[bytes, Prepared] = {}
        self._second = 0
        self._date = b""

    def __call__(self, peer: Peer) -> HttpSession:
        """Make a connection's session."""
        return HttpSession(self, peer)

    def date(self, now: float) -> bytes:
        """The Date field's value at ``now``, made once a second."""
        second = int(now)
        if second != self._second:
            self._second = second
            self._date = formatdate(second, usegmt=True).encode()
        return self._date

    def prepare(self, request: Request) -> Prepared:
        """Find out what a request asks for; known requests are not looked at twice."""
        prepared = self._prepared.get(request.raw)
        if prepared is None:
            if len(self._prepared) >= MAX_PREPARED:
                self._prepared.clear()
            prepared = self._prepared[request.raw] = self._read(request)
        return prepared

    def _read(self, request: Request) -> Prepared:
        accept = request.header("accept") or ""
        key = request.header(KEY_HEADER) or ""
        rule = self._find_rule(request)
        if rule is not None:
            count_key = f"rule {rule.name} {' '.join(self._fields(request)[name] for name in rule.key)} {key}"
            draw_key = f"rule {rule.name}"
            return self._scripted(rule.script, rule.name, count_key, draw_key, "http", "", Options(), accept)
        try:
            asked = read_target(request.target, self._tongues)
        except ScriptError as error:
            return self._refused("bad_script", str(error), accept, script_problem(error))
        except BadOption as error:
            return self._refused("bad_script", str(error), accept, {"option": error.option})
        if asked is None:
            places = "/status/503x2~200, /http/507, /smtp/452"
            return self._refused("not_found", f"nothing is mocked here; try {places}", accept, {})
        count_key = f"http {request.target} {key}"
        name = str(asked.script)
        prepared = self._scripted(
            asked.script, name, count_key, asked.draw_key, asked.tongue, asked.identity, asked.options, accept
        )
        try:
            self._try(prepared)
        except LocalProtocolError as error:
            return self._refused("bad_script", f"header: {error}", accept, {"option": "header"})
        return prepared

    def _try(self, prepared: Prepared) -> None:
        """Serialize one answer of a script, so that none can fail later because of an option."""
        assert prepared.script is not None
        answers = (choice.answer for step in prepared.script.steps for choice in step.choices)
        answer = next((answer for answer in answers if answer.kind == "code"), PASS)
        built = self.book.build(answer, prepared.tongue, prepared.identity, prepared.options, prepared.accept, "")
        serialize_response(built.status, built.reason, built.headers, built.body, method="", connection="")

    def _find_rule(self, request: Request) -> Rule | None:
        rules = self.shared.rules
        return rules.find("http", "request", self._fields(request)) if rules.rules else None

    @staticmethod
    def _fields(request: Request) -> Mapping[str, str]:
        return {
            "method": request.method,
            "target": request.target,
            "path": request.target.partition("?")[0],
            "host": request.header("host") or "",
        }

    def _scripted(
        self,
        script: Script,
        rule: str,
        count_key: str,
        draw_key: str,
        tongue: str,
        identity: str,
        options: Options,
        accept: str,
    ) -> Prepared:
        seed = self.shared.seed if options.seed is None else options.seed
        return Prepared(script, None, rule, count_key, draw_key, seed, tongue, identity, options, accept)

    def _refused(self, name: str, message: str, accept: str, more: Mapping[str, object]) -> Prepared:
        own = self.book.error(name, message, accept, more)
        return Prepared(None, own, "", "", "", 0, "http", "", Options(), accept)


class HttpSession:
    """One connection.

    Args:
        mock: what it shares with others.
        peer: who is at the other end.
    """

    __slots__ = (
        "_address",
        "_body",
        "_engine",
        "_interim",
        "_mock",
        "_note",
        "_number",
        "_refused",
        "_request",
        "_shared",
    )

    def __init__(self, mock: HttpMock, peer: Peer) -> None:
        self._mock = mock
        self._address, self._number = peer.address, peer.number
        self._shared = mock.shared
        self._engine = Http1Engine(cache=mock.requests)
        self._request: Request | None = None
        self._body = bytearray()
        self._interim = b""
        self._note = ""
        self._refused = False

    @property
    def closing(self) -> bool:
        """Whether the connection is to be closed once all output is written."""
        engine = self._engine
        return engine.closing and not engine.answer_due

    @property
    def lingers(self) -> bool:
        """Whether the client may still be sending, so that a plain close could cost it the answer."""
        return self._refused

    def start(self) -> Output:
        """Nothing is said before the client speaks."""
        return None

    def receive(self, data: bytes) -> Output:
        """Octets have arrived."""
        self._engine.receive_data(data)
        return self._advance()

    def resume(self) -> Output:
        """The last plan was carried out."""
        return self._advance()

    def eof(self) -> Output:
        """The peer will send no more."""
        self._engine.receive_eof()
        return self._advance()

    def timeout(self) -> Output:
        """The peer was silent for too long: where a request was begun, it is told so (RFC 9110 §15.5.9)."""
        if self._request is None:
            return None
        built = self._mock.book.error("timeout", "the request did not come to its end", "", {})
        return self._send_own(built, self._begun())

    def _advance(self) -> Output:
        """Answer what there is, until octets are missing or an answer takes time."""
        engine = self._engine
        ready = b""
        while True:
            event = engine.next_event()
            if event is None or event.__class__ is Closed:
                return ready
            if isinstance(event, Request):
                output = self._answer(event, event.raw) if event.ended else self._begin(event)
            elif isinstance(event, Body):
                output = self._collect(event)
            else:
                assert isinstance(event, RequestError)
                output = self._refuse(event)
            if isinstance(output, bytes):
                ready = ready + output if ready else output
            else:
                return [Send(ready), *output] if ready else output

    def _begin(self, request: Request) -> bytes:
        """A request with a body: read on, and say so where the client waits for that (RFC 9110 §10.1.1)."""
        self._request = request
        self._body.clear()
        if request.expects_continue:
            interim = self._mock.book.interim_continue()
            self._interim = self._engine.send_informational(interim.status, interim.reason)
        return self._interim

    def _collect(self, event: Body) -> bytes | Plan:
        room = MAX_JOURNAL_BODY_OCTETS - len(self._body)
        if room > 0:
            self._body += event.raw[:room]
        if len(event.raw) > room:
            self._note = f"its body is cut at {MAX_JOURNAL_BODY_OCTETS} octets here"
        if not event.ended:
            return b""
        request, raw = self._request, self._begun()
        assert request is not None
        self._request = None
        output = self._answer(request, raw)
        self._interim, self._note = b"", ""
        return output

    def _begun(self) -> bytes:
        """The octets of a request that has begun, for the journal; none where none has."""
        return b"" if self._request is None else self._request.raw + bytes(self._body)

    def _refuse(self, event: RequestError) -> bytes:
        raw = self._begun() + event.raw
        self._request = None
        self._refused = True
        if not event.answer_due:
            return b""
        built = self._mock.book.refusal(event.status_hint, "bad_request", "the request cannot be read", "", {})
        return self._send_own(built, raw, event.problem)

    def _send_own(self, built: Built, raw: bytes, note: str = "") -> bytes:
        now = self._shared.clock()
        data = self._serialize(built, self._mock.date(now), close=True)
        self._log(now, raw, data, built.code, "", 0, 0, note)
        return data

    def _answer(self, request: Request, raw: bytes) -> bytes | Plan:
        """Decide, build or recall, count and write down one answer."""
        mock, engine, shared = self._mock, self._engine, self._shared
        prepared = mock.prepare(request)
        now = shared.clock()
        if prepared.script is None:
            assert prepared.own is not None
            data = self._serialize(prepared.own, mock.date(now))
            self._log(now, raw, data, prepared.own.code, "", 0, 0, "not mocked")
            return data
        decision = decide(prepared.script, shared.counters.take(prepared.count_key), prepared.seed, prepared.draw_key)
        answer, step, asked = decision
        if answer.kind in ("drop", "reset", "hang"):
            return self._no_answer(answer, now, raw, prepared, step, asked)
        closing = engine.closing
        key = (id(answer), (step << 1) | closing)
        ready = prepared.built.get(key)
        if ready is None:
            ready = prepared.built[key] = self._make(request, prepared, answer, step)
        data = ready.at(mock.date(now))
        if answer.effects or prepared.options.delay:
            return self._with_effects(ready, data, now, raw, prepared, step, asked)
        engine.send_raw(data, close=ready.close)
        code, rule = ready.built.code, prepared.rule
        if self._interim or self._note:
            self._log(now, raw, data, code, rule, step, asked, "")
            return data
        shared.journal.add(
            (now, "http", self._number, self._address, "request", raw, data, code, rule, step, asked, "", "")
        )
        return data

    def _make(self, request: Request, prepared: Prepared, answer: Answer, step: int) -> Ready:
        """Serialize an answer once; the engine is not moved by it."""
        mark = f'script="{prepared.rule}"; step={step}'
        built = self._mock.book.build(
            answer, prepared.tongue, prepared.identity, prepared.options, prepared.accept, mark
        )
        interim = b""
        if built.interim is not None and request.version != "1.0":  # RFC 9110 §15.2
            interim = serialize_head(built.interim.status, built.interim.reason, built.interim.headers)
        headers, method = _dated(built, formatdate(0, usegmt=True)), request.method
        ends = "close" in connection_options(headers)
        option = "" if ends else self._engine.connection_option
        octets = serialize_response(built.status, built.reason, headers, built.body, method=method, connection=option)
        close = ends or option == "close" or is_tunnel(method, built.status)
        return Ready(answer, built, octets, interim, close)

    def _with_effects(
        self, ready: Ready, data: bytes, now: float, raw: bytes, prepared: Prepared, step: int, asked: int
    ) -> Plan:
        effects = ready.answer.effects
        if prepared.options.delay and not any(effect.name == "delay" for effect in effects):
            effects = (Effect("delay", prepared.options.delay), *effects)
        plan, sent = plan_answer(data, effects, ready.body_at)
        self._engine.send_raw(data, close=ready.close or isinstance(plan[-1], Close | Reset))
        note = "".join(map(str, effects)).lstrip("-")
        self._log(now, raw, sent, ready.built.code, prepared.rule, step, asked, note)
        return plan

    def _no_answer(self, answer: Answer, now: float, raw: bytes, prepared: Prepared, step: int, asked: int) -> Plan:
        self._engine.send_raw(b"", close=True)
        self._log(now, raw, b"", "", prepared.rule, step, asked, str(answer))
        waits: Plan = [Wait(effect.value) for effect in answer.effects if effect.name == "delay" and effect.value]
        waits.append(ENDINGS[answer.kind])
        return waits

    def _serialize(self, built: Built, date: bytes, *, close: bool = False) -> bytes:
        return self._engine.send_response(
            built.status, built.reason, _dated(built, date.decode()), built.body, close=close
        )

    def _log(self, now: float, raw: bytes, sent: bytes, code: str, rule: str, step: int, asked: int, note: str) -> None:
        """Write an exchange down, with what was sent and noted while its body came."""
        note = f"{note}; {self._note}" if note and self._note else note or self._note
        octets = self._interim + sent
        row = (now, "http", self._number, self._address, "request", raw, octets, code, rule, step, asked, note, "")
        self._shared.journal.add(row)


def _has_date(built: Built) -> bool:
    return any(name.lower() == "date" for name, _ in built.headers)


def _dated(built: Built, date: str) -> list[tuple[str, str]]:
    return [*built.headers] if _has_date(built) else [("Date", date), *built.headers]
