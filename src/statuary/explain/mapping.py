"""What a gateway answers in one protocol for a code of another: directional, with what it rests on and what is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from statuary.catalog.entry import Entry, Text
from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.explain.words import N_, Phrase

__all__ = ["BASES", "MAX_ALTERNATIVES", "Answer", "Mapping", "answerable_protocols", "map_code"]

MAX_ALTERNATIVES = 8
"""How many further codes of a shared concept are named at most."""

BASES = {
    "specification": N_("specification"),
    "registry": N_("registry"),
    "judgement": N_("our judgement"),
}
"""What an answer rests on."""

_RANGE = re.compile(r"[1-9](?:xx|yz)")
_REFUSAL = re.compile(r"[45](\.[0-9]{1,3}\.[0-9]{1,3})")
"""An enhanced status code of a failure; the rows for any class speak of failures only."""
_LATER = "same-request-later"
_FOR_GOOD = ("never", "after-change")
"""What tells the client that the same request will not succeed later."""
_NOTHING = Text("", "en")


class Answer(NamedTuple):
    """A code to answer with.

    Args:
        code: the code.
        enhanced: an enhanced status code to send beside it; empty for none.
        when: the condition under which it holds; empty where it always does.
        basis: ``specification``, ``registry`` or ``judgement``.
        source: document and section; empty for a judgement.
        loses: what the translation cannot carry.
        through: what was translated: the code itself, its basic code, all codes of its class, or a concept.
    """

    code: Code
    enhanced: str = ""
    when: Text = _NOTHING
    basis: str = "judgement"
    source: str = ""
    loses: Text = _NOTHING
    through: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data for JSON."""
        return {
            "code": self.code.id,
            "title": self.code.title,
            "enhanced": self.enhanced,
            "when": self.when.text,
            "basis": self.basis,
            "source": self.source,
            "loses": self.loses.text,
            "through": self.through,
        }


class Mapping(NamedTuple):
    """What to answer.

    Args:
        origin: the code that came.
        protocol: the id of the protocol to answer in.
        protocol_name: its name.
        answers: the codes to answer with, each under its condition; the first holds where nothing else is known.
        alternatives: further codes that share a concept with it.
    """

    origin: Code
    protocol: str
    protocol_name: str
    answers: tuple[Answer, ...]
    alternatives: tuple[Answer, ...]

    @property
    def verdict(self) -> Phrase:
        """In one sentence, what is known."""
        names = {"code": self.origin.id, "protocol": self.protocol_name}
        if self.answers:
            return Phrase(
                N_("For %(code)s, answer in %(protocol)s with one of these; the reverse does not follow."), names
            )
        if self.alternatives:
            return Phrase(
                N_("No document and no judgement translates %(code)s, but these speak of the same thing."), names
            )
        return Phrase(
            N_("Nothing in %(protocol)s corresponds to %(code)s: answer with what your own request met."), names
        )

    def to_dict(self, gettext: Callable[[str], str] = str) -> dict[str, Any]:
        """The mapping as plain data for JSON."""
        return {
            "from": self.origin.id,
            "to": self.protocol,
            "verdict": self.verdict.render(gettext),
            "answers": [answer.to_dict() for answer in self.answers],
            "alternatives": [answer.to_dict() for answer in self.alternatives],
        }


def map_code(catalogue: Catalogue, origin: Code, protocol: str, language: str = "en") -> Mapping:
    """What to answer in a protocol for a code of another.

    The first of these that says something is taken: a row for the code itself, a mapping that a document gives, a row
    for its enhanced status code in any class, what holds for its basic reply code, a row for all codes of its class.

    Args:
        catalogue: where to look.
        origin: the code that came.
        protocol: the id of the protocol to answer in.
        language: the tag in which conditions and losses are told.
    """
    rows = [row for row in catalogue.entries("map", language) if row.facts["to"].startswith(f"{protocol}/")]
    answers: list[Answer] = []
    for find in (_own, _documented, _by_detail, _by_basic, _by_class):
        answers = [
            answer for answer in find(catalogue, origin, protocol, rows, language) if answer.code.id != origin.id
        ]
        if answers:
            break
    taken = {origin.id, *(answer.code.id for answer in answers)}
    alternatives = tuple(_alternatives(catalogue, origin, protocol, taken, language))
    return Mapping(origin, protocol, catalogue.protocols[protocol].name, tuple(answers), alternatives)


def answerable_protocols(catalogue: Catalogue) -> list[str]:
    """The protocols that rows or documents lead to, in the order of pages."""
    reached = {row.facts["to"].partition("/")[0] for row in catalogue.entries("map")}
    return [protocol for protocol in catalogue.protocols if protocol in reached]


def _rows(catalogue: Catalogue, rows: list[Entry], origin: str, language: str) -> Iterator[Answer]:
    for row in rows:
        if row.facts["from"] == origin:
            code = catalogue.get(row.facts["to"], language)
            if code is not None:
                facts = row.facts
                yield Answer(
                    code,
                    facts["enhanced"],
                    row.text("when"),
                    facts["basis"],
                    facts["source"],
                    row.text("loses"),
                    origin,
                )


def _own(catalogue: Catalogue, origin: Code, protocol: str, rows: list[Entry], language: str) -> Iterator[Answer]:
    return _rows(catalogue, rows, origin.id, language)


def _documented(
    catalogue: Catalogue, origin: Code, protocol: str, rows: list[Entry], language: str
) -> Iterator[Answer]:
    for concept in catalogue.concepts():
        for mapping in concept.get("mapping", ()):
            if mapping["from"] == origin.id and mapping["to"].startswith(f"{protocol}/"):
                code = catalogue.get(mapping["to"], language)
                if code is not None:
                    basis = "registry" if mapping["source"].startswith("IANA") else "specification"
                    yield Answer(code, basis=basis, source=mapping["source"], through=origin.id)


def _by_detail(catalogue: Catalogue, origin: Code, protocol: str, rows: list[Entry], language: str) -> Iterator[Answer]:
    """What holds for the detail in any class, but for what would make a failure for now one for good."""
    match = _REFUSAL.fullmatch(origin.value)
    for answer in _rows(catalogue, rows, f"{origin.protocol}/X{match[1]}" if match else "", language):
        if origin.retry.policy != _LATER or answer.code.retry.policy not in _FOR_GOOD:
            yield answer


def _by_basic(catalogue: Catalogue, origin: Code, protocol: str, rows: list[Entry], language: str) -> Iterator[Answer]:
    """What holds for the reply codes that the registry associates with an enhanced one; each answer once."""
    seen: set[str] = set()
    for basic in origin.basic:
        if basic[:1] == origin.value[:1]:
            for answer in _rows(catalogue, rows, f"{origin.protocol}/{basic}", language):
                if answer.code.id not in seen:
                    seen.add(answer.code.id)
                    yield answer


def _by_class(catalogue: Catalogue, origin: Code, protocol: str, rows: list[Entry], language: str) -> Iterator[Answer]:
    """What holds for every code that begins so: an unknown one is treated as the general one (RFC 9110 §15)."""
    for row in rows:
        owner, _, value = str(row.facts["from"]).partition("/")
        if owner == origin.protocol and _RANGE.fullmatch(value) and value[0] == origin.value[:1]:
            yield from _rows(catalogue, rows, row.facts["from"], language)


def _alternatives(
    catalogue: Catalogue, origin: Code, protocol: str, taken: set[str], language: str
) -> Iterator[Answer]:
    found = 0
    for concept in catalogue.concepts_of(origin.id):
        for member in concept.get("member", ()):
            if found < MAX_ALTERNATIVES and member["code"].startswith(f"{protocol}/") and member["code"] not in taken:
                code = catalogue.get(member["code"], language)
                if code is not None:
                    taken.add(code.id)
                    found += 1
                    yield Answer(
                        code, basis=member["basis"], source=member["source"], through=f"concept/{concept['id']}"
                    )
