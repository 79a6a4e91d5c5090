"""HTTP Archive 1.2 as a JSON Schema, from the fields that its specification lists; own fields begin with ``_``."""

from __future__ import annotations

from typing import Any

__all__ = ["HAR"]

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "minimum": -1}
_TIME = {"type": "number", "minimum": -1}
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {}), "comment": _TEXT},
        "required": list(required),
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


_PAIR = _object({"name": _TEXT, "value": _TEXT})
_COOKIE = _object(
    {"name": _TEXT, "value": _TEXT},
    {
        **dict.fromkeys(("path", "domain"), _TEXT),
        "expires": _MOMENT,
        **{name: {"type": "boolean"} for name in ("httpOnly", "secure")},
    },
)
_HEAD = {
    "httpVersion": _TEXT,
    "cookies": _list(_COOKIE),
    "headers": _list(_PAIR),
    "headersSize": _WHOLE,
    "bodySize": _WHOLE,
}
_POST = _object(
    {
        "mimeType": _TEXT,
        "params": _list(
            _object({"name": _TEXT}, dict.fromkeys(("value", "fileName", "contentType"), _TEXT)),
        ),
        "text": _TEXT,
    }
)
_REQUEST = _object(
    {"method": _TEXT, "url": {"type": "string", "format": "uri"}, "queryString": _list(_PAIR), **_HEAD},
    {"postData": _POST},
)
_CONTENT = _object(
    {"size": _WHOLE, "mimeType": _TEXT}, {"compression": {"type": "integer"}, "text": _TEXT, "encoding": _TEXT}
)
_RESPONSE = _object(
    {
        "status": {"type": "integer", "minimum": 0, "maximum": 999},
        "statusText": _TEXT,
        "content": _CONTENT,
        "redirectURL": _TEXT,
        **_HEAD,
    }
)
_CACHED = {"type": ["object", "null"]}
_ENTRY = _object(
    {
        "startedDateTime": _MOMENT,
        "time": {"type": "number", "minimum": 0},
        "request": _REQUEST,
        "response": _RESPONSE,
        "cache": _object({}, {"beforeRequest": _CACHED, "afterRequest": _CACHED}),
        "timings": _object(
            {name: {"type": "number", "minimum": 0} for name in ("send", "wait", "receive")},
            dict.fromkeys(("blocked", "dns", "connect", "ssl"), _TIME),
        ),
    },
    dict.fromkeys(("pageref", "serverIPAddress", "connection"), _TEXT),
)
_PROGRAM = _object({"name": _TEXT, "version": _TEXT})

HAR: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(
        {
            "log": _object(
                {"version": {"const": "1.2"}, "creator": _PROGRAM, "entries": _list(_ENTRY)},
                {"browser": _PROGRAM, "pages": _list({"type": "object"})},
            )
        }
    ),
}
"""The schema."""
