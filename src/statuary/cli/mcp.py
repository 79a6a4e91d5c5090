"""``statuary mcp``: the catalogue and mock dialogues as tools of the Model Context Protocol."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from statuary.cli.parser import add_common
from statuary.errors import ServeError
from statuary.explain.words import N_

__all__ = ["DEFAULT_PORT", "add_arguments", "run"]

DEFAULT_PORT = 8082
"""The port of streamable HTTP."""
MAX_PORT = 65_535
"""The highest port."""
HOST = "127.0.0.1"
"""Where it listens: on loopback and nowhere else, for there is no token."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the server."""
    parser.add_argument("--http", action="store_true", help=N_("serve streamable HTTP on loopback, not standard input"))
    parser.add_argument("--port", metavar="PORT", help=N_("its port (8082; 0 for any free one)"))
    add_common(parser, "json")


def run(arguments: argparse.Namespace) -> int:
    """Serve until the input ends, or over HTTP until SIGINT or SIGTERM.

    Returns:
        0 after a clean end, 2 for wrong options or where the SDK is not installed, 3 where the port cannot be had.
    """
    text = arguments.port or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= MAX_PORT):
        arguments.parser.error(f"--port: {text!r} is not a port from 0 to {MAX_PORT}")
    if not arguments.http and (arguments.port is not None or arguments.json):
        arguments.parser.error("--port and --json need --http")
    try:
        import mcp  # noqa: F401
    except ImportError:
        sys.stderr.write("statuary mcp: the MCP SDK is not installed; install it with: pip install 'statuary[mcp]'\n")
        return 2
    if not arguments.http:
        # What reads standard input cannot be interrupted: let SIGINT end the process, as SIGTERM does.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        asyncio.run(_serve_http(int(text), as_json=arguments.json) if arguments.http else _serve_stdio())
    except ServeError as error:
        sys.stderr.write(f"statuary mcp: {error}\n")
        return 3
    return 0


async def _serve_stdio() -> None:
    from statuary.catalog.store import open_catalogue
    from statuary.explain.reference import Reference
    from statuary.mcp.server import serve_stdio

    catalogue = open_catalogue()
    try:
        await serve_stdio(Reference(catalogue))
    finally:
        catalogue.close()


async def _serve_http(port: int, *, as_json: bool) -> None:
    from statuary.catalog.store import open_catalogue
    from statuary.explain.reference import Reference
    from statuary.mcp.server import PATH, serve_http
    from statuary.serve.runtime import bind

    sock = bind(HOST, port)
    catalogue = None
    try:
        url = f"http://{HOST}:{sock.getsockname()[1]}{PATH}"

        def announce() -> None:
            sys.stdout.write(json.dumps({"mcp": url}) + "\n" if as_json else f"MCP server    {url}\n")
            sys.stdout.flush()

        catalogue = open_catalogue()
        await serve_http(Reference(catalogue), sock, announce)
    finally:
        sock.close()
        if catalogue is not None:
            catalogue.close()
