"""Builder and Run in real Chromium: as they happen, by keyboard, and from files without a server."""

from __future__ import annotations

import functools
import html
import http.server
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from statuary.web.export import build, make_plan
from tests.conftest import Serving
from tests.web.axe import load_axe, violations
from tests.web.test_export_browser import Quiet

DONE = "Connections made: {}."


@pytest.fixture
def page(browser: Browser, server: Serving) -> Iterator[Page]:
    """A page that may complain of nothing and ask nothing of another origin."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "request", lambda request: None if request.url.startswith(server.site) else complaints.append(request.url)
    )
    yield opened
    context.close()
    assert [each for each in complaints if "400 (Bad Request)" not in each] == []


def fill(page: Page, number: int, **fields: str) -> None:
    """Fill in a row of the form, which is added where it is not there."""
    if not page.locator(f"[name=a{number}]").count():
        page.get_by_role("button", name="Add an answer").click()
    for letter, text in fields.items():
        field = page.locator(f"[name={letter}{number}]")
        field.select_option(text) if letter == "j" else field.fill(text)


def run(page: Page, connections: int) -> list[str]:
    """Press Run, wait for its end, and give what the server said on each connection."""
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#run-status")).to_have_text(DONE.format(connections), timeout=20_000)
    lists = page.locator("#transcript ol.told")
    assert lists.count() == connections
    return ["\n".join(each.locator(".told-server code").all_inner_texts()) for each in lists.all()]


def test_run_of_a_script_with_counts(page: Page, server: Serving) -> None:
    """503x2~200: three requests, both directions, each line timed, octets marked, an end for each."""
    page.goto(f"{server.site}/en/http/503/mock")
    fill(page, 1, a="503", c="2")
    fill(page, 2, j="then", a="200")
    expect(page.locator("[data-form=script] code")).to_have_text("503x2~200")
    said = run(page, 3)
    assert [each.split(" ", 2)[1] for each in said] == ["503", "503", "200"]
    assert page.locator("#transcript .told-client code").first.inner_text().startswith("GET /status/503x2~200?key=run-")
    assert "\\r\\n" in page.locator("#transcript .told-server .octet").first.inner_text()
    for time in page.locator("#transcript .ms").all_inner_texts():
        assert time.endswith(" ms")
        assert float(time.split()[0].partition("–")[0]) >= 0
    assert page.locator(".told-end").count() == 3


def test_run_of_an_interim_answer(page: Page, server: Serving) -> None:
    """RFC 8297: 103 Early Hints, then the final answer on the same connection."""
    page.goto(f"{server.site}/en/http/103/mock")
    (said,) = run(page, 1)
    assert said.index("HTTP/1.1 103 Early Hints") < said.index("HTTP/1.1 200 OK")


def test_run_of_a_truncated_body(page: Page, server: Serving) -> None:
    """The server closes before the content is whole, and the page says so."""
    page.goto(f"{server.site}/en/http/200/mock")
    fill(page, 1, a="200", e="-truncate=0.5")
    run(page, 1)
    end = page.locator(".told-end").inner_text()
    assert "octets of content" in end
    assert end.endswith("The server closed the connection.")


def test_run_of_mail_until_it_is_accepted(page: Page, server: Serving) -> None:
    """452 4.2.2 x2: two dialogues refused, the third with a message."""
    page.goto(f"{server.site}/en/smtp/4.2.2/mock")
    assert page.locator("[name=a1]").input_value() == "452 4.2.2"
    assert page.locator("[name=c1]").input_value() == "2"
    said = run(page, 3)
    assert ["452 4.2.2 Mailbox full" in each for each in said] == [True, True, False]
    assert "Message accepted" in said[2]
    assert page.locator(".told-end").all_inner_texts()[2].endswith("The server closed the connection.")


@pytest.mark.parametrize(("language", "width", "scheme"), [("ja", 360, "dark"), ("fr", 1280, "light")])
def test_a_finished_run_breaks_no_rule_and_fits(
    server: Serving, browser: Browser, language: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    """WCAG 2.2 AA with what the scripts have put on the page; nothing scrolls sideways."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{server.site}/{language}/smtp/4.2.2/mock")
    page.locator("#rows + p button").click()
    page.locator("[name=a2]").fill("451-")
    page.locator("#run").focus()
    expect(page.locator("#wrong")).to_be_visible()
    page.locator("[name=a2]").fill("451")
    page.keyboard.press("Enter")
    expect(page.locator("#wrong")).to_be_hidden()
    page.locator("#run").click()
    expect(page.locator(".told-end")).to_have_count(3, timeout=20_000)
    assert violations(page, load_axe()) == []
    scroll, client = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert scroll <= client
    context.close()


def test_a_run_is_shown_while_it_happens(page: Page, server: Serving) -> None:
    """The request is there while the answer is still awaited; status is polite, the transcript no live region."""
    page.goto(f"{server.site}/en/http/503/mock")
    fill(page, 1, a="503", c="1", e="-delay=2s")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#transcript .told-client").first).to_be_visible()
    assert page.locator("#run-status").inner_text().startswith("Running …")
    assert page.locator("#run").is_disabled()
    assert page.locator("#run-status").get_attribute("role") == "status"
    assert page.locator("#transcript [aria-live], #transcript[aria-live]").count() == 0
    expect(page.locator("#run-status")).to_have_text(DONE.format(2), timeout=20_000)


def test_text_that_passes_is_read_as_it_is_written(page: Page, server: Serving) -> None:
    """RFC 3629: UTF-8 as its characters, marks for what turns the direction of reading and for what is no UTF-8."""
    octets = "メール \u202eé😀".encode() + b"\xe3\x83"
    rule = {"protocol": "http", "match": {"path": "/status/418"}, "answer": "418", "base64": b64encode(octets).decode()}
    added = httpx.post(f"{server.site}/api/rules", json={"rules": [rule]}).raise_for_status().json()["rules"][0]
    try:
        page.goto(f"{server.site}/en/http/418/mock")
        fill(page, 1, a="418", c="")
        (said,) = run(page, 1)
        assert said.endswith("メール U+202Eé😀\\xe3\\x83")
    finally:
        httpx.delete(f"{server.site}/api/rules/{quote(added['rule']['name'])}").raise_for_status()


def test_the_builder_shows_what_the_endpoint_spells(page: Page, server: Serving) -> None:
    """At once, with every field; each spelling is copied by its button."""
    page.goto(f"{server.site}/en/smtp/452/mock")
    fill(page, 1, a="452 4.2.2", c="2", e="-delay=1s", w="2")
    fill(page, 2, j="or", a="250")
    page.locator("[name=stage]").select_option("mail")
    page.locator("[name=key]").fill("blue")
    expect(page.locator("[data-form=script] code")).to_have_text("452_4.2.2-delay=1s:2,250:1x2")
    query = {"protocol": "smtp", "script": "452_4.2.2-delay=1s:2,250x2", "stage": "mail", "key": "blue"}
    forms = httpx.get(f"{server.site}/api/v1/script", params=query).json()
    for name in ("script", "address", "rule", "pytest", "swaks", "curl"):
        place = page.locator(f"[data-form={name}]")
        place.locator("button.copy").click()
        expect(place.get_by_text("Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == forms[name]


def test_an_error_is_shown_at_its_place(page: Page, server: Serving) -> None:
    """What the grammar expects, the caret, and the row that is wrong; it goes once it is mended."""
    page.goto(f"{server.site}/en/http/503/mock")
    fill(page, 2, j="then", a="20")
    expect(page.locator("#wrong")).to_contain_text("expected three digits")
    assert page.locator("#wrong pre").inner_text().split("\n")[:2] == ["503x2~20", " " * 8 + "^"]
    assert page.locator("[name=a2]").get_attribute("aria-invalid") == "true"
    assert page.locator("[name=a1]").get_attribute("aria-invalid") is None
    fill(page, 2, a="200")
    expect(page.locator("#wrong")).to_be_hidden()
    page.locator("[name=key]").fill("a b")
    expect(page.locator("#wrong")).to_contain_text("key: expected letters")


def test_an_error_is_shown_in_the_language_of_the_page(page: Page, server: Serving) -> None:
    """By the texts that the page carries; also where a run is refused."""
    page.goto(f"{server.site}/fr/http/503/mock")
    fill(page, 1, a="50", c="")
    expect(page.locator("#wrong p")).to_have_text(
        "caractère 3\u00a0: il faut trois chiffres\u00a0: un code de 100 à 999, pass, drop, reset ou hang\u202f; "
        "trouvé ici\u00a0: la fin"
    )
    assert page.locator("#wrong p").get_attribute("lang") is None
    page.locator("#run").click()
    expect(page.locator("#run-status")).to_contain_text("Exécution impossible\u00a0: caractère 3\u00a0: il faut")
    fill(page, 1, a="503-slow")
    expect(page.locator("#wrong p")).to_contain_text(
        "caractère 5\u00a0: il faut un effet, chacun une seule fois\u00a0: delay,"
    )


def test_options_of_commands_are_whole(page: Page, server: Serving) -> None:
    """No line ends within an option on a narrow screen; the page as it is sent has the command as plain text."""
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{server.site}/ja/smtp/452/mock")
    commands = page.locator("pre.command code")
    sent = html.unescape(httpx.get(page.url).text)
    assert all(f"<code>{text}</code>" in sent for text in commands.all_text_contents())
    options = commands.locator(".option")
    assert "--mail-from" in options.all_inner_texts()
    assert {option.evaluate("option => option.getClientRects().length") for option in options.all()} == {1}


def test_rows_are_added_and_removed_by_keyboard(page: Page, server: Serving) -> None:
    """The focus goes to what was added, and stays near what was removed."""
    page.goto(f"{server.site}/en/http/503/mock")
    page.get_by_role("button", name="Add an answer").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "a2"
    page.keyboard.type("204")
    page.keyboard.press("Tab")
    page.keyboard.type("-close")
    expect(page.locator("[data-form=script] code")).to_have_text("503x2~204-close")
    page.get_by_label("Add an effect …").nth(1).select_option("-delay=2s")
    expect(page.locator("[data-form=script] code")).to_have_text("503x2~204-close-delay=2s")
    page.get_by_role("button", name="Remove").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "a1"
    expect(page.locator("[data-form=script] code")).to_have_text("503x2")
    assert page.get_by_role("button", name="Remove").count() == 0


def test_what_cannot_run_is_said(page: Page, server: Serving) -> None:
    page.goto(f"{server.site}/en/http/503/mock")
    fill(page, 1, a="50")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#run-status")).to_contain_text("It could not be run: character 3")


def test_without_javascript_a_page_comes_back(server: Serving, browser: Browser) -> None:
    """Show gives the spellings, Run the finished transcript."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.site}/en/smtp/452/mock")
    page.get_by_role("button", name="Show").click()
    assert page.locator("[data-form=address] code").inner_text() == "rcpt452x2@any.test"
    page.locator("[name=a2]").fill("250")
    page.get_by_role("button", name="Run", exact=True).click()
    assert page.locator("#transcript ol.told").count() == 3
    context.close()


# From files, without a server


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A written site with two mock pages, below a path."""
    top = tmp_path_factory.mktemp("written")
    handler = functools.partial(Quiet, directory=str(top))
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    site = f"http://127.0.0.1:{serving.server_address[1]}/team"
    build(make_plan(Path(top) / "team", ("en", "fr"), base_url=site, only=("smtp/452", "http/503", "http/499-nginx")))
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield site
    serving.shutdown()
    serving.server_close()


@pytest.mark.parametrize(
    ("path", "lines", "url"),
    [
        ("smtp/452", ["452 4.3.1", "452 4.3.1", "250 2.1.5"], "rcpt452x2+blue@any.test"),
        ("http/503", ["HTTP/1.1 503", "HTTP/1.1 503", "HTTP/1.1 200"], "http://127.0.0.1:8081/status/503x2?key=blue"),
    ],
)
def test_the_written_site_has_a_recording_and_builds_by_itself(
    browser: Browser, published: str, path: str, lines: list[str], url: str
) -> None:
    """The transcript of the same script in Run's place; the builder asks nobody."""
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{published}/en/{path}/mock/")
    said = [each.inner_text() for each in page.locator("#transcript ol.told").all()]
    assert [line in each for line, each in zip(lines, said, strict=True)] == [True] * 3
    assert page.get_by_role("button", name="Run", exact=True).count() == 0
    before = len(asked)
    page.locator("[name=key]").fill("blue")
    shown = page.locator("[data-form=address] code" if path.startswith("smtp") else "[data-form=url] code")
    expect(shown).to_have_text(url)
    fill(page, 1, a="45")
    expect(page.locator("#wrong")).to_contain_text("character 3: expected")
    assert asked[before:] == []
    assert complaints == []
    context.close()
