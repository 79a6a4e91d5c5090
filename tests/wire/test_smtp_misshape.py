"""Replies that break RFC 5321 §4.2 on purpose, and only as they are asked to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.wire.smtp import misshape, without_enhanced

ONE = b"452 4.2.2 Mailbox full\r\n"
TWO = b"250-one\r\n250 two\r\n"


@pytest.mark.parametrize(
    ("data", "effects", "broken"),
    [
        (ONE, {}, ONE),
        (ONE, {"delay": 2.0, "close": None}, ONE),
        (ONE, {"lf": None}, b"452 4.2.2 Mailbox full\n"),
        (TWO, {"lf": None}, b"250-one\n250 two\n"),
        (ONE, {"bare": None}, b"452\r\n"),
        (TWO, {"bare": None}, b"250-\r\n250\r\n"),
        (ONE, {"mixed": None}, b"252-4.2.2 Mailbox full\r\n452 4.2.2 Mailbox full\r\n"),
        (TWO, {"mixed": None}, b"550-one\r\n250 two\r\n"),
        (ONE, {"twice": None}, ONE + ONE),
        (b"452 x\r\n", {"lines": 3}, b"452-x\r\n452-x\r\n452 x\r\n"),
        (TWO, {"lines": 3}, b"250-one\r\n250-two\r\n250 one\r\n"),
        (b"452 x\r\n", {"long": 10}, b"452 xxxx\r\n"),
        (ONE, {"long": 3}, ONE),
        (b"452 x\r\n", {"lines": 2, "bare": None, "lf": None}, b"452-\n452\n"),
    ],
)
def test_each_way_of_breaking(data: bytes, effects: dict[str, float | None], broken: bytes) -> None:
    assert misshape(data, effects) == broken


def test_long_line_has_so_many_octets() -> None:
    """RFC 5321 §4.5.3.1.5: 512 with CRLF is the most that a client must take."""
    assert len(misshape(ONE, {"long": 513})) == 513


@given(st.lists(st.binary(max_size=20).filter(lambda text: b"\r\n" not in text), min_size=1, max_size=5))
def test_without_effects_nothing_changes(texts: list[bytes]) -> None:
    lines = [b"250-" + text for text in texts[:-1]] + [b"250 " + texts[-1]]
    data = b"\r\n".join(lines) + b"\r\n"
    if data.count(b"\r\n") == len(texts):
        assert misshape(data, {}) == data


def test_enhanced_codes_are_taken_out_of_every_line() -> None:
    """RFC 2034 §4 puts them on each line of a reply."""
    assert without_enhanced(b"452-4.2.2 one\r\n452 4.2.2 two\r\n") == b"452-one\r\n452 two\r\n"
    assert without_enhanced(b"250 Hello 4.2.2 \r\n") == b"250 Hello 4.2.2 \r\n"
