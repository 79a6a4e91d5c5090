"""Reads what a request target asks for: ``/status/503x2~200?retry_after=60``, ``/smtp/452``, and what others spell so.

Beside our own spellings stand those of httpstat.us (``/503?sleep=500``, ``/random/200,500-504``), of fortio
(``/echo?status=503:10,504:20``), of mockbin (``/status/503/Busy``), and the preference of Prism (``Prefer: code=404``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

from statuary.errors import ScriptError
from statuary.scenario.aliases import with_fault
from statuary.scenario.grammar import HTTP, parse_script
from statuary.scenario.script import EFFECTS, Answer, Choice, Script, Step
from statuary.serve.fields import split_target
from statuary.serve.http.options import (
    BadOption,
    Options,
    read_duration,
    read_header,
    read_options,
    read_pairs,
    safe_text,
)

__all__ = ["Asked", "read_preference", "read_target", "script_problem"]

MAX_RANGE_CODES = 100
"""The most codes that a list of ranges may name."""
MAX_SHOWN_CHARACTERS = 200
"""How much of a wrong script an answer shows, in characters."""
FORTIO_PATHS = frozenset({"/", "/echo", "/fortio"})
"""The paths at which ``?status=`` is read as fortio reads it."""

_BARE = re.compile(r"/([0-9]{3})")
_SHARE = re.compile(r"([0-9]{3})(?::([0-9]{1,3}(?:\.[0-9]{1,6})?)%?)?")
_SPAN = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?")
_PREFERENCE = re.compile(r'(?:^|[,;\s])code="?([0-9]{3})"?(?=$|[,;\s])')


class Asked(NamedTuple):
    """A script that a target asks for.

    Args:
        tongue: the protocol whose catalogue names the answers; ``http`` for ``/status``.
        script: what to answer.
        options: what the query changes.
        draw_key: what random choices are drawn by: the path, without the query.
        identity: the code that was named with its owner, such as ``http/499-nginx``; empty for a script.
    """

    tongue: str
    script: Script
    options: Options
    draw_key: str
    identity: str = ""


def read_target(target: str, tongues: Iterable[str], *, routed: bool = False) -> Asked | None:
    """Read a request target.

    Args:
        target: in origin form or absolute form (RFC 9112 §3.2).
        tongues: the protocols of the catalogue.
        routed: whether a route has the path; it goes before a protocol of that name.

    Returns:
        What it asks for; None where it names no script.

    Raises:
        ScriptError: the script is wrong.
        BadOption: a query option is wrong.
    """
    path, query = split_target(target)
    parts = path.split("/")
    if parts[0]:
        return None
    if not routed and (len(parts) == 3 or (len(parts) == 4 and parts[1] == "status")):
        asked = _read_own(parts, query, tongues)
        if asked is not None:
            return asked
    if _BARE.fullmatch(path):
        return Asked("http", parse_script(path[1:]), _sleepy_options(query), path)
    if len(parts) == 3 and parts[1] == "random":
        return Asked("http", _one_of(unquote(parts[2], errors="replace")), _sleepy_options(query), path)
    if path in FORTIO_PATHS and "status=" in query:
        return _read_fortio(path, query)
    return None


def _read_own(parts: list[str], query: str, tongues: Iterable[str]) -> Asked | None:
    tongue = "http" if parts[1] == "status" else parts[1]
    if tongue not in tongues:
        return None
    text = unquote(parts[2], errors="replace")
    owned = re.fullmatch(r"([0-9]{3})-([a-z][a-z0-9]*)", text)
    identity = ""
    if owned is not None and parts[1] != "status" and owned[2] not in EFFECTS:
        script, identity = parse_script(owned[1]), f"{tongue}/{text}"
    else:
        script = parse_script(text)
    options = read_options(query)
    if len(parts) > 3 and parts[3]:  # mockbin: the reason phrase behind the code
        options = options._replace(reason=safe_text("reason", unquote(parts[3], errors="replace")))
    for fault in options.faults:
        script = with_fault(script, fault)
    return Asked(tongue, script, options, f"/{parts[1]}/{text}", identity)


def read_preference(prefer: str) -> Script | None:
    """The script of a Prefer field (RFC 7240): ``code=404``, as Prism has it; None where it names no code.

    Raises:
        ScriptError: it names what is no code.
    """
    found = _PREFERENCE.search(prefer)
    return parse_script(found[1]) if found is not None else None


def _sleepy_options(query: str) -> Options:
    """The options of httpstat.us: ours, and a sleep in milliseconds."""
    rest, delay = [], 0.0
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        if name.lower() == "sleep":
            delay = read_duration("sleep", value, "ms")
        else:
            rest.append(part)
    options = read_options("&".join(rest))
    return options._replace(delay=delay) if delay else options


def _one_of(text: str) -> Script:
    """One of several codes and ranges of codes, each as likely as the others.

    Raises:
        ScriptError: the list is wrong.
    """
    codes: list[str] = []
    at = 0
    for part in text.split(","):
        span = _SPAN.fullmatch(part.strip())
        low, high = (int(span[1]), int(span[2] or span[1])) if span else (0, 0)
        if not HTTP.low <= low <= high:
            raise ScriptError(text, at, f"{HTTP.expected}, or a range of codes")
        if len(codes) + high - low >= MAX_RANGE_CODES:
            raise ScriptError(text, at, f"at most {MAX_RANGE_CODES} codes")
        codes += map(str, range(low, high + 1))
        at += len(part) + 1
    return Script((Step(tuple(Choice(Answer("code", code)) for code in codes)),))


def _read_fortio(path: str, query: str) -> Asked:
    """Codes with their share in a hundred; what is left passes."""
    options = Options()
    script = Script((Step((Choice(Answer("pass")),)),))
    for name, value in read_pairs(query):
        match name:
            case "status":
                script = _shares(value)
            case "delay":
                options = options._replace(delay=read_duration(name, value.partition(":")[0].partition(",")[0]))
            case "header":
                options = options._replace(headers=(*options.headers, read_header(value)))
            case "key":
                options = options._replace(key=value)
            case _:
                raise BadOption("query", "the options status, delay, header or key")
    return Asked("http", script, options, f"{path}?{query}")


def _shares(text: str) -> Script:
    choices: list[Choice] = []
    left, at = 100.0, 0
    parts = text.split(",")
    for part in parts:
        found = _SHARE.fullmatch(part.strip())
        weight = float(found[2]) if found and found[2] else 100.0 / len(parts)
        if found is None or not HTTP.low <= int(found[1]) or weight > left + 1e-6:
            raise ScriptError(text, at, "codes and their shares in a hundred, such as 503:10,504:20")
        left -= weight
        choices.append(Choice(Answer("code", found[1]), round(weight, 6)))
        at += len(part) + 1
    if left > 1e-6:
        choices.append(Choice(Answer("pass"), round(left, 6)))
    if not any(choice.weight for choice in choices):
        raise ScriptError(text, 0, "a share above 0")
    return Script((Step(tuple(choices)),))


def script_problem(error: ScriptError) -> dict[str, object]:
    """A script error as plain data for the body of an answer."""
    return {
        "script": error.text[:MAX_SHOWN_CHARACTERS],
        "position": error.position,
        "expected": error.expected,
        "pointer": error.pointer if len(error.text) <= MAX_SHOWN_CHARACTERS else "",
    }
