"""Checks messages and dialogues that examples show: sizes, dates, hosts, headers, bodies."""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from statuary.catalog.model import Code

__all__ = ["Finding", "check_dialogue", "check_hosts", "check_http", "check_log"]


class Finding(NamedTuple):
    """A problem in a block of text.

    Args:
        line: counted from 0 within the block.
        column: counted from 1.
        problem: what is wrong.
        mend: what to write instead.
    """

    line: int
    column: int
    problem: str
    mend: str = ""


_STATUS_LINE = re.compile(r"HTTP/1\.[01] (\d{3}) ?(.*)")
_REQUEST_LINE = re.compile(r"[A-Z-]+ \S+ HTTP/\d\.\d")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_DATE_FIELDS = ("date", "expires", "last-modified", "if-modified-since", "if-unmodified-since", "retry-after")
_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) (\S+)")
_MAIL_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d{1,2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2})")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REPLY = re.compile(r"([2-5]\d\d)(?:([ -])(?:([245])\.(\d{1,3})\.(\d{1,3})(?= |$))?.*)?")

_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_RESERVED_NAMES = re.compile(
    r"(?:.*\.)?(?:example\.(?:com|org|net)|example|test|invalid|localhost)", re.IGNORECASE
)  # RFC 2606, RFC 6761
_RESERVED_NETS = [
    ipaddress.ip_network(text)
    for text in (
        *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "127.0.0.0/8"),  # RFC 5737
        *("2001:db8::/32", "3fff::/20", "::1/128"),  # RFC 3849, RFC 9637
    )
]
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{1,4})?(?::[0-9a-f]{0,4}){2,7}(?![\w:.])", re.IGNORECASE)
_PUBLIC_NAME = re.compile(
    r"(?<![\w.-])(?:[a-z0-9-]+\.)+(?:com|net|org|edu|gov|io|de|fr|jp|kr|uk|eu|info|biz|dev|app)(?![\w-]|\.\w)",
    re.IGNORECASE,
)
_NO_CONTENT, _NOT_MODIFIED = "204", "304"
_HOST_PLACES = re.compile(
    r"""(?:(?:https?|ftp|smtp|wss?|sips?)://|mailto:|@|^host:\s*|^[CS]: (?:EHLO|HELO) )\[?([^\s"'<>,;:/\]]+)""",
    re.IGNORECASE,
)


def check_http(code: Code, text: str, responses: Mapping[str, Code]) -> Iterator[Finding]:
    """Check one HTTP/1.1 message.

    Args:
        code: the code whose example it is.
        text: the message as shown, lines joined by LF.
        responses: number to registered code, for any response that is shown.
    """
    head, _, body = text.partition("\n\n")
    head = head.rstrip("\n")
    lines = head.split("\n")
    yield from check_hosts(text)
    fields: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines[1:], 1):
        match = _FIELD.fullmatch(line)
        if match is None:
            yield Finding(number, 1, f"not a header field: {line!r}", "write Name: value")
            continue
        fields[match[1].lower()] = (number, match[2])
    for name in _DATE_FIELDS:
        if name in fields:
            number, value = fields[name]
            yield from _check_date(number, name, value)
    status = _STATUS_LINE.fullmatch(lines[0])
    # A request may be malformed on purpose: that is what some codes answer.
    if status is not None and "json" in fields.get("content-type", (0, ""))[1] and body:
        try:
            json.loads(body)
        except ValueError as error:
            yield Finding(len(lines) + 1, 1, f"the body is not JSON: {error}", "mend the body")
    if status is None:
        if not _REQUEST_LINE.fullmatch(lines[0]):
            problem = f"neither a status line nor a request line: {lines[0]!r}"
            yield Finding(0, 1, problem, "write HTTP/1.1, the code and its reason phrase")
        elif "host" not in fields:
            yield Finding(0, 1, "a request without Host (RFC 9112 §3.2)", "add Host: www.example.com")
        if body or "expect" not in fields:
            yield from _check_length(fields, body)
        return
    shown = code if code.protocol == "http" and code.value == status[1] else responses.get(status[1])
    yield from _check_response(status[1], status[2], shown, fields, body)


def _check_response(
    number: str, phrase: str, code: Code | None, fields: Mapping[str, tuple[int, str]], body: str
) -> Iterator[Finding]:
    if code is not None and not code.name.startswith("(") and phrase != code.name:
        yield Finding(0, 14, f"the reason phrase of {number} is not {phrase!r}", f"write {code.name}")
    bodiless = code is not None and not code.answer.content
    if bodiless and body:
        yield Finding(len(fields) + 2, 1, f"{number} has no body (RFC 9110 §6.4.1)", "take the body away")
    if (number[0] == "1" or number == _NO_CONTENT) and "content-length" in fields:
        yield Finding(fields["content-length"][0], 1, f"{number} has no Content-Length (RFC 9110 §8.6)", "take it away")
    elif number != _NOT_MODIFIED:  # its Content-Length is that of the 200 it stands for (RFC 9110 §8.6)
        yield from _check_length(fields, body)
    if body and not bodiless and "content-length" not in fields and "transfer-encoding" not in fields:
        yield Finding(0, 1, "a body without its length", f"add Content-Length: {len(body.encode())}")
    for name in code.answer.required if code is not None else ():
        if code is not None and name.lower() not in fields:
            yield Finding(0, 1, f"{number} needs {name}", f"add {name}: {code.answer.headers.get(name, '...')}")


def _check_length(fields: Mapping[str, tuple[int, str]], body: str) -> Iterator[Finding]:
    if "content-length" not in fields:
        return
    number, value = fields["content-length"]
    octets = len(body.encode())
    if not value.isascii() or not value.isdigit():
        yield Finding(number, 17, f"Content-Length is not a number: {value!r}", f"write {octets}")
    elif not _elided(body) and int(value) != octets:
        yield Finding(number, 17, f"Content-Length is {value}, the body has {octets} octets", f"write {octets}")


def _elided(body: str) -> bool:
    """A body that is named instead of shown: one line in square brackets."""
    return bool(re.fullmatch(r"\[[^\]\n]*\]", body.strip()))


def _check_date(number: int, name: str, value: str) -> Iterator[Finding]:
    if name == "retry-after" and value.isdigit():
        return
    match = _DATE.fullmatch(value)
    if match is None or match[3] not in _MONTHS or match[8] != "GMT":
        mend = "write it like Sat, 21 Nov 2026 09:00:00 GMT"
        yield Finding(number, 1, f"{name} is not a date (RFC 9110 §5.6.7): {value!r}", mend)
        return
    yield from _check_weekday(number, match, len(name) + 3)


def _check_weekday(number: int, match: re.Match[str], column: int) -> Iterator[Finding]:
    try:
        day = datetime.date(int(match[4]), _MONTHS.index(match[3]) + 1, int(match[2]))
    except ValueError:
        yield Finding(number, 1, f"no such day: {match[0]}", "write a day that there is")
        return
    if _DAYS[day.weekday()] != match[1]:
        right = _DAYS[day.weekday()]
        yield Finding(number, column, f"{match[2]} {match[3]} {match[4]} is a {right}", f"write {right}")


def check_dialogue(text: str) -> Iterator[Finding]:
    """Check an SMTP dialogue: directions, reply syntax, classes of enhanced codes, reserved names."""
    yield from check_hosts(text)
    for number, line in enumerate(text.split("\n")):
        if not re.match(r"[CS]:( |$)", line):
            yield Finding(number, 1, f"a line without a direction: {line!r}", 'open it with "C: " or "S: "')
        elif line.startswith("S: "):
            reply = _REPLY.fullmatch(line[3:])
            if reply is None:
                yield Finding(number, 4, f"not a reply: {line[3:]!r}", "write code, space or hyphen, text")
            elif reply[3] and reply[3] != reply[1][0]:
                mend = f"write {reply[1][0]}.{reply[4]}.{reply[5]}"
                yield Finding(number, 8, f"an enhanced code of another class than {reply[1]} (RFC 2034 §4)", mend)
        elif line.startswith("C: Date: "):
            match = _MAIL_DATE.match(line[9:])
            if match is None or match[3] not in _MONTHS:
                yield Finding(number, 10, "not a date (RFC 5322 §3.3)", "write it like Sat, 21 Nov 2026 09:00:00 +0000")
            else:
                yield from _check_weekday(number, match, 10)


def check_log(text: str) -> Iterator[Finding]:
    """Check a log line: reserved names only."""
    yield from check_hosts(text)


def check_hosts(text: str) -> Iterator[Finding]:
    """Check that names and addresses are those that are reserved for examples (RFC 2606, RFC 5737)."""
    for number, line in enumerate(text.split("\n")):
        places = {place.start(1): place[1].rstrip(".)") for place in _HOST_PLACES.finditer(line)}
        places |= {place.start(): place[0] for place in _PUBLIC_NAME.finditer(line)}
        for start, host in sorted(places.items()):
            if "." in host and not _IPV4.fullmatch(host) and not _RESERVED_NAMES.fullmatch(host):
                mend = "use example.com, example.org, example.net or a name under .example or .test"
                yield Finding(number, start + 1, f"{host} is not a reserved name (RFC 2606)", mend)
        for address in (*_IPV4.finditer(line), *_IPV6.finditer(line)):
            try:
                ip = ipaddress.ip_address(address[0])
            except ValueError:
                continue
            if not any(ip in net for net in _RESERVED_NETS):
                mend = "use 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 or 2001:db8::/32"
                yield Finding(number, address.start() + 1, f"{ip} is not a documentation address (RFC 5737)", mend)
