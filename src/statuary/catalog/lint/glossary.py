"""Holds translations to the agreed words: where the English has a term, the translation has a form of its word.

``[held]`` in ``locales/<lang>/glossary.toml`` lists the terms that a machine can hold texts to. A form may be the
beginning of a word, so that endings need no list. ``[readings]`` there has to be complete; the rest of the file is for
people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from statuary.catalog import messages
from statuary.catalog.book import BOOK
from statuary.catalog.fold import fold
from statuary.catalog.glossary import Agreed, read_agreed, read_readings
from statuary.catalog.manual import MANUAL
from statuary.catalog.source import Content
from statuary.errors import ContentError

__all__ = ["check_agreed", "missing_terms"]

_LEFT_OUT = re.compile(r"`[^`]*`|\]\(code:[^)\s]+\)|“[^”]*”|\"[^\"]*\"")
"""What goes on the wire and what is quoted stays in English, so no translation is expected there."""
_HAN = re.compile(r"[\u3005\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Characters that do not say how they are read."""


def check_agreed(content: Content, locales: Path) -> Iterator[ContentError]:
    """Check every language that has agreed words.

    Args:
        content: the parsed content.
        locales: the folder of languages.
    """
    domains = [*(protocol.id for protocol in content.protocols), BOOK, MANUAL]
    for language in content.languages:
        try:
            agreed = read_agreed(locales, language.tag)
            readings = read_readings(locales, language.tag)
        except ContentError as error:
            yield error
            continue
        if readings:
            yield from _check_readings(locales, language.tag, readings)
        if not agreed.forms:
            continue
        yield from _check_exceptions(locales, language.tag, agreed)
        for domain in domains:
            yield from _check_domain(locales, language.tag, domain, agreed)


def missing_terms(english: str, translated: str, agreed: Agreed) -> Iterator[str]:
    """The terms that the English has and the translation does not.

    A longer term hides the shorter ones within it: ``reply code`` is not also ``reply``. In capitals and taken over as
    it is, it is part of a name: ``Application Load Balancer``.

    Args:
        english: the English text.
        translated: its translation.
        agreed: the agreed words.
    """
    text = _LEFT_OUT.sub(" ", english)
    shown = fold(_LEFT_OUT.sub(" ", translated).replace("\u00a0", " ").replace("'", "’"))
    for term in sorted(agreed.forms, key=len, reverse=True):
        pattern = _pattern(term)
        found = [match[0] for match in pattern.finditer(text)]
        text = pattern.sub(" ", text)
        needed = [word for word in found if word.islower() or word not in translated]
        if needed and not any(fold(form.replace("'", "’")) in shown for form in agreed.forms[term]):
            yield term


@lru_cache(maxsize=1024)
def _pattern(term: str) -> re.Pattern[str]:
    """The term as a word, in the singular or plural."""
    stem = f"{re.escape(term[:-1])}(?:y|ies)" if term.endswith("y") else f"{re.escape(term)}(?:e?s)?"
    return re.compile(rf"(?<![\w-]){stem}(?![\w-])", re.IGNORECASE)


def _check_domain(locales: Path, language: str, domain: str, agreed: Agreed) -> Iterator[ContentError]:
    try:
        translations = messages.read_translations(locales, language, domain)
    except ContentError:
        return  # said by the check of the translations
    path = f"{language}/LC_MESSAGES/{domain}.po"
    lines: list[str] | None = None
    for (context, english), translated in translations.items():
        for term in missing_terms(english, translated, agreed):
            if term in agreed.excepted.get(context, ()):
                continue
            lines = lines or (locales / path).read_text(encoding="utf-8").split("\n")
            line = next((place for place, text in enumerate(lines, 1) if text == f'msgctxt "{context}"'), 1)
            forms = ", ".join(agreed.forms[term])
            mend = f"use {forms}; or except it, or allow the form, in locales/{language}/glossary.toml"
            yield ContentError(f"locales/{path}", line, 1, f"{context}: “{term}” is not put as agreed", mend)


def _check_readings(locales: Path, language: str, readings: Mapping[str, str]) -> Iterator[ContentError]:
    """Every term in Han characters has a reading without them, and every reading a term."""
    name = f"locales/{language}/glossary.toml"
    try:
        translations = messages.read_translations(locales, language, BOOK)
    except ContentError:
        return  # said by the check of the translations
    terms = [
        term for (context, _), term in translations.items() if context.startswith("term/") and context.endswith("#term")
    ]
    for term in terms:
        if _HAN.search(readings.get(term, term)):
            yield ContentError(name, 1, 1, f"“{term}” has no reading", f'write "{term}" = "..." in [readings], in kana')
    for term in readings:
        if term not in terms:
            yield ContentError(name, 1, 1, f"“{term}” has a reading and is no term", "take it out of [readings]")


def _check_exceptions(locales: Path, language: str, agreed: Agreed) -> Iterator[ContentError]:
    """Exceptions from terms that nobody holds are left over."""
    for context, terms in agreed.excepted.items():
        for term in terms:
            if term not in agreed.forms:
                name = f"locales/{language}/glossary.toml"
                yield ContentError(name, 1, 1, f"{context} is excepted from “{term}”, which is not held", "take it out")
