"""The journal of the mocks and the mail that they kept."""

from __future__ import annotations

from itertools import islice

from statuary.web.site import Page, Result, Visit

__all__ = ["journal"]

SHOWN_EXCHANGES = 100
"""How many exchanges the page shows, the newest."""
SHOWN_MESSAGES = 20
"""How many messages the page shows, the newest."""


def journal(visit: Visit) -> Result:
    """The newest exchanges and messages, newest first."""
    if not visit.site.live:
        return Page("journal_written.html", visit.gettext("Journal"), "journal")
    shared = visit.site.shared
    kept = shared.journal
    first, exchanges = kept.since(max(kept.total - SHOWN_EXCHANGES, 0), SHOWN_EXCHANGES)
    numbered = list(enumerate(exchanges, first))
    return Page(
        "journal.html",
        visit.gettext("Journal"),
        "journal",
        {
            "exchanges": [(number, item, item.to_dict(number)["at"]) for number, item in reversed(numbered)],
            "total": kept.total,
            "dropped": kept.dropped,
            "shown": SHOWN_EXCHANGES,
            "messages": list(islice(reversed(list(shared.mailbox)), SHOWN_MESSAGES)),
            "messages_total": shared.mailbox.total,
            "messages_dropped": shared.mailbox.dropped,
        },
        indexed=False,
        cached=False,
    )
