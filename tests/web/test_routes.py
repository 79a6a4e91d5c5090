"""Addresses: one spelling each, languages negotiated, everything else a page that helps."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statuary.catalog.store import Catalogue
from statuary.web.i18n import negotiate
from statuary.web.routes import canonical, match
from tests.web.client import LANGUAGES, Client, make_client


@pytest.fixture(scope="module")
def steady(catalogue: Catalogue) -> Client:
    """One site for many examples."""
    return make_client(catalogue)


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("ja-JP-u-ca-japanese", "ja"),
        ("de, ko;q=0.7, fr;q=0.8", "fr"),
        ("de-AT", "en"),
        ("*", "en"),
        ("en;q=0, *", "fr"),
        ("fr;q=0, fr-CH", "en"),
        ("KO", "ko"),
        ("fr;q=1.5, ja;q=0.1", "ja"),
        ("fr ; q=0.2 , ja;q=0.3", "ja"),
        ("\x00;;;,,,q=", "en"),
        ("x" * 5000 + ",fr", "en"),
    ],
)
def test_negotiation(header: str, tag: str) -> None:
    """RFC 9110 §12.5.4 and the look-up of RFC 4647 §3.4."""
    assert negotiate(header, LANGUAGES) == tag


@given(st.text())
def test_any_header_gives_a_language(header: str) -> None:
    assert negotiate(header, LANGUAGES) in LANGUAGES


@given(st.text(alphabet="/abC.4-%", max_size=40))
def test_canonical_spelling_is_stable_and_stays_here(path: str) -> None:
    spelled = canonical(f"/{path}")
    assert canonical(spelled) == spelled
    assert not spelled.startswith("//")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/en/smtp/452/", "/en/smtp/452"),
        ("/EN/SMTP/452", "/en/smtp/452"),
        ("/en//smtp///452", "/en/smtp/452"),
        ("/fr", "/fr/"),
        ("/en/smtp/x.2.2", "/en/smtp/X.2.2"),
        ("/en/http/499-NGINX", "/en/http/499-nginx"),
        ("/en/compare/smtp/452/http/507", "/en/compare/http/507/smtp/452"),
        ("/en/compare/smtp/452/smtp/214", "/en/compare/smtp/214/smtp/452"),
        ("/en/Search?q=4.2.2", "/en/search?q=4.2.2"),
    ],
)
def test_other_spellings_lead_to_the_one(client: Client, path: str, target: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["location"]) == (301, target)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", "/ko/"),
        ("/smtp/452", "/ko/smtp/452"),
        ("/search?q=full", "/ko/search?q=full"),
    ],
)
def test_addresses_without_language_lead_to_the_readers(client: Client, path: str, target: str) -> None:
    response = client.get(path, {"Accept-Language": "ko-KR, en;q=0.5"})
    assert (response.status_code, response.headers["location"]) == (302, target)
    assert response.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/en/compare?left=smtp/452&right=http/507", "/en/compare/http/507/smtp/452"),
        ("/en/compare?left=4.2.2&right=5.2.2", "/en/compare/smtp/4.2.2/smtp/5.2.2"),
        ("/en/compare/smtp/452/smtp/452", "/en/smtp/452"),
        ("/en/number/418", "/en/http/418"),
        ("/en/http/150", "/en/http/105-199"),
        ("/en/smtp/X.2.2/mock", "/en/smtp/4.2.2/mock"),
    ],
)
def test_temporary_ways(client: Client, path: str, target: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.headers["location"]) == (302, target)


@pytest.mark.parametrize(
    "path",
    ["/en/nope", "/en/smtp/4522", "/en/nope/452", "/en/number/999999", "/en/concept/nope", "/en/ftp/452/mock", "/nope"],
)
def test_what_is_not_there_is_a_page_in_the_language(client: Client, path: str) -> None:
    response = client.get(path, {"Accept-Language": "fr"})
    assert response.status_code == 404
    assert 'name="robots" content="noindex"' in response.text
    language = "en" if path.startswith("/en") else "fr"
    assert response.headers["content-language"] == language


def test_unknown_language_is_not_found_and_leads_to_the_page(client: Client) -> None:
    response = client.get("/de/smtp/452", {"Accept-Language": "ja"})
    assert response.status_code == 404
    assert "/ja/smtp/452" in response.text


def test_unknown_code_suggests_neighbours(client: Client) -> None:
    assert "/fr/smtp/452" in client.get("/fr/smtp/4522").text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_pages_can_only_be_read(client: Client, method: str) -> None:
    response = client.request(method, "/ja/smtp/452")
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]
    assert response.headers["content-language"] == "ja"


def test_head_is_answered(client: Client) -> None:
    assert client.request("HEAD", "/en/smtp/452").status_code == 200


@pytest.mark.parametrize(
    "path", ["/en/" + "a" * 2000, "/%2e%2e/%2e%2e/etc/passwd", "/en/smtp/%00", "/en/%ff/%fe", "/static/../app.py"]
)
def test_hostile_paths_are_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@settings(max_examples=50)
@given(path=st.text(max_size=60), query=st.text(max_size=60))
def test_any_address_is_answered(steady: Client, path: str, query: str) -> None:
    encoded, asked = quote(path.encode("utf-8", "surrogatepass")), quote(query.encode("utf-8", "surrogatepass"))
    for address in (f"/en/{encoded}", f"/en/smtp/{encoded}", f"/{encoded}", f"/en/search?q={asked}", f"/api/{encoded}"):
        response = steady.get(address)
        assert response.status_code in (200, 300, 301, 302, 400, 404, 405)
        assert "\n" not in response.headers.get("location", "")
        assert not response.headers.get("location", "").startswith("//")


def test_too_many_query_fields_are_a_bad_request(client: Client) -> None:
    assert client.get("/en/search?" + "&".join(f"a{number}=1" for number in range(100))).status_code == 400


def test_routes_find_their_places() -> None:
    found = match("compare/smtp/452/http/507")
    assert found is not None
    assert found[1] == {"protocol": "smtp", "value": "452", "protocol2": "http", "value2": "507"}
    assert match("a/b/c/d/e/f") is None
