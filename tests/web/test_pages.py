"""Every kind of page in every language: status, language, outline, alternates, valid HTML."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5lib
import pytest

from statuary.catalog.compile import compile_catalogue
from statuary.catalog.paths import find_places
from statuary.catalog.store import Catalogue
from statuary.explain.words import _OWN_CLASSES, _OWN_OWNERS
from statuary.serve.session import Shared
from statuary.web.site import Site
from tests.web.client import ALL_LANGUAGES, LANGUAGES, Client, make_client

KINDS = (
    "",
    "http",
    "smtp",
    "ftp",
    "http/507",
    "http/499",
    "http/499-nginx",
    "http/105-199",
    "smtp/452",
    "smtp/4.2.2",
    "smtp/X.2.2",
    "smtp/X.2.YYY",
    "smtp/4.XXX.YYY",
    "ftp/452",
    "http/507/mock",
    "http/507/snippets",
    "smtp/551/snippets",
    "snippets",
    "http/103/mock",
    "smtp/452/mock",
    "smtp/4.2.2/mock",
    "smtp/214/mock",
    "compare",
    "compare?left=452&right=507",
    "compare?left=zzz&right=507",
    "compare/http/507/smtp/452",
    "compare/smtp/214/smtp/452",
    "compare/http-401-403-407",
    "compare/http/401/http/403",
    "map",
    "map?code=smtp/452&to=http",
    "map?code=452&to=http",
    "map?code=zzzz&to=http",
    "map?code=tls/record_overflow&to=nntp",
    "decide",
    "decide/http-api",
    "decide/http-api?at=client,state",
    "decide/smtp-server?at=recipient,full,yes",
    "guides",
    "guide/greylisting",
    "guide/problem-details",
    "manual",
    "manual/scenario",
    "manual/commands",
    "glossary",
    "coverage",
    "number/452",
    "concepts",
    "concept/insufficient-storage",
    "search",
    "search?q=452",
    "search?q=zzzqq",
    "search?q=host+said:+452+4.2.2+Over+quota",
    "journal",
    "journal?code=4*&recipient=*@any.test&connection=1&rule=x&peer=127.0.0.1&key=blue",
    "journal/messages",
    "rules",
    "rules/edit",
    "about",
    "login",
)
NOINDEX = '<meta name="robots" content="noindex'
XHTML = "{http://www.w3.org/1999/xhtml}"


def tree(text: str) -> Any:
    """The parsed page; strict, so that an error in it raises."""
    return html5lib.HTMLParser(strict=True).parse(text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", KINDS)
def test_page_is_well_formed_in_its_language(client: Client, path: str, language: str) -> None:
    response = client.get(f"/{language}/{path}")
    assert response.status_code == 200
    assert response.headers["content-language"] == language
    page = tree(response.text)
    assert page.get("lang") == language
    levels = [
        int(element.tag[-1]) for element in page.iter() if re.fullmatch(rf"{re.escape(XHTML)}h[1-6]", element.tag)
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in page.iter():
        for reference in (element.get("aria-labelledby") or element.get("for") or "").split():
            assert reference in ids


@pytest.mark.parametrize("path", ["", "smtp", "smtp/452", "smtp/4.2.2/mock", "compare/http/507/smtp/452", "concepts"])
def test_alternates_are_complete_and_symmetrical(client: Client, path: str) -> None:
    found = []
    for language in ALL_LANGUAGES:
        text = client.get(f"/{language}/{path}").text
        found.append(dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', text)))
        assert f'<link rel="canonical" href="{client.base_url}/{language}/{path}">' in text
    assert all(alternates == found[0] for alternates in found)
    assert found[0] == {
        **{tag: f"{client.base_url}/{tag}/{path}" for tag in ALL_LANGUAGES},
        "x-default": f"{client.base_url}/{path}",
    }


def test_code_page_has_each_section_of_the_reference_documents(client: Client) -> None:
    text = client.get("/en/smtp/452").text
    for part in (
        "Requested action not taken: insufficient system storage",
        "https://www.rfc-editor.org/rfc/rfc5321.html#section-4.2.3",
        "What it is",
        "When you see it",
        "If you send",
        "If you run the server",
        "claim-specification",
        "claim-registry",
        "claim-vendor",
        "claim-seen-in-practice",
        "/en/number/452",
        "/en/compare/http/507/smtp/452",
        "/en/smtp/452/mock",
        "edit/main/content/codes/smtp/452.md",
    ):
        assert part in text


def test_retry_advice_stands_with_its_source(client: Client) -> None:
    """RFC 5321 §4.5.4.1: at least 30 minutes, 4 to 5 days; RFC 4918 §11.5: not without a separate user action."""
    text = client.get("/en/smtp/452").text
    assert "Wait at least 30 minutes." in text
    assert "#section-4.5.4.1" in text
    text = client.get("/en/http/507").text
    assert "Repeat it only when a person asks for it again." in text
    assert "rfc4918.html#section-11.5" in text


def test_answer_as_sent_is_the_line_of_the_wire(client: Client) -> None:
    """RFC 9112 §4 and RFC 5321 §4.2."""
    assert ">HTTP/1.1 507 Insufficient Storage</code>" in client.get("/en/http/507").text
    assert ">452 4.3.1 Insufficient system storage</code>" in client.get("/en/smtp/452").text


def test_comparison_has_each_section_of_the_reference_document(client: Client) -> None:
    text = client.get("/ja/compare/smtp/214/smtp/452").text
    for part in ("主な違い", "どちらをいつ使うか", "説明", "表示される場面", "送信する側", "共通点"):
        assert part in text
    assert text.count('href="/ja/smtp/214"') > 1


def test_what_people_chose_exists(client: Client, catalogue: Catalogue) -> None:
    curated = Site(Shared(catalogue), "", "").curated
    for identity in (*curated.doors, *curated.shown_pair, *(code for pair in curated.pairs for code in pair)):
        assert catalogue.get(identity) is not None
    home = client.get("/en/").text
    assert all(f'href="/en/{identity}"' in home for identity in curated.doors)


def test_doubtful_codes_are_put_away_and_ranges_shown(client: Client) -> None:
    text = client.get("/en/http").text
    shown, _, hidden = text.partition("<details")
    assert "105-199" in shown
    assert re.search(r'href="/en/http/[^"]+"', hidden)


def test_number_with_several_owners_leads_to_each(client: Client) -> None:
    text = client.get("/en/http/499").text
    assert "/en/http/499-nginx" in text
    assert "/en/http/499-esri" in text


def test_concrete_enhanced_code_names_its_template_and_what_the_class_adds(client: Client) -> None:
    text = client.get("/en/smtp/4.2.2").text
    assert '<a href="/en/smtp/X.2.2" translate="no">X.2.2</a> in class 4' in text
    assert "Persistent Transient Failure" in text


def test_smtp_mock_page_shows_the_dialogue_and_warns_of_the_http_response(client: Client) -> None:
    """The answer of SMTP is a line; RFC 9110 §15 makes a client read an unknown 452 as 400."""
    text = re.sub("<[^>]+>", "", client.get("/en/smtp/452/mock").text)
    assert "RCPT TO:&lt;rcpt452@any.test&gt;" in text
    assert "452 4.3.1 Insufficient system storage" in text
    assert "HTTP/1.1 452 Insufficient Storage" in text
    assert "SMTP never sends this" in text
    assert "curl -i http://127.0.0.1:8081/smtp/452" in text
    assert "swaks --server 127.0.0.1:1025 --to rcpt452@any.test" in text
    assert "rcpt452x2@any.test" in text


def test_enhanced_mock_page_asks_with_both_codes(client: Client) -> None:
    assert "rcpt452_4.2.2x2@any.test" in client.get("/en/smtp/4.2.2/mock").text


def test_mock_page_of_a_reply_to_another_command_records_that_command(client: Client) -> None:
    """214 answers HELP (RFC 5321 §4.3.2)."""
    text = re.sub("<[^>]+>", "", client.get("/en/smtp/214/mock").text)
    assert re.search(r"C: HELP\s+S: 214", text)


def test_recorded_http_response_counts_its_octets(client: Client) -> None:
    text = re.sub("<[^>]+>", "", client.get("/en/http/507/mock").text)
    head, _, body = text.partition("HTTP/1.1 507")[2].partition("\n\n")
    found = re.search(r"Content-Length: (\d+)", head)
    assert found is not None
    json_text = body.partition("\n")[0].replace("&quot;", '"')
    assert int(found[1]) == len(json_text.encode())


def test_judgement_is_called_so(client: Client) -> None:
    assert "our judgement" in client.get("/en/concept/ok").text


def test_comparison_of_the_unrelated_says_so_and_is_not_indexed(client: Client) -> None:
    text = client.get("/en/compare/http/418/smtp/214").text
    assert "have nothing in common" in text
    assert '<meta name="robots" content="noindex">' in text


def test_untranslated_prose_is_marked_and_named(client: Client, tmp_path: Path) -> None:
    """A field without a translation is in English, says so, and carries lang."""
    places = find_places()
    interface = Path("fr", "LC_MESSAGES", "interface.po")
    (tmp_path / interface).parent.mkdir(parents=True)
    shutil.copy(places.locales / interface, tmp_path / interface)
    compile_catalogue(places.content, tmp_path, tmp_path / "catalogue.sqlite")
    bare = Catalogue(tmp_path / "catalogue.sqlite")
    text = make_client(bare).get("/fr/smtp/452").text
    assert "anglais" in text
    assert re.search(r'<div lang="en"><p>', text)
    bare.close()
    assert "anglais" not in client.get("/fr/smtp/452").text


def test_registered_names_are_kept_from_translators(client: Client) -> None:
    text = client.get("/ja/smtp/452").text
    assert '<span class="title" lang="en" translate="no">Insufficient Storage</span>' in text


@pytest.mark.parametrize(
    ("path", "own", "registered"),
    [
        ("smtp/4.XXX.YYY", ("Class", "Classe", "クラス", "클래스"), ""),
        ("http", ("outside 1xx-5xx", "hors de 1xx à 5xx", "1xx〜5xxの範囲外", "1xx~5xx 범위 밖"), "4xx Client Error"),
        ("http/598", ("informal", "usage informel", "慣用", "관행"), "5xx Server Error"),
        ("smtp/101", ("Mail programs", "Programmes de courrier", "メールソフト", "메일 프로그램"), ""),
        (
            "dns",
            ("header RCODE (4 bits)", "RCODE de l’en-tête (4 bits)", "ヘッダーのRCODE(4ビット)", "헤더의 RCODE(4비트)"),
            "",
        ),
        ("mqtt", ("failure (≥0x80)", "échec (≥0x80)", "失敗(≥0x80)", "실패(≥0x80)"), ""),
    ],
)
def test_classes_and_owners_in_words_of_ours_are_translated(
    client: Client, path: str, own: tuple[str, ...], registered: str
) -> None:
    """What a registry or a vendor calls itself stays as it is, and is marked so."""
    for language, words in zip(("en", "fr", "ja", "ko"), own, strict=True):
        page = client.get(f"/{language}/{path}").text
        assert f">{words}</" in page
        assert f'<span lang="en" translate="no">{registered}' in page


def test_every_class_and_owner_of_ours_is_in_the_catalogue(catalogue: Catalogue) -> None:
    """One that is renamed there is renamed here too."""
    codes = [code for protocol in catalogue.protocols for code in catalogue.codes(protocol, hidden=True)]
    assert _OWN_CLASSES.keys() <= {code.class_ for code in codes}
    assert _OWN_OWNERS.keys() <= {code.owner for code in codes}


def test_search_puts_the_exact_number_first_and_suggests_where_nothing_fits(client: Client) -> None:
    text = client.get("/en/search?q=452").text
    first = re.search(r'<ol class="entries entries-tall">\s*<li[^>]*><a href="([^"]+)"', text)
    assert first is not None
    assert first[1].endswith("/452")
    assert "/en/number/452" in text
    assert "/en/smtp/452" in client.get("/en/search?q=4522").text


@pytest.mark.parametrize("query", ["%3Cscript%3E", "%00%ff", "a" * 3000, "%22%27%29%28*", "%F0%9F%98%80", "NEAR(", '"'])
def test_any_query_is_answered(client: Client, query: str) -> None:
    response = client.get(f"/en/search?q={query}")
    assert response.status_code == 200
    assert "<script>" not in response.text
    tree(response.text)


@pytest.mark.parametrize("path", KINDS)
def test_page_for_search_engines_says_what_it_is_about(client: Client, path: str) -> None:
    """A page that may be found has a description of its own, in the page's language."""
    text = client.get(f"/fr/{path}").text
    if NOINDEX not in text:
        found = re.search(r'<meta name="description" content="([^"]+)">', text)
        assert found
        assert len(found[1]) > 10
