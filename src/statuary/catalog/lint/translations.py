"""Checks translations: what stands in backticks goes on the wire and stays as it is, links lead to the same codes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from statuary.catalog import messages
from statuary.catalog.book import BOOK
from statuary.catalog.manual import MANUAL, cells
from statuary.catalog.source import Content
from statuary.errors import ContentError

__all__ = ["check_translations"]

_CODE_SPAN = re.compile(r"`([^`]*)`")
_LINK = re.compile(r"\]\((?:code:)?([^)\s]+)\)")
_NO_PROSE = re.compile(r"`[^`]*`|<[^<>]*>|\]\([^)]*\)|%\(\w+\)[sd]|\{\w+\}")
_MEND = "take over what is in backticks, links and places as the English has them"
_PLACE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def check_translations(content: Content, locales: Path) -> Iterator[ContentError]:
    """Hold each current translation against its English."""
    domains = [messages.INTERFACE, BOOK, MANUAL, *(protocol.id for protocol in content.protocols)]
    for language in content.languages:
        for domain in domains:
            path = f"{language.tag}/LC_MESSAGES/{domain}.po"
            try:
                translations = messages.read_translations(locales, language.tag, domain)
            except ContentError as error:
                yield error
                continue
            for (context, english), translated in translations.items():
                problems = list(_differences(english, translated))
                problems.extend(_typography(language.typography, translated))
                if domain == MANUAL and len(cells(translated)) != len(cells(english)):
                    problems.append("a row of another number of cells than the English")
                for problem in problems:
                    line = _line_of(locales / path, context, english)
                    yield ContentError(f"locales/{path}", line, 1, f"{context or english!r}: {problem}", _MEND)


def _differences(english: str, translated: str) -> Iterator[str]:
    for what, pattern in (("code in backticks", _CODE_SPAN), ("links", _LINK), ("places to fill", _PLACE)):
        wanted, found = Counter(pattern.findall(english)), Counter(pattern.findall(translated))
        if set(wanted) != set(found):
            missing = sorted(map(str, set(wanted) - set(found)))
            added = sorted(map(str, set(found) - set(wanted)))
            yield f"other {what} than the English: missing {missing}, added {added}"


def _typography(patterns: Mapping[str, str], translated: str) -> Iterator[str]:
    prose = _NO_PROSE.sub("\ufffc", translated)
    for pattern, instead in patterns.items():
        if (found := re.search(pattern, prose)) is not None:
            yield f"{found[0]!r} in its prose; write {instead}"


def _line_of(path: Path, context: str, english: str) -> int:
    needle = f'msgctxt "{context}"' if context else f'msgid "{english[:40]}'
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith(needle):
            return number
    return 1
