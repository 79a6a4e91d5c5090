"""``statuary show``: exactly the codes that a query names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from statuary.catalog.lookup import find, suggest
from statuary.catalog.model import Code
from statuary.catalog.store import outdated
from statuary.cli.console import Console
from statuary.cli.render import brief, full
from statuary.cli.text import clip
from statuary.explain.words import N_

if TYPE_CHECKING:
    import argparse

__all__ = ["MAX_SUGGESTIONS", "add_arguments", "find_exactly", "run", "say_not_found", "show", "suggestions"]

MAX_SUGGESTIONS = 5
"""How many codes are offered where nothing was found."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a look-up."""
    parser.add_argument("query", nargs="+", metavar="QUERY", help=N_("a code, by identity, number or name"))
    from statuary.cli.parser import add_common  # a plain look-up comes without

    add_common(parser, "json", "lang", "color", "hidden")


def run(arguments: argparse.Namespace) -> int:
    """Show what the query names; 1 where it names nothing."""
    console = Console(arguments, hasty=True)
    query = " ".join(arguments.query)
    codes = find_exactly(console, arguments.query)
    return show(console, codes) if codes else say_not_found(console, query)


def find_exactly(console: Console, queries: Sequence[str]) -> list[Code]:
    """What the words name together; of several identities, what each names.

    A catalogue that was opened in haste is compared with all content where that may make a difference.
    """
    codes = _find(console, queries)
    if console.hasty and (not codes or outdated(console.catalogue, codes)):
        console.reopen()
        codes = _find(console, queries)
    return codes


def _find(console: Console, queries: Sequence[str]) -> list[Code]:
    if len(queries) > 1 and all("/" in query for query in queries):
        each = [find(console.catalogue, query, console.language) for query in queries]
        if all(each):
            return list({code.id: code for codes in each for code in codes}.values())
    return find(console.catalogue, " ".join(queries), console.language)


def show(console: Console, codes: list[Code]) -> int:
    """Write codes: one in full, several in short; codes of doubtful origin only where there are no others."""
    shown = codes if console.hidden else [code for code in codes if not code.hidden] or codes
    if console.json:
        for code in shown:
            console.emit(code.to_dict())
        return 0
    if len(shown) == 1:
        console.write(full(console, shown[0]))
    else:
        console.write(brief(console, shown))
        console.write(["", f"{console.gettext('More about one of them:')} statuary {shown[0].id}"])
    left_out = len(codes) - len(shown)
    if left_out:
        note = console.ngettext(
            "%(count)s more is of doubtful origin; --hidden shows it.",
            "%(count)s more are of doubtful origin; --hidden shows them.",
            left_out,
        )
        console.write(["", note % {"count": left_out}])
    return 0


def suggestions(console: Console, query: str) -> list[Code]:
    """Codes that were probably meant: those that begin as the query does before others."""
    value = query.rpartition("/")[2].lower()
    identities = suggest(console.catalogue, query, 2 * MAX_SUGGESTIONS)
    identities.sort(key=lambda identity: -_shared_start(value, identity.partition("/")[2]))
    found = (console.catalogue.get(identity, console.language) for identity in identities)
    return [code for code in found if code is not None and (console.hidden or not code.hidden)][:MAX_SUGGESTIONS]


def _shared_start(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def say_not_found(console: Console, query: str) -> int:
    """Say that a query found nothing, and what was probably meant; exit code 1."""
    meant = suggestions(console, query)
    message = console.gettext("no code is known as “%(query)s”") % {"query": _printable(query)}
    more = []
    if meant:
        column = max(len(code.id) for code in meant)
        more.append(console.gettext("Perhaps you meant:"))
        more += [f"  {code.id:{column}}  {clip(code.title, console.columns - column - 4)}" for code in meant]
    console.complain("code_not_found", message, more, {"query": query, "suggestions": [code.id for code in meant]})
    return 1


def _printable(text: str) -> str:
    """What a stranger typed, without what would steer the terminal."""
    return clip("".join(character if character.isprintable() else "\ufffd" for character in text), 100)
