"""Causes: a window, a greylist, a size, a quota. The clock is an argument, so no test waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.errors import RuleError
from statuary.scenario import causes
from statuary.scenario.causes import CAUSES, Greylist, Quota, SizeLimit, Window, make_cause
from statuary.scenario.rulefile import read_rules
from statuary.scenario.rules import Cause
from tests.conftest import ROOT


def test_window_refuses_what_is_over_its_number_until_time_has_passed() -> None:
    window = Window(2, 60)
    fields = {"ip": "192.0.2.1"}
    assert [window.refuses(fields, now) for now in (0.0, 10.0, 20.0, 59.0)] == [False, False, True, True]
    assert [window.refuses(fields, now) for now in (60.0, 61.0, 70.0)] == [False, True, False]


def test_window_counts_each_client_and_each_test_apart() -> None:
    window = Window(1, 60)
    ways = [{"ip": "192.0.2.1"}, {"ip": "192.0.2.2"}, {"ip": "192.0.2.1", "key": "blue"}]
    assert [window.refuses(fields, 0.0) for fields in ways] == [False, False, False]
    assert [window.refuses(fields, 1.0) for fields in ways] == [True, True, True]
    one = Window(1, 60, ())
    assert [one.refuses(fields, 0.0) for fields in ways[:2]] == [False, True]


@given(st.integers(0, 5), st.lists(st.floats(0, 1000), max_size=40))
def test_window_never_lets_more_pass(number: int, times: list[float]) -> None:
    """In no stretch of its time more than its number pass."""
    window = Window(number, 10)
    passed = [now for now in sorted(times) if not window.refuses({}, now)]
    assert all(sum(now - 10 < other <= now for other in passed) <= number for now in passed)


def test_greylist_refuses_until_the_wait_has_passed() -> None:
    """RFC 6647 §2: by address, sender and recipient together."""
    greylist = Greylist(300)
    fields = {"ip": "192.0.2.1", "sender": "A@c.example", "recipient": "b@any.test"}
    assert [greylist.refuses(fields, now) for now in (0.0, 299.0, 300.0, 1e6)] == [True, True, False, False]
    assert greylist.refuses(fields | {"sender": "a@C.EXAMPLE"}, 301.0) is False
    assert greylist.refuses(fields | {"recipient": "c@any.test"}, 301.0) is True


def test_size_counts_what_was_declared_or_came() -> None:
    """RFC 1870 §6."""
    size = SizeLimit(100)
    assert [size.refuses({"octets": text}, 0.0) for text in ("100", "101", "", "many")] == [False, True, False, False]


def test_quota_fills_and_has_room_again() -> None:
    quota = Quota(100)
    held = [("0", "100"), ("0", "101"), ("60", "41"), ("60", "40"), ("100", "0"), ("0", "0")]
    refused = [quota.refuses({"held": kept, "octets": octets}, 0.0) for kept, octets in held]
    assert refused == [False, True, True, False, True, False]


def test_state_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers choose the keys: the oldest are forgotten."""
    monkeypatch.setattr(causes, "MAX_KEYS", 10)
    monkeypatch.setattr(causes, "MAX_TIMES", 15)
    window, greylist = Window(3, 60), Greylist(60)
    for number in range(100):
        fields = {"ip": str(number)}
        for _ in range(3):
            window.refuses(fields, 0.0)
        greylist.refuses(fields | {"sender": "x" * 5000}, 0.0)
    assert len(window._times.kept) == 5
    assert len(greylist._met.kept) == 10
    assert max(len(part) for key in greylist._met.kept for part in key) == causes.MAX_KEY_CHARACTERS
    assert window.refuses({"ip": "99"}, 0.0) is True
    assert window.refuses({"ip": "0"}, 0.0) is False


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("window", {"messages": 10, "seconds": 60, "by": "ip"}),
        ("window", {"connections": 3, "seconds": "1m", "by": ["ip", "helo"]}),
        ("greylist", {"wait": "5m"}),
        ("greylist", {"wait": 90.5, "by": ["ip", "sender", "recipient"]}),
        ("quota", {"octets": 1_000_000}),
        ("size", {"octets": 0}),
    ],
)
def test_tables_of_rule_files(name: str, table: dict[str, object]) -> None:
    cause = make_cause(name, table)
    assert isinstance(cause.refuses({}, 0.0), bool)


@pytest.mark.parametrize(
    ("name", "table", "says"),
    [
        ("flood", {}, "window, greylist, size, quota"),
        ("window", {"seconds": 60}, "connections or messages"),
        ("window", {"messages": 1, "connections": 1, "seconds": 60}, "connections or messages"),
        ("window", {"messages": -1, "seconds": 60}, "whole number"),
        ("window", {"messages": True, "seconds": 60}, "whole number"),
        ("window", {"messages": 1}, "a time such as"),
        ("window", {"messages": 1, "seconds": "soon"}, "a time such as"),
        ("window", {"messages": 1, "seconds": 60, "by": "colour"}, "use of ip"),
        ("window", {"messages": 1, "seconds": 60, "by": 7}, "a field or a list"),
        ("window", {"messages": 1, "seconds": 60, "per": "ip"}, "no 'per'"),
        ("greylist", {"wait": "5 parsecs"}, "a time such as"),
        ("greylist", {"wait": 1e12}, "at most"),
        ("quota", {"octets": "1M"}, "whole number"),
        ("size", 5, "a table"),
    ],
)
def test_wrong_tables_say_what_and_the_mend(name: str, table: object, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        make_cause(name, table)


@pytest.mark.parametrize(
    ("name", "table", "says"),
    [
        ("quota", {"octets": 1}, "cause of smtp: http has window"),
        ("greylist", {"wait": "5m"}, "cause of smtp: http has window"),
        ("size", {"octets": 1}, "cause of smtp: http has window"),
        ("window", {"messages": 1, "seconds": 60}, "no 'messages'"),
        ("window", {"seconds": 60}, "a window has requests"),
        (
            "window",
            {"requests": 1, "seconds": 60, "by": "recipient"},
            "use of ip, method, path, target, host, header.NAME",
        ),
        ("window", {"requests": 1, "seconds": 60, "by": "header."}, "cannot be kept by"),
    ],
)
def test_http_has_its_own_causes(name: str, table: object, says: str) -> None:
    """A cause that could never refuse a request is an error, not a rule that never answers."""
    with pytest.raises(RuleError, match=says):
        make_cause(name, table, "http")


def test_window_of_requests() -> None:
    """A rate limit: so many requests in a time for each key of the caller, whose case tells."""
    window = make_cause("window", {"requests": 2, "seconds": "1m", "by": ["header.X-Api-Key", "path"]}, "http")
    one, other = {"header.x-api-key": "k", "path": "/a"}, {"header.x-api-key": "K", "path": "/a"}
    assert [window.refuses(one, 1.0) for _ in range(3)] == [False, False, True]
    assert not window.refuses(other, 1.0)
    assert not window.refuses({**one, "path": "/b"}, 1.0)
    assert not window.refuses(one, 61.0)


def test_every_cause_is_made_by_its_name() -> None:
    assert set(CAUSES) == {"window", "greylist", "size", "quota"}


def test_documents_spell_them_as_rule_files_do() -> None:
    """The example of docs/smtp.md is read without a fault, one cause after the other."""
    text = (ROOT / "docs" / "smtp.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    found = read_rules(example.encode(), "smtp.md")
    assert found.faults == ()
    assert [type(rule.cause) for rule in found.rules] == [Window, Window, Greylist, Quota, SizeLimit]


def test_what_a_cause_remembers_can_be_forgotten() -> None:
    """All of it, or what one isolating key keeps apart."""
    for key, forgotten in ((None, [False, False]), ("blue", [False, True])):
        window, greylist = Window(1, 60.0), Greylist(0.0)
        greylist.wait = 60.0
        tests = [{"ip": "192.0.2.1", "key": name} for name in ("blue", "red")]
        for fields in tests:
            assert window.refuses(fields, 0.0) is False
            assert greylist.refuses(fields, -100.0) is True
        window.forget(key)
        greylist.forget(key)
        assert [window.refuses(fields, 1.0) for fields in tests] == forgotten
        assert [greylist.refuses(fields, 1.0) for fields in tests] == [not known for known in forgotten]


def test_causes_say_what_they_hang_on() -> None:
    causes: list[Cause] = [Window(1, 1.0, ("ip", "helo")), Greylist(1.0), Quota(1), SizeLimit(1)]
    assert [cause.by for cause in causes] == [("ip", "helo"), ("ip", "sender", "recipient"), ("recipient",), ()]
    for cause in causes[2:]:
        cause.forget()
        assert cause.refuses({"held": "2", "octets": "2"}, 0.0) is True
