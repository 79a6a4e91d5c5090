"""Writes the man page from what the program knows of itself: ``python -m tools.man``.

It is ``share/man/man1/statuary.1``, which the wheel puts beside the command. ``--check`` writes nothing and fails where
the page says something else than the program.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import wrap

from statuary._version import __version__
from statuary.cli.commands import COMMANDS, Command, lookup_command
from statuary.cli.help import EXAMPLES, EXIT_CODES
from statuary.cli.options import COMMON
from statuary.cli.screen.keys import KEYS
from statuary.cli.settings import SETTINGS_FILE

__all__ = ["PAGE", "page"]

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "share" / "man" / "man1" / "statuary.1"

MAX_COLUMNS = 68
"""Where lines of the source end; signs grow longer when they are written as roff wants them."""

_SIGNS = {
    "\\": "\\e",
    "-": "\\-",
    "'": "\\(aq",
    "^": "\\(ha",
    "~": "\\(ti",
    "`": "\\(ga",
    "→": "\\(->",
    "←": "\\(<-",
    "↑": "\\(ua",
    "↓": "\\(da",
    "“": "\\(lq",
    "”": "\\(rq",
    "’": "\\(cq",
    "–": "\\(en",
    "§": "\\(sc",
    "…": "...",
}
"""Characters that roff reads otherwise than they stand, or that its older readers lack."""

_ENVIRONMENT = (
    ("STATUARY_LANG", "The language, before the locale."),
    ("LC_ALL, LC_MESSAGES, LANG", "The locale, of which the language is read."),
    ("NO_COLOR, FORCE_COLOR, TERM", "Turn colour off and on; --color goes before them."),
    ("COLUMNS", "The width to write in."),
    ("BROWSER", "What opens pages, for serve --open and on the full screen."),
    ("STATUARY_*", "Settings of serve: each option has a variable, such as STATUARY_SITE_PORT."),
)


def page() -> str:
    """The man page, in the macros of man(7)."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    yield '.\\" Made by tools/man.py from the program; changes belong there.'
    yield f'.TH STATUARY 1 "" "Statuary {__version__}" "User Commands"'
    yield ".SH NAME"
    yield "statuary \\- explain and answer with the codes of the internet\\(aqs protocols"
    yield ".SH SYNOPSIS"
    yield from _synopsis()
    yield ".SH DESCRIPTION"
    yield from _text("Statuary knows every status, reply, response, close and result code of the internet's protocols.")
    yield from _text(
        "A query is an identity (smtp/452), a number (452, 4.2.2), a name (nxdomain), a line as it was met "
        "(552 5.2.2 Mailbox full) or words that describe what happened (mailbox full). One code is shown in full, "
        "several are shown in short."
    )
    yield ".PP"
    yield from _text(
        "Without any word it opens a full-screen look-up where it has a terminal, and elsewhere prints its help."
    )
    yield ".PP"
    yield from _text("Options may stand anywhere on the line. After --, every word is taken as it is.")
    yield ".SH OPTIONS"
    for option in COMMON.values():
        yield from _item(_flags(option.flags, option.metavar), option.help)
    yield from _item(_flags(("-V", "--version")), "show the version")
    yield from _item(_flags(("-h", "--help")), "show help; after a command, its own")
    yield ".SH COMMANDS"
    for command in COMMANDS:
        yield from _command(command)
    yield ".SH KEYS"
    yield from _text("On the full screen:")
    for key in KEYS:
        if key.does:
            yield from _item(f"\\fB{_plain(key.shown)}\\fR", key.does)
    yield from _rest()


def _synopsis() -> Iterator[str]:
    yield ".B statuary"
    for command in (lookup_command(), *COMMANDS):
        yield ".br"
        yield " ".join(filter(None, (f"\\fBstatuary {command.name}".rstrip() + "\\fR", _plain(command.synopsis))))


def _command(command: Command) -> Iterator[str]:
    """A command with its words and its own options; those that all share stand above."""
    yield f".SS {_plain(f'statuary {command.name} {command.synopsis}'.rstrip())}"
    yield from _text(f"{command.summary[0].upper()}{command.summary[1:]}.")
    if command.aliases:
        yield from _text(f"Also: {', '.join(command.aliases)}.")
    shared = {flag for option in COMMON.values() for flag in option.flags} | {"--help"}
    for action in command.parser()._actions:  # argparse has no public list
        if action.help == argparse.SUPPRESS or shared & set(action.option_strings):
            continue
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        name = _flags(action.option_strings, metavar) if action.option_strings else f"\\fI{_plain(metavar)}\\fR"
        yield from _item(name, action.help or "")


def _rest() -> Iterator[str]:
    yield ".SH ENVIRONMENT"
    for names, meaning in _ENVIRONMENT:
        yield from _item(f"\\fB{_plain(names)}\\fR", meaning)
    yield ".SH FILES"
    yield from _item(f"\\fI{_plain(SETTINGS_FILE)}\\fR", "Settings of serve, where the working directory has it.")
    yield ".SH EXIT STATUS"
    for code, meaning in EXIT_CODES:
        yield from _item(f"\\fB{code}\\fR", meaning)
    yield ".SH EXAMPLES"
    for example, meaning in EXAMPLES:
        yield from _item(f"\\fB{_plain(example)}\\fR", meaning)
    yield ".SH SEE ALSO"
    yield ".BR curl (1),"
    yield ".BR swaks (1)"
    yield ".PP"
    yield from _text("The whole manual is part of the site: statuary serve --open, then Manual.")


def _flags(names: Iterable[str], metavar: str = "") -> str:
    value = f" \\fI{_plain(metavar)}\\fR" if metavar else ""
    return ", ".join(f"\\fB{_plain(name)}\\fR{value}" for name in names)


def _item(name: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield name
    yield from _text(text)


def _text(text: str) -> Iterator[str]:
    """A paragraph, a sentence a line, as roff wants it: it knows by the line's end where a sentence ends."""
    for sentence in text.replace(". ", ".\n").split("\n"):
        for line in wrap(sentence, MAX_COLUMNS, break_on_hyphens=False, break_long_words=False):
            plain = _plain(line)
            yield f"\\&{plain}" if plain.startswith(".") else plain


def _plain(text: str) -> str:
    return "".join(_SIGNS.get(character, character) for character in text)


def main(arguments: Sequence[str]) -> int:
    """Renew or check the page."""
    now = page()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == now:
        return 0
    check = "--check" in arguments
    where = PAGE.relative_to(ROOT)
    sys.stdout.write(f"{where}: {'not current; run python -m tools.man' if check else 'renewed'}\n")
    if not check:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(now, encoding="utf-8")
    return int(check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
