"""The mail that the mock accepted: a list, and each message as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlencode

from statuary.errors import CodeNotFound
from statuary.serve.journal import timestamp
from statuary.serve.mailbox import Message
from statuary.web.legible import pieces
from statuary.web.mail.reading import read_mail, read_subject
from statuary.web.mail.sanitise import sanitise
from statuary.web.site import Page, Redirect, Result, Visit
from statuary.web.views.journal import MAX_FILTER_CHARACTERS, number_of

__all__ = ["forget", "message", "messages"]

PAGE_MESSAGES = 50
"""How many messages a page lists."""
PIECE_OCTETS = 32 * 1024
"""How much of a message's source a page shows at once, in octets."""
MAX_SHOWN_RECIPIENTS = 50
"""How many recipients a page names."""
NEWEST = "newest"
"""What stands for the number of the newest message."""


class Listed(NamedTuple):
    """A message in the list.

    Args:
        number: its number.
        message: the message.
        at: when it was accepted.
        subject: its subject, decoded; empty for none.
    """

    number: int
    message: Message
    at: str
    subject: str


def messages(visit: Visit) -> Result:
    """The messages, the newest first."""
    mailbox = visit.site.shared.mailbox
    query = visit.query
    given = {name: query.get(name, "").strip()[:MAX_FILTER_CHARACTERS] for name in ("recipient", "key")}
    given = {name: text for name, text in given.items() if text}
    before = number_of(query.get("before", "")) or mailbox.total + 1
    found = (each for each in reversed(list(mailbox)) if each[0] < before and _fits(each[1], given))
    shown = [
        Listed(number, kept, timestamp(kept.at), read_subject(kept.content))
        for number, kept in islice(found, PAGE_MESSAGES)
    ]
    older = {**given, "before": shown[-1].number} if next(found, None) is not None else None
    return Page(
        "messages.html",
        visit.gettext("Messages"),
        "journal/messages",
        {
            "given": given,
            "shown": shown,
            "older": urlencode(older) if older else "",
            "first_page": before > mailbox.total,
            "total": mailbox.total,
            "dropped": mailbox.dropped,
            "most": MAX_SHOWN_RECIPIENTS,
            "here": f"?{urlencode(given)}" if given else "",
        },
        indexed=False,
        cached=False,
    )


def _fits(kept: Message, given: Mapping[str, str]) -> bool:
    recipient = given.get("recipient", "").lower()
    return (not recipient or any(recipient in each.lower() for each in kept.recipients)) and given.get("key", "") in (
        "",
        kept.key,
    )


def forget(visit: Visit, fields: Mapping[str, str]) -> Result:
    """Forget all messages, those of a key, or one."""
    mailbox = visit.site.shared.mailbox
    if "number" in fields:
        mailbox.remove(number_of(fields["number"]))
    else:
        mailbox.clear(fields.get("key") or None)
    return Redirect(visit.url("journal/messages"))


def message(visit: Visit) -> Result:
    """One message: its header, text, HTML without effect, attachments and source."""
    mailbox = visit.site.shared.mailbox
    asked = visit.params["number"]
    if asked == NEWEST:
        newest = next(reversed(list(mailbox)), None)
        if newest is None:
            return Redirect(visit.url("journal/messages"))
        return Redirect(visit.url(f"journal/message/{newest[0]}"))
    number = number_of(asked)
    kept = mailbox.get(number)
    if kept is None:
        raise CodeNotFound(f"journal/message/{asked}", [])
    reading = read_mail(kept.content)
    start, before, after = pieces(len(kept.content), PIECE_OCTETS, number_of(visit.query.get("from", "")))
    return Page(
        "message.html",
        visit.gettext("Message %(number)s") % {"number": number},
        f"journal/message/{number}",
        {
            "number": number,
            "kept": kept,
            "at": timestamp(kept.at),
            "reading": reading,
            "html": sanitise(reading.html) if reading.html else None,
            "most": MAX_SHOWN_RECIPIENTS,
            "start": start,
            "source": kept.content[start : start + PIECE_OCTETS],
            "piece": PIECE_OCTETS,
            "before": before,
            "after": after,
        },
        indexed=False,
        cached=False,
        frames=True,
    )
