"""Exchanges by the hundred thousand: memory must stay flat, and the journal must say what it has dropped."""

from __future__ import annotations

import contextlib
import json
import re
import resource
import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import NamedTuple
from urllib.parse import urlsplit

from soak.server import HOST, Watched

__all__ = ["Followed", "Tenth", "exchange", "flat", "followed", "meet", "settle"]

FULL_AFTER = 200_000
"""The exchanges after which everything that is bounded is full; memory is judged from there on."""
MARGIN_OCTETS = 3_000_000
"""How much resident memory may vary from there on: a table of counts that is made anew, octets on their way to a reader
of the journal. Four octets an exchange are more."""
PIPELINED = 50
"""How many requests, or transactions, go out in one write."""
MESSAGE_EVERY = 20
"""Of how many transactions one carries a message."""
SESSION_TRANSACTIONS = 200
"""How many transactions one session has."""
SLOW_READER_SECONDS = 0.0005
"""How long the slow reader of the journal takes over each exchange, in seconds."""
WAIT_SECONDS = 60.0
"""How long one read may take, in seconds."""

_MESSAGE = b"Subject: Soak\r\n\r\n" + (b"x" * 70 + b"\r\n") * 40 + b".\r\n"
_LAST_LINE = re.compile(rb"(?m)^[2-5][0-9]{2} ")
_STATUS_LINE = re.compile(rb"HTTP/1\.1 503 ")


class Tenth(NamedTuple):
    """A tenth of a run.

    Args:
        exchanges: how many there have been by then.
        resident_octets: the server's resident memory then.
    """

    exchanges: int
    resident_octets: int


class Followed(NamedTuple):
    """What a reader of the journal's stream was told.

    Args:
        seen: exchanges that came.
        dropped: exchanges of which it was told that they had been dropped before it could read them.
        gaps: places at which a number was missing without a word; there must be none.
    """

    seen: int
    dropped: int
    gaps: int


def exchange(server: Watched, count: int) -> Iterator[Tenth]:
    """Have so many exchanges at least, half of each protocol, and look at the memory after each tenth.

    Targets, recipients and keys never come twice, so that nothing that is bounded stays small.

    Args:
        server: with whom.
        count: how many.

    Raises:
        RuntimeError: an answer is missing.
    """
    done = 0
    for tenth in range(1, 11):
        due = count * tenth // 10
        while done < due:
            half = min(20_000, due - done) // 2 + 1
            done += _requests(server, half, done) + _transactions(server, half, done)
        yield Tenth(done, server.resident_octets())


def flat(tenths: list[Tenth]) -> bool | None:
    """Whether memory stayed where it was once all was full; None where the run was too short to tell."""
    full = [tenth for tenth in tenths if tenth.exchanges >= FULL_AFTER]
    if len(full) < 2:
        return None
    return max(tenth.resident_octets for tenth in full) <= full[0].resident_octets + MARGIN_OCTETS


def _requests(server: Watched, count: int, start: int) -> int:
    """So many requests on one connection; how many exchanges that were."""
    with socket.create_connection((HOST, server.ports["http"]), timeout=WAIT_SECONDS) as connection:
        for place in range(0, count, PIPELINED):
            numbers = range(start + place, start + min(place + PIPELINED, count))
            asked = (f"GET /status/503x2~200?key={number} HTTP/1.1\r\nHost: soak.test\r\n\r\n" for number in numbers)
            connection.sendall("".join(asked).encode())
            _read(connection, _STATUS_LINE, len(numbers))
    return count


def _transactions(server: Watched, count: int, start: int) -> int:
    """Transactions of three exchanges each or, with a message, of four; how many exchanges that were."""
    done = number = 0
    while done < count:
        with socket.create_connection((HOST, server.ports["smtp"]), timeout=WAIT_SECONDS) as connection:
            _read(connection, _LAST_LINE, 1)
            connection.sendall(b"EHLO soak.test\r\n")
            _read(connection, _LAST_LINE, 1)
            done += 2
            for _ in range(SESSION_TRANSACTIONS):
                number += 1
                name = f"{start + number}"
                if number % MESSAGE_EVERY:
                    connection.sendall(
                        f"MAIL FROM:<a@b.test>\r\nRCPT TO:<rcpt452+{name}@any.test>\r\nRSET\r\n".encode()
                    )
                    _read(connection, _LAST_LINE, 3)
                    done += 3
                else:
                    connection.sendall(f"MAIL FROM:<a@b.test>\r\nRCPT TO:<box+{name}@any.test>\r\nDATA\r\n".encode())
                    _read(connection, _LAST_LINE, 3)
                    connection.sendall(_MESSAGE)
                    _read(connection, _LAST_LINE, 1)
                    done += 4
                if done >= count:
                    break
    return done


def _read(connection: socket.socket, mark: re.Pattern[bytes], times: int) -> None:
    """Until a mark has come so many times, and the end of a line or, in HTTP, of an answer's body."""
    got = b""
    while not got.endswith((b"\n", b"}")) or len(mark.findall(got)) < times:
        data = connection.recv(262_144)
        if not data:
            raise RuntimeError(f"the server closed a connection after {got[-200:]!r}")
        got += data


@contextlib.contextmanager
def followed(server: Watched) -> Iterator[list[Followed]]:
    """Read the journal's stream beside the block, once as fast as it comes and once so slowly that much is dropped.

    Args:
        server: whose journal.

    Yields:
        What the readers were told, once the block has ended; one is missing that did not come to the end.
    """
    result: list[Followed] = []
    goal = [-1]
    readers = [
        threading.Thread(target=lambda pause=pause: result.append(_follow(server, goal, pause)), daemon=True)
        for pause in (0.0, SLOW_READER_SECONDS)
    ]
    for reader in readers:
        reader.start()
    yield result
    goal[0] = server.journal_total()[0]
    for reader in readers:
        reader.join(WAIT_SECONDS)


def _follow(server: Watched, goal: list[int], pause: float) -> Followed:
    """Read events until the number in ``goal`` has come; -1 there for none yet."""
    connection = HTTPConnection(urlsplit(server.site).netloc, timeout=WAIT_SECONDS)
    connection.request("GET", "/api/journal/stream?after=0")
    answer = connection.getresponse()
    seen = dropped = gaps = last = 0
    event = ""
    while goal[0] < 0 or last < goal[0]:
        line = answer.readline()
        if not line:
            break
        if line.startswith(b"event: "):
            event = line[7:].strip().decode()
        elif line.startswith(b"data: "):
            facts = json.loads(line[6:])
            if event == "dropped":
                dropped += facts["count"]
                last += facts["count"]
            else:
                if pause:
                    time.sleep(pause)
                seen += 1
                gaps += facts["number"] != last + 1
                last = facts["number"]
    connection.close()
    return Followed(seen, dropped, gaps)


def meet(server: Watched, count: int) -> Tenth:
    """Hold so many connections at once, half of each protocol; have an exchange on every one while all are open.

    Args:
        server: with whom.
        count: how many.

    Returns:
        How many exchanges there were, and the memory while all were open.

    Raises:
        RuntimeError: a connection was not answered, or this process may not open so many files.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < count + 100:
        raise RuntimeError(f"{count} connections need more open files than the {most} that are allowed (ulimit -n)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    ports = (server.ports["http"], server.ports["smtp"])
    with contextlib.ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection((HOST, ports[number % 2]), timeout=WAIT_SECONDS))
            for number in range(count)
        ]
        for connection in connections[1::2]:
            _read(connection, _LAST_LINE, 1)
        for turn in range(2):
            for number, connection in enumerate(connections):
                connection.sendall(
                    b"NOOP\r\n"
                    if number % 2
                    else f"GET /status/503?key=crowd-{turn} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
                )
            for number, connection in enumerate(connections):
                _read(connection, _LAST_LINE if number % 2 else _STATUS_LINE, 1)
        resident = server.resident_octets()
    return Tenth(2 * count + len(connections[1::2]), resident)


def settle(server: Watched, total: int) -> int:
    """The journal's number of exchanges, once it has come to ``total`` or does not change any more."""
    found = server.journal_total()[0]
    while found < total:
        time.sleep(0.2)
        before, found = found, server.journal_total()[0]
        if found == before:
            break
    return found
