"""``statuary browse`` where there is no screen, and what ``statuary`` alone costs a look-up."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.cli.conftest import Outcome, bare_environment

Run = Callable[..., Outcome]


@pytest.mark.parametrize("words", [(), ("--lang", "en"), ("--lang=en",), ("--hidden",), ("--color", "never")])
def test_without_a_terminal_nothing_asked_is_help(process: Run, words: tuple[str, ...]) -> None:
    """Options of the screen alone ask for nothing either."""
    assert process(*words) == process("--help")


def test_the_help_speaks_the_language_that_is_asked_for(process: Run) -> None:
    """In a pipe ``statuary --lang fr`` is the French help."""
    assert process("--lang", "fr") == process("--help", "--lang", "fr")


def test_browse_needs_a_terminal(process: Run) -> None:
    """Who asks for it by name is told, and what does without."""
    done = process("browse", "452")
    assert done.code == 2
    assert not done.out
    assert "statuary search" in done.err


def test_a_look_up_loads_no_screen() -> None:
    """The cold start is a budget: Textual is loaded when the screen is opened, and not before."""
    program = (
        "import sys\nfrom statuary.cli import main\nmain(['452'])\nmain([])\nmain(['browse', '--help'])\n"
        "main(['completion', 'fish'])\nsys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=bare_environment(), check=True
    )
    assert {"textual", "rich"}.isdisjoint(done.stderr.split())
