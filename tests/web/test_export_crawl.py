"""The written site and the served one have the same pages; and no link of the whole written site is broken."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from statuary.catalog.store import Catalogue
from statuary.serve.session import Shared
from statuary.web.export import build, make_plan
from statuary.web.export.links import place_of
from statuary.web.export.pages import page_addresses
from statuary.web.site import Site
from tests.conftest import Serving
from tests.web.client import ALL_LANGUAGES, HOST
from tests.web.crawl import walk

ORIGIN = "https://codes.example/codes"
_LINK = re.compile(r'\s(?:href|src|action)="([^"]*)"')
_ID = re.compile(r'\sid="([^"]*)"')


@pytest.fixture
def long(request: pytest.FixtureRequest) -> None:
    """Minutes of work, done where every page is asked for."""
    if not request.config.getoption("--crawl"):
        pytest.skip("every page of both sites: with --crawl")


def test_addresses_are_named_once(catalogue: Catalogue) -> None:
    """Each has a folder of its own, also where letters of both cases are the same to a file system."""
    site = Site(Shared(catalogue, site_url=HOST), "http://127.0.0.1:8081", "smtp://127.0.0.1:1025")
    places = Counter(place_of(address).lower() for address in page_addresses(site))
    assert [place for place, count in places.items() if count > 1] == []
    assert {"", "smtp/452", "smtp/452/mock", "number/452", "http/499", "compare/http/507/smtp/452"} <= set(places)
    assert {"map/smtp/452/http", "journal", "search", "decide/sender"} <= set(places)
    assert "login" not in places


@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("long")
def test_both_sites_have_the_same_pages(server: Serving, catalogue: Catalogue) -> None:
    """What a walk of the served site finds is written; beyond it is only what people type.

    These are the translations that a form leads to, and the numbers of a protocol that have several owners.
    """
    site = Site(Shared(catalogue, site_url=HOST), "http://127.0.0.1:8081", "smtp://127.0.0.1:1025")
    written = set(map(place_of, page_addresses(site)))
    served = {
        place_of(unquote(path).removeprefix("/en/"))
        for path, page in walk(server.site, ("/en/",), "en").items()
        if path.startswith("/en/") and page.status == 200 and page.headers["content-type"].startswith("text/html")
    }
    assert served - written == set()
    beyond = {place for place in written - served if not place.startswith("map/")}
    assert sorted(place for place in beyond if place.count("/") != 1 or catalogue.get(place)) == []


@pytest.mark.timeout(1500)
@pytest.mark.usefixtures("long")
def test_no_link_of_the_written_site_is_broken(tmp_path: Path) -> None:
    """Every page in every language: each link leads to a file, and each fragment to a place on it."""
    folder = tmp_path / "codes"
    outcome = build(make_plan(folder, ALL_LANGUAGES, base_url=ORIGIN))
    assert outcome.broken == ()
    pages = {path.relative_to(tmp_path).as_posix(): path for path in folder.rglob("index.html")}
    assert len(pages) == outcome.pages + 1
    ids = {name: set(map(unescape, _ID.findall(path.read_text("utf-8")))) for name, path in pages.items()}
    wrong = []
    for name, path in pages.items():
        for link in map(unescape, _LINK.findall(path.read_text("utf-8"))):
            parts = urlsplit(urljoin(f"https://codes.example/{name}", link))
            if parts.netloc != "codes.example":
                continue
            target = unquote(parts.path).removeprefix("/")
            target += "index.html" * target.endswith("/")
            there = target in pages or (tmp_path / target).is_file()
            if not there or (parts.fragment and unquote(parts.fragment) not in ids.get(target, set())):
                wrong.append((name, link))
    assert wrong[:20] == []
