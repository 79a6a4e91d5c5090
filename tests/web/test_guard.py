"""The journal and the mail are private: loopback names, tokens, origins."""

from __future__ import annotations

import pytest

from statuary.catalog.store import Catalogue
from statuary.serve.mailbox import Message
from statuary.web.app import MAX_FORM_OCTETS
from statuary.web.guard import COOKIE
from tests.web.client import Client, make_client

PRIVATE = ("/en/journal", "/api/journal", "/api/messages")
TOKEN = "correct-horse"


@pytest.fixture
def beyond(catalogue: Catalogue) -> Client:
    """A site that listens beyond loopback."""
    return make_client(catalogue, token=TOKEN, loopback=False, base_url="http://mocks.example:8080")


@pytest.mark.parametrize("path", [*PRIVATE, "/api/journal/stream"])
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "10.0.0.1", ""]
)
def test_foreign_names_of_loopback_are_refused(client: Client, path: str, host: str) -> None:
    """DNS rebinding: a page of evil.example must not read what it resolves to 127.0.0.1."""
    response = client.get(path, {"Host": host})
    assert response.status_code == 403


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.8.9.1", "[::1]:8080", "site.localhost"]
)
def test_names_of_loopback_are_let_in(client: Client, path: str, host: str) -> None:
    assert client.get(path, {"Host": host}).status_code == 200


def test_public_pages_are_shown_under_any_name(client: Client) -> None:
    assert client.get("/en/smtp/452", {"Host": "docs.example"}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8080"])
def test_writes_from_other_origins_are_refused(client: Client, origin: str) -> None:
    response = client.request("DELETE", "/api/journal", {"Origin": origin})
    assert (response.status_code, response.json()["error"]) == (403, "foreign_origin")


def test_cross_site_write_without_origin_is_refused(client: Client) -> None:
    assert client.request("DELETE", "/api/journal", {"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_writes_from_here_are_let_in(client: Client) -> None:
    assert client.request("DELETE", "/api/journal", {"Origin": client.base_url}).status_code == 200
    assert client.request("DELETE", "/api/journal").status_code == 200


@pytest.mark.parametrize("path", ["/api/journal", "/api/messages", "/api/journal/stream"])
def test_api_beyond_loopback_wants_the_token(beyond: Client, path: str) -> None:
    response = beyond.get(path)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.json()["error"] == "token_required"
    for wrong in ("Bearer wrong", "Basic " + TOKEN, "Bearer", "Bearer wrong-horse"):
        assert beyond.get(path, {"Authorization": wrong}).status_code == 401


def test_token_in_the_header_opens(beyond: Client) -> None:
    assert beyond.get("/api/journal", {"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert beyond.request("DELETE", "/api/journal", {"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_token_in_the_query_does_not(beyond: Client) -> None:
    assert beyond.get(f"/api/journal?token={TOKEN}").status_code == 401
    assert beyond.request("DELETE", f"/api/journal?token={TOKEN}").status_code == 401


def test_journal_page_leads_to_the_login_and_the_login_opens(beyond: Client) -> None:
    response = beyond.get("/fr/journal")
    assert (response.status_code, response.headers["location"]) == (302, "/fr/login")
    assert beyond.request("POST", "/fr/login", content=b"token=wrong").status_code == 403
    response = beyond.request("POST", "/fr/login", content=f"token={TOKEN}".encode())
    assert (response.status_code, response.headers["location"]) == (303, "/fr/journal")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    value = cookie.partition(";")[0]
    assert beyond.get("/fr/journal", {"Cookie": value}).status_code == 200
    assert beyond.get("/fr/journal", {"Cookie": f"{COOKIE}={TOKEN}"}).status_code == 302


def test_login_from_another_origin_is_refused(beyond: Client) -> None:
    response = beyond.request("POST", "/en/login", {"Origin": "https://evil.example"}, f"token={TOKEN}".encode())
    assert response.status_code == 403


@pytest.mark.parametrize(
    ("form", "status"),
    [(b"token=" + b"a" * MAX_FORM_OCTETS, 413), (b"\xff\xfe", 400), (b"&".join([b"a=1"] * 100), 400)],
)
def test_forms_are_bounded(beyond: Client, form: bytes, status: int) -> None:
    """And the answer says whether they are too large or malformed (RFC 9110 §15.5.14)."""
    assert beyond.request("POST", "/en/login", content=form).status_code == status


def test_a_refusal_says_why(client: Client, beyond: Client) -> None:
    """A foreign origin is named as such, also where the name in Host is none of loopback's to begin with."""
    foreign = "a page of another origin"
    assert foreign in beyond.request("POST", "/en/login", {"Origin": "https://evil.example"}).text
    assert foreign in client.request("POST", "/en/rules", {"Origin": "null"}).text
    text = client.request("POST", "/en/rules", {"Host": "evil.example"}).text
    assert "loopback address" in text
    assert foreign not in text


@pytest.mark.parametrize("path", ["journal", "journal/messages", "rules", "rules/edit", "http/503/mock"])
@pytest.mark.parametrize(
    "fields", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}, {"Host": "a.b"}]
)
def test_every_form_that_writes_is_guarded(client: Client, path: str, fields: dict[str, str]) -> None:
    """Cross-site request forgery, and DNS rebinding: nothing is done that another page asks for."""
    client.shared.mailbox.add(Message(0.0, 1, "a@b.test", ("c@d.test",), b"x"))
    assert client.request("POST", f"/en/{path}", fields, b"do=delete&number=1").status_code == 403
    assert len(client.shared.mailbox) == 1


def test_without_a_token_nobody_reads_beyond_loopback(catalogue: Catalogue) -> None:
    shut = make_client(catalogue, loopback=False, base_url="http://mocks.example")
    for authorization in ("Bearer ", "Bearer x"):
        assert shut.get("/api/journal", {"Authorization": authorization}).status_code == 401
    assert shut.request("POST", "/en/login", content=b"token=").status_code == 403
