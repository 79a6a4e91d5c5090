"""TLS on the wire: STARTTLS, implicit TLS, what must not get through them, and closes that cost nobody a reply."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Serving

from statuary.errors import ServeError
from statuary.serve.tls import Authority, load_context


def read_reply(connection: socket.socket) -> bytes:
    """One whole reply."""
    data = b""
    while not (data.endswith(b"\n") and data.rstrip(b"\r\n").rpartition(b"\n")[2][3:4] != b"-"):
        piece = connection.recv(4096)
        if not piece:
            break
        data += piece
    return data


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def trust(server: Serving) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file)


@contextlib.contextmanager
def connect(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        yield connection


@contextlib.contextmanager
def connect_inside(server: Serving, name: str = "localhost") -> Iterator[ssl.SSLSocket]:
    """A connection inside TLS from its start, the greeting read."""
    with (
        connect(server.ports["smtps"]) as plain,
        trust(server).wrap_socket(plain, server_hostname=name) as connection,
    ):
        assert read_reply(connection).startswith(b"220 ")
        yield connection


@contextlib.contextmanager
def begin_tls(server: Serving) -> Iterator[socket.socket]:
    """A connection up to the reply to STARTTLS."""
    with connect(server.ports["submission"]) as connection:
        read_reply(connection)
        connection.sendall(b"EHLO c.example\r\n")
        assert b"STARTTLS" in read_reply(connection)
        connection.sendall(b"STARTTLS\r\n")
        assert read_reply(connection).startswith(b"220 ")
        yield connection


def test_starttls_forgets_the_dialogue_before_it(server: Serving) -> None:
    """RFC 3207 §4.2: EHLO comes again, and STARTTLS is no longer offered."""
    with begin_tls(server) as plain, trust(server).wrap_socket(plain, server_hostname="localhost") as connection:
        connection.sendall(b"MAIL FROM:<>\r\n")
        assert read_reply(connection).startswith(b"503 ")
        connection.sendall(b"EHLO c.example\r\n")
        assert b"STARTTLS" not in read_reply(connection)
        connection.sendall(b"STARTTLS\r\n")
        assert read_reply(connection).startswith(b"503 ")
        connection.sendall(b"QUIT\r\n")
        assert read_reply(connection).startswith(b"221 ")
        assert connection.recv(10) == b"", "close_notify, then the end"


@pytest.mark.parametrize("way", ["with the command", "while 220 is awaited"])
def test_commands_sent_ahead_do_not_count_as_said_inside(server: Serving, way: str) -> None:
    """The injection hole: plain octets behind STARTTLS are discarded (RFC 3207 §4.2)."""
    name = "EHLO starttls220-delay=300ms.x\r\n" if way == "while 220 is awaited" else "EHLO c.example\r\n"
    with connect(server.ports["submission"]) as plain:
        read_reply(plain)
        plain.sendall(name.encode())
        read_reply(plain)
        evil = b"EHLO evil\r\nMAIL FROM:<evil@c.example>\r\n"
        if way == "with the command":
            plain.sendall(b"STARTTLS\r\n" + evil)
        else:
            plain.sendall(b"STARTTLS\r\n")
            plain.sendall(evil)
        assert read_reply(plain).startswith(b"220 ")
        with trust(server).wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(b"NOOP\r\n")
            assert read_reply(connection).startswith(b"250 ")
            connection.sendall(b"RCPT TO:<b@any.test>\r\n")
            assert read_reply(connection).startswith(b"503 ")


def test_plain_port_offers_no_starttls(server: Serving) -> None:
    """Clients that use it wherever it is listed, and trust nobody new, must be able to send."""
    with connect(server.smtp_port) as connection:
        read_reply(connection)
        connection.sendall(b"EHLO c.example\r\n")
        assert b"STARTTLS" not in read_reply(connection)
        connection.sendall(b"STARTTLS\r\n")
        assert read_reply(connection).startswith(b"502 ")


def test_message_through_implicit_tls(server: Serving) -> None:
    """RFC 8314 §3.3; a large message in many records."""
    address = f"anna-{uuid.uuid4().hex[:8]}@any.test"
    content = b"".join(b"%07d\r\n" % number for number in range(20_000))
    with connect_inside(server, "127.0.0.1") as connection:
        for line in ("EHLO c.example", "MAIL FROM:<>", f"RCPT TO:<{address}>", "DATA"):
            connection.sendall(line.encode() + b"\r\n")
            assert read_reply(connection)[:1] in (b"2", b"3")
        connection.sendall(content + b".\r\n")
        assert read_reply(connection).startswith(b"250 ")
    with urllib.request.urlopen(f"{server.site}/api/messages") as response:
        kept = [message for message in json.load(response)["messages"] if message["recipients"] == [address]]
    assert kept[0]["octets"] == len(content)


def test_handshakes_that_fail_leave_the_server_in_peace(server: Serving) -> None:
    """Plain text, garbage, an early end, distrust: each connection ends, the next one is served."""
    for data in (b"EHLO c.example\r\n", b"\x16\x03\x01\x02\x00\x01", b"\0" * 5000, b""):
        with connect(server.ports["smtps"]) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                read_all(connection)
    with connect(server.ports["smtps"]) as connection, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(connection, server_hostname="localhost")
    with begin_tls(server) as connection:
        connection.sendall(b"NOOP\r\n")
        with contextlib.suppress(ConnectionError):
            assert b"250" not in read_all(connection)
    test_message_through_implicit_tls(server)


@pytest.mark.parametrize(
    ("script", "ends"), [("drop", b""), ("452-close", b"452 4.3.1 "), ("452-truncate=5", b"452 4")]
)
def test_endings_inside_tls(server: Serving, script: str, ends: bytes) -> None:
    """Effects cut what is written inside TLS, and the connection ends in an orderly way."""
    with connect_inside(server) as connection:
        for line in ("EHLO c.example", "MAIL FROM:<>"):
            connection.sendall(line.encode() + b"\r\n")
            read_reply(connection)
        connection.sendall(f"RCPT TO:<rcpt{script}@any.test>\r\n".encode())
        answer = read_all(connection)
    assert (answer == ends) if script != "452-close" else answer.startswith(ends)


def test_reset_inside_tls(server: Serving) -> None:
    """A real RST, without close_notify; seen below TLS, which takes it for an end."""
    with connect_inside(server) as connection, socket.socket(fileno=os.dup(connection.fileno())) as below:
        below.settimeout(10)
        connection.sendall(b"EHLO ehloreset.x\r\n")
        with pytest.raises(ConnectionResetError):
            read_all(below)


@pytest.mark.parametrize("script", ["421", "421-close", "554-close", "drop"])
def test_last_reply_reaches_a_client_that_still_sends(server: Serving, script: str) -> None:
    """Octets left unread would have the kernel reset the connection, and cost the client the reply."""
    for _ in range(5):
        with connect(server.smtp_port) as connection:
            read_reply(connection)
            flood = b"RCPT TO:<b@any.test>\r\n" * 20_000
            connection.sendall(f"EHLO c.example\r\nMAIL FROM:<mail{script}@any.test>\r\n".encode())
            with contextlib.suppress(BrokenPipeError):
                connection.sendall(flood)
            connection.shutdown(socket.SHUT_WR)
            answer = read_all(connection)
            last = answer.splitlines()[-1][:3].decode()
            assert last == (script[:3] if script != "drop" else "250")


def test_421_in_the_midst_of_silence(server: Serving) -> None:
    """The client says nothing; the server takes its leave."""
    with connect(server.smtp_port) as connection:
        read_reply(connection)
        connection.sendall(b"EHLO idle421-delay=100ms.x\r\n")
        said = read_all(connection)
    assert said.splitlines()[-1].startswith(b"421 4.3.2 ")


def test_certificate_of_the_users_own(tmp_path: Path) -> None:
    """A file that is none is named, with what it should be."""
    with pytest.raises(ServeError, match="No such file"):
        load_context(tmp_path / "none.pem")
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    with pytest.raises(ServeError, match="no certificate in PEM"):
        load_context(wrong)


def test_authority_makes_files_and_takes_them_away(tmp_path: Path) -> None:
    """Names of the server are in the certificate; the key is its owner's only; a directory given stays."""
    with Authority(["mx.any.test"]) as authority:
        ca_file = authority.ca_file
        assert b"BEGIN CERTIFICATE" in ca_file.read_bytes()
        assert authority.server_context(("h2",)) is authority.server_context(("h2",))
        assert (ca_file.parent / "server.pem").stat().st_mode & 0o077 == 0
    assert not ca_file.exists()
    with Authority(directory=tmp_path) as authority:
        assert authority.ca_file.parent == tmp_path
    assert authority.ca_file.exists()
    missing = tmp_path / "gone"
    with Authority(directory=missing) as authority, pytest.raises(ServeError, match="cannot be made"):
        authority.server_context()
