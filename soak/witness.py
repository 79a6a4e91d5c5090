"""A well-behaved client: whatever else goes on, it has to be answered, at once and rightly."""

from __future__ import annotations

import asyncio

from soak.server import HOST, Watched

__all__ = ["ANSWER_SECONDS", "be_served"]

ANSWER_SECONDS = 20.0
"""How long an answer may take, in seconds; a bound against waiting for ever, and not a measurement."""
PAUSE_SECONDS = 0.005
"""How long it rests after each round, in seconds."""


async def be_served(server: Watched, over: asyncio.Event) -> int:
    """Ask again and again, on connections that are kept and on new ones; how many exchanges there were.

    Args:
        server: whom.
        over: when to end.

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
            await asyncio.sleep(PAUSE_SECONDS)
    finally:
        http[1].close()
        smtp[1].close()
    return served


async def _expect(reader: asyncio.StreamReader, start: bytes, end: bytes = b"\r\n") -> None:
    answer = await reader.readuntil(end)
    if not answer.startswith(start):
        raise AssertionError(f"the well-behaved client was answered with {answer[:200]!r}")
