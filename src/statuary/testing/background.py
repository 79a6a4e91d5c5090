"""One thread with an event loop for all mocks of a process: it starts with the first and ends with the last."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from statuary.catalog.store import Catalogue, open_catalogue
from statuary.errors import ServeError
from statuary.serve.tls import Authority

__all__ = ["Background", "Certificates", "acquire", "release"]

T = TypeVar("T")


class Certificates:
    """An authority that is made when somebody first asks for it: most tests encrypt nothing.

    Args:
        names: the names and addresses that its server certificate is for.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._lock = threading.Lock()
        self._authority: Authority | None = None

    def _made(self) -> Authority:
        if self._authority is None:
            self._authority = Authority(self._names)
        return self._authority

    def server_context(self, alpn: Sequence[str] = ()) -> ssl.SSLContext:
        """The server side of TLS; see :meth:`statuary.serve.tls.Authority.server_context`.

        Raises:
            ServeError: the certificate could not be made.
        """
        with self._lock:  # an authority is for one thread: who came second would look for files that are being made
            return self._made().server_context(alpn)

    @property
    def ca_file(self) -> Path:
        """What a client is told to trust (PEM).

        Raises:
            ServeError: the certificate could not be made.
        """
        with self._lock:
            return self._made().ca_file

    def close(self) -> None:
        """Remove its files."""
        with self._lock:
            if self._authority is not None:
                self._authority.close()
                self._authority = None


class Background:
    """A thread with an event loop, and what its mocks share: the catalogue and the certificates."""

    def __init__(self) -> None:
        self._catalogue: Catalogue | None = None
        self._certificates: dict[tuple[str, ...], Certificates] = {}
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._ended: asyncio.Event
        # Not waited for at the end of the process: a mock that nobody stopped must not hold it up.
        self._thread = threading.Thread(target=self._run, name="statuary", daemon=True)
        self._thread.start()
        self._ready.wait()
        if not hasattr(self, "_ended"):
            raise ServeError("no event loop can be started")

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(self._serve())
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._ready.set()
        await self._ended.wait()

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue; asked for in the thread of the loop only."""
        if self._catalogue is None:
            self._catalogue = open_catalogue()
        return self._catalogue

    def certificates(self, names: Sequence[str]) -> Certificates:
        """The certificates for some names, the same for all mocks that ask for the same."""
        return self._certificates.setdefault(tuple(names), Certificates(names))

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Callable[[], T]:
        """Run a coroutine in the loop; what is returned waits for its result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result

    async def submit_async(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop while the caller's own loop goes on."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self._loop))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop and wait for its result."""
        return self.submit(coroutine)()

    def call(self, function: Callable[[], T]) -> T:
        """Call a function in the thread of the loop, where nothing else changes what it looks at."""

        async def call() -> T:
            return function()

        return self.run(call())

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        if self._catalogue is not None:
            self._catalogue.close()
        for certificates in self._certificates.values():
            certificates.close()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The loop that ``statuary serve`` runs on, so that tests meet the same server."""
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


class _Users:
    """The background that runs now, and how many use it."""

    lock: threading.Lock
    count: int
    background: Background | None

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start anew, as a forked process must: it has no threads but the one that forked."""
        self.lock = threading.Lock()
        self.count = 0
        self.background = None


_users = _Users()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_users.forget)


def acquire() -> Background:
    """The background of this process, started where none runs; each call is followed by :func:`release`."""
    with _users.lock:
        if _users.background is None:
            _users.background = Background()
        _users.count += 1
        return _users.background


def release() -> None:
    """One user less; with the last one the background ends."""
    with _users.lock:
        _users.count -= 1
        if _users.count > 0:
            return
        background, _users.background = _users.background, None
        _users.count = 0
        if background is not None:
            background.close()
