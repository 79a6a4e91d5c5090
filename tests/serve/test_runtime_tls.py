"""The runtime under TLS: handshakes that never come, too many connections, closes from our side."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from tests.conftest import run_async

from statuary.catalog.store import open_catalogue
from statuary.serve.runtime import Runtime, RuntimeLimits
from statuary.serve.session import Shared
from statuary.serve.smtp import SmtpMock
from statuary.serve.tls import Authority


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with Authority() as made:
        yield made


async def listen(authority: Authority, limits: RuntimeLimits) -> SimpleNamespace:
    """A runtime with the SMTP mock inside TLS, its port, and what a client trusts."""
    runtime = Runtime(limits)
    port = await runtime.listen("127.0.0.1", 0, SmtpMock(Shared(open_catalogue())), authority.server_context())
    return SimpleNamespace(runtime=runtime, port=port, trust=ssl.create_default_context(cafile=str(authority.ca_file)))


def test_handshake_that_never_comes_is_ended(authority: Authority) -> None:
    """A named limit; the connection counts from its first octet on, and is let go."""

    async def run() -> int:
        here = await listen(authority, RuntimeLimits(handshake_seconds=0.05))
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        await asyncio.sleep(0)
        opened = here.runtime.open_connections
        await here.runtime.close()
        return int(opened)

    assert run_async(run()) == 0


def test_handshakes_count_as_connections(authority: Authority) -> None:
    """Whoever opens connections and says nothing takes places, and no more than there are."""

    async def run() -> tuple[int, int]:
        here = await listen(authority, RuntimeLimits(max_connections=2))
        pairs = [await asyncio.open_connection("127.0.0.1", here.port) for _ in range(4)]
        for reader, _ in pairs[2:]:
            with contextlib.suppress(ConnectionResetError):
                assert await asyncio.wait_for(reader.read(), 10) == b""
        found = here.runtime.refused, here.runtime.open_connections
        for _, writer in pairs:
            writer.close()
        await here.runtime.close()
        return found

    assert run_async(run()) == (2, 2)


def test_shutdown_says_goodbye_inside_tls(authority: Authority) -> None:
    """close_notify, so that the client knows that nothing was cut off (RFC 8446 §6.1)."""

    async def run() -> bytes:
        here = await listen(authority, RuntimeLimits(shutdown_seconds=0.2))
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", here.port, ssl=here.trust, server_hostname="localhost"
        )
        greeting = await reader.readline()
        await here.runtime.close()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        return greeting

    assert run_async(run()).startswith(b"220 ")


def test_numbers_are_given_to_those_that_are_heard(authority: Authority) -> None:
    """A handshake that fails takes no number: the journal has no gap."""
    shared = Shared(open_catalogue())

    async def run() -> list[int]:
        runtime = Runtime()
        port = await runtime.listen("127.0.0.1", 0, SmtpMock(shared), authority.server_context())
        trust = ssl.create_default_context(cafile=str(authority.ca_file))
        for good in (True, False, True):
            context, name = (trust, "localhost") if good else (None, None)
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
            if not good:
                writer.write(b"\0" * 100)
            try:
                await asyncio.wait_for(reader.readline(), 10)
            except ConnectionResetError:
                assert not good
            writer.close()
        await runtime.close()
        return [exchange.connection for _, exchange in shared.journal]

    assert run_async(run()) == [1, 2]
