"""The languages of the catalogue, and how far the prose of each is translated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from statuary.catalog.store import Catalogue

__all__ = ["language_rows"]


def language_rows(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Each language as plain data, with how many texts of the prose it has; those made from templates count once.

    Args:
        catalogue: whose languages.
    """
    for language in catalogue.languages.values():
        total = missing = 0
        for code in catalogue.codes(hidden=True, language=language.tag):
            if not code.template:
                total += sum(map(bool, code.prose.texts.values())) + bool(code.prose.claims)
                missing += len(code.prose.fallbacks)
        yield {
            "tag": language.tag,
            "name": language.name,
            "direction": language.direction,
            "fallback": language.fallback,
            "translated": total - missing,
            "total": total,
        }
