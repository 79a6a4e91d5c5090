"""``statuary health``: whether a running server is up, for health checks and for scripts that wait for one."""

from __future__ import annotations

import argparse
import os
import time

from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.cli.remote import DEFAULT_URL, Remote, RemoteFailure
from statuary.explain.words import N_

__all__ = ["add_arguments", "run"]

MAX_WAIT_SECONDS = 3600
"""The longest that a server is waited for, in seconds."""
PATIENCE_SECONDS = 10.0
"""How long one question waits for its answer, in seconds; the first has the site loaded."""
PAUSE_SECONDS = 0.1
"""The pause between two questions, in seconds."""
MAX_PORT = 65_535
"""The highest port."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the check."""
    parser.add_argument("--url", metavar="URL", help=N_("the server's site (STATUARY_URL; http://127.0.0.1:8080)"))
    parser.add_argument("--wait", metavar="SECONDS", help=N_("wait until it is up, at most so many seconds"))
    add_common(parser, "json", "lang", "color")


def run(arguments: argparse.Namespace) -> int:
    """Ask a server whether it is up; no token is needed.

    Returns:
        0 where it is up, 2 for wrong options, 3 where it does not answer or something else does.
    """
    console = Console(arguments, lenient=True)
    wait = arguments.wait or "0"
    if not (wait.isascii() and wait.isdigit() and int(wait[:9]) <= MAX_WAIT_SECONDS):
        console.wrong_usage(f"--wait: {wait!r} is no whole number of seconds up to {MAX_WAIT_SECONDS}")
    end = time.monotonic() + int(wait)
    try:
        remote = Remote(arguments.url or os.environ.get("STATUARY_URL") or _own_url(), timeout=PATIENCE_SECONDS)
        while True:
            try:
                found = remote.get_json("/api/health")
                break
            except RemoteFailure as failure:
                if failure.slug != "unreachable" or time.monotonic() >= end:
                    raise
            time.sleep(PAUSE_SECONDS)
        if not isinstance(found, dict) or found.get("status") != "up":
            raise RemoteFailure("no_statuary", f"what answers at {remote.url} is no Statuary server")
    except RemoteFailure as failure:
        console.complain(failure.slug, failure.message)
        return 2 if failure.wrong_usage else 3
    if arguments.json:
        console.emit({"url": remote.url, **found})
    else:
        console.write([console.gettext("{url} is up").format(url=remote.url)])
    return 0


def _own_url() -> str:
    """Where a server that was started with the same environment has its site."""
    port = os.environ.get("STATUARY_SITE_PORT", "")
    if port.isascii() and port.isdigit() and 0 < int(port[:9]) <= MAX_PORT:
        return f"{DEFAULT_URL.rpartition(':')[0]}:{int(port)}"
    return DEFAULT_URL
