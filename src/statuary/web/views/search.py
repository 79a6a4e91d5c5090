"""Search results."""

from __future__ import annotations

from statuary.catalog.lookup import MAX_QUERY_CHARACTERS, find, search, suggest
from statuary.explain.logline import Finding, LineReader
from statuary.explain.logshapes import SPEAKERS
from statuary.explain.reference import MAX_ASKED_CHARACTERS
from statuary.web.site import Page, Result, Visit
from statuary.web.views.manual import find_pages

__all__ = ["results"]

MAX_RESULTS = 40
"""How many results a page shows."""


def results(visit: Visit) -> Result:
    """What fits a query, exact finds first; where nothing does, what was probably meant."""
    line = " ".join(visit.query.get("q", "")[:MAX_ASKED_CHARACTERS].split())
    query = line[:MAX_QUERY_CHARACTERS].rstrip()
    found = _in_line(visit, line)
    codes = search(visit.catalogue, query, visit.tag, MAX_RESULTS) if query and not found else []
    suggestions = visit.resolve(suggest(visit.catalogue, query)) if query and not codes and not found else []
    return Page(
        "search.html",
        visit.gettext("Search: %(query)s") % {"query": query} if query else visit.gettext("Search"),
        "search",
        {
            "query": line if found else query,
            "most": MAX_ASKED_CHARACTERS,
            "found": found,
            "speakers": SPEAKERS,
            "codes": codes,
            "manual": find_pages(visit, query) if query and not found else [],
            "suggestions": suggestions,
            "number": query if query in visit.site.shared_values else "",
        },
        indexed=False,
        cached=False,
    )


def _in_line(visit: Visit, line: str) -> list[Finding]:
    """The codes in a line of a log that somebody pasted; none where the query is a code by itself, or words."""
    if not line or find(visit.catalogue, line[:MAX_QUERY_CHARACTERS], visit.tag):
        return []
    return LineReader(visit.catalogue, visit.tag).read(line)
