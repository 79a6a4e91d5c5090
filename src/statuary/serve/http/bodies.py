"""Bodies by Accept: JSON, problem details (RFC 9457), HTML, text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

__all__ = ["HTML", "JSON", "PROBLEM", "TEXT", "Facts", "choose_type", "render_body", "slug"]

JSON = "application/json"
PROBLEM = "application/problem+json"
HTML = "text/html"
TEXT = "text/plain"
_OFFERED = (JSON, PROBLEM, HTML, TEXT)
MAX_ACCEPT_RANGES = 40
"""The most media ranges that are read of one Accept field."""


class Facts(NamedTuple):
    """What a body says.

    Args:
        status: the status code.
        title: the reason phrase, or what stands for it.
        detail: one sentence about the code; may be empty.
        page: the address of the page that explains it.
        failed: whether the answer is an error.
        more: further members of a JSON object.
    """

    status: int
    title: str
    detail: str
    page: str
    failed: bool
    more: Mapping[str, object] = {}


@lru_cache(maxsize=256)
def choose_type(accept: str) -> str:
    """The media type to answer in (RFC 9110 §12.5.1); JSON where the client takes anything or nothing that is offered.

    Args:
        accept: the value of the Accept field; empty where there was none.
    """
    best, best_rank = JSON, (0.0, 0)
    for part in accept.split(",")[:MAX_ACCEPT_RANGES]:
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            match = re.fullmatch(r"q\s*=\s*([01](?:\.[0-9]{0,3})?)", parameter)
            if match:
                quality = float(match[1])
        for offered in _OFFERED:
            specific = 2 if media == offered else 1 if media == offered.split("/")[0] + "/*" else 0
            if (specific or media == "*/*") and quality > 0 and (quality, specific) > best_rank:
                best, best_rank = offered, (quality, specific)
    return best


def slug(title: str) -> str:
    """A name for programs: ``Insufficient Storage`` gives ``insufficient_storage``."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"['’]", "", title.lower())).strip("_")


def render_body(media: str, facts: Facts) -> tuple[str, bytes]:
    """The Content-Type and the body.

    Args:
        media: as chosen.
        facts: what to say.
    """
    if media == PROBLEM:
        problem = {"type": facts.page, "title": facts.title, "status": facts.status, "detail": facts.detail}
        return PROBLEM, _json({**problem, **facts.more})
    if media == HTML:
        return f"{HTML}; charset=utf-8", _html(facts)
    if media == TEXT:
        extra = "".join(f"{name}: {value}\n" for name, value in facts.more.items())
        return f"{TEXT}; charset=utf-8", f"{facts.status} {facts.title}\n{extra}".encode()
    first = "error" if facts.failed else "status"
    return JSON, _json({first: slug(facts.title), "message": facts.title, **facts.more})


def _json(data: Mapping[str, object]) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode(errors="replace")


def _html(facts: Facts) -> bytes:
    title = html.escape(f"{facts.status} {facts.title}")
    link = f'<p><a href="{html.escape(facts.page)}">{html.escape(facts.page)}</a></p>' if facts.page else ""
    more = "".join(f"<pre>{html.escape(f'{name}: {value}')}</pre>" for name, value in facts.more.items())
    detail = f"<p>{html.escape(facts.detail)}</p>" if facts.detail else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1>{detail}{more}{link}</body></html>\n"
    ).encode(errors="replace")
