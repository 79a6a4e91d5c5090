"""The clients of a code on its pages: the program, what it printed, what the mock saw."""

from __future__ import annotations

import shlex
from typing import Any

import html5lib
import pytest

from statuary.catalog.paths import find_places
from statuary.catalog.store import Catalogue
from statuary.snippets.client_place import codes_met
from statuary.snippets.client_shelf import ClientShelf, ShownClient
from tests.web.client import LANGUAGES, Client

XHTML = "{http://www.w3.org/1999/xhtml}"


def clients_on(text: str) -> dict[str, Any]:
    """The parts of a page that show a client, by its identity."""
    page = html5lib.HTMLParser(strict=True).parse(text)
    return {
        body.get("id", "").removeprefix("client-"): element
        for element in page.iter(f"{XHTML}details")
        for body in element.findall(f"{XHTML}div")
        if element.get("class") == "snippet client"
    }


def shown_of(catalogue: Catalogue, identity: str) -> list[ShownClient]:
    """What there is to show."""
    code = catalogue.get(identity)
    assert code is not None
    return ClientShelf(find_places().content).show(catalogue, code)


def content(element: Any) -> str:
    """All text of an element."""
    return "".join(element.itertext())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("identity", ["smtp/452", "smtp/551", "http/503", "http/302"])
def test_the_page_shows_every_program_as_it_ran(
    client: Client, catalogue: Catalogue, identity: str, language: str
) -> None:
    """Text byte for byte, what it printed, and each line that went over the wire."""
    listed = client.get(f"/{language}/{identity}/clients")
    assert listed.status_code == 200
    for item in shown_of(catalogue, identity):
        path = f"/{language}/{identity}/clients/{item.client.id}"
        assert f'href="{path}"' in listed.text
        answer = client.get(path)
        assert answer.status_code == 200
        parts = clients_on(answer.text)
        assert list(parts) == [item.client.id]
        part = parts[item.client.id]
        blocks = [content(block) for block in part.iter(f"{XHTML}pre")]
        assert blocks[0] == item.text
        assert item.recorded is not None
        text = content(part)
        for ran in item.recorded.cases.values():
            assert f"{item.client.shown} {shlex.join(ran.arguments)}" in blocks
            assert ran.stdout in blocks
            for exchange in ran.exchanges:
                assert all(line in text for line in f"{exchange.said}\n{exchange.answered}".split("\n"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mock_page_leads_to_every_client(client: Client, catalogue: Catalogue, language: str) -> None:
    """The first stands there whole, the others as links to their place."""
    text = client.get(f"/{language}/smtp/452/mock").text
    first, *others = shown_of(catalogue, "smtp/452")
    assert list(clients_on(text)) == [first.client.id]
    for item in others:
        assert f'href="/{language}/smtp/452/clients/{item.client.id}"' in text


def test_an_enhanced_code_shows_the_clients_of_its_reply_code(client: Client) -> None:
    """It travels in a reply, and clients act by the reply code (RFC 5321 §4.2.1)."""
    text = client.get("/en/smtp/4.2.2/mock").text
    assert "/smtp/452/clients/" in text
    assert client.get("/en/smtp/4.2.2/clients").status_code == 404


def test_a_deviation_is_named(client: Client) -> None:
    """In words, on the page of the client that deviates."""
    parts = clients_on(client.get("/en/smtp/251/clients/swaks").text)
    assert "deviates from the advice" in content(parts["swaks"])
    assert "It ended with exit code 1 instead of 0." in content(parts["swaks"])
    parts = clients_on(client.get("/en/smtp/251/clients/smtplib").text)
    assert "deviates from the advice" not in content(parts["smtplib"])


def test_a_code_that_is_met_out_of_place_says_so(client: Client) -> None:
    """535 belongs to AUTH, for which no address speaks."""
    assert "the programs meet it at RCPT" in client.get("/en/smtp/535/clients/smtplib").text
    assert "the programs meet it at RCPT" not in client.get("/en/smtp/550/clients/smtplib").text


@pytest.mark.parametrize("path", ["http/100", "smtp/220", "ftp/452", "http/499-nginx"])
def test_where_no_program_meets_a_code_there_is_no_page(client: Client, path: str) -> None:
    """404, not an empty page."""
    assert client.get(f"/en/{path}/clients").status_code == 404
    assert client.get(f"/en/{path}/clients/smtplib").status_code == 404


def test_another_spelling_leads_to_the_page(client: Client) -> None:
    """A number with several owners leads to the choice."""
    assert client.get("/en/http/420/clients").status_code in (302, 303, 307)
    assert client.get("/en/http/420-twitter/clients").status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_matrix_has_every_code_and_client(client: Client, catalogue: Catalogue, language: str) -> None:
    """Each code leads to its programs; a deviation to the place that names it."""
    answer = client.get(f"/{language}/snippets/clients")
    assert answer.status_code == 200
    page = html5lib.HTMLParser(strict=True).parse(answer.text)
    links = {link.get("href") for link in page.iter(f"{XHTML}a")}
    shelf = ClientShelf(find_places().content)
    for protocol in ("http", "smtp"):
        for code in codes_met(catalogue, protocol, shelf.selection):
            assert f"/{language}/{code.id}/clients" in links
    for found in shelf.clients:
        for identity in found.deviations:
            assert f"/{language}/{identity}/clients/{found.id}" in links
    assert f"/{language}/snippets/clients" in client.get(f"/{language}/snippets").text
