"""Reads the journal again: the fields that rules would see in an exchange, which exchanges fit, and what nearly did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import islice
from typing import Any, NamedTuple

from statuary.errors import RuleError
from statuary.scenario.patterns import write_pattern
from statuary.scenario.rules import Pattern, Rule, fits
from statuary.serve.dialogue import Seen, follow, request_parts, request_url
from statuary.serve.fields import LazyFields
from statuary.serve.journal import Exchange, MemoryJournal
from statuary.serve.sieve import Filter, Sieve, belonging

__all__ = [
    "Difference",
    "Filter",
    "NearMiss",
    "Seen",
    "Watch",
    "differences",
    "fitting",
    "follow",
    "near_exchanges",
    "near_misses",
    "request_parts",
    "request_url",
    "select",
]

MAX_NEAR_MISSES = 3
"""How many near misses are given."""
MAX_NEAR_RULES = 5_000
"""How many rules are looked at for near misses."""
MAX_WEIGHED = 1_000
"""How many of them, those with the fewest differences, are weighed by how much they differ."""
MAX_SHOWN_CHARACTERS = 200
"""How much of a field's value is shown in a difference."""

_NAMING = frozenset({"path", "target", "recipient"})
"""The fields that say what was asked for; a rule for something else is further away than one for another way to ask."""


class Difference(NamedTuple):
    """A field that differs.

    Args:
        field: its name.
        expected: the pattern, as a table has it.
        found: its value; None where it is not there.
    """

    field: str
    expected: Any
    found: str | None


class NearMiss(NamedTuple):
    """Something that nearly fitted.

    Args:
        name: of the rule; empty for an exchange.
        number: of the exchange; 0 for a rule.
        differences: the fields in which it differs.
    """

    name: str
    number: int
    differences: tuple[Difference, ...]


class Watch:
    """Counts the exchanges that fit, and looks at each only once however often it is asked.

    Args:
        journal: where they are.
        wanted: what fits.
    """

    def __init__(self, journal: MemoryJournal, wanted: Filter) -> None:
        self._journal = journal
        self._sieve = Sieve(_from_cleared(journal, wanted))
        self._last = 0
        self._count = 0

    def count(self) -> int:
        """How many have fitted by now."""
        first, exchanges = self._journal.since(self._last, self._journal.max_exchanges)
        for number, exchange in enumerate(exchanges, first):
            self._count += len(self._sieve.see(number, exchange))
            self._last = number
        return self._count


def _from_cleared(journal: MemoryJournal, wanted: Filter) -> Filter:
    """A filter that leaves out what a key's readers have cleared."""
    if wanted.key is None:
        return wanted
    return wanted._replace(after=max(wanted.after, journal.cleared(wanted.key)))


def select(journal: MemoryJournal, wanted: Filter) -> Iterator[tuple[int, Exchange]]:
    """The exchanges that fit, oldest first.

    Args:
        journal: where they are.
        wanted: what fits; what a key's readers have cleared is left out.
    """
    sieve = Sieve(_from_cleared(journal, wanted))
    if wanted.key is None:
        yield from ((number, exchange) for number, exchange in journal if sieve.see(number, exchange))
        return
    kept = dict(journal)  # what a session says of its test is known late
    found = [place for number, exchange in kept.items() for place in sieve.see(number, exchange)]
    yield from ((number, kept[number]) for number in sorted(found))


def fitting(journal: MemoryJournal, wanted: Filter) -> list[Seen]:
    """The exchanges that fit, oldest first, with their fields; see :func:`select`."""
    numbers = {number for number, _ in select(journal, wanted)}
    return [seen for seen in follow(journal) if seen.number in numbers]


def differences(match: Mapping[str, Pattern], fields: Mapping[str, str]) -> tuple[Difference, ...]:
    """The fields that do not fit, in the order of the patterns."""
    found: list[Difference] = []
    if isinstance(fields, LazyFields):
        fields = fields.facing(match)
    for name, pattern in match.items():
        if not fits(name, pattern, fields):
            value = fields.get(name)
            try:
                expected = write_pattern(pattern)
            except RuleError:
                expected = str(pattern)
            found.append(Difference(name, expected, value[:MAX_SHOWN_CHARACTERS] if value is not None else None))
    return tuple(found)


def near_misses(rules: Iterable[Rule], protocol: str, stage: str, fields: Mapping[str, str]) -> list[NearMiss]:
    """The rules of a stage that came nearest to matching, the nearest first.

    Args:
        rules: the rules in force.
        protocol: of the event; empty for any.
        stage: of the event; empty for all.
        fields: its fields.
    """
    found = [
        NearMiss(rule.name, 0, differing)
        for rule in islice(rules, MAX_NEAR_RULES)
        if protocol in ("", rule.protocol)
        and stage in ("", rule.stage)
        and (differing := differences(rule.match, fields))
    ]
    return _nearest(found)


def near_exchanges(journal: MemoryJournal, wanted: Filter) -> list[NearMiss]:
    """The exchanges that came nearest to a filter that none, or too few, fitted; the nearest first."""
    found: list[NearMiss] = []
    wanted = _from_cleared(journal, wanted)
    ours = None if wanted.key is None else belonging(journal, wanted.key)
    for seen in follow(journal):
        exchange = seen.exchange
        if seen.number <= wanted.after or (ours is not None and seen.number not in ours):
            continue
        differing = list(differences(wanted.match, seen.fields))
        for name in ("protocol", "stage", "code", "rule"):
            expected, value = getattr(wanted, name), getattr(exchange, name)
            if expected and not fits(name, expected, {name: value}):
                differing.append(Difference(name, expected, value))
        if differing:
            found.append(NearMiss("", seen.number, tuple(differing)))
    found.reverse()  # among equals the newest is the likelier one
    return _nearest(found)


def _nearest(found: Sequence[NearMiss]) -> list[NearMiss]:
    """Those that differ least: in few fields, and in these by little, as a mistyped path does."""
    few = sorted(found, key=lambda miss: len(miss.differences))[:MAX_WEIGHED]
    return sorted(few, key=lambda miss: sum(map(_weight, miss.differences)))[:MAX_NEAR_MISSES]


def _weight(difference: Difference) -> float:
    expected = difference.expected
    if isinstance(expected, Mapping):
        expected = next(iter(expected.values()), None)
    alike = 0.0
    if isinstance(expected, str) and difference.found:
        shown = expected[:MAX_SHOWN_CHARACTERS]
        alike = SequenceMatcher(None, shown, difference.found, autojunk=False).ratio()
    return (2.0 if difference.field in _NAMING else 1.0) * (1.0 - alike / 2)
