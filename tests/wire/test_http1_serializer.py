"""Answers as octets, read back by another implementation (h11) where they are well-formed."""

from __future__ import annotations

import h11
import pytest

from statuary.errors import LocalProtocolError
from statuary.wire.http1 import Fields, Http1Engine
from statuary.wire.http1.serializer import (
    connection_options,
    has_field,
    has_no_content,
    serialize_chunk,
    serialize_head,
    serialize_last_chunk,
    serialize_response,
)


def respond(
    status: int, fields: Fields = (), content: bytes = b"", *, method: str = "GET", connection: str = ""
) -> bytes:
    """A response with a phrase of its own."""
    return serialize_response(status, "Phrase", fields, content, method=method, connection=connection)


def read_back(method: str, data: bytes) -> list[h11.Event]:
    """What a client makes of an answer, the end of the connection included."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "a.test")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    told: list[h11.Event] = []
    while isinstance(event := client.next_event(), h11.Event) and not isinstance(event, h11.ConnectionClosed):
        told.append(event)
    return told


def test_response_octets() -> None:
    """RFC 9112 §2.1, §4: the caller's fields first, as given, then the framing."""
    assert respond(507, [("X-Order", "1"), ("x-ORDER", "\xe9")], b"full", connection="close") == (
        b"HTTP/1.1 507 Phrase\r\nX-Order: 1\r\nx-ORDER: \xe9\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfull"
    )


def test_reason_phrase_may_be_empty() -> None:
    """RFC 9112 §4: the space before it stays."""
    assert serialize_head(299, "", ()) == b"HTTP/1.1 299 \r\n\r\n"


@pytest.mark.parametrize("status", [200, 299, 404, 451, 507, 600, 999])
@pytest.mark.parametrize("content", [b"", b"x", b"\r\n\r\n" * 100])
def test_content_is_framed_by_its_length(status: int, content: bytes) -> None:
    """RFC 9110 §8.6."""
    data = respond(status, [("A", "b")], content)
    assert data.endswith(b"\r\n\r\n" + content)
    assert b"\r\nContent-Length: %d\r\n" % len(content) in data


@pytest.mark.parametrize("status", [200, 206, 404, 503])
def test_head_gets_the_length_and_no_content(status: int) -> None:
    """RFC 9110 §9.3.2: the fields that GET would have had, and no content."""
    data = respond(status, (), b"content", method="HEAD")
    assert data == b"HTTP/1.1 %d Phrase\r\nContent-Length: 7\r\n\r\n" % status
    events = read_back("HEAD", data)
    assert [type(event) for event in events] == [h11.Response, h11.EndOfMessage]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("status", [100, 103, 199, 204, 304])
def test_codes_without_content(method: str, status: int) -> None:
    """RFC 9110 §8.6, §15.2, §15.3.5, §15.4.5: no content, and no length of none."""
    assert has_no_content(method, status)
    assert respond(status, (), b"content", method=method) == b"HTTP/1.1 %d Phrase\r\n\r\n" % status


def test_tunnel_has_no_framing() -> None:
    """RFC 9110 §9.3.6: 2xx to CONNECT carries neither content nor length; any other code does."""
    assert respond(200, (), b"content", method="CONNECT") == b"HTTP/1.1 200 Phrase\r\n\r\n"
    assert respond(407, (), b"no", method="CONNECT").endswith(b"Content-Length: 2\r\n\r\nno")
    with pytest.raises(LocalProtocolError):
        respond(200, [("Content-Length", "0")], method="CONNECT")


@pytest.mark.parametrize(
    ("method", "status", "value", "content"),
    [
        ("GET", 200, "3", b"abc"),
        ("HEAD", 200, "1000", b""),
        ("GET", 304, "1000", b""),
    ],
)
def test_own_content_length_is_kept_if_right(method: str, status: int, value: str, content: bytes) -> None:
    """RFC 9110 §8.6: to HEAD and in 304 it is the length that GET would have had."""
    data = respond(status, [("content-LENGTH", value)], content, method=method)
    assert data == b"HTTP/1.1 %d Phrase\r\ncontent-LENGTH: %b\r\n\r\n%b" % (status, value.encode(), content)


@pytest.mark.parametrize(
    ("method", "status", "fields"),
    [
        ("GET", 200, [("Content-Length", "4")]),
        ("GET", 200, [("Content-Length", "03")]),
        ("GET", 200, [("Content-Length", "3"), ("Content-Length", "3")]),
        ("GET", 200, [("Transfer-Encoding", "chunked")]),
        ("GET", 204, [("Content-Length", "3")]),
        ("HEAD", 204, [("Content-Length", "3")]),
        ("GET", 103, [("Content-Length", "3")]),
        ("HEAD", 200, [("Content-Length", "many")]),
        ("GET", 304, [("Content-Length", "\xb2")]),
    ],
)
def test_contradicting_framing_is_refused(method: str, status: int, fields: Fields) -> None:
    """RFC 9112 §6.1, §6.2: to answer thus on purpose, send_raw is there."""
    with pytest.raises(LocalProtocolError):
        respond(status, fields, b"abc", method=method)


@pytest.mark.parametrize("status", [-1, 0, 1, 99, 1000, 10_000])
def test_status_code_has_three_digits(status: int) -> None:
    """RFC 9110 §15."""
    with pytest.raises(LocalProtocolError, match="three digits"):
        serialize_head(status, "Phrase", ())


@pytest.mark.parametrize("text", ["a\rb", "a\nb", "a\0b", "a\r\nX: y", "\n", "snow \u2603"])
def test_texts_that_would_end_a_line_are_refused(text: str) -> None:
    """RFC 9110 §5.5, RFC 9112 §11.1: no response splitting through any text."""
    with pytest.raises(LocalProtocolError):
        serialize_head(200, text, ())
    with pytest.raises(LocalProtocolError):
        serialize_head(200, "OK", [("A", "b"), ("X", text)])
    with pytest.raises(LocalProtocolError):
        serialize_last_chunk([("X", text)])


@pytest.mark.parametrize("name", ["", "a b", "a:", "a\r\nb", "caf\xe9", "(x)", "a\n", " a"])
def test_names_that_are_no_tokens_are_refused(name: str) -> None:
    """RFC 9110 §5.1, also beside names that are."""
    with pytest.raises(LocalProtocolError, match="no field name"):
        serialize_head(200, "OK", [("A", "b"), (name, "x"), ("C", "d")])


def test_chunks() -> None:
    """RFC 9112 §7.1: an empty piece must not become the last chunk."""
    assert serialize_chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
    assert serialize_chunk(b"") == b""
    assert serialize_last_chunk(()) == b"0\r\n\r\n"
    assert serialize_last_chunk([("X-Sum", "42")]) == b"0\r\nX-Sum: 42\r\n\r\n"


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Trailer", "Host", "Connection"])
def test_framing_fields_are_no_trailers(name: str) -> None:
    """RFC 9110 §6.5.1."""
    with pytest.raises(LocalProtocolError, match="trailer"):
        serialize_last_chunk([(name, "1")])


def test_looking_at_fields() -> None:
    """RFC 9110 §5.1, §7.6.1: names in any case, options in any line."""
    fields = [("Connection", "Keep-Alive, x"), ("CONNECTION", "Close"), ("A", "b")]
    assert connection_options(fields) == {"keep-alive", "x", "close"}
    assert connection_options(()) == set()
    assert has_field(fields, "a")
    assert not has_field(fields, "b")


def test_answers_are_read_back_by_another_implementation() -> None:
    """RFC 9112: interim responses, a chunked answer with trailers, and a close, as a client sees them."""
    engine = Http1Engine()
    engine.receive_data(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
    engine.next_event()
    events = read_back(
        "GET",
        engine.send_informational(103, "Early Hints", [("Link", "</x>; rel=preload")])
        + engine.send_informational(102, "Processing")
        + engine.send_chunked_head(200, "OK", [("Trailer", "X-Sum")], close=True)
        + engine.send_chunk(b"one ")
        + engine.send_chunk(b"")
        + engine.send_chunk(b"two")
        + engine.send_end([("X-Sum", "42")]),
    )
    early, processing, response, *data, end = events
    assert isinstance(early, h11.InformationalResponse)
    assert isinstance(processing, h11.InformationalResponse)
    assert isinstance(response, h11.Response)
    assert isinstance(end, h11.EndOfMessage)
    assert (early.status_code, processing.status_code, response.status_code) == (103, 102, 200)
    assert dict(response.headers)[b"connection"] == b"close"
    assert b"".join(bytes(piece.data) for piece in data if isinstance(piece, h11.Data)) == b"one two"
    assert list(end.headers) == [(b"x-sum", b"42")]
