"""TLS between a transport and a protocol: a layer that is the protocol of the one and the transport of the other.

It is the same under every event loop, begins at the start of a connection or in its midst (RFC 3207), and writes its
records at once, so that what a plan cuts, splits or breaks is cut, split and broken on the wire as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any, Protocol, cast

__all__ = ["Hearer", "TlsLayer"]

MAX_RECORD_OCTETS = 16_384
"""How much is read from TLS at a time, in octets; a record holds no more (RFC 8446 §5.1)."""


class Hearer(Protocol):
    """What asyncio asks of a protocol, whatever its parent."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        ...

    def data_received(self, data: bytes) -> None:
        """Octets have arrived."""
        ...

    def eof_received(self) -> bool | None:
        """The peer will send no more; true keeps the connection open."""
        ...

    def pause_writing(self) -> None:
        """Too much waits to be sent."""
        ...

    def resume_writing(self) -> None:
        """It has gone out."""
        ...

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        ...


class TlsLayer(asyncio.Transport, asyncio.Protocol):
    """Encrypts what the upper protocol writes and decrypts what the lower transport brings.

    Args:
        context: the server side of TLS.
        upper: hears the connection once TLS is up.
        begun: called once TLS is up, before any octet is passed on.
        seconds: how long the handshake may take.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        upper: Hearer,
        begun: Callable[[TlsLayer], None],
        seconds: float,
    ) -> None:
        super().__init__()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._upper = upper
        self._begun = begun
        self._seconds = seconds
        self._lower: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._up = False
        self._finished = False  # whether our side said close_notify
        self._ended = False  # whether the upper protocol was told of the peer's end

    @property
    def alpn(self) -> str:
        """The protocol that both sides settled on (RFC 7301); empty without one."""
        return self._tls.selected_alpn_protocol() or ""

    # The protocol of the lower transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin: the peer speaks first."""
        self._lower = cast("asyncio.Transport", transport)
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self.abort)

    def data_received(self, data: bytes) -> None:
        """Records have arrived."""
        self._incoming.write(data)
        if not self._up and not self._shake():
            return
        self._read()

    def eof_received(self) -> bool:
        """The peer ended its side, with or without close_notify before."""
        self._incoming.write_eof()
        if not self._up:
            self.abort()
        else:
            self._tell_end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The lower connection is gone."""
        self._stop_timer()
        self._upper.connection_lost(exc)

    def pause_writing(self) -> None:
        """The lower transport holds too much."""
        self._upper.pause_writing()

    def resume_writing(self) -> None:
        """The lower transport has room again."""
        self._upper.resume_writing()

    def _shake(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except ssl.SSLError:
            self._flush()  # the alert that says why (RFC 8446 §6.2)
            self.close()
            return False
        self._flush()
        self._stop_timer()
        self._up = True
        self._begun(self)
        return True

    def _read(self) -> None:
        pieces: list[bytes] = []
        ended = False
        try:
            while piece := self._tls.read(MAX_RECORD_OCTETS):
                pieces.append(piece)
            ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            ended = True
        except ssl.SSLError:
            # Octets that are no record, or a peer that broke off: all before them counts, nothing after.
            if not self._finished:
                self._flush()
                self.abort()
            return
        self._flush()  # answers to a change of keys
        if pieces:
            self._upper.data_received(b"".join(pieces))
        if ended:
            self._tell_end()

    def _tell_end(self) -> None:
        if not self._ended:
            self._ended = True
            self._upper.eof_received()

    def _flush(self) -> None:
        if self._outgoing.pending and self._lower is not None and not self._lower.is_closing():
            self._lower.write(self._outgoing.read())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _finish(self) -> None:
        """Say close_notify, once (RFC 8446 §6.1)."""
        if self._up and not self._finished:
            self._finished = True
            with contextlib.suppress(ssl.SSLError):  # it waits for the peer's, which need not come
                self._tls.unwrap()
            self._flush()

    # The transport of the upper protocol

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send."""
        if not data or self._finished or self.is_closing():
            return
        try:
            self._tls.write(data)
        except ssl.SSLError:
            self.abort()
            return
        self._flush()

    def can_write_eof(self) -> bool:
        """Whether our side can be ended apart."""
        return self._lower is not None and self._lower.can_write_eof()

    def write_eof(self) -> None:
        """End our side: close_notify, then FIN."""
        self._finish()
        if self._lower is not None:
            self._lower.write_eof()

    def close(self) -> None:
        """Write out what is pending, say close_notify, close."""
        self._stop_timer()
        self._finish()
        if self._lower is not None:
            self._lower.close()

    def abort(self) -> None:
        """Close now, without close_notify."""
        self._stop_timer()
        if self._lower is not None:
            self._lower.abort()

    def is_closing(self) -> bool:
        """Whether the lower transport is being closed."""
        return self._lower is None or self._lower.is_closing()

    def get_write_buffer_size(self) -> int:
        """How many octets wait in the lower transport."""
        return 0 if self._lower is None else self._lower.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Let the peer wait."""
        if self._lower is not None:
            self._lower.pause_reading()

    def resume_reading(self) -> None:
        """Hear the peer again."""
        if self._lower is not None:
            self._lower.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What the lower transport knows; ``ssl_object`` is of this layer."""
        if name == "ssl_object":
            return self._tls
        return default if self._lower is None else self._lower.get_extra_info(name, default)
