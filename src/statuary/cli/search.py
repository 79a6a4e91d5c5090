"""``statuary search``: codes by number, name or symptom, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from statuary.catalog.lookup import MAX_RESULTS, search
from statuary.catalog.model import Code
from statuary.cli.console import Console
from statuary.cli.render import rows
from statuary.cli.show import say_not_found
from statuary.explain.words import N_

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "found_by", "run", "write_results"]

DEFAULT_RESULTS = 20
"""How many results are shown where no number is asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the search."""
    parser.add_argument("words", nargs="+", metavar="WORDS", help=N_("a number, a name or a symptom"))
    parser.add_argument("--limit", metavar="N", help=N_("at most so many results (20)"))
    from statuary.cli.parser import add_common  # a plain look-up comes without

    add_common(parser, "json", "lang", "color", "hidden")


def run(arguments: argparse.Namespace) -> int:
    """Search; 1 where nothing fits."""
    console = Console(arguments)
    text = arguments.limit or str(DEFAULT_RESULTS)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_RESULTS):
        console.wrong_usage(f"--limit: {text!r} is not a whole number from 1 to {MAX_RESULTS}")
    query = " ".join(arguments.words)
    results = found_by(console, query, int(text))
    return write_results(console, results) if results else say_not_found(console, query)


def found_by(console: Console, query: str, limit: int) -> list[Code]:
    """What a search finds, best first; those of doubtful origin last, and only where they are asked for.

    Args:
        console: whose language and catalogue.
        query: a number, a name or a symptom.
        limit: at most so many.
    """
    results = search(console.catalogue, query, console.language, limit)
    return [*results, *_doubtful(console, query, results)][:limit] if console.hidden else results


def write_results(console: Console, codes: list[Code]) -> int:
    """Write results, a line each."""
    if console.json:
        for code in codes:
            console.emit(code.to_dict())
        return 0
    console.write(rows(console, codes))
    console.write(["", f"{console.gettext('More about one of them:')} statuary {codes[0].id}"])
    return 0


def _doubtful(console: Console, query: str, results: list[Code]) -> list[Code]:
    """Codes of doubtful origin that hold every word; the search leaves them out."""
    words = query.casefold().split()
    known = {code.id for code in results}
    return [
        code
        for code in console.catalogue.codes(hidden=True, language=console.language)
        if code.hidden
        and code.id not in known
        and all(word in f"{code.value} {code.name} {code.title} {code.summary}".casefold() for word in words)
    ]
