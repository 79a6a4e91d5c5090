"""Reads what a gateway answers in one protocol for a code of another: ``content/maps/<from>-<to>.toml``.

A row holds in its direction only. ``from`` names a code, an enhanced status code of both failing classes
(``smtp/X.2.2``) or, with ``x`` for digits, all codes of a class (``http/5xx``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from statuary.catalog.entry import Entry, Sourced
from statuary.catalog.tables import Keys, check_rows, header_lines, read_toml
from statuary.errors import ContentError

__all__ = ["BASES", "read_maps"]

BASES = ("specification", "registry", "judgement")
"""What a row may rest on."""

_KEYS: Keys = {"from": str, "to": str, "basis": str, "source?": str, "enhanced?": str, "when?": str, "loses?": str}


def read_maps(root: Path) -> Iterator[Sourced]:
    """Read every row of every file.

    Facts are ``from``, ``to``, ``basis``, ``source`` and ``enhanced`` (to send beside it); texts are ``when`` (a
    condition) and ``loses``.

    Args:
        root: the content root.

    Raises:
        ContentError: a file is wrong, or two rows say the same.
    """
    for path in sorted((root / "maps").glob("*.toml")):
        name = path.relative_to(root).as_posix()
        text, data = read_toml(path, name)
        lines = tuple(text.split("\n"))
        rows = data.pop("map", [])
        if data or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ContentError(name, 1, 1, "something else than an array of tables", "write [[map]]")
        check_rows(name, lines, "map", rows, _KEYS)
        seen: set[str] = set()
        for row, line in zip(rows, header_lines(lines, "map"), strict=False):
            beside = f"_{row['enhanced']}" if row.get("enhanced") else ""
            identity = f"{row['from']}:{row['to']}{beside}"
            if identity in seen:
                raise ContentError(name, line, 1, f"{row['from']} to {row['to']} stands there twice", "take one away")
            seen.add(identity)
            facts = {key: row.get(key, "") for key in ("from", "to", "basis", "source", "enhanced")}
            texts = {key: row[key] for key in ("when", "loses") if row.get(key)}
            yield Sourced(Entry("map", identity, facts, texts), name, lines, line)
