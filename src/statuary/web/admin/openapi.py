"""The document of the admin API (OpenAPI 3.1), made from the list of addresses and the types of their JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from statuary._version import __version__
from statuary.web.admin.base import Endpoint, Parameter
from statuary.web.admin.types import ErrorShape
from statuary.web.run.body import RUN_MEDIA, RUN_PATH, RunBody

__all__ = ["document"]

_PLACE = re.compile(r"\{(\w+)\}")


def document(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """The document.

    Args:
        endpoints: the addresses of the admin API.
    """
    endpoints = tuple(endpoints)
    types: list[Any] = [ErrorShape, RunBody]
    for each in endpoints:
        types += [kind for kind in (each.answer, *_several(each.body)) if kind is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    shaped = dict(zip(map(id, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    paths["/api/journal/stream"] = {
        "get": _operation(
            "get_journal_stream",
            "The journal as it happens, as server-sent events",
            "",
            (
                Parameter("after", "only higher numbers", "integer"),
                Parameter("form", "sums for the numbers of exchanges, messages and rules in place of the exchanges"),
            ),
            {"text/event-stream": {}},
            None,
        )
    }
    paths[RUN_PATH] = {
        "post": _operation(
            "post_run",
            "A script performed on the real wire, with what passed both ways as it happens",
            "",
            (),
            {RUN_MEDIA: {}},
            {"application/json": {"schema": shaped[id(RunBody)]}},
        )
    }
    for each in endpoints:
        content = {each.media: {} if each.answer is None else {"schema": shaped[id(each.answer)]}}
        taken = [shaped[id(kind)] for kind in _several(each.body)]
        body: dict[str, Any] | None = None
        if taken:
            body = {"application/json": {"schema": taken[0] if len(taken) == 1 else {"anyOf": taken}}}
        if each.path == "/api/rules" and body is not None:
            body["application/toml"] = {"schema": {"type": "string"}}
        name = f"{each.method.lower()}_{_name(each.path)}"
        operation = _operation(name, each.summary, each.path, each.parameters, content, body)
        if not each.private:
            operation["security"] = []
        paths.setdefault(each.path, {})[each.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Statuary",
            "version": __version__,
            "description": "The rules, counts, journal and messages of the mock servers.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "externalDocs": {"description": "The API of the catalogue", "url": "/api/v1/openapi.json"},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Asked for where the server can be reached from outside.",
                }
            },
        },
    }


def _several(body: Any) -> tuple[Any, ...]:
    """The types of a body."""
    return body if isinstance(body, tuple) else () if body is None else (body,)


def _name(path: str) -> str:
    """A path as a word: ``/api/rules/{name}`` is ``rules_by_name``."""
    return _PLACE.sub(r"by_\1", path.removeprefix("/api/")).replace("/", "_").replace(".", "_").replace("-", "_")


def _operation(
    name: str,
    summary: str,
    path: str,
    parameters: Iterable[Parameter],
    content: dict[str, Any],
    body: dict[str, Any] | None,
) -> dict[str, Any]:
    places = [Parameter(found, f"the {found}", place="path") for found in _PLACE.findall(path)]
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "parameters": [
            {
                "name": each.name,
                "in": each.place,
                "required": each.place == "path",
                "description": each.summary,
                "schema": {"type": each.kind},
            }
            for each in (*places, *parameters)
        ],
        "responses": {
            "2XX": {"description": summary, "content": content or {"application/json": {}}},
            "default": {
                "description": "What is wrong",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorShape"}}},
            },
        },
    }
    if body is not None:
        operation["requestBody"] = {"required": False, "content": body}
    return operation
