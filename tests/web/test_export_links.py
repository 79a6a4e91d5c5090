"""Links of the served site become relative ones that need no server."""

from __future__ import annotations

import pytest

from statuary.web.export.links import Rewriter, place_of

REWRITER = Rewriter(
    ("en", "fr"), ("", "smtp/452", "http/200/mock", "map", "map/smtp/452/http", "snippets"), ("a.json",)
)


@pytest.mark.parametrize(
    ("folder", "served", "link", "wanted"),
    [
        ("en/smtp/452", "/en/smtp/452", "/fr/smtp/452", "../../../fr/smtp/452/"),
        ("en/smtp/452", "/en/smtp/452", "/en/smtp/452#fix", "./#fix"),
        ("en/smtp/452", "/en/smtp/452", "/en/", "../../"),
        ("en", "/en/", "/a.json", "../a.json"),
        ("en/snippets", "/en/snippets", "http/200/mock#django", "../http/200/mock/#django"),
        ("en/map", "/en/map", "/en/map?code=smtp/452&amp;to=http", "smtp/452/http/"),
        ("en/map", "/en/map", "/en/map?code=452&amp;to=http", "./?code=452&amp;to=http"),
        ("en", "/en/", "#protocols", "#protocols"),
        ("en", "/en/", "https://www.rfc-editor.org/", "https://www.rfc-editor.org/"),
    ],
)
def test_links(folder: str, served: str, link: str, wanted: str) -> None:
    written = REWRITER.rewrite(f'<a href="{link}">', folder, served)
    assert written == (f'<a href="{wanted}">', ())


def test_a_link_to_no_page_is_told() -> None:
    assert REWRITER.rewrite('<a href="/en/nowhere"> <a href="/api/x">', "en").broken == ("/en/nowhere", "/api/x")


def test_questions_become_paths() -> None:
    assert place_of("decide/sender?at=reply,later") == "decide/sender/reply/later"
    assert place_of("smtp/X.2.2") == "smtp/X.2.2"
