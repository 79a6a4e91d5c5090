"""Finds what is written alike: names and symptoms that share most of a query's letters, in whatever script.

Words of scripts with spaces are cut into groups of three letters, with their edges; of scripts without reliable spaces
every two neighbours count, across spaces. So a misspelt word, another ending and a space left out cost a little and
not everything, and no list of endings is needed.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import NamedTuple

from statuary.catalog.fold import fold
from statuary.catalog.store import LANGUAGE_ROWS, Catalogue

__all__ = [
    "CLOSE",
    "FAINT",
    "MAX_CANDIDATES",
    "MAX_GRAMS",
    "NEAR",
    "SAME",
    "Likeness",
    "alike",
    "fill_phrases",
    "grams",
]

MAX_GRAMS = 60
"""The most groups of letters of a query that are compared."""
MAX_CANDIDATES = 120
"""How many phrases are compared with a query in full: those that share its rarest groups."""
CLOSE = 0.8
"""From here on, of 0 to 1, two texts are the same but for an ending or a slip."""
SAME = 0.95
"""From here on they are the same."""
NEAR = 0.5
"""From here on a text says, among other things, what a phrase says."""
FAINT = 0.35
"""From here on a phrase is worth showing where nothing better is found."""

_SURPLUS = 0.15
"""How much a group that only the query has counts against a phrase: people write whole sentences."""
_LACKING = 0.7
"""How much a group that only the phrase has counts against it."""
_UNKNOWN = 100
"""The weight of a group that no phrase has; of the others, the rarer weighs the more, from 1 on."""
_EDGE = "_"
_DENSE = r"ぁ-ゖァ-ヺ一-鿿々가-힣"
_RUN = re.compile(rf"[{_DENSE}ー]+|[^\W_{_DENSE}ー]+")
_KANA = {number: number + 0x60 for number in range(0x3041, 0x3097)} | {ord("ー"): None}
"""Hiragana as katakana; the mark of a long vowel, which many leave out at the end of a word, goes."""


class Likeness(NamedTuple):
    """How much a code's likest phrase is like a query, each from 0 to 1.

    Args:
        identity: the code.
        whole: how alike both are as a whole.
        part: how much of the phrase the query holds.
        rank: the code's place among those that the phrase leads to.
    """

    identity: str
    whole: float
    part: float
    rank: int


def grams(text: str) -> frozenset[str]:
    """The groups of letters of a text.

    Args:
        text: of any script and case.
    """
    dense = ""
    found: set[str] = set()
    for run in _RUN.findall(fold(text)):
        bare = run.translate(_KANA)
        if not bare:
            continue
        if re.match(rf"[{_DENSE}ー]", run):
            dense += bare
        else:
            edged = f"{_EDGE}{bare}{_EDGE}"
            found.update(edged[start : start + 3] for start in range(len(edged) - 2))
    if len(dense) == 1:
        found.add(dense)
    found.update(dense[start : start + 2] for start in range(len(dense) - 1))
    return frozenset(found)


def alike(catalogue: Catalogue, texts: Iterable[str], languages: Sequence[str]) -> list[Likeness]:
    """Codes with names or symptoms that are like one of some texts, the likest first.

    Args:
        catalogue: where to look.
        texts: a query, perhaps in several forms.
        languages: the tags whose phrases are compared.
    """
    asked = [each for each in dict.fromkeys(map(grams, texts)) if each]
    best: dict[str, Likeness] = {}
    for wanted in asked:
        for language in languages:
            rows = catalogue.near_phrases(_sample(wanted), language, MAX_CANDIDATES)
            phrases = [_weighed(held, weights) for _, _, held, weights in rows]
            known = {gram: weight for phrase in phrases for gram, weight in phrase.items()}
            for (identity, rank, _, _), phrase in zip(rows, phrases, strict=True):
                found = _likeness(identity, rank, {gram: known.get(gram, _UNKNOWN) for gram in wanted}, phrase)
                if identity not in best or _order(found) < _order(best[identity]):
                    best[identity] = found
    return sorted(best.values(), key=_order)


def _sample(wanted: frozenset[str]) -> list[str]:
    """At most so many groups as are looked up, from all parts of a long query."""
    return sorted(wanted)[:: -(-len(wanted) // MAX_GRAMS)]


def _weighed(held: str, weights: str) -> dict[str, int]:
    return dict(zip(held.split(), map(int, weights.split()), strict=True))


def _likeness(identity: str, rank: int, wanted: Mapping[str, int], phrase: Mapping[str, int]) -> Likeness:
    shared = sum(weight for gram, weight in phrase.items() if gram in wanted)
    asked, held = sum(wanted.values()), sum(phrase.values())
    whole = 2 * shared / (asked + held)
    part = shared / (shared + _LACKING * (held - shared) + _SURPLUS * (asked - shared)) if shared else 0.0
    return Likeness(identity, round(whole, 2), round(part, 2), rank)


def _order(found: Likeness) -> tuple[float, int]:
    return (-found.part - found.whole, found.rank)


def fill_phrases(
    connection: sqlite3.Connection,
    symptoms: Mapping[tuple[str, str], Sequence[tuple[int, str]]],
    languages: Sequence[str],
) -> None:
    """Write the phrases that queries are compared with: every code's names, and what people call the failure.

    Args:
        connection: the catalogue that is being compiled.
        symptoms: (identity, language) to phrases, each with the code's place among those it leads to.
        languages: the tags, in the order of the index.
    """
    shown = dict(connection.execute("SELECT id, position FROM code WHERE weight"))
    names = connection.execute("SELECT name, id FROM name JOIN code USING (id) WHERE weight ORDER BY position, rank")
    rows = [(0, identity, 0, name) for name, identity in names]
    rows += [
        (languages.index(language), identity, rank, phrase)
        for (identity, language), phrases in symptoms.items()
        if identity in shown
        for rank, phrase in phrases
    ]
    rows.sort(key=lambda row: (row[0], shown[row[1]]))
    made = [grams(phrase) for *_, phrase in rows]
    common = Counter(gram for each in made for gram in each)
    weights = {
        gram: max(1, round(_UNKNOWN * log(len(rows) / count) / log(len(rows)))) for gram, count in common.items()
    }
    count: dict[int, int] = {}
    for (number, identity, rank, _), each in zip(rows, made, strict=True):
        place = count.get(number, 0)
        count[number] = place + 1
        held = sorted(each)
        connection.execute(
            "INSERT INTO phrase (rowid, id, place, grams, weights) VALUES (?, ?, ?, ?, ?)",
            (
                *(number * LANGUAGE_ROWS + place, identity, rank),
                *(" ".join(held), " ".join(str(weights[gram]) for gram in held)),
            ),
        )
