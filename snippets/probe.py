"""Asks once and once more on one connection, and reads what comes octet by octet: no client library tidies it up."""

from __future__ import annotations

import contextlib
import re
import socket
import time
from typing import NamedTuple

__all__ = ["Answer", "probe"]

MAX_ANSWER_OCTETS = 256 * 1024
"""The most octets of one connection that are read."""
MAX_INTERIM = 8
"""The most interim responses before a final one."""
_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+ ([0-9]+)(?: [^\r\n]*)?$")


class Answer(NamedTuple):
    """What one request was answered with.

    Args:
        status_line: the first line of the final response, empty where none came.
        headers: its header fields in order.
        body: the content, freed from its transfer coding.
        framing: how the end of the body was said: ``length``, ``chunked``, ``close`` or ``none``.
        keep_alive: ``kept``, ``closed``, ``hang`` or ``stray octets``.
        interim: the status lines of interim responses before it.
    """

    status_line: str
    headers: list[tuple[str, str]]
    body: bytes
    framing: str
    keep_alive: str
    interim: list[str]


class _Closed(Exception):
    """The server closed in the middle."""


class _Reader:
    """Octets of a connection with a deadline for each wait."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffer = b""
        self.total = 0

    def more(self) -> None:
        octets = b""
        with contextlib.suppress(ConnectionError):
            octets = self.connection.recv(65536)
        self.total += len(octets)
        if not octets or self.total > MAX_ANSWER_OCTETS:
            raise _Closed
        self.buffer += octets

    def line(self) -> bytes:
        while b"\n" not in self.buffer:
            self.more()
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.removesuffix(b"\r")

    def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self.more()
        octets, self.buffer = self.buffer[:count], self.buffer[count:]
        return octets

    def rest(self) -> bytes:
        with contextlib.suppress(_Closed):
            while True:
                self.more()
        octets, self.buffer = self.buffer, b""
        return octets


def probe(host: str, port: int, target: str, *, wait_seconds: float = 3.0) -> Answer:
    """One GET on a connection that may stay open, then a second one on the same.

    Args:
        host: the address of the server.
        port: its port.
        target: the request target.
        wait_seconds: how long to wait for each octet before it is called a hang.
    """
    request = f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: */*\r\n"
    with socket.create_connection((host, port), timeout=wait_seconds) as connection:
        reader = _Reader(connection)
        connection.sendall(f"{request}\r\n".encode())
        answer = _read(reader)
        if answer.keep_alive != "kept":
            return answer
        return answer._replace(keep_alive=_again(reader, f"{request}Connection: close\r\n\r\n".encode()))


def _read(reader: _Reader) -> Answer:
    """The final response and what the connection can still do."""
    status_line, headers, body, framing = "", [], b"", "none"
    interim: list[str] = []
    try:
        while True:
            status_line = reader.line().decode("latin-1")
            headers = _headers(reader)
            if not _is_interim(status_line) or len(interim) == MAX_INTERIM:
                break
            interim.append(status_line)
            status_line = ""
        body, framing = _body(reader, status_line, headers)
    except TimeoutError:
        return Answer(status_line, headers, reader.buffer, framing, "hang", interim)
    except _Closed:
        return Answer(status_line, headers, reader.buffer, framing, "closed", interim)
    except ValueError:  # a chunk whose size is no number
        return Answer(status_line, headers, reader.buffer, framing, "stray octets", interim)
    says_close = "close" in _value(headers, "connection").lower()
    closed = says_close or framing == "close" or status_line.startswith("HTTP/1.0")
    return Answer(status_line, headers, body, framing, "closed" if closed else "kept", interim)


def _headers(reader: _Reader) -> list[tuple[str, str]]:
    headers = []
    while line := reader.line():
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name, value.strip()))
    return headers


def _body(reader: _Reader, status_line: str, headers: list[tuple[str, str]]) -> tuple[bytes, str]:
    """RFC 9112 §6.3: what delimits the content of a response to GET."""
    status = status_line.split(" ")[1:2]
    if status in (["204"], ["304"]):
        return b"", "none"
    if "chunked" in _value(headers, "transfer-encoding").lower():
        body = b""
        while size := int(reader.line().partition(b";")[0] or b"0", 16):
            body += reader.exactly(size)
            reader.line()
        while reader.line():
            pass
        return body, "chunked"
    length = _value(headers, "content-length")
    if length.isdigit():
        return reader.exactly(int(length)), "length"
    return reader.rest(), "close"


def _again(reader: _Reader, request: bytes) -> str:
    """What became of the connection after the first response, learnt by a second request on it."""
    try:
        with contextlib.suppress(ConnectionError):
            reader.connection.sendall(request)
        first = reader.line()
    except TimeoutError:
        return "hang"
    except _Closed:
        return "stray octets" if reader.buffer else "closed"
    return "kept" if _STATUS_LINE.match(first) else "stray octets"


def _is_interim(status_line: str) -> bool:
    match = _STATUS_LINE.match(status_line.encode("latin-1"))
    return match is not None and len(match[1]) == 3 and match[1].startswith(b"1")


def _value(headers: list[tuple[str, str]], name: str) -> str:
    return ", ".join(value for key, value in headers if key.lower() == name)


def wait_until_open(host: str, port: int, until: float) -> bool:
    """Whether something listens before the monotonic time ``until``."""
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return True
        time.sleep(0.03)
    return False
