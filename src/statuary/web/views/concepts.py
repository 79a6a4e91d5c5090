"""Concepts: what several protocols say each with a code of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

from statuary.catalog.fold import fold
from statuary.catalog.model import Code
from statuary.errors import CodeNotFound
from statuary.web.site import Page, Result, Visit

__all__ = ["ConceptText", "concept", "concept_text", "concepts"]


class ConceptText(NamedTuple):
    """A text of a concept and the tag of the language that it is in."""

    text: str
    language: str


def concept_text(visit: Visit, data: dict[str, Any], field: str) -> ConceptText:
    """The title or summary of a concept; in English where nobody has translated it."""
    english: str = data[field]
    translated = visit.translator.pgettext(f"concept/{data['id']}#{field}", english)
    return ConceptText(translated, "en" if translated == english else visit.tag)


def concepts(visit: Visit) -> Result:
    """All concepts."""
    rows = [
        (data, concept_text(visit, data, "title"), concept_text(visit, data, "summary"), len(data["member"]))
        for data in visit.catalogue.concepts()
    ]
    return Page(
        "concepts.html",
        visit.gettext("Concepts"),
        "concepts",
        {"rows": sorted(rows, key=lambda row: fold(row[1].text))},
        description=visit.gettext(
            "One thing to say, a code in each protocol to say it. No standard translates between them: "
            "each member states what its membership rests on."
        ),
    )


def concept(visit: Visit) -> Result:
    """One concept with its members and why they belong to it."""
    identity = visit.params["concept"]
    data = visit.catalogue.concept(identity)
    if data is None:
        near = [item["id"] for item in visit.catalogue.concepts() if identity in item["id"]]
        raise CodeNotFound(identity, [f"concept/{item}" for item in near])
    members: dict[str, list[tuple[Code, dict[str, str]]]] = {}
    for member in data["member"]:
        code = visit.get(member["code"])
        if code is not None:
            members.setdefault(code.protocol, []).append((code, member))
    title = concept_text(visit, data, "title")
    return Page(
        "concept.html",
        title.text,
        f"concept/{identity}",
        {
            "heading": title,
            "summary": concept_text(visit, data, "summary"),
            "members": members,
            "protocols_by_id": visit.catalogue.protocols,
            "mappings": [
                (left, right, row["source"])
                for row in data.get("mapping", [])
                if (left := visit.get(row["from"])) is not None and (right := visit.get(row["to"])) is not None
            ],
        },
        description=concept_text(visit, data, "summary").text,
    )
