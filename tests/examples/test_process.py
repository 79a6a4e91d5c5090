"""``statuary serve --free-ports --json``, as a test in any language starts it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from statuary.serve.protocols import PROTOCOLS

COMMAND = [sys.executable, "-m", "statuary", "serve", "--json"]


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[dict[str, Any]]:
    """What a process announces, until the block ends."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("STATUARY")}
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, env={**settings, **environment}) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0


def ports(facts: dict[str, Any]) -> dict[str, int]:
    """The port of every server."""
    return {name: urlsplit(facts[name]).port or 0 for name in ("site", *(adapter.name for adapter in PROTOCOLS))}


def test_two_at_once_never_meet() -> None:
    """All ports are free ones; by flag and from the environment."""
    with serving("--free-ports") as first, serving(STATUARY_FREE_PORTS="1") as second:
        found = [*ports(first).values(), *ports(second).values()]
    assert len(found) == len(set(found)) == 2 * (len(PROTOCOLS) + 1)
    assert all(port > 1024 for port in found)


def test_a_port_that_is_given_is_kept() -> None:
    """The others are free ones all the same."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        wanted = found.getsockname()[1]
    with serving("--free-ports", "--smtp-port", str(wanted)) as facts:
        assert ports(facts)["smtp"] == wanted
        assert ports(facts)["http"] not in (wanted, 8081)
