"""The prober reads what is sent, not what should have been: RFC 9112 §6.3, §9.3."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from snippets.probe import Answer, probe


@contextlib.contextmanager
def saying(*answers: bytes, close: bool = False) -> Iterator[int]:
    """A server on one connection: an answer for each request, then silence or an end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                for answer in answers:
                    if not connection.recv(65536):
                        return
                    connection.sendall(answer)
                if not close:
                    done.wait(5)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            done.set()
            thread.join()


def ask(port: int) -> Answer:
    """One probe that is quick to call a silence a hang."""
    return probe("127.0.0.1", port, "/", wait_seconds=0.3)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_kept() -> None:
    """A second answer on the same connection."""
    with saying(OK, OK) as port:
        answer = ask(port)
    assert answer == Answer("HTTP/1.1 200 OK", [("Content-Length", "2")], b"ok", "length", "kept", [])


@pytest.mark.parametrize(
    ("octets", "framing", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "length", b"ok"),
        (b"HTTP/1.1 200 OK\r\n\r\nok", "close", b"ok"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "length", b"ok"),
    ],
)
def test_closed(octets: bytes, framing: str, body: bytes) -> None:
    """The server says or shows that it closes (RFC 9112 §9.6)."""
    with saying(octets, close=True) as port:
        answer = ask(port)
    assert (answer.keep_alive, answer.framing, answer.body) == ("closed", framing, body)


def test_chunked() -> None:
    """RFC 9112 §7.1: chunks, extensions and trailers."""
    octets = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n3\r\nay!\r\n0\r\nX: y\r\n\r\n"
    with saying(octets, OK) as port:
        answer = ask(port)
    assert (answer.body, answer.framing, answer.keep_alive) == (b"okay!", "chunked", "kept")


def test_hang_where_no_end_is_said() -> None:
    """A 205 without a length on a connection that stays open leaves its client waiting (RFC 9112 §6.3)."""
    with saying(b"HTTP/1.1 205 Reset Content\r\n\r\n") as port:
        assert ask(port).keep_alive == "hang"


def test_hang_after_a_final_interim() -> None:
    """A 1xx is never the end (RFC 9110 §15.2)."""
    with saying(b"HTTP/1.1 100 Continue\r\n\r\n") as port:
        answer = ask(port)
    assert (answer.status_line, answer.interim, answer.keep_alive) == ("", ["HTTP/1.1 100 Continue"], "hang")


def test_interim_then_final() -> None:
    """Interim responses stand apart from the final one."""
    with saying(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, OK) as port:
        answer = ask(port)
    assert (answer.status_line, answer.interim) == ("HTTP/1.1 200 OK", ["HTTP/1.1 103 Early Hints"])


def test_stray_octets_after_an_answer_without_content() -> None:
    """204 has no content (RFC 9110 §15.3.5); what follows it belongs to no response."""
    with saying(b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", OK) as port:
        assert ask(port).keep_alive == "stray octets"


@pytest.mark.parametrize("octets", [b"", b"HTTP/1.1 200 OK\r\nContent-Len"])
def test_no_answer(octets: bytes) -> None:
    """An end in the middle is an end."""
    with saying(octets, close=True) as port:
        assert ask(port).keep_alive == "closed"


def test_a_chunk_size_that_is_no_number() -> None:
    """Nothing crashes on any octets."""
    with saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", OK) as port:
        assert ask(port).keep_alive == "stray octets"
