"""What a code's page shows beside its prose: the dialogue, lines of logs, texts of providers, what it is taken for."""

from __future__ import annotations

from typing import Any

import html5lib
import pytest

from statuary.catalog.store import Catalogue
from statuary.explain.confused import confusions_of
from statuary.web.highlight import command, log_line
from statuary.web.views.codes import MAX_SEEN_OPEN
from tests.web.client import LANGUAGES, Client


def page(client: Client, path: str) -> Any:
    """A page, parsed, its elements by their plain names."""
    answer = client.get(path)
    assert answer.status_code == 200
    return html5lib.parse(answer.text, namespaceHTMLElements=False)


def text_of(element: Any) -> str:
    """What a reader hears of an element."""
    return " ".join("".join(element.itertext()).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dialogue_is_a_list_that_says_where_the_code_may_come(client: Client, language: str) -> None:
    """In words, not by colour alone (WCAG 2.2, 1.4.1): the marked points name the code."""
    (line,) = (found for found in page(client, f"/{language}/smtp/452").iter("ol") if found.get("role") == "list")
    points = list(line.iter("li"))
    marked = [point for point in points if point.get("class") == "here"]
    assert len(points) > len(marked) == 3
    assert all("452" in text_of(point) and point.find(".//span[@class='unseen']") is not None for point in marked)
    assert all("452" not in text_of(point) for point in points if point not in marked)


def test_a_code_that_is_never_sent_has_no_dialogue(client: Client) -> None:
    """499 of nginx stands in its log; an enhanced code goes with a reply."""
    for path in ("http/499-nginx", "smtp/4.2.2", "sqlstate/53"):
        assert "stage-line" not in client.get(f"/en/{path}").text


def test_who_reads_a_log_is_shown_lines_of_real_programs(client: Client, catalogue: Catalogue) -> None:
    """Each with its program, the code made to stand out; without lines there is no such part."""
    code = catalogue.get("smtp/452")
    assert code is not None
    text = client.get("/en/smtp/452").text
    assert text.index("If you send") < text.index("If you run the server") < text.index("If you read a log")
    shown = page(client, "/en/smtp/452")
    logs = next(found for found in shown.iter("div") if found.get("class") == "logs")
    assert [text_of(name) for name in logs.iter("dt")] == [line.program for line in code.logs]
    assert [text_of(line) for line in logs.iter("dd")] == [" ".join(line.line.split()) for line in code.logs]
    assert {text_of(mark) for mark in logs.iter("b")} == {"452"}
    silent = catalogue.get("ftp/452")
    assert silent is not None
    assert not silent.logs
    assert "If you read a log" not in client.get("/en/ftp/452").text


@pytest.mark.parametrize(
    ("line", "value", "marked"),
    [
        ("said: 452 4.3.1 Full", "452", "said: <b>452</b> 4.3.1 Full"),
        ("said: 452 4.3.1 Full", "4.3.1", "said: 452 <b>4.3.1</b> Full"),
        ("smtpd[452]: 1452 4520", "452", "smtpd[<b>452</b>]: 1452 4520"),
        ("relay=mx[192.0.2.452]:452", "452", "relay=mx[192.0.2.452]:452"),
        ("<script>503</script>", "503", "&lt;script&gt;<b>503</b>&lt;/script&gt;"),
        ("nothing", "503", "nothing"),
    ],
)
def test_the_code_stands_out_in_a_line(line: str, value: str, marked: str) -> None:
    """Only as a number of its own, and nothing in a line becomes markup."""
    assert str(log_line(line, value)) == marked


def test_texts_of_providers_stand_with_their_sources(client: Client, catalogue: Catalogue) -> None:
    """Word for word, as quotations; many of them unfold."""
    for identity in ("smtp/452", "smtp/550", "http/503"):
        code = catalogue.get(identity)
        assert code is not None
        assert code.seen
        shown = page(client, f"/ja/{identity}")
        quotes = [text_of(quote) for quote in shown.iter("q")]
        assert quotes == [" ".join(item.text.split()) for item in code.seen]
        links = {link.get("href") for link in shown.iter("a")}
        assert {item.source for item in code.seen} <= links
        folded = [quote for details in shown.iter("details") for quote in details.iter("q")]
        assert len(folded) == max(0, len(code.seen) - MAX_SEEN_OPEN)


def test_what_a_code_is_taken_for_stands_in_one_section_with_the_reason(client: Client, catalogue: Catalogue) -> None:
    """Sets with when to choose what, the same number in other protocols, codes of like meaning."""
    code = catalogue.get("smtp/452")
    assert code is not None
    found = confusions_of(catalogue, code)
    section = next(item for item in page(client, "/en/smtp/452").iter("section") if item.get("class") == "confused")
    links = {link.get("href") for link in section.iter("a")}
    for mixup in found.sets:
        assert f"/en/compare/{mixup.id}" in links
        assert {f"/en/{other.id}" for other in mixup.codes if other.id != code.id} <= links
    assert {f"/en/{other.id}" for other in found.same_number} <= links
    assert {f"/en/concept/{concept['id']}" for concept, _ in found.alike} <= links
    assert "/en/smtp/452" not in links
    assert found.same_number[0].summary.split(".")[0] in text_of(section)


def test_the_page_of_a_number_is_offered_where_several_protocols_use_it(client: Client) -> None:
    """499 is of HTTP alone; its page leads to its owners, and no link leads to a page that is not there."""
    assert 'href="/en/number/452"' in client.get("/en/smtp/452").text
    assert "/number/499" not in client.get("/en/http/499-esri").text


def test_number_and_search_show_the_summary_of_every_code(client: Client, catalogue: Catalogue) -> None:
    """Sentences, not the remarks of a registry's table."""
    for value in ("452", "500", "401", "1", "0"):
        for code in catalogue.with_value(value):
            if not code.hidden:
                summary = code.prose.texts.get("summary", "")
                assert summary.endswith((".", ".)", "”")), code.id
                assert summary[0].isupper() or not summary[0].isalpha(), code.id


def test_nothing_is_said_to_be_sent_of_numbers_that_mean_nothing(client: Client) -> None:
    """A range that nobody has assigned is not "sent on the wire", and its neighbours of one number are told apart."""
    shown = text_of(page(client, "/en/http/452-499"))
    assert "nowhere: it has no meaning" in shown
    assert "On the wire" not in shown
    assert "Compare with HTTP 499 (nginx)" in shown
    assert "Compare with HTTP 499 (Esri)" in shown
    assert "Compare with HTTP 460 (" not in shown
    assert "On the wire" in text_of(page(client, "/en/http/503"))


def test_a_command_is_split_at_no_hyphen() -> None:
    """Its options stay whole, and what looks like markup stays text."""
    assert command("swaks --to a--b -q -1 '<b>'") == (
        'swaks <span class="option">--to</span> a--b <span class="option">-q</span> -1 &#39;&lt;b&gt;&#39;'
    )
