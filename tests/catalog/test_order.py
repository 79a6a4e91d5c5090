"""Words in the order of a dictionary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.order import dictionary_order

IN_ORDER = [
    ["DKIM", "null MX", "Problem Details", "アラート", "べき等"],
    ["あい", "アウ", "いあ", "かい", "がいか", "かお"],
    ["きょう", "キョウト", "きよみず", "くつ", "グッズ", "くらす"],
    ["グレーリスティング", "クローズコード", "ゲートウェイ"],
    ["はは", "ばば", "パパ", "はひ"],
    ["ｱﾗｰﾄ", "アラーム", "あらわす"],
    ["ボヴァリー", "ほえ"],
    ["coté", "Défaut", "échec", "file"],
    ["가나", "각", "나"],
]


@pytest.mark.parametrize("words", IN_ORDER)
def test_words_stand_as_in_a_dictionary(words: list[str]) -> None:
    """Kana by their sounds, whatever their script, marks and size; a long vowel as its vowel; Latin letters first."""
    backwards = words[::-1]
    assert sorted(backwards, key=dictionary_order) == words


@given(st.text(max_size=50))
def test_any_text_has_a_place(text: str) -> None:
    """In which each of its letters counts."""
    plain, exact = dictionary_order(text)
    assert len(plain) == len(exact)


@given(st.text(alphabet=[chr(letter) for letter in range(0x3041, 0x3097)], max_size=20))
def test_both_scripts_of_kana_are_one(hiragana: str) -> None:
    katakana = "".join(chr(ord(letter) + 0x60) for letter in hiragana)
    assert dictionary_order(katakana) == dictionary_order(hiragana)
