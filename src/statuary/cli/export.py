"""``statuary export``: the whole catalogue as JSON lines."""

from __future__ import annotations

import argparse

from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.explain.words import N_

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the export."""
    parser.add_argument("--protocol", metavar="PROTOCOL", help=N_("only the codes of this protocol"))
    add_common(parser, "json", "lang", "hidden")


def run(arguments: argparse.Namespace) -> int:
    """Write every code, one a line, each with the same keys."""
    console = Console(arguments)
    protocol = (arguments.protocol or "").lower()
    if arguments.protocol is not None and protocol not in console.catalogue.protocols:
        known = ", ".join(console.catalogue.protocols)
        console.wrong_usage(f"no such protocol: {arguments.protocol!r}; there are {known}")
    for code in console.catalogue.codes(protocol, hidden=console.hidden, language=console.language):
        console.emit(code.to_dict())
    return 0
