"""Takes Japanese and Korean queries apart, whose words are not parted by spaces or carry particles."""

from __future__ import annotations

import re

__all__ = ["pieces", "spaced"]

_JAPANESE = re.compile(r"[ァ-ヺー]{2,}|[一-鿿々]+|[ぁ-ゖ]{2,}")
_SEAM = re.compile(r"(?<=[0-9A-Za-z])(?=[ぁ-ゖァ-ヺ一-鿿가-힣])|(?<=[ぁ-ゖァ-ヺー一-鿿々가-힣])(?=[0-9A-Za-z])")
_PARTICLES = re.compile(
    r"^(?:から|まで|すぎ|[がをにはのでともへ])|(?:[がをにはのでともへ]|です|ます|ません|する|した)$"
)
_KOREAN_ENDINGS = re.compile(
    r"(?:으로|에서|까지|에게|이나|합니다|습니다|입니다|했음|됐음|되었음|하지|[이가을를은는에의로와과도음함됨다])$"
)
_COMPOUND = 4
"""Compounds of so many Chinese characters are two words of two each as a rule."""
_LEAST_KOREAN = 2


def spaced(text: str) -> str:
    """A query with spaces where Latin letters and digits touch Japanese or Korean: ``smtp の 452 エラー``.

    Args:
        text: the query, which may be of any script.
    """
    return text if text.isascii() else _SEAM.sub(" ", text)


def pieces(word: str) -> tuple[str, ...]:
    """The parts of a word that texts may hold apart; the word itself where there is nothing to take apart.

    Args:
        word: folded, without spaces.
    """
    if word.isascii():
        return (word,)
    if re.search(r"[가-힣]", word):
        bare = _KOREAN_ENDINGS.sub("", word)
        return (bare if len(bare) >= _LEAST_KOREAN else word,)
    found: list[str] = []
    for run in _JAPANESE.findall(word):
        if "ぁ" <= run[0] <= "ゖ":
            run = _PARTICLES.sub("", run)
            if len(run) < 2:  # an ending of a verb, or a particle
                continue
            found.append(run)
        elif "一" <= run[0] <= "鿿" and len(run) == _COMPOUND:
            found += [run[:2], run[2:]]
        else:
            found.append(run)
    return tuple(found) or (word,)
