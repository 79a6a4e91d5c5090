"""The texts that the other site builders are given are those of our pages."""

from __future__ import annotations

from bench.site import as_markdown


def test_page_becomes_markdown() -> None:
    """Headings, paragraphs, lists and code keep their kind; what stands outside of ``main`` does not come along."""
    page = (
        "<header><p>Menu</p></header><main><h1>SMTP <b>452</b></h1><p>No\n room.</p><script>no()</script>"
        "<ul><li>one</li><li>two</li></ul><pre><span>250 OK</span>\n  452</pre></main><footer>End</footer>"
    )
    assert as_markdown(page) == "# SMTP 452\n\nNo room.\n\n- one\n\n- two\n\n```text\n250 OK\n  452\n```\n"


def test_nothing_becomes_nothing() -> None:
    """A page without a main part has no text."""
    assert as_markdown("<p>outside</p>").strip() == ""
