"""The scenario language: one grammar, one canonical spelling, errors that point at the character."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from statuary.errors import ScriptError
from statuary.scenario.grammar import (
    HTTP,
    MAX_CHOICES,
    MAX_COUNT,
    MAX_EFFECT_SECONDS,
    MAX_NUMBER_CHARACTERS,
    MAX_OCTETS,
    MAX_SCRIPT_CHARACTERS,
    MAX_STEPS,
    MAX_WEIGHT,
    SMTP,
    Dialect,
    parse_script,
)
from statuary.scenario.script import Answer, Choice, Effect, Script, Step
from tests.scenario.strategies import scripts


def attempt(text: str, dialect: Dialect) -> Script | ScriptError:
    """The script, or what is wrong with it."""
    try:
        return parse_script(text, dialect)
    except ScriptError as error:
        return error


DIALECTS = st.sampled_from([HTTP, SMTP])


@given(scripts(SMTP))
def test_script_survives_being_printed_smtp(script: Script) -> None:
    """parse(str(s)) == s, with enhanced codes (DESIGN.md section 4)."""
    assert parse_script(str(script), SMTP) == script
    assert str(parse_script(str(script), SMTP)) == str(script)


@given(scripts(HTTP))
def test_script_survives_being_printed_http(script: Script) -> None:
    """parse(str(s)) == s, with every status code from 100 to 999."""
    assert parse_script(str(script), HTTP) == script


@given(st.text(max_size=60), DIALECTS)
@example("\0", HTTP)
@example("503x2~\ud800", SMTP)
@example("-" * 50, SMTP)
@example("x" * 50, HTTP)
def test_any_text_is_a_script_or_an_error_with_a_place(text: str, dialect: Dialect) -> None:
    """Nothing but ScriptError comes out, and its position lies in the text or at its end."""
    result = attempt(text, dialect)
    if isinstance(result, ScriptError):
        assert 0 <= result.position <= len(text)
        assert result.text == text
        assert result.expected
        assert result.pointer.endswith("^")
    else:
        assert parse_script(str(result), dialect) == result


@given(st.text("0123456789.x~,:-_=psrdhagtm \tXelnu", max_size=40), DIALECTS)
@example("503-delay=20.123456789m", HTTP)
@example("200:12345678901.1234567", HTTP)
@example("200:99999.9999999999999999", HTTP)
@example("200-delay=0.0000000001s", HTTP)
def test_what_is_nearly_a_script_prints_canonically(text: str, dialect: Dialect) -> None:
    """Whatever is taken has one spelling, which is taken again."""
    script = attempt(text, dialect)
    if isinstance(script, Script):
        assert str(parse_script(str(script), dialect)) == str(script)
        assert parse_script(str(script), dialect) == script


def code(value: str, enhanced: str = "", *effects: Effect) -> Answer:
    """An answer with a code."""
    return Answer("code", value, enhanced, effects)


def one(answer: Answer, count: int | None = None) -> Step:
    """A step of one answer."""
    return Step((Choice(answer),), count)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("503x2~200", Script((one(code("503"), 2), one(code("200"))))),
        ("200:0.9,503:0.1", Script((Step((Choice(code("200"), 0.9), Choice(code("503"), 0.1))),))),
        ("200,503", Script((Step((Choice(code("200")), Choice(code("503")))),))),
        ("503~200", Script((one(code("503"), 1), one(code("200"))))),
        ("pass", Script((one(Answer("pass")),))),
        ("PASSx2", Script((one(Answer("pass"), 2),))),
        ("hang-delay=1s", Script((one(Answer("hang", effects=(Effect("delay", 1.0),))),))),
        ("200-truncate=0.5-reset", Script((one(code("200", "", Effect("truncate", 0.5), Effect("reset"))),))),
        ("200-truncate=10x2", Script((one(code("200", "", Effect("truncate", 10.0)), 2),))),
        ("503X2", Script((one(code("503"), 2),))),
        ("200-Delay=500MS", Script((one(code("200", "", Effect("delay", 0.5))),))),
    ],
)
def test_meaning(text: str, expected: Script) -> None:
    """What a script means, step by step; case tells nothing, since mail addresses come in either."""
    assert parse_script(text) == expected


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("452 4.2.2 x2 ~ 250", "452_4.2.2x2~250"),
        ("452_4.2.2x2~451~250", "452_4.2.2x2~451~250"),
        (" 452\t4.2.2 ", "452_4.2.2"),
        ("421 - close", "421-close"),
        ("451 - delay = 2s ~ pass", "451-delay=2s~pass"),
        ("250 : 0.5 , 451 : 0.5 x 3", "250:0.5,451:0.5x3"),
        ("250:1,451:1", "250,451"),
        ("250:2,451", "250:2,451:1"),
        ("451x1~250x1", "451~250x1"),
        ("451-delay=2m", "451-delay=120s"),
        ("451-delay=2", "451-delay=2s"),
        ("451-delay=.5", "451-delay=0.5s"),
        ("451-truncate=1.0", "451-truncate=1"),
    ],
)
def test_prose_and_canonical_spelling(text: str, canonical: str) -> None:
    """In prose, spaces stand around the tokens and for the underscore; printing gives the one spelling."""
    assert str(parse_script(text, SMTP)) == canonical


@pytest.mark.parametrize(
    ("text", "dialect", "position", "expected"),
    [
        ("", HTTP, 0, "a code from 100 to 999"),
        ("   ", HTTP, 3, "a code"),
        ("50", HTTP, 2, "three digits"),
        ("5x3", HTTP, 1, "three digits"),
        ("099", HTTP, 0, "a code from 100 to 999"),
        ("1000", HTTP, 0, "a code from 100 to 999"),
        ("199", SMTP, 0, "a code from 200 to 599"),
        ("600", SMTP, 0, "a code from 200 to 599"),
        ("503~", HTTP, 4, "a code"),
        ("503~~200", HTTP, 4, "a code"),
        ("503 200", HTTP, 4, '"~"'),
        ("503x", HTTP, 4, "a count"),
        ("503x0", HTTP, 4, "a count from 1"),
        ("503x2x3", HTTP, 5, '"~"'),
        ("200,,503", HTTP, 4, "a code"),
        ("200:", HTTP, 4, "a weight"),
        ("200:a", HTTP, 4, "a weight"),
        ("200:0,503:0", HTTP, 0, "a weight above 0"),
        ("503~200:0", HTTP, 4, "a weight above 0"),
        ("503-", HTTP, 4, "an effect"),
        ("503-slow", HTTP, 4, "an effect"),
        ("503-close-close", HTTP, 10, "an effect, each once"),
        ("503-delay", HTTP, 9, '"="'),
        ("503-delay=", HTTP, 10, "a number"),
        ("503-delay=soon", HTTP, 10, "a number"),
        ("503-delay=2y", HTTP, 11, '"~"'),
        ("503-truncate=1.5", HTTP, 13, "a share up to 1"),
        ("503_4.2.2", HTTP, 3, "no enhanced code here"),
        ("503 _4.2.2", HTTP, 4, "no enhanced code here"),
        ("452_", SMTP, 4, "an enhanced status code"),
        ("452_4.2", SMTP, 4, "an enhanced status code"),
        ("452_3.2.2", SMTP, 4, "an enhanced status code"),
        ("452_4.2.2.2", SMTP, 4, "an enhanced status code"),
        ("452 4.2.2 4.2.2", SMTP, 10, '"~"'),
        ("passx2~walk", HTTP, 7, "pass, drop, reset or hang"),
        ("503\n", HTTP, 3, '"~"'),
        ("\uff15\uff10\uff13", HTTP, 0, "a code"),
    ],
)
def test_error_points_at_the_character(text: str, dialect: Dialect, position: int, expected: str) -> None:
    """An error names the place, counted in characters, and what could have stood there."""
    with pytest.raises(ScriptError) as caught:
        parse_script(text, dialect)
    assert caught.value.position == position
    assert expected in caught.value.expected
    assert f"character {position + 1}: expected" in str(caught.value)
    assert caught.value.pointer == f"{text}\n{' ' * position}^"


@pytest.mark.parametrize(
    ("within", "beyond", "position"),
    [
        ("~".join(["200"] * MAX_STEPS), "~".join(["200"] * (MAX_STEPS + 1)), 4 * MAX_STEPS),
        (",".join(["200"] * MAX_CHOICES), ",".join(["200"] * (MAX_CHOICES + 1)), 4 * MAX_CHOICES),
        (f"200x{MAX_COUNT}", f"200x{MAX_COUNT + 1}", 4),
        (f"200x{MAX_COUNT}", f"200x{'9' * 500}", 4),
        (f"200-delay={MAX_EFFECT_SECONDS:.0f}s", f"200-delay={MAX_EFFECT_SECONDS + 1:.0f}s", 10),
        ("200-drip=1h", "200-drip=2h", 9),
        (f"200-truncate={MAX_OCTETS}", f"200-truncate={MAX_OCTETS + 1}", 13),
        (f"200:{MAX_WEIGHT}", f"200:{MAX_WEIGHT + 1}", 4),
        (f"200:0.{'1' * (MAX_NUMBER_CHARACTERS - 2)}", f"200:0.{'1' * (MAX_NUMBER_CHARACTERS - 1)}", 4),
        ("200" + " " * (MAX_SCRIPT_CHARACTERS - 3), "200" + " " * (MAX_SCRIPT_CHARACTERS - 2), MAX_SCRIPT_CHARACTERS),
    ],
)
def test_limits(within: str, beyond: str, position: int) -> None:
    """Each limit takes its own value and refuses the next one, and points at it."""
    assert parse_script(within).steps
    with pytest.raises(ScriptError) as caught:
        parse_script(beyond)
    assert caught.value.position == position


def test_longest_script_is_not_kept() -> None:
    """Short scripts are kept once parsed; long ones, which strangers choose, take no memory for good."""
    assert parse_script("503x2~200") is parse_script("503x2~200")
    long = "~".join(["503"] * 60)
    assert parse_script(long) is not parse_script(long)
    assert parse_script(long) == parse_script(long)
