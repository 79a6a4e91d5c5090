"""Language, colour and width from options and environment."""

from __future__ import annotations

import argparse

import pytest

from statuary.cli.console import MAX_COLUMNS, MIN_COLUMNS, Console, choose_colour, choose_language, columns_of
from statuary.cli.text import CODE_OFF, CODE_ON

TAGS = ("en", "fr", "ja", "ko")


@pytest.mark.parametrize(
    ("wanted", "environment", "tag"),
    [
        ("fr", {}, "fr"),
        ("fr_CA.UTF-8", {}, "fr"),
        ("JA-jp", {"STATUARY_LANG": "fr"}, "ja"),
        ("de", {}, None),
        ("", {}, None),
        (None, {}, "en"),
        (None, {"STATUARY_LANG": "ko", "LC_ALL": "fr_FR"}, "ko"),
        (None, {"STATUARY_LANG": "de", "LC_ALL": "fr_FR"}, "fr"),
        (None, {"LC_ALL": "C", "LANG": "fr_FR.UTF-8"}, "en"),
        (None, {"LC_ALL": "", "LC_MESSAGES": "ja_JP.UTF-8", "LANG": "fr_FR"}, "ja"),
        (None, {"LANG": "fr_FR.UTF-8@euro"}, "fr"),
        (None, {"LANG": "de_DE"}, "en"),
    ],
)
def test_language_is_chosen(wanted: str | None, environment: dict[str, str], tag: str | None) -> None:
    """The option, then STATUARY_LANG, then the locale in POSIX's order (XBD 8.2); English where none fits."""
    assert choose_language(wanted, environment, TAGS) == tag


@pytest.mark.parametrize(
    ("option", "environment", "terminal", "colour"),
    [
        (None, {}, True, True),
        (None, {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        (None, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        (None, {"NO_COLOR": ""}, True, True),
        (None, {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        (None, {"FORCE_COLOR": "0"}, False, False),
    ],
)
def test_colour_is_chosen(option: str | None, environment: dict[str, str], terminal: bool, colour: bool) -> None:
    """The option goes before NO_COLOR, that before FORCE_COLOR, that before TERM and the terminal."""
    assert choose_colour(option, environment, terminal) is colour


@pytest.mark.parametrize(
    ("text", "columns"), [("60", 60), ("9999", MAX_COLUMNS), ("1", MIN_COLUMNS), ("x", None), ("0", None), ("-5", None)]
)
def test_columns_are_bounded(text: str, columns: int | None) -> None:
    """COLUMNS counts within bounds; nonsense in it is passed over."""
    found = columns_of({"COLUMNS": text})
    assert found == columns if columns else MIN_COLUMNS <= found <= MAX_COLUMNS


def test_code_that_spans_lines_is_coloured_on_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line stands alone: colour begins after its indentation and ends with it."""
    console = Console(argparse.Namespace(color="always"), {})
    console.write([f"  a {CODE_ON}b", "  c", f"  d{CODE_OFF} e"])
    on, off = "\x1b[36m", "\x1b[0m"
    assert capsys.readouterr().out == f"  a {on}b{off}\n  {on}c{off}\n  {on}d{off} e\n"
