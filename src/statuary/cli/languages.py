"""``statuary languages``: the languages, and how far the prose of each is translated."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.cli.text import pad, width

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the list."""
    add_common(parser, "json", "lang", "color")


def run(arguments: argparse.Namespace) -> int:
    """Write one line a language."""
    console = Console(arguments)
    found = list(_count(console))
    if console.json:
        for row in found:
            console.emit(row)
        return 0
    name_column = max(width(str(row["name"])) for row in found)
    tag_column = max(len(str(row["tag"])) for row in found)
    share = console.gettext("%(translated)s of %(total)s texts")
    console.write(f"{row['tag']:{tag_column}}  {pad(str(row['name']), name_column)}  {share % row}" for row in found)
    return 0


def _count(console: Console) -> Iterator[dict[str, object]]:
    """Each language with how many texts of the prose it has; those made from templates count once."""
    catalogue = console.catalogue
    for language in catalogue.languages.values():
        total = missing = 0
        for code in catalogue.codes(hidden=True, language=language.tag):
            if not code.template:
                total += sum(map(bool, code.prose.texts.values())) + bool(code.prose.claims)
                missing += len(code.prose.fallbacks)
        yield {
            "tag": language.tag,
            "name": language.name,
            "direction": language.direction,
            "fallback": language.fallback,
            "translated": total - missing,
            "total": total,
        }
