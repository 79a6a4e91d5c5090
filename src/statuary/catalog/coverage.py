"""How far each language is translated, domain by domain: counted from the PO files against the English."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from statuary.catalog import messages
from statuary.catalog.book import BOOK, book_messages, read_book
from statuary.catalog.manual import MANUAL, manual_messages
from statuary.catalog.source import Content

__all__ = ["Share", "count_shares", "english_messages", "fill_coverage"]

_SCHEMA = """
CREATE TABLE coverage (
    language TEXT NOT NULL, domain TEXT NOT NULL, position INTEGER NOT NULL, stale TEXT NOT NULL,
    messages INTEGER NOT NULL, translated INTEGER NOT NULL, PRIMARY KEY (language, domain)
) WITHOUT ROWID;
"""


class Share(NamedTuple):
    """How far a domain is translated into a language.

    Args:
        language: its tag.
        domain: a protocol's id, ``book``, ``manual`` or ``interface``.
        messages: how many texts there are.
        translated: how many have a current translation.
        stale: the contexts of those whose English has changed since they were translated.
    """

    language: str
    domain: str
    messages: int
    translated: int
    stale: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many texts nobody has translated."""
        return self.messages - self.translated - len(self.stale)

    @property
    def percent(self) -> float:
        """The share of current translations, in per cent, rounded down to a tenth: 100 means all."""
        return self.translated * 1000 // self.messages / 10 if self.messages else 100.0

    def to_dict(self) -> dict[str, object]:
        """The share as plain data for JSON."""
        return {
            "language": self.language,
            "domain": self.domain,
            "messages": self.messages,
            "translated": self.translated,
            "fuzzy": len(self.stale),
            "missing": self.missing,
            "percent": self.percent,
            "stale": list(self.stale),
        }


def english_messages(content: Content, root: Path) -> dict[str, list[messages.Message]]:
    """Every translatable text of prose by its domain; the interface's are known to the floor above only.

    Args:
        content: the parsed content.
        root: the content root.
    """
    found: dict[str, list[messages.Message]] = {}
    for protocol in content.protocols:
        files = [file for file in content.files if file.code.protocol == protocol.id]
        texts = list(messages.prose_messages(files))
        if texts:
            found[protocol.id] = texts
    entries = list(book_messages(sourced.entry for sourced in read_book(root)))
    if entries:
        found[BOOK] = entries
    pages = manual_messages(root)
    if pages:
        found[MANUAL] = pages
    return found


def count_shares(
    english: Mapping[str, Sequence[messages.Message]], locales: Path, languages: Iterable[str]
) -> Iterator[Share]:
    """Count every language and domain; the interface by its own PO file, which a test holds to the code.

    Args:
        english: domain to texts.
        locales: the folder of languages.
        languages: the tags; English is passed over.
    """
    for language in languages:
        if language == "en":
            continue
        for domain, texts in english.items():
            yield _count(language, domain, texts, _catalogue(locales, language, domain))
        interface = _catalogue(locales, language, messages.INTERFACE)
        if interface is not None:
            own = [
                messages.Message(entry.context or "", entry.id if isinstance(entry.id, str) else entry.id[0])
                for entry in interface
                if entry.id
            ]
            yield _count(language, messages.INTERFACE, own, interface)


def fill_coverage(connection: sqlite3.Connection, shares: Iterable[Share]) -> None:
    """Put the shares into a catalogue that is being compiled."""
    connection.executescript(_SCHEMA)
    connection.executemany(
        "INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?)",
        [
            (share.language, share.domain, position, json.dumps(share.stale), share.messages, share.translated)
            for position, share in enumerate(shares)
        ],
    )


def _catalogue(locales: Path, language: str, domain: str) -> Catalog | None:
    path = locales / language / "LC_MESSAGES" / f"{domain}.po"
    if not path.exists():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _count(language: str, domain: str, texts: Sequence[messages.Message], catalogue: Catalog | None) -> Share:
    current: set[tuple[str, str]] = set()
    contexts: set[str] = set()
    fuzzy: set[tuple[str, str]] = set()
    for entry in catalogue or ():
        if entry.id and _whole(entry.string):
            key = (entry.context or "", entry.id if isinstance(entry.id, str) else entry.id[0])
            (fuzzy if entry.fuzzy else current).add(key)
            if entry.context:
                contexts.add(entry.context)
    done = [text for text in texts if (text.context, text.text) in current]
    left = [text for text in texts if (text.context, text.text) not in current]
    stale = [text for text in left if text.context in contexts or (text.context, text.text) in fuzzy]
    names = tuple(text.context or text.text for text in stale)
    return Share(language, domain, len(texts), len(done), names)


def _whole(string: str | Sequence[str] | None) -> bool:
    return bool(string) and (isinstance(string, str) or all(string or ()))
