"""Reads what people call a failure, ``content/symptoms.toml``: words for the search, language by language."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

from statuary.catalog.alike import fill_phrases
from statuary.catalog.fold import fold
from statuary.catalog.store import LANGUAGE_ROWS
from statuary.catalog.tables import header_lines, read_toml
from statuary.errors import ContentError

__all__ = ["fill_symptoms", "read_symptoms"]

_NAME = "symptoms.toml"


def read_symptoms(
    root: Path, languages: Collection[str], known: Collection[str] = ()
) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """Read the words of every code: (identity, language) to phrases, each with the code's place in its row.

    Args:
        root: the content root.
        languages: the tags that there are.
        known: every identity; empty to check none.

    Raises:
        ContentError: the file is wrong, or names an unknown language or code.
    """
    path = root / _NAME
    if not path.exists():
        return {}
    text, data = read_toml(path, _NAME)
    rows = data.pop("symptom", [])
    if data or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ContentError(_NAME, 1, 1, "something else than an array of tables", "write [[symptom]]")
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for row, line in zip(rows, header_lines(text.split("\n"), "symptom"), strict=False):
        for key, values in row.items():
            if key != "codes" and key not in languages:
                mend = f"use codes, {', '.join(languages)}"
                raise ContentError(_NAME, line, 1, f"{key} is no language", mend)
            if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
                raise ContentError(_NAME, line, 1, f"{key} is no list of texts", 'write ["...", ...]')
        for place, code in enumerate(row.get("codes", [])):
            if known and code not in known:
                raise ContentError(_NAME, line, 1, f"no code is known as {code}", "name a code that there is")
            for language in languages:
                phrases = [(place, phrase) for phrase in row.get(language, [])]
                if phrases:
                    found.setdefault((code, language), []).extend(phrases)
    return found


def fill_symptoms(connection: sqlite3.Connection, root: Path, languages: Sequence[str]) -> None:
    """Let codes that are already in a catalogue's search index be found by these words too, as by their names.

    What is written alike is found as well: so names are filled in here, too.

    Args:
        connection: the catalogue that is being compiled.
        root: the content root.
        languages: the tags, in the order of the index.

    Raises:
        ContentError: the file is wrong.
    """
    symptoms = read_symptoms(root, languages)
    positions = dict(connection.execute("SELECT id, position FROM code"))
    connection.executemany(
        "UPDATE words SET name = name || ' ' || ? WHERE rowid = ?",
        [
            (
                fold(" ".join(phrase for _, phrase in phrases)),
                languages.index(language) * LANGUAGE_ROWS + positions[code],
            )
            for (code, language), phrases in symptoms.items()
            if code in positions
        ],
    )
    fill_phrases(connection, symptoms, languages)
