"""Rules: protocol, stage, what must match, and the script that then answers. An index finds one among thousands."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from statuary.errors import RuleError
from statuary.scenario.script import Script

__all__ = ["FIELDS", "MAX_PATTERN_CHARACTERS", "MAX_RULES", "STAGES", "Rule", "RuleIndex"]

FIELDS = {
    "http": ("method", "path", "target", "host"),
    "smtp": ("sender", "recipient", "domain", "helo", "ip"),
}
"""The fields that a rule may match, by protocol."""

STAGES = {
    "http": ("request",),
    "smtp": (
        *("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "bdat", "message"),
        *("rset", "noop", "vrfy", "expn", "help", "quit", "etrn", "atrn", "other"),
    ),
}
"""The stages at which a rule may answer, by protocol."""

CASE_FIELDS = frozenset({"method", "path", "target"})
"""Fields in which case tells; names of hosts and, as mail servers have it, mailboxes are alike in either case."""

MAX_RULES = 100_000
"""The most rules that an index takes."""
MAX_PATTERN_CHARACTERS = 1000
"""The longest pattern of a rule, in characters."""

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Rule:
    """When a stage and its fields match, the script answers.

    Args:
        protocol: ``http`` or ``smtp``.
        stage: the stage at which it answers.
        script: what it answers.
        match: field to pattern; ``*`` and ``?`` and ``[...]`` are wild, all else is literal. All must match. Case
            tells in :data:`CASE_FIELDS` only.
        key: the fields that the count is kept by; empty for one count for the rule.
        priority: the higher goes first; among equals the earlier rule.
        name: how the journal names it; an index gives a name to rules without one.

    Raises:
        RuleError: the protocol, the stage or a field is unknown, or a pattern is too long.
    """

    protocol: str
    stage: str
    script: Script
    match: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    priority: int = 0
    name: str = ""

    def __post_init__(self) -> None:
        known = FIELDS.get(self.protocol)
        if known is None:
            raise RuleError(f"no protocol {self.protocol!r}: use one of {', '.join(FIELDS)}")
        if self.stage not in STAGES[self.protocol]:
            raise RuleError(
                f"no stage {self.stage!r} in {self.protocol}: use one of {', '.join(STAGES[self.protocol])}"
            )
        for name in (*self.match, *self.key):
            if name not in known:
                raise RuleError(f"no field {name!r} in {self.protocol}: use of {', '.join(known)}")
        for name, pattern in self.match.items():
            if len(pattern) > MAX_PATTERN_CHARACTERS:
                raise RuleError(f"the pattern for {name} is longer than {MAX_PATTERN_CHARACTERS} characters")


class _Entry:
    """A rule as the index keeps it: where it stands in the order, and what is left to match once it was looked up."""

    __slots__ = ("order", "patterns", "rule")

    def __init__(self, order: tuple[int, int], rule: Rule, patterns: tuple[tuple[str, re.Pattern[str]], ...]) -> None:
        self.order = order
        self.rule = rule
        self.patterns = patterns

    def matches(self, fields: Mapping[str, str]) -> bool:
        return all(pattern.match(fields.get(name, "")) for name, pattern in self.patterns)


_Shape = tuple[tuple[str, int | None], ...]
"""Fields, each with the number of its characters that are literal; None for all of them."""


class RuleIndex:
    """Finds the first rule that matches, at a cost that hardly grows with their number.

    Rules of a stage are filed by shape: the fields that they match and how much of each is literal. A look-up takes
    the same parts of the fields at hand and meets only rules whose literal parts are these. Rules without any
    literal part are tried one by one.

    Args:
        rules: in order of writing.

    Raises:
        RuleError: there are more than :data:`MAX_RULES`.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        given = tuple(rules)
        if len(given) > MAX_RULES:
            raise RuleError(f"{len(given)} rules; at most {MAX_RULES} are taken")
        self.rules = tuple(
            rule if rule.name else replace(rule, name=f"#{number}") for number, rule in enumerate(given, 1)
        )
        self._filed: dict[tuple[str, str], dict[_Shape, dict[tuple[str, ...], list[_Entry]]]] = {}
        for number, rule in enumerate(self.rules):
            self._file(rule, number)
        for shapes in self._filed.values():
            for places in shapes.values():
                for entries in places.values():
                    entries.sort(key=lambda entry: entry.order)

    def _file(self, rule: Rule, number: int) -> None:
        parts: list[tuple[tuple[str, int | None], str]] = []
        patterns: list[tuple[str, re.Pattern[str]]] = []
        for name, text in rule.match.items():
            known = text if name in CASE_FIELDS else text.lower()
            wild = _WILD.search(known)
            if wild is None:
                parts.append(((name, None), known))
            elif name == "recipient" and known.startswith("*@") and not _WILD.search(known, 2):
                parts.append((("domain", None), known[2:]))
            else:
                patterns.append((name, re.compile(fnmatch.translate(known))))
                if wild.start():
                    parts.append(((name, wild.start()), known[: wild.start()]))
        parts.sort(key=lambda part: part[0][0])
        shape = tuple(part for part, _ in parts)
        place = tuple(text for _, text in parts)
        entry = _Entry((-rule.priority, number), rule, tuple(patterns))
        shapes = self._filed.setdefault((rule.protocol, rule.stage), {})
        shapes.setdefault(shape, {}).setdefault(place, []).append(entry)

    def has(self, protocol: str, stage: str) -> bool:
        """Whether any rule answers at this stage."""
        return (protocol, stage) in self._filed

    def find(self, protocol: str, stage: str, fields: Mapping[str, str]) -> Rule | None:
        """The first rule that matches, by priority and then by order of writing; None where none does.

        Args:
            protocol: where the event happened.
            stage: its stage.
            fields: the values of :data:`FIELDS`; one that is missing counts as empty. ``domain`` is the recipient's.
        """
        best: _Entry | None = None
        shapes = self._filed.get((protocol, stage))
        if shapes is None:
            return None
        known = {name: text if name in CASE_FIELDS else text.lower() for name, text in fields.items()}
        for shape, places in shapes.items():
            place = tuple([known.get(name, "")[:length] for name, length in shape])
            for entry in places.get(place, ()):
                if best is not None and entry.order >= best.order:
                    break
                if entry.matches(known):
                    best = entry
                    break
        return best.rule if best is not None else None
