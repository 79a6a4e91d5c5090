"""A real terminal for tests: tmux, with keys going in and the screen coming out."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.cli.conftest import SCRIPT, bare_environment
from tests.conftest import require

__all__ = ["Terminal", "terminal"]

WAIT_SECONDS = 60
"""How long a screen may take to show what is waited for: a limit against hanging, not a measurement."""
LOOK_SECONDS = 0.05
"""How often it is looked at."""


class Terminal:
    """A pane of tmux.

    Args:
        tmux: the program.
        socket: where its server listens, apart from every other.
    """

    def __init__(self, tmux: str, socket: Path) -> None:
        self._base = [tmux, "-S", str(socket), "-f", os.devnull]
        self._environment = bare_environment(LC_ALL="C.UTF-8", PATH=f"{SCRIPT.parent}{os.pathsep}{os.environ['PATH']}")

    def tmux(self, *words: str) -> str:
        """Run a command of tmux; what it wrote."""
        done = subprocess.run(
            [*self._base, *words], capture_output=True, text=True, env=self._environment, check=True, timeout=60
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names for them."""
        self.tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text as it is."""
        self.tmux("send-keys", "-l", text)

    def screen(self, *options: str) -> str:
        """What is to be seen now."""
        return self.tmux("capture-pane", "-p", *options)

    def wait(self, *texts: str, gone: str = "", last: str = "") -> str:
        """The screen, as soon as it shows all texts, no longer another, and ends with a last one."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            screen = self.screen()
            there = all(text in screen for text in texts) and not (gone and gone in screen)
            if there and screen.rstrip().endswith(last):
                return screen
            assert time.monotonic() < end, f"not shown: {texts}, at the end {last!r}\n{screen}"
            time.sleep(LOOK_SECONDS)

    def asks(self, name: str) -> str:
        """A variable of the pane, such as ``alternate_on``."""
        return self.tmux("display-message", "-p", f"#{{{name}}}").strip()


@contextmanager
def terminal(folder: Path, shell: Sequence[str], columns: int = 80, rows: int = 24) -> Iterator[Terminal]:
    """A terminal in which a program runs; its server ends with it.

    Args:
        folder: for the socket; its path must be short (``sun_path``, 108 octets).
        shell: the program and its words.
        columns: how wide it is.
        rows: how high it is.
    """
    found = Terminal(require("tmux"), folder / "tmux")
    found.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(folder), *shell)
    found.tmux("set-option", "-g", "remain-on-exit", "on")
    try:
        yield found
    finally:
        found.tmux("kill-server")
