"""axe-core in real Chromium: no page breaks a rule of WCAG 2.2 AA, light or dark, in any language."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Browser

from statuary.web.routes import PAGES, match
from tests.conftest import Serving
from tests.web.axe import load_axe, violations
from tests.web.kinds import KINDS, LANGUAGES, SCHEMES

SHARES = 4
"""English pages are shared out among so many tests, which may run side by side."""
SAMPLE = (
    *("", "smtp", "http/503", "smtp/452", "http/507/mock", "compare/http/507/smtp/452", "map?code=smtp/452&to=http"),
    *("decide/http-api", "guide/greylisting", "manual/scenario", "addresses", "search?q=452", "coverage"),
)
"""Where other languages may differ: long words, other letters, texts that stand in English."""


def check(browser: Browser, site: str, kinds: tuple[str, ...], width: int, scheme: Literal["light", "dark"]) -> None:
    """Look at pages, each below a language."""
    source = load_axe()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    found = {}
    for kind in kinds:
        page.goto(f"{site}/{kind}", wait_until="load")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        complaints = violations(page, source)
        if complaints:
            found[kind] = complaints
    context.close()
    assert found == {}


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_page_breaks_a_rule(server: Serving, browser: Browser, scheme: Literal["light", "dark"], share: int) -> None:
    """Every kind of page, in English; all that unfolds is open."""
    kinds = tuple(f"en/{kind}" for kind in KINDS[share::SHARES])
    check(browser, server.site, kinds, 1440 if scheme == "light" else 360, scheme)


@pytest.mark.parametrize(("language", "scheme"), [(tag, SCHEMES[place % 2]) for place, tag in enumerate(LANGUAGES[1:])])
def test_no_language_breaks_a_rule(
    server: Serving, browser: Browser, language: str, scheme: Literal["light", "dark"]
) -> None:
    """A sample in each of the others."""
    check(browser, server.site, tuple(f"{language}/{kind}" for kind in SAMPLE), 1024, scheme)


def test_error_pages_break_no_rule(server: Serving, browser: Browser) -> None:
    """What is not there is said in the same frame."""
    check(browser, server.site, ("en/smtp/999", "fr/concept/nothing", "ja/nowhere/1/2"), 1024, "light")


def test_every_address_of_the_site_is_looked_at() -> None:
    """A page that is added to the routes gets a kind."""
    shown = {found[0].pattern for kind in KINDS if (found := match(kind.partition("?")[0])) is not None}
    assert shown == {route.pattern for route in PAGES}
    assert set(SAMPLE) - {"search?q=452"} <= set(KINDS)


def test_the_checker_finds_what_is_wrong(server: Serving, browser: Browser) -> None:
    """A picture without a text and a faint word are found, or the tests above would prove nothing."""
    page = browser.new_page()
    page.goto(f"{server.site}/en/about")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend',"
        ' \'<p id="faint">faint</p><img src="/static/favicon.svg">\')'
    )
    page.evaluate("document.getElementById('faint').style.color = '#ddd'")
    rules = {found.partition(" ")[0] for found in violations(page, load_axe())}
    assert {"image-alt", "color-contrast"} <= rules
    page.close()
