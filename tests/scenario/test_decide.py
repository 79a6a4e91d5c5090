"""The decision: pure, so that it can be replayed (DESIGN.md section 2 and 4)."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.scenario.decide import Decision, chance, decide
from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.script import PASS, Script
from tests.scenario.strategies import scripts


def sequence(text: str, length: int, seed: int = 7, key: str = "k") -> list[str]:
    """The answers to so many requests in turn."""
    script = parse_script(text)
    return [str(decide(script, uses, seed, key).answer) for uses in range(length)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("503x2~200", ["503", "503", "200", "200", "200"]),
        ("503x1", ["503", "pass", "pass", "pass", "pass"]),
        ("503", ["503", "503", "503", "503", "503"]),
        ("503~200", ["503", "200", "200", "200", "200"]),
        ("503~200x1", ["503", "200", "pass", "pass", "pass"]),
        ("503x2~hangx1~drop", ["503", "503", "hang", "drop", "drop"]),
        ("pass~503", ["pass", "503", "503", "503", "503"]),
        ("200:0,503:1", ["503"] * 5),
        ("200:1,503:0", ["200"] * 5),
    ],
)
def test_steps_in_order(text: str, expected: list[str]) -> None:
    """A counted step stands so often; an uncounted last one for ever; after a counted last one comes ``pass``."""
    assert sequence(text, 5) == expected


def test_decision_says_where_it_stood() -> None:
    """The journal learns the step, and how often the script was asked."""
    script = parse_script("503x2~200x1")
    decisions = [decide(script, uses, 0, "") for uses in range(4)]
    assert [(decision.step, decision.asked) for decision in decisions] == [(1, 1), (1, 2), (2, 3), (0, 4)]
    assert decisions[3] == Decision(PASS, 0, 4)


def test_last_step_holds_for_ever() -> None:
    """Any number of uses later it still answers."""
    assert str(decide(parse_script("503x2~200"), 10**15, 0, "").answer) == "200"
    assert decide(parse_script("503x1000000"), 10**15, 0, "").answer == PASS


def test_replay() -> None:
    """The same seed and key draw the same sequence; it is known, so that no machine and no version differs."""
    drawn = sequence("200:0.5,503:0.5", 12, seed=1234, key="GET /status/200:0.5,503:0.5")
    assert drawn == sequence("200:0.5,503:0.5", 12, seed=1234, key="GET /status/200:0.5,503:0.5")
    assert [round(chance(1234, "key", uses), 6) for uses in range(3)] == [0.503247, 0.113034, 0.140131]


def test_keys_and_seeds_are_independent() -> None:
    """Another key or seed draws another sequence; what one connection draws leaves others alone."""
    sequences = {
        tuple(sequence("200,503", 64, seed, key)) for seed in (1, 2, 3) for key in ("a", "b", "a ", "A", "a\x000")
    }
    assert len(sequences) == 15


def test_weights_converge() -> None:
    """Draws follow the weights within 5 standard deviations, and every choice with a weight comes up."""
    drawn = Counter(sequence("200:90,503:9,429:1,404:0", 20_000))
    assert abs(drawn["503"] - 1800) < 5 * (20_000 * 0.09 * 0.91) ** 0.5
    assert abs(drawn["429"] - 200) < 5 * (20_000 * 0.01 * 0.99) ** 0.5
    assert drawn["404"] == 0
    assert sum(drawn.values()) == 20_000


@given(scripts(), st.integers(0, 10**9), st.integers(), st.text())
def test_every_decision_is_one_of_the_script(script: Script, uses: int, seed: int, key: str) -> None:
    """Any count, seed and key, half surrogates included, lead to an answer with a weight, the same each time."""
    decision = decide(script, uses, seed, key)
    assert decision == decide(script, uses, seed, key)
    weighted = {choice.answer for step in script.steps for choice in step.choices if choice.weight}
    assert decision.answer in weighted | {PASS}
    assert decision.asked == uses + 1


@given(st.integers(), st.text(), st.integers(0))
def test_chance_stays_below_one(seed: int, key: str, uses: int) -> None:
    """A draw is from 0 up to but not including 1."""
    assert 0 <= chance(seed, key, uses) < 1


def test_constant_scripts_are_marked() -> None:
    """A script that always gives one answer says so, which lets a server prepare the octets once."""
    assert parse_script("503").constant == parse_script("503~503").steps[0].choices[0].answer
    assert parse_script("503x1").constant is None
    assert parse_script("503,200").constant is None
    assert parse_script("452 4.2.2", SMTP).constant is not None
