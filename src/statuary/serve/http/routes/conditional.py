"""Conditional requests (RFC 9110 §13), caching (RFC 9111) and ranges (RFC 9110 §14)."""

from __future__ import annotations

import hashlib
import re
from email.utils import formatdate, parsedate_to_datetime
from typing import NamedTuple

from statuary.serve.http.options import BadOption, read_duration
from statuary.serve.http.routes.base import (
    ANY_METHOD,
    Asking,
    BadRequest,
    Fields,
    Reply,
    Route,
    json_reply,
    plain_reply,
    value_of,
    whole,
)
from statuary.serve.http.routes.echo import told
from statuary.serve.http.routes.streams import paced

__all__ = ["CONDITIONAL_ROUTES"]

MAX_RANGE_OCTETS = 102_400
"""The largest representation of which ranges are served, in octets."""
MAX_RANGES = 20
"""The most ranges of one request; a Range field with more is passed over (RFC 9110 §14.2)."""
LAST_MODIFIED_SECONDS = 1_700_000_000
"""When the representations of this module were last modified, in seconds since the epoch."""
MAX_PIECES = 1000
"""The most pieces in which a range comes."""

_TAG = re.compile(r'(?:W/)?("[^"]*"|[^\s,"]+)')
_RANGE = re.compile(r"([0-9]{0,18})-([0-9]{0,18})")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]|[^\x00-\xff]")
_ALPHABET = b"abcdefghijklmnopqrstuvwxyz"


def _tags(value: str) -> list[str]:
    """The entity tags of a field, without marks of weakness and quotes."""
    return [match[1].strip('"') for match in _TAG.finditer(value)]


def _date(value: str | None) -> float | None:
    """An HTTP date in seconds since the epoch; None where it is none, as though the field were not there."""
    try:
        return parsedate_to_datetime(value).timestamp() if value else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _verdict(asking: Asking, tag: str, modified: float | None) -> str:
    """What the preconditions say, in the order of RFC 9110 §13.2.2: the meaning of a status, or nothing.

    Args:
        asking: the request.
        tag: the entity tag of what is there, without quotes.
        modified: when it was last modified, in seconds since the epoch; None where nobody knows, and then conditions
            on time are not heeded (RFC 9110 §13.1.3, §13.1.4).
    """
    read = asking.method in ("GET", "HEAD")
    if_match, unmodified = asking.header("if-match"), _date(asking.header("if-unmodified-since"))
    if if_match is not None:
        if if_match.strip() != "*" and tag not in _tags(if_match):
            return "precondition_failed"
    elif unmodified is not None and modified is not None and modified > unmodified:
        return "precondition_failed"
    none_match, since = asking.header("if-none-match"), _date(asking.header("if-modified-since"))
    if none_match is not None:
        if none_match.strip() == "*" or tag in _tags(none_match):
            return "not_modified" if read else "precondition_failed"
    elif read and since is not None and modified is not None and modified <= since:
        return "not_modified"
    return ""


def etag(asking: Asking) -> Reply:
    """A representation with the entity tag of the path; If-Match and If-None-Match are heeded, whatever the method."""
    tag = asking.parts["etag"]
    if _UNSAFE.search(tag):
        raise BadRequest("etag", "text without control characters")
    verdict = _verdict(asking, tag.strip('"'), None)
    field = ("ETag", tag)
    if verdict == "precondition_failed":
        return plain_reply(asking.status[verdict])
    if verdict:
        return plain_reply(asking.status[verdict], (field,))
    return json_reply(asking.status["request"], told(asking), (field,))


def cache(asking: Asking) -> Reply:
    """Any condition is met: with one, nothing was modified."""
    fields = (("Last-Modified", _http_date(LAST_MODIFIED_SECONDS)), ("ETag", f'"{LAST_MODIFIED_SECONDS:x}"'))
    if asking.header("if-modified-since") is not None or asking.header("if-none-match") is not None:
        return plain_reply(asking.status["not_modified"], fields)
    return json_reply(asking.status["request"], told(asking), fields)


def cache_for(asking: Asking) -> Reply:
    """A representation that stays fresh for so many seconds (RFC 9111 §5.2.2.1)."""
    seconds = whole("n", asking.parts["n"], 0, 10**9)
    return json_reply(asking.status["request"], told(asking), (("Cache-Control", f"public, max-age={seconds}"),))


class Span(NamedTuple):
    """A range that can be served: its first and last octet."""

    first: int
    last: int


def _alphabet(count: int) -> bytes:
    return (_ALPHABET * (count // len(_ALPHABET) + 1))[:count]


def _size(asking: Asking) -> int:
    return whole("n", asking.parts["n"], 1, MAX_RANGE_OCTETS)


def range_route(asking: Asking) -> Reply:
    """Letters of the alphabet and one range of them, as httpbin has it: a range that ends beyond them is refused."""
    count = _size(asking)
    body = _alphabet(count)
    own: Fields = (("ETag", f"range{count}"), ("Accept-Ranges", "bytes"))
    first, end, partial = 0, count - 1, False
    match = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", (asking.header("range") or "").strip())
    if match is not None and match[0] != "bytes=-":
        partial = True
        if match[1]:
            first, end = int(match[1]), int(match[2]) if match[2] else count - 1
        else:
            first, end = max(count - int(match[2]), 0), count - 1
    if first > end or end >= count:
        return plain_reply(asking.status["unsatisfiable_range"], (*own, ("Content-Range", f"bytes */{count}")))
    body = body[first : end + 1]
    try:
        duration = read_duration("duration", value_of(asking.query, "duration", "0"))
    except BadOption as error:
        raise BadRequest("duration", error.expected) from None
    size = whole("chunk_size", value_of(asking.query, "chunk_size", str(MAX_RANGE_OCTETS)), 1, MAX_RANGE_OCTETS)
    pieces = paced(body, min(-(-len(body) // size), MAX_PIECES), duration) if duration else ()
    fields = (*own, ("Content-Range", f"bytes {first}-{end}/{count}"), ("Content-Type", "application/octet-stream"))
    return Reply(asking.status["partial" if partial else "request"], fields, body, pieces)


def ranges(asking: Asking) -> Reply:
    """Letters of the alphabet with all that RFC 9110 has: conditions, If-Range, several ranges in one answer."""
    count = _size(asking)
    body = _alphabet(count)
    tag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
    modified = _http_date(LAST_MODIFIED_SECONDS)
    own: Fields = (("ETag", tag), ("Last-Modified", modified), ("Accept-Ranges", "bytes"))
    verdict = _verdict(asking, tag.strip('"'), LAST_MODIFIED_SECONDS)
    if verdict:
        return plain_reply(asking.status[verdict], own if verdict == "not_modified" else ())
    if_range = asking.header("if-range")
    stale = if_range is not None and if_range.strip() not in (tag, modified)  # RFC 9110 §13.1.5: a strong comparison
    spans = None if stale or asking.method != "GET" else _spans(asking.header("range"), count)
    if spans is None:
        return Reply(asking.status["request"], (*own, ("Content-Type", "text/plain")), body)
    if not spans:
        return plain_reply(asking.status["unsatisfiable_range"], (*own, ("Content-Range", f"bytes */{count}")))
    if len(spans) == 1:
        first, end = spans[0]
        fields = (*own, ("Content-Type", "text/plain"), ("Content-Range", f"bytes {first}-{end}/{count}"))
        return Reply(asking.status["partial"], fields, body[first : end + 1])
    mark = asking.dice.octets(12).hex()
    parts = [
        f"--{mark}\r\nContent-Type: text/plain\r\nContent-Range: bytes {first}-{end}/{count}\r\n\r\n".encode()
        + body[first : end + 1]
        + b"\r\n"
        for first, end in spans
    ]
    content = b"".join(parts) + f"--{mark}--\r\n".encode()
    return Reply(asking.status["partial"], (*own, ("Content-Type", f"multipart/byteranges; boundary={mark}")), content)


def _spans(field: str | None, count: int) -> list[Span] | None:
    """The ranges that can be served; None where the field is not there or cannot be read (RFC 9110 §14.2)."""
    unit, equals, text = (field or "").partition("=")
    wanted = text.split(",")
    if unit.strip().lower() != "bytes" or not equals or len(wanted) > MAX_RANGES:
        return None
    spans: list[Span] = []
    for each in wanted:
        match = _RANGE.fullmatch(each.strip())
        if match is None or match[0] == "-" or (match[1] and match[2] and int(match[1]) > int(match[2])):
            return None
        if match[1]:
            first, end = int(match[1]), min(int(match[2]) if match[2] else count - 1, count - 1)
        else:
            first, end = max(count - int(match[2]), 0), count - 1
        if first <= end and (match[1] or int(match[2])):
            spans.append(Span(first, end))
    return spans


def _http_date(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


CONDITIONAL_ROUTES = (
    Route("/etag/{etag}", etag, ANY_METHOD),
    Route("/cache", cache),
    Route("/cache/{n}", cache_for),
    Route("/range/{n}", range_route),
    Route("/ranges/{n}", ranges),
)
"""Routes that heed conditions and ranges."""
