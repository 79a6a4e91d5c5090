"""Beyond loopback nothing private is read or changed without the token, whatever the address."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from statuary.catalog.store import open_catalogue
from statuary.serve.session import Shared
from statuary.web.app import create_app

OPEN = {
    "/api/health": "whether it is up",
    "/api/version": "which version it is",
    "/openapi.json": "what the API is",
    "/livez": "Mailpit's word for health",
    "/readyz": "likewise",
    "/static/{name}": "the design",
    "/favicon.ico": "the design",
    "/robots.txt": "for crawlers",
    "/api/{path:path}": "no address of the API",
    "/{path:path}": "pages, of which the private ones lead to the login",
}
"""What anybody may ask for, and why."""
PUBLIC = re.compile(r"/api/v1/(?!messages?\b|search\b|tags\b|info\b|chaos\b)|/[a-z]{2,3}(-[A-Za-z]+)?/login")
"""The catalogue, and where the token is given; Mailpit's addresses are below the same path."""
TOKEN = "a-token"


@pytest.fixture(scope="module")
def app() -> Iterator[Starlette]:
    catalogue = open_catalogue()
    shared = Shared(catalogue)
    yield create_app(shared, http_url="http://192.0.2.1:1", smtp_url="smtp://192.0.2.1:2", token=TOKEN, loopback=False)
    catalogue.close()


def private(app: Starlette) -> list[tuple[str, str]]:
    """Method and path of everything that is not open to all."""
    found = []
    for route in app.routes:
        assert isinstance(route, Route)
        if route.path in OPEN or PUBLIC.match(route.path):
            continue
        path = re.sub(r"\{[^}]*\}", "1", route.path)
        found += [(method, path) for method in sorted(route.methods or ())]
    return found


def test_every_address_is_guarded(app: Starlette) -> None:
    """401 with a challenge (RFC 9110 §11.6.1), or the way to the login for a page; also for a wrong token."""
    client = TestClient(app, base_url="http://192.0.2.1:8080", follow_redirects=False)
    asked = private(app)
    assert len(asked) > 80
    assert {"/api/journal", "/api/journal/export", "/api/journal/stream", "/api/messages/1.eml", "/api/rules"} <= {
        path for _, path in asked
    }
    for method, path in asked:
        for token in ("", "Bearer wrong", f"Basic {TOKEN}", "Bearer "):
            headers = {"Authorization": token} if token else {}
            answer = client.request(method, path, headers=headers)
            if answer.status_code == 302:
                assert answer.headers["location"] == f"/{path.split('/')[1]}/login", (method, path)
                continue
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("page", ["journal", "journal/messages", "rules"])
def test_private_pages_lead_to_the_login(app: Starlette, page: str) -> None:
    """And open with the cookie that the token buys."""
    client = TestClient(app, base_url="http://192.0.2.1:8080", follow_redirects=False)
    assert client.get(f"/fr/{page}").headers["location"] == "/fr/login"
    assert client.post("/fr/login", data={"token": "wrong"}).status_code == 403
    assert client.post("/fr/login", data={"token": TOKEN}).status_code == 303
    assert client.get(f"/fr/{page}").status_code == 200


@pytest.mark.parametrize(
    "path", ["/./api/journal", "/api//journal", "/api/journal/", "/API/journal", "/en/../api/journal", "/api/%6Aournal"]
)
def test_no_spelling_goes_around_it(app: Starlette, path: str) -> None:
    """Nothing but the address itself is the address, and that is guarded."""
    client = TestClient(app, base_url="http://192.0.2.1:8080", follow_redirects=False)
    answer = client.get(path)
    assert answer.status_code in (401, 404)
    assert "exchanges" not in answer.text
