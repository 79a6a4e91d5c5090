"""Snippets on mock pages and on pages of their own, and the matrix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import html5lib
import pytest

from statuary.catalog.paths import find_places
from statuary.catalog.store import Catalogue
from statuary.explain.verdicts import VERDICT_MARKS, VERDICTS, happened, note
from statuary.snippets.answerable import codes_answered
from statuary.snippets.framework import VERDICTS as JUDGED
from statuary.snippets.golden import Golden
from statuary.snippets.place import place
from statuary.snippets.shelf import Shelf
from statuary.web.highlight import program
from statuary.web.views.snippets import MAIN_FRAMEWORKS
from tests.web.client import LANGUAGES, Client

XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    """The snippets of this checkout."""
    return Shelf(find_places().content)


def snippets(text: str) -> dict[str, Any]:
    """The parts of a page that show a framework, by its identity."""
    page = html5lib.HTMLParser(strict=True).parse(text)
    return {
        body.get("id"): element
        for section in page.iter(f"{XHTML}section")
        if section.get("aria-labelledby") == "snippets"
        for element in section.iter(f"{XHTML}details")
        for body in element.findall(f"{XHTML}div")
    }


def content(element: Any) -> str:
    """All text of an element."""
    return "".join(element.itertext())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("identity", ["http/507", "http/205", "smtp/452", "smtp/551"])
def test_both_pages_show_every_file_as_it_ran(
    client: Client, catalogue: Catalogue, shelf: Shelf, identity: str, language: str
) -> None:
    """Text byte for byte, the recorded answer beside it, and only the first of a page open."""
    code = catalogue.get(identity)
    assert code is not None
    first = snippets(client.get(f"/{language}/{identity}/mock").text)
    rest = snippets(client.get(f"/{language}/{identity}/snippets").text)
    assert list(first) + list(rest) == [framework.id for framework in shelf.frameworks]
    assert len(first) == MAIN_FRAMEWORKS
    for page in (first, rest):
        assert [element.get("open") is not None for element in page.values()] == [True] + [False] * (len(page) - 1)
    for item in shelf.show(code):
        element = {**first, **rest}[item.framework.id]
        pres = [content(pre) for pre in element.iter(f"{XHTML}pre")]
        assert pres[0] == item.snippet.text == place(item.framework, code).text
        if item.recorded is None:
            assert len(pres) == 1
        else:
            assert item.recorded.text.rstrip("\n") == (pres[1] if item.recorded.text else "")
            for version in item.versions.values():
                assert version in content(element)


def test_what_was_not_run_says_so(client: Client, catalogue: Catalogue, shelf: Shelf) -> None:
    """A framework without recordings is shown with the reason and claims nothing."""
    code = catalogue.get("http/507")
    assert code is not None
    absent = [item for item in shelf.show(code) if item.verdict is None]
    page = snippets(client.get("/en/http/507/mock").text) | snippets(client.get("/en/http/507/snippets").text)
    for item in absent:
        text = content(page[item.framework.id])
        assert "not run" in text
        assert "It was not run, so nothing is claimed." in text
        assert item.reason in text
        assert VERDICTS["as asked"] not in text


def test_an_answer_of_another_text_does_not_count(catalogue: Catalogue) -> None:
    """A template that changed after its run is shown as not run, not as verified."""
    shelf = Shelf(find_places().content)
    code = catalogue.get("http/507")
    assert code is not None
    framework = shelf.frameworks[0]
    golden = shelf.goldens[framework.id]
    recorded = golden.answers[code.id]
    assert shelf.one(framework, code).word != "not run"
    shelf.goldens[framework.id] = golden._replace(answers={code.id: recorded._replace(snippet="0" * 12)})
    assert shelf.one(framework, code).word == "not run"
    shelf.goldens[framework.id] = Golden()
    assert shelf.one(framework, code).verdict is None


def test_mail_codes_carry_the_warning(client: Client) -> None:
    """What SMTP really says stands above; the page of the other frameworks says it again."""
    text = client.get("/en/smtp/452/mock").text
    assert text.index("SMTP never sends this") < text.index('id="snippets"')
    assert "SMTP never sends this" in client.get("/en/smtp/452/snippets").text
    assert "SMTP never sends this" not in client.get("/en/http/507/snippets").text


def test_codes_without_snippets(client: Client) -> None:
    """Interim responses say why (RFC 9110 §15.2); other pages have no such section, and no second page."""
    assert "leaves the client waiting" in client.get("/en/http/103/mock").text
    assert 'id="snippets"' not in client.get("/en/smtp/4.2.2/mock").text
    for identity in ("http/103", "smtp/4.2.2", "smtp/500", "ftp/452", "http/nope"):
        assert client.get(f"/en/{identity}/snippets").status_code == 404
    assert client.get("/en/http/499/snippets").headers["location"] == "/en/http/499"
    assert client.get("/snippets").headers["location"] == "/en/snippets"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_matrix_holds_every_code_and_framework(
    client: Client, catalogue: Catalogue, shelf: Shelf, language: str
) -> None:
    """A mark for each pair, that of its verdict; what deviates is a link to the place that explains it."""
    page = html5lib.HTMLParser(strict=True).parse(client.get(f"/{language}/snippets").text)
    rows = {}
    for row in page.iter(f"{XHTML}tr"):
        link = row.find(f"{XHTML}th/{XHTML}a")
        if link is not None and "/mock" in link.get("href", ""):
            rows[link.get("href").partition("/mock")[0]] = row.findall(f"{XHTML}td")
    codes = list(codes_answered(catalogue, shelf.selection))
    assert list(rows) == [code.id for code in codes]
    for code in codes:
        for item, cell in zip(shelf.show(code), rows[code.id], strict=True):
            assert content(cell).strip() == VERDICT_MARKS[item.word]
            link = cell.find(f"{XHTML}a")
            deviates = item.verdict is not None and item.word not in ("as asked", "other phrase")
            assert (link is not None) == deviates
            if link is not None:
                target, _, fragment = link.get("href").partition("#")
                assert fragment in snippets(client.get(f"/{language}/{target}").text)


def test_every_verdict_has_words_and_a_shape_of_its_own(catalogue: Catalogue, shelf: Shelf) -> None:
    """Whatever the runs brought is said in a sentence."""
    assert tuple(VERDICTS)[:-1] == JUDGED
    assert len(set(VERDICT_MARKS.values())) == len(VERDICTS) == len(VERDICT_MARKS)
    for code in codes_answered(catalogue, shelf.selection):
        for item in shelf.show(code):
            if item.verdict is not None:
                assert happened(item.word, item.verdict.happened).render().endswith((".", item.verdict.happened))
                assert all(note(text).render() for text in item.verdict.notes)


@pytest.mark.parametrize("text", ["", "x", "\n\n  def f():\n\treturn '<&>'  \n\n", 'no newline "', "# é\n"])
@pytest.mark.parametrize("language", ["python", "javascript", "java", "go", "rust", "nginx", "text", "no-such"])
def test_colours_change_no_text(language: str, text: str) -> None:
    """Not at the start, not at the end, and not where the language is unknown."""
    tree = html5lib.parseFragment(f"<b>{program(language, text)}</b>")
    assert content(tree) == text


def test_goldens_are_read_once_and_late(tmp_path: Path) -> None:
    """A shelf over nothing can be made; it is read when asked."""
    shelf = Shelf(tmp_path)
    (tmp_path / "snippets").mkdir()
    assert shelf.frameworks == []
    assert shelf.goldens is shelf.goldens
