"""Reads guides: ``content/guides/<guide>.md``, prose with commands that are run by the tests.

TOML front matter between ``+++`` lines has ``title``, ``summary``, ``order`` and perhaps ``codes``. The body is
Markdown: ``## `` headings, paragraphs, lists and fenced blocks. Paragraphs are translated one by one, fenced blocks
never.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from statuary.catalog.entry import Entry, Sourced
from statuary.catalog.tables import Keys, check_rows
from statuary.errors import ContentError

__all__ = ["FENCES", "MAX_GUIDE_OCTETS", "read_guides"]

MAX_GUIDE_OCTETS = 256 * 1024
"""The largest guide that is read, in octets."""
FENCES = ("console", "http", "smtp", "text", "python", "toml", "json", "ini")
"""What a fenced block may hold."""

_KEYS: Keys = {"title": str, "summary": str, "order": int, "codes?": list}
_FRONT = "+++\n"
_WORDS = re.compile(r"[a-z0-9]+")


def read_guides(root: Path) -> Iterator[Sourced]:
    """Read every guide, in the order that they give themselves.

    Facts are ``codes`` and ``blocks``: each a ``kind`` (``heading``, ``prose`` or a fence's word) and either the
    ``field`` of its text or, for fenced blocks, the ``text`` itself.

    Args:
        root: the content root.

    Raises:
        ContentError: a guide is wrong.
    """
    found = [_read(root, path) for path in sorted((root / "guides").glob("*.md"))]
    yield from sorted(found, key=lambda item: item.entry.facts["order"])


def _read(root: Path, path: Path) -> Sourced:
    name = path.relative_to(root).as_posix()
    if path.stat().st_size > MAX_GUIDE_OCTETS:
        raise ContentError(name, 1, 1, f"larger than {MAX_GUIDE_OCTETS} octets", "split or shorten it")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContentError(name, 1, 1, f"not UTF-8 at octet {error.start}", "save it as UTF-8") from None
    lines = tuple(text.split("\n"))
    front, end, body = text.removeprefix(_FRONT).partition(f"\n{_FRONT}")
    if not text.startswith(_FRONT) or not end:
        raise ContentError(name, 1, 1, "no front matter", "open with +++, TOML and +++")
    try:
        data = tomllib.loads(front)
    except tomllib.TOMLDecodeError as error:
        raise ContentError(name, 2, 1, f"front matter is not TOML: {error}", "mend quotes or brackets") from None
    check_rows(name, lines, "", [data], _KEYS)
    texts = {"title": data["title"], "summary": data["summary"]}
    blocks = list(_blocks(name, body, front.count("\n") + 3, texts))
    facts = {"order": data["order"], "codes": list(map(str, data.get("codes", []))), "blocks": blocks}
    return Sourced(Entry("guide", path.stem, facts, texts), name, lines, 1)


def _blocks(name: str, body: str, first: int, texts: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The parts of a body in order; texts go into ``texts`` under names that a new paragraph elsewhere leaves alone."""
    section, number = "start", 0
    lines = iter(enumerate(body.split("\n"), first))
    paragraph: list[str] = []

    def flush() -> Iterator[dict[str, Any]]:
        nonlocal number
        if paragraph:
            number += 1
            field = f"{section}.{number}"
            texts[field] = "\n".join(paragraph)
            paragraph.clear()
            yield {"kind": "prose", "field": field}

    for place, line in lines:
        if line.startswith("```"):
            yield from flush()
            kind = line[3:].strip()
            if kind not in FENCES:
                raise ContentError(name, place, 4, f"a fence of {kind!r}", f"use one of {', '.join(FENCES)}")
            inside: list[str] = []
            for _, text in lines:
                if text == "```":
                    break
                inside.append(text)
            else:
                raise ContentError(name, place, 1, "a fence without its end", "close it with three backticks")
            yield {"kind": kind, "text": "\n".join(inside)}
        elif line.startswith("#"):
            yield from flush()
            if not line.startswith("## "):
                raise ContentError(name, place, 1, "a heading of another level", "open it with ## and a space")
            heading = line[3:].strip()
            section, number = "-".join(_WORDS.findall(heading.lower())), 0
            if not section or section in texts:
                raise ContentError(name, place, 4, f"a heading {heading!r} twice or without words", "rename it")
            texts[section] = heading
            yield {"kind": "heading", "field": section}
        elif line.strip():
            paragraph.append(line)
        else:
            yield from flush()
    yield from flush()
