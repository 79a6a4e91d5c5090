"""``statuary map``: what a gateway answers, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable

from statuary.cli.text import width
from tests.cli.conftest import Outcome

Statuary = Callable[..., Outcome]


def test_answer_basis_and_loss(statuary: Statuary) -> None:
    """A document's mapping names the document, a judgement says that it is one."""
    done = statuary("map", "smtp/452", "http")
    assert done.code == 0
    assert done.out.startswith("smtp/452  Insufficient Storage\n")
    assert "→ http/507  Insufficient Storage" in done.out
    assert "What is lost: " in done.out
    assert "Basis: our judgement" in done.out
    assert "Basis: specification (RFC 8075 §7)" in statuary("map", "coap/4.01", "HTTP").out
    assert all(width(line) <= 80 for line in done.out.splitlines())


def test_enhanced_code_beside_a_reply_code(statuary: Statuary) -> None:
    assert "→ smtp/452  Insufficient Storage  4.2.2" in statuary("map", "http/507", "smtp").out


def test_json_has_the_same_keys_for_each_answer(statuary: Statuary) -> None:
    done = statuary("map", "http/503", "smtp", "--json")
    data = json.loads(done.out)
    assert (data["from"], data["to"]) == ("http/503", "smtp")
    assert [answer["code"] for answer in data["answers"]] == ["smtp/451", "smtp/421"]
    assert len({tuple(answer) for answer in (*data["answers"], *data["alternatives"])}) == 1


def test_a_number_of_another_protocol_is_meant(statuary: Statuary) -> None:
    """``map 550 smtp`` cannot mean SMTP's own; several others are listed."""
    done = statuary("map", "452", "http")
    assert done.code == 1
    assert "smtp/452" in done.err
    assert json.loads(statuary("map", "452", "http", "--json").err)["error"] == "several_codes"


def test_what_is_not_known(statuary: Statuary) -> None:
    """A code, a protocol, a counterpart."""
    assert statuary("map", "smtp/4522", "http").code == 1
    done = statuary("map", "smtp/452", "gopher")
    assert done.code == 2
    assert "gopher" in done.err
    done = statuary("map", "tls/record_overflow", "nntp")
    assert done.code == 1
    assert "Nothing in NNTP" in done.out


def test_text_that_nobody_translated_is_marked(statuary: Statuary) -> None:
    """Labels are translated; a loss that is still in English says so."""
    done = statuary("map", "smtp/421", "http", "--lang", "ja")
    assert "失われる情報" in done.out
    assert "Service Unavailable" in done.out
