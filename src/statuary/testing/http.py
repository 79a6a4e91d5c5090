"""An HTTP server for tests: ``with statuary.http() as server:``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

from statuary.testing.exchanges import HttpExchange
from statuary.testing.fields import HttpFilter, HttpMatch
from statuary.testing.rules import HttpOn
from statuary.testing.server import MockServer, Options

__all__ = ["HttpServer", "http"]


class HttpServer(MockServer[HttpExchange]):
    """An HTTP server that answers as it is told; see :func:`http`."""

    protocol = "http"
    _exchange = HttpExchange

    def url_for(self, path: str = "/") -> str:
        """The URL of a target on this server.

        Args:
            path: with or without its slash at the front; a query may follow.
        """
        return f"{self.url}/{path.removeprefix('/')}"

    def on(self, stage: str = "request", **match: Unpack[HttpMatch]) -> HttpOn:
        """Requests to which :meth:`~statuary.testing.HttpOn.answer` scripts the responses.

        Args:
            stage: HTTP has one, ``request``.
            match: field to pattern, such as ``method="GET", path="/orders"``; all must fit.
        """
        on = HttpOn(self._add, self.protocol, stage, match)
        self._written.append(on)
        return on

    def find(self, **wanted: Unpack[HttpFilter]) -> list[HttpExchange]:
        """The exchanges that fit, oldest first.

        Args:
            wanted: ``method``, ``path``, ``code`` and so on.
        """
        return self._find(wanted)

    def verify(
        self,
        *,
        count: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        **wanted: Unpack[HttpFilter],
    ) -> list[HttpExchange]:
        """See that as many exchanges fit as must; without a number, at least one.

        Args:
            count: exactly so many.
            at_least: the least.
            at_most: the highest.
            wanted: ``method``, ``path``, ``code`` and so on.

        Returns:
            Those that fit.

        Raises:
            VerificationFailed: there are fewer or more; the message has near misses, the transcript and the seed.
        """
        __tracebackhide__ = True
        return self._verify(wanted, count, at_least, at_most)

    def wait_for(self, n: int = 1, timeout: float = 5.0, **wanted: Unpack[HttpFilter]) -> list[HttpExchange]:
        """Wait until so many exchanges fit.

        Args:
            n: how many are enough.
            timeout: seconds.
            wanted: ``method``, ``path``, ``code`` and so on.

        Returns:
            Those that fit.

        Raises:
            VerificationFailed: they did not come in time.
        """
        __tracebackhide__ = True
        return self._waited(wanted, n, timeout, self._run(self._wait_exchanges(wanted, n, timeout)))

    async def wait_for_async(
        self, n: int = 1, timeout: float = 5.0, **wanted: Unpack[HttpFilter]
    ) -> list[HttpExchange]:
        """Wait while the caller's event loop goes on; see :meth:`wait_for`."""
        __tracebackhide__ = True
        return self._waited(wanted, n, timeout, await self._run_async(self._wait_exchanges(wanted, n, timeout)))


def http(
    *,
    tls: bool = False,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int | None = None,
    rules: Sequence[Path | str] = (),
) -> HttpServer:
    """An HTTP server in this process, for a ``with`` or an ``async with`` block.

    Args:
        tls: whether it is encrypted; HTTP/2 is then offered too (RFC 9113 §3.2).
        host: the address to listen on.
        port: 0 for any free one.
        seed: what random choices are drawn from; None for ``STATUARY_SEED``, else a random one.
        rules: rule files.
    """
    return HttpServer(Options("https" if tls else "http", tls, host, port, seed, rules=rules))
