"""Rules and their index: finds what a search one by one would find, at a cost that does not grow."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.errors import RuleError
from statuary.scenario.causes import Greylist, Quota, Window
from statuary.scenario.grammar import parse_script
from statuary.scenario.ruleindex import MAX_RULES, RuleIndex, _Entry
from statuary.scenario.rules import CASE_FIELDS, FIELDS, MAX_PATTERN_CHARACTERS, STAGES, UNKNOWN_FIELDS, Cause, Rule

SCRIPT = parse_script("503")


def naive(rules: Sequence[Rule], protocol: str, stage: str, fields: Mapping[str, str]) -> Rule | None:
    """The first rule that matches, tried one by one."""

    def matches(name: str, pattern: str) -> bool:
        value = fields.get(name, "")
        if name not in CASE_FIELDS:
            pattern, value = pattern.lower(), value.lower()
        return re.match(fnmatch.translate(pattern), value) is not None

    ordered = sorted(enumerate(rules), key=lambda numbered: (-numbered[1].priority, numbered[0]))
    for _, rule in ordered:
        if (rule.protocol, rule.stage) == (protocol, stage) and all(
            matches(field, str(pattern)) for field, pattern in rule.match.items()
        ):
            return rule
    return None


SIMPLE = tuple(name for name in FIELDS["smtp"] if name != "body")

_texts = st.sampled_from(["", "a", "A", "ab", "b@x.test", "B@X.test", "a@y.test", "x.test", "İ", "a[b"])
_patterns = st.one_of(_texts, st.sampled_from(["*", "?", "a*", "*@x.test", "*@*.test", "[ab]*", "a?", "*b", "ab*"]))


def _domain(address: str) -> str:
    """The domain of an address; one without ``@``, such as ``postmaster``, has none (RFC 5321 §4.1.1.3)."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


_smtp_fields = st.fixed_dictionaries({name: _texts for name in SIMPLE if name != "domain"}).map(
    lambda fields: {**fields, "domain": _domain(fields["recipient"])}
)
_rules = st.lists(
    st.builds(
        Rule,
        st.just("smtp"),
        st.sampled_from(["rcpt", "data"]),
        st.just(SCRIPT),
        st.dictionaries(st.sampled_from(SIMPLE), _patterns, max_size=3),
        priority=st.integers(-1, 1),
        name=st.just("rule"),
    ),
    max_size=12,
)


@given(_rules, _smtp_fields, st.sampled_from(["rcpt", "data"]))
def test_index_finds_what_a_linear_search_finds(rules: list[Rule], fields: dict[str, str], stage: str) -> None:
    """Same rule, whatever is literal, wild, prefixed, or given a priority."""
    found = RuleIndex(rules).find("smtp", stage, fields)
    assert found is naive(rules, "smtp", stage, fields)


def rule(match: dict[str, str], name: str = "", priority: int = 0) -> Rule:
    """An HTTP rule."""
    return Rule("http", "request", SCRIPT, match, priority=priority, name=name)


def request(path: str, method: str = "GET", host: str = "www.example.com") -> dict[str, str]:
    """The fields of a request."""
    return {"method": method, "path": path, "target": path, "host": host}


def found(index: RuleIndex, fields: Mapping[str, str]) -> str:
    """The name of the rule that answers; empty where none does."""
    match = index.find("http", "request", fields)
    return match.name if match else ""


def test_priority_before_order() -> None:
    """The higher priority goes first; among equals the earlier rule."""
    rules = [rule({}, "first"), rule({"path": "/a"}, "second"), rule({"path": "/*"}, "third", 1)]
    assert found(RuleIndex(rules), request("/a")) == "third"
    assert found(RuleIndex(rules[:2]), request("/a")) == "first"
    assert found(RuleIndex([rules[1], rules[0]]), request("/a")) == "second"


@pytest.mark.parametrize(
    ("match", "fields", "matches"),
    [
        ({"path": "/A"}, request("/a"), False),
        ({"path": "/A*"}, request("/ab"), False),
        ({"method": "get"}, request("/"), False),
        ({"host": "WWW.Example.COM"}, request("/"), True),
        ({"host": "*.EXAMPLE.com"}, request("/"), True),
        ({"path": "/a", "method": "POST"}, request("/a"), False),
        ({"path": "/[[]x]"}, request("/[x]"), True),
        ({"path": "/%2e*"}, request("/%2e%2e"), True),
        ({"path": "/*/z"}, request("/a\nb/z"), True),
        ({}, request("/anything"), True),
    ],
)
def test_matching(match: dict[str, str], fields: dict[str, str], matches: bool) -> None:
    """Case tells in methods and paths, and nowhere else; literal and wild patterns agree on that."""
    assert bool(found(RuleIndex([rule(match, "it")]), fields)) is matches


def test_missing_fields_are_empty() -> None:
    """A stage that lacks a field is met by ``*`` and by nothing else."""
    assert RuleIndex([Rule("smtp", "noop", SCRIPT, {"sender": "*"})]).find("smtp", "noop", {}) is not None
    assert RuleIndex([Rule("smtp", "noop", SCRIPT, {"sender": "a*"})]).find("smtp", "noop", {}) is None
    assert RuleIndex([]).find("smtp", "connect", {}) is None


def test_has_tells_whether_a_stage_is_ruled() -> None:
    """A server asks nothing more where no rule stands."""
    index = RuleIndex([Rule("smtp", "rcpt", SCRIPT)])
    assert index.has("smtp", "rcpt")
    assert not index.has("smtp", "mail")
    assert not index.has("http", "request")


def test_rules_without_a_name_get_one_each() -> None:
    """Counts are kept by the rule's name, so two rules must not share an empty one."""
    index = RuleIndex([rule({"path": "/a"}), rule({"path": "/b"}, "mine"), rule({"path": "/c"})])
    assert [each.name for each in index.rules] == ["#1", "mine", "#3"]
    assert found(index, request("/c")) == "#3"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"protocol": "gopher"}, "no protocol 'gopher'"),
        ({"stage": "lunch"}, "no stage 'lunch'"),
        ({"match": {"colour": "red"}}, "no field 'colour'"),
        ({"key": ("recipient",)}, "no field 'recipient' in http"),
        ({"match": {"path": "x" * (MAX_PATTERN_CHARACTERS + 1)}}, "longer than"),
    ],
)
def test_wrong_rules_are_refused(changed: dict[str, object], message: str) -> None:
    """An error names what is wrong and what is allowed."""
    with pytest.raises(RuleError, match=message):
        replace(rule({}), **changed)  # type: ignore[arg-type]


def test_every_stage_and_field_is_taken() -> None:
    """What the lists name can be ruled and keyed."""
    for protocol, stages in STAGES.items():
        for stage in stages:
            unknown, _ = UNKNOWN_FIELDS.get((protocol, stage), (frozenset(), ""))
            content = stage in ("request", "message", "bdat")
            names = [name for name in FIELDS[protocol] if name not in unknown and (content or name != "body")]
            rules = [Rule(protocol, stage, SCRIPT, {name: "x"}, (name,)) for name in names]
            assert RuleIndex(rules).has(protocol, stage)


@pytest.mark.parametrize(
    ("stage", "name", "mend"),
    [("connect", "helo", "match ip or port"), ("connect", "key", "match ip or port"), ("mail", "recipient", "sender")],
)
def test_field_that_nobody_can_know_yet_is_refused(stage: str, name: str, mend: str) -> None:
    """A rule that could never answer says so, and what to match in its place (RFC 5321 §3.1, §3.3)."""
    for match, key in (({name: "x"}, ()), ({}, (name,))):
        with pytest.raises(RuleError, match=f"{name} is not known at {stage}: .*{mend}"):
            Rule("smtp", stage, SCRIPT, match, key)


@pytest.mark.parametrize(
    ("stage", "cause", "name"),
    [
        ("connect", Greylist(60), "sender"),
        ("mail", Greylist(60), "recipient"),
        ("mail", Quota(1000), "recipient"),
        ("mail", Window(1, 60, ("ip", "domain")), "domain"),
    ],
)
def test_cause_kept_by_what_nobody_can_know_yet_is_refused(stage: str, cause: Cause, name: str) -> None:
    """It would take all clients for one, or never refuse: nothing would say that the rule does not do what it says."""
    with pytest.raises(RuleError, match=f"{name} is not known at {stage}"):
        Rule("smtp", stage, SCRIPT, cause=cause)
    assert Rule("smtp", "rcpt", SCRIPT, cause=cause).cause is cause


def test_most_rules() -> None:
    """The number of rules has a limit with a name."""
    with pytest.raises(RuleError, match=str(MAX_RULES)):
        RuleIndex([rule({})] * (MAX_RULES + 1))


@pytest.mark.parametrize(
    "match",
    [
        lambda number: {"path": f"/n/{number}"},
        lambda number: {"method": "GET", "path": f"/n/{number}"},
        lambda number: {"host": "www.example.com", "method": "GET", "path": f"/n/{number}"},
        lambda number: {"path": f"/n/{number:05}/*"},
        lambda number: {"method": "?ET", "path": f"/n/{number:05}/*"},
    ],
)
def test_cost_does_not_grow_with_the_rules(match: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rules: only those are tried whose literal parts are met (DESIGN.md section 7)."""
    assert callable(match)
    tried = 0
    index = RuleIndex([rule(match(number), str(number)) for number in range(3000)])
    matches = _Entry.matches

    def counting(self: _Entry, known: Mapping[str, str], fields: Mapping[str, str]) -> bool:
        nonlocal tried
        tried += 1
        return matches(self, known, fields)

    monkeypatch.setattr(_Entry, "matches", counting)
    wanted = match(2999)["path"].replace("*", "x")
    assert found(index, request(wanted)) == "2999"
    assert found(index, request("/elsewhere")) == ""
    assert tried == 1
