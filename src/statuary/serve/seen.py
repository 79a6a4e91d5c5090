"""Reads the journal again: the fields that rules would see in an exchange, which exchanges fit, and what nearly did."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from statuary.errors import RuleError
from statuary.scenario.patterns import write_pattern
from statuary.scenario.rules import Pattern, Rule, fits
from statuary.serve.fields import HttpFields, LazyFields, SmtpFields
from statuary.serve.journal import Exchange, MemoryJournal
from statuary.wire.smtp import Mailbox

__all__ = [
    "Difference",
    "Filter",
    "NearMiss",
    "Seen",
    "Watch",
    "differences",
    "follow",
    "near_exchanges",
    "near_misses",
    "request_parts",
    "select",
]

MAX_CONNECTIONS = 10_000
"""The most connections whose dialogue is followed at once."""
MAX_NEAR_MISSES = 3
"""How many near misses are given."""
MAX_NEAR_RULES = 5_000
"""How many rules are looked at for near misses."""
MAX_SHOWN_CHARACTERS = 200
"""How much of a field's value is shown in a difference."""

_ADDRESSED = re.compile(rb"(?i)(?:MAIL[ \t]+FROM|RCPT[ \t]+TO):[ \t]*<([^<>\r\n]*)>")
_CHUNK = re.compile(rb"([0-9A-Fa-f]+)[^\r\n]*\r?\n")


class Filter(NamedTuple):
    """What exchanges are wanted; an empty text, 0 and None ask for nothing.

    Args:
        protocol: ``http`` or ``smtp``.
        stage: the stage.
        code: the code, such as ``452``; ``4*`` and other patterns of rules go as well.
        peer: the client's address, with or without its port.
        rule: the name of the rule or the script that decided.
        key: what isolates a test; None for all tests.
        connection: the number of the connection.
        after: only exchanges with a higher number.
        match: field to pattern, as in rules.
    """

    protocol: str = ""
    stage: str = ""
    code: str = ""
    peer: str = ""
    rule: str = ""
    key: str | None = None
    connection: int = 0
    after: int = 0
    match: Mapping[str, Pattern] = {}

    def takes(self, number: int, exchange: Exchange) -> bool:
        """Whether an exchange is wanted, but for its fields."""
        return (
            number > self.after
            and self.protocol in ("", exchange.protocol)
            and self.stage in ("", exchange.stage)
            and (not self.code or fits("code", self.code, {"code": exchange.code}))
            and self.peer in ("", exchange.peer, exchange.peer.rpartition(":")[0])
            and self.rule in ("", exchange.rule)
            and self.key in (None, exchange.key)
            and self.connection in (0, exchange.connection)
        )


class Seen(NamedTuple):
    """An exchange of the journal.

    Args:
        number: its number.
        exchange: the exchange.
        fields: the fields that rules would have seen.
    """

    number: int
    exchange: Exchange
    fields: LazyFields


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


def request_parts(raw: bytes) -> tuple[str, str, list[tuple[str, str]], bytes]:
    """A journalled request: method, target, header fields with names in small letters, and content.

    Args:
        raw: the octets, whole or cut.
    """
    head, _, body = raw.lstrip(b"\r\n").partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\n")
    words = lines[0].split()
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.lower(), value.strip()))
    if any(name == "transfer-encoding" and "chunked" in value.lower() for name, value in headers):
        body = _without_chunks(body)
    return words[0] if words else "", words[1] if len(words) > 1 else "", headers, body


def _without_chunks(body: bytes) -> bytes:
    """The content of a chunked body (RFC 9112 §7.1), as far as it is whole."""
    pieces: list[bytes] = []
    at = 0
    while (match := _CHUNK.match(body, at)) and (size := int(match[1][:8], 16)):
        pieces.append(body[match.end() : match.end() + size])
        at = match.end() + size + 2
    return b"".join(pieces)


class _Dialogue:
    """What an SMTP dialogue has come to."""

    __slots__ = ("helo", "recipients", "sender")

    def __init__(self) -> None:
        self.helo = ""
        self.sender: Mailbox | None = None
        self.recipients: list[Mailbox] = []

    def fields(self, exchange: Exchange) -> SmtpFields:
        """The fields of a stage; then the dialogue has gone on by it."""
        path = None
        if exchange.stage in ("mail", "rcpt") and (match := _ADDRESSED.search(exchange.request)):
            path = _mailbox(match[1].decode("utf-8", "replace"))
        if exchange.stage == "ehlo":
            self.helo = exchange.request.decode("latin-1").partition(" ")[2].strip()
        if exchange.stage in ("mail", "ehlo", "rset"):
            self.sender, self.recipients = path if exchange.stage == "mail" else None, []
        content = exchange.request if exchange.stage == "message" else b""
        ip = exchange.peer.rpartition(":")[0]
        recipients = tuple(self.recipients)
        fields = SmtpFields(self.sender, path, recipients, self.helo, ip, exchange.key, content)
        if exchange.stage == "rcpt" and path is not None:
            self.recipients.append(path)
        elif exchange.stage == "message":
            self.sender, self.recipients = None, []
        return fields


def _mailbox(address: str) -> Mailbox:
    local_part, _, domain = address.rpartition("@")
    return Mailbox(local_part, domain, address, address)


class _Follower:
    """Goes through exchanges in their order and knows what each dialogue has come to."""

    def __init__(self) -> None:
        self._dialogues: dict[int, _Dialogue] = {}

    def see(self, number: int, exchange: Exchange) -> Seen:
        """The next exchange with its fields."""
        if exchange.protocol == "http":
            method, target, headers, body = request_parts(exchange.request)
            ip = exchange.peer.rpartition(":")[0]
            return Seen(number, exchange, HttpFields(method, target, headers, body, ip, exchange.key))
        dialogues = self._dialogues
        if exchange.stage == "connect" or exchange.connection not in dialogues:
            if len(dialogues) >= MAX_CONNECTIONS:
                dialogues.clear()
            dialogues[exchange.connection] = _Dialogue()
        return Seen(number, exchange, dialogues[exchange.connection].fields(exchange))


def follow(journal: MemoryJournal) -> Iterator[Seen]:
    """Every exchange that is kept, with its fields, oldest first."""
    follower = _Follower()
    return (follower.see(number, exchange) for number, exchange in journal)


class Watch:
    """Counts the exchanges that fit, and looks at each only once however often it is asked.

    Args:
        journal: where they are.
        wanted: what fits.
    """

    def __init__(self, journal: MemoryJournal, wanted: Filter) -> None:
        self._journal = journal
        self._wanted = _from_cleared(journal, wanted)
        self._follower = _Follower()
        self._last = 0
        self._count = 0

    def count(self) -> int:
        """How many have fitted by now."""
        first, exchanges = self._journal.since(self._last, self._journal.max_exchanges)
        for number, exchange in enumerate(exchanges, first):
            if self._wanted.match:
                seen = self._follower.see(number, exchange)
                fitting = self._wanted.takes(number, exchange) and not differences(self._wanted.match, seen.fields)
            else:
                fitting = self._wanted.takes(number, exchange)
            self._count += fitting
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
    wanted = _from_cleared(journal, wanted)
    if not wanted.match:
        yield from ((number, exchange) for number, exchange in journal if wanted.takes(number, exchange))
        return
    for seen in follow(journal):
        if wanted.takes(seen.number, seen.exchange) and not differences(wanted.match, seen.fields):
            yield seen.number, seen.exchange


def differences(match: Mapping[str, Pattern], fields: Mapping[str, str]) -> tuple[Difference, ...]:
    """The fields that do not fit, in the order of the patterns."""
    found: list[Difference] = []
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
        protocol: of the event.
        stage: of the event; empty for all of the protocol.
        fields: its fields.
    """
    found = [
        NearMiss(rule.name, 0, differing)
        for rule in islice(rules, MAX_NEAR_RULES)
        if rule.protocol == protocol and stage in ("", rule.stage) and (differing := differences(rule.match, fields))
    ]
    return _nearest(found)


def near_exchanges(journal: MemoryJournal, wanted: Filter) -> list[NearMiss]:
    """The exchanges that came nearest to a filter that none, or too few, fitted; the nearest first."""
    found: list[NearMiss] = []
    wanted = _from_cleared(journal, wanted)
    for seen in follow(journal):
        exchange = seen.exchange
        if seen.number <= wanted.after or wanted.key not in (None, exchange.key):
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
    return sorted(found, key=lambda miss: len(miss.differences))[:MAX_NEAR_MISSES]
