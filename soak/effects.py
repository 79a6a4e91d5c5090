"""Every effect under load: many clients at once meet it, a well-behaved one is served meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from soak.server import HOST, Watched
from soak.witness import ANSWER_SECONDS, be_served
from statuary.scenario.script import COMMON_EFFECTS, HTTP_EFFECTS, SMTP_EFFECTS

__all__ = ["Met", "left_open", "meet_effects", "open_files", "scripts"]

JOURNALLED = 8_000
"""How many exchanges may come together, so that the journal still holds all of them when it is asked."""
DIALOGUE_EXCHANGES = 6
"""How many exchanges a client has at most until it is answered."""
END_SECONDS = 10.0
"""How long connections get to end, in seconds."""
SILENCE_SECONDS = 1.0
"""After how long without an octet a client takes it that nothing more comes, in seconds; what waits, waits less."""

_VALUES = {
    "seconds": "0.2s",
    "number": "0.4",
    "rate": "5k",
    "pieces": "3",
    "size": "64",
    "share": "0.5",
    "octets": "40",
    "seconds or none": "",
    "noise": "600",
    "lines": "5",
    "fields": "50",
    "": "",
}
"""A value of each measure; a measure that is not here is a KeyError, so that no effect is left out."""
_SPREADS = frozenset({"jitter", "sigma"})
"""Effects that change a delay."""
_WORDS = ("drop", "reset", "hang")
"""Answers that are effects alone."""


class Met(NamedTuple):
    """What came of one script.

    Args:
        protocol: ``http`` or ``smtp``.
        script: what was asked for.
        asked: how many clients asked.
        answered: how many of them got octets.
        ended: how many were ended by the server; the others were left in silence.
        journalled: how many exchanges the journal has of it.
    """

    protocol: str
    script: str
    asked: int
    answered: int
    ended: int
    journalled: int


def scripts(protocol: str) -> Iterator[str]:
    """A script for each effect that a protocol has, and the words that end a connection."""
    code, own = ("503", HTTP_EFFECTS) if protocol == "http" else ("452", SMTP_EFFECTS)
    for name, measure in {**COMMON_EFFECTS, **own}.items():
        value = f"={_VALUES[measure]}" if _VALUES[measure] else ""
        delay = "-delay=0.2s" if name in _SPREADS else ""
        yield f"{code}{delay}-{name}{value}"
    yield from _WORDS


def meet_effects(server: Watched, clients: int) -> list[Met]:
    """Have so many clients at once meet each effect, as many effects at a time as the journal can hold.

    Args:
        server: with whom.
        clients: how many; the journal has to hold the exchanges of all.

    Raises:
        TimeoutError: the well-behaved client was not answered.
    """
    return asyncio.run(_meet_all(server, clients))


async def _meet_all(server: Watched, clients: int) -> list[Met]:
    over = asyncio.Event()
    witness = asyncio.create_task(be_served(server, over))
    found: list[Met] = []
    for protocol in ("http", "smtp"):
        for together in _batched(scripts(protocol), max(1, JOURNALLED // (clients * DIALOGUE_EXCHANGES))):
            found += await asyncio.gather(*(_meet_one(server, protocol, script, clients) for script in together))
            if witness.done():
                await witness  # it ended with an error
    over.set()
    await witness
    return found


def _batched(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """Texts in lists of at most so many."""
    rest = iter(texts)
    while batch := list(islice(rest, size)):
        yield batch


async def _meet_one(server: Watched, protocol: str, script: str, clients: int) -> Met:
    """So many clients at once meet one script."""
    answers = await asyncio.gather(*(_meet(server, protocol, script) for _ in range(clients)))
    stage = "request" if protocol == "http" else "rcpt"
    kept = await asyncio.to_thread(server.ask, f"/api/journal?key={_key(protocol, script)}&stage={stage}&limit=1000")
    answered, ended = sum(came for came, _ in answers), sum(closed for _, closed in answers)
    return Met(protocol, script, clients, answered, ended, len(kept["exchanges"]))


def _key(protocol: str, script: str) -> str:
    return f"{protocol}-{script}".replace("=", "-").replace(".", "-")


async def _meet(server: Watched, protocol: str, script: str) -> tuple[bool, bool]:
    """One client: whether it got octets for its question, and whether the server ended the connection."""
    reader, writer = await asyncio.open_connection(HOST, server.ports[protocol])
    key = _key(protocol, script)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            if protocol == "http":
                writer.write(f"GET /status/{script}?key={key} HTTP/1.1\r\nHost: soak.test\r\n\r\n".encode())
            else:
                await reader.readuntil(b"\r\n")
                writer.write(b"HELO soak.test\r\n")
                await reader.readuntil(b"\r\n")
                writer.write(b"MAIL FROM:<a@b.test>\r\n")
                await reader.readuntil(b"\r\n")
                writer.write(f"RCPT TO:<rcpt{script}+{key}@any.test>\r\n".encode())
        return await _hear(reader)
    except (ConnectionError, asyncio.IncompleteReadError):
        return False, True
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _hear(reader: asyncio.StreamReader) -> tuple[bool, bool]:
    came = False
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                data = await reader.read(65_536)
        except TimeoutError:
            return came, False
        except ConnectionError:
            return came, True
        if not data:
            return came, True
        came = True


def open_files(server: Watched) -> int:
    """How many files, sockets among them, the server has open."""
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def left_open(server: Watched, before: int) -> int:
    """How many files the server has open that it had not before, once connections have had time to end."""
    until = time.monotonic() + END_SECONDS
    while (left := open_files(server) - before) > 0 and time.monotonic() < until:
        time.sleep(0.2)
    return max(left, 0)
