"""Counts by key, bounded in number and in memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from statuary.scenario.counters import (
    MAX_COUNTER_CHARACTERS,
    STARTED,
    Counters,
    MemoryCounters,
    States,
    count_key,
)


@given(st.lists(st.sampled_from("abc"), max_size=50))
def test_counts_like_a_dictionary(keys: list[str]) -> None:
    """Each key has its own count, from 0."""
    counters: Counters = MemoryCounters()
    seen: dict[str, int] = {}
    for key in keys:
        assert counters.take(key) == seen.get(key, 0)
        seen[key] = seen.get(key, 0) + 1


def test_oldest_key_is_forgotten_and_counted() -> None:
    """Past the most keys the oldest starts over, and the server can say that it happened."""
    counters = MemoryCounters(max_keys=2)
    for key in ("a", "b", "a", "c"):
        counters.take(key)
    assert counters.snapshot() == {"b": 1, "c": 1}
    assert counters.forgotten == 1
    assert counters.take("a") == 0
    assert len(counters) == 2


def test_long_keys_are_bounded_by_characters() -> None:
    """Strangers choose targets of kilobytes: the keys together keep a limit of their own."""
    counters = MemoryCounters(max_characters=1000)
    for number in range(200):
        counters.take(f"{number:0100}")
    assert sum(map(len, counters.snapshot())) <= 1000
    assert counters.forgotten == 190
    assert MAX_COUNTER_CHARACTERS <= 16_000_000


def test_key_larger_than_the_limit_is_still_counted() -> None:
    """The newest key is never forgotten, or its script would never move."""
    counters = MemoryCounters(max_characters=10)
    assert [counters.take("x" * 50) for _ in range(3)] == [0, 1, 2]
    assert counters.take("y") == 0
    assert counters.snapshot() == {"y": 1}


def test_reset_forgets_everything() -> None:
    """After a reset all scripts start over, and the limits count from nothing."""
    counters = MemoryCounters(max_keys=2)
    for key in ("a", "b", "c"):
        counters.take(key)
    counters.reset()
    assert (len(counters), counters.forgotten) == (0, 0)
    assert [counters.take(key) for key in ("a", "b", "a", "b")] == [0, 0, 1, 1]
    assert counters.forgotten == 0


def test_reset_by_key_and_subject() -> None:
    """A test forgets its own counts and nobody else's; limits go on as before."""
    counters = MemoryCounters()
    for key in (count_key("rule a", "x", "blue"), count_key("rule a", "y", "red"), count_key("rule b", "", "blue")):
        counters.take(key)
        counters.take(key)
    assert [tuple(each) for each in counters.counted("blue")] == [("rule a", "x", "blue", 2), ("rule b", "", "blue", 2)]
    assert counters.reset(key="blue", subject="rule a") == 1
    assert counters.reset(key="blue") == 1
    assert [each.key for each in counters.counted()] == ["red"]
    assert counters.peek(count_key("rule a", "y", "red")) == 2
    assert counters.take(count_key("rule a", "x", "blue")) == 0


@given(st.text(), st.text(), st.text())
def test_count_keys_keep_tests_apart(values: str, key: str, other: str) -> None:
    """Whatever fields hold, different isolating keys never share a count."""
    assert (count_key("rule a", values, key) == count_key("rule a", values, other)) is (key == other)


def test_states_are_apart_and_bounded() -> None:
    """A scenario has a state for each key; past the limit the oldest starts anew."""
    states = States(max_states=2)
    states.set("cart", "Full", "blue")
    assert (states.get("cart", "blue"), states.get("cart")) == ("Full", STARTED)
    states.set("cart", "Full", "red")
    states.set("cart", "Full", "green")
    assert states.get("cart", "blue") == STARTED
    states.reset(key="red")
    assert states.items() == [("cart", "green", "Full")]
    states.reset()
    assert states.items() == []
