"""Sends what is malformed to every listening address of a server, while another client is served."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from soak.malformed import HTTP, Damaged, http_requests, smtp_dialogues
from soak.server import HOST, Watched
from soak.witness import ANSWER_SECONDS, be_served

__all__ = ["Storm", "send_malformed"]

AT_ONCE = 24
"""How many malformed connections are open at once."""
MAX_NAMED = 5
"""How many connections that did not end are named."""

_TARGETS = {HTTP: ("http", "http", "site", "https"), "smtp": ("smtp", "submission", "lmtp", "smtp", "smtps")}


class Storm(NamedTuple):
    """What came of it.

    Args:
        sent: how many malformed connections there were.
        answered: how many of them got any octets back.
        stuck: those that did not end, the first few: where to, and what was sent.
        served: how many exchanges of the other client were answered meanwhile, each as it must be.
    """

    sent: int
    answered: int
    stuck: list[str]
    served: int


def send_malformed(server: Watched, count: int, seed: int) -> Storm:
    """Send so many malformed requests and dialogues, half of each.

    Args:
        server: where to.
        count: how many.
        seed: what they are drawn from.

    Raises:
        TimeoutError: the other client was not answered.
        AssertionError: it was answered wrongly.
    """
    return asyncio.run(_storm(server, count, seed))


async def _storm(server: Watched, count: int, seed: int) -> Storm:
    over = asyncio.Event()
    damaged = _in_turn(http_requests(seed, count // 2), smtp_dialogues(seed, count - count // 2))
    places = {protocol: itertools.cycle(names) for protocol, names in _TARGETS.items()}
    found = [0, 0]
    stuck: list[str] = []

    async def work() -> None:
        for each in damaged:
            name = next(places[each.protocol])
            found[0] += 1
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    answered = await _throw(server.ports[name], each)
                found[1] += answered
            except TimeoutError:
                if len(stuck) < MAX_NAMED:
                    stuck.append(f"{name}: {each.octets[:500]!r}")

    witness = asyncio.create_task(be_served(server, over))
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    over.set()
    return Storm(found[0], found[1], stuck, await witness)


def _in_turn(first: Iterable[Damaged], second: Iterable[Damaged]) -> Iterator[Damaged]:
    for pair in itertools.zip_longest(first, second):
        yield from (each for each in pair if each is not None)


async def _throw(port: int, damaged: Damaged) -> bool:
    """One connection to its end; whether anything came back."""
    reader, writer = await asyncio.open_connection(HOST, port)
    came = False
    try:
        for piece in damaged.pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)  # so that pieces are packets of their own, mostly
        writer.write_eof()
        while data := await reader.read(65_536):
            came = came or bool(data)
    except (ConnectionError, OSError):
        return True  # it was broken off, which is an answer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError, OSError):
            await writer.wait_closed()
    return came
