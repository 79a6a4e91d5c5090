"""Reads the sets of codes that people take for each other: ``content/pairs.toml``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from statuary.catalog.entry import Entry, Sourced
from statuary.catalog.tables import Keys, header_lines, read_tables

__all__ = ["MAX_CODES", "choice_field", "read_pairs"]

MAX_CODES = 6
"""The most codes of one set: more do not fit side by side."""

_STEM = "pairs"
_KEYS: Keys = {"id": str, "codes": list, "title": str, "why": str, "choose": dict, "sources?": list}


def read_pairs(root: Path) -> Iterator[Sourced]:
    """Read every set.

    Facts are ``codes`` and ``sources``; texts are ``title``, ``why`` and, for each code, what to choose it for.

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
        facts = {"codes": list(map(str, row["codes"])), "sources": list(map(str, row.get("sources", [])))}
        yield Sourced(Entry("pair", row["id"], facts, texts), path.name, lines, line)


def choice_field(code: str) -> str:
    """The text that says when to choose a code of a set.

    Args:
        code: its identity.
    """
    return f"choose.{code}"
