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
from pygments.lexers import find_lexer_class_by_name, get_lexer_by_name
from pygments.lexers.textfmts import HttpLexer
from pygments.token import Comment, Keyword, Name, Number, String, Text
from pygments.util import ClassNotFound

__all__ = ["SmtpLexer", "dialogue", "example", "language_name", "log_line", "program", "visible"]

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
        kind: ``http``, ``smtp``, ``ftp`` or another; other kinds stay plain.
        text: the example.
    """
    if kind in ("smtp", "ftp"):
        return dialogue(_split(text))
    if kind == "http":
        return Markup(highlight(text, _HTTP, _FORMATTER).rstrip("\n"))  # noqa: S704 - Pygments escapes
    return escape(text)


_NAMES = {"ApacheConf": "", "Nginx configuration file": ""}
"""Where the framework's own name says it all."""
_COLOURED = (
    (Comment, "c"),
    (Keyword, "k"),
    (Number, "m"),
    (String, "s"),
    (Name.Attribute, "na"),
    (Name.Tag, "nt"),
    (Name.Class, "nc"),
    (Name.Decorator, "nc"),
    (Name.Function, "nf"),
)
"""The kinds of token that have a colour; all others stay bare, which halves a page."""


def program(language: str, text: str) -> Markup:
    """A program with its colours; its text stays as it is, to the last newline.

    Args:
        language: as Pygments names it; one that it does not know stays plain.
        text: the program.
    """
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(text)
    runs: list[tuple[str, str]] = []
    for token, value in lexer.get_tokens(text):
        colour = next((short for kind, short in _COLOURED if kind in token.split()), "")
        if runs and (runs[-1][0] == colour or not value.strip()):
            runs[-1] = (runs[-1][0], runs[-1][1] + value)
        else:
            runs.append((colour, value))
    return Markup("").join(
        Markup('<span class="t-{}">{}</span>').format(colour, value) if colour else escape(value)
        for colour, value in runs
    )


def language_name(language: str) -> str:
    """A language's name for people: ``JavaScript`` for ``javascript``; empty for plain text."""
    known = find_lexer_class_by_name(language).name if language != "text" else ""
    return _NAMES.get(known, known)


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


def log_line(line: str, value: str) -> Markup:
    """A line of a log, in which the code stands out.

    Args:
        line: the line.
        value: the code's number.
    """
    pattern = re.compile(rf"(?<![\w.:/-]){re.escape(value)}(?![\w:/-]|\.\d)")
    parts: list[Markup] = []
    end = 0
    for found in pattern.finditer(line):
        parts += [escape(line[end : found.start()]), Markup("<b>{}</b>").format(found[0])]
        end = found.end()
    return Markup("").join([*parts, escape(line[end:])])


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
