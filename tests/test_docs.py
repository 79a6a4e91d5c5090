"""What the manual shows was run: shell lines against a server, rule files and settings by their readers, Python.

A block that cannot be run says why in a comment before it (``<!-- not run: REASON -->``); it is parsed all the same.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import html5lib
import pytest

from statuary.cli.settings import add_arguments, ports, read_settings
from statuary.scenario.rulefile import read_rules
from tests.conftest import ROOT, Serving, require

PAGES = sorted((ROOT / "docs").glob("*.md"))
DEFAULT_PORTS = {str(port): name for name, port in ports().items()}
LANGUAGES = ("console", "html", "http", "json", "python", "sh", "smtp", "text", "toml")
COMMANDS = ("statuary ", "curl ", "swaks ", "python -m ", "pip ", "make ", "$ ")
RUN_ELSEWHERE = {"testing": "tests/pytest_plugin/test_docs.py runs its Python as a whole"}
_FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
_ADDRESS = re.compile(r"(127\.0\.0\.1|localhost):([0-9]{4})\b")


class Block(NamedTuple):
    """A fenced block.

    Args:
        page: without its ending.
        line: where it opens, counted from 1.
        language: its first word.
        text: what it holds.
        reason: why it is not run; empty where it is.
    """

    page: str
    line: int
    language: str
    text: str
    reason: str


def _blocks() -> Iterator[Block]:
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for found in _FENCE.finditer(text):
            line = text.count("\n", 0, found.start("language")) + 1
            yield Block(path.stem, line, found["language"], found["text"], found["reason"] or "")


BLOCKS = tuple(_blocks())


def of(*languages: str) -> list[pytest.param]:  # type: ignore[valid-type]
    """The blocks of some languages as parameters."""
    return [pytest.param(each, id=f"{each.page}:{each.line}") for each in BLOCKS if each.language in languages]


def test_every_block_has_a_language_and_every_command_a_fence() -> None:
    """So that none escapes the tests below."""
    for block in BLOCKS:
        assert block.language in LANGUAGES, f"docs/{block.page}.md:{block.line}: {block.language!r}"
    for path in PAGES:
        text = _FENCE.sub("", path.read_text(encoding="utf-8"))
        for found in _INDENTED.finditer(text):
            assert not found[0].strip().startswith(COMMANDS), f"{path.name}: fence it: {found[0]}"


@pytest.mark.parametrize("block", of("sh"))
def test_shell_lines_run(block: Block, server: Serving, tmp_path: Path) -> None:
    """As they stand, in a folder with the files that they name; only the ports are others."""
    bash = require("bash")
    subprocess.run([bash, "-n", "-c", block.text], check=True, timeout=60)
    if block.reason:
        return
    for tool in ("curl", "swaks"):
        if tool in block.text:
            require(tool)
    found_ports = {**{name: str(port) for name, port in server.ports.items()}, "site": server.site.rpartition(":")[2]}
    command = _ADDRESS.sub(lambda found: f"{found[1]}:{found_ports[DEFAULT_PORTS[found[2]]]}", block.text)
    (tmp_path / "mail.txt").write_text("Subject: Hello\r\n\r\nHello.\r\n", encoding="utf-8")
    (tmp_path / "rules.toml").write_text(_first_rules(), encoding="utf-8")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [bash, "-euo", "pipefail", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "CA_FILE": server.ca_file, "STATUARY_URL": server.site},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _first_rules() -> str:
    return next(block.text for block in BLOCKS if block.page == "rules" and block.language == "toml")


@pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS if block.language == "console"}))
def test_consoles_print_what_they_show(page: str) -> None:
    """``tools/record.py --check`` runs their commands against servers of their own."""
    for tool in ("swaks", "curl", "jq", "bash"):
        require(tool)
    run = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "record.py"), "--check", f"docs/{page}.md"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("block", of("toml"))
def test_rule_files_and_settings_are_taken(block: Block, tmp_path: Path) -> None:
    """By the readers that the server has; there is no third kind of TOML in the manual."""
    if "rule" in tomllib.loads(block.text):
        found = read_rules(block.text.encode(), f"docs/{block.page}.md")
        assert found.faults == ()
        assert found.rules
        return
    path = tmp_path / "statuary.toml"
    path.write_text(block.text, encoding="utf-8")
    parser = ArgumentParser()
    add_arguments(parser)
    settings = read_settings(parser.parse_args(["--config", str(path)]), {})
    told = tomllib.loads(block.text)
    assert settings.mocks.seed == told["seed"]
    assert settings.mocks.ports["smtp"] == told["smtp_port"]
    assert [rule.name for rule in settings.mocks.rules] == told["rules"]


@pytest.mark.parametrize("block", of("python"))
def test_python_parses_and_what_names_its_file_is_a_test(block: Block, tmp_path: Path) -> None:
    """Run by pytest with the plugin, as a newcomer runs it."""
    ast.parse(block.text)
    name = re.match(r"# (test_\w+\.py)\n", block.text)
    assert name or block.reason or block.page in RUN_ELSEWHERE
    if block.reason or block.page in RUN_ELSEWHERE:
        return
    assert name is not None
    (tmp_path / name[1]).write_text(block.text, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name[1]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert " passed" in run.stdout


@pytest.mark.parametrize("block", of("json", "html"))
def test_data_parses(block: Block) -> None:
    """JSON and HTML as their standards have them."""
    if block.language == "json":
        assert json.loads(block.text)
    else:
        assert html5lib.HTMLParser(strict=True).parseFragment(block.text) is not None


def test_reasons_are_few() -> None:
    """A block that is not run is the exception: most are."""
    marked = [block for block in BLOCKS if block.reason]
    assert 0 < len(marked) < len(BLOCKS) / 3
