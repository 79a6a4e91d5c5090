"""The addresses of pages: below a language, one view each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from statuary.web.site import Action, View
from statuary.web.views import (
    addresses,
    clients,
    codes,
    compare,
    concepts,
    coverage,
    decide,
    glossary,
    guides,
    home,
    journal,
    manual,
    mapping,
    message,
    mock,
    rules,
    search,
    servers,
    snippets,
)

__all__ = ["PAGES", "PageRoute", "canonical", "match"]

MAX_PATH_CHARACTERS = 500
"""The longest path that is looked at."""

_WORD = re.compile(r"[A-Za-z][A-Za-z-]*")


class PageRoute(NamedTuple):
    """An address and its view.

    Args:
        pattern: segments after the language; ``{name}`` takes any.
        view: what makes the page.
        private: whether it shows traffic, so that the guard is asked.
        action: what a form that is posted to it does; the guard is always asked.
        slow: whether its view may take long enough for other connections to notice, so that it runs in a thread.
    """

    pattern: str
    view: View
    private: bool = False
    action: Action | None = None
    slow: bool = False


PAGES = (
    PageRoute("", home.home),
    PageRoute("search", search.results),
    PageRoute("about", home.about),
    PageRoute("login", home.login),
    PageRoute("journal", journal.journal, private=True, action=journal.clear),
    PageRoute("journal/exchange/{number}", journal.exchange, private=True),
    PageRoute("journal/messages", message.messages, private=True, action=message.forget),
    PageRoute("journal/message/{number}", message.message, private=True, slow=True),
    PageRoute("rules", rules.rules, private=True, action=rules.act),
    PageRoute("rules/edit", rules.edit, private=True, action=rules.put),
    PageRoute("concepts", concepts.concepts),
    PageRoute("concept/{concept}", concepts.concept),
    PageRoute("compare", compare.chooser),
    PageRoute("compare/{group}", compare.group),
    PageRoute("compare/{protocol}/{value}/{protocol2}/{value2}", compare.pair),
    PageRoute("map", mapping.chooser),
    PageRoute("decide", decide.trees),
    PageRoute("decide/{tree}", decide.decide),
    PageRoute("guides", guides.guides),
    PageRoute("guide/{guide}", guides.guide),
    PageRoute("manual", manual.contents),
    PageRoute("manual/{page}", manual.page),
    PageRoute("glossary", glossary.glossary),
    PageRoute("coverage", coverage.coverage),
    PageRoute("addresses", addresses.addresses),
    PageRoute("number/{value}", codes.number),
    PageRoute("snippets", snippets.matrix),
    PageRoute("snippets/clients", clients.client_matrix),
    PageRoute("snippets/mail", servers.servers_matrix),
    PageRoute("{protocol}", codes.index),
    PageRoute("{protocol}/{value}", codes.code),
    PageRoute("{protocol}/{value}/mock", mock.mock, action=mock.run),
    PageRoute("{protocol}/{value}/snippets", snippets.more),
    PageRoute("{protocol}/{value}/clients", clients.clients),
    PageRoute("{protocol}/{value}/clients/{client}", clients.clients),
    PageRoute("{protocol}/{value}/servers", servers.servers),
    PageRoute("{protocol}/{value}/servers/{part}", servers.servers),
)
"""Every page; the first whose pattern fits is taken."""

_SPLIT = tuple((tuple(route.pattern.split("/")) if route.pattern else (), route) for route in PAGES)


def match(path: str) -> tuple[PageRoute, Mapping[str, str]] | None:
    """Find the page of a path.

    Args:
        path: without the language and without slashes at its ends.

    Returns:
        The route and what its places hold; None where there is none.
    """
    segments = tuple(path.split("/")) if path else ()
    for pattern, route in _SPLIT:
        if len(pattern) == len(segments) and all(
            part == segment or part.startswith("{") for part, segment in zip(pattern, segments, strict=True)
        ):
            return route, {
                part[1:-1]: segment for part, segment in zip(pattern, segments, strict=True) if part.startswith("{")
            }
    return None


def canonical(path: str) -> str:
    """The one spelling of a path: no slash at its end, none twice, words in small letters.

    Numbers and what has dots are left to the views, which know how the catalogue spells them. A language alone keeps
    its slash.
    """
    segments = [part.lower() if _WORD.fullmatch(part) else part for part in path.split("/") if part]
    if len(segments) == 1 and path.endswith("/"):
        return f"/{segments[0]}/"
    return "/" + "/".join(segments)
