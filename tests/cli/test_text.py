"""Text for terminals: width, line breaking, Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.cli.text import CODE_OFF, CODE_ON, blocks, clip, inline, pad, width, wrap


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("plain", 5),
        ("§4.2.3", 6),
        ("容量不足", 8),
        ("메일함", 6),
        ("é", 1),
        ("e\u0301", 1),
        ("a\u200bb", 2),
        (f"{CODE_ON}df -h{CODE_OFF}", 5),
        (f"{CODE_ON}容量{CODE_OFF}", 4),
    ],
)
def test_width_counts_columns(text: str, columns: int) -> None:
    """Wide characters take two columns, combining ones and code marks none (UAX #11)."""
    assert width(text) == columns


def test_pad_fills_up_to_a_width() -> None:
    """Padding counts columns, not characters."""
    assert pad("容量", 6) == "容量  "


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("short", 10, "short"),
        ("too long for it", 8, "too lon…"),
        ("容量不足です", 7, "容量不…"),
        (f"{CODE_ON}long code{CODE_OFF}", 6, f"{CODE_ON}long…{CODE_OFF}"),
    ],
)
def test_clip_cuts_by_width(text: str, columns: int, expected: str) -> None:
    """A cut text ends in an ellipsis, and its code marks stay paired."""
    assert clip(text, columns) == expected


def test_wrap_breaks_at_spaces() -> None:
    """Later lines are indented as far as the first one's mark."""
    assert wrap("one two three four", 10, "- ") == ["- one two", "  three", "  four"]


def test_wrap_keeps_no_break_spaces() -> None:
    """French spacing before a colon holds its word."""
    assert wrap("le code\u00a0: 452", 8) == ["le", "code\u00a0:", "452"]


def test_wrap_breaks_japanese_between_characters() -> None:
    """No line of Japanese begins with a full stop or ends with an opening bracket (JIS X 4051)."""
    lines = wrap("受信者のメールボックスが「容量」を超えています。再送されます。", 12)
    assert "".join(lines) == "受信者のメールボックスが「容量」を超えています。再送されます。"
    assert all(width(line) <= 12 for line in lines)
    assert not any(line[0] in "。、」ーッ" or line[-1] == "「" for line in lines)


@pytest.mark.parametrize("space", ["\u00a0", "\u202f"])
def test_wrap_breaks_no_line_at_a_no_break_space(space: str) -> None:
    """What French sets before a semicolon stays beside both its neighbours, wide ones too."""
    assert wrap(f"il attend{space}; puis", 10) == ["il", f"attend{space};", "puis"]
    assert wrap(f"容量不足{space}不足", 9) == ["容量不", f"足{space}不足"]


def test_wrap_keeps_korean_words_whole() -> None:
    """Korean is broken at its spaces."""
    assert wrap("받는 사람의 메일함이 가득", 14) == ["받는 사람의", "메일함이 가득"]


def test_wrap_chops_a_word_that_fits_no_line() -> None:
    """A word longer than the line is the one thing that is cut."""
    assert wrap("x abcdefghij y", 6, "  ") == ["  x", "  abcd", "  efgh", "  ij y"]


@given(st.text(alphabet=st.sampled_from("ab é容量。「」가나\u0301 \u00a0"), max_size=60), st.integers(4, 40))
def test_wrapped_lines_fit_and_lose_nothing(text: str, columns: int) -> None:
    """Whatever the text, no line is too wide, and only spaces vanish."""
    lines = wrap(text, columns, "- ")
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).removeprefix("-").split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Send [552](code:smtp/552) for `SIZE=`.", "Send 552 for `SIZE=`."),
        ("[`503`](code:http/503) **now** or *later*", "`503` now or later"),
        ("`a * b * c` stays", "`a * b * c` stays"),
        ("2 * 3 * 4 and */*", "2 * 3 * 4 and */*"),
        (r"a \* b", "a * b"),
        ("no \x1b[31mred\x07", "no [31mred"),
        ("attendre\u202f; puis\u00a0: [552](code:smtp/552)\nfin", "attendre\u202f; puis\u00a0: 552 fin"),
        ("", ""),
    ],
)
def test_inline_makes_markdown_readable(text: str, plain: str) -> None:
    """Links become their words; nothing steers the terminal."""
    assert inline(text, marked=False) == plain


def test_inline_marks_code_for_colour() -> None:
    """With colour the backticks give way to marks."""
    assert inline("run `df -h` now", marked=True) == f"run {CODE_ON}df -h{CODE_OFF} now"


@given(st.text(max_size=200))
def test_inline_takes_any_text(text: str) -> None:
    """No text crashes it, and no control character comes through."""
    shown = inline(text, marked=False)
    assert all(character.isprintable() or character in "\u00a0\u202f" for character in shown)


def test_blocks_are_paragraphs_and_items() -> None:
    """Hard-wrapped lines join; each item stands alone."""
    assert list(blocks("One\nline.\n\n- first\n- second\n  goes on\n\n1. third")) == [
        ("", "One line."),
        ("- ", "first"),
        ("- ", "second goes on"),
        ("1. ", "third"),
    ]
