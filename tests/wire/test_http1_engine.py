"""The life of a connection: keep-alive, pipelining, Expect, answers of every shape, the end."""

from __future__ import annotations

import pytest

from statuary.errors import LocalProtocolError
from statuary.wire.http1 import (
    Body,
    Closed,
    Http1Engine,
    HttpLimits,
    Request,
    RequestError,
    State,
)
from tests.wire.http1_steps import opened, request, target


class TestKeepAlive:
    """RFC 9112 §9.3, §9.6."""

    def test_1_1_lives_on(self) -> None:
        """No Connection field is needed either way."""
        engine = opened(request())
        assert engine.connection_option == ""
        assert b"Connection" not in engine.send_response(200, "OK")
        assert (engine.state, engine.closing, engine.next_event()) == (State.IDLE, False, None)
        engine.receive_data(request(target="/2"))
        assert target(engine.next_event()) == "/2"

    def test_client_asks_to_close(self) -> None:
        """The answer says close, nothing more is read, and the end is told once."""
        engine = opened(request(fields="Connection: close\r\n") + request(target="/ignored"))
        assert (engine.closing, engine.connection_option) == (True, "close")
        engine.receive_data(request(target="/ignored"))
        assert b"\r\nConnection: close\r\n" in engine.send_response(200, "OK")
        engine.receive_data(request(target="/ignored"))
        assert engine.next_event() == Closed(by_peer=False)
        assert engine.next_event() is None
        assert engine.state is State.CLOSED

    def test_1_0_closes(self) -> None:
        """Without a word an HTTP/1.0 connection ends."""
        engine = opened(request(version="1.0"))
        assert b"\r\nConnection: close\r\n" in engine.send_response(200, "OK")
        assert engine.next_event() == Closed(by_peer=False)

    def test_1_0_may_ask_to_live_on(self) -> None:
        """The answer must then say that it does."""
        engine = opened(request(version="1.0", fields="Connection: keep-alive\r\n"))
        assert engine.connection_option == "keep-alive"
        assert b"\r\nConnection: keep-alive\r\n" in engine.send_response(200, "OK")
        assert engine.state is State.IDLE

    def test_our_side_closes(self) -> None:
        """By argument, or by a Connection field of the caller's, which then is not doubled."""
        engine = opened(request())
        assert engine.send_response(200, "OK", close=True).count(b"Connection: close") == 1
        assert engine.state is State.CLOSED
        engine = opened(request())
        assert engine.send_response(200, "OK", [("connection", "x, Close")]).lower().count(b"connection") == 1
        assert engine.state is State.CLOSED
        engine = opened(request(version="1.0", fields="Connection: keep-alive\r\n"))
        assert engine.send_response(200, "OK", [("Connection", "keep-alive")]).count(b"keep-alive") == 1
        assert engine.state is State.IDLE

    def test_client_leaves_between_requests(self) -> None:
        """Told once, also behind a lone empty line."""
        for data in (b"", b"\r\n", b"\r"):
            engine = Http1Engine()
            engine.receive_data(data)
            assert engine.next_event() is None
            engine.receive_eof()
            assert engine.next_event() == Closed(by_peer=True)
            assert engine.next_event() is None
            assert (engine.state, engine.closing) == (State.CLOSED, True)

    def test_client_leaves_inside_a_head(self) -> None:
        """RFC 9112 §8: an error that may still be answered."""
        engine = Http1Engine()
        engine.receive_data(b"GET / HTTP/1.1\r\nHo")
        assert engine.next_event() is None
        engine.receive_eof()
        event = engine.next_event()
        assert isinstance(event, RequestError)
        assert (event.status_hint, event.raw, event.answer_due) == (400, b"GET / HTTP/1.1\r\nHo", True)
        assert b"Connection: close" in engine.send_response(400, "Bad Request")
        assert engine.next_event() == Closed(by_peer=False)

    def test_client_that_only_half_closes_is_answered(self) -> None:
        """RFC 9112 §9.6: the end of what the client sends is not the end of what it reads."""
        engine = Http1Engine()
        engine.receive_data(request() + request(target="/2"))
        engine.receive_eof()
        assert target(engine.next_event()) == "/"
        engine.send_response(200, "OK")
        assert target(engine.next_event()) == "/2"
        engine.send_response(200, "OK")
        assert engine.next_event() == Closed(by_peer=True)

    def test_data_after_the_end_is_our_mistake(self) -> None:
        """The transport cannot have received any."""
        engine = Http1Engine()
        engine.receive_eof()
        with pytest.raises(LocalProtocolError):
            engine.receive_data(b"x")


class TestPipelining:
    """RFC 9112 §9.3.2."""

    def test_next_request_waits_for_the_answer(self) -> None:
        """However much is there already; interim responses and pieces are no complete answer."""
        engine = Http1Engine()
        engine.receive_data(request(target="/1") + request("POST", "/2", "Content-Length: 2\r\n", body="hi"))
        engine.receive_data(request(target="/3"))
        assert target(engine.next_event()) == "/1"
        assert engine.next_event() is None
        engine.send_informational(103, "Early Hints")
        assert engine.next_event() is None
        engine.send_chunked_head(200, "OK")
        assert engine.next_event() is None
        engine.send_end()
        assert target(engine.next_event()) == "/2"
        assert engine.next_event() == Body(b"hi", True, b"hi")
        assert engine.next_event() is None
        engine.send_raw(b"")
        assert target(engine.next_event()) == "/3"

    def test_head_cut_anywhere_behind_another_request(self) -> None:
        """What was sent ahead and is not complete is kept."""
        data = request(target="/1") + request(target="/2")
        for cut in range(len(data) + 1):
            engine = Http1Engine()
            targets = []
            for piece in (data[:cut], data[cut:]):
                engine.receive_data(piece)
                while (event := engine.next_event()) is not None:
                    targets.append(target(event))
                    engine.send_raw(b"")
            assert targets == ["/1", "/2"]

    def test_fault_ahead_is_told_in_its_turn(self) -> None:
        """The request before it is answered first."""
        engine = opened(request() + b"\x00")
        assert b"close" not in engine.send_response(200, "OK")
        assert isinstance(engine.next_event(), RequestError)

    def test_max_buffered_octets(self) -> None:
        """A client that sends too much ahead loses the connection after the answer; nothing of it is kept."""
        engine = opened(request(), HttpLimits(max_buffered_octets=100))
        engine.receive_data(b"x" * 60)
        engine.receive_data(b"y" * 40)
        assert engine.connection_option == ""
        engine.receive_data(b"z")
        engine.receive_data(b"z" * 1000)
        assert engine.closing
        assert b"Connection: close" in engine.send_response(200, "OK")
        assert engine.next_event() == Closed(by_peer=False)

    def test_wants_data(self) -> None:
        """While an answer is due the adapter had better pause."""
        engine = Http1Engine()
        assert engine.wants_data
        engine.receive_data(request("POST", fields="Content-Length: 2\r\n"))
        engine.next_event()
        assert (engine.wants_data, engine.answer_due) == (True, True)
        engine.receive_data(b"hi")
        engine.next_event()
        assert (engine.wants_data, engine.answer_due) == (False, True)
        engine.send_chunked_head(200, "OK")
        assert (engine.wants_data, engine.answer_due) == (False, False)
        engine.send_end()
        assert (engine.wants_data, engine.answer_due) == (True, False)
        engine.receive_data(b"\x00")
        engine.next_event()
        assert (engine.wants_data, engine.answer_due) == (False, True)
        engine.send_response(400, "Bad Request")
        assert (engine.wants_data, engine.answer_due) == (False, False)


class TestExpect:
    """RFC 9110 §10.1.1."""

    DATA = request("PUT", "/", "Expect: 100-continue\r\nContent-Length: 2\r\n")

    def test_continue_then_body_then_answer(self) -> None:
        """The ordinary course; the connection lives on."""
        engine = opened(self.DATA)
        assert engine.send_informational(100, "Continue") == b"HTTP/1.1 100 Continue\r\n\r\n"
        engine.receive_data(b"hi")
        assert engine.next_event() == Body(b"hi", True, b"hi")
        assert b"close" not in engine.send_response(201, "Created")
        assert engine.state is State.IDLE

    def test_final_answer_without_continue_closes(self) -> None:
        """The client may or may not send the body, so the connection cannot be used on."""
        engine = opened(self.DATA)
        assert (engine.closing, engine.connection_option) == (True, "close")
        assert b"Connection: close" in engine.send_response(417, "Expectation Failed")
        engine.receive_data(b"hi")
        assert engine.next_event() == Closed(by_peer=False)

    def test_raw_answer_without_continue_closes(self) -> None:
        """Octets of any sort do not change that."""
        engine = opened(self.DATA)
        engine.send_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        assert engine.state is State.CLOSED

    def test_other_interim_responses_do_not_invite_the_body(self) -> None:
        """Only 100 does."""
        engine = opened(self.DATA)
        engine.send_informational(103, "Early Hints")
        assert engine.connection_option == "close"
        engine.send_informational(100, "Continue")
        assert engine.connection_option == ""

    def test_client_that_does_not_wait(self) -> None:
        """It sent the whole body anyway, and it was read: the connection lives on without a 100."""
        engine = opened(self.DATA + b"hi")
        assert engine.connection_option == "close"
        assert engine.next_event() == Body(b"hi", True, b"hi")
        assert engine.connection_option == ""
        assert b"close" not in engine.send_response(200, "OK")

    def test_next_request_expects_anew(self) -> None:
        """A 100 counts for its own request alone."""
        engine = opened(self.DATA)
        engine.send_informational(100, "Continue")
        engine.receive_data(b"hi" + self.DATA)
        engine.next_event()
        engine.send_response(200, "OK")
        assert isinstance(engine.next_event(), Request)
        assert engine.closing


class TestRefusal:
    """RFC 9112 §2.2, §3, §6.3: an error is answered once, and then it is over."""

    def test_answer_closes(self) -> None:
        """Whatever the answer says of itself."""
        for raw in (False, True):
            engine = Http1Engine()
            engine.receive_data(b"\x00" + request())
            assert isinstance(engine.next_event(), RequestError)
            engine.receive_data(request())
            assert engine.connection_option == "close"
            if raw:
                engine.send_raw(b"")
            else:
                engine.send_response(400, "Bad Request")
            assert engine.next_event() == Closed(by_peer=False)

    def test_answer_in_pieces_ends_with_the_connection(self) -> None:
        """What the client knows of chunks was never learnt."""
        engine = Http1Engine()
        engine.receive_data(b"\x00")
        engine.next_event()
        data = engine.send_chunked_head(400, "Bad Request") + engine.send_chunk(b"no") + engine.send_end()
        assert data == b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nno"

    def test_refused_head_request_gets_no_content(self) -> None:
        """RFC 9110 §9.3.2: not even then; the refusal of another request does."""
        engine = Http1Engine()
        engine.receive_data(b"\r\nHEAD / HTTP/1.1\r\n\r\n")
        assert isinstance(engine.next_event(), RequestError)
        assert engine.send_response(400, "Bad Request", (), b"no").endswith(b"close\r\n\r\n")
        for following in (b"\x00", b"\r\n" * 9):
            engine = opened(request("HEAD"))
            engine.send_response(200, "OK")
            engine.receive_data(following)
            assert isinstance(engine.next_event(), RequestError)
            assert engine.send_response(400, "Bad Request", (), b"no").endswith(b"close\r\n\r\nno")

    def test_refused_body_of_a_request_told_before(self) -> None:
        """The answer still is one to that request."""
        engine = opened(request("POST", fields="Transfer-Encoding: chunked\r\n", version="1.1"))
        engine.receive_data(b"zz\r\n")
        assert isinstance(engine.next_event(), RequestError)
        assert b"Content-Length: 2\r\nConnection: close\r\n\r\nno" in engine.send_response(
            400, "Bad Request", (), b"no"
        )


class TestConnect:
    """RFC 9110 §9.3.6."""

    def test_success_ends_http(self) -> None:
        """A tunnel has no next request; the engine leads none."""
        engine = opened(b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n\x16\x03\x01")
        assert engine.send_response(200, "OK", (), b"x") == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        assert engine.next_event() == Closed(by_peer=False)

    def test_refusal_is_an_answer_like_others(self) -> None:
        """So that a proxy's client can try again with credentials on the same connection."""
        engine = opened(b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n" + request(target="/2"))
        assert b"close" not in engine.send_response(407, "Proxy Authentication Required")
        assert target(engine.next_event()) == "/2"
