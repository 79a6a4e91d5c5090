"""The man page: current, and clean to the tools that read man pages."""

from __future__ import annotations

import os
import subprocess

from tools.man import PAGE, page

from statuary.cli import COMMANDS
from statuary.cli.help import EXIT_CODES
from tests.conftest import require


def test_the_page_is_current() -> None:
    """``python -m tools.man`` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tools.man"


def test_mandoc_finds_no_fault() -> None:
    """But the date, which would make each build another."""
    done = subprocess.run(
        [require("mandoc"), "-T", "lint", "-W", "style", str(PAGE)], capture_output=True, text=True, check=False
    )
    faults = [line for line in (done.stdout + done.stderr).splitlines() if "missing date" not in line]
    assert faults == []


def test_groff_reads_it_without_warnings() -> None:
    """``man --warnings``."""
    done = subprocess.run(
        [require("man"), "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(PAGE)],
        capture_output=True,
        check=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.stdout
    assert done.stderr == b""


def test_it_names_every_command_option_and_exit_code() -> None:
    """What is read is the text that ``man statuary`` shows."""
    done = subprocess.run(
        [require("mandoc"), "-T", "ascii", "-O", "width=500", str(PAGE)], capture_output=True, text=True, check=True
    )
    text = subprocess.run([require("col"), "-bx"], input=done.stdout, capture_output=True, text=True, check=True).stdout
    for command in COMMANDS:
        assert f"statuary {command.name} {command.synopsis}".rstrip() in text
        for action in command.parser()._actions:
            for flag in action.option_strings:
                assert flag in text
    for code, meaning in EXIT_CODES:
        assert f"{code} " in text
        assert meaning in text
