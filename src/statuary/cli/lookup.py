"""``statuary QUERY``: a code by number or name; a protocol's list; words that describe a code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from statuary.catalog.model import Code
from statuary.cli.commands import COMMANDS
from statuary.cli.console import Console
from statuary.cli.options import Query
from statuary.cli.render import rows
from statuary.cli.show import add_arguments, find_exactly, say_not_found, show
from statuary.explain.words import class_phrase

if TYPE_CHECKING:
    import argparse

__all__ = ["MAX_FALLBACK_RESULTS", "add_arguments", "run"]

MAX_FALLBACK_RESULTS = 10
"""How many results a query gets that is no code's name."""

_NUMBER = re.compile(r"[0-9]\S*|x\.\S*", re.IGNORECASE)


def run(arguments: argparse.Namespace | Query) -> int:
    """Show what the query names, or what its words find; 1 where that is nothing."""
    console = Console(arguments, hasty=True)
    query = " ".join(" ".join(arguments.query).split())
    codes = find_exactly(console, arguments.query)
    if codes:
        return show(console, codes)
    if query.lower() in console.catalogue.protocols:
        return _list_protocol(console, query.lower())
    _check_command(console, arguments.query[0])
    results = _search(console, query)
    if not results:
        return say_not_found(console, query)
    if not console.json:
        note = console.gettext("No code has exactly this name; found by its words:")
        console.write([console.paint(note, "quiet"), ""])
    from statuary.cli.search import write_results  # a code's name comes without

    return write_results(console, results)


def _search(console: Console, query: str) -> list[Code]:
    """Search by words; numbers that nobody has defined are no words."""
    protocol, slash, rest = query.partition("/")
    inside = protocol.lower() if slash and protocol.lower() in console.catalogue.protocols else ""
    words = rest if inside else query
    if _NUMBER.fullmatch(words):
        return []
    from statuary.catalog.lookup import search

    found = search(console.catalogue, words, console.language, 5 * MAX_FALLBACK_RESULTS)
    return [code for code in found if inside in ("", code.protocol)][:MAX_FALLBACK_RESULTS]


def _list_protocol(console: Console, protocol: str) -> int:
    """Every code of a protocol, by class; what is made from templates is left out."""
    codes = [
        code
        for code in console.catalogue.codes(protocol, hidden=console.hidden, language=console.language)
        if not code.template
    ]
    if console.json:
        for code in codes:
            console.emit(code.to_dict())
        return 0
    known = console.catalogue.protocols[protocol]
    console.write([f"{console.paint(known.name, 'strong')}  {known.full_name}"])
    classes: dict[str, list[Code]] = {}
    for code in codes:
        classes.setdefault(class_phrase(code).render(console.gettext), []).append(code)
    for class_, members in classes.items():
        console.write(["", console.paint(class_, "strong")])
        console.write(rows(console, members))
    return 0


def _check_command(console: Console, word: str) -> None:
    """End with exit code 2 where a word is a misspelt command and stands in no text of the catalogue."""
    if not word.isalpha() or len(word) < 4:
        return
    from difflib import get_close_matches  # needed only where no code has the name

    near = get_close_matches(word.lower(), [command.name for command in COMMANDS], n=1, cutoff=0.75)
    if near and not console.catalogue.match_words((word.lower(),), "en", 1):
        message = console.gettext("there is no command “%(word)s”; did you mean “%(near)s”?")
        console.wrong_usage(message % {"word": word, "near": near[0]})
