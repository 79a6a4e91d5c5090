"""The vendored registry snapshots: rows of ``code,name,class,spec,status,note``."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

__all__ = ["RegistryRow", "read_registry"]


class RegistryRow(NamedTuple):
    """A row as the snapshot has it; ``code`` is text and not unique."""

    code: str
    name: str
    class_: str
    spec: str
    status: str
    note: str


def read_registry(path: Path) -> list[RegistryRow]:
    """Read a snapshot, in its own order.

    Raises:
        OSError: the file cannot be read.
        KeyError: a column is missing.
    """
    with path.open(encoding="utf-8", newline="") as file:
        return [
            RegistryRow(row["code"], row["name"], row["class"], row["spec"], row["status"], row["note"] or "")
            for row in csv.DictReader(file)
        ]
