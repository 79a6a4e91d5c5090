"""Counts of how often each script was asked, by key. One small interface; in memory by default."""

from __future__ import annotations

from collections import deque
from typing import Protocol

__all__ = ["Counters", "MemoryCounters"]

MAX_COUNTER_KEYS = 50_000
"""The most keys that are counted at once; past it the oldest key is forgotten."""
MAX_COUNTER_CHARACTERS = 8_000_000
"""The most characters of all keys together: strangers choose targets and addresses, and keys are made of them."""


class Counters(Protocol):
    """Where counts are kept; replicas may share one."""

    def take(self, key: str) -> int:
        """How often the key was used before; counts this use."""
        ...

    def reset(self) -> None:
        """Forget all counts."""
        ...


class MemoryCounters:
    """Counts in memory.

    Args:
        max_keys: the most keys; past it the oldest is forgotten and counted in :attr:`forgotten`.
        max_characters: the most characters of all keys together; past it likewise.
    """

    def __init__(self, max_keys: int = MAX_COUNTER_KEYS, max_characters: int = MAX_COUNTER_CHARACTERS) -> None:
        self._counts: dict[str, int] = {}
        self._order: deque[str] = deque()  # a dict finds its first key slowly once others before it are gone
        self._max_keys = max_keys
        self._max_characters = max_characters
        self._characters = 0
        self.forgotten = 0
        """How many keys had to be forgotten; their scripts start over when they come again."""

    def take(self, key: str) -> int:
        """How often the key was used before; counts this use."""
        counts = self._counts
        uses = counts.get(key, 0)
        counts[key] = uses + 1
        if not uses:
            self._order.append(key)
            self._characters += len(key)
            if len(counts) > self._max_keys or self._characters > self._max_characters:
                self._forget()
        return uses

    def _forget(self) -> None:
        """Forget the oldest keys until the limits are kept; the newest stays in any case."""
        counts = self._counts
        while len(counts) > 1 and (len(counts) > self._max_keys or self._characters > self._max_characters):
            oldest = self._order.popleft()
            del counts[oldest]
            self._characters -= len(oldest)
            self.forgotten += 1

    def reset(self) -> None:
        """Forget all counts."""
        self._counts.clear()
        self._order.clear()
        self._characters = 0
        self.forgotten = 0

    def __len__(self) -> int:
        return len(self._counts)

    def snapshot(self) -> dict[str, int]:
        """Every key and its count, oldest first."""
        return dict(self._counts)
