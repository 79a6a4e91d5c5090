"""Sets of codes that people take for each other, and which to choose: hand-picked, in prose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from statuary.catalog.entry import Entry, Text
from statuary.catalog.model import Code
from statuary.catalog.pairs import about_field, cell_field, choice_field
from statuary.catalog.store import Catalogue

__all__ = ["Choice", "Mixup", "Trait", "all_mixups", "mixup", "mixups_of", "mixups_with"]


class Choice(NamedTuple):
    """A code of a set and when to choose it."""

    code: Code
    when: Text


class Trait(NamedTuple):
    """A property in which the codes of a set differ.

    Args:
        about: what it is about.
        cells: what holds for each code, by identity.
    """

    about: Text
    cells: Mapping[str, Text]


class Mixup(NamedTuple):
    """A set of codes that people take for each other.

    Args:
        id: its name.
        title: in a few words.
        why: why they are mixed up, in Markdown.
        choices: each code with when to choose it.
        sources: documents and sections.
        traits: properties in which they differ, beside their facts.
    """

    id: str
    title: Text
    why: Text
    choices: tuple[Choice, ...]
    sources: tuple[str, ...]
    traits: tuple[Trait, ...] = ()

    @property
    def codes(self) -> tuple[Code, ...]:
        """The codes, in order."""
        return tuple(choice.code for choice in self.choices)

    def to_dict(self) -> dict[str, Any]:
        """The set as plain data for JSON."""
        return {
            "id": self.id,
            "title": self.title.text,
            "why": self.why.text,
            "choose": {choice.code.id: choice.when.text for choice in self.choices},
            "sources": list(self.sources),
            "traits": [
                {"about": trait.about.text, "cells": {code: cell.text for code, cell in trait.cells.items()}}
                for trait in self.traits
            ],
        }


def _made(catalogue: Catalogue, entry: Entry, language: str) -> Mixup:
    choices = []
    for identity in entry.facts["codes"]:
        code = catalogue.get(identity, language)
        if code is not None:
            choices.append(Choice(code, entry.text(choice_field(identity))))
    traits = tuple(
        Trait(entry.text(about_field(row)), {code: entry.text(cell_field(row, code)) for code in entry.facts["codes"]})
        for row in range(entry.facts["rows"])
    )
    sources = tuple(entry.facts["sources"])
    return Mixup(entry.id, entry.text("title"), entry.text("why"), tuple(choices), sources, traits)


def all_mixups(catalogue: Catalogue, language: str = "en") -> list[Mixup]:
    """Every set, in the order of its file."""
    return [_made(catalogue, entry, language) for entry in catalogue.entries("pair", language)]


def mixup(catalogue: Catalogue, identity: str, language: str = "en") -> Mixup | None:
    """A set by its name; None where there is none."""
    entry = catalogue.entry("pair", identity, language)
    return _made(catalogue, entry, language) if entry else None


def mixups_of(catalogue: Catalogue, left: Code, right: Code, language: str = "en") -> list[Mixup]:
    """The sets that hold both of two codes, the smallest first."""
    found = [entry for entry in catalogue.entries("pair", language) if {left.id, right.id} <= set(entry.facts["codes"])]
    return [_made(catalogue, entry, language) for entry in sorted(found, key=lambda entry: len(entry.facts["codes"]))]


def mixups_with(catalogue: Catalogue, code: Code, language: str = "en") -> list[Mixup]:
    """The sets that hold a code."""
    return [
        _made(catalogue, entry, language)
        for entry in catalogue.entries("pair", language)
        if code.id in entry.facts["codes"]
    ]
