"""What a query changes about an answer: ``?delay=2s&retry_after=60&header=Name:value``."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import parse_qsl

from statuary.errors import LimitExceeded, ScriptError, StatuaryError
from statuary.scenario.aliases import Fault, read_fault, read_toxic
from statuary.scenario.grammar import MAX_EFFECT_SECONDS, parse_script
from statuary.scenario.script import Answer

__all__ = [
    "MARK",
    "BadOption",
    "Options",
    "RateLimit",
    "read_duration",
    "read_header",
    "read_options",
    "read_pairs",
    "safe_text",
]

MAX_OPTIONS = 40
"""The most query options of one target."""
MAX_HEADER_OPTIONS = 20
"""The most header fields that one target may ask for."""
MAX_FAULTS = 8
"""The most faults and toxics that one target may ask for."""
MAX_INTERIM = 100
"""The most interim answers before one final answer."""
EXPECT_WORDS = ("continue", "withhold", "refuse")
"""What is done with ``Expect: 100-continue``: go on as asked, say nothing, or answer before the body is read."""

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|us|s|m|h)?")
_UNITS = {"us": 0.000001, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSAFE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "trailer", "upgrade"})
_QUOTA = re.compile(r"([0-9]{1,9}),([0-9]{1,9}),([0-9]{1,9})")
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


class RateLimit(NamedTuple):
    """What an answer says about a quota.

    Args:
        limit: requests in a window.
        remaining: of them.
        reset: seconds until the window ends.
    """

    limit: int
    remaining: int
    reset: int

    def fields(self) -> tuple[tuple[str, str], ...]:
        """The fields of draft-ietf-httpapi-ratelimit-headers, and those that many services send."""
        return (
            ("RateLimit-Policy", f'"default";q={self.limit};w={self.reset}'),
            ("RateLimit", f'"default";r={self.remaining};t={self.reset}'),
            ("X-RateLimit-Limit", str(self.limit)),
            ("X-RateLimit-Remaining", str(self.remaining)),
            ("X-RateLimit-Reset", str(self.reset)),
        )


class Options(NamedTuple):
    """What the query changes about an answer.

    Args:
        delay: seconds before it.
        retry_after: the value of Retry-After; empty for the catalogue's own.
        retry_date: Retry-After as a date so many seconds ahead; None for none.
        headers: further header fields; they replace the catalogue's of the same name.
        reason: the reason phrase; None for the registered one.
        body: the content; None for one by Accept.
        media: the type of that content.
        seed: what random choices are drawn from; None for the server's seed.
        key: keeps counts apart; empty for none.
        interim: interim answers to send before every answer.
        expect: what is done with a client that waits for leave to send its body; one of :data:`EXPECT_WORDS`.
        faults: what happens to every answer.
        origin: the origin whose script asks; empty for none.
    """

    delay: float = 0.0
    retry_after: str = ""
    retry_date: float | None = None
    headers: tuple[tuple[str, str], ...] = ()
    reason: str | None = None
    body: bytes | None = None
    media: str = "text/plain; charset=utf-8"
    seed: int | None = None
    key: str = ""
    interim: tuple[Answer, ...] = ()
    expect: str = ""
    faults: tuple[Fault, ...] = ()
    origin: str = ""


def read_pairs(query: str, most: int = MAX_OPTIONS) -> list[tuple[str, str]]:
    """Names and values of a query.

    Raises:
        BadOption: there are more than ``most``.
    """
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=most, encoding="utf-8", errors="replace")
    except ValueError:
        raise BadOption("query", str(LimitExceeded("max_options", most))) from None


def read_options(query: str) -> Options:
    """The options of a query.

    Raises:
        BadOption: one is unknown or wrong.
    """
    options = Options()
    for name, value in read_pairs(query) if query else ():
        options = _with_option(options, name, value)
    return options


def _with_option(options: Options, name: str, value: str) -> Options:
    match name:
        case "delay":
            return options._replace(delay=read_duration(name, value))
        case "retry_after":
            return options._replace(retry_after=_retry_after(value))
        case "header":
            if len(options.headers) >= MAX_HEADER_OPTIONS:
                raise BadOption(name, f"at most {MAX_HEADER_OPTIONS} of them")
            return options._replace(headers=(*options.headers, read_header(value)))
        case "reason":
            return options._replace(reason=safe_text(name, value))
        case "body":
            return options._replace(body=value.encode())
        case "seed":
            if not re.fullmatch("[0-9]{1,18}", value):
                raise BadOption(name, "a whole number")
            return options._replace(seed=int(value))
        case "key":
            return options._replace(key=value)
        case _:
            return _with_rarer_option(options, name, value)


def _with_rarer_option(options: Options, name: str, value: str) -> Options:
    match name:
        case "retry_after_date":
            return options._replace(retry_date=read_duration(name, value))
        case "rate_limit":
            return options._replace(headers=(*options.headers, *_rate_limit(value).fields()))
        case "interim":
            return options._replace(interim=_interim(value))
        case "expect":
            if value not in EXPECT_WORDS:
                raise BadOption(name, f"one of {', '.join(EXPECT_WORDS)}")
            return options._replace(expect=value)
        case "fault" | "toxic":
            if len(options.faults) >= MAX_FAULTS:
                raise BadOption(name, f"at most {MAX_FAULTS} of them")
            try:
                fault = read_fault(value) if name == "fault" else read_toxic(value)
            except ScriptError as error:
                raise BadOption(name, f"{error.expected} at character {error.position + 1}") from None
            return options._replace(faults=(*options.faults, fault))
        case _:
            known = (
                "delay, retry_after, retry_after_date, rate_limit, header, reason, body, interim, expect, fault, "
                "toxic, seed or key"
            )
            raise BadOption(_UNSAFE.sub("?", name)[:40], f"one of the options {known}")


def read_duration(name: str, value: str, default_unit: str = "s") -> float:
    """A time in seconds.

    Args:
        name: the option that it stands in.
        value: such as ``2s`` or ``500ms``.
        default_unit: of a number alone.

    Raises:
        BadOption: it is none, or longer than :data:`MAX_EFFECT_SECONDS`.
    """
    match = _DURATION.fullmatch(value.strip())
    seconds = float(match[1]) * _UNITS[match[2] or default_unit] if match else -1.0
    if not 0 <= seconds <= MAX_EFFECT_SECONDS:
        raise BadOption(name, f"a time such as 2s or 500ms, at most {MAX_EFFECT_SECONDS:.0f}s")
    return seconds


def _retry_after(value: str) -> str:
    """Seconds or an HTTP date (RFC 9110 §10.2.3)."""
    if re.fullmatch("[0-9]{1,10}", value):
        return value
    try:
        parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        raise BadOption("retry_after", "seconds, or a date such as Sat, 21 Nov 2026 09:00:00 GMT") from None
    return safe_text("retry_after", value)


def _rate_limit(value: str) -> RateLimit:
    match = _QUOTA.fullmatch(value)
    if match is None:
        raise BadOption("rate_limit", "limit, remaining and seconds until the reset, such as 10,0,60")
    return RateLimit(*map(int, match.groups()))


def _interim(value: str) -> tuple[Answer, ...]:
    """Interim answers in the script's own language, each step counted (RFC 9110 §15.2)."""
    try:
        script = parse_script(value)
    except ScriptError as error:
        raise BadOption("interim", f"{error.expected} at character {error.position + 1}") from None
    answers: list[Answer] = []
    for step in script.steps:
        if len(step.choices) > 1 or step.choices[0].answer.value[:1] != "1":
            raise BadOption("interim", "interim answers alone, of class 1xx and without a choice")
        if len(answers) + (step.count or 1) > MAX_INTERIM:
            raise BadOption("interim", f"at most {MAX_INTERIM} interim answers")
        answers.extend([step.choices[0].answer] * (step.count or 1))
    return tuple(answers)


def read_header(value: str) -> tuple[str, str]:
    """A header field that an answer may have.

    Args:
        value: such as ``Name:value``.

    Raises:
        BadOption: it is none, or one that is the server's.
    """
    name, colon, text = value.partition(":")
    if not colon or not _TOKEN.fullmatch(name):
        raise BadOption("header", "Name:value")
    if name.lower() in _FRAMING:
        raise BadOption("header", f"a field other than {name}: framing is the server's")
    if name.lower() == MARK.lower():
        raise BadOption("header", f"a field other than {name}: it marks the answer")
    return name, safe_text("header", text.strip(" \t"))


def safe_text(option: str, value: str) -> str:
    """Text for the head of an answer: no line can be ended by it.

    Raises:
        BadOption: it has control characters or characters beyond ISO 8859-1.
    """
    if _UNSAFE.search(value):
        raise BadOption(option, "text without control characters")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise BadOption(option, "characters of ISO 8859-1 only") from None
    return value
