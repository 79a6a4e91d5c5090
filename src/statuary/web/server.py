"""Runs the site on a socket that is open already, inside a running loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Iterator

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["serve_site"]

SHUTDOWN_SECONDS = 1
"""What open responses, such as event streams, get to end at shutdown, in seconds."""
HALF_CLOSED_SECONDS = 30
"""How long a client that has ended its own side may wait for its answer, in seconds."""
MAX_SITE_CONNECTIONS = 512
"""Connections and tasks at once; past it the site answers 503."""


class _Server(uvicorn.Server):
    """Uvicorn without its hold on signals: they belong to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them as they are."""
        yield


class _Http(H11Protocol):
    """Uvicorn's HTTP, where what cannot be read comes behind a request that is still being answered, and where a client
    that has said all still gets its answer."""

    _patience: asyncio.TimerHandle | None = None

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio has it give either
        """Keep our side open for an answer that has not begun yet (RFC 9112 §9.6); a stream ends with its reader."""
        cycle = self.cycle
        if cycle is None or cycle.response_started or cycle.more_body:
            return False
        self._patience = self.loop.call_later(HALF_CLOSED_SECONDS, self.transport.close)
        return True

    def on_response_complete(self) -> None:
        """Go on with what was sent ahead; where nothing was, nothing can come after the client's end."""
        super().on_response_complete()
        if self._patience is not None and self.cycle.response_complete:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse it; the request before it is answered no more, which would be an exception in the log."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            if cycle.response_started:
                self.transport.close()
                return
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.close()  # the last answer has been given
            return
        super().send_400_response(msg)


@contextlib.asynccontextmanager
async def serve_site(app: Starlette, sock: socket.socket) -> AsyncIterator[None]:
    """Serve an application until the block ends.

    Args:
        app: the site.
        sock: a listening socket; it is closed at the end.
    """
    config = uvicorn.Config(
        app,
        http=_Http,  # httptools stops at an offer of h2c, which is to be ignored (RFC 9110 §7.8), and loses the body
        ws="none",  # the site has none, and a handshake that is malformed would be an exception
        log_config=None,
        log_level="error",  # a line for each request that is none would let strangers write the log
        access_log=False,
        lifespan="off",
        server_header=False,
        limit_concurrency=MAX_SITE_CONNECTIONS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        app.state.streams.close()  # they would hold the server until its patience ends
        server.should_exit = True
        log = logging.getLogger("uvicorn.error")
        log.addFilter(_is_no_cancellation)
        try:
            await serving
            if cut_off := set(server.server_state.tasks):
                await asyncio.wait(cut_off, timeout=SHUTDOWN_SECONDS)
        finally:
            log.removeFilter(_is_no_cancellation)


def _is_no_cancellation(record: logging.LogRecord) -> bool:
    """At shutdown, readers that are slow or stalled are cut off; that is meant, and no error to print."""
    cause = record.exc_info[1] if record.exc_info else None
    return not isinstance(cause, asyncio.CancelledError) and "graceful shutdown" not in str(record.msg)
