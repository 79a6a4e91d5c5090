"""Which codes a framework can be asked to answer with."""

from __future__ import annotations

from collections.abc import Iterator

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.snippets.framework import Selection

__all__ = ["answerable", "codes_answered", "why_not_answerable"]


def why_not_answerable(code: Code, selection: Selection) -> str:
    """Why there are no snippets for a code, as a word; empty where there are.

    Args:
        code: the code.
        selection: what ``snippets.toml`` says.

    Returns:
        ``other-protocol`` (not among those whose codes are shown as HTTP answers), ``not-a-code`` (a range, class or
        template), ``log-only``, ``client-side``, or ``interim``: a 1xx response is followed by a final one
        (RFC 9110 §15.2), so that a handler which returns it as its answer leaves the client waiting.
    """
    if code.protocol != "http":
        return "" if code.id in selection.as_http else "other-protocol"
    if code.kind != "code":
        return "not-a-code"
    if code.wire != "sent":
        return code.wire
    return "interim" if code.class_.startswith("1") else ""


def answerable(code: Code, selection: Selection) -> bool:
    """Whether there are snippets for a code."""
    return not why_not_answerable(code, selection)


def codes_answered(catalogue: Catalogue, selection: Selection) -> Iterator[Code]:
    """Every code that has snippets: HTTP first, each protocol in the order of its registry."""
    for protocol in ("http", *sorted({identity.partition("/")[0] for identity in selection.as_http})):
        for code in catalogue.codes(protocol, hidden=True):
            if answerable(code, selection):
                yield code
