"""`statuary.wire.smtp.replies`: RFC 5321 §4.2, RFC 2034 §4, RFC 6531 §3.7.4.2."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.wire.smtp import format_reply

LINE = re.compile(rb"[1-9][0-9]{2}([ -])([\t -~\x80-\xff]*)")


def test_single_line() -> None:
    assert format_reply(250, ["Ok"]) == b"250 Ok\r\n"


def test_enhanced_status_code_stands_before_the_text() -> None:
    """RFC 2034 §4."""
    assert format_reply(452, ["Too many recipients"], "4.5.3") == b"452 4.5.3 Too many recipients\r\n"


def test_several_lines_repeat_code_and_enhanced_code() -> None:
    """RFC 5321 §4.2.1, RFC 2034 §4."""
    assert format_reply(550, ["No", "such user"], "5.1.1") == b"550-5.1.1 No\r\n550 5.1.1 such user\r\n"


@pytest.mark.parametrize(
    ("lines", "enhanced", "expected"),
    [
        ((), "", b"250\r\n"),
        ((), "2.0.0", b"250 2.0.0\r\n"),
        (("",), "", b"250 \r\n"),
        (("", ""), "", b"250-\r\n250 \r\n"),
    ],
)
def test_reply_without_text(lines: tuple[str, ...], enhanced: str, expected: bytes) -> None:
    """RFC 5321 §4.2 has the bare code and asks servers for the space."""
    assert format_reply(250, lines, enhanced) == expected


@pytest.mark.parametrize(
    "text", ["a\r\n250 b", "a\nb", "a\rb", "a\0b", "a\x1bb", "a\x7fb", "a\u2028b", "a\x85b", "a\ud800b"]
)
@pytest.mark.parametrize("utf8", [False, True])
def test_control_characters_never_end_a_line(text: str, utf8: bool) -> None:
    """RFC 5321 §4.2: textstring has tab and printable characters only."""
    reply = format_reply(250, [text], utf8=utf8)

    assert reply == f"250 {re.sub('[^0-9a-z ]', '?', text)}\r\n".encode()


def test_enhanced_code_cannot_end_a_line() -> None:
    assert format_reply(250, ["x"], "2\r\n3") == b"250 2??3 x\r\n"


def test_text_beyond_ascii_needs_smtputf8() -> None:
    """RFC 6531 §3.7.4.2."""
    assert format_reply(550, ["用户 é"]) == b"550 ?? ?\r\n"
    assert format_reply(550, ["用户 é"], utf8=True) == "550 用户 é\r\n".encode()


def test_tab_is_text() -> None:
    assert format_reply(250, ["a\tb"]) == b"250 a\tb\r\n"


def test_long_text_is_folded_at_a_space() -> None:
    """RFC 5321 §4.5.3.1.5: 512 octets with reply code and CRLF."""
    words = " ".join(["word"] * 300)
    lines = format_reply(250, [words], "2.0.0").splitlines()

    assert max(map(len, lines)) <= 510
    assert " ".join(line[10:].decode() for line in lines) == words
    assert [line[3:4] for line in lines] == [b"-"] * (len(lines) - 1) + [b" "]


def test_longest_line_is_not_folded() -> None:
    assert format_reply(250, ["x" * 506]) == b"250 " + b"x" * 506 + b"\r\n"
    assert format_reply(250, ["x" * 507]) == b"250-" + b"x" * 506 + b"\r\n250 x\r\n"


def test_folding_keeps_characters_whole() -> None:
    lines = format_reply(250, ["é語" * 400], utf8=True).split(b"\r\n")[:-1]

    assert "".join(line[4:].decode() for line in lines) == "é語" * 400


@given(
    st.integers(100, 999),
    st.lists(st.text(max_size=700), max_size=4),
    st.sampled_from(["", "5.7.1", "\r\n"]) | st.text(max_size=300),
    st.booleans(),
)
def test_any_text_gives_whole_lines_of_one_reply(code: int, lines: list[str], enhanced: str, utf8: bool) -> None:
    """RFC 5321 §4.2.1: every line has the code, all but the last a hyphen."""
    reply = format_reply(code, lines, enhanced, utf8=utf8)
    parts = reply.split(b"\r\n")

    assert parts.pop() == b""
    if not lines and not enhanced:
        assert parts == [b"%d" % code]
        return
    assert all(len(part) <= 510 and part.startswith(b"%d" % code) for part in parts)
    matches = [LINE.fullmatch(part) for part in parts]
    assert all(matches)
    assert [found[1] for found in matches if found] == [b"-"] * (len(parts) - 1) + [b" "]
    if not utf8:
        assert reply.isascii()
    reply.decode("utf-8")
