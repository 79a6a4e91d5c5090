"""The journal read again: fields as rules saw them, filters, near misses, exports."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.scenario.patterns import read_match
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import fits
from statuary.scenario.ruletable import read_rule
from statuary.serve.export import MASK, har, json_lines, masked, transcript
from statuary.serve.fields import HttpFields, message_header, read_query
from statuary.serve.journal import Exchange, MemoryJournal, NoJournal
from statuary.serve.seen import Filter, Watch, differences, follow, near_misses, request_parts, select

GET = b"GET /a?x=1&x=2 HTTP/1.1\r\nHost: mock.test\r\nX-A: 1\r\nX-A: 2\r\nCookie: sid=7; lang=fr\r\n\r\n"
CHUNKED = b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


def exchange(request: bytes = GET, protocol: str = "http", stage: str = "request", **more: object) -> Exchange:
    row = Exchange(1700000000.5, protocol, 1, "127.0.0.1:5", stage, request, b"HTTP/1.1 200 OK\r\n\r\n", "200")
    return row._replace(**more)  # type: ignore[arg-type]


def journal(*rows: Exchange) -> MemoryJournal:
    kept = MemoryJournal()
    for row in rows:
        kept.add(row)
    return kept


def test_fields_of_a_request() -> None:
    """Groups are read from the octets that the journal keeps."""
    (seen,) = follow(journal(exchange()))
    values = [seen.fields.get(name) for name in ("path", "query.x", "header.x-a", "cookie.lang", "host", "header.none")]
    assert values == ["/a", "1", "1, 2", "fr", "mock.test", None]
    assert request_parts(CHUNKED)[3] == b"abcde"


def test_fields_of_a_dialogue() -> None:
    """Sender, hello and recipients come from the stages before; a new transaction starts anew."""
    lines = [
        ("connect", b""),
        ("ehlo", b"EHLO client.example\r\n"),
        ("mail", b"MAIL FROM:<a@b.test> SIZE=5\r\n"),
        ("rcpt", b"rcpt to: <C@d.test>\r\n"),
        ("message", b"Subject: =?utf-8?q?Gr=C3=BC?=\r\n =?utf-8?q?=C3=9Fe?=\r\n\r\nbody\r\n.\r\n"),
        ("mail", b"MAIL FROM:<>\r\n"),
    ]
    seen = list(follow(journal(*(exchange(raw, "smtp", stage) for stage, raw in lines))))
    rcpt, message, again = seen[3].fields, seen[4].fields, seen[5].fields
    assert (rcpt["sender"], rcpt["recipient"], rcpt["domain"], rcpt["helo"]) == (
        "a@b.test",
        "C@d.test",
        "d.test",
        "client.example",
    )
    assert (message["sender"], message["recipient"], message["header.subject"]) == ("a@b.test", "C@d.test", "Grüße")
    assert message["body"].startswith("body")
    assert (again["sender"], again["recipient"]) == ("", "")


@given(
    st.binary(max_size=300), st.sampled_from(["http", "smtp"]), st.sampled_from(["request", "rcpt", "message", "auth"])
)
def test_any_octets_can_be_read_again(octets: bytes, protocol: str, stage: str) -> None:
    """Whatever strangers sent: fields, filters and exports never raise."""
    row = exchange(octets, protocol, stage, response=octets)
    kept = journal(row)
    match, _ = read_match({"body": {"contains": "a"}, "header": {"x": "*"}}, "http")
    wanted = Filter(match=match)
    assert Watch(kept, wanted).count() == len(list(select(kept, wanted)))
    assert json.dumps(har([(1, row)], "1"))
    assert json.loads("".join(json_lines([(1, row)])))
    assert transcript([row]).startswith("# connection 1")
    assert transcript([row]).isprintable() or "\n" in transcript([row])


def test_watch_looks_at_each_once_and_agrees_with_a_search() -> None:
    """Also where the journal drops, is cleared, or keeps nothing."""
    kept = MemoryJournal(max_exchanges=3)
    watch = Watch(kept, Filter(code="2*"))
    for number in range(5):
        kept.add(exchange(code="200" if number % 2 else "503"))
        assert watch.count() == (number + 1) // 2
    kept.clear()
    kept.add(exchange())
    assert watch.count() == 3
    nothing = NoJournal()
    nothing.add(exchange())
    assert (nothing.total, nothing.dropped, list(nothing), Watch(nothing, Filter()).count()) == (1, 1, [], 0)


@pytest.mark.parametrize(
    ("request_octets", "stage", "protocol", "expected"),
    [
        (
            b"GET / HTTP/1.1\r\nauthorization: Basic abc\r\n\r\n",
            "request",
            "http",
            b"GET / HTTP/1.1\r\nauthorization: [masked]\r\n\r\n",
        ),
        (
            b"GET / HTTP/1.1\r\nCookie: a=b\r\n c=d\r\nX: y\r\n\r\n",
            "request",
            "http",
            b"GET / HTTP/1.1\r\nCookie: [masked]\r\nX: y\r\n\r\n",
        ),
        (
            b"GET / HTTP/1.1\r\nX: y\r\n\r\nCookie: in the body",
            "request",
            "http",
            b"GET / HTTP/1.1\r\nX: y\r\n\r\nCookie: in the body",
        ),
        (b"AUTH PLAIN AGEAYg==\r\n", "auth", "smtp", b"AUTH PLAIN [masked]\r\n"),
        (b"auth login\r\n", "auth", "smtp", b"auth login\r\n"),
        (b"dXNlcg==\r\n", "auth", "smtp", b"[masked]\r\n"),
        (b"RCPT TO:<AUTH@b.test>\r\n", "rcpt", "smtp", b"RCPT TO:<AUTH@b.test>\r\n"),
    ],
)
def test_masks(request_octets: bytes, stage: str, protocol: str, expected: bytes) -> None:
    """Credentials go, all else stays as it was (RFC 9110 §11, RFC 6265 §4, RFC 4954 §4)."""
    assert masked(exchange(request_octets, protocol, stage)).request == expected


def test_echoed_credentials_are_masked_too() -> None:
    """A mock tells what it was sent; an export that is passed on must not tell it again."""
    sent = b'Authorization: Digest username="me", response="6629fae4"\r\nCookie: sid=3fa85f64; n=1\r\n'
    told = json.dumps(
        {"headers": {"Authorization": 'Digest username="me", response="6629fae4"'}, "n": 1, "s": "3fa85f64"}
    )
    cleaned = masked(
        exchange(
            request=b"GET /anything?sid=3fa85f64 HTTP/1.1\r\n" + sent + b"\r\n",
            response=b"HTTP/1.1 200 OK\r\nSet-Cookie: t=abcdef; Path=/\r\n\r\nabcdef " + told.encode(),
        )
    )
    for secret in (b"6629fae4", b"3fa85f64", b"abcdef", b"username"):
        assert secret not in cleaned.request + cleaned.response
    assert b'"n": 1' in cleaned.response


def test_answers_are_masked_in_every_head() -> None:
    """An interim answer has a head of its own."""
    octets = (
        b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=1\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: b=2\r\n\r\nSet-Cookie: c"
    )
    cleaned = masked(exchange(response=octets)).response
    assert cleaned.count(MASK.encode()) == 2
    assert cleaned.endswith(b"\r\n\r\nSet-Cookie: c")
    entry = har([(1, exchange(response=octets))], "1")["log"]["entries"][0]
    assert (entry["response"]["status"], entry["response"]["statusText"]) == (200, "OK")


_pattern = st.one_of(
    st.sampled_from(["", "*", "a*", "A", "a", "?", "[ab]"]),
    st.sampled_from(
        [
            {"exact": "a"},
            {"exact": ""},
            {"exact": "A", "ignore_case": True},
            {"regex": "^a"},
            {"absent": True},
            {"absent": False},
            {"not": "a"},
        ]
    ),
)
_match = st.fixed_dictionaries(
    {},
    optional={
        "path": _pattern,
        "host": _pattern,
        "body": _pattern,
        "header": st.dictionaries(st.sampled_from(["x", "Y"]), _pattern, max_size=2),
    },
)
_fields = st.builds(
    lambda target, headers, body: HttpFields("GET", target, headers, body, "127.0.0.1", ""),
    st.sampled_from(["a", "A", "b", ""]),
    st.lists(st.tuples(st.sampled_from(["x", "y", "host"]), st.sampled_from(["", "a", "A", "ab"])), max_size=3),
    st.sampled_from([b"", b"a", b"A"]),
)


@given(st.lists(_match, min_size=1, max_size=5), _fields)
def test_differences_and_index_agree(matches: list[dict[str, object]], fields: HttpFields) -> None:
    """A rule is found exactly where no field of the first such rule differs."""
    rules = [
        read_rule({"protocol": "http", "answer": "503", "name": str(number), "match": match})
        for number, match in enumerate(matches)
    ]
    found = RuleIndex(rules).find("http", "request", fields)
    without = [rule.name for rule in rules if not differences(rule.match, fields)]
    assert (found.name if found else None) == (without[0] if without else None)
    assert [rule.name for rule in RuleIndex(rules).matching("http", "request", fields)] == without
    near = near_misses(rules, "http", "request", fields)
    assert {miss.name for miss in near}.isdisjoint(without)
    assert all(
        not fits(each.field, rules[int(miss.name)].match[each.field], fields)
        for miss in near
        for each in miss.differences
    )


def test_nearest_is_what_differs_least() -> None:
    """Of many rules with one difference each: the mistyped path, and the other method before the other path."""
    paths = ["/users", "/baskets", "/orders/9", "/stock", "/orders"]
    rules = [
        read_rule({"protocol": "http", "answer": "503", "name": path, "match": {"method": "GET", "path": path}})
        for path in paths
    ]
    typed = near_misses(rules, "http", "request", {"method": "GET", "path": "/ordres"})
    assert typed[0].name == "/orders"
    posted = near_misses(rules, "http", "request", {"method": "POST", "path": "/stock"})
    assert (posted[0].name, [each.field for each in posted[0].differences]) == ("/stock", ["method"])


def test_header_of_a_message_is_read_in_bounded_time() -> None:
    """Structured fields are not parsed: no nesting, no length makes it slow or raise."""
    for value in ("(" * 20_000, "<" * 20_000, "=?" * 10_000, "a," * 20_000, "=?x?q?=?=", "=?utf-8?b?%%%?="):
        read = message_header(f"To: {value}\r\nSubject: s\r\n\r\n".encode())
        assert read("subject") == ["s"]
        assert read("to")
        assert read("none") is None
    assert read_query("/?" + "a=1&" * 100_000) == {}
