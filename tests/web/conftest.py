"""A catalogue, a site and a browser for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from statuary.catalog.store import Catalogue, open_catalogue
from tests.conftest import require
from tests.web.client import Client, make_client

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    path = require("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def catalogue() -> Iterator[Catalogue]:
    """The catalogue of this checkout."""
    opened = open_catalogue()
    yield opened
    opened.close()


@pytest.fixture
def client(catalogue: Catalogue) -> Client:
    """A site on loopback with an empty journal."""
    return make_client(catalogue)
