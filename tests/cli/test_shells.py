"""Completion in real shells, as it is typed: zsh and bash on a terminal, fish by its own ``complete -C``."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import SCRIPT, bare_environment
from tests.cli.terminal import Terminal, terminal
from tests.conftest import require

LINES = [
    ("statuary lang", "statuary languages"),
    ("statuary smtp/4.2.", "smtp/4.2.2"),
    ("statuary compare smtp/452 http/50", "http/507"),
    ("statuary diff smtp/452 http/50", "http/507"),
    ("statuary --lang f", "--lang fr"),
    ("statuary --lang=k", "--lang=ko"),
    ("statuary serve --fre", "--free-ports"),
    ("statuary snippet http/507 --framework rai", "--framework rails"),
    ("statuary snippet smtp/452 --client smtpl", "--client smtplib"),
    ("statuary decide --tree http-", "--tree http-api"),
    ("statuary export --protocol sysex", "--protocol sysexits"),
    ("statuary map smtp/452 grp", "smtp/452 grpc"),
    ("statuary help compl", "help completion"),
    ("statuary check rules-of-", "check rules-of-mine.toml"),
    ("statuary serve --tls-cert rules-of-", "--tls-cert rules-of-mine.toml"),
    ("statuary build fold", "build folder"),
]


def _environment() -> dict[str, str]:
    return bare_environment(PATH=f"{SCRIPT.parent}{os.pathsep}{os.environ['PATH']}", LC_ALL="C.UTF-8")


def _files(folder: Path) -> None:
    (folder / "rules-of-mine.toml").touch()
    (folder / "folder").mkdir()


def _complete(shell: Terminal, line: str, shown: str) -> None:
    shell.press("C-u", "C-l")
    shell.wait(last="ready>")
    shell.type(line)
    shell.wait(line)
    shell.press("Tab", "Tab")
    shell.wait(shown)


def test_zsh_completes(tmp_path: Path) -> None:
    """With compinit, as ``docs/cli.md`` has it."""
    _files(tmp_path)
    with terminal(tmp_path, ["env", "PS1=ready> ", "TERM=tmux-256color", require("zsh"), "-f"], 120, 40) as shell:
        shell.wait(last="ready>")
        shell.type('autoload -U compinit; compinit -u -D; eval "$(statuary completion zsh)"; echo is$((1))')
        shell.press("Enter")
        shell.wait("is1")
        for line, shown in LINES:
            _complete(shell, line, shown)


def test_zsh_completes_from_its_path_of_functions(tmp_path: Path) -> None:
    """The same text as a file ``_statuary`` is loaded at the first Tab, which already completes."""
    script = subprocess.run(
        [SCRIPT, "completion", "zsh"], capture_output=True, check=True, env=_environment(), timeout=60
    )
    (tmp_path / "_statuary").write_bytes(script.stdout)
    with terminal(tmp_path, ["env", "PS1=ready> ", "TERM=tmux-256color", require("zsh"), "-f"], 120, 40) as shell:
        shell.wait(last="ready>")
        shell.type("fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; echo is$((1))")
        shell.press("Enter")
        shell.wait("is1")
        _complete(shell, *LINES[0])
        _complete(shell, *LINES[1])


def test_bash_completes_on_a_terminal(tmp_path: Path) -> None:
    """Where bash splits words by itself, as at ``=``."""
    _files(tmp_path)
    words = ["env", "PS1=ready> ", "TERM=tmux-256color", require("bash"), "--norc", "--noprofile"]
    with terminal(tmp_path, words, 120, 40) as shell:
        shell.type('PS1="ready> "; eval "$(statuary completion bash)"; clear')
        shell.press("Enter")
        shell.wait(last="ready>")
        for line, shown in LINES:
            _complete(shell, line, shown)


@pytest.mark.parametrize(("line", "shown"), LINES)
def test_fish_completes(tmp_path: Path, line: str, shown: str) -> None:
    """What fish itself says that it would offer."""
    _files(tmp_path)
    done = subprocess.run(
        [require("fish"), "--no-config", "-c", "statuary completion fish | source; complete -C $argv[1]", line],
        capture_output=True,
        text=True,
        check=True,
        env=_environment() | {"HOME": str(tmp_path)},
        cwd=tmp_path,
        timeout=60,
    )
    offered = [each.partition("\t")[0].rstrip("/") for each in done.stdout.splitlines()]
    assert shown.rpartition(" ")[2] in offered
    assert done.stderr == ""
