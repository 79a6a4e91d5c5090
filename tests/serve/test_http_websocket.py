"""The WebSocket that sends everything back (RFC 6455), spoken to by a client's engine and by raw octets."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.serve.talk import make_mock, octets_of, talk
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    Pong,
    Request,
    TextMessage,
)

from statuary.serve.http.websocket import MAX_MESSAGE_OCTETS, WebSocketEcho
from statuary.serve.output import Switch
from statuary.serve.session import Peer, Session

MOCK, SHARED, _ = make_mock()


def connect() -> tuple[WSConnection, Session]:
    """A client whose handshake is done, and the session at the other end."""
    client = WSConnection(ConnectionType.CLIENT)
    session = MOCK(Peer("127.0.0.1:1", 1))
    output = session.receive(client.send(Request(host="mock.test", target="/websocket/echo")))
    assert isinstance(output, list)
    client.receive_data(octets_of(output))
    assert isinstance(next(client.events()), AcceptConnection)
    switch = next(action for action in output if isinstance(action, Switch))
    return client, switch.session


def say(client: WSConnection, session: Session, event: Event) -> list[Event]:
    """Say something, and what comes back."""
    client.receive_data(octets_of(session.receive(client.send(event))))
    return list(client.events())


def test_messages_come_back() -> None:
    """Text, octets and pings; the journal has the messages, the closing handshake its close code."""
    client, session = connect()
    (text,) = say(client, session, TextMessage(data="héllo"))
    assert isinstance(text, TextMessage)
    assert text.data == "héllo"
    (octets,) = say(client, session, BytesMessage(data=b"\x00\xff"))
    assert isinstance(octets, BytesMessage)
    assert octets.data == b"\x00\xff"
    (pong,) = say(client, session, Ping(payload=b"p"))
    assert isinstance(pong, Pong)
    (end,) = say(client, session, CloseConnection(code=1000))
    assert isinstance(end, CloseConnection)
    assert session.closing
    assert [row.code for _, row in SHARED.journal if row.stage == "websocket"][-3:] == ["", "", "1000"]


def test_fragments_are_one_message() -> None:
    """RFC 6455 §5.4."""
    client, session = connect()
    assert say(client, session, TextMessage(data="a", message_finished=False)) == []
    (whole,) = say(client, session, TextMessage(data="b"))
    assert isinstance(whole, TextMessage)
    assert whole.data == "ab"


def test_message_beyond_the_limit() -> None:
    """Close code 1009 (RFC 6455 §7.4.1), and nothing is sent back."""
    client, session = connect()
    (end,) = say(client, session, BytesMessage(data=bytes(MAX_MESSAGE_OCTETS + 1)))
    assert isinstance(end, CloseConnection)
    assert end.code == 1009
    assert session.closing


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((), 426),
        (("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 12"), 426),
        (("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"), 400),
        (("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: YQ=="), 400),
    ],
)
def test_no_upgrade_without_a_handshake(lines: tuple[str, ...], status: int) -> None:
    """426 says which version there is (RFC 6455 §4.4), 400 that the key is wrong (§4.2.2)."""
    answer, _ = talk(MOCK, "/websocket/echo", *lines)
    assert answer.status == status
    if status == 426:
        assert answer.field("sec-websocket-version") == "13"


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_no_octets_crash_it(pieces: list[bytes]) -> None:
    """A violation is answered with a close frame (RFC 6455 §7.1.7), never with an exception."""
    session = WebSocketEcho(SHARED, Peer("127.0.0.1:1", 1), "")
    for piece in [*pieces, os.urandom(0)]:
        if session.closing:
            break
        session.receive(piece)
    session.eof()
    assert session.closing
