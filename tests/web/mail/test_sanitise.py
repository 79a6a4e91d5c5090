"""HTML of strangers: what is left of it, and what it may cost."""

from __future__ import annotations

import re

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statuary.web.mail.sanitise import (
    MAX_HTML_CHARACTERS,
    MAX_INTRICACY,
    MAX_LISTED,
    MAX_SEPARATORS,
    MAX_TAGS,
    sanitise,
)
from tests.web.hostile_mail import SAMPLES

_ACTIVE = {
    "script",
    "link",
    "meta",
    "base",
    "form",
    "input",
    "button",
    "iframe",
    "object",
    "embed",
    "img",
    "svg",
    "math",
}
_PIECES = st.sampled_from(
    [
        *(
            "<a href='",
            "<img src=x ",
            "<svg>",
            "<math>",
            "<style>",
            "</style>",
            "<!--",
            "-->",
            "<table>",
            "<td>",
            "<p ",
        ),
        *(
            "style='color:red'",
            "onerror=x ",
            "javascript:",
            '"',
            "'",
            ">",
            "<",
            "/>",
            "&lt;",
            "&#x3c;",
            "\x00",
            "<template>",
        ),
        *(
            "<noscript>",
            "<title>",
            "</title>",
            "<textarea>",
            "<select>",
            "<b ",
            "</b>",
            "url(http://x/)",
            "é",
            "<mglyph>",
        ),
    ]
)


def body(document: str) -> str:
    """What stands in the body of a document of ours."""
    return document.partition("<body>\n")[2].rpartition("\n</body>")[0]


@given(st.lists(_PIECES | st.text(max_size=5), max_size=40).map("".join))
@settings(max_examples=300)
def test_nothing_active_is_left_however_it_is_parsed(html: str) -> None:
    """A second parser, by another hand, finds no element and no attribute that could act (WHATWG HTML §13)."""
    tree = html5lib.parseFragment(body(sanitise(html).document), treebuilder="etree", namespaceHTMLElements=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag not in _ACTIVE
        for name, value in element.attrib.items():
            assert name in {
                "title",
                "class",
                "style",
                "dir",
                "lang",
                "align",
                "valign",
                "width",
                "height",
                "bgcolor",
            } | {*("border", "cellpadding", "cellspacing", "colspan", "rowspan", "color", "face", "size", "start")}
            if name == "style":
                assert not re.search(r"url|image|expression|\\|@", value, re.IGNORECASE)


def test_what_is_harmless_stays() -> None:
    """Texts, tables, colours and sizes look as they were meant."""
    html = (
        '<h1 style="color: #123456; position: fixed">Hi</h1><table bgcolor="#eee"><tr><td colspan="2" '
        'style="padding:4px;background-image:url(http://t.test/)">x &amp; y</td></tr></table><font color="red">r</font>'
    )
    left = body(sanitise(html).document)
    assert '<h1 style="color:#123456">Hi</h1>' in left
    assert '<td colspan="2" style="padding:4px">x &amp; y</td>' in left
    assert '<font color="red">r</font>' in left


def test_links_and_pictures_become_notes() -> None:
    """Numbered in the order of the list; addresses stay text, whatever is in them."""
    found = sanitise(
        '<a href="https://x.test/?a=1&amp;b=%22">one</a><a href="mailto:a@b.test">two</a><a>none</a>'
        '<img alt="a<b" src="http://t.test/p.gif">'
    )
    assert found.links == ("https://x.test/?a=1&b=%22", "mailto:a@b.test")
    left = body(found.document)
    assert "[1]</sup>one" in left
    assert "[2]</sup>two" in left
    assert "▨ a&lt;b http://t.test/p.gif" in left
    assert "http://t.test/p.gif" in found.loaded


def test_script_addresses_are_no_links() -> None:
    """Nor are those that only look like something else."""
    for address in ("javascript:1", "JaVa\tScript:1", "&#1;javascript:1", "data:text/html,x", "vbscript:x"):
        assert sanitise(f'<a href="{address}">x</a>').links == ()


def test_lists_are_bounded() -> None:
    """A page with thousands of links names the first of them, and shows all texts."""
    found = sanitise("".join(f'<a href="http://x.test/{n}">t{n}</a>' for n in range(MAX_LISTED + 50)))
    assert len(found.links) == MAX_LISTED
    assert f"t{MAX_LISTED + 49}" in found.document
    found = sanitise("".join(f'<img src="http://x.test/{n}">' for n in range(MAX_LISTED + 50)))
    assert len(found.loaded) == MAX_LISTED


def test_long_html_is_cut_with_its_size() -> None:
    """The rest stands in the source."""
    assert sanitise("x" * (MAX_HTML_CHARACTERS + 7)).cut == 7


@pytest.mark.parametrize(
    "html",
    [
        "<p>" * (MAX_TAGS + 1),
        "<p " + "a " * (MAX_SEPARATORS + 1),
        "<p>" + "".join(f"<b x={'y' * 2001}{n}>" for n in range(50)) + "<p>x" * 8000,
    ],
)
def test_html_that_would_grow_without_bound_is_not_drawn(html: str) -> None:
    """The reconstruction of formatting elements makes gigabytes of kilobytes (WHATWG HTML §13.2.4.3)."""
    assert sanitise(html).document == ""


def test_many_formatting_tags_lose_their_colours_not_their_words() -> None:
    """Elements that are made alike stay three at most."""
    html = "<p>" + "".join(f"<b title={n}>" for n in range(1000)) + "<p>word" * 3000
    document = sanitise(html).document
    assert document.count("word") == 3000
    assert len(document) < MAX_INTRICACY


def test_samples_keep_their_words() -> None:
    """What a person wrote is readable in every sample that is drawn."""
    for name, content in SAMPLES.items():
        html = content.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
        if b"text/html" in content[:400] and (document := sanitise(html).document):
            assert "READABLE" in document, name
