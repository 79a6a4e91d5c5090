"""A rule as a table: the form that rule files (TOML) and the admin API (JSON) share."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from statuary.errors import SCRIPT_MEND, RuleError, ScriptError
from statuary.scenario.causes import CAUSES, make_cause
from statuary.scenario.grammar import HTTP, SMTP, parse_script
from statuary.scenario.patterns import TableError, read_match, write_match
from statuary.scenario.rules import (
    AS_IT_IS,
    STAGES,
    THEN,
    Cause,
    Reply,
    Rule,
    Scenario,
    check_field,
    check_reply,
    check_stage,
)

__all__ = ["RULE_KEYS", "TableError", "read_rule", "write_rule"]

RULE_KEYS = (
    *("name", "protocol", "stage", "match", "answer", "key", "priority", "then"),
    *("scenario", "reason", "headers", "body", "json", "base64", "text"),
)
"""The keys of a rule; causes have keys of their own."""

MAX_PRIORITY = 1_000_000
"""The highest priority, and below nought the lowest."""

MAX_STATE_CHARACTERS = 200
"""The longest name and the longest state of a scenario, in characters."""

_DIALECTS = {"http": HTTP, "smtp": SMTP}


def read_rule(table: object) -> Rule:
    """Read a rule.

    Args:
        table: its keys and values.

    Raises:
        TableError: something in it is wrong.
    """
    if not isinstance(table, Mapping):
        raise TableError((), "is no table")
    for name in table:
        if name not in RULE_KEYS and name not in CAUSES:
            raise TableError((str(name),), f"no key {name!r} in a rule", _near(str(name)))
    protocol = _text(table, "protocol")
    if protocol not in STAGES:
        raise TableError(("protocol",), f"no protocol {protocol!r}", f"use one of {', '.join(STAGES)}")
    stage = _text(table, "stage", STAGES[protocol][0] if len(STAGES[protocol]) == 1 else None)
    _checked(("stage",), check_stage, protocol, stage)
    match, count = read_match(table.get("match", {}), protocol)
    for name in match:
        group, dot, rest = name.partition(".")
        _checked(("match", group, rest) if dot else ("match", name), check_field, protocol, stage, name)
    key = _key(table.get("key", []))
    for number, name in enumerate(key):
        _checked(("key", number), check_field, protocol, stage, name)
    reply = _reply(table)
    if reply != AS_IT_IS:
        _checked(_reply_path(table), check_reply, protocol, reply)
    then = _text(table, "then", "pass")
    if then not in THEN:
        raise TableError(("then",), f"no ending {then!r}", f"use one of {', '.join(THEN)}")
    name = _text(table, "name", "")
    cause, written = _cause(table, protocol)
    for field in cause.by if cause is not None else ():
        _checked(tuple(written), check_field, protocol, stage, field)
    try:
        return Rule(
            protocol,
            stage,
            _script(table, protocol),
            match,
            key,
            _priority(table.get("priority", 0)),
            name,
            then,
            cause,
            count,
            _scenario(table.get("scenario")),
            reply,
            written,
        )
    except TableError:
        raise
    except RuleError as error:
        raise TableError(("name",) if len(name) > 1 else (), str(error)) from None


def _cause(table: Mapping[str, Any], protocol: str) -> tuple[Cause | None, Mapping[str, object]]:
    """The cause of a rule, and its table."""
    given = [name for name in CAUSES if name in table]
    if len(given) > 1:
        raise TableError((given[1],), f"stands beside {given[0]}", "a rule has one cause: write two rules")
    if not given:
        return None, {}
    name = given[0]
    try:
        return make_cause(name, table[name], protocol), {name: table[name]}
    except RuleError as error:
        raise TableError((name,), str(error)) from None


def _checked(where: tuple[str | int, ...], check: Any, *arguments: object) -> None:
    try:
        check(*arguments)
    except RuleError as error:
        problem, _, mend = str(error).partition(": ")
        raise TableError(where, problem, mend) from None


def _near(name: str) -> str:
    from difflib import get_close_matches

    known = (*RULE_KEYS, *CAUSES)
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"use of {', '.join(known)}"


def _text(table: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = table.get(name, default)
    if value is None:
        raise TableError((name,) if name in table else (), f"there is no {name}", f'write {name} = "..."')
    if not isinstance(value, str):
        raise TableError((name,), "is no text", "write it in quotes")
    return value


def _script(table: Mapping[str, Any], protocol: str) -> Any:
    answer = table.get("answer")
    if isinstance(answer, int) and not isinstance(answer, bool):
        answer = str(answer)
    if not isinstance(answer, str):
        path = ("answer",) if "answer" in table else ()
        raise TableError(path, "there is no answer", "write a script, such as the code alone")
    try:
        return parse_script(answer, _DIALECTS[protocol])
    except ScriptError as error:
        raise TableError(("answer",), str(error), SCRIPT_MEND, error.position, error) from None


def _key(value: object) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TableError(("key",), "is no field and no list of fields", 'write key = ["recipient"]')
    return tuple(name.lower() if name.startswith("header.") else name for name in names)


def _priority(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MAX_PRIORITY:
        raise TableError(("priority",), f"is no whole number from -{MAX_PRIORITY} to {MAX_PRIORITY}")
    return value


def _scenario(value: object) -> Scenario | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TableError(("scenario",), "is no table", 'write scenario = { name = "cart", required = "Started" }')
    for name, text in value.items():
        if name not in Scenario._fields:
            raise TableError(("scenario", name), f"no key {name!r}", f"use of {', '.join(Scenario._fields)}")
        if not isinstance(text, str) or len(text) > MAX_STATE_CHARACTERS:
            raise TableError(("scenario", name), f"is no text of at most {MAX_STATE_CHARACTERS} characters")
    if not value.get("name"):
        raise TableError(("scenario",), "has no name", 'write name = "..."')
    return Scenario(value["name"], value.get("required", ""), value.get("sets", ""))


def _reply(table: Mapping[str, Any]) -> Reply:
    reason = table.get("reason")
    if reason is not None and not isinstance(reason, str):
        raise TableError(("reason",), "is no text", "write it in quotes")
    given = [name for name in ("body", "json", "base64") if name in table]
    if len(given) > 1:
        raise TableError((given[1],), f"stands beside {given[0]}", "an answer has one body")
    headers = _headers(table.get("headers", {}))
    body: bytes | None = None
    if "body" in table:
        body = _text(table, "body").encode()
    elif "json" in table:
        body = json.dumps(table["json"], ensure_ascii=False).encode()
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers = (("Content-Type", "application/json"), *headers)
    elif "base64" in table:
        try:
            body = base64.b64decode(_text(table, "base64"), validate=True)
        except ValueError:
            raise TableError(("base64",), "is no base64 (RFC 4648 §4)") from None
    return Reply(reason, headers, body, _text(table, "text") if "text" in table else "")


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise TableError(("headers",), "is no table", 'write headers = { "Retry-After" = "2" }')
    headers: list[tuple[str, str]] = []
    for name, given in value.items():
        for text in given if isinstance(given, list) else [given]:
            if not isinstance(text, str | int) or isinstance(text, bool):
                raise TableError(("headers", name), "is no text and no list of texts")
            headers.append((name, str(text)))
    return tuple(headers)


def _reply_path(table: Mapping[str, Any]) -> tuple[str, ...]:
    return next(((name,) for name in ("headers", "reason", "body", "json", "base64", "text") if name in table), ())


def write_rule(rule: Rule) -> dict[str, Any]:
    """A rule as a table that :func:`read_rule` reads as the same rule."""
    table: dict[str, Any] = {"name": rule.name, "protocol": rule.protocol, "stage": rule.stage}
    match = write_match(rule.match, rule.count)
    if match:
        table["match"] = match
    table["answer"] = str(rule.script)
    if rule.key:
        table["key"] = list(rule.key)
    if rule.priority:
        table["priority"] = rule.priority
    if rule.then != "pass":
        table["then"] = rule.then
    if rule.scenario is not None:
        table["scenario"] = {name: text for name, text in rule.scenario._asdict().items() if text}
    table.update(rule.cause_table)
    if rule.reply.reason is not None:
        table["reason"] = rule.reply.reason
    if rule.reply.headers:
        table["headers"] = _write_headers(rule.reply.headers)
    if rule.reply.body is not None:
        table.update(_write_body(rule.reply.body))
    if rule.reply.text:
        table["text"] = rule.reply.text
    return table


def _write_headers(headers: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, value in headers:
        known = table.get(name)
        table[name] = value if known is None else [*known, value] if isinstance(known, list) else [known, value]
    return table


def _write_body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode("ascii")}
