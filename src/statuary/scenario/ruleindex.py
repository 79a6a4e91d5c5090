"""Finds the rule that answers among thousands, at a cost that hardly grows with their number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from statuary.errors import RuleError
from statuary.scenario.matchers import WILD, Exact, Glob, Matcher, compile_glob
from statuary.scenario.rules import Rule, folded

__all__ = ["MAX_RULES", "RuleIndex"]

MAX_RULES = 100_000
"""The most rules that an index takes."""


class _Entry:
    """A rule as the index keeps it: where it stands in the order, and what is left to match once it was looked up."""

    __slots__ = ("matchers", "order", "patterns", "rule")

    def __init__(
        self,
        order: tuple[int, int],
        rule: Rule,
        patterns: tuple[tuple[str, re.Pattern[str]], ...],
        matchers: tuple[tuple[str, Matcher], ...],
    ) -> None:
        self.order = order
        self.rule = rule
        self.patterns = patterns
        self.matchers = matchers

    def matches(self, known: Mapping[str, str], fields: Mapping[str, str]) -> bool:
        """Whether all that is left fits; ``known`` has the texts as they are compared."""
        for name, pattern in self.patterns:
            if not pattern.match(known[name]):
                return False
        return not self.matchers or all(matcher.matches(fields.get(name)) for name, matcher in self.matchers)


_Shape = tuple[tuple[str, int | None], ...]
"""Fields, each with the number of its characters that are literal; None for all of them."""


class _Filed:
    """The rules of one stage, by shape and literal parts."""

    __slots__ = ("conditional", "names", "shapes", "whole")

    def __init__(self) -> None:
        self.shapes: dict[_Shape, dict[tuple[str, ...], list[_Entry]]] = {}
        self.names: set[str] = set()
        self.whole: set[str] = set()
        self.conditional = False

    def known(self, fields: Mapping[str, str]) -> dict[str, str]:
        """The fields that rules of this stage look at, as they are compared; one that is missing is empty."""
        return {name: folded(name, fields.get(name) or "") for name in self.names}


class RuleIndex:
    """Finds the first rule that matches, at a cost that hardly grows with their number.

    Rules of a stage are filed by shape: the fields that they match and how much of each is literal. A look-up takes
    the same parts of the fields at hand and meets only rules whose literal parts are these. Rules without any
    literal part are tried one by one.

    Args:
        rules: in order of writing.

    Raises:
        RuleError: there are more than :data:`MAX_RULES`, or two have one name.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        given = tuple(rules)
        if len(given) > MAX_RULES:
            raise RuleError(f"{len(given)} rules; at most {MAX_RULES} are taken")
        self.rules = tuple(
            rule if rule.name else replace(rule, name=f"#{number}") for number, rule in enumerate(given, 1)
        )
        self._filed: dict[tuple[str, str], _Filed] = {}
        for number, rule in enumerate(self.rules):
            self._file(rule, number)
        for filed in self._filed.values():
            for places in filed.shapes.values():
                for entries in places.values():
                    entries.sort(key=lambda entry: entry.order)

    def _file(self, rule: Rule, number: int) -> None:
        filed = self._filed.setdefault((rule.protocol, rule.stage), _Filed())
        parts: list[tuple[tuple[str, int | None], str]] = []
        patterns: list[tuple[str, re.Pattern[str]]] = []
        matchers: list[tuple[str, Matcher]] = []
        for name, pattern in rule.match.items():
            if isinstance(pattern, Exact) and not pattern.ignore_case and pattern.text:
                parts.append(((name, None), folded(name, pattern.text)))
                continue
            if not isinstance(pattern, str):
                matchers.append((name, pattern))
                continue
            known = folded(name, pattern)
            wild = WILD.search(known)
            if "." in name and (wild is not None or not known):
                matchers.append((name, Glob(known)))  # of a group: a field that is not there is no empty one
            elif wild is None:
                parts.append(((name, None), known))
            elif name == "recipient" and known.startswith("*@") and known[2:] and not WILD.search(known, 2):
                parts.append((("domain", None), known[2:]))
            else:
                patterns.append((name, compile_glob(known)))
                if wild.start():
                    parts.append(((name, wild.start()), known[: wild.start()]))
        parts.sort(key=lambda part: part[0][0])
        shape = tuple(part for part, _ in parts)
        place = tuple(text for _, text in parts)
        filed.names.update(name for name, _ in shape)
        filed.names.update(name for name, _ in patterns)
        filed.whole.update(rule.match, rule.key, rule.cause.by if rule.cause is not None else ())
        filed.conditional = filed.conditional or rule.conditional
        entry = _Entry((-rule.priority, number), rule, tuple(patterns), tuple(matchers))
        filed.shapes.setdefault(shape, {}).setdefault(place, []).append(entry)

    def has(self, protocol: str, stage: str) -> bool:
        """Whether any rule answers at this stage."""
        return (protocol, stage) in self._filed

    def looks_at(self, protocol: str, stage: str) -> frozenset[str]:
        """The fields that rules of this stage match or keep their counts by."""
        filed = self._filed.get((protocol, stage))
        return frozenset(filed.whole) if filed is not None else frozenset()

    def conditional(self, protocol: str, stage: str) -> bool:
        """Whether a rule of this stage hangs on more than the fields at hand, so that no answer can be kept."""
        filed = self._filed.get((protocol, stage))
        return filed is not None and filed.conditional

    def find(
        self,
        protocol: str,
        stage: str,
        fields: Mapping[str, str],
        holds: Callable[[Rule], bool] | None = None,
    ) -> Rule | None:
        """The first rule that matches, by priority and then by order of writing; None where none does.

        Args:
            protocol: where the event happened.
            stage: its stage.
            fields: the values of :data:`FIELDS` and of groups; one that is missing counts as empty for plain
                patterns. ``domain`` is the recipient's.
            holds: asked, in order, about rules that match and are conditional; without it they count as met.
        """
        filed = self._filed.get((protocol, stage))
        if filed is None:
            return None
        if filed.conditional and holds is not None:
            for rule in self.matching(protocol, stage, fields):
                if not rule.conditional or holds(rule):
                    return rule
            return None
        best: _Entry | None = None
        known = filed.known(fields)
        for shape, places in filed.shapes.items():
            place = tuple([known[name][:length] for name, length in shape])
            for entry in places.get(place, ()):
                if best is not None and entry.order >= best.order:
                    break
                if entry.matches(known, fields):
                    best = entry
                    break
        return best.rule if best is not None else None

    def find_among(
        self,
        protocol: str,
        stage: str,
        ways: Sequence[Mapping[str, str]],
        holds: Callable[[Rule, Sequence[Mapping[str, str]]], Mapping[str, str] | None],
    ) -> tuple[Rule, Mapping[str, str]] | None:
        """The first rule that matches in any of several ways to see one event, with the way in which it does.

        Args:
            protocol: where the event happened.
            stage: its stage.
            ways: the fields, once for each way: a message has as many as it has recipients.
            holds: asked, in order, about conditional rules and the ways in which they match: the way that counts,
                None for none.
        """
        filed = self._filed.get((protocol, stage))
        if filed is None:
            return None
        met: dict[int, tuple[_Entry, list[Mapping[str, str]]]] = {}
        for fields in ways:
            known = filed.known(fields)
            for shape, places in filed.shapes.items():
                for entry in places.get(tuple([known[name][:length] for name, length in shape]), ()):
                    if entry.matches(known, fields):
                        met.setdefault(id(entry), (entry, []))[1].append(fields)
        for entry, fitting in sorted(met.values(), key=lambda each: each[0].order):
            way = holds(entry.rule, fitting) if entry.rule.conditional else fitting[0]
            if way is not None:
                return entry.rule, way
        return None

    def matching(self, protocol: str, stage: str, fields: Mapping[str, str]) -> Iterator[Rule]:
        """Every rule whose fields match, in the order in which they come to speak."""
        filed = self._filed.get((protocol, stage))
        if filed is None:
            return
        known = filed.known(fields)
        met: list[_Entry] = []
        for shape, places in filed.shapes.items():
            met.extend(places.get(tuple([known[name][:length] for name, length in shape]), ()))
        for entry in sorted(met, key=lambda entry: entry.order):
            if entry.matches(known, fields):
                yield entry.rule
