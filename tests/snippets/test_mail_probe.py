"""The mail prober against servers that misbehave (RFC 5321 §4.2)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from snippets.mail_probe import Dialogue, converse

Connect = Callable[[], socket.socket]
Serve = Callable[..., Connect]
SAY = ["", "EHLO client.example.com", "> RCPT TO:<emil@example.net>", "QUIT"]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that greets, then answers each line that it reads with the next of its answers."""
    stops: list[Callable[[], None]] = []

    def start(greeting: bytes, *answers: bytes, close: bool = True) -> Connect:
        listener = socket.create_server(("127.0.0.1", 0))
        held: list[socket.socket] = []

        def talk() -> None:
            connection, _ = listener.accept()
            held.append(connection)
            connection.sendall(greeting)
            reader = connection.makefile("rb")
            for answer in answers:
                if not reader.readline():
                    break
                connection.sendall(answer)
            reader.close()
            if close:
                connection.close()

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()

        def stop() -> None:
            thread.join(10)
            listener.close()
            for connection in held:
                connection.close()

        stops.append(stop)
        port = listener.getsockname()[1]
        return lambda: socket.create_connection(("127.0.0.1", port), timeout=0.5)

    yield start
    for stop in stops:
        stop()


def test_a_whole_session(serve: Serve) -> None:
    """Lines of a reply stay apart; octets count their ends (RFC 5321 §4.2.1)."""
    connect = serve(b"220 a\r\n", b"250-b\r\n250 SIZE\r\n", b"452-4.2.2 Mailbox\r\n452 4.2.2 full\r\n", b"221 bye\r\n")
    assert converse(connect, SAY) == Dialogue(
        [
            "S: 220 a",
            "C: EHLO client.example.com",
            "S: 250-b",
            "S: 250 SIZE",
            "C: RCPT TO:<emil@example.net>",
            "S: 452-4.2.2 Mailbox",
            "S: 452 4.2.2 full",
            "C: QUIT",
            "S: 221 bye",
        ],
        ["452-4.2.2 Mailbox", "452 4.2.2 full"],
        35,
        "kept",
    )


def test_a_server_that_closes(serve: Serve) -> None:
    """421 may end the session (RFC 5321 §3.8); the reply is kept."""
    dialogue = converse(serve(b"220 a\r\n", b"250 b\r\n", b"421 4.7.0 Bye\r\n"), SAY)
    assert (dialogue.reply, dialogue.after) == (["421 4.7.0 Bye"], "closed")


def test_a_server_that_says_nothing(serve: Serve) -> None:
    """Silence is a hang; a close without a reply is none."""
    hang = converse(serve(b"220 a\r\n", b"250 b\r\n", b"", close=False), SAY)
    assert (hang.reply, hang.after) == ([], "hang")
    closed = converse(serve(b"220 a\r\n", b"250 b\r\n", b""), SAY)
    assert (closed.reply, closed.after) == ([], "closed")
    assert converse(serve(b""), SAY).after == "closed"


def test_a_reply_without_end(serve: Serve) -> None:
    """More lines than a reply can have are cut; octets that are no text are shown as such."""
    flood = converse(serve(b"".join(b"220-%d\r\n" % number for number in range(200))), ["> "])
    assert len(flood.reply) == 64
    assert converse(serve(b"554 \xff\r\n"), ["> "]).reply == ["554 \\xff"]


def test_data_that_is_refused(serve: Serve) -> None:
    """Where 354 does not come no message is sent, and the refusal of DATA is the reply in question (RFC 5321 §3.3)."""
    say = ["", "DATA", "> Subject: Hello\n\nHello.\n.", "QUIT"]
    refused = converse(serve(b"220 a\r\n", b"554 5.5.1 No\r\n", b"221 bye\r\n"), say)
    assert refused.lines == ["S: 220 a", "C: DATA", "S: 554 5.5.1 No", "C: QUIT", "S: 221 bye"]
    assert (refused.reply, refused.octets) == (["554 5.5.1 No"], 14)


def test_a_long_message_is_cut_in_what_is_shown(serve: Serve) -> None:
    """``*1000`` stands for so many lines; a few of them are written down."""
    say = ["", "DATA", "> Subject: Hello\n\n*1000\n.", "QUIT"]
    dialogue = converse(serve(b"220 a\r\n", b"354 go\r\n", b"552 5.3.4 Too big\r\n", *[b""] * 1002, b""), say)
    assert dialogue.reply == ["552 5.3.4 Too big"]
    assert dialogue.lines.count("C: ...") == 1
    assert len([line for line in dialogue.lines if line.startswith("C: ")]) < 12


def test_lmtp_has_its_own_hello(serve: Serve) -> None:
    """RFC 2033 §4.1: LHLO."""
    dialogue = converse(serve(b"220 a\r\n", b"250 b\r\n", b"550 no\r\n", b"221 bye\r\n"), SAY, hello="LHLO")
    assert "C: LHLO client.example.com" in dialogue.lines
