"""Where the pages and pictures of a site that is published as files are."""

from __future__ import annotations

from urllib.parse import quote

from statuary.catalog.model import Code

__all__ = ["picture_path", "published_url"]


def published_url(origin: str, tag: str, place: str) -> str:
    """The address under which a page is published.

    Args:
        origin: of the site, without a slash at the end.
        tag: of the language.
        place: the folder of the page below the language.
    """
    return f"{origin}/{tag}/{quote(place)}/" if place else f"{origin}/{tag}/"


def picture_path(code: Code) -> str:
    """Where the picture of a code is, from the root of the site."""
    return f"pictures/{code.id}.png"
