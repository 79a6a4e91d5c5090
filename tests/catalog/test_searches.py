"""Searches as people type them: symptoms, pieces of log lines, slips, letters without accents, words without spaces."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statuary.catalog.alike import MAX_GRAMS, SAME, _sample, alike, grams
from statuary.catalog.lookup import search
from statuary.catalog.query import MAX_QUERY_CHARACTERS
from statuary.catalog.store import Catalogue

SEARCHES = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted(Path(__file__).with_name("searches").glob("*.toml"))
}


def test_there_are_sixty_in_each_language() -> None:
    """Written by people, not derived from the words that the content has."""
    assert SEARCHES.keys() == {"en", "fr", "ja", "ko"}
    assert all(len(searches) >= 60 for searches in SEARCHES.values())


@pytest.mark.parametrize("language", SEARCHES)
def test_search_leads_to_its_code(catalogue: Catalogue, language: str) -> None:
    """One of the codes that a person would want is among the first three."""
    missed = {
        query: found
        for query, wanted in SEARCHES[language].items()
        if not set(found := [code.id for code in search(catalogue, query, language, 3)]) & set(wanted)
    }
    assert missed == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("메일함 꽉 참", "메일함꽉참"),
        ("페이지를 찾을 수 없습니다", "페이지를찾을수없습니다"),
        ("たいむあうと", "タイムアウト"),
        ("サーバエラー", "サーバーエラー"),
        ("Boîte PLEINE", "boite pleine"),
        ("full mailbox", "mailbox full"),
    ],
)
def test_spellings_of_the_same(one: str, other: str) -> None:
    """Spaces in Korean, kana, marks of long vowels, accents, case and the order of words make no difference."""
    assert grams(one) == grams(other) != frozenset()


@pytest.mark.parametrize("language", ["en", "fr", "ja", "ko"])
def test_exact_phrase_is_the_likest(catalogue: Catalogue, language: str) -> None:
    """A symptom as the content has it is found before all else, with all its codes."""
    phrase = {"en": "mail loop", "fr": "boucle de messagerie", "ja": "メールループ", "ko": "메일 루프"}[language]
    found = alike(catalogue, (phrase,), [language])
    assert {each.identity for each in found[:2]} == {"smtp/5.4.6", "smtp/4.4.6"}
    assert found[2].identity == "smtp/554"
    assert found[0].whole >= SAME


def test_protocol_that_is_named_comes_first(catalogue: Catalogue) -> None:
    """Its own code for the symptom stands before the better known one; a word that is both leads to the symptom."""
    assert search(catalogue, "ldap invalid password")[0].protocol == "ldap"
    assert search(catalogue, "FTP 로그인 실패", "ko")[0].id == "ftp/530"
    assert search(catalogue, "dns inverse manquant", "fr")[0].id == "smtp/5.7.25"


def test_number_of_a_system_error_is_no_code(catalogue: Catalogue) -> None:
    """nginx writes ``(111: Connection refused)``: the system's number."""
    found = search(catalogue, "connect() failed (111: Connection refused) while connecting to upstream")
    assert found[0].id == "http/502"
    assert search(catalogue, "111 Connection refused")[0].value == "111"


@given(st.text(max_size=MAX_QUERY_CHARACTERS))
def test_groups_of_any_text(text: str) -> None:
    """Of any text; each is short, and made of letters and digits with the mark of an edge."""
    found = grams(text)
    assert all(1 <= len(gram) <= 3 for gram in found)
    assert not any(gram.isspace() for gram in found)


def test_long_queries_are_looked_up_by_a_part_of_their_groups() -> None:
    """From all of the query, so that its end counts as its beginning does."""
    letters = [chr(ord("a") + number) * 3 for number in range(26)]
    many = grams(" ".join(one + other for one in letters for other in letters[:6]))
    assert len(many) > 2 * MAX_GRAMS
    sample = _sample(many)
    assert MAX_GRAMS // 2 <= len(sample) <= MAX_GRAMS
    assert sample[0][:2] <= "_b"
    assert sample[-1][0] >= "y"
    assert _sample(frozenset({"abc"})) == ["abc"]


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=MAX_QUERY_CHARACTERS), st.sampled_from(["en", "ja"]))
def test_likeness_is_a_share(catalogue: Catalogue, text: str, language: str) -> None:
    """From 0 to 1, however much is asked."""
    for found in alike(catalogue, (text,), [language]):
        assert 0 <= found.whole <= 1
        assert 0 <= found.part <= 1
