"""The journal as it happens, and what answers below ``/api/`` where nothing is."""

from __future__ import annotations

import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from statuary.catalog.lookup import find
from statuary.errors import WrongArgument
from statuary.web.admin.base import error, refusal
from statuary.web.guard import Guard
from statuary.web.live import Streams
from statuary.web.site import Site

__all__ = ["Api", "not_found"]

_NUMBER = re.compile(r"[0-9]{1,15}")


class Api:
    """Lets readers follow the journal.

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
        """Its address."""

        async def stream(request: Request) -> Response:
            return self._stream(request)

        return [Route("/api/journal/stream", stream, methods=["GET"])]

    def _stream(self, request: Request) -> Response:
        """The journal as it happens, for those who may read it."""
        why = self.guard.refuse(request)
        if why is not None:
            return refusal(why)
        try:
            response = self._follow(request)
        except WrongArgument as problem:
            detail: dict[str, object] = {"parameter": problem.name, "expected": problem.expected}
            return error(HTTPStatus.BAD_REQUEST, "bad_parameter", str(problem), detail)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _follow(self, request: Request) -> Response:
        text = request.headers.get("last-event-id") or request.query_params.get("after", "")
        if text and not _NUMBER.fullmatch(text):
            raise WrongArgument("after", "the number of an exchange")
        if self.streams.full:
            return error(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_streams", "close another stream first")
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        if request.query_params.get("form") == "sums":
            return StreamingResponse(self.streams.sums(self.site.shared), media_type="text/event-stream")
        total = self.site.shared.journal.total
        after = int(text) if text else total
        if after > total:  # the number is of an earlier run: its reader has nothing of this one
            after = 0
        return StreamingResponse(self.streams.follow(after), media_type="text/event-stream")


def not_found(site: Site, path: str) -> JSONResponse:
    """The answer to an address that the API does not have."""
    known = find(site.catalogue, path.removeprefix("/api/"))
    return error(
        HTTPStatus.NOT_FOUND,
        "not_found",
        "the API has no such address",
        {"suggestions": [f"/api/v1/codes/{code.id}" for code in known]},
    )
