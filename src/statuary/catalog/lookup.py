"""Finds codes by whatever a person has at hand: ``452``, ``smtp/452``, ``4.2.2``, ``insufficient storage``."""

from __future__ import annotations

import re

from statuary.catalog.identity import holds, number_of
from statuary.catalog.model import Code
from statuary.catalog.query import MAX_QUERY_CHARACTERS, MAX_TERMS, VALUE, Query, clean, read_query, spelling
from statuary.catalog.store import INDEXED_CHARACTERS, Catalogue
from statuary.errors import CodeNotFound, SeveralOwners

__all__ = ["MAX_QUERY_CHARACTERS", "MAX_RESULTS", "find", "lookup", "search", "suggest"]

MAX_RESULTS = 50
"""The most results of a search."""
MAX_SHORT_WORDS = 3
"""How many words of one or two letters are looked for one by one: no index finds them, so longer ones come first."""

_ENHANCED_DOTS = 2
"""Enhanced status codes have so many; a response code of CoAP, 4.04, has one."""
_MOST = 0.5
"""What share of the words a code has to hold to come before others for its protocol's sake."""

_IDENTITY = r"([A-Za-z][A-Za-z0-9-]*)[/ :]+(\S.*)"
_NUMBER = r"[0-9]{3}"
_BEGINNING = r"[1-9][0-9]?|[245]\.(?:[0-9]{1,3}\.?)?"
_CLASS = r"([1-9])(?:[xX]{2}|[yY][zZ]|\*\*)"


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
    assigned finds the registry's range that holds it. A line as it was met, ``404 Not Found`` or ``552 5.2.2 Mailbox
    full``, finds the codes in it.
    """
    text = clean(query)
    if len(text) == 3 and text.isascii() and text.isdigit():  # the commonest query, before any pattern is compiled
        return _with_value(catalogue, text, "", language)
    if re.fullmatch(VALUE, text):
        return _with_value(catalogue, spelling(text), "", language)
    match = re.fullmatch(_IDENTITY, text)
    if match is not None and match[1].lower() in catalogue.protocols:
        found = _in_protocol(catalogue, match[1].lower(), match[2], language)
        if found:
            return found
    if not text:
        return []
    return _concrete(catalogue.with_name(text, language)) or _in_line(catalogue, text, language)


def _in_protocol(catalogue: Catalogue, protocol: str, value: str, language: str) -> list[Code]:
    exact = catalogue.get(f"{protocol}/{spelling(value)}", language)
    if exact is not None:
        return [exact]
    found = _with_value(catalogue, spelling(value), protocol, language)
    return found or _concrete([code for code in catalogue.with_name(value, language) if code.protocol == protocol])


def _with_value(catalogue: Catalogue, value: str, protocol: str, language: str) -> list[Code]:
    found = catalogue.with_value(value, protocol, language)
    number = None if found else number_of(value)
    if number is None:
        return found
    if protocol or value.startswith("0x"):
        found = catalogue.with_number(number, protocol, language)
    if found or not (protocol or re.fullmatch(_NUMBER, value)):
        return found
    ranges = [code for code in catalogue.ranges(protocol, language) if holds(code.value, number)]
    # Without a protocol, what a person can have met is a number of so many digits: not one of 0-65535.
    return ranges if protocol else [code for code in ranges if all(len(end) == 3 for end in code.value.split("-"))]


def _concrete(codes: list[Code]) -> list[Code]:
    """Codes without the templates of which some were made: ``4.2.2`` and ``5.2.2`` say more than ``X.2.2``."""
    templates = {code.template for code in codes}
    return [code for code in codes if code.id not in templates]


def _in_line(catalogue: Catalogue, text: str, language: str) -> list[Code]:
    """The codes in a line that was met: numbers alone, a number with its own name, a reply with its enhanced code."""
    query = read_query(text, catalogue.protocols)
    if not query.values:
        return []
    enhanced = any(value.count(".") == _ENHANCED_DOTS for value in query.values)
    protocol = query.protocol or ("smtp" if enhanced else "")
    if not query.words:
        each = [_one_value(catalogue, protocol, value, language) for value in query.values]
        return list({code.id: code for codes in each for code in codes}.values()) if all(each) else []
    first = query.values[0]
    if enhanced and text.startswith(first):
        codes = [code for value in query.values[:2] for code in _one_value(catalogue, protocol, value, language)]
        return codes if first.count(".") == _ENHANCED_DOTS or len(codes) > 1 else []
    _, _, rest = text.partition(first)
    name = rest.strip(" -:").casefold()
    named = {code.id for code in catalogue.with_name(name, language)} if name else set()
    return [code for code in _one_value(catalogue, protocol, first, language) if code.id in named]


def _one_value(catalogue: Catalogue, protocol: str, value: str, language: str) -> list[Code]:
    if protocol:
        return _in_protocol(catalogue, protocol, value, language)
    return _with_value(catalogue, value, "", language)


def search(catalogue: Catalogue, query: str, language: str = "en", limit: int = 20) -> list[Code]:
    """Codes that fit a query, best first: exact finds, then by their words in the language and in English.

    Other languages are searched where these two hold nothing; what is misspelt is found by what is written alike.

    Args:
        catalogue: where to look.
        query: a number, a name or a symptom in words.
        language: the tag whose prose is searched beside English.
        limit: at most so many, at most :data:`MAX_RESULTS`.
    """
    limit = max(0, min(limit, MAX_RESULTS))
    text = clean(query)
    if not text.isascii():
        from statuary.catalog.segment import spaced  # only scripts without spaces need it

        text = spaced(text)
    wanted = read_query(text, catalogue.protocols)
    codes = {code.id: code for code in find(catalogue, text, language)}
    words = wanted.words or wanted.values or ((wanted.protocol,) if wanted.protocol else ())
    named = [code for code in codes.values() if code.template]
    if not codes:
        codes = {code.id: code for code in _by_numbers(catalogue, wanted, language)}
    else:
        codes |= {code.id: code for code in _begun(catalogue, wanted, language) if code.id not in codes}
    matching = _ranked(catalogue, wanted, words, language)
    # A name of an enhanced code also leads to the reply codes that go with it, and they follow at once.
    beside = {f"{code.protocol}/{basic}": None for code in named for basic in code.basic}
    beside |= {other: None for code in named for other in code.related if other in matching}
    for identity in (*beside, *matching):
        if len(codes) >= limit:
            break
        if identity not in codes:
            code = catalogue.get(identity, language)
            if code is not None and not code.hidden and code.kind != "template":
                codes[identity] = code
    return list(codes.values())[:limit]


def _ranked(catalogue: Catalogue, wanted: Query, words: tuple[str, ...], language: str) -> dict[str, None]:
    """Identities that words lead to, best first.

    What is called like the query comes first; then whose name or summary holds all words; who is called like a part of
    it; whose text holds all words, or most of them. Codes of a protocol that the query names come before others.
    """
    from statuary.catalog.alike import CLOSE, FAINT, NEAR, SAME, alike, grams  # a look-up does without it

    if not words:
        return {}
    said = " ".join(words)
    bare = grams(said) == grams(wanted.text)  # nothing but words that tell something was asked
    for tags in _languages(catalogue, language):
        same = SAME if wanted.protocol else CLOSE
        whole = alike(catalogue, (wanted.text,), tags)
        close = [found for found in whole if found.whole >= same]
        parts = whole if bare else alike(catalogue, (said,), tags)
        likely = [found for found in parts if found.part >= FAINT]
        brief = _all_words(catalogue, words, language, briefly=True)
        if not brief and not any(found.part >= NEAR for found in likely) and (mended := _mended(catalogue, words)):
            likely = [found for found in alike(catalogue, (said, mended), tags) if found.part >= FAINT]
        if close or likely or brief:
            break
    texts = _all_words(catalogue, words, language)
    if not texts and not said.isascii():
        from statuary.catalog.segment import pieces  # only scripts without spaces need it

        words = tuple(dict.fromkeys(part for word in words for part in pieces(word)))[:MAX_TERMS]
        texts = _all_words(catalogue, words, language)
    most, shares = _most_words(catalogue, words, language)
    tiers = [
        [found.identity for found in close],
        [found.identity for found in likely if found.whole >= CLOSE],
        brief,
        [found.identity for found in likely if found.part >= NEAR],
        texts,
        most,
        [found.identity for found in likely],
    ]
    if not wanted.protocol:
        return dict.fromkeys(identity for tier in tiers for identity in tier)
    own = [[found for found in tier if found.startswith(f"{wanted.protocol}/")] for tier in tiers]
    own[5:] = [[identity for identity in own[5] if shares[identity] >= _MOST]]
    order = [own[0], tiers[0], *own[1:], *tiers[1:]]
    return dict.fromkeys(identity for tier in order for identity in tier)


def _by_numbers(catalogue: Catalogue, wanted: Query, language: str) -> list[Code]:
    """Codes that numbers or beginnings of numbers in a query lead to, those first that its words fit as well."""
    begun = _begun(catalogue, wanted, language)
    if begun:
        return begun
    found = [
        code
        for value in wanted.values
        for code in _with_value(catalogue, value, wanted.protocol, language)
        if not code.hidden
    ]
    texts = {code.id: f"{code.name} {code.title} {' '.join(code.aliases)} {code.summary}".casefold() for code in found}
    return sorted(found, key=lambda code: -sum(word in texts[code.id] for word in wanted.words))


def _begun(catalogue: Catalogue, wanted: Query, language: str) -> list[Code]:
    """Codes whose numbers begin as the query does, or whose class it names."""
    beginning, class_ = re.fullmatch(_BEGINNING, wanted.text), re.fullmatch(_CLASS, wanted.text)
    if not beginning and not class_:
        return []
    found = catalogue.with_beginning(class_[1] if class_ else wanted.text, language)
    return [code for code in found if len(code.value) > 2]


def _all_words(catalogue: Catalogue, words: tuple[str, ...], language: str, *, briefly: bool = False) -> list[str]:
    """Identities whose texts hold all words: in the language and in English, else in any other."""
    if not words:
        return []
    stems = tuple(map(_stem, words))
    for tags in _languages(catalogue, language):
        found = [
            identity for tag in tags for identity in catalogue.match_words(stems, tag, 4 * MAX_RESULTS, briefly=briefly)
        ]
        if found:
            return list(dict.fromkeys(found))
    return []


def _most_words(catalogue: Catalogue, words: tuple[str, ...], language: str) -> tuple[list[str], dict[str, float]]:
    """Identities that hold some of the words, and what share of them; a rare word counts more."""
    if len(words) < 2:
        return [], {}
    hits: dict[str, float] = {}
    counts: dict[str, int] = {}
    tags, _ = _languages(catalogue, language)
    short = [word for word in words if len(word) < INDEXED_CHARACTERS]
    passed = short if len(words) - len(short) > 1 else short[MAX_SHORT_WORDS:]
    for word in map(_stem, (word for word in words if word not in passed)):
        identities = dict.fromkeys(found for tag in tags for found in catalogue.match_words((word,), tag, 2000))
        for identity in identities:
            hits[identity] = hits.get(identity, 0) + 1 / len(identities)
            counts[identity] = counts.get(identity, 0) + 1
    shares = {identity: count / len(words) for identity, count in counts.items()}
    return sorted(hits, key=lambda identity: -hits[identity]), shares


def _languages(catalogue: Catalogue, language: str) -> tuple[list[str], list[str]]:
    """The language asked for with English; and all others."""
    first = list(dict.fromkeys([catalogue.nearest_language(language), "en"]))
    return first, [tag for tag in catalogue.languages if tag not in first]


def _stem(word: str) -> str:
    """An English word without its ending, since the index finds parts of words: ``limiting`` finds ``limits``."""
    for ending in ("ing", "ed", "es", "s"):
        if word.isascii() and word.endswith(ending) and len(word) >= len(ending) + 4 and not word.endswith("ss"):
            return word.removesuffix(ending)
    return word


def _mended(catalogue: Catalogue, words: tuple[str, ...]) -> str:
    """The words with those that no text has as names spell them; empty where there is nothing to mend."""
    mended = tuple(_mend(catalogue, word) for word in words)
    return " ".join(mended) if mended != words else ""


def _mend(catalogue: Catalogue, word: str) -> str:
    """A word of the catalogue that is spelled alike, where this one is none of it."""
    from difflib import get_close_matches  # slow to import, and needed only where little was found

    if len(word) < 4 or catalogue.match_words((word,), "en", 1):
        return word
    known = dict.fromkeys(part for name, _ in catalogue.names() for part in re.findall(r"\w{3,}", name))
    near = get_close_matches(word, known, n=1, cutoff=0.75)
    return near[0] if near else word


def suggest(catalogue: Catalogue, query: str, limit: int = 5) -> list[str]:
    """Identities that were probably meant: of numbers a digit away, of names spelled alike, of unknown details.

    Args:
        catalogue: where to look.
        query: what found nothing.
        limit: at most so many.
    """
    from statuary.catalog.suggest import suggestions  # needed only where nothing was found

    return suggestions(catalogue, clean(query), search, limit)
