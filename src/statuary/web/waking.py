"""Has the site wait until somebody asks for it: it brings more modules than everything else together."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["site_when_asked"]


@contextlib.asynccontextmanager
async def site_when_asked(make: Callable[[], Starlette], sock: socket.socket) -> AsyncIterator[None]:
    """Serve the site from its first connection on, until the block ends; that connection waits for it.

    Args:
        make: makes the application; it may import whatever it likes.
        sock: a listening socket; it is closed at the end.
    """
    loop = asyncio.get_running_loop()
    asked, over = asyncio.Event(), asyncio.Event()
    loop.add_reader(sock, asked.set)
    serving = asyncio.create_task(_serve(make, sock, asked, over))
    try:
        yield
    finally:
        over.set()
        asked.set()
        await serving


async def _serve(make: Callable[[], Starlette], sock: socket.socket, asked: asyncio.Event, over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    await asked.wait()
    loop.remove_reader(sock)
    with contextlib.closing(sock):
        if over.is_set():
            return
        try:
            await asyncio.to_thread(_load)  # the mocks go on meanwhile
            from statuary.web.server import serve_site

            async with serve_site(make(), sock):
                await over.wait()
        except Exception as error:
            loop.call_exception_handler({"message": "the site cannot be served", "exception": error})


def _load() -> None:
    """Import what takes the time."""
    import statuary.web.app
    import statuary.web.server  # noqa: F401
