"""Rules: protocol, stage, what must match, and the script that then answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from statuary.errors import RuleError
from statuary.scenario.matchers import MAX_PATTERN_CHARACTERS, WILD, Exact, Matcher, compile_glob
from statuary.scenario.script import Script

__all__ = [
    "AS_IT_IS",
    "CASE_FIELDS",
    "FIELDS",
    "GROUPS",
    "MAX_PATTERN_CHARACTERS",
    "STAGES",
    "THEN",
    "UNKNOWN_FIELDS",
    "Cause",
    "Count",
    "Pattern",
    "Reply",
    "Rule",
    "Scenario",
    "check_field",
    "check_stage",
    "fits",
    "folded",
]

FIELDS = {
    "http": ("method", "path", "target", "host", "body", "ip", "key"),
    "smtp": ("sender", "recipient", "domain", "helo", "user", "ip", "port", "key", "body"),
}
"""The fields that a rule may match, by protocol; ``key`` is what isolates a test."""

GROUPS = {"http": ("header", "query", "cookie"), "smtp": ("header",)}
"""Groups of fields by protocol; a field of one is named with a dot: ``header.accept``, ``query.page``."""

STAGES = {
    "http": ("request",),
    "smtp": (
        *("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "bdat", "message"),
        *("rset", "noop", "vrfy", "expn", "help", "quit", "etrn", "atrn", "other"),
    ),
}
"""The stages at which a rule may answer, by protocol."""

CONTENT_STAGES = {"smtp": frozenset({"message", "bdat"})}
"""The stages at which a body and the fields of a message's header are known, where not at all."""

UNKNOWN_FIELDS = {
    ("smtp", "connect"): (frozenset({"sender", "recipient", "domain", "helo", "user", "key"}), "match ip or port"),
    ("smtp", "mail"): (frozenset({"recipient", "domain"}), "match sender, or use the stage rcpt"),
}
"""Fields that nobody can know at a stage yet, and what to do in their place."""

CASE_FIELDS = frozenset({"method", "path", "target", "body", "user", "key"})
"""Fields in which case tells; names of hosts and, as mail servers have it, mailboxes are alike in either case. It also
tells in the values of every group."""

THEN = ("pass", "hold", "loop")
"""What follows a script that is used up: the ordinary answer, the last answer again, or the first."""

MAX_NAME_CHARACTERS = 200
"""The longest name of a rule, in characters."""
MAX_REPLY_HEADERS = 100
"""The most header fields that a rule adds to its answers."""
MAX_REPLY_OCTETS = 1 << 20
"""The largest body that a rule answers with, in octets."""
MAX_REPLY_LINES = 50
"""The most lines of reply text that a rule may give."""
MAX_REPLY_LINE_OCTETS = 496
"""The longest of these lines, in octets: with the codes before it and CRLF it keeps to 512 (RFC 5321 §4.5.3.1.5)."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "trailer", "upgrade"})

Pattern = str | Matcher
"""A plain pattern, in which ``*``, ``?`` and ``[...]`` are wild, or a matcher."""


class Cause(Protocol):
    """Something that happens over time and makes a server refuse: a window, a greylist, a quota."""

    def refuses(self, fields: Mapping[str, str], now: float) -> bool:
        """Whether it refuses now.

        Args:
            fields: the fields of the stage.
            now: seconds since the epoch.
        """
        ...

    @property
    def by(self) -> tuple[str, ...]:
        """The fields that it hangs on."""
        ...

    def forget(self, key: str | None = None) -> None:
        """Forget what it remembers, so that it begins anew.

        Args:
            key: only what this isolates; None for all.
        """
        ...


class Count(NamedTuple):
    """How many times the rule is met: it answers from the ``low``-th time to the ``high``-th.

    Args:
        low: from 1.
        high: None for ever.
    """

    low: int
    high: int | None = None


class Scenario(NamedTuple):
    """A state that several rules share.

    Args:
        name: of the scenario.
        required: the state in which the rule answers; empty for any.
        sets: the state after it has answered; empty for the same.
    """

    name: str
    required: str = ""
    sets: str = ""


class Reply(NamedTuple):
    """What a rule changes about the answers of its script.

    Args:
        reason: the reason phrase; None for the registered one.
        headers: header fields; they replace the catalogue's of the same name.
        body: the content; None for the mock's own.
        text: SMTP: the reply text without codes, its lines parted by LF; empty for the catalogue's.
    """

    reason: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    text: str = ""


AS_IT_IS = Reply()
"""Nothing is changed."""


@dataclass(frozen=True, slots=True)
class _Looping(Script):
    """A script that starts over when it is used up."""

    def step_at(self, count: int) -> int | None:
        """Which step stands, counted from 0."""
        return Script.step_at(self, count % self._ends[-1] if len(self._ends) == len(self.steps) else count)


@dataclass(frozen=True, slots=True)
class _Holding(Script):
    """A script whose last step stands for ever."""

    def step_at(self, count: int) -> int | None:
        """Which step stands, counted from 0."""
        place = Script.step_at(self, count)
        return len(self.steps) - 1 if place is None else place


_SCRIPTS: Mapping[str, type[Script]] = {"pass": Script, "hold": _Holding, "loop": _Looping}


@dataclass(frozen=True, slots=True)
class Rule:
    """When a stage and its fields match, the script answers.

    Args:
        protocol: ``http`` or ``smtp``.
        stage: the stage at which it answers.
        script: what it answers.
        match: field to pattern. In a plain one ``*`` and ``?`` and ``[...]`` are wild, all else is literal. All must
            match. Case tells in :data:`CASE_FIELDS` and in the fields of groups.
        key: the fields that the count is kept by; empty for one count for the rule. What isolates a test always
            keeps counts apart.
        priority: the higher goes first; among equals the earlier rule.
        name: how the journal names it; an index gives a name to rules without one.
        then: what follows a script that is used up; one of :data:`THEN`.
        cause: what must refuse besides; the index does not look at it.
        count: the times at which it answers; None for all.
        scenario: the state that it hangs on and changes.
        reply: what it changes about the answers.
        cause_table: its cause as a rule file has it, for who writes the rule down.

    Raises:
        RuleError: something in it is unknown, too long, or does not go together.
    """

    protocol: str
    stage: str
    script: Script
    match: Mapping[str, Pattern] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    priority: int = 0
    name: str = ""
    then: str = "pass"
    cause: Cause | None = None
    count: Count | None = None
    scenario: Scenario | None = None
    reply: Reply = AS_IT_IS
    cause_table: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_stage(self.protocol, self.stage)
        for name in (*self.match, *self.key, *(self.cause.by if self.cause is not None else ())):
            check_field(self.protocol, self.stage, name)
        for name, pattern in self.match.items():
            if isinstance(pattern, str) and len(pattern) > MAX_PATTERN_CHARACTERS:
                raise RuleError(f"the pattern for {name} is longer than {MAX_PATTERN_CHARACTERS} characters")
        if len(self.name) > MAX_NAME_CHARACTERS or _CONTROL.search(self.name):
            raise RuleError(f"a name is at most {MAX_NAME_CHARACTERS} printable characters")
        if self.count is not None and not 1 <= self.count.low <= (self.count.high or self.count.low):
            raise RuleError("a count is from 1 on, and its end not before its beginning")
        if self.reply != AS_IT_IS:
            check_reply(self.protocol, self.reply)
        wanted = _SCRIPTS.get(self.then)
        if wanted is None:
            raise RuleError(f"no ending {self.then!r}: use one of {', '.join(THEN)}")
        if type(self.script) is not wanted:
            object.__setattr__(self, "script", wanted(self.script.steps))

    @property
    def conditional(self) -> bool:
        """Whether it hangs on more than the fields at hand: on a count, a state or a cause."""
        return self.count is not None or self.scenario is not None or self.cause is not None


def check_stage(protocol: str, stage: str) -> None:
    """See that a rule can be made for a stage.

    Raises:
        RuleError: it cannot; the message says what can.
    """
    if protocol not in STAGES:
        raise RuleError(f"no protocol {protocol!r}: use one of {', '.join(STAGES)}")
    if stage not in STAGES[protocol]:
        raise RuleError(f"no stage {stage!r} in {protocol}: use one of {', '.join(STAGES[protocol])}")


def check_field(protocol: str, stage: str, name: str) -> None:
    """See that a rule can match a field.

    Raises:
        RuleError: it cannot; the message says what can.
    """
    group, dot, rest = name.partition(".")
    if name not in FIELDS[protocol] and not (dot and rest and group in GROUPS[protocol]):
        known = (*FIELDS[protocol], *(f"{group}.NAME" for group in GROUPS[protocol]))
        raise RuleError(f"no field {name!r} in {protocol}: use of {', '.join(known)}")
    stages = CONTENT_STAGES.get(protocol)
    if stages is not None and (dot or name == "body") and stage not in stages:
        raise RuleError(f"the field {name} is not known at {stage}: use the stage message")
    unknown, instead = UNKNOWN_FIELDS.get((protocol, stage), ((), ""))
    if name in unknown:
        raise RuleError(f"the field {name} is not known at {stage}: {instead}")


def check_reply(protocol: str, reply: Reply) -> None:
    """See that what a rule changes about its answers can be sent.

    Raises:
        RuleError: it cannot.
    """
    if protocol != "http":
        if reply._replace(text="") != AS_IT_IS:
            raise RuleError(f"reason, headers and body are HTTP's: {protocol} has none; use of text")
        _check_text(reply.text)
        return
    if reply.text:
        raise RuleError("text is SMTP's: http has reason and body")
    if reply.reason is not None and _UNSAFE.search(reply.reason):
        raise RuleError("a reason phrase is text without control characters, in ISO 8859-1")
    if len(reply.headers) > MAX_REPLY_HEADERS:
        raise RuleError(f"more than {MAX_REPLY_HEADERS} header fields")
    for name, value in reply.headers:
        if not _TOKEN.fullmatch(name):
            raise RuleError(f"{name!r} is no name of a header field")
        if name.lower() in _FRAMING:
            raise RuleError(f"the header field {name} frames the answer: an effect can change it, a rule cannot")
        if _UNSAFE.search(value):
            raise RuleError(f"the value of {name} has control characters, or characters beyond ISO 8859-1")
    if reply.body is not None and len(reply.body) > MAX_REPLY_OCTETS:
        raise RuleError(f"the body is larger than {MAX_REPLY_OCTETS} octets")


def _check_text(text: str) -> None:
    lines = text.split("\n")
    if len(lines) > MAX_REPLY_LINES:
        raise RuleError(f"more than {MAX_REPLY_LINES} lines of reply text")
    for line in lines:
        if not line.isprintable() or len(line.encode()) > MAX_REPLY_LINE_OCTETS:
            raise RuleError(f"a line of reply text is printable and has at most {MAX_REPLY_LINE_OCTETS} octets")


def folded(name: str, text: str) -> str:
    """A field's text as it is compared: in small letters where case does not tell."""
    return text if name in CASE_FIELDS or "." in name else text.lower()


def fits(name: str, pattern: Pattern, fields: Mapping[str, str]) -> bool:
    """Whether one field fits a pattern, as an index would have it.

    Args:
        name: of the field.
        pattern: what it is held against.
        fields: the fields at hand.
    """
    if not isinstance(pattern, str) and not (isinstance(pattern, Exact) and not pattern.ignore_case and pattern.text):
        return pattern.matches(fields.get(name))
    given = fields.get(name)
    if given is None and "." in name:
        return False
    known = folded(name, given or "")
    wanted = folded(name, pattern.text if isinstance(pattern, Exact) else pattern)
    if isinstance(pattern, Exact) or not WILD.search(wanted):
        return known == wanted
    return compile_glob(wanted).match(known) is not None
