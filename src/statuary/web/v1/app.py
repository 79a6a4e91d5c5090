"""Answers below ``/api/v1``, and gives badges and the card: readable from every origin, each with a strong ETag."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from statuary._version import __version__
from statuary.catalog.lookup import find
from statuary.errors import CodeNotFound, SeveralOwners, StatuaryError, WrongArgument
from statuary.explain.reference import Reference, fault
from statuary.web.run.forms import Places
from statuary.web.v1.badge import draw_badge, draw_missing
from statuary.web.v1.endpoints import ROOT, Endpoint, Parameter, endpoints
from statuary.web.v1.openapi import document
from statuary.web.v1.script import script_endpoint

__all__ = ["MAX_AGE_SECONDS", "MAX_QUERY_FIELDS", "MAX_QUERY_OCTETS", "PublicCatalogue"]

MAX_QUERY_OCTETS = 4096
"""The longest query of an address, in octets."""
MAX_QUERY_FIELDS = 20
"""The most fields of a query."""
MAX_DIGITS = 9
"""The longest number in a query, in digits."""
MAX_AGE_SECONDS = 300
"""How long an answer may be taken from a cache without asking again, in seconds."""
PREFLIGHT_SECONDS = 86_400
"""How long a browser may remember that reading is allowed, in seconds."""

Answer: TypeAlias = Callable[[Request], Response]

_METHODS = "GET, HEAD, OPTIONS"
_OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_CACHED = {"Cache-Control": f"public, max-age={MAX_AGE_SECONDS}", "Access-Control-Expose-Headers": "ETag"}
_CARD = Path(__file__).with_name("statuary-card.js")
_STATUSES = {
    "bad_parameter": HTTPStatus.BAD_REQUEST,
    "bad_script": HTTPStatus.BAD_REQUEST,
    "several_codes": HTTPStatus.MULTIPLE_CHOICES,
}
"""The status of an error; all others say that something is not there."""


class _Door:
    """An address that every origin may read, and nobody change.

    Args:
        answer: gives the answer to a request.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method == "OPTIONS":
            response = Response(status_code=HTTPStatus.NO_CONTENT, headers={"Allow": _METHODS})
            response.headers["Access-Control-Allow-Methods"] = _METHODS
            response.headers["Access-Control-Allow-Headers"] = "If-None-Match"
            response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
        elif request.method not in ("GET", "HEAD"):
            response = _error(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "the catalogue is only read")
            response.headers["Allow"] = _METHODS
        else:
            response = self._answer(request)
        response.headers.update(_OPEN)
        await response(scope, receive, send)


class PublicCatalogue:
    """The catalogue for programs: the first version of its API, with badges and the card.

    Args:
        reference: what answers.
        places: where the mocks listen, for what asks them.
    """

    def __init__(self, reference: Reference, places: Places) -> None:
        self.reference = reference
        self.endpoints = (*endpoints(reference), script_endpoint(places))
        catalogue = reference.catalogue
        version = f"{__version__} {catalogue.fingerprint} {catalogue.content_digest} {' '.join(places)}"
        self._version = hashlib.sha256(version.encode(errors="surrogateescape"))
        self._card = _CARD.read_bytes()

    @cached_property
    def document(self) -> dict[str, Any]:
        """The API's document."""
        return document(self.reference, self.endpoints)

    def routes(self) -> list[Route]:
        """Every address."""
        table = [Route(ROOT + each.path, _Door(self._asker(each))) for each in self.endpoints]
        return [
            *table,
            Route(f"{ROOT}/openapi.json", _Door(self._document)),
            Route("/badge/{protocol}/{value}.svg", _Door(self._badge)),
            Route("/embed/statuary-card.js", _Door(self._embed)),
        ]

    def missing(self) -> Route:
        """What answers reading for the rest of the root; it stands behind the addresses of other tools."""
        return Route(f"{ROOT}/{{path:path}}", _Door(self._missing), methods=["GET"])

    def _asker(self, endpoint: Endpoint) -> Answer:
        def answer(request: Request) -> Response:
            try:
                given = _arguments(endpoint.parameters, request)
                data = endpoint.ask(self.reference, given)
            except StatuaryError as problem:
                shaped = fault(problem)
                if shaped is None:
                    raise
                status = _STATUSES.get(shaped["error"], HTTPStatus.NOT_FOUND)
                return _json(shaped, status, {"Cache-Control": "no-store"})
            tag = self._tag(request)
            return _not_modified(tag) if _holds(request, tag) else _json(data, headers={**_CACHED, "ETag": tag})

        return answer

    def _document(self, request: Request) -> Response:
        tag = self._tag(request)
        return _not_modified(tag) if _holds(request, tag) else _json(self.document, headers={**_CACHED, "ETag": tag})

    def _badge(self, request: Request) -> Response:
        """A badge; a picture too where there is no such code, for what shows pictures shows nothing else."""
        protocol, value = request.path_params["protocol"], request.path_params["value"]
        tag = self._tag(request)
        try:
            code = self.reference.one(protocol, value)
        except (CodeNotFound, SeveralOwners, WrongArgument) as problem:
            status = HTTPStatus.MULTIPLE_CHOICES if isinstance(problem, SeveralOwners) else HTTPStatus.NOT_FOUND
            return _svg(draw_missing(f"{protocol} {value}"), status, {"Cache-Control": "no-store"})
        if _holds(request, tag):
            return _not_modified(tag)
        name = self.reference.catalogue.protocols[protocol].name
        return _svg(draw_badge(name, code), headers={**_CACHED, "ETag": tag})

    def _embed(self, request: Request) -> Response:
        tag = f'"{hashlib.sha256(self._card).hexdigest()[:32]}"'
        if _holds(request, tag):
            return _not_modified(tag)
        return Response(self._card, media_type="text/javascript", headers={**_CACHED, "ETag": tag})

    def _missing(self, request: Request) -> Response:
        """An address that is none."""
        near = find(self.reference.catalogue, request.path_params["path"].removeprefix("codes/"))
        detail = {"suggestions": [f"{ROOT}/codes/{code.id}" for code in near] or [f"{ROOT}/openapi.json"]}
        return _error(HTTPStatus.NOT_FOUND, "not_found", "the API has no such address", detail)

    def _tag(self, request: Request) -> str:
        """The strong validator of an answer (RFC 9110 §8.8.1): what the content is, and what was asked of it."""
        digest = self._version.copy()
        digest.update(f"{request.scope['path']}?".encode(errors="surrogateescape") + request.scope["query_string"])
        return f'"{digest.hexdigest()[:32]}"'


def _arguments(parameters: tuple[Parameter, ...], request: Request) -> dict[str, Any]:
    """The arguments of a request, each checked.

    Raises:
        WrongArgument: one is missing, wrong, unknown or given twice.
    """
    query: bytes = request.scope["query_string"]
    if len(query) > MAX_QUERY_OCTETS:
        raise WrongArgument("query", f"at most {MAX_QUERY_OCTETS} octets")
    try:
        fields = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_FIELDS
        )
    except ValueError:
        raise WrongArgument("query", f"at most {MAX_QUERY_FIELDS} fields in UTF-8, percent-encoded") from None
    known = {each.name: each for each in parameters if each.place == "query"}
    values: dict[str, str] = {each.name: request.path_params[each.name] for each in parameters if each.place == "path"}
    for name, value in fields:
        if name not in known:
            raise WrongArgument(name, f"one of the parameters {', '.join(known)}" if known else "no parameter here")
        if name in values:
            raise WrongArgument(name, "one value; it is given twice")
        values[name] = value
    return {each.name: _checked(each, values) for each in parameters}


def _checked(parameter: Parameter, values: Mapping[str, str]) -> str | int | None:
    name, value = parameter.name, values.get(parameter.name)
    if value is None:
        if parameter.required:
            raise WrongArgument(name, parameter.summary)
        return parameter.default
    if parameter.number:
        if not re.fullmatch(rf"[0-9]{{1,{MAX_DIGITS}}}", value) or not 1 <= int(value) <= parameter.most:
            raise WrongArgument(name, f"a whole number from 1 to {parameter.most}")
        return int(value)
    if parameter.choices and value not in parameter.choices and parameter.place == "query":
        raise WrongArgument(name, f"one of {', '.join(parameter.choices)}")
    if len(value) > parameter.most:
        raise WrongArgument(name, f"at most {parameter.most} characters")
    return value


def _holds(request: Request, tag: str) -> bool:
    """Whether the reader has the answer already (RFC 9110 §13.1.2: a weak comparison)."""
    field = request.headers.get("if-none-match", "")
    return field.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in field.split(","))


def _not_modified(tag: str) -> Response:
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={**_CACHED, "ETag": tag})


def _json(data: object, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    return Response(content, status, headers, "application/json")


def _svg(text: str, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    return Response(text, status, headers, "image/svg+xml")


def _error(status: HTTPStatus, slug: str, message: str, detail: Mapping[str, object] | None = None) -> Response:
    shaped = {"error": slug, "message": message} | ({"detail": detail} if detail else {})
    return _json(shaped, status, {"Cache-Control": "no-store"})
