"""What tests of the command line share: the command in this process and as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from statuary.cli import main

_SETTLED = ("LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "STATUARY_LANG", "NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS")
SCRIPT = Path(sys.executable).with_name("statuary")


class Outcome(NamedTuple):
    """What a command did: its exit code and what it wrote."""

    code: int
    out: str
    err: str


def bare_environment(**changes: str) -> dict[str, str]:
    """The environment without what settles language, colour and width, and with some changes."""
    return {name: value for name, value in os.environ.items() if name not in _SETTLED} | {"COLUMNS": "80"} | changes


@pytest.fixture
def statuary(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """The command line in this process."""
    for name in _SETTLED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: str) -> Outcome:
        code = main(words)
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture
def process() -> Callable[..., Outcome]:
    """The installed command as a process of its own, its output in a pipe."""

    def run(*words: str | bytes, **changes: str) -> Outcome:
        done = subprocess.run(
            [str(SCRIPT), *words], capture_output=True, env=bare_environment(**changes), timeout=120, check=False
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
