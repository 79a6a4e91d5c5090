"""Says what a plan says to a mail server, and writes down every line: no client library tidies it up."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable, Sequence
from typing import NamedTuple

__all__ = ["Dialogue", "converse"]

MAX_REPLY_LINES = 64
"""The most lines of one reply that are read."""
MAX_LINE_OCTETS = 4096
"""The longest line that is read, in octets; RFC 5321 §4.5.3.1.5 allows 512."""
_LAST = re.compile(rb"[2-5][0-9]{2}(?: |\r?\n|$)")
_GO_ON = b"3"


class Dialogue(NamedTuple):
    """What was said.

    Args:
        lines: ``C: ...`` or ``S: ...``, in order.
        reply: the lines of the reply in question; none where none came.
        octets: how long it was, in octets.
        after: ``kept``, ``closed`` (the server hung up before QUIT was answered) or ``hang``.
    """

    lines: list[str]
    reply: list[str]
    octets: int
    after: str


class _Closed(Exception):
    """The server closed."""


class _Session:
    """One connection."""

    def __init__(self, connection: socket.socket, hello: str) -> None:
        self.connection = connection
        self.reader = connection.makefile("rb")
        self.hello = hello
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        """Send a line, or several, each with its end (RFC 5321 §2.3.8)."""
        if self.hello and text.startswith("EHLO "):
            text = f"{self.hello} {text.removeprefix('EHLO ')}"
        lines = _repeated(text).split("\n")
        shown = lines if len(lines) <= _SHOWN_LINES else [*lines[: _SHOWN_LINES - 2], "...", lines[-1]]
        self.lines += [f"C: {line}" for line in shown]
        try:
            self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
        except (ConnectionError, BrokenPipeError):
            # What it said before it closed can still be read.
            return

    def hear(self) -> tuple[list[str], int]:
        """Read one reply; its lines and its octets."""
        found: list[str] = []
        octets = 0
        while len(found) < MAX_REPLY_LINES:
            try:
                line = self.reader.readline(MAX_LINE_OCTETS)
            except ConnectionError:
                line = b""
            if not line:
                break
            octets += len(line)
            found.append(line.decode("utf-8", errors="backslashreplace").rstrip("\r\n"))
            self.lines.append(f"S: {found[-1]}")
            if _LAST.match(line):
                return found, octets
        if not found:
            raise _Closed
        return found, octets

    def close(self) -> None:
        self.reader.close()
        self.connection.close()


_SHOWN_LINES = 8
"""How many lines of a message are written down before they are cut."""
_REPEAT = re.compile(r"^\*([0-9]{1,6})$", re.MULTILINE)


def _repeated(text: str) -> str:
    """``*2000`` on a line of its own stands for so many lines of text."""
    return _REPEAT.sub(lambda match: "\n".join(["statuary " * 7] * min(int(match[1]), 100_000)), text)


def converse(
    connect: Callable[[], socket.socket], say: Sequence[str], *, connections: int = 1, hello: str = ""
) -> Dialogue:
    """Hold a dialogue.

    Args:
        connect: makes a connection with a timeout.
        say: what to say: an empty first entry waits for the greeting, ``>`` marks what the reply in question answers.
            A message is said only where it was asked for.
        connections: how many connections are open at the same time; the others are greeted and wait.
        hello: the word instead of EHLO; LMTP has LHLO (RFC 2033 §4.1).

    Raises:
        OSError: it cannot connect.
    """
    with contextlib.ExitStack() as stack:
        for _ in range(connections - 1):
            other = _Session(connect(), hello)
            stack.callback(other.close)
            with contextlib.suppress(_Closed, TimeoutError):
                other.hear()
        session = _Session(connect(), hello)
        stack.callback(session.close)
        return _dialogue(session, say)


def _dialogue(session: _Session, say: Sequence[str]) -> Dialogue:
    reply: list[str] = []
    octets = 0
    previous = ""
    last: list[str] = []
    for entry in say:
        line = entry.removeprefix("> ")
        if previous == "DATA" and not last[0].encode().startswith(_GO_ON):
            previous = ""
            if not entry.startswith("> "):
                continue
            # The message was refused before it was sent: that reply is the one in question.
            reply, octets = last, sum(len(part) + 2 for part in last)
            continue
        try:
            if line:
                session.say(line)
            last, count = session.hear()
        except _Closed:
            return Dialogue(session.lines, reply, octets, "closed")
        except TimeoutError:
            return Dialogue(session.lines, reply, octets, "hang")
        if entry.startswith("> "):
            reply, octets = last, count
        previous = line
    return Dialogue(session.lines, reply, octets, "kept")
