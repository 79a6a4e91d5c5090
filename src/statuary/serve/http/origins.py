"""Leave for scripts of other origins, as browsers ask for it: CORS (Fetch §3.3).

A page under test is served from an origin of its own. Without these fields its browser hides every answer from it, and
a 503 looks like a network that failed.
"""

from __future__ import annotations

import re

from statuary.wire.http1 import Request

__all__ = ["is_preflight", "permissions", "preflight_fields"]

Fields = tuple[tuple[str, str], ...]

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
"""The methods that other origins may use; the one that a preflight asks for is added."""
PREFLIGHT_SECONDS = 3600
"""How long a browser may keep the answer to a preflight, in seconds."""

_ALLOW_ORIGIN = "access-control-allow-origin"
_ALWAYS_SEEN = frozenset(
    {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
)
"""The fields that a script may read anyway (Fetch §2.2.2)."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def is_preflight(request: Request) -> bool:
    """Whether a browser asks before it sends what a script of another origin wants to send."""
    return (
        request.method == "OPTIONS"
        and request.header("origin") is not None
        and request.header("access-control-request-method") is not None
    )


def permissions(origin: str, fields: Fields) -> Fields:
    """The fields that let a script of another origin read an answer; none where the answer has its own.

    Args:
        origin: the value of the Origin field; empty for none.
        fields: the fields of the answer, all of which the script may read.
    """
    if any(name.lower() == _ALLOW_ORIGIN for name, _ in fields):
        return ()
    allowed: Fields = (
        ("Access-Control-Allow-Origin", origin or "*"),
        ("Access-Control-Allow-Credentials", "true"),
    )
    if not origin:
        return allowed
    names = dict.fromkeys(name for name, _ in fields if name.lower() not in _ALWAYS_SEEN)
    return (*allowed, ("Access-Control-Expose-Headers", ", ".join((*names, "Date"))))


def preflight_fields(request: Request) -> Fields:
    """What a preflight is told besides: the methods and fields that it asks for may be sent."""
    wanted = request.header("access-control-request-method") or ""
    methods = METHODS if wanted in METHODS or not _TOKEN.fullmatch(wanted) else (*METHODS, wanted)
    fields: Fields = (
        ("Access-Control-Allow-Methods", ", ".join(methods)),
        ("Access-Control-Max-Age", str(PREFLIGHT_SECONDS)),
    )
    named = request.header("access-control-request-headers")
    return (*fields, ("Access-Control-Allow-Headers", named)) if named else fields
