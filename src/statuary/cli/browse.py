"""``statuary browse``, and ``statuary`` alone on a terminal: the full-screen look-up."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from statuary.explain.words import N_

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "is_possible", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the look-up."""
    parser.add_argument("words", nargs="*", metavar="WORDS", help=N_("what is searched for at the start"))
    from statuary.cli.parser import add_common  # whoever asks whether it is possible needs none

    add_common(parser, "lang", "color", "hidden")


def is_possible(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a terminal whose cursor can be moved.

    Args:
        environment: the process's environment.
    """
    streams = (sys.stdin, sys.stdout)
    if not all(stream is not None and stream.isatty() for stream in streams):
        return False
    return os.name == "nt" or environment.get("TERM", "") not in ("", "dumb", "unknown")


def run(arguments: argparse.Namespace) -> int:
    """Show the screen until the reader leaves it; 2 where there is no terminal for it."""
    if not is_possible():
        arguments.parser.error("a terminal is needed whose cursor can be moved; statuary search does without")
    from statuary.cli.console import choose_colour
    from statuary.cli.screen.lines import PaneConsole

    console = PaneConsole(arguments)
    console.language  # noqa: B018 - a wrong one, or a broken catalogue, is said before the screen is taken
    if choose_colour(arguments.color, os.environ, terminal=True) and (arguments.color == "always" or _has_colours()):
        os.environ.pop("NO_COLOR", None)
    else:
        os.environ["NO_COLOR"] = "1"
    from statuary.cli.screen.app import LookupApp  # loads Textual, which nothing else pays for

    app = LookupApp(console, " ".join(arguments.words))
    app.run()
    if app.lookup.copied:  # a terminal may have refused the copy: here it can be selected
        sys.stdout.write(f"{app.lookup.copied}\n")
    return app.return_code or 0


def _has_colours() -> bool:
    """Whether the terminal has colours, by its description (terminfo, ``max_colors``)."""
    try:
        import curses
    except ImportError:  # there is none for Windows, whose terminals have them
        return True
    try:
        curses.setupterm()
    except curses.error:
        return True
    return curses.tigetnum("colors") >= 8
