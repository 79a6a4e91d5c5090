"""Reads arrays of tables from TOML (``protocols.toml``, ``languages.toml``, ``concepts.toml``), errors located."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from statuary.errors import ContentError

__all__ = [
    "CONCEPT_KEYS",
    "LANGUAGE_KEYS",
    "PROTOCOL_KEYS",
    "Keys",
    "check_rows",
    "header_lines",
    "read_tables",
    "read_toml",
]

MAX_TABLE_OCTETS = 2 * 1024 * 1024
"""The largest TOML file that is read, in octets."""

Keys = Mapping[str, type]

PROTOCOL_KEYS: Keys = {
    **dict.fromkeys(["id", "name", "full_name", "term", "text_term", "owner", "registry_url"], str),
    "port": int,
    "registries": list,
    "identity?": str,
    "prose": str,
    "unfinished?": bool,
    "weight?": float,
    "ordinary?": dict,
    "dialogue?": dict,
    "other_stages?": dict,
    "stage_by_class?": dict,
}
LANGUAGE_KEYS: Keys = {"tag": str, "name": str, "direction": str, "fallback?": str, "typography?": dict}
CONCEPT_KEYS: Keys = {"id": str, "title": str, "summary": str, "member?": list, "mapping?": list}
_INNER_KEYS: Mapping[str, Keys] = {
    "concept.member": {"code": str, "basis": str, "source": str},
    "concept.mapping": {"from": str, "to": str, "source": str},
    "pair.rows": {"about": str, "cells": list},
}
_WORDS = {
    str: "a text",
    float: "a number",
    int: "a whole number",
    list: "a list",
    bool: "true or false",
    dict: "a table",
}
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def read_tables(root: Path, stem: str, key: str, keys: Keys) -> list[dict[str, Any]]:
    """Read every table of an array.

    Args:
        root: the content root.
        stem: the file's name without ``.toml``; a missing file has no tables.
        key: the array's name.
        keys: the keys of each table and their types; ``?`` closes the names of those that may be left out.

    Raises:
        ContentError: the file is not TOML, or a key is missing, unknown, of another type or given twice.
    """
    name = f"{stem}.toml"
    path = root / name
    if not path.exists():
        return []
    text, data = read_toml(path, name)
    for table in data:
        if table != key:
            raise ContentError(name, 1, 1, f"an unknown table {table!r}", f"write [[{key}]]")
    rows = data.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ContentError(name, 1, 1, f"{key} is not an array of tables", f"write [[{key}]]")
    lines = text.split("\n")
    check_rows(name, lines, key, rows, keys)
    for inner in _INNER_KEYS:
        outer, _, list_ = inner.partition(".")
        if outer == key:
            inside = [each for row in rows for each in row.get(list_, [])]
            check_rows(name, lines, inner, inside, _INNER_KEYS[inner])
    _check_twice(name, lines, key, rows, next(iter(keys)))
    return rows


def read_toml(path: Path, name: str) -> tuple[str, dict[str, Any]]:
    """Read a TOML file: its text and what it says.

    Args:
        path: the file.
        name: how errors call it: its path below the content root.

    Raises:
        ContentError: it is too large, not UTF-8 or not TOML.
        OSError: it cannot be read.
    """
    if path.stat().st_size > MAX_TABLE_OCTETS:
        raise ContentError(name, 1, 1, f"larger than {MAX_TABLE_OCTETS} octets", "split or shorten it")
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise ContentError(name, 1, 1, f"not UTF-8 at octet {error.start}", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (text.count("\n") + 1, 1)
        problem = _PLACE.sub("", str(error)).strip()
        raise ContentError(name, line, column, f"not TOML: {problem}", "mend the quotes or brackets here") from None


def header_lines(lines: Sequence[str], header: str) -> list[int]:
    """The lines, counted from 1, at which tables ``[[header]]`` begin."""
    return [number for number, line in enumerate(lines, 1) if line.strip() == f"[[{header}]]"]


def check_rows(path: str, lines: Sequence[str], header: str, rows: Sequence[dict[str, Any]], keys: Keys) -> None:
    """Check the keys of tables and the types of their values.

    Args:
        path: how errors call the file.
        lines: its lines.
        header: what stands in the double brackets above each table.
        rows: the tables.
        keys: the keys of each and their types; ``?`` closes the names of those that may be left out.

    Raises:
        ContentError: a key is missing, unknown or of another type.
    """
    allowed = {name.removesuffix("?"): type_ for name, type_ in keys.items()}
    places = header_lines(lines, header)
    for number, row in enumerate(rows):
        first = places[number] if number < len(places) else 1
        for name in keys:
            if not name.endswith("?") and name not in row:
                raise ContentError(path, first, 1, f"{name} is missing", f"add {name}, {_WORDS[allowed[name]]}")
        for name, value in row.items():
            line = _line_of(lines, first, name)
            if name not in allowed:
                mend = f"use one of {', '.join(sorted(allowed))}"
                raise ContentError(path, line, 1, f"{name} is not a key of [[{header}]]", mend)
            if not isinstance(value, allowed[name]) or (allowed[name] is int and isinstance(value, bool)):
                raise ContentError(path, line, 1, f"{name} is not {_WORDS[allowed[name]]}", "write it so")


def _check_twice(path: str, lines: Sequence[str], header: str, rows: Sequence[dict[str, Any]], identity: str) -> None:
    seen: set[str] = set()
    for row, line in zip(rows, header_lines(lines, header), strict=False):
        if row[identity] in seen:
            raise ContentError(path, line, 1, f"{identity} {row[identity]!r} stands there twice", "take one away")
        seen.add(row[identity])


def _line_of(lines: Sequence[str], first: int, key: str) -> int:
    """The line of a key below a header; the header's own where it is not found."""
    for number, line in enumerate(lines[first:], first + 1):
        if re.match(rf"\s*(?:{re.escape(key)}\s*=|\[+[^\]]*\.{re.escape(key)}\])", line):
            return number
    return first
