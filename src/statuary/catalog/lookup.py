"""Finds codes by whatever a person has at hand: ``452``, ``smtp/452``, ``4.2.2``, ``insufficient storage``."""

from __future__ import annotations

import re

from statuary.catalog.enhanced import parse_enhanced
from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.errors import CodeNotFound, SeveralOwners

__all__ = ["MAX_QUERY_CHARACTERS", "find", "lookup", "search", "suggest"]

MAX_QUERY_CHARACTERS = 200
"""The longest query that is looked at, in characters."""
MAX_RESULTS = 50
"""The most results of a search."""

_IDENTITY = re.compile(r"([a-z][a-z0-9-]*)[/ :]+(\S.*)")
_VALUE = re.compile(r"[0-9]{3}|[245]\.[0-9]{1,3}\.[0-9]{1,3}|[x245]\.[0-9x]+\.[0-9xy]+|[0-9]+-[0-9]+")
_WORDS = re.compile(r"\w+")


def lookup(catalogue: Catalogue, query: str, language: str = "en") -> Code:
    """The one code that a query names.

    Args:
        catalogue: where to look.
        query: an identity, a number or a name.
        language: the tag of the prose.

    Raises:
        CodeNotFound: there is none; with suggestions.
        SeveralOwners: there are several; with their identities.
    """
    codes = find(catalogue, query, language)
    if not codes:
        raise CodeNotFound(query, suggest(catalogue, query))
    if len(codes) > 1:
        raise SeveralOwners(query, [code.id for code in codes])
    return codes[0]


def find(catalogue: Catalogue, query: str, language: str = "en") -> list[Code]:
    """Every code that a query names exactly: by identity, number or name, in the order of pages.

    A number without a protocol finds every protocol's; one with several owners finds each. A number that nobody has
    assigned finds the registry's range that holds it.
    """
    text = " ".join(query[:MAX_QUERY_CHARACTERS].split()).strip(" .,;")
    match = _IDENTITY.fullmatch(text.lower())
    if match is not None and match[1] in catalogue.protocols:
        return _in_protocol(catalogue, match[1], match[2], language)
    if _VALUE.fullmatch(text.lower()):
        return _with_value(catalogue, text, "", language)
    return catalogue.with_name(text, language) if text else []


def _in_protocol(catalogue: Catalogue, protocol: str, value: str, language: str) -> list[Code]:
    spelled = _spelling(value)
    exact = catalogue.get(f"{protocol}/{spelled}", language)
    if exact is not None:
        return [exact]
    found = _with_value(catalogue, spelled, protocol, language)
    return found or [code for code in catalogue.with_name(value, language) if code.protocol == protocol]


def _with_value(catalogue: Catalogue, value: str, protocol: str, language: str) -> list[Code]:
    spelled = _spelling(value)
    found = catalogue.with_value(spelled, protocol, language)
    if found or not re.fullmatch("[0-9]{3}", spelled):
        return found
    number = int(spelled)
    return [
        code
        for code in catalogue.codes(protocol, language=language)
        if code.kind == "range" and "-" in code.value and _holds(code.value, number)
    ]


def _holds(value: str, number: int) -> bool:
    low, _, high = value.partition("-")
    return int(low) <= number <= int(high)


def _spelling(value: str) -> str:
    """Templates and classes have capital letters: ``X.2.2``, ``4.XXX.YYY``; owners and numbers have none."""
    return value.upper() if re.fullmatch(r"[xX245]\.[0-9xX]+\.[0-9yYxX]+", value) else value.lower()


def search(catalogue: Catalogue, query: str, language: str = "en", limit: int = 20) -> list[Code]:
    """Codes that fit a query, best first: exact finds, then by their words in the language and in English.

    Args:
        catalogue: where to look.
        query: a number, a name or a symptom in words.
        language: the tag whose prose is searched beside English.
        limit: at most so many, at most :data:`MAX_RESULTS`.
    """
    limit = max(0, min(limit, MAX_RESULTS))
    text = query[:MAX_QUERY_CHARACTERS]
    codes = {code.id: code for code in find(catalogue, text, language)}
    words = [word.casefold() for word in _WORDS.findall(text)]
    if words:
        tags = dict.fromkeys([language, "en"])
        for every in (True, False):
            for tag in tags:
                for identity in _matching(catalogue, words, tag, every):
                    if len(codes) >= limit:
                        break
                    if identity not in codes:
                        code = catalogue.get(identity, language)
                        if code is not None and not code.hidden and code.kind != "template":
                            codes[identity] = code
            if codes:
                break
    return list(codes.values())[:limit]


def _matching(catalogue: Catalogue, words: list[str], language: str, every: bool) -> list[str]:
    """Identities whose words match; the index holds groups of three characters, shorter words are looked for whole."""
    long = [word for word in words if len(word) >= 3]
    if long:
        joint = " AND " if every else " OR "
        expression = joint.join('"' + word.replace('"', '""') + '"' for word in long)
        return catalogue.match_words(expression, language, 4 * MAX_RESULTS)
    return catalogue.contain_words(words[0], language, 4 * MAX_RESULTS)


def suggest(catalogue: Catalogue, query: str, limit: int = 5) -> list[str]:
    """Identities that were probably meant: of numbers a digit away, of names spelled alike, of unknown details.

    Args:
        catalogue: where to look.
        query: what found nothing.
        limit: at most so many.
    """
    from difflib import get_close_matches  # slow to import, and needed only where nothing was found

    text = query[:MAX_QUERY_CHARACTERS].strip().lower()
    protocol, _, value = text.rpartition("/")
    enhanced = parse_enhanced(value)
    found: dict[str, None] = {}
    if enhanced:
        general = catalogue.get(f"smtp/{enhanced[0]}.{enhanced[1]}.0")
        if general is not None:
            found[general.id] = None
    identities = [item for item in catalogue.identities() if protocol in ("", item.partition("/")[0])]
    values: dict[str, list[str]] = {}
    for identity in identities or catalogue.identities():
        values.setdefault(identity.partition("/")[2].lower(), []).append(identity)
    for near in get_close_matches(value, values, n=limit, cutoff=0.6):
        found.update(dict.fromkeys(values[near]))
    names = dict(reversed(catalogue.names()))
    for near in get_close_matches(text, names, n=limit, cutoff=0.6):
        found[names[near]] = None
    if not found:
        found.update(dict.fromkeys(code.id for code in search(catalogue, text, limit=limit)))
    return list(found)[:limit]
