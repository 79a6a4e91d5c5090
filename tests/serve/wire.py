"""Raw sockets for the tests of the HTTP mock: requests as octets, answers as octets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import Serving

__all__ = ["Answer", "ask", "parse", "read_all", "read_answer"]


class Answer:
    """An answer taken apart: status line, fields by name in lower case, and what follows the head."""

    def __init__(self, octets: bytes) -> None:
        head, _, self.body = octets.partition(b"\r\n\r\n")
        self.line, *lines = head.decode("latin-1").split("\r\n")
        self.fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]

    @property
    def status(self) -> int:
        """The status code."""
        return int(self.line.split(" ")[1])

    def field(self, name: str) -> str | None:
        """The first field of a name."""
        return next((value for known, value in self.fields if known == name), None)


@contextmanager
def ask(
    server: Serving, target: str, *lines: str, method: str = "GET", body: bytes | None = None
) -> Iterator[socket.socket]:
    """Send one request; every wait for the answer is bounded."""
    with socket.create_connection(("127.0.0.1", server.http_port), timeout=10) as connection:
        head = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *lines]
        if body is not None:
            head.append(f"Content-Length: {len(body)}")
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + (body or b""))
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Everything up to the peer's end."""
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def parse(octets: bytes) -> Answer:
    """An answer taken apart."""
    return Answer(octets)


def read_answer(server: Serving, target: str, *lines: str, method: str = "GET", body: bytes | None = None) -> Answer:
    """Ask once, with an end of the connection after it, and take the answer apart."""
    with ask(server, target, "Connection: close", *lines, method=method, body=body) as connection:
        return parse(read_all(connection))
