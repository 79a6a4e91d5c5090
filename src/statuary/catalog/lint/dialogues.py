"""Checks what examples of FTP and SIP show: directions, reply syntax, the fields that every SIP response has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from statuary.catalog.lint.messages import Finding, check_hosts
from statuary.catalog.model import Code

__all__ = ["check_ftp", "check_sip"]

_DIRECTION = re.compile(r"[CS]:( |$)")
_FTP_REPLY = re.compile(r"([1-6]\d\d)([ -]).*")
_SIP_STATUS = re.compile(r"SIP/2\.0 (\d{3}) (.*)")
_SIP_REQUEST = re.compile(r"[A-Z]+ \S+ SIP/2\.0")
_FIELD = re.compile(r"([!%'*+.`~0-9A-Za-z_-]+)[ \t]*:[ \t]*(.*?)[ \t]*")
_SIP_FIELDS = ("Via", "From", "To", "Call-ID", "CSeq")
"""What every response repeats from its request (RFC 3261 §8.2.6.2)."""
_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "l": "content-length", "m": "contact"}
"""Short forms of field names (RFC 3261 §7.3.3)."""


def check_ftp(text: str) -> Iterator[Finding]:
    """Check an FTP dialogue: directions, codes at the first and the last line of a reply (RFC 959 §4.2), hosts."""
    yield from check_hosts(text)
    lines = text.split("\n")
    inside, opened = "", 0
    for number, line in enumerate(lines):
        if not _DIRECTION.match(line):
            yield Finding(number, 1, f"a line without a direction: {line!r}", 'open it with "C: " or "S: "')
        elif line.startswith("S: ") or line == "S:":
            reply = _FTP_REPLY.fullmatch(line[3:])
            if inside:
                if reply is not None and reply[1] == inside and reply[2] == " ":
                    inside = ""
            elif reply is None:
                yield Finding(number, 4, f"not a reply: {line[3:]!r}", "write code, space or hyphen, text")
            elif reply[2] == "-":
                inside, opened = reply[1], number
        elif inside:
            yield Finding(number, 1, f"a command within the reply {inside}", f'end the reply with "S: {inside} ..."')
    if inside:
        yield Finding(opened, 4, f"the reply {inside} does not end", f'end it with "S: {inside} ..."')


def check_sip(code: Code, text: str, responses: Mapping[str, Code]) -> Iterator[Finding]:
    """Check one SIP message.

    Args:
        code: the code whose example it is.
        text: the message as shown, lines joined by LF.
        responses: number to registered code, for any response that is shown.
    """
    yield from check_hosts(text)
    head, _, body = text.partition("\n\n")
    lines = head.rstrip("\n").split("\n")
    fields: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines[1:], 1):
        match = _FIELD.fullmatch(line)
        if match is None:
            yield Finding(number, 1, f"not a header field: {line!r}", "write Name: value")
            continue
        name = match[1].lower()
        fields[_COMPACT.get(name, name)] = (number, match[2])
    length = fields.get("content-length")
    if length is not None and length[1] != str(len(body.encode())):
        octets = len(body.encode())
        yield Finding(length[0], 17, f"Content-Length is {length[1]}, the body has {octets} octets", f"write {octets}")
    status = _SIP_STATUS.fullmatch(lines[0])
    if status is None:
        if not _SIP_REQUEST.fullmatch(lines[0]):
            yield Finding(0, 1, f"not a start line: {lines[0]!r}", f"write SIP/2.0 {code.value} {code.name}")
        return
    for name in _SIP_FIELDS:
        if name.lower() not in fields:
            yield Finding(0, 1, f"a response without {name} (RFC 3261 §8.2.6.2)", f"add {name}")
    interim = status[1].startswith("1")  # no tag is due before there is a dialogue
    if not interim and "to" in fields and ";tag=" not in fields["to"][1]:
        yield Finding(fields["to"][0], 1, "To without a tag (RFC 3261 §8.2.6.2)", "add ;tag=...")
    shown = code if status[1] == code.value else responses.get(status[1])
    if shown is not None and not shown.name.startswith("(") and status[2] != shown.name:
        yield Finding(0, 13, f"the reason phrase of {status[1]} is not {status[2]!r}", f"write {shown.name}")
    for name in shown.answer.required if shown is not None else ():
        if name.lower() not in fields:
            yield Finding(0, 1, f"{status[1]} needs {name}", f"add {name}")
