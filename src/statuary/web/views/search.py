"""Search results."""

from __future__ import annotations

from statuary.catalog.lookup import MAX_QUERY_CHARACTERS, search, suggest
from statuary.web.site import Page, Result, Visit
from statuary.web.views.manual import find_pages

__all__ = ["results"]

MAX_RESULTS = 40
"""How many results a page shows."""


def results(visit: Visit) -> Result:
    """What fits a query, exact finds first; where nothing does, what was probably meant."""
    query = " ".join(visit.query.get("q", "")[:MAX_QUERY_CHARACTERS].split())
    codes = search(visit.catalogue, query, visit.tag, MAX_RESULTS) if query else []
    suggestions = visit.resolve(suggest(visit.catalogue, query)) if query and not codes else []
    return Page(
        "search.html",
        visit.gettext("Search: %(query)s") % {"query": query} if query else visit.gettext("Search"),
        "search",
        {
            "query": query,
            "codes": codes,
            "manual": find_pages(visit, query) if query else [],
            "suggestions": suggestions,
            "number": query if query in visit.site.shared_values else "",
        },
        indexed=False,
        cached=False,
    )
