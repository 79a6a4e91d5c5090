"""One HTTP/2 connection, seen from the server (RFC 9113).

The library h2 keeps frames, header compression and the states of streams. Here are the limits, the queue of content
that waits for the client's flow-control windows, and what no library sends: frames that are malformed on purpose.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings
from hyperframe.frame import GoAwayFrame

from statuary.errors import LocalProtocolError
from statuary.wire.http1.events import Fields, Request

__all__ = ["Ended", "Event", "Gone", "Http2Engine", "Http2Limits", "Opened", "Over"]

# Fields that speak of a connection have no place in HTTP/2 (RFC 9113 §8.2.2).
_CONNECTION_FIELDS = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "content-length"}
)
# The largest frame that a client may send while we announce no other size, with its header (RFC 9113 §4.2).
_LONGEST_FRAME = 9 + 16_384
# A DATA frame of one octet with the flag PADDED, whose padding is longer than the frame (RFC 9113 §6.1).
_MALFORMED = b"\x00\x00\x01\x00\x08%b\xff"


@dataclass(frozen=True, slots=True)
class Http2Limits:
    """What one client may take.

    Args:
        max_streams: streams open at once (RFC 9113 §5.1.2).
        max_header_octets: a header list, in octets as RFC 9113 §6.5.2 counts them.
        max_body_octets: the content of a request, in octets.
        max_held_octets: the contents of all requests under way together, in octets.
        max_pending_octets: content that waits for the client's windows, in octets, all streams together.
        max_resets: streams that a client may cancel on one connection, beyond what it lets come to an end; more is
            an attack on what cancelling costs (CVE-2023-44487).
    """

    max_streams: int = 100
    max_header_octets: int = 32_768
    max_body_octets: int = 10_485_760
    max_held_octets: int = 16_777_216
    max_pending_octets: int = 16_777_216
    max_resets: int = 200


class Opened(NamedTuple):
    """A request's head has come.

    Args:
        stream: its stream.
        request: the head; its octets are rendered as HTTP/1.1 would have them, for people to read.
    """

    stream: int
    request: Request


class Ended(NamedTuple):
    """A request is complete.

    Args:
        stream: its stream.
        content: its content; None where it was larger than the limit, and the rest is not waited for.
        trailers: its trailer fields.
    """

    stream: int
    content: bytes | None
    trailers: tuple[tuple[str, str], ...] = ()


class Gone(NamedTuple):
    """The client has cancelled a stream."""

    stream: int


class Over(NamedTuple):
    """The connection is over: write what is to be sent, and close.

    Args:
        problem: what was wrong, for the journal; empty where the client left.
    """

    problem: str


Event: TypeAlias = Opened | Ended | Gone | Over


class _Outbox:
    """What is still to be sent on a stream."""

    __slots__ = ("ended", "pieces", "trailers")

    def __init__(self) -> None:
        self.pieces: deque[bytes] = deque()
        self.ended = False
        self.trailers: list[tuple[str, str]] = []


class Http2Engine:
    """One connection.

    Args:
        limits: what the client may take.
    """

    def __init__(self, limits: Http2Limits | None = None) -> None:
        self.limits = limits or Http2Limits()
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        # Given before the connection begins, they hold from its first octet and are announced with our preface.
        self._h2.local_settings = Settings(
            client=False,
            initial_values={
                SettingCodes.MAX_CONCURRENT_STREAMS: self.limits.max_streams,
                SettingCodes.MAX_HEADER_LIST_SIZE: self.limits.max_header_octets,
            },
        )
        self._h2.decoder.max_header_list_size = self.limits.max_header_octets
        self._bodies: dict[int, bytearray] = {}
        self._trailers: dict[int, tuple[tuple[str, str], ...]] = {}
        self._outboxes: dict[int, _Outbox] = {}
        self._held = 0
        self._pending = 0
        self._resets = 0
        self._served = 0
        self._raw = b""
        self.over = False
        """Whether the connection is to be closed once all is written."""

    def start(self) -> None:
        """Say our settings (RFC 9113 §3.4)."""
        self._h2.initiate_connection()
        # h2 would end the connection over one stream too many; that stream alone is to be refused (RFC 9113 §5.1.2).
        settings = self._h2.local_settings
        settings.max_concurrent_streams = self.limits.max_streams + self.limits.max_resets
        settings.acknowledge()

    def octets(self) -> bytes:
        """What is to be written now."""
        data = self._raw + self._h2.data_to_send()
        self._raw = b""
        return data

    def receive_data(self, data: bytes) -> Iterator[Event]:
        """Take octets from the client, and tell what they mean.

        A violation of the protocol is an event (`Over`), not an exception.

        Args:
            data: the octets as they arrived.
        """
        try:
            heard = [] if self.over else self._h2.receive_data(data)
        except (H2Error, UnicodeError, ValueError, OverflowError, KeyError, IndexError) as error:
            # h2 has put down GOAWAY already; what it did not foresee ends the connection all the same.
            self.over = True
            yield Over(f"HTTP/2: {type(error).__name__}")
            return
        for event in heard:
            yield from self._tell(event)
            if self.over:
                return
        if len(self._h2.incoming_buffer._data) >= _LONGEST_FRAME:
            self._h2.close_connection(ErrorCodes.FRAME_SIZE_ERROR)
            self.over = True
            yield Over("HTTP/2: a frame is over the size that was announced")
            return
        self._flush()

    def _tell(self, event: events.Event) -> Iterator[Event]:
        if isinstance(event, events.RequestReceived):
            yield from self._open(event)
        elif isinstance(event, events.DataReceived):
            yield from self._collect(event)
        elif isinstance(event, events.TrailersReceived):
            if event.stream_id in self._bodies:
                self._trailers[event.stream_id] = _texts(event.headers or ())
        elif isinstance(event, events.StreamEnded):
            stream = event.stream_id
            if stream in self._bodies:
                yield Ended(stream, self._take_body(stream), self._trailers.pop(stream, ()))
        elif isinstance(event, events.StreamReset):
            yield from self._cancelled(event.stream_id)
        elif isinstance(event, events.ConnectionTerminated):
            # In good faith it waits for the answers that are under way (RFC 9113 §6.8).
            self.over = not self._outboxes or event.error_code != ErrorCodes.NO_ERROR
            if self.over:
                yield Over("")

    def _open(self, event: events.RequestReceived) -> Iterator[Event]:
        stream = event.stream_id
        if self._is_one_too_many(stream):
            self._h2.reset_stream(stream, ErrorCodes.REFUSED_STREAM)
            yield from self._count_reset("HTTP/2: max_streams")
            return
        self._bodies[stream] = bytearray()
        request = _request(event)
        yield Opened(stream, request)

    def _is_one_too_many(self, stream: int) -> bool:
        """Whether a stream goes over what was announced; h2 knows of later ones before it tells of this."""
        most, connection = self.limits.max_streams, self._h2
        if connection.open_inbound_streams <= most:
            return False
        earlier = [number for number, each in connection.streams.items() if number <= stream and each.open]
        return len(earlier) > most

    def _collect(self, event: events.DataReceived) -> Iterator[Event]:
        stream, data = event.stream_id, event.data or b""
        body = self._bodies.get(stream)
        if body is None:
            # Nobody waits for it any more; the windows of the others must not suffer.
            self._h2.acknowledge_received_data(event.flow_controlled_length or 0, stream)
            return
        if len(body) + len(data) > self.limits.max_body_octets or self._held + len(data) > self.limits.max_held_octets:
            self._take_body(stream)
            yield Ended(stream, None)
            return
        body += data
        self._held += len(data)
        self._h2.acknowledge_received_data(event.flow_controlled_length or 0, stream)

    def _take_body(self, stream: int) -> bytes:
        body = bytes(self._bodies.pop(stream, b""))
        self._held -= len(body)
        return body

    def _cancelled(self, stream: int) -> Iterator[Event]:
        self._forget(stream)
        yield from self._count_reset("HTTP/2: max_resets")
        if not self.over:
            yield Gone(stream)

    def _count_reset(self, problem: str) -> Iterator[Event]:
        """Count a stream that was for nothing; too many of them end the connection."""
        self._resets += 1
        if self._resets > self.limits.max_resets + self._served:
            self.go_away(calm=True)
            self.over = True
            yield Over(problem)

    def abandon(self, stream: int) -> None:
        """Wait no longer for a request's content: it was answered before (RFC 9113 §8.1)."""
        self._take_body(stream)

    def send_informational(self, stream: int, status: int, headers: Fields = ()) -> None:
        """An interim response (RFC 9113 §8.1); 101 has no meaning in HTTP/2 and is left out (§8.6).

        Args:
            stream: the stream.
            status: the status code, 100 to 199.
            headers: the header fields.
        """
        if status != 101:
            self._send_headers(stream, status, headers, end=False)

    def send_head(self, stream: int, status: int, headers: Fields, *, length: int | None, end: bool = False) -> None:
        """The head of a final response; it has no reason phrase (RFC 9113 §8.3.2).

        Args:
            stream: the stream.
            status: the status code.
            headers: the header fields; those that speak of a connection are left out.
            length: what Content-Length says, true or not; None for none.
            end: whether no content follows.
        """
        fields = [*headers, ("content-length", str(length))] if length is not None else [*headers]
        self._send_headers(stream, status, fields, end=end, keep_length=length is not None)
        if end:
            self._served += 1
        else:
            self._outboxes[stream] = _Outbox()

    def _send_headers(self, stream: int, status: int, headers: Fields, *, end: bool, keep_length: bool = False) -> None:
        dropped = _CONNECTION_FIELDS - {"content-length"} if keep_length else _CONNECTION_FIELDS
        fields = [(b":status", str(status).encode())]
        fields += [
            (name.lower().encode("latin-1"), value.strip(" \t").encode("latin-1"))
            for name, value in headers
            if name.lower() not in dropped
        ]
        try:
            self._h2.send_headers(stream, fields, end_stream=end)
        except H2Error as error:
            raise LocalProtocolError(f"HTTP/2: {type(error).__name__}") from None

    def send_data(self, stream: int, data: bytes) -> bool:
        """A piece of content; it waits where the client's windows are full.

        Returns:
            Whether there was room for it; False once ``max_pending_octets`` is passed, and the stream is given up.
        """
        outbox = self._outboxes.get(stream)
        if outbox is None or not data:
            return True
        if self._pending + len(data) > self.limits.max_pending_octets:
            self.reset(stream, calm=True)
            return False
        outbox.pieces.append(data)
        self._pending += len(data)
        self._flush()
        return True

    def send_end(self, stream: int, trailers: Fields = ()) -> None:
        """The end of a response, once its content has gone."""
        outbox = self._outboxes.get(stream)
        if outbox is not None:
            outbox.ended = True
            outbox.trailers = [(name.lower(), value) for name, value in trailers]
            self._flush()

    def send_malformed(self, stream: int) -> None:
        """A DATA frame that no client may accept, and the end: it is a connection error (RFC 9113 §6.1)."""
        self._raw += self._h2.data_to_send() + _MALFORMED % stream.to_bytes(4, "big")
        self.over = True

    def send_raw(self, data: bytes) -> None:
        """Octets that are no frame."""
        self._raw += self._h2.data_to_send() + data

    def reset(self, stream: int, *, calm: bool = False) -> None:
        """End a stream before its time (RFC 9113 §6.4).

        Args:
            stream: the stream.
            calm: whether the client is to blame, for it asks for too much.
        """
        self._forget(stream)
        try:
            self._h2.reset_stream(stream, ErrorCodes.ENHANCE_YOUR_CALM if calm else ErrorCodes.INTERNAL_ERROR)
        except H2Error:
            return  # it is closed already

    def finish(self, stream: int) -> None:
        """Ask a client to stop sending what was answered already, without blame (RFC 9113 §8.1)."""
        self._bodies.pop(stream, None)
        try:
            self._h2.reset_stream(stream, ErrorCodes.NO_ERROR)
        except H2Error:
            return

    def go_away(self, *, calm: bool = False) -> None:
        """Take no further streams (RFC 9113 §6.8)."""
        code = ErrorCodes.ENHANCE_YOUR_CALM if calm else ErrorCodes.NO_ERROR
        try:
            self._h2.close_connection(code)
        except H2Error:
            return

    def announce_end(self) -> None:
        """Say that no further streams will be taken, and go on with those that there are (RFC 9113 §6.8)."""
        self.send_raw(GoAwayFrame(0, self._h2.highest_inbound_stream_id, ErrorCodes.NO_ERROR).serialize())

    def is_open(self, stream: int) -> bool:
        """Whether a response's content may still be sent on a stream."""
        return stream in self._outboxes

    @property
    def idle(self) -> bool:
        """Whether nothing waits for the client's windows."""
        return not self._pending

    def _forget(self, stream: int) -> None:
        self._take_body(stream)
        self._trailers.pop(stream, None)
        outbox = self._outboxes.pop(stream, None)
        if outbox is not None:
            self._pending -= sum(map(len, outbox.pieces))

    def _flush(self) -> None:
        """Send what the windows let through, a frame a stream in turn."""
        busy = True
        while busy:
            busy = False
            for stream, outbox in tuple(self._outboxes.items()):
                try:
                    busy = self._flush_one(stream, outbox) or busy
                except H2Error:
                    self._forget(stream)

    def _flush_one(self, stream: int, outbox: _Outbox) -> bool:
        """One frame of a stream; whether there is more to do for it now."""
        if outbox.pieces:
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)
            if room <= 0:
                return False
            piece = outbox.pieces.popleft()
            if len(piece) > room:
                outbox.pieces.appendleft(piece[room:])
                piece = piece[:room]
            self._pending -= len(piece)
            last = outbox.ended and not outbox.pieces and not outbox.trailers
            self._h2.send_data(stream, piece, end_stream=last)
            if not last:
                return bool(outbox.pieces or outbox.ended)
        elif not outbox.ended:
            return False
        elif outbox.trailers:
            self._h2.send_headers(stream, outbox.trailers, end_stream=True)
        else:
            self._h2.end_stream(stream)
        del self._outboxes[stream]
        self._served += 1
        return False


def _texts(headers: object) -> tuple[tuple[str, str], ...]:
    """Header fields as text, each octet one character."""
    pairs = headers if isinstance(headers, list | tuple) else ()
    return tuple((bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in pairs)


def _request(event: events.RequestReceived) -> Request:
    """A request's head in the form that all versions share (RFC 9113 §8.3.1)."""
    pseudo: dict[str, str] = {}
    fields: list[tuple[str, str]] = []
    cookies: list[str] = []
    for name, value in _texts(event.headers or ()):
        if name.startswith(":"):
            pseudo[name] = value
        elif name == "cookie":
            cookies.append(value)
        else:
            fields.append((name, value))
    if ":authority" in pseudo:
        fields = [("host", pseudo[":authority"]), *(pair for pair in fields if pair[0] != "host")]
    if cookies:  # RFC 9113 §8.2.3
        fields.append(("cookie", "; ".join(cookies)))
    method, target = pseudo.get(":method", ""), pseudo.get(":path", pseudo.get(":authority", ""))
    head = "".join([f"{method} {target} HTTP/2\r\n", *(f"{name}: {value}\r\n" for name, value in fields), "\r\n"])
    expects = any(name == "expect" and value.lower() == "100-continue" for name, value in fields)
    ended = event.stream_ended is not None
    return Request(method, target, "2", tuple(fields), expects, ended, True, head.encode("latin-1"))
