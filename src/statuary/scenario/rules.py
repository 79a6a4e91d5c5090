"""Rules: protocol, stage, what must match, and the script that then answers. An index finds one among thousands."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count

from statuary.errors import RuleError
from statuary.scenario.script import Script

__all__ = ["FIELDS", "MAX_RULES", "Rule", "RuleIndex"]

FIELDS = {
    "http": ("method", "path", "target", "host"),
    "smtp": ("sender", "recipient", "domain", "helo", "ip"),
}
"""The fields that a rule may match, by protocol."""

MAX_RULES = 100_000
"""The most rules that an index takes."""

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Rule:
    """When a stage and its fields match, the script answers.

    Args:
        protocol: ``http`` or ``smtp``.
        stage: the stage at which it answers.
        script: what it answers.
        match: field to pattern; ``*`` and ``?`` and ``[...]`` are wild, all else is literal. All must match.
        key: the fields that the count is kept by; empty for one count for the rule.
        priority: the higher goes first; among equals the earlier rule.
        name: how the journal names it.
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
        for name in (*self.match, *self.key):
            if name not in known:
                raise RuleError(f"no field {name!r} in {self.protocol}: use of {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class _Entry:
    order: tuple[int, int]
    rule: Rule
    literals: tuple[tuple[str, str], ...]
    patterns: tuple[tuple[str, re.Pattern[str]], ...]

    def matches(self, fields: Mapping[str, str]) -> bool:
        return all(fields.get(name) == value for name, value in self.literals) and all(
            pattern.match(fields.get(name, "")) for name, pattern in self.patterns
        )


class RuleIndex:
    """Finds the first rule that matches, at a cost that hardly grows with their number.

    Rules of a stage are filed under one literal field each; only those without a literal are tried one by one.

    Args:
        rules: in order of writing.

    Raises:
        RuleError: there are more than :data:`MAX_RULES`.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._filed: dict[tuple[str, str], dict[str, dict[str, list[_Entry]]]] = {}
        self._loose: dict[tuple[str, str], list[_Entry]] = {}
        self.rules = tuple(rules)
        if len(self.rules) > MAX_RULES:
            raise RuleError(f"{len(self.rules)} rules; at most {MAX_RULES} are taken")
        number = count()
        for rule in self.rules:
            self._file(_entry(rule, next(number)))
        for entries in self._loose.values():
            entries.sort(key=lambda entry: entry.order)
        for fields in self._filed.values():
            for values in fields.values():
                for entries in values.values():
                    entries.sort(key=lambda entry: entry.order)

    def _file(self, entry: _Entry) -> None:
        stage = (entry.rule.protocol, entry.rule.stage)
        if entry.literals:
            name, value = entry.literals[0]
            self._filed.setdefault(stage, {}).setdefault(name, {}).setdefault(value, []).append(entry)
        else:
            self._loose.setdefault(stage, []).append(entry)

    def has(self, protocol: str, stage: str) -> bool:
        """Whether any rule answers at this stage."""
        return (protocol, stage) in self._filed or (protocol, stage) in self._loose

    def find(self, protocol: str, stage: str, fields: Mapping[str, str]) -> Rule | None:
        """The first rule that matches, by priority and then by order of writing; None where none does."""
        best: _Entry | None = None
        for name, values in self._filed.get((protocol, stage), {}).items():
            for entry in values.get(fields.get(name, ""), ()):
                if best is not None and entry.order >= best.order:
                    break
                if entry.matches(fields):
                    best = entry
                    break
        for entry in self._loose.get((protocol, stage), ()):
            if best is not None and entry.order >= best.order:
                break
            if entry.matches(fields):
                best = entry
                break
        return best.rule if best is not None else None


def _entry(rule: Rule, number: int) -> _Entry:
    literals, patterns = [], []
    for name, text in rule.match.items():
        if name == "recipient" and text.startswith("*@") and not _WILD.search(text[2:]):
            literals.append(("domain", text[2:].lower()))
        elif _WILD.search(text):
            patterns.append((name, re.compile(fnmatch.translate(text), re.IGNORECASE)))
        else:
            literals.append((name, text))
    return _Entry((-rule.priority, number), rule, tuple(literals), tuple(patterns))
