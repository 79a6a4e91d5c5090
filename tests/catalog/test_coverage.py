"""Coverage in numbers: a changed English sentence makes exactly its own translations stale."""

from __future__ import annotations

import shutil

from statuary.catalog.coverage import Share, count_shares, english_messages
from statuary.catalog.source import read_content
from statuary.catalog.store import Catalogue
from tests.catalog.conftest import LOCALES, Copy

SENTENCE = "The server has no room now: its storage is short"


def shares(copy: Copy) -> dict[tuple[str, str], Share]:
    """Every share of a copy by language and domain."""
    content = read_content(copy.content)
    tags = [language.tag for language in content.languages]
    found = count_shares(english_messages(content, copy.content), copy.locales, tags)
    return {(share.language, share.domain): share for share in found}


def test_a_changed_sentence_makes_its_translations_stale_and_no_others(copy: Copy) -> None:
    """In each language one more stale text, the changed one; nothing else moves."""
    shutil.copytree(LOCALES, copy.locales)
    before = shares(copy)
    copy.edit("codes/smtp/452.md", SENTENCE, "The server has no room at present: its storage is short")
    after = shares(copy)
    assert before.keys() == after.keys()
    for key, share in after.items():
        old = before[key]
        if key[1] == "smtp":
            assert set(share.stale) - set(old.stale) == {"smtp/452#summary"}, key
            assert share.translated == old.translated - 1
            assert (share.messages, share.missing) == (old.messages, old.missing)
        else:
            assert share == old
    compiled = copy.compile()
    code = compiled.get("smtp/452", "fr")
    assert code is not None
    assert code.prose.fallbacks == {"summary"}
    assert {(share.language, share.domain): share for share in compiled.coverage()} == after
    compiled.close()


def test_fuzzy_counts_as_stale(copy: Copy) -> None:
    """A translator's own mark of doubt too."""
    shutil.copytree(LOCALES, copy.locales)
    before = shares(copy)["fr", "smtp"]
    path = copy.locales / "fr" / "LC_MESSAGES" / "smtp.po"
    text = path.read_text(encoding="utf-8")
    mark = 'msgctxt "smtp/452#summary"'
    assert text.count(mark) == 1
    path.write_text(text.replace(mark, f"#, fuzzy\n{mark}"), encoding="utf-8")
    after = shares(copy)["fr", "smtp"]
    assert after.stale == (*before.stale, "smtp/452#summary")
    assert after.translated == before.translated - 1


def test_numbers_add_up(catalogue: Catalogue) -> None:
    """Of every language and domain; English is complete by itself and not listed."""
    found = catalogue.coverage()
    assert {share.language for share in found} == set(catalogue.languages) - {"en"}
    for share in found:
        data = share.to_dict()
        assert share.messages == share.translated + len(share.stale) + share.missing
        assert 0 <= share.percent <= 100
        assert (share.percent == 100) == (share.translated == share.messages)
        assert data["fuzzy"] == len(share.stale)
    assert {"http", "smtp", "book", "interface"} <= {share.domain for share in catalogue.coverage("fr")}
    assert catalogue.coverage("xx") == []


def test_without_translations_all_is_missing(copy: Copy) -> None:
    found = shares(copy)
    assert found["fr", "smtp"].missing == found["fr", "smtp"].messages > 1000
    assert Share("fr", "none", 0, 0, ()).percent == 100
