"""The terms of the field, each in one sentence."""

from __future__ import annotations

from typing import NamedTuple

from statuary.catalog.entry import Entry, Text
from statuary.catalog.model import Code
from statuary.catalog.order import dictionary_order
from statuary.web.site import Page, Result, Visit

__all__ = ["Term", "glossary"]


class Term(NamedTuple):
    """A term.

    Args:
        id: its name within the page.
        term: the term.
        english: the English term where the page has another; empty elsewhere.
        definition: what it means.
        also: other English words for it.
        specs: where it is defined.
        codes: codes to which it belongs.
    """

    id: str
    term: Text
    english: str
    definition: Text
    also: tuple[str, ...]
    specs: tuple[str, ...]
    codes: tuple[Code, ...]


def glossary(visit: Visit) -> Result:
    """Every term, in the order of the language."""
    english = {entry.id: entry.texts["term"] for entry in visit.catalogue.entries("term")}
    entries = visit.catalogue.entries("term", visit.tag)
    entries.sort(key=lambda entry: dictionary_order(entry.texts.get("reading", entry.texts["term"])))
    terms = [_term(visit, entry, english[entry.id]) for entry in entries]
    return Page(
        "glossary.html",
        visit.gettext("Glossary"),
        "glossary",
        {
            "terms": terms,
            "behind": any(term.definition.language != visit.tag for term in terms),
        },
        description=visit.gettext("The words of the field, each in one sentence."),
    )


def _term(visit: Visit, entry: Entry, english: str) -> Term:
    term, facts = entry.text("term"), entry.facts
    return Term(
        entry.id,
        term,
        "" if term.text == english else english,
        entry.text("definition"),
        tuple(facts["also"]),
        tuple(facts["specs"]),
        tuple(visit.resolve(facts["codes"])),
    )
