"""A connection after its upgrade to WebSocket: every message is sent back (RFC 6455)."""

from __future__ import annotations

from statuary.serve.output import Output
from statuary.serve.session import Peer, Shared

__all__ = ["WebSocketEcho"]

MAX_MESSAGE_OCTETS = 1 << 20
"""The longest message that is sent back, in octets."""
MAX_JOURNAL_OCTETS = 65_536
"""How much of a message the journal keeps, in octets."""


class WebSocketEcho:
    """One connection, from the end of its handshake on.

    Args:
        shared: what all protocols share.
        peer: who is at the other end.
        key: what its journal is kept apart by.
    """

    __slots__ = ("_closing", "_connection", "_key", "_message", "_peer", "_shared")

    def __init__(self, shared: Shared, peer: Peer, key: str) -> None:
        from wsproto.connection import Connection, ConnectionType

        self._shared = shared
        self._peer = peer
        self._key = key
        self._connection = Connection(ConnectionType.SERVER)
        self._message: list[str | bytes] = []
        self._closing = False

    @property
    def closing(self) -> bool:
        """Whether the connection is to be closed once all output is written."""
        return self._closing

    @property
    def lingers(self) -> bool:
        """The closing handshake says when all was read, except after a violation."""
        return self._closing

    def start(self) -> Output:
        """The handshake is over; the client speaks first."""
        return None

    def receive(self, data: bytes) -> Output:
        """Octets have arrived."""
        from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage
        from wsproto.frame_protocol import CloseReason
        from wsproto.utilities import LocalProtocolError, RemoteProtocolError

        connection = self._connection
        out = b""
        try:
            connection.receive_data(data)
            for event in connection.events():
                if isinstance(event, TextMessage | BytesMessage):
                    self._message.append(event.data if isinstance(event.data, str) else bytes(event.data))
                    if sum(map(len, self._message)) > MAX_MESSAGE_OCTETS:
                        self._closing = True
                        return out + connection.send(CloseConnection(CloseReason.MESSAGE_TOO_BIG))
                    if event.message_finished:
                        out += self._send_back()
                elif isinstance(event, Ping):
                    out += connection.send(event.response())
                elif isinstance(event, CloseConnection):
                    self._closing = True
                    self._log(b"", b"", str(int(event.code)))
                    return out + connection.send(event.response())
        except RemoteProtocolError as error:
            self._closing = True
            return out + connection.send(error.event_hint or CloseConnection(CloseReason.PROTOCOL_ERROR))
        except LocalProtocolError:
            self._closing = True
        return out

    def resume(self) -> Output:
        """Nothing was kept back."""
        return None

    def eof(self) -> Output:
        """The peer left without the closing handshake."""
        self._closing = True
        return None

    def timeout(self) -> Output:
        """Silence is no fault; the connection closes."""
        return None

    def _send_back(self) -> bytes:
        from wsproto.events import BytesMessage, TextMessage

        first = self._message[0]
        if isinstance(first, str):
            text = "".join(piece for piece in self._message if isinstance(piece, str))
            said = text.encode()
            octets = self._connection.send(TextMessage(data=text))
        else:
            said = b"".join(piece for piece in self._message if isinstance(piece, bytes))
            octets = self._connection.send(BytesMessage(data=said))
        self._message.clear()
        self._log(said, said, "")
        return octets

    def _log(self, said: bytes, answered: bytes, code: str) -> None:
        peer, limit = self._peer, MAX_JOURNAL_OCTETS
        self._shared.journal.add(
            (
                self._shared.clock(),
                "http",
                peer.number,
                peer.address,
                "websocket",
                said[:limit],
                answered[:limit],
                code,
                "route /websocket/echo",
                0,
                0,
                "",
                self._key,
                peer.tls,
            )
        )
