"""What all admin handlers share: who may call them, how bodies are read, and the shapes of errors."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from statuary.errors import RuleError, RuleFileError, WrongArgument
from statuary.scenario.patterns import TableError
from statuary.serve.rulebook import Rulebook
from statuary.serve.session import Shared
from statuary.web.guard import Guard, Refusal

__all__ = [
    "MAX_BODY_OCTETS",
    "Admin",
    "Endpoint",
    "Failure",
    "Parameter",
    "error",
    "number",
    "read_body",
    "read_struct",
    "refusal",
]

MAX_BODY_OCTETS = 8 * 1024 * 1024
"""The largest body that the API reads, in octets."""
MAX_SHOWN_CHARACTERS = 60
"""How much of the name of an unknown parameter an error shows, in characters."""
MAX_PARAMETER_DIGITS = 15
"""The longest number in a query, in digits."""

_NUMBER = re.compile(rf"[0-9]{{1,{MAX_PARAMETER_DIGITS}}}")
_REFUSALS = {
    Refusal.TOKEN: (HTTPStatus.UNAUTHORIZED, "send the token of this server as Authorization: Bearer TOKEN"),
    Refusal.HOST: (HTTPStatus.FORBIDDEN, "what is private is open under loopback names only: 127.0.0.1 or localhost"),
    Refusal.ORIGIN: (HTTPStatus.FORBIDDEN, "the request comes from a page of another origin"),
}

T = TypeVar("T")


class Failure(Exception):
    """A request that cannot be done, in the one shape of errors.

    Args:
        status: the status code.
        slug: what happened, for programs.
        message: the same for people.
        detail: what else a program can use.
    """

    def __init__(self, status: HTTPStatus, slug: str, message: str, detail: Mapping[str, object] | None = None) -> None:
        self.status = status
        self.slug = slug
        self.message = message
        self.detail = detail
        super().__init__(message)


def error(status: HTTPStatus, slug: str, message: str, detail: Mapping[str, object] | None = None) -> JSONResponse:
    """An error in the one shape that all have.

    Args:
        status: the status code.
        slug: what happened, for programs.
        message: the same for people.
        detail: what else a program can use.
    """
    body: dict[str, object] = {"error": slug, "message": message}
    if detail is not None:
        body["detail"] = dict(detail)
    response = JSONResponse(body, status_code=status)
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="statuary"'
    return response


def refusal(why: Refusal) -> JSONResponse:
    """The answer to who may not do what was asked for."""
    status, message = _REFUSALS[why]
    return error(status, why.value, message)


@dataclass(slots=True)
class Admin:
    """What the handlers work on.

    Args:
        shared: what the mocks share.
        rulebook: the rules in force.
        guard: who may read and change.
        first_seed: the seed that the server was started with.
        waiting: how many requests wait now.
        stubs: what WireMock's clients have put, as they wrote it, by identity.
        read: the messages that Mailpit's clients have read, by number.
        tags: those that they have tagged, by number.
    """

    shared: Shared
    rulebook: Rulebook
    guard: Guard
    first_seed: int = 0
    waiting: int = 0
    stubs: dict[str, dict[str, Any]] = field(default_factory=dict)
    read: set[int] = field(default_factory=set)
    tags: dict[int, tuple[str, ...]] = field(default_factory=dict)


class Parameter(NamedTuple):
    """A parameter of an address.

    Args:
        name: its name.
        summary: what it means.
        kind: its JSON Schema type.
        place: ``query`` or ``path``.
    """

    name: str
    summary: str
    kind: str = "string"
    place: str = "query"


Handler = Callable[["Admin", Request], Awaitable[Response]]


class Endpoint(NamedTuple):
    """An address of the API, and what its document says.

    Args:
        method: of the request.
        path: with ``{name}`` for what varies.
        handler: what answers.
        summary: what it does, in one sentence.
        answer: the type of its JSON; None where it answers with no JSON.
        body: the type of the JSON that it takes, or several; None for none.
        parameters: of its query.
        write: whether it changes something.
        private: whether the guard is asked.
        media: what it answers with beside JSON.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    answer: Any = None
    body: Any = None
    parameters: tuple[Parameter, ...] = ()
    write: bool = False
    private: bool = True
    media: str = "application/json"


def guarded(endpoint: Endpoint, admin: Admin) -> Callable[[Request], Awaitable[Response]]:
    """A handler behind the guard, whose failures have the one shape.

    Our own addresses refuse parameters that they do not have: a filter with a slip of the pen would fit everything, and
    what it should have kept apart would be forgotten with the rest.
    """
    ours = endpoint.path.startswith("/api/") and not endpoint.path.startswith("/api/v1/")
    known = {parameter.name: None for parameter in endpoint.parameters}

    async def answer(request: Request) -> Response:
        if endpoint.private:
            why = admin.guard.refuse(request, write=endpoint.write)
            if why is not None:
                return refusal(why)
        unknown = next((name for name in request.query_params if name not in known), None) if ours else None
        if unknown is not None:
            expected = f"one of the parameters {', '.join(known)}" if known else "no parameter at this address"
            problem = WrongArgument(unknown[:MAX_SHOWN_CHARACTERS], expected)
            return error(HTTPStatus.BAD_REQUEST, "bad_parameter", str(problem), _parameter_detail(problem))
        try:
            response = await endpoint.handler(admin, request)
        except WrongArgument as problem:
            return error(HTTPStatus.BAD_REQUEST, "bad_parameter", str(problem), _parameter_detail(problem))
        except Failure as failure:
            return error(failure.status, failure.slug, failure.message, failure.detail)
        except RuleError as problem:
            return error(HTTPStatus.BAD_REQUEST, "bad_rule", str(problem), rule_detail(problem))
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer


def _parameter_detail(problem: WrongArgument) -> dict[str, object]:
    return {"parameter": problem.name, "expected": problem.expected}


def rule_detail(problem: RuleError) -> dict[str, object]:
    """Where a rule is wrong, and the mend."""
    if isinstance(problem, RuleFileError):
        return {"line": problem.line, "column": problem.column, "problem": problem.problem, "mend": problem.mend}
    if isinstance(problem, TableError):
        place = ".".join(map(str, problem.path))
        return {"place": place, "position": problem.offset, "problem": problem.problem, "mend": problem.mend}
    return {"problem": str(problem)}


def number(request: Request, parameter: str, default: int, high: int | None = None) -> int:
    """A whole number from the query.

    Raises:
        WrongArgument: it is none, or too high.
    """
    text = request.query_params.get(parameter)
    if text is None:
        return default
    if not _NUMBER.fullmatch(text) or (high is not None and int(text) > high):
        raise WrongArgument(parameter, f"a whole number up to {high}" if high is not None else "a whole number")
    return int(text)


async def read_body(request: Request) -> bytes:
    """The body of a request, up to :data:`MAX_BODY_OCTETS`.

    Raises:
        Failure: it is larger.
    """
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY_OCTETS:
            limit = {"limit": "max_body_octets", "value": MAX_BODY_OCTETS}
            raise Failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "the body is too large", limit)
        pieces.append(piece)
    return b"".join(pieces)


async def read_struct(request: Request, kind: type[T], default: bytes = b"{}") -> T:
    """The JSON of a request as a type.

    Args:
        request: the request.
        kind: the type.
        default: what an empty body stands for.

    Raises:
        Failure: it is no JSON, or not of the type; the message says where.
    """
    content = await read_body(request)
    try:
        return msgspec.json.decode(content or default, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise Failure(HTTPStatus.BAD_REQUEST, "bad_body", str(problem)) from None
    except RecursionError:
        raise Failure(HTTPStatus.BAD_REQUEST, "bad_body", "the JSON nests too deep") from None
