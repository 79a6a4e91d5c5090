"""How fast the site is built, beside MkDocs and Sphinx on pages of the same texts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from bench.measure import Ratio
from bench.peers import Missing
from bench.report import Budget, Figure

__all__ = ["as_markdown", "measure_site"]

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv" / "peers" / "bin"
ONLY = "dns,grpc,websocket"
"""What is built beside the peers: some hundred pages of every kind, so that a round takes seconds."""
FEW, MANY = "en", "en,fr,ja,ko"
"""Languages of the small and the large build that show whether the cost of a page grows with their number."""
MAX_ROUNDS = 3
"""Rounds at most: each is a whole build of each tool."""

_HEADINGS = {"h1": "# ", "h2": "## ", "h3": "### ", "h4": "#### "}
_PARTS = {"p", "dt", "dd", "td", "th", "figcaption", "summary", "label"}
_SILENT = {"script", "style", "svg", "form", "nav"}


def measure_site(rounds: int) -> Iterator[Figure]:
    """Pages a processor second, in times of what the peers reach; what a page costs in a build four times as large.

    Args:
        rounds: how many pairs.
    """
    rounds = min(rounds, MAX_ROUNDS)
    with tempfile.TemporaryDirectory(prefix="statuary-bench-") as scratch:
        folder = Path(scratch)
        ours = _Ours(folder)
        first = ours(FEW)
        growth = [ours(MANY).cost / ours(FEW).cost for _ in range(rounds)]
        what = f"a page of {4 * first.pages:,}, not of {first.pages:,}"
        yield Figure(what, "ours", Budget(1.25, most=True), Ratio.of(growth, "CPU"))
        texts = _texts(folder / "ours")
        for name, prepare in (("MkDocs", _mkdocs), ("Sphinx", _sphinx)):
            what = f"building {first.pages:,} pages ({1 / first.cost:.0f} pages a CPU second)"
            try:
                peer = prepare(folder / name.lower(), texts)
            except Missing as missing:
                yield Figure(what, name, Budget(), None, str(missing))
                continue
            ratios = [peer().cost / ours(FEW).cost for _ in range(rounds)]
            yield Figure(what, name, Budget(), Ratio.of(ratios, "CPU"))


class _Built(NamedTuple):
    """What one build did: pages, and processor seconds of all its processes."""

    pages: int
    seconds: float

    @property
    def cost(self) -> float:
        """Processor seconds a page."""
        return self.seconds / self.pages


class _Ours:
    """Builds the site anew each time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, languages: str) -> _Built:
        target = self._folder / ("ours" if languages == FEW else "many")
        shutil.rmtree(target, ignore_errors=True)
        options = ["--json", "--only", ONLY, "--lang", languages]
        command = [sys.executable, "-m", "statuary", "build", str(target), *options]
        said, seconds = _timed(command)
        return _Built(int(json.loads(said.splitlines()[-1])["pages"]), seconds)


def _timed(command: list[str]) -> tuple[str, float]:
    """Run a command: what it said, and the processor seconds of it and its children."""
    before = os.times()
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return done.stdout, used


def _texts(site: Path) -> dict[str, str]:
    """Every page of a built site as Markdown, by its place."""
    pages = sorted(site.glob("en/**/index.html"))
    return {
        str(page.parent.relative_to(site)).replace("/", "-"): as_markdown(page.read_text(encoding="utf-8"))
        for page in pages
    }


def as_markdown(html: str) -> str:
    """What stands in the main part of a page, as Markdown: headings, paragraphs, lists, blocks of code.

    Args:
        html: the page.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "\n\n".join(reader.blocks) + "\n"


class _Reader(HTMLParser):
    """Gathers the texts of ``<main>``."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self._prefix = ""
        self._text: list[str] = []
        self._inside = False
        self._code = False
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag == "main":
            self._inside = True
        elif tag in _HEADINGS or tag in _PARTS or tag in ("li", "pre"):
            self._flush()
            self._prefix = _HEADINGS.get(tag, "- " if tag == "li" else "")
            self._code = tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT
        if tag == "main" or tag in _HEADINGS or tag in _PARTS or tag in ("li", "pre"):
            self._flush()
        if tag == "main":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside and not self._silent:
            self._text.append(data)

    def _flush(self) -> None:
        text = "".join(self._text)
        self._text = []
        if self._code and text.strip():
            self.blocks.append(f"```text\n{text.rstrip()}\n```")
        elif text.strip():
            self.blocks.append(self._prefix + " ".join(text.split()))
        self._prefix, self._code = "", False


def _mkdocs(folder: Path, texts: dict[str, str]) -> Callable[[], _Built]:
    """MkDocs with its own theme and its search."""
    tool = _tool("mkdocs")
    _write(folder / "docs", texts, "index.md")
    (folder / "mkdocs.yml").write_text("site_name: codes\ntheme: mkdocs\nplugins: [search]\n", encoding="utf-8")
    command = [tool, "build", "--quiet", "--clean", "-f", str(folder / "mkdocs.yml"), "-d", str(folder / "out")]
    return lambda: _Built(len(texts), _timed(command)[1])


def _sphinx(folder: Path, texts: dict[str, str]) -> Callable[[], _Built]:
    """Sphinx with its own theme and its search, reading Markdown through MyST."""
    tool = _tool("sphinx-build")
    _write(folder / "docs", texts, "index.md")
    (folder / "docs" / "conf.py").write_text(
        'project = "codes"\nextensions = ["myst_parser"]\nhtml_theme = "alabaster"\nsuppress_warnings = ["*"]\n',
        encoding="utf-8",
    )
    command = [tool, "-q", "-E", "-a", "-b", "html", str(folder / "docs"), str(folder / "out")]
    return lambda: _Built(len(texts), _timed(command)[1])


def _write(folder: Path, texts: dict[str, str], index: str) -> None:
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / index).write_text("# Codes\n", encoding="utf-8")


def _tool(name: str) -> str:
    path = PEERS / name
    if not path.exists():
        raise Missing(f"{name} is missing; tools/setup bench brings it")
    return str(path)
