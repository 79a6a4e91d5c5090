"""How views name codes and lead from one page to another."""

from __future__ import annotations

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.explain.compare import canonical_order
from statuary.explain.trigger import is_answerable
from statuary.web.site import Visit

__all__ = ["compare_path", "heading", "mock_path", "related_codes"]


def heading(catalogue: Catalogue, code: Code) -> str:
    """Protocol, value and short name: ``SMTP 452 Insufficient Storage``; a name that is the value stands once."""
    words = dict.fromkeys([catalogue.protocols[code.protocol].name, code.value, code.title])
    return " ".join(words)


def mock_path(code: Code) -> str:
    """The path of a code's mock page; empty where no mock can answer with it."""
    return f"{code.id}/mock" if is_answerable(code) else ""


def compare_path(catalogue: Catalogue, left: Code, right: Code) -> str:
    """The path of a comparison, in the one order that is used."""
    first, second = (left, right) if canonical_order(catalogue, left, right) else (right, left)
    return f"compare/{first.id}/{second.id}"


def related_codes(visit: Visit, code: Code) -> list[Code]:
    """The neighbours of a code, without itself and its own template."""
    return [other for other in visit.resolve(code.related) if other.id not in (code.id, code.template)]
