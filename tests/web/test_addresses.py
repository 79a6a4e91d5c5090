"""The page of magic addresses: every dialect, in every language, and the way to it."""

from __future__ import annotations

from html import escape

import pytest

from statuary.catalog.store import Catalogue
from statuary.scenario.address import parse_address
from statuary.scenario.dialects import DIALECTS
from statuary.serve.session import Shared
from statuary.web.site import Site
from statuary.web.views.addresses import spelled
from tests.web.client import LANGUAGES, Client


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_dialect_is_shown_with_each_of_its_addresses(client: Client, catalogue: Catalogue, language: str) -> None:
    """Address, reply and what happens, translated; and the service's own page."""
    text = client.get(f"/{language}/addresses").text
    gettext = Site(Shared(catalogue), "", "").translators[language].gettext
    for dialect in DIALECTS.values():
        assert escape(dialect.title) in text
        assert f'href="{dialect.source}"' in text
        for address in dialect.addresses.values():
            assert spelled(dialect, address) in text
            what = gettext(address.what)
            assert what in text.replace("&#39;", "'")
            assert language == "en" or what != address.what


def test_an_address_means_what_its_row_says() -> None:
    """As it is spelled on the page, with its dialect switched on."""
    for dialect in DIALECTS.values():
        for address in dialect.addresses.values():
            local_part, _, domain = spelled(dialect, address).rpartition("@")
            found = parse_address(local_part, domain, (dialect.name,))
            assert found is not None
            assert found.stage == address.stage


def test_replies_lead_to_their_codes(client: Client, catalogue: Catalogue) -> None:
    """A mailbox that is refused is a link to 550."""
    text = client.get("/en/addresses").text
    assert catalogue.get("smtp/550") is not None
    assert 'href="/en/smtp/550" translate="no">550 5.1.1</a>' in text


def test_the_smtp_mock_pages_lead_there(client: Client) -> None:
    """Those of replies and of enhanced codes; those of HTTP have no addresses."""
    for path in ("smtp/452/mock", "smtp/4.2.2/mock"):
        assert 'href="/ko/addresses"' in client.get(f"/ko/{path}").text
    assert "/addresses" not in client.get("/ko/http/503/mock").text
    assert client.get("/addresses").headers["location"].endswith("/en/addresses")
