"""``statuary serve``: the site and the mocks in one process."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from statuary.errors import RuleError, ServeError, StatuaryError

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from statuary.cli.settings import Settings
    from statuary.serve.assemble import Mocks

__all__ = ["add_arguments", "run", "running"]

_SHOWN = {"http": "/status/503x2~200", "smtp": "   rcpt452_4.2.2x2@any.test"}
"""What follows an address in the start lines: how to ask for an answer."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``statuary serve`` to a parser."""
    from statuary.cli.settings import add_arguments as add

    add(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM.

    Returns:
        0 after a clean end, 2 for wrong settings or rules, 3 where a port cannot be had.
    """
    from statuary.cli.settings import read_settings

    try:
        settings = read_settings(arguments, os.environ)
    except (ServeError, RuleError) as error:
        return _fail(error, 2)
    try:
        _run_loop(settings)
    except RuleError as error:
        return _fail(error, 2)
    except StatuaryError as error:
        return _fail(error, 3)
    return 0


def _fail(error: Exception, code: int) -> int:
    sys.stderr.write("".join(f"statuary serve: {line}\n" for line in str(error).splitlines()))
    return code


def _run_loop(settings: Settings) -> None:
    from statuary.serve.files import SPARE_FILES, allow_files
    from statuary.serve.runtime import RuntimeLimits

    allow_files(RuntimeLimits().max_connections + SPARE_FILES)
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
        RuleError: the rule files are wrong.
    """
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with running(settings) as mocks:
        _announce(settings, mocks)
        if settings.open:
            _open_site(mocks, os.environ)
        await ended.wait()


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Mocks]:
    """The site and the mocks until the block ends; ``urls`` has the site's address too.

    Raises:
        ServeError: a port cannot be had.
        RuleError: the rule files, or Mailpit's triggers, are wrong.
    """
    from statuary.cli.settings import is_loopback
    from statuary.serve.assemble import assemble, url_at
    from statuary.serve.runtime import bind
    from statuary.web.waking import site_when_asked

    site_socket = bind(settings.host, settings.site_port)
    site_url = f"http://{url_at(settings.host, site_socket.getsockname()[1])}"
    try:
        async with assemble(settings.mocks, site_url=site_url) as mocks:
            mocks.urls = {"site": site_url, **mocks.urls}

            def make_site() -> Starlette:
                from statuary.web.app import create_app

                return create_app(
                    mocks.shared,
                    http_url=mocks.urls["http"],
                    smtp_url=mocks.urls["smtp"],
                    token=settings.token,
                    loopback=is_loopback(settings.host),
                    rulebook=mocks.rulebook,
                    chaos=settings.chaos,
                    urls=mocks.urls,
                    dial=mocks.runtime.dial,
                )

            made = make_site() if settings.chaos else None  # triggers answer from the start, and may be wrong
            async with site_when_asked(lambda: made or make_site(), site_socket):
                yield mocks
    finally:
        site_socket.close()


def _open_site(mocks: Mocks, environment: Mapping[str, str]) -> None:
    """Open the site in the language that the environment names; where it names none, the browser's own decides."""
    from statuary.cli.browser import open_apart, open_page
    from statuary.cli.console import named_language

    language = named_language(environment, tuple(mocks.shared.catalogue.languages))
    url = f"{mocks.urls['site']}/{f'{language}/' if language else ''}"

    def say() -> None:
        sys.stderr.write(f"statuary serve: no browser was found; the site is {url}\n")

    open_apart(url, open_page, say)


def _announce(settings: Settings, mocks: Mocks) -> None:
    from statuary.cli.settings import is_loopback

    beyond = bool(settings.token) and not is_loopback(settings.host)
    if settings.json:
        facts: dict[str, object] = {**mocks.urls, "seed": mocks.shared.seed}
        if mocks.ca_file is not None:
            facts["ca_file"] = str(mocks.ca_file)
        if beyond:
            facts["token"] = settings.token
        sys.stdout.write(json.dumps(facts) + "\n")
    else:
        lines = _lines(settings, mocks, beyond)
        column = max(len(label) for label, _ in lines)
        sys.stdout.write("".join(f"{label:{column}}  {text}\n" for label, text in lines))
    sys.stdout.flush()


def _lines(settings: Settings, mocks: Mocks, beyond: bool) -> list[tuple[str, str]]:
    """What is said at the start, line by line."""
    urls: Mapping[str, str] = mocks.urls
    lines = [("site and API", urls["site"])]
    lines += [(f"{name.upper()} mock", url + _SHOWN.get(name, "")) for name, url in urls.items() if name != "site"]
    if mocks.ca_file is not None:
        lines.append(("CA file", str(mocks.ca_file)))
    if settings.mocks.rules:
        files = ", ".join(map(str, settings.mocks.rules))
        lines.append(("rules", f"{len(mocks.rulebook.rules)} of {files}"))
    lines.append(("seed", str(mocks.shared.seed)))
    if beyond:
        lines.append(("token", f"{settings.token}   (for the journal: it is reachable from outside)"))
    return lines
