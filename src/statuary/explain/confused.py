"""What a code is easily taken for: codes of a hand-picked set, of the same number, of like meaning."""

from __future__ import annotations

from typing import Any, NamedTuple

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.explain.pairs import Mixup, mixups_with

__all__ = ["Confusions", "confusions_of"]

MAX_SAME_NUMBER = 6
"""How many codes of the same number are shown; a page of the number has them all."""
MAX_ALIKE = 8
"""How many codes of like meaning are shown for each concept; its page has them all."""


class Confusions(NamedTuple):
    """What a code is easily taken for; no code stands in two of these.

    Args:
        sets: those that hold it, each with its reason.
        same_number: codes of the same number, those of its own protocol first.
        more_numbers: whether there are more of them.
        alike: concepts with other codes that belong to them.
    """

    sets: tuple[Mixup, ...]
    same_number: tuple[Code, ...]
    more_numbers: bool
    alike: tuple[tuple[dict[str, Any], tuple[Code, ...]], ...]

    def __bool__(self) -> bool:
        return bool(self.sets or self.same_number or self.alike)


def confusions_of(catalogue: Catalogue, code: Code, language: str = "en") -> Confusions:
    """What a code is easily taken for.

    Args:
        catalogue: the catalogue.
        code: the code.
        language: the tag of the language of texts.
    """
    sets = tuple(mixups_with(catalogue, code, language))
    shown = {code.id, *(other.id for mixup in sets for other in mixup.codes)}
    same = [
        other
        for other in catalogue.with_value(code.value, language=language)
        if not other.hidden and other.id not in shown and code.kind == "code"
    ]
    same.sort(key=lambda other: other.protocol != code.protocol)
    shown.update(other.id for other in same[:MAX_SAME_NUMBER])
    alike = []
    for concept in catalogue.concepts_of(code.id):
        members = (
            catalogue.get(member["code"], language) for member in concept["member"] if member["code"] not in shown
        )
        others = [other for other in members if other is not None and not other.hidden]
        others.sort(key=lambda other: other.protocol != code.protocol)
        others = others[:MAX_ALIKE]
        shown.update(other.id for other in others)
        if others:
            alike.append((concept, tuple(others)))
    return Confusions(sets, tuple(same[:MAX_SAME_NUMBER]), len(same) > MAX_SAME_NUMBER, tuple(alike))
