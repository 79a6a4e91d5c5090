"""Scripts in mail addresses (DESIGN.md section 4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.errors import ScriptError
from statuary.scenario.address import ADDRESS_STAGES, MAX_CACHED_CHARACTERS, parse_address
from statuary.scenario.grammar import MAX_SCRIPT_CHARACTERS


@pytest.mark.parametrize(
    ("local_part", "stage", "script"),
    [
        ("rcpt452_4.2.2x2", "rcpt", "452_4.2.2x2"),
        ("data451", "data", "451"),
        ("message554", "message", "554"),
        ("mail421-close", "mail", "421-close"),
        ("RCPT452X2", "rcpt", "452x2"),
        ("rcpt452x2~250", "rcpt", "452x2~250"),
        ("rcptpass", "rcpt", "pass"),
        ("datahang-delay=1s", "data", "hang-delay=1s"),
        ("mailreset", "mail", "reset"),
        ("rcpt250:0.5,451:0.5", "rcpt", "250,451"),
        ("rcpt452+blue", "rcpt", "452"),
        ("rcpt452+451+x", "rcpt", "452"),
    ],
)
def test_address_speaks_for_a_stage(local_part: str, stage: str, script: str) -> None:
    """The local part names the stage and holds the script; a tag after ``+`` is none of it."""
    found = parse_address(local_part, "any.test")
    assert found is not None
    assert found.stage == stage
    if ":" not in local_part:
        assert str(found.script) == script


@pytest.mark.parametrize(
    "local_part",
    [
        *("recipient", "mail", "mailman", "mailer-daemon", "data2024", "datapassport", "rcpt", "messages", "rcpt45"),
        *("message12345", "dropbox", "passthrough", "mailpasses", "", "\0", "rcptdropbox", "data451a", "x.rcpt452"),
    ],
)
def test_ordinary_addresses_stay_ordinary(local_part: str) -> None:
    """Exactly three digits, or a word of the language, have to follow the stage."""
    assert parse_address(local_part, "any.test") is None


@pytest.mark.parametrize(
    ("local_part", "position"), [("rcpt199", 0), ("rcpt452_9.9.9", 4), ("data451-slow", 4), ("mail421~", 4)]
)
def test_wrong_scripts_say_where(local_part: str, position: int) -> None:
    """An address that means to be a script, and is none, is refused with the place in the script."""
    with pytest.raises(ScriptError) as caught:
        parse_address(local_part, "any.test")
    assert caught.value.position == position


def test_tag_isolates_the_count_and_keeps_the_draws() -> None:
    """Tagged copies of an address meet the same sequence of random draws."""
    keys = {parse_address(text, "any.test") for text in ("rcpt250,451", "rcpt250,451+a", "RCPT250,451+b")}
    assert len({found.draw_key for found in keys if found is not None}) == 1
    other = parse_address("rcpt250,451", "other.test")
    assert other is not None
    assert other.draw_key not in {found.draw_key for found in keys if found is not None}


@given(st.sampled_from(ADDRESS_STAGES), st.text(max_size=30), st.text(max_size=10))
def test_any_local_part_is_scripted_ordinary_or_refused(stage: str, rest: str, domain: str) -> None:
    """No text crashes it."""
    try:
        found = parse_address(stage + rest, domain)
    except ScriptError as error:
        place: int | None = error.position
    else:
        place = None
        assert found is None or found.stage == stage
    assert place is None or 0 <= place <= len(rest)


def test_long_addresses_are_read_and_not_kept() -> None:
    """What strangers can make long is not kept in a cache."""
    long = "rcpt452+" + "x" * MAX_CACHED_CHARACTERS
    assert parse_address(long, "any.test") is not parse_address(long, "any.test")
    assert parse_address("rcpt452", "any.test") is parse_address("rcpt452", "any.test")
    with pytest.raises(ScriptError):
        parse_address("rcpt452-" + "x" * 2 * MAX_SCRIPT_CHARACTERS, "any.test")
