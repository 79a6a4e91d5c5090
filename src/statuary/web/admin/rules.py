"""Rules, counts, states and seed over the admin API."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from statuary.errors import RuleError
from statuary.scenario.counters import Counted
from statuary.scenario.patterns import TableError
from statuary.scenario.rulefile import read_rules, write_rules
from statuary.scenario.rules import MAX_NAME_CHARACTERS, Rule
from statuary.scenario.ruletable import MAX_STATE_CHARACTERS, read_rule, write_rule
from statuary.web.admin import types
from statuary.web.admin.base import (
    Admin,
    Endpoint,
    Failure,
    Parameter,
    number,
    read_body,
    read_struct,
)

__all__ = ["ENDPOINTS"]

MAX_SEED = 2**53 - 1
"""The highest seed; JSON readers keep whole numbers up to it exact."""
MAX_RULE_PAGE = 10_000
"""The most rules, or counts, of one answer."""
TOML = "application/toml"
"""The media type of rule files."""

_KEY = Parameter("key", "only what this isolates: the header Statuary-Key, ?key=, or the tag of an address")


def key_of(request: Request) -> str | None:
    """What isolates the test that asks; None for all tests."""
    return request.query_params.get("key") or None


def shape(admin: Admin, rule: Rule, counted: list[Counted], origin: str) -> dict[str, Any]:
    """A rule in force with its counts."""
    ends = [step.count for step in rule.script.steps]
    length = None if rule.then != "pass" or None in ends else sum(count or 0 for count in ends)
    counts = [
        {
            "values": each.values,
            "key": each.key,
            "asked": each.uses,
            "remaining": None if length is None else max(length - each.uses, 0),
        }
        for each in counted
    ]
    return {
        "rule": write_rule(rule),
        "origin": origin,
        "asked": sum(each.uses for each in counted),
        "counts": counts,
    }


def _shapes(admin: Admin, rules: tuple[Rule, ...], key: str | None) -> list[dict[str, Any]]:
    by_rule: dict[str, list[Counted]] = defaultdict(list)
    for each in admin.shared.counters.counted(key):
        what, _, name = each.subject.partition(" ")
        if what == "rule":
            by_rule[name].append(each)
    from_files = admin.rulebook.file_names
    return [
        shape(admin, rule, by_rule.get(rule.name, []), "file" if rule.name in from_files else "api") for rule in rules
    ]


async def list_rules(admin: Admin, request: Request) -> Response:
    """The rules in force, or as a rule file."""
    rules = admin.rulebook.rules
    wanted = request.query_params.get("format", "")
    if wanted == "toml" or TOML in request.headers.get("accept", ""):
        return Response(write_rules(rules), media_type=TOML)
    after, limit = number(request, "after", 0), number(request, "limit", MAX_RULE_PAGE, MAX_RULE_PAGE)
    return JSONResponse(
        {
            "rules": _shapes(admin, rules[after : after + limit], key_of(request)),
            "total": len(rules),
            "version": admin.shared.rules_version,
            "faults": [str(fault) for fault in admin.rulebook.faults],
        }
    )


async def _given(request: Request) -> list[Rule]:
    """The rules of a request: TOML, one rule, or several."""
    if TOML in request.headers.get("content-type", ""):
        found = read_rules(await read_body(request), "body", None)
        if found.faults:
            raise found.faults[0]
        return list(found.rules)
    body = await read_struct(request, dict[str, Any])
    if "rules" not in body:
        return [_read(body, ())]
    tables = body["rules"]
    if not isinstance(tables, list):
        raise TableError(("rules",), "is no list")
    return [_read(table, ("rules", place)) for place, table in enumerate(tables)]


def _read(table: object, where: tuple[str | int, ...]) -> Rule:
    try:
        return read_rule(table)
    except TableError as problem:
        raise TableError((*where, *problem.path), problem.problem, problem.mend, problem.offset) from None


async def add_rules(admin: Admin, request: Request) -> Response:
    """Add one rule or several."""
    rules = admin.rulebook.add(await _given(request))
    return JSONResponse(_answer(admin, rules), status_code=HTTPStatus.CREATED)


async def replace_rules(admin: Admin, request: Request) -> Response:
    """Let these rules alone answer."""
    return JSONResponse(_answer(admin, admin.rulebook.replace_all(await _given(request))))


def _answer(admin: Admin, rules: tuple[Rule, ...]) -> dict[str, Any]:
    return {
        "rules": _shapes(admin, rules, None),
        "total": len(admin.rulebook.rules),
        "version": admin.shared.rules_version,
        "faults": [str(fault) for fault in admin.rulebook.faults],
    }


async def delete_rules(admin: Admin, request: Request) -> Response:
    """Take all rules out of force; with a key, those that match this key alone."""
    key = key_of(request)
    names = [rule.name for rule in admin.rulebook.rules if key is None or rule.match.get("key") == key]
    return JSONResponse({"cleared": admin.rulebook.remove(names), "total": len(admin.rulebook.rules)})


def _find(admin: Admin, request: Request) -> Rule:
    name = request.path_params["name"]
    rule = next((rule for rule in admin.rulebook.rules if rule.name == name), None)
    if rule is None:
        raise Failure(
            HTTPStatus.NOT_FOUND, "no_such_rule", "no rule in force has this name", {"name": name[:MAX_NAME_CHARACTERS]}
        )
    return rule


async def get_rule(admin: Admin, request: Request) -> Response:
    """One rule."""
    return JSONResponse(_shapes(admin, (_find(admin, request),), key_of(request))[0])


async def put_rule(admin: Admin, request: Request) -> Response:
    """Put a rule in another's place, or add it under this name."""
    name = request.path_params["name"]
    if not name:
        raise RuleError("the address names no rule: put it to /api/rules/NAME")
    rule = _read(await read_struct(request, dict[str, Any]), ())
    rule = rule if rule.name else replace(rule, name=name)
    if rule.name != name:
        raise RuleError(f"the rule is called {rule.name!r}, the address names another")
    put = admin.rulebook.replace_one(name, rule) or admin.rulebook.add([rule])[0]
    return JSONResponse(_shapes(admin, (put,), None)[0])


async def delete_rule(admin: Admin, request: Request) -> Response:
    """Take one rule out of force."""
    rule = _find(admin, request)
    return JSONResponse({"cleared": admin.rulebook.remove([rule.name]), "total": len(admin.rulebook.rules)})


async def list_counters(admin: Admin, request: Request) -> Response:
    """Every count."""
    counted = admin.shared.counters.counted(key_of(request), request.query_params.get("subject") or None)
    limit = number(request, "limit", MAX_RULE_PAGE, MAX_RULE_PAGE)
    forgotten = admin.shared.counters.forgotten
    return JSONResponse(
        {"counts": [each._asdict() for each in counted[:limit]], "total": len(counted), "forgotten": forgotten}
    )


async def reset_counters(admin: Admin, request: Request) -> Response:
    """Forget counts, so that scripts start over."""
    shared, key, subject = admin.shared, key_of(request), request.query_params.get("subject") or None
    before = len(shared.counters)
    if subject is None:
        shared.start_over(key)
    else:
        shared.counters.reset(key, subject)
    cleared = before - len(shared.counters)
    return JSONResponse({"cleared": cleared, "total": len(admin.shared.counters)})


def states_of(admin: Admin) -> list[dict[str, str]]:
    """The scenarios that rules name, and those that were changed."""
    states = admin.shared.states
    found = {(name, key): state for name, key, state in states.items()}
    for rule in admin.rulebook.rules:
        if rule.scenario is not None:
            found.setdefault((rule.scenario.name, ""), states.get(rule.scenario.name))
    return [{"name": name, "state": state, "key": key} for (name, key), state in found.items()]


async def list_states(admin: Admin, request: Request) -> Response:
    """The states of all scenarios."""
    key = key_of(request)
    return JSONResponse({"states": [state for state in states_of(admin) if key in (None, state["key"])]})


async def put_state(admin: Admin, request: Request) -> Response:
    """Put a scenario into a state."""
    given = await read_struct(request, types.State)
    if not 1 <= len(given.state) <= MAX_STATE_CHARACTERS:
        message = f"a state has 1 to {MAX_STATE_CHARACTERS} characters"
        raise Failure(HTTPStatus.BAD_REQUEST, "bad_state", message)
    known = {state["name"] for state in states_of(admin)}
    if given.name not in known:
        raise Failure(HTTPStatus.NOT_FOUND, "no_such_scenario", "no rule names this scenario", {"known": sorted(known)})
    admin.shared.states.set(given.name, given.state, given.key)
    return JSONResponse({"name": given.name, "state": given.state, "key": given.key})


async def reset_states(admin: Admin, request: Request) -> Response:
    """Put all scenarios back to their first state."""
    before = len(admin.shared.states.items())
    admin.shared.states.reset(key_of(request))
    after = len(admin.shared.states.items())
    return JSONResponse({"cleared": before - after, "total": after})


async def get_seed(admin: Admin, request: Request) -> Response:
    """What random choices are drawn from."""
    return JSONResponse({"seed": admin.shared.seed})


async def put_seed(admin: Admin, request: Request) -> Response:
    """Draw from another seed, and start every script over: the same seed replays the same sequence."""
    given = await read_struct(request, types.Seed)
    if not 0 <= given.seed <= MAX_SEED:
        raise Failure(HTTPStatus.BAD_REQUEST, "bad_seed", f"a seed is a whole number from 0 to {MAX_SEED}")
    admin.shared.replace_seed(given.seed)
    admin.shared.start_over()
    return JSONResponse({"seed": given.seed})


async def reset_all(admin: Admin, request: Request) -> Response:
    """Forget counts, states, journal and messages; without a key also the rules that were added, and the seed."""
    key, shared = key_of(request), admin.shared
    shared.start_over(key)
    shared.states.reset(key)
    shared.mailbox.clear(key)
    if key is None:
        shared.journal.clear()
        admin.rulebook.reset()
        shared.replace_seed(admin.first_seed)
    else:
        shared.journal.clear_key(key)
    return JSONResponse({"cleared": len(shared.journal), "total": shared.journal.total})


_PAGE = (Parameter("after", "how many to skip", "integer"), Parameter("limit", "at most so many", "integer"))
_SUBJECT = Parameter("subject", "only the counts of this subject, such as: rule full")

ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/rules",
        list_rules,
        "The rules in force with their counts",
        types.Rules,
        parameters=(*_PAGE, _KEY, Parameter("format", "toml for a rule file")),
    ),
    Endpoint(
        "POST",
        "/api/rules",
        add_rules,
        "Add a rule, a list of rules, or a rule file",
        types.Rules,
        (types.RuleTable, types.RulesBody),
        write=True,
    ),
    Endpoint(
        "PUT",
        "/api/rules",
        replace_rules,
        "Let these rules alone answer, until a rule file changes",
        types.Rules,
        (types.RuleTable, types.RulesBody),
        write=True,
    ),
    Endpoint(
        "DELETE",
        "/api/rules",
        delete_rules,
        "Take all rules out of force; with a key, those that match it alone",
        types.Cleared,
        parameters=(_KEY,),
        write=True,
    ),
    Endpoint("GET", "/api/rules/{name}", get_rule, "One rule with its counts", types.RuleShape, parameters=(_KEY,)),
    Endpoint(
        "PUT", "/api/rules/{name}", put_rule, "Change a rule, or add it", types.RuleShape, types.RuleTable, write=True
    ),
    Endpoint("DELETE", "/api/rules/{name}", delete_rule, "Take a rule out of force", types.Cleared, write=True),
    Endpoint("GET", "/api/counters", list_counters, "Every count", types.Counts, parameters=(_KEY, _SUBJECT, _PAGE[1])),
    Endpoint(
        "DELETE",
        "/api/counters",
        reset_counters,
        "Forget counts, so that scripts start over",
        types.Cleared,
        parameters=(_KEY, _SUBJECT),
        write=True,
    ),
    Endpoint("GET", "/api/states", list_states, "The states of scenarios", types.States, parameters=(_KEY,)),
    Endpoint("PUT", "/api/states", put_state, "Put a scenario into a state", types.State, types.State, write=True),
    Endpoint(
        "DELETE",
        "/api/states",
        reset_states,
        "Put scenarios back to their first state",
        types.Cleared,
        parameters=(_KEY,),
        write=True,
    ),
    Endpoint("GET", "/api/seed", get_seed, "What random choices are drawn from", types.Seed),
    Endpoint(
        "PUT", "/api/seed", put_seed, "Draw from another seed; scripts start over", types.Seed, types.Seed, write=True
    ),
    Endpoint(
        "POST",
        "/api/reset",
        reset_all,
        "Forget counts, states, journal and messages; without a key also added rules",
        types.Cleared,
        parameters=(_KEY,),
        write=True,
    ),
)
"""The addresses."""
