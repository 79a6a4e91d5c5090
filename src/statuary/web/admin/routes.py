"""The routes of the admin API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from statuary.web.admin import journal, mailpit, reading, rules, wiremock
from statuary.web.admin.base import Admin, Endpoint, guarded
from statuary.web.admin.openapi import document

__all__ = ["ENDPOINTS", "routes_of"]

ENDPOINTS: tuple[Endpoint, ...] = (*rules.ENDPOINTS, *journal.ENDPOINTS, *reading.ENDPOINTS)
"""Every address in our own shapes."""


@cache
def _document() -> dict[str, Any]:
    return document(ENDPOINTS)


async def _openapi(admin: Admin, request: Request) -> Response:
    return JSONResponse(_document())


_OPENAPI = Endpoint("GET", "/openapi.json", _openapi, "The document of the API", private=False)


def routes_of(
    admin: Admin, endpoints: Iterable[Endpoint] = (*ENDPOINTS, _OPENAPI, *wiremock.ENDPOINTS, *mailpit.ENDPOINTS)
) -> list[Route]:
    """The routes of endpoints, one for each path; names may hold any character, slashes too.

    Args:
        admin: what they work on.
        endpoints: the addresses, in the order in which they are tried.
    """
    by_path: dict[str, dict[str, Callable[[Request], Awaitable[Response]]]] = {}
    for endpoint in endpoints:
        by_path.setdefault(endpoint.path, {})[endpoint.method] = guarded(endpoint, admin)
    return [
        Route(path.replace("{name}", "{name:path}"), _by_method(handlers), methods=list(handlers))
        for path, handlers in by_path.items()
    ]


def _by_method(
    handlers: dict[str, Callable[[Request], Awaitable[Response]]],
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await handlers["GET" if request.method == "HEAD" else request.method](request)

    return answer
