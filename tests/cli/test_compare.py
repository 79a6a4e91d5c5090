"""``statuary compare``."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from statuary.cli.text import width
from tests.cli.conftest import Outcome

Statuary = Callable[..., Outcome]


def test_differences_are_a_table(statuary: Statuary) -> None:
    """Class, who acts, retry, stage and what becomes of the message stand side by side."""
    done = statuary("compare", "smtp/250", "smtp/452")
    assert done.code == 0
    for label in ("Class", "Who acts", "Repeat it?", "Where it is sent", "What it means for", "What they share"):
        assert label in done.out
    assert all(width(line) <= 80 for line in done.out.splitlines())


def test_narrow_terminals_get_one_column(statuary: Statuary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room for three columns, they stand under each other."""
    monkeypatch.setenv("COLUMNS", "40")
    done = statuary("compare", "smtp/250", "http/507")
    assert "    smtp/250: " in done.out
    assert all(width(line) <= 40 for line in done.out.splitlines() if not line.startswith(("smtp/", "http/")))


def test_a_pair_with_nothing_in_common_says_so(statuary: Statuary) -> None:
    """The verdict is a sentence, and a fact in JSON."""
    done = statuary("compare", "smtp/214", "smtp/452")
    assert "seldom mistaken for each other" in " ".join(done.out.split())
    assert json.loads(statuary("compare", "smtp/214", "smtp/452", "--json").out)["unrelated"] is True


def test_protocols_can_be_crossed(statuary: Statuary) -> None:
    """452 and 507 share a concept."""
    found = json.loads(statuary("compare", "smtp/452", "http/507", "--json").out)
    assert found["shared_concepts"]
    assert {row["field"] for row in found["differences"]} >= {"protocol", "class", "retry"}
    assert (found["left"]["id"], found["right"]["id"]) == ("smtp/452", "http/507")


def test_a_code_with_itself(statuary: Statuary) -> None:
    """No difference is said to be none."""
    done = statuary("compare", "smtp/452", "smtp/452")
    assert done.code == 0
    assert "there are none" in done.out


def test_the_other_side_settles_the_protocol(statuary: Statuary) -> None:
    """Beside smtp/214, 452 is SMTP's."""
    assert statuary("compare", "smtp/214", "452").out == statuary("compare", "smtp/214", "smtp/452").out


def test_several_owners_are_asked_about(statuary: Statuary) -> None:
    """499 has two owners: the message names them, exit code 1."""
    done = statuary("compare", "http/499", "http/500")
    assert done.code == 1
    assert not done.out
    assert "http/499-nginx" in done.err
    assert "http/499-esri" in done.err
    error = json.loads(statuary("compare", "http/499", "http/500", "--json").err)
    assert error["error"] == "several_codes"
    assert set(error["detail"]["identities"]) == {"http/499-nginx", "http/499-esri"}


def test_unknown_codes_are_suggested(statuary: Statuary) -> None:
    """Nothing found is exit code 1 here too."""
    done = statuary("compare", "smtp/452", "4522")
    assert done.code == 1
    assert "smtp/452" in done.err


def test_labels_are_translated(statuary: Statuary) -> None:
    """Names stay as registered."""
    done = statuary("compare", "smtp/214", "smtp/452", "--lang", "ja")
    assert "クラス" in done.out
    assert "4yz Transient" in done.out
    assert all(width(line) <= 80 for line in done.out.splitlines())


def test_shared_concepts_are_named_in_the_language(statuary: Statuary) -> None:
    """Concepts are translated under a context of their own."""
    english = statuary("compare", "smtp/452", "http/507").out
    korean = statuary("compare", "smtp/452", "http/507", "--lang", "ko").out
    assert "Insufficient storage" in english
    assert "Insufficient storage" not in korean
