"""Translations: sentence by sentence, stale as soon as the English changes, checked for what must stay as it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from statuary.catalog.lint.translations import check_translations
from statuary.catalog.messages import (
    Message,
    code_messages,
    compile_interface,
    prose_messages,
    read_translations,
    update_catalogue,
)
from statuary.catalog.source import read_content
from statuary.catalog.store import Catalogue
from statuary.errors import ContentError
from tests.catalog.conftest import LOCALES, Copy

LANGUAGES = ("fr", "ja", "ko")


@pytest.fixture
def translated(copy: Copy) -> Copy:
    """All content with its real translations."""
    shutil.copytree(LOCALES, copy.locales)
    return copy


def missing(catalogue: Catalogue) -> set[tuple[str, str, str]]:
    """Every field that is still in English: language, identity, field."""
    return {
        (language, code.id, field)
        for language in LANGUAGES
        for code in catalogue.codes(hidden=True, language=language)
        for field in code.prose.fallbacks
    }


def test_a_changed_sentence_makes_exactly_its_own_translations_stale(translated: Copy) -> None:
    """The other sentences of the same code, and all other codes, stay translated."""
    before = translated.compile()
    old = before.get("smtp/452")
    assert old is not None
    was_missing = missing(before)
    before.close()
    translated.edit("codes/smtp/452.md", "The failure is temporary.", "The failure does not last.")
    after = translated.compile()
    now_missing = missing(after)
    assert now_missing - was_missing == {(language, "smtp/452", "summary") for language in LANGUAGES}
    assert was_missing <= now_missing
    code = after.get("smtp/452", "ja")
    assert code is not None
    assert code.summary.endswith("The failure does not last.")
    assert code.prose.texts["description"] != old.prose.texts["description"]
    after.close()


def test_a_template_is_translated_once_for_all_classes(translated: Copy) -> None:
    """4.2.2 and 5.2.2 take the sentences of X.2.2."""
    catalogue = translated.compile()
    concrete = [catalogue.get(f"smtp/{value}", "ko") for value in ("X.2.2", "4.2.2", "5.2.2")]
    assert len({code.summary for code in concrete if code is not None}) == 1
    assert not any("summary" in code.prose.fallbacks for code in concrete if code is not None)
    english = catalogue.get("smtp/4.2.2")
    assert english is not None
    assert english.summary not in {code.summary for code in concrete if code is not None}
    catalogue.close()


def test_facts_are_no_messages(translated: Copy) -> None:
    """Names, reply texts and fenced blocks go on the wire: no translator meets them (DESIGN.md section 1)."""
    content = read_content(translated.content)
    contexts = [message.context for message in prose_messages(content.files)]
    assert len(contexts) == len(set(contexts))
    fields = {context.partition("#")[2].partition(".")[0] for context in contexts}
    assert fields == {"summary", "description", "when", "fix_sender", "fix_operator", "example", "claims"}
    for file in content.files:
        texts = [message.text for message in code_messages(file.code)]
        assert not any(example.text in text for example in file.code.examples for text in texts)


MESSAGES = [Message("smtp/452#summary", "No room."), Message("smtp/452#when", "At `RCPT`.")]


def entries(path: Path) -> Iterator[tuple[str, str, bool]]:
    """Context, translation and whether it is fuzzy, of every message in a PO file."""
    with path.open("rb") as file:
        for message in read_po(file):
            if message.id:
                yield message.context or "", str(message.string), message.fuzzy


def translate(path: Path, translations: dict[str, str], fuzzy: tuple[str, ...] = ()) -> None:
    """Write translations into a PO file, as a translator's tool does."""
    with path.open("rb") as file:
        catalogue: Catalog = read_po(file, locale="fr")
    for message in catalogue:
        if message.context in translations:
            message.string = translations[message.context]
            if message.context in fuzzy:
                message.flags.add("fuzzy")
    with path.open("wb") as output:
        write_po(output, catalogue)


def test_update_marks_changed_sentences_and_keeps_the_rest(tmp_path: Path) -> None:
    """A changed English sentence keeps its former translation as a fuzzy one; what is gone goes."""
    path = update_catalogue(tmp_path, "fr", "smtp", MESSAGES)
    translate(path, {"smtp/452#summary": "Plus de place.", "smtp/452#when": "À `RCPT`."})
    changed = [Message("smtp/452#summary", "No room now."), MESSAGES[1], Message("smtp/452#example", "New.")]
    update_catalogue(tmp_path, "fr", "smtp", changed)
    assert list(entries(path)) == [
        ("smtp/452#summary", "Plus de place.", True),
        ("smtp/452#when", "À `RCPT`.", False),
        ("smtp/452#example", "", False),
    ]
    assert read_translations(tmp_path, "fr", "smtp") == {("smtp/452#when", "At `RCPT`."): "À `RCPT`."}
    update_catalogue(tmp_path, "fr", "smtp", changed[:2])
    assert [context for context, _, _ in entries(path)] == ["smtp/452#summary", "smtp/452#when"]
    assert next(entries(path))[2], "a second run must not take the mark away"


def test_update_is_the_same_at_every_run(tmp_path: Path) -> None:
    """Only translations make a difference in a PO file, no date and no name."""
    path = update_catalogue(tmp_path, "fr", "smtp", MESSAGES)
    translate(path, {"smtp/452#summary": "Plus de place."})
    update_catalogue(tmp_path, "fr", "smtp", MESSAGES)
    first = path.read_bytes()
    update_catalogue(tmp_path, "fr", "smtp", MESSAGES)
    assert path.read_bytes() == first


def test_fuzzy_and_empty_translations_are_not_used(tmp_path: Path) -> None:
    """A fuzzy translation says something else; an empty one nothing."""
    path = update_catalogue(tmp_path, "fr", "smtp", MESSAGES)
    translate(path, {"smtp/452#summary": "Autre chose.", "smtp/452#when": ""}, ("smtp/452#summary",))
    assert read_translations(tmp_path, "fr", "smtp") == {}


@pytest.mark.parametrize(
    ("language", "wrong", "mend"),
    [
        ("fr", "Plein ; réessayez plus tard.", "U+202F"),
        ("fr", "Plein; réessayez plus tard.", "U+202F"),
        ("fr", "Plein : réessayez plus tard.", "U+00A0 before a colon"),
        ("fr", "Le serveur dit « non ».", "« »"),
        ("fr", "Le serveur n'a pas de place.", "’"),
        ("ja", "空きがありません（一時エラー）。", "as wide as Latin letters"),
        ("ja", "空きが ありません。", "no space"),
        ("ko", '공간이 없어 "거절"합니다.', "“ ”"),
    ],
)
def test_typography_of_each_language(translated: Copy, language: str, wrong: str, mend: str) -> None:
    """Spaces, quotation marks and brackets as the language has them; what is code is left alone."""
    path = translated.locales / language / "LC_MESSAGES" / "smtp.po"
    translate(path, {"smtp/452#summary": f"`HELO ; \"(no) : said'` {wrong}"})
    content = read_content(translated.content)
    said = [str(error) for error in check_translations(content, translated.locales) if "backticks:" not in str(error)]
    assert len([each for each in said if "in its prose" in each]) == 1
    assert mend in "".join(said)
    assert f"locales/{language}/LC_MESSAGES/smtp.po:" in "".join(said)


def test_a_broken_po_file_is_located(translated: Copy) -> None:
    """A PO file that cannot be read is an error with its line, and leaves no traceback."""
    path = translated.locales / "fr" / "LC_MESSAGES" / "smtp.po"
    lines = path.read_text(encoding="utf-8").split("\n")
    place = next(number for number, line in enumerate(lines) if line.startswith("msgid ") and number > 20)
    lines.insert(place, "<<<<<<< HEAD")
    path.write_text("\n".join(lines), encoding="utf-8")
    found = [problem for problem in translated.problems() if problem.path == "locales/fr/LC_MESSAGES/smtp.po"]
    assert len(found) == 1
    assert abs(found[0].line - (place + 1)) <= 1
    with pytest.raises(ContentError, match="not a PO file"):
        translated.compile()


@pytest.mark.parametrize(
    ("translation", "problem"),
    [
        ("À `DATA`.", "other code in backticks than the English: missing ['RCPT'], added ['DATA']"),
        ("À `RCPT`, [voir](code:smtp/250).", "other links than the English"),
        ("À `RCPT`.", ""),
    ],
)
def test_wire_text_stays_as_it_is(small: Copy, translation: str, problem: str) -> None:
    """What stands in backticks goes on the wire, so a translation keeps it; links lead to the same codes."""
    content = read_content(small.content)
    smtp = [file for file in content.files if file.code.protocol == "smtp"]
    line = "At `RCPT`."
    small.edit("codes/smtp/452.md", next(iter(smtp[0].code.prose.texts["when"].split("\n"))), line)
    messages = list(prose_messages(file for file in read_content(small.content).files if file.code.protocol == "smtp"))
    path = update_catalogue(small.locales, "fr", "smtp", messages)
    translate(path, {"smtp/452#when": translation})
    found = [error for error in small.problems() if error.path.startswith("locales/")]
    assert len(found) == bool(problem)
    for error in found:
        assert problem in error.problem
        assert path.read_text("utf-8").split("\n")[error.line - 1] == 'msgctxt "smtp/452#when"'
        assert error.mend


def test_interface_without_a_file_is_empty(tmp_path: Path) -> None:
    """A language may have no interface yet."""
    assert compile_interface(tmp_path, "fr") == b""
    assert read_translations(tmp_path, "fr", "interface") == {}
