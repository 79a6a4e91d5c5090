"""Badges: what they say, to eyes and to screen readers, and that no text leaves its box."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from statuary.catalog.store import Catalogue
from statuary.web.v1.badge import COLOURS, MAX_NAME_CHARACTERS, draw_badge, draw_missing
from tests.conftest import ROOT
from tests.web.client import Client

SVG = "{http://www.w3.org/2000/svg}"


def texts(badge: ElementTree.Element) -> list[str]:
    """The texts that are seen."""
    return [each.text or "" for each in badge.iter(f"{SVG}text")]


def check_boxes(badge: ElementTree.Element) -> None:
    """Every text ends within its half: its length is fixed, whatever the font."""
    width = float(badge.attrib["width"])
    edge = float(re.findall(r"M(\d+) 0", next(each.attrib["d"] for each in badge.iter(f"{SVG}path")))[0])
    for each in badge.iter(f"{SVG}text"):
        left, length = float(each.attrib["x"]), float(each.attrib["textLength"])
        assert each.attrib["lengthAdjust"] == "spacingAndGlyphs"
        low, high = (0.0, edge) if left < edge else (edge, width)
        assert low < left < left + length < high


def test_it_says_number_name_and_class(client: Client) -> None:
    """SVG 2 §5.7: title and description are what a screen reader says; the letters themselves are hidden from it."""
    response = client.get("/badge/smtp/452.svg")
    assert response.headers["content-type"] == "image/svg+xml"
    badge = ElementTree.fromstring(response.text)
    assert texts(badge) == ["SMTP 452", "Insufficient Storage"]
    assert badge.attrib["role"] == "img"
    assert badge.findtext(f"{SVG}title") == "SMTP 452 Insufficient Storage"
    assert (badge.findtext(f"{SVG}desc") or "").startswith("4yz Transient Negative Completion. The server has no room")
    assert COLOURS["4"] in response.text
    assert "style" not in response.text


def test_every_code_has_a_badge(catalogue: Catalogue) -> None:
    """Well-formed, within its boxes, with the registered name, whatever the language of the prose."""
    for code in catalogue.codes(hidden=True, language="ja"):
        badge = ElementTree.fromstring(draw_badge(catalogue.protocols[code.protocol].name, code))
        check_boxes(badge)
        seen = texts(badge)
        assert seen[0].endswith(code.value)
        if len(seen) > 1:
            assert seen[1] == code.title or (
                len(seen[1]) <= MAX_NAME_CHARACTERS and code.title.startswith(seen[1].rstrip("…").rstrip())
            )
        assert code.title in (badge.findtext(f"{SVG}title") or "")


@pytest.mark.parametrize(
    ("path", "status"), [("smtp/4522", 404), ("gopher/1", 404), ("smtp/%3Cscript%3E", 404), ("http/499", 300)]
)
def test_what_is_not_there_is_a_picture_too(client: Client, path: str, status: int) -> None:
    """What shows pictures shows no JSON; the status still says that nothing was found."""
    response = client.get(f"/badge/{path}.svg")
    assert response.status_code == status
    badge = ElementTree.fromstring(response.text)
    check_boxes(badge)
    assert texts(badge)[1] == "?"
    assert (badge.findtext(f"{SVG}title") or "").endswith("no code of the catalogue")


@given(st.text(max_size=300))
def test_any_text_stays_in_its_box(text: str) -> None:
    """XML 1.0 §2.2: what a stranger writes in the address never breaks the picture."""
    check_boxes(ElementTree.fromstring(draw_missing(text)))


def test_colours_are_those_of_the_site() -> None:
    """The light palette of the style sheet."""
    css = (ROOT / "src/statuary/web/static/site.css").read_text("utf-8").partition("@media")[0]
    card = (ROOT / "src/statuary/web/v1/statuary-card.js").read_text("utf-8")
    for mark, colour in COLOURS.items():
        assert f"--c{mark}: {colour};" in css
        assert f"--c: {colour};" in card


def test_a_browser_draws_the_text_within_its_box(client: Client, browser: Browser) -> None:
    """Measured in Chromium with whatever fonts are installed."""
    page = browser.new_page()
    for path in ("smtp/452", "smtp/5.7.14", "tls/handshake_failure", "http/511", "dns/nxdomain"):
        page.set_content(client.get(f"/badge/{path}.svg").text)
        inside = page.evaluate(
            """() => { const box = document.querySelector("svg").getBoundingClientRect();
            return [...document.querySelectorAll("text")].every(each => {
              const drawn = each.getBoundingClientRect();
              return drawn.width > 20 && drawn.left > box.left && drawn.right < box.right
                && drawn.top >= box.top && drawn.bottom <= box.bottom; }); }"""
        )
        assert inside, path
    page.close()
