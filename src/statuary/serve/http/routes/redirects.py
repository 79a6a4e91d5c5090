"""Routes that lead elsewhere, and those that say what header fields to send."""

from __future__ import annotations

import re

from statuary.scenario.escapes import escape
from statuary.serve.http.options import BadOption, read_header
from statuary.serve.http.routes.base import (
    ANY_METHOD,
    Asking,
    BadRequest,
    Reply,
    Route,
    flag,
    json_reply,
    plain_reply,
    value_of,
    whole,
)
from statuary.serve.http.routes.echo import grouped

__all__ = ["REDIRECT_ROUTES"]

MAX_REDIRECTS = 1000
"""The longest chain of redirects."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")
_NO_URI = re.compile(r"[^!#-;=?-\[\]_a-z~]|%(?![0-9A-Fa-f]{2})")
"""What a URI does not hold (RFC 3986 §2), but in an escape."""


def _status(asking: Asking) -> int:
    """The status that the query asks for: of the class that redirects, and of those only."""
    text = _parameter(asking, "status_code")
    if not text:
        return asking.status["redirect"]
    if not re.fullmatch("3[0-9][0-9]", text):
        raise BadRequest("status_code", "a status code of class 3xx")
    return int(text)


def _parameter(asking: Asking, name: str) -> str:
    """A parameter, in whatever case its name is written, as httpbin takes it."""
    return value_of(tuple((known.lower(), value) for known, value in asking.query), name)


def _place(text: str) -> str:
    """A place to lead to: what no URI holds, spaces and characters beyond ASCII, is escaped (RFC 3987 §3.1)."""
    if not text or _UNSAFE.search(text):
        raise BadRequest("url", "a URI reference without control characters")
    return escape(text, _NO_URI)


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
    query = f"?status_code={status}" if _parameter(asking, "status_code") else ""
    place = f"/{kind}/{left}{query}" if left else "/get"
    return plain_reply(status, (("Location", (asking.base if absolute else "") + place),))


def redirect_to(asking: Asking) -> Reply:
    """A redirect to what the query names; the status decides whether a client keeps its method (RFC 9110 §15.4)."""
    return plain_reply(_status(asking), (("Location", _place(_parameter(asking, "url"))),))


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
    Route("/redirect/{n}", redirect, ANY_METHOD),
    Route("/relative-redirect/{n}", relative_redirect, ANY_METHOD),
    Route("/absolute-redirect/{n}", absolute_redirect, ANY_METHOD),
    Route("/redirect-to", redirect_to, ANY_METHOD),
    Route("/response-headers", response_headers, ("GET", "POST")),
)
"""Routes that lead elsewhere or set header fields."""
