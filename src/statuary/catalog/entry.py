"""Entries of the book: pairs, maps, decision trees, guides and terms, each facts and texts.

They share one shape, so that one piece of code extracts, translates, counts and stores their texts. The modules that
read them (``pairs``, ``maps``, ``decisions``, ``guides``, ``glossary``) say which facts and texts each kind has.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

__all__ = ["KINDS", "Entry", "Sourced", "Text"]

KINDS = ("pair", "map", "decision", "guide", "term")
"""Every kind of entry, in the order of the translators' files."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Text(NamedTuple):
    """A text and the tag of the language that it is in."""

    text: str
    language: str


class Entry(NamedTuple):
    """One entry of the book in one language.

    Args:
        kind: one of :data:`KINDS`.
        id: its name, once within its kind.
        facts: what no language changes.
        texts: field to Markdown text.
        language: the tag that was asked for.
        fallbacks: the fields that are still in English because nobody has translated them.
    """

    kind: str
    id: str
    facts: Mapping[str, Any] = _NOTHING
    texts: Mapping[str, str] = _NOTHING
    language: str = "en"
    fallbacks: frozenset[str] = frozenset()

    def text(self, field: str) -> Text:
        """A text with the language that it is in; empty where there is none of that name."""
        return Text(self.texts.get(field, ""), "en" if field in self.fallbacks else self.language)

    def context(self, field: str) -> str:
        """What names a text to translators: ``pair/http-401-403#why``."""
        return f"{self.kind}/{self.id}#{field}"

    def translated(self, language: str, translations: Mapping[tuple[str, str], str]) -> Entry:
        """The entry in another language; texts without a translation stay in English.

        Args:
            language: the tag.
            translations: (context, English) to text.
        """
        if language == "en":
            return self
        texts, missing = {}, set()
        for field, text in self.texts.items():
            found = translations.get((self.context(field), text))
            texts[field] = found or text
            if not found:
                missing.add(field)
        return self._replace(language=language, texts=texts, fallbacks=frozenset(missing))


class Sourced(NamedTuple):
    """An entry and where it was read.

    Args:
        entry: the entry, in English.
        path: the file, relative to the content root.
        lines: its text, line by line.
        line: where the entry begins, counted from 1.
    """

    entry: Entry
    path: str
    lines: tuple[str, ...]
    line: int

    def line_of(self, passage: str) -> int:
        """The line, at or after the entry's first, that holds a passage; the first one where none does."""
        for number, text in enumerate(self.lines[self.line - 1 :], self.line):
            if passage in text:
                return number
        return self.line
