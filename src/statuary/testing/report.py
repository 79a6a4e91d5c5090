"""What a check that fails says: what was expected, what came nearest, what was said on the wire, and the seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from statuary.serve.export import transcript
from statuary.serve.journal import Exchange, MemoryJournal
from statuary.serve.seen import Filter, NearMiss, near_exchanges, select

__all__ = ["MAX_SHOWN_NUMBERS", "Bounds", "VerificationFailed", "counted", "failure", "shown"]

MAX_SHOWN_EXCHANGES = 50
"""How many exchanges a failure shows, the last ones."""
MAX_SHOWN_NUMBERS = 20
"""How many numbers of exchanges a failure lists."""


class VerificationFailed(AssertionError):
    """Something did not come as a test expected it; its text has the transcript and the seed.

    Args:
        text: all that there is to say.
        server: whose transcript it has.
    """

    def __init__(self, text: str, server: object = None) -> None:
        self.server = server
        super().__init__(text)


class Bounds:
    """How many exchanges are wanted.

    Args:
        count: exactly so many.
        at_least: the least; 1 where nothing is said.
        at_most: the highest.

    Raises:
        ValueError: they do not go together, or one is negative.
    """

    def __init__(self, count: int | None = None, at_least: int | None = None, at_most: int | None = None) -> None:
        if count is not None and (at_least is not None or at_most is not None):
            raise ValueError("count stands alone: use at_least and at_most for a range")
        if any(asked is not None and asked < 0 for asked in (count, at_least, at_most)):
            raise ValueError("a number of exchanges is not negative")
        if count is None and at_least is None and at_most is None:
            at_least = 1
        self.low = count if count is not None else at_least or 0
        self.high = count if count is not None else at_most
        if self.high is not None and self.high < self.low:
            raise ValueError("at_most is less than at_least")

    def holds(self, number: int) -> bool:
        """Whether a number is within."""
        return self.low <= number and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        if self.low == self.high:
            return f"exactly {self.low}"
        words = [f"at least {self.low}"] if self.low else []
        if self.high is not None:
            words.append(f"at most {self.high}")
        return " and ".join(words) or "any number"


def counted(number: int, one: str, several: str) -> str:
    """A number and its noun."""
    return f"{number} {one if number == 1 else several}"


def shown(given: Mapping[str, Any]) -> str:
    """What was asked for, as it was written."""
    return ", ".join(f"{name}={value!r}" for name, value in given.items())


def failure(
    problems: Sequence[str],
    journal: MemoryJournal,
    seed: int,
    *,
    near: Filter | None = None,
    lost: int = 0,
    protocol: str = "",
) -> str:
    """The whole text of a failure.

    Args:
        problems: what is wrong, a sentence each.
        journal: what happened.
        seed: what was drawn from.
        near: what nearly fitting exchanges are looked for.
        lost: how many exchanges the journal had to forget.
        protocol: whose exchanges are shown; empty for all.
    """
    lines = list(problems)
    if lost:
        lines.append(
            f"the journal could not keep {counted(lost, 'exchange', 'exchanges')}: "
            "numbers are not proven; clear() before what is counted"
        )
    misses = near_exchanges(journal, near) if near is not None else []
    if misses:
        lines.append("nearest to it:")
        known = dict(journal)
        lines += [f"  {_miss(miss, known.get(miss.number))}" for miss in misses]
    exchanges = [exchange for _, exchange in select(journal, Filter(protocol=protocol))]
    lines += _said(exchanges)
    lines.append(f"seed {seed}: --statuary-seed={seed}, STATUARY_SEED={seed} or seed={seed} draws the same again")
    return "\n".join(lines)


def _miss(miss: NearMiss, exchange: Exchange | None) -> str:
    what = f"{exchange.stage} {exchange.code}".strip() if exchange is not None else ""
    differing = "; ".join(
        f"{each.field} is {each.found!r}, not {each.expected!r}"
        if each.found is not None
        else f"there is no {each.field}"
        for each in miss.differences
    )
    return f"exchange {miss.number} ({what}): {differing}"


def _said(exchanges: Sequence[Exchange]) -> Iterable[str]:
    if not exchanges:
        return ["nothing was said"]
    last = exchanges[-MAX_SHOWN_EXCHANGES:]
    left_out = len(exchanges) - len(last)
    head = f"what was said, without the first {counted(left_out, 'exchange', 'exchanges')}:" if left_out else ""
    return [head or "what was said:", *(f"  {line}" for line in transcript(last).splitlines())]
