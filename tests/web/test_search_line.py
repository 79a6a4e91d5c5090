"""The search page, when a whole line of a log was pasted: its codes first, with what said so."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from statuary.explain.reference import MAX_ASKED_CHARACTERS
from tests.web.client import LANGUAGES, Client

LINE = (
    "Nov 21 09:00:00 mx postfix/smtp[2101]: 4ABCDE0001: to=<emil@example.org>, relay=g.test[192.0.2.25]:25, dsn=4.2.2, "
    "status=deferred (host g.test[192.0.2.25] said: 452 4.2.2 The recipient's inbox is out of storage space. Please "
    "direct the recipient to https://g.test/ d1 (in reply to RCPT TO command))"
)


def shown(client: Client, line: str, language: str = "en") -> str:
    """The page for a line."""
    response = client.get(f"/{language}/search?q={quote(line)}")
    assert response.status_code == 200
    text: str = response.text
    return text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_of_a_log_is_explained(client: Client, language: str) -> None:
    """Reply and enhanced code, the part of the line, the provider with its source; nothing is said to be missing."""
    text = shown(client, LINE, language)
    found = text[text.index('id="in-line"') :]
    assert re.findall(r'<li class="class-4"><a href="([^"]+)"', found) == [
        f"/{language}/smtp/452",
        f"/{language}/smtp/4.2.2",
    ]
    assert ">said: 452 4.2.2</code>" in found
    assert re.search(r'<a href="https://[^"]+" lang="en" translate="no">Gmail</a>', found)
    assert shown(client, "nothing of this kind 443", language).count('id="in-line"') == 0
    assert ("Said by: " in found) is (language == "en")
    assert ("Dit par\u00a0: " in found) is (language == "fr")


def test_what_is_a_code_by_itself_is_searched_for(client: Client) -> None:
    """A number, a name, or a reply with its own words keeps its results."""
    for query in ("452", "404 Not Found", "452 4.2.2", "mailbox full"):
        assert 'id="in-line"' not in shown(client, query)


def test_a_pasted_line_does_no_harm(client: Client) -> None:
    """Markup in a line stays text, and what is longer than the limit is cut off."""
    text = shown(client, 'status=sent (250 2.0.0 <script>alert(1)</script>) "><b>')
    assert "<script>alert(1)" not in text
    assert '"><b>' not in text
    assert 'id="in-line"' not in shown(client, "x" * MAX_ASKED_CHARACTERS + " SIP/2.0 486 Busy Here")
    assert f'maxlength="{MAX_ASKED_CHARACTERS}"' in client.get("/en/").text
    assert f'maxlength="{MAX_ASKED_CHARACTERS}"' in text


def test_a_code_of_one_sentence_has_no_empty_paragraph(client: Client) -> None:
    """What is not known of it is not said."""
    text = shown(client, "v:1 t:ACK c:4.04 i:1b2c {01} [ ]")
    found = text[text.index('id="in-line"') :].partition("</section>")[0]
    assert "/en/coap/4.04" in found
    assert "specification says" not in found
    assert not re.search(r"<p>\s*</p>", found)
