"""The site on a real socket: event streams come, go, and do not hold the server up."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from statuary.catalog.store import Catalogue
from statuary.serve.runtime import bind
from statuary.web import server
from statuary.web.server import serve_site
from tests.web.client import make_client, run
from tests.web.test_api import exchange

HEAD = b"GET /api/journal/stream?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def test_stream_ends_with_the_server(catalogue: Catalogue) -> None:
    client = make_client(catalogue)
    client.shared.journal.add(exchange())

    async def scene() -> bytes:
        sock = bind("127.0.0.1", 0)
        port = sock.getsockname()[1]
        async with serve_site(client.app, sock):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD)
            received = await reader.readuntil(b"event: exchange\nid: 1\n")
        received += await reader.read()
        writer.close()
        await writer.wait_closed()
        return received

    received = run(scene())
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b"0\r\n\r\n")


def test_reader_who_goes_away_makes_room(catalogue: Catalogue) -> None:
    client = make_client(catalogue)
    streams = client.app.state.streams

    async def scene() -> int:
        sock = bind("127.0.0.1", 0)
        async with serve_site(client.app, sock):
            reader, writer = await asyncio.open_connection("127.0.0.1", sock.getsockname()[1])
            writer.write(HEAD)
            await reader.readuntil(b"retry: ")
            assert len(streams) == 1
            writer.close()
            await writer.wait_closed()
            while len(streams):
                await asyncio.sleep(0)
            return len(streams)

    assert run(scene()) == 0


def test_head_of_the_stream_ends(catalogue: Catalogue) -> None:
    client = make_client(catalogue)

    async def scene() -> httpx.Response:
        sock = bind("127.0.0.1", 0)
        async with serve_site(client.app, sock), httpx.AsyncClient() as browser:
            return await browser.head(f"http://127.0.0.1:{sock.getsockname()[1]}/api/journal/stream")

    response = run(scene())
    assert response.headers["content-type"].startswith("text/event-stream")
    assert len(client.app.state.streams) == 0


def test_reader_who_stalls_is_cut_off_quietly(
    catalogue: Catalogue, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that nobody reads cannot end in order; the server ends without it and prints no traceback."""
    monkeypatch.setattr(server, "SHUTDOWN_SECONDS", 0.05)
    client = make_client(catalogue)
    for number in range(200):
        client.shared.journal.add(exchange(number)._replace(request=b"x" * 25_000))

    async def scene() -> asyncio.StreamWriter:
        sock = bind("127.0.0.1", 0)
        async with serve_site(client.app, sock):
            reader, writer = await asyncio.open_connection("127.0.0.1", sock.getsockname()[1], limit=1000)
            writer.write(HEAD)
            await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
        return writer

    run(scene())
    assert [record.getMessage() for record in caplog.records if record.name == "uvicorn.error"] == []
