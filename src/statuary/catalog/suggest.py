"""Guesses what was meant by a query that found nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher, get_close_matches

from statuary.catalog.enhanced import parse_enhanced
from statuary.catalog.model import Code
from statuary.catalog.query import read_query
from statuary.catalog.store import Catalogue

__all__ = ["suggestions"]

_ALIKE = 0.6
"""How much of two texts must be alike, from 0 to 1."""
_NUMBER = re.compile(r"[0-9][0-9.x]{0,14}(?:[a-z]|-[a-z0-9-]+)?|x(?:\.[0-9xy]{1,4}){1,2}")
_RANGE = re.compile(r"[0-9]+-[0-9]+")


def suggestions(
    catalogue: Catalogue, text: str, search: Callable[[Catalogue, str, str, int], list[Code]], limit: int
) -> list[str]:
    """Identities that were probably meant, best first.

    Args:
        catalogue: where to look.
        text: the query, cleaned.
        search: what finds codes by their words.
        limit: at most so many.
    """
    protocol, rest = _protocol(catalogue, text.lower())
    found: dict[str, None] = {}
    wanted = read_query(rest, catalogue.protocols)
    numbers = [*wanted.values, *(word for word in wanted.words if _NUMBER.fullmatch(word))]
    for number in numbers[:3]:
        found.update(dict.fromkeys(_near_numbers(catalogue, protocol or wanted.protocol, number, limit)))
    if not numbers:
        found.update(dict.fromkeys(_near_names(catalogue, protocol, rest, limit)))
    if len(found) < limit and not numbers:
        found.update((code.id, None) for code in search(catalogue, rest, "en", limit))
    return list(found)[:limit]


def _protocol(catalogue: Catalogue, text: str) -> tuple[str, str]:
    """The protocol at the head of a query, perhaps misspelt, and what follows it."""
    head, slash, rest = text.partition("/")
    if not slash:
        head, _, rest = text.partition(" ")
    if not rest or not (slash or rest[0].isdigit()):
        return "", text
    near = get_close_matches(head, catalogue.protocols, n=1, cutoff=_ALIKE)
    return (near[0], rest.strip("/ ")) if near else ("", rest.strip("/ ") if slash else text)


def _near_numbers(catalogue: Catalogue, protocol: str, number: str, limit: int) -> list[str]:
    """Codes whose number is alike: the likest first, then those that begin alike, then those explained in full."""
    general = list(_general(catalogue, number))
    number = number.partition("-")[0]
    values: dict[str, list[str]] = {}
    for identity in catalogue.identities():
        owner, _, value = identity.partition("/")
        if protocol in ("", owner) and not _RANGE.fullmatch(value):
            values.setdefault(value.partition("-")[0].lower(), []).append(identity)
    near = get_close_matches(number, values, n=4 * limit, cutoff=_ALIKE)
    order = list(catalogue.protocols)

    def rank(identity: str) -> tuple[float, bool, int, int]:
        owner, _, value = identity.partition("/")
        value = value.partition("-")[0].lower()
        alike = round(SequenceMatcher(None, value, number).ratio(), 3)
        known = catalogue.protocols[owner]
        return (-alike, known.prose != "full", -_common(value, number), order.index(owner))

    ranked = sorted((identity for value in near for identity in values[value]), key=rank)
    return _shown(catalogue, [*general, *ranked])


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _general(catalogue: Catalogue, number: str) -> Iterator[str]:
    """What an enhanced code of an unknown detail still says by its subject and its class (RFC 3463 §2)."""
    parts = parse_enhanced(number)
    if parts is not None:
        class_, subject, _ = parts
        for value in (f"{class_}.{subject}.0", f"X.{subject}.YYY", f"{class_}.XXX.YYY"):
            if catalogue.get(f"smtp/{value}") is not None:
                yield f"smtp/{value}"
                break


def _near_names(catalogue: Catalogue, protocol: str, text: str, limit: int) -> list[str]:
    names: dict[str, list[str]] = {}
    for name, identity in catalogue.names():
        if protocol in ("", identity.partition("/")[0]):
            names.setdefault(name, []).append(identity)
    near = get_close_matches(text.casefold(), names, n=limit, cutoff=0.7)
    return _shown(catalogue, [identity for name in near for identity in names[name]])


def _shown(catalogue: Catalogue, identities: Iterable[str]) -> list[str]:
    """Without codes of doubtful origin and without templates; those where nothing else is left."""
    given = list(dict.fromkeys(identities))
    hidden = catalogue.left_out()
    return [identity for identity in given if identity not in hidden] or given
