"""Turns the addresses of the served site into places of files, and links between pages into relative ones.

Every page is the index of a folder of its own, and every link ends in a slash, so that no server need redirect. Links
are relative, so that the files work below any path.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urljoin, urlsplit

from statuary.web.places import published_url

__all__ = ["Rewriter", "Written", "place_of"]

_LINK = re.compile(r'(\s(?:href|src|action)=")(?!#|[A-Za-z][A-Za-z0-9+.-]*:)([^"]+)"')
_DECIDE, _MAP = "decide/", "map"


class Written(NamedTuple):
    """A page as it is written.

    Args:
        html: the page.
        broken: links that lead to no page.
    """

    html: str
    broken: tuple[str, ...]


def place_of(address: str) -> str:
    """The folder of a page below its language: what the served site has in a query becomes a path.

    Args:
        address: without the language: ``smtp/452``, ``map?code=smtp/452&to=http``, ``decide/sender?at=reply,later``.
    """
    path, _, query = address.partition("?")
    if not query:
        return path
    fields = {name: values[-1] for name, values in parse_qs(query).items()}
    if path == _MAP and fields.get("code") and fields.get("to"):
        return f"{path}/{fields['code']}/{fields['to']}"
    if path.startswith(_DECIDE) and fields.get("at"):
        return f"{path}/{fields['at'].replace(',', '/')}"
    return path


class Rewriter:
    """Rewrites the links of pages.

    Args:
        languages: the tags.
        places: the folders of all pages below a language.
        files: further files that pages may lead to, from the root of the site.
    """

    def __init__(self, languages: Collection[str], places: Collection[str], files: Collection[str]) -> None:
        self._languages = frozenset(languages)
        self._places = frozenset(places)
        self._files = frozenset(files)

    def rewrite(self, html: str, folder: str, served: str = "/", root: str = "") -> Written:
        """A page with links that need no server.

        Args:
            html: the page as it is served.
            folder: where it is written, from the root of the site: ``en/smtp/452``.
            served: the path at which the served site has the page, for links that are relative there.
            root: the path of the site, with a slash at its end, for a page that is shown below any address; its links
                begin with it instead of being relative.
        """
        broken: list[str] = []

        def replace(match: re.Match[str]) -> str:
            link = urljoin(served, unescape(match[2]))
            target = self._target(link)
            if target is None:
                broken.append(link)
                target = link.removeprefix("/")
            return f'{match[1]}{escape(root + target if root else _relative(folder, target))}"'

        return Written(_LINK.sub(replace, html), tuple(dict.fromkeys(broken)))

    def _target(self, link: str) -> str | None:
        """Where a link of the served site leads, from the root; None where nothing is written there."""
        parts = urlsplit(link)
        path = unquote(parts.path).strip("/")
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        query = f"?{parts.query}" if parts.query else ""
        if path in self._files:
            return f"{quote(path)}{query}{fragment}"
        tag, _, rest = path.partition("/")
        if tag not in self._languages:
            return None
        place = place_of(f"{rest}{query}")
        if place not in self._places:  # a question that no page answers in advance is asked of the form's page
            place = rest
        else:
            query = query if place == rest else ""
        if place not in self._places:
            return None
        return published_url("", tag, place).removeprefix("/") + query + fragment


def _relative(folder: str, target: str) -> str:
    """The way from the page of a folder to a target, both from the root."""
    here = [quote(part) for part in folder.split("/")] if folder else []
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    rest = target[len(path) :]
    there = path.split("/")
    shared = 0
    while shared < len(here) and shared < len(there) - 1 and here[shared] == there[shared]:
        shared += 1
    return ("../" * (len(here) - shared) + "/".join(there[shared:]) or "./") + rest
