"""The command as a process: help, exit codes, pipes, signals, terminals, and what a look-up loads."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import statuary.cli.console as console_module
from statuary.cli import COMMANDS
from statuary.cli.help import EXIT_CODES
from statuary.errors import CatalogueError, ContentError
from tests.cli.conftest import SCRIPT, Outcome, bare_environment

Run = Callable[..., Outcome]
DOCUMENT = Path(__file__).parents[2] / "docs" / "cli.md"


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",), ("452", "--help"), ("--json", "-h")])
def test_help_names_every_command(process: Run, words: tuple[str, ...]) -> None:
    """Without a word, too."""
    done = process(*words)
    assert done.code == 0
    for command in COMMANDS:
        assert f"statuary {command.name}" in done.out
    for code, _ in EXIT_CODES:
        assert f"  {code}" in done.out


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_each_command_has_help(statuary: Run, command: str) -> None:
    """``COMMAND --help`` and ``help COMMAND`` say the same."""
    done = statuary(command, "--help")
    assert done.code == 0
    assert f"Usage: statuary {command}" in done.out
    assert statuary("help", command) == done


@pytest.mark.parametrize("language", ["fr", "ja", "ko"])
def test_help_is_translated(statuary: Run, language: str) -> None:
    """In the language that is asked for, on either side of the option."""
    done = statuary("--help", "--lang", language)
    assert done.code == 0
    assert done.out == statuary("--lang", language, "--help").out
    assert "Exit codes" not in done.out


def test_documentation_names_every_command_option_and_exit_code() -> None:
    """docs/cli.md is complete."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"statuary {command.name}" in text
        for action in command.parser()._actions:
            assert not action.option_strings or any(f"`{flag}" in text for flag in action.option_strings)
    for code, _ in EXIT_CODES:
        assert f"| {code} |" in text


def test_version(process: Run) -> None:
    """One line, like everybody's."""
    assert process("--version") == process("-V")
    assert process("--version").out.startswith("statuary ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--frobnicate", "452"), "unknown option --frobnicate"),
        (("452", "--jsno"), "did you mean --json?"),
        (("compare", "smtp/452"), "B"),
        (("compare", "a", "b", "c"), "one word too many"),
        (("search",), "WORDS"),
        (("452", "--color", "pink"), "pink"),
        (("452", "--lang", "de"), "en, fr, ja, ko"),
        (("452", "--lang"), "--lang"),
        (("export", "--protocol", "gopher"), "gopher"),
        (("completion", "tcsh"), "tcsh"),
        (("help", "frobnicate"), "frobnicate"),
        (("parse", "x"), "expected"),
        (("--json",), "QUERY"),
    ],
)
def test_wrong_usage_is_two(process: Run, words: tuple[str, ...], said: str) -> None:
    """A clear error on standard error, nothing on standard output, never a traceback."""
    done = process(*words)
    assert done.code == 2
    assert not done.out
    assert said in done.err
    assert "Traceback" not in done.err


def test_nothing_found_is_one(process: Run) -> None:
    """4522 is no code."""
    done = process("4522")
    assert done.code == 1
    assert "smtp/452" in done.err


@pytest.mark.parametrize(
    "error",
    [
        CatalogueError("the catalogue is broken"),
        ContentError("codes/http/507.md", 3, 9, "no such class", "4xx"),
        PermissionError(13, "Permission denied"),
    ],
)
def test_a_broken_catalogue_is_three(statuary: Run, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """One clear line; help and scripts need no catalogue."""

    def fail(*, hasty: bool) -> None:
        raise error

    monkeypatch.setattr(console_module, "open_catalogue", fail)
    done = statuary("452")
    assert done.code == 3
    assert done.err.startswith("statuary: ")
    assert done.err.count("\n") == 1
    assert statuary("--help").code == 0
    assert statuary("parse", "503").code == 0
    assert statuary("completion", "bash").code == 0


def test_a_reader_that_leaves_is_no_error() -> None:
    """A closed pipe is quiet; the exit code is what a shell reports of SIGPIPE."""
    command = subprocess.Popen(
        [SCRIPT, "export"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=bare_environment()
    )
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.readline()
    command.stdout.close()
    assert command.stderr.read() == b""
    command.stderr.close()
    assert command.wait(60) == 141


def test_an_interrupt_is_130() -> None:
    """Ctrl-C says nothing."""
    program = (
        "import os, signal, sys, statuary.__main__ as entry\n"
        "entry.main = lambda words: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(entry.run())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (128 + signal.SIGINT, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_said(unbuffered: str) -> None:
    """What cannot be written is not silently lost."""
    environment = bare_environment(PYTHONUNBUFFERED=unbuffered)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [SCRIPT, "452"], stdout=full, stderr=subprocess.PIPE, env=environment, check=False, timeout=60
        )
    assert done.returncode == 3
    assert done.stderr == b"statuary: No space left on device\n"


def test_closed_output_is_no_traceback() -> None:
    """``statuary 452 >&-``."""
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" 452 >&-; echo $? >&2', str(SCRIPT)],
        stderr=subprocess.PIPE,
        env=bare_environment(),
        check=False,
        timeout=60,
    )
    assert done.stderr == b"0\n"


def test_octets_that_are_no_text(process: Run) -> None:
    """An argument that is no UTF-8 is a query that finds nothing."""
    done = process(b"\xff\xfe4522")
    assert done.code == 1
    assert "Traceback" not in done.err


def test_terminals_without_the_characters_get_the_rest(process: Run) -> None:
    """ASCII output replaces what it lacks, and JSON escapes it."""
    assert "RFC 5321 ?4.2.3" in process("smtp/452", PYTHONIOENCODING="ascii").out
    found = json.loads(process("smtp/452", "--json", "--lang", "ja", PYTHONIOENCODING="ascii").out)
    assert "容" in json.dumps(found, ensure_ascii=False) or found["prose"]["summary"].isascii() is False


def test_pipes_are_plain_and_may_be_forced(process: Run) -> None:
    """Colour goes to terminals, unless it is asked for."""
    assert "\x1b" not in process("smtp/452").out
    assert "\x1b[" in process("smtp/452", FORCE_COLOR="1").out
    assert "\x1b" not in process("smtp/452", FORCE_COLOR="1", NO_COLOR="1").out
    assert "\x1b[" in process("smtp/452", "--color=always", NO_COLOR="1").out


@pytest.mark.parametrize(("changes", "coloured"), [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False)])
def test_terminals_are_coloured(changes: dict[str, str], coloured: bool) -> None:
    """A real terminal gets colour by class; a dumb one none."""
    ours, theirs = pty.openpty()
    command = subprocess.Popen([SCRIPT, "smtp/452"], stdout=theirs, stderr=theirs, env=bare_environment(**changes))
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:
        pass  # the terminal's other side is closed
    os.close(ours)
    assert command.wait(60) == 0
    assert (b"\x1b[33m" in written) is coloured


def test_the_width_is_that_of_the_environment(process: Run) -> None:
    """COLUMNS decides in a pipe."""
    narrow, wide = (process("4.2.2", COLUMNS=columns).out for columns in ("40", "100"))
    assert narrow.count("\n") > wide.count("\n")
    assert " ".join(narrow.split())[:60] == " ".join(wide.split())[:60]


def test_the_environment_chooses_the_language(process: Run) -> None:
    """STATUARY_LANG, then the locale, and the option before both."""
    french = process("smtp/452", "--lang", "fr").out
    assert process("smtp/452", STATUARY_LANG="fr", LC_ALL="ja_JP.UTF-8").out == french
    assert process("smtp/452", LANG="fr_FR.UTF-8").out == french
    assert process("smtp/452", LANG="de_DE.UTF-8").out == process("smtp/452").out


def test_the_module_runs_too() -> None:
    """``python -m statuary`` is the same command."""
    done = subprocess.run(
        [sys.executable, "-m", "statuary", "4.2.2", "--json"], capture_output=True, env=bare_environment(), check=True
    )
    assert json.loads(done.stdout)["id"] == "smtp/4.2.2"


@pytest.mark.parametrize("words", [["452"], ["smtp/452"], ["4.2.2", "--json"]])
def test_a_look_up_loads_little(words: list[str]) -> None:
    """The cold start is a budget: none of these belongs to it."""
    program = (
        "import sys\nfrom statuary.cli import main\n"
        f"code = main({words!r})\nsys.stderr.write(' '.join(sys.modules))\nsys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=bare_environment(), check=True
    )
    heavy = {"argparse", "asyncio", "babel", "dataclasses", "difflib", "email", "gettext", "inspect", "jinja2"}
    heavy |= {"markdown_it", "shutil", "starlette", "statuary.wire", "tomllib", "uvloop"}
    assert heavy.isdisjoint(done.stderr.split())
