"""`statuary.wire.buffer`: what was received is read once, in order, within bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from statuary.wire.buffer import ReceiveBuffer

LIMIT = 16


def filled(*portions: bytes) -> ReceiveBuffer:
    buffer = ReceiveBuffer()
    for portion in portions:
        buffer.append(portion)
    return buffer


def test_line_comes_with_its_end() -> None:
    buffer = filled(b"one\r\ntwo\nthree")

    assert buffer.take_line(LIMIT) == b"one\r\n"
    assert buffer.take_line(LIMIT) == b"two\n"
    assert buffer.take_line(LIMIT) is None
    assert len(buffer) == 5


def test_line_is_joined_from_portions() -> None:
    buffer = filled(b"o", b"n", b"e", b"\r", b"\ntw")

    assert buffer.take_line(LIMIT) == b"one\r\n"
    assert buffer.take_all() == b"tw"


def test_line_of_exactly_the_limit_is_whole() -> None:
    line = b"x" * (LIMIT - 1) + b"\n"

    assert filled(line).take_line(LIMIT) == line


def test_line_over_the_limit_gives_its_head() -> None:
    buffer = filled(b"x" * LIMIT, b"x\nnext\n")

    assert buffer.take_line(LIMIT) == b"x" * LIMIT
    assert buffer.skip_line()
    assert buffer.take_line(LIMIT) == b"next\n"


def test_skipping_a_line_that_goes_on_keeps_nothing() -> None:
    buffer = filled(b"x" * 100)

    assert not buffer.skip_line()
    assert len(buffer) == 0


def test_find_counts_from_the_first_unread_octet() -> None:
    buffer = filled(b"one\ntwo.")
    buffer.take_line(LIMIT)

    assert buffer.find(b".") == 3
    assert buffer.find(b"one") == -1
    assert buffer.starts_with(b"two")
    assert not buffer.starts_with(b"one")


def test_take_gives_at_most_what_is_there() -> None:
    buffer = filled(b"abc", b"de")

    assert buffer.take(2) == b"ab"
    assert buffer.take(9) == b"cde"
    assert buffer.take(1) == b""


def test_clear_forgets_what_waits_too() -> None:
    buffer = filled(b"abc", b"de")
    buffer.clear()

    assert len(buffer) == 0
    assert buffer.take_all() == b""


@given(st.lists(st.binary(max_size=40)), st.integers(1, 12))
def test_lines_and_rest_are_what_was_appended(portions: list[bytes], limit: int) -> None:
    buffer = ReceiveBuffer()
    taken: list[bytes] = []
    for portion in portions:
        buffer.append(portion)
        while (line := buffer.take_line(limit)) is not None:
            assert 0 < len(line) <= limit
            assert line.endswith(b"\n") or len(line) == limit
            taken.append(line)
        assert len(buffer) < limit

    assert b"".join(taken) + buffer.take_all() == b"".join(portions)
