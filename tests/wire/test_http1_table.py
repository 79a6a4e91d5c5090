"""The table of HTTP/1.1 states, walked edge by edge on a live engine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from statuary.errors import LocalProtocolError
from statuary.wire.http1 import Http1Engine, HttpLimits, Kind, State
from statuary.wire.http1.table import TRANSITIONS, step

GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"


def feed(engine: Http1Engine, data: bytes) -> None:
    """Give octets and pull all events."""
    engine.receive_data(data)
    while engine.next_event() is not None:
        pass


def hang_up(engine: Http1Engine) -> None:
    """End the connection and pull all events."""
    engine.receive_eof()
    while engine.next_event() is not None:
        pass


def stream(engine: Http1Engine) -> None:
    """Begin an answer in pieces."""
    engine.send_chunked_head(200, "OK")


def chunk(engine: Http1Engine) -> None:
    """Send a piece."""
    engine.send_chunk(b"piece")


def end(engine: Http1Engine) -> None:
    """End an answer in pieces."""
    engine.send_end()


def answer(engine: Http1Engine) -> None:
    """Answer whole."""
    engine.send_response(200, "OK")


def last_answer(engine: Http1Engine) -> None:
    """Answer whole and close."""
    engine.send_response(200, "OK", close=True)


def raw(engine: Http1Engine) -> None:
    """Answer with octets of any sort."""
    engine.send_raw(b"?")


def last_raw(engine: Http1Engine) -> None:
    """Break off with octets of any sort."""
    engine.send_raw(b"?", close=True)


def hint(engine: Http1Engine) -> None:
    """Send an interim response."""
    engine.send_informational(103, "Early Hints")


def get(engine: Http1Engine) -> None:
    """Receive a request without a body."""
    feed(engine, GET)


def post(engine: Http1Engine) -> None:
    """Receive the head of a request with a body."""
    feed(engine, POST)


def post_chunked(engine: Http1Engine) -> None:
    """Receive the head of a request with a chunked body."""
    feed(engine, CHUNKED)


def some_body(engine: Http1Engine) -> None:
    """Receive a part of the body."""
    feed(engine, b"ab")


def rest_of_body(engine: Http1Engine) -> None:
    """Receive the whole body."""
    feed(engine, b"abcd")


def garbage(engine: Http1Engine) -> None:
    """Receive what is neither a request nor a chunk."""
    feed(engine, b"\x16\x03\x01\r\n")


REACH: dict[State, list[Callable[[Http1Engine], None]]] = {
    State.IDLE: [],
    State.RECEIVING: [post],
    State.DUE: [get],
    State.RECEIVING_STREAMING: [post, stream],
    State.STREAMING: [get, stream],
    State.DRAINING: [post, answer],
    State.REFUSED: [garbage],
    State.CLOSED: [get, last_answer],
}
"""How a new engine is brought into each state."""

EDGES: dict[tuple[State, Kind], list[Callable[[Http1Engine], None]]] = {
    (State.IDLE, Kind.REQUEST): [get],
    (State.IDLE, Kind.REQUEST_WITH_BODY): [post],
    (State.IDLE, Kind.ERROR): [garbage],
    (State.IDLE, Kind.EOF): [hang_up],
    (State.RECEIVING, Kind.BODY): [some_body],
    (State.RECEIVING, Kind.BODY_END): [rest_of_body],
    (State.RECEIVING, Kind.ERROR): [hang_up],
    (State.RECEIVING, Kind.INFORMATIONAL): [hint],
    (State.RECEIVING, Kind.STREAM): [stream],
    (State.RECEIVING, Kind.ANSWER): [answer],
    (State.RECEIVING, Kind.LAST_ANSWER): [last_answer],
    (State.DUE, Kind.INFORMATIONAL): [hint],
    (State.DUE, Kind.STREAM): [stream],
    (State.DUE, Kind.ANSWER): [answer],
    (State.DUE, Kind.LAST_ANSWER): [last_answer],
    (State.RECEIVING_STREAMING, Kind.BODY): [some_body],
    (State.RECEIVING_STREAMING, Kind.BODY_END): [rest_of_body],
    (State.RECEIVING_STREAMING, Kind.ERROR): [hang_up],
    (State.RECEIVING_STREAMING, Kind.CHUNK): [chunk],
    (State.RECEIVING_STREAMING, Kind.ANSWER): [end],
    (State.RECEIVING_STREAMING, Kind.LAST_ANSWER): [last_raw],
    (State.STREAMING, Kind.CHUNK): [chunk],
    (State.STREAMING, Kind.ANSWER): [end],
    (State.STREAMING, Kind.LAST_ANSWER): [last_raw],
    (State.DRAINING, Kind.BODY): [some_body],
    (State.DRAINING, Kind.BODY_END): [rest_of_body],
    (State.DRAINING, Kind.ERROR): [hang_up],
    (State.REFUSED, Kind.STREAM): [stream],
    (State.REFUSED, Kind.LAST_ANSWER): [answer],
}
"""What takes an engine along each edge."""

OURS: dict[Kind, Callable[[Http1Engine], None]] = {
    Kind.INFORMATIONAL: hint,
    Kind.STREAM: stream,
    Kind.CHUNK: chunk,
    Kind.ANSWER: raw,
    Kind.LAST_ANSWER: last_raw,
}
"""What our side can do."""


def test_edges_are_those_of_the_table() -> None:
    """No edge of the table goes untested, and none is tested that it lacks."""
    assert set(EDGES) == {(state, kind) for state, row in TRANSITIONS.items() for kind in row}


@pytest.mark.parametrize(("state", "kind"), EDGES, ids=lambda part: part.name)
def test_edge_leads_where_the_table_says(state: State, kind: Kind) -> None:
    """RFC 9112 §9: each edge, taken by what really happens on a connection."""
    engine = Http1Engine()
    for action in REACH[state]:
        action(engine)
    assert engine.state is state
    for action in EDGES[state, kind]:
        action(engine)
    assert engine.state is TRANSITIONS[state][kind]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", OURS)
def test_step_of_ours_without_an_edge_is_refused(state: State, kind: Kind) -> None:
    """What the table lacks raises LocalProtocolError and changes nothing."""
    engine = Http1Engine()
    for action in REACH[state]:
        action(engine)
    # Our side asks for ANSWER; the engine makes it LAST_ANSWER where the connection must close.
    possible = set(TRANSITIONS[state])
    if Kind.LAST_ANSWER in possible:
        possible.add(Kind.ANSWER)
    if kind in possible:
        OURS[kind](engine)
        assert engine.state in TRANSITIONS[state].values()
    else:
        with pytest.raises(LocalProtocolError):
            OURS[kind](engine)
        assert engine.state is state


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", Kind)
def test_step_follows_the_table(state: State, kind: Kind) -> None:
    """A missing key is the protocol error."""
    if kind in TRANSITIONS[state]:
        assert step(state, kind) is TRANSITIONS[state][kind]
    else:
        with pytest.raises(LocalProtocolError, match=kind.name):
            step(state, kind)


def test_error_in_a_chunk_while_draining_closes() -> None:
    """RFC 9112 §7.1: a body that nobody wants must still be framed well for the connection to live on."""
    engine = Http1Engine()
    for action in (post_chunked, answer, garbage):
        action(engine)
    assert engine.state is State.CLOSED


def test_error_in_a_chunk_while_streaming_ends_with_the_answer() -> None:
    """An answer under way is finished after the request failed, and is the last."""
    engine = Http1Engine(HttpLimits())
    for action in (post_chunked, stream, garbage):
        action(engine)
    assert (engine.state, engine.closing, engine.answer_due) == (State.STREAMING, True, False)
    end(engine)
    assert engine.state is State.CLOSED
