"""Text of strangers as people can read it: what cannot be seen, or turns the direction of reading, gets a mark."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

__all__ = ["INVISIBLE", "legible", "pieces"]

MAX_LEGIBLE_CHARACTERS = 100_000
"""How many characters of a text a page shows."""

INVISIBLE = (
    r"\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e0fff"
)
"""Characters beyond those of ASCII that cannot be seen, or that turn the direction of reading, within a class."""
_HIDDEN = re.compile(rf"[\x00-\x08\x0b-\x1f{INVISIBLE}]")
_EDGE = re.compile(r"\r\n?|\n")


def legible(text: str, most: int = MAX_LEGIBLE_CHARACTERS) -> Markup:
    """A text with marks for the characters that cannot be seen, such as those that turn the direction of reading.

    Args:
        text: the text.
        most: how many characters of it are shown; a mark says how many are not.
    """
    shown = _HIDDEN.sub(_mark, str(escape(_EDGE.sub("\n", text[:most]))))
    if len(text) > most:
        shown += f'<i class="octet">… +{len(text) - most}</i>'
    return Markup(shown)  # noqa: S704 - escaped above


def _mark(match: re.Match[str]) -> str:
    return f'<i class="octet">U+{ord(match[0]):04X}</i>'


def pieces(size: int, length: int, start: int) -> tuple[int, int | None, int | None]:
    """Where a piece of something long begins, and the pieces before and after it.

    Args:
        size: how long all of it is.
        length: how long a piece is.
        start: where a reader wants to begin; what lies outside becomes the nearest piece.

    Returns:
        The beginning of this piece, that of the one before and that of the one after; None where there is none.
    """
    first = min(max(start, 0), max(size - 1, 0)) // length * length
    return first, first - length if first else None, first + length if first + length < size else None
