"""Sends what is malformed to every listening address of a server, while another client is served."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from soak.malformed import HTTP, Damaged, http_requests, smtp_dialogues
from soak.server import HOST, Watched

__all__ = ["Storm", "send_malformed"]

AT_ONCE = 24
"""How many malformed connections are open at once."""
ANSWER_SECONDS = 20.0
"""How long a connection may take to end, and the other client may wait; it is a bound and not a measurement."""
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

    witness = asyncio.create_task(_witness(server, over))
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


async def _witness(server: Watched, over: asyncio.Event) -> int:
    """Another client, on connections that it keeps and on new ones; how many exchanges it had.

    Raises:
        TimeoutError: an answer did not come.
        AssertionError: another came.
    """
    served = 0
    async with asyncio.timeout(ANSWER_SECONDS):
        http = await asyncio.open_connection(HOST, server.ports["http"])
        smtp = await asyncio.open_connection(HOST, server.ports["smtp"])
        await _expect(smtp[0], b"220 ")
    request = b"GET /status/204 HTTP/1.1\r\nHost: witness.test\r\n\r\n"
    try:
        while not over.is_set():
            async with asyncio.timeout(ANSWER_SECONDS):
                http[1].write(request)
                await _expect(http[0], b"HTTP/1.1 204 ", b"\r\n\r\n")
                smtp[1].write(b"NOOP\r\n")
                await _expect(smtp[0], b"250 ")
                fresh = await asyncio.open_connection(HOST, server.ports["site"])
                fresh[1].write(b"GET /robots.txt HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                await _expect(fresh[0], b"HTTP/1.1 200 ", b"\r\n\r\n")
                fresh[1].close()
            served += 3
            await asyncio.sleep(0.005)
    finally:
        http[1].close()
        smtp[1].close()
    return served


async def _expect(reader: asyncio.StreamReader, start: bytes, end: bytes = b"\r\n") -> None:
    answer = await reader.readuntil(end)
    if not answer.startswith(start):
        raise AssertionError(f"the other client was answered with {answer[:200]!r}")
