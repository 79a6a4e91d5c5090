"""Brings words to one form, so that ``Boîte`` and ``boite`` meet: no case, no accents on Latin letters.

Marks of other scripts stay: they make other letters there (か and が, 가 and 각).
"""

from __future__ import annotations

import unicodedata

__all__ = ["fold"]

_LATIN = {
    number: base
    for number in range(0xC0, 0x250)
    if (base := unicodedata.normalize("NFD", chr(number))[0]) != chr(number)
} | {ord("œ"): "oe", ord("æ"): "ae", ord("ß"): "ss"}


def fold(text: str) -> str:
    """The text for comparing, not for showing."""
    return unicodedata.normalize("NFC", text).casefold().translate(_LATIN)
