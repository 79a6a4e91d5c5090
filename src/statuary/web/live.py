"""The journal as server-sent events (WHATWG HTML §9.2)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from statuary.serve.journal import MemoryJournal
from statuary.serve.session import Shared

__all__ = ["Streams"]

MAX_STREAMS = 32
"""The most readers that follow the journal at once."""
HEARTBEAT_SECONDS = 15.0
"""How long a stream is silent before a comment shows that it lives."""
MAX_BATCH = 100
"""The most exchanges that are sent in one go."""
PULSE_SECONDS = 0.25
"""The least time between two sums on one stream, so that a busy journal is not told exchange by exchange."""
LOOK_SECONDS = 1.0
"""How often the sums are looked at while nothing comes: what is forgotten, and rules that change, wake nobody."""
RETRY_MILLISECONDS = 2000
"""How long a reader waits before it connects again."""


class Streams:
    """Hands the journal's exchanges to the readers that follow it.

    Args:
        journal: the journal.
        heartbeat: seconds between comments on a silent stream.
    """

    def __init__(self, journal: MemoryJournal, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._journal = journal
        self._heartbeat = heartbeat
        self._wakers: set[asyncio.Event] = set()
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether no further reader is taken."""
        return len(self._wakers) >= MAX_STREAMS

    def __len__(self) -> int:
        return len(self._wakers)

    def close(self) -> None:
        """End every stream."""
        self._closed = True
        for waker in self._wakers:
            waker.set()

    async def follow(self, after: int) -> AsyncIterator[bytes]:
        """The events of one reader.

        Args:
            after: the number of the last exchange that the reader has.
        """
        waker = asyncio.Event()
        unsubscribe = self._journal.subscribe(waker.set)
        self._wakers.add(waker)
        last = after
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
            while not self._closed:
                waker.clear()
                first, exchanges = self._journal.since(last, MAX_BATCH)
                if exchanges:
                    if first > last + 1:
                        yield _event("dropped", {"count": first - last - 1}, first - 1)
                    last = first + len(exchanges) - 1
                    yield b"".join(
                        _event("exchange", exchange.to_dict(number), number)
                        for number, exchange in enumerate(exchanges, first)
                    )
                    continue
                try:
                    await asyncio.wait_for(waker.wait(), self._heartbeat)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            unsubscribe()
            self._wakers.discard(waker)

    async def sums(self, shared: Shared) -> AsyncIterator[bytes]:
        """What there is by now, told again whenever it has changed: enough for a page that fetches what it shows.

        Args:
            shared: the journal, the mail and the rules.
        """
        waker = asyncio.Event()
        ends = [self._journal.subscribe(waker.set), shared.mailbox.subscribe(waker.set)]
        self._wakers.add(waker)
        told: dict[str, int] = {}
        loop = asyncio.get_running_loop()
        last = loop.time()
        try:
            yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
            while not self._closed:
                waker.clear()
                found = _sums(shared)
                if found != told:
                    told, last = found, loop.time()
                    yield f"event: sums\ndata: {json.dumps(found)}\n\n".encode()
                    await asyncio.sleep(PULSE_SECONDS)
                elif loop.time() - last >= self._heartbeat:
                    last = loop.time()
                    yield b": still here\n\n"
                else:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(waker.wait(), min(LOOK_SECONDS, self._heartbeat))
        finally:
            for end in ends:
                end()
            self._wakers.discard(waker)


def _event(name: str, data: object, number: int) -> bytes:
    return f"event: {name}\nid: {number}\ndata: {json.dumps(data)}\n\n".encode()


def _sums(shared: Shared) -> dict[str, int]:
    journal, mailbox = shared.journal, shared.mailbox
    return {
        "exchanges": journal.total,
        "dropped": journal.dropped,
        "messages": mailbox.total,
        "kept_messages": len(mailbox),
        "rules_version": shared.rules_version,
    }
