"""Checks the book: codes are known, links lead somewhere, trees have neither loose ends nor circles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from statuary.catalog.entry import Sourced
from statuary.catalog.maps import BASES
from statuary.catalog.pairs import MAX_CODES, choice_field
from statuary.errors import ContentError

__all__ = ["MAX_ANSWERS", "check_book"]

MAX_ANSWERS = 8
"""The most answers to one question: more are not read."""

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]*)\)")
_CODE_SPAN = re.compile(r"`[^`]*`")
_HTML = re.compile(r"</?[a-z][^>`]*>|<!--", re.IGNORECASE)
_RANGE = re.compile(r"[1-9](?:xx|yz)")
_TEMPLATE = re.compile(r"X\.[0-9]+\.[0-9]+")


def check_book(entries: Sequence[Sourced], known: set[str]) -> Iterator[ContentError]:
    """Check every entry of the book.

    Args:
        entries: what was read.
        known: every identity and every number with its protocol.
    """
    checks = {"pair": _check_pair, "map": _check_map, "decision": _check_tree, "guide": _check_listed}
    for sourced in entries:
        yield from _check_texts(sourced, known)
        yield from checks.get(sourced.entry.kind, _check_listed)(sourced, known)


def _check_texts(sourced: Sourced, known: set[str]) -> Iterator[ContentError]:
    for field, text in sourced.entry.texts.items():
        first = text.split("\n")[0][:40].replace("\\", "\\\\").replace('"', '\\"')
        line = sourced.line_of(first)
        if not text.strip():
            yield ContentError(sourced.path, line, 1, f"{field} is empty", "write it or take it out")
        for link in _LINK.finditer(text):
            target = link[1]
            if not target.startswith("code:"):
                yield ContentError(sourced.path, line, 1, f"{field}: a link to {target!r}", "link codes with code:")
            elif target.removeprefix("code:") not in known:
                yield _unknown(sourced, target.removeprefix("code:"))
        for tag in _HTML.finditer(_CODE_SPAN.sub("", text)):
            yield ContentError(sourced.path, line, 1, f"{field}: raw HTML: {tag[0]}", "put it in backticks")


def _check_listed(sourced: Sourced, known: set[str]) -> Iterator[ContentError]:
    """Check the codes that an entry lists."""
    for code in sourced.entry.facts.get("codes", ()):
        if code not in known:
            yield _unknown(sourced, code)


def _check_pair(sourced: Sourced, known: set[str]) -> Iterator[ContentError]:
    codes: list[str] = sourced.entry.facts["codes"]
    yield from _check_listed(sourced, known)
    if not 2 <= len(set(codes)) == len(codes) <= MAX_CODES:
        mend = f"list two to {MAX_CODES}, each once"
        yield ContentError(sourced.path, sourced.line, 1, f"{sourced.entry.id}: {len(codes)} codes", mend)
    for code in codes:
        if choice_field(code) not in sourced.entry.texts:
            yield ContentError(sourced.path, sourced.line, 1, f"choose says nothing of {code}", "say when to choose it")
    for field in sourced.entry.texts:
        if field.startswith(choice_field("")) and field.removeprefix(choice_field("")) not in codes:
            yield ContentError(sourced.path, sourced.line_of(field.partition(".")[2]), 1, f"{field}: not listed", "")


def _check_map(sourced: Sourced, known: set[str]) -> Iterator[ContentError]:
    facts = sourced.entry.facts
    origin, target = str(facts["from"]), str(facts["to"])
    value = origin.partition("/")[2]
    if not (_RANGE.fullmatch(value) or _TEMPLATE.fullmatch(value) or origin in known):
        yield _unknown(sourced, origin)
    if target not in known:
        yield _unknown(sourced, target)
    if origin.partition("/")[0] == target.partition("/")[0]:
        yield ContentError(sourced.path, sourced.line, 1, f"{origin} to {target}: one protocol", "map to another")
    if facts["basis"] not in BASES:
        mend = f"use one of {', '.join(BASES)}"
        yield ContentError(sourced.path, sourced.line_of("basis"), 1, f"basis {facts['basis']!r}", mend)
    elif (facts["basis"] == "judgement") == bool(facts["source"]):
        mend = "name document and section, or write judgement and no source"
        yield ContentError(sourced.path, sourced.line_of("basis"), 1, "basis and source do not fit", mend)
    enhanced = str(facts["enhanced"])
    if enhanced and (target.partition("/")[2][:1] != enhanced[:1] or f"smtp/{enhanced}" not in known):
        mend = f"take one of the class of {target}"
        yield ContentError(sourced.path, sourced.line_of("enhanced"), 1, f"enhanced {enhanced!r}", mend)


def _check_tree(sourced: Sourced, known: set[str]) -> Iterator[ContentError]:
    facts = sourced.entry.facts
    questions: Mapping[str, Sequence[Mapping[str, str]]] = facts["questions"]
    results: Mapping[str, Mapping[str, Any]] = facts["results"]
    ends = {*questions, *results}
    if facts["start"] not in questions:
        yield ContentError(sourced.path, sourced.line_of("start ="), 1, "start is no question", "name one")
        return
    for question, answers in questions.items():
        line = _place(sourced, question)
        if not 2 <= len(answers) <= MAX_ANSWERS:
            yield ContentError(sourced.path, line, 1, f"{len(answers)} answers", f"offer 2 to {MAX_ANSWERS}")
        for answer in answers:
            if answer["to"] not in ends:
                yield ContentError(sourced.path, line, 1, f"{answer['to']!r} is nowhere", "name a question or result")
    for result, row in results.items():
        for code in row["codes"]:
            if code not in known:
                yield ContentError(sourced.path, _place(sourced, result), 1, f"no code is known as {code}", "mend it")
    order = list(_walk(questions, facts["start"]))
    for name in sorted(ends - set(order)):
        yield ContentError(sourced.path, _place(sourced, name), 1, f"no answer leads to {name!r}", "lead there")
    for name, times in Counter(_circles(questions, facts["start"])).items():
        yield ContentError(sourced.path, _place(sourced, name), 1, f"{name!r} leads back to itself", f"{times} times")


def _walk(questions: Mapping[str, Sequence[Mapping[str, str]]], start: str) -> Iterator[str]:
    """Everything that can be reached."""
    waiting, seen = [start], {start}
    while waiting:
        name = waiting.pop()
        yield name
        for answer in questions.get(name, ()):
            if answer["to"] not in seen:
                seen.add(answer["to"])
                waiting.append(answer["to"])


def _circles(questions: Mapping[str, Sequence[Mapping[str, str]]], start: str) -> Iterator[str]:
    """Questions that can be met twice on one way."""
    done: set[str] = set()
    way: list[str] = []

    def visit(name: str) -> Iterator[str]:
        if name in way:
            yield name
        elif name not in done:
            way.append(name)
            for answer in questions.get(name, ()):
                yield from visit(answer["to"])
            way.pop()
            done.add(name)

    yield from visit(start)


def _place(sourced: Sourced, identity: str) -> int:
    return sourced.line_of(f'id = "{identity}"')


def _unknown(sourced: Sourced, identity: str) -> ContentError:
    return ContentError(
        sourced.path, sourced.line_of(identity), 1, f"no code is known as {identity}", "name a code that there is"
    )
