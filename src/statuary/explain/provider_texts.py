"""Recognises the texts that providers send with a code, though addresses, numbers and tokens in them vary."""

from __future__ import annotations

import re
from functools import lru_cache

from statuary.catalog.model import Code, Seen

__all__ = ["MIN_WORDS", "heard"]

MIN_WORDS = 4
"""How many words in a row, each the same every time, make a text known; fewer are anybody's."""
MAX_KEPT_TEXTS = 1024
"""How many texts of providers are kept in the form in which they are compared."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_VARYING = re.compile(r"\S*[0-9@/<>\[\]…{}=_]\S*|\S*\b[x.]+\.x\S*")


def heard(code: Code, line: str) -> tuple[Seen, ...]:
    """The texts of providers that a line holds, as the catalogue has them for its code.

    Args:
        code: the code that stands in the line.
        line: the line.
    """
    if not code.seen:
        return ()
    words = f" {' '.join(_WORD.findall(line.lower()))} "
    return tuple(
        item for item in code.seen if (runs := _runs(item.text, code)) and all(f" {run} " in words for run in runs)
    )


@lru_cache(maxsize=MAX_KEPT_TEXTS)
def _runs_of(text: str) -> tuple[str, ...]:
    """The rows of words of a text between what varies, the long ones only."""
    rows = [_WORD.findall(piece.lower()) for piece in _VARYING.sub("\n", text).split("\n")]
    return tuple(" ".join(row) for row in rows if len(row) >= MIN_WORDS)


def _runs(text: str, code: Code) -> tuple[str, ...]:
    """The rows of a text; none where it only repeats what the code is called, as any server may."""
    runs = _runs_of(text)
    plain = {" ".join(_WORD.findall(name.lower())) for name in (code.name, code.title, code.answer.text, *code.aliases)}
    return () if len(runs) == 1 and runs[0] in plain else runs
