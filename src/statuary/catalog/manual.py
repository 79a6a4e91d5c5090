"""Reads the manual: ``docs/*.md``, the tool's own documentation, as pages of blocks.

The files are plain Markdown, so that they read well wherever the repository is shown: ``# `` for the title, ``## ``
and ``### `` for headings, paragraphs, lists, tables and fenced blocks. Texts are translated one by one: a heading, a
paragraph, an item of a list, a row of a table. What stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``
was written by ``tools/manual.py``: its words are the interface's, but for the cells of the parts in :data:`WORDED`.
What holds nothing but code is no translator's.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statuary.catalog import messages
from statuary.catalog.book import book_messages, insert_entries
from statuary.catalog.entry import Entry, Sourced
from statuary.errors import ContentError

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = [
    "FOLDER",
    "KIND",
    "MANUAL",
    "MAX_PAGE_OCTETS",
    "PAGES",
    "WORDED",
    "anchor_of",
    "cells",
    "fill_manual",
    "manual_messages",
    "read_manual",
]

MANUAL = "manual"
"""The gettext domain of these texts."""
KIND = "manual"
"""The kind of these entries."""
FOLDER = "docs"
"""Where the pages are, beside the content root."""
PAGES = (
    *("start", "install", "scenario", "http", "smtp", "rules", "testing", "admin", "api", "cli"),
    *("commands", "settings", "build", "mcp", "snippets", "content", "performance", "limits", "limits-tools"),
    "releasing",
)
"""Every page, in the order in which they are read."""
WORDED = frozenset(("admin", "wiremock", "mailpit", "catalogue", "limits", "limits-tools"))
"""The generated parts whose cells are translated here: the program has these words in English alone."""
MAX_PAGE_OCTETS = 256 * 1024
"""The largest page of the manual that is read, in octets."""
MAX_NAME_CHARACTERS = 48
"""How much of a row's first cell names its text for translators, in characters."""

_COMMENT = re.compile(r"<!-- (?P<words>[^\n]*?) -->")
_OPENING = re.compile(r"generated: (?P<part>[a-z-]+)")
_REMARK = re.compile(r"not run: .+")
_END = "end"
_LEVELS = {"h1": 1, "h2": 2, "h3": 3}
_LEFT_OUT = re.compile(r"[^\w\- ]")
_CODE = re.compile(r"`[^`]*`")
_WORD = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]{2,} ")
_CELLS = re.compile(r"(?<!\\)\|")


def read_manual(root: Path) -> Iterator[Sourced]:
    """Read every page, in their order; none where there is no such folder.

    Facts are ``blocks``: each a ``kind`` (``heading``, ``prose``, ``list``, ``table``, ``code``) and what it holds. A
    text is a pair: ``["field", NAME]`` for one that is translated, ``["plain", TEXT]`` for one that is not,
    ``["made", TEXT]`` for one that was generated from the program, ``["cells", TEXTS]`` for a row of such texts.

    Args:
        root: the content root.

    Raises:
        ContentError: a page is wrong, missing, or not in :data:`PAGES`.
    """
    folder = root.parent / FOLDER
    found = {path.stem: path for path in sorted(folder.glob("*.md"))}
    if not found:
        return
    for name in found.keys() - set(PAGES):
        raise ContentError(f"{FOLDER}/{name}.md", 1, 1, "no page of the manual", "name it in catalog.manual.PAGES")
    for name in PAGES:
        if name not in found:
            raise ContentError(f"{FOLDER}/{name}.md", 1, 1, "a page that is missing", "write it")
        yield _read(found[name])


def fill_manual(connection: sqlite3.Connection, root: Path, locales: Path, languages: Iterable[str]) -> None:
    """Put the manual into a catalogue that is being compiled; the book must be in it already.

    Args:
        connection: the catalogue.
        root: the content root.
        locales: the folder of languages.
        languages: the tags.

    Raises:
        ContentError: a page is wrong.
    """
    insert_entries(connection, [sourced.entry for sourced in read_manual(root)], locales, languages, MANUAL)


def anchor_of(heading: str) -> str:
    """The name of a heading within its page, as code hosts make it: ``Tests in parallel`` is ``tests-in-parallel``.

    Args:
        heading: its Markdown.
    """
    return _LEFT_OUT.sub("", heading.lower()).replace(" ", "-")


def cells(row: str) -> list[str]:
    """The cells of a table's row; an escaped bar is text.

    Args:
        row: without the bars at its ends.
    """
    return [cell.strip() for cell in _CELLS.split(row)]


def _read(path: Path) -> Sourced:
    name = f"{FOLDER}/{path.name}"
    if path.stat().st_size > MAX_PAGE_OCTETS:
        raise ContentError(name, 1, 1, f"larger than {MAX_PAGE_OCTETS} octets", "split or shorten it")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ContentError(name, 1, 1, f"not UTF-8 at octet {error.start}", "save it as UTF-8") from None
    reader = _Page(name, text)
    reader.read()
    entry = Entry(KIND, path.stem, {"blocks": reader.blocks}, reader.texts)
    return Sourced(entry, name, tuple(reader.lines), 1)


class _Page:
    """A page while it is read.

    Args:
        name: the file.
        text: what it holds.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.lines = text.split("\n")
        self.blocks: list[dict[str, Any]] = []
        self.texts: dict[str, str] = {}
        self._section, self._number = "start", 0
        self._anchors: set[str] = set()
        self._rows: set[str] = set()
        self._made = 0
        self._part = ""

    def read(self) -> None:
        """Read the whole page."""
        from markdown_it import MarkdownIt  # only who compiles needs it

        tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(self.text)
        place = 0
        while place < len(tokens):
            token = tokens[place]
            end = place + 1
            if token.nesting > 0:
                end = next(at for at in range(place, len(tokens)) if self._closes(token, tokens[at])) + 1
            self._block(tokens[place:end])
            place = end
        if "title" not in self.texts:
            raise ContentError(self.name, 1, 1, "no title", "open it with # and a space")
        if self._made:
            raise ContentError(self.name, self._made, 1, "a generated part without its end", "close it: <!-- end -->")

    @staticmethod
    def _closes(opening: Token, token: Token) -> bool:
        return token.nesting < 0 and token.level == opening.level and token.tag == opening.tag

    def _block(self, tokens: Sequence[Token]) -> None:
        first = tokens[0]
        match first.type:
            case "heading_open":
                self._heading(first, self._source(tokens[1]))
            case "paragraph_open":
                self.blocks.append({"kind": "prose", "text": self._text(self._source(tokens[1]))})
            case "bullet_list_open" | "ordered_list_open":
                self._list(tokens)
            case "table_open":
                self._table(first)
            case "fence" | "code_block":
                language = first.info.strip() or "text"
                self.blocks.append({"kind": "code", "language": language, "text": first.content.rstrip("\n")})
            case "html_block":
                self._comment(first)
            case _:
                mend = "use headings, paragraphs, lists, tables and fences"
                raise self._error(first, f"a block of another kind ({first.type})", mend)

    def _heading(self, token: Token, text: str) -> None:
        level = _LEVELS.get(token.tag, 0)
        if not level or (level == 1) != ("title" not in self.texts):
            raise self._error(token, f"a heading of level {token.tag}", "one # first, then ## and ###")
        if level == 1:
            self.texts["title"] = text
            return
        anchor = anchor_of(text)
        if not anchor or anchor in self._anchors:
            raise self._error(token, f"a heading {text!r} twice or without words", "rename it")
        self._anchors.add(anchor)
        self._section, self._number = anchor, 0
        self.blocks.append({"kind": "heading", "level": level, "anchor": anchor, "text": self._text(text, anchor)})

    def _list(self, tokens: Sequence[Token]) -> None:
        items: list[list[str]] = []
        self._number += 1
        for place, token in enumerate(tokens):
            if token.type == "list_item_open" and token.level == tokens[0].level + 1:
                inside = tokens[place + 1 : place + 4]
                kinds = [each.type for each in inside]
                after = tokens[place + 4].type
                if kinds != ["paragraph_open", "inline", "paragraph_close"] or after != "list_item_close":
                    raise self._error(token, "an item of several paragraphs", "make it one, without lists within")
                items.append(self._text(self._source(inside[1]), f"{self._section}.{self._number}.{len(items) + 1}"))
        self.blocks.append({"kind": "list", "ordered": tokens[0].type.startswith("ordered"), "items": items})

    def _table(self, token: Token) -> None:
        assert token.map is not None
        rows: list[list[Any]] = []
        width = 0
        self._number += 1
        lines = self.lines[token.map[0] : token.map[1]]
        for number, line in enumerate(lines):
            if number == 1:
                continue
            row = line.strip().removeprefix("|").removesuffix("|").strip()
            width = width or len(cells(row))
            if len(cells(row)) != width:
                problem = f"row {number} of a table has {len(cells(row))} cells, not {width}"
                raise self._error(token, problem, "give each row as many as the first")
            name = self._row_name(cells(row)[0])
            if self._made and self._part in WORDED and rows:
                rows.append(["cells", [self._cell(cell, f"{name}.{place}") for place, cell in enumerate(cells(row))]])
            else:
                rows.append(self._text(row, name))
        self.blocks.append({"kind": "table", "rows": rows})

    def _row_name(self, cell: str) -> str:
        """What names a row: its first cell, so that a new row moves no other."""
        words = "-".join(re.findall(r"[a-z0-9]+", cell.lower()))[:MAX_NAME_CHARACTERS] or str(self._number)
        if words.isdigit():
            words = f"row-{words}"  # a number alone is the name of a paragraph
        name, again = f"{self._section}.{words}", 1
        while name in self._rows:
            again += 1
            name = f"{self._section}.{words}-{again}"
        self._rows.add(name)
        return name

    def _comment(self, token: Token) -> None:
        """What a comment marks: generated parts, and blocks that no test runs; any other HTML is wrong."""
        line = token.map[0] + 1 if token.map else 1
        for found in token.content.strip().split("\n"):
            comment = _COMMENT.fullmatch(found.strip())
            words = comment["words"] if comment else ""
            opening = _OPENING.fullmatch(words)
            if opening and not self._made:
                self._made, self._part = line, opening["part"]
            elif words == _END and self._made:
                self._made = 0
            elif not _REMARK.fullmatch(words):
                raise self._error(token, f"HTML: {found[:60]}", "write Markdown, or put it in backticks")

    def _text(self, text: str, field: str = "") -> list[str]:
        """Where a text is: under a name for translators, or here."""
        if self._made:
            return ["made", text]
        if not _WORD.search(_CODE.sub("", text)):
            return ["plain", text]
        if not field:
            self._number += 1
            field = f"{self._section}.{self._number}"
        self.texts[field] = text
        return ["field", field]

    def _cell(self, text: str, field: str) -> list[str]:
        """Where a cell of a generated row is: under a name for translators where it has words."""
        text = text.replace("\\|", "|")
        if not _WORDS.search(_CODE.sub("", text)):
            return ["made", text]
        self.texts[field] = text
        return ["field", field]

    def _source(self, token: Token) -> str:
        """A text on one line, so that wrapping it anew changes nothing."""
        return " ".join(line.strip() for line in token.content.split("\n"))

    def _error(self, token: Token, problem: str, mend: str) -> ContentError:
        return ContentError(self.name, token.map[0] + 1 if token.map else 1, 1, problem, mend)


def manual_messages(root: Path) -> list[messages.Message]:
    """Every text of the manual for translators, in order.

    Args:
        root: the content root.
    """
    return list(book_messages(sourced.entry for sourced in read_manual(root)))
