"""Asks the site without a network."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx
from starlette.applications import Starlette

from statuary.catalog.store import Catalogue
from statuary.serve.session import Shared
from statuary.web.app import create_app
from tests.conftest import ROOT

__all__ = ["ALL_LANGUAGES", "LANGUAGES", "Client", "make_client", "run"]

LANGUAGES = ("en", "fr", "ja", "ko")
"""The languages whose interface is whole."""
ALL_LANGUAGES = tuple(
    table["tag"] for table in tomllib.loads((ROOT / "content" / "languages.toml").read_text("utf-8"))["language"]
)
"""Every language that the site offers."""
HOST = "http://127.0.0.1:8080"


T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end, in a thread of its own: a browser under test may hold the loop of this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


class Client:
    """Sends requests to an application; redirects are not followed.

    Args:
        app: the application.
        shared: what it was made from.
        base_url: the address that it is asked under.
    """

    def __init__(self, app: Starlette, shared: Shared, base_url: str = HOST) -> None:
        self.app = app
        self.shared = shared
        self.base_url = base_url

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> httpx.Response:
        """One request; an exception of the application becomes its error page."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self.base_url) as client:
                return await client.request(method, path, headers=headers, content=content)

        return run(send())

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """A GET request."""
        return self.request("GET", path, headers)


def make_client(catalogue: Catalogue, *, token: str = "", loopback: bool = True, base_url: str = HOST) -> Client:
    """A site of its own, with an empty journal."""
    shared = Shared(catalogue, seed=7, site_url=HOST)
    app = create_app(
        shared, http_url="http://127.0.0.1:8081", smtp_url="smtp://127.0.0.1:1025", token=token, loopback=loopback
    )
    return Client(app, shared, base_url)
