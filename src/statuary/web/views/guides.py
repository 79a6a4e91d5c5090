"""Guides: prose with commands and what they print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup, escape

from statuary.catalog.entry import Entry, Text
from statuary.errors import CodeNotFound
from statuary.web import highlight
from statuary.web.site import Page, Result, Visit

__all__ = ["Block", "console", "guide", "guides"]

_PROMPT = "$ "


class Block(NamedTuple):
    """A part of a guide.

    Args:
        kind: ``heading``, ``prose``, or what a fenced block holds.
        anchor: the name of a heading within the page.
        text: the text of headings and prose.
        shown: a fenced block as HTML.
    """

    kind: str
    anchor: str = ""
    text: Text = Text("", "en")
    shown: Markup = Markup()


def guides(visit: Visit) -> Result:
    """All guides."""
    return Page(
        "guides.html",
        visit.gettext("Guides"),
        "guides",
        {"guides": visit.catalogue.entries("guide", visit.tag)},
        description=visit.gettext("How to test and to design with these codes; every command was run."),
    )


def guide(visit: Visit) -> Result:
    """One guide."""
    entry = visit.catalogue.entry("guide", visit.params["guide"], visit.tag)
    if entry is None:
        raise CodeNotFound(visit.params["guide"], [f"guide/{item.id}" for item in visit.catalogue.entries("guide")])
    return Page(
        "guide.html",
        entry.text("title").text,
        f"guide/{entry.id}",
        {
            "guide": entry,
            "blocks": list(_blocks(entry)),
            "behind": bool(entry.fallbacks),
            "codes": visit.resolve(entry.facts["codes"]),
            "others": [item for item in visit.catalogue.entries("guide", visit.tag) if item.id != entry.id],
        },
        description=entry.text("summary").text,
    )


def _blocks(entry: Entry) -> Iterator[Block]:
    for block in entry.facts["blocks"]:
        kind = block["kind"]
        if "field" in block:
            yield Block(kind, block["field"], entry.text(block["field"]))
        elif kind == "console":
            yield Block(kind, shown=console(block["text"]))
        else:
            yield Block(kind, shown=highlight.example(kind, block["text"]))


def console(text: str) -> Markup:
    """What a terminal shows, as HTML in which commands stand out from what they print.

    Args:
        text: the lines; those of commands open with a dollar sign.
    """
    return Markup("\n").join(
        Markup('<b class="typed">{}</b>').format(highlight.command(line)) if line.startswith(_PROMPT) else escape(line)
        for line in text.split("\n")
    )
