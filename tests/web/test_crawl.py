"""Every page of the running site, in every language: status, links, alternates, and valid HTML."""

from __future__ import annotations

import json
import random
import re
import subprocess
from html import unescape
from pathlib import Path
from urllib.parse import urldefrag

import pytest

from tests.conftest import ROOT, Serving, require
from tests.web.client import ALL_LANGUAGES
from tests.web.crawl import Page, walk

SAMPLE_A_KIND = 3
MAX_PAGE_OCTETS = 60_000
pytestmark = pytest.mark.timeout(1800)  # thousands of pages, and the checker is a program of its own
_ALTERNATE = re.compile(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)"')
_COMPARE = re.compile(r"/\w\w/compare/([^/]+)/([^/]+)/([^/]+)/([^/]+)")


@pytest.fixture(scope="session")
def pages(server: Serving) -> dict[str, Page]:
    """All that can be reached from the homes."""
    return walk(server.site, tuple(f"/{language}/" for language in ALL_LANGUAGES))


def html_pages(pages: dict[str, Page]) -> list[Page]:
    return [page for page in pages.values() if page.headers.get("content-type", "").startswith("text/html")]


def kind(page: Page) -> str:
    """The shape of a path: its language, and its words with numbers taken out."""
    return re.sub(r"/[^/?]*[0-9.][^/?]*", "/N", page.path.partition("?")[0])


def test_every_page_is_there(pages: dict[str, Page]) -> None:
    """The one redirect is that of the address without a language, which leads to the reader's own."""
    wrong = [(page.status, page.path, page.found_on) for page in pages.values() if page.status != 200]
    assert [item for item in wrong if item[:2] != (302, "/")] == []
    assert len(html_pages(pages)) > 4 * 2000


def test_every_fragment_leads_somewhere(pages: dict[str, Page]) -> None:
    ids = {path: page.ids for path, page in pages.items()}
    for page in html_pages(pages):
        for link in page.links:
            target, fragment = urldefrag(link)
            if fragment:
                assert fragment in ids[target], f"{page.path} links to {link}"


def test_pages_say_their_language_and_name_every_other(server: Serving, pages: dict[str, Page]) -> None:
    """hreflang is complete and symmetrical, and each alternate exists."""
    for page in html_pages(pages):
        language = page.path.split("/")[1]
        assert f'<html lang="{language}"' in page.text, page.path
        alternates = {tag: unescape(href) for tag, href in _ALTERNATE.findall(page.text)}
        if 'name="robots" content="noindex' in page.text:
            continue
        assert set(alternates) == {*ALL_LANGUAGES, "x-default"}, page.path
        for tag in ALL_LANGUAGES:
            path = alternates[tag].removeprefix(server.site)
            assert path in pages, f"{page.path}: {path}"
            assert path.split("/")[2:] == page.path.split("/")[2:]


def test_comparisons_stand_in_one_order_only(pages: dict[str, Page]) -> None:
    pairs = {match.groups() for path in pages if (match := _COMPARE.fullmatch(path))}
    assert pairs
    for left, left_value, right, right_value in pairs:
        assert (right, right_value, left, left_value) not in pairs


def test_pages_are_light(pages: dict[str, Page]) -> None:
    """Under 60 kB without pictures; the journal is as large as what it shows."""
    heavy = [(len(page.text.encode()), page.path) for page in html_pages(pages) if "/journal" not in page.path]
    assert max(heavy)[0] < MAX_PAGE_OCTETS, max(heavy)


def test_pages_ask_nothing_of_another_origin(server: Serving, pages: dict[str, Page]) -> None:
    """No script, style, font or picture from elsewhere, and none inline."""
    for page in html_pages(pages):
        for source in re.findall(r'<(?:script|img|iframe|source)\b[^>]*\ssrc="([^"]*)"', page.text):
            assert source.startswith("/"), page.path
        for source in re.findall(r'<link rel="(?:stylesheet|icon|preload)"[^>]*href="([^"]*)"', page.text):
            assert source.startswith("/"), page.path
        assert " style=" not in page.text, page.path
        assert not re.search(r"<script(?![^>]*\ssrc=)", page.text), page.path
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_pages_are_valid_html(pages: dict[str, Page], tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The Nu checker finds no error: some pages of every kind in every language, or all of them with --crawl."""
    java = require("java")
    jar = ROOT / "tests" / "node" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.exists():
        require("vnu.jar (npm ci in tests/node)")
    chosen = html_pages(pages)
    if not request.config.getoption("--crawl"):
        chance = random.Random(7)
        kinds: dict[str, list[Page]] = {}
        for page in chosen:
            kinds.setdefault(kind(page), []).append(page)
        chosen = [page for group in kinds.values() for page in chance.sample(group, min(SAMPLE_A_KIND, len(group)))]
    names = {}
    for number, page in enumerate(chosen):
        names[f"{number}.html"] = page.path
        (tmp_path / f"{number}.html").write_text(page.text, encoding="utf-8")
    run = subprocess.run(
        [java, "-Xss2m", "-jar", str(jar), "--format", "json", "--exit-zero-always", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=1500,
        check=True,
    )
    found = json.loads(run.stderr or run.stdout)["messages"]
    wrong = {
        f"{names[item['url'].rpartition('/')[2]]}:{item.get('lastLine')}: {item['message']}"
        for item in found
        if item["type"] == "error"
    }
    assert sorted(wrong) == []
