"""Hostile mail in real Chromium: nothing leaves, nothing runs, nothing leads away, and all of it can be read."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from playwright.sync_api import Browser, Dialog, Frame, Page, Route

from statuary.web.mail.reading import MAX_NAME_CHARACTERS
from tests.conftest import Serving, start_server, stop_server
from tests.web.hostile_mail import LISTENER, SAMPLES

MAX_CLICKED = 20
"""How many things of one message are clicked."""
HTML_SAMPLES = [name for name, content in SAMPLES.items() if b"text/html" in content]


class Listener:
    """Where the samples want to reach; remembers whoever comes."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        heard = self.requests

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(f"{self.command} {self.path}")
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        setattr(Handler, "do_POST", Handler.do_GET)  # noqa: B010 - a name of the library's, not of our style
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """The one that nobody may reach."""
    listening = Listener()
    yield listening
    listening.server.shutdown()
    listening.server.server_close()


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """A server for these messages alone."""
    started = start_server("--seed", "3")
    yield started.serving
    assert stop_server(started) == 0


@pytest.fixture(scope="module")
def numbers(serving: Serving, listener: Listener) -> dict[str, int]:
    """The number of each sample, once all of them were sent: in chunks, octet by octet as they are (RFC 3030)."""
    with socket.create_connection(("127.0.0.1", serving.smtp_port)) as connection, connection.makefile("rb") as lines:

        def reply() -> bytes:
            while (line := lines.readline())[3:4] == b"-":
                continue
            return line

        reply()
        connection.sendall(b"EHLO client.example\r\n")
        assert reply().startswith(b"250")
        for content in SAMPLES.values():
            aimed = content.replace(LISTENER + b"_HOST", listener.host.encode()).replace(
                LISTENER, listener.host.encode()
            )
            connection.sendall(b"MAIL FROM:<mallory@evil.example>\r\n")
            assert reply().startswith(b"250")
            connection.sendall(b"RCPT TO:<bob@any.test>\r\n")
            assert reply().startswith(b"250")
            connection.sendall(b"BDAT %d LAST\r\n" % len(aimed) + aimed)
            assert reply().startswith(b"250")
    found = httpx.get(f"{serving.site}/api/messages").json()["messages"]
    assert len(found) == len(SAMPLES)
    return {name: message["number"] for name, message in zip(SAMPLES, found, strict=True)}


class Watch:
    """A window, and whatever leaves it."""

    def __init__(self, browser: Browser, site: str, *, javascript: bool = True) -> None:
        self.context = browser.new_context(
            viewport={"width": 1200, "height": 800}, accept_downloads=False, java_script_enabled=javascript
        )
        self.page: Page = self.context.new_page()
        self.left: list[str] = []
        self.site = site
        self.context.on("request", lambda request: self._see(request.url))
        self.context.on("page", lambda page: self.left.append(f"window {page.url}"))
        self.page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Dialog) -> None:
        self.left.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _see(self, url: str) -> None:
        if not url.startswith(f"{self.site}/"):
            self.left.append(url)

    def prod(self, frame: Frame) -> None:
        """Click and hover whatever could react, and type into it."""
        for one in frame.locator("a, button, input, area, summary, form, [onmouseover], div, svg").all()[:MAX_CLICKED]:
            one.dispatch_event("click")
            one.dispatch_event("mouseover")
        for one in frame.locator("a").all()[:MAX_CLICKED]:
            one.click(force=True, timeout=2_000)


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_leaves_nothing_runs_and_all_is_read(
    serving: Serving, browser: Browser, listener: Listener, numbers: dict[str, int], name: str
) -> None:
    """The page of the message: its frame is prodded; no request elsewhere, no other address, no trace of a script."""
    watch = Watch(browser, serving.site)
    page = watch.page
    address = f"{serving.site}/en/journal/message/{numbers[name]}"
    response = page.goto(address, wait_until="load")
    assert response is not None
    assert response.status == 200
    title = page.title()
    frames = page.locator("iframe.mail-frame")
    words = page.locator("main").inner_text()
    if frames.count():
        frames.first.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        frame = page.frames[1]
        words += frame.locator("body").inner_text()
        watch.prod(frame)
        assert frame.url == f"{serving.site}/api/messages/{numbers[name]}/html"
        assert frame.locator("script, style:not(head style), link, meta[http-equiv], base, form, img, svg").count() == 0
    page.wait_for_load_state("networkidle")
    assert page.url == address
    assert page.title() == title
    assert watch.left == []
    assert listener.requests == []
    if name != "empty":
        further = page.locator('a[rel="next"]')
        while "READABLE" not in words:
            further.click()
            words += page.locator("main").inner_text()
        assert "mallory@evil.example" in words
    watch.context.close()


@pytest.mark.parametrize("name", HTML_SAMPLES)
def test_the_html_alone_has_no_effect_either(
    serving: Serving, browser: Browser, listener: Listener, numbers: dict[str, int], name: str
) -> None:
    """Opened as a page of its own, it is sandboxed by its policy, and there is nothing in it that could act."""
    address = f"{serving.site}/api/messages/{numbers[name]}/html"
    answer = httpx.get(address)
    if answer.status_code == 404:
        assert answer.json()["error"] == "too_intricate" or b"READABLE parameters" in SAMPLES[name]
        return
    policy = [part.strip() for part in answer.headers["content-security-policy"].split(";")]
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "sandbox"} <= set(policy)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"(?i)<[^>]*\s(?:on\w+|href|src|action|srcset|background|ping)\s*=", answer.text)
    watch = Watch(browser, serving.site)
    watch.page.goto(address)
    watch.prod(watch.page.main_frame)
    for key in ("Tab", "Enter", "Tab", "Enter"):
        watch.page.keyboard.press(key)
    watch.page.wait_for_load_state("networkidle")
    assert watch.page.url == address
    assert watch.page.title() == "HTML"
    assert watch.left == []
    assert listener.requests == []
    watch.context.close()


def _answer(route: Route, body: bytes, headers: dict[str, str]) -> None:
    route.fulfill(body=body, headers=headers)


def test_the_policy_alone_would_do(serving: Serving, browser: Browser, listener: Listener) -> None:
    """Were the cleaning to fail, the browser would still let nothing out: the raw HTML under the same policy."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
    for name in HTML_SAMPLES:
        raw = SAMPLES[name].partition(b"\r\n\r\n")[2].replace(LISTENER, listener.host.encode())
        if (
            b"http-equiv=refresh" in raw or len(raw) > 100_000
        ):  # a frame may lead itself elsewhere: cleaning prevents it
            continue
        watch = Watch(browser, serving.site)
        headers = {"Content-Security-Policy": policy, "Content-Type": "text/html; charset=utf-8"}
        watch.page.route(f"{serving.site}/raw", partial(_answer, body=raw, headers=headers))
        watch.page.goto(f"{serving.site}/raw")
        watch.page.wait_for_load_state("networkidle")
        assert watch.page.title() != "RAN"
        watch.context.close()
        assert listener.requests == [], name


def test_the_listener_would_have_heard(browser: Browser, serving: Serving) -> None:
    """What is asserted above could fail: the same picture without cleaning and policy is fetched."""
    heard = Listener()
    watch = Watch(browser, serving.site)
    watch.page.set_content(f'<img src="http://{heard.host}/pixel">')
    watch.page.wait_for_load_state("networkidle")
    assert heard.requests == ["GET /pixel"]
    assert watch.left == [f"http://{heard.host}/pixel"]
    watch.context.close()
    heard.server.shutdown()
    heard.server.server_close()


def test_links_and_wanted_addresses_are_named(serving: Serving, browser: Browser, numbers: dict[str, int]) -> None:
    """A tester reads where links lead and what would have been loaded, without going there."""
    page = browser.new_page()
    page.goto(f"{serving.site}/en/journal/message/{numbers['navigation']}")
    page.get_by_text("Where its links lead").click()
    assert "/link" in page.locator("main").inner_text()
    page.goto(f"{serving.site}/en/journal/message/{numbers['remote-content']}")
    page.get_by_text("What it would have loaded").click()
    shown = page.locator("main").inner_text()
    for wanted in ("/pixel.gif", "/background", "/sheet.css", "/poster"):
        assert wanted in shown
    page.close()


def test_attachments_are_saved_under_harmless_names(serving: Serving, numbers: dict[str, int]) -> None:
    """No folder, no turned direction, no hidden file, no second parameter; never shown as a page (RFC 6266 §4.3)."""
    number = numbers["attachments"]
    page = httpx.get(f"{serving.site}/en/journal/message/{number}").text
    links = re.findall(rf'href="(/api/messages/{number}/parts/[0-9]+)"', page)
    assert len(links) == 17
    assert '<i class="octet">U+202E</i>' in page
    for link in links:
        answer = httpx.get(serving.site + link)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
        found = re.fullmatch(
            r"attachment; filename=\"([^\"\\/]+)\"; filename\*=UTF-8''([A-Za-z0-9%._~-]+)",
            answer.headers["content-disposition"],
        )
        assert found is not None
        name = httpx.URL(f"http://x/{found[2]}").path[1:]
        assert not name.startswith(".")
        assert ".." not in name
        assert name.isprintable()
        assert len(name) <= MAX_NAME_CHARACTERS
        assert not set(name) & set('/\\:*?"<>|')


def test_a_hidden_page_says_how_much_is_cut(serving: Serving, numbers: dict[str, int]) -> None:
    """Huge fields are cut with their size named; further fields are counted; the source is read piece by piece."""
    huge = httpx.get(f"{serving.site}/en/journal/message/{numbers['huge-header']}").text
    assert "… +438000" in huge
    many = httpx.get(f"{serving.site}/en/journal/message/{numbers['ten-thousand-fields']}").text
    assert "9804 further fields stand in the source." in many
    link = re.search(r'href="(\?from=[0-9]+)#source"', many)
    assert link is not None
    further = httpx.get(f"{serving.site}/en/journal/message/{numbers['ten-thousand-fields']}{link[1]}").text
    assert "X-4000: v" in further
    assert len(huge) < 200_000


def test_the_list_shows_every_subject(serving: Serving, browser: Browser, numbers: dict[str, int]) -> None:
    """Broken ones too, and none of them acts."""
    watch = Watch(browser, serving.site)
    watch.page.goto(f"{serving.site}/en/journal/messages")
    assert watch.page.locator(".mail-list li").count() == len(numbers)
    assert watch.left == []
    watch.context.close()
