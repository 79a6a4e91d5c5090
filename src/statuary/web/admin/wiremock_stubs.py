"""WireMock's stub JSON in terms of our rules. What they do not share is refused by name, never left out in silence."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from statuary.errors import RuleError
from statuary.scenario.aliases import FAULTS
from statuary.scenario.matchers import (
    Absent,
    AllOf,
    AnyOf,
    Contains,
    Exact,
    JsonEquals,
    JsonPath,
    Matcher,
    Not,
    Regex,
)
from statuary.scenario.rules import Pattern, Reply, Rule, Scenario
from statuary.scenario.ruletable import MAX_STATE_CHARACTERS
from statuary.scenario.script import Answer, Choice, Effect, Script, Step

__all__ = ["DEFAULT_PRIORITY", "Stub", "json_matcher", "read_request_pattern", "read_stub", "table_of"]

DEFAULT_PRIORITY = 5
"""The priority of a stub that names none; the lower goes first."""
MAX_PATTERNS = 100
"""The most patterns of one kind in a stub."""
MAX_DELAY_MILLISECONDS = 3_600_000
"""The longest delay, in milliseconds."""

_URLS = ("url", "urlPattern", "urlPath", "urlPathPattern")
_REQUEST = (*_URLS, "method", "headers", "queryParameters", "cookies", "bodyPatterns", "basicAuthCredentials")
_RESPONSE = (
    *("status", "statusMessage", "headers", "body", "jsonBody", "base64Body", "fault"),
    *("fixedDelayMilliseconds", "delayDistribution", "chunkedDribbleDelay", "fromConfiguredStub"),
)
_STUB = (
    *("id", "uuid", "name", "priority", "request", "response", "persistent", "metadata"),
    *("scenarioName", "requiredScenarioState", "newScenarioState", "insertionIndex"),
)
_EMPTY: tuple[object, ...] = (None, {}, [], "", False)


class Stub(NamedTuple):
    """A stub and the rule that it is.

    Args:
        rule: the rule; its name is the stub's identity.
        written: the stub as it was given, with its identity.
    """

    rule: Rule
    written: dict[str, Any]


def read_stub(stub: Mapping[str, Any], identity: str, first: Answer) -> Stub:
    """Read a stub.

    Args:
        stub: its JSON.
        identity: its identity, where it has none of its own.
        first: what is answered where it names no status.

    Raises:
        RuleError: it asks for something that we do not share with WireMock, or is wrong.
    """
    _only(stub, _STUB, "a stub")
    request, response = table_of(stub, "request"), table_of(stub, "response")
    priority = stub.get("priority") or DEFAULT_PRIORITY
    if not isinstance(priority, int) or not -1_000_000 <= priority <= 1_000_000:
        raise RuleError("priority is a whole number")
    name = stub.get("scenarioName")
    scenario = None
    if name:
        required, sets = stub.get("requiredScenarioState") or "", stub.get("newScenarioState") or ""
        scenario = Scenario(_state(name), _state(required), _state(sets))
    elif stub.get("requiredScenarioState") or stub.get("newScenarioState"):
        raise RuleError("a scenario state needs a scenarioName")
    rule = Rule(
        "http",
        "request",
        _script(response, first),
        read_request_pattern(request),
        priority=-priority,
        name=identity,
        scenario=scenario,
        reply=_reply(response),
    )
    written = {key: value for key, value in stub.items() if key != "uuid"}
    return Stub(rule, {**written, "id": identity, "uuid": identity})


def table_of(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within another; an empty one where there is none.

    Raises:
        RuleError: it is no object, or holds more than :data:`MAX_PATTERNS`.
    """
    found = holder.get(name)
    if found is None:
        return {}
    if not isinstance(found, Mapping) or len(found) > MAX_PATTERNS:
        raise RuleError(f"{name} is an object of at most {MAX_PATTERNS} members")
    return found


def _state(text: object) -> str:
    if not isinstance(text, str) or len(text) > MAX_STATE_CHARACTERS:
        raise RuleError(f"scenario names and states are texts of at most {MAX_STATE_CHARACTERS} characters")
    return text


def _only(table: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    for key, value in table.items():
        if key not in known and value not in _EMPTY:
            raise RuleError(f"{key} of {what} is WireMock's alone: it is not known here; use of {', '.join(known)}")


def read_request_pattern(request: Mapping[str, Any]) -> dict[str, Pattern]:
    """A request pattern as field and matcher.

    Raises:
        RuleError: it asks for something that we do not have, or is wrong.
    """
    _only(request, (*_REQUEST, "clientIp", "loggedDate", "loggedDateString", "absoluteUrl"), "a request pattern")
    match: dict[str, Pattern] = {}
    urls = [name for name in _URLS if request.get(name)]
    if len(urls) > 1:
        raise RuleError(f"{urls[0]} and {urls[1]} exclude each other")
    for name in urls:
        text = _text(name, request[name])
        field = "path" if "Path" in name else "target"
        match[field] = Regex(text, whole=True) if name.endswith("Pattern") else Exact(text)
    method = str(request.get("method") or "ANY")
    if method != "ANY":
        match["method"] = Exact(method)
    if request.get("clientIp"):
        match["ip"] = Exact(_text("clientIp", request["clientIp"]))
    for group, kind in (("header", "headers"), ("query", "queryParameters"), ("cookie", "cookies")):
        for name, pattern in table_of(request, kind).items():
            known = name.lower() if group == "header" else name
            match[f"{group}.{known}"] = _matcher(pattern, f"{kind}.{name}")
    credentials = table_of(request, "basicAuthCredentials")
    if credentials:
        pair = f"{credentials.get('username', '')}:{credentials.get('password', '')}"
        match["header.authorization"] = Exact("Basic " + base64.b64encode(pair.encode()).decode())
    bodies = request.get("bodyPatterns") or []
    bodies = [bodies] if isinstance(bodies, Mapping) else bodies
    if not isinstance(bodies, list) or len(bodies) > MAX_PATTERNS:
        raise RuleError(f"bodyPatterns is a list of at most {MAX_PATTERNS} patterns")
    found = tuple(_matcher(pattern, "bodyPatterns") for pattern in bodies)
    if found:
        match["body"] = found[0] if len(found) == 1 else AllOf(found)
    return match


_VALUES = (
    "equalTo",
    "contains",
    "doesNotContain",
    "matches",
    "doesNotMatch",
    "absent",
    "equalToJson",
    "matchesJsonPath",
)
_COMBINED = ("and", "or", "not")
_SWITCHES = ("caseInsensitive", "ignoreArrayOrder", "ignoreExtraElements")


def _matcher(pattern: object, where: str, depth: int = 0) -> Matcher:
    if isinstance(pattern, str):
        return Exact(pattern)
    if not isinstance(pattern, Mapping) or depth > 10:
        raise RuleError(f"{where}: a pattern is an object such as {{ equalTo: ... }}")
    found: list[Matcher] = []
    for form, value in pattern.items():
        if form in _SWITCHES:
            continue
        if form in _COMBINED:
            found.append(_combined(form, value, where, depth))
        elif form in _VALUES:
            found.append(_value(form, value, pattern, where, depth))
        else:
            known = ", ".join((*_VALUES, *_COMBINED))
            raise RuleError(f"{where}: the pattern {form} is WireMock's alone: it is not known here; use of {known}")
    if not found:
        raise RuleError(f"{where}: there is no pattern")
    return found[0] if len(found) == 1 else AllOf(tuple(found))


def json_matcher(pattern: Mapping[str, Any]) -> Callable[[object], bool]:
    """A pattern for JSON at hand, such as the metadata of a stub.

    Raises:
        RuleError: it is none.
    """
    matcher = _matcher(pattern, "the pattern")
    return lambda value: matcher.matches(None if value is None else json.dumps(value, ensure_ascii=False))


def _combined(form: str, value: object, where: str, depth: int) -> Matcher:
    if form == "not":
        return Not(_matcher(value, where, depth + 1))
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_PATTERNS:
        raise RuleError(f"{where}.{form} is a list of 1 to {MAX_PATTERNS} patterns")
    several = tuple(_matcher(each, where, depth + 1) for each in value)
    return AllOf(several) if form == "and" else AnyOf(several)


def _value(form: str, value: object, pattern: Mapping[str, Any], where: str, depth: int) -> Matcher:
    ignore_case = pattern.get("caseInsensitive") is True
    match form:
        case "equalTo":
            return Exact(_text(where, value), ignore_case)
        case "contains":
            return Contains(_text(where, value), ignore_case)
        case "doesNotContain":
            return Not(Contains(_text(where, value), ignore_case))
        case "matches":
            return Regex(_text(where, value), whole=True)
        case "doesNotMatch":
            return Not(Regex(_text(where, value), whole=True))
        case "absent":
            return Absent() if value else Not(Absent())
        case "equalToJson":
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            order, more = pattern.get("ignoreArrayOrder") is True, pattern.get("ignoreExtraElements") is True
            return JsonEquals(text, order, more)
    if isinstance(value, Mapping):
        rest = {name: each for name, each in value.items() if name != "expression"}
        inner = _matcher(rest, where, depth + 1) if rest else None
        return JsonPath(_text(where, value.get("expression")), inner)
    return JsonPath(_text(where, value))


def _text(where: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RuleError(f"{where} is a text")
    return str(value)


def _script(response: Mapping[str, Any], first: Answer) -> Script:
    """Status, delays and fault as a script of one answer."""
    _only(response, _RESPONSE, "a response")
    status = response.get("status")
    value = first.value
    if status not in _EMPTY:
        value = str(status)
        if not re.fullmatch("[1-9][0-9]{2}", value):
            raise RuleError(f"status {value[:20]!r} has not three digits")
    effects = _delays(response)
    fault = response.get("fault")
    kind = "code"
    if fault:
        known = FAULTS.get(str(fault))
        if known is None:
            raise RuleError(f"no fault {str(fault)[:60]!r}: use one of {', '.join(FAULTS)}")
        kind = known.kind or kind
        effects = (*effects, *known.effects)
    answer = Answer(kind, value if kind == "code" else "", "", effects)
    return Script((Step((Choice(answer),)),))


def _delays(response: Mapping[str, Any]) -> tuple[Effect, ...]:
    effects: list[Effect] = []
    fixed = response.get("fixedDelayMilliseconds")
    if fixed:
        effects.append(Effect("delay", _seconds("fixedDelayMilliseconds", fixed)))
    spread = table_of(response, "delayDistribution")
    if spread and fixed:
        raise RuleError("fixedDelayMilliseconds and delayDistribution exclude each other here")
    if spread:
        effects += _spread(spread)
    dribble = table_of(response, "chunkedDribbleDelay")
    if dribble:
        effects.append(Effect("drip", _seconds("chunkedDribbleDelay.totalDuration", dribble.get("totalDuration"))))
        pieces = dribble.get("numberOfChunks")
        if not isinstance(pieces, int) or not 1 <= pieces <= 1000:
            raise RuleError("chunkedDribbleDelay.numberOfChunks is from 1 to 1000")
        effects.append(Effect("split", float(pieces)))
    return tuple(effects)


def _spread(spread: Mapping[str, Any]) -> list[Effect]:
    kind = spread.get("type")
    if kind == "uniform":
        low = _seconds("delayDistribution.lower", spread.get("lower"))
        high = _seconds("delayDistribution.upper", spread.get("upper"))
        return [Effect("delay", (low + high) / 2), Effect("jitter", abs(high - low) / 2)]
    if kind == "lognormal":
        sigma = spread.get("sigma")
        if not isinstance(sigma, int | float) or not 0 <= sigma <= 10:
            raise RuleError("delayDistribution.sigma is from 0 to 10")
        if spread.get("maxValue"):
            raise RuleError("maxValue of a delayDistribution is WireMock's alone: it is not known here")
        return [
            Effect("delay", _seconds("delayDistribution.median", spread.get("median"))),
            Effect("sigma", float(sigma)),
        ]
    if kind == "fixed":
        return [Effect("delay", _seconds("delayDistribution.milliseconds", spread.get("milliseconds")))]
    raise RuleError(f"no delayDistribution {str(kind)[:60]!r}: use uniform, lognormal or fixed")


def _seconds(name: str, milliseconds: object) -> float:
    number = isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool)
    if not number or not 0 <= float(str(milliseconds)) <= MAX_DELAY_MILLISECONDS:
        raise RuleError(f"{name} is a number of milliseconds up to {MAX_DELAY_MILLISECONDS}")
    return round(float(str(milliseconds)) / 1000, 9)


def _reply(response: Mapping[str, Any]) -> Reply:
    bodies = [name for name in ("body", "jsonBody", "base64Body") if response.get(name) is not None]
    if len(bodies) > 1:
        raise RuleError(f"{bodies[0]} and {bodies[1]} exclude each other")
    headers: list[tuple[str, str]] = []
    for name, value in table_of(response, "headers").items():
        headers += [(name, str(each)) for each in (value if isinstance(value, list) else [value])]
    body = b""
    if bodies == ["body"]:
        body = str(response["body"]).encode()
    elif bodies == ["jsonBody"]:
        body = json.dumps(response["jsonBody"], ensure_ascii=False).encode()
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
    elif bodies:
        try:
            body = base64.b64decode(str(response["base64Body"]), validate=True)
        except ValueError:
            raise RuleError("base64Body is no base64") from None
    message = response.get("statusMessage")
    return Reply(_text("statusMessage", message) if message else None, tuple(headers), body)
