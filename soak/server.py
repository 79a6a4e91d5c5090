"""A whole server of its own for a rough run: started, watched, and asked in the end whether anything went wrong."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.request import urlopen

__all__ = ["HOST", "Watched", "watched_server"]

HOST = "127.0.0.1"
STOP_SECONDS = 20.0
"""How long it may take to end, in seconds."""
MAX_STDERR_OCTETS = 1 << 20
"""How much of what it says on standard error is read, in octets."""
ASK_SECONDS = 30.0
"""How long its API may take, in seconds."""

_OURS = ("site", "http", "https", "smtp", "submission", "smtps", "lmtp")
_RESIDENT = re.compile(r"VmRSS:\s+(\d+) kB")


class Watched:
    """A running ``statuary serve``.

    Args:
        process: the process.
        facts: what it announced.
        errors: its standard error.
    """

    def __init__(self, process: subprocess.Popen[str], facts: dict[str, Any], errors: IO[bytes]) -> None:
        self.process = process
        self.site: str = facts["site"]
        self.ports = {name: int(facts[name].rpartition(":")[2]) for name in _OURS}
        self._errors = errors

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether it goes on."""
        return self.process.poll() is None

    def resident_octets(self) -> int:
        """Resident memory now."""
        found = _RESIDENT.search(Path(f"/proc/{self.pid}/status").read_text())
        if found is None:
            raise RuntimeError("the server has ended")
        return int(found[1]) * 1024

    def complaints(self) -> str:
        """What it said on standard error: exceptions that nobody caught end up there."""
        self._errors.seek(0)
        return self._errors.read(MAX_STDERR_OCTETS).decode(errors="replace")

    def ask(self, path: str) -> Any:
        """An answer of its API.

        Raises:
            OSError: there is none.
        """
        with urlopen(self.site + path, timeout=ASK_SECONDS) as answer:
            return json.load(answer)

    def journal_total(self) -> tuple[int, int]:
        """How many exchanges there have been, and how many of them the journal says that it dropped."""
        found = self.ask("/api/journal?limit=1")
        return int(found["total"]), int(found["dropped"])

    def stop(self) -> int:
        """End it as a person would; its exit code."""
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            self.process.kill()


@contextlib.contextmanager
def watched_server(*arguments: str, before: Sequence[str] = ()) -> Iterator[Watched]:
    """Run ``statuary serve`` on free ports, with its standard error kept.

    Args:
        arguments: further arguments of the command.
        before: a command that runs it, with words of its own.

    Raises:
        RuntimeError: it does not start, does not end with 0, or has complained.
    """
    command = [*before, sys.executable, "-m", "statuary", "serve", "--json", "--seed", "7"]
    for name in _OURS:
        command += [f"--{name}-port", "0"]
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=errors, text=True)
        assert process.stdout is not None
        with process.stdout:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"statuary serve ended with {process.wait()}")
            watched = Watched(process, json.loads(line), errors)
            try:
                yield watched
            except BaseException:
                process.kill()
                process.wait()
                raise
            code = watched.stop()
        said = watched.complaints()
        if code or said:
            raise RuntimeError(f"statuary serve ended with {code} and said:\n{said}")
