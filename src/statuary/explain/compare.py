"""Compares two codes by their facts: what differs, what they share, and whether comparing them tells anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from statuary.catalog.entry import Text
from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.explain import words
from statuary.explain.pairs import Mixup, mixups_of
from statuary.explain.stages import where_phrase
from statuary.explain.words import N_, Phrase, kept

__all__ = ["Comparison", "Row", "canonical_order", "compare"]


@dataclass(frozen=True, slots=True)
class Row:
    """One point of comparison.

    Args:
        field: its name in JSON: ``protocol``, ``class``, ``acts``, ``retry``, ``stages``, ``meaning``, ``status``.
        label: its name for people.
        left: what holds for the one.
        right: what holds for the other.
    """

    field: str
    label: Phrase
    left: Phrase
    right: Phrase

    @property
    def same(self) -> bool:
        """Whether both are alike in this."""
        return self.left == self.right


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two codes side by side.

    Args:
        left: the one.
        right: the other.
        rows: every point, in order of weight.
        shared_concepts: the concepts that both belong to.
        linked: whether one names the other: as related, as associated code or by the same number.
        verdict: in one sentence, how they stand to each other.
        mixups: the hand-picked sets that hold both.
    """

    left: Code
    right: Code
    rows: tuple[Row, ...]
    shared_concepts: tuple[dict[str, Any], ...]
    linked: bool
    verdict: Phrase
    mixups: tuple[Mixup, ...] = ()

    @property
    def differences(self) -> tuple[Row, ...]:
        """The points in which they differ."""
        return tuple(row for row in self.rows if not row.same)

    @property
    def traits(self) -> tuple[tuple[Text, Text, Text], ...]:
        """Properties beside the facts in which they differ: what each is about, and what holds for either."""
        one, other = self.left.id, self.right.id
        traits = [trait for mixup in self.mixups for trait in mixup.traits]
        found = [(trait.about, trait.cells[one], trait.cells[other]) for trait in traits]
        return tuple((about, left, right) for about, left, right in found if left.text != right.text)

    @property
    def alike(self) -> tuple[Row, ...]:
        """The points in which they are alike."""
        return tuple(row for row in self.rows if row.same)

    @property
    def unrelated(self) -> bool:
        """Whether they have nothing in common that makes a comparison worth while."""
        return not self.linked and not self.shared_concepts

    def to_dict(self, gettext: Callable[[str], str] = str) -> dict[str, Any]:
        """The comparison as plain data for JSON."""
        return {
            "left": self.left.to_dict(),
            "right": self.right.to_dict(),
            "verdict": self.verdict.render(gettext),
            "unrelated": self.unrelated,
            "differences": [_plain(row, gettext) for row in self.differences],
            "alike": [_plain(row, gettext) for row in self.alike],
            "shared_concepts": [concept["id"] for concept in self.shared_concepts],
            "mixups": [mixup.to_dict() for mixup in self.mixups],
        }


def _plain(row: Row, gettext: Callable[[str], str]) -> dict[str, str]:
    return {
        "field": row.field,
        "label": row.label.render(gettext),
        "left": row.left.render(gettext),
        "right": row.right.render(gettext),
    }


def compare(catalogue: Catalogue, left: Code, right: Code) -> Comparison:
    """Compare two codes.

    Args:
        catalogue: where their concepts are.
        left: the one.
        right: the other.
    """
    rows = (
        Row("protocol", Phrase(N_("Protocol")), _protocol(catalogue, left), _protocol(catalogue, right)),
        Row("class", Phrase(N_("Class")), words.class_phrase(left), words.class_phrase(right)),
        Row("meaning", Phrase(N_("What it means for the message or request")), *map(words.fate_phrase, (left, right))),
        Row("acts", Phrase(N_("Who acts")), words.actor_phrase(left), words.actor_phrase(right)),
        Row("retry", Phrase(N_("Repeat it?")), words.retry_phrase(left.retry), words.retry_phrase(right.retry)),
        Row("stages", Phrase(N_("Where it is sent")), _where(catalogue, left), _where(catalogue, right)),
        Row("status", Phrase(N_("Status")), _status(left), _status(right)),
    )
    shared = _shared_concepts(catalogue, left, right)
    mixups = tuple(mixups_of(catalogue, left, right, left.prose.language))
    linked = _linked(left, right) or bool(mixups) or _parts(left, right) or _without_meaning(left, right)
    return Comparison(left, right, rows, shared, linked, _verdict(left, right, linked, bool(shared)), mixups)


def _where(catalogue: Catalogue, code: Code) -> Phrase:
    return where_phrase(catalogue.protocols[code.protocol], code)


def canonical_order(catalogue: Catalogue, left: Code, right: Code) -> bool:
    """Whether the two stand in the one order that pages use: by protocol, then by value."""
    order = list(catalogue.protocols)
    return _rank(order, left) <= _rank(order, right)


def _rank(order: list[str], code: Code) -> tuple[int, int, str, str]:
    return order.index(code.protocol), 1 if "." in code.value else 0, code.value, code.id


def _protocol(catalogue: Catalogue, code: Code) -> Phrase:
    return kept(catalogue.protocols[code.protocol].name)


def _status(code: Code) -> Phrase:
    if code.status == "unofficial":
        return Phrase(N_("unofficial: %(owner)s"), {"owner": words.owner_phrase(code.owner)})
    return Phrase(words.STATUSES[code.status])


def _shared_concepts(catalogue: Catalogue, left: Code, right: Code) -> tuple[dict[str, Any], ...]:
    theirs = {concept["id"] for concept in catalogue.concepts_of(right.id)}
    return tuple(concept for concept in catalogue.concepts_of(left.id) if concept["id"] in theirs)


def _linked(left: Code, right: Code) -> bool:
    if left.value == right.value or (left.template or left.id) == (right.template or right.id):
        return True
    return any(
        other.id in (*code.related, *code.enhanced, *(f"{code.protocol}/{basic}" for basic in code.basic))
        for code, other in ((left, right), (right, left))
    )


def _without_meaning(left: Code, right: Code) -> bool:
    """Whether both are ranges of one protocol that nobody has assigned."""
    return left.protocol == right.protocol and all(
        code.kind == "range" and code.status == "unassigned" for code in (left, right)
    )


def _parts(left: Code, right: Code) -> bool:
    """Whether both are classes, or both subjects, of enhanced status codes (RFC 3463 §2)."""
    return left.kind == right.kind and left.kind in ("class", "subject")


def _verdict(left: Code, right: Code, linked: bool, shared: bool) -> Phrase:
    names = {"left": left.id, "right": right.id}
    if left.id == right.id:
        return Phrase(N_("%(left)s is compared with itself."), names)
    if left.value == right.value and left.protocol != right.protocol:
        return Phrase(
            N_("%(left)s and %(right)s share a number, but each protocol gives it a meaning of its own."), names
        )
    if shared:
        return Phrase(N_("%(left)s and %(right)s belong to one group; the table shows in what they differ."), names)
    if _without_meaning(left, right):
        return Phrase(N_("Neither %(left)s nor %(right)s has a meaning so far: nobody has assigned them."), names)
    if _parts(left, right):
        return Phrase(
            N_("%(left)s and %(right)s are parts of one scheme: a code belongs to one of them and not to the other."),
            names,
        )
    if linked:
        return Phrase(N_("%(left)s and %(right)s are neighbours: one is easily taken for the other."), names)
    if left.protocol == right.protocol:
        return Phrase(
            N_("%(left)s and %(right)s belong to one protocol and are seldom mistaken for each other."), names
        )
    return Phrase(
        N_("%(left)s and %(right)s have nothing in common but the form: they are not mistaken for each other."), names
    )
