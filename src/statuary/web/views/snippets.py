"""Snippets: those of the lesser known frameworks on a page for each code, and the matrix of codes and frameworks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from statuary.catalog.lookup import suggest
from statuary.catalog.model import Code
from statuary.errors import CodeNotFound
from statuary.explain.verdicts import VERDICT_MARKS, VERDICTS
from statuary.snippets.answerable import codes_answered
from statuary.snippets.framework import Framework
from statuary.snippets.shelf import Shown
from statuary.web.site import Page, Redirect, Result, Visit
from statuary.web.views.codes import the_code
from statuary.web.views.links import heading

__all__ = ["MAIN_FRAMEWORKS", "matrix", "more", "snippets_path"]

MAIN_FRAMEWORKS = 7
"""How many frameworks stand on the mock page of a code; the others have a page of their own, which keeps both light."""

_PLACES = {word: place for place, word in enumerate(VERDICTS)}
_EXPECTED = frozenset(tuple(VERDICTS)[:2])
"""What needs no explanation: its mark is no link, which keeps the matrix light."""


class Cell(NamedTuple):
    """A code in a framework.

    Args:
        place: of the verdict in their order.
        mark: its shape.
        path: where it is explained, as seen from the matrix; empty where all is as expected.
    """

    place: int
    mark: str
    path: str


def snippets_path(code: Code) -> str:
    """The path of the page with the other frameworks."""
    return f"{code.id}/snippets"


def more(visit: Visit) -> Result:
    """The snippets of a code that its mock page has no room for."""
    protocol, value = visit.params["protocol"], visit.params["value"]
    code = the_code(visit)
    if isinstance(code, Redirect):
        return code
    shown = visit.site.shelf.show(code)
    if not shown[MAIN_FRAMEWORKS:]:
        raise CodeNotFound(snippets_path(code), [code.id, *suggest(visit.catalogue, code.id)])
    path = snippets_path(code)
    if path != f"{protocol}/{value}/snippets":
        return Redirect(visit.url(path), permanent=True)
    name = heading(visit.catalogue, code)
    return Page(
        "snippets.html",
        visit.gettext("Return %(code)s in other frameworks") % {"code": name},
        path,
        {
            "code": code,
            "name": name,
            "protocol": visit.catalogue.protocols[code.protocol],
            "shown": shown[MAIN_FRAMEWORKS:],
            "main": [item.framework.name for item in shown[:MAIN_FRAMEWORKS]],
        },
        description=code.summary,
    )


def matrix(visit: Visit) -> Result:
    """Every code in every framework."""
    shelf = visit.site.shelf
    groups: dict[str, list[tuple[Code, list[Cell]]]] = {}
    counts: dict[str, Counter[str]] = {framework.id: Counter() for framework in shelf.frameworks}
    for code in codes_answered(visit.catalogue, shelf.selection):
        shown = shelf.show(code)
        for item in shown:
            counts[item.framework.id][item.word] += 1
        cells = [_cell(code, place, item) for place, item in enumerate(shown)]
        title = f"{visit.catalogue.protocols[code.protocol].name} {code.class_}"
        groups.setdefault(title, []).append((code, cells))
    return Page(
        "matrix.html",
        visit.gettext("Every code in every framework"),
        "snippets",
        {
            "frameworks": shelf.frameworks,
            "groups": list(groups.items()),
            "summary": _summary(visit, shelf.frameworks, counts),
        },
        description=visit.gettext(
            "What frameworks really send when they are told to answer with a code: "
            "recorded from runs, not copied from manuals."
        ),
    )


def _cell(code: Code, place: int, item: Shown) -> Cell:
    page = "mock" if place < MAIN_FRAMEWORKS else "snippets"
    path = "" if item.word in _EXPECTED or item.verdict is None else f"{code.id}/{page}#{item.framework.id}"
    return Cell(_PLACES[item.word], VERDICT_MARKS[item.word], path)


def _summary(
    visit: Visit, frameworks: Sequence[Framework], counts: dict[str, Counter[str]]
) -> list[tuple[Framework, str, Counter[str]]]:
    """Each framework with what it ran under and how often each verdict fell."""
    goldens = visit.site.shelf.goldens
    return [
        (
            framework,
            ", ".join(f"{name} {version}" for name, version in goldens[framework.id].versions.items()),
            counts[framework.id],
        )
        for framework in frameworks
    ]
