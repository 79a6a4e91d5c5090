"""`statuary.wire.smtp.content`: RFC 5321 §4.1.1.4 and §4.5.2, RFC 1870 §5."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.wire.buffer import ReceiveBuffer
from statuary.wire.smtp.content import Content, ContentReader, unstuff

WIRE = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"a", b"\0\xff"]), max_size=30).map(b"".join)


def read(*portions: bytes, limit: int = 1000, head: int = 10) -> tuple[Content | None, bytes]:
    buffer = ReceiveBuffer()
    reader = ContentReader(limit, head)
    found = None
    for portion in portions:
        buffer.append(portion)
        found = found or reader.read(buffer)
    return found, buffer.take_all()


def stuff(content: bytes) -> bytes:
    return (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


@pytest.mark.parametrize(
    ("raw", "content"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b".a\r\n.\r\n", b"a\r\n"),
        (b"a\r\n...b\r\n.\r\n", b"a\r\n..b\r\n"),
        (b"..a\r\n..\r\n.\r\n", b".a\r\n.\r\n"),
        (b"a\n..b\r\n.\r\n", b"a\n..b\r\n"),
    ],
)
def test_dots_are_unstuffed(raw: bytes, content: bytes) -> None:
    """RFC 5321 §4.5.2."""
    assert read(raw + b"QUIT\r\n") == (Content(content, raw, len(raw)), b"QUIT\r\n")


@pytest.mark.parametrize(
    "smuggled",
    [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r", b"\r.\r\n", b"\n\r.\r\n", b"\r\n\0.\r\n", b"\n.\r"],
)
def test_only_crlf_dot_crlf_ends_content(smuggled: bytes) -> None:
    """RFC 5321 §4.1.1.4: a bare LF or CR beside the dot ends nothing."""
    wire = b"a" + smuggled + b"MAIL FROM:<evil@example.org>\r\n"
    found, rest = read(wire)
    assert (found, rest) == (None, b"")

    found, rest = read(wire + b".\r\n")
    assert found is not None
    assert found.raw == wire + b".\r\n"


def test_content_of_exactly_the_limit_is_kept() -> None:
    """RFC 1870 §5: neither stuffed dots nor the final dot count."""
    content = b".\r\n" * 33
    found, _ = read(stuff(content), limit=len(content))

    assert found == Content(content, stuff(content), len(stuff(content)))


@pytest.mark.parametrize("portions", [1, 7, 1000])
def test_content_over_the_limit_is_reported_with_its_head(portions: int) -> None:
    wire = stuff(b"line\r\n" * 50)
    step = -(-len(wire) // portions)
    found, rest = read(*(wire[at : at + step] for at in range(0, len(wire), step)), b"QUIT\r\n", limit=299)

    assert found == Content(None, wire[:10], len(wire))
    assert rest == b"QUIT\r\n"


def test_discarded_content_is_not_kept() -> None:
    """Two hundred times the limit pass through without being held."""
    buffer = ReceiveBuffer()
    reader = ContentReader(65536, 512)
    chunk = b"x" * 65534 + b"\r\n"
    tracemalloc.start()
    try:
        for _ in range(200):
            buffer.append(chunk)
            assert reader.read(buffer) is None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    buffer.append(b".\r\n")

    assert reader.read(buffer) == Content(None, b"x" * 512, 200 * 65536 + 3)
    assert peak < 6 * 65536


def test_what_was_kept_of_unfinished_content() -> None:
    buffer = ReceiveBuffer()
    reader = ContentReader(4, 3)
    buffer.append(b"abc")
    assert reader.read(buffer) is None
    assert reader.so_far() == b"abc"

    buffer.append(b"defghijkl")
    assert reader.read(buffer) is None
    assert reader.so_far() == b"abc"


@given(st.binary(max_size=200) | WIRE)
def test_unstuffing_undoes_stuffing(content: bytes) -> None:
    """RFC 5321 §4.5.2."""
    content += b"\r\n"

    assert unstuff(stuff(content)) == content


@given(WIRE, st.lists(st.integers(0, 40)), st.integers(0, 30))
def test_portions_do_not_matter(wire: bytes, cuts: list[int], limit: int) -> None:
    wire += b"\r\n.\r\nNOOP\r\n"
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    portions = [wire[a:b] for a, b in pairwise(edges)]

    whole = read(wire, limit=limit)
    assert whole[0] is not None
    assert read(*portions, limit=limit) == whole
    assert read(*(wire[at : at + 1] for at in range(len(wire))), limit=limit) == whole


@given(WIRE, st.integers(0, 30))
def test_limit_counts_unstuffed_octets(wire: bytes, limit: int) -> None:
    """RFC 1870 §5."""
    found, _ = read(wire + b"\r\n.\r\n", limit=limit)

    assert found is not None
    raw = (wire + b"\r\n.\r\n")[: found.received]
    assert (found.content is None) == (len(unstuff(raw)) > limit)
