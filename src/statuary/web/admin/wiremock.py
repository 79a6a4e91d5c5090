"""WireMock's admin API, as far as it is shared with ours: stubs are rules, its request journal is our journal."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from http import HTTPStatus
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from statuary._version import __version__
from statuary.errors import RuleError
from statuary.scenario.counters import STARTED
from statuary.scenario.rules import Rule
from statuary.scenario.ruletable import MAX_STATE_CHARACTERS
from statuary.scenario.script import Answer
from statuary.serve.fields import read_query
from statuary.serve.journal import Exchange, timestamp
from statuary.serve.seen import (
    Filter,
    NearMiss,
    follow,
    near_exchanges,
    near_misses,
    request_parts,
    request_url,
    select,
)
from statuary.web.admin.base import Admin, Endpoint, Failure, Handler, number, read_struct
from statuary.web.admin.journal import MAX_LIMIT
from statuary.web.admin.rules import states_of
from statuary.web.admin.wiremock_stubs import Stub, json_matcher, read_request_pattern, read_stub, table_of

__all__ = ["ENDPOINTS"]

MAX_IMPORTED = 10_000
"""The most stubs of one import."""

_IDENTITY = re.compile(r"[0-9A-Fa-f-]{1,64}")


def _refused(message: str, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY) -> JSONResponse:
    return JSONResponse({"errors": [{"code": 10, "title": message}]}, status_code=status)


def _shaped(handler: Handler) -> Handler:
    """Put what goes wrong into WireMock's shape."""

    @wraps(handler)
    async def shaped(admin: Admin, request: Request) -> Response:
        try:
            return await handler(admin, request)
        except RuleError as problem:
            return _refused(str(problem))
        except Failure as failure:
            return _refused(failure.message, failure.status)

    return shaped


def _first(admin: Admin) -> Answer:
    """What a stub answers that names no status."""
    return Answer("code", admin.shared.catalogue.protocols["http"].ordinary["request"])


def _stubs(admin: Admin) -> list[tuple[Rule, dict[str, Any]]]:
    """The stubs that are in force, the newest first."""
    return [(rule, admin.stubs[rule.name]) for rule in admin.rulebook.rules if rule.name in admin.stubs]


def _read(admin: Admin, stub: Mapping[str, Any], identity: str = "") -> Stub:
    own = stub.get("id") or stub.get("uuid") or identity or str(uuid.uuid4())
    if not isinstance(own, str) or not _IDENTITY.fullmatch(own):
        raise RuleError("id is a UUID")
    return read_stub(stub, own, _first(admin))


def _keep(admin: Admin, stub: Stub) -> None:
    """Put a stub in force, before those that were put earlier; one of the same identity is replaced."""
    if admin.rulebook.replace_one(stub.rule.name, stub.rule) is None:
        admin.rulebook.add([stub.rule], first=True)
    admin.stubs[stub.rule.name] = stub.written


def _drop(admin: Admin, names: Iterable[str]) -> None:
    gone = [name for name in names if name in admin.stubs]
    admin.rulebook.remove(gone)
    for name in gone:
        del admin.stubs[name]


async def list_stubs(admin: Admin, request: Request) -> Response:
    """Every stub."""
    stubs = [written for _, written in _stubs(admin)]
    start, limit = number(request, "offset", 0), number(request, "limit", len(stubs))
    return JSONResponse({"mappings": stubs[start : start + limit], "meta": {"total": len(stubs)}})


async def add_stub(admin: Admin, request: Request) -> Response:
    """Add a stub."""
    stub = _read(admin, await read_struct(request, dict[str, Any]))
    _keep(admin, stub)
    return JSONResponse(stub.written, status_code=HTTPStatus.CREATED)


async def import_stubs(admin: Admin, request: Request) -> Response:
    """Add several stubs; all or none."""
    body = await read_struct(request, dict[str, Any])
    given, options = body.get("mappings"), table_of(body, "importOptions")
    if not isinstance(given, list) or len(given) > MAX_IMPORTED or not all(isinstance(stub, dict) for stub in given):
        raise RuleError(f"mappings is a list of at most {MAX_IMPORTED} stubs")
    stubs = [_read(admin, stub) for stub in given]
    if options.get("deleteAllNotInImport"):
        kept = {stub.rule.name for stub in stubs}
        _drop(admin, [name for name in admin.stubs if name not in kept])
    ignored = options.get("duplicatePolicy") == "IGNORE"
    for stub in reversed(stubs):  # the first of the list goes first
        if not (ignored and stub.rule.name in admin.stubs):
            _keep(admin, stub)
    return JSONResponse({})


def _wanted(admin: Admin, request: Request) -> str:
    identity: str = request.path_params["id"]
    if identity not in {rule.name for rule, _ in _stubs(admin)}:
        raise Failure(HTTPStatus.NOT_FOUND, "not_found", "no stub in force has this identity")
    return identity


async def get_stub(admin: Admin, request: Request) -> Response:
    """One stub."""
    return JSONResponse(admin.stubs[_wanted(admin, request)])


async def put_stub(admin: Admin, request: Request) -> Response:
    """Change a stub."""
    identity = _wanted(admin, request)
    body = await read_struct(request, dict[str, Any])
    stub = _read(admin, {**body, "id": identity, "uuid": identity})
    _keep(admin, stub)
    return JSONResponse(stub.written)


async def delete_stub(admin: Admin, request: Request) -> Response:
    """Take a stub out of force."""
    _drop(admin, [_wanted(admin, request)])
    return JSONResponse({})


async def delete_stubs(admin: Admin, request: Request) -> Response:
    """Take all stubs out of force."""
    _drop(admin, list(admin.stubs))
    return JSONResponse({})


def _by_metadata(admin: Admin, pattern: Mapping[str, Any]) -> list[tuple[Rule, dict[str, Any]]]:
    matcher = json_matcher(pattern)
    return [(rule, stub) for rule, stub in _stubs(admin) if matcher(stub.get("metadata"))]


async def find_by_metadata(admin: Admin, request: Request) -> Response:
    """The stubs whose metadata fits."""
    found = _by_metadata(admin, await read_struct(request, dict[str, Any]))
    return JSONResponse({"mappings": [stub for _, stub in found], "meta": {"total": len(found)}})


async def remove_by_metadata(admin: Admin, request: Request) -> Response:
    """Take the stubs out of force whose metadata fits."""
    _drop(admin, [rule.name for rule, _ in _by_metadata(admin, await read_struct(request, dict[str, Any]))])
    return JSONResponse({})


async def save_stubs(admin: Admin, request: Request) -> Response:
    """Stubs are not written to files here."""
    raise RuleError("stubs are not kept in files here: GET /api/rules?format=toml gives a rule file")


def _request_shape(exchange: Exchange) -> dict[str, Any]:
    method, target, headers, body = request_parts(exchange.request)
    named: dict[str, str] = {}
    for name, value in headers:
        pretty = "-".join(part.capitalize() for part in name.split("-"))
        named[pretty] = f"{named[pretty]}, {value}" if pretty in named else value
    return {
        "url": target,
        "absoluteUrl": request_url(exchange, named.get("Host", ""), target),
        "method": method,
        "clientIp": exchange.peer.rpartition(":")[0],
        "headers": named,
        "cookies": {},
        "queryParams": {key: {"key": key, "values": [value]} for key, value in read_query(target).items()},
        "browserProxyRequest": False,
        "body": body.decode("utf-8", "replace"),
        "bodyAsBase64": base64.b64encode(body).decode("ascii"),
        "loggedDate": int(exchange.at * 1000),
        "loggedDateString": timestamp(exchange.at),
    }


def _event(place: int, exchange: Exchange, admin: Admin) -> dict[str, Any]:
    status = exchange.code if exchange.code.isdigit() else "0"
    event: dict[str, Any] = {
        "id": str(uuid.UUID(int=place)),
        "request": _request_shape(exchange),
        "responseDefinition": {"status": int(status), "fromConfiguredStub": bool(exchange.rule)},
        "response": {"status": int(status)},
        "wasMatched": bool(exchange.rule),
    }
    if exchange.rule in admin.stubs:
        event["stubMapping"] = admin.stubs[exchange.rule]
    return event


def _requests(admin: Admin, keep: Callable[[Exchange], bool] = bool) -> list[tuple[int, Exchange]]:
    """The exchanges of HTTP, the newest first."""
    found = [(place, each) for place, each in select(admin.shared.journal, Filter(protocol="http")) if keep(each)]
    return found[::-1]


async def list_requests(admin: Admin, request: Request) -> Response:
    """The requests that came, the newest first."""
    since = request.query_params.get("since") or ""
    found = [(place, each) for place, each in _requests(admin) if timestamp(each.at) >= since]
    limit = number(request, "limit", MAX_LIMIT)
    return JSONResponse(
        {
            "requests": [_event(place, each, admin) for place, each in islice(found, min(limit, MAX_LIMIT))],
            "meta": {"total": len(found)},
            "requestJournalDisabled": not admin.shared.journal.max_exchanges,
        }
    )


async def get_request(admin: Admin, request: Request) -> Response:
    """One request."""
    try:
        wanted = uuid.UUID(request.path_params["id"]).int
    except ValueError:
        wanted = 0
    for place, each in _requests(admin):
        if place == wanted:
            return JSONResponse(_event(place, each, admin))
    raise Failure(HTTPStatus.NOT_FOUND, "not_found", "no request of this identity is kept")


async def clear_requests(admin: Admin, request: Request) -> Response:
    """Forget the journal."""
    admin.shared.journal.clear()
    return JSONResponse({})


async def _matching(admin: Admin, request: Request) -> list[tuple[int, Exchange]]:
    match = read_request_pattern(await read_struct(request, dict[str, Any]))
    return list(select(admin.shared.journal, Filter(protocol="http", match=match)))


async def count_requests(admin: Admin, request: Request) -> Response:
    """How many requests fit a pattern."""
    found = await _matching(admin, request)
    return JSONResponse({"count": len(found), "requestJournalDisabled": not admin.shared.journal.max_exchanges})


async def find_requests(admin: Admin, request: Request) -> Response:
    """The requests that fit a pattern."""
    found = await _matching(admin, request)
    return JSONResponse(
        {
            "requests": [_request_shape(each) for _, each in found[:MAX_LIMIT]],
            "requestJournalDisabled": not admin.shared.journal.max_exchanges,
        }
    )


async def unmatched(admin: Admin, request: Request) -> Response:
    """The requests that nothing answered."""
    found = _requests(admin, lambda each: not each.rule)
    return JSONResponse(
        {
            "requests": [_request_shape(each) for _, each in found[:MAX_LIMIT]],
            "requestJournalDisabled": not admin.shared.journal.max_exchanges,
        }
    )


def _distance(rule: Rule, miss: NearMiss) -> float:
    return round(len(miss.differences) / max(len(rule.match), 1), 4)


def _near_stubs(admin: Admin, shown: Mapping[str, Any], fields: Mapping[str, str]) -> list[dict[str, Any]]:
    rules = {rule.name: rule for rule, _ in _stubs(admin)}
    return [
        {
            "request": shown,
            "stubMapping": admin.stubs[miss.name],
            "matchResult": {"distance": _distance(rules[miss.name], miss)},
        }
        for miss in near_misses(rules.values(), "http", "request", fields)
    ]


async def unmatched_near(admin: Admin, request: Request) -> Response:
    """For each request that nothing answered, the stubs that came nearest."""
    found: list[dict[str, Any]] = []
    for seen in follow(admin.shared.journal):
        if seen.exchange.protocol == "http" and not seen.exchange.rule:
            found += _near_stubs(admin, _request_shape(seen.exchange), seen.fields)
            if len(found) >= MAX_LIMIT:
                break
    return JSONResponse({"nearMisses": found})


async def near_request(admin: Admin, request: Request) -> Response:
    """The stubs that came nearest to a request that is described."""
    given = await read_struct(request, dict[str, Any])
    target = str(given.get("url") or "")
    fields = {"target": target, "path": target.partition("?")[0], "method": str(given.get("method") or "")}
    fields |= {f"header.{name.lower()}": str(value) for name, value in table_of(given, "headers").items()}
    fields |= {f"cookie.{name}": str(value) for name, value in table_of(given, "cookies").items()}
    fields |= {f"query.{name}": value for name, value in read_query(target).items()}
    if given.get("body") is not None:
        fields["body"] = str(given["body"])
    return JSONResponse({"nearMisses": _near_stubs(admin, given, fields)})


async def near_pattern(admin: Admin, request: Request) -> Response:
    """The requests that came nearest to a pattern."""
    given = await read_struct(request, dict[str, Any])
    wanted = Filter(protocol="http", match=read_request_pattern(given))
    numbers = {miss.number: miss for miss in near_exchanges(admin.shared.journal, wanted)}
    found = [
        {
            "request": _request_shape(each),
            "requestPattern": given,
            "matchResult": {"distance": round(len(numbers[place].differences) / max(len(wanted.match), 1), 4)},
        }
        for place, each in select(admin.shared.journal, Filter(protocol="http"))
        if place in numbers
    ]
    return JSONResponse({"nearMisses": found})


async def list_scenarios(admin: Admin, request: Request) -> Response:
    """The scenarios, their states and stubs."""
    found = []
    for state in states_of(admin):
        if state["key"]:
            continue
        scenarios = [(rule.scenario, rule.name) for rule in admin.rulebook.rules if rule.scenario is not None]
        its = [(scenario, name) for scenario, name in scenarios if scenario.name == state["name"]]
        possible = {STARTED, *(text for scenario, _ in its for text in (scenario.required, scenario.sets) if text)}
        found.append(
            {
                "id": state["name"],
                "name": state["name"],
                "state": state["state"],
                "possibleStates": sorted(possible),
                "mappings": [admin.stubs[name] for _, name in its if name in admin.stubs],
            }
        )
    return JSONResponse({"scenarios": found})


async def reset_scenarios(admin: Admin, request: Request) -> Response:
    """Put all scenarios back to their first state."""
    admin.shared.states.reset()
    return JSONResponse({})


async def put_scenario(admin: Admin, request: Request) -> Response:
    """Put a scenario into a state; into the first where none is named."""
    name = request.path_params["name"]
    if name not in {state["name"] for state in states_of(admin)}:
        raise Failure(HTTPStatus.NOT_FOUND, "not_found", "no stub names this scenario")
    state = (await read_struct(request, dict[str, Any])).get("state", STARTED)
    if not isinstance(state, str) or not 1 <= len(state) <= MAX_STATE_CHARACTERS:
        raise RuleError(f"a state is a text of 1 to {MAX_STATE_CHARACTERS} characters")
    admin.shared.states.set(name, state)
    return JSONResponse({})


async def reset(admin: Admin, request: Request) -> Response:
    """Forget stubs, requests and states."""
    _drop(admin, list(admin.stubs))
    admin.shared.states.reset()
    admin.shared.start_over()
    admin.shared.journal.clear()
    return JSONResponse({})


async def get_settings(admin: Admin, request: Request) -> Response:
    """The settings; there are none to change."""
    return JSONResponse({"settings": {"fixedDelay": None, "delayDistribution": None}})


async def put_settings(admin: Admin, request: Request) -> Response:
    """Settings that change nothing are taken; all others are refused by name."""
    given = await read_struct(request, dict[str, Any])
    for name, value in given.items():
        if value not in (None, 0, False, {}):
            raise RuleError(f"{name} for all stubs is WireMock's alone: give each stub its own")
    return JSONResponse({})


async def health(admin: Admin, request: Request) -> Response:
    """The server is up."""
    return JSONResponse({"status": "healthy", "message": "Statuary is up", "version": __version__})


async def version(admin: Admin, request: Request) -> Response:
    """The version."""
    return JSONResponse({"version": __version__})


def _endpoint(method: str, path: str, handler: Handler, *, write: bool = False) -> Endpoint:
    summary = (handler.__doc__ or "").strip()
    return Endpoint(method, f"/__admin{path}", _shaped(handler), summary, write=write)


ENDPOINTS = (
    _endpoint("GET", "/mappings", list_stubs),
    _endpoint("POST", "/mappings", add_stub, write=True),
    _endpoint("DELETE", "/mappings", delete_stubs, write=True),
    _endpoint("POST", "/mappings/import", import_stubs, write=True),
    _endpoint("POST", "/mappings/reset", delete_stubs, write=True),
    _endpoint("POST", "/mappings/save", save_stubs, write=True),
    _endpoint("POST", "/mappings/find-by-metadata", find_by_metadata),
    _endpoint("POST", "/mappings/remove-by-metadata", remove_by_metadata, write=True),
    _endpoint("GET", "/mappings/{id}", get_stub),
    _endpoint("PUT", "/mappings/{id}", put_stub, write=True),
    _endpoint("DELETE", "/mappings/{id}", delete_stub, write=True),
    _endpoint("GET", "/requests", list_requests),
    _endpoint("DELETE", "/requests", clear_requests, write=True),
    _endpoint("POST", "/requests/reset", clear_requests, write=True),
    _endpoint("POST", "/requests/count", count_requests),
    _endpoint("POST", "/requests/find", find_requests),
    _endpoint("GET", "/requests/unmatched", unmatched),
    _endpoint("GET", "/requests/unmatched/near-misses", unmatched_near),
    _endpoint("GET", "/requests/{id}", get_request),
    _endpoint("POST", "/near-misses/request", near_request),
    _endpoint("POST", "/near-misses/request-pattern", near_pattern),
    _endpoint("GET", "/scenarios", list_scenarios),
    _endpoint("POST", "/scenarios/reset", reset_scenarios, write=True),
    _endpoint("PUT", "/scenarios/{name}/state", put_scenario, write=True),
    _endpoint("POST", "/reset", reset, write=True),
    _endpoint("GET", "/settings", get_settings),
    _endpoint("POST", "/settings", put_settings, write=True),
    _endpoint("PUT", "/settings", put_settings, write=True),
    _endpoint("GET", "/health", health),
    _endpoint("GET", "/version", version),
)
"""The addresses."""
