"""Known requests are answered at once, just as octet by octet (RFC 9112 §9.3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.store import open_catalogue
from statuary.scenario.counters import MemoryCounters, States
from statuary.scenario.grammar import parse_script
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Count, Rule, Scenario
from statuary.serve.http import HttpMock
from statuary.serve.http.mock import MAX_KNOWN_OCTETS, MAX_PREPARED
from statuary.serve.journal import Exchange, MemoryJournal
from statuary.serve.output import Output, Send
from statuary.serve.session import Peer, Shared
from statuary.wire.http1 import HttpLimits


def head(line: str, *fields: str) -> bytes:
    """A request without a body, or the head of one with it."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: a.test", *fields, "", ""]).encode()


REQUESTS = (
    head("GET /status/503"),
    head("GET /status/503?key=blue"),
    head("GET /status/503", "Statuary-Key: blue"),
    head("HEAD /status/503"),
    head("GET /status/503x2~200"),
    head("GET /status/200:0.5,503:0.5"),
    head("GET /status/503-close"),
    head("GET /status/drop"),
    head("GET /status/103x1~200"),
    head("GET /status/204", "Connection: close"),
    head("GET /status/503?header=Connection:close"),
    head("GET /status/503?header=Date:today"),
    head("GET /status/503?delay=1"),
    head("GET /status/503").replace(b"1.1", b"1.0", 1),
    head("GET /status/503", "Connection: keep-alive").replace(b"1.1", b"1.0", 1),
    head("GET /smtp/452"),
    head("GET /anything"),
    head("GET /mocked"),
    head("GET /nothing/here"),
    head("GET /status/wrong"),
    head("POST /status/503", "Content-Length: 3") + b"abc",
    head("POST /status/503", "Content-Length: 3", "Expect: 100-continue") + b"abc",
    head("GET /status/503", "Content-Length: 0"),
    head("GET /status/503", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    head("GET /status/503", "A: " + "x" * MAX_KNOWN_OCTETS),
    head("HEAD /status/503", "Statuary-Key: blue"),
    head("GET http://a.test/status/503?key=blue"),
    head("GET http://a.test/mocked"),
    head("OPTIONS *"),
    head("GET /status/200", 'If-None-Match: "x"', "Range: bytes=0-1"),
    head("GET /etag/x", 'If-None-Match: "x"'),
    head("GET /range/9", "Range: bytes=2-4"),
    head("GET /status/200:0.5,503:0.5", "Statuary-Key: blue"),
    head("GET /status/503", "Statuary-Script: 429x1~200"),
    head("GET /anything", "Prefer: code=429"),
    head("GET /status/503?seed=4"),
    head("POST /status/413", "Content-Length: 3", "Expect: 100-continue") + b"abc",
    head("POST /status/503", "Transfer-Encoding: chunked") + b"2\r\nab\r\n0\r\nT: x\r\n\r\n",
    head("GET /status/503", "Transfer-Encoding: chunked") + b"z\r\n",
    head("GET /" + "x" * 400),
    head("GET /status/503?" + "x" * 380),
    head("GET /status/503?" + "x" * 384),
    head("GET /status/503?" + "x" * 385),
    head("GET /status/503", "A: " + "x" * (MAX_KNOWN_OCTETS - 47)),
    head("GET /status/503", "A: " + "x" * (MAX_KNOWN_OCTETS - 46)),
    head("GET /status/503", *["A: b"] * 19),
    head("GET /status/503", *["A: b"] * 20),
    b"GET /status/503 HTTP/1.1\nHost: a.test\n\n",
    b"\r\n",
)
LIMITS = HttpLimits(max_target_octets=400, max_header_octets=2000, max_headers=20, max_body_octets=2)
"""Near which some requests are; the bodies of some are larger."""
RULES = {
    "none": (),
    "by path": (Rule("http", "request", parse_script("429"), {"path": "/mocked"}, name="mocked"),),
    "by key": (Rule("http", "request", parse_script("500x1~pass"), {"key": "blue"}, name="blue"),),
    "by head": (
        Rule("http", "request", parse_script("409"), {"header.a": "b*"}, name="header"),
        Rule("http", "request", parse_script("418x1~pass"), {"query.key": "blue"}, ("key", "path"), name="query"),
        Rule("http", "request", parse_script("405"), {"method": "HEAD"}, name="method"),
    ),
    "by ip": (Rule("http", "request", parse_script("403x2~pass"), {"path": "/status/*"}, ("ip",), name="ip"),),
    "by count": (Rule("http", "request", parse_script("502"), count=Count(2, 3), name="count"),),
    "by state": (
        Rule("http", "request", parse_script("500"), scenario=Scenario("s", "Started", "next"), name="first"),
        Rule("http", "request", parse_script("501"), scenario=Scenario("s", "next", "Started"), name="second"),
    ),
    "by body": (Rule("http", "request", parse_script("413"), {"body": "*b*"}, name="body"),),
}


class Seen(NamedTuple):
    """All that a session left behind."""

    written: list[object]
    journal: list[tuple[int, Exchange]]
    counted: dict[str, int]
    closing: bool


class Change(NamedTuple):
    """What somebody else does while a session is open."""

    rules: str = ""
    key: str | None = None
    seed: int = 0

    def make(self, shared: Shared) -> None:
        """Put other rules in force, draw from another seed, or forget the counts of a key."""
        if self.rules:
            shared.replace_rules(RuleIndex(RULES[self.rules]))
        elif self.seed:
            shared.replace_seed(self.seed)
        else:
            shared.start_over(self.key)


CHANGES = (*[Change(rules=name) for name in RULES], Change(key="blue"), Change(), Change(seed=3), Change(seed=8))


class Forgetful(dict[bytes, Any]):
    """Knows nothing that it was told."""

    def __setitem__(self, key: bytes, value: object) -> None:
        """Forget it."""


def make_mock(rules: Iterable[Rule] = (), limits: HttpLimits | None = None) -> HttpMock:
    return HttpMock(Shared(open_catalogue(), seed=3, rules=RuleIndex(rules), clock=lambda: 1e9), limits)


def make_forgetful() -> HttpMock:
    """A mock that looks at every request as if it were the first."""
    mock = make_mock(limits=LIMITS)
    mock._prepared, mock.at_once = Forgetful(), Forgetful()
    return mock


def run(mock: HttpMock, portions: Iterable[bytes | Change]) -> Seen:
    """A session of its own journal and counts; waits take no time."""
    shared = mock.shared
    shared.journal, shared.counters, shared.states = MemoryJournal(), MemoryCounters(), States()
    session = mock(Peer("192.0.2.1:80", 1))
    written: list[object] = []

    def carry_out(output: Output) -> None:
        while isinstance(output, list):
            for action in output:
                carry_out(action.data) if isinstance(action, Send) else written.append(action)
            output = None if session.closing else session.resume()
        if not output:
            return
        if written and isinstance(before := written[-1], bytes):
            written[-1] = before + output
        else:
            written.append(output)

    for portion in portions:
        if isinstance(portion, Change):
            portion.make(shared)
        elif not session.closing:
            carry_out(session.receive(portion))
    carry_out(session.eof())
    return Seen(
        written, [(number, _told(row)) for number, row in shared.journal], shared.counters.snapshot(), session.closing
    )


def _told(row: Exchange) -> Exchange:
    """An exchange without the octets of what could not be read: how many are kept hangs on how many had arrived."""
    return row._replace(request=b"") if row.note and not row.rule else row


@pytest.mark.parametrize("rules", RULES)
@given(requests=st.lists(st.sampled_from(REQUESTS), max_size=8), cuts=st.lists(st.integers(0, 1500), max_size=6))
def test_known_requests_are_answered_as_new_ones(rules: str, requests: list[bytes], cuts: list[int]) -> None:
    """One by one, pipelined (RFC 9112 §9.3.2) and in any portions: the same octets, journal and counts."""
    wire = b"".join(requests)
    slow = run(make_mock(RULES[rules]), [wire[at : at + 1] for at in range(len(wire))])
    mock = make_mock(RULES[rules])
    edges = [0, *sorted(cut % (len(wire) + 1) for cut in cuts), len(wire)]

    for portions in (requests, requests, [wire], [wire[a:b] for a, b in pairwise(edges)]):
        assert run(mock, [portion for portion in portions if portion]) == slow


STEPS = st.one_of(st.sampled_from(REQUESTS), st.sampled_from(CHANGES))


@given(before=st.lists(STEPS, max_size=8), steps=st.lists(STEPS, max_size=12))
def test_rules_counts_and_seeds_that_change_in_between_tell_no_difference(
    before: list[bytes | Change], steps: list[bytes | Change]
) -> None:
    """What was learnt under other rules, another seed or from other connections is never answered."""
    apart: list[bytes | Change] = []
    for step in steps:
        apart += [step] if isinstance(step, Change) else [step[at : at + 1] for at in range(len(step))]
    slow = run(make_forgetful(), apart)
    mock = make_mock(limits=LIMITS)
    for learnt in (before, steps, steps):
        mock.shared.replace_rules(RuleIndex())
        mock.shared.replace_seed(3)
        seen = run(mock, learnt)
    assert seen == slow


def test_known_requests_are_bounded_and_forgotten_with_the_rules() -> None:
    """Strangers ask for endless targets; and a rule that comes later has the word over what was known before."""
    mock = make_mock()
    session = mock(Peer("192.0.2.1:80", 1))
    for number in range(2 * MAX_PREPARED):
        session.receive(head(f"GET /status/503?key={number}"))
        assert 0 < len(mock.at_once) <= MAX_PREPARED
    assert mock.shared.journal.total == 2 * MAX_PREPARED

    before = session.receive(head("GET /mocked/status/503"))
    assert session.receive(REQUESTS[0]) == session.receive(REQUESTS[0]) != before
    mock.shared.replace_rules(RuleIndex([Rule("http", "request", parse_script("429"), {"path": "/status/503"})]))
    assert not mock.at_once
    answer = session.receive(REQUESTS[0])
    assert isinstance(answer, bytes)
    assert answer.startswith(b"HTTP/1.1 429 ")


def test_known_request_is_kept_once() -> None:
    """The journal holds the octets of a request that comes again and again as one object."""
    mock = make_mock()
    session = mock(Peer("192.0.2.1:80", 1))
    for _ in range(3):
        session.receive(bytes(bytearray(REQUESTS[0])))
    rows = [row for _, row in mock.shared.journal]
    assert [row.asked for row in rows] == [1, 2, 3]
    assert rows[0].request == REQUESTS[0]
    assert rows[1].request is rows[2].request
