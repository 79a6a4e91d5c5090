"""Questions to the catalogue: answers as plain data, and errors in the one shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from statuary.catalog.store import open_catalogue
from statuary.errors import ScriptError, StatuaryError
from statuary.explain.reference import NoSuchAnswer, NoSuchEntry, Reference, fault

REFERENCE = Reference(open_catalogue())


def test_hidden_codes_show_only_where_there_are_no_others() -> None:
    """As on the command line."""
    for number in ("452", "430"):
        codes = REFERENCE.look_up(number)["codes"]
        assert not any(code["hidden"] for code in codes) or all(code["hidden"] for code in codes)


def test_an_identity_of_another_protocol_is_not_found() -> None:
    """A name that only another protocol has leads there by a suggestion, not by itself."""
    assert REFERENCE.code("smtp", "452")["id"] == "smtp/452"
    with pytest.raises(StatuaryError) as missing:
        REFERENCE.code("dns", "Mailbox full")
    shaped = fault(missing.value)
    assert shaped is not None
    assert shaped["error"] == "code_not_found"


def test_a_map_reads_a_number_as_that_of_another_protocol() -> None:
    """A code that is to be answered in SMTP did not come from there, where another protocol has it."""
    assert REFERENCE.map("555", "sip")["from"] == "smtp/555"
    assert REFERENCE.map("555", "smtp")["from"] == "sip/555"


@pytest.mark.parametrize(
    ("ask", "slug", "detail"),
    [
        (lambda: REFERENCE.look_up(" "), "bad_parameter", {"parameter": "q"}),
        (lambda: REFERENCE.look_up("452", "xx"), "bad_parameter", {"parameter": "lang"}),
        (lambda: REFERENCE.search("x", 0), "bad_parameter", {"parameter": "limit"}),
        (lambda: REFERENCE.map("smtp/452", "gopher"), "bad_parameter", {"parameter": "protocol"}),
        (lambda: REFERENCE.map("4522", "http"), "code_not_found", {"query": "4522"}),
        (lambda: REFERENCE.compare("452", "smtp/452"), "several_codes", {"query": "452"}),
        (lambda: REFERENCE.concept("okk"), "concept_not_found", {"suggestions": ["ok"]}),
        (lambda: REFERENCE.decide("x"), "tree_not_found", {"query": "x"}),
        (lambda: REFERENCE.decide("sender", "x"), "no_such_answer", {"answer": "x"}),
    ],
)
def test_errors_have_one_shape(ask: Callable[[], Any], slug: str, detail: dict[str, Any]) -> None:
    """A slug, a sentence, and the place with the mend."""
    with pytest.raises(StatuaryError) as problem:
        ask()
    shaped = fault(problem.value)
    assert shaped is not None
    assert set(shaped) == {"error", "message", "detail"}
    assert shaped["error"] == slug
    assert shaped["message"]
    assert detail.items() <= shaped["detail"].items()


def test_what_belongs_to_no_question_has_no_shape() -> None:
    """Faults of ours are not told as if they were the reader's."""
    assert fault(StatuaryError("x")) is None
    assert fault(ScriptError("503x", 4, "a count")) is not None
    assert str(NoSuchAnswer("x", ())) == "the tree ends before this answer"
    assert str(NoSuchEntry("tree", "x", ())) == "there is no tree of this name"
