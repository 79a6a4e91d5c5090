"""``statuary compare``: in what two codes differ and what they share."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from statuary.catalog.lookup import find
from statuary.catalog.model import Code
from statuary.cli.console import Console
from statuary.cli.map import told
from statuary.cli.parser import add_common
from statuary.cli.render import STACKED_BELOW, heading, table
from statuary.cli.show import say_not_found
from statuary.cli.text import pad, width, wrap
from statuary.explain.compare import Comparison, compare
from statuary.explain.words import N_

__all__ = ["add_arguments", "comparison_lines", "run"]

MAX_LABEL_COLUMNS = 18
"""The widest the column of labels grows; longer labels are wrapped."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the comparison."""
    meaning = N_("a code, by identity, number or name")
    parser.add_argument("left", metavar="A", help=meaning)
    parser.add_argument("right", metavar="B", help=meaning)
    add_common(parser, "json", "lang", "color")


def run(arguments: argparse.Namespace) -> int:
    """Compare two codes; 1 where one of them is not known, or where a number means several."""
    console = Console(arguments)
    candidates = []
    for query in (arguments.left, arguments.right):
        found = find(console.catalogue, query, console.language)
        if not found:
            return say_not_found(console, query)
        candidates.append(found)
    left, right = _settle(candidates[0], candidates[1]), _settle(candidates[1], candidates[0])
    for query, codes in ((arguments.left, left), (arguments.right, right)):
        if len(codes) > 1:
            return _say_several(console, query, codes)
    comparison = compare(console.catalogue, left[0], right[0])
    if console.json:
        console.emit(comparison.to_dict(console.gettext))
    else:
        console.write(comparison_lines(console, comparison))
    return 0


def _settle(codes: list[Code], others: list[Code]) -> list[Code]:
    """Of several codes the one of the other side's protocol, where there is exactly one: ``compare smtp/214 452``."""
    protocols = {code.protocol for code in others}
    same = [code for code in codes if code.protocol in protocols]
    return same if len(codes) > 1 and len(protocols) == 1 and len(same) == 1 else codes


def _say_several(console: Console, query: str, codes: list[Code]) -> int:
    message = console.gettext("“%(query)s” means several codes; choose one of them:") % {"query": query}
    column = max(len(code.id) for code in codes)
    more = [f"  {code.id:{column}}  {code.title}" for code in codes]
    console.complain("several_codes", message, more, {"query": query, "identities": [code.id for code in codes]})
    return 1


def comparison_lines(console: Console, comparison: Comparison) -> Iterator[str]:
    """A comparison as lines: the verdict, what is mixed up, the differences, what both share."""
    _ = console.gettext
    yield heading(console, comparison.left)
    yield heading(console, comparison.right)
    yield ""
    yield from wrap(comparison.verdict.render(_), console.columns)
    yield ""
    for mixup in comparison.mixups:
        yield console.paint(told(console, mixup.title), "strong")
        yield from wrap(told(console, mixup.why), console.columns, "  ")
        sides = (comparison.left.id, comparison.right.id)
        choices = [choice for side in sides for choice in mixup.choices if choice.code.id == side]
        yield from table(console, [(choice.code.id, [told(console, choice.when)]) for choice in choices])
        yield ""
    yield console.paint(_("Differences"), "strong")
    if comparison.differences or comparison.traits:
        yield from _columns(console, comparison)
    else:
        yield from wrap(_("By the facts that are compared here, there are none."), console.columns, "  ")
    alike = [(row.label.render(_), [row.left.render(_)]) for row in comparison.alike]
    shared = [console.concept_title(concept) for concept in comparison.shared_concepts]
    if shared:
        alike.append((_("Belongs to"), shared))
    yield ""
    yield console.paint(_("What they share"), "strong")
    if alike:
        yield from table(console, alike)
    else:
        yield f"  {_('Nothing.')}"


def _columns(console: Console, comparison: Comparison) -> Iterator[str]:
    """Label, left and right beside each other; under each other where there is little room."""
    _ = console.gettext
    rows = [tuple(told(console, text) for text in trait) for trait in comparison.traits]
    rows += [(row.label.render(_), row.left.render(_), row.right.render(_)) for row in comparison.differences]
    left, right = comparison.left, comparison.right
    if console.columns < STACKED_BELOW:
        for about, *texts in rows:
            for line in wrap(about, console.columns, "  "):
                yield console.paint(line, "quiet")
            for code, text in zip((left, right), texts, strict=True):
                yield from wrap(f"{code.id}: {text}", console.columns, "    ", "      ")
        return
    label = min(max(width(about) for about, *_cells in rows), MAX_LABEL_COLUMNS)
    cell = (console.columns - label - 6) // 2
    empty = " " * (label + 2)
    ids = (console.paint(pad(code.id, cell), code.value[0]) for code in (left, right))
    yield f"  {empty}{'  '.join(ids)}".rstrip()
    for row in rows:
        yield from _row(console, row, label, cell)


def _row(console: Console, row: tuple[str, ...], label: int, cell: int) -> Iterator[str]:
    parts = [wrap(text, columns) for text, columns in zip(row, (label, cell, cell), strict=True)]
    for number in range(max(map(len, parts))):
        name, left, right = (part[number] if number < len(part) else "" for part in parts)
        yield f"  {console.paint(pad(name, label), 'quiet')}  {pad(left, cell)}  {right}".rstrip()
