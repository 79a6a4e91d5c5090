"""Counts of how often each script was asked, by key. One small interface; in memory by default."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Protocol

__all__ = ["STARTED", "Counted", "Counters", "MemoryCounters", "States", "count_key"]

MAX_COUNTER_KEYS = 50_000
"""The most keys that are counted at once; past it the oldest key is forgotten."""
MAX_COUNTER_CHARACTERS = 8_000_000
"""The most characters of all keys together: strangers choose targets and addresses, and keys are made of them."""


STARTED = "Started"
"""The state of a scenario that nothing has changed yet."""


def count_key(subject: str, values: str = "", key: str = "") -> str:
    """The key that a count is kept under.

    Args:
        subject: what is counted: ``rule full``, ``http /status/503``; without line ends.
        values: the fields that it is counted by.
        key: what isolates a test.
    """
    return f"{subject}\n{values.replace(chr(10), ' ') if values else ''}\n{key}"


class Counted(NamedTuple):
    """A count and what it is kept by; see :func:`count_key`."""

    subject: str
    values: str
    key: str
    uses: int


def split_key(key: str) -> tuple[str, str, str]:
    """Subject, values and isolating key of a count's key."""
    subject, _, rest = key.partition("\n")
    values, _, isolating = rest.partition("\n")
    return subject, values, isolating


class Counters(Protocol):
    """Where counts are kept; replicas may share one."""

    def take(self, key: str) -> int:
        """How often the key was used before; counts this use."""
        ...

    def peek(self, key: str) -> int:
        """How often the key was used; counts nothing."""
        ...

    def reset(self, key: str | None = None, subject: str | None = None) -> int:
        """Forget counts: all, those of one isolating key, those of one subject; how many is returned."""
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

    def peek(self, key: str) -> int:
        """How often the key was used; counts nothing."""
        return self._counts.get(key, 0)

    def reset(self, key: str | None = None, subject: str | None = None) -> int:
        """Forget counts.

        Args:
            key: only those that this isolates; None for all.
            subject: only those of this; None for all.

        Returns:
            How many were forgotten.
        """
        before = len(self._counts)
        kept = {}
        if key is not None or subject is not None:
            for name, count in self._counts.items():
                its_subject, _, its_key = split_key(name)
                if key not in (None, its_key) or subject not in (None, its_subject):
                    kept[name] = count
        else:
            self.forgotten = 0
        self._counts = kept
        self._order = deque(kept)
        self._characters = sum(map(len, kept))
        return before - len(kept)

    def __len__(self) -> int:
        return len(self._counts)

    def snapshot(self) -> dict[str, int]:
        """Every key and its count, oldest first."""
        return dict(self._counts)

    def counted(self, key: str | None = None, subject: str | None = None) -> list[Counted]:
        """The counts and what they are kept by, oldest first.

        Args:
            key: only those that this isolates; None for all.
            subject: only those of this; None for all.
        """
        found = [Counted(*split_key(name), count) for name, count in self._counts.items()]
        return [each for each in found if key in (None, each.key) and subject in (None, each.subject)]


class States:
    """The states of scenarios, apart for each isolating key.

    Args:
        max_states: the most that are kept; past it the oldest starts anew.
    """

    def __init__(self, max_states: int = MAX_COUNTER_KEYS) -> None:
        self._states: dict[tuple[str, str], str] = {}
        self._max_states = max_states

    def get(self, scenario: str, key: str = "") -> str:
        """The state of a scenario; :data:`STARTED` where nothing has changed it."""
        return self._states.get((scenario, key), STARTED)

    def set(self, scenario: str, state: str, key: str = "") -> None:
        """Put a scenario into a state."""
        self._states.pop((scenario, key), None)
        self._states[scenario, key] = state
        if len(self._states) > self._max_states:
            del self._states[next(iter(self._states))]

    def reset(self, key: str | None = None, scenario: str | None = None) -> None:
        """Put scenarios back to :data:`STARTED`.

        Args:
            key: only what this isolates; None for all.
            scenario: only this one; None for all.
        """
        self._states = {
            name: state
            for name, state in self._states.items()
            if scenario not in (None, name[0]) or key not in (None, name[1])
        }

    def items(self) -> list[tuple[str, str, str]]:
        """Scenario, isolating key and state of all that was changed."""
        return [(scenario, key, state) for (scenario, key), state in self._states.items()]
