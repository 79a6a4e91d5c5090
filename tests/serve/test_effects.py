"""Effects on the wire, seen on raw sockets: each test fails where the effect is missing."""

from __future__ import annotations

import socket

import pytest
from tests.conftest import Serving

REQUEST = "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def connect(port: int) -> socket.socket:
    """A connection with a bound on every wait."""
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def ask(server: Serving, target: str) -> socket.socket:
    """Send one request."""
    connection = connect(server.http_port)
    connection.sendall(REQUEST.format(target=target).encode())
    return connection


def read_all(connection: socket.socket) -> bytes:
    """Everything up to the peer's end."""
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def nothing_yet(connection: socket.socket) -> bool:
    """Whether nothing has come so far; the connection goes on waiting afterwards."""
    connection.settimeout(0.05)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(10)
    return False


def dialogue(server: Serving, *commands: str) -> socket.socket:
    """Say some SMTP commands, each after the answer to the former."""
    connection = connect(server.smtp_port)
    connection.recv(1024)
    for command in commands:
        connection.sendall(command.encode() + b"\r\n")
        if command is not commands[-1]:
            connection.recv(4096)
    return connection


def test_delay_comes_before_the_answer(server: Serving) -> None:
    """Nothing is sent before the time is up; a second request waits its turn."""
    with ask(server, "/status/503-delay=300ms") as connection:
        connection.sendall(REQUEST.format(target="/status/200").encode())
        assert nothing_yet(connection)
        data = b""
        while data.count(b"HTTP/1.1 ") < 2:
            data += connection.recv(65536)
        assert data.index(b" 503 ") < data.index(b" 200 ")


def test_drip_spreads_the_answer(server: Serving) -> None:
    """Many pieces, which a client gets one by one."""
    with ask(server, "/status/503-drip=400ms-close") as connection:
        pieces, data = 0, b""
        while piece := connection.recv(65536):
            pieces += 1
            data += piece
    assert pieces > 10
    assert data.endswith(b"}")


def test_truncate_cuts_the_body_and_closes(server: Serving) -> None:
    """Half of what Content-Length promises (RFC 9112 §8)."""
    with ask(server, "/status/507-truncate=0.5") as connection:
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert b"Content-Length: 68" in head
    assert len(body) == 34
    with ask(server, "/status/507-truncate=10") as connection:
        assert len(read_all(connection).partition(b"\r\n\r\n")[2]) == 10


def test_close_ends_the_connection_after_the_answer(server: Serving) -> None:
    """An orderly end (FIN), the answer whole."""
    with ask(server, "/status/503-close") as connection:
        assert read_all(connection).endswith(b"}")


def test_reset_breaks_the_connection(server: Serving) -> None:
    """A real RST: the peer's recv fails."""
    with ask(server, "/status/reset") as connection, pytest.raises(ConnectionResetError):
        read_all(connection)
    with ask(server, "/status/503-reset") as connection, pytest.raises(ConnectionResetError):
        read_all(connection)


def test_drop_ends_without_an_answer(server: Serving) -> None:
    """FIN and no octet."""
    with ask(server, "/status/drop") as connection:
        assert read_all(connection) == b""


def test_hang_never_answers(server: Serving) -> None:
    """Silence, and the connection stays open."""
    with ask(server, "/status/hang") as connection:
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_smtp_effects(server: Serving) -> None:
    """The same effects at SMTP's stages."""
    with dialogue(server, "EHLO c.example", "MAIL FROM:<mail450-delay=300ms@any.test>") as connection:
        assert nothing_yet(connection)
        assert connection.recv(1024).startswith(b"450 ")
    with dialogue(server, "EHLO c.example", "MAIL FROM:<>", "RCPT TO:<rcptdrop@any.test>") as connection:
        assert connection.recv(1024) == b""
    with (
        dialogue(server, "EHLO c.example", "MAIL FROM:<>", "RCPT TO:<rcptreset@any.test>") as connection,
        pytest.raises(ConnectionResetError),
    ):
        connection.recv(1024)
    with dialogue(server, "EHLO c.example", "MAIL FROM:<>", "RCPT TO:<rcpthang@any.test>") as connection:
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    with dialogue(server, "EHLO c.example", "MAIL FROM:<mail421-close@any.test>") as connection:
        assert read_all(connection).startswith(b"421 4.3.2 ")


def test_pipelined_commands_keep_their_order_behind_a_delay(server: Serving) -> None:
    """RFC 2920: answers come in the order of the commands, the slow one in its place."""
    with dialogue(server, "EHLO c.example") as connection:
        connection.recv(4096)
        recipients = b"RCPT TO:<rcpt451-delay=200ms@any.test>\r\nRCPT TO:<b@any.test>\r\n"
        connection.sendall(b"MAIL FROM:<a@c.example>\r\n" + recipients + b"RSET\r\nQUIT\r\n")
        codes = [line[:3] for line in read_all(connection).split(b"\r\n") if line]
    assert codes == [b"250", b"451", b"250", b"250", b"221"]


def test_reply_that_nobody_asked_for_comes_behind_one_that_takes_time(server: Serving) -> None:
    """RFC 5321 §3.8: the 421 of ``idle`` falls due while a reply drips, and is not lost."""
    with dialogue(server, "EHLO idle421-delay=100ms.any.test", "NOOP noop250-drip=400ms") as connection:
        assert [line[:3] for line in read_all(connection).splitlines()] == [b"250", b"421"]
