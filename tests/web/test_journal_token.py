"""Beyond loopback in real Chromium: the login form lets in, and what it opens works in frames and forms too."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from statuary.catalog.store import open_catalogue
from statuary.serve.mailbox import Message
from statuary.serve.session import Shared
from statuary.web.app import create_app
from statuary.web.server import serve_site

TOKEN = "sesame"


@pytest.fixture
def guarded() -> Iterator[str]:
    """A site that takes itself to be reachable from outside, with one message."""
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    started, ended = threading.Event(), threading.Event()

    async def serve() -> None:
        catalogue = open_catalogue()
        shared = Shared(catalogue, site_url=address)
        shared.mailbox.add(
            Message(0.0, 1, "a@b.test", ("c@d.test",), b"Content-Type: text/html\r\n\r\n<p>In the frame")
        )
        app = create_app(
            shared, http_url="http://127.0.0.1:1", smtp_url="smtp://127.0.0.1:2", token=TOKEN, loopback=False
        )
        async with serve_site(app, listening):
            started.set()
            await asyncio.to_thread(ended.wait)
        catalogue.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert started.wait(30)
    yield address
    ended.set()
    thread.join(30)


def test_the_login_opens_pages_frames_and_forms(guarded: str, browser: Browser) -> None:
    """The cookie goes with the frame of a message; a form carries an origin that is this site's own."""
    page = browser.new_page()
    page.goto(f"{guarded}/en/journal/message/1")
    page.wait_for_url("**/en/login")
    page.locator("#token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/en/journal")
    page.locator("#live.on").wait_for()
    page.goto(f"{guarded}/en/journal/message/1")
    page.frame_locator("iframe.mail-frame").get_by_text("In the frame").wait_for()
    page.get_by_role("button", name="Forget this message").click()
    page.wait_for_url("**/en/journal/messages")
    page.get_by_text("None yet.").wait_for()
    page.close()
