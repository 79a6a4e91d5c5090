"""What a person types who has a failure before them: the code is among the first three, in each language."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.lookup import search
from statuary.catalog.segment import pieces, spaced
from statuary.catalog.store import Catalogue
from statuary.catalog.symptoms import read_symptoms
from statuary.errors import ContentError

LANGUAGES = ("en", "fr", "ja", "ko")
ROWS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("symptoms.toml").read_text(encoding="utf-8"))[
    "symptom"
]


def test_there_are_twenty_in_each_language() -> None:
    """The promise of the search: twenty symptoms or more, none twice."""
    for language in LANGUAGES:
        assert len({row[language] for row in ROWS}) == len(ROWS) >= 20


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["en"])
def test_symptom_leads_to_its_code(catalogue: Catalogue, row: dict[str, Any], language: str) -> None:
    found = [code.id for code in search(catalogue, row[language], language, 3)]
    assert set(found) & set(row["wanted"]), f"{row[language]}: {found}"


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("メールボックスがいっぱい", ("メールボックス", "いっぱい")),
        ("容量不足", ("容量", "不足")),
        ("宛先が多すぎる", ("宛先", "多")),
        ("사서함이", ("사서함",)),
        ("로그인에", ("로그인",)),
        ("점검", ("점검",)),
        ("mailbox", ("mailbox",)),
        ("boîte", ("boîte",)),
        ("が", ("が",)),
    ],
)
def test_words_without_spaces_are_taken_apart(word: str, expected: tuple[str, ...]) -> None:
    """By script, and without particles."""
    assert pieces(word) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SMTPの452エラー", "SMTP の 452 エラー"),
        ("TLSハンドシェイク失敗", "TLS ハンドシェイク失敗"),
        ("452오류", "452 오류"),
        ("4.2.2오류가", "4.2.2 오류가"),
        ("boîte pleine 452", "boîte pleine 452"),
        ("mailbox full", "mailbox full"),
    ],
)
def test_numbers_stand_apart_from_scripts_without_spaces(query: str, expected: str) -> None:
    assert spaced(query) == expected


@pytest.mark.parametrize(
    ("query", "language", "wanted"),
    [("SMTPの452エラー", "ja", "smtp/452"), ("SMTP 452오류", "ko", "smtp/452"), ("HTTPの503とは", "ja", "http/503")],
)
def test_number_written_together_with_words_is_found(
    catalogue: Catalogue, query: str, language: str, wanted: str
) -> None:
    assert wanted in [code.id for code in search(catalogue, query, language, 3)]


@given(st.text(min_size=1, max_size=40))
def test_pieces_come_from_the_word(word: str) -> None:
    """Of any text; there is at least one."""
    parts = pieces(word)
    assert parts
    assert all(part in word for part in parts)


def test_words_of_a_language_or_code_that_there_is_not_are_errors(tmp_path: Path) -> None:
    """Each names the line."""
    path = tmp_path / "symptoms.toml"
    path.write_text('[[symptom]]\ncodes = ["smtp/452"]\nxx = ["full"]\n', encoding="utf-8")
    with pytest.raises(ContentError, match=r"symptoms.toml:1:1: xx is no language"):
        read_symptoms(tmp_path, LANGUAGES)
    path.write_text('\n[[symptom]]\ncodes = ["smtp/999"]\nen = ["full"]\n', encoding="utf-8")
    with pytest.raises(ContentError, match=r"symptoms.toml:2:1: no code is known as smtp/999"):
        read_symptoms(tmp_path, LANGUAGES, {"smtp/452"})
    path.write_text('[[symptom]]\ncodes = ["smtp/452"]\nen = "full"\n', encoding="utf-8")
    with pytest.raises(ContentError, match="no list of texts"):
        read_symptoms(tmp_path, LANGUAGES)
