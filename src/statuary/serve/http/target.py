"""Reads what a request target asks for: ``/status/503x2~200?retry_after=60``, ``/smtp/452``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from statuary.errors import LimitExceeded, ScriptError, StatuaryError
from statuary.scenario.grammar import MAX_EFFECT_SECONDS, parse_script
from statuary.scenario.script import Script

__all__ = ["MARK", "Asked", "BadOption", "Options", "read_target"]

MAX_OPTIONS = 40
"""The most query options of one target."""
MAX_HEADER_OPTIONS = 20
"""The most header fields that one target may ask for."""

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "trailer", "upgrade"})
MARK = "Statuary-Answer"
"""The header field that marks every answer of the mock, so that an asked-for 503 is not taken for a failure."""


class BadOption(StatuaryError):
    """A query option is wrong.

    Args:
        option: its name.
        expected: what could have stood there.
    """

    def __init__(self, option: str, expected: str) -> None:
        self.option = option
        self.expected = expected
        super().__init__(f"{option}: expected {expected}")


class Options(NamedTuple):
    """What the query changes about an answer.

    Args:
        delay: seconds before it.
        retry_after: the value of Retry-After; empty for the catalogue's own.
        headers: further header fields; they replace the catalogue's of the same name.
        reason: the reason phrase; None for the registered one.
        body: the content; None for one by Accept.
        seed: what random choices are drawn from; None for the server's seed.
        key: keeps counts apart; empty for none.
    """

    delay: float = 0.0
    retry_after: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    reason: str | None = None
    body: bytes | None = None
    seed: int | None = None
    key: str = ""


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


def read_target(target: str, tongues: Iterable[str]) -> Asked | None:
    """Read a request target.

    Args:
        target: in origin form or absolute form (RFC 9112 §3.2).
        tongues: the protocols of the catalogue.

    Returns:
        What it asks for; None where it names nothing that the mock knows.

    Raises:
        ScriptError: the script is wrong.
        BadOption: a query option is wrong.
    """
    path, query = _split(target)
    parts = path.split("/")
    if len(parts) != 3 or parts[0]:
        return None
    tongue = "http" if parts[1] == "status" else parts[1]
    if tongue not in tongues:
        return None
    text = unquote(parts[2], errors="replace")
    owned = re.fullmatch(r"([0-9]{3})-([a-z][a-z0-9]*)", text)
    if owned is not None and parts[1] != "status" and owned[2] not in ("close", "reset"):
        script, identity = parse_script(owned[1]), f"{tongue}/{text}"
    else:
        script, identity = parse_script(text), ""
    return Asked(tongue, script, _read_options(query), f"/{parts[1]}/{text}", identity)


def _split(target: str) -> tuple[str, str]:
    if target.startswith("/"):
        path, _, query = target.partition("?")
        return path, query
    try:
        parts = urlsplit(target)
    except ValueError:
        return "", ""
    return parts.path, parts.query


def _read_options(query: str) -> Options:
    if not query:
        return Options()
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_OPTIONS, encoding="utf-8", errors="replace")
    except ValueError:
        raise BadOption("query", str(LimitExceeded("max_options", MAX_OPTIONS))) from None
    options = Options()
    for name, value in pairs:
        options = _with_option(options, name, value)
    return options


def _with_option(options: Options, name: str, value: str) -> Options:
    match name:
        case "delay":
            return options._replace(delay=_delay(value))
        case "retry_after":
            return options._replace(retry_after=_retry_after(value))
        case "header":
            if len(options.headers) >= MAX_HEADER_OPTIONS:
                raise BadOption(name, f"at most {MAX_HEADER_OPTIONS} of them")
            return options._replace(headers=(*options.headers, _header(value)))
        case "reason":
            return options._replace(reason=_text(name, value))
        case "body":
            return options._replace(body=value.encode())
        case "seed":
            if not re.fullmatch("[0-9]{1,18}", value):
                raise BadOption(name, "a whole number")
            return options._replace(seed=int(value))
        case "key":
            return options._replace(key=value)
        case _:
            known = "delay, retry_after, header, reason, body, seed or key"
            raise BadOption(_UNSAFE.sub("?", name)[:40], f"one of the options {known}")


def _delay(value: str) -> float:
    match = _DURATION.fullmatch(value)
    seconds = float(match[1]) * _UNITS[match[2]] if match else -1.0
    if not 0 <= seconds <= MAX_EFFECT_SECONDS:
        raise BadOption("delay", f"a time such as 2s or 500ms, at most {MAX_EFFECT_SECONDS:.0f}s")
    return seconds


def _retry_after(value: str) -> str:
    """Seconds or an HTTP date (RFC 9110 §10.2.3)."""
    if re.fullmatch("[0-9]{1,10}", value):
        return value
    try:
        parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise BadOption("retry_after", "seconds, or a date such as Sat, 21 Nov 2026 09:00:00 GMT") from None
    return _text("retry_after", value)


def _header(value: str) -> tuple[str, str]:
    name, colon, text = value.partition(":")
    if not colon or not _TOKEN.fullmatch(name):
        raise BadOption("header", "Name:value")
    if name.lower() in _FRAMING:
        raise BadOption("header", f"a field other than {name}: framing is the server's")
    if name.lower() == MARK.lower():
        raise BadOption("header", f"a field other than {name}: it marks the answer")
    return name, _text("header", text.strip(" \t"))


def _text(option: str, value: str) -> str:
    """Text for the head of an answer: no line can be ended by it."""
    if _UNSAFE.search(value):
        raise BadOption(option, "text without control characters")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise BadOption(option, "characters of ISO 8859-1 only") from None
    return value


def script_problem(error: ScriptError) -> dict[str, object]:
    """A script error as plain data for the body of an answer."""
    return {
        "script": error.text[:200],
        "position": error.position,
        "expected": error.expected,
        "pointer": error.pointer if len(error.text) <= 200 else "",
    }
