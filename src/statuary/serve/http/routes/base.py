"""What a route is: a pattern and a pure function from a request to an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from statuary.errors import StatuaryError
from statuary.scenario.decide import Dice

__all__ = [
    "ANY_METHOD",
    "Asking",
    "BadRequest",
    "Handler",
    "Reply",
    "Route",
    "flag",
    "json_reply",
    "plain_reply",
    "text_reply",
    "value_of",
    "whole",
]

Fields: TypeAlias = tuple[tuple[str, str], ...]

ANY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE")
"""The methods of a route that takes all, as a list for people; it takes those of other names too."""


_ESCAPE = re.compile(rb"\\(?:([0-3][0-7]{2})|(.))")


class BadRequest(StatuaryError):
    """A route was asked for something that it does not do.

    Args:
        what: the parameter that is wrong.
        expected: what could have stood there.
        meaning: which status says so; a key of the protocol's ordinary answers.
    """

    def __init__(self, what: str, expected: str, meaning: str = "bad_script") -> None:
        self.what = what
        self.meaning = meaning
        super().__init__(f"{what}: expected {expected}")


class Asking(NamedTuple):
    """A request as a route sees it.

    Args:
        method: the method.
        path: the path as it came, without the query.
        parts: what stands in the pattern's places, unescaped.
        raw_query: the query as it came.
        query: its names and values, in order.
        headers: the header fields, names in lower case.
        body: the content.
        trailers: the trailer fields of the request.
        origin: the client's address, or what a proxy before the server says of it.
        base: scheme and authority of the server as the client wrote them, such as ``http://127.0.0.1:8081``.
        status: status codes by what they mean.
        dice: what random choices are drawn from.
        asked: how often the target has been asked for under its key, this time included.
        now: seconds since the epoch.
    """

    method: str
    path: str
    parts: Mapping[str, str]
    raw_query: str
    query: Fields
    headers: Fields
    body: bytes
    trailers: Fields
    origin: str
    base: str
    status: Mapping[str, int]
    dice: Dice
    asked: int
    now: float

    def header(self, name: str) -> str | None:
        """The field of a name, its lines joined (RFC 9110 §5.3); None where there is none.

        Args:
            name: in lower case.
        """
        values = [value for known, value in self.headers if known == name]
        return ", ".join(values) if values else None

    def cookies(self) -> dict[str, str]:
        """The cookies that the client sent (RFC 6265 §5.4); the first of a name counts."""
        found: dict[str, str] = {}
        for name, value in self.headers:
            if name == "cookie":
                for part in value.split(";"):
                    key, equals, text = part.strip().partition("=")
                    if equals:
                        found.setdefault(key, _unquoted(text))
        return found


def _unquoted(text: str) -> str:
    """The value of a cookie; in quotes, a backslash stands before a character or before its octet in octal digits."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        octets = _ESCAPE.sub(
            lambda match: bytes([int(match[1], 8)]) if match[1] else match[2], text[1:-1].encode("utf-8", "replace")
        )
        return octets.decode("utf-8", "replace")
    return text


class Reply(NamedTuple):
    """What a route answers.

    Args:
        status: the status code.
        headers: header fields; framing, Date and the mark are added.
        body: the content.
        pieces: the content again, where it comes in pieces: the wait before each, in seconds, and its octets.
        chunked: whether its length is left open.
        trailers: the trailer fields; they go with chunks.
        wait: seconds before the answer.
        socket: whether the connection is WebSocket's after it (RFC 6455).
    """

    status: int
    headers: Fields = ()
    body: bytes = b""
    pieces: tuple[tuple[float, bytes], ...] = ()
    chunked: bool = False
    trailers: Fields = ()
    wait: float = 0.0
    socket: bool = False


Handler: TypeAlias = Callable[[Asking], Reply]


class Route(NamedTuple):
    """A place and what answers there.

    Args:
        pattern: a path; ``{name}`` stands for one segment and, at the end, ``{name*}`` for all that is left.
        handler: what answers.
        methods: the methods that it takes; HEAD goes with GET.
    """

    pattern: str
    handler: Handler
    methods: tuple[str, ...] = ("GET",)


def json_reply(status: int, data: object, headers: Fields = ()) -> Reply:
    """An answer in JSON, for people to read.

    Args:
        status: the status code.
        data: what it says.
        headers: further header fields.
    """
    body = json.dumps(data, indent=2, ensure_ascii=False).encode(errors="replace") + b"\n"
    return Reply(status, (("Content-Type", "application/json"), *headers), body)


def text_reply(status: int, media: str, text: str, headers: Fields = ()) -> Reply:
    """An answer of a text type in UTF-8."""
    return Reply(status, (("Content-Type", media), *headers), text.encode())


def plain_reply(status: int, headers: Fields = ()) -> Reply:
    """An answer without content."""
    return Reply(status, headers)


def value_of(pairs: Fields, name: str, default: str = "") -> str:
    """The first value of a name."""
    for known, value in pairs:
        if known == name:
            return value
    return default


def flag(pairs: Fields, name: str) -> bool:
    """Whether a parameter says yes."""
    return value_of(pairs, name).lower() in ("1", "t", "true", "yes", "on")


def whole(what: str, text: str, low: int, high: int) -> int:
    """A whole number within bounds.

    Raises:
        BadRequest: it is none.
    """
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18 or not low <= int(text) <= high:
        raise BadRequest(what, f"a whole number from {low} to {high}")
    return int(text)
