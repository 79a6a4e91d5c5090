"""What each key does: one table for the bindings, the line of hints, the help and its test."""

from __future__ import annotations

from typing import NamedTuple

from statuary.explain.words import N_

__all__ = ["KEYS", "Key"]


class Key(NamedTuple):
    """A key, or several that do the same.

    Args:
        shown: how it is written in the help.
        does: what it does, in English, to be translated where it is shown; empty where the help leaves it out.
        short: the same in a word or two for the line of hints; empty where the line leaves it out.
        where: where the line of hints has it: ``search``, ``results``, ``page``, ``overlay``.
    """

    shown: str
    does: str
    short: str = ""
    where: tuple[str, ...] = ()


KEYS = (
    Key("A-Z 0-9", N_("type to search: a number, a name, a symptom in words"), "", ()),
    Key("↓ ↑", N_("go through the results, or scroll the page"), N_("choose"), ("search", "results")),
    Key("Enter →", N_("go to the page"), "", ()),
    Key("←", N_("go back to the results"), N_("results"), ("page",)),
    Key("Tab", N_("go to the page's next section; with Shift to the one before"), N_("section"), ("search", "page")),
    Key("PgDn PgUp", N_("turn the page over, from the search too"), "", ()),
    Key("c", N_("mark a code, then on another: compare the two"), N_("compare"), ("results", "page")),
    Key("y", N_("copy what asks a mock for the code: a URL or a mail address"), N_("copy"), ("results", "page")),
    Key("o", N_("open the code's page in the browser, where a server runs"), N_("open"), ("results", "page")),
    Key("/", N_("go back to the search"), N_("search"), ("results", "page")),
    Key("?", N_("show this help; F1 while you type"), N_("help"), ("results", "page")),
    Key("F1", "", N_("help"), ("search",)),
    Key("Esc", N_("close what lies above; else quit"), N_("quit"), ("search",)),
    Key("q", N_("the same, where nothing is typed"), N_("quit"), ("results", "page")),
    Key("Esc", "", N_("close"), ("overlay",)),
)
"""Every key, in the order of the help."""
