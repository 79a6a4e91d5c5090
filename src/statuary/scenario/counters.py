"""Counts of how often each script was asked, by key. One small interface; in memory by default."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

__all__ = ["STARTED", "Counted", "Counters", "MemoryCounters", "States", "count_key"]

MAX_COUNTER_KEYS: Final = 50_000
"""The most keys that are counted at once; past it those that were not asked for the longest are forgotten."""
MAX_COUNTER_OCTETS: Final = 4_000_000
"""The most octets of all keys together: strangers choose targets and addresses, and keys are made of them."""
MAX_STATES: Final = 10_000
"""The most scenarios, each key apart, that are in another state than the first."""
GENERATIONS: Final = 8
"""Counts are forgotten in portions, of an eighth of the most that are kept by and large, and of a quarter at most."""

_WIDEST: Final = 4  # octets that a character takes at most in memory

STARTED: Final = "Started"
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


class _Generation:
    """Counts that are forgotten together: a table that keys leave one by one is made anew again and again."""

    __slots__ = ("counts", "octets")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.octets = 0


class MemoryCounters:
    """Counts in memory, the latest asked for: past a limit the keys that nobody has asked for the longest go.

    Args:
        max_keys: the most keys; at least three quarters of them are kept.
        max_octets: the most octets of all keys together; a key that is larger alone is counted as long as it is the
            latest.
    """

    def __init__(self, max_keys: int = MAX_COUNTER_KEYS, max_octets: int = MAX_COUNTER_OCTETS) -> None:
        self._most = max(1, min(GENERATIONS, max_keys))
        self._max_keys = max_keys
        self._max_octets = max_octets
        self._young = _Generation()
        self._counts = self._young.counts
        self._older: list[_Generation] = []
        self.forgotten = 0
        """How many keys had to be forgotten; their scripts start over when they come again."""

    def take(self, key: str) -> int:
        """How often the key was used before; counts this use."""
        counts = self._counts
        uses = counts.get(key)
        if uses is None:
            return self._welcome(key)
        counts[key] = uses + 1
        return uses

    def _welcome(self, key: str) -> int:
        """Count the use of a key that is not among the young ones: it is one of them from now on."""
        octets = _octets(key)
        uses = 0
        for older in self._older:
            if key in older.counts:
                uses = older.counts.pop(key)
                older.octets -= octets
                break
        young = self._young
        share = self._max_octets // self._most
        if len(young.counts) >= self._max_keys // self._most or young.octets + octets > share:
            self._grow_older(max(share, octets))
            young = self._young
        young.counts[key] = uses + 1
        young.octets += octets
        return uses

    def _grow_older(self, octets: int) -> None:
        """Begin a generation that may come to so many octets; forget the oldest as far as the limits want it."""
        older, keys = self._older, self._max_keys - self._max_keys // self._most
        if self._young.counts:
            older.append(self._young)
            self._young = _Generation()
            self._counts = self._young.counts
        while older and (
            sum(len(each.counts) for each in older) > keys
            or sum(each.octets for each in older) > self._max_octets - octets
        ):
            self.forgotten += len(older.pop(0).counts)
        if len(older) >= self._most > 1:  # keys that were asked for again have left gaps: join what is smallest
            place = min(range(len(older) - 1), key=lambda at: len(older[at].counts) + len(older[at + 1].counts))
            first, second = older[place], older.pop(place + 1)
            first.counts = {**first.counts, **second.counts}
            first.octets += second.octets

    def _generations(self) -> Iterator[_Generation]:
        """All of them, the oldest first."""
        yield from self._older
        yield self._young

    def peek(self, key: str) -> int:
        """How often the key was used; counts nothing."""
        return next((found.counts[key] for found in self._generations() if key in found.counts), 0)

    def reset(self, key: str | None = None, subject: str | None = None) -> int:
        """Forget counts.

        Args:
            key: only those that this isolates; None for all.
            subject: only those of this; None for all.

        Returns:
            How many were forgotten.
        """
        before = len(self)
        if key is None and subject is None:
            self.forgotten = 0
            self._young = _Generation()
            self._counts = self._young.counts
            self._older.clear()
            return before
        for generation in self._generations():
            for name in list(generation.counts):
                its_subject, _, its_key = split_key(name)
                if key in (None, its_key) and subject in (None, its_subject):
                    del generation.counts[name]
                    generation.octets -= _octets(name)
        return before - len(self)

    def __len__(self) -> int:
        return sum(len(generation.counts) for generation in self._generations())

    def snapshot(self) -> dict[str, int]:
        """Every key and its count, those that were not asked for the longest first, by and large."""
        return {key: uses for generation in self._generations() for key, uses in generation.counts.items()}

    def counted(self, key: str | None = None, subject: str | None = None) -> list[Counted]:
        """The counts and what they are kept by, in the order of :meth:`snapshot`.

        Args:
            key: only those that this isolates; None for all.
            subject: only those of this; None for all.
        """
        found = [Counted(*split_key(name), count) for name, count in self.snapshot().items()]
        return [each for each in found if key in (None, each.key) and subject in (None, each.subject)]


def _octets(key: str) -> int:
    """What a key's text takes in memory, at most."""
    return len(key) if key.isascii() else _WIDEST * len(key)


class States:
    """The states of scenarios, apart for each isolating key.

    Args:
        max_states: the most that are kept; past it the oldest starts anew.
    """

    def __init__(self, max_states: int = MAX_STATES) -> None:
        # A plain dict finds its first key slowly once others before it are gone.
        self._states: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._max_states = max_states

    def get(self, scenario: str, key: str = "") -> str:
        """The state of a scenario; :data:`STARTED` where nothing has changed it."""
        return self._states.get((scenario, key), STARTED)

    def set(self, scenario: str, state: str, key: str = "") -> None:
        """Put a scenario into a state."""
        self._states[scenario, key] = state
        self._states.move_to_end((scenario, key))
        if len(self._states) > self._max_states:
            self._states.popitem(last=False)

    def reset(self, key: str | None = None, scenario: str | None = None) -> None:
        """Put scenarios back to :data:`STARTED`.

        Args:
            key: only what this isolates; None for all.
            scenario: only this one; None for all.
        """
        gone = [name for name in self._states if scenario in (None, name[0]) and key in (None, name[1])]
        for name in gone:
            del self._states[name]

    def items(self) -> list[tuple[str, str, str]]:
        """Scenario, isolating key and state of all that was changed."""
        return [(scenario, key, state) for (scenario, key), state in self._states.items()]
