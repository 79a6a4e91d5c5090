"""What a field of a stage must be like: exact, wild, regular expressions in linear time, JSON, and their combinations.

A matcher looks at one text and says yes or no; None stands for a field that is not there. Regular expressions run in
RE2, whose time is linear in the text whatever the pattern is: strangers send the texts, and with Python's own engine a
single careless pattern would let one request hold the whole server.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from statuary.errors import RuleError

__all__ = [
    "MAX_PATTERN_CHARACTERS",
    "WILD",
    "Absent",
    "AllOf",
    "AnyOf",
    "Contains",
    "Exact",
    "Glob",
    "JsonEquals",
    "JsonPath",
    "Matcher",
    "Not",
    "Regex",
    "is_wild",
]

MAX_PATTERN_CHARACTERS = 1000
"""The longest pattern of a rule, in characters."""
MAX_REGEX_MEMORY_OCTETS = 1 << 20
"""The most memory of one compiled regular expression, in octets; it also bounds repetitions such as ``x{1000}``."""
MAX_COMPILED = 256
"""How many regular expressions, and how many JSON paths, are kept compiled for who writes the same again."""
MAX_JSON_DEPTH = 100
"""How deep a JSON path descends by itself (``..``)."""
MAX_UNORDERED_ITEMS = 1000
"""The longest array that is compared without regard to its order: each item is held against each."""

WILD = re.compile(r"[*?\[]")
"""The characters that make a plain pattern wild."""


class Matcher(Protocol):
    """Something that a field may be held against."""

    def matches(self, text: str | None) -> bool:
        """Whether the text fits; None for a field that is not there."""
        ...


def is_wild(pattern: str) -> bool:
    """Whether a plain pattern has wild characters."""
    return WILD.search(pattern) is not None


def _checked(pattern: str) -> str:
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise RuleError(f"the pattern is longer than {MAX_PATTERN_CHARACTERS} characters")
    return pattern


@dataclass(frozen=True, slots=True)
class Exact:
    """The text itself; no character is wild.

    Args:
        text: what the field must be.
        ignore_case: whether case does not tell.
    """

    text: str
    ignore_case: bool = False

    def __post_init__(self) -> None:
        _checked(self.text)

    def matches(self, text: str | None) -> bool:
        """Whether it is the same text."""
        if text is None:
            return False
        return text == self.text or (self.ignore_case and text.casefold() == self.text.casefold())


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern in which ``*``, ``?`` and ``[...]`` are wild.

    Args:
        pattern: the pattern.
        ignore_case: whether case does not tell.
    """

    pattern: str
    ignore_case: bool = False
    _compiled: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        flags = re.IGNORECASE if self.ignore_case else 0
        object.__setattr__(self, "_compiled", compile_glob(_checked(self.pattern), flags))

    def matches(self, text: str | None) -> bool:
        """Whether the pattern covers the whole text."""
        return text is not None and self._compiled.match(text) is not None


@lru_cache(maxsize=MAX_COMPILED)
def compile_glob(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A wild pattern as a regular expression that cannot backtrack more than once for each star.

    :func:`fnmatch.translate` makes every star but the last an atomic group, so that the time is bounded by the number
    of stars times the length of the text.
    """
    return re.compile(fnmatch.translate(pattern), flags)


@dataclass(frozen=True, slots=True)
class Contains:
    """The text somewhere in the field.

    Args:
        text: what must be found.
        ignore_case: whether case does not tell.
    """

    text: str
    ignore_case: bool = False

    def __post_init__(self) -> None:
        _checked(self.text)

    def matches(self, text: str | None) -> bool:
        """Whether the text is in it."""
        if text is None:
            return False
        return self.text in text or (self.ignore_case and self.text.casefold() in text.casefold())


@dataclass(frozen=True, slots=True)
class Regex:
    """A regular expression in RE2's syntax.

    Args:
        pattern: the expression.
        whole: whether it must cover the whole text; else it is searched for.

    Raises:
        RuleError: it is too long or no expression that RE2 takes.
    """

    pattern: str
    whole: bool = False
    _run: Callable[[str], object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        compiled = compile_regex(_checked(self.pattern))
        object.__setattr__(self, "_run", compiled.fullmatch if self.whole else compiled.search)

    def matches(self, text: str | None) -> bool:
        """Whether the expression is found."""
        if text is None:
            return False
        try:
            return self._run(text) is not None
        except UnicodeEncodeError:  # half a surrogate pair: RE2 works on UTF-8
            return self._run(text.encode("utf-8", "replace").decode()) is not None


@lru_cache(maxsize=MAX_COMPILED)
def compile_regex(pattern: str) -> Any:
    """Compile an expression for RE2.

    Raises:
        RuleError: RE2 does not take it.
    """
    import re2  # three megabytes that only those who use it pay for

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_REGEX_MEMORY_OCTETS
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        said = error.args[0] if error.args else ""
        reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        raise RuleError(f"no regular expression that RE2 takes: {reason or pattern}") from None


@dataclass(frozen=True, slots=True)
class Absent:
    """The field is not there."""

    def matches(self, text: str | None) -> bool:
        """Whether there is none."""
        return text is None


@dataclass(frozen=True, slots=True)
class Not:
    """Turns another matcher round."""

    matcher: Matcher

    def matches(self, text: str | None) -> bool:
        """Whether the other does not fit."""
        return not self.matcher.matches(text)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of several matchers."""

    matchers: tuple[Matcher, ...]

    def matches(self, text: str | None) -> bool:
        """Whether all fit."""
        return all(matcher.matches(text) for matcher in self.matchers)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of several matchers."""

    matchers: tuple[Matcher, ...]

    def matches(self, text: str | None) -> bool:
        """Whether one fits."""
        return any(matcher.matches(text) for matcher in self.matchers)


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A query (RFC 9535) into a field that holds JSON, and what one of the values found must be like.

    Args:
        path: the query, such as ``$.items[0].id``.
        matcher: for the values found: a string as it is, all else as JSON; None where it is enough that there is one.

    Raises:
        RuleError: the query is none.
    """

    path: str
    matcher: Matcher | None = None
    _query: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_query", _compile_path(_checked(self.path)))

    def matches(self, text: str | None) -> bool:
        """Whether a value is found that fits; for ``Absent``, whether none is found."""
        found = self._values(text)
        if isinstance(self.matcher, Absent):
            return not found
        if self.matcher is None:
            return bool(found)
        return any(self.matcher.matches(_plain(value)) for value in found)

    def _values(self, text: str | None) -> Sequence[object]:
        from jsonpath_rfc9535 import JSONPathError

        parsed = _parse_json(text or "")
        if parsed is _NO_JSON:
            return ()
        try:
            return [node.value for node in self._query.finditer(parsed)]
        except (JSONPathError, RecursionError):
            return ()


@dataclass(frozen=True, slots=True)
class JsonEquals:
    """A field that holds the same JSON.

    Args:
        wanted: the JSON as text.
        any_order: whether the order of arrays does not tell.
        more_allowed: whether objects may have further members.

    Raises:
        RuleError: it is no JSON.
    """

    wanted: str
    any_order: bool = False
    more_allowed: bool = False
    _value: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        value = _read_json(self.wanted)
        if value is _NO_JSON:
            raise RuleError("no JSON: quote names and strings in double quotes")
        object.__setattr__(self, "_value", value)

    def matches(self, text: str | None) -> bool:
        """Whether the field's JSON is the same."""
        parsed = _parse_json(text or "")
        if parsed is _NO_JSON:
            return False
        try:
            return self._same(self._value, parsed)
        except RecursionError:
            return False

    def _same(self, wanted: Any, given: Any) -> bool:
        if isinstance(wanted, dict):
            if not isinstance(given, dict) or not wanted.keys() <= given.keys():
                return False
            if not self.more_allowed and len(wanted) != len(given):
                return False
            return all(self._same(value, given[name]) for name, value in wanted.items())
        if isinstance(wanted, list):
            return isinstance(given, list) and self._same_list(wanted, given)
        return (type(wanted) is type(given) and bool(wanted == given)) or _same_number(wanted, given)

    def _same_list(self, wanted: list[Any], given: list[Any]) -> bool:
        if len(wanted) != len(given) and not (self.more_allowed and len(wanted) < len(given)):
            return False
        if not self.any_order:
            return all(self._same(one, other) for one, other in zip(wanted, given, strict=False))
        if len(given) > MAX_UNORDERED_ITEMS:
            return False
        rest = list(given)
        for one in wanted:
            place = next((number for number, other in enumerate(rest) if self._same(one, other)), None)
            if place is None:
                return False
            del rest[place]
        return True


_NO_JSON = object()


def _same_number(one: object, other: object) -> bool:
    """JSON has one kind of number; true and false are none."""
    numbers = (int, float)
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    return isinstance(one, numbers) and isinstance(other, numbers) and one == other


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NO_JSON


_parse_json = lru_cache(maxsize=1)(_read_json)
"""The JSON of the text at hand: several matchers look at one body after the other, and it is read once."""


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=1)
def _environment() -> Any:
    """The library's environment with its two functions on regular expressions run by RE2."""
    from jsonpath_rfc9535 import JSONPathEnvironment
    from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction

    class _Linear(FilterFunction):
        arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - the library's own form
        return_type = ExpressionType.LOGICAL

        def __init__(self, whole: bool) -> None:
            self.whole = whole

        def __call__(self, text: object, pattern: object) -> bool:
            if not isinstance(text, str) or not isinstance(pattern, str):
                return False
            try:
                return Regex(pattern, self.whole).matches(text)
            except RuleError:
                return False

    class _Environment(JSONPathEnvironment):
        max_recursion_depth = MAX_JSON_DEPTH

        def setup_function_extensions(self) -> None:
            super().setup_function_extensions()
            self.function_extensions["match"] = _Linear(whole=True)
            self.function_extensions["search"] = _Linear(whole=False)

    return _Environment()


@lru_cache(maxsize=MAX_COMPILED)
def _compile_path(path: str) -> Any:
    from jsonpath_rfc9535 import JSONPathError

    try:
        return _environment().compile(path)
    except (JSONPathError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise RuleError(f"no JSON path (RFC 9535): {reason}") from None
