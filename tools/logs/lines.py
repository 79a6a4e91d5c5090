"""A line of a log, and what stands in the place of all that differs from run to run."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from snippets.app import NotRunnable

__all__ = [
    "CLIENT",
    "HOST",
    "RECIPIENT",
    "ROOT",
    "SENDER",
    "UPSTREAM",
    "Line",
    "Masks",
    "Mocks",
    "Recorded",
    "mocks",
    "version_of",
    "wait_until",
]

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
SENDER, RECIPIENT = "photos@example.com", "emil@example.org"
"""Who writes to whom in the recorded lines."""
CLIENT, UPSTREAM = "203.0.113.7", "192.0.2.10:8080"
"""Where requests come from in the recorded lines, and where they go (RFC 5737)."""
MAX_LINE_CHARACTERS = 600
"""The longest line that is kept, in characters."""
STOP_SECONDS = 30.0
"""How long the mocks may take to end, in seconds."""
COMMAND_SECONDS = 20.0
"""How long a program may take to say its version, in seconds."""
PATIENCE_SECONDS = 60.0
"""How long a line is waited for, in seconds; it is not measured."""


class Line(NamedTuple):
    """What a program wrote.

    Args:
        program: its name and version: ``Postfix 3.7.11``.
        line: the line, with fixed times, numbers and names.
    """

    program: str
    line: str

    @property
    def name(self) -> str:
        """The program without its version."""
        return re.sub(r" [0-9][0-9.]*$", "", self.program)


Recorded = Mapping[str, Line]
"""Identity of a code to what one program wrote of it."""


class Masks:
    """Puts fixed samples in the place of what one run alone has.

    Args:
        words: literal text to what stands instead; the longest goes first.
        patterns: regular expression to what stands instead.
    """

    def __init__(self, words: Mapping[str, str], patterns: Iterable[tuple[str, str]] = ()) -> None:
        self._words = sorted(words.items(), key=lambda item: -len(item[0]))
        self._patterns = [(re.compile(pattern), sample) for pattern, sample in patterns]

    def __call__(self, text: str) -> str:
        """A line as it is kept."""
        for word, sample in self._words:
            text = text.replace(word, sample)
        for pattern, sample in self._patterns:
            text = pattern.sub(sample, text)
        return text.strip()[:MAX_LINE_CHARACTERS]


class Mocks(NamedTuple):
    """The mocks while they run.

    Args:
        smtp: the port of the SMTP mock.
        http: the port of the HTTP mock.
    """

    smtp: int
    http: int


@contextlib.contextmanager
def mocks(*arguments: str) -> Iterator[Mocks]:
    """Run ``statuary serve`` on free ports.

    Args:
        arguments: rule files and further options.

    Raises:
        NotRunnable: it does not start.
    """
    command = [sys.executable, "-m", "statuary", "serve", "--json", "--seed", "7", "--hostname", "mx.example.net"]
    names = ("site", "http", "https", "smtp", "submission", "smtps", "lmtp")
    command += [f"--{name}-port=0" for name in names]
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        announced = process.stdout.readline()
        if not announced:
            raise NotRunnable(f"statuary serve ends with {process.wait(timeout=STOP_SECONDS)}")
        facts = json.loads(announced)
        yield Mocks(*(int(facts[name].rpartition(":")[2]) for name in ("smtp", "http")))
    finally:
        process.terminate()
        process.wait(timeout=STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()


def version_of(name: str, *command: str) -> str:
    """A program's name with the version that it says."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
    match = re.search(r"[0-9]+(?:\.[0-9]+)+", done.stdout + done.stderr)
    return f"{name} {match[0]}" if match else name


def wait_until(done: Callable[[], bool]) -> None:
    """Wait for what another process does.

    Raises:
        TimeoutError: it does not come.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.05)
