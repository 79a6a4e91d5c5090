"""Reads the sets of codes that people take for each other: ``content/pairs.toml``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from statuary.catalog.entry import Entry, Sourced
from statuary.catalog.tables import Keys, header_lines, read_tables
from statuary.errors import ContentError

__all__ = ["MAX_CODES", "about_field", "cell_field", "choice_field", "read_pairs"]

MAX_CODES = 6
"""The most codes of one set: more do not fit side by side."""

_STEM = "pairs"
_KEYS: Keys = {"id": str, "codes": list, "title": str, "why": str, "choose": dict, "sources?": list, "rows?": list}


def read_pairs(root: Path) -> Iterator[Sourced]:
    """Read every set.

    Facts are ``codes``, ``sources`` and the number of ``rows``; texts are ``title``, ``why``, for each code what to
    choose it for, and the rows: what each is about, and a cell for each code.

    Args:
        root: the content root.

    Raises:
        ContentError: the file is wrong.
    """
    rows = read_tables(root, _STEM, "pair", _KEYS)
    if not rows:
        return
    path = root / f"{_STEM}.toml"
    lines = tuple(path.read_text(encoding="utf-8").split("\n"))
    for row, line in zip(rows, header_lines(lines, "pair"), strict=False):
        texts = {"title": row["title"], "why": row["why"]}
        texts |= {choice_field(code): str(text) for code, text in row["choose"].items()}
        codes = list(map(str, row["codes"]))
        rows_given = row.get("rows", [])
        for number, given in enumerate(rows_given):
            if len(given["cells"]) != len(codes):
                problem = (
                    f"row {given['about']!r} of {row['id']} has {len(given['cells'])} cells for {len(codes)} codes"
                )
                raise ContentError(path.name, line, 1, problem, "write a cell for each code, in their order")
            texts[about_field(number)] = given["about"]
            texts |= {cell_field(number, code): str(cell) for code, cell in zip(codes, given["cells"], strict=True)}
        facts = {"codes": codes, "sources": list(map(str, row.get("sources", []))), "rows": len(rows_given)}
        yield Sourced(Entry("pair", row["id"], facts, texts), path.name, lines, line)


def choice_field(code: str) -> str:
    """The text that says when to choose a code of a set.

    Args:
        code: its identity.
    """
    return f"choose.{code}"


def about_field(row: int) -> str:
    """The text that says what a row of a set is about.

    Args:
        row: its place, from 0.
    """
    return f"row.{row}"


def cell_field(row: int, code: str) -> str:
    """The text of a row for one code.

    Args:
        row: its place, from 0.
        code: the code's identity.
    """
    return f"row.{row}.{code}"
