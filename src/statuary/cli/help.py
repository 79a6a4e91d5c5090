"""Help in the reader's language: the list of commands, and each command's options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from statuary.cli.commands import COMMANDS, Command, by_name
from statuary.cli.console import Console
from statuary.cli.options import COMMON
from statuary.cli.parser import Parser, add_common
from statuary.cli.text import wrap
from statuary.explain.words import N_

__all__ = ["EXAMPLES", "EXIT_CODES", "add_arguments", "run", "write_help"]

EXIT_CODES = (
    (0, N_("done")),
    (1, N_("no code was found, or several where one was needed")),
    (2, N_("wrong usage, or a script that cannot be parsed")),
    (3, N_("the content, the catalogue or the system is in the way")),
    (130, N_("interrupted")),
    (141, N_("the reader of the output has gone")),
)
"""Every exit code and what it says."""

EXAMPLES = (
    ("statuary 452", N_("every protocol's 452")),
    ("statuary smtp/452 --lang fr", N_("one of them, in French")),
    ("statuary 4.2.2 --json", N_("an enhanced status code, for a program")),
    ("statuary mailbox full", N_("a symptom in words")),
    ("statuary compare smtp/452 http/507", N_("two codes side by side")),
    ("statuary snippet http/507 --framework rails", N_("what to write in a framework, and what came of it")),
    ("statuary parse '503x2~200'", N_("a script for the mock servers")),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the help."""
    parser.add_argument("about", nargs="?", metavar="COMMAND", help=N_("one of the commands; all of them without"))
    add_common(parser, "lang")


def run(arguments: argparse.Namespace) -> int:
    """Write the help of a command, or the list of all."""
    command = None
    if arguments.about is not None:
        command = by_name(arguments.about)
        if command is None:
            arguments.parser.error(f"there is no command {arguments.about!r}")
    words = ["--lang", arguments.lang] if arguments.lang else []
    write_help(command, words)
    return 0


def write_help(command: Command | None, words: Sequence[str]) -> None:
    """Write help to standard output.

    Args:
        command: which; None for the list of all.
        words: the command line, of which the language is read.
    """
    console = Console(_language_of(words), lenient=True)
    if command is None:
        console.write(_overview(console))
    elif sys.stdout is not None:
        sys.stdout.write(_describe(command.parser(), console))


def _language_of(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser("statuary", "")
    add_common(parser, "lang", "color")
    arguments = argparse.Namespace(parser=parser)
    parser.parse_known_args([word for word in words if word not in ("-h", "--help")], arguments)
    return arguments


def _overview(console: Console) -> Iterator[str]:
    _ = console.gettext
    yield from wrap(_("Every status, reply and close code of the internet's protocols, explained."), console.columns)
    yield ""
    usage = ["statuary QUERY", *(f"statuary {command.name} {command.synopsis}".rstrip() for command in COMMANDS)]
    yield console.paint(_("Usage"), "strong")
    summaries = [N_("explain a code, or the codes that words describe"), *(command.summary for command in COMMANDS)]
    yield from _pairs(console, zip(usage, map(_, summaries), strict=True))
    yield ""
    yield console.paint(_("Options"), "strong")
    options = [
        (", ".join(option.flags) + (f" {option.metavar}" if option.metavar else ""), _(option.help))
        for option in COMMON.values()
    ]
    options += [("-V, --version", _("show the version")), ("-h, --help", _("show this help; after a command, its own"))]
    yield from _pairs(console, options)
    yield ""
    yield console.paint(_("Examples"), "strong")
    yield from _pairs(console, ((example, _(meaning)) for example, meaning in EXAMPLES))
    yield ""
    yield console.paint(_("Exit codes"), "strong")
    yield from _pairs(console, ((str(code), _(meaning)) for code, meaning in EXIT_CODES))


def _pairs(console: Console, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    rows = list(pairs)
    column = max(len(left) for left, _ in rows)
    if column + 30 > console.columns:
        for left, right in rows:
            yield f"  {left}"
            yield from wrap(right, console.columns, "      ")
        return
    for left, right in rows:
        yield from wrap(right, console.columns, f"  {left:{column}}  ")


def _describe(parser: Parser, console: Console) -> str:
    """A command's own help, its sentences translated."""
    _ = console.gettext
    description = parser.description or ""
    parser.description = _(description)
    parser._optionals.title = _("Options")  # argparse has no public name for its two groups
    parser._positionals.title = _("Arguments")
    own: dict[str, str] = {}
    if parser.prog.endswith(" serve"):
        from statuary.cli.settings import settings  # it loads the servers, which no other command's help needs

        own = {setting.told(): setting.told(_) for setting in settings()}
    for action in parser._actions:
        text = action.help or ""
        action.help = own.get(text) or _(text)
    parser.formatter_class = _formatter(console.columns, _("Usage"))
    return parser.format_help()


def _formatter(columns: int, usage: str) -> Callable[..., argparse.HelpFormatter]:
    class Formatter(argparse.HelpFormatter):
        """Wraps by width on the screen rather than by characters."""

        def __init__(self, prog: str) -> None:
            super().__init__(prog, max_help_position=28, width=columns)

        def add_usage(self, *arguments: object, **options: object) -> None:
            options["prefix"] = f"{usage}: "
            super().add_usage(*arguments, **options)  # type: ignore[arg-type]

        def _split_lines(self, text: str, width: int) -> list[str]:
            return wrap(text, width)

        def _fill_text(self, text: str, width: int, indent: str) -> str:
            return "\n".join(wrap(text, width, indent))

    return Formatter
