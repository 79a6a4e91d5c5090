"""Which exchanges of the journal are meant: by what they are, by their fields, and by the test that they belong to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from statuary.errors import RuleError
from statuary.scenario.address import REPORT_STAGES
from statuary.scenario.rules import FIELDS, GROUPS, Pattern, check_field, fits
from statuary.serve.dialogue import MAX_CONNECTIONS, Follower
from statuary.serve.fields import LazyFields
from statuary.serve.journal import Exchange

__all__ = ["Filter", "Sieve", "belonging", "is_meant", "protocol_of"]

MAX_HELD_BEFORE = 100
"""The most exchanges of a session outside of transactions that wait for it to name a key; the oldest are let go."""
MAX_HELD_INSIDE = 1000
"""The most of a transaction; likewise."""
MAX_HELD = 10_000
"""The most of all sessions that one reader waits for; likewise."""
MAX_SHOWN_CHARACTERS = 200
"""How much of the names of fields an error shows, in characters."""

_TRANSACTION = frozenset({"mail", "rcpt", "data", "bdat", "message", *REPORT_STAGES})
_MESSAGE = frozenset({"message", *REPORT_STAGES})
_BETWEEN = frozenset({"connect", "ehlo", "starttls", "auth", "rset", "quit"})


class Filter(NamedTuple):
    """What exchanges are wanted; an empty text, 0 and None ask for nothing.

    Args:
        protocol: ``http`` or ``smtp``.
        stage: the stage.
        code: the code, such as ``452``; ``4*`` and other patterns of rules go as well.
        peer: the client's address, with or without its port.
        rule: the name of the rule or the script that decided.
        key: what isolates a test; None for all tests. What a session said before it named the key belongs to it.
        connection: the number of the connection.
        after: only exchanges with a higher number.
        text: what the octets of either direction hold, as UTF-8.
        match: field to pattern, as in rules; any recipient of a transaction may be the one.
    """

    protocol: str = ""
    stage: str = ""
    code: str = ""
    peer: str = ""
    rule: str = ""
    key: str | None = None
    connection: int = 0
    after: int = 0
    text: str = ""
    match: Mapping[str, Pattern] = {}

    def takes(self, number: int, exchange: Exchange) -> bool:
        """Whether an exchange is wanted, but for its fields and its key."""
        return (
            number > self.after
            and self.protocol in ("", exchange.protocol)
            and self.stage in ("", exchange.stage)
            and (not self.code or fits("code", self.code, {"code": exchange.code}))
            and self.peer in ("", exchange.peer, exchange.peer.rpartition(":")[0])
            and self.rule in ("", exchange.rule)
            and self.connection in (0, exchange.connection)
            and (not self.text or self._is_said(exchange))
        )

    def _is_said(self, exchange: Exchange) -> bool:
        octets = self.text.encode("utf-8", "surrogatepass")
        return octets in exchange.request or octets in exchange.response


def protocol_of(protocol: str, names: Iterable[str]) -> str:
    """The protocol whose exchanges a filter means, from the fields that it names; empty where several have them all.

    Args:
        protocol: the one that was asked for; empty for any.
        names: of fields.

    Raises:
        RuleError: the protocol that was asked for lacks a field, or none has them all.
    """
    wanted = tuple(names)
    if not wanted:
        return protocol
    if protocol:
        if protocol not in FIELDS:
            raise RuleError(f"there are no fields of {protocol!r}: leave match out, or use of {', '.join(FIELDS)}")
        _check_fields(protocol, wanted)
        return protocol
    having = [each for each in FIELDS if _has_fields(each, wanted)]
    if not having:
        known = "; ".join(f"{each} has {', '.join((*FIELDS[each], *GROUPS[each]))}" for each in FIELDS)
        raise RuleError(f"no protocol has all of these fields: {', '.join(wanted)[:MAX_SHOWN_CHARACTERS]} ({known})")
    return having[0] if len(having) == 1 else ""


def _check_fields(protocol: str, names: Iterable[str]) -> None:
    for name in names:
        check_field(protocol, "request" if protocol == "http" else "message", name)


def _has_fields(protocol: str, names: Iterable[str]) -> bool:
    try:
        _check_fields(protocol, names)
    except RuleError:
        return False
    return True


def is_meant(match: Mapping[str, Pattern], fields: LazyFields) -> bool:
    """Whether the fields of an exchange fit every pattern.

    Args:
        match: field to pattern.
        fields: those of the exchange.
    """
    facing = fields.facing(match)
    return all(fits(name, pattern, facing) for name, pattern in match.items())


class _Session:
    """What a connection has said that nobody has named the key for yet."""

    __slots__ = ("before", "inside", "named", "named_inside", "open")

    def __init__(self) -> None:
        self.named = False
        """Whether the connection has named the key."""
        self.before: deque[int] = deque(maxlen=MAX_HELD_BEFORE)
        """Its exchanges outside of transactions, until it does."""
        self.open = ""
        """The stage by which a transaction was last seen; empty outside of one."""
        self.named_inside = False
        """Whether the transaction has named the key."""
        self.inside: deque[int] = deque(maxlen=MAX_HELD_INSIDE)
        """Its exchanges, until it does."""

    def leave(self) -> None:
        """The transaction is over."""
        self.open = ""
        self.named_inside = False
        self.inside.clear()


class _Belonging:
    """Finds what belongs to a key, as it comes.

    An address names the key only in the midst of a dialogue. What the dialogue said outside of transactions (greeting,
    EHLO, STARTTLS, AUTH, RSET, QUIT) then belongs to every key that it names; what it said inside of one, only to the
    keys of that transaction.

    Args:
        key: what isolates a test.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._sessions: dict[int, _Session] = {}

    def see(self, number: int, exchange: Exchange) -> list[int]:
        """The numbers of the exchanges that are now known to belong to the key, in order.

        Args:
            number: of the next exchange.
            exchange: the next one.
        """
        if exchange.protocol != "smtp":
            return [number] if exchange.key == self._key else []
        session = self._sessions.get(exchange.connection)
        if session is None or exchange.stage == "connect":
            if len(self._sessions) >= MAX_CONNECTIONS:
                self._sessions.clear()
            session = self._sessions[exchange.connection] = _Session()
        inside = self._place(session, exchange.stage)
        if exchange.key == self._key:
            return self._name(session, number, inside=inside)
        if exchange.key:
            return []
        if session.named_inside if inside else session.named:
            return [number]
        (session.inside if inside else session.before).append(number)
        return []

    @staticmethod
    def _place(session: _Session, stage: str) -> bool:
        """Whether a stage belongs to a transaction; the session has gone on by it."""
        if stage == "mail":
            session.leave()
        if stage in _BETWEEN or (session.open in _MESSAGE and stage not in _MESSAGE):
            session.leave()
        if stage in _TRANSACTION:
            session.open = stage
        return bool(session.open)

    @staticmethod
    def _name(session: _Session, number: int, *, inside: bool) -> list[int]:
        found = [number]
        if not session.named:
            session.named = True
            found += session.before
            session.before.clear()
        if inside and not session.named_inside:
            session.named_inside = True
            found += session.inside
            session.inside.clear()
        found.sort()
        return found


class Sieve:
    """Says which exchanges are wanted, as they come.

    Args:
        wanted: what is wanted.
    """

    def __init__(self, wanted: Filter) -> None:
        self._wanted = wanted
        self._follower = Follower() if wanted.match else None
        self._belonging = _Belonging(wanted.key) if wanted.key is not None else None
        self._held: dict[int, None] = {}

    def see(self, number: int, exchange: Exchange) -> list[int]:
        """The numbers of the exchanges that are now known to be wanted, in order.

        One that came before its session named the key is given as soon as it does.

        Args:
            number: of the next exchange.
            exchange: the next one; none may be left out.
        """
        wanted = self._wanted.takes(number, exchange)
        if self._follower is not None and (
            wanted or exchange.protocol == "smtp"
        ):  # dialogues are followed, requests not
            fields = self._follower.see(number, exchange).fields
            wanted = wanted and is_meant(self._wanted.match, fields)
        if self._belonging is None:
            return [number] if wanted else []
        if wanted and exchange.key in ("", self._wanted.key):
            self._held[number] = None
            if len(self._held) > MAX_HELD:
                del self._held[next(iter(self._held))]
        found = [each for each in self._belonging.see(number, exchange) if each in self._held]
        for each in found:
            del self._held[each]
        return found


def belonging(exchanges: Iterable[tuple[int, Exchange]], key: str) -> frozenset[int]:
    """The numbers of the exchanges that belong to a key.

    Args:
        exchanges: with their numbers, in order and without gaps.
        key: what isolates a test.
    """
    sessions = _Belonging(key)
    return frozenset(found for number, exchange in exchanges for found in sessions.see(number, exchange))
