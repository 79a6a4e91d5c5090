"""The API of the catalogue as JSON: codes, search, comparison; and the journal as it happens."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from statuary.catalog.lookup import find, lookup, search, suggest
from statuary.errors import CodeNotFound, SeveralOwners
from statuary.explain.compare import compare
from statuary.web.admin.base import BadParameter, error, number, refusal
from statuary.web.guard import Guard
from statuary.web.live import Streams
from statuary.web.site import Site

__all__ = ["Api", "not_found"]

MAX_SEARCH_RESULTS = 50
"""The most results of a search."""
_NUMBER = re.compile(r"[0-9]{1,15}")

Handler: TypeAlias = Callable[["Api", Request], Response]


def _shaped(handler: Handler) -> Handler:
    """Turn what goes wrong in a handler into the one error shape."""

    @wraps(handler)
    def shaped(api: Api, request: Request) -> Response:
        try:
            return handler(api, request)
        except BadParameter as problem:
            detail: dict[str, object] = {"parameter": problem.parameter, "expected": problem.expected}
            return error(HTTPStatus.BAD_REQUEST, "bad_parameter", str(problem), detail)
        except CodeNotFound as problem:
            detail = {"query": problem.query, "suggestions": problem.suggestions}
            return error(HTTPStatus.NOT_FOUND, "code_not_found", "no such code is known", detail)
        except SeveralOwners as problem:
            detail = {"query": problem.query, "identities": problem.identities}
            return error(HTTPStatus.MULTIPLE_CHOICES, "several_codes", "several codes fit; name one of them", detail)

    return shaped


def _private(*, write: bool = False) -> Callable[[Handler], Handler]:
    """Let only those in who may read, or change, the journal and the mail."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def guarded(api: Api, request: Request) -> Response:
            why = api.guard.refuse(request, write=write)
            if why is not None:
                return refusal(why)
            response = handler(api, request)
            response.headers["Cache-Control"] = "no-store"
            return response

        return guarded

    return decorate


class Api:
    """The handlers of the API.

    Args:
        site: the site.
        guard: who may read what is private.
        streams: the readers that follow the journal.
    """

    def __init__(self, site: Site, guard: Guard, streams: Streams) -> None:
        self.site = site
        self.guard = guard
        self.streams = streams

    def routes(self) -> list[Route]:
        """Every address of the API."""
        table: list[tuple[str, Handler, str]] = [
            ("/api/codes/{protocol}/{value}", Api.code, "GET"),
            ("/api/search", Api.search, "GET"),
            ("/api/compare", Api.compare, "GET"),
            ("/api/journal/stream", Api.stream, "GET"),
        ]
        by_path: dict[str, dict[str, Handler]] = {}
        for path, handler, method in table:
            by_path.setdefault(path, {})[method] = handler
        return [Route(path, self._endpoint(handlers), methods=list(handlers)) for path, handlers in by_path.items()]

    def _endpoint(self, handlers: Mapping[str, Handler]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            return handlers["GET" if request.method == "HEAD" else request.method](self, request)

        return endpoint

    @_shaped
    def code(self, request: Request) -> Response:
        """One code."""
        query = f"{request.path_params['protocol']}/{request.path_params['value']}"
        return JSONResponse(lookup(self.site.catalogue, query, self._language(request)).to_dict())

    @_shaped
    def search(self, request: Request) -> Response:
        """What fits a query."""
        query = request.query_params.get("q", "")
        if not query.strip():
            raise BadParameter("q", "a number, a name or a symptom")
        limit = number(request, "limit", 20, MAX_SEARCH_RESULTS)
        codes = search(self.site.catalogue, query, self._language(request), limit)
        return JSONResponse(
            {
                "query": query,
                "codes": [code.to_dict() for code in codes],
                "suggestions": [] if codes else suggest(self.site.catalogue, query),
            }
        )

    @_shaped
    def compare(self, request: Request) -> Response:
        """Two codes side by side."""
        language = self._language(request)
        sides = []
        for side in ("left", "right"):
            query = request.query_params.get(side, "")
            if not query.strip():
                raise BadParameter(side, "a code, such as smtp/452")
            sides.append(lookup(self.site.catalogue, query, language))
        comparison = compare(self.site.catalogue, sides[0], sides[1])
        return JSONResponse(comparison.to_dict(self.site.translators[language].gettext))

    @_shaped
    @_private()
    def stream(self, request: Request) -> Response:
        """The journal as it happens."""
        text = request.headers.get("last-event-id") or request.query_params.get("after", "")
        if text and not _NUMBER.fullmatch(text):
            raise BadParameter("after", "the number of an exchange")
        if self.streams.full:
            return error(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_streams", "close another stream first")
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        total = self.site.shared.journal.total
        after = int(text) if text else total
        if after > total:  # the number is of an earlier run: its reader has nothing of this one
            after = 0
        return StreamingResponse(self.streams.follow(after), media_type="text/event-stream")

    def _language(self, request: Request) -> str:
        tag = request.query_params.get("lang", self.site.tags[0])
        if tag not in self.site.languages:
            raise BadParameter("lang", f"one of {', '.join(self.site.tags)}")
        return tag


def not_found(site: Site, path: str) -> JSONResponse:
    """The answer to an address that the API does not have."""
    known = find(site.catalogue, path.removeprefix("/api/codes/"))
    return error(
        HTTPStatus.NOT_FOUND,
        "not_found",
        "the API has no such address",
        {"suggestions": [f"/api/codes/{code.id}" for code in known]},
    )
