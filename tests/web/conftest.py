"""A catalogue, a site and a browser for the tests of this folder."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from statuary.catalog.store import Catalogue, open_catalogue
from tests.conftest import Serving, require
from tests.web.client import Client, make_client

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
MAIL = b"""\
Subject: Thank you
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

It is on its way.
--b
Content-Type: text/html

<h1>Thank you</h1><p>It is <a href="https://shop.example/1">on its way</a>. <img src="https://shop.example/p.gif">
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename=bill.pdf

%PDF
--b--
""".replace(b"\n", b"\r\n")
"""A message that has a bit of everything."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless; anew for each file, since its loop lets no other run in this thread."""
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


@pytest.fixture(scope="session")
def server(server: Serving) -> Serving:
    """The running server, once something has come to it: pages show an exchange, a message and a rule."""
    httpx.get(f"{server.http}/status/503")
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as mailer:
        mailer.sendmail("shop@client.example", ["user@any.test"], MAIL)
    rule = {
        "name": "kinds",
        "protocol": "smtp",
        "stage": "rcpt",
        "answer": "452x2",
        "match": {"recipient": "no@any.test"},
    }
    httpx.post(f"{server.site}/api/rules", json=rule)
    return server
