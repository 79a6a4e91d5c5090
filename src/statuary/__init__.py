"""Every status, reply and close code of the internet's protocols.

>>> import statuary
>>> statuary.lookup("smtp/452").title
'Insufficient Storage'
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from statuary._version import __version__
from statuary.catalog import lookup as _lookup
from statuary.catalog.model import Answer, Claim, Code, Example, Prose, Retry, Spec
from statuary.catalog.store import Catalogue, open_catalogue
from statuary.errors import CodeNotFound, ScriptError, SeveralOwners, StatuaryError

if TYPE_CHECKING:
    from statuary.explain.compare import Comparison
    from statuary.testing import http, smtp

__all__ = [
    "Answer",
    "Catalogue",
    "Claim",
    "Code",
    "CodeNotFound",
    "Comparison",
    "Example",
    "Prose",
    "Retry",
    "ScriptError",
    "SeveralOwners",
    "Spec",
    "StatuaryError",
    "__version__",
    "compare",
    "find",
    "http",
    "lookup",
    "search",
    "smtp",
]


def __getattr__(name: str) -> object:
    """Names that a look-up does not need are imported when they are asked for."""
    if name == "Comparison":
        from statuary.explain.compare import Comparison

        return Comparison
    if name in ("http", "smtp"):
        from statuary import testing

        return getattr(testing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _catalogue() -> Catalogue:
    return open_catalogue()


def lookup(query: str, language: str = "en") -> Code:
    """The one code that a query names.

    Args:
        query: an identity (``smtp/452``), an enhanced code (``4.2.2``), a number or a name.
        language: the tag of the prose: ``en``, ``fr``, ``ja`` or ``ko``.

    Raises:
        CodeNotFound: there is none; ``suggestions`` holds what was probably meant.
        SeveralOwners: there are several, as with ``452`` or ``http/499``; ``identities`` holds them.
    """
    return _lookup.lookup(_catalogue(), query, language)


def find(query: str, language: str = "en") -> list[Code]:
    """Every code that a query names: all protocols' 452, all owners' ``http/499``; empty where there is none.

    Args:
        query: an identity, a number or a name.
        language: the tag of the prose.
    """
    return _lookup.find(_catalogue(), query, language)


def search(query: str, language: str = "en", limit: int = 20) -> list[Code]:
    """Codes that fit a query in words, best first.

    Args:
        query: a number, a name or a symptom such as ``mailbox full``.
        language: the tag of the prose, which is searched beside the English.
        limit: at most so many.
    """
    return _lookup.search(_catalogue(), query, language, limit)


def compare(left: str, right: str, language: str = "en") -> Comparison:
    """What two codes have in common and in what they differ: class, who acts, retry, stages, what it means.

    Args:
        left: what names the one code, as for :func:`lookup`.
        right: what names the other.
        language: the tag of their prose.

    Raises:
        CodeNotFound: one of them names no code.
        SeveralOwners: one of them names several.
    """
    from statuary.explain.compare import compare as compare_codes

    return compare_codes(_catalogue(), lookup(left, language), lookup(right, language))
