"""Routes that lead elsewhere, and those that say what header fields to send."""

from __future__ import annotations

import re

from statuary.serve.http.options import BadOption, read_header
from statuary.serve.http.routes.base import Asking, BadRequest, Reply, Route, flag, json_reply, last, plain_reply, whole
from statuary.serve.http.routes.echo import ANY_METHOD, grouped

__all__ = ["REDIRECT_ROUTES"]

MAX_REDIRECTS = 1000
"""The longest chain of redirects."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


def _status(asking: Asking) -> int:
    """The status that the query asks for: of the class that redirects, and of those only."""
    text = last(asking.query, "status_code")
    if not text:
        return asking.status["redirect"]
    if not re.fullmatch("3[0-9][0-9]", text):
        raise BadRequest("status_code", "a status code of class 3xx")
    return int(text)


def _place(text: str) -> str:
    """A place to lead to, in ASCII: other characters are escaped (RFC 3987 §3.1)."""
    if not text or _UNSAFE.search(text):
        raise BadRequest("url", "a URI reference without control characters")
    return "".join(
        character if character.isascii() else "".join(f"%{octet:02X}" for octet in character.encode(errors="replace"))
        for character in text
    )


def redirect(asking: Asking) -> Reply:
    """One of ``n`` redirects; those that follow are relative, or absolute where the query says so."""
    kind = "absolute-redirect" if flag(asking.query, "absolute") else "relative-redirect"
    return _step(asking, kind, absolute=kind.startswith("absolute"))


def relative_redirect(asking: Asking) -> Reply:
    """One of ``n`` redirects without a host."""
    return _step(asking, "relative-redirect", absolute=False)


def absolute_redirect(asking: Asking) -> Reply:
    """One of ``n`` redirects with a host."""
    return _step(asking, "absolute-redirect", absolute=True)


def _step(asking: Asking, kind: str, *, absolute: bool) -> Reply:
    left = whole("n", asking.parts["n"], 1, MAX_REDIRECTS) - 1
    status = _status(asking)
    query = f"?status_code={status}" if last(asking.query, "status_code") else ""
    place = f"/{kind}/{left}{query}" if left else "/get"
    return plain_reply(status, (("Location", (asking.base if absolute else "") + place),))


def redirect_to(asking: Asking) -> Reply:
    """A redirect to what the query names; the status decides whether a client keeps its method (RFC 9110 §15.4)."""
    return plain_reply(_status(asking), (("Location", _place(last(asking.query, "url"))),))


def response_headers(asking: Asking) -> Reply:
    """The header fields that the query names, in the head and in the body."""
    try:
        fields = tuple(read_header(f"{name}:{value}") for name, value in asking.query)
    except BadOption as error:
        raise BadRequest("query", error.expected) from None
    chosen = {name.lower() for name, _ in fields}
    reply = json_reply(asking.status["request"], grouped(asking.query))
    own = tuple(pair for pair in reply.headers if pair[0].lower() not in chosen)
    return reply._replace(headers=(*own, *fields))


REDIRECT_ROUTES = (
    Route("/redirect/{n}", redirect),
    Route("/relative-redirect/{n}", relative_redirect),
    Route("/absolute-redirect/{n}", absolute_redirect),
    Route("/redirect-to", redirect_to, ANY_METHOD),
    Route("/response-headers", response_headers, ("GET", "POST")),
)
"""Routes that lead elsewhere or set header fields."""
