"""Finds where in a TOML file something stands: the standard reader says where a file is no TOML, and no more.

It is asked only about files that are TOML, and only when an error is to be shown.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Path", "Place", "find_places", "nearest"]

Path = tuple[str | int, ...]
"""A way into a file: ``("rule", 2, "match", "recipient")``; numbers count from 0."""

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[^,\]}#\n]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{1,2}(?!"))?', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'''(?:'{1,2}(?!'))?", re.DOTALL)
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([btnfr"\\]))')
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


class Place(NamedTuple):
    """Where a key and its value stand.

    Args:
        line: of the key, from 1.
        column: of the key, from 1.
        value_line: of the value, from 1.
        value_column: of the value, from 1; of a string's first character where it stands on one line.
        plain: whether the value is a string of one line without escapes, so that its characters can be pointed at.
    """

    line: int
    column: int
    value_line: int
    value_column: int
    plain: bool


def find_places(text: str) -> dict[Path, Place]:
    """Every key of a TOML document and where it stands.

    Args:
        text: a document that is TOML.
    """
    return _Scanner(text).scan()


def nearest(places: dict[Path, Place], path: Path) -> Place:
    """The place of a path, or of what it would stand in."""
    while path:
        if path in places:
            return places[path]
        path = path[:-1]
    return Place(1, 1, 1, 1, plain=False)


class _Scanner:
    """A cursor over the document."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, Place] = {}
        self.arrays: dict[Path, int] = {}
        self._counted = 0
        self._line = 1
        self._line_start = 0

    def scan(self) -> dict[Path, Place]:
        base: Path = ()
        self.skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                base = self.header()
            else:
                self.pair(base)
            self.skip(_BLANK)
        return self.places

    def skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def position(self) -> tuple[int, int]:
        """Line and column of the cursor; it only ever goes forward."""
        newlines = self.text.count("\n", self._counted, self.at)
        if newlines:
            self._line += newlines
            self._line_start = self.text.rindex("\n", self._counted, self.at) + 1
        self._counted = self.at
        return self._line, self.at - self._line_start + 1

    def header(self) -> Path:
        line, column = self.position()
        double = self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        name = self.key()
        self.at += 2 if double else 1
        path: Path = ()
        for part in name[:-1] if double else name:
            path = (*path, part)
            if path in self.arrays:
                path = (*path, self.arrays[path])
        if double:
            path = (*path, name[-1])
            self.arrays[path] = self.arrays.get(path, -1) + 1
            path = (*path, self.arrays[path])
        self.places[path] = Place(line, column, line, column, plain=False)
        return path

    def key(self) -> list[str]:
        """A dotted key."""
        parts: list[str] = []
        while True:
            self.skip(_SPACE)
            parts.append(self.word())
            self.skip(_SPACE)
            if self.text[self.at : self.at + 1] != ".":
                return parts
            self.at += 1

    def word(self) -> str:
        opening = self.text[self.at : self.at + 1]
        if opening == '"':
            return _ESCAPE.sub(_unescape, self.skip(_BASIC)[1:-1])
        if opening == "'":
            return self.skip(_LITERAL)[1:-1]
        found = self.skip(_BARE)
        self.at += not found  # never stand still
        return found

    def pair(self, base: Path) -> None:
        line, column = self.position()
        path = (*base, *self.key())
        self.at += 1  # the equals sign
        self.skip(_SPACE)
        self.value(path, line, column)

    def value(self, path: Path, line: int, column: int) -> None:
        value_line, value_column = self.position()
        opening = self.text[self.at : self.at + 1]
        long = self.text[self.at : self.at + 3]
        plain = False
        if long == '"""':
            self.skip(_LONG_BASIC)
        elif long == "'''":
            self.skip(_LONG_LITERAL)
        elif opening in ('"', "'"):
            written = self.skip(_BASIC if opening == '"' else _LITERAL)
            plain = opening == "'" or "\\" not in written
            value_column += 1
        elif opening == "[":
            self.items(path)
        elif opening == "{":
            self.table(path)
        else:
            self.skip(_PLAIN)
        self.places[path] = Place(line, column, value_line, value_column, plain)

    def items(self, path: Path) -> None:
        self.at += 1
        number = 0
        self.skip(_BLANK)
        while self.at < len(self.text) and self.text[self.at] != "]":
            self.value((*path, number), *self.position())
            number += 1
            self.skip(_BLANK)
            self.at += self.text.startswith(",", self.at)
            self.skip(_BLANK)
        self.at += 1

    def table(self, path: Path) -> None:
        self.at += 1
        self.skip(_BLANK)
        while self.at < len(self.text) and self.text[self.at] != "}":
            self.pair(path)
            self.skip(_BLANK)
            self.at += self.text.startswith(",", self.at)
            self.skip(_BLANK)
        self.at += 1


def _unescape(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    return chr(int(digits, 16)) if digits else _ESCAPED[match[3]]
