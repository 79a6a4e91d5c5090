"""Holds every registered name, class, status and spec against the vendored registry snapshots, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from statuary.catalog.codefile import CodeFile, locate
from statuary.catalog.model import Code, Protocol
from statuary.catalog.registry import RegistryRow, read_registry
from statuary.catalog.specs import parse_specs
from statuary.errors import ContentError

__all__ = ["Difference", "check_registries", "compare_registry"]


class Difference(NamedTuple):
    """What the catalogue and a registry do not agree upon.

    Args:
        value: the number, as both have it.
        identity: the code; empty where the catalogue has none.
        key: the fact: ``name``, ``class``, ``status``, ``specs`` or ``hidden``.
        ours: what the catalogue says.
        theirs: what the registry says.
    """

    value: str
    identity: str
    key: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        if not self.identity:
            return f"{self.value}: the registry's {self.theirs!r} is missing"
        if not self.theirs:
            return f"{self.identity}: {self.ours!r} is not in the registry"
        return f"{self.identity}: {self.key} is {self.ours!r}, the registry has {self.theirs!r}"


def compare_registry(rows: Iterable[RegistryRow], codes: Iterable[Code]) -> Iterator[Difference]:
    """Every difference between rows of a registry and the codes that stand for them.

    A number that has one row and one code is compared by its name too; where a number has several, the name tells
    which is which.
    """
    by_value: dict[str, list[Code]] = {}
    for code in codes:
        by_value.setdefault(code.value, []).append(code)
    rows_of: dict[str, list[RegistryRow]] = {}
    for row in rows:
        rows_of.setdefault(row.code, []).append(row)
    for value, registered in rows_of.items():
        yield from _compare_value(value, registered, by_value.pop(value, []))
    for unknown in by_value.values():
        for code in unknown:
            yield Difference(code.value, code.id, "name", code.name, "")


def _compare_value(value: str, rows: list[RegistryRow], codes: list[Code]) -> Iterator[Difference]:
    left = list(codes)
    missing: list[RegistryRow] = []
    for row in rows:
        code = next((code for code in left if code.name == row.name), None)
        if code is None:
            missing.append(row)
            continue
        left.remove(code)
        yield from _compare_facts(row, code)
    for row in missing:
        if left:
            code = left.pop(0)
            yield Difference(value, code.id, "name", code.name, row.name)
            yield from _compare_facts(row, code)
        else:
            yield Difference(value, "", "name", "", row.name)
    for code in left:
        yield Difference(value, code.id, "name", code.name, "")


def _compare_facts(row: RegistryRow, code: Code) -> Iterator[Difference]:
    specs = [str(spec) for spec in parse_specs(row.spec)]
    ours = [str(spec) for spec in code.specs]
    if code.class_ != row.class_:
        yield Difference(code.value, code.id, "class", code.class_, row.class_)
    if code.status != row.status:
        yield Difference(code.value, code.id, "status", code.status, row.status)
    if ours[: len(specs)] != specs:
        yield Difference(code.value, code.id, "specs", "; ".join(ours), "; ".join(specs))
    doubtful = "low confidence" in row.note
    if doubtful != code.hidden:
        yield Difference(code.value, code.id, "hidden", str(code.hidden).lower(), str(doubtful).lower())


def check_registries(root: Path, protocol: Protocol, files: Iterable[CodeFile]) -> Iterator[ContentError]:
    """The differences of a protocol, each at the line of the file that is to be changed."""
    by_id = {file.code.id: file for file in files}
    rows: list[RegistryRow] = []
    places: dict[tuple[str, str], tuple[str, int]] = {}
    for name in protocol.registries:
        for number, row in enumerate(read_registry(root / "registries" / f"{name}.csv"), 2):
            rows.append(row)
            places[row.code, row.name] = (f"registries/{name}.csv", number)
    for difference in compare_registry(rows, [file.code for file in by_id.values()]):
        if difference.identity:
            file = by_id[difference.identity]
            line, column = locate(file.text.split("\n"), "", difference.key)
            mend = f"write {difference.theirs}" if difference.theirs else "remove the file, or add the row"
            yield ContentError(file.path, line, column, str(difference), mend)
        else:
            path, line = places[difference.value, difference.theirs]
            yield ContentError(path, line, 1, str(difference), f"add a file under codes/{protocol.id}")
