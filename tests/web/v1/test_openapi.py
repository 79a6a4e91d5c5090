"""The document of the catalogue's API: its examples run, its schemas hold, and schemathesis finds nothing."""

from __future__ import annotations

import re
import warnings
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route

from statuary.catalog.store import open_catalogue
from statuary.explain.reference import Reference
from statuary.web.v1.endpoints import ROOT, Endpoint, endpoints
from statuary.web.v1.openapi import example_arguments
from tests.web.client import Client, make_client

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of what it imports
    import schemathesis

EXAMPLES = 25
"""How many requests schemathesis makes up for an address."""

CATALOGUE = open_catalogue()
ENDPOINTS = endpoints(Reference(CATALOGUE))
CONFIG = schemathesis.Config.from_dict(
    {
        "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "300", "404"]}},
        # Which texts are scripts, and which stage goes with which protocol, no schema says: the grammar does.
        "operations": [
            {"include-path": f"{ROOT}/script", "checks": {"positive_data_acceptance": {"enabled": False}}},
        ],
    }
)
SCHEMA = schemathesis.openapi.from_asgi(f"{ROOT}/openapi.json", make_client(CATALOGUE).app, config=CONFIG)


@SCHEMA.parametrize()
def test_schemathesis_finds_nothing(case: schemathesis.Case[Any]) -> None:
    """Good and bad requests of its own making: statuses, types, schemas, refusals and methods are as documented."""
    response = case.call_and_validate()
    assert response.status_code < 500


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    """The document that the site gives."""
    found: dict[str, Any] = client.get(f"{ROOT}/openapi.json").json()
    return found


def ask(client: Client, endpoint: Endpoint, **changes: object) -> Any:
    """What an address answers to its example."""
    given = {**example_arguments(endpoint), **changes}
    path = re.sub(r"\{(\w+)\}", lambda place: quote(str(given[place[1]]), safe=""), endpoint.path)
    query = {each.name: given[each.name] for each in endpoint.parameters if each.place == "query"}
    response = client.get(f"{ROOT}{path}?{urlencode(query)}")
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_examples_are_what_the_server_answers(client: Client, document: dict[str, Any], endpoint: Endpoint) -> None:
    """Each example, asked as it stands, gives the JSON that the document shows, and that fits the schema."""
    operation = document["paths"][ROOT + endpoint.path]["get"]
    shown = operation["responses"]["200"]["content"]["application/json"]
    assert ask(client, endpoint) == shown["example"]
    for each in operation["parameters"]:
        if "example" in each:
            Draft202012Validator(each["schema"]).validate(each["example"])
    validator = Draft202012Validator({**shown["schema"], "components": document["components"]})
    for lang in CATALOGUE.languages if any(each.name == "lang" for each in endpoint.parameters) else ():
        validator.validate(ask(client, endpoint, lang=lang))


def test_every_address_is_in_it(client: Client, document: dict[str, Any]) -> None:
    """Whatever answers below the root is documented, but for the document itself and other tools' addresses."""
    routed = {
        route.path
        for route in client.app.routes
        if isinstance(route, Route) and route.path.startswith(ROOT) and route.methods is None
    }
    assert routed == {*document["paths"], f"{ROOT}/openapi.json"}
    assert client.get("/openapi.json").json()["externalDocs"]["url"] == f"{ROOT}/openapi.json"
    assert document["externalDocs"]["url"] == "/openapi.json"


def test_every_code_fits_its_schema(document: dict[str, Any]) -> None:
    """All of the catalogue, hidden codes too."""
    validator = Draft202012Validator({"$ref": "#/components/schemas/CodeShape", "components": document["components"]})
    count = 0
    for code in CATALOGUE.codes(hidden=True):
        validator.validate(code.to_dict())
        count += 1
    assert count > 1000


def test_errors_fit_their_schema(client: Client, document: dict[str, Any]) -> None:
    """The one shape, with the responses that the document gives for each status."""
    validator = Draft202012Validator({"$ref": "#/components/schemas/ErrorShape", "components": document["components"]})
    for path in ("/codes/http/499", "/codes/smtp/4522", "/codes?q=", "/concepts/x", "/decide/sender?answers=x", "/x"):
        validator.validate(client.get(f"{ROOT}{path}").json())
