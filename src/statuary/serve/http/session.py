"""A connection to the HTTP mock: engine events in, scripted answers out."""

from __future__ import annotations

from email.utils import formatdate

from statuary.errors import LocalProtocolError
from statuary.scenario.decide import decide
from statuary.scenario.script import PASS, Answer, Effect
from statuary.serve.http.answers import Built, mark_of
from statuary.serve.http.layout import Laid, lay_out
from statuary.serve.http.mock import MAX_JOURNAL_BODY_OCTETS, MAX_KNOWN_OCTETS, HttpCore
from statuary.serve.http.prepared import Decided, Known, Prepared, Ready, has_date
from statuary.serve.output import ENDINGS, Output, Plan, Send, Switch, Wait, plan_delay
from statuary.serve.session import Peer, Session
from statuary.wire.http1 import Body, Closed, Http1Engine, Preface, Request, RequestError
from statuary.wire.http1.serializer import connection_options, is_tunnel, serialize_response

__all__ = ["HttpMock", "HttpSession"]


class HttpMock(HttpCore):
    """What the sessions of one listening address share."""

    def __call__(self, peer: Peer) -> Session:
        """Make a connection's session; TLS may have settled on HTTP/2 (RFC 7301)."""
        if peer.alpn == "h2":
            return self.speak_h2(peer)
        return HttpSession(self, peer)

    def speak_h2(self, peer: Peer) -> Session:
        """A session in HTTP/2; its library is not loaded before somebody speaks it."""
        from statuary.serve.http.session2 import Http2Session

        return Http2Session(self, peer)


class HttpSession:
    """One connection.

    Args:
        mock: what it shares with others.
        peer: who is at the other end.
    """

    __slots__ = (
        "_address",
        "_body",
        "_content",
        "_engine",
        "_interim",
        "_lingers",
        "_mock",
        "_note",
        "_number",
        "_peer",
        "_request",
        "_shared",
        "_trailers",
    )

    def __init__(self, mock: HttpMock, peer: Peer) -> None:
        self._mock = mock
        self._peer = peer
        self._address, self._number = peer.address, peer.number
        self._shared = mock.shared
        self._engine = Http1Engine(cache=mock.requests)
        self._request: Request | None = None
        self._body = bytearray()
        self._content: bytearray | None = None
        self._trailers: tuple[tuple[str, str], ...] = ()
        self._interim = b""
        self._note = ""
        self._lingers = False

    @property
    def closing(self) -> bool:
        """Whether the connection is to be closed once all output is written."""
        engine = self._engine
        return engine.closing and not engine.answer_due

    @property
    def lingers(self) -> bool:
        """Whether the client may still be sending, so that a plain close could cost it the answer."""
        return self._lingers

    def start(self) -> Output:
        """Nothing is said before the client speaks."""
        return None

    def receive(self, data: bytes) -> Output:
        """Octets have arrived.

        A known request that arrives whole is answered at once; everything else goes the engine's long way, which gives
        the same.
        """
        known = self._mock.at_once.get(data) if len(data) <= MAX_KNOWN_OCTETS else None
        if known is not None and self._engine.exchange(known[0]):
            return self._at_once(known)
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
            elif isinstance(event, RequestError):
                output = self._refuse(event)
            else:
                assert isinstance(event, Preface)
                output = self._hand_over(self._mock.speak_h2(self._peer), event.raw)
            if isinstance(output, bytes):
                ready = ready + output if ready else output
            else:
                return [Send(ready), *output] if ready else output

    @staticmethod
    def _hand_over(session: Session, data: bytes) -> Plan:
        """Let another session speak from now on, and hear first what has arrived."""
        plan: Plan = [Switch(session)]
        for output in (session.start(), session.receive(data) if data else None):
            if isinstance(output, bytes):
                plan.append(Send(output))
            elif output is not None:
                plan += output
        return plan

    def _begin(self, request: Request) -> bytes | Plan:
        """A request with a body: read on, and say so where the client waits for that (RFC 9110 §10.1.1)."""
        mock = self._mock
        self._request = request
        self._body.clear()
        prepared = mock.peek(request)
        wanted = mock.wants_bodies or prepared is None or prepared.found is not None
        self._content = bytearray() if wanted else None
        expects = request.expects_continue
        if prepared is not None and (prepared.options.expect == "refuse" or expects) and mock.answers_early(prepared):
            self._request = self._content = None
            self._lingers = True
            return self._answer(request, request.raw)
        if expects and (prepared is None or prepared.options.expect != "withhold"):
            interim = mock.book.interim(mock.book.ordinary("continue"))
            self._interim = self._engine.send_informational(interim.status, interim.reason)
        return self._interim

    def _collect(self, event: Body) -> bytes | Plan:
        room = MAX_JOURNAL_BODY_OCTETS - len(self._body)
        if room > 0:
            self._body += event.raw[:room]
        if len(event.raw) > room:
            self._note = f"its body is cut at {MAX_JOURNAL_BODY_OCTETS} octets here"
        if self._content is not None:
            self._content += event.data
        if not event.ended:
            return b""
        request, raw = self._request, self._begun()
        assert request is not None
        self._request = None
        self._trailers = event.trailers
        output = self._answer(request, raw)
        self._interim, self._note, self._content, self._trailers = b"", "", None, ()
        return output

    def _begun(self) -> bytes:
        """The octets of a request that has begun, for the journal; none where none has."""
        return b"" if self._request is None else self._request.raw + bytes(self._body)

    def _refuse(self, event: RequestError) -> bytes:
        raw = self._begun() + event.raw
        self._request = None
        self._lingers = True
        if not event.answer_due:
            return b""
        built = self._mock.book.refusal(event.status_hint, "bad_request", "the request cannot be read", "", {})
        return self._send_own(built, raw, event.problem)

    def _send_own(self, built: Built, raw: bytes, note: str = "") -> bytes:
        now = self._shared.clock()
        headers = _dated(built, self._mock.date(now).decode())
        data = self._engine.send_response(built.status, built.reason, headers, built.body, close=True)
        self._log(now, raw, data, built.code, "", 0, 0, note)
        return data

    def _answer(self, request: Request, raw: bytes) -> bytes | Plan:
        """Decide, build or recall, count and write down one answer."""
        mock, engine, shared = self._mock, self._engine, self._shared
        content = self._content
        if content is None and mock.kept:
            prepared = mock.prepare(request)
        else:
            prepared = mock.prepare(request, content or b"", self._ip())
        now = shared.clock()
        script = prepared.script
        if script is None or not prepared.simple:
            return self._answer_at_length(request, raw, prepared, now)
        decision = decide(script, shared.counters.take(prepared.count_key), prepared.seed, prepared.draw_key)
        answer, step, asked = decision
        if answer.kind in ENDINGS:
            return self._no_answer(answer, now, raw, prepared, step, asked)
        closing = engine.closing
        form = (id(answer), (step << 1) | closing)
        ready: Ready | None = prepared.built.get(form)
        if ready is None:
            ready = prepared.built[form] = self._make(request, prepared, answer, step)
            if raw is request.raw and request.ended and not closing and not ready.close:
                mock.know(request, prepared, ready)
        data = ready.at(mock.date(now))
        engine.send_raw(data, close=ready.close)
        code, rule, key, tls = ready.built.code, prepared.rule, prepared.key, self._peer.tls
        if self._interim or self._note:
            self._log(now, raw, data, code, rule, step, asked, "", key)
            return data
        shared.journal.add(
            (now, "http", self._number, self._address, "request", raw, data, code, rule, step, asked, "", key, tls)
        )
        return data

    def _at_once(self, known: Known) -> bytes:
        """Answer a request whose answer is known but for its count and its date."""
        request, prepared, ready = known
        mock, shared = self._mock, self._shared
        now = shared.clock()
        asked = shared.counters.take(prepared.count_key) + 1
        data = ready.at(mock.date(now))
        address, raw, rule, code = self._address, request.raw, prepared.rule, ready.built.code
        key, tls = prepared.key, self._peer.tls
        shared.journal.add(
            (now, "http", self._number, address, "request", raw, data, code, rule, 1, asked, "", key, tls)
        )
        return data

    def _answer_at_length(self, request: Request, raw: bytes, prepared: Prepared, now: float) -> bytes | Plan:
        """An answer that is made for this request alone: a route's, one with effects or with interim answers."""
        mock, engine = self._mock, self._engine
        scheme = "https" if self._peer.tls else "http"
        decided = mock.decide(request, prepared, self._content or b"", self._ip(), now, scheme, self._trailers)
        if decided.built is None:
            return self._no_answer(decided.answer, now, raw, prepared, decided.step, decided.asked, decided)
        option = "" if decided.socket else engine.connection_option
        date = mock.date(now).decode()
        try:
            laid = self._lay_out(request, decided, option, date)
        except LocalProtocolError as error:
            # A field that no head can carry was asked for, by a way that no check foresaw: better this than no answer.
            refused = mock.book.error("bad_script", "the answer cannot be sent as HTTP/1.1", "", {})
            decided = decided._replace(built=refused, answer=PASS, note=str(error), socket=False)
            laid = self._lay_out(request, decided, option, date)
        note = _effects_note(decided.answer.effects, decided.note)
        sent = laid.sent
        if len(sent) > MAX_JOURNAL_BODY_OCTETS:
            sent = sent[:MAX_JOURNAL_BODY_OCTETS]
            cut = f"its answer is cut at {MAX_JOURNAL_BODY_OCTETS} octets here"
            note = f"{note}; {cut}" if note else cut
        self._log(now, raw, sent, decided.code, decided.rule, decided.step, decided.asked, note, prepared.key)
        engine.send_raw(b"", close=laid.close or decided.socket)
        if decided.socket:
            from statuary.serve.http.websocket import WebSocketEcho

            return [*laid.plan, *self._hand_over(WebSocketEcho(self._shared, self._peer, prepared.key), b"")]
        plan = laid.plan
        return plan[0].data if len(plan) == 1 and isinstance(plan[0], Send) else plan

    @staticmethod
    def _lay_out(request: Request, decided: Decided, option: str, date: str) -> Laid:
        assert decided.built is not None
        return lay_out(
            decided.built,
            decided.answer.effects,
            decided.dice,
            date,
            method=request.method,
            version=request.version,
            option=option,
        )

    def _ip(self) -> str:
        return self._address.rpartition(":")[0]

    def _make(self, request: Request, prepared: Prepared, answer: Answer, step: int) -> Ready:
        """Serialize an answer once; the engine is not moved by it."""
        mark = mark_of(prepared.rule, step)
        built = self._mock.book.build(
            answer, prepared.tongue, prepared.identity, prepared.options, prepared.accept, mark
        )
        headers, method = _dated(built, formatdate(0, usegmt=True)), request.method
        ends = "close" in connection_options(headers)
        option = "" if ends else self._engine.connection_option
        octets = serialize_response(built.status, built.reason, headers, built.body, method=method, connection=option)
        close = ends or option == "close" or is_tunnel(method, built.status)
        return Ready(answer, built, octets, close)

    def _no_answer(
        self,
        answer: Answer,
        now: float,
        raw: bytes,
        prepared: Prepared,
        step: int,
        asked: int,
        decided: Decided | None = None,
    ) -> Plan:
        self._engine.send_raw(b"", close=True)
        self._log(now, raw, b"", "", prepared.rule, step, asked, str(answer), prepared.key)
        wait = plan_delay(answer.effects, decided.dice) if decided is not None else 0.0
        return [Wait(wait), ENDINGS[answer.kind]] if wait else [ENDINGS[answer.kind]]

    def _log(
        self,
        now: float,
        raw: bytes,
        sent: bytes,
        code: str,
        rule: str,
        step: int,
        asked: int,
        note: str,
        key: str = "",
    ) -> None:
        """Write an exchange down, with what was sent and noted while its body came."""
        note = f"{note}; {self._note}" if note and self._note else note or self._note
        sent, tls = self._interim + sent, self._peer.tls
        row = (now, "http", self._number, self._address, "request", raw, sent, code, rule, step, asked, note, key, tls)
        self._shared.journal.add(row)


def _effects_note(effects: tuple[Effect, ...], note: str) -> str:
    named = "".join(map(str, effects)).lstrip("-")
    return f"{named}; {note}" if named and note else named or note


def _dated(built: Built, date: str) -> list[tuple[str, str]]:
    return [*built.headers] if has_date(built) else [("Date", date), *built.headers]
