"""Mail servers on mock pages and on pages of their own, and their matrix."""

from __future__ import annotations

from typing import Any

import html5lib
import pytest

from statuary.catalog.paths import find_places
from statuary.catalog.store import Catalogue
from statuary.explain.mail_verdicts import MAIL_CLASSES, MAIL_MARKS, MAIL_MEANINGS, MAIL_VERDICTS, mail_happened
from statuary.snippets.mail import MAIL_VERDICTS as JUDGED
from statuary.snippets.mail_shelf import MailShelf
from tests.web.client import LANGUAGES, Client

XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def shelf(catalogue: Catalogue) -> MailShelf:
    """The mail servers of this checkout."""
    return MailShelf(find_places().content, catalogue)


def parsed(text: str) -> Any:
    """A page; whatever is not HTML fails."""
    return html5lib.HTMLParser(strict=True).parse(text)


def programs(page: Any) -> list[str]:
    """The text of every file that a page shows."""
    return ["".join(item.itertext()) for item in page.iter(f"{XHTML}pre") if item.get("class") == "program"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_are_shown_as_they_ran(client: Client, catalogue: Catalogue, shelf: MailShelf, language: str) -> None:
    """Byte for byte, those beside them too, each with the recorded dialogue."""
    code = catalogue.get("smtp/4.2.2")
    assert code is not None
    for stage, path in (("rcpt", "servers"), ("message", "servers/message")):
        page = parsed(client.get(f"/{language}/smtp/4.2.2/{path}").text)
        shown = programs(page)
        text = "".join(page.itertext())
        case = next(case for case in shelf.cases_of(code) if case.stage == stage)
        for item in shelf.show(case):
            assert item.snippet is not None
            assert item.recorded is not None
            assert item.snippet.text in shown
            assert all(other in shown for other in item.snippet.beside.values())
            assert item.recorded.reply[0] in text


def test_a_mock_page_shows_the_first_and_leads_to_the_others(client: Client, shelf: MailShelf) -> None:
    """One file in full keeps the page light; every server, and what brings the code about by itself, is linked."""
    page = parsed(client.get("/en/smtp/452/mock").text)
    (section,) = [item for item in page.iter(f"{XHTML}section") if item.get("aria-labelledby") == "servers"]
    assert len(programs(section)) == 1
    links = {item.get("href") for item in section.iter(f"{XHTML}a")}
    assert {f"/en/smtp/452/servers#rcpt-{server.id}" for server in shelf.servers} <= links
    assert {f"/en/smtp/452/servers/{part}" for part in ("mail", "message", "by-itself")} <= links
    ids = {item.get("id") for item in parsed(client.get("/en/smtp/452/servers").text).iter() if item.get("id")}
    assert {f"rcpt-{server.id}" for server in shelf.servers} <= ids
    assert "queue_minfree" in client.get("/en/smtp/452/servers/by-itself").text


def test_codes_without_servers_have_no_page(client: Client) -> None:
    """250 is no refusal; HTTP is no mail; another spelling leads to the page."""
    assert client.get("/en/smtp/250/servers").status_code == 404
    assert client.get("/en/http/503/servers").status_code == 404
    assert client.get("/en/smtp/452/servers/quit").status_code == 404
    assert client.get("/en/smtp/452/servers/rcpt").headers["location"].endswith("452/servers")
    assert 'id="servers"' not in client.get("/en/smtp/250/mock").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_matrix_has_every_case_and_server(client: Client, shelf: MailShelf, language: str) -> None:
    """A row a case, a column a server; a mark that needs words leads to them."""
    answer = client.get(f"/{language}/snippets/mail")
    page = parsed(answer.text)
    tables = list(page.iter(f"{XHTML}table"))
    rows = [row for row in tables[0].iter(f"{XHTML}tr") if len(row.findall(f"{XHTML}td")) == len(shelf.servers)]
    assert len(rows) == len(shelf.cases)
    assert len(list(tables[1].iter(f"{XHTML}tr"))) == len(shelf.servers) + 1
    targets = {
        link.get("href") for row in rows for cell in row.findall(f"{XHTML}td") for link in cell.iter(f"{XHTML}a")
    }
    assert f"/{language}/smtp/421/servers/connect#connect-aiosmtpd" in targets
    for target in sorted(targets):
        path, _, anchor = target.partition("#")
        assert f'id="{anchor}"' in client.get(path).text, target
    assert f"/{language}/snippets/mail" in client.get(f"/{language}/snippets").text


def test_every_verdict_has_words_and_a_shape() -> None:
    """What the judge says is what the page can explain."""
    for table in (MAIL_MARKS, MAIL_MEANINGS, MAIL_CLASSES):
        assert list(table) == list(MAIL_VERDICTS)
    assert tuple(MAIL_VERDICTS)[:-1] == JUDGED
    assert "452 no" in mail_happened("other code", "452 no").render(str)
    for came in ("closed", "hang", "refused", "no way"):
        assert came not in mail_happened("cannot be sent", came).render(str).split(": ")[-1:]
    assert mail_happened("as asked", "").render(str) == MAIL_MEANINGS["as asked"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_light(client: Client, shelf: MailShelf, catalogue: Catalogue, language: str) -> None:
    """Under 60 kB, as every page."""
    codes = {identity for case in shelf.cases for identity in case.codes}
    for identity in sorted(codes):
        code = catalogue.get(identity)
        assert code is not None
        parts = [case.stage for case in shelf.cases_of(code)] + (["by-itself"] if shelf.naturals_of(code) else [])
        for path in ("mock", "servers", *(f"servers/{part}" for part in list(dict.fromkeys(parts))[1:])):
            answer = client.get(f"/{language}/{identity}/{path}")
            assert answer.status_code == 200
            assert len(answer.text.encode()) < 60_000, (identity, path)
