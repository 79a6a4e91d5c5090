"""Pages of the book: sets, mappings, decisions, guides, glossary, coverage."""

from __future__ import annotations

import re
from html import unescape

import pytest

from statuary.catalog.store import Catalogue
from statuary.explain.decide import all_trees
from tests.web.client import Client


def links(text: str, beginning: str) -> list[str]:
    """The links of a page that begin so."""
    return [found for found in map(unescape, re.findall(r'href="([^"]+)"', text)) if found.startswith(beginning)]


def test_compare_lists_every_set(client: Client, catalogue: Catalogue) -> None:
    page = client.get("/en/compare").text
    for entry in catalogue.entries("pair"):
        assert f'href="/en/compare/{entry.id}"' in page


def test_set_leads_to_its_comparisons_in_their_one_order(client: Client) -> None:
    """Six pairs of four codes, and none of them redirects."""
    page = client.get("/en/compare/http-301-302-307-308").text
    found = links(page, "/en/compare/http/")
    assert len(found) == 6
    assert all(client.get(path).status_code == 200 for path in found)
    assert client.get("/en/compare/nothing").status_code == 404


def test_comparison_says_why_and_which(client: Client) -> None:
    page = client.get("/en/compare/http/401/http/403").text
    assert "means that nobody has proved who they are" in page
    assert 'href="/en/compare/http-401-403-407"' in page
    assert "is 401 from a proxy" in page
    assert "A proxy wants credentials for itself" not in page  # 407 is not compared here


def test_pair_that_shares_nothing_leads_elsewhere(client: Client) -> None:
    """To what each is really mixed up with; such a page is not for search engines."""
    page = client.get("/en/compare/smtp/214/smtp/452").text
    assert "seldom mistaken for each other" in page
    assert 'href="/en/compare/smtp/452/smtp/552"' in page
    assert 'content="noindex"' in page


def test_mapping_page(client: Client) -> None:
    """The answer with what is lost and its basis; a number of several codes asks which; unknown ones suggest."""
    page = client.get("/en/map?code=smtp/452&to=http").text
    assert "What is lost" in page
    assert "our judgement" in page
    assert "/en/http/507" in page
    assert "RFC 8075 §7" in client.get("/en/map?code=coap/4.01&to=http").text
    several = client.get("/en/map?code=452&to=http").text
    assert "/en/map?code=smtp/452&to=http" in links(several, "/en/map")
    assert "smtp/452" in client.get("/en/map?code=smtp/4522&to=http").text
    assert client.get("/en/map?code=%00%ff&to=%00").status_code == 200
    for path in links(client.get("/en/map").text, "/en/map?"):
        assert client.get(path).status_code == 200, path


def test_every_state_of_every_tree_is_a_page(client: Client, catalogue: Catalogue) -> None:
    """Walked by links alone, without a script: each end shows codes, each step leads back."""
    for tree in all_trees(catalogue):
        start = f"/en/decide/{tree.id}"
        waiting, seen, ends = [start], {start}, 0
        while waiting:
            path = waiting.pop()
            response = client.get(path)
            assert response.status_code == 200, path
            assert "<script" not in response.text
            forward = [link for link in links(response.text, f"{start}?at=") if link not in seen]
            if 'id="result"' in response.text:
                ends += 1
                assert 'class="ref ' in response.text
                assert start in links(response.text, start)
            seen.update(forward)
            waiting += forward
        assert ends == len(list(tree.ends()))


def test_back_links_lead_to_each_earlier_question(client: Client) -> None:
    page = client.get("/en/decide/http-api?at=client,state,lock").text
    for path in ("/en/decide/http-api", "/en/decide/http-api?at=client", "/en/decide/http-api?at=client,state"):
        assert path in links(page, "/en/decide/http-api")
    assert 'href="/fr/decide/http-api?at=client,state,lock"' in page


@pytest.mark.parametrize("at", ["nonsense", "client,nonsense", "later,more", ",".join("x" * 100), "%00", "%ff", "4,4"])
def test_states_that_there_are_not_lead_to_one_that_is(client: Client, at: str) -> None:
    response = client.get(f"/en/decide/http-api?at={at}")
    assert response.status_code == 302
    assert client.get(response.headers["location"]).status_code == 200
    assert client.get("/en/decide/nothing").status_code == 404


def test_guide_shows_commands_and_what_they_print(client: Client, catalogue: Catalogue) -> None:
    for entry in catalogue.entries("guide"):
        page = client.get(f"/en/guide/{entry.id}").text
        assert page.count('<b class="typed">$ ') >= 3
    page = client.get("/en/guide/greylisting").text
    assert '<span class="option">--server</span> 127.0.0.1' in page
    assert "&lt;** 450 4.7.1" in page
    assert client.get("/en/guide/nothing").status_code == 404


def test_text_in_english_is_marked_as_such(client: Client) -> None:
    """A page of another language says which parts are not in it; English pages say nothing."""
    french = client.get("/fr/guide/greylisting").text
    english = client.get("/en/guide/greylisting").text
    assert "untranslated" not in english
    if "untranslated" in french:
        assert '<div lang="en">' in french


def test_glossary_has_every_term(client: Client, catalogue: Catalogue) -> None:
    page = client.get("/ko/glossary").text
    for entry in catalogue.entries("term"):
        assert f'<div id="{entry.id}">' in page


@pytest.mark.parametrize(
    ("tag", "terms"),
    [
        ("en", ["alert", "bounce", "gateway", "queue", "reply-code"]),
        ("fr", ["alert", "back-off", "bounce", "reply-code", "permanent-failure", "queue", "gateway"]),
        ("ja", ["dkim", "alert", "safe-method", "temporary-failure", "reply-code", "null-sender", "queue"]),
    ],
)
def test_glossary_stands_in_the_order_of_its_language(client: Client, tag: str, terms: list[str]) -> None:
    """By the letters; in Japanese by the readings, so that 安全なメソッド stands beside アラート."""
    page = client.get(f"/{tag}/glossary").text
    places = [page.index(f'<div id="{term}">') for term in terms]
    assert places == sorted(places)


def test_coverage_shows_the_same_numbers_as_the_export(client: Client, catalogue: Catalogue) -> None:
    page = client.get("/en/coverage").text
    for share in catalogue.coverage():
        cells = f"<td>{share.messages}</td><td>{share.translated}</td><td>{len(share.stale)}</td><td>{share.missing}"
        assert cells in page
    assert "export --coverage --json" in page
