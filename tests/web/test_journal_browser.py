"""The journal in real Chromium: as it happens, filtered, ten thousand of it, by keyboard; a rule from an exchange."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Serving, start_server, stop_server
from tests.web.axe import load_axe, violations

MAX_SHOWN = 400
"""The most exchanges that may stand in the tree at once, however many there are."""
MANY = 10_000
MAX_LOOKS = 400
"""How often a condition is looked at before it counts as never met."""


@pytest.fixture
def serving() -> Iterator[Serving]:
    """A server of its own: these tests fill and clear its journal, whose numbers never begin anew."""
    started = start_server("--seed", "5")
    yield started.serving
    assert stop_server(started) == 0


@pytest.fixture
def page(serving: Serving, browser: Browser) -> Iterator[Page]:
    """A window whose console stays silent."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
    context.close()


def open_journal(page: Page, serving: Serving, query: str = "") -> None:
    """The journal, once it is live."""
    page.goto(f"{serving.site}/en/journal{query}")
    page.locator("#live.on").wait_for()


def until(page: Page, condition: str) -> None:
    """Wait until a condition holds; Playwright's own way is forbidden by the policy of the page."""
    for _ in range(MAX_LOOKS):
        if page.evaluate(f"Boolean({condition})"):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never: {condition}")


def speak(port: int, *commands: str) -> list[str]:
    """Say commands one by one, each after the answer to the last, and give the replies."""
    replies = []
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as lines:
        for command in ("", *commands):
            connection.sendall(f"{command}\r\n".encode() if command else b"")
            while (line := lines.readline())[3:4] == b"-":
                continue
            replies.append(line.decode().strip())
    return replies


def flood(serving: Serving, count: int) -> None:
    """So many exchanges in one SMTP session, the greeting among them; small ones, so that all of them are kept."""
    with socket.create_connection(("127.0.0.1", serving.smtp_port)) as connection, connection.makefile("rb") as lines:
        lines.readline()
        for first in range(1, count, 100):
            block = range(first, min(first + 100, count))
            connection.sendall(b"".join(b"NOOP %d\r\n" % number for number in block))
            for _ in block:
                assert lines.readline().startswith(b"250")


def numbers(page: Page) -> list[int]:
    """The numbers of the exchanges in the tree, in its order."""
    found: list[int] = page.eval_on_selector_all("#journal .exchange", "all => all.map(one => Number(one.id.slice(1)))")
    return found


def test_a_dialogue_arrives_and_reads_in_its_order(serving: Serving, page: Page) -> None:
    """Newest dialogue first; within it what was said first stands first, also while it goes on."""
    open_journal(page, serving)
    speak(serving.smtp_port, "EHLO client.example", "MAIL FROM:<a@b.test>", "RCPT TO:<rcpt452@any.test>", "QUIT")
    page.locator(".dialogue .exchange").nth(4).wait_for()
    stages = page.locator(".dialogue").first.locator(".exchange-head > span > span").all_inner_texts()
    assert stages[:5] == ["connect", "ehlo", "mail", "rcpt", "quit"]
    httpx.get(f"{serving.http}/status/503")
    page.locator(".dialogue").nth(1).wait_for()
    assert page.locator(".dialogue h3").all_inner_texts() == ["HTTP, connection 2", "SMTP, connection 1"]
    assert page.locator("#total").inner_text() == "6"
    places = page.eval_on_selector_all(".dialogue", "all => all.map(one => one.getAttribute('aria-posinset'))")
    assert places == ["1", "2"]


def test_invisible_octets_have_marks_and_nothing_of_a_stranger_runs(serving: Serving, page: Page) -> None:
    """Both directions, octet by octet; a huge one is cut and its size named, and its own page has the rest."""
    open_journal(page, serving)
    body = b"<img src=x onerror=document.title=1>\x00\x1b" + b"y" * 5000
    httpx.post(f"{serving.http}/status/503", content=body)
    page.locator(".exchange").wait_for()
    shown = page.locator(".octets-in").inner_text()
    assert "\\r\\n" in shown
    assert "\\x00" not in shown
    assert "\\0\\x1b" in shown
    assert "… +" in shown
    page.locator(".exchange-head a").first.click()
    page.wait_for_url("**/journal/exchange/*")
    assert "y" * 5000 in page.locator(".octets-in").inner_text()
    assert page.title() != "1"


@pytest.mark.parametrize(
    ("field", "text", "kept"),
    [
        ("code", "5*", {"/status/503?key=red"}),
        ("path", "/status/4??", {"/status/404?key=green"}),
        ("text", "key=green", {"/status/404?key=green"}),
        ("key", "blue", {"/status/204?key=blue"}),
    ],
)
def test_a_filter_applies_while_it_is_written(
    serving: Serving, page: Page, field: str, text: str, kept: set[str]
) -> None:
    """The server filters; what comes later and fits is shown, other things are not; the address can be passed on."""
    targets = ("/status/503?key=red", "/status/404?key=green", "/status/204?key=blue")
    for target in targets:
        httpx.get(serving.http + target)
    open_journal(page, serving)
    assert page.locator(".exchange").count() == 3
    page.locator(f"#f-{field}").fill(text)
    until(page, "document.querySelectorAll('.exchange').length === 1")
    assert {target for target in targets if target in page.locator("#journal").inner_text()} == kept
    for target in targets:
        httpx.get(serving.http + target)
    until(page, "document.querySelectorAll('.exchange').length === 2")
    until(page, "document.getElementById('total').textContent === '6'")
    assert page.locator(".exchange").count() == 2
    page.goto(page.url)
    assert page.locator(".exchange").count() == 2
    assert page.locator(f"#f-{field}").input_value() == text


def test_every_recipient_is_found(serving: Serving, page: Page) -> None:
    """Also the second of a transaction."""
    speak(serving.smtp_port, "EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<one@x.test>", "RCPT TO:<two@y.test>", "DATA")
    open_journal(page, serving, "?recipient=two@*")
    assert {"rcpt", "data"} <= set(page.locator(".exchange-head > span > span").all_inner_texts())
    assert page.get_by_text("RCPT TO:<one@x.test>").count() == 0


def test_ten_thousand_exchanges_scroll(serving: Serving, page: Page) -> None:
    """The tree stays small, the first and the last are reached, and each on the way is shown once."""
    flood(serving, MANY)
    open_journal(page, serving)
    assert numbers(page)[-1] > MANY - 100
    met: set[int] = set()
    for _ in range(3000):
        shown = numbers(page)
        assert len(shown) <= MAX_SHOWN
        assert len(shown) == len(set(shown))
        met.update(shown)
        if 1 in met:
            break
        page.evaluate("scrollBy(0, 6000)")
        until(
            page,
            "document.documentElement.scrollHeight - scrollY > innerHeight + 1000 || document.getElementById('x1')",
        )
    assert len(met) == MANY
    kept = [place for place in sorted(met, reverse=True) if place]
    assert all(before - after == 1 for before, after in pairwise(kept))
    page.evaluate("scrollTo(0, 0)")
    page.locator(f"#x{MANY}").wait_for(state="attached")
    assert len(numbers(page)) <= MAX_SHOWN


def test_the_oldest_is_one_link_away_and_newer_ones_follow_upwards(serving: Serving, page: Page) -> None:
    """Opened at its beginning, the journal grows at its top as one scrolls up."""
    flood(serving, 200)
    open_journal(page, serving)
    page.get_by_role("link", name="Oldest").evaluate("link => link.click()")
    page.wait_for_url("**after=0")
    page.locator("#x1").wait_for()
    page.evaluate("scrollTo(0, 0)")
    page.locator("#x31").wait_for(state="attached")


def test_who_has_scrolled_is_not_moved(serving: Serving, page: Page) -> None:
    """What comes is counted on a button, which leads to it."""
    flood(serving, 200)
    open_journal(page, serving)
    page.evaluate("scrollTo(0, 4000)")
    until(page, "scrollY > 3000")
    httpx.get(f"{serving.http}/status/418")
    page.locator("#news").wait_for()
    assert page.locator("#news").inner_text() == "1 new"
    assert page.locator("#x201").count() == 0
    page.locator("#news").click()
    page.locator("#x201").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "ARTICLE"


def test_page_keys_go_from_dialogue_to_dialogue(serving: Serving, page: Page) -> None:
    """The keys of a feed (WAI-ARIA Authoring Practices); each has its place for screen readers."""
    for number in range(3):
        httpx.get(f"{serving.http}/status/204?key={number}")
    open_journal(page, serving)
    page.locator(".dialogue").first.focus()
    page.keyboard.press("PageDown")
    assert page.evaluate("document.activeElement.getAttribute('aria-posinset')") == "2"
    page.keyboard.press("PageUp")
    assert page.evaluate("document.activeElement.getAttribute('aria-posinset')") == "1"
    assert page.locator(".dialogue").first.get_attribute("aria-setsize") == "3"


def test_a_feed_is_one_only_while_it_has_dialogues(serving: Serving, page: Page) -> None:
    """The role promises articles within (WAI-ARIA 1.2 §5.4, feed); an empty journal, or a cleared one, has none."""
    open_journal(page, serving)
    feed = page.locator("#journal")
    expect(feed).not_to_have_attribute("role", "feed")
    assert violations(page, load_axe()) == []
    httpx.get(f"{serving.http}/status/503")
    expect(feed).to_have_attribute("role", "feed")
    expect(feed.get_by_role("article")).to_have_count(1)
    assert violations(page, load_axe()) == []
    httpx.delete(f"{serving.site}/api/journal")
    httpx.get(f"{serving.http}/status/503")
    page.get_by_text("connection 2").first.wait_for()
    httpx.delete(f"{serving.site}/api/journal")
    page.reload()
    expect(feed).not_to_have_attribute("role", "feed")


def test_what_was_forgotten_unseen_is_said(browser: Browser) -> None:
    """A journal that keeps ten: a hundred come at once."""
    started = start_server("--journal-exchanges", "10")
    try:
        page = browser.new_page()
        open_journal(page, started.serving)
        flood(started.serving, 100)
        until(page, "document.getElementById('total').textContent === '100'")
        until(page, "document.getElementById('dropped').textContent === '90'")
        page.locator("#gap").wait_for()
        assert "forgotten before they could be shown" in page.locator("#gap").inner_text()
        page.locator("#x100").wait_for()
        page.close()
    finally:
        assert stop_server(started) == 0


def test_clear_forgets_all_here_and_on_other_pages(serving: Serving, page: Page, browser: Browser) -> None:
    """A form, which a browser sends with its origin; a page that is open elsewhere follows."""
    httpx.get(f"{serving.http}/status/503")
    other = browser.new_page()
    open_journal(other, serving)
    assert other.locator(".exchange").count() == 1
    open_journal(page, serving)
    page.get_by_role("button", name="Forget all exchanges").click()
    page.locator("#empty").wait_for()
    assert httpx.get(f"{serving.site}/api/journal").json()["exchanges"] == []
    httpx.get(f"{serving.http}/status/404")
    other.get_by_text("/status/404").first.wait_for()
    assert other.locator(".exchange").count() == 1
    other.close()


def test_a_rule_made_from_an_exchange_answers_on_the_wire(serving: Serving, page: Page) -> None:
    """From the journal to the form, from the form into force; its remaining answers are shown as they go."""
    to_bob = ("EHLO c", "MAIL FROM:<a@b.test>", "RCPT TO:<bob@full.test>", "QUIT")
    assert speak(serving.smtp_port, *to_bob)[3].startswith("250")
    open_journal(page, serving, "?stage=rcpt")
    page.get_by_role("link", name="Make a rule from exchange").click()
    page.wait_for_url("**/rules/edit?exchange=*")
    text = page.locator("#toml").input_value()
    assert 'match = { recipient = "bob@full.test" }' in text
    assert 'answer = "250 2.1.5"' in text
    page.locator("#toml").fill(text.replace("250 2.1.5", "452 4.2.2 x2"))
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/rules?page=1#r1")
    page.locator("#live.on").wait_for()
    assert "2 answers left" in page.locator("#r1").inner_text()
    assert speak(serving.smtp_port, *to_bob)[3].startswith("452 4.2.2")
    page.get_by_text("1 answer left").wait_for()
    page.get_by_role("button", name="Start its counts over").click()
    page.get_by_text("2 answers left").wait_for()
    page.get_by_role("button", name="Remove api").click()
    page.get_by_text("There are none.").wait_for()
    assert speak(serving.smtp_port, *to_bob)[3].startswith("250")


def test_without_javascript_pages_are_turned_by_links(serving: Serving, page: Page, browser: Browser) -> None:
    """From the newest to the oldest and back; filter, clear, and rules by forms."""
    flood(serving, 100)
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{serving.site}/en/journal")
    met = [int(str(each.get_attribute("id"))[1:]) for each in plain.locator(".exchange").all()]
    while plain.get_by_role("link", name="Older", exact=True).count():
        plain.get_by_role("link", name="Older", exact=True).click()
        met += [int(str(each.get_attribute("id"))[1:]) for each in plain.locator(".exchange").all()]
    assert sorted(met) == list(range(1, 101))
    plain.get_by_role("link", name="Newest").click()
    expect(plain.locator("#x100")).to_have_count(1)
    plain.locator("#f-text").fill("NOOP 55")
    plain.get_by_role("button", name="Filter").click()
    expect(plain.locator(".exchange")).to_have_count(1)
    plain.get_by_role("button", name="Forget all exchanges").click()
    expect(plain.locator("#empty")).to_be_visible()
    assert plain.locator(".exchange").count() == 0
    plain.goto(f"{serving.site}/en/rules/edit")
    plain.locator("#toml").fill('[[rule]]\nname = "plain"\nprotocol = "http"\nanswer = "5o3"\n')
    plain.get_by_role("button", name="Add").click()
    assert "line:4:" in plain.locator("#faults").inner_text()
    plain.locator("#toml").fill('[[rule]]\nname = "plain"\nprotocol = "http"\nanswer = "503"\n')
    plain.get_by_role("button", name="Add").click()
    plain.wait_for_url("**/rules?page=1#r1")
    assert httpx.get(f"{serving.http}/anything").status_code == 503
    context.close()
