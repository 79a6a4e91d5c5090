"""Bodies of requests: fixed and chunked, their ends, their faults, their limits."""

from __future__ import annotations

import pytest

from statuary.wire.http1 import Body, Event, Http1Engine, HttpLimits, Request, RequestError, State

CHUNKED = b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: a.test\r\n\r\n"


def fixed(length: int) -> bytes:
    """The head of a request with a body of some length in octets."""
    return b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: %d\r\n\r\n" % length


def events(*pieces: bytes, limits: HttpLimits | None = None, eof: bool = False) -> list[Event]:
    """The events that some octets make, the request's own left out; no answer is given."""
    engine = Http1Engine(limits)
    told: list[Event] = []
    for piece in pieces:
        engine.receive_data(piece)
        while (event := engine.next_event()) is not None:
            told.append(event)
    if eof:
        engine.receive_eof()
        while (event := engine.next_event()) is not None:
            told.append(event)
    assert isinstance(told[0], Request)
    assert not told[0].ended
    return told[1:]


def content(told: list[Event]) -> bytes:
    """The content of a body that ended well."""
    bodies = [event for event in told if isinstance(event, Body)]
    assert bodies == told
    assert [event.ended for event in bodies] == [False] * (len(bodies) - 1) + [True]
    return b"".join(event.data for event in bodies)


def error(told: list[Event]) -> RequestError:
    """The error at the end of a body."""
    event = told[-1]
    assert isinstance(event, RequestError), told
    assert all(isinstance(other, Body) and not other.ended for other in told[:-1])
    return event


def test_fixed_body_comes_as_it_arrives() -> None:
    """RFC 9112 §6.2: exactly as many octets as announced."""
    assert events(fixed(5) + b"ab", b"c", b"de" + NEXT) == [
        Body(b"ab", False, b"ab"),
        Body(b"c", False, b"c"),
        Body(b"de", True, b"de"),
    ]


def test_fixed_body_is_not_copied_when_it_is_all_that_arrived() -> None:
    """A piece that is a whole read is handed on as it is."""
    piece = b"x" * 1000
    told = events(fixed(2000), piece, piece)
    assert all(isinstance(event, Body) and event.data is piece for event in told)


def test_chunked_body() -> None:
    """RFC 9112 §7.1: sizes in hexadecimal of either case, extensions skipped, chunks joined."""
    body = b'5\r\nhello\r\n1;a=b;c="d e"\r\n \r\n00A\r\n0123456789\r\na;x\r\nabcdefghij\r\n0;last\r\n\r\n'
    told = events(CHUNKED + body + NEXT)
    assert told == [Body(b"hello 0123456789abcdefghij", True, body)]


def test_chunked_body_octet_by_octet() -> None:
    """The pieces' octets add up, wherever they are cut."""
    body = b"3;x=1\r\nab\r\r\n2\r\n\r\n\r\n0\r\nA: b\r\n\r\n"
    told = events(CHUNKED, *(body[i : i + 1] for i in range(len(body))))
    assert content(told) == b"ab\r\r\n"
    assert b"".join(event.raw for event in told if isinstance(event, Body)) == body


def test_empty_chunked_body() -> None:
    """RFC 9112 §7.1: the last chunk may be the only one."""
    assert events(CHUNKED + b"0\r\n\r\n" + NEXT) == [Body(b"", True, b"0\r\n\r\n")]
    assert events(CHUNKED, b"000\r\n", b"\r\n" + NEXT) == [Body(b"", True, b"000\r\n\r\n")]


def test_trailers_come_with_the_last_piece() -> None:
    """RFC 9112 §7.1.2: trailer fields stay apart from the header fields."""
    told = events(CHUNKED + b"1\r\nx\r\n0\r\nX-Sum: 42\r\nB:  c \r\n\r\n" + NEXT)
    assert isinstance(told[-1], Body)
    assert told[-1].trailers == (("x-sum", "42"), ("b", "c"))


@pytest.mark.parametrize(
    "body",
    [
        b"x\r\n",
        b"\r\n",
        b"-1\r\n",
        b"+1\r\n",
        b"0x1\r\n",
        b"1_0\r\n",
        b" 1\r\nx\r\n",
        b"1 \r\nx\r\n",
        b"1 ;a\r\nx\r\n",
        b"1\nx\r\n",
        b"1;a\nx\r\n",
        b"1;a\rb\r\nx\r\n",
        b"1;\r\nx\r\n",
        b"1;a=\x00\r\nx\r\n",
        b"1\r\nxy\r\n",
        b"1\r\nx\n0\r\n\r\n",
        b"1\r\nx\r0\r\n\r\n",
        b"1\r\nx0\r\n\r\n",
        b"00000000000000001\r\nx\r\n",
        b"fffffffffffffffff\r\n",
        b"0\r\nA : b\r\n\r\n",
        b"0\r\nA: b\nB: c\r\n\r\n",
        b"0\r\nA: b\r\n c\r\n\r\n",
        b"0\r\n A: b\r\n\r\n",
        b"0\r\n\n",
        b"0\r\nContent-Length: 1\r\n\r\n",
        b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"0\r\nno colon\r\n\r\n",
    ],
)
def test_malformed_chunks_are_refused(body: bytes) -> None:
    """RFC 9112 §7.1, §11.2: whole or octet by octet, the content before the fault and then the same error."""
    whole = events(CHUNKED + body)
    split = events(CHUNKED, *(body[i : i + 1] for i in range(len(body))))
    assert error(whole)[:2] == error(split)[:2]
    assert error(whole).status_hint == 400
    assert error(whole).answer_due
    assert [event.data for event in whole if isinstance(event, Body)] == [
        event.data for event in split if isinstance(event, Body)
    ]


def test_fault_is_told_with_the_octets_that_no_piece_told() -> None:
    """What came before the fault is an event of its own."""
    told = events(CHUNKED + b"2\r\nab\r\nzz\r\n")
    assert told[0] == Body(b"ab", False, b"2\r\nab\r\n")
    assert error(told).raw == b"zz\r\n"
    told = events(CHUNKED, b"2\r\n", b"zzz")
    assert told[0] == Body(b"zz", False, b"2\r\nzz")
    assert error(told).raw == b"z"


def test_max_body_octets_is_judged_by_each_size_line() -> None:
    """RFC 9110 §15.5.14: refused as soon as the sum passes the limit, before the chunk is read."""
    limits = HttpLimits(max_body_octets=10)
    assert content(events(CHUNKED + b"4\r\nabcd\r\n6\r\nefghij\r\n0\r\n\r\n", limits=limits)) == b"abcdefghij"
    told = events(CHUNKED + b"4\r\nabcd\r\n7\r\n", limits=limits)
    assert told[0] == Body(b"abcd", False, b"4\r\nabcd\r\n")
    assert error(told).status_hint == 413
    assert error(events(CHUNKED + b"ffffffffffffffff\r\n", limits=limits)).status_hint == 413


def test_max_chunk_extension_octets() -> None:
    """RFC 9112 §7.1.1: the total length of extensions is limited, also that of a line without an end."""
    limits = HttpLimits(max_chunk_extension_octets=10)
    assert content(events(CHUNKED + b"1;abcd\r\nx\r\n1;efgh\r\ny\r\n0\r\n\r\n", limits=limits)) == b"xy"
    for body in (b"1;abcd\r\nx\r\n1;efghi\r\n", b"1;abcdefghij\r\n", b"1;" + b"a" * 40, b"1" * 40):
        assert error(events(CHUNKED + body, limits=limits)).status_hint == 400
        cut = (body[i : i + 1] for i in range(len(body)))
        assert error(events(CHUNKED, *cut, limits=limits)).status_hint == 400


def test_trailer_limits() -> None:
    """RFC 6585 §5: a trailer section is held to the limits of a header section."""
    limits = HttpLimits(max_headers=2, max_header_octets=120)
    assert content(events(CHUNKED + b"0\r\nA: b\r\nC: d\r\n\r\n", limits=limits)) == b""
    assert error(events(CHUNKED + b"0\r\nA: b\r\nC: d\r\nE: f\r\n", limits=limits)).status_hint == 431
    assert error(events(CHUNKED + b"0\r\nA: " + b"x" * 120, limits=limits)).status_hint == 431


@pytest.mark.parametrize(
    "data",
    [
        fixed(5) + b"abcd",
        fixed(5),
        CHUNKED,
        CHUNKED + b"5\r\nabcd",
        CHUNKED + b"5",
        CHUNKED + b"5\r\n",
        CHUNKED + b"0\r\n",
        CHUNKED + b"0\r\nA: b\r\n",
    ],
)
def test_end_of_the_connection_inside_a_body(data: bytes) -> None:
    """RFC 9112 §8: an incomplete request is an error, which may still be answered; then it is over."""
    told = events(data, eof=True)
    assert (error(told).status_hint, error(told).answer_due) == (400, True)
    assert (
        b"".join(event.raw for event in told if isinstance(event, Body | RequestError))
        == data.partition(b"\r\n\r\n")[2]
    )


def test_body_behind_an_answer_is_drained_and_the_next_request_read() -> None:
    """RFC 9112 §9.3: to keep the connection, the whole body must be read."""
    for head, body in ((fixed(6), b"abcdef"), (CHUNKED, b"3\r\nabc\r\n3\r\ndef\r\n0\r\nA: b\r\n\r\n")):
        for cut in range(len(body) + 1):
            engine = Http1Engine()
            engine.receive_data(head + body[:cut])
            assert isinstance(engine.next_event(), Request)
            assert b"close" not in engine.send_response(200, "OK")
            assert engine.state is State.DRAINING
            assert engine.next_event() is None
            engine.receive_data(body[cut:] + NEXT)
            event = engine.next_event()
            assert isinstance(event, Request)
            assert event.target == "/next"


def test_max_drain_octets() -> None:
    """A connection is given up rather than read on for long: at once if the length tells, else when passed."""
    limits = HttpLimits(max_drain_octets=10)
    for length, closing in ((10, False), (11, True)):
        engine = Http1Engine(limits)
        engine.receive_data(fixed(length))
        engine.next_event()
        assert engine.closing is closing
        assert (b"Connection: close" in engine.send_response(200, "OK")) is closing
        assert engine.state is (State.CLOSED if closing else State.DRAINING)
    engine = Http1Engine(limits)
    for _ in range(3):
        engine.receive_data(fixed(8) + b"abcdefgh")
        assert isinstance(engine.next_event(), Request)
        engine.send_raw(b"")
        assert engine.next_event() is None
        assert engine.state is State.IDLE
    engine = Http1Engine(limits)
    engine.receive_data(CHUNKED)
    engine.next_event()
    assert b"close" not in engine.send_response(200, "OK")
    engine.receive_data(b"1\r\nx\r\n1\r\nx")
    assert engine.next_event() is None
    engine.receive_data(b"\r\n1\r\nx\r\n")
    assert engine.next_event() == (False,)
    assert engine.state is State.CLOSED
