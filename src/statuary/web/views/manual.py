"""The manual: the tool's own documentation, from ``docs/``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from statuary.catalog.entry import Entry, Text
from statuary.catalog.fold import fold
from statuary.catalog.manual import FOLDER, KIND, PAGES, cells
from statuary.errors import CodeNotFound
from statuary.web import highlight
from statuary.web.i18n import N_
from statuary.web.site import EDIT_URL, SOURCE_URL, Page, Result, Visit
from statuary.web.views.guides import console

__all__ = [
    "FILLED",
    "MADE",
    "Block",
    "Place",
    "Row",
    "contents",
    "find_pages",
    "headings",
    "opening",
    "page",
    "plain",
    "resolve_links",
]

MAX_FOUND = 6
"""How many places of the manual a search shows."""

_LINK = re.compile(r"\]\((?![a-z]+:)([^)\s#]*)(#[^)\s]*)?\)")
_SENTENCE = re.compile(r".+?(?:\.(?=\s|$)|。|$)")
_COLON = re.compile(r"\s*:$")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_CODE = re.compile(r"`[^`]*`")
_MARKS = re.compile(r"\[([^\]]*)\]\([^)]*\)|[`*]")
_GUIDE = re.compile(r"content/guides(?:/(?P<guide>[a-z0-9-]+)\.md)?")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})*")
_AMOUNT = re.compile(rf"{_NUMBER.pattern}(?: \(\d+ [KMGT]iB\))?")
_UNIT = re.compile(r"[KMGT]iB")
_SHELLS = {"sh": "bash"}
MADE = (
    *(N_("meaning"), N_("default"), N_("values"), N_("flag, variable, key of the file"), N_("exit code")),
    *(N_("address"), N_("what it does"), N_("takes"), N_("parameter"), N_("dialect"), N_("what happens")),
    *(N_("limit"), N_("value"), N_("what it bounds"), N_("Scripts and rules"), N_("HTTP on the wire")),
    *(N_("The HTTP mock"), N_("SMTP on the wire"), N_("The SMTP mock"), N_("Lines and buffers")),
    *(N_("Connections, journal and mailbox"), N_("The admin API"), N_("The catalogue's API"), N_("The site as files")),
    *(N_("The site"), N_("The command line"), N_("The MCP server"), N_("In a test suite"), N_("Explanations")),
    *(N_("Snippets"), N_("Content"), N_("Elsewhere")),
    *(N_("KiB"), N_("MiB"), N_("GiB"), N_("TiB"), N_("yes"), N_("no")),
)
"""What ``tools/manual.py`` writes over tables and sections, for translators."""
FILLED = (*(N_("port of the %(name)s mock, 0 for any free one"), N_("Also: %(names)s"), N_("body: %(names)s")),)
"""What it writes with names in it, for translators."""
_SHAPES = [(text, re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(text)))) for text in FILLED]


class Row(NamedTuple):
    """A row of a table.

    Args:
        cells: its texts, each with the language that it is in.
        language: that of the row.
    """

    cells: Sequence[Text]
    language: str


class Block(NamedTuple):
    """A part of a page.

    Args:
        kind: ``heading``, ``prose``, ``list``, ``table`` or ``code``.
        text: of headings and prose.
        level: of a heading: 2 or 3.
        anchor: the name of a heading within the page.
        items: the items of a list.
        ordered: whether they are counted.
        head: the first row of a table; None where it is empty.
        rows: the others.
        language: what a fenced block holds.
        shown: that block as HTML.
    """

    kind: str
    text: Text = Text("", "en")
    level: int = 0
    anchor: str = ""
    items: Sequence[Text] = ()
    ordered: bool = False
    head: Row | None = None
    rows: Sequence[Row] = ()
    language: str = ""
    shown: Markup = Markup()


class Place(NamedTuple):
    """A place of the manual that a search has found.

    Args:
        path: below the language, with the heading's name.
        title: of the page.
        heading: the heading; empty for the page's beginning.
    """

    path: str
    title: Text
    heading: Text


def contents(visit: Visit) -> Result:
    """Every page of the manual, each with its first sentence."""
    entries = visit.catalogue.entries(KIND, visit.tag)
    return Page(
        "manual.html",
        visit.gettext("Manual"),
        "manual",
        {"pages": [(entry, opening(visit, entry)) for entry in entries]},
        description=visit.gettext(
            "How to run the mock servers, write scripts and rules, use them in tests and from the command line."
        ),
    )


def page(visit: Visit) -> Result:
    """One page of the manual."""
    name = visit.params["page"]
    entry = visit.catalogue.entry(KIND, name, visit.tag)
    if entry is None:
        raise CodeNotFound(name, [f"manual/{each}" for each in PAGES])
    entries = visit.catalogue.entries(KIND, visit.tag)
    place = next(number for number, each in enumerate(entries) if each.id == name)
    blocks = [_block(visit, entry, each) for each in entry.facts["blocks"]]
    return Page(
        "manual_page.html",
        plain(entry.text("title").text),
        f"manual/{name}",
        {
            "entry": entry,
            "blocks": blocks,
            "headings": [block for block in blocks if block.kind == "heading" and block.level == 2],
            "behind": visit.tag != "en" and any(map(_in_english, blocks)),
            "pages": entries,
            "before": entries[place - 1] if place else None,
            "after": entries[place + 1] if place + 1 < len(entries) else None,
            "edit": f"{EDIT_URL}{FOLDER}/{name}.md",
        },
        description=plain(opening(visit, entry).text),
    )


def opening(visit: Visit, entry: Entry) -> Text:
    """The first sentence of a page; empty where it has none.

    Args:
        visit: whose language the links are for.
        entry: the page.
    """
    first = next((block["text"] for block in entry.facts["blocks"] if block["kind"] == "prose"), None)
    if first is None:
        return Text("", entry.language)
    text = _text(visit, entry, first)
    sentence = _SENTENCE.match(text.text)
    return Text(_COLON.sub(".", sentence[0]) if sentence else "", text.language)


def find_pages(visit: Visit, query: str) -> list[Place]:
    """The sections of the manual that hold every word of a query: those whose headings do first.

    Args:
        visit: in whose language is searched, and in English where that is what the manual has.
        query: what was asked for.
    """
    words = fold(query).split()
    if not words:
        return []
    ranked: list[tuple[int, Place]] = []
    for entry in visit.catalogue.entries(KIND, visit.tag):
        title = entry.text("title")
        for anchor, heading, texts in _sections(visit, entry):
            named = fold(f"{title.text} {heading.text}")
            body = fold(" ".join(texts))
            if all(word in named or word in body for word in words):
                hits = sum(word in named for word in words)
                path = f"manual/{entry.id}{f'#{anchor}' if anchor else ''}"
                ranked.append((-hits, Place(path, title, heading)))
    return [found for _, found in sorted(ranked, key=lambda each: each[0])[:MAX_FOUND]]


def headings(visit: Visit) -> Iterator[Place]:
    """Every page of the manual and every heading of it that was written by hand, in order.

    Args:
        visit: in whose language.
    """
    for entry in visit.catalogue.entries(KIND, visit.tag):
        title = entry.text("title")
        yield Place(f"manual/{entry.id}", title, Text("", title.language))
        for block in entry.facts["blocks"]:
            if block["kind"] == "heading" and block["text"][0] == "field":
                heading = _text(visit, entry, block["text"])
                yield Place(f"manual/{entry.id}#{block['anchor']}", title, heading)


def resolve_links(text: str, tag: str) -> str:
    """A text whose links between documents lead to pages of the site, and those to other files to the repository.

    Args:
        text: Markdown as ``docs/`` has it.
        tag: the language of the pages.
    """

    def resolve(match: re.Match[str]) -> str:
        target, fragment = match[1], match[2] or ""
        if not target:
            return match[0]
        name = target.removesuffix(".md")
        if name in PAGES:
            return f"](/{tag}/manual/{name}{fragment})"
        path = target.removeprefix("../") if target.startswith("../") else f"{FOLDER}/{target}"
        guide = _GUIDE.fullmatch(path)
        if guide is not None:
            return f"](/{tag}/guide/{guide['guide']})" if guide["guide"] else f"](/{tag}/guides)"
        return f"]({SOURCE_URL}{path}{fragment})"

    return _LINK.sub(resolve, text)


def _sections(visit: Visit, entry: Entry) -> Iterator[tuple[str, Text, list[str]]]:
    """The parts of a page: the name and the text of the heading, and what stands below it."""
    anchor, heading = "", Text("", entry.language)
    texts: list[str] = []
    for block in entry.facts["blocks"]:
        if block["kind"] == "heading":
            yield anchor, heading, texts
            anchor, heading, texts = block["anchor"], _text(visit, entry, block["text"]), []
            continue
        parts = [block["text"]] if block["kind"] == "prose" else block.get("items", block.get("rows", []))
        texts += [_text(visit, entry, part).text for part in parts]
    yield anchor, heading, texts


def _text(visit: Visit, entry: Entry, part: Sequence[Any]) -> Text:
    """A text with the language that it is in; generated ones are looked up among the interface's."""
    how, words = part
    if how == "cells":
        texts = [_text(visit, entry, cell) for cell in words]
        return Text(" ".join(text.text for text in texts), texts[-1].language)
    if how == "field":
        found = entry.text(words)
        return Text(resolve_links(found.text, visit.tag), found.language)
    if how == "made":
        return _made(visit, words)
    return Text(words, "en")  # nothing but code


def _made(visit: Visit, words: str) -> Text:
    """A text that was made from the program: translated where the interface's words have it."""
    if _AMOUNT.fullmatch(words):
        return Text(_UNIT.sub(lambda unit: visit.gettext(unit[0]), _NUMBER.sub(_number(visit), words)), visit.tag)
    for template, shape in _SHAPES:
        if filled := shape.fullmatch(words):
            return Text(visit.gettext(template) % filled.groupdict(), visit.tag)
    found = visit.gettext(words)
    if found == words and visit.tag != "en" and words.endswith("."):  # a sentence that the interface has as a phrase
        phrase = f"{words[0].lower()}{words[1:-1]}"
        known = visit.gettext(phrase)
        found = f"{known[0].upper()}{known[1:]}" if known != phrase else words
    return Text(resolve_links(found, visit.tag), visit.tag if found != words else "en")


def _number(visit: Visit) -> Callable[[re.Match[str]], str]:
    """Writes a number as the reader's language does."""
    from babel.numbers import format_decimal  # few pages need it

    return lambda found: format_decimal(int(found[0].replace(",", "")), locale=visit.tag)


def _block(visit: Visit, entry: Entry, block: dict[str, Any]) -> Block:
    match block["kind"]:
        case "heading":
            text = _text(visit, entry, block["text"])
            return Block("heading", text, level=block["level"], anchor=block["anchor"])
        case "prose":
            return Block("prose", _text(visit, entry, block["text"]))
        case "list":
            return Block("list", items=[_text(visit, entry, item) for item in block["items"]], ordered=block["ordered"])
        case "table":
            head, *rows = (_row(visit, entry, row) for row in block["rows"])
            return Block("table", head=head if any(cell.text for cell in head.cells) else None, rows=rows)
        case _:
            return Block("code", language=block["language"], shown=_shown(block["language"], block["text"]))


def _in_english(block: Block) -> bool:
    """Whether something in a part is words, not only code, and in English."""
    rows = [*block.rows, *([block.head] if block.head else [])]
    texts = [block.text, *block.items, *(cell for row in rows for cell in row.cells)]
    return any(text.language == "en" and _LETTERS.search(_CODE.sub("", text.text)) for text in texts)


def _row(visit: Visit, entry: Entry, part: Sequence[Any]) -> Row:
    how, words = part
    if how in ("made", "cells"):  # each cell is a text of its own
        each = words if how == "cells" else [("made", cell.replace("\\|", "|")) for cell in cells(words)]
        made = [_text(visit, entry, cell) for cell in each]
        languages = {cell.language for cell in made}
        return Row(made, languages.pop() if len(languages) == 1 else visit.tag)
    text = _text(visit, entry, part)
    return Row([Text(cell.replace("\\|", "|"), text.language) for cell in cells(text.text)], text.language)


def _shown(language: str, text: str) -> Markup:
    """A fenced block with its colours."""
    if language == "console":
        return console(text)
    if language in ("http", "smtp"):
        return highlight.example(language, text)
    return highlight.program(_SHELLS.get(language, language), text)


def plain(text: str) -> str:
    """A text without its Markdown, for titles and descriptions.

    Args:
        text: in the dialect of the manual.
    """
    return _MARKS.sub(lambda match: match[1] or "", text)
