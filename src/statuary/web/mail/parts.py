"""A message taken into its parts by the standard parser, which a stranger can neither stop nor keep busy."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message as Parsed
from email.parser import BytesHeaderParser
from typing import TypeVar

__all__ = ["MAX_PARSE_STEPS", "MAX_PARTS", "decoded", "parse", "parse_header", "safely", "walk"]

_T = TypeVar("_T")

MAX_PARTS = 200
"""The most parts of a message that are looked at."""
MAX_PARSE_STEPS = 4_000_000
"""The most lines times possible levels of nesting: the parser holds every line against every boundary around it."""
MAX_PARAMETER_OCTETS = 10_000
"""The longest field that says what a part is, in octets: the parser's time grows with the square of it."""

_SAYS_WHAT = re.compile(rb"(?i)(?:\A|[\r\n])content-(?:type|disposition)[ \t]*:[^\r\n]*(?:(?:\r\n?|\n)[ \t][^\r\n]*)*")
_CONTAINER = re.compile(rb"(?i)(?:multipart|message)[ \t]*/")
_NO_TEXT = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
"""Codecs of Python that no mail is written in; some of them take a time that grows with the square of the text."""


def parse(content: bytes) -> Parsed | None:
    """A message as the standard parser understands it; None where taking it apart would be too much work.

    Args:
        content: its octets.
    """
    levels = len(_CONTAINER.findall(content)) + 1
    if levels * content.count(b"\n") > MAX_PARSE_STEPS:
        return None
    if any(match.end() - match.start() > MAX_PARAMETER_OCTETS for match in _SAYS_WHAT.finditer(content)):
        return None
    try:
        return message_from_bytes(content)
    except RecursionError:
        return None


def parse_header(content: bytes) -> Parsed:
    """A message's header alone.

    Args:
        content: the octets of the message, or its beginning.
    """
    return BytesHeaderParser().parsebytes(content)


def walk(parsed: Parsed) -> Iterator[tuple[int, Parsed]]:
    """Every part with its number, from 1, each before those within it; at most :data:`MAX_PARTS`.

    Args:
        parsed: the message.
    """
    waiting = [parsed]
    for number in range(1, MAX_PARTS + 1):
        if not waiting:
            return
        part = waiting.pop()
        yield number, part
        inner = part.get_payload() if part.is_multipart() else ()
        if isinstance(inner, list):
            waiting.extend(each for each in reversed(inner) if isinstance(each, Parsed))


def safely(ask: Callable[[], _T], otherwise: _T) -> _T:
    """What the standard parser says; the other where it fails, as it does in many ways on what strangers write.

    Args:
        ask: asks it.
        otherwise: what stands for no answer.
    """
    try:
        return ask()
    except Exception:
        return otherwise


def decoded(content: bytes, charset: str) -> str:
    """A text in a charset as it is named; in UTF-8 where nobody knows that one, wrong octets replaced.

    Args:
        content: its octets.
        charset: the name that the message gives.
    """
    try:
        if codecs.lookup(charset).name.replace("-", "_") not in _NO_TEXT:
            return content.decode(charset, "replace")
    except (LookupError, ValueError):
        pass
    return content.decode("utf-8", "replace")
