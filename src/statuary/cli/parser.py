"""Reads the options of commands: argparse, with errors of one line and options that may stand anywhere."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from statuary.cli.options import COMMON
from statuary.explain.words import N_

__all__ = ["Parser", "add_common"]


def _plain_formatter(prog: str) -> argparse.HelpFormatter:
    """A formatter that need not ask for the terminal's width, which costs the import of half of shutil."""
    return argparse.HelpFormatter(prog, width=80)


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line and a hint, and whose options may stand anywhere.

    Args:
        prog: the command as a person writes it.
        description: what it does, in English.
        synopsis: the words that it takes.
    """

    def __init__(self, prog: str, description: str, synopsis: str = "") -> None:
        super().__init__(
            prog=prog,
            usage=f"{prog} [OPTIONS] {synopsis}".rstrip(),  # else argparse makes it up at each start, at some cost
            description=description,
            formatter_class=_plain_formatter,
            add_help=False,
            allow_abbrev=False,
        )
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
