"""Where a command writes: language, colour and width are settled once, from options and environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from statuary.catalog.store import Catalogue, open_catalogue
from statuary.cli.text import CODE_OFF, CODE_ON
from statuary.errors import StatuaryError

if TYPE_CHECKING:
    import argparse
    from gettext import NullTranslations

__all__ = [
    "MAX_COLUMNS",
    "MIN_COLUMNS",
    "Console",
    "choose_colour",
    "choose_language",
    "columns_of",
    "named_language",
    "painted",
]

MIN_COLUMNS = 24
"""Narrower terminals are written to as if they had so many columns."""
MAX_COLUMNS = 100
"""Lines of prose grow no longer, however wide the terminal is."""
DEFAULT_COLUMNS = 80
"""The width where there is no terminal."""

_RESET = "\x1b[0m"
_STYLES = {
    "1": "\x1b[36m",
    "2": "\x1b[32m",
    "3": "\x1b[35m",
    "4": "\x1b[33m",
    "5": "\x1b[31m",
    "6": "\x1b[31m",
    "strong": "\x1b[1m",
    "quiet": "\x1b[2m",
    "code": "\x1b[36m",
}


class Console:
    """The output of one command.

    Args:
        arguments: its options.
        environment: the process's environment.
        lenient: write English where the catalogue cannot be read, rather than fail: for commands that need no code.
        hasty: open the catalogue without a look at every code's file: for a look-up, which then sees to its own.
    """

    def __init__(
        self,
        arguments: object,
        environment: Mapping[str, str] = os.environ,
        *,
        lenient: bool = False,
        hasty: bool = False,
    ) -> None:
        self._arguments = arguments
        self._environment = environment
        self._lenient = lenient
        self.hasty = hasty
        self.json: bool = getattr(arguments, "json", False)
        self.hidden: bool = getattr(arguments, "hidden", False)
        self.colour = choose_colour(getattr(arguments, "color", None), environment, _is_terminal(sys.stdout))
        self.columns = columns_of(environment)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue, opened when it is first asked for."""
        return open_catalogue(hasty=self.hasty)

    def reopen(self) -> None:
        """Have the catalogue compared with all content when it is next asked for."""
        self.hasty = False
        self.__dict__.pop("catalogue", None)

    @cached_property
    def language(self) -> str:
        """The tag of the reader's language."""
        try:
            tags = tuple(self.catalogue.languages)
        except (StatuaryError, OSError):
            if self._lenient:
                return "en"
            raise
        wanted = getattr(self._arguments, "lang", None)
        tag = choose_language(wanted, self._environment, tags)
        if tag is None:
            self.wrong_usage(f"no such language: {wanted!r}; there are {', '.join(tags)}")
        return tag

    @cached_property
    def _translations(self) -> NullTranslations | None:
        octets = self.catalogue.interface(self.language) if self.language != "en" else b""
        if not octets:
            return None
        from gettext import GNUTranslations  # English pays nothing for it
        from io import BytesIO

        return GNUTranslations(BytesIO(octets))

    def gettext(self, message: str) -> str:
        """A text of the interface in the reader's language."""
        return self._translations.gettext(message) if message and self._translations else message

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """The form of a text that goes with a count."""
        if self._translations:
            return self._translations.ngettext(singular, plural, count)
        return singular if count == 1 else plural

    def concept_title(self, concept: Mapping[str, Any]) -> str:
        """The title of a concept in the reader's language; concepts are translated under a context of their own."""
        title = str(concept["title"])
        if self._translations is None:
            return title
        return self._translations.pgettext(f"concept/{concept['id']}#title", title)

    def wrong_usage(self, message: str) -> NoReturn:
        """End with exit code 2 and a message."""
        from statuary.cli.commands import lookup_command  # needed only where something is wrong

        parser: argparse.ArgumentParser = getattr(self._arguments, "parser", None) or lookup_command().parser()
        parser.error(message)

    def paint(self, text: str, style: str) -> str:
        """The text in a style: ``strong``, ``quiet`` or the first digit of a code; plain where colour is off."""
        start = _STYLES.get(style, "")
        return f"{start}{text}{_RESET}" if self.colour and start and text else text

    def write(self, lines: Iterable[str]) -> None:
        """Write lines; code marks become colour."""
        if sys.stdout is not None:
            sys.stdout.write("".join(f"{line}\n" for line in painted(lines)))

    def emit(self, data: Mapping[str, object]) -> None:
        """Write an object as one line of JSON."""
        if sys.stdout is not None:
            sys.stdout.write(_dump(data, sys.stdout.encoding) + "\n")

    def complain(self, slug: str, message: str, more: Iterable[str] = (), detail: Mapping[str, object] = {}) -> None:
        """Write what went wrong to standard error: for people, or with ``--json`` as the one shape of errors.

        Args:
            slug: the error's name for programs.
            message: for people, one sentence.
            more: further lines for people.
            detail: further facts for programs.
        """
        if sys.stderr is None:
            return
        if self.json:
            text = _dump({"error": slug, "message": message, "detail": dict(detail)}, sys.stderr.encoding)
            sys.stderr.write(text + "\n")
        else:
            sys.stderr.write("\n".join([f"statuary: {message}", *more]) + "\n")


def painted(lines: Iterable[str]) -> Iterator[str]:
    """Lines whose code marks have become colour; code that goes on in the next line is coloured there again."""
    inside = False
    for line in lines:
        if inside:
            body = line.lstrip(" ")
            line = " " * (len(line) - len(body)) + CODE_ON + body
        inside = line.rfind(CODE_ON) > line.rfind(CODE_OFF)
        text = line + CODE_OFF if inside else line
        yield text.replace(CODE_ON, _STYLES["code"]).replace(CODE_OFF, _RESET)


def _dump(data: Mapping[str, object], encoding: str | None) -> str:
    unicode = (encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(data, ensure_ascii=not unicode)


def _is_terminal(stream: object) -> bool:
    isatty: Callable[[], bool] | None = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def choose_colour(option: str | None, environment: Mapping[str, str], terminal: bool) -> bool:
    """Whether to write colour: the option, then ``NO_COLOR``, ``FORCE_COLOR``, ``TERM=dumb``, then the terminal.

    Args:
        option: ``auto``, ``always``, ``never`` or None.
        environment: the process's environment.
        terminal: whether standard output is one.
    """
    if option in ("always", "never"):
        return option == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and environment.get("TERM") != "dumb"


def choose_language(wanted: str | None, environment: Mapping[str, str], tags: tuple[str, ...]) -> str | None:
    """The tag of the language to write in; None where the option names one that there is not.

    Args:
        wanted: the option.
        environment: the process's environment: ``STATUARY_LANG``, then the locale as POSIX settles it.
        tags: the languages that there are; English where nothing names one of them.
    """
    return _known(wanted, tags) if wanted is not None else named_language(environment, tags) or "en"


def named_language(environment: Mapping[str, str], tags: tuple[str, ...]) -> str | None:
    """The tag of the language that the environment names: ``STATUARY_LANG``, then the locale; None where it does not.

    Args:
        environment: the process's environment.
        tags: the languages that there are.
    """
    own = _known(environment.get("STATUARY_LANG", ""), tags)
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return own or _known(locale, tags)


def _known(tag: str, tags: tuple[str, ...]) -> str | None:
    """``fr`` from ``fr_CA.UTF-8``."""
    plain = tag.partition(".")[0].partition("@")[0].replace("_", "-").lower()
    while plain:
        if plain in tags:
            return plain
        plain = plain.rpartition("-")[0]
    return None


def columns_of(environment: Mapping[str, str]) -> int:
    """How many columns to write in: ``COLUMNS``, the terminal's, or 80; within bounds."""
    text = environment.get("COLUMNS", "")
    columns = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if not columns:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1).columns
        except (OSError, ValueError):
            columns = DEFAULT_COLUMNS
    return max(MIN_COLUMNS, min(columns or DEFAULT_COLUMNS, MAX_COLUMNS))
