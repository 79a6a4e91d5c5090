"""Load generators: wrk, smtp-source, and plain sockets for what these two cannot do."""

from __future__ import annotations

import re
import resource
import socket
import subprocess
import time
from collections.abc import Sequence

from bench.measure import Window, cpu_seconds
from bench.peers import HOST, Server, find_tool

__all__ = [
    "MessageLoad",
    "fetch",
    "refuse_recipients",
    "run_wrk",
    "send_messages",
    "send_requests",
    "send_transactions",
]

CONNECTIONS = 64
"""How many connections wrk holds."""
SESSIONS = 20
"""How many SMTP sessions go on side by side."""
MESSAGE_OCTETS = 2000
"""The size of a message's body."""

_DONE = re.compile(r"(\d+) requests in ([0-9.]+)(us|ms|s|m)")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


def fetch(port: int, target: str) -> bytes:
    """The body of one answer of an HTTP server."""
    with socket.create_connection((HOST, port), 5) as sock:
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    return answer.partition(b"\r\n\r\n")[2]


def run_wrk(server: Server, target: str, seconds: int, *, new_connections: bool = False) -> Window:
    """Load an HTTP server that answers nothing but 503 for a while.

    Raises:
        Missing: wrk is not installed.
        SystemExit: another status code came back.
    """
    command = [find_tool("wrk", "wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    if new_connections:
        command += ["-H", "Connection: close"]
    command.append(f"http://{HOST}:{server.http}{target}")
    load_before, before = _children_cpu(), cpu_seconds(server.pid)
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    server_cpu, load_cpu = cpu_seconds(server.pid) - before, _children_cpu() - load_before
    found = _DONE.search(text)
    if found is None or f"Non-2xx or 3xx responses: {found[1]}\n" not in text or int(found[1]) == 0:
        raise SystemExit(f"bench: wrk met other answers than 503:\n{text}")
    return Window(int(found[1]), float(found[2]) * _UNITS[found[3]], server_cpu, load_cpu)


class MessageLoad:
    """Messages by smtp-source; as many as fill the time, going by the last window.

    Args:
        server: where to.
        seconds: how long a window is to be.
        keep: whether a session goes on after its message.
    """

    def __init__(self, server: Server, seconds: float, *, keep: bool) -> None:
        self._server = server
        self._seconds = seconds
        self._options = ["-d"] if keep else []
        self._messages = 200

    def __call__(self) -> Window:
        """One window.

        Raises:
            Missing: smtp-source is not installed.
        """
        messages = self._messages
        command = [
            *(find_tool("smtp-source", "postfix"), *self._options, "-s", str(SESSIONS), "-m", str(messages)),
            *("-l", str(MESSAGE_OCTETS), "-f", "sender@load.test", "-t", "box@any.test"),
            f"inet:{HOST}:{self._server.smtp}",
        ]
        load_before, before, begun = _children_cpu(), cpu_seconds(self._server.pid), time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken = time.perf_counter() - begun
        server_cpu = cpu_seconds(self._server.pid) - before
        self._messages = max(SESSIONS, int(messages / taken * self._seconds))
        return Window(messages, taken, server_cpu, _children_cpu() - load_before)


def refuse_recipients(server: Server, recipients: Sequence[str], seconds: float, *, pipelined: bool) -> Window:
    """Transactions whose one recipient is refused with a 4yz reply: MAIL, RCPT, RSET, again and again.

    Every session has its turn: first all are written to, then all are read from, the last one first. So the server
    always has something to do, and does not spend its time on waking the generator for each reply.

    Args:
        server: where to.
        recipients: whom to try, in turn.
        seconds: how long.
        pipelined: whether the three commands go out in one write (RFC 2920), or each waits for its reply.

    Raises:
        SystemExit: a recipient was accepted.
    """
    groups = [
        (b"MAIL FROM:<sender@load.test>\r\n", f"RCPT TO:<{recipient}>\r\n".encode(), b"RSET\r\n")
        for recipient in recipients
    ]
    writes = [(b"".join(group),) for group in groups] if pipelined else groups
    expected = 3 if pipelined else 1
    sessions = [_hello(server.smtp) for _ in range(SESSIONS)]
    refused_line = b"\n4" if pipelined else b"4"
    answers = turn = 0
    load_before, before, begun = time.process_time(), cpu_seconds(server.pid), time.perf_counter()
    end = begun + seconds
    while time.perf_counter() < end:
        for step in range(len(writes[0])):
            for place, session in enumerate(sessions):
                session.sendall(writes[(turn + place) % len(writes)][step])
            for session in reversed(sessions):
                reply = session.recv(4096)
                while reply.count(b"\n") < expected:
                    reply += session.recv(4096)
                if (pipelined or step == 1) and refused_line not in reply[: None if pipelined else 1]:
                    raise SystemExit(f"bench: a recipient was not refused: {reply!r}")
        turn += SESSIONS
        answers += SESSIONS
    taken = time.perf_counter() - begun
    window = Window(answers, taken, cpu_seconds(server.pid) - before, time.process_time() - load_before)
    for session in sessions:
        session.close()
    return window


def send_requests(port: int, targets: Sequence[str]) -> None:
    """One request for each target on one connection, pipelined by 50; every answer is waited for."""
    with socket.create_connection((HOST, port), 10) as sock:
        for place in range(0, len(targets), 50):
            part = targets[place : place + 50]
            sock.sendall("".join(f"GET {target} HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n" for target in part).encode())
            _read(sock, b"HTTP/1.1 503 ", len(part))


def send_transactions(port: int, recipients: Sequence[str]) -> None:
    """One transaction for each recipient on one connection, pipelined; each recipient is refused."""
    with _hello(port) as sock:
        for recipient in recipients:
            sock.sendall(f"MAIL FROM:<sender@load.test>\r\nRCPT TO:<{recipient}>\r\nRSET\r\n".encode())
            _read(sock, b"\n", 3)


def send_messages(port: int, count: int, octets: int) -> None:
    """So many messages on one connection, each accepted."""
    content = (b"x" * 78 + b"\r\n") * (octets // 80) + b".\r\n"
    with _hello(port) as sock:
        for _ in range(count):
            sock.sendall(b"MAIL FROM:<sender@load.test>\r\nRCPT TO:<box@any.test>\r\nDATA\r\n")
            _read(sock, b"\n", 3)
            sock.sendall(content)
            _read(sock, b"250 ", 1)


def _read(sock: socket.socket, mark: bytes, times: int) -> None:
    """Until a mark has come so many times and a line has ended."""
    got = b""
    while got.count(mark) < times:
        data = sock.recv(262_144)
        if not data:
            raise SystemExit("bench: the server closed a connection early")
        got += data


def _hello(port: int) -> socket.socket:
    sock = socket.create_connection((HOST, port), 10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.recv(4096)
    sock.sendall(b"EHLO load.test\r\n")
    reply = b""
    while not re.search(rb"^250 [^\n]*\n", reply, re.MULTILINE):
        reply += sock.recv(4096)
    return sock


def _children_cpu() -> float:
    """Processor seconds of ended children, in which servers are not while they run."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
