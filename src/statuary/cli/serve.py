"""``statuary serve``: the site and the mocks in one process."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import os
import secrets
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from statuary.errors import ServeError, StatuaryError

__all__ = ["Settings", "add_arguments", "read_settings", "run"]

MAX_SEED = 2**53 - 1
"""The highest seed; JSON readers keep whole numbers up to it exact."""

_PORTS = {"site": 8080, "http": 8081, "smtp": 1025}


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``serve`` was told: a flag goes before the environment, that before the default.

    Args:
        host: the address that all servers listen on.
        ports: port by server; 0 for any free one.
        seed: what random choices are drawn from.
        token: what readers of the journal must show; empty for none.
        hostname: how the SMTP mock calls itself.
        json: whether the one line that says where all listens is JSON.
    """

    host: str
    ports: Mapping[str, int]
    seed: int
    token: str
    hostname: str
    json: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``statuary serve`` to a parser."""
    environment = "also from the environment as STATUARY_%s"
    parser.add_argument("--host", help=f"address to listen on (127.0.0.1); {environment % 'HOST'}")
    for name, port in _PORTS.items():
        what = "site and API" if name == "site" else f"{name.upper()} mock"
        parser.add_argument(
            f"--{name}-port",
            metavar="PORT",
            help=f"port of the {what} ({port}; 0 for any free one); {environment % f'{name.upper()}_PORT'}",
        )
    parser.add_argument("--seed", help=f"seed of random choices (random, printed); {environment % 'SEED'}")
    parser.add_argument(
        "--token",
        help=f"what readers of journal and mail must show (made up beyond loopback); {environment % 'TOKEN'}",
    )
    parser.add_argument("--hostname", help=f"how the SMTP mock calls itself; {environment % 'HOSTNAME'}")
    parser.add_argument("--json", action="store_true", help="print one line of JSON once all listen")


def read_settings(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Settle flags, environment and defaults.

    Raises:
        ServeError: a value is wrong; the message names where it came from.
    """

    def value(name: str, default: str) -> tuple[str, str]:
        flag = getattr(arguments, name)
        if flag is not None:
            return flag, f"--{name.replace('_', '-')}"
        variable = f"STATUARY_{name.upper()}"
        return environment.get(variable) or default, variable

    def number(name: str, default: int, highest: int) -> int:
        text, origin = value(name, str(default))
        if not text.isascii() or not text.isdigit() or int(text) > highest:
            raise ServeError(f"{origin}: {text!r} is not a whole number from 0 to {highest}")
        return int(text)

    host = value("host", "127.0.0.1")[0]
    hostname, origin = value("hostname", "mx.statuary.test")
    if not hostname.isascii() or not hostname.isprintable() or " " in hostname or len(hostname) > 255:
        raise ServeError(f"{origin}: {hostname!r} is not a host name")
    token = value("token", "")[0]
    return Settings(
        host=host,
        ports={name: number(f"{name}_port", port, 65535) for name, port in _PORTS.items()},
        seed=number("seed", secrets.randbelow(10**6), MAX_SEED),
        token=token if token or is_loopback(host) else secrets.token_urlsafe(18),
        hostname=hostname,
        json=arguments.json,
    )


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; 0 after a clean end, 2 for wrong settings, 3 where a port cannot be had."""
    try:
        settings = read_settings(arguments, os.environ)
    except ServeError as error:
        sys.stderr.write(f"statuary serve: {error}\n")
        return 2
    try:
        _run_loop(settings)
    except StatuaryError as error:
        sys.stderr.write(f"statuary serve: {error}\n")
        return 3
    return 0


def _run_loop(settings: Settings) -> None:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        asyncio.run(serve(settings))
    else:
        uvloop.run(serve(settings))


async def serve(settings: Settings) -> None:
    """Open everything, say where, and close it all at a signal.

    Raises:
        ServeError: a port cannot be had.
    """
    from statuary.catalog.store import open_catalogue
    from statuary.serve.protocols import PROTOCOLS
    from statuary.serve.runtime import Runtime, bind
    from statuary.serve.session import Shared
    from statuary.web.app import create_app
    from statuary.web.server import serve_site

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    site_socket = bind(settings.host, settings.ports["site"])
    urls = {"site": f"http://{_at(settings.host, site_socket.getsockname()[1])}"}
    shared = Shared(open_catalogue(), settings.seed, urls["site"], settings.hostname)
    runtime = Runtime()
    try:
        for adapter in PROTOCOLS:
            port = await runtime.listen(settings.host, settings.ports[adapter.name], adapter.sessions(shared))
            urls[adapter.name] = f"{adapter.scheme}://{_at(settings.host, port)}"
        app = create_app(
            shared,
            http_url=urls["http"],
            smtp_url=urls["smtp"],
            token=settings.token,
            loopback=is_loopback(settings.host),
        )
        async with serve_site(app, site_socket):
            _announce(settings, urls)
            await ended.wait()
    finally:
        await runtime.close()
        site_socket.close()


def _at(host: str, port: int) -> str:
    """Host and port as a URL has them; an address that stands for all is given as one that can be reached."""
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname() if "." in socket.gethostname() else "127.0.0.1"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _announce(settings: Settings, urls: Mapping[str, str]) -> None:
    beyond = bool(settings.token) and not is_loopback(settings.host)
    if settings.json:
        facts: dict[str, object] = {**urls, "seed": settings.seed}
        if beyond:
            facts["token"] = settings.token
        sys.stdout.write(json.dumps(facts) + "\n")
    else:
        lines = [
            f"site and API  {urls['site']}",
            f"HTTP mock     {urls['http']}/status/503x2~200",
            f"SMTP mock     {urls['smtp']}   rcpt452_4.2.2x2@any.test",
            f"seed          {settings.seed}",
        ]
        if beyond:
            lines.append(f"token         {settings.token}   (for the journal: it is reachable from outside)")
        sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
