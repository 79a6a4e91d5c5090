"""What tests say about exchanges: the fields by which rules match and checks select, typed, and made into filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, TypedDict

from statuary.scenario.patterns import read_match
from statuary.scenario.rules import GROUPS, check_field, check_stage
from statuary.serve.seen import Filter

__all__ = [
    "HttpFilter",
    "HttpMatch",
    "Pattern",
    "RuleOptions",
    "SmtpFilter",
    "SmtpMatch",
    "make_filter",
    "match_table",
]

Pattern: TypeAlias = str | int | Mapping[str, Any]
"""A text in which ``*``, ``?`` and ``[...]`` are wild, or a table such as ``{"regex": "^/v[0-9]+/"}``."""


class _SmtpFields(TypedDict, total=False):
    """Fields of SMTP that an exchange still tells when it is over."""

    sender: Pattern
    recipient: Pattern
    domain: Pattern
    helo: Pattern
    ip: Pattern
    port: Pattern
    key: str
    body: Pattern
    header: Mapping[str, Pattern]


class _HttpFields(TypedDict, total=False):
    """Fields of HTTP."""

    method: Pattern
    path: Pattern
    target: Pattern
    host: Pattern
    ip: Pattern
    key: str
    body: Pattern
    header: Mapping[str, Pattern]
    query: Mapping[str, Pattern]
    cookie: Mapping[str, Pattern]
    json: str | Mapping[str, Pattern]


class SmtpMatch(_SmtpFields, total=False):
    """What a rule of SMTP matches; ``count`` is at which times it answers: ``3``, ``"2-5"``, ``"3-"``."""

    user: Pattern
    count: int | str


class HttpMatch(_HttpFields, total=False):
    """What a rule of HTTP matches; ``count`` is at which times it answers: ``3``, ``"2-5"``, ``"3-"``."""

    count: int | str


class _Exchanges(TypedDict, total=False):
    """What every exchange has."""

    stage: str
    code: str | int
    rule: str
    peer: str
    connection: int
    after: int
    text: str


class SmtpFilter(_SmtpFields, _Exchanges, total=False):
    """Which exchanges of SMTP are meant."""


class HttpFilter(_HttpFields, _Exchanges, total=False):
    """Which exchanges of HTTP are meant."""


class RuleOptions(TypedDict, total=False):
    """What goes with a rule's script; docs/rules.md says what the keys mean."""

    name: str
    key: str | list[str]
    priority: int
    then: str
    scenario: Mapping[str, str]
    window: Mapping[str, Any]
    greylist: Mapping[str, Any]
    quota: Mapping[str, Any]
    size: Mapping[str, Any]


_PLAIN = frozenset(_Exchanges.__annotations__) | {"key"}


def match_table(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The table ``match`` of a rule: whole numbers are meant as the texts that they are on the wire."""
    return {name: _as_text(value) if name not in ("count", "json") else value for name, value in fields.items()}


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def make_filter(protocol: str, given: Mapping[str, Any], after: int = 0) -> Filter:
    """A filter of the journal.

    Args:
        protocol: whose exchanges.
        given: what a test asked for.
        after: what the test has cleared, as the number of an exchange.

    Raises:
        RuleError: a stage or a field is unknown, or a pattern is wrong.
    """
    plain = {name: value for name, value in given.items() if name in _PLAIN}
    stage = str(plain.get("stage", ""))
    if stage:
        check_stage(protocol, stage)
    last = "request" if protocol == "http" else "message"
    fields = {name: value for name, value in given.items() if name not in _PLAIN}
    for name in fields:
        if name not in GROUPS[protocol] and not (protocol == "http" and name == "json"):
            check_field(protocol, stage or last, name)
    match, _ = read_match(match_table(fields), protocol)
    return Filter(
        protocol=protocol,
        stage=stage,
        code=str(plain.get("code", "")),
        peer=str(plain.get("peer", "")),
        rule=str(plain.get("rule", "")),
        key=plain.get("key"),
        connection=int(plain.get("connection", 0)),
        after=max(after, int(plain.get("after", 0))),
        text=str(plain.get("text", "")),
        match=match,
    )
