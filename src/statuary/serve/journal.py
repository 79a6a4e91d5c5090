"""The journal: every exchange with the octets of both directions, bounded by number and by octets.

It appends tuples while serving and renders them when somebody reads. When a limit makes it forget, it says how many
exchanges it has dropped.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

__all__ = ["Exchange", "Journal", "MemoryJournal", "NoJournal", "Row", "timestamp"]

MAX_EXCHANGES: Final = 10_000
"""The most exchanges that are kept."""
MAX_JOURNAL_OCTETS: Final = 6 * 1024 * 1024
"""The most octets of traffic that are kept, both directions together."""
MAX_CLEARED_KEYS: Final = 10_000
"""The most keys whose clearing is remembered; past it the oldest sees again what is still kept."""
EXCHANGE_OVERHEAD_OCTETS: Final = 400
"""What an exchange costs in memory beside its octets; counted so that many small ones stay bounded too."""


class Exchange(NamedTuple):
    """One stage and its answer.

    Args:
        at: when the answer was decided, in seconds since the epoch.
        protocol: ``http`` or ``smtp``.
        connection: the number of the connection in this run.
        peer: the client's address and port.
        stage: the stage, such as ``rcpt``.
        request: what the client sent for it, as received.
        response: what is sent, as planned; less may reach a client that goes away.
        code: the code of the answer, such as ``452``; empty where none was sent.
        rule: the script or the rule's name that decided; empty for the ordinary answer.
        step: the step of the script, from 1; 0 where none or used up.
        asked: how often the script was asked under its key by then; 0 where none.
        note: effects or an error, in a few words.
        key: what the client asked its counts and its journal to be kept apart by; empty where it asked for nothing.
        tls: whether it went through TLS.
    """

    at: float
    protocol: str
    connection: int
    peer: str
    stage: str
    request: bytes
    response: bytes
    code: str
    rule: str = ""
    step: int = 0
    asked: int = 0
    note: str = ""
    key: str = ""
    tls: bool = False

    def to_dict(self, number: int) -> dict[str, Any]:
        """The exchange as plain data for JSON; octets as text, each octet one character (ISO 8859-1)."""
        return {
            "number": number,
            "at": timestamp(self.at),
            "protocol": self.protocol,
            "connection": self.connection,
            "peer": self.peer,
            "stage": self.stage,
            "request": self.request.decode("latin-1"),
            "response": self.response.decode("latin-1"),
            "code": self.code,
            "rule": self.rule,
            "step": self.step,
            "asked": self.asked,
            "note": self.note,
            "key": self.key,
            "tls": self.tls,
        }


Row: TypeAlias = tuple[float, str, int, str, str, bytes, bytes, str, str, int, int, str, str, bool]
"""The fields of an :class:`Exchange` in their order, as a plain tuple, which costs a fraction of a named one."""


class Journal(Protocol):
    """Where exchanges are kept; replicas may share one."""

    def add(self, row: Row) -> None:
        """Keep an exchange."""
        ...

    def since(self, number: int, limit: int) -> tuple[int, Sequence[Exchange]]:
        """Exchanges after a number: the number of the first of them, and at most ``limit``."""
        ...


class MemoryJournal:
    """A journal in memory.

    Args:
        max_exchanges: the most exchanges.
        max_octets: the most octets of both directions together.
    """

    def __init__(self, max_exchanges: int = MAX_EXCHANGES, max_octets: int = MAX_JOURNAL_OCTETS) -> None:
        self.max_exchanges = max_exchanges
        self.max_octets = max_octets
        self.total = 0
        """How many exchanges there have been; the number of the newest."""
        self.octets = 0
        self._kept: deque[Row] = deque()
        self._listeners: list[Callable[[], None]] = []
        self._cleared: dict[str, int] = {}

    @property
    def dropped(self) -> int:
        """How many exchanges were forgotten because a limit was reached, or cleared."""
        return self.total - len(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[tuple[int, Exchange]]:
        return enumerate(map(Exchange._make, self._kept), self.dropped + 1)

    def add(self, row: Row) -> None:
        """Keep an exchange; forget the oldest where a limit is passed."""
        kept = self._kept
        kept.append(row)
        self.total += 1
        octets = self.octets + len(row[5]) + len(row[6]) + EXCHANGE_OVERHEAD_OCTETS
        while octets > self.max_octets or len(kept) > self.max_exchanges:
            oldest = kept.popleft()
            octets -= len(oldest[5]) + len(oldest[6]) + EXCHANGE_OVERHEAD_OCTETS
        self.octets = octets
        if self._listeners:
            for listener in self._listeners:
                listener()

    def since(self, number: int, limit: int) -> tuple[int, list[Exchange]]:
        """Exchanges after ``number``.

        Args:
            number: the number of the last exchange that the reader has; 0 for none.
            limit: at most so many.

        Returns:
            The number of the first of them (it is higher than ``number + 1`` where exchanges were dropped between),
            and the exchanges in order.
        """
        first = max(number, self.dropped)
        start = first - self.dropped
        kept = self._kept
        return first + 1, [Exchange._make(kept[place]) for place in range(start, min(start + limit, len(kept)))]

    def clear(self) -> None:
        """Forget all that is kept; numbers go on."""
        self._kept.clear()
        self.octets = 0
        self._cleared.clear()

    def clear_key(self, key: str) -> None:
        """Forget, for those who ask by this key, all that it isolates; other tests' exchanges stay where they are.

        Args:
            key: what isolates a test.
        """
        self._cleared.pop(key, None)
        self._cleared[key] = self.total
        if len(self._cleared) > MAX_CLEARED_KEYS:
            del self._cleared[next(iter(self._cleared))]

    def cleared(self, key: str) -> int:
        """The number of the last exchange that a key's readers have cleared; 0 for none."""
        return self._cleared.get(key, 0)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have ``listener`` called after each exchange; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None


class NoJournal(MemoryJournal):
    """A journal that keeps nothing, and counts what it was given."""

    def __init__(self) -> None:
        super().__init__(max_exchanges=0, max_octets=0)

    def add(self, row: Row) -> None:
        """Count an exchange."""
        self.total += 1


def timestamp(at: float) -> str:
    """UTC with milliseconds, RFC 3339."""
    whole = int(at)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int((at - whole) * 1000):03d}Z"
