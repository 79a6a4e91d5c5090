"""The home page, what the site is, and logging in."""

from __future__ import annotations

from statuary.explain.compare import compare
from statuary.web.site import Page, Result, Visit

__all__ = ["about", "home", "login"]


def home(visit: Visit) -> Result:
    """What there is, and where to begin."""
    pair = visit.resolve(visit.site.curated.shown_pair)
    comparison = compare(visit.catalogue, *pair) if len(pair) == 2 else None
    shared = [value for value, protocols in visit.site.shared_values.items() if len(protocols) >= 4]
    shared.sort(key=lambda value: (not value.isdigit(), int(value) if value.isdigit() else 0))
    return Page(
        "home.html",
        visit.gettext("Every code, explained and answered on the wire"),
        "",
        {
            "doors": visit.resolve(visit.site.curated.doors),
            "comparison": comparison,
            "shared": shared,
            "counts": visit.site.counts,
        },
        description=visit.gettext(
            "Status, reply and response codes: explained, compared, and answered by mock servers on the real wire."
        ),
    )


def about(visit: Visit) -> Result:
    """What this is, its licence and its sources."""
    return Page(
        "about.html",
        visit.gettext("About"),
        "about",
        description=visit.gettext(
            "Statuary is a catalogue of the codes that internet protocols answer with, "
            "mock servers that answer with any of them, and a site about both, in one program."
        ),
    )


def login(visit: Visit) -> Result:
    """Asks for the token where the process listens beyond loopback."""
    return Page("login.html", visit.gettext("Log in"), "login", {"wrong": False}, indexed=False, cached=False)
