"""``statuary export``: the whole catalogue as JSON lines, or how far it is translated."""

from __future__ import annotations

import argparse

from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.explain.words import N_

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the export."""
    parser.add_argument("--protocol", metavar="PROTOCOL", help=N_("only the codes of this protocol"))
    parser.add_argument("--coverage", action="store_true", help=N_("how far each language and protocol is translated"))
    add_common(parser, "json", "lang", "hidden")


def run(arguments: argparse.Namespace) -> int:
    """Write every code, or the coverage of each language and protocol, one a line with the same keys."""
    console = Console(arguments)
    protocol = (arguments.protocol or "").lower()
    if arguments.protocol is not None and protocol not in console.catalogue.protocols:
        known = ", ".join(console.catalogue.protocols)
        console.wrong_usage(f"no such protocol: {arguments.protocol!r}; there are {known}")
    if arguments.coverage:
        return _coverage(console, protocol, arguments.lang)
    for code in console.catalogue.codes(protocol, hidden=console.hidden, language=console.language):
        console.emit(code.to_dict())
    return 0


def _coverage(console: Console, protocol: str, wanted: str | None) -> int:
    """One line for each language and domain; a table for people where no JSON is asked for."""
    shares = [
        share
        for share in console.catalogue.coverage(console.language if wanted else "")
        if protocol in ("", share.domain)
    ]
    if console.json:
        for share in shares:
            console.emit(share.to_dict())
        return 0
    column = max((len(share.domain) for share in shares), default=0)
    words = console.gettext("%(translated)s of %(messages)s texts, %(fuzzy)s stale, %(missing)s missing")
    console.write(
        f"{share.language}  {share.domain:{column}}  {share.percent:5.1f} %  {words % share.to_dict()}"
        for share in shares
    )
    return 0
