"""The real content, a copy to spoil, and small catalogues compiled from it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from statuary.catalog.compile import compile_catalogue
from statuary.catalog.lint import lint
from statuary.catalog.store import Catalogue
from statuary.errors import ContentError

ROOT = Path(__file__).resolve().parents[2]
CONTENT = ROOT / "content"
LOCALES = ROOT / "locales"


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    """The real content, compiled apart from what a developer's own run compiled."""
    target = tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite"
    compile_catalogue(CONTENT, LOCALES, target)
    opened = Catalogue(target)
    yield opened
    opened.close()


class Copy(NamedTuple):
    """A copy of content and translations, to be changed.

    Args:
        content: its content root.
        locales: its translations; empty unless a test asks for them.
        target: where its compiled form may lie.
    """

    content: Path
    locales: Path
    target: Path

    def edit(self, path: str, old: str, new: str) -> Path:
        """Replace one passage of a file, which stands in it exactly once."""
        file = self.content / path
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
        file.write_text(text.replace(old, new), encoding="utf-8")
        return file

    def line_of(self, path: str, passage: str) -> int:
        """The line, counted from 1, at which a passage stands first."""
        return (self.content / path).read_text(encoding="utf-8").partition(passage)[0].count("\n") + 1

    def problems(self) -> list[ContentError]:
        """What the lint says of it."""
        return lint(self.content, self.locales)

    def compile(self) -> Catalogue:
        """Compile and open it."""
        compile_catalogue(self.content, self.locales, self.target)
        return Catalogue(self.target)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """All content without translations."""
    shutil.copytree(CONTENT, tmp_path / "content")
    return Copy(tmp_path / "content", tmp_path / "locales", tmp_path / "out" / "catalogue.sqlite")


@pytest.fixture
def small(tmp_path: Path) -> Copy:
    """Protocols, languages and registries, with very few codes."""
    content = tmp_path / "content"
    (content / "codes" / "http").mkdir(parents=True)
    (content / "codes" / "smtp").mkdir()
    for name in ("protocols.toml", "languages.toml"):
        shutil.copy(CONTENT / name, content / name)
    shutil.copytree(CONTENT / "registries", content / "registries")
    for path in ("http/507.md", "http/503.md", "smtp/452.md", "smtp/X.2.2.md"):
        shutil.copy(CONTENT / "codes" / path, content / "codes" / path)
    for digit in "245":
        shutil.copy(CONTENT / "codes" / "smtp" / f"{digit}.XXX.YYY.md", content / "codes" / "smtp")
    return Copy(content, tmp_path / "locales", tmp_path / "out" / "catalogue.sqlite")


@pytest.fixture
def steps() -> Callable[[Catalogue, Callable[[], object]], int]:
    """How many steps of its virtual machine SQLite takes for something: a measure that no load disturbs."""

    def count(opened: Catalogue, action: Callable[[], object]) -> int:
        taken = 0

        def step() -> int:
            nonlocal taken
            taken += 1
            return 0

        opened._connection.set_progress_handler(step, 1)
        try:
            action()
        finally:
            opened._connection.set_progress_handler(None, 0)
        return taken

    return count
