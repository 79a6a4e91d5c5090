"""Matchers: what each takes and refuses, and that no text makes one slow or raise."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.errors import RuleError
from statuary.scenario.matchers import (
    MAX_PATTERN_CHARACTERS,
    MAX_UNORDERED_ITEMS,
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

EVERY: tuple[Matcher, ...] = (
    Exact("a"),
    Exact("A", ignore_case=True),
    Glob("a*[bc]?"),
    Contains("b"),
    Contains("B", ignore_case=True),
    Regex("(a|b)*c"),
    Regex("[a-z]+", whole=True),
    Absent(),
    Not(Exact("a")),
    AllOf((Contains("a"), Contains("b"))),
    AnyOf((Exact("a"), Absent())),
    JsonPath("$..a[?@.b > 1]"),
    JsonPath("$.a", Exact("1")),
    JsonPath("$[?match(@.x, '(a*)*b')]"),
    JsonEquals('{"a": [1, {"b": null}]}', any_order=True, more_allowed=True),
)


@pytest.mark.parametrize(
    ("matcher", "fits", "fails"),
    [
        (Exact("a*"), "a*", "ab"),
        (Exact("Straße", ignore_case=True), "STRASSE", "Strasze"),
        (Glob("a*"), "abc", "ba"),
        (Glob("A?", ignore_case=True), "ab", "abc"),
        (Contains("lo w"), "hello world", "hello"),
        (Regex("^/v[0-9]+/"), "/v12/x", "/vx/"),
        (Regex("a|b", whole=True), "b", "ab"),
        (Regex("é"), "café", "cafe"),
        (Absent(), None, ""),
        (Not(Absent()), "", None),
        (AllOf((Contains("a"), Contains("b"))), "ba", "a"),
        (AnyOf((Exact("a"), Exact("b"))), "b", "c"),
        (JsonPath("$.items[0].id", Exact("7")), '{"items": [{"id": 7}]}', '{"items": []}'),
        (JsonPath("$.a"), '{"a": null}', '{"b": 1}'),
        (JsonPath("$.a", Absent()), '{"b": 1}', '{"a": 1}'),
        (JsonPath("$.n", Regex("^[0-9]+$")), '{"n": "12"}', '{"n": "x"}'),
        (JsonPath("$.on", Exact("true")), '{"on": true}', '{"on": false}'),
        (JsonPath("$[?search(@.t, 'b+')]"), '[{"t": "abbc"}]', '[{"t": "ac"}]'),
        (JsonEquals('{"a": [1, 2]}'), '{"a": [1.0, 2]}', '{"a": [2, 1]}'),
        (JsonEquals("[1, 2]", any_order=True), "[2, 1]", "[2, 2]"),
        (JsonEquals('{"a": 1}', more_allowed=True), '{"a": 1, "b": 2}', '{"b": 2}'),
        (JsonEquals("true"), "true", "1"),
    ],
)
def test_fits_and_fails(matcher: Matcher, fits: str | None, fails: str | None) -> None:
    """What each takes, and its nearest neighbour that it does not."""
    assert matcher.matches(fits)
    assert not matcher.matches(fails)


@given(st.text())
def test_no_text_makes_one_raise(text: str) -> None:
    """Strangers send the texts: a matcher says yes or no, whatever they are."""
    assert all(isinstance(matcher.matches(text), bool) for matcher in EVERY)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_json_equals_itself(value: object) -> None:
    """Any JSON equals itself, with every switch."""
    text = json.dumps(value)
    assert JsonEquals(text).matches(text)
    assert JsonEquals(text, any_order=True, more_allowed=True).matches(text)


@pytest.mark.parametrize(
    "matcher", [Regex("(a*)*b"), Regex("(a|aa)+$"), Glob("*a*a*a*a*a*a*a*b"), JsonPath("$[?match(@, '(a*)*b')]")]
)
def test_time_is_linear(matcher: Matcher) -> None:
    """What holds a backtracking engine for ever is answered: this test would not end with one."""
    assert not matcher.matches("a" * 50_000 + "c")
    assert not matcher.matches(json.dumps(["a" * 50_000]))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 5000 + "1" + "}" * 5000, "[" + "1," * MAX_UNORDERED_ITEMS + "1]"]
)
def test_deep_and_long_json_is_refused(text: str) -> None:
    """Nesting and length have limits; past them nothing fits."""
    assert not JsonPath("$..b").matches(text)
    assert not JsonEquals("[1]", any_order=True, more_allowed=True).matches(text)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Regex("(a"), "missing"),
        (lambda: Regex("(?=a)"), "RE2"),
        (lambda: Regex("((a{100}){100}){100}"), "RE2"),
        (lambda: Regex("x" * (MAX_PATTERN_CHARACTERS + 1)), "longer"),
        (lambda: Exact("x" * (MAX_PATTERN_CHARACTERS + 1)), "longer"),
        (lambda: JsonPath("$..["), "JSON path"),
        (lambda: JsonPath("items"), "JSON path"),
        (lambda: JsonEquals("{a: 1}"), "no JSON"),
    ],
)
def test_wrong_patterns_are_refused(make: object, message: str) -> None:
    """An error names what is wrong."""
    assert callable(make)
    with pytest.raises(RuleError, match=message):
        make()
