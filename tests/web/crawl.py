"""Walks a running site by its links, as a search engine would."""

from __future__ import annotations

import http.client
import re
from collections import deque
from html import unescape
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

__all__ = ["Page", "walk"]

MAX_PAGES = 50_000
"""Where a walk stops; a site that never ends is an error."""

_LINK = re.compile(
    r"""<(?:a|link|script|img|form)\b(?![^>]*\bhreflang="x-default")[^>]*?\s(?:href|src|action)="([^"]*)\""""
)
_KEPT = re.compile(r"^/(?:\w\w/journal[/?]|\w\w/rules[/?]|api/(?:journal|messages|rules))")
"""What the mocks keep: as many pages as exchanges, and files for other tools; tests of their own walk them."""
_ID = re.compile(r"""\sid="([^"]*)\"""")


class Page(NamedTuple):
    """A page as it was fetched.

    Args:
        path: path and query.
        status: the status code.
        headers: header fields, names in lower case.
        text: the body.
        found_on: the path of the page that linked to it first.
        links: internal links, each path, query and fragment.
    """

    path: str
    status: int
    headers: dict[str, str]
    text: str
    found_on: str
    links: tuple[str, ...]

    @property
    def ids(self) -> set[str]:
        """The places that a fragment can lead to."""
        return {unescape(found) for found in _ID.findall(self.text)}


def walk(site: str, start: tuple[str, ...] = ("/en/",), language: str = "") -> dict[str, Page]:
    """Fetch every page that can be reached; redirects are recorded and their targets entered.

    Args:
        site: the base URL.
        start: where to begin.
        language: with a tag, pages of other languages are not entered.
    """
    connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=60)
    pages: dict[str, Page] = {}
    waiting = deque((path, "") for path in start)
    seen = set(start)
    while waiting:
        path, found_on = waiting.popleft()
        page = _fetch(connection, site, path, found_on)
        pages[path] = page
        assert len(pages) < MAX_PAGES, f"more than {MAX_PAGES} pages; the last from {found_on}"
        for link in page.links:
            target = urldefrag(link).url
            if target not in seen and not _KEPT.search(target) and (not language or _enter(target, language)):
                seen.add(target)
                waiting.append((target, path))
    connection.close()
    return pages


def _enter(path: str, language: str) -> bool:
    return path.startswith((f"/{language}/", "/static/")) or path == f"/{language}"


def _fetch(connection: http.client.HTTPConnection, site: str, path: str, found_on: str) -> Page:
    connection.request("GET", path)
    response = connection.getresponse()
    text = response.read().decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in response.getheaders()}
    links: list[str] = []
    if headers.get("content-type", "").startswith("text/html"):
        links = [unescape(link) for link in _LINK.findall(text)]
    if "location" in headers:
        links.append(headers["location"])
    inside = []
    for link in links:
        absolute = urlsplit(urljoin(f"{site}{path}", link))
        if absolute.netloc == urlsplit(site).netloc and absolute.scheme == "http":
            query = f"?{absolute.query}" if absolute.query else ""
            fragment = f"#{absolute.fragment}" if absolute.fragment else ""
            inside.append(f"{absolute.path}{query}{fragment}")
    return Page(path, response.status, headers, text, found_on, tuple(dict.fromkeys(inside)))
