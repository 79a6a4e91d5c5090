"""``statuary languages``: the languages, and how far the prose of each is translated."""

from __future__ import annotations

import argparse

from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.cli.text import pad, width
from statuary.explain.languages import language_rows

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the list."""
    add_common(parser, "json", "lang", "color")


def run(arguments: argparse.Namespace) -> int:
    """Write one line a language."""
    console = Console(arguments)
    found = list(language_rows(console.catalogue))
    if console.json:
        for row in found:
            console.emit(row)
        return 0
    name_column = max(width(str(row["name"])) for row in found)
    tag_column = max(len(str(row["tag"])) for row in found)
    share = console.gettext("%(translated)s of %(total)s texts")
    console.write(f"{row['tag']:{tag_column}}  {pad(str(row['name']), name_column)}  {share % row}" for row in found)
    return 0
