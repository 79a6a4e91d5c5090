"""What a browser shows and saves of a message: its HTML without effect, and its attachments as plain files."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from statuary.serve.mailbox import Message
from statuary.web.admin.base import Admin, Endpoint, Failure
from statuary.web.mail.reading import attachment, download_name, read_mail
from statuary.web.mail.sanitise import sanitise

__all__ = ["ENDPOINTS"]

MAX_NUMBER_DIGITS = 15
"""The longest number of a message or a part, in digits."""

_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
}
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
_FILE_POLICY = "default-src 'none'; sandbox"


def _number(request: Request, name: str) -> int:
    text = request.path_params[name]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER_DIGITS else 0


def _message(admin: Admin, request: Request) -> tuple[int, Message]:
    number = _number(request, "number")
    message = admin.shared.mailbox.get(number)
    if message is None:
        raise Failure(HTTPStatus.NOT_FOUND, "no_such_message", "no message of this number is kept")
    return number, message


async def get_html(admin: Admin, request: Request) -> Response:
    """The HTML of a message as a page of its own in which nothing runs, loads, sends or leads away."""
    _, message = _message(admin, request)
    clean = await asyncio.to_thread(lambda: sanitise(read_mail(message.content).html))
    if not clean.document:
        raise Failure(HTTPStatus.NOT_FOUND, "too_intricate", "its HTML is too intricate to be shown: read its source")
    return Response(clean.document, media_type="text/html", headers={**_SAFE, "Content-Security-Policy": _PAGE_POLICY})


async def get_part(admin: Admin, request: Request) -> Response:
    """An attachment, always as a file to be saved and never as a page (RFC 6266)."""
    _, message = _message(admin, request)
    place = _number(request, "place")
    found = await asyncio.to_thread(attachment, message.content, place)
    if found is None:
        raise Failure(HTTPStatus.NOT_FOUND, "no_such_part", "the message has no attachment of this number")
    name = download_name(found.name, place)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return Response(
        found.content,
        media_type="application/octet-stream",
        headers={
            **_SAFE,
            "Content-Security-Policy": _FILE_POLICY,
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        },
    )


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/messages/{number}/html",
        get_html,
        "The HTML of a message as a page in which nothing runs, loads, sends or leads away",
        media="text/html",
    ),
    Endpoint(
        "GET",
        "/api/messages/{number}/parts/{place}",
        get_part,
        "An attachment of a message, as a file",
        media="application/octet-stream",
    ),
)
"""The addresses."""
