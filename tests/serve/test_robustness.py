"""What strangers do: slow connections, large bodies, garbage, floods."""

from __future__ import annotations

import contextlib
import random
import smtplib
import socket
from pathlib import Path

import httpx
import pytest
from tests.conftest import Serving, start_server, stop_server

MEBIBYTE = 1024 * 1024


def resident_octets(pid: int) -> int:
    """Resident memory of a process now."""
    for line in Path(f"/proc/{pid}/status").read_text().split("\n"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def test_200_slow_connections_do_not_stall_a_normal_client(server: Serving) -> None:
    """Half of them sit in a request line, half in a command; both mocks and the site go on."""
    with contextlib.ExitStack() as stack:
        for number in range(200):
            port = (server.http_port, server.smtp_port)[number % 2]
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            connection.sendall((b"GET /status/503 HTTP/1.1\r\nHo", b"EHLO cl")[number % 2])
        for _ in range(20):
            assert httpx.get(f"{server.http}/status/507").status_code == 507
        assert httpx.get(f"{server.site}/en/").status_code == 200
        with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=10) as client:
            client.sendmail("a@client.example", ["b@any.test"], "Subject: Hello\r\n\r\nHello.\r\n")


def test_a_body_of_100_megabytes_is_refused_and_not_held() -> None:
    """413 at once by its Content-Length; a chunked one when it passes the limit (RFC 9110 §15.5.14)."""
    started = start_server()
    server = started.serving
    before = resident_octets(server.pid)
    with socket.create_connection(("127.0.0.1", server.http_port), timeout=20) as connection:
        connection.sendall(b"PUT /status/200 HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 Content Too Large\r\n")
    with socket.create_connection(("127.0.0.1", server.http_port), timeout=20) as connection:
        connection.sendall(b"PUT /status/200 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + bytes(MEBIBYTE) + b"\r\n"
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                connection.sendall(chunk)
        with contextlib.suppress(ConnectionError):
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 413 ")
    assert resident_octets(server.pid) - before < 30 * MEBIBYTE
    assert httpx.get(f"{server.http}/status/204").status_code == 204
    assert stop_server(started) == 0


def test_a_message_of_100_megabytes_is_refused_and_not_held() -> None:
    """552 5.3.4 after the dot (RFC 1870 §6.3); with SIZE declared, at MAIL."""
    started = start_server()
    server = started.serving
    before = resident_octets(server.pid)
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=60) as client:
        client.ehlo()
        assert client.mail("a@client.example", ["SIZE=104857600"])[0] == 552
        client.mail("a@client.example")
        client.rcpt("b@any.test")
        assert client.docmd("DATA")[0] == 354
        line = b"x" * 998 + b"\r\n"
        assert client.sock is not None
        for _ in range(100):
            client.sock.sendall(line * 1049)
        client.sock.sendall(b".\r\n")
        assert client.getreply()[0] == 552
        assert client.noop()[0] == 250
    assert resident_octets(server.pid) - before < 60 * MEBIBYTE
    assert stop_server(started) == 0


@pytest.mark.parametrize("seed", range(4))
def test_garbage_crashes_nothing(server: Serving, seed: int) -> None:
    """Random and nearly right octets on both mocks; each connection ends or answers, the server lives."""
    chance = random.Random(seed)
    alphabet = (
        *(b"GET ", b"EHLO ", b"MAIL FROM:<", b"RCPT TO:<rcpt", b"452", b"/status/", b" HTTP/1.1\r\n", b"\r\n", b"\0"),
        *(b"\xff", b">", b"~", b"x2", b"DATA\r\n", b".\r\n", b"Transfer-Encoding: chunked\r\n", b"%0d%0a", b"../"),
    )
    for _ in range(60):
        data = b"".join(chance.choice([*alphabet, chance.randbytes(5)]) for _ in range(chance.randrange(1, 40)))
        for port in (server.http_port, server.smtp_port):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionError):
                    while connection.recv(65536):
                        pass
    assert httpx.get(f"{server.http}/status/204").status_code == 204
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=10) as client:
        assert client.noop()[0] == 250


def test_paths_that_climb_reach_nothing(server: Serving) -> None:
    """No path of any server leads to a file."""
    for path in (
        "/../../etc/passwd",
        "/static/../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/en/..%2f..%2fetc",
    ):
        for base, port in ((server.site, 0), (server.http, server.http_port)):
            with socket.create_connection(
                ("127.0.0.1", port or int(base.rpartition(":")[2])), timeout=10
            ) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                answer = b""
                while piece := connection.recv(65536):
                    answer += piece
            assert b"root:" not in answer
            assert answer[9:12] in (b"404", b"400", b"301", b"302", b"307", b"308")


def test_nothing_in_an_address_can_inject_a_line(server: Serving) -> None:
    """Quoted local parts may hold nearly anything; replies stay one line each."""
    with socket.create_connection(("127.0.0.1", server.smtp_port), timeout=10) as connection:
        connection.recv(1024)
        for command in (
            b"EHLO c.example\r\n",
            b"MAIL FROM:<>\r\n",
            b'RCPT TO:<"rcpt452\\\r 250 ok"@any.test>\r\n',
            b'RCPT TO:<"rcpt452 4.2.2 \x00 x"@any.test>\r\n',
            b"RCPT TO:<rcpt551@any.test\rRSET>\r\n",
        ):
            connection.sendall(command)
            answer = connection.recv(4096)
            assert answer.endswith(b"\r\n")
            for line in answer[:-2].split(b"\r\n"):
                assert line[:3].isdigit(), line
                assert b"\r" not in line
                assert b"\n" not in line
