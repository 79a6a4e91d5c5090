"""The card to embed, in real Chromium on a page of another origin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from statuary.catalog.store import Catalogue
from tests.conftest import ROOT, Serving

CARD = ROOT / "src" / "statuary" / "web" / "v1" / "statuary-card.js"
MAX_OCTETS = 5 * 1024
POLICY = "default-src 'none'; script-src {site}; connect-src {site}; img-src {site}"


class Elsewhere(NamedTuple):
    """A site of somebody else.

    Args:
        url: its address.
        pages: its pages, by path.
    """

    url: str
    pages: dict[str, str]


@pytest.fixture(scope="module")
def elsewhere(server: Serving) -> Iterator[Elsewhere]:
    """A server on another port, so of another origin, with a policy that allows no inline style."""
    pages: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = pages.get(self.path, "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY.format(site=server.site))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield Elsewhere(f"http://127.0.0.1:{listening.server_port}", pages)
        listening.shutdown()
        thread.join()


@pytest.fixture
def shown(server: Serving, elsewhere: Elsewhere, browser: Browser) -> Iterator[Callable[[str, str], Page]]:
    """Opens a page of the other site that holds some HTML; nothing may go wrong on it."""
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda problem: faults.append(str(problem)))

    def open_page(body: str, lang: str = "en") -> Page:
        elsewhere.pages["/post"] = (
            f'<!doctype html><html lang="{lang}"><title>A post</title><body>{body}'
            f'<script type="module" src="{server.site}/embed/statuary-card.js"></script></body></html>'
        )
        page.goto(f"{elsewhere.url}/post")
        return page

    yield open_page
    page.close()
    assert faults == []


def test_it_shows_a_code_to_eyes_keyboard_and_screen_reader(
    shown: Callable[..., Page], server: Serving, catalogue: Catalogue
) -> None:
    """An article with a name, a link that Tab reaches and Enter follows, and the summary."""
    code = catalogue.get("smtp/452")
    assert code is not None
    page = shown('<p>We met it:</p><statuary-card code="smtp/452">SMTP 452</statuary-card>')
    card = page.get_by_role("article", name="smtp/452 Insufficient Storage")
    expect(card).to_contain_text(code.summary.replace("`", ""))
    expect(card).to_contain_text(code.class_)
    link = card.get_by_role("link")
    expect(link).to_have_attribute("href", f"{server.site}/en/smtp/452")
    expect(page.locator("statuary-card")).not_to_have_attribute("aria-busy", "true")
    assert card.evaluate("each => getComputedStyle(each).borderLeftColor") == "rgb(135, 86, 0)"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.textContent").startswith("smtp/452")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.site}/en/smtp/452")


def test_it_speaks_the_language_of_the_page(shown: Callable[..., Page], catalogue: Catalogue) -> None:
    """The nearest ``lang`` counts; a language that there is none of gives English; names stay as registered."""
    french = catalogue.get("http/507", "fr")
    english = catalogue.get("http/507")
    assert french is not None
    assert english is not None
    page = shown('<statuary-card code="http/507"></statuary-card>', "fr-CA")
    card = page.get_by_role("article")
    expect(card.locator("p[lang=fr]")).to_have_text(french.summary.replace("`", ""))
    expect(card.get_by_role("link")).to_have_text("http/507 Insufficient Storage")
    page = shown('<statuary-card code="http/507" lang="de"></statuary-card>')
    expect(page.get_by_role("article").locator("p[lang=en]").last).to_have_text(english.summary.replace("`", ""))


@pytest.mark.parametrize(("scheme", "background"), [("", "255, 253, 248"), ("light dark", "33, 30, 26")])
def test_it_is_light_or_dark_as_the_page_is(
    server: Serving, elsewhere: Elsewhere, browser: Browser, scheme: str, background: str
) -> None:
    """CSS Color Adjustment §2.2: a page that knows no dark scheme stays light for a reader who likes it dark."""
    elsewhere.pages["/dark"] = (
        f'<!doctype html><html lang="en"><meta name="color-scheme" content="{scheme}"><title>A post</title>'
        '<statuary-card code="smtp/452"></statuary-card>'
        f'<script type="module" src="{server.site}/embed/statuary-card.js"></script>'
    )
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{elsewhere.url}/dark")
    colour = page.get_by_role("article").evaluate("each => getComputedStyle(each).backgroundColor")
    page.close()
    assert colour == f"rgb({background})"


def test_it_follows_its_attributes(shown: Callable[..., Page]) -> None:
    """Another code, another card, without a page of its own."""
    page = shown('<statuary-card code="smtp/452"></statuary-card>')
    expect(page.get_by_role("article")).to_have_accessible_name("smtp/452 Insufficient Storage")
    page.locator("statuary-card").evaluate("each => each.setAttribute('code', 'dns/nxdomain')")
    expect(page.get_by_role("article")).to_have_accessible_name("dns/nxdomain NXDomain")


@pytest.mark.parametrize("code", ["smtp/4522", "", "smtp", "../../etc/passwd", "http/499", "<b>/<i>"])
def test_what_stands_inside_is_shown_where_there_is_no_card(shown: Callable[..., Page], code: str) -> None:
    """A wrong code leaves the author's own words."""
    page = shown("<statuary-card><a href='/note'>Our own note</a></statuary-card>")
    page.locator("statuary-card").evaluate(
        """(each, code) => new Promise(done => {
          each.addEventListener("statuary-missing", done, { once: true }); each.setAttribute("code", code); })""",
        code,
    )
    expect(page.get_by_role("link", name="Our own note")).to_be_visible()
    assert page.get_by_role("article").count() == 0


def test_a_badge_is_shown_on_another_site(server: Serving, shown: Callable[..., Page]) -> None:
    """Fetch §3.7: the picture may be taken by pages of other origins."""
    page = shown(f'<img alt="" src="{server.site}/badge/smtp/452.svg">')
    page.wait_for_function("document.querySelector('img').complete")
    assert page.evaluate("document.querySelector('img').naturalWidth") > 100


def test_it_is_small() -> None:
    """Under 5 KB, as the documentation says."""
    octets = len(CARD.read_bytes())
    assert octets < MAX_OCTETS
    assert f"{octets:,} octets" in (ROOT / "docs" / "api.md").read_text("utf-8")
