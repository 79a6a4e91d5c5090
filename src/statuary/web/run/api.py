"""``POST /api/run``: a script performed on the real wire, its events as lines of JSON while it happens."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from statuary.catalog.store import Catalogue
from statuary.errors import CodeNotFound, LimitExceeded, StatuaryError, WrongArgument
from statuary.explain.reference import fault
from statuary.web.admin.base import error, refusal
from statuary.web.guard import Guard
from statuary.web.run.ask import Ask, ask, ask_target
from statuary.web.run.body import RUN_MEDIA, RUN_PATH, RunBody
from statuary.web.run.runner import MAX_RUN_CONNECTIONS, Runner

__all__ = ["MAX_RUN_BODY_OCTETS", "RunApi", "asked"]

MAX_RUN_BODY_OCTETS = 16_384
"""The largest body of a request for a run, in octets."""


def asked(catalogue: Catalogue, body: RunBody, key: str) -> Ask:
    """How a run asks for what it was told.

    Args:
        catalogue: where a code that stands alone is looked up.
        body: what was told.
        key: the run's own.

    Raises:
        ScriptError: the script is wrong.
        CodeNotFound: there is no such code.
        WrongArgument: something else is wrong.
    """
    if not 0 <= body.connections <= MAX_RUN_CONNECTIONS:
        raise WrongArgument("connections", f"a whole number up to {MAX_RUN_CONNECTIONS}; 0 for as many as needed")
    if not body.code:
        return ask(body.protocol, body.script, body.stage, key)
    if body.script or body.protocol != "http":
        raise WrongArgument("code", "a code alone, of an HTTP target, without a script")
    if catalogue.get(body.code) is None:
        raise CodeNotFound(body.code, ())
    return ask_target(f"/{body.code}", key)


class RunApi:
    """Answers who wants a script performed.

    Args:
        catalogue: where codes are looked up.
        guard: who may ask.
        runner: performs; None where no mocks run in this process.
    """

    def __init__(self, catalogue: Catalogue, guard: Guard, runner: Runner | None) -> None:
        self._catalogue = catalogue
        self._guard = guard
        self._runner = runner

    def routes(self) -> list[Route]:
        """Its address."""
        return [Route(RUN_PATH, self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        why = self._guard.refuse(request, write=True)
        if why is not None:
            return refusal(why)
        runner = self._runner
        if runner is None:
            return error(HTTPStatus.NOT_FOUND, "no_mocks", "no mock runs in this process")
        content = await _body(request)
        if content is None:
            limit = {"limit": "max_run_body_octets", "value": MAX_RUN_BODY_OCTETS}
            return error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "the body is too large", limit)
        try:
            body = msgspec.json.decode(content, type=RunBody)
            made = asked(self._catalogue, body, runner.new_key())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
            text = str(problem) if isinstance(problem, msgspec.DecodeError) else "the body is no JSON that can be read"
            return error(HTTPStatus.BAD_REQUEST, "bad_body", text)
        except StatuaryError as problem:
            shaped = fault(problem)
            if shaped is None:
                raise
            return error(HTTPStatus.BAD_REQUEST, shaped["error"], shaped["message"], shaped["detail"])
        events = runner.run(made, body.connections)
        try:
            first = await anext(events)
        except LimitExceeded as problem:
            detail = {"limit": problem.limit, "value": problem.value}
            return error(HTTPStatus.SERVICE_UNAVAILABLE, "too_many_runs", "wait until another run has ended", detail)
        return StreamingResponse(_lines(first, events), media_type=RUN_MEDIA, headers={"Cache-Control": "no-store"})


async def _lines(first: dict[str, Any], events: AsyncGenerator[dict[str, Any], None]) -> AsyncIterator[bytes]:
    async with aclosing(events):  # a reader that leaves ends the run
        yield _line(first)
        async for event in events:
            yield _line(event)


def _line(event: dict[str, Any]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


async def _body(request: Request) -> bytes | None:
    """The body of a request; None where it is too large."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_RUN_BODY_OCTETS:
            return None
        pieces.append(piece)
    return b"".join(pieces)
