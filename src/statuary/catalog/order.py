"""Puts words into the order of a dictionary.

Letters stand in the order of Unicode, whatever their case and accents, which is the order of dictionaries in Latin
script and in Hangul. Kana stand in that of the fifty sounds (JIS X 4061): katakana among hiragana, voiced and small
kana with the plain ones, a long vowel as its vowel. Words in Han characters have no such order: their readings are
compared.
"""

from __future__ import annotations

import unicodedata

from statuary.catalog.fold import fold

__all__ = ["dictionary_order"]

_LONG = "ー"
_VOWELS = dict(zip("AIUEO", "あいうえお", strict=True))
_KATAKANA = {number: number - 0x60 for number in range(0x30A1, 0x30F7)}
_SMALL = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")


def dictionary_order(reading: str) -> tuple[str, str]:
    """What to sort a word by: its plain letters, then, between words alike in them, all that the plain ones leave out.

    Args:
        reading: the word, or how it is read.
    """
    exact = fold(unicodedata.normalize("NFKC", reading)).translate(_KATAKANA)
    plain = ""
    for letter in exact:
        plain += _vowel(plain) or letter if letter == _LONG else _plain(letter)
    return plain, exact


def _plain(letter: str) -> str:
    """A kana without its marks, in full size; every other letter as it is."""
    if not "ぁ" <= letter <= "ゖ":
        return letter
    return unicodedata.normalize("NFD", letter)[0].translate(_SMALL)


def _vowel(text: str) -> str:
    """The vowel of the kana at the end; empty where there is none."""
    name = unicodedata.name(text[-1], "") if text else ""
    return _VOWELS.get(name[-1], "") if name.startswith("HIRAGANA LETTER") else ""
