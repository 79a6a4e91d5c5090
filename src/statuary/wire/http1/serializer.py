"""Answers, from a status code, fields and content to octets (RFC 9112 §4, §5, §6, §7.1).

Only framing is decided here: whether a response has content, and how its end is told. What it says comes
from the caller. Texts are ISO 8859-1; for other octets in a value, decode them with it first.
"""

from __future__ import annotations

import re

from statuary.errors import LocalProtocolError
from statuary.wire.http1.events import Fields

__all__ = [
    "connection_options",
    "has_field",
    "has_no_content",
    "is_informational",
    "serialize_chunk",
    "serialize_head",
    "serialize_last_chunk",
    "serialize_response",
]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FRAMING_FIELDS = frozenset({"content-length", "transfer-encoding"})
# What a trailer section may not carry, since it is needed before (RFC 9110 §6.5.1); framing only.
_NO_TRAILERS = _FRAMING_FIELDS | {"trailer", "connection", "host"}

_FIRST_FINAL = 200
_NO_CONTENT = 204
_NOT_MODIFIED = 304


def is_informational(status: int) -> bool:
    """Whether a status code is interim, so that a final one must follow (RFC 9110 §15.2).

    Args:
        status: the status code.
    """
    return status < _FIRST_FINAL


def has_no_content(method: str, status: int) -> bool:
    """Whether a response ends with its header section whatever its fields say (RFC 9112 §6.3, 1 and 2).

    Args:
        method: the request's method; empty where it is not known.
        status: the status code of the response.
    """
    return (
        status in (_NO_CONTENT, _NOT_MODIFIED)
        or method == "HEAD"
        or is_informational(status)
        or is_tunnel(method, status)
    )


def is_tunnel(method: str, status: int) -> bool:
    """Whether a response turns the connection into a tunnel (RFC 9110 §9.3.6).

    Args:
        method: the request's method.
        status: the status code of the response.
    """
    return method == "CONNECT" and status // 100 == 2


def has_field(fields: Fields, name: str) -> bool:
    """Whether a field line of that name is there.

    Args:
        fields: the field lines.
        name: the name in lower case.
    """
    return any(known.lower() == name for known, _ in fields)


def connection_options(fields: Fields) -> set[str]:
    """The options that the Connection fields carry, in lower case (RFC 9110 §7.6.1).

    Args:
        fields: the field lines.
    """
    return {
        option.strip(" \t").lower()
        for name, value in fields
        if len(name) == 10 and name.lower() == "connection"
        for option in value.split(",")
    }


def serialize_head(status: int, reason: str, fields: Fields) -> bytes:
    """A status line and a header section, and nothing more (RFC 9112 §4, §5).

    Args:
        status: the status code, 100 to 999.
        reason: the reason phrase; may be empty.
        fields: the field lines, names in any case.

    Raises:
        LocalProtocolError: a code without three digits, a name that is no token, or CR, LF, NUL or a
            character beyond ISO 8859-1 in a text.
    """
    if not 100 <= status <= 999:
        raise LocalProtocolError(f"a status code has three digits, not {status}")
    _check_text("the reason phrase", reason)
    return _encode("".join([f"HTTP/1.1 {status} {reason}\r\n", *_field_lines(fields), "\r\n"]))


def serialize_response(
    status: int, reason: str, fields: Fields, content: bytes, *, method: str, connection: str
) -> bytes:
    """A complete final response whose length its head tells (RFC 9110 §8.6).

    Args:
        status: the status code, 200 to 999.
        reason: the reason phrase.
        fields: the field lines; a Content-Length among them is kept if it is right.
        content: the content; left out where the response must have none.
        method: the request's method.
        connection: the connection option to add: ``close``, ``keep-alive`` or nothing.

    Raises:
        LocalProtocolError: as `serialize_head`; a Transfer-Encoding field, or a Content-Length field that
            is wrong or not allowed.
    """
    bare = has_no_content(method, status)
    framing: list[tuple[str, str]] = []
    lengths = [value for name, value in fields if name.lower() == "content-length"]
    if has_field(fields, "transfer-encoding"):
        raise LocalProtocolError("a Transfer-Encoding is given, but the content is not chunked")
    if lengths:
        _check_length(lengths, len(content), status, method)
    elif not has_no_content("" if method == "HEAD" else method, status):  # HEAD: as GET would have it
        framing.append(("Content-Length", str(len(content))))
    if connection:
        framing.append(("Connection", connection))
    head = serialize_head(status, reason, [*fields, *framing])
    return head if bare else head + content


def serialize_chunk(content: bytes) -> bytes:
    """One chunk (RFC 9112 §7.1).

    Args:
        content: its content; empty content gives no octets, for an empty chunk would be the last.
    """
    return b"%x\r\n%b\r\n" % (len(content), content) if content else b""


def serialize_last_chunk(trailers: Fields) -> bytes:
    """The end of a chunked body with its trailer section (RFC 9112 §7.1.2).

    Args:
        trailers: the trailer fields.

    Raises:
        LocalProtocolError: as `serialize_head`; or a field that may not be sent as a trailer.
    """
    for name, _ in trailers:
        if name.lower() in _NO_TRAILERS:
            raise LocalProtocolError(f"{name} may not be sent as a trailer")
    return _encode("".join(["0\r\n", *_field_lines(trailers), "\r\n"]))


def _field_lines(fields: Fields) -> list[str]:
    """Checked field lines."""
    names = [name for name, _ in fields]
    # One look at all names together, since answers are many and faults are few.
    if names and not (all(names) and _TOKEN.fullmatch("".join(names))):
        wrong = next(name for name in names if not _TOKEN.fullmatch(name))
        raise LocalProtocolError(f"{wrong!r} is no field name")
    for name, value in fields:
        _check_text(name, value)
    return [f"{name}: {value}\r\n" for name, value in fields]


def _check_text(what: str, text: str) -> None:
    """Refuse what would end a line (RFC 9110 §5.5)."""
    if "\r" in text or "\n" in text or "\0" in text:
        raise LocalProtocolError(f"{what} holds CR, LF or NUL")


def _check_length(lengths: list[str], octets: int, status: int, method: str) -> None:
    """Refuse a Content-Length of the caller's that would lie (RFC 9110 §8.6)."""
    if status == _NO_CONTENT or is_informational(status) or is_tunnel(method, status):
        raise LocalProtocolError("this response may not have a Content-Length")
    value = lengths[0]
    # To HEAD and in 304 it tells the length that GET would have had, which the caller may know better.
    free = method == "HEAD" or status == _NOT_MODIFIED
    right = value.isascii() and value.isdigit() if free else value == str(octets)
    if len(lengths) > 1 or not right:
        raise LocalProtocolError(f"the Content-Length is not that of {octets} octets")


def _encode(text: str) -> bytes:
    """The octets of a head."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise LocalProtocolError("a head holds characters beyond ISO 8859-1") from None
