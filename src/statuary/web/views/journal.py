"""The journal of the mocks: dialogues as they come, one exchange with all its octets, and what clears them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice, takewhile
from typing import NamedTuple
from urllib.parse import urlencode

from statuary.errors import CodeNotFound
from statuary.scenario.rules import STAGES
from statuary.serve.journal import Exchange, MemoryJournal, timestamp
from statuary.serve.seen import Filter, select
from statuary.web.legible import pieces
from statuary.web.site import Page, Redirect, Result, Visit

__all__ = ["Query", "clear", "exchange", "journal", "number_of", "read_query", "take"]

PAGE_EXCHANGES = 30
"""How many exchanges a page shows."""
SHOWN_OCTETS = 1024
"""How much of each direction of an exchange the list shows, in octets; its own page has all."""
PIECE_OCTETS = 16 * 1024
"""How much of each direction the page of an exchange shows at once, in octets."""
MAX_FILTER_CHARACTERS = 200
"""The longest text of a filter, in characters."""
MAX_NUMBER_DIGITS = 15
"""The longest number in an address, in digits."""
BLOCK_EXCHANGES = 500
"""How many exchanges are looked at in one go, from the newest back."""

FIELDS = ("protocol", "stage", "code", "key", "recipient", "path", "text", "rule", "peer", "connection")
"""What exchanges are asked for by, as the query and the API name it."""


class Query(NamedTuple):
    """What exchanges a reader asks for.

    Args:
        given: the filter as it was written, without what is empty.
        wanted: the same as the journal understands it.
        before: only lower numbers; None for all.
        after: only higher numbers, the nearest of them; None for the newest.
    """

    given: Mapping[str, str]
    wanted: Filter
    before: int | None
    after: int | None

    def address(self, *, before: int | None = None, after: int | None = None) -> str:
        """The query of the same filter at another place, with its question mark; empty where it asks for nothing."""
        places = {"before": before, "after": after}
        fields = {**self.given, **{name: place for name, place in places.items() if place is not None}}
        return f"?{urlencode(fields)}" if fields else ""


class Dialogue(NamedTuple):
    """Exchanges of one connection that stand together.

    Args:
        connection: its number.
        first: the first of them.
        exchanges: with their numbers and times, in the order in which they happened.
    """

    connection: int
    first: Exchange
    exchanges: list[tuple[int, Exchange, str]]

    @property
    def identity(self) -> str:
        """What the page calls it by."""
        return f"c{self.connection}-{self.exchanges[0][0]}"


def number_of(text: str) -> int:
    """A number of an address; 0 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER_DIGITS else 0


def _place(query: Mapping[str, str], name: str) -> int | None:
    return number_of(query[name]) if name in query else None


def read_query(query: Mapping[str, str]) -> Query:
    """What a query asks for; what is no number stands for none, and what is too long is cut.

    Args:
        query: its fields.
    """
    given = {name: query.get(name, "").strip()[:MAX_FILTER_CHARACTERS] for name in FIELDS}
    match = {name: given[name] for name in ("recipient", "path") if given[name]}
    wanted = Filter(
        protocol=given["protocol"],
        stage=given["stage"],
        code=given["code"],
        peer=given["peer"],
        rule=given["rule"],
        key=given["key"] or None,
        connection=number_of(given["connection"]),
        text=given["text"],
        match=match,
    )
    return Query(
        {name: text for name, text in given.items() if text},
        wanted,
        _place(query, "before"),
        _place(query, "after"),
    )


def take(kept: MemoryJournal, query: Query, most: int = PAGE_EXCHANGES) -> list[tuple[int, Exchange]]:
    """The exchanges of a page, in their order.

    Args:
        kept: where they are.
        query: which are asked for.
        most: at most so many: those nearest above ``after`` where it is given alone, else the newest.
    """
    before = query.before if query.before is not None else kept.total + 1
    wanted = query.wanted
    if query.after is not None:
        within = takewhile(lambda each: each[0] < before, select(kept, wanted._replace(after=query.after)))
        return list(islice(within, most))
    if wanted.match or wanted.key is not None:  # these are known only from what came before
        return list(deque(takewhile(lambda each: each[0] < before, select(kept, wanted)), maxlen=most))
    newest = (each for each in _backwards(kept, before) if wanted.takes(*each))
    return list(islice(newest, most))[::-1]


def _backwards(kept: MemoryJournal, before: int) -> Iterator[tuple[int, Exchange]]:
    """Exchanges below a number, the newest first."""
    end = before - 1
    while end > kept.dropped:
        start = max(end - BLOCK_EXCHANGES, kept.dropped)
        first, block = kept.since(start, end - start)
        yield from reversed(list(enumerate(block, first)))
        end = start


def _dialogues(found: list[tuple[int, Exchange]]) -> list[Dialogue]:
    """Exchanges by their connections, the connection that began last first."""
    together: dict[tuple[str, int], Dialogue] = {}
    for number, item in found:
        place = together.setdefault((item.protocol, item.connection), Dialogue(item.connection, item, []))
        place.exchanges.append((number, item, timestamp(item.at)))
    return sorted(together.values(), key=lambda each: -each.exchanges[0][0])


def journal(visit: Visit) -> Result:
    """The dialogues of a page, the newest first."""
    if not visit.site.live:
        return Page("journal_written.html", visit.gettext("Journal"), "journal")
    kept, mailbox = visit.site.shared.journal, visit.site.shared.mailbox
    query = read_query(visit.query)
    found = take(kept, query)
    low, high = (found[0][0], found[-1][0]) if found else (0, 0)
    return Page(
        "journal.html",
        visit.gettext("Journal"),
        "journal",
        {
            "query": query,
            "dialogues": _dialogues(found),
            "low": low,
            "high": high,
            "older": bool(low and take(kept, query._replace(before=low, after=None), 1)),
            "newer": bool(high and high < kept.total and take(kept, query._replace(before=None, after=high), 1)),
            "total": kept.total,
            "dropped": kept.dropped,
            "messages_total": mailbox.total,
            "stages": STAGES,
            "exports": urlencode(query.given),
            "most": SHOWN_OCTETS,
            "here": query.address(before=query.before, after=query.after),
        },
        indexed=False,
        cached=False,
    )


def clear(visit: Visit, fields: Mapping[str, str]) -> Result:
    """Forget all exchanges, or for a key's readers those that it isolates."""
    key = fields.get("key", "")
    kept = visit.site.shared.journal
    if key:
        kept.clear_key(key)
    else:
        kept.clear()
    return Redirect(visit.url("journal") + (f"?{urlencode({'key': key})}" if key else ""))


def exchange(visit: Visit) -> Result:
    """One exchange with every octet of both directions, piece by piece."""
    kept = visit.site.shared.journal
    number = number_of(visit.params["number"])
    first, found = kept.since(max(number - 1, 0), 1)
    if not number or not found or first != number:
        raise CodeNotFound(f"journal/exchange/{visit.params['number']}", ["journal"])
    item = found[0]
    size = max(len(item.request), len(item.response))
    start, before, after = pieces(size, PIECE_OCTETS, number_of(visit.query.get("from", "")))
    rules = visit.site.rulebook.rules
    return Page(
        "exchange.html",
        visit.gettext("Exchange %(number)s") % {"number": number},
        f"journal/exchange/{number}",
        {
            "number": number,
            "item": item,
            "at": timestamp(item.at),
            "code": visit.get(f"{item.protocol}/{item.code}") if item.code else None,
            "is_rule": any(rule.name == item.rule for rule in rules),
            "start": start,
            "piece": PIECE_OCTETS,
            "before": before,
            "after": after,
        },
        indexed=False,
        cached=False,
    )
