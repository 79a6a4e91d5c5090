"""Finds every limit with a name, its value and what it says of itself.

Limits are constants ``MAX_*`` with a docstring below them, and the fields of classes named ``...Limits``, which stand
under ``Args`` in the docstring of the class.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

__all__ = ["AREAS", "TOOLS", "Limit", "find_limits", "limits"]

AREAS: Mapping[str, str] = {
    "scenario": "Scripts and rules",
    "wire/http": "HTTP on the wire",
    "serve/http": "The HTTP mock",
    "wire/smtp": "SMTP on the wire",
    "serve/smtp": "The SMTP mock",
    "wire": "Lines and buffers",
    "serve": "Connections, journal and mailbox",
    "web/admin": "The admin API",
    "web/v1": "The catalogue's API",
    "web/export": "The site as files",
    "web": "The site",
    "cli": "The command line",
    "mcp": "The MCP server",
    "testing": "In a test suite",
    "pytest_plugin": "In a test suite",
    "explain": "Explanations",
    "snippets": "Snippets",
    "catalog": "Content",
    "": "Elsewhere",
}
"""What the beginning of a module's path stands for; the first that fits is taken."""

TOOLS = frozenset(
    {"The site", "The site as files", "The command line", "Explanations", "Snippets", "Content", "Elsewhere"}
)
"""The areas of what does not answer on the wire; they have a page of their own."""

_KIBI, _MEBI, _GIBI = 1 << 10, 1 << 20, 1 << 30
_FIELD = re.compile(r"^ {4}(\w+): (.*(?:\n {8,}.*)*)", re.MULTILINE)
_ROLE = re.compile(r":\w+:`~?([^`]*)`")


class Limit(NamedTuple):
    """A limit.

    Args:
        name: of the constant.
        value: in words.
        what: what it bounds, with the unit, in one paragraph of Markdown.
        where: the module, below the package.
    """

    name: str
    value: str
    what: str
    where: str


def limits(source: Path) -> list[tuple[str, list[Limit]]]:
    """Every limit by its area; areas and limits in a fixed order.

    Args:
        source: the folder of the package's folder.
    """
    found: dict[str, list[Limit]] = {area: [] for area in AREAS.values()}
    for limit in find_limits(source):
        area = next(title for start, title in AREAS.items() if limit.where.startswith(start))
        found[area].append(limit)
    return [(area, each) for area, each in found.items() if each]


def find_limits(source: Path) -> Iterator[Limit]:
    """Every limit, module by module.

    Args:
        source: the folder of the package's folder.

    Raises:
        ValueError: a limit says nothing of itself.
    """
    package = source / "statuary"
    for path in sorted(package.rglob("*.py")):
        where = path.relative_to(package).with_suffix("").as_posix().removesuffix("/__init__")
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for statement, after in zip_longest(body, body[1:]):
            if isinstance(statement, ast.ClassDef) and statement.name.endswith("Limits"):
                yield from _fields(where, statement.name)
            for name in _names(statement):
                if not name.startswith("MAX_"):
                    continue
                said = after.value if isinstance(after, ast.Expr) else None
                if not isinstance(said, ast.Constant) or not isinstance(said.value, str):
                    raise ValueError(f"{where}: {name} has no docstring below it")
                yield Limit(name, _value(name, getattr(_module(where), name)), _words(said.value), where)


def _module(where: str) -> object:
    return importlib.import_module(f"statuary.{where.replace('/', '.')}")


def _words(text: str) -> str:
    """A docstring as one paragraph of Markdown."""
    return _ROLE.sub(r"`\1`", " ".join(text.split())).replace("``", "`")


def _fields(where: str, name: str) -> Iterator[Limit]:
    """The fields of a class of limits, with their defaults."""
    kind = getattr(_module(where), name)
    said = dict(_FIELD.findall(inspect.getdoc(kind) or ""))
    made = kind()
    for field in inspect.get_annotations(kind):
        if field not in said:
            raise ValueError(f"{where}: {name}.{field} does not stand under Args")
        yield Limit(field, _value(field.upper(), getattr(made, field)), _words(said[field]), where)


def _names(statement: ast.stmt) -> list[str]:
    """The names that a statement gives values to."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _value(name: str, value: object) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        for size, unit in ((1024 * _GIBI, "TiB"), (_GIBI, "GiB"), (_MEBI, "MiB"), (_KIBI, "KiB")):
            if "OCTETS" in name and value >= size and not value % size:
                return f"{value:,} ({value // size} {unit})"
        return f"{value:,}"
    if isinstance(value, float):
        return f"{int(value):,}" if value.is_integer() else str(value)
    return str(value)
