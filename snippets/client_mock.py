"""Starts the mock that clients meet, and reads from its journal what they did."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any, NamedTuple

from snippets.app import HOST, NotRunnable

__all__ = ["Mock", "Seen", "mock"]

STOP_SECONDS = 15.0
"""How long the mock may take to end, in seconds."""
ANSWER_SECONDS = 30.0
"""How long the site may take to answer, in seconds."""
SHOWN_SMTP, SHOWN_HTTP, SHOWN_SITE = f"{HOST}:1025", f"{HOST}:8081", f"{HOST}:8080"
"""What stands in a transcript for the ports that the mock was given."""
TOLERANCE_SECONDS = 0.05
"""How much too early an attempt may come: clocks are read on both sides, in seconds."""
_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT")
_SIZE = re.compile(r"(?i)( size=)[0-9]+")
_LEFT_OUT = frozenset({"quit", "rset", "noop"})
"""Stages that a client may come to after its program has ended, so that a transcript would depend on the clock."""


class Seen(NamedTuple):
    """What the mock saw of one run: its exchanges as a golden has them, and how many attempts came too early."""

    exchanges: list[list[Any]]
    early: int


class Mock:
    """A running ``statuary serve``.

    Args:
        facts: what it announced.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self._site: str = facts["site"]
        self.http: str = facts["http"].rstrip("/")
        self.smtp: str = facts["smtp"].partition("//")[2].rstrip("/")
        self._number = 0

    def forget(self) -> None:
        """What comes from now on belongs to the next run."""
        self._number = self._ask(self._number)["total"]

    def seen(self, fields: list[str]) -> Seen:
        """What came since the last :meth:`forget`.

        Args:
            fields: the header fields that the transcript shows.
        """
        found = self._ask(self._number)["exchanges"]
        connections: dict[int, int] = {}
        exchanges: list[list[Any]] = []
        early, not_before = 0, datetime.datetime.min.replace(tzinfo=datetime.UTC)
        for exchange in found:
            if exchange["stage"] in _LEFT_OUT:
                continue
            at = datetime.datetime.fromisoformat(exchange["at"])
            early += at + datetime.timedelta(seconds=TOLERANCE_SECONDS) < not_before
            not_before = _not_before(exchange["response"], at)
            connection = connections.setdefault(exchange["connection"], len(connections) + 1)
            said, answered = _shown(exchange, fields)
            exchanges.append([connection, exchange["stage"], self.masked(said), self.masked(answered)])
        return Seen(exchanges, early)

    def masked(self, text: str) -> str:
        """A text without what changes from run to run: ports, dates, sizes."""
        for address, shown in ((self.smtp, SHOWN_SMTP), (self.http, SHOWN_HTTP), (self._site, SHOWN_SITE)):
            text = text.replace(address.rpartition("//")[2].rstrip("/"), shown)
        return _SIZE.sub(r"\1*", _DATE.sub("*", text))

    def _ask(self, after: int) -> dict[str, Any]:
        address = f"{self._site}/api/journal?after={after}&limit=1000"
        with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as response:
            data: dict[str, Any] = json.load(response)
        return data


@contextlib.contextmanager
def mock() -> Iterator[Mock]:
    """Start the mock on free ports, and end it.

    Raises:
        NotRunnable: it does not start.
    """
    from statuary.serve.protocols import PROTOCOLS

    command = [sys.executable, "-m", "statuary", "serve", "--json", "--seed", "7"]
    for name in ("site", *(adapter.name for adapter in PROTOCOLS)):
        command += [f"--{name}-port", "0"]
    process = subprocess.Popen(
        command,
        env={name: value for name, value in os.environ.items() if not name.startswith("STATUARY_")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise NotRunnable(f"statuary serve ended with {process.wait()}")
        yield Mock(json.loads(line))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def soon() -> str:
    """A date that Retry-After can name: at least a second from now, at most two."""
    return time.strftime("%a,%%20%d%%20%b%%20%Y%%20%H:%M:%S%%20GMT", time.gmtime(time.time() + 2))


def _not_before(response: str, at: datetime.datetime) -> datetime.datetime:
    """The earliest time of the next attempt that a response asks for (RFC 9110 §10.2.3)."""
    match = re.search(r"(?im)^Retry-After: *([^\r\n]+)", response.partition("\r\n\r\n")[0])
    if match is None:
        return at
    if match[1].isdigit():
        return at + datetime.timedelta(seconds=int(match[1]))
    return email.utils.parsedate_to_datetime(match[1])


def _shown(exchange: dict[str, Any], fields: list[str]) -> tuple[str, str]:
    said, answered = exchange["request"].strip("\r\n"), exchange["response"].strip("\r\n")
    if exchange["protocol"] == "http":
        return _head(said, fields), _head(answered, fields)
    if exchange["stage"] == "message":
        said = "(message)"
    if exchange["stage"] in ("ehlo", "helo"):
        # A client names its machine, and the list of extensions is no part of what is shown.
        said, answered = f"{said.partition(' ')[0]} *", answered.partition("\r\n")[0].replace("-", " ", 1)
    return said.replace("\r\n", "\n"), answered.replace("\r\n", "\n")


def _head(message: str, fields: list[str]) -> str:
    """The first line of an HTTP message, and those of some header fields."""
    first, *rest = message.partition("\r\n\r\n")[0].split("\r\n")
    wanted = {name.lower() for name in fields}
    kept = [line for line in rest if line.partition(":")[0].lower() in wanted]
    return "\n".join([first, *kept])
