"""Checks concepts: every code is known, every claim of equivalence says what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from statuary.catalog.source import Content
from statuary.catalog.tables import header_lines
from statuary.errors import ContentError

__all__ = ["BASES", "check_concepts"]

BASES = ("specification", "registry", "judgement")

_PATH = "concepts.toml"


def check_concepts(content: Content, known: set[str], text: str) -> Iterator[ContentError]:
    """Check every member and mapping.

    Args:
        content: the parsed content.
        known: every identity and every number with its protocol.
        text: ``concepts.toml`` as it stands, to locate findings.
    """
    lines = text.split("\n")
    members, mappings = header_lines(lines, "concept.member"), header_lines(lines, "concept.mapping")
    member_number, mapping_number = count(), count()
    for concept in content.concepts:
        for member in concept.get("member", []):
            first = members[next(member_number)]
            if member["code"] not in known:
                yield _error(lines, first, "code", f"no code is known as {member['code']}", "correct or remove it")
            if member["basis"] not in BASES:
                yield _error(lines, first, "basis", f"basis {member['basis']!r}", f"use one of {', '.join(BASES)}")
            elif member["basis"] == "judgement" and member["source"]:
                yield _error(lines, first, "source", "a judgement has no source", 'write source = ""')
            elif member["basis"] != "judgement" and not member["source"]:
                yield _error(
                    lines, first, "source", f"{member['basis']} without its source", "name document and section"
                )
        for mapping in concept.get("mapping", []):
            first = mappings[next(mapping_number)]
            for key in ("from", "to"):
                if mapping[key] not in known:
                    yield _error(lines, first, key, f"no code is known as {mapping[key]}", "correct or remove it")
            if not mapping["source"]:
                yield _error(lines, first, "source", "a mapping without its source", "name document and section")


def _error(lines: list[str], first: int, key: str, problem: str, mend: str) -> ContentError:
    for number, line in enumerate(lines[first:], first + 1):
        if line.startswith(f"{key} ="):
            return ContentError(_PATH, number, line.find('"') + 1 or 1, problem, mend)
    return ContentError(_PATH, first, 1, problem, mend)
