"""Rendering: Markdown, examples, octets, the cache, static files and headers."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.store import Catalogue
from statuary.serve.journal import Exchange
from statuary.serve.mailbox import Message
from statuary.web import markdown
from statuary.web.highlight import MAX_VISIBLE_OCTETS, example, visible
from statuary.web.render import PageCache, code_class
from statuary.web.views import home
from tests.web.client import Client


def plain(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", markup))


def test_links_between_codes_stay_in_the_language() -> None:
    assert 'href="/ja/http/503"' in markdown.block("See [503](code:http/503).", "ja")


def test_citations_lead_to_the_section() -> None:
    text = markdown.inline("Twice (RFC 5321 §4.5.3.1.8) and `RFC 5321 §1`.", "en")
    assert 'href="https://www.rfc-editor.org/rfc/rfc5321.html#section-4.5.3.1.8"' in text
    assert "<code>RFC 5321 §1</code>" in text


def test_references_lead_to_each_document() -> None:
    text = markdown.citations("RFC 9110 §15.5 (class); §15.5.3 <says> nothing; IANA smtp-enhanced-status-codes, X.2.2")
    assert 'href="https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5">RFC 9110 §15.5</a> (class)' in text
    assert 'href="https://www.iana.org/assignments/smtp-enhanced-status-codes/"' in text
    assert "&lt;says&gt;" in text


@pytest.mark.parametrize("text", ["<script>x</script>", "[x](javascript:alert(1))", "![x](https://evil.example/x.png)"])
def test_markdown_lets_no_markup_through(text: str) -> None:
    rendered = markdown.block(text, "en")
    assert not re.search(r"<script|<img|href=\"javascript", rendered)


@given(st.text())
def test_any_example_is_shown_whole(text: str) -> None:
    for kind in ("http", "smtp", "log"):
        assert "<script" not in example(kind, text)
    assert plain(example("log", text)) == text


def test_dialogue_has_its_sides() -> None:
    shown = example("smtp", "C: MAIL FROM:<a@b.test>\nS: 250 2.1.0 OK\nC:\nodd")
    assert shown.count('class="line client"') == 2
    assert shown.count('class="line server"') == 1
    assert '<span class="t-mf">2.1.0</span>' in shown


@given(st.binary(max_size=300))
def test_octets_are_shown_each(data: bytes) -> None:
    shown = visible(data)
    assert "\r" not in shown
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", shown)
    assert len(plain(shown).encode()) >= len(data)


def test_long_octets_are_cut_and_say_so() -> None:
    assert visible(b"a" * (MAX_VISIBLE_OCTETS + 5)).endswith("… +5</i>")


def test_invisible_octets_have_marks() -> None:
    assert plain(visible(b"a\r\n\x00\x1b\xe9<")) == "a\\r\\n\n\\0\\x1b\\xe9<"


def test_text_in_octets_is_read_as_it_is_written() -> None:
    """RFC 3629: UTF-8 as its characters; what turns the direction of reading, and what is no UTF-8, has a mark."""
    assert plain(visible("メールé".encode() + b"\xe3\x83" + "\u202eexe\u0085".encode())) == (
        "メールé\\xe3\\x83U+202EexeU+0085"
    )


@pytest.mark.parametrize("most", [6, 7, 8])
def test_a_character_is_not_cut(most: int) -> None:
    assert plain(visible("メール".encode(), most)) == "メー… +3"


def test_cache_is_bounded_by_octets() -> None:
    cache = PageCache(max_octets=10)
    cache.put("a", b"12345")
    cache.put("b", b"12345")
    assert cache.get("a") == b"12345"
    cache.put("c", b"1")
    assert cache.get("b") is None
    assert cache.get("a") == b"12345"
    cache.put("a", b"1")
    assert cache.octets == 2


@pytest.mark.parametrize(
    ("identity", "mark"),
    [("smtp/452", "4"), ("smtp/5.2.2", "5"), ("smtp/X.2.2", "x"), ("http/105-199", "1"), ("ftp/10054", "x")],
)
def test_marks_of_classes(catalogue: Catalogue, identity: str, mark: str) -> None:
    code = catalogue.get(identity)
    assert code is not None
    assert code_class(code) == mark


@pytest.mark.parametrize("path", ["/en/smtp/452", "/en/nope", "/", "/api/journal", "/static/site.css", "/api/nope"])
def test_every_response_is_safe(client: Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_page_holds_nothing_inline_and_nothing_foreign(client: Client) -> None:
    for path in ("/en/smtp/452", "/en/journal", "/en/"):
        text = client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=\"/static/)", text)
        assert not re.search(r"(?:src|<link[^>]*rel=\"(?:stylesheet|icon)\"[^>]*href)=\"https?:", text)


def test_second_rendering_comes_from_the_cache(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/en/smtp/452").content
    monkeypatch.setattr(client.shared.catalogue, "get", None)
    assert client.get("/en/smtp/452").content == first


def test_journal_page_shows_octets_and_mail_escaped(client: Client) -> None:
    client.shared.journal.add(Exchange(0.0, "smtp", 1, "127.0.0.1:5", "data", b"<b>\x00\r\n", b"250 OK\r\n", "250"))
    client.shared.mailbox.add(Message(0.0, 1, "a@b.test", ("c@d.test",), b"<script>alert(1)</script>\r\n"))
    assert "&lt;b&gt;" in client.get("/en/journal").text
    text = client.get("/en/journal/message/1").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert client.get("/en/journal").headers["cache-control"] == "no-store"


def test_static_files_are_kept_by_their_version(client: Client) -> None:
    found = re.search(r'href="(/static/site\.css\?v=\w+)"', client.get("/en/").text)
    assert found is not None
    response = client.get(found[1])
    assert "immutable" in response.headers["cache-control"]
    tag = response.headers["etag"]
    assert client.get("/static/site.css", {"If-None-Match": tag}).status_code == 304
    assert client.get("/static/site.css?v=old").headers["cache-control"] == "no-cache"
    assert client.get("/static/nope.css").status_code == 404


def test_fault_of_ours_is_a_page_without_its_cause(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(home, "compare", broken)
    response = client.get("/en/")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
