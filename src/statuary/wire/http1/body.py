"""The bodies of requests, from octets to `Body` events (RFC 9112 §6.2, §7.1).

llhttp (httptools) is the judge of chunked framing. It does not say where in the octets it stands, though,
and a pipelined request behind a body must not reach it; so it is fed in steps that each end where the
framing says: a size line, a chunk with its CRLF, the trailer section.
"""

from __future__ import annotations

import re
from typing import Protocol

from httptools import HttpParserError, HttpRequestParser

from statuary.errors import RemoteProtocolError
from statuary.wire.http1.events import Body, HttpLimits
from statuary.wire.http1.parser import CHUNKED, FieldScanner, decode_field

__all__ = ["BodyReader", "ChunkedBody", "LengthBody", "read_body"]

_BAD_REQUEST = 400
_CONTENT_TOO_LARGE = 413

# The largest chunk size that 64 bits hold has 16 digits; leading zeros beyond that serve nobody.
_MAX_SIZE_DIGITS = 16
# chunk-size [ chunk-ext ] CRLF (RFC 9112 §7.1); what is inside an extension llhttp judges.
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})((?:;[^\r\n]*)?)\r\n")


class BodyReader(Protocol):
    """Takes one body out of what is received."""

    @property
    def outstanding(self) -> int:
        """The octets that are known to be still to come; a chunked body may have more."""

    @property
    def held(self) -> bytes:
        """The octets taken that no event has told yet."""

    def read(self, data: bytes, start: int) -> tuple[Body | None, int]:
        """Take what can be taken.

        Args:
            data: what was received; not empty from ``start`` on.
            start: where the untaken octets begin.

        Returns:
            the event, None where more is needed for one; and the index behind what was taken.

        Raises:
            RemoteProtocolError: the framing is malformed (400), or the body passes its limit (413).
        """


def read_body(length: int, limits: HttpLimits) -> BodyReader:
    """A reader for the body of one request.

    Args:
        length: the body's length in octets, or `CHUNKED`.
        limits: the limits that a chunked body keeps.
    """
    return ChunkedBody(limits) if length == CHUNKED else LengthBody(length)


class LengthBody:
    """A body whose length the head told (RFC 9112 §6.2).

    Args:
        length: the length in octets, at least one.
    """

    __slots__ = ("outstanding",)

    held = b""

    def __init__(self, length: int) -> None:
        self.outstanding = length

    def read(self, data: bytes, start: int) -> tuple[Body | None, int]:
        """Take what there is of the body; see `BodyReader.read`."""
        piece = data[start : start + self.outstanding]
        self.outstanding -= len(piece)
        return Body(piece, self.outstanding == 0, piece), start + len(piece)


class ChunkedBody:
    """A body in chunks (RFC 9112 §7.1).

    Args:
        limits: ``max_body_octets``, ``max_chunk_extension_octets`` and, for trailers, the limits of a header
            section are kept.
    """

    __slots__ = (
        "_error",
        "_extensions_left",
        "_in_trailers",
        "_left",
        "_parser",
        "_pieces",
        "_room",
        "_scanner",
        "_trailers",
        "ended",
        "held",
    )

    def __init__(self, limits: HttpLimits) -> None:
        self._scanner = FieldScanner(limits)
        self._room = limits.max_body_octets
        self._extensions_left = limits.max_chunk_extension_octets
        self._left = 0
        self._in_trailers = False
        self._pieces: list[bytes] = []
        self._trailers: list[tuple[str, str]] = []
        self._error: RemoteProtocolError | None = None
        self.ended = False
        self.held = b""
        self._parser = HttpRequestParser(self)
        self._parser.feed_data(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        self._trailers.clear()

    @property
    def outstanding(self) -> int:
        """The octets still to come of the chunk under way."""
        return self._left

    def read(self, data: bytes, start: int) -> tuple[Body | None, int]:
        """Take what is complete of the body; see `BodyReader.read`."""
        if self._error is not None:
            raise self._error
        position = start
        try:
            while not self.ended and (reached := self._take(data, position)) is not None:
                position = reached
        except RemoteProtocolError as error:
            if not self._pieces:
                raise
            # What came before the fault is told first, as it would have been had it come alone.
            self._error = error
        raw = self.held + data[start:position]
        if not self._pieces and not self.ended:
            self.held = raw
            return None, position
        self.held = b""
        content = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        return Body(content, self.ended, raw, tuple(self._trailers)), position

    def on_body(self, data: bytes) -> None:
        """Take content from llhttp."""
        self._pieces.append(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one trailer field from llhttp."""
        self._trailers.append(decode_field(name, value))

    def on_message_complete(self) -> None:
        """Take the end of the body from llhttp."""
        self.ended = True

    def _take(self, data: bytes, position: int) -> int | None:
        """Feed one step to llhttp; gives the index behind it, None where more is needed."""
        if self._left:
            # The CRLF behind the data is a step of its own: a fault in it must not take the data along.
            step = self._left - 2 if self._left > 2 else self._left
            end = min(position + step, len(data))
            if end == position:
                return None
            self._feed(memoryview(data)[position:end])
            self._left -= end - position
            return end
        if self._in_trailers:
            found = self._scanner.scan(data, position)
            if found is not None:
                self._feed(data[position:found])
            return found
        return self._take_size_line(data, position)

    def _take_size_line(self, data: bytes, position: int) -> int | None:
        """Feed the line that begins a chunk."""
        furthest = position + _MAX_SIZE_DIGITS + self._extensions_left + 2
        end = data.find(b"\n", position, furthest) + 1
        if not end:
            if len(data) >= furthest:
                raise RemoteProtocolError("the request passes max_chunk_extension_octets", _BAD_REQUEST)
            return None
        line = data[position:end]
        size_line = _SIZE_LINE.fullmatch(line)
        if size_line is None:
            raise RemoteProtocolError("the chunked framing is malformed", _BAD_REQUEST)
        self._extensions_left -= len(size_line[2])
        if self._extensions_left < 0:
            raise RemoteProtocolError("the request passes max_chunk_extension_octets", _BAD_REQUEST)
        self._feed(line)
        size = int(size_line[1], 16)
        if size > self._room:
            raise RemoteProtocolError("the request passes max_body_octets", _CONTENT_TOO_LARGE)
        self._room -= size
        self._in_trailers = size == 0
        self._left = size + 2 if size else 0  # with the CRLF behind the data
        return end

    def _feed(self, data: bytes | memoryview) -> None:
        """Let llhttp judge some octets."""
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            raise RemoteProtocolError("the chunked framing is malformed", _BAD_REQUEST) from None
