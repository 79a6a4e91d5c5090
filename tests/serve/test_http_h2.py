"""The mock in HTTP/2 (RFC 9113): scripts, interim answers, effects, limits; no stream waits for another."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import cast

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Serving
from tests.serve.talk import H2Client, make_mock

from statuary.serve.http import HttpMock
from statuary.serve.http.session2 import Http2Session
from statuary.serve.output import Switch
from statuary.serve.session import Peer, Shared
from statuary.wire.http2 import Http2Limits

MOCK, SHARED, CLOCK = make_mock()


@pytest.fixture
def client() -> H2Client:
    """A client of its own."""
    return H2Client(MOCK, CLOCK)


def status(client: H2Client, stream: int) -> str:
    """The status of a stream's final answer."""
    (event,) = client.of(stream, ResponseReceived)
    return dict(cast("list[tuple[str, str]]", cast("ResponseReceived", event).headers))[":status"]


def content(client: H2Client, stream: int) -> bytes:
    """The content of a stream's answer."""
    return b"".join(cast("DataReceived", event).data or b"" for event in client.of(stream, DataReceived))


def test_script_is_counted_over_versions(client: H2Client) -> None:
    """The same target has one count, and its answers carry the mark; the reason phrase is left out (§8.3.2)."""
    target = "/status/503x2~200?key=h2"
    streams = [client.ask(target) for _ in range(3)]
    assert [status(client, stream) for stream in streams] == ["503", "503", "200"]
    assert b"Service Unavailable" not in client.raw.split(b'{"error"')[0]
    assert content(client, streams[2]) == b'{"status": "ok", "message": "OK"}'


def test_interim_answers_come_first(client: H2Client) -> None:
    """Several 103 with Link before the final answer (§8.1); 101 has no place in HTTP/2 (§8.6)."""
    stream = client.ask("/status/103x3~404?key=a")
    assert len(client.of(stream, InformationalResponseReceived)) == 3
    assert status(client, stream) == "404"
    other = client.ask("/status/101?key=a")
    assert client.of(other, InformationalResponseReceived) == []
    assert status(client, other) == "200"


def test_streams_do_not_wait_for_each_other(client: H2Client) -> None:
    """A delayed answer holds nobody up; it comes when its time has come."""
    slow = client.ask("/status/200?delay=5s")
    quick = client.ask("/status/201")
    assert status(client, quick) == "201"
    assert client.of(slow, ResponseReceived) == []
    assert client.wait() == 5
    assert status(client, slow) == "200"


def test_drip_comes_piece_by_piece(client: H2Client) -> None:
    """Frames with time between them; the earlier of two streams' times comes first."""
    slow = client.ask("/status/200?delay=60s")
    stream = client.ask("/drip?numbytes=4&duration=3")
    seen = [content(client, stream)]
    for _ in range(3):
        client.wait()
        seen.append(content(client, stream))
    assert seen == [b"*", b"**", b"***", b"****"]
    assert client.of(stream, StreamEnded)
    assert client.of(slow, ResponseReceived) == []


@pytest.mark.parametrize("script", ["reset", "200-reset", "200-truncate=0.5", "200-limit=3"])
def test_a_broken_stream_leaves_the_connection(client: H2Client, script: str) -> None:
    """RST_STREAM (§6.4): the stream ends, another one is answered."""
    stream = client.ask(f"/status/{script}")
    (event,) = client.of(stream, StreamReset)
    assert cast("StreamReset", event).error_code == ErrorCodes.INTERNAL_ERROR
    assert client.of(stream, StreamEnded) == []
    assert status(client, client.ask("/status/204")) == "204"


@pytest.mark.parametrize("script", ["drop", "200-close"])
def test_end_of_the_connection_is_announced(client: H2Client, script: str) -> None:
    """GOAWAY (§6.8), and the connection closes."""
    client.ask(f"/status/{script}")
    assert any(isinstance(event, ConnectionTerminated) for event in client.events)
    assert client.session.closing


@pytest.mark.parametrize("script", ["hang", "200-stall=0.5"])
def test_silence_is_the_streams_own(client: H2Client, script: str) -> None:
    """The stream never ends, and the connection serves others."""
    stream = client.ask(f"/status/{script}")
    assert client.of(stream, StreamEnded) == []
    assert status(client, client.ask("/status/200")) == "200"


def test_half_close_takes_no_more_streams(client: H2Client) -> None:
    """GOAWAY without an end of the connection: the answer is whole."""
    stream = client.ask("/status/200-halfclose")
    assert client.of(stream, StreamEnded)
    assert not client.session.closing


@pytest.mark.parametrize("script", ["200-badchunk", "200-length=5"])
def test_malformed_answers_are_errors_for_a_client(client: H2Client, script: str) -> None:
    """A frame that no client may accept (§6.1), a Content-Length that lies (§8.1.1)."""
    with pytest.raises((ProtocolError, ValueError)):
        client.ask(f"/status/{script}")


def test_garbage_is_no_frame(client: H2Client) -> None:
    """As many octets as asked for and the end, with no frame of an answer before them."""
    before = len(client.raw)
    stream = client.ask("/status/200-garbage=100")
    assert len(client.raw) - before == 100
    assert client.of(stream, ResponseReceived) == []
    assert client.session.closing


def test_trailers(client: H2Client) -> None:
    """Fields behind the content (§8.1)."""
    stream = client.ask("/trailers?x-sum=1")
    (event,) = client.of(stream, TrailersReceived)
    assert dict(cast("list[tuple[str, str]]", cast("TrailersReceived", event).headers)) == {"x-sum": "1"}


def test_continue_and_refusal_before_the_body(client: H2Client) -> None:
    """100 for a client that waits for it, none where it is withheld, and 413 at once (RFC 9110 §10.1.1)."""

    def begin(target: str) -> int:
        stream = client.wire.get_next_available_stream_id()
        head = [(":method", "POST"), (":scheme", "http"), (":authority", "m"), (":path", target)]
        client.wire.send_headers(stream, [*head, ("expect", "100-continue")])
        client.flush()
        return stream

    asked, withheld, refused = begin("/post"), begin("/status/200?expect=withhold"), begin("/status/413")
    assert len(client.of(asked, InformationalResponseReceived)) == 1
    assert client.of(withheld, InformationalResponseReceived) == []
    assert status(client, refused) == "413"
    for stream in (asked, withheld, refused):
        client.wire.send_data(stream, b"hello", end_stream=True)
    client.flush()
    assert b'"data": "hello"' in content(client, asked)
    assert status(client, withheld) == "200"


def test_content_waits_for_the_windows(client: H2Client) -> None:
    """No more than the client's window is sent; the rest follows when it opens (§5.2)."""
    stream = client.ask("/bytes/100000?seed=1")
    assert len(content(client, stream)) == 65535
    client.wire.increment_flow_control_window(100_000)
    client.wire.increment_flow_control_window(100_000, stream)
    client.flush()
    assert len(content(client, stream)) == 100_000
    assert client.of(stream, StreamEnded)


def test_limits_have_names() -> None:
    """Contents beyond the limit get 413; cancelling again and again ends the connection (CVE-2023-44487)."""
    limits = Http2Limits(max_body_octets=1000, max_resets=5, max_pending_octets=2000)
    client = H2Client(MOCK, CLOCK, limits)
    assert status(client, client.ask("/post", method="POST", body=b"x" * 2000)) == "413"
    held = [client.ask(f"/bytes/{70_000}?seed={number}") for number in range(2)]
    (event,) = client.of(held[0], StreamReset)
    assert cast("StreamReset", event).error_code == ErrorCodes.ENHANCE_YOUR_CALM
    for _ in range(20):
        if client.session.closing:
            break
        stream = client.ask("/status/hang")
        client.wire.reset_stream(stream)
        client.flush()
    (end,) = [event for event in client.events if isinstance(event, ConnectionTerminated)]
    assert end.error_code == ErrorCodes.ENHANCE_YOUR_CALM
    notes = [row.note for _, row in SHARED.journal]
    assert "HTTP/2: max_resets" in notes


def test_journal_reads_like_the_other_version(client: H2Client) -> None:
    """Head and content of both directions, the code, and the key."""
    client.ask("/anything?x=1", ("statuary-key", "blue"), method="POST", body=b"hello")
    *_, (_, row) = SHARED.journal
    assert row.request.startswith(b"POST /anything?x=1 HTTP/2\r\nhost: mock.test\r\n")
    assert row.request.endswith(b"\r\n\r\nhello")
    assert row.response.startswith(b"HTTP/2 200\r\n")
    assert (row.code, row.key) == ("200", "blue")


@pytest.mark.parametrize(
    ("target", "method", "announced", "content"),
    [
        ("/status/200?body=abcdefgh", "GET", b"8", b"abcdefgh"),
        ("/status/200?body=abcdefgh", "HEAD", b"8", b""),
        ("/status/200-truncate=0.5?body=abcdefgh", "GET", b"8", b"abcd"),
        ("/status/200-chunked?body=abcdefgh", "GET", None, b"abcdefgh"),
        ("/status/204", "GET", None, b""),
    ],
)
def test_journal_has_what_was_sent(
    client: H2Client, target: str, method: str, announced: bytes | None, content: bytes
) -> None:
    """Of an answer that was cut, the journal has what came before the cut, and the length as it was announced."""
    stream = client.ask(target, method=method)
    *_, (_, row) = SHARED.journal
    head, _, body = row.response.partition(b"\r\n\r\n")
    lines = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert (lines.get(b"content-length"), body) == (announced, content)
    received = [event for event in client.of(stream, DataReceived) if isinstance(event, DataReceived)]
    assert b"".join(event.data or b"" for event in received) == content


def test_journal_tells_the_trailers(client: H2Client) -> None:
    """They come in a frame of their own (RFC 9113 §8.1), and are no part of the content."""
    client.ask("/trailers?Grpc-Status=14&X-Sum=1")
    *_, (_, row) = SHARED.journal
    assert row.note == "trailers: grpc-status: 14, x-sum: 1"
    assert row.response.endswith(b"]]}\n")


def test_journal_has_the_garbage_that_was_sent(client: H2Client) -> None:
    """It is drawn as it was for the wire, behind the draws of a delay."""
    client.ask("/status/200-delay=1s-jitter=1s-garbage=24")
    with suppress(ProtocolError):
        client.wait()
    *_, (_, row) = SHARED.journal
    assert len(row.response) == 24
    assert client.raw.endswith(row.response)


def test_prior_knowledge_on_the_plain_port() -> None:
    """The preface of RFC 9113 §3.4 hands the connection over, whole or cut anywhere."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    for cut in range(1, len(preface) + 1):
        session = MOCK(Peer("127.0.0.1:1", 1))
        output = session.receive(preface[:cut])
        if cut < 16:
            output = session.receive(preface[cut:])
        assert isinstance(output, list)
        assert isinstance(output[0], Switch)
        assert isinstance(output[0].session, Http2Session)


def test_later_preface_is_refused() -> None:
    """Behind a request it is a request of a version that is not known."""
    session = MOCK(Peer("127.0.0.1:1", 1))
    session.receive(b"GET /status/200 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b" 505 " in cast("bytes", session.receive(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))


@given(st.lists(st.binary(max_size=200), max_size=6), st.booleans())
def test_no_octets_crash_a_session(pieces: list[bytes], preface: bool) -> None:
    """Whatever comes, an answer or an end comes back, never an exception."""
    session = Http2Session(MOCK, Peer("127.0.0.1:1", 1))
    session.start()
    if preface:
        session.receive(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    for piece in pieces:
        if session.closing:
            break
        session.receive(piece)
    session.eof()
    assert session.timeout() is not None


def test_alpn_chooses_the_session() -> None:
    """h2 by TLS is HTTP/2 from the first octet (RFC 7301)."""
    assert isinstance(MOCK(Peer("127.0.0.1:1", 1, "h2", tls=True)), Http2Session)
    assert not isinstance(MOCK(Peer("127.0.0.1:1", 1, "http/1.1", tls=True)), Http2Session)
    assert isinstance(MOCK, HttpMock)
    assert isinstance(SHARED, Shared)


def test_client_that_sends_no_more_still_gets_what_waits(server: Serving) -> None:
    """A delayed stream is answered after the client's FIN, and then the connection closes (RFC 9113 §5.1)."""
    wire = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
    wire.initiate_connection()
    for stream, target in ((1, "/status/404-delay=300ms"), (3, "/status/503-delay=100ms")):
        head = [(":method", "GET"), (":scheme", "http"), (":authority", "mock.test"), (":path", target)]
        wire.send_headers(stream, head, end_stream=True)
    heard: list[Event] = []
    with socket.create_connection(("127.0.0.1", server.http_port), timeout=10) as connection:
        connection.sendall(wire.data_to_send())
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(65536):
            heard += wire.receive_data(data)
    answers = [event.headers for event in heard if isinstance(event, ResponseReceived)]
    assert [dict(cast("list[tuple[str, str]]", fields))[":status"] for fields in answers] == ["503", "404"]
