"""Causes: what happens over time and makes a server refuse. Pure: the clock is an argument, the state is bounded.

A rule with a cause answers only where the cause refuses; where it does not, the next rule has the word. Every cause
keeps tests apart by their isolating key.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from statuary.errors import RuleError

__all__ = ["CAUSES", "Greylist", "Quota", "SizeLimit", "Window", "make_cause"]

MAX_KEYS = 10_000
"""The most keys that a cause keeps at once; past it the oldest is forgotten."""
MAX_TIMES = 200_000
"""The most points in time that a window keeps for all its keys together; past it the oldest key is forgotten."""
MAX_EVENTS = 10_000
"""The highest number of a window."""
MAX_SECONDS = 366 * 86_400.0
"""The longest time of a cause, in seconds."""
MAX_OCTETS = 1 << 40
"""The highest number of octets of a cause."""
MAX_KEY_CHARACTERS = 1_000
"""How much of a field's text a cause is kept by, in characters."""

FIELDS = {
    "smtp": ("ip", "sender", "recipient", "domain", "helo", "user"),
    "http": ("ip", "method", "path", "target", "host"),
}
"""The fields that a cause can be kept by, by protocol; in HTTP also those of :data:`GROUPS`."""
GROUPS = ("header", "query", "cookie")
"""Groups of fields of HTTP; a field of one is named with a dot: ``header.x-api-key``."""
NUMBERS = {"smtp": ("connections", "messages"), "http": ("requests",)}
"""What a window counts, by protocol."""

_CASE_TELLS = frozenset({"method", "path", "target"})

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_TIME = re.compile(r"(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)(?P<unit>ms|s|m|h|d)?")

_Kept = TypeVar("_Kept")


class _Memory(Generic[_Kept]):
    """Something for each key, the oldest forgotten past :data:`MAX_KEYS`."""

    __slots__ = ("by", "kept")

    def __init__(self, by: Sequence[str]) -> None:
        for name in by:
            if not any(_may_keep(protocol, name) for protocol in FIELDS):
                raise RuleError(f"a cause cannot be kept by {name!r}: use of {', '.join(FIELDS['smtp'])}")
        self.by = tuple(by)
        self.kept: dict[tuple[str, ...], _Kept] = {}

    def key(self, fields: Mapping[str, str]) -> tuple[str, ...]:
        values = [_folded(name, fields.get(name) or "")[:MAX_KEY_CHARACTERS] for name in self.by]
        return (*values, (fields.get("key") or "")[:MAX_KEY_CHARACTERS])

    def put(self, key: tuple[str, ...], value: _Kept) -> None:
        self.kept[key] = value
        if len(self.kept) > MAX_KEYS:
            self.forget()

    def clear(self, key: str | None) -> list[_Kept]:
        """Forget all, or what an isolating key keeps apart; gives what was forgotten."""
        gone = [each for each in self.kept if key is None or each[-1] == key[:MAX_KEY_CHARACTERS]]
        return [self.kept.pop(each) for each in gone]

    def forget(self) -> _Kept:
        return self.kept.pop(next(iter(self.kept)))


def _may_keep(protocol: str, name: str) -> bool:
    group, dot, rest = name.partition(".")
    return name in FIELDS[protocol] or (protocol == "http" and bool(dot and rest) and group in GROUPS)


def _folded(name: str, text: str) -> str:
    return text if "." in name or name in _CASE_TELLS else text.lower()


class Window:
    """Refuses once more than a number came in a time; what it refuses does not count.

    Args:
        number: how many pass: connections at the stage ``connect``, messages at ``mail`` or ``message``; in HTTP
            requests.
        seconds: in how long a time.
        by: the fields that it counts by; none for one count.

    Raises:
        RuleError: a number, a time or a field is none.
    """

    def __init__(self, number: int, seconds: float, by: Sequence[str] = ("ip",)) -> None:
        self.number = _whole("a window's number", number, MAX_EVENTS)
        self.seconds = _seconds("a window's time", seconds)
        self._times: _Memory[deque[float]] = _Memory(by)
        self._total = 0

    @property
    def by(self) -> tuple[str, ...]:
        """The fields that it hangs on."""
        return self._times.by

    def forget(self, key: str | None = None) -> None:
        """Forget who came; with a key only what this isolates."""
        self._total -= sum(map(len, self._times.clear(key)))

    def refuses(self, fields: Mapping[str, str], now: float) -> bool:
        """Whether it refuses now; else this one counts.

        Args:
            fields: the fields of the stage.
            now: seconds since the epoch.
        """
        key = self._times.key(fields)
        times = self._times.kept.pop(key, None) or deque()
        while times and times[0] <= now - self.seconds:
            times.popleft()
            self._total -= 1
        full = len(times) >= self.number
        if not full:
            times.append(now)
            self._total += 1
        if times:
            self._times.kept[key] = times  # at the end: the oldest key is the one that was longest unheard of
            while len(self._times.kept) > 1 and (len(self._times.kept) > MAX_KEYS or self._total > MAX_TIMES):
                self._total -= len(self._times.forget())
        return full


class Greylist:
    """Refuses a sender that it meets for the first time, until a wait has passed (RFC 6647 §2).

    Args:
        wait: how long, in seconds.
        by: what it remembers; usually address, sender and recipient together.

    Raises:
        RuleError: the time or a field is none.
    """

    def __init__(self, wait: float, by: Sequence[str] = ("ip", "sender", "recipient")) -> None:
        self.wait = _seconds("a greylist's wait", wait)
        self._met: _Memory[float] = _Memory(by)

    @property
    def by(self) -> tuple[str, ...]:
        """The fields that it hangs on."""
        return self._met.by

    def forget(self, key: str | None = None) -> None:
        """Forget whom it met; with a key only what this isolates."""
        self._met.clear(key)

    def refuses(self, fields: Mapping[str, str], now: float) -> bool:
        """Whether the wait has not passed yet; the first meeting starts it.

        Args:
            fields: the fields of the stage.
            now: seconds since the epoch.
        """
        key = self._met.key(fields)
        first = self._met.kept.get(key)
        if first is None:
            self._met.put(key, now)
            return True
        return now - first < self.wait


class SizeLimit:
    """Refuses a message that is larger than a limit, or is declared so (RFC 1870 §6).

    Args:
        octets: how large a message may be.

    Raises:
        RuleError: it is no number of octets.
    """

    def __init__(self, octets: int) -> None:
        self.octets = _whole("a size", octets, MAX_OCTETS)

    @property
    def by(self) -> tuple[str, ...]:
        """The fields that it hangs on: none."""
        return ()

    def forget(self, key: str | None = None) -> None:
        """It remembers nothing."""

    def refuses(self, fields: Mapping[str, str], now: float) -> bool:
        """Whether the message at hand is too large.

        Args:
            fields: of which ``octets`` is the size of the message, or the one that was declared.
            now: seconds since the epoch; nothing hangs on it.
        """
        return _read_octets(fields, "octets") > self.octets


class Quota:
    """Refuses once a mailbox holds a number of octets, or would with the message at hand; a cleared one has room again.

    Args:
        octets: how much a mailbox takes. Mail that the mailbox has dropped for its own limits does not count.

    Raises:
        RuleError: it is no number of octets.
    """

    def __init__(self, octets: int) -> None:
        self.octets = _whole("a quota", octets, MAX_OCTETS)

    @property
    def by(self) -> tuple[str, ...]:
        """The fields that it hangs on: whose mailbox it is."""
        return ("recipient",)

    def forget(self, key: str | None = None) -> None:
        """It remembers nothing: the mailbox does."""

    def refuses(self, fields: Mapping[str, str], now: float) -> bool:
        """Whether the recipient's mailbox has no room.

        Args:
            fields: of which ``held`` is what the mailbox holds, and ``octets`` the size of the message at hand.
            now: seconds since the epoch; nothing hangs on it.
        """
        held = _read_octets(fields, "held")
        return held >= self.octets or held + _read_octets(fields, "octets") > self.octets


def _read_octets(fields: Mapping[str, str], name: str) -> int:
    text = fields.get(name) or ""
    return int(text) if text.isascii() and text.isdigit() else 0


def _window(table: Mapping[str, object], protocol: str) -> Window:
    known = NUMBERS[protocol]
    numbers = [name for name in known if name in table]
    if len(numbers) != 1:
        _only(table, "window", (*known, "seconds", "by"))
        raise RuleError(f"a window has {'either ' if len(known) > 1 else ''}{' or '.join(known)}: how many pass")
    _only(table, "window", (numbers[0], "seconds", "by"))
    number = _whole(f"the {numbers[0]} of a window", table[numbers[0]], MAX_EVENTS)
    return Window(number, _seconds("the seconds of a window", table.get("seconds")), _by(table, ("ip",), protocol))


def _greylist(table: Mapping[str, object], protocol: str) -> Greylist:
    _only(table, "greylist", ("wait", "by"))
    by = _by(table, ("ip", "sender", "recipient"), protocol)
    return Greylist(_seconds("the wait of a greylist", table.get("wait")), by)


def _size(table: Mapping[str, object], protocol: str) -> SizeLimit:
    _only(table, "size", ("octets",))
    return SizeLimit(_whole("the octets of a size", table.get("octets"), MAX_OCTETS))


def _quota(table: Mapping[str, object], protocol: str) -> Quota:
    _only(table, "quota", ("octets",))
    return Quota(_whole("the octets of a quota", table.get("octets"), MAX_OCTETS))


CAUSES: Mapping[str, Callable[[Mapping[str, object], str], Window | Greylist | SizeLimit | Quota]] = {
    "window": _window,
    "greylist": _greylist,
    "size": _size,
    "quota": _quota,
}
"""What a rule file calls each cause, and what makes it of its table."""


def make_cause(name: str, table: object, protocol: str = "smtp") -> Window | Greylist | SizeLimit | Quota:
    """Make a cause of its table in a rule file.

    Args:
        name: a key of :data:`CAUSES`.
        table: such as ``{"messages": 10, "seconds": 60, "by": "ip"}``.
        protocol: whose rule it is: HTTP has windows alone.

    Raises:
        RuleError: there is no such cause, or its table is wrong; the message names what and the mend.
    """
    make = CAUSES.get(name)
    if make is None:
        raise RuleError(f"no cause {name!r}: use one of {', '.join(CAUSES)}")
    if protocol == "http" and name != "window":
        raise RuleError(f"{name} is a cause of smtp: http has window")
    if not isinstance(table, Mapping):
        raise RuleError(f"{name} is a table, such as {{ octets = 1000000 }}")
    return make(table, protocol)


def _only(table: Mapping[str, object], name: str, known: Sequence[str]) -> None:
    for key in table:
        if key not in known:
            raise RuleError(f"{name} has no {key!r}: use of {', '.join(known)}")


def _by(table: Mapping[str, object], usual: Sequence[str], protocol: str) -> Sequence[str]:
    by = table.get("by", usual)
    names = (by,) if isinstance(by, str) else by
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise RuleError("by is a field or a list of fields")
    for name in names:
        if not _may_keep(protocol, name):
            known = (*FIELDS[protocol], *(f"{group}.NAME" for group in GROUPS if protocol == "http"))
            raise RuleError(f"a cause cannot be kept by {name!r}: use of {', '.join(known)}")
    return tuple(name.lower() if name.startswith("header.") else name for name in names)


def _whole(what: str, number: object, highest: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= highest:
        raise RuleError(f"{what} is a whole number from 0 to {highest}")
    return number


def _seconds(what: str, given: object) -> float:
    if isinstance(given, str) and (match := _TIME.fullmatch(given)):
        given = float(match["number"]) * _UNITS[match["unit"] or ""]
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= MAX_SECONDS:
        raise RuleError(f"{what} is a time such as 60, 90s, 5m or 1h, of at most {MAX_SECONDS:.0f} seconds")
    return float(given)
