"""Starts what is measured and what it is measured against, each on the server's core."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bench.measure import on_core

__all__ = [
    "HOST",
    "Missing",
    "Server",
    "find_tool",
    "free_port",
    "running",
    "start_httpbin",
    "start_nginx",
    "start_smtp",
    "start_statuary",
    "wait",
]

HOST = "127.0.0.1"
START_SECONDS = 20.0
"""What a server gets to answer for the first time."""

PEERS_PYTHON = str(Path(sys.prefix) / "peers" / "bin" / "python")
"""The interpreter of the peers: httpbin wants an older greenlet than the tests' tools do."""

COMPILED = Path(sys.prefix) / "compiled"
"""The package as a wheel for this machine lays it out; ``tools/setup bench`` makes it."""

_NGINX = """\
worker_processes 1;
error_log stderr error;
pid {folder}/pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    default_type application/json;
    server {{ listen {host}:{port} backlog=4096; location / {{ return 503 '{body}'; }} }}
}}
"""


class Missing(Exception):
    """A peer or a tool is not installed; the rows that need it are skipped."""


class Server(NamedTuple):
    """A running server.

    Args:
        pid: of its first process.
        http: the port of its HTTP side; 0 for none.
        smtp: the port of its SMTP side; 0 for none.
        site: the port of its site; 0 for none.
    """

    pid: int
    http: int = 0
    smtp: int = 0
    site: int = 0


def find_tool(name: str, package: str) -> str:
    """Where a program is.

    Raises:
        Missing: it is not installed.
    """
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Missing(f"{name} (Debian package {package})")
    return found


@contextlib.contextmanager
def start_statuary(core: int, rules: int, *, pure: bool = False) -> Iterator[Server]:
    """The site and both mocks in one process, with so many rules each.

    Args:
        core: where it runs.
        rules: how many each mock has.
        pure: whether the checkout is run as it is; else what a wheel for this machine holds, which is partly compiled.
    """
    command = [sys.executable, "-m", "bench.server", str(rules)]
    environment = dict(os.environ)
    if not pure:
        if not COMPILED.is_dir():
            raise SystemExit(f"bench: {COMPILED} is missing: run tools/setup bench, or measure with --pure")
        environment["PYTHONPATH"] = str(COMPILED)
    with running(command, core, stdout=subprocess.PIPE, environment=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit("bench: statuary does not start")
        ports = json.loads(line)
        yield Server(process.pid, ports["http"], ports["smtp"], ports["site"])


@contextlib.contextmanager
def start_nginx(core: int, body: bytes) -> Iterator[Server]:
    """One worker of nginx that returns a body for everything.

    Raises:
        Missing: it is not installed.
    """
    nginx = find_tool("nginx", "nginx-light")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, host=HOST, port=port, body=body.decode()))
        command = [nginx, "-p", folder, "-c", str(config), "-g", "daemon off;"]
        with running(command, core) as process:
            wait(process, port)
            yield Server(process.pid, http=port)


@contextlib.contextmanager
def start_httpbin(core: int) -> Iterator[Server]:
    """httpbin under gunicorn: one worker whose threads keep 64 connections alive.

    Raises:
        Missing: it is not installed.
    """
    python = _python_with("httpbin", "gunicorn")
    port = free_port()
    options = ["-w", "1", "--threads", "64", "-b", f"{HOST}:{port}", "--no-control-socket"]
    command = [python, "-m", "gunicorn", *options, "httpbin:app"]
    with running(command, core) as process:
        wait(process, port)
        yield Server(process.pid, http=port)


@contextlib.contextmanager
def start_smtp(name: str, core: int) -> Iterator[Server]:
    """An SMTP peer: ``smtp-sink``, ``smtp-sink -r rcpt`` (refuses every recipient) or ``aiosmtpd``.

    Raises:
        Missing: it is not installed.
    """
    port = free_port()
    if name == "aiosmtpd":
        python = _python_with("aiosmtpd")
        command = [python, "-m", "aiosmtpd", "-n", "-l", f"{HOST}:{port}", "-c", "aiosmtpd.handlers.Sink"]
    else:
        command = [find_tool("smtp-sink", "postfix"), *name.split()[1:], f"inet:{HOST}:{port}", "1024"]
        if os.geteuid() == 0:
            command[1:1] = ["-u", "nobody"]
    with running(command, core) as process:
        wait(process, port)
        yield Server(process.pid, smtp=port)


def _python_with(*modules: str) -> str:
    """An interpreter that has these packages: that of the peers, which has an environment of its own, or ours.

    Raises:
        Missing: there is none.
    """
    for python in (PEERS_PYTHON, sys.executable):
        command = [python, "-c", f"import {', '.join(modules)}"]
        with contextlib.suppress(OSError):
            if subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0:
                return python
    raise Missing(f"{' or '.join(modules)} (requirements/peers.txt)")


def free_port() -> int:
    """A port of the loopback that is free now."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def running(
    command: list[str],
    core: int,
    stdout: int = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process on a core, ended with the block.

    Args:
        command: the command.
        core: the core.
        stdout: where its output goes.
        environment: its environment; None for that of this process.
    """
    with on_core(core):
        process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def wait(process: subprocess.Popen[bytes], port: int, seconds: float = START_SECONDS) -> None:
    """Until the port takes connections, for so many seconds at most."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"bench: {process.args!r} does not start")
