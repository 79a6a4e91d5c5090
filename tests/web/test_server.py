"""The site on a real socket: event streams come, go, and do not hold the server up."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

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


def slow_site(catalogue: Catalogue, go_on: asyncio.Event) -> Starlette:
    """A site whose answers begin when they are told to; it says what it was asked for."""

    async def answer(request: Request) -> Response:
        await go_on.wait()
        return PlainTextResponse(f"{request.url.path};")

    site = Starlette(routes=[Route("/{name}", answer, methods=["GET", "POST"])])
    site.state.streams = make_client(catalogue).app.state.streams
    return site


def ask(path: str, *fields: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *fields, "", ""]).encode()


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        pytest.param(ask("/a", "Connection: close"), [b"/a;"], id="the only one"),
        pytest.param(ask("/a"), [b"/a;"], id="kept alive"),
        pytest.param(ask("/a") + ask("/b"), [b"/a;", b"/b;"], id="pipelined"),
    ],
)
def test_client_that_has_said_all_gets_its_answer(catalogue: Catalogue, requests: bytes, expected: list[bytes]) -> None:
    """RFC 9112 §9.6: the end of a client's side is no wish to hear nothing; then the connection is closed."""

    async def scene() -> bytes:
        go_on = asyncio.Event()
        sock = bind("127.0.0.1", 0)
        async with serve_site(slow_site(catalogue, go_on), sock):
            reader, writer = await asyncio.open_connection("127.0.0.1", sock.getsockname()[1])
            writer.write(requests)
            writer.write_eof()
            await asyncio.sleep(0.05)  # the end has been read by then
            go_on.set()
            received = await reader.read()
            writer.close()
        return received

    answers = run(scene()).split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert [answer.partition(b"\r\n\r\n")[2] for answer in answers] == expected


def test_client_that_ends_inside_its_request_or_waits_too_long_is_let_go(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can never be answered holds no connection, nor does an answer that never comes."""
    monkeypatch.setattr(server, "HALF_CLOSED_SECONDS", 0.05)
    cut = ask("/a", "Content-Length: 9").replace(b"GET", b"POST", 1) + b"abc"

    async def scene() -> list[bytes]:
        go_on = asyncio.Event()
        sock = bind("127.0.0.1", 0)
        heard = []
        async with serve_site(slow_site(catalogue, go_on), sock):
            for request in (b"", ask("/a")[:9], cut, ask("/a")):
                reader, writer = await asyncio.open_connection("127.0.0.1", sock.getsockname()[1])
                writer.write(request)
                writer.write_eof()
                heard.append(await reader.read())
                writer.close()
            go_on.set()
        return heard

    assert run(scene()) == [b""] * 4
