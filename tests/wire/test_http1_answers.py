"""Answers of every shape, and what the engine refuses to send."""

from __future__ import annotations

import pytest

from statuary.errors import LocalProtocolError
from statuary.wire.http1 import (
    Body,
    Closed,
    Fields,
    Http1Engine,
    RequestError,
    State,
)
from tests.wire.http1_steps import opened, request, target


class TestInformational:
    """RFC 9110 §15.2."""

    def test_any_number_before_the_final_one(self) -> None:
        """Fields and all; the final answer stays due."""
        engine = opened(request())
        for _ in range(3):
            data = engine.send_informational(103, "Early Hints", [("Link", "</a>")])
            assert data == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        assert engine.answer_due

    def test_1_0_clients_are_sent_none(self) -> None:
        """They would take it for the final one."""
        assert opened(request(version="1.0")).send_informational(103, "Early Hints") == b""

    @pytest.mark.parametrize(
        ("status", "fields"),
        [(99, []), (200, []), (103, [("Content-Length", "0")]), (103, [("transfer-encoding", "chunked")])],
    )
    def test_refused(self, status: int, fields: Fields) -> None:
        """RFC 9110 §8.6, RFC 9112 §6.1: neither other codes nor framing."""
        engine = opened(request())
        with pytest.raises(LocalProtocolError):
            engine.send_informational(status, "Phrase", fields)
        assert engine.state is State.DUE

    def test_are_no_final_answers(self) -> None:
        """The client would wait for ever for what follows."""
        engine = opened(request())
        for status in (100, 103, 199):
            with pytest.raises(LocalProtocolError):
                engine.send_response(status, "Phrase")
            with pytest.raises(LocalProtocolError):
                engine.send_chunked_head(status, "Phrase")
        assert engine.state is State.DUE


class TestChunkedAnswer:
    """RFC 9112 §7.1."""

    def test_pieces(self) -> None:
        """Head, chunks, end; then the next request."""
        engine = opened(request())
        head = engine.send_chunked_head(200, "OK", [("A", "b")])
        assert head == b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert engine.send_chunk(b"abc") == b"3\r\nabc\r\n"
        assert engine.send_chunk(b"") == b""
        assert engine.send_end([("X-Sum", "1")]) == b"0\r\nX-Sum: 1\r\n\r\n"
        assert engine.state is State.IDLE

    @pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
    def test_without_content(self, method: str, status: int) -> None:
        """RFC 9112 §6.1, §6.3: the same calls give a head alone."""
        engine = opened(request(method))
        assert engine.send_chunked_head(status, "Phrase") == b"HTTP/1.1 %d Phrase\r\n\r\n" % status
        assert engine.send_chunk(b"abc") + engine.send_end([("X-Sum", "1")]) == b""
        assert engine.state is State.IDLE

    def test_1_0_client_gets_the_body_until_the_end(self) -> None:
        """RFC 9112 §6.1: no Transfer-Encoding for a client that may not know it."""
        engine = opened(request(version="1.0", fields="Connection: keep-alive\r\n"))
        assert engine.send_chunked_head(200, "OK") == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        assert engine.send_chunk(b"abc") + engine.send_end([("X-Sum", "1")]) == b"abc"
        assert engine.next_event() == Closed(by_peer=False)

    def test_closes_after_the_end(self) -> None:
        """Not before."""
        engine = opened(request())
        assert b"Connection: close" in engine.send_chunked_head(200, "OK", close=True)
        assert (engine.state, engine.closing) == (State.STREAMING, True)
        engine.send_end()
        assert engine.state is State.CLOSED

    def test_while_the_body_comes_in(self) -> None:
        """RFC 9112 §9.5: both directions at once."""
        engine = opened(request("POST", fields="Content-Length: 4\r\n"))
        engine.send_chunked_head(200, "OK")
        engine.receive_data(b"ab")
        assert engine.next_event() == Body(b"ab", False, b"ab")
        engine.send_chunk(b"x")
        engine.receive_data(b"cd")
        assert engine.next_event() == Body(b"cd", True, b"cd")
        assert engine.next_event() is None
        engine.send_end()
        assert engine.state is State.IDLE

    def test_fault_in_the_body_while_answering(self) -> None:
        """It is told, but there is no second answer to give."""
        engine = opened(request("POST", fields="Content-Length: 4\r\n"))
        engine.send_chunked_head(200, "OK")
        engine.receive_eof()
        event = engine.next_event()
        assert isinstance(event, RequestError)
        assert not event.answer_due
        with pytest.raises(LocalProtocolError):
            engine.send_response(400, "Bad Request")
        assert engine.send_end() == b"0\r\n\r\n"
        assert engine.next_event() == Closed(by_peer=False)

    @pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
    def test_framing_of_the_callers_is_refused(self, name: str) -> None:
        """RFC 9112 §6.1; the state stays as it was."""
        engine = opened(request())
        with pytest.raises(LocalProtocolError):
            engine.send_chunked_head(200, "OK", [(name, "1")])
        assert engine.state is State.DUE

    def test_unfit_trailer_leaves_the_answer_open(self) -> None:
        """It can still be ended well."""
        engine = opened(request())
        engine.send_chunked_head(200, "OK")
        with pytest.raises(LocalProtocolError):
            engine.send_end([("A", "b\r\nc")])
        assert engine.send_end() == b"0\r\n\r\n"


class TestRaw:
    """Answers that no serialiser would make."""

    def test_octets_are_given_back_as_they_are(self) -> None:
        """The same object; the answer counts as complete."""
        engine = opened(request())
        data = b"HTTP/1.1 42 \x00\r\n"
        assert engine.send_raw(data) is data
        assert engine.state is State.IDLE

    def test_close(self) -> None:
        """As the caller says."""
        engine = opened(request())
        engine.send_raw(b"", close=True)
        assert engine.next_event() == Closed(by_peer=False)

    def test_breaks_off_an_answer_in_pieces(self) -> None:
        """A mock may end a chunked answer as badly as it likes."""
        engine = opened(request())
        engine.send_chunked_head(200, "OK")
        assert engine.send_raw(b"ffff\r\nx", close=True) == b"ffff\r\nx"
        assert engine.state is State.CLOSED

    def test_needs_a_request(self) -> None:
        """Nothing is answered that was not asked, nor twice."""
        engine = Http1Engine()
        engine.receive_data(request())
        with pytest.raises(LocalProtocolError):
            engine.send_raw(b"x")
        engine.next_event()
        engine.send_raw(b"x")
        with pytest.raises(LocalProtocolError):
            engine.send_raw(b"x")


class TestHead:
    """RFC 9110 §9.3.2."""

    def test_content_is_left_out(self) -> None:
        """The length stays, and the connection goes on in step."""
        engine = opened(request("HEAD") + request(target="/2"))
        assert engine.send_response(200, "OK", (), b"abc") == b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
        assert target(engine.next_event()) == "/2"
        assert engine.send_response(200, "OK", (), b"abc").endswith(b"\r\n\r\nabc")


class TestFaultsOfOurs:
    """What the engine refuses of our side changes nothing."""

    @pytest.mark.parametrize(
        ("status", "reason", "fields"),
        [
            (99, "Phrase", []),
            (1000, "Phrase", []),
            (200, "a\nb", []),
            (200, "OK", [("A", "b\rc")]),
            (200, "OK", [("A b", "c")]),
            (200, "OK", [("Content-Length", "7")]),
        ],
    )
    def test_answer_can_be_given_again(self, status: int, reason: str, fields: Fields) -> None:
        """After a LocalProtocolError the answer is still due."""
        for data in (request(), request("POST", fields="Content-Length: 2\r\n")):
            engine = opened(data)
            before = engine.state
            with pytest.raises(LocalProtocolError):
                engine.send_response(status, reason, fields)
            with pytest.raises(LocalProtocolError):
                engine.send_chunked_head(status, reason, fields, close=True)
            assert (engine.state, engine.closing) == (before, False)
            assert engine.send_response(200, "OK").startswith(b"HTTP/1.1 200 OK\r\n")
