"""The head of a request, from octets to a `Request` (RFC 9112 §2.2, §3, §5, §6.3).

Where a head ends and whether it keeps the limits is found out here, before llhttp (httptools) sees any of it:
it gets whole header sections only, so that nothing a client does makes it hold an unbounded text. The
request line is read here as well, since llhttp knows a closed list of methods and versions and HTTP does
not. What llhttp lets pass for the sake of old peers is refused: bare LF and CR, folded lines. A shape
that two recipients could cut differently is never repaired but refused (RFC 9112 §11.2).

Octets are judged in the order in which they come, so that the verdict does not depend on how they were cut.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from statuary.errors import RemoteProtocolError
from statuary.wire.http1.events import HttpLimits, Request

__all__ = ["CHUNKED", "FieldScanner", "Head", "HeadReader", "RequestCache", "body_length", "decode_field"]

CHUNKED = -1
"""Stands for the length of a body whose end only its chunks tell."""

_BAD_REQUEST = 400
_CONTENT_TOO_LARGE = 413
_URI_TOO_LONG = 414
_FIELDS_TOO_LARGE = 431
_NOT_IMPLEMENTED = 501
_VERSION_NOT_SUPPORTED = 505

# token = 1*tchar (RFC 9110 §5.6.2)
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_METHOD = re.compile(_TOKEN)

# request-line = method SP request-target SP HTTP-version (RFC 9112 §3). Octets above 0x7F are no URI, but
# clients send them unescaped and their meaning is plain; "#" would begin a fragment, which never is sent.
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb') ([!"$-~\x80-\xff]+) HTTP/([0-9])\.([0-9])\r\n')
_AFTER_TARGET = len(b" HTTP/1.1\r")

# Host = uri-host [ ":" port ] (RFC 9110 §7.2), with the characters of RFC 3986 §3.2.2.
_HOST = re.compile(r"(?:\[[0-9A-Za-z:.%_~!$&'()*+,;=\-]+\]|[0-9A-Za-z.%_~!$&'()*+,;=\-]*)(?::[0-9]*)?")
# authority-form = uri-host ":" port; absolute-form begins with a scheme (RFC 9112 §3.2.2, §3.2.3).
_AUTHORITY = re.compile(rb"(?:\[[0-9A-Za-z:.%_~!$&'()*+,;=\-]+\]|[0-9A-Za-z.%_~!$&'()*+,;=\-]+):[0-9]+")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]*:.+")

_DECIDING_FIELDS = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect"})


class Head(NamedTuple):
    """A request and what follows it.

    Args:
        request: the event.
        length: the octets of its body; `CHUNKED` where the chunks tell.
        end: where the head ends, an index into the data it was read from.
    """

    request: Request
    length: int
    end: int


class RequestCache:
    """Knows requests without a body by heart, so that those that come again need no parsing.

    The key is the whole head, octet by octet, and parsing depends on nothing else, so all connections with
    the same limits may share one cache. When full it forgets everything.

    Args:
        limits: the limits under which its requests were parsed; `max_cached_requests` bounds it.
    """

    __slots__ = ("_requests", "limits", "recall")

    def __init__(self, limits: HttpLimits) -> None:
        self.limits = limits
        self._requests: dict[bytes, Request] = {}
        self.recall = self._requests.get

    def __len__(self) -> int:
        return len(self._requests)

    def keep(self, request: Request) -> None:
        """Keep a request without a body, unless it is longer than ``max_cached_request_octets``.

        Args:
            request: the request, whose ``raw`` is all that it came from.
        """
        limits = self.limits
        if len(request.raw) > limits.max_cached_request_octets or not limits.max_cached_requests:
            return
        if len(self._requests) >= limits.max_cached_requests:
            self._requests.clear()
        self._requests[request.raw] = request


class FieldScanner:
    """Finds the end of a header or trailer section, and refuses lines that are not cut by CRLF alone.

    Args:
        limits: ``max_header_octets`` and ``max_headers`` are kept.
    """

    __slots__ = ("_count", "_faultless", "_max_count", "_max_octets", "_offset")

    def __init__(self, limits: HttpLimits) -> None:
        self._max_octets = limits.max_header_octets
        self._max_count = limits.max_headers
        self._faultless = _faultless_section(limits.max_headers)
        self._offset = 0
        self._count = 0

    def reset(self) -> None:
        """Forget a section that was begun."""
        self._offset = self._count = 0

    def scan(self, data: bytes, start: int) -> int | None:
        """Look for the end of a section.

        Args:
            data: what was received.
            start: where the section begins; the octets from there on must be those of the call before.

        Returns:
            the index behind the empty line; None where more is needed.

        Raises:
            RemoteProtocolError: bare CR or LF, a folded line (400), or too many fields or octets (431).
        """
        # Not tried before the section can be complete, or each octet of a slow client would cost a whole look.
        if not self._offset and (data.startswith(b"\r\n", start) or data.find(b"\r\n\r\n", start) >= 0):
            section = self._faultless.match(data, start, start + self._max_octets)
            if section is not None:
                return section.end()
        return self._scan_lines(data, start)

    def _scan_lines(self, data: bytes, start: int) -> int | None:
        """Go on line by line from where the last call stopped."""
        position = start + self._offset
        furthest = start + self._max_octets
        while (line_end := data.find(b"\n", position, furthest) + 1) > 0:
            if line_end - position == 2 and data[position] == 0x0D:
                self.reset()
                return line_end
            if line_end == position + 1 or data.find(b"\r", position, line_end) != line_end - 2:
                raise RemoteProtocolError("a field line does not end in CRLF alone", _BAD_REQUEST)
            if data[position] in b" \t":
                raise RemoteProtocolError("a field line is folded or begins with white space", _BAD_REQUEST)
            self._count += 1
            if self._count > self._max_count:
                raise _too_much("max_headers", self._max_count, _FIELDS_TOO_LARGE)
            position = line_end
        if len(data) >= furthest:
            raise _too_much("max_header_octets", self._max_octets, _FIELDS_TOO_LARGE)
        self._offset = position - start
        return None


class HeadReader:
    """Reads the heads of one connection's requests.

    Args:
        limits: the limits to keep.
        cache: where requests without a body are looked up first, and kept.

    Attributes:
        reach: up to where in the data the head that was looked at last goes.
        method: its method, where its request line is complete and well-formed.
    """

    __slots__ = ("_cache", "_fields", "_limits", "_line", "_scanner", "method", "reach")

    def __init__(self, limits: HttpLimits, cache: RequestCache) -> None:
        self._limits = limits
        self._cache = cache
        self._scanner = FieldScanner(limits)
        self._fields: list[tuple[str, str]] = []
        self._line: re.Match[bytes] | None = None  # the request line of a head that is not yet complete
        self.reach = 0
        self.method = ""

    def read(self, data: bytes, start: int) -> Head | None:
        """Read one head.

        Args:
            data: what was received.
            start: where the head begins; the octets from there on must be those of the call before.

        Returns:
            the head; None where more is needed.

        Raises:
            RemoteProtocolError: what was received is not a request, or passes a limit.
        """
        self.reach = len(data)
        if self._line is None:
            self.method = ""
        begin = self._skip_empty_lines(data, start)
        if begin is None:
            return None
        if begin == start:
            end = data.find(b"\r\n\r\n", begin) + 4
            if 3 < end <= begin + self._limits.max_cached_request_octets:
                known = self._cache.recall(data[begin:end])
                if known is not None:
                    self._line = None
                    self._scanner.reset()
                    return Head(known, 0, end)
        line = self._line
        if line is None:
            line = self._line = self._read_request_line(data, begin)
            if line is None:
                return None
        fields_start = begin + line.end() - line.start()
        found = self._scanner.scan(data, fields_start)
        if found is None:
            return None
        self._line = None
        self.reach = found
        request, length = self._interpret(line, data[fields_start:found], data[start:found])
        if request.ended:
            self._cache.keep(request)
        return Head(request, length, found)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field line from llhttp.

        Args:
            name: the field's name as received.
            value: the field's value as received.
        """
        self._fields.append(decode_field(name, value))

    def _skip_empty_lines(self, data: bytes, start: int) -> int | None:
        """Where the request line begins (RFC 9112 §2.2); None where more is needed."""
        begin = start
        limit = self._limits.max_empty_lines
        while data.startswith(b"\r\n", begin):
            begin += 2
            if begin - start > 2 * limit:
                raise _too_much("max_empty_lines", limit, _BAD_REQUEST)
        if begin == len(data) or (data[begin] == 0x0D and begin + 1 == len(data)):
            return None
        return begin

    def _read_request_line(self, data: bytes, begin: int) -> re.Match[bytes] | None:
        """The request line, when complete, well-formed and within its limits; None where more is needed."""
        limits = self._limits
        line = _REQUEST_LINE.match(data, begin) if data.find(b"\n", begin) >= 0 else None
        if (
            line is None
            or line.end(1) - begin > limits.max_method_octets
            or line.end(2) - line.start(2) > limits.max_target_octets
        ):
            self._name_line_fault(data, begin)
            return None
        self.method = line[1].decode("latin-1")
        if line[3] != b"1":
            raise RemoteProtocolError("the HTTP version is not 1.x", _VERSION_NOT_SUPPORTED)
        if not _is_target(line[1], line[2]):
            raise RemoteProtocolError("the request target has none of the four forms", _BAD_REQUEST)
        return line

    def _name_line_fault(self, data: bytes, begin: int) -> None:
        """Refuse a request line as soon as its octets cannot be the beginning of one."""
        limits = self._limits
        word = data[begin : begin + limits.max_method_octets + 1]
        space = word.find(b" ")
        if not _METHOD.fullmatch(word if space < 0 else word[:space]):
            raise RemoteProtocolError("this is not a request line", _BAD_REQUEST)
        if space < 0:
            if len(word) > limits.max_method_octets:
                raise _too_much("max_method_octets", limits.max_method_octets, _NOT_IMPLEMENTED)
            return
        target = begin + space + 1
        furthest = target + limits.max_target_octets + _AFTER_TARGET
        if data.find(b"\n", target, furthest + 1) >= 0:
            raise RemoteProtocolError("this is not a request line", _BAD_REQUEST)
        if len(data) > furthest:
            raise _too_much("max_target_octets", limits.max_target_octets, _URI_TOO_LONG)

    def _interpret(self, line: re.Match[bytes], section: bytes, raw: bytes) -> tuple[Request, int]:
        """The event that a complete head makes, and the length of the body behind it."""
        fields = self._parse_fields(section)
        deciding: dict[str, list[str]] = {}
        for name, value in fields:
            if name in _DECIDING_FIELDS:
                deciding.setdefault(name, []).append(value)
        modern = line[4] != b"0"
        _check_host(deciding.get("host"), modern)
        length = body_length(deciding, modern)
        if length > self._limits.max_body_octets:
            raise _too_much("max_body_octets", self._limits.max_body_octets, _CONTENT_TOO_LARGE)
        keep_alive = modern
        if "connection" in deciding:
            options = _list_members(deciding["connection"])
            keep_alive = "close" not in options and (modern or "keep-alive" in options)
        expects_continue = False
        if "expect" in deciding and modern and length:
            expects_continue = "100-continue" in _list_members(deciding["expect"])
        request = Request(
            self.method,
            line[2].decode("latin-1"),
            "1." + line[4].decode("latin-1"),
            fields,
            expects_continue,
            not length,
            keep_alive,
            raw,
        )
        return request, length

    def _parse_fields(self, section: bytes) -> tuple[tuple[str, str], ...]:
        """Let llhttp parse a complete header section."""
        self._fields = []
        try:
            # A parser of its own for each head, and a request line of ours: neither a body, a method nor
            # an Upgrade then carries over into the next request.
            HttpRequestParser(self).feed_data(b"GET / HTTP/1.1\r\n" + section)
        except HttpParserUpgrade:
            pass  # an Upgrade may be ignored (RFC 9110 §7.8); the whole head was parsed
        except HttpParserError:
            raise RemoteProtocolError("the header section is malformed", _BAD_REQUEST) from None
        return tuple(self._fields)


def decode_field(name: bytes, value: bytes) -> tuple[str, str]:
    """A field line as events carry it: the name in lower case, no white space around the value.

    Args:
        name: the field's name as received.
        value: the field's value as received.
    """
    return name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")


@lru_cache(maxsize=16)
def _faultless_section(max_headers: int) -> re.Pattern[bytes]:
    """A complete section in which the walk line by line would find nothing to name."""
    return re.compile(rb"(?:[^\r\n \t][^\r\n]*+\r\n){0,%d}+\r\n" % max_headers)


def _too_much(limit: str, value: int, status_hint: int) -> RemoteProtocolError:
    """The error for a limit passed."""
    return RemoteProtocolError(f"the request passes {limit} ({value})", status_hint)


def _list_members(values: list[str]) -> set[str]:
    """The members of a comma-separated field, in lower case (RFC 9110 §5.6.1)."""
    return {member.strip(" \t").lower() for value in values for member in value.split(",")}


def _is_target(method: bytes, target: bytes) -> bool:
    """Whether a target has a form that its method allows (RFC 9112 §3.2)."""
    if method == b"CONNECT":
        return _AUTHORITY.fullmatch(target) is not None
    if target.startswith(b"/"):
        return True
    return (method == b"OPTIONS" and target == b"*") or _ABSOLUTE.fullmatch(target) is not None


def _check_host(values: list[str] | None, modern: bool) -> None:
    """Refuse a missing, repeated or invalid Host (RFC 9112 §3.2)."""
    if values is None:
        if modern:
            raise RemoteProtocolError("there is no Host field", _BAD_REQUEST)
    elif len(values) > 1 or not _HOST.fullmatch(values[0]):
        raise RemoteProtocolError("the Host field is repeated or invalid", _BAD_REQUEST)


def body_length(deciding: dict[str, list[str]], modern: bool) -> int:
    """The length of a request's body (RFC 9112 §6.1, §6.3).

    Versions of llhttp differ in what they refuse, so nothing here rests on one.

    Args:
        deciding: the values of each field that has a say, by name in lower case.
        modern: whether the version is at least 1.1.

    Returns:
        the length in octets, or `CHUNKED`.

    Raises:
        RemoteProtocolError: two recipients could come to different lengths (400), or a transfer coding is
            not known (501).
    """
    codings = deciding.get("transfer-encoding")
    lengths = deciding.get("content-length")
    if codings is not None:
        if lengths is not None:
            raise RemoteProtocolError("both Transfer-Encoding and Content-Length are given", _BAD_REQUEST)
        if not modern:
            raise RemoteProtocolError("Transfer-Encoding is not part of HTTP/1.0", _BAD_REQUEST)
        names = [name.strip(" \t").lower() for value in codings for name in value.split(",")]
        if names == ["chunked"]:
            return CHUNKED
        if names[-1] != "chunked" or names.count("chunked") > 1:
            raise RemoteProtocolError("chunked is not the last transfer coding, once", _BAD_REQUEST)
        raise RemoteProtocolError("a transfer coding is not known", _NOT_IMPLEMENTED)
    if lengths is None:
        return 0
    if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
        raise RemoteProtocolError("the Content-Length is repeated or not a number", _BAD_REQUEST)
    return int(lengths[0])
