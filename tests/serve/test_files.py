"""The limit of open files: connections past it would be closed without a word."""

from __future__ import annotations

import contextlib
import resource
import socket

from soak.server import HOST, watched_server

from statuary.serve.files import allow_files

SOFT_LIMIT = 128
"""Open files that the server starts with."""
CONNECTIONS = 300
"""More connections than that."""


def test_a_low_soft_limit_does_not_limit_connections() -> None:
    """The limit is raised as far as the hard one allows, so that every connection is greeted (RFC 5321 §3.1)."""
    shell = ("sh", "-c", f'ulimit -S -n {SOFT_LIMIT}; exec "$0" "$@"')
    with watched_server(before=shell) as server, contextlib.ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection((HOST, server.ports["smtp"]), timeout=20))
            for _ in range(CONNECTIONS)
        ]
        assert all(connection.recv(100).startswith(b"220 ") for connection in connections)


def test_a_limit_that_is_high_enough_is_left_alone() -> None:
    """It is only ever raised."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert allow_files(1) >= min(before[0], 1)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
