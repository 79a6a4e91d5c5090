"""Patterns as tables have them, in TOML and JSON alike: ``"*@full.test"``, ``{ regex = "^/v[0-9]+/" }``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from statuary.errors import RuleError, ScriptError
from statuary.scenario.escapes import escape
from statuary.scenario.matchers import (
    Absent,
    AllOf,
    AnyOf,
    Contains,
    Exact,
    Glob,
    JsonEquals,
    JsonPath,
    Matcher,
    Not,
    Regex,
)
from statuary.scenario.places import Path
from statuary.scenario.rules import GROUPS, Count, Pattern

__all__ = ["FORMS", "SWITCHES", "TableError", "read_count", "read_match", "write_count", "write_match"]

MAX_COMBINED = 50
"""The most patterns that one pattern combines."""
MAX_NESTED = 10
"""How deep patterns nest."""
MAX_COUNT = 1_000_000_000
"""The highest count that a rule asks for."""

FORMS = ("exact", "glob", "contains", "regex", "absent", "not", "any", "all", "json", "json_equals")
"""The kinds of patterns: keys of a pattern's table."""
SWITCHES = ("ignore_case", "any_order", "more_allowed")
"""What goes with some of them."""

_PORT = re.compile(r"(?:^[^:]*|\]):([0-9]{1,5})$")
_NO_URI = re.compile(r"[^!-~]")
"""What a client never sends as it is; other characters some clients escape and some do not."""


class TableError(RuleError):
    """Something in a table is wrong.

    Args:
        path: where, from the rule on: ``("match", "recipient")``.
        problem: what is wrong.
        mend: what to write instead; empty where there is no single mend.
        offset: the character of the value that is meant, from 0; None for the whole.
        script: what is wrong in a script; None where it is something else.
    """

    def __init__(
        self,
        path: Path,
        problem: str,
        mend: str = "",
        offset: int | None = None,
        script: ScriptError | None = None,
    ) -> None:
        self.path = path
        self.problem = problem
        self.mend = mend
        self.offset = offset
        self.script = script
        where = ".".join(map(str, path))
        hint = f" ({mend})" if mend else ""
        super().__init__(f"{where}: {problem}{hint}" if where else f"{problem}{hint}")


def read_match(table: object, protocol: str) -> tuple[dict[str, Pattern], Count | None]:
    """Read the table ``match``.

    Args:
        table: field to pattern; groups are tables of their own.
        protocol: whose fields they are.

    Returns:
        Field to pattern, and the times at which the rule answers.

    Raises:
        TableError: something in it is wrong.
    """
    if not isinstance(table, Mapping):
        raise TableError(("match",), "is no table", 'write match = { recipient = "*@full.test" }')
    match: dict[str, Pattern] = {}
    count: Count | None = None
    for name, value in table.items():
        where = ("match", str(name))
        if name == "count":
            count = read_count(value, where)
        elif name == "json":
            body = _json_paths(value, where, 0)
            match["body"] = AllOf((as_matcher(match["body"]), body)) if "body" in match else body
        elif name in GROUPS.get(protocol, ()):
            if not isinstance(value, Mapping):
                raise TableError(where, "is no table", f'write {name} = {{ "NAME" = "pattern" }}')
            for field, pattern in value.items():
                known = field.lower() if name == "header" else field
                match[f"{name}.{known}"] = read_pattern(pattern, (*where, field))
        else:
            pattern = read_pattern(value, where)
            if protocol == "http" and name == "host":
                _check_host(pattern, where)
            match[str(name)] = _as_sent(pattern) if protocol == "http" and name in ("path", "target") else pattern
    return match, count


def _check_host(pattern: Pattern, where: Path) -> None:
    """A pattern that names a port could never fit: the field is the name alone."""
    text = pattern.text if isinstance(pattern, Exact) else pattern
    if isinstance(text, str) and (port := _PORT.search(text)):
        raise TableError(where, f"has the port {port[1]}", "write the name of the host alone")


def _as_sent(pattern: Pattern) -> Pattern:
    """A pattern for a path as it is on the wire: what no URI holds is percent-encoded there (RFC 3986 §2.1)."""
    match pattern:
        case str():
            return escape(pattern, _NO_URI)
        case Exact() | Contains():
            return replace(pattern, text=escape(pattern.text, _NO_URI))
        case Glob():
            return Glob(escape(pattern.pattern, _NO_URI), pattern.ignore_case)
    return pattern


def read_count(value: object, where: Path) -> Count:
    """Read at which times a rule answers: ``3``, ``"2-5"``, ``"3-"``.

    Raises:
        TableError: it is none of these.
    """
    low: object = value
    high: object = value
    if isinstance(value, str):
        first, dash, last = value.replace(" ", "").partition("-")
        low = int(first) if first.isascii() and first.isdigit() and len(first) < 10 else None
        high = low if not dash else None
        if dash and last:
            high = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
    if not _whole(low) or (high is not None and not _whole(high)):
        raise TableError(where, "is no count", 'write 3, "1-2" or "3-", counting from 1')
    assert isinstance(low, int)
    assert high is None or isinstance(high, int)
    if high is not None and high < low:
        raise TableError(where, "ends before it begins", f'write "{high}-{low}"')
    return Count(low, high)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_COUNT


def read_pattern(value: object, where: Path, depth: int = 0) -> Pattern:
    """Read one pattern.

    Args:
        value: a plain pattern, or a table.
        where: where it stands.
        depth: in how many others it stands.

    Raises:
        TableError: it is none.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return Exact(_text(value))
    if not isinstance(value, Mapping):
        raise TableError(where, "is no pattern", f"write a text, or a table with one of {', '.join(FORMS)}")
    if depth > MAX_NESTED:
        raise TableError(where, f"nests deeper than {MAX_NESTED}")
    switches = {name: value[name] for name in SWITCHES if name in value}
    for name, switch in switches.items():
        if not isinstance(switch, bool):
            raise TableError((*where, name), "is neither true nor false")
    forms = [name for name in value if name not in SWITCHES]
    found: list[Matcher] = []
    for form in forms:
        reader = _READERS.get(form)
        if reader is None:
            raise TableError((*where, form), f"no pattern {form!r}", f"use one of {', '.join(FORMS)}")
        try:
            found.append(reader(value[form], switches, (*where, form), depth))
        except TableError:
            raise
        except RuleError as error:
            raise TableError((*where, form), str(error)) from None
    if not found:
        raise TableError(where, "has no pattern", f"use one of {', '.join(FORMS)}")
    return found[0] if len(found) == 1 else AllOf(tuple(found))


def as_matcher(pattern: Pattern) -> Matcher:
    """A pattern as a matcher: a plain one outside a rule's own fields tells case."""
    return Glob(pattern) if isinstance(pattern, str) else pattern


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def _string(value: object, where: Path) -> str:
    if isinstance(value, bool | int | float):
        return _text(value)
    if not isinstance(value, str):
        raise TableError(where, "is no text", "write it in quotes")
    return value


def _several(value: object, where: Path, depth: int) -> tuple[Matcher, ...]:
    if not isinstance(value, list) or not value or len(value) > MAX_COMBINED:
        raise TableError(where, f"is no list of 1 to {MAX_COMBINED} patterns", 'write ["one", "two"]')
    return tuple(as_matcher(read_pattern(item, (*where, number), depth + 1)) for number, item in enumerate(value))


def _absent(value: object, where: Path) -> Matcher:
    if not isinstance(value, bool):
        raise TableError(where, "is neither true nor false")
    return Absent() if value else Not(Absent())


def _json_paths(value: object, where: Path, depth: int) -> Matcher:
    """One query, or a table of queries and what their values must be like."""
    if isinstance(value, str):
        return JsonPath(value)
    if not isinstance(value, Mapping) or not value or len(value) > MAX_COMBINED:
        raise TableError(where, "is no JSON path and no table of them", 'write json = { "$.id" = "7" }')
    found: list[Matcher] = []
    for path, pattern in value.items():
        wanted: Matcher | None
        if pattern is True and isinstance(pattern, bool):
            wanted = Exact("true")
        else:
            wanted = as_matcher(read_pattern(pattern, (*where, path), depth + 1))
        try:
            found.append(JsonPath(path, wanted))
        except RuleError as error:
            raise TableError((*where, path), str(error)) from None
    return found[0] if len(found) == 1 else AllOf(tuple(found))


def _json_equals(value: object, switches: Mapping[str, bool]) -> Matcher:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return JsonEquals(text, switches.get("any_order", False), switches.get("more_allowed", False))


_Reader = Callable[[Any, Mapping[str, bool], Path, int], Matcher]
_READERS: Mapping[str, _Reader] = {
    "exact": lambda value, switches, where, _: Exact(_string(value, where), switches.get("ignore_case", False)),
    "glob": lambda value, switches, where, _: Glob(_string(value, where), switches.get("ignore_case", False)),
    "contains": lambda value, switches, where, _: Contains(_string(value, where), switches.get("ignore_case", False)),
    "regex": lambda value, _, where, __: Regex(_string(value, where)),
    "absent": lambda value, _, where, __: _absent(value, where),
    "not": lambda value, _, where, depth: Not(as_matcher(read_pattern(value, where, depth + 1))),
    "any": lambda value, _, where, depth: AnyOf(_several(value, where, depth)),
    "all": lambda value, _, where, depth: AllOf(_several(value, where, depth)),
    "json": lambda value, _, where, depth: _json_paths(value, where, depth),
    "json_equals": lambda value, switches, _, __: _json_equals(value, switches),
}


def write_match(match: Mapping[str, Pattern], count: Count | None) -> dict[str, Any]:
    """The table ``match`` of a rule."""
    table: dict[str, Any] = {}
    for name, pattern in match.items():
        group, dot, rest = name.partition(".")
        if dot:
            table.setdefault(group, {})[rest] = write_pattern(pattern)
        else:
            table[name] = write_pattern(pattern)
    if count is not None:
        table["count"] = write_count(count)
    return table


def write_count(count: Count) -> int | str:
    """At which times a rule answers, as a table has it."""
    if count.low == count.high:
        return count.low
    return f"{count.low}-{'' if count.high is None else count.high}"


def write_pattern(pattern: Pattern) -> Any:
    """A pattern as a table has it."""
    match pattern:
        case str():
            return pattern
        case Exact(text, ignore_case) | Glob(text, ignore_case) | Contains(text, ignore_case):
            return {type(pattern).__name__.lower(): text, **_switch("ignore_case", ignore_case)}
        case Regex(text, whole):
            return {"regex": f"^(?:{text})$" if whole else text}
        case Absent() | Not(Absent()):
            return {"absent": isinstance(pattern, Absent)}
        case Not(other):
            return {"not": write_pattern(other)}
        case AllOf(several):
            return {"all": [write_pattern(each) for each in several]}
        case AnyOf(several):
            return {"any": [write_pattern(each) for each in several]}
        case JsonPath(path, wanted):
            return {"json": path if wanted is None else {path: write_pattern(wanted)}}
        case JsonEquals(text, any_order, more_allowed):
            switches = {**_switch("any_order", any_order), **_switch("more_allowed", more_allowed)}
            return {"json_equals": text, **switches}
    raise RuleError(f"a pattern that no table can hold: {pattern!r}")


def _switch(name: str, on: bool) -> dict[str, bool]:
    return {name: True} if on else {}
