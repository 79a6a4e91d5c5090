"""Reads the compiled catalogue: one record at a time, by index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from statuary.catalog.model import Code, Language, Protocol
from statuary.catalog.paths import find_places
from statuary.errors import CatalogueError

__all__ = ["Catalogue", "open_catalogue"]

SCHEMA_VERSION = "1"
"""Raised when a compiled file of an earlier layout must not be read."""

_SELECT = "SELECT code.facts, prose.prose FROM code LEFT JOIN prose ON prose.id = code.id AND prose.language = ?"
_NO_PROSE: dict[str, Any] = {"untranslated": [], "prose": {}, "claims": []}


class Catalogue:
    """The compiled catalogue, read only; safe to share between tasks of one thread.

    Args:
        path: the compiled file.

    Raises:
        CatalogueError: the file is missing or no catalogue.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._connection = sqlite3.connect(
                f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self._meta: dict[str, str] = dict(self._connection.execute("SELECT key, value FROM meta"))
        except sqlite3.Error as error:
            raise CatalogueError(f"{path} is not a compiled catalogue ({error}); delete it to compile anew") from None

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
        cursor = self._connection.execute(f"{_SELECT}{where} ORDER BY code.position", (language, *values))
        for facts, prose in cursor:
            yield self._code(facts, prose, language)

    def names(self) -> list[tuple[str, str]]:
        """Every searchable name, case-folded, with the identity that it leads to."""
        return list(self._connection.execute("SELECT name, id FROM name ORDER BY rank, rowid"))

    def identities(self) -> list[str]:
        """Every identity, in order."""
        return [row[0] for row in self._connection.execute("SELECT id FROM code ORDER BY position")]

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

    def match_words(self, expression: str, language: str, limit: int) -> list[str]:
        """Identities that match a full-text expression, best first.

        Args:
            expression: in the syntax of SQLite's FTS5.
            language: the tag whose texts are searched.
            limit: at most so many.
        """
        rows = self._connection.execute(
            "SELECT id FROM words WHERE words MATCH ? AND language = ? ORDER BY bm25(words, 0, 0, 8, 3, 1) LIMIT ?",
            (expression, language, limit),
        )
        return [row[0] for row in rows]

    def contain_words(self, text: str, language: str, limit: int) -> list[str]:
        """Identities whose texts hold ``text`` as it stands: for words too short for the full-text index."""
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = self._connection.execute(
            "SELECT id FROM words WHERE language = ? AND (name LIKE ? ESCAPE '\\' OR summary LIKE ? ESCAPE '\\' "
            "OR body LIKE ? ESCAPE '\\') ORDER BY name LIKE ? ESCAPE '\\' DESC, summary LIKE ? ESCAPE '\\' DESC, rowid "
            "LIMIT ?",
            (language, *[pattern] * 5, limit),
        )
        return [row[0] for row in rows]

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

    def interface(self, language: str) -> bytes:
        """The compiled gettext catalogue (MO octets) of the interface; empty for English."""
        row = self._connection.execute("SELECT mo FROM interface WHERE language = ?", (language,)).fetchone()
        return row[0] if row else b""

    def _codes(self, clause: str, values: Sequence[str], language: str, order: str = "code.position") -> list[Code]:
        cursor = self._connection.execute(f"{_SELECT} {clause} ORDER BY {order}", (language, *values))
        return [self._code(facts, prose, language) for facts, prose in cursor]

    def _code(self, facts: str, prose: str | None, language: str) -> Code:
        texts = json.loads(prose) if prose else {**_NO_PROSE, "language": language}
        return Code.from_dict({**json.loads(facts), **texts})


def open_catalogue() -> Catalogue:
    """Open the catalogue of this installation; in a checkout compile it first where the content has changed.

    Raises:
        ContentError: a content file is wrong.
        CatalogueError: there is no readable catalogue.
    """
    places = find_places()
    if places.compiled_ahead:
        return Catalogue(places.artefact)
    fingerprint = _fingerprint(places.content, places.locales)
    if places.artefact.exists():
        try:
            catalogue = Catalogue(places.artefact)
        except CatalogueError:
            pass
        else:
            if catalogue.fingerprint == fingerprint:
                return catalogue
            catalogue.close()
    from statuary.catalog.compile import compile_catalogue  # slow to import, and seldom needed

    compile_catalogue(places.content, places.locales, places.artefact, fingerprint)
    return Catalogue(places.artefact)


def _fingerprint(*roots: Path) -> str:
    """Names, sizes and times of all content and of the code that compiles it, as one string."""
    import os
    import zlib

    entries: list[str] = []
    folders = [str(root) for root in (*roots, Path(__file__).parent)]
    while folders:
        try:
            scan = os.scandir(folders.pop())
        except FileNotFoundError:
            continue
        with scan:
            for entry in scan:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        folders.append(entry.path)
                else:
                    status = entry.stat()
                    entries.append(f"{entry.path}:{status.st_size}:{status.st_mtime_ns}")
    entries.sort()
    return f"{SCHEMA_VERSION}:{len(entries)}:{zlib.crc32(chr(0).join(entries).encode(errors='surrogateescape')):08x}"
