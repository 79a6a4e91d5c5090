"""``statuary completion``."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from statuary.cli import COMMANDS
from tests.cli.conftest import SCRIPT, Outcome, bare_environment
from tests.conftest import ROOT, require

Statuary = Callable[..., Outcome]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_know_commands_options_and_values(statuary: Statuary, shell: str) -> None:
    """Each shell's script holds all that can be typed."""
    done = statuary("completion", shell)
    assert done.code == 0
    for command in COMMANDS:
        assert command.name in done.out
    for word in ("json", "smtp-port", "protocol", "en fr ja ko", "auto always never", "http smtp ftp"):
        assert word in done.out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("statuary sho", ["show"]),
        ("statuary smtp/4.2.", ["smtp/4.2.0", "smtp/4.2.1", "smtp/4.2.2"]),
        ("statuary compare smtp/452 http/50", ["http/507"]),
        ("statuary 45", ["452"]),
        ("statuary ht", ["http/"]),
        ("statuary --lang ", ["en", "fr", "ja", "ko"]),
        ("statuary show --js", ["--json"]),
        ("statuary export --protocol s", ["smtp", "sip"]),
        ("statuary serve --smtp", ["--smtp-port"]),
        ("statuary journal --har pyproj", ["pyproject.toml"]),
        ("statuary journal --eml sr", ["src"]),
        ("statuary journal --fo", ["--follow"]),
        ("statuary completion ", ["bash", "zsh", "fish"]),
        ("statuary help comp", ["compare", "completion"]),
        ("statuary snippet http/507 --framework ra", ["rails"]),
    ],
)
def test_bash_completes(line: str, expected: list[str]) -> None:
    """The script does in a real bash what it promises."""
    words = line.split(" ")
    program = (
        'eval "$(statuary completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _statuary; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    path = f"{Path(SCRIPT).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [require("bash"), "--norc", "-c", program, "bash", *words],
        capture_output=True,
        text=True,
        env=bare_environment(PATH=path),
        cwd=ROOT,
        check=True,
        timeout=60,
    )
    assert set(expected) <= set(done.stdout.split())
    assert not done.stderr


@pytest.mark.parametrize("language", ["en", "fr", "ja"])
def test_bash_can_read_its_script(statuary: Statuary, language: str) -> None:
    """Whatever the translations hold, the script is one that bash accepts."""
    script = statuary("completion", "bash", "--lang", language).out
    subprocess.run([require("bash"), "-n"], input=script.encode(), check=True, timeout=60)


@pytest.mark.parametrize(
    ("prefix", "expected"), [("", "http/"), ("smtp/45", "smtp/452"), ("4.2", "4.2.2"), ("http/499", "http/499-nginx")]
)
def test_codes_begin_with_the_prefix(statuary: Statuary, prefix: str, expected: str) -> None:
    """What the scripts ask for at each key."""
    done = statuary("completion", "codes", prefix)
    words = done.out.split()
    assert expected in words
    assert all(word.startswith(prefix) for word in words)
    assert not statuary("completion", "codes", "nothing").out
