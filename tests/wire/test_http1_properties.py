"""Properties of the HTTP/1.1 engine over conversations of any sort."""

from __future__ import annotations

import runpy
import tracemalloc
from pathlib import Path

import h11
from hypothesis import given, settings
from hypothesis import strategies as st

from statuary.wire.http1 import (
    Body,
    Closed,
    Http1Engine,
    HttpLimits,
    Request,
    RequestCache,
    RequestError,
    State,
)
from statuary.wire.http1.serializer import serialize_head, serialize_response

FUZZ = runpy.run_path(str(Path(__file__).parents[2] / "fuzzing" / "fuzz_http1.py"))


@settings(max_examples=300)
@given(FUZZ["conversations"]())
def test_cutting_changes_nothing(conversation: object) -> None:
    """RFC 9112 §2.2: a message is a stream of octets; any split, and any cache, gives the same."""
    assert FUZZ["check"](conversation) is None


@given(st.lists(st.binary(max_size=50), max_size=20), st.booleans())
def test_noise_gives_events_only(pieces: list[bytes], answering: bool) -> None:
    """Whatever octets come, no exception does."""
    engine = Http1Engine()
    told = []
    for piece in pieces:
        engine.receive_data(piece)
        while (event := engine.next_event()) is not None:
            told.append(event)
            if answering and engine.answer_due:
                engine.send_raw(b"")
    engine.receive_eof()
    while (event := engine.next_event()) is not None:
        told.append(event)
    assert all(isinstance(event, Request | Body | RequestError | Closed) for event in told)
    assert engine.state in (State.CLOSED, State.REFUSED, State.DUE)


@settings(max_examples=300)
@given(FUZZ["requests"]())
def test_sound_requests_are_what_another_implementation_reads(data: bytes) -> None:
    """RFC 9112: method, target, fields, content and trailers as h11 understands them."""
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    head = server.next_event()
    assert isinstance(head, h11.Request)
    content = b""
    while isinstance(piece := server.next_event(), h11.Data):
        content += bytes(piece.data)
    assert isinstance(piece, h11.EndOfMessage)

    engine = Http1Engine()
    engine.receive_data(data)
    request = engine.next_event()
    assert isinstance(request, Request)
    body = Body(b"", True, b"")
    if not request.ended:
        told = engine.next_event()
        assert isinstance(told, Body)
        body = told
    assert body.ended
    assert request.raw + body.raw == data
    assert (request.method.encode(), request.target.encode()) == (head.method, head.target)
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
    assert sorted(fields) == sorted(head.headers)
    assert body.data == content
    assert [(name.encode(), value.encode()) for name, value in body.trailers] == list(piece.headers)


TEXTS = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20)
NAMES = st.text("!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz", min_size=1, max_size=10)
FRAMING = {"content-length", "transfer-encoding", "connection"}


@given(
    st.integers(100, 999),
    TEXTS,
    st.lists(st.tuples(NAMES.filter(lambda name: name.lower() not in FRAMING), TEXTS), max_size=5),
)
def test_head_has_a_line_for_each_field(status: int, reason: str, fields: list[tuple[str, str]]) -> None:
    """RFC 9112 §11.1: no text can add a line or end the section."""
    data = serialize_head(status, reason, fields)
    assert data.count(b"\r\n") == len(fields) + 2
    assert data.count(b"\n") == data.count(b"\r") == len(fields) + 2
    assert data.endswith(b"\r\n\r\n")


@given(
    st.sampled_from(["GET", "HEAD", "POST"]),
    st.integers(200, 999),
    st.binary(max_size=100),
    st.binary(max_size=100),
)
def test_client_finds_the_end_of_every_answer(method: str, status: int, content: bytes, more: bytes) -> None:
    """RFC 9112 §6.3: another implementation takes exactly the answer, and what follows stays."""
    data = serialize_response(status, "Phrase", [("A", "b")], content, method=method, connection="")
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "a.test")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data + more)
    head = client.next_event()
    assert isinstance(head, h11.Response)
    assert head.status_code == status
    received = b""
    while isinstance(piece := client.next_event(), h11.Data):
        received += bytes(piece.data)
    assert isinstance(piece, h11.EndOfMessage)
    assert received == (b"" if method == "HEAD" or status in (204, 304) else content)
    assert client.trailing_data[0] == more


def test_large_body_refused_is_not_held() -> None:
    """RFC 9110 §15.5.14: 100 MB behind a refusal, announced or in chunks, take no memory."""
    for framing, start in ((b"Content-Length: 100000000", b""), (b"Transfer-Encoding: chunked", b"5f5e100\r\n")):
        engine = Http1Engine()
        engine.receive_data(b"POST / HTTP/1.1\r\nHost: a.test\r\n" + framing + b"\r\n\r\n" + start)
        event = engine.next_event()
        if isinstance(event, Request):
            event = engine.next_event()
        assert isinstance(event, RequestError)
        assert event.status_hint == 413
        tracemalloc.start()
        try:
            for number in range(1000):
                engine.receive_data(b"%d" % number * 25_000)
                assert engine.next_event() is None
                if number == 500:
                    engine.send_response(413, "Content Too Large")
                    assert engine.next_event() == Closed(by_peer=False)
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()


def test_data_sent_ahead_is_bounded() -> None:
    """A client that never stops sending while its answer is due costs no more than the limit."""
    limits = HttpLimits(max_buffered_octets=10_000)
    engine = Http1Engine(limits, RequestCache(limits))
    engine.receive_data(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
    assert isinstance(engine.next_event(), Request)
    tracemalloc.start()
    try:
        for number in range(10_000):
            engine.receive_data(b"%d" % number * 200)
            assert engine.next_event() is None
        assert tracemalloc.get_traced_memory()[0] < 20_000
    finally:
        tracemalloc.stop()
    assert engine.closing
