"""Leave for scripts of other origins: without it a browser hides every answer from the page under test (Fetch §3.3)."""

from __future__ import annotations

import pytest
from tests.serve.talk import make_mock, talk
from tests.serve.wire import Answer

from statuary.scenario.grammar import parse_script
from statuary.scenario.matchers import Exact
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Reply, Rule

MOCK, SHARED, _ = make_mock()
PAGE = "Origin: http://shop.test"
WANTS = ("Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type, x-id")


def ask(target: str, *lines: str, method: str = "GET") -> Answer:
    """Ask once."""
    return talk(MOCK, target, *lines, method=method)[0]


def exposed(answer: Answer) -> set[str]:
    """The names that a script may read."""
    return {name.lower() for name in (answer.field("access-control-expose-headers") or "").split(", ")}


@pytest.mark.parametrize("target", ["/status/503", "/503", "/smtp/452", "/?status=503", "/get", "/status/none", "/no"])
def test_page_may_read_what_it_asked_for(target: str) -> None:
    """Scripts, routes and the mock's own errors; Retry-After and the mark too, which browsers hide otherwise."""
    answer = ask(target, PAGE)
    assert answer.field("access-control-allow-origin") == "http://shop.test"
    assert answer.field("access-control-allow-credentials") == "true"
    assert {"statuary-answer", "date"} <= exposed(answer)
    assert ("retry-after" in exposed(answer)) == (answer.field("retry-after") is not None)


def test_other_clients_see_nothing_of_it() -> None:
    """A script's answer without an origin has the octets that it had."""
    assert ask("/status/503").field("access-control-allow-origin") is None
    assert ask("/no").field("access-control-allow-origin") is None


def test_answer_may_refuse_the_page_by_itself() -> None:
    """Who asks for another permission tests how a page takes it: there is one field, not two."""
    answer = ask("/status/200?header=Access-Control-Allow-Origin:https://other.test", PAGE)
    assert [value for name, value in answer.fields if name == "access-control-allow-origin"] == ["https://other.test"]


def test_preflight_leaves_the_script_alone() -> None:
    """It is answered whatever is to follow, and counts nothing."""
    for _ in range(3):
        before = ask("/status/503x1~200?key=preflight", PAGE, *WANTS, method="OPTIONS")
        assert before.status == 200
        assert before.field("access-control-allow-origin") == "http://shop.test"
        assert "PUT" in (before.field("access-control-allow-methods") or "").split(", ")
        assert before.field("access-control-allow-headers") == "content-type, x-id"
        assert before.field("statuary-answer") == "preflight"
    assert ask("/status/503x1~200?key=preflight", PAGE, method="PUT").status == 503
    assert ask("/status/503x1~200?key=preflight", PAGE, method="PUT").status == 200


def test_preflight_may_ask_for_any_method() -> None:
    """A method beyond the usual ones is named; what is no method is not."""
    unusual = ask("/anything", PAGE, "Access-Control-Request-Method: QUERY", method="OPTIONS")
    assert (unusual.field("access-control-allow-methods") or "").endswith(", QUERY")
    wrong = ask("/anything", PAGE, "Access-Control-Request-Method: Q,*", method="OPTIONS")
    assert (wrong.field("access-control-allow-methods") or "").endswith("OPTIONS")


def test_options_alone_is_no_preflight() -> None:
    """A client that asks for OPTIONS itself gets what the script says."""
    assert ask("/status/418", method="OPTIONS").status == 418
    assert ask("/status/418", PAGE, method="OPTIONS").status == 418


def test_options_of_the_server() -> None:
    """``OPTIONS *`` asks for nothing in particular (RFC 9110 §9.3.7): the server is there."""
    answer = ask("*", method="OPTIONS")
    assert (answer.status, answer.body) == (200, b"")
    assert "OPTIONS" in (answer.field("allow") or "")


def test_rules_answer_pages_too() -> None:
    """A rule's answer may be read; a preflight is a rule's own only where the rule says for which methods it is."""
    mock, shared, _ = make_mock()
    retry = Reply(headers=(("Retry-After", "1"),))
    order = Rule("http", "request", parse_script("503x1~201"), {"path": Exact("/orders")}, name="o", reply=retry)
    asked = Rule("http", "request", parse_script("403"), {"method": "OPTIONS", "path": "/shut"}, name="shut")
    shared.replace_rules(RuleIndex([order, asked]))
    assert talk(mock, "/orders", PAGE, *WANTS, method="OPTIONS")[0].status == 200
    first = talk(mock, "/orders", PAGE, method="PUT")[0]
    assert (first.status, first.field("access-control-allow-origin")) == (503, "http://shop.test")
    assert "retry-after" in exposed(first)
    assert talk(mock, "/orders", PAGE, method="PUT")[0].status == 201
    assert talk(mock, "/shut", PAGE, *WANTS, method="OPTIONS")[0].status == 403
    assert talk(mock, "/nowhere", PAGE, *WANTS, method="OPTIONS")[0].status == 200
