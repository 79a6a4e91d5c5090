"""Routes that tell what they were sent: ``/get``, ``/anything``, ``/headers``, ``/ip``, ``/delay/{time}``."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl

from statuary.serve.http.options import BadOption, read_duration
from statuary.serve.http.routes.base import ANY_METHOD, Asking, BadRequest, Fields, Reply, Route, flag, json_reply

__all__ = ["ECHO_ROUTES", "Form", "read_form", "shown_headers", "told"]

MAX_FORM_FIELDS = 1000
"""The most fields of one form."""
MAX_QUERY_FIELDS = 1000
"""The most parameters of one query."""
_HIDDEN = frozenset(
    {"via", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-host", "x-real-ip"}
)
"""What proxies add; a client's own request has none of it."""
_PARAMETER = re.compile(r';\s*([a-zA-Z*]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')


class Form(NamedTuple):
    """The fields and files of a form."""

    fields: Fields
    files: Fields


def read_form(media: str, body: bytes) -> Form | None:
    """The form in a request's content; None where there is none.

    Args:
        media: the Content-Type field.
        body: the content.
    """
    kind = media.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        try:
            text = body.decode("utf-8", "replace")
            return Form(tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)), ())
        except ValueError:
            raise BadRequest("form", f"at most {MAX_FORM_FIELDS} fields", "content_too_large") from None
    boundary = _parameters(media).get("boundary", "")
    if kind == "multipart/form-data" and boundary and boundary.isascii():
        return _read_multipart(b"--" + boundary.encode(), body)
    return None


def _read_multipart(mark: bytes, body: bytes) -> Form:
    """Parts between boundaries (RFC 2046 §5.1.1, RFC 7578 §4); what is no part is passed over."""
    fields: list[tuple[str, str]] = []
    files: list[tuple[str, str]] = []
    parts = (b"\r\n" + body).split(b"\r\n" + mark, MAX_FORM_FIELDS + 2)[1:]
    if len(parts) > MAX_FORM_FIELDS + 1:
        raise BadRequest("form", f"at most {MAX_FORM_FIELDS} parts", "content_too_large")
    for part in parts:
        head, gap, content = part.partition(b"\r\n\r\n")
        if not gap or part.startswith(b"--"):
            continue
        facts = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n"))
        }
        parameters = _parameters(facts.get("content-disposition", ""))
        target = files if "filename" in parameters else fields
        target.append((parameters.get("name", ""), as_text(content, facts.get("content-type", ""))))
    return Form(tuple(fields), tuple(files))


def _parameters(value: str) -> dict[str, str]:
    """The parameters of a field's value (RFC 9110 §5.6.6)."""
    return {
        match[1].lower(): match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
        for match in _PARAMETER.finditer(value)
    }


def as_text(content: bytes, media: str = "") -> str:
    """Content as text; as a data URL (RFC 2397) where it is none."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        kind = media.partition(";")[0].strip() or "application/octet-stream"
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Names and values; a name that comes more than once has a list."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def shown_headers(asking: Asking) -> dict[str, str]:
    """The header fields as the client sent them, in the usual case of names."""
    everything = flag(asking.query, "show_env")
    shown: dict[str, list[str]] = {}
    for name, value in asking.headers:
        if everything or name not in _HIDDEN:
            shown.setdefault("-".join(part.capitalize() for part in name.split("-")), []).append(value)
    return {name: ", ".join(values) for name, values in shown.items()}


def _origin(asking: Asking) -> str:
    """The client's address; where proxies say which it is, their list as it came."""
    return asking.header("x-forwarded-for") or asking.origin


def told(asking: Asking, *names: str) -> dict[str, object]:
    """What is known of a request, by name: args, data, files, form, headers, json, method, origin, trailers, url."""
    facts: dict[str, object] = {
        "args": grouped(asking.query),
        "headers": shown_headers(asking),
        "origin": _origin(asking),
        "url": asking.base + asking.path + _query_of(asking),
    }
    if "method" in names:
        facts["method"] = asking.method
    if "data" in names:
        media = asking.header("content-type") or ""
        form = read_form(media, asking.body)
        facts["data"] = "" if form is not None else as_text(asking.body, media)
        facts["files"] = grouped(form.files) if form is not None else {}
        facts["form"] = grouped(form.fields) if form is not None else {}
        facts["json"] = _json(asking.body) if form is None else None
        if asking.trailers:
            facts["trailers"] = grouped(asking.trailers)
    return {name: facts[name] for name in sorted(facts)}


def _query_of(asking: Asking) -> str:
    return f"?{asking.raw_query}" if asking.raw_query else ""


def _json(content: bytes) -> object:
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None


def get(asking: Asking) -> Reply:
    """What a request without content said."""
    return json_reply(asking.status["request"], told(asking))


def content(asking: Asking) -> Reply:
    """What a request with content said."""
    return json_reply(asking.status["request"], told(asking, "data"))


def anything(asking: Asking) -> Reply:
    """What any request said, its method too."""
    return json_reply(asking.status["request"], told(asking, "data", "method"))


def headers(asking: Asking) -> Reply:
    """The header fields alone."""
    return json_reply(asking.status["request"], {"headers": shown_headers(asking)})


def ip(asking: Asking) -> Reply:
    """The client's address."""
    return json_reply(asking.status["request"], {"origin": _origin(asking)})


def user_agent(asking: Asking) -> Reply:
    """The User-Agent field."""
    return json_reply(asking.status["request"], {"user-agent": asking.header("user-agent")})


def delay(asking: Asking) -> Reply:
    """What the request said, after a time."""
    try:
        wait = read_duration("delay", asking.parts["time"])
    except BadOption as error:
        raise BadRequest("delay", error.expected) from None
    return json_reply(asking.status["request"], told(asking, "data"))._replace(wait=wait)


ECHO_ROUTES = (
    Route("/get", get),
    Route("/head", get),
    Route("/post", content, ("POST",)),
    Route("/put", content, ("PUT",)),
    Route("/patch", content, ("PATCH",)),
    Route("/delete", content, ("DELETE",)),
    Route("/anything", anything, ANY_METHOD),
    Route("/anything/{rest*}", anything, ANY_METHOD),
    Route("/headers", headers, ANY_METHOD),
    Route("/ip", ip),
    Route("/user-agent", user_agent),
    Route("/delay/{time}", delay, ANY_METHOD),
)
"""Routes that tell what they were sent."""
