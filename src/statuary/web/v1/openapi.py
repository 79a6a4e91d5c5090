"""The document of the API (OpenAPI 3.1), made from its addresses; each example is what the catalogue really answers."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec

from statuary._version import __version__
from statuary.explain.reference import Reference
from statuary.web.v1.endpoints import ROOT, Endpoint, Parameter
from statuary.web.v1.shapes import ErrorShape

__all__ = ["document", "example_arguments"]

_ERRORS = {
    HTTPStatus.MULTIPLE_CHOICES: "Several codes fit; `detail.identities` names them",
    HTTPStatus.BAD_REQUEST: "A parameter is wrong; `detail` names it and what it should be",
    HTTPStatus.NOT_FOUND: "There is none; `detail.suggestions` names what was probably meant",
}


def document(reference: Reference, endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The document.

    Args:
        reference: what answers the examples.
        endpoints: the addresses.
    """
    endpoints = tuple(endpoints)
    types = [ErrorShape, *(each.shape for each in endpoints)]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    paths = {
        ROOT + each.path: {"get": _operation(reference, each, schema)}
        for each, schema in zip(endpoints, schemas[1:], strict=True)
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Statuary, the catalogue",
            "version": __version__,
            "description": "Codes of the internet's protocols: look-up, search, comparison, translation, decision.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "externalDocs": {"description": "The admin API of the mock servers", "url": "/openapi.json"},
        "servers": [{"url": "/"}],
        "security": [],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {
                status.name: {
                    "description": text,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorShape"}}},
                }
                for status, text in _ERRORS.items()
            },
        },
    }


def example_arguments(endpoint: Endpoint) -> dict[str, Any]:
    """The arguments of an address's example: the shown value of each parameter, or what holds without it.

    Args:
        endpoint: the address.
    """
    given: dict[str, Any] = {}
    for each in endpoint.parameters:
        value = each.default if each.example is None else each.example
        given[each.name] = int(value) if each.number and value is not None else value
    return given


def _operation(reference: Reference, endpoint: Endpoint, schema: dict[str, Any]) -> dict[str, Any]:
    answer = {"schema": schema, "example": endpoint.ask(reference, example_arguments(endpoint))}
    responses: dict[str, Any] = {
        str(HTTPStatus.OK.value): {
            "description": endpoint.summary,
            "headers": {"ETag": {"description": "Names this answer; for If-None-Match", "schema": {"type": "string"}}},
            "content": {"application/json": answer},
        },
        str(HTTPStatus.NOT_MODIFIED.value): {"description": "What If-None-Match names still holds"},
    }
    for status in (HTTPStatus.BAD_REQUEST, *endpoint.errors):
        responses[str(status.value)] = {"$ref": f"#/components/responses/{status.name}"}
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [_parameter(each) for each in endpoint.parameters],
        "responses": responses,
    }


def _parameter(each: Parameter) -> dict[str, Any]:
    schema: dict[str, Any]
    if each.number:
        schema = {"type": "integer", "minimum": 1, "maximum": each.most}
    elif each.choices:
        schema = {"type": "string", "enum": list(each.choices)}
    else:
        schema = {"type": "string", "maxLength": each.most}
        if each.required:
            schema |= {"minLength": 1, "pattern": r"\S"}
    if each.default is not None:
        schema["default"] = each.default
    parameter: dict[str, Any] = {
        "name": each.name,
        "in": each.place,
        "required": each.required,
        "description": each.summary,
        "schema": schema,
    }
    if each.example is not None:
        parameter["example"] = int(each.example) if each.number else each.example
    return parameter
