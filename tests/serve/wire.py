"""Raw sockets for the tests of the mocks: requests and commands as octets, answers as octets."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from selectors import EVENT_READ, DefaultSelector

from tests.conftest import Serving

__all__ = ["Answer", "arrivals", "ask", "dialogue", "is_half_closed", "nothing_yet", "parse", "read_all", "read_answer"]

WAIT_SECONDS = 10.0
"""The bound on every wait, in seconds."""
_CLOSE_WAIT = 8


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
    with socket.create_connection(("127.0.0.1", server.http_port), timeout=WAIT_SECONDS) as connection:
        head = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *lines]
        if body is not None:
            head.append(f"Content-Length: {len(body)}")
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + (body or b""))
        yield connection


@contextmanager
def dialogue(server: Serving, *commands: str) -> Iterator[socket.socket]:
    """Say some SMTP commands, each after the answer to the former; the answer to the last is left to read."""
    with socket.create_connection(("127.0.0.1", server.smtp_port), timeout=WAIT_SECONDS) as connection:
        connection.recv(1024)
        for command in commands:
            connection.sendall(command.encode() + b"\r\n")
            if command is not commands[-1]:
                connection.recv(4096)
        yield connection


def nothing_yet(connection: socket.socket, seconds: float = 0.05) -> bool:
    """Whether nothing comes for so long, not even an end; the connection goes on waiting afterwards."""
    connection.settimeout(seconds)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(WAIT_SECONDS)
    return False


def is_half_closed(connection: socket.socket) -> bool:
    """Whether the other side has finished and ours has not: the state CLOSE_WAIT (RFC 9293 §3.3.2)."""
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == bytes([_CLOSE_WAIT])


def arrivals(connections: Sequence[socket.socket]) -> list[int]:
    """The order in which the first octets come in, by place in the sequence."""
    order: list[int] = []
    with DefaultSelector() as selector:
        for number, connection in enumerate(connections):
            selector.register(connection, EVENT_READ, number)
        while len(order) < len(connections):
            ready = selector.select(WAIT_SECONDS)
            assert ready, f"only {order} came"
            for key, _ in ready:
                order.append(key.data)
                selector.unregister(key.fileobj)
    return order


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
