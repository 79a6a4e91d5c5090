"""Scripts in the other words of a dialogue: the name in EHLO, arguments, user names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.errors import ScriptError
from statuary.scenario.address import MAX_NAME_CHARACTERS, WORD_STAGES, Offer, parse_hello, parse_word


@pytest.mark.parametrize(
    ("name", "scripts"),
    [
        ("ehlo500.any.test", {"ehlo": "500"}),
        ("helo500.any.test", {"ehlo": "500"}),
        ("EHLO421-CLOSE.any.test", {"ehlo": "421-close"}),
        ("starttls454_4.7.0.auth535.any.test", {"starttls": "454_4.7.0", "auth": "535"}),
        ("auth454-delay=0.5s.x", {"auth": "454-delay=0.5s"}),
        ("rset500x2.quit421", {"rset": "500x2", "quit": "421"}),
        ("vrfy252+blue.any.test", {"vrfy": "252"}),
        ("bdat452x1.any.test", {"bdat": "452x1"}),
    ],
)
def test_name_speaks_for_stages(name: str, scripts: dict[str, str]) -> None:
    """BadSMTP's form, and any stage in its place; labels count until one is ordinary."""
    found = parse_hello(name)
    assert {stage: str(each.script) for stage, each in found.scripts.items()} == scripts


@pytest.mark.parametrize(
    ("name", "offer"),
    [
        ("size10000-no8bit-nopipelining.x", Offer(frozenset({"8BITMIME", "PIPELINING"}), size=10000)),
        ("nochunking.any.test", Offer(frozenset({"CHUNKING"}))),
        ("hidedsn-fakestarttls.x", Offer(hidden=frozenset({"DSN"}), faked=frozenset({"STARTTLS"}))),
        ("nodsn.noauth.x", Offer(frozenset({"DSN", "AUTH"}))),
        ("size0", Offer(size=0)),
    ],
)
def test_name_says_what_is_offered(name: str, offer: Offer) -> None:
    assert parse_hello(name) == ({}, offer, "")


@pytest.mark.parametrize(
    "name",
    [
        *("mail.example", "no-reply.example", "nothing.example", "size.example", "[192.0.2.1]", "x.ehlo500", "", "."),
        *("key-.example", "key.example", "keys-a.example", "mail.key-blue.example"),
    ],
)
def test_ordinary_names_ask_for_nothing(name: str) -> None:
    assert parse_hello(name) == ({}, None, "")


def test_script_and_offer_together() -> None:
    found = parse_hello("auth535.nodsn.any.test")
    assert set(found.scripts) == {"auth"}
    assert found.offer == Offer(frozenset({"DSN"}))


@pytest.mark.parametrize(
    ("name", "key"),
    [("key-blue.any.test", "blue"), ("KEY-Blue_2.x", "Blue_2"), ("auth535.key-blue.x", "blue"), ("key-a.key-b.x", "a")],
)
def test_name_says_what_isolates_the_session(name: str, key: str) -> None:
    """The first label that does counts, and scripts and offers stand beside it; case tells, as in an address tag."""
    assert parse_hello(name).key == key


def test_wrong_script_in_a_name_says_where() -> None:
    with pytest.raises(ScriptError) as wrong:
        parse_hello("ehlo452_9.x")
    assert wrong.value.position <= len("452_9.x")


@pytest.mark.parametrize(
    ("stage", "word", "script"),
    [
        ("vrfy", "vrfy551@any.test", "551"),
        ("noop", "noop451-close", "451-close"),
        ("auth", "auth535_5.7.8@any.test", "535_5.7.8"),
        ("auth", "AUTH454x2+blue", "454x2"),
    ],
)
def test_word_speaks_for_its_own_stage(stage: str, word: str, script: str) -> None:
    found = parse_word(stage, word)
    assert found is not None
    assert (found.stage, str(found.script)) == (stage, script)
    assert parse_word("help", word) is None


@given(st.sampled_from(WORD_STAGES), st.text(max_size=40))
def test_any_word_is_scripted_ordinary_or_refused(stage: str, rest: str) -> None:
    for read in (lambda: parse_hello(stage + rest), lambda: parse_word(stage, stage + rest)):
        position = 0
        try:
            found = read()
        except ScriptError as error:
            position = error.position
        else:
            assert found is None or found
        assert 0 <= position <= len(stage + rest)


def test_long_names_are_not_looked_at() -> None:
    """As many labels as fit are tried; a name that is longer is an ordinary one."""
    assert parse_hello("ehlo500." + "x" * MAX_NAME_CHARACTERS).scripts == {}
    with pytest.raises(ScriptError):
        parse_hello("ehlo500-." + "x." * 190)
