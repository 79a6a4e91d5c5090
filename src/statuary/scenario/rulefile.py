"""Rule files: TOML with a table ``[[rule]]`` for each rule; every error names line, column, fault and mend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from statuary.errors import RuleFileError
from statuary.scenario.places import Place, find_places, nearest
from statuary.scenario.ruleindex import MAX_RULES
from statuary.scenario.rules import Rule
from statuary.scenario.ruletable import TableError, read_rule, write_rule
from statuary.scenario.ruletext import rule_text

__all__ = ["MAX_FAULTS", "MAX_RULE_FILE_OCTETS", "RuleFile", "no_toml", "read_rules", "write_rules"]

MAX_RULE_FILE_OCTETS = 8 * 1024 * 1024
"""The largest rule file, in octets."""
MAX_FAULTS = 20
"""How many errors of one file are listed."""

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class RuleFile(NamedTuple):
    """What a file says.

    Args:
        rules: its rules, named; none where anything in it is wrong.
        faults: what is wrong, in the order of the lines.
    """

    rules: tuple[Rule, ...]
    faults: tuple[RuleFileError, ...]


def read_rules(content: bytes, name: str, prefix: str | None = "") -> RuleFile:
    """Read a rule file.

    Args:
        content: its octets; of a larger file the first :data:`MAX_RULE_FILE_OCTETS` and one more are enough.
        name: how errors call it.
        prefix: what the names of rules without one begin with; a number follows. With None they stay without.
    """
    if len(content) > MAX_RULE_FILE_OCTETS:
        problem = f"the file is larger than max_rule_file_octets, which is {MAX_RULE_FILE_OCTETS}"
        return _broken(RuleFileError(name, 1, 1, problem, "split it: serve takes several files"))
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        return _broken(RuleFileError(name, line, column, "not UTF-8", "save it as UTF-8"))
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        return _broken(no_toml(name, text, error))
    return _read_tables(data, text, name, prefix)


def _broken(fault: RuleFileError) -> RuleFile:
    return RuleFile((), (fault,))


def no_toml(name: str, text: str, error: Exception) -> RuleFileError:
    """What the standard reader says against a file, with its place.

    Args:
        name: the file.
        text: what it holds.
        error: what the reader raised.
    """
    if isinstance(error, RecursionError):
        return RuleFileError(name, 1, 1, "not TOML: it nests too deep", "write it flatter")
    if not isinstance(error, tomllib.TOMLDecodeError):
        return RuleFileError(name, 1, 1, "not TOML: a number is too long", "write a shorter one")
    place = _PLACE.search(str(error))
    lines = text.count("\n") + 1
    line, column = (int(place[1]), int(place[2])) if place and place[1] else (lines, len(text.rpartition("\n")[2]) + 1)
    problem = _PLACE.sub("", str(error))
    return RuleFileError(name, line, column, f"not TOML: {problem}", "mend quotes, brackets or the equals sign here")


def _read_tables(data: dict[str, Any], text: str, name: str, prefix: str | None) -> RuleFile:
    wrong: list[tuple[tuple[str | int, ...], TableError]] = []
    for key in data:
        if key != "rule":
            mend = "write [[rule]]" if key.startswith("rule") else "a rule file has [[rule]] tables only"
            wrong.append(((key,), TableError((), f"an unknown key {key!r}", mend)))
    tables = data.get("rule", [])
    if not isinstance(tables, list):
        wrong.append((("rule",), TableError((), "is one table", "write [[rule]], in two brackets")))
        tables = []
    if len(tables) > MAX_RULES:
        wrong.append((("rule", MAX_RULES), TableError((), f"more rules than max_rules, which is {MAX_RULES}")))
        tables = []
    rules: list[Rule] = []
    names: dict[str, int] = {}
    for number, table in enumerate(tables):
        if len(wrong) >= MAX_FAULTS:
            break
        try:
            rule = read_rule(table)
            if not rule.name and prefix is not None:
                rule = replace(rule, name=f"{prefix}#{number + 1}")
            if rule.name and rule.name in names:
                raise TableError(("name",), f"rule {names[rule.name] + 1} has the name {rule.name!r} too", "rename one")
        except TableError as error:
            wrong.append((("rule", number, *error.path), error))
        else:
            names[rule.name] = number
            rules.append(rule)
    if not wrong:
        return RuleFile(tuple(rules), ())
    places = find_places(text)
    faults = [_fault(name, nearest(places, path), error) for path, error in wrong]
    return RuleFile((), tuple(sorted(faults, key=lambda fault: (fault.line, fault.column))))


def _fault(name: str, place: Place, error: TableError) -> RuleFileError:
    if error.offset is None:
        return RuleFileError(name, place.line, place.column, error.problem, error.mend)
    column = place.value_column + (error.offset if place.plain else 0)
    return RuleFileError(name, place.value_line, column, error.problem, error.mend, error.script)


def write_rules(rules: Iterable[Rule]) -> str:
    """Rules as a file that :func:`read_rules` reads as the same rules."""
    return "\n".join([rule_text(write_rule(rule)) for rule in rules])
