"""The options that commands share, and a parser that reads them: one definition for help, completion and use."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from statuary.explain.words import N_

__all__ = ["COLOURS", "COMMON", "VALUED_FLAGS", "Option", "Parser", "add_common"]

COLOURS = ("auto", "always", "never")
"""When output is coloured."""


class Option(NamedTuple):
    """An option that means the same everywhere.

    Args:
        flags: its spellings.
        help: what it does, in English, to be translated where it is shown.
        metavar: what stands for its value; empty for a switch.
        choices: its possible values, where they are fixed.
    """

    flags: tuple[str, ...]
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()


COMMON: dict[str, Option] = {
    "json": Option(("--json",), N_("print JSON, one object a line")),
    "lang": Option(("--lang",), N_("language: en, fr, ja or ko (from STATUARY_LANG or the locale)"), "TAG"),
    "color": Option(("--color", "--colour"), N_("colour: auto, always or never"), "WHEN", COLOURS),
    "hidden": Option(("--hidden",), N_("show codes of doubtful origin too")),
}
"""Every shared option by the name of its value."""

VALUED_FLAGS = frozenset(flag for option in COMMON.values() if option.metavar for flag in option.flags)
"""Shared flags that take the next word as their value."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line and a hint, and whose options may stand anywhere.

    Args:
        prog: the command as a person writes it.
        description: what it does, in English.
    """

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, add_help=False, allow_abbrev=False)
        self.add_argument("-h", "--help", action="help", help=N_("show this help"))

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Read the words of a command line; a wrong one ends with exit code 2."""
        arguments, unknown = self.parse_known_intermixed_args(list(words), argparse.Namespace(parser=self))
        for word in unknown:
            if word.startswith("-") and word != "-":
                self.error(f"unknown option {word.partition('=')[0]}{self._near(word)}")
            self.error(f"one word too many: {word!r}")
        return arguments

    def error(self, message: str) -> NoReturn:
        """End with exit code 2, a message and where to find help."""
        sys.stderr.write(f"{self.prog}: {message}\nhelp: {self.prog} --help\n")
        raise SystemExit(2)

    def _near(self, word: str) -> str:
        from difflib import get_close_matches  # needed only where something is wrong

        near = get_close_matches(word.partition("=")[0], self._option_string_actions, n=1)
        return f"; did you mean {near[0]}?" if near else ""


def add_common(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add shared options to a parser.

    Args:
        parser: where to.
        names: keys of :data:`COMMON`.
    """
    for name in names:
        option = COMMON[name]
        if not option.metavar:
            parser.add_argument(*option.flags, dest=name, action="store_true", help=option.help)
        else:
            choices = option.choices or None
            parser.add_argument(*option.flags, dest=name, metavar=option.metavar, choices=choices, help=option.help)
