"""The journal and the messages over the admin API: filter, wait, verify, near misses, exports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from statuary._version import __version__
from statuary.errors import WrongArgument
from statuary.scenario.patterns import read_match
from statuary.scenario.rules import fits
from statuary.serve.export import har, json_lines, transcript
from statuary.serve.journal import Exchange
from statuary.serve.mailbox import Message
from statuary.serve.seen import Filter, NearMiss, Watch, follow, near_exchanges, near_misses, select
from statuary.serve.sieve import protocol_of
from statuary.web.admin import types
from statuary.web.admin.base import Admin, Endpoint, Failure, Parameter, number, read_struct

__all__ = ["DEFAULT_LIMIT", "ENDPOINTS", "MAX_LIMIT", "exchange_filter", "wait_until"]

MAX_LIMIT = 1000
"""The most exchanges or messages of one answer."""
DEFAULT_LIMIT = 100
"""How many there are where none is asked for."""
MAX_WAIT_SECONDS = 120.0
"""The longest wait, in seconds."""
RECOUNT_SECONDS = 0.02
"""The least time between two counts of one wait, so that a busy journal is not counted for each exchange."""
MAX_WAITING = 64
"""The most requests that wait at once."""
MAX_WAIT_COUNT = 100_000
"""The highest number that is waited for, or verified."""
MAX_TRANSCRIPT_EXCHANGES = 50
"""How many exchanges the transcript of a failed check has."""

_TEXTS = ("protocol", "stage", "code", "peer", "rule", "text")
_FIELDS = ("sender", "recipient", "path")


def _query_filter(admin: Admin, request: Request) -> Filter:
    """What exchanges a query asks for."""
    query = request.query_params
    protocol, stage, code, peer, rule, text = (query.get(name, "") for name in _TEXTS)
    if protocol and protocol not in admin.shared.catalogue.protocols:
        raise WrongArgument("protocol", f"one of {', '.join(admin.shared.catalogue.protocols)}")
    match, _ = read_match({name: query[name] for name in _FIELDS if query.get(name)}, "http")
    return Filter(
        protocol=protocol_of(protocol, match),
        stage=stage,
        code=code,
        peer=peer,
        rule=rule,
        key=query.get("key") or None,
        connection=number(request, "connection", 0),
        after=number(request, "after", 0),
        text=text,
        match=match,
    )


def exchange_filter(given: types.ExchangeFilter) -> Filter:
    """A filter of a request's body.

    Raises:
        RuleError: its patterns are wrong.
    """
    match, count = read_match(given.match, given.protocol or "http")
    if count is not None:
        raise Failure(HTTPStatus.BAD_REQUEST, "bad_filter", "match.count is for rules: ask for a count of exchanges")
    return Filter(
        protocol=protocol_of(given.protocol, match),
        stage=given.stage,
        code=given.code,
        peer=given.peer,
        rule=given.rule,
        key=given.key,
        connection=given.connection,
        after=given.after,
        text=given.text,
        match=match,
    )


def _shapes(found: Iterable[tuple[int, Exchange]]) -> list[dict[str, Any]]:
    return [exchange.to_dict(number) for number, exchange in found]


async def list_exchanges(admin: Admin, request: Request) -> Response:
    """Exchanges, oldest first."""
    journal = admin.shared.journal
    limit = number(request, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    wanted = _query_filter(admin, request)
    exchanges = _shapes(islice(select(journal, wanted), limit))
    return JSONResponse({"total": journal.total, "dropped": journal.dropped, "exchanges": exchanges})


async def get_exchange(admin: Admin, request: Request) -> Response:
    """One exchange."""
    wanted, exchange = _exchange(admin, _path_number(request))
    return JSONResponse(exchange.to_dict(wanted))


def _path_number(request: Request) -> int:
    text = request.path_params["number"]
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Failure(HTTPStatus.NOT_FOUND, "not_found", "an exchange, or a message, is named by its number")
    return int(text)


def _exchange(admin: Admin, wanted: int) -> tuple[int, Exchange]:
    first, found = admin.shared.journal.since(max(wanted - 1, 0), 1)
    if not found or first != wanted:
        raise Failure(HTTPStatus.NOT_FOUND, "no_such_exchange", "no exchange of this number is kept")
    return wanted, found[0]


async def clear(admin: Admin, request: Request) -> Response:
    """Forget all exchanges, or for a key's readers those that it isolates; numbers go on."""
    journal = admin.shared.journal
    key = request.query_params.get("key")
    if key:
        forgotten = sum(1 for _ in select(journal, Filter(key=key)))
        journal.clear_key(key)
    else:
        forgotten = len(journal)
        journal.clear()
    return JSONResponse({"cleared": forgotten, "total": journal.total})


async def wait_until(
    admin: Admin,
    subscribe: Callable[[Callable[[], None]], Callable[[], None]],
    count: Callable[[], int],
    wanted: int,
    timeout: float,
) -> int:
    """Wait until a count is reached.

    Args:
        admin: keeps how many wait.
        subscribe: has a listener called when something came, and gives what ends that.
        count: counts.
        wanted: how many are enough.
        timeout: seconds.

    Returns:
        The count at the end.

    Raises:
        Failure: a number is out of bounds, or too many wait already.
    """
    if not 0 <= wanted <= MAX_WAIT_COUNT:
        raise Failure(HTTPStatus.BAD_REQUEST, "bad_count", f"a count is from 0 to {MAX_WAIT_COUNT}")
    if not 0 <= timeout <= MAX_WAIT_SECONDS:
        raise Failure(HTTPStatus.BAD_REQUEST, "bad_timeout", f"a timeout is from 0 to {MAX_WAIT_SECONDS:.0f} seconds")
    if admin.waiting >= MAX_WAITING:
        raise Failure(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_waiting", "no further request can wait now")
    came = asyncio.Event()
    unsubscribe = subscribe(came.set)
    admin.waiting += 1
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    try:
        while (found := count()) < wanted:
            came.clear()
            left = deadline - loop.time()
            if left <= 0:
                break
            try:
                await asyncio.wait_for(came.wait(), left)
            except TimeoutError:
                found = count()
                break
            await asyncio.sleep(min(left, RECOUNT_SECONDS))
        return found
    finally:
        admin.waiting -= 1
        unsubscribe()


async def wait(admin: Admin, request: Request) -> Response:
    """Wait for exchanges."""
    given = await read_struct(request, types.Wait)
    wanted, journal = exchange_filter(given.filter), admin.shared.journal
    count = await wait_until(admin, journal.subscribe, Watch(journal, wanted).count, given.count, given.timeout)
    exchanges = _shapes(islice(select(journal, wanted), MAX_LIMIT))
    return JSONResponse({"met": count >= given.count, "count": count, "exchanges": exchanges})


def _bounds(given: types.Verify) -> tuple[int, int | None, str]:
    """The least and the highest count, and both in words."""
    for asked in (given.exactly, given.at_least, given.at_most):
        if asked is not None and not 0 <= asked <= MAX_WAIT_COUNT:
            raise Failure(HTTPStatus.BAD_REQUEST, "bad_count", f"a count is from 0 to {MAX_WAIT_COUNT}")
    if given.exactly is not None:
        if given.at_least is not None or given.at_most is not None:
            raise Failure(HTTPStatus.BAD_REQUEST, "bad_count", "exactly stands alone")
        return given.exactly, given.exactly, f"exactly {given.exactly}"
    if given.at_least is None and given.at_most is None:
        return 1, None, "at least 1"
    words = [
        f"{name} {asked}"
        for name, asked in (("at least", given.at_least), ("at most", given.at_most))
        if asked is not None
    ]
    return given.at_least or 0, given.at_most, " and ".join(words)


async def verify(admin: Admin, request: Request) -> Response:
    """Say whether as many exchanges fit as must; where not, what came and what nearly fitted."""
    given = await read_struct(request, types.Verify)
    wanted, journal = exchange_filter(given.filter), admin.shared.journal
    low, high, words = _bounds(given)
    numbers = [number for number, _ in select(journal, wanted)]
    count = len(numbers)
    ok = low <= count and (high is None or count <= high)
    shown, near = "", []
    if not ok:
        around = Filter(key=wanted.key, protocol=wanted.protocol, after=wanted.after)
        last = [exchange for _, exchange in select(journal, around)][-MAX_TRANSCRIPT_EXCHANGES:]
        shown = transcript(last)
        near = near_exchanges(journal, wanted) if count < low else []
    return JSONResponse(
        {
            "ok": ok,
            "count": count,
            "expected": words,
            "seed": admin.shared.seed,
            "numbers": numbers[:MAX_LIMIT],
            "transcript": shown,
            "near_misses": [_near_shape(miss) for miss in near],
        }
    )


def _near_shape(miss: NearMiss) -> dict[str, Any]:
    return {
        "rule": miss.name,
        "exchange": miss.number,
        "differences": [difference._asdict() for difference in miss.differences],
    }


async def near(admin: Admin, request: Request) -> Response:
    """The rules that nearly matched an exchange or a described event, or the exchanges that nearly fit a filter."""
    given = await read_struct(request, types.NearRequest)
    if given.filter is not None:
        found = near_exchanges(admin.shared.journal, exchange_filter(given.filter))
    elif given.exchange:
        wanted, exchange = _exchange(admin, given.exchange)
        fields = next(seen.fields for seen in follow(admin.shared.journal) if seen.number == wanted)
        found = near_misses(admin.rulebook.rules, exchange.protocol, exchange.stage, fields)
    else:
        found = near_misses(admin.rulebook.rules, given.protocol, given.stage, given.fields)
    return JSONResponse({"near_misses": [_near_shape(miss) for miss in found]})


async def export(admin: Admin, request: Request) -> Response:
    """The journal as HAR, as JSON lines or as a transcript; credentials are masked unless asked for."""
    wanted = _query_filter(admin, request)
    mask = request.query_params.get("credentials") != "show"
    form = request.query_params.get("format", "jsonl")
    found: Iterator[tuple[int, Exchange]] = select(admin.shared.journal, wanted)
    if form == "har":
        http = ((place, exchange) for place, exchange in found if exchange.protocol == "http")
        return JSONResponse(har(http, __version__, mask=mask))
    if form == "jsonl":
        return Response("".join(json_lines(found, mask=mask)), media_type="application/jsonl")
    if form == "transcript":
        return Response(transcript((exchange for _, exchange in found), mask=mask), media_type="text/plain")
    raise WrongArgument("format", "har, jsonl or transcript")


def _messages(admin: Admin, key: str | None, sender: str, recipient: str, after: int) -> Iterator[tuple[int, Message]]:
    for place, message in admin.shared.mailbox:
        if (
            place > after
            and key in (None, message.key)
            and (not sender or _is_address(sender, message.sender))
            and (not recipient or any(_is_address(recipient, each) for each in message.recipients))
        ):
            yield place, message


def _is_address(pattern: str, address: str) -> bool:
    """Whether an address is meant: by itself, in any case of letters, or by a pattern such as ``*@shop.test``."""
    return pattern.lower() == address.lower() or fits("recipient", pattern, {"recipient": address})


def _query_messages(admin: Admin, request: Request) -> Iterator[tuple[int, Message]]:
    query = request.query_params
    after = number(request, "after", 0)
    return _messages(admin, query.get("key") or None, query.get("sender", ""), query.get("recipient", ""), after)


async def list_messages(admin: Admin, request: Request) -> Response:
    """The mail that was accepted, oldest first."""
    mailbox = admin.shared.mailbox
    limit = number(request, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    found = [message.to_dict(place) for place, message in islice(_query_messages(admin, request), limit)]
    return JSONResponse({"total": mailbox.total, "dropped": mailbox.dropped, "messages": found})


def _message(admin: Admin, request: Request) -> tuple[int, Message]:
    wanted = _path_number(request)
    message = admin.shared.mailbox.get(wanted)
    if message is None:
        raise Failure(HTTPStatus.NOT_FOUND, "no_such_message", "no message of this number is kept")
    return wanted, message


async def get_message(admin: Admin, request: Request) -> Response:
    """One message."""
    place, message = _message(admin, request)
    return JSONResponse(message.to_dict(place))


async def get_eml(admin: Admin, request: Request) -> Response:
    """One message as it was received (RFC 5322)."""
    place, message = _message(admin, request)
    headers = {
        "Content-Disposition": f'attachment; filename="message-{place}.eml"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(message.content, media_type="message/rfc822", headers=headers)


async def delete_message(admin: Admin, request: Request) -> Response:
    """Forget one message."""
    place, _ = _message(admin, request)
    admin.shared.mailbox.remove(place)
    return JSONResponse({"cleared": 1, "total": admin.shared.mailbox.total})


async def delete_messages(admin: Admin, request: Request) -> Response:
    """Forget messages."""
    mailbox = admin.shared.mailbox
    gone = [place for place, _ in _query_messages(admin, request)]
    for place in gone:
        mailbox.remove(place)
    return JSONResponse({"cleared": len(gone), "total": mailbox.total})


async def wait_messages(admin: Admin, request: Request) -> Response:
    """Wait for messages."""
    given = await read_struct(request, types.WaitMessages)
    mailbox = admin.shared.mailbox

    def found() -> list[tuple[int, Message]]:
        return list(_messages(admin, given.key, given.sender, given.recipient, given.after))

    await wait_until(admin, mailbox.subscribe, lambda: len(found()), given.count, given.timeout)
    messages = [message.to_dict(place) for place, message in found()[:MAX_LIMIT]]
    return JSONResponse({"total": mailbox.total, "dropped": mailbox.dropped, "messages": messages})


async def health(admin: Admin, request: Request) -> Response:
    """The server is up."""
    shared = admin.shared
    return JSONResponse(
        {
            "status": "up",
            "exchanges": shared.journal.total,
            "dropped": shared.journal.dropped,
            "messages": shared.mailbox.total,
            "rules": len(admin.rulebook.rules),
            "faults": len(admin.rulebook.faults),
        }
    )


async def version(admin: Admin, request: Request) -> Response:
    """The version."""
    return JSONResponse({"version": __version__})


_KEY = Parameter("key", "only what this isolates: the header Statuary-Key, ?key=, or the tag of an address")
_FILTER = (
    Parameter("protocol", "http or smtp; where it is left out, the fields that are asked for tell it"),
    Parameter("stage", "the stage, such as rcpt"),
    Parameter("code", "the code, or a pattern such as 4*"),
    Parameter("peer", "the client's address, with or without its port"),
    Parameter("rule", "the name of the rule, or the script, that decided"),
    Parameter("text", "what the octets of either direction hold, as UTF-8"),
    Parameter("sender", "the reverse path, or a pattern such as *@shop.test"),
    Parameter("recipient", "a forward path at hand or of the transaction, or a pattern"),
    Parameter("path", "the path of a request, or a pattern"),
    _KEY,
    Parameter("connection", "the number of the connection", "integer"),
    Parameter("after", "only higher numbers", "integer"),
)
_LIMIT = Parameter("limit", "at most so many", "integer")
_MAIL = (
    _KEY,
    Parameter("sender", "the reverse path, or a pattern"),
    Parameter("recipient", "a forward path, or a pattern"),
    _FILTER[-1],
)

ENDPOINTS = (
    Endpoint(
        "GET", "/api/journal", list_exchanges, "Exchanges, oldest first", types.Exchanges, parameters=(*_FILTER, _LIMIT)
    ),
    Endpoint(
        "DELETE",
        "/api/journal",
        clear,
        "Forget exchanges; numbers go on",
        types.Cleared,
        parameters=(_KEY,),
        write=True,
    ),
    Endpoint(
        "GET",
        "/api/journal/export",
        export,
        "The journal as HAR 1.2 (HTTP), JSON lines or a transcript; credentials masked",
        media="*/*",
        parameters=(
            *_FILTER,
            Parameter("format", "har, jsonl or transcript"),
            Parameter("credentials", "show to leave them as they are"),
        ),
    ),
    Endpoint("POST", "/api/journal/wait", wait, "Wait for exchanges", types.FoundExchanges, types.Wait),
    Endpoint("POST", "/api/journal/verify", verify, "Check how many exchanges fit", types.Verdict, types.Verify),
    Endpoint(
        "POST",
        "/api/journal/near-misses",
        near,
        "The rules that nearly matched, or the exchanges that nearly fit a filter",
        types.NearMisses,
        types.NearRequest,
    ),
    Endpoint("GET", "/api/journal/{number}", get_exchange, "One exchange", types.ExchangeShape),
    Endpoint(
        "GET",
        "/api/messages",
        list_messages,
        "The mail that was accepted, oldest first",
        types.Messages,
        parameters=(*_MAIL, _LIMIT),
    ),
    Endpoint(
        "DELETE", "/api/messages", delete_messages, "Forget messages", types.Cleared, parameters=_MAIL, write=True
    ),
    Endpoint("POST", "/api/messages/wait", wait_messages, "Wait for messages", types.Messages, types.WaitMessages),
    Endpoint("GET", "/api/messages/{number}.eml", get_eml, "One message as it was received", media="message/rfc822"),
    Endpoint("GET", "/api/messages/{number}", get_message, "One message", types.MessageShape),
    Endpoint("DELETE", "/api/messages/{number}", delete_message, "Forget one message", types.Cleared, write=True),
    Endpoint("GET", "/api/health", health, "The server is up", types.Health, private=False),
    Endpoint("GET", "/api/version", version, "The version", types.Version, private=False),
)
"""The addresses."""
