"""The client's side of a run: it reaches our own mocks only, and tells how a connection ends."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from tests.web.client import run

from statuary.catalog.store import open_catalogue
from statuary.errors import ServeError
from statuary.serve.assemble import Mocks, MockSettings, assemble
from statuary.serve.caller import Caller

CATALOGUE = open_catalogue()
PORTS: dict[str, int | None] = {
    "http": 0,
    "smtp": None,
    "https": None,
    "submission": None,
    "smtps": None,
    "lmtp": None,
}


def port_of(mocks: Mocks) -> int:
    return int(mocks.urls["http"].rpartition(":")[2])


async def heard(mocks: Mocks, script: str, octets: int = 10_000) -> tuple[bytes, str]:
    """All that comes after a request, and the end; a silence of half a second is an end too."""
    caller = Caller(time.monotonic, octets)
    await mocks.runtime.dial(port_of(mocks), lambda: caller)
    caller.say(f"GET /status/{script} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    pieces = b""
    while (piece := await caller.hear(0.5)) is not None:
        pieces += piece.data
    caller.break_off()
    return pieces, caller.ended


@pytest.mark.parametrize(
    ("script", "ended", "some"),
    [
        ("200", "", True),
        ("200-close", "closed", True),
        ("200-reset", "reset", True),
        ("200-halfclose", "closed", True),
        ("drop", "closed", False),
        ("reset", "reset", False),
        ("hang", "", False),
    ],
)
def test_it_tells_how_a_connection_ends(script: str, ended: str, some: bool) -> None:
    """RFC 9293 §3.5, §3.6: FIN and RST are told apart; a server that only hangs has ended nothing."""

    async def scene() -> tuple[bytes, str]:
        async with assemble(MockSettings(ports=PORTS), catalogue=CATALOGUE) as mocks:
            return await heard(mocks, script)

    octets, how = run(scene())
    assert (how, octets.startswith(b"HTTP/1.1 200")) == (ended, some)


def test_it_hears_no_more_than_its_limit() -> None:
    """A mock may be told to send a flood; the client breaks off."""

    async def scene() -> tuple[bytes, str]:
        async with assemble(MockSettings(ports=PORTS), catalogue=CATALOGUE) as mocks:
            return await heard(mocks, "200-headers=2000", 500)

    octets, how = run(scene())
    assert (len(octets), how) == (500, "octets")


def test_nothing_but_our_own_mocks_is_dialled() -> None:
    """A page must not make this process connect to anything else, on this machine or another."""

    async def scene(port: int) -> None:
        async with assemble(MockSettings(ports=PORTS), catalogue=CATALOGUE) as mocks:
            with pytest.raises(ServeError, match=f"no mock of this process listens on port {port}"):
                await mocks.runtime.dial(port, lambda: Caller(time.monotonic, 1))
            own = port_of(mocks)
        with pytest.raises(ServeError):
            await mocks.runtime.dial(own, lambda: Caller(time.monotonic, 1))

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        run(scene(other.getsockname()[1]))


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_mocks_that_listen_everywhere_are_reached_by_loopback(host: str) -> None:
    async def scene() -> tuple[bytes, str]:
        async with assemble(MockSettings(host=host, ports=PORTS), catalogue=CATALOGUE) as mocks:
            return await heard(mocks, "204-close")

    octets, how = run(scene())
    assert octets.startswith(b"HTTP/1.1 204")
    assert how == "closed"


def test_who_waits_is_woken_by_what_comes() -> None:
    """A silence ends the waiting, not the connection."""

    async def scene() -> list[bool]:
        async with assemble(MockSettings(ports=PORTS), catalogue=CATALOGUE) as mocks:
            caller = Caller(time.monotonic, 1000)
            await mocks.runtime.dial(port_of(mocks), lambda: caller)
            silent = await caller.hear(0.01) is None
            waiting = asyncio.ensure_future(caller.hear(5))
            await asyncio.sleep(0)
            caller.say(b"GET /status/200 HTTP/1.1\r\nHost: x\r\n\r\n")
            found = await waiting
            caller.leave()
            return [silent, found is not None and found.data.startswith(b"HTTP/1.1 200")]

    assert run(scene()) == [True, True]
