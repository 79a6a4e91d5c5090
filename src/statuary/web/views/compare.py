"""Two codes side by side, and the form to choose them."""

from __future__ import annotations

from collections.abc import Sequence

from statuary.catalog.lookup import find, suggest
from statuary.catalog.model import Code
from statuary.errors import CodeNotFound
from statuary.explain.compare import canonical_order, compare
from statuary.web.site import Page, Redirect, Result, Visit
from statuary.web.views.codes import one_code
from statuary.web.views.links import compare_path, heading

__all__ = ["chooser", "pair"]

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
        },
        description=comparison.verdict.render(visit.gettext),
        indexed=not comparison.unrelated,
    )


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
    return Page(
        "chooser.html",
        visit.gettext("Compare two codes"),
        "compare",
        {"asked": asked, "missing": missing, "pairs": _with_paths(visit, good), "choices": []},
        cached=not any(asked.values()),
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
