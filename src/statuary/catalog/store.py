"""Reads the compiled catalogue: one record at a time, by index."""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statuary.catalog.model import Code, Language, Protocol
from statuary.catalog.paths import find_places
from statuary.errors import CatalogueError

if TYPE_CHECKING:
    from statuary.catalog.coverage import Share
    from statuary.catalog.entry import Entry

__all__ = ["INDEXED_CHARACTERS", "LANGUAGE_ROWS", "Catalogue", "open_catalogue", "outdated"]

MAX_KEPT_KINDS = 8
"""How many kinds of entries, each in one language, are kept once they were read: every comparison asks for all sets."""
SCHEMA_VERSION = "5"
"""Raised when a compiled file of an earlier layout must not be read."""

_SELECT = "SELECT code.facts, prose.prose FROM code LEFT JOIN prose ON prose.id = code.id AND prose.language = ?"
_NO_PROSE: dict[str, Any] = {"untranslated": [], "prose": {}, "claims": []}
INDEXED_CHARACTERS = 3
"""The full-text index holds groups of so many characters."""
LANGUAGE_ROWS = 1_000_000
"""Each language has so many rows of the full-text index for itself, the first language from 0 on."""


class Catalogue:
    """The compiled catalogue, read only; safe to share between tasks of one thread.

    Args:
        path: the compiled file.

    Raises:
        CatalogueError: the file is missing or no catalogue.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        connection = None
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self._meta: dict[str, str] = dict(connection.execute("SELECT key, value FROM meta"))
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise CatalogueError(f"{path} is not a compiled catalogue ({error}); delete it to compile anew") from None
        self._connection = connection
        self._kept_entries: dict[tuple[str, str], list[Entry]] = {}

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @property
    def fingerprint(self) -> str:
        """What the content looked like when it was compiled."""
        return self._meta.get("fingerprint", "")

    @property
    def content_digest(self) -> str:
        """SHA-256 of all code files, in hexadecimal; it names a version of the content."""
        return self._meta["content"]

    @cached_property
    def protocols(self) -> dict[str, Protocol]:
        """Every protocol by its id, in the order of pages."""
        rows = json.loads(self._meta["protocols"])
        return {row["id"]: Protocol(**{**row, "registries": tuple(row["registries"])}) for row in rows}

    @cached_property
    def languages(self) -> dict[str, Language]:
        """Every language by its tag; English first."""
        return {row["tag"]: Language(**row) for row in json.loads(self._meta["languages"])}

    def get(self, identity: str, language: str = "en") -> Code | None:
        """The code of an exact identity; None where there is none."""
        found = self._codes("WHERE code.id = ?", (identity,), language)
        return found[0] if found else None

    def with_value(self, value: str, protocol: str = "", language: str = "en") -> list[Code]:
        """Every code of that number or name, in one protocol or all."""
        if protocol:
            return self._codes("WHERE code.value = ? AND code.protocol = ?", (value, protocol), language)
        return self._codes("WHERE code.value = ?", (value,), language)

    def with_number(self, number: int, protocol: str = "", language: str = "en") -> list[Code]:
        """Every code of a number, however that is written: in one protocol, or of those that write hexadecimal."""
        if protocol:
            return self._codes("WHERE code.number = ? AND code.protocol = ?", (number, protocol), language)
        return self._codes("WHERE code.number = ? AND code.value LIKE '0x%'", (number,), language)

    def with_name(self, name: str, language: str = "en") -> list[Code]:
        """Every code whose name, title, reply text or alias is exactly this, whatever the case; best first."""
        clause = "JOIN (SELECT id, min(rank) AS rank FROM name WHERE name = ? GROUP BY id) AS n ON n.id = code.id"
        return self._codes(f"{clause} WHERE NOT code.hidden", (name.casefold(),), language, "n.rank, code.position")

    def codes(self, protocol: str = "", *, hidden: bool = False, language: str = "en") -> Iterator[Code]:
        """Every code of a protocol, or of all, in the order of the registries."""
        conditions, values = [], []
        if protocol:
            conditions.append("code.protocol = ?")
            values.append(protocol)
        if not hidden:
            conditions.append("NOT code.hidden")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        language = self.nearest_language(language)
        cursor = self._connection.execute(f"{_SELECT}{where} ORDER BY code.position", (language, *values))
        for facts, prose in cursor:
            yield self._code(facts, prose, language)

    def ranges(self, protocol: str = "", language: str = "en") -> list[Code]:
        """Every range of numbers, in one protocol or all."""
        places = "SELECT position FROM code INDEXED BY code_range WHERE kind = 'range'"
        if protocol:
            return self._codes(f"WHERE code.position IN ({places} AND protocol = ?)", (protocol,), language)
        return self._codes(f"WHERE code.position IN ({places})", (), language)

    def with_beginning(self, beginning: str, language: str = "en") -> list[Code]:
        """Every code whose number begins so."""
        clause = "WHERE code.value >= ? AND code.value < ? AND code.kind = 'code' AND NOT code.hidden"
        return self._codes(clause, (beginning, f"{beginning}:"), language)  # ":" follows the digits

    def names(self) -> list[tuple[str, str]]:
        """Every searchable name, case-folded, with the identity that it leads to; templates and hidden codes aside."""
        return list(
            self._connection.execute(
                "SELECT name.name, name.id FROM name JOIN code ON code.id = name.id "
                "WHERE NOT code.hidden AND code.kind != 'template' ORDER BY name.rank, name.rowid"
            )
        )

    def search_names(self, language: str) -> dict[str, str]:
        """What each code is searched by as its name, by its identity: names, aliases and symptoms, folded.

        Args:
            language: the tag.
        """
        return dict(self._connection.execute("SELECT id, name FROM words WHERE language = ?", (language,)))

    def identities(self) -> list[str]:
        """Every identity, in order."""
        return [row[0] for row in self._connection.execute("SELECT id FROM code ORDER BY position")]

    def left_out(self) -> set[str]:
        """The identities that lists leave out: hidden codes, and templates from which codes were made."""
        rows = self._connection.execute("SELECT id FROM code WHERE hidden OR kind = 'template'")
        return {row[0] for row in rows}

    def shared_values(self) -> dict[str, list[str]]:
        """Numbers that several protocols use: value to protocol ids, in the order of pages."""
        rows = self._connection.execute(
            "SELECT value, protocol FROM code WHERE kind = 'code' AND NOT hidden GROUP BY value, protocol "
            "ORDER BY value, min(position)"
        )
        shared: dict[str, list[str]] = {}
        for value, protocol in rows:
            shared.setdefault(value, []).append(protocol)
        return {value: protocols for value, protocols in shared.items() if len(protocols) > 1}

    def match_words(self, words: Sequence[str], language: str, limit: int, *, briefly: bool = False) -> list[str]:
        """Identities whose texts hold every word, best first; hidden codes and templates aside.

        Args:
            words: parts of words, in any case; those of one or two letters stand for whole words.
            language: the tag whose texts are searched.
            limit: at most so many.
            briefly: search names and summaries alone.
        """
        from statuary.catalog.fold import fold  # a look-up does without it

        words = [fold(word) for word in words]
        long = [word for word in words if len(word) >= INDEXED_CHARACTERS]
        short = [word for word in words if len(word) < INDEXED_CHARACTERS]
        if language not in self.languages:
            return []
        first = list(self.languages).index(language) * LANGUAGE_ROWS
        inside = f"words.rowid BETWEEN {first} AND {first + LANGUAGE_ROWS - 1}"
        columns = "SELECT words.id, words.name, words.summary, words.body FROM words JOIN code ON code.id = words.id"
        if long:
            expression = " AND ".join('"' + word.replace('"', '""') + '"' for word in long)
            if briefly:
                expression = f"{{name summary}} : ({expression})"
            clause = f"words MATCH ? AND {inside} AND code.weight ORDER BY bm25(words, 0, 0, 8, 3, 1) * code.weight"
            values: tuple[str, ...] = (expression,)
        else:
            holds = " AND instr(words.name || ' ' || words.summary || ' ' || words.body, ?)" * len(short)
            clause = f"{inside} AND code.weight{holds} ORDER BY code.weight DESC, code.position"
            values = tuple(short)
        rows = self._connection.execute(f"{columns} WHERE {clause}", values)
        if not short:
            return [row[0] for row in rows.fetchmany(limit)]
        whole = [
            re.compile(rf"(?<!\w){re.escape(word)}(?!\w)" if word.isascii() else re.escape(word)) for word in short
        ]
        texts = 2 if briefly else 3
        holding = [(row[0], place) for row in rows if (place := _place_of(whole, row[1 : 1 + texts])) is not None]
        if not long:
            holding.sort(key=lambda found: found[1])
        return [identity for identity, _ in holding[:limit]]

    def near_phrases(self, grams: Sequence[str], language: str, limit: int) -> list[tuple[str, int, str, str]]:
        """Names and symptoms that share groups of letters, those with the rarest first.

        Each as identity, place, its groups and their weights.

        Args:
            grams: the groups, as :func:`statuary.catalog.alike.grams` makes them.
            language: the tag whose phrases are searched.
            limit: at most so many.
        """
        if not grams or language not in self.languages:
            return []
        first = list(self.languages).index(language) * LANGUAGE_ROWS
        expression = " OR ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
        return list(
            self._connection.execute(
                "SELECT id, place, grams, weights FROM phrase WHERE phrase MATCH ? AND rowid BETWEEN ? AND ? "
                "ORDER BY bm25(phrase) LIMIT ?",
                (expression, first, first + LANGUAGE_ROWS - 1, limit),
            )
        )

    def nearest_language(self, language: str) -> str:
        """The tag of a language that there is: the one asked for, that of which it is a kind, or English."""
        if language == "en" or language in self.languages:
            return language
        general = language.partition("-")[0].lower()
        return general if general in self.languages else "en"

    def concept(self, identity: str) -> dict[str, Any] | None:
        """A concept as ``concepts.toml`` has it."""
        row = self._connection.execute("SELECT data FROM concept WHERE id = ?", (identity,)).fetchone()
        return json.loads(row[0]) if row else None

    def concepts_of(self, identity: str) -> list[dict[str, Any]]:
        """The concepts that a code belongs to."""
        rows = self._connection.execute(
            "SELECT data FROM concept JOIN member ON member.concept = concept.id WHERE member.code = ?",
            (identity,),
        )
        return [json.loads(row[0]) for row in rows]

    def concepts(self) -> list[dict[str, Any]]:
        """Every concept, by identity."""
        return [json.loads(row[0]) for row in self._connection.execute("SELECT data FROM concept ORDER BY id")]

    def entry(self, kind: str, identity: str, language: str = "en") -> Entry | None:
        """An entry of the book: a pair, map, decision, guide or term; None where there is none of that name."""
        statement = "SELECT id, entry FROM book WHERE kind = ? AND language = ? AND id = ?"
        return next(iter(self._entries(statement, kind, language, identity)), None)

    def entries(self, kind: str, language: str = "en") -> list[Entry]:
        """Every entry of a kind, in the order of its file."""
        key = (kind, self.nearest_language(language))
        if key not in self._kept_entries:
            if len(self._kept_entries) >= MAX_KEPT_KINDS:
                self._kept_entries.clear()
            self._kept_entries[key] = self._entries(
                "SELECT id, entry FROM book WHERE kind = ? AND language = ? ORDER BY position", *key
            )
        return list(self._kept_entries[key])

    def _entries(self, statement: str, kind: str, language: str, *values: str) -> list[Entry]:
        from statuary.catalog.entry import Entry  # a look-up does without it

        language = self.nearest_language(language)
        try:
            rows = self._connection.execute(statement, (kind, language, *values)).fetchall()
        except UnicodeEncodeError:  # half a surrogate pair: no name holds one
            return []
        found = []
        for identity, text in rows:
            facts, texts, fallbacks = json.loads(text)
            found.append(Entry(kind, identity, facts, texts, language, frozenset(fallbacks)))
        return found

    def coverage(self, language: str = "") -> list[Share]:
        """How far each domain is translated, into one language or all."""
        from statuary.catalog.coverage import Share  # a look-up does without it

        rows = self._connection.execute(
            "SELECT language, domain, messages, translated, stale FROM coverage ORDER BY position"
        )
        return [
            Share(tag, domain, messages, translated, tuple(json.loads(stale)))
            for tag, domain, messages, translated, stale in rows
            if language in ("", tag)
        ]

    def interface(self, language: str) -> bytes:
        """The compiled gettext catalogue (MO octets) of the interface; empty for English."""
        row = self._connection.execute("SELECT mo FROM interface WHERE language = ?", (language,)).fetchone()
        return row[0] if row else b""

    def _codes(
        self, clause: str, values: Sequence[str | int], language: str, order: str = "code.position"
    ) -> list[Code]:
        language = self.nearest_language(language)
        try:
            cursor = self._connection.execute(f"{_SELECT} {clause} ORDER BY {order}", (language, *values))
        except UnicodeEncodeError:  # half a surrogate pair: no text of the catalogue holds one
            return []
        return [self._code(facts, prose, language) for facts, prose in cursor]

    def _code(self, facts: str, prose: str | None, language: str) -> Code:
        texts = json.loads(prose) if prose else {**_NO_PROSE, "language": language}
        return Code.from_dict({**json.loads(facts), **texts})


def _place_of(words: Sequence[re.Pattern[str]], texts: Sequence[str]) -> int | None:
    """The first of the texts that holds a word, counted from 0; None where one word is in none of them.

    Short Latin words count only as whole words: ``no`` is not in ``unknown``.
    """
    places = []
    for word in words:
        place = next((number for number, text in enumerate(texts) if word.search(text)), None)
        if place is None:
            return None
        places.append(place)
    return min(places)


def open_catalogue(*, hasty: bool = False) -> Catalogue:
    """Open the catalogue of this installation; in a checkout compile it first where the content has changed.

    Args:
        hasty: of the codes' files, which are many, notice only that some came or went; a look-up then asks
            :func:`outdated` about the codes that it found.

    Raises:
        ContentError: a content file is wrong.
        CatalogueError: there is no readable catalogue.
    """
    places = find_places()
    if places.compiled_ahead:
        return Catalogue(places.artefact)
    frame = _frame(places.content, places.locales)
    fingerprint = "" if hasty else frame + _codes(places.content)
    if places.artefact.exists():
        try:
            catalogue = Catalogue(places.artefact)
        except CatalogueError:
            pass
        else:
            if catalogue.fingerprint == fingerprint or (hasty and catalogue.fingerprint.startswith(frame)):
                return catalogue
            catalogue.close()
    from statuary.catalog.compile import compile_catalogue  # slow to import, and seldom needed

    try:
        compile_catalogue(
            places.content, places.locales, places.artefact, fingerprint or frame + _codes(places.content)
        )
    except OSError as error:
        raise CatalogueError(f"the catalogue cannot be compiled: {error}") from None
    return Catalogue(places.artefact)


def outdated(catalogue: Catalogue, codes: Iterable[Code]) -> bool:
    """Whether the file of one of these codes was written after the catalogue was compiled from a checkout."""
    places = find_places()
    if places.compiled_ahead:
        return False
    compiled = catalogue.path.stat().st_mtime_ns
    for code in codes:
        try:
            if (places.content / "codes" / f"{code.template or code.id}.md").stat().st_mtime_ns >= compiled:
                return True
        except FileNotFoundError:  # facts of a registry that nobody has written about
            continue
    return False


def _frame(content: Path, locales: Path) -> str:
    """All that is compiled but the codes' files, and what compiles it; of the codes, their folders' times."""
    import os

    entries = []
    with contextlib.suppress(FileNotFoundError), os.scandir(content / "codes") as scan:
        entries = [f"{entry.path}:{entry.stat().st_mtime_ns}" for entry in scan]
    folders = (content, locales, content.parent / "docs", Path(__file__).parent)
    return _digest(entries + _files(folders, ("__pycache__", "snippets", "codes")))


def _codes(content: Path) -> str:
    """The codes' files."""
    return _digest(_files((content / "codes",), ()))


def _files(roots: Iterable[Path], without: Sequence[str]) -> list[str]:
    """Names, sizes and times of all files below some folders, but for folders of some names."""
    import os

    entries: list[str] = []
    folders = [str(root) for root in roots]
    while folders:
        try:
            scan = os.scandir(folders.pop())
        except FileNotFoundError:
            continue
        with scan:
            for entry in scan:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in without:
                        folders.append(entry.path)
                else:
                    status = entry.stat()
                    entries.append(f"{entry.path}:{status.st_size}:{status.st_mtime_ns}")
    return entries


def _digest(entries: list[str]) -> str:
    import zlib

    entries.sort()
    checksum = zlib.crc32(chr(0).join(entries).encode(errors="surrogateescape"))
    return f"{SCHEMA_VERSION}:{len(entries)}:{checksum:08x};"
