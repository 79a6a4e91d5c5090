"""What differs makes the verdict, the gravest first."""

from __future__ import annotations

import pytest

from statuary.snippets.golden import Recorded
from statuary.snippets.place import Asked
from statuary.snippets.verdict import judge

ASKED = Asked(503, "Service Unavailable", {"Retry-After": "120"}, {"error": "x", "message": "X"}, True)
GOOD = Recorded(
    "0",
    "HTTP/1.1 503 Service Unavailable",
    (("retry-after", "120"), ("Connection", "keep-alive")),
    '{"message": "X", "error": "x"}',
    30,
    "length",
)


def test_as_asked() -> None:
    """Field names have no case, and the order of members means nothing."""
    assert judge(ASKED, GOOD) == ("as asked", "", ())


@pytest.mark.parametrize(
    ("change", "word", "happened"),
    [
        ({"status_line": "HTTP/1.1 503 SERVICE UNAVAILABLE"}, "other phrase", "SERVICE UNAVAILABLE"),
        ({"status_line": "HTTP/1.1 503 "}, "other phrase", ""),
        ({"headers": ()}, "other header", "no Retry-After"),
        ({"headers": (("Retry-After", "60"),)}, "other header", "Retry-After: 60"),
        ({"body": "{}"}, "other body", "{}"),
        ({"body": "oops"}, "other body", "oops"),
        ({"body": "", "octets": 0}, "body dropped", ""),
        ({"status_line": "HTTP/1.1 500 Internal Server Error"}, "cannot be sent", "500 Internal Server Error"),
        ({"status_line": ""}, "cannot be sent", "no response"),
        ({"status_line": "", "keep_alive": "hang"}, "cannot be sent", "hang"),
        ({"status_line": "", "exit_code": 1}, "cannot be sent", "refused"),
        ({"keep_alive": "stray octets"}, "cannot be sent", "stray octets"),
    ],
)
def test_one_difference(change: dict[str, object], word: str, happened: str) -> None:
    """Each difference has its word."""
    assert judge(ASKED, GOOD._replace(**change)) == (word, happened, ())  # type: ignore[arg-type]


def test_the_gravest_comes_first() -> None:
    """The rest stands in the notes."""
    recorded = GOOD._replace(status_line="HTTP/1.1 503 ", body="", octets=0, headers=())
    assert judge(ASKED, recorded) == ("body dropped", "", ("other header: no Retry-After", "other phrase"))


def test_content_where_none_may_be() -> None:
    """RFC 9110 §15.3.6: 205 has no content."""
    asked = Asked(205, "Reset Content", {}, {}, True)
    recorded = Recorded("0", "HTTP/1.1 205 Reset Content", body="<html>", octets=6, framing="length")
    assert judge(asked, recorded).word == "other body"


def test_options_have_no_order() -> None:
    """RFC 9110 §5.6.1: a list is a list, in whatever order and case."""
    asked = Asked(426, "Upgrade Required", {"Connection": "Upgrade", "Cache-Control": "public, max-age=1"}, {}, True)
    headers = (("Connection", "close"), ("Connection", "upgrade"), ("Cache-Control", "max-age=1, public"))
    assert judge(asked, Recorded("0", "HTTP/1.1 426 Upgrade Required", headers)).word == "as asked"


def test_the_response_as_shown() -> None:
    """What stands on the page is what was recorded."""
    recorded = GOOD._replace(interim=("HTTP/1.1 103 Early Hints",), headers=(("Date", "*"),), body="x")
    assert recorded.text == "HTTP/1.1 103 Early Hints\nHTTP/1.1 503 Service Unavailable\nDate: *\n\nx"
    assert Recorded("0", "").text == ""
    assert (Recorded("0", "").status_code, Recorded("0", "").reason_phrase) == (None, "")
