"""The HTTP/2 engine without a mock (RFC 9113): cut anywhere, flooded, and held to its limits."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamReset
from hypothesis import given
from hypothesis import strategies as st

from statuary.errors import LocalProtocolError
from statuary.wire.http2 import Ended, Event, Http2Engine, Http2Limits, Opened, Over


def pair(limits: Http2Limits | None = None) -> tuple[H2Connection, Http2Engine]:
    """A client and an engine whose settings are exchanged."""
    client = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
    client.initiate_connection()
    engine = Http2Engine(limits)
    engine.start()
    client.receive_data(engine.octets())
    assert list(engine.receive_data(client.data_to_send())) == []
    return client, engine


def head(target: str = "/", *fields: tuple[str, str], method: str = "GET") -> list[tuple[str, str]]:
    """A request's header list."""
    return [(":method", method), (":scheme", "http"), (":authority", "a.test"), (":path", target), *fields]


def hear(client: H2Connection, engine: Http2Engine) -> list[Event]:
    """What the engine tells of what the client says."""
    return list(engine.receive_data(client.data_to_send()))


def test_request_in_the_form_of_all_versions() -> None:
    """Pseudo-header fields become method, target and Host; cookie crumbs are joined (§8.2.3, §8.3.1)."""
    client, engine = pair()
    client.send_headers(1, head("/x?y=1", ("cookie", "a=1"), ("cookie", "b=2"), ("x-one", "1")), end_stream=True)
    opened, ended = hear(client, engine)
    assert isinstance(opened, Opened)
    request = opened.request
    assert (request.method, request.target, request.version, request.ended) == ("GET", "/x?y=1", "2", True)
    assert request.headers == (("host", "a.test"), ("x-one", "1"), ("cookie", "a=1; b=2"))
    assert request.raw.startswith(b"GET /x?y=1 HTTP/2\r\nhost: a.test\r\n")
    assert ended == Ended(1, b"")


@given(st.lists(st.integers(1, 400), max_size=8))
def test_cuts_mean_nothing(cuts: list[int]) -> None:
    """The same octets give the same events, wherever they are cut."""
    client, engine = pair()
    client.send_headers(1, head(method="POST"))
    client.send_data(1, b"hello" * 50)
    client.send_headers(1, [("x-sum", "1")], end_stream=True)
    octets = client.data_to_send()
    bounds = sorted({0, len(octets), *(cut for cut in cuts if cut < len(octets))})
    events = [event for begin, end in pairwise(bounds) for event in engine.receive_data(octets[begin:end])]
    assert [event.__class__ for event in events] == [Opened, Ended]
    assert events[1] == Ended(1, b"hello" * 50, (("x-sum", "1"),))


@given(st.binary(max_size=300))
def test_any_octets_are_events(octets: bytes) -> None:
    """Behind the preface whatever comes is told, or ends the connection; nothing is raised."""
    client, engine = pair()
    events = list(engine.receive_data(octets))
    assert engine.over == any(isinstance(event, Over) for event in events)
    assert client is not None
    assert isinstance(engine.octets(), bytes)


def test_header_list_is_limited() -> None:
    """A client that passes the announced limit loses the connection (§6.5.2, §10.5.1)."""
    client, engine = pair(Http2Limits(max_header_octets=1000))
    client.send_headers(1, head("/", *((f"x-{number}", "v" * 50) for number in range(40))), end_stream=True)
    (over,) = hear(client, engine)
    assert isinstance(over, Over)
    assert engine.over


def test_streams_are_limited() -> None:
    """SETTINGS_MAX_CONCURRENT_STREAMS is announced; a stream beyond is refused alone, and may be repeated (§5.1.2)."""
    client, engine = pair(Http2Limits(max_streams=2))
    assert client.remote_settings.max_concurrent_streams == 2
    other = H2Connection(H2Configuration(client_side=True))
    other.initiate_connection()
    engine = Http2Engine(Http2Limits(max_streams=2))
    engine.start()
    for stream in (1, 3, 5):
        other.send_headers(stream, [(k.encode(), v.encode()) for k, v in head()])
    events = list(engine.receive_data(other.data_to_send()))
    assert [event.stream for event in events if isinstance(event, Opened)] == [1, 3]
    (refused,) = [event for event in other.receive_data(engine.octets()) if isinstance(event, StreamReset)]
    assert (refused.stream_id, refused.error_code) == (5, ErrorCodes.REFUSED_STREAM)
    other.end_stream(1)
    assert list(engine.receive_data(other.data_to_send())) == [Ended(1, b"")]


def test_refused_streams_are_counted() -> None:
    """Opening streams beyond the limit again and again is an attack as cancelling them is."""
    other = H2Connection(H2Configuration(client_side=True))
    other.initiate_connection()
    engine = Http2Engine(Http2Limits(max_streams=1, max_resets=3))
    engine.start()
    events: list[Event] = []
    for stream in range(1, 11, 2):
        other.send_headers(stream, [(k.encode(), v.encode()) for k, v in head()])
        events += engine.receive_data(other.data_to_send())
    assert events[-1] == Over("HTTP/2: max_streams")
    assert engine.over


def test_bodies_of_all_streams_together_are_limited() -> None:
    """``max_held_octets``: the one that passes it is not waited for, the others are."""
    client, engine = pair(Http2Limits(max_held_octets=1000))
    for stream in (1, 3):
        client.send_headers(stream, head(method="POST"))
        client.send_data(stream, b"x" * 600)
    events = hear(client, engine)
    assert Ended(3, None) in events
    client.end_stream(1)
    assert Ended(1, b"x" * 600) in hear(client, engine)


def test_two_answers_share_the_windows() -> None:
    """Frames of both streams take turns; no stream starves the other (§5.2)."""
    client, engine = pair()
    for stream in (1, 3):
        client.send_headers(stream, head(), end_stream=True)
        hear(client, engine)
    for stream in (1, 3):
        engine.send_head(stream, 200, (), length=50_000)
    for stream in (1, 3):
        engine.send_data(stream, bytes(50_000))
    events = client.receive_data(engine.octets())
    got = {
        stream: sum(len(e.data or b"") for e in events if isinstance(e, DataReceived) and e.stream_id == stream)
        for stream in (1, 3)
    }
    assert got[1] + got[3] == 65_535
    assert min(got.values()) > 0


def test_fields_of_the_connection_are_left_out() -> None:
    """§8.2.2; what cannot be sent at all is an error of ours."""
    client, engine = pair()
    client.send_headers(1, head(), end_stream=True)
    hear(client, engine)
    fields = (("Connection", "close"), ("Transfer-Encoding", "chunked"), ("X-One", "1"))
    engine.send_head(1, 200, fields, length=None, end=True)
    (response,) = [e for e in client.receive_data(engine.octets()) if isinstance(e, ResponseReceived)]
    assert list(dict(cast("list[tuple[str, str]]", response.headers))) == [":status", "x-one"]
    with pytest.raises(LocalProtocolError):
        engine.send_head(1, 200, (), length=None)


def test_frame_over_the_announced_size_is_not_waited_for() -> None:
    """§4.2: FRAME_SIZE_ERROR, once more has come than any frame may hold, and long before its end."""
    client, engine = pair()
    events = list(engine.receive_data(b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + bytes(16_384)))
    assert isinstance(events[-1], Over)
    assert engine.over
    (end,) = [e for e in client.receive_data(engine.octets()) if isinstance(e, ConnectionTerminated)]
    assert end.error_code == ErrorCodes.FRAME_SIZE_ERROR


def test_frame_of_the_announced_size_is_read() -> None:
    """§4.2: every endpoint takes 16,384 octets."""
    client, engine = pair()
    client.send_headers(1, head(method="POST"))
    client.send_data(1, bytes(16_384), end_stream=True)
    assert hear(client, engine)[-1] == Ended(1, bytes(16_384))
