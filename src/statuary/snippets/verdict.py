"""Says how far an answer is what its snippet asked for."""

from __future__ import annotations

import json
from typing import NamedTuple

from statuary.snippets.framework import VERDICTS
from statuary.snippets.golden import Recorded
from statuary.snippets.place import Asked

__all__ = ["VERDICTS", "Verdict", "judge"]

_LISTS = frozenset({"Accept-Ranges", "Allow", "Cache-Control", "Connection", "IM", "Upgrade"})
"""Fields that list options: neither their order nor, in these, their case nor further options change what was asked."""


class Verdict(NamedTuple):
    """How far an answer is what was asked for.

    Args:
        word: one of :data:`VERDICTS`.
        happened: what came instead: the other status line or phrase, the header, ``no response``,
            ``hang``, or ``refused``: the framework does not take the snippet.
        notes: everything else that differs, in the same form.
    """

    word: str
    happened: str = ""
    notes: tuple[str, ...] = ()


def judge(asked: Asked, recorded: Recorded) -> Verdict:
    """The gravest of what differs makes the word; the rest stands in the notes.

    Args:
        asked: what the snippet asks for.
        recorded: what came.
    """
    if recorded.status_code != asked.number:
        return Verdict("cannot be sent", recorded.status_line.partition(" ")[2] or _silence(recorded))
    found = [*_transfer(recorded), *_body(asked, recorded), *_headers(asked, recorded)]
    if recorded.reason_phrase != asked.phrase:
        found.append(("other phrase", recorded.reason_phrase))
    if not found:
        return Verdict("as asked")
    found.sort(key=lambda item: -VERDICTS.index(item[0]))
    (word, happened), *rest = found
    return Verdict(word, happened, tuple(f"{kind}: {text}" if text else kind for kind, text in rest))


def _silence(recorded: Recorded) -> str:
    if recorded.keep_alive == "hang":
        return "hang"
    return "no response" if recorded.exit_code is None else "refused"


def _transfer(recorded: Recorded) -> list[tuple[str, str]]:
    """An answer that leaves its client without a definite end is no answer."""
    return [("cannot be sent", recorded.keep_alive)] if recorded.keep_alive in ("hang", "stray octets") else []


def _body(asked: Asked, recorded: Recorded) -> list[tuple[str, str]]:
    if not asked.content:
        return [("other body", recorded.body)] if recorded.octets else []
    if not recorded.octets:
        return [("body dropped", "")]
    try:
        same = json.loads(recorded.body) == asked.content
    except ValueError:
        same = False
    return [] if same else [("other body", recorded.body)]


def _headers(asked: Asked, recorded: Recorded) -> list[tuple[str, str]]:
    found = []
    for name, value in asked.headers.items():
        came = recorded.header(name)
        same = came == value or (name in _LISTS and _options(value) <= _options(came or ""))
        if not same:
            found.append(("other header", f"{name}: {came}" if came is not None else f"no {name}"))
    return found


def _options(value: str) -> set[str]:
    return {option.strip().lower() for option in value.split(",")}
