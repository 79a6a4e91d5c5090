"""Colours examples: HTTP messages, SMTP dialogues and log lines, as HTML with CSS classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import ClassVar

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import RegexLexer
from pygments.lexers.textfmts import HttpLexer
from pygments.token import Comment, Keyword, Name, Number, String, Text

__all__ = ["SmtpLexer", "dialogue", "example", "visible"]

MAX_VISIBLE_OCTETS = 8192
"""How many octets of one direction of an exchange a page shows; the API has them all."""

_FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True, classprefix="t-")
_SIDES = {"C": "client", "S": "server"}


class SmtpLexer(RegexLexer):
    """One side's lines of an SMTP dialogue, without the mark of the side (RFC 5321 §4.1, §4.2)."""

    name = "SMTP"
    aliases: ClassVar[list[str]] = ["smtp"]
    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"^[0-9]{3}(?=[ -]|$)", Number),
            (r"(?<=^[0-9]{3}[ -])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?= |$)", Number.Float),
            (
                r"(?i)^(?:EHLO|HELO|MAIL|RCPT|DATA|BDAT|RSET|NOOP|QUIT|VRFY|EXPN|HELP|STARTTLS|AUTH|ETRN|ATRN)\b",
                Keyword,
            ),
            (r"(?i)\b(?:FROM|TO)(?=:)", Keyword),
            (r"<[^<>\r\n]*>", String),
            (r"^[A-Za-z][A-Za-z-]*(?=: )", Name.Attribute),
            (r"^\.$", Comment),
            (r"[^\s<]+|[<\s]", Text),
        ],
    }


_SMTP = SmtpLexer()
_HTTP = HttpLexer()


@lru_cache(maxsize=2048)
def example(kind: str, text: str) -> Markup:
    """An example as the content of a ``pre`` element.

    Args:
        kind: ``http``, ``smtp`` or ``log``; other kinds stay plain.
        text: the example.
    """
    if kind == "smtp":
        return dialogue(_split(text))
    if kind == "http":
        return Markup(highlight(text, _HTTP, _FORMATTER).rstrip("\n"))  # noqa: S704 - Pygments escapes
    return escape(text)


def _split(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        side, mark, rest = line.partition(":")
        yield (side, rest.removeprefix(" ")) if mark and side in _SIDES else ("", line)


def dialogue(lines: Iterable[tuple[str, str]]) -> Markup:
    """A dialogue, line by line, each with the mark of its side.

    Args:
        lines: side (``C`` or ``S``) and text.
    """
    parts: list[str] = []
    for side, text in lines:
        coloured = highlight(text, _SMTP, _FORMATTER).rstrip("\n") if text else ""
        mark = f"{side}:" if side in _SIDES else ""
        parts.append(f'<span class="line {_SIDES.get(side, "other")}"><b class="gutter">{mark}</b> {coloured}\n</span>')
    return Markup("".join(parts))  # noqa: S704 - Pygments escapes


_ESCAPES = {"\r": "\\r", "\n": "\\n", "\t": "\\t", "\0": "\\0"}
_INVISIBLE = re.compile(r"\r\n|[\x00-\x1f\x7f-\x9f]")


def visible(data: bytes) -> Markup:
    """Octets as text, one character each, with marks for those that cannot be seen.

    Args:
        data: what went over the wire; past :data:`MAX_VISIBLE_OCTETS` it is cut and the mark says so.
    """
    text = str(escape(data[:MAX_VISIBLE_OCTETS].decode("latin-1")))
    shown = _INVISIBLE.sub(_mark, text)
    if len(data) > MAX_VISIBLE_OCTETS:
        shown += f'<i class="octet">… +{len(data) - MAX_VISIBLE_OCTETS}</i>'
    return Markup(shown)  # noqa: S704 - escaped above


def _mark(match: re.Match[str]) -> str:
    found = match[0]
    shown = "".join(_ESCAPES.get(octet) or f"\\x{ord(octet):02x}" for octet in found)
    return f'<i class="octet">{shown}</i>' + ("\n" if found.endswith("\n") else "")
