"""Index pages, code pages and the pages of numbers that several protocols use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from statuary.catalog.enhanced import CLASS_IDENTITY, parse_enhanced
from statuary.catalog.lookup import find, suggest
from statuary.catalog.model import Claim, Code
from statuary.errors import CodeNotFound
from statuary.explain.confused import confusions_of
from statuary.explain.stages import dialogue_of
from statuary.explain.words import CLAIM_KINDS, is_sent, reply_line
from statuary.web.i18n import N_
from statuary.web.site import EDIT_URL, Page, Redirect, Result, Visit
from statuary.web.views.links import compare_path, heading, mock_path, related_codes
from statuary.web.views.recorded import http_response

__all__ = ["code", "index", "number", "one_code", "the_code"]

MAX_SEEN_OPEN = 6
"""How many texts of providers stand open; the others unfold."""
MAX_COMPARISONS = 6
"""How many comparisons a code page offers."""

_SEVERAL_MEANINGS = N_("The registry gives this number several meanings; where it is met decides which of them holds.")
_SEVERAL_OWNERS = N_(
    "Nobody has registered this number alone; who sent it decides what it means. "
    "Choose the software that you met it in."
)


@dataclass(slots=True)
class _Subject:
    """A subject of enhanced status codes with its codes, for the table of an index."""

    head: Code | None
    rows: list[tuple[Code, list[Code]]]


def index(visit: Visit) -> Result:
    """All codes of a protocol by class."""
    protocol = visit.catalogue.protocols.get(visit.params["protocol"])
    if protocol is None:
        raise CodeNotFound(visit.params["protocol"], suggest(visit.catalogue, visit.params["protocol"]))
    shown: dict[str, list[Code]] = {}
    hidden: list[Code] = []
    enhanced: list[Code] = []
    for entry in visit.catalogue.codes(protocol.id, hidden=True, language=visit.tag):
        if entry.template or entry.kind in ("template", "subject", "class"):
            enhanced.append(entry)
        elif entry.hidden:
            hidden.append(entry)
        else:
            shown.setdefault(entry.class_, []).append(entry)
    ordered = dict(sorted(shown.items(), key=lambda item: not item[0][:1].isdigit()))
    return Page(
        "index.html",
        visit.gettext("%(protocol)s codes") % {"protocol": protocol.name},
        protocol.id,
        {
            "protocol": protocol,
            "classes": ordered,
            "hidden": hidden,
            "subjects": _subjects(enhanced),
            "enhanced_classes": [entry for entry in enhanced if entry.kind == "class"],
            "untranslated": any("summary" in entry.prose.fallbacks for entry in chain(enhanced, *shown.values())),
        },
        description=visit.gettext("The codes of %(protocol)s, by class.") % {"protocol": protocol.name},
    )


def _subjects(entries: Iterable[Code]) -> list[_Subject]:
    """Sort templates under their subjects, each with the concrete codes that make sense."""
    subjects: dict[str, _Subject] = {}
    concrete: dict[str, list[Code]] = {}
    templates: list[Code] = []
    for entry in entries:
        if entry.kind == "subject":
            subjects[_subject_of(entry)] = _Subject(entry, [])
        elif entry.kind == "template":
            templates.append(entry)
        elif entry.template and not entry.hidden:
            concrete.setdefault(entry.template, []).append(entry)
    for template in templates:
        subject = subjects.setdefault(_subject_of(template), _Subject(None, []))
        subject.rows.append((template, concrete.get(template.id, [])))
    return list(subjects.values())


def _subject_of(entry: Code) -> str:
    return entry.value.split(".")[1]


def one_code(visit: Visit, protocol: str, value: str) -> list[Code]:
    """The codes that a protocol and a value in an address name; several where several owners use the number.

    Raises:
        CodeNotFound: there is none.
    """
    query = f"{protocol}/{value}"
    exact = visit.get(query)
    if exact is not None and exact.id == query:
        return [exact]
    found = find(visit.catalogue, query, visit.tag) if protocol in visit.catalogue.protocols else []
    found = [entry for entry in found if entry.protocol == protocol]
    if not found:
        raise CodeNotFound(query, suggest(visit.catalogue, query))
    return found


def the_code(visit: Visit) -> Code | Redirect:
    """The one code that an address names; where several owners use its number, the way to their choice.

    Raises:
        CodeNotFound: there is none.
    """
    protocol, value = visit.params["protocol"], visit.params["value"]
    found = one_code(visit, protocol, value)
    return found[0] if len(found) == 1 else Redirect(visit.url(f"{protocol}/{value}"))


def code(visit: Visit) -> Result:
    """Everything about one code; a number with several owners leads to each."""
    protocol, value = visit.params["protocol"], visit.params["value"]
    found = one_code(visit, protocol, value)
    if len(found) > 1:
        return _owners(visit, found)
    entry = found[0]
    if entry.id != f"{protocol}/{value}":
        return Redirect(visit.url(entry.id), permanent=entry.id.lower() == f"{protocol}/{value}".lower())
    return Page(
        "code.html",
        heading(visit.catalogue, entry),
        entry.id,
        _context(visit, entry),
        description=entry.summary,
        indexed=not entry.hidden,
    )


def _owners(visit: Visit, found: list[Code]) -> Page:
    value = found[0].value
    protocol = visit.catalogue.protocols[found[0].protocol]
    registered = all(entry.status == "registered" for entry in found)
    return Page(
        "owners.html",
        f"{protocol.name} {value}",
        f"{protocol.id}/{value}",
        {"protocol": protocol, "value": value, "codes": found, "registered": registered},
        description=visit.gettext(_SEVERAL_MEANINGS if registered else _SEVERAL_OWNERS),
    )


def _context(visit: Visit, entry: Code) -> dict[str, object]:
    catalogue = visit.catalogue
    parts = parse_enhanced(entry.value)
    related = related_codes(visit, entry)
    protocol = catalogue.protocols[entry.protocol]
    return {
        "code": entry,
        "protocol": protocol,
        "dialogue": dialogue_of(protocol, entry),
        "template": visit.get(entry.template) if entry.template else None,
        "class_code": visit.get(CLASS_IDENTITY.format(digit=parts[0])) if parts and entry.template else None,
        "variants": _variants(visit, entry),
        "basic": visit.resolve([f"{entry.protocol}/{basic}" for basic in entry.basic]),
        "enhanced": [other for other in visit.resolve(entry.enhanced) if not other.hidden],
        "related": related,
        "concepts": [
            (concept, member)
            for concept in catalogue.concepts_of(entry.id)
            for member in concept["member"]
            if member["code"] == entry.id
        ],
        "claims": _claims(entry.prose.claims),
        "confusions": confusions_of(catalogue, entry, visit.tag),
        "comparisons": [(other, compare_path(catalogue, entry, other)) for other in related if other.kind == "code"][
            :MAX_COMPARISONS
        ],
        "mock": mock_path(entry),
        "sent": _sent(visit, entry),
        "seen_first": entry.seen[:MAX_SEEN_OPEN],
        "seen_more": entry.seen[MAX_SEEN_OPEN:],
        "edit": _edit_url(entry),
        "members": _members(visit, entry),
    }


def _variants(visit: Visit, entry: Code) -> list[Code]:
    if entry.kind != "template":
        return []
    return [
        other
        for digit in entry.classes
        if (other := visit.get(f"{entry.protocol}/{digit}{entry.value[1:]}")) is not None
    ]


def _members(visit: Visit, entry: Code) -> list[Code]:
    """The codes under a class or a subject."""
    if entry.kind not in ("class", "subject"):
        return []
    prefix = entry.value.replace("YYY", "").replace("XXX.", "")
    kind = "template" if entry.kind == "subject" else "code"
    return [
        other
        for other in visit.catalogue.codes(entry.protocol, language=visit.tag)
        if other.kind == kind and other.value.startswith(prefix)
    ]


def _claims(claims: Iterable[Claim]) -> list[tuple[str, list[Claim]]]:
    grouped: dict[str, list[Claim]] = {kind: [] for kind in CLAIM_KINDS}
    for claim in claims:
        grouped.setdefault(claim.kind, []).append(claim)
    return [(kind, members) for kind, members in grouped.items() if members]


def _sent(visit: Visit, entry: Code) -> str:
    """What goes over the wire for it: the reply line, or the status line as the mock sends it; empty for none."""
    if entry.protocol != "http" or not is_sent(entry) or not mock_path(entry):
        return reply_line(entry)
    response = http_response(visit, entry)
    return response.text.partition("\n")[0] if response else ""


def _edit_url(entry: Code) -> str:
    """Where the source file is changed; empty for facts that come straight from a registry."""
    if not entry.prose.texts:
        return ""
    return f"{EDIT_URL}content/codes/{entry.template or entry.id}.md"


def number(visit: Visit) -> Result:
    """What a number means in each protocol that uses it."""
    value = visit.params["value"]
    found = [
        entry
        for entry in visit.catalogue.with_value(value, language=visit.tag)
        if not entry.hidden and entry.kind == "code"
    ]
    protocols = {entry.protocol for entry in found}
    if not found:
        raise CodeNotFound(value, suggest(visit.catalogue, value))
    if len(protocols) == 1:
        return Redirect(visit.url(found[0].id if len(found) == 1 else f"{found[0].protocol}/{value}"))
    return Page(
        "number.html",
        visit.gettext("The number %(value)s") % {"value": value},
        f"number/{value}",
        {
            "value": value,
            "codes": found,
            "comparisons": [
                (left, right, compare_path(visit.catalogue, left, right))
                for place, left in enumerate(found)
                for right in found[place + 1 :]
                if left.prose.texts or right.prose.texts
            ],
        },
        description=visit.gettext("What %(value)s means depends on the protocol that says it.") % {"value": value},
    )
