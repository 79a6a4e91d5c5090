"""Counts by key, bounded in number and in memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from statuary.scenario.counters import (
    GENERATIONS,
    MAX_COUNTER_OCTETS,
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


def test_key_that_nobody_asked_for_the_longest_is_forgotten_and_counted() -> None:
    """Past the most keys the one that was left alone starts over, and the server can say that it happened."""
    counters = MemoryCounters(max_keys=2)
    for key in ("a", "b", "a", "c"):
        counters.take(key)
    assert counters.snapshot() == {"a": 2, "c": 1}
    assert counters.forgotten == 1
    assert counters.take("b") == 0
    assert len(counters) == 2


def test_keys_that_are_asked_for_outlast_any_number_of_others() -> None:
    """A script that is in use never starts over because strangers ask for other targets."""
    counters = MemoryCounters(max_keys=80)
    for number in range(1000):
        assert counters.take("ours") == number
        counters.take(f"other {number}")
    assert len(counters) <= 80
    assert counters.peek("ours") == 1000


def test_nothing_is_forgotten_while_the_limit_is_kept() -> None:
    """However often keys are asked for in turn, none goes as long as there are not too many."""
    counters = MemoryCounters(max_keys=80)
    assert [counters.take(f"once {number}") for number in range(30)] == [0] * 30
    for turn in range(50):
        for number in range(40):
            assert counters.take(f"again {number}") == turn
    assert (len(counters), counters.forgotten) == (70, 0)
    assert list(counters.snapshot())[:30] == [f"once {number}" for number in range(30)]


@given(
    st.lists(st.integers(0, 60), max_size=400),
    st.integers(1, 40),
    st.integers(4, 200),
)
def test_limits_hold_and_counts_are_never_wrong(keys: list[int], max_keys: int, max_octets: int) -> None:
    """A count is right, or the key was forgotten and starts from 0; nothing is counted twice or lost from the books."""
    counters = MemoryCounters(max_keys, max_octets)
    seen: dict[str, int] = {}
    for number in keys:
        key = "é" * (number % 7) + str(number)
        before = counters.forgotten
        uses = counters.take(key)
        if uses == 0 and seen.get(key):
            assert before > 0
        else:
            assert uses == seen.get(key, 0)
        seen[key] = uses + 1
        assert len(counters) <= max_keys
        kept = counters.snapshot()
        assert kept[key] == uses + 1 == counters.peek(key)
        assert len(kept) == len(counters)
        assert all(seen[name] == count for name, count in kept.items())
        if len(kept) > 1:
            assert sum(len(name) if name.isascii() else 4 * len(name) for name in kept) <= max_octets
        assert len(list(counters._generations())) <= GENERATIONS


def test_at_least_three_quarters_are_kept() -> None:
    """Keys go in portions, and never more of them than is said."""
    counters = MemoryCounters(max_keys=800)
    for number in range(5000):
        counters.take(str(number))
        if number % 3 == 0:
            counters.take(str(max(0, number - 300)))
        if number >= 800:
            assert 600 <= len(counters) <= 800


def test_long_keys_are_bounded_by_octets() -> None:
    """Strangers choose targets of kilobytes: the keys together keep a limit of their own."""
    counters = MemoryCounters(max_octets=1000)
    for number in range(200):
        counters.take(f"{number:0100}")
    assert 600 <= sum(map(len, counters.snapshot())) <= 1000
    assert counters.forgotten == 200 - len(counters)
    assert MAX_COUNTER_OCTETS <= 8_000_000


def test_key_larger_than_the_limit_is_still_counted() -> None:
    """The newest key is never forgotten, or its script would never move."""
    counters = MemoryCounters(max_octets=10)
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
