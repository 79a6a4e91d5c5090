"""Codes that people take for each other: the sets, and where they show."""

from __future__ import annotations

import pytest

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue, open_catalogue
from statuary.explain.compare import compare
from statuary.explain.pairs import all_mixups, mixup, mixups_of, mixups_with

WANTED = (
    {"http/301", "http/302", "http/307", "http/308"},
    {"http/401", "http/403", "http/407"},
    {"http/409", "http/412", "http/428"},
    {"http/429", "http/503"},
    {"http/413", "http/507"},
    {"http/502", "http/503", "http/504"},
    {"http/422", "http/400"},
    {"http/404", "http/410"},
    {"http/200", "http/204"},
    {"http/303", "http/307"},
    {"http/403", "http/404"},
    {"http/500", "http/503"},
    {"smtp/450", "smtp/451", "smtp/452"},
    {"smtp/452", "smtp/552"},
    {"smtp/550", "smtp/551", "smtp/553", "smtp/554"},
    {"smtp/421", "smtp/451"},
    {"smtp/4.2.2", "smtp/5.2.2"},
    {"smtp/5.1.1", "smtp/5.1.10"},
    {"smtp/450", "smtp/550"},
    {"smtp/5.7.1", "smtp/5.1.1"},
    {"smtp/452", "http/507"},
    {"smtp/421", "http/503"},
    {"smtp/550", "http/404"},
    {"grpc/unavailable", "http/503"},
)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue of this checkout."""
    return open_catalogue()


def get(catalogue: Catalogue, identity: str) -> Code:
    """A code that has to be there."""
    code = catalogue.get(identity)
    assert code is not None, identity
    return code


@pytest.mark.parametrize("codes", WANTED, ids=lambda codes: "-".join(sorted(codes)).replace("/", ""))
def test_set_is_there_with_reasons(catalogue: Catalogue, codes: set[str]) -> None:
    """Each with a reason, and with what to choose each code for."""
    found = [item for item in all_mixups(catalogue) if {code.id for code in item.codes} == codes]
    assert len(found) == 1
    assert len(found[0].why.text) > 100
    assert all(choice.when.text for choice in found[0].choices)
    assert found[0].sources


def test_the_smallest_set_comes_first(catalogue: Catalogue) -> None:
    """303 and 307 stand in a set of their own."""
    first = mixups_of(catalogue, get(catalogue, "http/303"), get(catalogue, "http/307"))[0]
    assert first.id == "http-303-307"
    assert mixups_of(catalogue, get(catalogue, "smtp/214"), get(catalogue, "smtp/452")) == []


def test_comparison_tells_of_the_set(catalogue: Catalogue) -> None:
    """In JSON too; and two codes of a set are never called unrelated."""
    for item in all_mixups(catalogue):
        comparison = compare(catalogue, item.codes[0], item.codes[1])
        assert item in comparison.mixups
        assert not comparison.unrelated
    data = compare(catalogue, get(catalogue, "http/401"), get(catalogue, "http/403")).to_dict()
    assert data["mixups"][0]["choose"].keys() == {"http/401", "http/403", "http/407"}


def test_sets_of_a_code(catalogue: Catalogue) -> None:
    assert {item.id for item in mixups_with(catalogue, get(catalogue, "smtp/451"))} == {
        "smtp-450-451-452",
        "smtp-421-451",
    }
    assert mixup(catalogue, "nothing") is None
