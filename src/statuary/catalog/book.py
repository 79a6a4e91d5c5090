"""All entries of the book together: read, extracted for translators, put into the compiled catalogue, and taken out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from statuary.catalog import messages
from statuary.catalog.decisions import read_decisions
from statuary.catalog.entry import KINDS, Entry, Sourced
from statuary.catalog.glossary import read_readings, read_terms, with_reading
from statuary.catalog.guides import read_guides
from statuary.catalog.maps import read_maps
from statuary.catalog.pairs import read_pairs

__all__ = ["BOOK", "book_messages", "fill_book", "insert_entries", "read_book"]

BOOK = "book"
"""The gettext domain of these texts."""

_SCHEMA = """
CREATE TABLE book (
    kind TEXT NOT NULL, id TEXT NOT NULL, language TEXT NOT NULL, position INTEGER NOT NULL, entry TEXT NOT NULL,
    PRIMARY KEY (kind, language, id)
) WITHOUT ROWID;
"""
_READERS = dict(zip(KINDS, (read_pairs, read_maps, read_decisions, read_guides, read_terms), strict=True))


def read_book(root: Path) -> Iterator[Sourced]:
    """Read every entry, kind after kind.

    Args:
        root: the content root.

    Raises:
        ContentError: a file is wrong.
    """
    for read in _READERS.values():
        yield from read(root)


def book_messages(entries: Iterable[Entry]) -> Iterator[messages.Message]:
    """Every translatable text of many entries, in their order."""
    for entry in entries:
        for field, text in entry.texts.items():
            if text:
                yield messages.Message(entry.context(field), text)


def fill_book(connection: sqlite3.Connection, root: Path, locales: Path, languages: Iterable[str]) -> None:
    """Put the book into a catalogue that is being compiled.

    Args:
        connection: the catalogue.
        root: the content root.
        locales: the folder of languages.
        languages: the tags.

    Raises:
        ContentError: a file is wrong.
    """
    connection.executescript(_SCHEMA)
    insert_entries(connection, [sourced.entry for sourced in read_book(root)], locales, languages, BOOK)


def insert_entries(
    connection: sqlite3.Connection, entries: Sequence[Entry], locales: Path, languages: Iterable[str], domain: str
) -> None:
    """Put entries into a catalogue that is being compiled, in every language; terms with their readings.

    Args:
        connection: the catalogue.
        entries: in English.
        locales: the folder of languages.
        languages: the tags.
        domain: the gettext domain of their texts.

    Raises:
        ContentError: a file of translations, or a language's ``glossary.toml``, is wrong.
    """
    for language in languages:
        translations = messages.read_translations(locales, language, domain)
        readings = read_readings(locales, language)
        connection.executemany(
            "INSERT INTO book VALUES (?, ?, ?, ?, ?)",
            [
                (entry.kind, entry.id, language, position, _dump(with_reading(entry, readings)))
                for position, entry in enumerate(entry.translated(language, translations) for entry in entries)
            ],
        )


def _dump(entry: Entry) -> str:
    return json.dumps([entry.facts, entry.texts, sorted(entry.fallbacks)])
