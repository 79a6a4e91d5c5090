"""How far each language is translated, in numbers."""

from __future__ import annotations

from statuary.catalog.book import BOOK
from statuary.catalog.manual import MANUAL
from statuary.catalog.messages import INTERFACE
from statuary.web.i18n import N_
from statuary.web.site import Page, Result, Visit

__all__ = ["coverage"]

MAX_STALE_SHOWN = 50
"""How many stale texts of a language are named."""

_DOMAINS = {BOOK: N_("Comparisons, decisions, guides, glossary"), MANUAL: N_("Manual"), INTERFACE: N_("Interface")}


def coverage(visit: Visit) -> Result:
    """A table for each language."""
    tables = []
    for language in visit.site.languages.values():
        shares = visit.catalogue.coverage(language.tag)
        if shares:
            rows = [(_name(visit, share.domain), share, _percent(visit, share.percent)) for share in shares]
            stale = [name for share in shares for name in share.stale]
            total = sum(share.messages for share in shares)
            done = sum(share.translated for share in shares)
            tables.append(
                {
                    "language": language,
                    "rows": rows,
                    "total": total,
                    "done": done,
                    "percent": _percent(visit, done * 1000 // total / 10 if total else 100.0),
                    "stale": stale[:MAX_STALE_SHOWN],
                    "more": max(0, len(stale) - MAX_STALE_SHOWN),
                }
            )
    return Page(
        "coverage.html",
        visit.gettext("Translations"),
        "coverage",
        {"tables": tables},
        description=visit.gettext("How many texts each language has, and how many are behind the English."),
    )


def _percent(visit: Visit, share: float) -> str:
    """A share as the language writes it."""
    from babel.numbers import format_decimal  # no other page needs it

    return format_decimal(share, format="0.0", locale=visit.tag)


def _name(visit: Visit, domain: str) -> tuple[str, bool]:
    """A domain for people, and whether it is a name that no language changes."""
    if domain in _DOMAINS:
        return visit.gettext(_DOMAINS[domain]), False
    protocol = visit.catalogue.protocols.get(domain)
    return (protocol.name if protocol else domain), True
