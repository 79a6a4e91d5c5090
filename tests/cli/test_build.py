"""``statuary build``: what it says, and how it refuses."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from statuary.cli import OK, USAGE, main

SMALL = ("--lang", "en", "--only", "sysexits/ex_ok", "--jobs", "1")


def test_build_writes_and_says_how_fast(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No bar where there is no terminal; a second build finds nothing to do, unless a source changes meanwhile."""
    folder = str(tmp_path / "site")
    assert main(["build", folder, *SMALL, "--json"]) == OK
    told = capsys.readouterr()
    facts = json.loads(told.out)
    assert told.err == ""
    assert facts["pages"] == facts["rendered"] == len(list((tmp_path / "site").rglob("index.html"))) - 1
    assert facts["files"] == facts["written"]
    assert facts["pages_per_second"] > 0
    assert facts["broken"] == []
    assert main(["build", folder, *SMALL]) == OK
    assert f"{facts['pages']} pages in {facts['files']} files: 0 written, 0 deleted" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--jobs", "many"], "is no number"),
        (["--jobs", "65"], "from 1 to 64"),
        (["--lang", "xx"], "no such language"),
        (["--base-url", "codes.example"], "write it as https://codes.example"),
        (["--only", "smtp/none"], "is no protocol and no code"),
        (["--prefix", "/../x"], "write it as /sub/path"),
    ],
)
def test_wrong_options_name_the_mend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["build", str(tmp_path / "site"), *words]) == USAGE
    assert said in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert main(["build", str(tmp_path)]) not in (OK, USAGE)
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_terminal_sees_a_bar(tmp_path: Path) -> None:
    """It is taken away at the end."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "statuary", "build", str(tmp_path / "site"), *SMALL]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    out, _ = run.communicate(timeout=120)
    os.close(ours)
    assert run.returncode == OK
    assert "█".encode() in shown
    assert shown.endswith(b"\r\x1b[K")
    assert b"pages a second" in out
