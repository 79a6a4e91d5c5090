"""Reads the terms of the field, ``content/glossary.toml``, and each language's agreed words and readings of terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from statuary.catalog.entry import Entry, Sourced
from statuary.catalog.tables import Keys, header_lines, read_tables, read_toml
from statuary.errors import ContentError

__all__ = ["Agreed", "read_agreed", "read_readings", "read_terms", "with_reading"]

_STEM = "glossary"
_KEYS: Keys = {"id": str, "term": str, "definition": str, "also?": list, "specs?": list, "codes?": list}


def read_terms(root: Path) -> Iterator[Sourced]:
    """Read every term.

    Facts are ``also`` (other words for it), ``specs`` and ``codes``; texts are ``term`` and ``definition``.

    Args:
        root: the content root.

    Raises:
        ContentError: the file is wrong.
    """
    rows = read_tables(root, _STEM, "term", _KEYS)
    if not rows:
        return
    path = root / f"{_STEM}.toml"
    lines = tuple(path.read_text(encoding="utf-8").split("\n"))
    for row, line in zip(rows, header_lines(lines, "term"), strict=False):
        facts = {key: list(map(str, row.get(key, []))) for key in ("also", "specs", "codes")}
        texts = {"term": row["term"], "definition": row["definition"]}
        yield Sourced(Entry("term", row["id"], facts, texts), path.name, lines, line)


class Agreed(NamedTuple):
    """What translators of a language agreed on, as far as a machine can hold texts to it.

    Args:
        forms: the English term to the forms of which a translation has one; beginnings of words will do.
        excepted: contexts, ``smtp/452#fix_sender``, to the terms that are rightly put otherwise there.
    """

    forms: Mapping[str, Sequence[str]]
    excepted: Mapping[str, Sequence[str]]


def read_agreed(locales: Path, language: str) -> Agreed:
    """Read ``[held]`` and ``[excepted]`` of a language's ``glossary.toml``; empty where there is none.

    Args:
        locales: the folder of languages.
        language: the tag.

    Raises:
        ContentError: the file is wrong.
    """
    name, data = _read_words(locales, language)
    tables = []
    for key in ("held", "excepted"):
        table = data.get(key, {})
        good = isinstance(table, dict) and all(
            isinstance(forms, list) and all(isinstance(form, str) and form for form in forms)
            for forms in table.values()
        )
        if not good:
            raise ContentError(name, 1, 1, f"[{key}] is no table of lists of texts", 'write "term" = ["form", ...]')
        tables.append(table)
    return Agreed(*tables)


def read_readings(locales: Path, language: str) -> Mapping[str, str]:
    """Read ``[readings]`` of a language's ``glossary.toml``: how translated terms are read; empty where there is none.

    Args:
        locales: the folder of languages.
        language: the tag.

    Raises:
        ContentError: the file is wrong.
    """
    name, data = _read_words(locales, language)
    readings = data.get("readings", {})
    if not isinstance(readings, dict) or not all(isinstance(text, str) and text for text in readings.values()):
        raise ContentError(name, 1, 1, "[readings] is no table of texts", 'write "term" = "reading"')
    return readings


def with_reading(entry: Entry, readings: Mapping[str, str]) -> Entry:
    """A translated term with the text ``reading``, by which lists are sorted; all other entries as they are.

    Args:
        entry: the entry.
        readings: how terms of its language are read.
    """
    reading = readings.get(entry.texts["term"]) if entry.kind == "term" else None
    return entry._replace(texts={**entry.texts, "reading": reading}) if reading else entry


def _read_words(locales: Path, language: str) -> tuple[str, dict[str, Any]]:
    """How errors call a language's ``glossary.toml``, and what it says; nothing where it is missing."""
    name = f"locales/{language}/glossary.toml"
    path = locales / language / "glossary.toml"
    return name, read_toml(path, name)[1] if path.exists() else {}
