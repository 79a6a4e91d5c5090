"""Two codes side by side, and the form to choose them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from statuary.catalog.lookup import find, suggest
from statuary.catalog.model import Code
from statuary.errors import CodeNotFound
from statuary.explain.compare import canonical_order, compare
from statuary.explain.pairs import Mixup, all_mixups, mixup, mixups_with
from statuary.explain.words import Phrase
from statuary.web.site import Page, Redirect, Result, Visit
from statuary.web.views.codes import one_code
from statuary.web.views.links import compare_path, heading

__all__ = ["chooser", "group", "pair"]

MAX_CHOICES = 24
"""How many pairs are offered where a number names several codes."""


def pair(visit: Visit) -> Result:
    """The comparison of two codes."""
    params = visit.params
    lefts = one_code(visit, params["protocol"], params["value"])
    rights = one_code(visit, params["protocol2"], params["value2"])
    if len(lefts) > 1 or len(rights) > 1:
        return _choices(visit, lefts, rights)
    left, right = lefts[0], rights[0]
    asked = f"{params['protocol']}/{params['value']}/{params['protocol2']}/{params['value2']}"
    if left.id == right.id:
        return Redirect(visit.url(left.id))
    path = compare_path(visit.catalogue, left, right)
    if path != f"compare/{asked}":
        return Redirect(visit.url(path), permanent=True)
    comparison = compare(visit.catalogue, left, right)
    return Page(
        "compare.html",
        visit.gettext("%(left)s and %(right)s compared")
        % {"left": heading(visit.catalogue, left), "right": heading(visit.catalogue, right)},
        path,
        {
            "comparison": comparison,
            "sides": (left, right),
            "related": [code for code in visit.resolve(left.related) if code.id in right.related],
            "mixups": comparison.mixups,
            "instead": _instead(visit, left, right) if comparison.unrelated else [],
        },
        description=comparison.verdict.render(visit.gettext),
        indexed=not comparison.unrelated,
    )


def group(visit: Visit) -> Result:
    """A set of codes that people take for each other, with what to choose each for."""
    found = mixup(visit.catalogue, visit.params["group"], visit.tag)
    if found is None:
        raise CodeNotFound(visit.params["group"])
    return Page(
        "mixup.html",
        found.title.text,
        f"compare/{found.id}",
        {"mixup": found, "rows": _rows(visit, found), "pairs": _with_paths(visit, list(combinations(found.codes, 2)))},
        description=found.why.text.partition(". ")[0].rstrip(".") + ".",
    )


def _rows(visit: Visit, found: Mixup) -> list[tuple[Phrase, list[Phrase]]]:
    """The facts in which the codes of a set differ: a label, and a cell for each code."""
    first, *others = found.codes
    sides = [compare(visit.catalogue, first, other).rows for other in others]
    rows = []
    for parts in zip(*sides, strict=True):
        cells = [parts[0].left, *(part.right for part in parts)]
        if any(cell != cells[0] for cell in cells):
            rows.append((parts[0].label, cells))
    return rows


def _instead(visit: Visit, left: Code, right: Code) -> list[tuple[Code, Code, str]]:
    """Comparisons that tell more, where two codes share nothing: those with which each is really mixed up."""
    better = [
        (code, other)
        for code in (left, right)
        for found in mixups_with(visit.catalogue, code, visit.tag)
        for other in found.codes
        if other.id != code.id
    ]
    return _with_paths(visit, better[:MAX_CHOICES])


def chooser(visit: Visit) -> Result:
    """The form; with two codes given, the way to their comparison."""
    asked = {side: visit.query.get(side, "").strip() for side in ("left", "right")}
    found = {side: _found(visit, text) for side, text in asked.items()}
    if found["left"] and found["right"]:
        if len(found["left"]) == len(found["right"]) == 1:
            left, right = found["left"][0], found["right"][0]
            if left.id == right.id:
                return Redirect(visit.url(left.id))
            return Redirect(visit.url(compare_path(visit.catalogue, left, right)))
        return _choices(visit, found["left"], found["right"])
    missing = {
        side: visit.resolve(suggest(visit.catalogue, text)) for side, text in asked.items() if text and not found[side]
    }
    good = [codes for identities in visit.site.curated.pairs if len(codes := visit.resolve(identities)) == 2]
    mixups = all_mixups(visit.catalogue, visit.tag)
    return Page(
        "chooser.html",
        visit.gettext("Compare two codes"),
        "compare",
        {"asked": asked, "missing": missing, "pairs": _with_paths(visit, good), "choices": [], "mixups": mixups},
        cached=not any(asked.values()),
        description=visit.gettext("Side by side: what differs, what to do about each, and what they share."),
        indexed=not any(asked.values()),
    )


def _found(visit: Visit, text: str) -> list[Code]:
    codes = find(visit.catalogue, text, visit.tag) if text else []
    return [code for code in codes if not code.hidden] or codes


def _choices(visit: Visit, lefts: Sequence[Code], rights: Sequence[Code]) -> Page:
    """Several codes have the number: offer each pair."""
    if not (lefts and rights):
        raise CodeNotFound("")
    pairs = [(left, right) for left in lefts for right in rights if left.id != right.id]
    return Page(
        "chooser.html",
        visit.gettext("Which of them?"),
        None,
        {
            "asked": {"left": lefts[0].value, "right": rights[0].value},
            "missing": {},
            "pairs": [],
            "mixups": [],
            "choices": _with_paths(visit, pairs[:MAX_CHOICES]),
        },
        cached=False,
        indexed=False,
    )


def _with_paths(visit: Visit, pairs: Sequence[Sequence[Code]]) -> list[tuple[Code, Code, str]]:
    ordered = [
        (left, right) if canonical_order(visit.catalogue, left, right) else (right, left) for left, right in pairs
    ]
    return [(left, right, compare_path(visit.catalogue, left, right)) for left, right in ordered]
