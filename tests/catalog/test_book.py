"""Pairs, maps, decisions, guides and terms: read with located errors, linted, translated, and found again."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from statuary.catalog.book import BOOK, book_messages, read_book
from statuary.catalog.entry import KINDS, Entry
from statuary.catalog.messages import update_catalogue
from statuary.catalog.store import Catalogue
from statuary.errors import ContentError
from tests.catalog.conftest import CONTENT, Copy

GUIDES = ("mailer-retries", "greylisting", "quotas", "retry-after", "redirects", "problem-details")


def test_every_kind_is_there(catalogue: Catalogue) -> None:
    """And in the order of the files."""
    counts = {kind: len(catalogue.entries(kind)) for kind in KINDS}
    assert counts["pair"] >= 30
    assert counts["map"] >= 200
    assert counts["decision"] == 3
    assert counts["term"] >= 40
    assert tuple(entry.id for entry in catalogue.entries("guide")) == GUIDES


def test_contexts_are_unique() -> None:
    """A translation belongs to one text."""
    contexts = Counter(message.context for message in book_messages(item.entry for item in read_book(CONTENT)))
    assert [context for context, times in contexts.items() if times > 1] == []


def test_entry_by_its_name(catalogue: Catalogue) -> None:
    """Unknown names, kinds and halves of surrogate pairs find nothing."""
    found = catalogue.entry("pair", "http-401-403-407")
    assert found is not None
    assert found.facts["codes"] == ["http/401", "http/403", "http/407"]
    assert catalogue.entry("pair", "nothing") is None
    assert catalogue.entry("nothing", "http-401-403-407") is None
    assert catalogue.entry("pair", "\ud800") is None


def test_texts_are_translated_one_by_one(copy: Copy) -> None:
    """What is translated is shown so; the rest stays in English and says so."""
    messages = list(book_messages(item.entry for item in read_book(copy.content)))
    path = update_catalogue(copy.locales, "fr", BOOK, messages)
    text = path.read_text(encoding="utf-8")
    mark = 'msgctxt "pair/http-404-410#title"\nmsgid "Not found, or gone for good"\nmsgstr "'
    assert mark in text
    path.write_text(text.replace(mark, f"{mark}Introuvable, ou disparu"), encoding="utf-8")
    compiled = copy.compile()
    entry = compiled.entry("pair", "http-404-410", "fr-CA")
    assert entry is not None
    assert entry.text("title") == ("Introuvable, ou disparu", "fr")
    assert entry.text("why").language == "en"
    assert "why" in entry.fallbacks
    other = compiled.entry("pair", "http-404-410", "ja")
    assert other is not None
    assert other.text("title").language == "en"
    compiled.close()


def test_unknown_field_is_empty() -> None:
    assert Entry("pair", "x").text("nothing").text == ""


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        ("pairs.toml", '"http/403" = "The refusal is', '"http/999" = "The refusal is', "says nothing of http/403"),
        ("pairs.toml", 'codes = ["http/404", "http/410"]', 'codes = ["http/404"]', "1 codes"),
        ("pairs.toml", 'title = "Who was too slow"', 'title = ""', "title is empty"),
        ("pairs.toml", "[303](code:http/303) says it", "[303](code:http/9) says it", "no code is known as http/9"),
        ("pairs.toml", "[303](code:http/303) says it", "[303](https://a.test) says it", "a link to 'https://a.test'"),
        ("pairs.toml", "only read, as after", "only <b>read</b>, as after", "raw HTML: <b>"),
        ("maps/grpc-http.toml", 'to = "http/504"', 'to = "http/9999"', "no code is known as http/9999"),
        ("maps/grpc-http.toml", 'to = "http/504"', 'to = "grpc/ok"', "one protocol"),
        ("maps/http-smtp.toml", 'enhanced = "4.4.1"', 'enhanced = "5.4.1"', "enhanced '5.4.1'"),
        ("maps/http-smtp.toml", 'from = "http/510"', 'from = "http/51x"', "no code is known as http/51x"),
        ("decisions/http-api.toml", 'start = "outcome"', 'start = "nowhere"', "start is no question"),
        ("glossary.toml", 'codes = ["smtp/451"]', 'codes = ["smtp/x"]', "no code is known as smtp/x"),
        ("guides/redirects.md", "[301](code:http/301)", "[301](code:http/3011)", "no code is known as http/3011"),
        ("guides/redirects.md", "## Choose", "### Choose", "a heading of another level"),
        ("guides/redirects.md", "## Choose", "## Mind", "a heading 'Mind' twice"),
        ("guides/redirects.md", "order = 5", 'order = "5"', "order is not a whole number"),
        ("glossary.toml", 'id = "rcode"', 'id = "alert"', "stands there twice"),
    ],
)
def test_lint_names_the_place(copy: Copy, path: str, old: str, new: str, problem: str) -> None:
    """Each finding has the file, a line that is in it, and what is wrong."""
    file = copy.edit(path, old, new)
    found = [item for item in copy.problems() if item.path == path]
    assert any(problem in item.problem for item in found), found
    length = len(file.read_text(encoding="utf-8").split("\n"))
    assert all(1 <= item.line <= length for item in found)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('to = "r-202"', 'to = "r-999"', "'r-999' is nowhere"),
        ('to = "r-202"', 'to = "r-201"', "no answer leads to 'r-202'"),
        ('to = "r-202"', 'to = "outcome"', "leads back to itself"),
    ],
)
def test_trees_have_no_loose_ends_and_no_circles(copy: Copy, old: str, new: str, problem: str) -> None:
    copy.edit("decisions/http-api.toml", old, new)
    found = [item.problem for item in copy.problems() if item.path == "decisions/http-api.toml"]
    assert any(problem in item for item in found), found


def test_judgement_has_no_source_and_a_specification_has(copy: Copy) -> None:
    """A row says what it rests on, or that nothing does."""
    path = copy.content / "maps" / "grpc-http.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('basis = "specification"', 'basis = "judgement"', 1), encoding="utf-8")
    assert any("basis and source do not fit" in item.problem for item in copy.problems())
    path.write_text(text.replace('basis = "specification"', 'basis = "hearsay"', 1), encoding="utf-8")
    assert any("basis 'hearsay'" in item.problem for item in copy.problems())


@pytest.mark.parametrize(
    ("path", "octets", "problem"),
    [
        ("guides/x.md", b"no front matter", "no front matter"),
        ("guides/x.md", b"+++\ntitle = \n+++\n", "not TOML"),
        ("guides/x.md", b'+++\ntitle = "a"\nsummary = "b"\norder = 9\n+++\n\n```ruby\n```\n', "a fence of 'ruby'"),
        ("guides/x.md", b'+++\ntitle = "a"\nsummary = "b"\norder = 9\n+++\n\n```text\n', "a fence without its end"),
        ("guides/x.md", b"\xff\xfe", "not UTF-8"),
        ("guides/x.md", b"+++\n" + b"#" * 300_000, "larger than"),
        ("decisions/x.toml", b"\xff", "not UTF-8"),
        ("decisions/x.toml", b"title = 1", "is missing"),
        ("maps/x.toml", b"[map]\n", "something else than an array"),
        ("maps/x.toml", b'[[map]]\nfrom = "a/1"\n', "to is missing"),
    ],
)
def test_files_of_any_octets_give_located_errors(small: Copy, path: str, octets: bytes, problem: str) -> None:
    file = small.content / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(octets)
    with pytest.raises(ContentError) as raised:
        list(read_book(small.content))
    assert problem in raised.value.problem
    assert raised.value.path == path


def test_content_without_a_book_compiles(small: Copy) -> None:
    """Every file of the book may be missing."""
    compiled = small.compile()
    assert [compiled.entries(kind) for kind in KINDS] == [[]] * len(KINDS)
    compiled.close()


def test_sources_of_pairs_are_documents() -> None:
    """Each names an RFC and a section."""
    for row in tomllib.loads((CONTENT / "pairs.toml").read_text(encoding="utf-8"))["pair"]:
        assert row["sources"], row["id"]
        assert all(source.startswith("RFC ") and "§" in source for source in row["sources"]), row["id"]


def test_guides_hold_commands() -> None:
    """Each shows at least three that were run."""
    for name in GUIDES:
        text = Path(CONTENT / "guides" / f"{name}.md").read_text(encoding="utf-8")
        assert text.count("\n$ ") >= 3, name
