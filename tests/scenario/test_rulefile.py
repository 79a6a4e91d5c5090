"""Rule files: read, written, and wrong in every way that a person can be."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.scenario.causes import CAUSES
from statuary.scenario.matchers import Contains, Exact
from statuary.scenario.patterns import TableError
from statuary.scenario.places import find_places
from statuary.scenario.rulefile import MAX_FAULTS, MAX_RULE_FILE_OCTETS, read_rules, write_rules
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import THEN, Count, Rule, Scenario
from statuary.scenario.ruletable import RULE_KEYS, read_rule, write_rule
from tests.conftest import ROOT

EXAMPLE = b"""
[[rule]]
name = "full mailbox"
protocol = "smtp"
stage = "rcpt"
match = { recipient = "*@full.test" }
answer = "452 4.2.2 x2 ~ pass"
key = "recipient"
priority = 10

[[rule]]
protocol = "http"
match = { method = "POST", path = "/orders", json = { "$.quantity" = { regex = "^[0-9]+$" } } }
answer = "503x2~201"
then = "loop"
headers = { "Retry-After" = "2", "Set-Cookie" = ["a=1", "b=2"] }
json = { ok = true }

[[rule]]
protocol = "smtp"
stage = "message"
match = { header = { subject = { contains = "invoice", ignore_case = true } }, count = "2-" }
answer = 554
scenario = { name = "shop", required = "Started", sets = "Closed" }

[[rule]]
protocol = "smtp"
stage = "rcpt"
answer = "451"
greylist = { wait = "5m", by = ["ip", "sender"] }
"""


def test_header_fields_of_a_key_are_written_in_any_case() -> None:
    """Names of header fields are alike in either case (RFC 9110 §5.1): the count is kept by the field's value."""
    rule = read_rule({"protocol": "http", "answer": "503", "key": ["header.X-Tenant", "cookie.SID"]})
    assert rule.key == ("header.x-tenant", "cookie.SID")


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("/café/*", "/caf%C3%A9/*"),
        ("/a b", "/a%20b"),
        ("/a%20b", "/a%20b"),
        ({"exact": "/é*"}, Exact("/%C3%A9*")),
        ({"contains": "é", "ignore_case": True}, Contains("%C3%A9", ignore_case=True)),
    ],
)
def test_paths_are_matched_as_they_are_sent(pattern: object, matched: object) -> None:
    """What no URI holds is escaped on the wire (RFC 3986 §2.1), so that a path may be written as people read it."""
    assert read_rule({"protocol": "http", "answer": "503", "match": {"path": pattern}}).match["path"] == matched


@pytest.mark.parametrize("host", ["api.test:8081", {"exact": "[::1]:80"}, "*:80"])
def test_hosts_have_no_port(host: object) -> None:
    """The field is the name alone; a pattern with a port is told so, since it would never fit."""
    with pytest.raises(TableError, match=r"match\.host: has the port \d+ \(write the name of the host alone\)"):
        read_rule({"protocol": "http", "answer": "503", "match": {"host": host}})
    for plain in ("api.test", "[::1]", "::1", "*.test"):
        assert read_rule({"protocol": "http", "answer": "503", "match": {"host": plain}}).match["host"] == plain


def test_example_is_read() -> None:
    """Every key comes out where it belongs; rules without a name get the file's and a number."""
    found = read_rules(EXAMPLE, "example.toml", "example")
    assert found.faults == ()
    full, order, invoice, grey = found.rules
    assert (full.name, full.key, full.priority, str(full.script)) == (
        "full mailbox",
        ("recipient",),
        10,
        "452_4.2.2x2~pass",
    )
    assert (order.name, order.stage, order.then) == ("example#2", "request", "loop")
    assert order.reply.body == b'{"ok": true}'
    assert order.reply.headers == (
        ("Content-Type", "application/json"),
        ("Retry-After", "2"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
    )
    assert invoice.count == Count(2)
    assert invoice.scenario == Scenario("shop", "Started", "Closed")
    assert "header.subject" in invoice.match
    assert grey.cause is not None
    assert [rule.conditional for rule in found.rules] == [False, False, True, True]


def test_written_rules_read_the_same() -> None:
    """A rule file made from rules gives the same rules."""
    rules = read_rules(EXAMPLE, "example.toml", "example").rules
    text = write_rules(rules)
    again = read_rules(text.encode(), "again.toml", "other")
    assert again.faults == ()
    assert [write_rule(rule) for rule in again.rules] == [write_rule(rule) for rule in rules]
    assert write_rules(()) == ""


_texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
_pattern = st.one_of(
    _texts,
    st.fixed_dictionaries({"exact": _texts}, optional={"ignore_case": st.just(True)}),
    st.fixed_dictionaries({"contains": _texts}),
    st.just({"regex": "^a+$"}),
    st.booleans().map(lambda absent: {"absent": absent}),
    st.just({"not": {"glob": "a*"}}),
    st.lists(_texts, min_size=1, max_size=3).map(lambda several: {"any": several}),
    st.just({"json": {"$.a": {"exact": "1"}}}),
    st.just({"json_equals": '{"a": 1}', "more_allowed": True}),
)
_tables = st.fixed_dictionaries(
    {"protocol": st.just("http"), "answer": st.sampled_from(["503x2~200", "200:0.9,503:0.1", "503-delay=2s", "drop"])},
    optional={
        "name": st.text("abc #1é", min_size=1, max_size=10),
        "match": st.fixed_dictionaries(
            {},
            optional={
                "path": _pattern,
                "body": _pattern,
                "header": st.dictionaries(st.sampled_from(["accept", "x-a"]), _pattern, min_size=1),
                "count": st.sampled_from([1, "2-3", "4-"]),
            },
        ),
        "key": st.lists(st.sampled_from(["path", "ip", "header.x-a"]), max_size=2),
        "priority": st.integers(-5, 5),
        "then": st.sampled_from(THEN),
        "reason": st.just("Busy"),
        "headers": st.just({"X-A": "1"}),
        "body": _texts,
    },
)


@given(_tables)
def test_tables_round_trip(table: dict[str, object]) -> None:
    """What is written is read as the same rule, as a table and as TOML."""
    rule = read_rule(table)
    written = write_rule(rule)
    assert write_rule(read_rule(written)) == written
    named = read_rule({**table, "name": "x"})
    again = read_rules(write_rules([named]).encode(), "again.toml")
    assert [write_rule(each) for each in again.rules] == [write_rule(named)]


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ('[[rule]]\nprotocol = "gopher"\nanswer = "1"', 2, 1, "no protocol 'gopher'"),
        ('[[rule]]\nprotocol = "smtp"\nanswer = "452"', 1, 1, "there is no stage"),
        ('[[rule]]\nprotocol = "smtp"\nstage = "rcptt"\nanswer = "452"', 3, 1, "no stage 'rcptt'"),
        ('[[rule]]\nprotocol = "http"', 1, 1, "there is no answer"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503x2~2o0"', 3, 18, "three digits"),
        ("[[rule]]\nprotocol = 'http'\n  answer = '99'", 3, 15, "three digits"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503-lf"', 3, 15, "an effect"),
        ('[[rule]]\nprotocol = "http"\nanser = "503"', 3, 1, "no key 'anser'"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\nmatch = { colour = "x" }', 4, 11, "no field 'colour'"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\n[rule.match]\npath = { regex = "(a" }', 5, 10, "RE2"),
        (
            '[[rule]]\nprotocol = "http"\nanswer = "503"\n[rule.match.header]\nA = { regexp = "x" }',
            5,
            7,
            "no pattern 'regexp'",
        ),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\nmatch = { json = { "$.[" = "x" } }', 4, 20, "JSON path"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\nkey = ["path", "nose"]', 4, 16, "no field 'nose'"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\npriority = "high"', 4, 1, "no whole number"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\nthen = "stop"', 4, 1, "no ending 'stop'"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\nmatch = { count = "0-" }', 4, 11, "no count"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\nheaders = { "A B" = "x" }', 4, 1, "header field"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\nheaders = { "X" = "a\\r\\nB: c" }', 4, 1, "control characters"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\nreason = "a\\nb"', 4, 1, "reason phrase"),
        ('[[rule]]\nprotocol = "smtp"\nstage = "rcpt"\nanswer = "452"\nbody = "x"', 5, 1, "are HTTP's"),
        ('[[rule]]\nprotocol = "smtp"\nstage = "rcpt"\nanswer = "452"\ntext = "a\\r\\nb"', 5, 1, "reply text"),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\ntext = "x"', 4, 1, "is SMTP's"),
        (
            '[[rule]]\nprotocol = "smtp"\nstage = "rcpt"\nanswer = "452"\nmatch = { body = "x" }',
            5,
            11,
            "not known at rcpt",
        ),
        ('[[rule]]\nprotocol = "smtp"\nstage = "rcpt"\nanswer = "452"\nquota = { octets = -1 }', 5, 1, "quota"),
        (
            '[[rule]]\nprotocol = "smtp"\nstage = "mail"\nanswer = "452"\nquota = { octets = 1 }',
            5,
            1,
            "not known at mail",
        ),
        ('[[rule]]\nprotocol = "http"\nanswer = "503"\nbody = "x"\njson = 1', 5, 1, "stands beside"),
        (
            (
                '[[rule]]\nname = "a"\nprotocol = "http"\nanswer = "503"\n'
                '[[rule]]\nname = "a"\nprotocol = "http"\nanswer = "503"'
            ),
            6,
            1,
            "rule 1",
        ),
        ('[rule]\nprotocol = "http"', 1, 1, "is one table"),
        ('[[rules]]\nprotocol = "http"', 1, 1, "unknown key 'rules'"),
        ("[[rule]]\nanswer = ", 2, 10, "not TOML"),
        ('[[rule]]\nanswer = "x\n', 2, 12, "not TOML"),
        ("[[rule]]\nanswer = [", 2, 11, "not TOML"),
        ("rule = 5", 1, 1, "is one table"),
        ("rule = [5]", 1, 9, "is no table"),
    ],
)
def test_error_names_line_and_column(text: str, line: int, column: int, problem: str) -> None:
    """Every error says where it is and what is wrong; none of the file's rules is taken."""
    found = read_rules(text.encode(), "r.toml")
    assert found.rules == ()
    fault = found.faults[0]
    assert (fault.line, fault.column) == (line, column), str(fault)
    assert problem in fault.problem
    assert str(fault).startswith(f"r.toml:{line}:{column}: ")


def test_a_number_beyond_all_bounds_is_told_in_plain_words() -> None:
    """Not in those of the interpreter, which refuses it."""
    found = read_rules(b"[[rule]]\npriority = " + b"9" * 5000, "rules.toml")
    assert [str(fault) for fault in found.faults] == [
        "rules.toml:1:1: not TOML: a number is too long (write a shorter one)"
    ]


def test_rules_without_names_can_stay_without() -> None:
    """For those who give names of their own; two without one do not clash, two of one name do."""
    rule = b'[[rule]]\nprotocol = "smtp"\nstage = "rcpt"\nanswer = "452"\n'
    assert [each.name for each in read_rules(rule * 2, "body", None).rules] == ["", ""]
    assert [each.name for each in read_rules(rule * 2, "body", "api").rules] == ["api#1", "api#2"]
    named = rule + b'name = "#1"\n'
    assert [each.name for each in read_rules(named + rule, "body", None).rules] == ["#1", ""]
    assert read_rules(named * 2, "body", None).faults


def test_all_errors_of_a_file_are_listed() -> None:
    """In the order of the lines, up to a limit."""
    wrong = '[[rule]]\nprotocol = "http"\nanswer = "5"\n'
    found = read_rules((wrong * 3).encode(), "r.toml")
    assert [fault.line for fault in found.faults] == [3, 6, 9]
    assert len(read_rules((wrong * 100).encode(), "r.toml").faults) == MAX_FAULTS


def test_large_and_undecodable_files_are_refused() -> None:
    """A file of 50 MB is refused by a limit with a name, before it is parsed."""
    huge = read_rules(b"#" * (MAX_RULE_FILE_OCTETS + 1), "r.toml")
    assert "max_rule_file_octets" in huge.faults[0].problem
    broken = read_rules(b'a = "x"\nb = "\xff"', "r.toml")
    assert (broken.faults[0].line, broken.faults[0].column, broken.faults[0].problem) == (2, 6, "not UTF-8")
    deep = read_rules(b"a = " + b"[" * 100_000, "r.toml")
    assert "not TOML" in deep.faults[0].problem


@given(st.binary(max_size=200))
def test_no_octets_make_the_reader_raise(content: bytes) -> None:
    """Any file gives rules or faults."""
    found = read_rules(content, "r.toml")
    assert found.rules == () or found.faults == ()


_values = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.\"' \\=]", min_size=1, max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text("ab.\"' =[]#", min_size=1, max_size=4), _values, max_size=4))
def test_places_are_those_of_the_keys(data: dict[str, object]) -> None:
    """Each key of a document is found, and at its place stands the key or the table that holds it."""
    import tomli_w

    text = tomli_w.dumps(data)
    assert tomllib.loads(text) == data
    places = find_places(text)
    lines = text.split("\n")

    def check(path: tuple[str | int, ...], value: object) -> None:
        if path and path in places:
            assert lines[places[path].line - 1][places[path].column - 1 :].strip()
        if isinstance(value, dict) and value:
            for key, inner in value.items():
                check((*path, key), inner)
        elif path and not isinstance(value, list):
            assert path in places, (path, text)

    check((), data)


@pytest.mark.parametrize(
    ("then", "expected"), [("pass", [503, 200, 0, 0]), ("hold", [503, 200, 200, 200]), ("loop", [503, 200, 503, 200])]
)
def test_what_follows_a_script_that_is_used_up(then: str, expected: list[int]) -> None:
    """Pass, hold the last answer, or start over."""
    rule = read_rule({"protocol": "http", "answer": "503x1~200x1", "then": then})
    steps = [rule.script.step_at(count) for count in range(4)]
    values = [0 if step is None else int(rule.script.steps[step].choices[0].answer.value) for step in steps]
    assert values == expected
    assert str(rule.script) == "503~200x1"


def test_conditional_rules_are_asked_in_order() -> None:
    """A rule whose condition does not hold leaves the word to the next, and is asked no more than once."""
    rules = [read_rule({"protocol": "http", "answer": "503", "name": name, "match": {"count": 1}}) for name in "ab"]
    rules.append(read_rule({"protocol": "http", "answer": "200", "name": "c"}))
    index, asked = RuleIndex(rules), list[str]()

    def holds(rule: Rule) -> bool:
        asked.append(rule.name)
        return rule.name == "b"

    found = index.find("http", "request", {}, holds)
    assert found is not None
    assert (found.name, asked) == ("b", ["a", "b"])
    assert index.conditional("http", "request")
    assert not index.conditional("smtp", "rcpt")


def test_documented_rules_are_rules() -> None:
    """Every TOML example of docs/rules.md is a rule file."""
    text = (ROOT / "docs" / "rules.md").read_text("utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert blocks
    for block in blocks:
        found = read_rules(block.encode(), "rules.md")
        assert found.faults == ()
        assert found.rules


def test_documented_patterns_are_patterns() -> None:
    """Every pattern in the table of docs/rules.md is one, and every key of a rule is named there."""
    text = (ROOT / "docs" / "rules.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\{ .* \}|\".*\")` \|", text, re.MULTILINE)
    assert len(rows) >= 9
    for row in rows:
        for spelled in row.replace("[...]", '["a"]').replace("= pattern", '= "a"').split("` `"):
            block = f'[[rule]]\nprotocol = "http"\nanswer = "503"\nmatch = {{ body = {spelled} }}\n'
            assert read_rules(block.encode(), "rules.md").faults == (), spelled
    for key in (*RULE_KEYS, *CAUSES):
        assert f"`{key}`" in text
