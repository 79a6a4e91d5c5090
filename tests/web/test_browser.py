"""The site in real Chromium: narrow and wide, light and dark, in every language; and the journal as it happens."""

from __future__ import annotations

import uuid
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Browser

from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.snippets.client_shelf import ClientShelf
from statuary.snippets.mail_shelf import MailShelf
from statuary.snippets.place import place
from statuary.snippets.shelf import Shelf
from statuary.web.views.snippets import MAIN_FRAMEWORKS
from tests.conftest import Serving
from tests.web.kinds import KINDS, LANGUAGES

LONG = (
    "tls/bad_certificate_hash_value_reserved",
    "quic/path_resource_limit_reached",
    "ldap/unavailablecriticalextension",
    "http3/qpack_decoder_stream_error",
    "compare/grpc/deadline_exceeded/ldap/sizelimitexceeded",
)
"""Pages of names that are one long word."""


@pytest.mark.parametrize("path", LONG)
def test_long_names_do_not_widen_a_page(server: Serving, browser: Browser, path: str) -> None:
    """WCAG 2.2, 1.4.10: nothing scrolls sideways in a window of 320 pixels."""
    page = browser.new_page(viewport={"width": 320, "height": 800})
    page.goto(f"{server.site}/en/{path}")
    scroll, client = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    page.close()
    assert scroll <= client


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_pages_fit_their_window_and_complain_of_nothing(
    server: Serving, browser: Browser, language: str, width: int, scheme: Literal["dark", "light"]
) -> None:
    """No sideways scrolling, no error on the console, no request elsewhere, one main heading, labelled fields."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(server.site) else complaints.append(request.url))
    for kind in KINDS:
        response = page.goto(f"{server.site}/{language}/{kind}", wait_until="load")
        assert response is not None
        assert response.status == 200, kind
        scroll, client = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert scroll <= client, f"{kind} is {scroll} wide in {client}"
        assert page.locator("h1").count() == 1, kind
        assert page.evaluate("document.documentElement.lang") == language
        unnamed = page.evaluate(
            "[...document.querySelectorAll('input:not([type=hidden]), select')]"
            ".filter(field => !field.labels.length && !field.getAttribute('aria-label')).length"
        )
        assert unnamed == 0, kind
    # The page whose script is wrong asks for its spellings, and is told what is wrong.
    assert [each for each in complaints if "400 (Bad Request)" not in each] == []
    context.close()


def test_the_journal_shows_an_exchange_as_it_happens(server: Serving, browser: Browser) -> None:
    """Server-sent events; what arrives is shown, never run."""
    page = browser.new_page()
    page.goto(f"{server.site}/en/journal")
    page.wait_for_timeout(500)
    key = uuid.uuid4().hex
    httpx.get(f"{server.http}/status/503?key={key}&body=<img src=x onerror=document.title=1>")
    page.get_by_text(key).first.wait_for(timeout=10_000)
    page.reload()
    page.get_by_text(key).first.wait_for(timeout=10_000)
    assert page.title() != "1"
    page.close()


@pytest.mark.parametrize("path", ["http/507/mock", "smtp/551/mock", "http/205/snippets"])
def test_the_button_copies_the_file_that_ran(server: Serving, browser: Browser, path: str) -> None:
    """Byte for byte, to the last newline, whatever the colours; the button says that it is done."""
    catalogue = open_catalogue()
    code = catalogue.get(path.rpartition("/")[0])
    assert code is not None
    shelf = Shelf(find_places().content)
    files = {framework.id: place(framework, code).text for framework in shelf.frameworks}
    catalogue.close()
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{server.site}/fr/{path}")
    shown = page.locator("details.snippet:not(.client, .server)")
    assert shown.count() >= MAIN_FRAMEWORKS
    for number in range(shown.count()):
        one = shown.nth(number)
        if number:
            one.locator("summary").click()
        button = one.locator("button.copy")
        button.click()
        one.get_by_text("Copié").wait_for(timeout=5_000)
        identity = one.locator(".snippet-body").get_attribute("id")
        assert page.evaluate("navigator.clipboard.readText()") == files[str(identity)]
        assert files[str(identity)].endswith("\n")
    context.close()


def test_the_button_copies_every_file_of_clients_and_servers(server: Serving, browser: Browser) -> None:
    """Also where a server needs several files: each button takes the one that it stands above."""
    catalogue = open_catalogue()
    code = catalogue.get("smtp/452")
    assert code is not None
    content = find_places().content
    clients = {item.client.id: item.text for item in ClientShelf(content).show(catalogue, code)}
    shelf = MailShelf(content, catalogue)
    shown = [item.snippet for case in shelf.cases_of(code) for item in shelf.show(case) if item.snippet]
    files = {text for snippet in shown for text in (snippet.text, *snippet.beside.values())}
    catalogue.close()
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    for client, text in clients.items():
        page.goto(f"{server.site}/en/smtp/452/clients/{client}")
        page.locator("button.copy").click()
        page.get_by_text("Copied").wait_for(timeout=5_000)
        assert page.evaluate("navigator.clipboard.readText()") == text
    page.goto(f"{server.site}/en/smtp/452/servers")
    buttons = page.locator("button.copy")
    assert buttons.count() > 2
    for number in range(buttons.count()):
        button = buttons.nth(number)
        button.evaluate("element => { element.closest('details').open = true }")
        button.click()
        button.filter(has_text="Copied").wait_for(timeout=5_000)
        assert page.evaluate("navigator.clipboard.readText()") in files
    context.close()


def test_a_link_to_a_framework_opens_it(server: Serving, browser: Browser) -> None:
    """The first is open; a fragment opens another; without scripts there is no button that would do nothing."""
    page = browser.new_page()
    page.goto(f"{server.site}/en/http/507/mock#rails")
    page.locator("#rails pre.program").wait_for(state="visible", timeout=5_000)
    assert page.locator("details.snippet[open]:not(.client, .server)").count() == 2
    page.close()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.site}/en/http/507/mock")
    assert page.locator("#django pre.program").is_visible()
    assert not page.locator("#django button.copy").is_visible()
    context.close()


def test_reading_needs_no_javascript(server: Serving, browser: Browser) -> None:
    """Search, pages and journal with scripts switched off."""
    httpx.get(f"{server.http}/status/418")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.site}/fr/")
    page.locator("input[name=q]").first.fill("452")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=452")
    page.get_by_role("link", name="SMTP 452").first.click()
    page.wait_for_url("**/fr/smtp/452")
    page.goto(f"{server.site}/fr/journal")
    assert page.get_by_text("/status/418").count() > 0
    context.close()


def test_the_keyboard_reaches_the_content_first(server: Serving, browser: Browser) -> None:
    """The first stop of the Tab key is the way past the navigation."""
    page = browser.new_page()
    page.goto(f"{server.site}/en/smtp/452")
    page.keyboard.press("Tab")
    target = page.evaluate("document.activeElement.getAttribute('href')")
    assert target.startswith("#")
    page.keyboard.press("Enter")
    assert page.locator(target).count() == 1
    page.close()
