"""The client's side of a connection to a mock of this process: what it hears, each piece with its time."""

from __future__ import annotations

import asyncio
import errno
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, cast

__all__ = ["Caller", "Heard"]

_BROKEN = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED})


class Heard(NamedTuple):
    """Octets that came at once.

    Args:
        at: when, in seconds of the caller's clock.
        data: the octets.
    """

    at: float
    data: bytes


class Caller(asyncio.Protocol):
    """One connection, heard by somebody who waits.

    Args:
        clock: seconds since any time.
        most_octets: how much is heard; past it the connection is broken off.
    """

    _transport: asyncio.Transport

    def __init__(self, clock: Callable[[], float], most_octets: int) -> None:
        self._clock = clock
        self._left = most_octets
        self._pieces: deque[Heard] = deque()
        self._woken = asyncio.Event()
        self.ended = ""
        """``closed`` once the server has finished its side, ``reset`` once it broke the connection, ``octets`` where
        too much came; empty until then."""
        self.ended_at = 0.0
        """When it ended, in seconds of the clock."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        kept = data[: self._left]
        self._left -= len(kept)
        if kept:
            self._pieces.append(Heard(self._clock(), kept))
        if len(kept) < len(data):
            self._end("octets")
            self._transport.abort()
        self._woken.set()

    def eof_received(self) -> bool:
        self._end("closed")
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        broken = isinstance(exc, OSError) and exc.errno in _BROKEN
        if broken and self.ended == "closed":
            self.ended = "reset"  # what was said after the end had nobody to take it
        self._end("reset" if broken else "closed")

    def say(self, data: bytes) -> float:
        """Send octets; when, in seconds of the clock."""
        self._transport.write(data)
        return self._clock()

    async def hear(self, seconds: float) -> Heard | None:
        """The next octets; None where the connection has ended, or after so many seconds of silence.

        Args:
            seconds: how long to wait at most.
        """
        if not self._pieces and not self.ended:
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), max(seconds, 0.0))
            except TimeoutError:
                return None
        return self._pieces.popleft() if self._pieces else None

    async def outlast(self, seconds: float) -> None:
        """Wait, after the server has finished its side, whether it breaks the connection.

        Args:
            seconds: how long.
        """
        self._woken.clear()
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return

    def leave(self) -> None:
        """Close the connection."""
        self._transport.close()

    def break_off(self) -> None:
        """Close the connection at once, whatever is still to be sent."""
        self._transport.abort()

    def _end(self, how: str) -> None:
        if not self.ended:
            self.ended, self.ended_at = how, self._clock()
        self._woken.set()
