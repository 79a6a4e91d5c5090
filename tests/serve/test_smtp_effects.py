"""Each effect on an SMTP reply, seen on a raw socket: a test fails where its effect is missing."""

from __future__ import annotations

import socket
from contextlib import AbstractContextManager, ExitStack

import pytest
from tests.conftest import Serving
from tests.serve.wire import arrivals, dialogue, is_half_closed, nothing_yet, read_all

WHOLE = b"452 4.2.2 Mailbox full\r\n"
START = ("EHLO c.example", "MAIL FROM:<>")


def refused(server: Serving, effects: str) -> AbstractContextManager[socket.socket]:
    """A dialogue whose MAIL command gets a 452 with effects."""
    return dialogue(server, "EHLO c.example", f"MAIL FROM:<mail452_4.2.2-{effects}@any.test>")


def read_line(connection: socket.socket) -> list[bytes]:
    """The pieces in which one line came."""
    pieces: list[bytes] = []
    while not pieces or not pieces[-1].endswith(b"\n"):
        pieces.append(connection.recv(4096))
        assert pieces[-1], "the line has no end"
    return pieces


@pytest.mark.parametrize(
    ("effect", "reply"),
    [
        ("lf", b"452 4.2.2 Mailbox full\n"),
        ("bare", b"452\r\n"),
        ("mixed", b"252-4.2.2 Mailbox full\r\n" + WHOLE),
        ("lines=3", b"452-4.2.2 Mailbox full\r\n" * 2 + WHOLE),
        ("long=600", WHOLE[:-2] + b"x" * 576 + b"\r\n"),
        ("twice", WHOLE * 2),
    ],
)
def test_malformed_reply(server: Serving, effect: str, reply: bytes) -> None:
    """RFC 5321 §4.2 and §4.5.3.1.5 broken as asked, octet by octet."""
    with refused(server, f"{effect}-close") as connection:
        assert read_all(connection) == reply


def test_late_reply_waits_for_the_next_command(server: Serving) -> None:
    """The client is a reply behind: nothing, and then two at once."""
    with refused(server, "late") as connection:
        assert nothing_yet(connection, 0.3)
        connection.sendall(b"QUIT\r\n")
        assert [line[:3] for line in read_all(connection).splitlines()] == [b"452", b"221"]


def test_delay_comes_before_the_reply(server: Serving) -> None:
    """Nothing is sent before the time is up."""
    with refused(server, "delay=300ms") as connection:
        assert nothing_yet(connection)
        assert connection.recv(1024) == WHOLE


@pytest.mark.parametrize("effects", ["delay=300ms-jitter=300ms", "delay=100ms-sigma=2"])
def test_spread_replies_come_in_another_order(server: Serving, effects: str) -> None:
    """Of replies with the same delay the first asked for comes first; a spread mixes them."""
    with ExitStack() as stack:
        asked = [stack.enter_context(refused(server, effects)) for _ in range(12)]
        order = arrivals(asked)
    assert order != sorted(order)


@pytest.mark.parametrize("effect", ["drip=300ms", "rate=100", "split=4", "slice=6"])
def test_reply_comes_in_pieces(server: Serving, effect: str) -> None:
    """A client that reads at once gets a part of the line, and has to read on."""
    with refused(server, effect) as connection:
        pieces = read_line(connection)
        assert len(pieces) > 1
        assert b"".join(pieces) == WHOLE
        connection.sendall(b"NOOP\r\n")
        assert connection.recv(1024).startswith(b"250 ")


@pytest.mark.parametrize(("effect", "left"), [("truncate=0.5", WHOLE[:12]), ("limit=7", WHOLE[:7])])
def test_cut_reply_ends_the_connection(server: Serving, effect: str, left: bytes) -> None:
    """A part of the line, and FIN."""
    with refused(server, effect) as connection:
        assert read_all(connection) == left


def test_stall_never_ends(server: Serving) -> None:
    """Half of the line, and silence on an open connection."""
    with refused(server, "stall=0.5") as connection:
        assert connection.recv(4096) == WHOLE[:12]
        assert nothing_yet(connection, 0.3)


def test_garbage_comes_in_place_of_the_reply(server: Serving) -> None:
    """As many octets as asked for, and FIN."""
    with refused(server, "garbage=300") as connection:
        noise = read_all(connection)
    assert len(noise) == 300
    assert not noise.startswith(b"452")


def test_close_ends_the_connection_after_the_reply(server: Serving) -> None:
    """The reply whole, and FIN, at once or after a while."""
    with refused(server, "close") as connection:
        assert read_all(connection) == WHOLE
    with refused(server, "close=300ms") as connection:
        assert connection.recv(1024) == WHOLE
        assert nothing_yet(connection)
        assert connection.recv(1) == b""


def test_reset_breaks_the_connection(server: Serving) -> None:
    """A real RST: the peer's recv fails."""
    with refused(server, "reset") as connection, pytest.raises(ConnectionResetError):
        read_all(connection)


def test_half_close_ends_one_direction_only(server: Serving) -> None:
    """The reply and FIN come; what the client still sends is taken, and no reset comes of it (RFC 9293 §3.6)."""
    with refused(server, "halfclose") as connection:
        assert read_all(connection) == WHOLE
        for _ in range(20):
            connection.sendall(b"NOOP\r\n" * 1000)
        assert is_half_closed(connection)


def test_drop_ends_without_a_reply(server: Serving) -> None:
    """FIN and no octet."""
    with dialogue(server, *START, "RCPT TO:<rcptdrop@any.test>") as connection:
        assert connection.recv(1024) == b""


def test_reset_in_place_of_a_reply(server: Serving) -> None:
    """A real RST and no octet."""
    with dialogue(server, *START, "RCPT TO:<rcptreset@any.test>") as connection, pytest.raises(ConnectionResetError):
        connection.recv(1024)


def test_hang_never_replies(server: Serving) -> None:
    """Silence on an open connection."""
    with dialogue(server, *START, "RCPT TO:<rcpthang@any.test>") as connection:
        assert nothing_yet(connection, 0.4)


def test_pipelined_commands_keep_their_order_behind_a_delay(server: Serving) -> None:
    """RFC 2920: answers come in the order of the commands, the slow one in its place."""
    with dialogue(server, "EHLO c.example") as connection:
        connection.recv(4096)
        recipients = b"RCPT TO:<rcpt451-delay=200ms@any.test>\r\nRCPT TO:<b@any.test>\r\n"
        connection.sendall(b"MAIL FROM:<a@c.example>\r\n" + recipients + b"RSET\r\nQUIT\r\n")
        codes = [line[:3] for line in read_all(connection).split(b"\r\n") if line]
    assert codes == [b"250", b"451", b"250", b"250", b"221"]


def test_reply_that_nobody_asked_for_comes_behind_one_that_takes_time(server: Serving) -> None:
    """RFC 5321 §3.8: the 421 of ``idle`` falls due while a reply drips, and is not lost."""
    with dialogue(server, "EHLO idle421-delay=100ms.any.test", "NOOP noop250-drip=400ms") as connection:
        assert [line[:3] for line in read_all(connection).splitlines()] == [b"250", b"421"]
