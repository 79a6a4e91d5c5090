"""The floors of the house: imports go down only, and engines know no clock, no chance and no network."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "statuary"
PURE = ("wire", "scenario")
FORBIDDEN = {"asyncio", "os", "random", "secrets", "select", "socket", "ssl", "threading", "time", "uvloop"}


def test_import_linter_keeps_the_contracts() -> None:
    """The tool that CI runs, with the contracts of ``pyproject.toml``."""
    tool = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert tool is not None, "import-linter is missing: make setup brings it"
    done = subprocess.run([tool, "--no-cache"], capture_output=True, text=True, check=False, cwd=SOURCE.parents[1])
    assert done.returncode == 0, done.stdout + done.stderr


def imports(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize(
    "path", [path for floor in PURE for path in sorted((SOURCE / floor).rglob("*.py"))], ids=lambda path: path.stem
)
def test_pure_floors_import_no_world(path: Path) -> None:
    """Also inside functions, where the linter's graph has no line to show."""
    assert {name.partition(".")[0] for name in imports(path)}.isdisjoint(FORBIDDEN)


@pytest.mark.parametrize(("floor", "other"), [("catalog", "wire"), ("wire", "catalog"), ("wire", "scenario")])
def test_halves_do_not_meet(floor: str, other: str) -> None:
    """Meaning and syntax never import each other; only ``serve`` sees both."""
    for path in (SOURCE / floor).rglob("*.py"):
        assert not any(name.startswith(f"statuary.{other}") for name in imports(path)), path
