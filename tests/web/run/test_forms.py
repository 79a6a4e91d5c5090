"""The spellings of a script: each is taken where it belongs, and the written site's script spells the same."""

from __future__ import annotations

import ast
import json
import random
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statuary.errors import ScriptError, WrongArgument
from statuary.scenario.grammar import HTTP, SMTP, parse_script
from statuary.scenario.rulefile import read_rules
from statuary.scenario.rules import STAGES
from statuary.web.run.ask import ask, ask_target
from statuary.web.run.forms import Places, forms_of
from tests.conftest import ROOT, require
from tests.web.run.scripts import KEYS, scripts

PLACES = Places("127.0.0.1:8081", "127.0.0.1:8443", "127.0.0.1:1025", "127.0.0.1:1465", "127.0.0.1:1587")
SPELLED: dict[str, tuple[str, ...]] = {
    "http": ("script", "way", "url", "rule", "pytest", "curl"),
    "smtp": ("script", "way", "address", "rule", "pytest", "swaks", "curl"),
}
MADE_UP = 4000
"""How many texts are held against each other, beside those of Hypothesis."""


@given(scripts("smtp"), st.sampled_from(STAGES["smtp"]), st.from_regex(KEYS, fullmatch=True))
def test_the_rule_and_the_test_say_the_same_script(text: str, stage: str, key: str) -> None:
    """Each is read back: the rule by rule files' reader, the line of a test by Python."""
    forms = forms_of(ask("smtp", text, stage, key), PLACES)
    found = read_rules(forms.rule.encode(), "rules.toml", "rules")
    assert found.faults == ()
    (rule,) = found.rules
    wanted = str(parse_script(text, SMTP))
    assert (rule.stage, str(rule.script)) == (stage, wanted)
    line = ast.parse(forms.pytest, mode="eval").body
    assert isinstance(line, ast.Call)
    assert ast.literal_eval(line.args[0]) == wanted
    compile(forms.python, "shown", "exec")


def test_spellings_of_http() -> None:
    forms = forms_of(ask("http", "503 x2 ~ 200", key="blue"), PLACES)
    assert forms.url == "http://127.0.0.1:8081/status/503x2~200?key=blue"
    assert forms.curl == "curl -i 'http://127.0.0.1:8081/status/503x2~200?key=blue'"
    assert forms.pytest == 'statuary_http.on(key="blue").answer("503x2~200")'
    assert forms.rule.splitlines() == [
        "[[rule]]",
        'protocol = "http"',
        'stage = "request"',
        'answer = "503x2~200"',
        'match = { key = "blue" }',
    ]
    assert (forms.swaks, forms.address) == ("", "")


def test_spellings_of_smtp() -> None:
    forms = forms_of(ask("smtp", "452 4.2.2 x2", "rcpt"), PLACES)
    assert forms.address == "rcpt452_4.2.2x2@any.test"
    assert forms.swaks == "swaks --server 127.0.0.1:1025 --to rcpt452_4.2.2x2@any.test"
    assert forms.pytest == 'statuary_smtp.on("rcpt").answer("452_4.2.2x2")'
    assert forms.url == ""


def test_an_address_that_needs_quotes_has_them_for_the_shell_too() -> None:
    """RFC 5321 §4.1.2: a colon and a comma stand in a quoted string."""
    forms = forms_of(ask("smtp", "250:0.9,452:0.1"), PLACES)
    assert forms.address == '"rcpt250:0.9,452:0.1"@any.test'
    assert """--mail-rcpt '"rcpt250:0.9,452:0.1"@any.test' """ in forms.curl
    assert forms.swaks == ""


def test_a_code_that_stands_alone_has_no_script() -> None:
    forms = forms_of(ask_target("/http/499-nginx"), PLACES)
    assert (forms.script, forms.rule, forms.pytest) == ("", "", "")
    assert forms.url == "http://127.0.0.1:8081/http/499-nginx"


def test_no_key_is_matched_where_nobody_has_named_one() -> None:
    """Before a greeting no client has said anything."""
    forms = forms_of(ask("smtp", "421", "connect", "blue"), PLACES)
    assert "match" not in forms.rule
    assert "key" not in forms.pytest


# The written site's script against the grammar


def in_python(case: tuple[str, str, str, str]) -> Any:
    """What the grammar makes of a case, in the shape of the script's answer."""
    try:
        forms = forms_of(ask(*case), PLACES).to_dict()
    except ScriptError as error:
        return {"expected": error.expected, "position": error.position}
    except WrongArgument as error:
        return {"expected": error.expected, "position": -1}
    return {"forms": {name: forms[name] for name in SPELLED[case[0]]}}


def in_script(cases: list[tuple[str, str, str, str]]) -> Iterator[Any]:
    """What the script makes of them."""
    node = require("node")
    places = {name: getattr(PLACES, name) for name in ("http", "smtp", "submission")}
    lines = "".join(json.dumps([*case, places]) + "\n" for case in cases)
    command = [node, str(ROOT / "tests/web/run/spell.mjs"), str(ROOT / "src/statuary/web/static/spell.js")]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=60, check=True)
    for line in done.stdout.splitlines():
        told = json.loads(line)
        yield told


def held_against_each_other(cases: list[tuple[str, str, str, str]]) -> int:
    """How many of the cases are scripts; what differs fails."""
    right = 0
    for case, said in zip(cases, in_script(cases), strict=True):
        wanted = in_python(case)
        assert said == wanted, case
        right += "forms" in wanted
    return right


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_both_spell_every_script_alike(data: st.DataObject) -> None:
    """The same one spelling, address, rule, test and commands, at every stage."""
    protocol = data.draw(st.sampled_from(["http", "smtp"]))
    case = st.tuples(
        st.just(protocol), scripts(protocol, 4), st.sampled_from(STAGES[protocol]), st.from_regex(KEYS, fullmatch=True)
    )
    cases = data.draw(st.lists(case, min_size=60, max_size=60))
    assert held_against_each_other(cases) > 0


def test_both_refuse_the_same_texts_at_the_same_place() -> None:
    """With the same words. Pieces of the language in any order, most of them wrong; also numbers at their limits."""
    pieces = (
        *("503", "200", "452", "4.2.2", "_", "x", "2", "~", ",", ":", "0.5", "-delay=", "2s", "1.5m", "-close", " "),
        *("-drip=.25h", "pass", "DROP", "hang", "-rate=5k", "-truncate=0.5", "-stall=40", "-halfclose", "-late", "é"),
        *("-pause=1s", "-garbage=3k", "-split=3", "x7", "x0", "ms", "1e", "\t", "-limit=2m", "-sigma=11", "x1000001"),
        *("-split=1001", "-garbage=1048577", "-delay=3600.1", ":1000001", "-truncate=1.5", "123456789012345678901"),
    )
    chance = random.Random(7)
    cases = []
    for _ in range(MADE_UP):
        protocol = chance.choice(("http", "smtp"))
        text = chance.choice(("503", "452 4.2.2", "")) + "".join(chance.choices(pieces, k=chance.randint(0, 6)))
        stage = chance.choice(STAGES[protocol])
        cases.append((protocol, text, stage, chance.choice(("", "blue", "5", "é", "a b"))))
    cases.append(("http", "~".join(["503"] * 101), "request", ""))
    cases.append(("http", ",".join(["503"] * 101), "request", ""))
    cases.append(("http", "503" + " " * 2000, "request", ""))
    assert 100 < held_against_each_other(cases) < MADE_UP


def test_the_script_knows_the_effects_of_the_grammar() -> None:
    """Every effect is offered in the form, with a value that the grammar takes."""
    source = (ROOT / "src/statuary/web/static/builder.js").read_text("utf-8")
    common = source.partition("const COMMON = ")[2].partition(";")[0].replace('" +\n    "', "").strip('"').split()
    table = source.partition("const EFFECTS = {")[2].partition("}")[0]
    for protocol, dialect in (("http", HTTP), ("smtp", SMTP)):
        more = table.partition(f'{protocol}: "')[2].partition('"')[0].split()
        offered = [each.partition("=")[0] for each in (*common, *more)]
        assert sorted(offered) == sorted(dialect.effects)
        for effect in (*common, *more):
            assert parse_script(f"250-{effect}", dialect).steps


@pytest.mark.parametrize("protocol", ["http", "smtp"])
def test_the_form_of_the_endpoint_is_that_of_python(protocol: str) -> None:
    made = ask(protocol, "503", "", "k")
    assert forms_of(made, PLACES).to_dict()["script"] == "503"
