"""How a script is asked for: the mock reads the same one wherever it was written, and else a rule asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.errors import ScriptError, WrongArgument
from statuary.scenario.address import parse_address, parse_hello, parse_word
from statuary.scenario.grammar import HTTP, SMTP, parse_script
from statuary.scenario.rules import STAGES
from statuary.web.run.ask import CHOICE_EXCHANGES, MAX_KEY_CHARACTERS, Ask, ask, ask_target, exchanges_of
from tests.web.run.scripts import KEYS, scripts


@pytest.mark.parametrize(
    ("stage", "way", "spelled"),
    [
        ("mail", "sender", "mail451x2+blue@any.test"),
        ("rcpt", "recipient", "rcpt451x2+blue@any.test"),
        ("quit", "recipient", "quit451x2+blue@any.test"),
        ("bdat", "recipient", "bdat451x2+blue@any.test"),
        ("vrfy", "argument", "vrfy451x2+blue@any.test"),
        ("ehlo", "hello", "ehlo451x2.k-blue.any.test"),
        ("starttls", "hello", "starttls451x2.k-blue.any.test"),
        ("auth", "user", "auth451x2+blue@any.test"),
        ("connect", "rule", ""),
        ("other", "rule", ""),
    ],
)
def test_each_stage_has_its_way(stage: str, way: str, spelled: str) -> None:
    """docs/smtp.md, "Who speaks for a stage"."""
    made = ask("smtp", "451 x2", stage, "blue")
    assert (made.way, made.spelled) == (way, spelled)


@given(scripts("smtp"), st.sampled_from(STAGES["smtp"]), st.from_regex(KEYS, fullmatch=True))
def test_the_mock_reads_what_was_written(text: str, stage: str, key: str) -> None:
    """Whatever the script and the key, the word that asks is read as the same script for the same stage."""
    made = ask("smtp", text, stage, key)
    wanted = parse_script(text, SMTP)
    assert made.script == wanted
    match made.way:
        case "sender" | "recipient":
            local, _, domain = made.spelled.rpartition("@")
            found = parse_address(local.removeprefix('"').removesuffix('"'), domain)
            assert local.startswith('"') == any(each in local for each in ",:")
        case "hello":
            found = parse_hello(made.hello).scripts[stage]
        case "argument" | "user":
            found = parse_word(stage, made.word)
        case _:
            assert stage in ("connect", "other") or len(f"{stage}{wanted}+{key}") > 150
            return
    assert found is not None
    assert (found.stage, str(found.script)) == (stage, str(wanted))


def test_a_script_that_fits_no_address_goes_into_a_rule() -> None:
    """RFC 5321 §4.5.3.1: addresses have an end."""
    long = "~".join(["452_4.2.2-delay=2s"] * 40)
    assert ask("smtp", long, "rcpt").way == "rule"
    assert ask("http", long.replace("_4.2.2", "")).way == "target"


def test_targets_keep_what_a_path_may_hold() -> None:
    """RFC 3986 §3.3."""
    assert ask("http", "200 : 0.9 , 503 : .1", key="blue").target == "/status/200:0.9,503:0.1?key=blue"
    assert ask_target("/http/499-nginx", "x").spelled == "/http/499-nginx?key=x"


@pytest.mark.parametrize(
    ("protocol", "stage", "key", "parameter"),
    [
        ("ftp", "", "", "protocol"),
        ("smtp", "request", "", "stage"),
        ("http", "rcpt", "", "stage"),
        ("http", "", "a b", "key"),
        ("http", "", "x" * (MAX_KEY_CHARACTERS + 1), "key"),
        ("smtp", "", "a@b", "key"),
    ],
)
def test_what_is_wrong_is_named(protocol: str, stage: str, key: str, parameter: str) -> None:
    with pytest.raises(WrongArgument) as caught:
        ask(protocol, "503", stage, key)
    assert caught.value.name == parameter


def test_an_error_of_the_grammar_keeps_its_place() -> None:
    with pytest.raises(ScriptError) as caught:
        ask("smtp", "452~45")
    assert caught.value.position == 6


@pytest.mark.parametrize(
    ("protocol", "text", "count"),
    [
        ("http", "503x2~200", 3),
        ("http", "503x2", 3),
        ("http", "503", 1),
        ("http", "103", 1),
        ("http", "103x3~200", 1),
        ("http", "503~103~200", 2),
        ("http", "503x2~103x2", 3),
        ("http", "200:0.9,503:0.1", CHOICE_EXCHANGES),
        ("http", "200:0.9,503:0.1x3", 4),
        ("smtp", "452_4.2.2x2", 3),
        ("smtp", "452x2~451~250", 4),
        ("smtp", "452x1000000", 20),
    ],
)
def test_as_many_exchanges_as_show_a_script_whole(protocol: str, text: str, count: int) -> None:
    """Each step so often as it stands, then what holds; interim answers share an exchange (RFC 9110 §15.2)."""
    script = parse_script(text, HTTP if protocol == "http" else SMTP)
    assert exchanges_of(script, protocol, 20) == count


def test_a_code_that_stands_alone_is_asked_once() -> None:
    made: Ask = ask_target("/http/499-nginx")
    assert exchanges_of(made.script, "http", 20) == 1
