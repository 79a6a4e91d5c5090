"""The options that commands share: one definition for reading, help and completion."""

from __future__ import annotations

from typing import NamedTuple

from statuary.explain.words import N_

__all__ = ["BARE_FLAGS", "COLOURS", "COMMON", "LOOKUP_OPTIONS", "VALUED_FLAGS", "Option", "Query", "read_lookup"]

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

BARE_FLAGS = frozenset(COMMON["hidden"].flags)
"""Shared flags without a value that go with no command and no query: the full-screen look-up takes them."""

LOOKUP_OPTIONS = ("json", "lang", "color", "hidden")
"""The shared options that a look-up takes."""


class Query:
    """What :func:`read_lookup` has read; the same attributes as argparse gives."""

    def __init__(self, words: list[str]) -> None:
        self.query = words
        self.json = self.hidden = False
        self.lang: str | None = None
        self.color: str | None = None


def read_lookup(words: list[str]) -> Query | None:
    """Read a plain look-up: words and shared options, each spelled out. None for argparse to read all else.

    argparse costs a look-up a tenth of its time.

    Args:
        words: the command line without a command.
    """
    query = Query([])
    flags = {flag: (name, COMMON[name]) for name in LOOKUP_OPTIONS for flag in COMMON[name].flags}
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            query.query.append(word)
            continue
        name, option = flags.get(word, ("", None))
        if option is None:
            return None
        value: str | bool = True
        if option.metavar:
            value = next(rest, "-")
            if value.startswith("-") or (option.choices and value not in option.choices):
                return None
        setattr(query, name, value)
    return query if query.query else None
