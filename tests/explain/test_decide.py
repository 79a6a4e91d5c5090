"""Decision trees: every code that should be reached is, every way ends, none goes in a circle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.store import Catalogue, open_catalogue
from statuary.errors import CodeNotFound
from statuary.explain.decide import MAX_STEPS, Tree, all_trees, to_dict, tree

TREES = ("http-api", "smtp-server", "sender")
NOT_FOR_APIS = {f"http/{number}" for number in (100, 102, 103, 104, 208, 226, 305, 306, 418, 506, 510)}
"""Status codes that no API decides on: interim ones, withdrawn ones, and those of extensions that are hardly used."""
NOT_FOR_SERVERS = {"smtp/101", "smtp/111", "smtp/211", "smtp/253", "smtp/422", "smtp/458", "smtp/459", "smtp/453"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue of this checkout."""
    return open_catalogue()


def get(catalogue: Catalogue, identity: str) -> Tree:
    """A tree that has to be there."""
    found = tree(catalogue, identity)
    assert found is not None
    return found


def test_the_trees(catalogue: Catalogue) -> None:
    assert tuple(found.id for found in all_trees(catalogue)) == TREES
    assert tree(catalogue, "nothing") is None


@pytest.mark.parametrize("identity", TREES)
def test_every_way_ends_with_codes_and_a_reason(catalogue: Catalogue, identity: str) -> None:
    """And after few questions; each end is met."""
    found = get(catalogue, identity)
    ends = list(found.ends())
    results = {state.result.id for state in ends if state.result is not None}
    assert len(ends) >= len(results) >= 30
    for state in ends:
        assert state.result is not None
        assert state.result.codes, state.answers
        assert state.result.text.text
        assert len(state.steps) <= 6
    assert {code.id for state in ends if state.result for code in state.result.codes} == found.codes


def test_every_status_code_for_an_api_is_reached(catalogue: Catalogue) -> None:
    """Registered ones that are sent, but for those that no API decides on."""
    wanted = {
        code.id
        for code in catalogue.codes("http")
        if code.kind == "code" and code.status == "registered" and code.wire == "sent"
    }
    assert wanted - NOT_FOR_APIS == get(catalogue, "http-api").codes


def test_every_reply_code_of_the_standard_is_reached(catalogue: Catalogue) -> None:
    """Those that RFC 5321, 4954 and 7504 define for what a server decides."""
    wanted = {
        code.id
        for code in catalogue.codes("smtp")
        if code.kind == "code"
        and not code.template
        and code.status == "registered"
        and any(spec.document in ("RFC 5321", "RFC 4954", "RFC 7504") for spec in code.specs)
    }
    missing = wanted - get(catalogue, "smtp-server").codes - NOT_FOR_SERVERS
    assert missing == set()


def test_senders_learn_of_every_common_refusal(catalogue: Catalogue) -> None:
    reached = get(catalogue, "sender").codes
    for identity in ("smtp/421", "smtp/450", "smtp/451", "smtp/452", "smtp/550", "smtp/552", "smtp/554", "smtp/535"):
        assert identity in reached
    for identity in ("http/401", "http/403", "http/404", "http/409", "http/429", "http/500", "http/503", "http/507"):
        assert identity in reached
    for identity in ("http/202", "http/207", "http/428", "http/423", "http/511"):
        assert identity in reached


@pytest.mark.parametrize(
    ("answers", "result", "code"),
    [
        (["http", "2"], "r-h2", "http/202"),
        (["http", "4", "408"], "r-408", "http/421"),
        (["http", "4", "409"], "r-409", "http/428"),
        (["http", "4", "other"], "r-h4", "http/423"),
        (["http", "5", "yes", "network"], "r-h511", "http/511"),
    ],
)
def test_what_may_be_repeated_is_not_called_hopeless(
    catalogue: Catalogue, answers: list[str], result: str, code: str
) -> None:
    """421 on another connection (RFC 9110 §15.5.20), 423 after the lock (RFC 4918 §11.3), 202 is not yet done."""
    found = get(catalogue, "sender").walk(answers).result
    assert found is not None
    assert found.id == result
    assert code in {each.id for each in found.codes}


def test_answers_by_name_and_by_number(catalogue: Catalogue) -> None:
    found = get(catalogue, "http-api")
    assert found.walk(["client", "state", "server"]).result == found.walk(["4", "5", "3"]).result
    state = found.walk(["client"])
    assert state.question is not None
    assert state.question.id == "refused"
    assert state.answers == ("client",)
    assert to_dict(found, state)["result"] is None


def test_wrong_answers_name_the_right_ones(catalogue: Catalogue) -> None:
    """Also too many answers, and numbers that are none."""
    found = get(catalogue, "http-api")
    with pytest.raises(CodeNotFound) as raised:
        found.walk(["client", "nonsense"])
    assert raised.value.query == "nonsense"
    assert "who" in raised.value.suggestions
    with pytest.raises(CodeNotFound):
        found.walk(["later", "more"])
    with pytest.raises(CodeNotFound):
        found.walk(["0"])


@given(st.lists(st.text(max_size=12), max_size=MAX_STEPS + 5))
def test_any_answers_lead_somewhere_or_are_refused(answers: list[str]) -> None:
    """Nothing else happens."""
    catalogue = open_catalogue()
    try:
        state = get(catalogue, "sender").walk(answers)
    except CodeNotFound:
        return
    finally:
        catalogue.close()
    assert (state.question is None) != (state.result is None)
