"""Known requests are answered at once, just as octet by octet (RFC 9112 §9.3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statuary.catalog.store import open_catalogue
from statuary.scenario.counters import MemoryCounters
from statuary.scenario.grammar import parse_script
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Rule
from statuary.serve.http import HttpMock
from statuary.serve.http.mock import MAX_KNOWN_OCTETS, MAX_PREPARED
from statuary.serve.journal import Exchange, MemoryJournal
from statuary.serve.output import Output, Send
from statuary.serve.session import Peer, Shared


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
    b"\r\n",
)
RULES = {
    "none": (),
    "by path": (Rule("http", "request", parse_script("429"), {"path": "/mocked"}, name="mocked"),),
    "by key": (Rule("http", "request", parse_script("500x1~pass"), {"key": "blue"}, name="blue"),),
    "by body": (Rule("http", "request", parse_script("413"), {"body": "*b*"}, name="body"),),
}


class Seen(NamedTuple):
    """All that a session left behind."""

    written: list[object]
    journal: list[tuple[int, Exchange]]
    counted: dict[str, int]
    closing: bool


def make_mock(rules: Iterable[Rule] = ()) -> HttpMock:
    return HttpMock(Shared(open_catalogue(), seed=3, rules=RuleIndex(rules), clock=lambda: 1e9))


def run(mock: HttpMock, portions: Iterable[bytes]) -> Seen:
    """A session of its own journal and counts; waits take no time."""
    shared = mock.shared
    shared.journal, shared.counters = MemoryJournal(), MemoryCounters()
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
        if not session.closing:
            carry_out(session.receive(portion))
    carry_out(session.eof())
    return Seen(written, list(shared.journal), shared.counters.snapshot(), session.closing)


@settings(deadline=None)
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
