"""The site waits until somebody asks for it; the mocks never do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from statuary.catalog.store import Catalogue
from statuary.serve.runtime import bind
from statuary.web.waking import site_when_asked
from tests.web.client import make_client, run

SERVE = """
import asyncio, json, sys
from statuary.cli.serve import running
from statuary.cli.settings import Settings
from statuary.serve.assemble import MockSettings
from statuary.serve.protocols import PROTOCOLS

async def main():
    mocks = MockSettings(ports={adapter.name: 0 for adapter in PROTOCOLS})
    async with running(Settings(mocks, site_port=0, token="", chaos="", json=True)) as started:
        port = int(started.urls["http"].rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /status/503 HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
        answer = await reader.read()
        writer.close()
    heavy = ("statuary.web.app", "starlette", "uvicorn", "jinja2", "pygments", "markdown_it", "babel", "msgspec")
    print(json.dumps([answer[:12].decode(), [name for name in heavy if name in sys.modules]]))

asyncio.run(main())
"""


def test_first_connection_starts_it_and_is_answered(catalogue: Catalogue) -> None:
    """Who comes first waits for it; who comes after finds it, made once."""
    client = make_client(catalogue)
    made: list[int] = []

    def make() -> Starlette:
        made.append(1)
        return client.app

    async def scene() -> list[int]:
        sock = bind("127.0.0.1", 0)
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/api/journal"
        async with site_when_asked(make, sock):
            await asyncio.sleep(0)
            assert made == []
            async with httpx.AsyncClient() as browser:
                answers = await asyncio.gather(*(browser.get(url) for _ in range(3)))
                answers.append(await browser.get(url))
        assert sock.fileno() == -1
        return [answer.status_code for answer in answers]

    assert run(scene()) == [200] * 4
    assert made == [1]


def test_site_that_nobody_asks_for_is_never_made() -> None:
    """The end of the server is no question."""

    def make() -> Starlette:
        raise AssertionError("nobody asked")

    async def scene() -> int:
        sock = bind("127.0.0.1", 0)
        async with site_when_asked(make, sock):
            await asyncio.sleep(0)
        return sock.fileno()

    assert run(scene()) == -1


def test_site_that_cannot_be_made_is_reported_and_hangs_nobody() -> None:
    """Its address stops listening, the loop hears why, and everything else goes on to its end."""

    def make() -> Starlette:
        raise LookupError("no catalogue")

    async def scene() -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
        sock = bind("127.0.0.1", 0)
        port = sock.getsockname()[1]
        async with site_when_asked(make, sock):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with pytest.raises(ConnectionResetError):
                await reader.readexactly(1)
            writer.transport.abort()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
        return heard

    heard = run(scene())
    assert [type(context["exception"]) for context in heard] == [LookupError]


def test_mocks_serve_without_the_modules_of_the_site() -> None:
    """A process in which nobody opens the site never loads it, nor the libraries that only the site needs."""
    ran = subprocess.run([sys.executable, "-c", SERVE], check=True, capture_output=True, text=True)
    answer, loaded = json.loads(ran.stdout)
    assert answer == "HTTP/1.1 503"
    assert loaded == []
