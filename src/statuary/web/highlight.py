"""Colours examples: HTTP messages, SMTP dialogues and log lines, as HTML with CSS classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from markupsafe import Markup, escape

from statuary.web.legible import INVISIBLE

__all__ = ["command", "dialogue", "example", "language_name", "log_line", "program", "visible"]

MAX_VISIBLE_OCTETS = 8192
"""How many octets of one direction of an exchange a page shows; the API has them all."""

_SIDES = {"C": "client", "S": "server"}
_OPTION = re.compile(r"(?<!\S)--?[A-Za-z][\w-]*")


def command(line: str) -> Markup:
    """A command as HTML in which no line ends within an option: a browser would end one after each hyphen."""
    marked = _OPTION.sub(r'<span class="option">\g<0></span>', str(escape(line)))
    return Markup(marked)  # noqa: S704 - escaped before; an option holds nothing to escape


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
        from statuary.web.colours import colour_http

        return Markup(colour_http(text))  # noqa: S704 - Pygments escapes
    return escape(text)


_NAMES = {"ApacheConf": "", "Nginx configuration file": ""}
"""Where the framework's own name says it all."""


def program(language: str, text: str) -> Markup:
    """A program with its colours; its text stays as it is, to the last newline.

    Args:
        language: as Pygments names it; one that it does not know stays plain.
        text: the program.
    """
    from statuary.web.colours import runs_of

    runs = runs_of(language, text)
    if runs is None:
        return escape(text)
    return Markup("").join(
        Markup('<span class="t-{}">{}</span>').format(colour, value) if colour else escape(value)
        for colour, value in runs
    )


def language_name(language: str) -> str:
    """A language's name for people: ``JavaScript`` for ``javascript``; empty for plain text."""
    from statuary.web.colours import name_of

    known = name_of(language) if language != "text" else ""
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
    from statuary.web.colours import colour_smtp

    parts: list[str] = []
    for side, text in lines:
        coloured = colour_smtp(text) if text else ""
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
_INVISIBLE = re.compile(rf"\r\n|[\x00-\x1f{INVISIBLE}]")
_CUT_CHARACTER = re.compile(rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")


def visible(data: bytes, most: int = MAX_VISIBLE_OCTETS) -> Markup:
    """Octets as text: UTF-8 as its characters, with marks for what cannot be seen and for octets that are no UTF-8.

    Args:
        data: what went over the wire.
        most: how many octets of it are shown; past them it is cut, and a mark says by how many.
    """
    head = data[:most]
    if len(data) > most and (cut := _CUT_CHARACTER.search(head)):
        head = head[: cut.start()]  # a character is shown whole or not at all
    shown = _INVISIBLE.sub(_mark, str(escape(head.decode("utf-8", "surrogateescape"))))
    if len(data) > len(head):
        shown += f'<i class="octet">… +{len(data) - len(head)}</i>'
    return Markup(shown)  # noqa: S704 - escaped above


def _mark(match: re.Match[str]) -> str:
    found = match[0]
    shown = "".join(_ESCAPES.get(each) or _named(ord(each)) for each in found)
    return f'<i class="octet">{shown}</i>' + ("\n" if found.endswith("\n") else "")


def _named(number: int) -> str:
    """An octet that is no text by its value, a character that cannot be seen by its number."""
    if 0xDC80 <= number <= 0xDCFF:
        number -= 0xDC00
    elif not chr(number).isascii():
        return f"U+{number:04X}"
    return f"\\x{number:02x}"
