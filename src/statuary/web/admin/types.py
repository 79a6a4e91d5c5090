"""The types of the admin API's JSON: what is read is checked against them, and its document is made from them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

__all__ = [
    "Cleared",
    "Count",
    "Counts",
    "Differing",
    "ErrorShape",
    "ExchangeFilter",
    "ExchangeShape",
    "Exchanges",
    "FoundExchanges",
    "Health",
    "Match",
    "MessageShape",
    "Messages",
    "NearMissShape",
    "NearMisses",
    "NearRequest",
    "RuleShape",
    "RuleTable",
    "Rules",
    "RulesBody",
    "Seed",
    "State",
    "States",
    "Verdict",
    "Verify",
    "Version",
    "Wait",
    "WaitMessages",
]

Match = dict[str, Any]
"""Field to pattern; groups (``header``, ``query``, ``cookie``) are objects of their own."""


class ErrorShape(Struct):
    """Every error."""

    error: str
    message: str
    detail: dict[str, Any] = field(default_factory=dict)


class RuleTable(Struct, omit_defaults=True):
    """A rule, as rule files have it; docs/rules.md says what the keys mean."""

    protocol: str
    answer: str
    name: str = ""
    stage: str = "request"
    match: Match = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    priority: int = 0
    then: str = "pass"
    scenario: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    headers: dict[str, Any] = field(default_factory=dict)
    body: str = ""
    json: Any = None
    base64: str = ""
    text: str = ""
    window: dict[str, Any] = field(default_factory=dict)
    greylist: dict[str, Any] = field(default_factory=dict)
    quota: dict[str, Any] = field(default_factory=dict)
    size: dict[str, Any] = field(default_factory=dict)


class Remaining(Struct):
    """What is left of a counted script under one key."""

    values: str
    key: str
    asked: int
    remaining: int | None


class RuleShape(Struct):
    """A rule in force: its table, where it comes from, and its counts; ``remaining`` is null without an end."""

    rule: RuleTable
    origin: str
    asked: int
    counts: list[Remaining]


class Rules(Struct):
    """The rules in force, and what is wrong in the rule files as they are now."""

    rules: list[RuleShape]
    total: int
    version: int
    faults: list[str]


class RulesBody(Struct):
    """Rules to add, or to put in place of all."""

    rules: list[dict[str, Any]]


class Count(Struct):
    """A count and what it is kept by."""

    subject: str
    values: str
    key: str
    uses: int


class Counts(Struct):
    """Counts; ``forgotten`` are those that a limit made the server forget."""

    counts: list[Count]
    total: int
    forgotten: int


class State(Struct):
    """The state of a scenario under a key."""

    name: str
    state: str
    key: str = ""


class States(Struct):
    """The scenarios that rules name, and those that were changed."""

    states: list[State]


class ExchangeFilter(Struct, forbid_unknown_fields=True):
    """What exchanges are wanted; what is left out asks for nothing."""

    protocol: str = ""
    stage: str = ""
    code: str = ""
    peer: str = ""
    rule: str = ""
    key: str | None = None
    connection: int = 0
    after: int = 0
    text: str = ""
    match: Match = field(default_factory=dict)


class ExchangeShape(Struct):
    """An exchange: octets as text, each octet one character (ISO 8859-1)."""

    number: int
    at: str
    protocol: str
    connection: int
    peer: str
    stage: str
    request: str
    response: str
    code: str
    rule: str
    step: int
    asked: int
    note: str
    key: str
    tls: bool


class Exchanges(Struct):
    """Exchanges, oldest first; ``dropped`` are those that are no longer kept."""

    total: int
    dropped: int
    exchanges: list[ExchangeShape]


class Wait(Struct, forbid_unknown_fields=True):
    """Wait until so many exchanges fit, at most so many seconds."""

    filter: ExchangeFilter = field(default_factory=ExchangeFilter)
    count: int = 1
    timeout: float = 10.0


class FoundExchanges(Struct):
    """What had come when the wait ended; ``met`` says whether it was enough."""

    met: bool
    count: int
    exchanges: list[ExchangeShape]


class Verify(Struct, forbid_unknown_fields=True):
    """How many exchanges must fit: exactly so many, or at least and at most; without any, at least one."""

    filter: ExchangeFilter = field(default_factory=ExchangeFilter)
    exactly: int | None = None
    at_least: int | None = None
    at_most: int | None = None


class Differing(Struct):
    """A field that differs: the pattern, and its value; null where it is not there."""

    field: str
    expected: Any
    found: str | None


class NearMissShape(Struct):
    """A rule, or an exchange, that nearly fitted."""

    rule: str
    exchange: int
    differences: list[Differing]


class Verdict(Struct):
    """Whether as many exchanges fitted as were asked for."""

    ok: bool
    count: int
    expected: str
    seed: int
    numbers: list[int]
    transcript: str
    near_misses: list[NearMissShape]


class NearRequest(Struct, forbid_unknown_fields=True):
    """An exchange by its number, or an event by its fields, to be held against the rules; or a filter of exchanges."""

    exchange: int = 0
    filter: ExchangeFilter | None = None
    protocol: str = ""
    stage: str = ""
    fields: dict[str, str] = field(default_factory=dict)


class NearMisses(Struct):
    """The rules, or the exchanges, that nearly fitted, the nearest first."""

    near_misses: list[NearMissShape]


class MessageShape(Struct):
    """A message: its content as text, each octet one character (ISO 8859-1)."""

    number: int
    at: float
    connection: int
    sender: str
    recipients: list[str]
    octets: int
    key: str
    content: str


class Messages(Struct):
    """Messages, oldest first; ``dropped`` are those that are no longer kept."""

    total: int
    dropped: int
    messages: list[MessageShape]


class WaitMessages(Struct, forbid_unknown_fields=True):
    """Wait until so many messages have come, at most so many seconds."""

    count: int = 1
    timeout: float = 10.0
    key: str | None = None
    sender: str = ""
    recipient: str = ""
    after: int = 0


class Cleared(Struct):
    """How many were forgotten, and how many there have been."""

    cleared: int
    total: int


class Seed(Struct, forbid_unknown_fields=True):
    """What random choices are drawn from."""

    seed: int


class Health(Struct):
    """The server is up."""

    status: str
    exchanges: int
    dropped: int
    messages: int
    rules: int
    faults: int


class Version(Struct):
    """The version."""

    version: str
