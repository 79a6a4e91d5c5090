"""What a code is taken for: sets with reasons, the same number, like meaning."""

from __future__ import annotations

import pytest

from statuary.catalog.store import Catalogue, open_catalogue
from statuary.explain.confused import MAX_ALIKE, MAX_SAME_NUMBER, Confusions, confusions_of


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue of this checkout."""
    return open_catalogue()


def confusions(catalogue: Catalogue, identity: str, language: str = "en") -> Confusions:
    """Those of a code that there is."""
    code = catalogue.get(identity, language)
    assert code is not None
    return confusions_of(catalogue, code, language)


def test_a_code_is_told_from_those_it_is_taken_for(catalogue: Catalogue) -> None:
    """452: other temporary replies with a reason, FTP's 452, other codes for short storage."""
    found = confusions(catalogue, "smtp/452")
    in_sets = {choice.code.id: choice.when.text for mixup in found.sets for choice in mixup.choices}
    assert in_sets["smtp/451"]
    assert in_sets["http/507"]
    assert "ftp/452" in [code.id for code in found.same_number]
    assert any(concept["id"] == "insufficient-storage" for concept, _ in found.alike)


def test_no_code_is_named_twice_nor_the_code_itself(catalogue: Catalogue) -> None:
    """What stands in a set is not repeated below it, and no list grows without end."""
    for code in catalogue.codes():
        found = confusions_of(catalogue, code)
        in_sets = {choice.code.id for mixup in found.sets for choice in mixup.choices} - {code.id}
        same = [other.id for other in found.same_number]
        alike = [other.id for _, others in found.alike for other in others]
        others = [*in_sets, *same, *alike]
        assert len(others) == len(set(others)), code.id
        assert code.id not in others
        assert len(same) <= MAX_SAME_NUMBER
        assert all(len(others) <= MAX_ALIKE for _, others in found.alike)


def test_the_number_page_is_offered_where_there_are_more(catalogue: Catalogue) -> None:
    """More codes share a number than a page shows."""
    found = [code for code in catalogue.codes("rtsp") if confusions_of(catalogue, code).more_numbers]
    for code in found:
        assert len(confusions_of(catalogue, code).same_number) == MAX_SAME_NUMBER
    template = confusions(catalogue, "smtp/X.2.2")
    assert template.same_number == ()


def test_reasons_are_in_the_readers_language(catalogue: Catalogue) -> None:
    """Texts of sets are translated as the rest is."""
    found = confusions(catalogue, "smtp/452", "fr")
    assert all(mixup.title.language in ("fr", "en") for mixup in found.sets)
    assert bool(found)
    assert not Confusions((), (), more_numbers=False, alike=())
