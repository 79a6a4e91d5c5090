"""The site by keyboard alone, from search to rules; what has the focus is seen (WCAG 2.2: 2.1.1, 2.4.7, 2.4.11)."""

from __future__ import annotations

import smtplib
import uuid
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Serving
from tests.web.conftest import MAIL

MAX_STOPS = 60
"""How many times Tab is pressed before a place counts as out of reach."""
MAX_PAGE_STOPS = 400
"""How many stops a whole page has at most."""

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


def type_over(page: Page, text: str) -> None:
    """Write in the field that has the focus, in place of what it holds."""
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def test_the_content_is_one_stop_away(server: Serving, page: Page) -> None:
    """The first stop skips what all pages have in common (WCAG 2.2: 2.4.1), and the next is within the content."""
    page.goto(f"{server.site}/en/journal")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{_FOCUS}.matches('a.skip')")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{_FOCUS}.closest('main') !== null")


def test_a_script_is_built_and_run(server: Serving, page: Page) -> None:
    """Code, count, another answer, Run; the transcript is there, and the focus where it was."""
    page.goto(f"{server.site}/en/http/503/mock")
    tab_to(page, "element.name === 'a1'")
    type_over(page, "503")
    tab_to(page, "element.name === 'c1'")
    type_over(page, "2")
    tab_to(page, "element.textContent === 'Add an answer'")
    page.keyboard.press("Enter")
    if not page.evaluate(f"{_FOCUS}.name === 'a2'"):
        tab_to(page, "element.name === 'a2'")
    type_over(page, "200")
    tab_to(page, "element.id === 'run'")
    page.keyboard.press("Enter")
    expect(page.locator("#run-status")).to_have_text("Connections made: 3.", timeout=20_000)
    expect(page.locator("#run")).to_be_focused()
    assert page.locator("#transcript ol.told").count() == 3


def test_the_journal_is_filtered_and_an_exchange_opened(server: Serving, page: Page) -> None:
    """A field, and the list follows; the first exchange's own page, and the way back."""
    key = uuid.uuid4().hex
    httpx.get(f"{server.http}/status/507?key={key}")
    page.goto(f"{server.site}/en/journal")
    tab_to(page, "element.name === 'text'")
    page.keyboard.type(key)
    expect(page.locator("#journal .exchange")).to_have_count(1)
    tab_to(page, "element.matches('.exchange-head a')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/journal/exchange/*")
    assert key in page.locator(".octets-in").inner_text()
    tab_to(page, "element.matches('.crumbs a')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/journal")


def test_a_message_is_found_opened_and_forgotten(server: Serving, page: Page) -> None:
    """The frame with a stranger's HTML is no trap (WCAG 2.2: 2.1.2): what stands behind it is reached."""
    recipient = f"{uuid.uuid4().hex}@any.test"
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as mailer:
        mailer.sendmail("shop@client.example", [recipient], MAIL)
    page.goto(f"{server.site}/en/journal/messages")
    tab_to(page, "element.name === 'recipient'")
    page.keyboard.type(recipient)
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/journal/messages?recipient=*")
    tab_to(page, "element.matches('.mail-subject')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/journal/message/*")
    tab_to(page, "element.matches('[aria-labelledby=attachments] a')")
    for _ in range(MAX_STOPS):
        page.keyboard.press("Shift+Tab")
        if page.evaluate(f"{_FOCUS}.textContent === 'Forget this message'"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/journal/messages")
    assert page.goto(f"{server.site}/en/journal/messages?recipient={recipient}") is not None
    assert page.locator(".mail-subject").count() == 0


def test_a_rule_is_written_and_removed(server: Serving, page: Page) -> None:
    """Its TOML is a text field, which Tab leaves; the page of the list says what became of it."""
    name = uuid.uuid4().hex
    page.goto(f"{server.site}/en/rules")
    tab_to(page, "element.textContent === 'Write a rule'")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/rules/edit")
    tab_to(page, "element.id === 'toml'")
    type_over(page, f'[[rule]]\nname = "{name}"\nprotocol = "smtp"\nstage = "rcpt"\nanswer = "452 x2"\n')
    page.keyboard.press("Tab")
    assert page.evaluate(f"{_FOCUS}.textContent") == "Add"
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/rules?page=*")
    assert page.get_by_role("heading", name=name).count() == 1
    page.goto(f"{server.site}/en/rules?q={name}")
    tab_to(page, f"element.getAttribute('aria-label') === 'Remove {name}'")
    page.keyboard.press("Space")
    page.get_by_text("No rule fits this filter.").wait_for()


@pytest.mark.parametrize("kind", ["journal", "journal/message/1", "rules", "rules/edit", "http/503/mock"])
def test_nothing_holds_the_focus(server: Serving, page: Page, kind: str) -> None:
    """Tab leads through the page and out of it at its end (WCAG 2.2: 2.1.2)."""
    if kind == "journal":
        httpx.delete(f"{server.site}/api/journal").raise_for_status()
        for code in ("200", "404", "503"):
            httpx.get(f"{server.http}/status/{code}")
    page.goto(f"{server.site}/en/{kind}")
    page.evaluate("document.querySelector('.foot a:last-of-type').id = 'last'")
    for _ in range(MAX_PAGE_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate(f"{_FOCUS}.id === 'last'"):
            break
    else:
        pytest.fail(f"the end of {kind} is not within {MAX_PAGE_STOPS} stops")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{_FOCUS} === document.body || {_FOCUS}.matches('a.skip')")
