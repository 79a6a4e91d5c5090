"""Translations keep to the agreed words of their language."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.glossary import Agreed, read_agreed, read_readings
from statuary.catalog.lint.glossary import missing_terms
from statuary.errors import ContentError
from tests.catalog.conftest import LOCALES, Copy

FRENCH = Agreed({"reply code": ["code de réponse"], "queue": ["file d’attente"], "policy": ["règle"]}, {})


@pytest.mark.parametrize(
    ("english", "translated", "missing"),
    [
        ("The queue waits.", "La file d’attente patiente.", []),
        ("The queue waits.", "La FILE D'ATTENTE patiente.", []),
        ("The queue waits.", "La queue patiente.", ["queue"]),
        ("Queues wait.", "Les queues patientent.", ["queue"]),
        ("Policies differ.", "Les politiques diffèrent.", ["policy"]),
        ("The code is `queue`.", "Le code est `queue`.", []),
        ("It queued.", "Il attend.", []),
        ("The text “queue full”.", "Le texte « queue full ».", []),
        ("See [it](code:smtp/452).", "Voir [cela](code:smtp/452).", []),
        ("Queue Manager stops.", "Queue Manager s’arrête.", []),
        ("A reply code.", "Un code de réponse.", []),
    ],
)
def test_terms_are_held(english: str, translated: str, missing: list[str]) -> None:
    """As words, in singular and plural, outside code, quotations and names."""
    assert list(missing_terms(english, translated, FRENCH)) == missing


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_texts_can_be_checked(english: str, translated: str) -> None:
    """Nothing is found that the English has not."""
    for term in missing_terms(english, translated, FRENCH):
        assert term[:-1].casefold() in english.casefold()


@pytest.mark.parametrize("language", ["fr", "ja", "ko"])
def test_every_language_holds_its_terms(language: str) -> None:
    """Twenty or more, each with a form; and the real texts keep to them."""
    agreed = read_agreed(LOCALES, language)
    assert len(agreed.forms) >= 20
    assert all(agreed.forms.values())


def test_lint_finds_another_word(small: Copy) -> None:
    """With the text's own line, and the agreed word in the mend."""
    shutil.copytree(LOCALES, small.locales)
    clean = small.problems()
    path = small.locales / "ko" / "LC_MESSAGES" / "smtp.po"
    text = path.read_text(encoding="utf-8")
    assert "대기열" in text
    path.write_text(text.replace("대기열", "줄"), encoding="utf-8")
    found = [item for item in small.problems() if item not in clean and "is not put as agreed" in item.problem]
    assert found
    lines = path.read_text(encoding="utf-8").split("\n")
    for item in found:
        assert item.path == "locales/ko/LC_MESSAGES/smtp.po"
        assert lines[item.line - 1].startswith("msgctxt ")
        assert "대기열" in item.mend


def test_left_over_exceptions_and_broken_files_are_errors(copy: Copy) -> None:
    (copy.locales / "fr").mkdir(parents=True)
    path = copy.locales / "fr" / "glossary.toml"
    path.write_text('[held]\n"queue" = ["file"]\n[excepted]\n"smtp/452#summary" = ["mailbox"]\n', encoding="utf-8")
    assert any("which is not held" in item.problem for item in copy.problems())
    path.write_text('[held]\n"queue" = "file"\n', encoding="utf-8")
    with pytest.raises(ContentError, match="no table of lists"):
        read_agreed(copy.locales, "fr")
    assert any("no table of lists" in item.problem for item in copy.problems())
    assert read_agreed(copy.locales, "xx") == Agreed({}, {})


def test_lint_finds_terms_without_readings(small: Copy) -> None:
    """Every term in Han characters has a reading in kana, and no reading is left over."""
    shutil.copytree(LOCALES, small.locales)
    path = small.locales / "ja" / "glossary.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count('"中継" = ') == 1
    for new, problem in (
        ('"中断" = ', "“中継” has no reading"),
        ('"中継" = "中けい"\n"中断" = ', "“中継” has no reading"),
        ('"中断" = "ちゅうだん"\n"中継" = ', "“中断” has a reading and is no term"),
    ):
        path.write_text(text.replace('"中継" = ', new), encoding="utf-8")
        assert problem in [item.problem for item in small.problems() if item.path == "locales/ja/glossary.toml"]


def test_readings_are_texts(copy: Copy) -> None:
    (copy.locales / "ja").mkdir(parents=True)
    (copy.locales / "ja" / "glossary.toml").write_text('[readings]\n"中継" = ["ちゅうけい"]\n', encoding="utf-8")
    with pytest.raises(ContentError, match="no table of texts"):
        read_readings(copy.locales, "ja")
    assert any("no table of texts" in item.problem for item in copy.problems())
    assert read_readings(copy.locales, "xx") == {}
