"""Text for a terminal: how wide it is, where a line may end, and Markdown as readable text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

__all__ = ["CODE_OFF", "CODE_ON", "blocks", "clip", "inline", "pad", "width", "wrap"]

CODE_ON, CODE_OFF = "\x0e", "\x0f"
"""Stand around code in a text and take no room; the console turns them into colour."""

_SPACES = re.compile(r"[ \t\n]+")
_INLINE = (
    r"(?P<fence>`+)(?P<code>.+?)(?P=fence)"
    r"|\[(?P<link>[^\]]*)\]\([^()\s]*\)"
    r"|\*\*(?P<strong>\S(?:.*?\S)?)\*\*"
    r"|(?<![\w*/])\*(?P<stress>\w(?:[^*]*[^\s*])?)\*(?![\w*/])"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
)
_NO_BREAK = "\u00a0\u202f"
"""The spaces at which no line ends: French sets them before ``:`` and ``;``."""
_NEVER_FIRST = frozenset(
    "、。，．,.:;!?：；！？）」』】〕〉》)]}%％ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々…・" + CODE_OFF + _NO_BREAK
)
_NEVER_LAST = frozenset("（「『【〔〈《([{" + CODE_ON + _NO_BREAK)
"""Line breaking of Japanese: what begins no line, and what ends none (JIS X 4051)."""
_MARKDOWN = frozenset("`[*\\")


@cache
def _inline() -> re.Pattern[str]:
    return re.compile(_INLINE)  # not at each start: a summary seldom holds any Markdown


def width(text: str) -> int:
    """How many columns a text takes; East Asian wide characters take two, combining ones none."""
    if text.isascii():
        return len(text) - text.count(CODE_ON) - text.count(CODE_OFF)
    return sum(map(_cell, text))


def _cell(character: str) -> int:
    if character < "\u0300":
        return 0 if character in (CODE_ON, CODE_OFF) else 1
    from unicodedata import category, east_asian_width  # plain English pays nothing for it

    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int) -> str:
    """The text with spaces after it, up to a width in columns."""
    return text + " " * (columns - width(text))


def clip(text: str, columns: int) -> str:
    """The text cut to a width in columns, with an ellipsis where something is missing."""
    if width(text) <= columns:
        return text
    kept, room = "", columns - 1
    for character in text:
        room -= _cell(character)
        if room < 0:
            break
        kept += character
    return kept.rstrip() + "…" + (CODE_OFF if kept.count(CODE_ON) > kept.count(CODE_OFF) else "")


def wrap(text: str, columns: int, first: str = "", later: str | None = None) -> list[str]:
    """Break a text into lines: at spaces, and between the characters of Japanese; Korean words stay whole.

    Args:
        text: one paragraph; runs of spaces count as one.
        columns: the widest a line may be, with what stands before it.
        first: what stands before the first line.
        later: what stands before the others; spaces as wide as ``first`` by default.
    """
    rest = " " * width(first) if later is None else later
    lines: list[str] = []
    line, used, empty = first, width(first), True
    room = max(columns, used + 2)
    for gap, piece in _pieces(text):
        size = width(piece)
        space = gap and not empty
        if not empty and used + space + size > room:
            lines.append(line)
            line, used, empty, space = rest, width(rest), True, False
        for part in _chop(piece, room - used) if empty and used + size > room else (piece,):
            if not empty and part is not piece:
                lines.append(line)
                line, used = rest, width(rest)
            line += " " * space + part
            used += space + width(part)
            empty = False
    lines.append(line)
    return [line.rstrip() for line in lines]


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """Parts that stay together, each with whether a space stands before it."""
    for word in _SPACES.split(text.strip(" \t\n")):
        gap, start = True, 0
        if not word.isascii():
            for place in range(1, len(word)):
                if _may_break(word[place - 1], word[place]):
                    yield gap, word[start:place]
                    gap, start = False, place
        yield gap, word[start:]


def _may_break(before: str, after: str) -> bool:
    if before in _NEVER_LAST or after in _NEVER_FIRST:
        return False
    return (_stands_alone(before) and _cell(after) > 0) or _stands_alone(after)


def _stands_alone(character: str) -> bool:
    """Whether it is wide and no Hangul."""
    return character >= "\u2e80" and not "\uac00" <= character <= "\ud7ff" and _cell(character) == 2


def _chop(word: str, columns: int) -> Iterator[str]:
    """A word that is longer than a line, in parts that fit."""
    part, used = "", 0
    for character in word:
        size = _cell(character)
        if part and used + size > columns:
            yield part
            part, used = "", 0
        part += character
        used += size
    yield part


def inline(text: str, *, marked: bool) -> str:
    """Markdown within a paragraph as text: a link becomes its words.

    Args:
        text: such as ``Send [552](code:smtp/552) for `SIZE=` ``.
        marked: whether code stands between :data:`CODE_ON` and :data:`CODE_OFF` rather than in backticks.
    """

    def readable(match: re.Match[str]) -> str:
        code = match["code"]
        if code is not None:
            return f"{CODE_ON}{code}{CODE_OFF}" if marked else f"`{code}`"
        words = next(filter(None, (match[name] for name in ("link", "strong", "stress"))), "")
        return pattern.sub(readable, words) if words else match["escaped"] or ""

    if not text.isprintable():
        text = "".join(filter(_shows, text.replace("\n", " ")))
    if _MARKDOWN.isdisjoint(text):
        return text
    pattern = _inline()
    return pattern.sub(readable, text)


def _shows(character: str) -> bool:
    """Whether it may go to a terminal; Python calls no space printable but the plain one."""
    return character.isprintable() or character in _NO_BREAK


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The paragraphs and list items of a Markdown text: what stands before each, and its Markdown."""
    for paragraph in re.split(r"\n[ \t]*\n", text.strip()):
        lines: list[tuple[str, str]] = []
        for line in paragraph.split("\n"):
            item = re.match(r"[ \t]*([-*]|[0-9]+\.) +", line)
            if item is not None:
                lines.append((f"{item[1]} ", line[item.end() :]))
            elif lines:
                lines[-1] = (lines[-1][0], f"{lines[-1][1]} {line.strip()}")
            else:
                lines.append(("", line.strip()))
        yield from lines
