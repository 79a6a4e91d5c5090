"""The site as files, served by Python's own server below a path, in real Chromium: no server of ours behind it."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from statuary.web.export import build, make_plan
from tests.web.client import ALL_LANGUAGES

ONLY = ("smtp/452", "smtp/552", "websocket/1000")
PREFIX = "/team/codes"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Python's file server without its log."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a written site in every language; mail's and two small protocols' pages."""
    top = tmp_path_factory.mktemp("published")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(top)))
    site = f"http://127.0.0.1:{server.server_address[1]}{PREFIX}"
    plan = make_plan(top / PREFIX.strip("/"), ALL_LANGUAGES, base_url=site, languages=ALL_LANGUAGES, only=ONLY)
    Path(top / "team").mkdir()
    build(plan)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser, published: str) -> Iterator[Page]:
    """A page that may complain of nothing and ask nothing of another origin."""
    context = browser.new_context(locale="ja-JP")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: None if request.url.startswith(published) else complaints.append(request.url))
    yield opened
    context.close()
    assert complaints == []


def test_the_root_leads_to_the_language_of_the_reader(page: Page, published: str) -> None:
    page.goto(f"{published}/")
    page.wait_for_url(f"{published}/ja/")
    assert page.evaluate("document.documentElement.lang") == "ja"


def test_the_root_leads_by_links_without_a_script(browser: Browser, published: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{published}/")
    opened.get_by_role("link", name="한국어").click()
    assert opened.url == f"{published}/ko/"
    context.close()


def test_links_and_languages(page: Page, published: str) -> None:
    """From the home to a code, to the same code in another language, and to what the mocks answer with it."""
    page.goto(f"{published}/en/")
    page.locator(".rooms").get_by_role("link", name="SMTP").click()
    page.locator("main").get_by_role("link", name="452", exact=False).first.click()
    assert page.url.startswith(f"{published}/en/smtp/452")
    page.locator(".tongues").get_by_role("link", name="Français").click()
    assert page.url == f"{published}/fr/smtp/452/"
    page.goto(f"{published}/fr/smtp/452/mock/")
    shown = page.locator("pre.wire-smtp").first.inner_text()
    assert "S: 452" in shown or "452 " in shown
    assert "127.0.0.1:1025" in page.locator("main").inner_text()


@pytest.mark.parametrize(
    ("language", "query", "code"),
    [
        ("en", "mailbox full", "smtp/4.2.2"),
        ("en", "452", "smtp/452"),
        ("en", "smtp 552", "smtp/552"),
        ("en", "552 5.2.2 quota exceeded", "smtp/5.2.2"),
        ("en", "policy violaton", "websocket/1008"),
        ("en", "4.2.", "smtp/4.2.2"),
        ("fr", "boite pleine", "smtp/4.2.2"),
        ("ja", "メールボックスがいっぱい", "smtp/4.2.2"),
        ("ja", "容量不足", "smtp/452"),
        ("ja", "４５２", "smtp/452"),
        ("ja", "ﾒｰﾙﾎﾞｯｸｽ", "smtp/4.2.2"),
        ("ko", "사서함이 가득", "smtp/4.2.2"),
        ("ko", "메일함 용량", "smtp/4.2.2"),
    ],
)
def test_search(page: Page, published: str, language: str, query: str, code: str) -> None:
    """In four languages, by numbers and by words, from the form of any page; what fits is among the first."""
    page.goto(f"{published}/{language}/about/")
    page.locator("#q").fill(query)
    page.locator("#q").press("Enter")
    page.wait_for_selector("#written a")
    assert page.url.startswith(f"{published}/{language}/search/?")
    found = [link.get_attribute("href") for link in page.locator("#written a").all()[:10]]
    assert f"{published}/{language}/{code}/" in found
    assert page.locator("#q").input_value() == query


def test_a_search_finds_headings_of_the_manual(page: Page, published: str) -> None:
    """With and without codes that fit."""
    page.goto(f"{published}/en/search/?q=exit+codes")
    page.get_by_role("link", name="Every command › Exit codes").click()
    assert page.url == f"{published}/en/manual/commands/#exit-codes"
    assert page.locator("#exit-codes").is_visible()


def test_a_search_for_nothing_known_says_so(page: Page, published: str) -> None:
    """What was typed is shown as text, whatever it holds."""
    page.goto(f"{published}/en/search/?q=%3Cimg+src%3Dqxz+onerror%3Dqzxa%3E")
    page.wait_for_selector("#written h2")
    assert page.locator("#written img").count() == 0
    assert "img src=qxz onerror=qzxa" in page.locator("#written").inner_text()


def test_the_form_to_compare_leads_to_the_written_page(page: Page, published: str) -> None:
    page.goto(f"{published}/en/compare/")
    page.locator("#left").fill("smtp/552")
    page.locator("#right").fill("SMTP 452")
    page.locator("#right").press("Enter")
    page.wait_for_url(f"{published}/en/compare/smtp/452/smtp/552/")
    page.goto(f"{published}/en/compare/?left=smtp/214&right=sysexits/ex_config")
    page.wait_for_selector("#written a")
    assert page.locator("#written a").count() == 2


def test_the_form_to_translate_leads_to_the_written_page(page: Page, published: str) -> None:
    page.goto(f"{published}/en/map/")
    page.locator("#code").fill("smtp/452")
    page.locator("#to").select_option("http")
    page.locator("#to").press("Enter")
    page.locator(".choose button").click()
    page.wait_for_url(f"{published}/en/map/smtp/452/http/")
    assert page.locator(".cards li").count() > 0


def test_a_decision_is_walked_by_links_alone(page: Page, published: str) -> None:
    page.goto(f"{published}/en/decide/sender/")
    for _ in range(12):
        if not page.locator(".answers a").count():
            break
        page.locator(".answers a").first.click()
    assert page.locator("#result").count() == 1


def test_the_journal_says_how_to_run_the_server(page: Page, published: str) -> None:
    page.goto(f"{published}/en/journal/")
    assert "statuary serve" in page.locator("main").inner_text()


def test_pages_fit_a_narrow_window(browser: Browser, published: str) -> None:
    """No sideways scrolling on the pages that only the written site has, in every language."""
    context = browser.new_context(viewport={"width": 360, "height": 800})
    opened = context.new_page()
    for language in ALL_LANGUAGES:
        for path in ("", "journal/", "search/?q=452", "compare/?left=1000&right=452", "map/", "map/smtp/452/http/"):
            opened.goto(f"{published}/{language}/{path}", wait_until="networkidle")
            scroll, client = opened.evaluate(
                "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
            )
            assert scroll <= client, f"{language}/{path}"
    context.close()
