"""The document of the API: whole, valid in itself, and true of the running server."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from statuary.web.admin.routes import ENDPOINTS
from tests.web.client import Client

RULE = {"name": "x", "protocol": "http", "answer": "503", "match": {"path": "/x"}}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/api/rules"): {**RULE, "name": "y"},
    ("PUT", "/api/rules"): {"rules": [{**RULE, "scenario": {"name": "s"}}]},
    ("PUT", "/api/rules/{name}"): RULE,
    ("PUT", "/api/states"): {"name": "s", "state": "on"},
    ("PUT", "/api/seed"): {"seed": 1},
    ("POST", "/api/journal/wait"): {"timeout": 0},
    ("POST", "/api/journal/verify"): {"exactly": 99},
    ("POST", "/api/journal/near-misses"): {"fields": {"path": "/z"}},
    ("POST", "/api/messages/wait"): {"timeout": 0},
}
"""A body that fits, for each address that takes one."""


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    """The document that the site gives."""
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_every_address_is_in_it(client: Client, document: dict[str, Any]) -> None:
    """Whatever the site answers below /api/ is documented, but for what belongs to other tools' dialects."""
    routed = {
        (method, route.path.replace(":path}", "}"))
        for route in client.app.routes
        if isinstance(route, Route) and route.path.startswith("/api/") and not route.path.startswith("/api/v1/")
        for method in (route.methods or ())
        if method != "HEAD" and route.path != "/api/{path:path}"
    }
    documented = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    assert documented == routed


def test_it_holds_together(document: dict[str, Any]) -> None:
    """References lead somewhere, operations have names of their own, places in paths are declared."""
    text = str(document)
    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in document["components"]["schemas"]
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    for path, methods in document["paths"].items():
        for operation in methods.values():
            declared = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert declared == set(re.findall(r"\{(\w+)\}", path))
            assert operation["summary"]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_answers_are_as_documented(client: Client, document: dict[str, Any], endpoint: Any) -> None:
    """Each address answers what its schema says, to a body that its schema allows."""
    http_session(client)
    client.request(
        "PUT", "/api/rules/x", content=httpx.Request("PUT", "http://x", json=RULE | {"scenario": {"name": "s"}}).content
    )
    operation = document["paths"][endpoint.path][endpoint.method.lower()]
    content = b""
    body = BODIES.get((endpoint.method, endpoint.path))
    if endpoint.body is not None:
        assert body is not None, "an address that takes a body needs one here"
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        validator(document, schema).validate(body)
        content = httpx.Request("POST", "http://x", json=body).content
    path = endpoint.path.replace("{name}", "x").replace("{number}", "1").replace("{place}", "1")
    response = client.request(endpoint.method, path, content=content)
    assert response.status_code in (200, 201), response.text
    if endpoint.answer is not None:
        schema = operation["responses"]["2XX"]["content"]["application/json"]["schema"]
        validator(document, schema).validate(response.json())


def http_session(client: Client) -> None:
    """One exchange and one message."""
    from statuary.serve.mailbox import Message

    client.shared.journal.add(
        (0.0, "http", 1, "127.0.0.1:5", "request", b"GET / HTTP/1.1\r\n\r\n", b"", "200", "", 0, 0, "", "", False)
    )
    client.shared.mailbox.add(Message(0.0, 1, "a@b.test", ("c@d.test",), b"Content-Type: image/png\r\n\r\nx"))


def test_errors_are_as_documented(client: Client, document: dict[str, Any]) -> None:
    """The one shape of errors, for what is missing and for what is wrong."""
    shape = validator(document, document["components"]["schemas"]["ErrorShape"])
    for method, path in (
        ("GET", "/api/rules/none"),
        ("PUT", "/api/seed"),
        ("GET", "/api/journal?limit=x"),
        ("PUT", "/api/journal"),
    ):
        response = client.request(method, path)
        assert response.status_code >= 400
        shape.validate(response.json())


def test_beyond_loopback_a_token_is_asked_for(client: Client) -> None:
    """Every private address, in every dialect, is closed without the token; the reason is given."""
    from tests.web.client import make_client

    outside = make_client(client.shared.catalogue, token="sesame", loopback=False, base_url="http://mock.example")
    private = [each for each in ENDPOINTS if each.private]
    for endpoint in private:
        path = endpoint.path.replace("{name}", "x").replace("{number}", "1")
        response = outside.request(endpoint.method, path)
        assert (response.status_code, response.json()["error"]) == (401, "token_required"), path
    for path in ("/__admin/mappings", "/__admin/requests", "/api/v1/messages", "/api/v1/chaos"):
        assert outside.get(path).status_code == 401
    allowed = outside.get("/api/rules", {"Authorization": "Bearer sesame"})
    assert allowed.status_code == 200
