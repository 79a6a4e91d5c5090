"""The manual on the site: every page, its links, its tables and fences, other languages, and the search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import html5lib
import pytest
from playwright.sync_api import Browser

from statuary.catalog.compile import compile_catalogue
from statuary.catalog.manual import MANUAL, PAGES, manual_messages
from statuary.catalog.messages import Message, update_catalogue
from statuary.catalog.paths import find_places
from statuary.catalog.store import Catalogue
from statuary.web.site import SOURCE_URL
from statuary.web.views.manual import MAX_FOUND, resolve_links
from tests.conftest import ROOT, Serving
from tests.web.client import LANGUAGES, Client, make_client

NARROW = 360
_HREF = re.compile(r'href="([^"]+)"')
_ID = re.compile(r'\sid="([^"]+)"')


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_well_formed(client: Client, page: str) -> None:
    """One h1, names given once, no comment of the source shown, in all languages."""
    for language in LANGUAGES:
        response = client.get(f"/{language}/manual/{page}")
        assert response.status_code == 200
        html5lib.HTMLParser(strict=True).parse(response.text)
        ids = _ID.findall(response.text)
        assert len(ids) == len(set(ids))
        assert response.text.count("<h1") == 1
        if page != "content":  # which shows how comments and fences are written
            assert "&lt;!--" not in response.text
            assert "```" not in response.text


def test_every_link_within_the_manual_leads_to_a_page_and_a_heading(client: Client) -> None:
    """``rules.md#match`` in a document is ``/en/manual/rules#match`` on the site."""
    pages = {page: client.get(f"/en/manual/{page}").text for page in PAGES}
    ids = {page: set(_ID.findall(text)) for page, text in pages.items()}
    met = 0
    for page, text in pages.items():
        article = text.partition("<article")[2].partition("</article>")[0]
        for link in map(unescape, _HREF.findall(article)):
            assert not re.match(r"(?!https:)[^#]*\.md", link), link
            if link.startswith(("/en/manual/", "#")):
                target, _, anchor = link.removeprefix("/en/manual/").partition("#")
                assert (target or page) in pages
                assert not anchor or anchor in ids[target or page], link
                met += 1
            elif link.startswith(SOURCE_URL):
                assert (ROOT / link.removeprefix(SOURCE_URL).partition("#")[0]).exists(), link
    assert met > 30


def test_links_are_resolved() -> None:
    assert resolve_links("[a](rules.md#match)", "fr") == "[a](/fr/manual/rules#match)"
    assert resolve_links("[a](#here) [b](https://x.example/y.md)", "fr") == "[a](#here) [b](https://x.example/y.md)"
    assert resolve_links("[a](../content/guides/quotas.md)", "ja") == "[a](/ja/guide/quotas)"
    assert resolve_links("[a](../examples/go/orders_test.go)", "ja") == f"[a]({SOURCE_URL}examples/go/orders_test.go)"
    assert resolve_links("[a](code:smtp/452)", "ja") == "[a](code:smtp/452)"


def test_manual_is_led_to(client: Client) -> None:
    """From every page's head, from the home page, from mock pages; without a language too."""
    assert 'href="/en/manual"' in client.get("/en/smtp/452").text
    assert 'href="/en/manual/start"' in client.get("/en/").text
    assert 'href="/en/manual/scenario"' in client.get("/en/smtp/452/mock").text
    assert client.get("/manual/rules", {"Accept-Language": "ko"}).headers["location"] == "/ko/manual/rules"
    contents = client.get("/en/manual").text
    for page in PAGES:
        assert f'href="/en/manual/{page}"' in contents
    missing = client.get("/en/manual/nothing")
    assert missing.status_code == 404


def test_blocks_and_tables_are_shown_as_such(client: Client) -> None:
    """Fences with colours and a button, tables with a head, rows with cells; a bar in a cell is text."""
    page = client.get("/en/manual/rules").text
    assert '<pre class="program"' in page
    assert '<button type="button" class="copy' in page
    assert re.search(r"<td><code>protocol</code></td><td data|<td><code>protocol</code></td><td>", page)
    assert '<th scope="col">key</th>' in page
    assert '<b class="typed">$ statuary search mailbox full | head -4</b>' in client.get("/en/manual/start").text
    assert "bash|zsh|fish" in client.get("/en/manual/commands").text
    assert "\\|" not in client.get("/en/manual/commands").text


def test_generated_words_are_those_of_the_interface(client: Client) -> None:
    """An option's help is translated once, for the command line; what is named in it stays."""
    page = client.get("/fr/manual/settings").text
    assert "adresse d’écoute" in page
    assert "port du serveur HTTP simulé, 0" in page
    assert "0-1000000" in page
    assert "Aussi\xa0: <code>lookup</code>" in client.get("/fr/manual/commands").text


@pytest.mark.parametrize(
    ("tag", "value"), [("en", "4,096 (4 KiB)"), ("fr", "4\u202f096 (4 Kio)"), ("ja", "4,096 (4 KiB)")]
)
def test_generated_numbers_are_those_of_the_language(client: Client, tag: str, value: str) -> None:
    """Digits in groups and units as the language writes them; what the limit bounds is in the language too."""
    page = client.get(f"/{tag}/manual/limits").text
    assert f"<td>{value}</td>" in page
    assert ("The most steps in a script." in page) == (tag == "en")


@pytest.mark.parametrize("tag", ["fr", "ja", "ko"])
@pytest.mark.parametrize("name", ["commands", "settings"])
def test_generated_pages_are_not_behind(client: Client, tag: str, name: str) -> None:
    """Everything that the program says of its commands and settings is the interface's, which is translated whole."""
    assert 'class="untranslated"' not in client.get(f"/{tag}/manual/{name}").text


def test_search_finds_sections(client: Client) -> None:
    """Below the codes; a page alone where no code fits; no more than a few."""
    page = client.get("/en/search?q=greylist+wait").text
    found = page.partition('id="in-manual"')[2]
    assert "/en/manual/smtp#causes" in found
    assert found.count("<li>") <= MAX_FOUND
    alone = client.get("/en/search?q=jitter+sigma").text
    assert "/en/manual/scenario#effects" in alone
    assert 'id="in-manual"' not in client.get("/en/search?q=zzzz").text
    assert 'id="in-manual"' not in client.get("/en/search?q=").text
    assert client.get("/en/search?q=%5B%28%2A").status_code == 200


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A site whose French has the first two texts and one row of the scenario language, and nothing else."""
    folder = tmp_path_factory.mktemp("half")
    places = find_places()
    english = {message.context: message.text for message in manual_messages(places.content)}
    wanted = [context for context in english if context.startswith("manual/scenario#")][:2]
    wanted.append("manual/scenario#effects.close-close-2s")
    path = update_catalogue(folder, "fr", MANUAL, [Message(context, english[context]) for context in wanted])
    text = path.read_text(encoding="utf-8")
    for number, context in enumerate(wanted, 1):
        cells = " | ".join(f"texte {number}" for _ in english[context].split(" | "))
        before, mark, after = text.partition(f'msgctxt "{context}"')
        text = before + mark + after.replace('msgstr ""', f'msgstr "{cells}"', 1)
    path.write_text(text, encoding="utf-8")
    compile_catalogue(places.content, folder, folder / "catalogue.sqlite")
    catalogue = Catalogue(folder / "catalogue.sqlite")
    yield make_client(catalogue)
    catalogue.close()


def test_text_that_is_not_translated_is_marked_and_the_page_says_so(half: Client) -> None:
    """Paragraph by paragraph, and row by row of a table."""
    page = half.get("/fr/manual/scenario").text
    assert "<h1>texte 1</h1>" in page
    assert 'class="untranslated"' in page
    assert "<td>texte 3</td>" in page
    assert page.count('<tr lang="en">') > 10
    assert '<h2 id="effects" lang="en">' in page
    english = half.get("/en/manual/scenario").text
    assert '<div lang="en">' not in english
    assert '<tr lang="en">' not in english
    assert "untranslated" not in english


def test_nothing_is_wider_than_a_small_screen(browser: Browser, server: Serving) -> None:
    """WCAG 2.2 §1.4.10: at 360 pixels no page scrolls sideways, tables included."""
    page = browser.new_page(viewport={"width": NARROW, "height": 800})
    for name in PAGES:
        page.goto(f"{server.site}/en/manual/{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, name
    page.close()


def test_the_button_copies_commands_without_prompt_and_output(browser: Browser, server: Serving) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{server.site}/en/manual/start")
    page.locator("pre.wire-console").first.locator("xpath=preceding-sibling::p[1]/button").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "statuary search mailbox full | head -4\nstatuary compare smtp/452 http/507 | head -4\n"
    context.close()
