"""Mailpit's API, as far as its clients need it: messages, search, and chaos. Its shapes and its plain-text errors."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from statuary._version import __version__
from statuary.errors import RuleError, WrongArgument
from statuary.serve.journal import timestamp
from statuary.serve.mailbox import Message
from statuary.web.admin.base import Admin, Endpoint, Failure, Handler, number, read_struct
from statuary.web.admin.chaos import put_triggers, read_triggers, triggers_of
from statuary.web.admin.journal import MAX_LIMIT
from statuary.web.admin.mail import Address, Mail, Part, open_mail

__all__ = ["ENDPOINTS", "chaos_defaults"]

DEFAULT_PAGE = 50
"""How many messages a page has where no limit is given."""
MAX_TERMS = 50
"""The most terms of a search."""
MAX_TAGS = 50
"""The most tags of a message."""
MAX_TAG_CHARACTERS = 100
"""The longest tag, in characters."""

_TERM = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_NOT_IN_TAG = re.compile(r"[^A-Za-z0-9\-_.@ ]+")
_ACTIVE = frozenset({"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/xml"})


def _shaped(handler: Handler) -> Handler:
    """Put what goes wrong into Mailpit's shape: a line of text."""

    @wraps(handler)
    async def shaped(admin: Admin, request: Request) -> Response:
        try:
            return await handler(admin, request)
        except (RuleError, WrongArgument) as problem:
            return PlainTextResponse(str(problem), HTTPStatus.BAD_REQUEST)
        except Failure as failure:
            return PlainTextResponse(failure.message, failure.status)

    return shaped


def chaos_defaults(admin: Admin) -> dict[str, int]:
    """The code of each trigger that names none: the catalogue's own."""
    ordinary = admin.shared.catalogue.protocols["smtp"].ordinary
    return {
        "Sender": int(ordinary["chaos_sender"][:3]),
        "Recipient": int(ordinary["chaos_recipient"][:3]),
        "Authentication": int(ordinary["chaos_authentication"][:3]),
    }


def _address(address: Address) -> dict[str, str]:
    return {"Name": address.name, "Address": address.address}


def _addresses(addresses: tuple[Address, ...]) -> list[dict[str, str]]:
    return [_address(address) for address in addresses]


def _attachment(part: Part) -> dict[str, Any]:
    return {
        "PartID": part.place,
        "FileName": part.name,
        "ContentType": part.media,
        "ContentID": part.content_id,
        "Size": len(part.content),
    }


def _common(admin: Admin, place: int, message: Message, mail: Mail) -> dict[str, Any]:
    return {
        "ID": str(place),
        "MessageID": mail.message_id,
        "From": _address(mail.sender),
        "To": _addresses(mail.to),
        "Cc": _addresses(mail.cc),
        "Bcc": _addresses(mail.bcc),
        "ReplyTo": _addresses(mail.reply_to),
        "Subject": mail.subject,
        "Size": len(message.content),
        "Tags": list(admin.tags.get(place, ())),
    }


def _summary(admin: Admin, place: int, message: Message) -> dict[str, Any]:
    mail = open_mail(message)
    return {
        **_common(admin, place, message, mail),
        "Read": place in admin.read,
        "Created": timestamp(message.at),
        "Attachments": len(mail.parts),
        "Snippet": mail.snippet,
    }


def _newest(admin: Admin) -> list[tuple[int, Message]]:
    return list(admin.shared.mailbox)[::-1]


async def _page(admin: Admin, request: Request, found: list[tuple[int, Message]]) -> Response:
    start, limit = number(request, "start", 0), number(request, "limit", DEFAULT_PAGE)
    everything = [place for place, _ in admin.shared.mailbox]
    shown = list(islice(found, start, start + min(limit, MAX_LIMIT)))
    summaries = await asyncio.to_thread(lambda: [_summary(admin, *each) for each in shown])
    return JSONResponse(
        {
            "total": len(everything),
            "unread": sum(place not in admin.read for place in everything),
            "count": len(found),
            "messages_count": len(found),
            "messages_unread": sum(place not in admin.read for place, _ in found),
            "start": start,
            "tags": sorted({tag for place in everything for tag in admin.tags.get(place, ())}),
            "messages": summaries,
        }
    )


async def info(admin: Admin, request: Request) -> Response:
    """The version, and how many messages there are."""
    places = [place for place, _ in admin.shared.mailbox]
    tags: dict[str, int] = {}
    for place in places:
        for tag in admin.tags.get(place, ()):
            tags[tag] = tags.get(tag, 0) + 1
    return JSONResponse(
        {
            "Version": f"statuary {__version__}",
            "LatestVersion": "",
            "Database": "",
            "DatabaseSize": admin.shared.mailbox.octets,
            "Messages": len(places),
            "Unread": sum(place not in admin.read for place in places),
            "Tags": tags,
        }
    )


async def list_messages(admin: Admin, request: Request) -> Response:
    """A page of messages, the newest first."""
    return await _page(admin, request, _newest(admin))


def _chosen(admin: Admin, body: dict[str, Any]) -> list[int]:
    """The messages that a request names; all where it names none."""
    given = body.get("IDs") or []
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise RuleError("IDs is a list of texts")
    kept = {str(place): place for place, _ in admin.shared.mailbox}
    return [kept[each] for each in given if each in kept] if given else list(kept.values())


def _forget(admin: Admin, places: list[int]) -> Response:
    for place in places:
        admin.shared.mailbox.remove(place)
    kept = {place for place, _ in admin.shared.mailbox}
    admin.read &= kept
    admin.tags = {place: tags for place, tags in admin.tags.items() if place in kept}
    return PlainTextResponse("ok")


async def delete_messages(admin: Admin, request: Request) -> Response:
    """Forget the messages named, or all."""
    return _forget(admin, _chosen(admin, await read_struct(request, dict[str, Any])))


async def mark_messages(admin: Admin, request: Request) -> Response:
    """Mark messages as read or unread."""
    body = await read_struct(request, dict[str, Any])
    places = set(_chosen(admin, body))
    if body.get("Read"):
        admin.read |= places
    else:
        admin.read -= places
    return PlainTextResponse("ok")


async def put_tags(admin: Admin, request: Request) -> Response:
    """Give messages tags, and take those that they had."""
    body = await read_struct(request, dict[str, Any])
    given = body.get("Tags") or []
    if not isinstance(given, list) or len(given) > MAX_TAGS or not all(isinstance(tag, str) for tag in given):
        raise RuleError(f"Tags is a list of at most {MAX_TAGS} texts")
    if not body.get("IDs"):
        raise RuleError("IDs names no message")
    tags = tuple(dict.fromkeys(_NOT_IN_TAG.sub(" ", tag).strip()[:MAX_TAG_CHARACTERS] for tag in given))
    for place in _chosen(admin, body):
        admin.tags[place] = tags
    return PlainTextResponse("ok")


def _within(text: str) -> Callable[[tuple[Address, ...]], bool]:
    return lambda addresses: any(text in f"{each.name} {each.address}".lower() for each in addresses)


def _field_test(name: str, text: str) -> Callable[[Admin, int, Message], bool]:
    """What a term of a search asks.

    Raises:
        RuleError: it is a filter that is not known here.
    """
    holds = _within(text)
    tests: dict[str, Callable[[Mail], bool]] = {
        "to": lambda mail: holds(mail.to),
        "from": lambda mail: holds((mail.sender,)),
        "cc": lambda mail: holds(mail.cc),
        "bcc": lambda mail: holds(mail.bcc),
        "reply-to": lambda mail: holds(mail.reply_to),
        "addressed": lambda mail: holds((mail.sender, *mail.to, *mail.cc, *mail.bcc, *mail.reply_to)),
        "subject": lambda mail: text in mail.subject.lower(),
        "message-id": lambda mail: text in mail.message_id.lower(),
    }
    if name == "tag":
        return lambda admin, place, _: any(text == tag.lower() for tag in admin.tags.get(place, ()))
    if name == "is" and text in ("read", "unread", "tagged"):
        wanted = text != "unread"
        if text == "tagged":
            return lambda admin, place, _: bool(admin.tags.get(place))
        return lambda admin, place, _: (place in admin.read) is wanted
    if name == "has" and text.startswith("attachment"):
        return lambda _, __, message: bool(open_mail(message).parts)
    test = tests.get(name)
    if test is None:
        raise RuleError(
            f"the search filter {name}:{text[:40]} is Mailpit's alone: use of {', '.join(tests)}, tag, is, has"
        )
    return lambda _, __, message: test(open_mail(message))


_FILTERS = re.compile(
    r"(?i)(to|from|cc|bcc|reply-to|addressed|subject|message-id|tag|is|has|before|after|larger|smaller):"
)


def _whole_text(text: str) -> Callable[[Admin, int, Message], bool]:
    def found(_: Admin, __: int, message: Message) -> bool:
        mail = open_mail(message)
        fields = " ".join(" ".join(values) for values in mail.headers.values())
        return text in f"{mail.subject} {fields} {mail.text} {mail.html}".lower()

    return found


async def _search(admin: Admin, request: Request) -> list[tuple[int, Message]]:
    query = request.query_params.get("query", "")
    terms = _TERM.findall(query)
    if not terms or len(terms) > MAX_TERMS:
        raise RuleError(f"query: expected 1 to {MAX_TERMS} terms")
    tests: list[tuple[bool, Callable[[Admin, int, Message], bool]]] = []
    for term in terms:
        wanted = not term.lstrip('"').startswith(("-", "!"))
        plain = term.replace('"', "") if wanted else term.replace('"', "")[1:]
        filtered = _FILTERS.match(plain)
        if filtered:
            tests.append((wanted, _field_test(filtered[1].lower(), plain[filtered.end() :].strip().lower())))
        elif plain.strip():
            tests.append((wanted, _whole_text(plain.strip().lower())))
    kept = _newest(admin)

    def found() -> list[tuple[int, Message]]:
        return [each for each in kept if all(test(admin, *each) is wanted for wanted, test in tests)]

    return await asyncio.to_thread(found)  # large messages take a while to be taken apart


async def search(admin: Admin, request: Request) -> Response:
    """A page of the messages that fit a query, the newest first."""
    return await _page(admin, request, await _search(admin, request))


async def delete_search(admin: Admin, request: Request) -> Response:
    """Forget the messages that fit a query."""
    return _forget(admin, [place for place, _ in await _search(admin, request)])


def _message(admin: Admin, request: Request) -> tuple[int, Message]:
    wanted = request.path_params["id"]
    newest = _newest(admin)
    for place, message in newest:
        if wanted in (str(place), "latest"):
            return place, message
    raise Failure(HTTPStatus.NOT_FOUND, "not_found", "message not found")


async def get_message(admin: Admin, request: Request) -> Response:
    """One message; it is read then."""
    place, message = _message(admin, request)
    admin.read.add(place)
    mail = await asyncio.to_thread(open_mail, message)
    return JSONResponse(
        {
            **_common(admin, place, message, mail),
            "ReturnPath": message.sender,
            "Date": timestamp(message.at if mail.date is None else mail.date),
            "Text": mail.text,
            "HTML": mail.html,
            "Attachments": [_attachment(part) for part in mail.parts if not part.inline],
            "Inline": [_attachment(part) for part in mail.parts if part.inline],
            "ListUnsubscribe": {
                "Header": (mail.headers.get("List-Unsubscribe") or [""])[0],
                "HeaderPost": (mail.headers.get("List-Unsubscribe-Post") or [""])[0],
                "Links": re.findall(r"<([^<>]*)>", (mail.headers.get("List-Unsubscribe") or [""])[0][:2000]),
                "Errors": "",
            },
            "Username": "",
        }
    )


async def get_headers(admin: Admin, request: Request) -> Response:
    """The header of a message."""
    return JSONResponse((await asyncio.to_thread(open_mail, _message(admin, request)[1])).headers)


async def get_raw(admin: Admin, request: Request) -> Response:
    """A message as it was received."""
    return PlainTextResponse(_message(admin, request)[1].content)


async def get_part(admin: Admin, request: Request) -> Response:
    """A part of a message; one that a browser would run is given as plain octets."""
    mail = await asyncio.to_thread(open_mail, _message(admin, request)[1])
    for part in mail.parts:
        if part.place == request.path_params["part"]:
            media = "application/octet-stream" if part.media in _ACTIVE else part.media
            return Response(part.content, media_type=media, headers={"Content-Disposition": "attachment"})
    raise Failure(HTTPStatus.NOT_FOUND, "not_found", "part not found")


def _chaos_shape(admin: Admin) -> Response:
    triggers = triggers_of(admin.rulebook, chaos_defaults(admin))
    return JSONResponse(
        {name: {"ErrorCode": code, "Probability": probability} for name, (code, probability) in triggers.items()}
    )


async def get_chaos(admin: Admin, request: Request) -> Response:
    """The triggers of chaos."""
    return _chaos_shape(admin)


async def put_chaos(admin: Admin, request: Request) -> Response:
    """Replace the triggers of chaos; an empty object turns all off."""
    body = await read_struct(request, dict[str, Any])
    put_triggers(admin.rulebook, read_triggers(body, chaos_defaults(admin)))
    return _chaos_shape(admin)


async def probe(admin: Admin, request: Request) -> Response:
    """The server is up."""
    return PlainTextResponse("ok")


def _endpoint(method: str, path: str, handler: Handler, *, write: bool = False, private: bool = True) -> Endpoint:
    summary = (handler.__doc__ or "").strip()
    return Endpoint(method, path, _shaped(handler), summary, write=write, private=private)


ENDPOINTS = (
    _endpoint("GET", "/api/v1/info", info),
    _endpoint("GET", "/api/v1/messages", list_messages),
    _endpoint("DELETE", "/api/v1/messages", delete_messages, write=True),
    _endpoint("PUT", "/api/v1/messages", mark_messages, write=True),
    _endpoint("PUT", "/api/v1/tags", put_tags, write=True),
    _endpoint("GET", "/api/v1/search", search),
    _endpoint("DELETE", "/api/v1/search", delete_search, write=True),
    _endpoint("GET", "/api/v1/message/{id}", get_message),
    _endpoint("GET", "/api/v1/message/{id}/headers", get_headers),
    _endpoint("GET", "/api/v1/message/{id}/raw", get_raw),
    _endpoint("GET", "/api/v1/message/{id}/part/{part}", get_part),
    _endpoint("GET", "/api/v1/chaos", get_chaos),
    _endpoint("PUT", "/api/v1/chaos", put_chaos, write=True),
    _endpoint("GET", "/livez", probe, private=False),
    _endpoint("GET", "/readyz", probe, private=False),
)
"""The addresses."""
