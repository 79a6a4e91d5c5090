"""The journal for other tools: HAR 1.2, JSON lines, a transcript; credentials are masked by default."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from statuary.serve.journal import Exchange, timestamp
from statuary.serve.seen import request_parts, request_url

__all__ = ["MASK", "Transcriber", "har", "json_lines", "masked", "transcript"]

MASK = "[masked]"
"""What stands in the place of credentials."""
MAX_SHOWN_OCTETS = 4096
"""How much of each direction of an exchange a transcript shows, in octets."""
MAX_QUERY_FIELDS = 200
"""The most fields of a query that HAR lists."""
MAX_SECRETS = 100
"""The most cookies of one field that are also masked where else they stand in an exchange."""
MIN_SECRET_OCTETS = 6
"""Shorter credentials are masked in their fields alone: they would be found in the midst of words."""

SECRET_FIELDS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
"""The header fields that hold credentials."""

_SECRET_LINE = re.compile(
    rb"(?im)^(Authorization|Proxy-Authorization|Cookie|Set-Cookie)(:[ \t]*)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*"
)
_AUTH_LINE = re.compile(rb"(?i)^([ \t]*AUTH[ \t]+\S+)([ \t]+)[^\r\n]+")


def masked(exchange: Exchange) -> Exchange:
    """An exchange without credentials: the fields of RFC 9110 §11 and RFC 6265, and the lines of AUTH (RFC 4954).

    An answer that tells what it was sent holds them too, and there they are masked likewise.
    """
    mask = MASK.encode()
    if exchange.protocol == "http":
        secrets: set[bytes] = set()
        request = _mask_head(exchange.request, mask, secrets)
        response = _mask_head(exchange.response, mask, secrets)
        for secret in sorted(secrets, key=len, reverse=True):
            request, response = request.replace(secret, mask), response.replace(secret, mask)
        return exchange._replace(request=request, response=response)
    if exchange.stage != "auth":
        return exchange
    request = exchange.request
    if _AUTH_LINE.match(request):
        request = _AUTH_LINE.sub(rb"\1\2" + mask, request, count=1)
    elif not re.match(rb"(?i)[ \t]*AUTH\b", request):  # a line of the exchange: a name or a password in base64
        request = mask + b"\r\n"
    return exchange._replace(request=request)


def _mask_head(octets: bytes, mask: bytes, secrets: set[bytes]) -> bytes:
    """Mask the fields of every head at the beginning, and remember them; interim answers have heads of their own."""
    done = b""
    rest = octets
    while True:
        head, end, rest = rest.partition(b"\r\n\r\n")
        for match in _SECRET_LINE.finditer(head):
            secrets |= _secrets(match[0])
        done += _SECRET_LINE.sub(rb"\1\2" + mask, head) + end
        if not (end and rest.startswith(b"HTTP/")):
            return done + rest


def _secrets(line: bytes) -> set[bytes]:
    """What a field holds that nobody should read elsewhere either, as it is and as JSON has it."""
    name, _, value = line.partition(b":")
    if name.lower() in (b"cookie", b"set-cookie"):
        parts = value.split(b";")[: 1 if name.lower() == b"set-cookie" else MAX_SECRETS]
        found = [part.partition(b"=")[2].strip(b' "') for part in parts]
    else:
        found = [value.strip(), value.strip().partition(b" ")[2].strip()]
    found += [json.dumps(each.decode("utf-8", "replace"), ensure_ascii=False)[1:-1].encode() for each in found]
    return {each for each in found if len(each) >= MIN_SECRET_OCTETS}


def json_lines(exchanges: Iterable[tuple[int, Exchange]], *, mask: bool = True) -> Iterator[str]:
    """Each exchange as a line of JSON, as the API gives it.

    Args:
        exchanges: with their numbers.
        mask: whether credentials are masked.
    """
    for number, exchange in exchanges:
        yield json.dumps((masked(exchange) if mask else exchange).to_dict(number), ensure_ascii=False) + "\n"


class Transcriber:
    """Writes exchanges down as what was said, line by line, with a line where another connection has the word."""

    def __init__(self) -> None:
        self._last = 0

    def lines(self, exchange: Exchange) -> list[str]:
        """What is said in an exchange: ``C`` for the client, ``S`` for the server.

        Args:
            exchange: the next one.
        """
        lines: list[str] = []
        if exchange.connection != self._last:
            self._last = exchange.connection
            lines.append(f"# connection {self._last}, {exchange.protocol}, {exchange.peer}, {timestamp(exchange.at)}")
        for direction, octets in (("C", exchange.request), ("S", exchange.response)):
            shown = octets[:MAX_SHOWN_OCTETS].decode("utf-8", "backslashreplace")
            lines += [f"{direction}: {_printable(line)}" for line in shown.splitlines()]
            if len(octets) > MAX_SHOWN_OCTETS:
                lines.append(f"{direction}: ... {len(octets) - MAX_SHOWN_OCTETS} octets more")
        if exchange.note:
            lines.append(f"# {_printable(exchange.note)}")
        return lines


def transcript(exchanges: Iterable[Exchange], *, mask: bool = True) -> str:
    """What was said, line by line: ``C`` for the client, ``S`` for the server, a line for each connection.

    Args:
        exchanges: in order.
        mask: whether credentials are masked.
    """
    transcriber = Transcriber()
    lines = [line for each in exchanges for line in transcriber.lines(masked(each) if mask else each)]
    return "\n".join(lines) + "\n" if lines else ""


def _printable(line: str) -> str:
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in line)


def har(exchanges: Iterable[tuple[int, Exchange]], version: str, *, mask: bool = True) -> dict[str, Any]:
    """HTTP exchanges as an HTTP Archive, version 1.2.

    Args:
        exchanges: HTTP's, with their numbers.
        version: of this program.
        mask: whether credentials are masked.
    """
    entries = [_entry(number, masked(exchange) if mask else exchange) for number, exchange in exchanges]
    return {"log": {"version": "1.2", "creator": {"name": "statuary", "version": version}, "entries": entries}}


def _entry(number: int, exchange: Exchange) -> dict[str, Any]:
    method, target, headers, body = request_parts(exchange.request)
    host = next((value for name, value in headers if name == "host"), "")
    version = exchange.request.partition(b"\r\n")[0].rpartition(b" ")[2].decode("latin-1")
    request: dict[str, Any] = {
        "method": method,
        "url": request_url(exchange, host, target),
        "httpVersion": version,
        "cookies": _cookies(headers, "cookie"),
        "headers": [{"name": name, "value": value} for name, value in headers],
        "queryString": _query(target),
        "headersSize": _head_octets(exchange.request),
        "bodySize": len(body),
    }
    if body:
        media = next((value for name, value in headers if name == "content-type"), "application/octet-stream")
        request["postData"] = {"mimeType": media, "params": [], "text": body.decode("utf-8", "replace")}
    return {
        "startedDateTime": timestamp(exchange.at),
        "time": 0,
        "request": request,
        "response": _response(exchange.response),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "connection": str(exchange.connection),
        "comment": exchange.note,
        "_number": number,
        "_rule": exchange.rule,
        "_step": exchange.step,
        "_key": exchange.key,
    }


def _response(octets: bytes) -> dict[str, Any]:
    """The final answer; what came before it is left out, as HAR has no place for it."""
    while octets.startswith(b"HTTP/") and octets[9:10] == b"1" and b"\r\n\r\nHTTP/" in octets:
        octets = octets.partition(b"\r\n\r\n")[2]
    status_line = octets.partition(b"\r\n")[0].decode("latin-1")
    version, _, rest = status_line.partition(" ")
    status, _, reason = rest.partition(" ")
    _, _, headers, body = request_parts(octets)
    media = next((value for name, value in headers if name == "content-type"), "")
    content: dict[str, Any] = {"size": len(body), "mimeType": media}
    try:
        content["text"] = body.decode("utf-8")
    except UnicodeDecodeError:
        content |= {"text": base64.b64encode(body).decode("ascii"), "encoding": "base64"}
    return {
        "status": int(status) if status.isascii() and status.isdigit() else 0,
        "statusText": reason,
        "httpVersion": version,
        "cookies": _cookies(headers, "set-cookie"),
        "headers": [{"name": name, "value": value} for name, value in headers],
        "content": content,
        "redirectURL": next((value for name, value in headers if name == "location"), ""),
        "headersSize": _head_octets(octets),
        "bodySize": len(body),
    }


def _head_octets(octets: bytes) -> int:
    end = octets.find(b"\r\n\r\n")
    return end + 4 if end >= 0 else -1


def _cookies(headers: list[tuple[str, str]], field: str) -> list[dict[str, str]]:
    """The cookies of a field; what follows the first pair of Set-Cookie are attributes (RFC 6265 §4.1.1)."""
    found = []
    for name, value in headers:
        if name == field and value != MASK:
            for pair in value.split(";")[: 1 if field == "set-cookie" else None]:
                cookie, _, text = pair.strip().partition("=")
                found.append({"name": cookie, "value": text})
    return found


def _query(target: str) -> list[dict[str, str]]:
    try:
        pairs = parse_qsl(target.partition("?")[2], keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:
        return []
    return [{"name": name, "value": value} for name, value in pairs]
