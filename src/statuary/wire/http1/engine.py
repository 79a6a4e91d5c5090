"""The engine: one HTTP/1.1 connection, seen from the server (RFC 9112).

How it is driven: give it what arrives (`receive_data`), then pull events until there are none
(`next_event`). After a `Request` or `RequestError` an answer is due, and no further request is told
before it is complete; pull again after each answer. Each ``send_...`` method gives the octets to write. When
`closing` is true after a complete answer, close the transport; if the client may still be sending, close
the writing half first and read on for a while, or the answer may be lost to a reset (RFC 9112 §9.6).
"""

from __future__ import annotations

from enum import Enum

from statuary.errors import LocalProtocolError, RemoteProtocolError
from statuary.wire.http1.body import BodyReader, read_body
from statuary.wire.http1.events import (
    DEFAULT_LIMITS,
    Body,
    Closed,
    Event,
    Fields,
    HttpLimits,
    Preface,
    Request,
    RequestError,
)
from statuary.wire.http1.parser import HeadReader, RequestCache
from statuary.wire.http1.serializer import (
    connection_options,
    has_field,
    has_no_content,
    is_informational,
    is_tunnel,
    serialize_chunk,
    serialize_head,
    serialize_last_chunk,
    serialize_response,
)
from statuary.wire.http1.table import TRANSITIONS, WAITING_STATES, Kind, State, step

__all__ = ["Http1Engine"]

_BAD_REQUEST = 400
_CONTINUE = 100
# What an HTTP/2 client begins with, as far as it looks like a request (RFC 9113 §3.4).
_PREFACE = b"PRI * HTTP/2.0\r\n"

# The step that a keep-alive client takes again and again, looked up once.
_AFTER_REQUEST = TRANSITIONS[State.IDLE][Kind.REQUEST]
_IDLE = State.IDLE  # reading a member of an enumeration costs as much as a call


class _Framing(Enum):
    """How the end of an answer's body is told."""

    CHUNKED = "chunked"
    NONE = "none"
    UNTIL_CLOSE = "until close"


class Http1Engine:
    """One connection.

    Args:
        limits: what the client may send; those of the cache, or the defaults, where none are given.
        cache: requests known by heart, for connections with the same limits to share; one of its own where
            none is given.

    Raises:
        LocalProtocolError: the cache has other limits.
    """

    __slots__ = (
        "_body",
        "_cache",
        "_closing",
        "_continued",
        "_data",
        "_drained",
        "_eof",
        "_framing",
        "_heads",
        "_known",
        "_longest_known",
        "_recall",
        "_refused_method",
        "_request",
        "_start",
        "_state",
        "_told_closed",
        "limits",
    )

    def __init__(self, limits: HttpLimits | None = None, cache: RequestCache | None = None) -> None:
        if limits is None:
            limits = DEFAULT_LIMITS if cache is None else cache.limits
        if cache is None:
            cache = RequestCache(limits)
        elif cache.limits is not limits and cache.limits != limits:
            raise LocalProtocolError("the cache was made for other limits")
        self.limits = limits
        self._cache = cache
        self._recall = cache.recall
        self._longest_known = limits.max_cached_request_octets
        self._state = State.IDLE
        self._data = b""
        self._start = 0  # what of the data was taken; all of it is then dropped at once
        self._known: Request | None = None  # the request that the data is, when it is one known by heart
        self._eof = False
        self._closing = False
        self._told_closed = False
        self._heads: HeadReader | None = None  # a connection whose requests are all known never needs one
        self._body: BodyReader | None = None
        self._request: Request | None = None
        self._refused_method = ""
        self._continued = False
        self._drained = 0
        self._framing = _Framing.NONE

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._state

    @property
    def closing(self) -> bool:
        """Whether the connection must close once the answer is complete (RFC 9112 §9.3, §9.6)."""
        if self._closing:
            return True
        return self._body is not None and self._state is not State.DRAINING and not self._can_drain()

    @property
    def answer_due(self) -> bool:
        """Whether a final answer is owed and none was begun."""
        return self._state in (State.DUE, State.RECEIVING, State.REFUSED)

    @property
    def wants_data(self) -> bool:
        """Whether reading from the client is of use now; while it is false, the adapter had better pause."""
        return self._state not in WAITING_STATES and self._state is not State.CLOSED

    @property
    def connection_option(self) -> str:
        """What the Connection field of the answer should say: ``close``, ``keep-alive`` or nothing (RFC 9112 §9.3)."""
        if self.closing:
            return "close"
        return "keep-alive" if self._speaks_1_0() else ""

    def receive_data(self, data: bytes) -> None:
        """Take octets from the client.

        What arrives after the end is dropped. Past ``max_buffered_octets`` while an answer is due, all that
        was sent ahead is dropped, and the connection closes after that answer.

        Args:
            data: the octets as they arrived.

        Raises:
            LocalProtocolError: `receive_eof` was called before.
        """
        if self._eof:
            raise LocalProtocolError("data after the end of the connection")
        if self._state is _IDLE and not self._data:
            self._data = data
            if len(data) <= self._longest_known:
                self._known = self._recall(data)
            return
        self._known = None
        rest = len(self._data) - self._start
        if self._state in WAITING_STATES or self._state is State.CLOSED:
            if self._closing:
                return
            if rest + len(data) > self.limits.max_buffered_octets:
                self._closing = True
                self._drop_data()
                return
        if rest:
            self._data = self._data[self._start :] + data
        else:
            self._data = data
        self._start = 0

    def receive_eof(self) -> None:
        """Take the end of what the client sends; it may still wait for answers (RFC 9112 §9.6)."""
        self._eof = True

    def exchange(self, request: Request) -> bool:
        """Take in a request and answer it, where both can be done at once.

        The same as `receive_data` with its ``raw``, `next_event` and `send_raw`, at a fraction of their cost; for
        callers who know their answer to a request before it comes.

        Args:
            request: what `next_event` gave for the same octets; one without a body that lets the connection live on.

        Returns:
            Whether it was done. Where something else comes first, nothing was done: go the long way.
        """
        if self._state is not _IDLE or self._data or self._closing or self._eof:
            return False
        self._request = request
        return True

    def next_event(self) -> Event | None:
        """The next event; None where more octets or our answer are needed first.

        A malformed request is an event (`RequestError`), not an exception.
        """
        state = self._state
        if state is _IDLE:
            request = self._known
            if request is None:
                return self._read_head()
            self._known = None
            self._data = b""
            self._request = request
            if not request.keep_alive:
                self._closing = True
            self._state = _AFTER_REQUEST
            return request
        if self._body is not None:
            if state is not State.DRAINING:
                return self._read_body(self._body)
            self._drain(self._body)
            return None if self._state is State.DRAINING else self.next_event()
        if state is State.CLOSED and not self._told_closed:
            self._told_closed = True
            return Closed(by_peer=False)
        return None

    def send_raw(self, data: bytes, *, close: bool = False) -> bytes:
        """Answer with octets as they are, well-formed or not; the final answer is complete with them.

        Where the connection is `closing`, the octets should say so as `connection_option` has it.

        Args:
            data: the octets; given back as they are.
            close: whether the connection closes after them.

        Raises:
            LocalProtocolError: no answer is due or under way.
        """
        self._complete(close)
        return data

    def send_informational(self, status: int, reason: str, headers: Fields = ()) -> bytes:
        """An interim response before the final one (RFC 9110 §15.2); as many as one likes.

        101 is an interim response like the others: the engine switches to no other protocol.

        Args:
            status: the status code, 100 to 199.
            reason: the reason phrase.
            headers: the header fields, with no framing among them.

        Returns:
            the octets; none for an HTTP/1.0 client, which may not be sent any.

        Raises:
            LocalProtocolError: another code, framing fields, a text that cannot be sent, or no answer is due.
        """
        state = step(self._state, Kind.INFORMATIONAL)
        if not is_informational(status):
            raise LocalProtocolError(f"{status} is not an interim response")
        if has_field(headers, "content-length") or has_field(headers, "transfer-encoding"):
            raise LocalProtocolError("an interim response has no content and no framing")
        data = serialize_head(status, reason, headers)
        self._state = state
        if self._speaks_1_0():
            return b""
        if status == _CONTINUE:
            self._continued = True
        return data

    def send_response(
        self, status: int, reason: str, headers: Fields = (), body: bytes = b"", *, close: bool = False
    ) -> bytes:
        """A complete final answer; its framing and Connection fields are added (RFC 9112 §6.3, §9.3).

        Args:
            status: the status code, 200 to 999.
            reason: the reason phrase.
            headers: the header fields.
            body: the content; left out to HEAD and in 204 and 304.
            close: whether the connection closes after it.

        Raises:
            LocalProtocolError: an interim code, fields that contradict the framing, a text that cannot be
                sent, or no answer is due.
        """
        step(self._state, Kind.STREAM)
        closing, option = self._settle_connection(status, headers, close)
        method = self._method_asked()
        data = serialize_response(status, reason, headers, body, method=method, connection=option)
        self._complete(closing)
        return data

    def send_chunked_head(self, status: int, reason: str, headers: Fields = (), *, close: bool = False) -> bytes:
        """The head of a final answer whose body follows in pieces (RFC 9112 §7.1).

        An HTTP/1.0 client knows no chunks: it gets the body as it is, ended by the connection's end.

        Args:
            status: the status code, 200 to 999.
            reason: the reason phrase.
            headers: the header fields, with no framing among them.
            close: whether the connection closes after the answer.

        Raises:
            LocalProtocolError: as for `send_response`.
        """
        state = step(self._state, Kind.STREAM)
        if has_field(headers, "content-length") or has_field(headers, "transfer-encoding"):
            raise LocalProtocolError("the framing of a chunked answer is the engine's")
        ended_by_close = self._request is None or self._speaks_1_0()
        fields = list(headers)
        if has_no_content(self._method_asked(), status):
            framing = _Framing.NONE
        elif ended_by_close:
            framing = _Framing.UNTIL_CLOSE
            close = True
        else:
            framing = _Framing.CHUNKED
            fields.append(("Transfer-Encoding", "chunked"))
        closing, option = self._settle_connection(status, headers, close)
        if option:
            fields.append(("Connection", option))
        data = serialize_head(status, reason, fields)
        self._framing = framing
        self._closing = self._closing or closing
        self._state = state
        return data

    def send_chunk(self, data: bytes) -> bytes:
        """A piece of the answer's body; where the answer has none, no octets.

        Args:
            data: the content.

        Raises:
            LocalProtocolError: no such answer is under way.
        """
        self._state = step(self._state, Kind.CHUNK)
        if self._framing is _Framing.CHUNKED:
            return serialize_chunk(data)
        return data if self._framing is _Framing.UNTIL_CLOSE else b""

    def send_end(self, trailers: Fields = ()) -> bytes:
        """The end of the answer's body.

        Args:
            trailers: the trailer fields; left out where the body is not chunked.

        Raises:
            LocalProtocolError: no such answer is under way, or a field cannot be sent as a trailer.
        """
        step(self._state, Kind.CHUNK)
        data = serialize_last_chunk(trailers)
        self._complete(close=False)
        return data if self._framing is _Framing.CHUNKED else b""

    def _read_head(self) -> Event | None:
        """The next request of a connection at rest."""
        data = self._data
        if not data:
            return self._leave() if self._eof else None
        heads = self._heads
        if heads is None:
            heads = self._heads = HeadReader(self.limits, self._cache)
        start = self._start
        try:
            head = heads.read(data, start)
        except RemoteProtocolError as error:
            if self._request is None and not start and data.startswith(_PREFACE):
                return self._leave_to_another(data)
            return self._refuse_head(heads, error.reply_hint, error.problem)
        if head is None:
            if not self._eof:
                return None
            if not data[start:].strip(b"\r\n"):
                return self._leave()
            return self._refuse_head(heads, _BAD_REQUEST, "the connection ended inside a request head")
        self._take(head.end)
        request = self._request = head.request
        if not request.keep_alive:
            self._closing = True
        if request.ended:
            self._state = step(self._state, Kind.REQUEST)
        else:
            self._state = step(self._state, Kind.REQUEST_WITH_BODY)
            self._body = read_body(head.length, self.limits)
            self._continued = False
            self._drained = 0
        return request

    def _read_body(self, body: BodyReader) -> Event | None:
        """The next piece of a body."""
        data, start = self._data, self._start
        if start < len(data):
            try:
                event, end = body.read(data, start)
            except RemoteProtocolError as error:
                return self._refuse(error.reply_hint, error.problem, body.held + data[start:])
            self._take(end)
            if event is not None:
                self._state = step(self._state, Kind.BODY_END if event.ended else Kind.BODY)
                if event.ended:
                    self._body = None
                return event
        if self._eof:
            rest = body.held + self._data[self._start :]
            return self._refuse(_BAD_REQUEST, "the connection ended inside a request body", rest)
        return None

    def _drain(self, body: BodyReader) -> None:
        """Read and drop what is left of a body whose request is answered (RFC 9112 §9.3)."""
        event: Body | None = None
        kind = Kind.BODY
        while kind is Kind.BODY and self._start < len(self._data):
            start = self._start
            try:
                event, end = body.read(self._data, start)
            except RemoteProtocolError:
                kind = Kind.ERROR
                break
            self._take(end)
            self._drained += end - start
            if self._drained > self.limits.max_drain_octets:
                kind = Kind.ERROR
            elif event is not None and event.ended:
                kind = Kind.BODY_END
            elif event is None:
                break
        if kind is Kind.BODY and self._eof:
            kind = Kind.ERROR
        self._state = step(self._state, kind)
        if kind is not Kind.BODY:
            self._body = None
        if kind is Kind.ERROR:
            self._closing = True
            self._drop_data()

    def _refuse_head(self, heads: HeadReader, status_hint: int, problem: str) -> RequestError:
        """Refuse what should have been the head of a request."""
        self._request = None
        self._refused_method = heads.method
        return self._refuse(status_hint, problem, self._data[self._start : heads.reach])

    def _refuse(self, status_hint: int, problem: str, raw: bytes) -> RequestError:
        """Read no more, and tell why."""
        self._state = step(self._state, Kind.ERROR)
        self._closing = True
        self._body = None
        self._drop_data()
        raw = raw[: self.limits.max_error_octets]
        return RequestError(status_hint, problem, raw, self._state is State.REFUSED)

    def _leave(self) -> Closed:
        """End a connection that the client ended between two requests."""
        self._state = step(self._state, Kind.EOF)
        self._closing = True
        self._told_closed = True
        self._drop_data()
        return Closed(by_peer=True)

    def _leave_to_another(self, data: bytes) -> Preface:
        """End as one that was never spoken to."""
        self._state = step(self._state, Kind.EOF)
        self._closing = True
        self._told_closed = True
        self._drop_data()
        return Preface(data)

    def _complete(self, close: bool) -> None:
        """Take the step behind a complete final answer."""
        if close or self.closing:
            self._state = step(self._state, Kind.LAST_ANSWER)
            self._closing = True
            self._body = None
            self._drop_data()
        else:
            self._state = step(self._state, Kind.ANSWER)

    def _take(self, end: int) -> None:
        """Count the octets before an index as taken."""
        if end == len(self._data):
            self._drop_data()
        else:
            self._start = end

    def _drop_data(self) -> None:
        """Keep nothing of what was received."""
        self._data = b""
        self._start = 0

    def _can_drain(self) -> bool:
        """Whether the connection can live on after an answer although the body is not wholly read."""
        if self._request is not None and self._request.expects_continue and not self._continued:
            return False  # the client may or may not send the body now (RFC 9110 §10.1.1)
        return self._body is None or self._body.outstanding <= self.limits.max_drain_octets

    def _speaks_1_0(self) -> bool:
        """Whether the request under way is an HTTP/1.0 one."""
        return self._request is not None and self._request.version == "1.0"

    def _method_asked(self) -> str:
        """The method of the request under way, or of one refused; empty where it is not known."""
        return self._refused_method if self._request is None else self._request.method

    def _settle_connection(self, status: int, headers: Fields, close: bool) -> tuple[bool, str]:
        """Whether the connection closes after a final answer, and the option that its fields lack."""
        if is_informational(status):
            raise LocalProtocolError(f"{status} is not a final response")
        options = connection_options(headers)
        closing = close or self.closing or "close" in options or is_tunnel(self._method_asked(), status)
        option = "close" if closing else "keep-alive" if self._speaks_1_0() else ""
        return closing, "" if option in options else option
