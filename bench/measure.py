"""Windows, pairs of windows, ratios; processor time of process trees; which core does what."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

__all__ = ["Cores", "Ratio", "Window", "compare", "cost_ratio", "cpu_seconds", "find_cores", "on_core", "rate_ratio"]

FULL = 0.9
"""The share of its core from which on a server counts as the limit of its window."""

_TICKS = os.sysconf("SC_CLK_TCK")


class Cores(NamedTuple):
    """Which core serves and which one makes the load."""

    server: int
    load: int


class Window(NamedTuple):
    """What one short measurement saw.

    Args:
        answers: requests, messages or transactions answered.
        seconds: how long it took.
        server_cpu: processor seconds of the server.
        load_cpu: processor seconds of the load generator.
    """

    answers: int
    seconds: float
    server_cpu: float
    load_cpu: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def cost(self) -> float:
        """Processor seconds of the server for each answer."""
        return self.server_cpu / self.answers

    @property
    def full(self) -> bool:
        """Whether the server was the limit, and not the load generator or somebody else on the machine."""
        return self.server_cpu >= FULL * self.seconds


class Ratio(NamedTuple):
    """Ours to the reference's, over several pairs.

    Args:
        median: of the pairs' ratios.
        low: the smallest.
        high: the largest.
        by: what was compared: ``rate``, ``CPU``, ``time`` or ``memory``.
    """

    median: float
    low: float
    high: float
    by: str

    @classmethod
    def of(cls, values: list[float], by: str) -> Ratio:
        """Summarize the ratios of pairs."""
        return cls(median(values), min(values), max(values), by)


def find_cores() -> Cores:
    """The first two cores that this process may use.

    Raises:
        SystemExit: there is only one.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise SystemExit("bench: two cores are needed, one for the server and one for the load")
    return Cores(cores[0], cores[1])


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run the block, and for good whatever it starts, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its living children, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / _TICKS
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cpu_seconds(int(child)) for child in children)


def compare(ours: Callable[[], Window], theirs: Callable[[], Window], rounds: int) -> list[tuple[Window, Window]]:
    """Measure side by side: pairs of windows, the order turned round from pair to pair.

    One window of each goes before, unmeasured, so that caches are warm and rates are known.
    """
    ours()
    theirs()
    pairs = []
    for number in range(rounds):
        if number % 2:
            mine, other = ours(), theirs()
        else:
            other, mine = theirs(), ours()
        pairs.append((mine, other))
    return pairs


def rate_ratio(pairs: list[tuple[Window, Window]]) -> Ratio:
    """How many times as fast we are; where a server did not fill its core, by processor time an answer instead."""
    if all(mine.full and other.full for mine, other in pairs):
        return Ratio.of([mine.rate / other.rate for mine, other in pairs], "rate")
    return Ratio.of([other.cost / mine.cost for mine, other in pairs], "CPU")


def cost_ratio(pairs: list[tuple[Window, Window]]) -> Ratio:
    """How many times as much processor time an answer takes us."""
    return Ratio.of([mine.cost / other.cost for mine, other in pairs], "CPU")
