"""The site by keyboard alone: search, language, forms; what has the focus is seen (WCAG 2.2: 2.1.1, 2.4.7, 2.4.11)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import Serving

MAX_STOPS = 60
"""How many times Tab is pressed before a place counts as out of reach."""

_FOCUS = "document.activeElement"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window in which nothing is clicked."""
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    yield context.new_page()
    context.close()


def tab_to(page: Page, condition: str) -> None:
    """Press Tab until what has the focus fits; each stop on the way is seen.

    Args:
        page: the page.
        condition: JavaScript about ``element``.
    """
    for _ in range(MAX_STOPS):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            f"(() => {{ const element = {_FOCUS}; if (element === document.body) return true;"
            " const style = getComputedStyle(element), box = element.getBoundingClientRect();"
            " const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;"
            " return outlined && box.bottom > 0 && box.top < innerHeight; })()"
        )
        assert seen, page.evaluate(f"{_FOCUS}.outerHTML")
        if page.evaluate(f"(element => {condition})({_FOCUS})"):
            return
    pytest.fail(f"not within {MAX_STOPS} stops: {condition}")


def test_the_search_is_reached_filled_and_sent(server: Serving, page: Page) -> None:
    """And its first result opened."""
    page.goto(f"{server.site}/en/smtp/452")
    tab_to(page, "element.id === 'q'")
    page.keyboard.type("mailbox full")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/search?q=mailbox+full")
    tab_to(page, "element.matches('.entries a')")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/search" not in url)
    assert page.locator("h1").count() == 1


def test_the_language_is_changed_where_the_reader_is(server: Serving, page: Page) -> None:
    """The same page in the other language, which the browser and a screen reader are told."""
    page.goto(f"{server.site}/en/smtp/452")
    tab_to(page, "element.lang === 'ko'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ko/smtp/452")
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert page.locator(".tongues [aria-current=true]").get_attribute("lang") == "ko"


def test_a_comparison_is_asked_for(server: Serving, page: Page) -> None:
    """Two fields and a button, in this order."""
    page.goto(f"{server.site}/fr/compare")
    tab_to(page, "element.name === 'a' || element.closest('main') && element.matches('input')")
    page.keyboard.press("Control+a")
    page.keyboard.type("smtp/450")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("smtp/451")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{_FOCUS}.tagName") == "BUTTON"
    page.keyboard.press("Space")
    page.wait_for_url("**/fr/compare/smtp/450/smtp/451")


def test_a_gateways_answer_is_asked_for(server: Serving, page: Page) -> None:
    """A field and a choice of protocols."""
    page.goto(f"{server.site}/en/map")
    tab_to(page, "element.closest('main') && element.matches('input')")
    page.keyboard.press("Control+a")
    page.keyboard.type("http/503")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{_FOCUS}.tagName") == "SELECT"
    page.keyboard.type("SMTP")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/map?**")
    assert "to=smtp" in page.url
    assert page.locator("#answer").count() == 1


def test_a_decision_is_walked_to_its_end(server: Serving, page: Page) -> None:
    """Answers are links; each leads on until there is an advice."""
    page.goto(f"{server.site}/ja/decide/http-api")
    for _ in range(10):
        if page.locator(".answers a").count() == 0:
            break
        tab_to(page, "element.matches('.answers a')")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    assert page.locator(".answers a").count() == 0
    assert page.locator("main a[href*='/ja/http/']").count() > 0


def test_what_scrolls_and_what_unfolds_is_reached(server: Serving, page: Page) -> None:
    """An example can be scrolled, a snippet opened, without a mouse."""
    page.goto(f"{server.site}/en/http/507/mock")
    tab_to(page, "element.matches('pre')")
    tab_to(page, "element.matches('details:not([open]) > summary')")
    page.keyboard.press("Enter")
    assert page.evaluate(f"{_FOCUS}.parentElement.open") is True
