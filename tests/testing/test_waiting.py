"""What waits: for exchanges and for mail, in place and awaited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import assert_type

import pytest

import statuary
from statuary.testing import HttpExchange, SmtpServer, VerificationFailed
from tests.conftest import run_async
from tests.testing.mail import send


async def mail(host: str, port: int, recipient: str) -> None:
    """Send a message from an event loop."""
    reader, writer = await asyncio.open_connection(host, port)
    for line in ("EHLO client.test", "MAIL FROM:<a@client.test>", f"RCPT TO:<{recipient}>", "DATA"):
        writer.write(f"{line}\r\n".encode())
    writer.write(b"Subject: x\r\n\r\n.\r\nQUIT\r\n")
    await reader.read()
    writer.close()
    await writer.wait_closed()


def later(server: SmtpServer, act: Callable[[], object]) -> threading.Thread:
    """Act once the server waits: as soon as its journal, or its mailbox, has a listener."""
    mocks = server._running

    def run() -> None:
        while not (mocks.shared.journal._listeners or mocks.shared.mailbox._listeners):
            threading.Event().wait(0.005)
        act()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_wait_for_what_comes_later() -> None:
    """It returns when enough have come, and gives them."""
    with statuary.smtp() as server:
        thread = later(server, lambda: [send(server.addr, "b@any.test") for _ in range(2)])
        found = server.wait_for(2, timeout=60, stage="rcpt", recipient="b@any.test")
        assert len(found) == 2
        thread.join()
        thread = later(server, lambda: send(server.addr, "B@any.test"))
        messages = server.wait_for_messages(3, timeout=60, recipient="b@any.test", sender="A@client.test")
        thread.join()
        assert [message.number for message in messages] == [1, 2, 3]
        assert server.wait_for(0) != []
        assert server.wait_for_messages(0, recipient="nobody@any.test") == []


def test_no_listener_is_left_behind() -> None:
    """Waiting in vain a thousand times costs the journal nothing."""
    with statuary.smtp() as server:
        for _ in range(3):
            with pytest.raises(VerificationFailed):
                server.wait_for(timeout=0)
            with pytest.raises(VerificationFailed):
                server.wait_for_messages(timeout=0)
        shared = server._running.shared
        assert (shared.journal._listeners, shared.mailbox._listeners) == ([], [])


def test_waiting_is_awaited_in_async_tests() -> None:
    """Client and test share a loop; the mock has its own."""

    async def test() -> None:
        async with statuary.smtp() as server, statuary.http() as web:
            server.on("rcpt").answer("452-delay=20ms")
            delivery = asyncio.create_task(mail(*server.addr, "b@any.test"))
            [refused] = await server.wait_for_async(stage="rcpt", code=452)
            await delivery
            assert refused.recipient == "b@any.test"
            server.clear()
            delivery = asyncio.create_task(mail(*server.addr, "b@any.test"))
            [message] = await server.wait_for_messages_async()
            await delivery
            assert message.subject == "x"
            with pytest.raises(VerificationFailed, match="waited 0 seconds"):
                await web.wait_for_async(timeout=0)
            assert_type(web.exchanges, list[HttpExchange])
        with pytest.raises(RuntimeError, match="has stopped"):
            await server.wait_for_async()

    run_async(test())


def test_waiting_in_place_in_an_async_test_is_told() -> None:
    """It holds up the client of the same loop: the failure says what to write."""

    async def test() -> None:
        async with statuary.smtp() as server:
            delivery = asyncio.create_task(mail(*server.addr, "b@any.test"))
            with pytest.raises(VerificationFailed, match="in an async test await the method that ends in _async"):
                server.wait_for(timeout=0.01, stage="quit")
            await delivery

    run_async(test())
