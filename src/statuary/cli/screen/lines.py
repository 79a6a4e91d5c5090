"""What the screen shows, as lines: a code's page with its sections, a comparison, the help, the start."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from rich.cells import chop_cells

from statuary.catalog.model import Code
from statuary.cli.compare import comparison_lines
from statuary.cli.console import MAX_COLUMNS, MIN_COLUMNS, Console, painted
from statuary.cli.render import full, table
from statuary.cli.screen.keys import KEYS
from statuary.cli.show import suggestions
from statuary.cli.text import width, wrap
from statuary.explain.compare import compare
from statuary.explain.words import N_

__all__ = ["PaneConsole", "Sheet", "compared", "described", "helped", "hints", "nothing_found", "started"]

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_CONTINUED = " " * 6
_EXAMPLES = (
    ("452", N_("a number, in every protocol")),
    ("4.2.2", N_("an enhanced status code")),
    ("nxdomain", N_("a name")),
    ("mailbox full", N_("a symptom in words")),
)


class Sheet(NamedTuple):
    """Lines to show.

    Args:
        lines: as they are written to a terminal, with SGR sequences (ECMA-48 §8.3.117) for styles.
        sections: the numbers of the lines at which sections begin; the first line is the first of them.
    """

    lines: tuple[str, ...]
    sections: tuple[int, ...] = (0,)


class PaneConsole(Console):
    """A console whose width is that of a part of the screen.

    Styles are always written; the terminal decides at the end which of them it shows.
    """

    def __init__(self, arguments: object, environment: Mapping[str, str] = os.environ) -> None:
        super().__init__(arguments, environment)
        self.colour = True

    def fit(self, columns: int) -> PaneConsole:
        """Write for so many columns from now on."""
        self.columns = max(MIN_COLUMNS, min(columns, MAX_COLUMNS))
        return self


def described(console: PaneConsole, code: Code) -> Sheet:
    """The page of a code; its sections are what stands unindented after an empty line."""
    return _sheet(console, full(console, code))


def compared(console: PaneConsole, left: Code, right: Code) -> Sheet:
    """Two codes side by side."""
    return _sheet(console, comparison_lines(console, compare(console.catalogue, left, right)))


def helped(console: PaneConsole) -> Sheet:
    """What the keys do."""
    _ = console.gettext
    rows = [(key.shown, [_(key.does)]) for key in KEYS if key.does]
    return _sheet(console, ["", console.paint(_("Keys"), "strong"), *table(console, rows)])


def started(console: PaneConsole) -> Sheet:
    """What stands on the screen before anything was typed."""
    _ = console.gettext
    return _sheet(
        console,
        [
            console.paint("Statuary", "strong"),
            *wrap(_("Every status, reply and close code of the internet's protocols, explained."), console.columns),
            "",
            console.paint(_("Type, for example"), "strong"),
            *table(console, [(example, [_(meaning)]) for example, meaning in _EXAMPLES]),
            *helped(console).lines,
        ],
    )


def nothing_found(console: PaneConsole, query: str) -> tuple[Sheet, list[Code]]:
    """What is said where a search finds nothing, and the codes that were probably meant."""
    _ = console.gettext
    meant = suggestions(console, query)
    shown = "".join(character if character.isprintable() else "\ufffd" for character in query)
    lines = list(wrap(_("no code is known as “%(query)s”") % {"query": shown}, console.columns))
    if meant:
        lines += ["", *wrap(_("Perhaps you meant one of those on the list."), console.columns)]
    return _sheet(console, lines), meant


def hints(console: PaneConsole, where: str, columns: int) -> str:
    """The line of hints: as many keys as there is room for, the last of them always.

    Args:
        console: whose language.
        where: ``search``, ``results``, ``page`` or ``overlay``.
        columns: how many there are.
    """
    each = [f"{key.shown} {console.gettext(key.short)}" for key in KEYS if where in key.where]
    while len(each) > 1 and width("  ".join(each)) > columns:
        del each[-2]
    return "  ".join(each)


def _sheet(console: PaneConsole, lines: Iterable[str]) -> Sheet:
    styled: list[str] = []
    sections = [0]
    for line in painted(lines):
        plain = _ESCAPE.sub("", line)
        if styled and not styled[-1] and plain[:1].strip():
            sections.append(len(styled))
        styled += [line] if width(plain) <= console.columns else _folded(plain, console.columns)
    return Sheet(tuple(styled), tuple(sections))


def _folded(line: str, columns: int) -> Iterator[str]:
    """A line that the command line leaves whole, such as an example's: a page does not scroll to the right."""
    first, *rest = chop_cells(line, columns)
    yield first
    for part in chop_cells("".join(rest), columns - len(_CONTINUED)):
        yield _CONTINUED + part
