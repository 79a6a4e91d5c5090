"""The one module that opens sockets: listening, connections, timeouts, plans, shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from statuary.errors import ServeError
from statuary.serve.output import (
    Action,
    Close,
    HalfClose,
    Hang,
    Later,
    Output,
    Reset,
    Send,
    StartTls,
    Switch,
    Wait,
)
from statuary.serve.secure import Hearer, TlsLayer
from statuary.serve.session import Peer, Session

__all__ = ["Runtime", "RuntimeLimits", "bind"]

_LINGER_ZERO: Final = struct.pack("ii", 1, 0)
_EVERY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that stand for all, each with one of them that a client of the same machine reaches."""


@dataclass(frozen=True, slots=True)
class RuntimeLimits:
    """What strangers may take of the server.

    Args:
        max_connections: open at once; further ones are closed at once.
        idle_seconds: a peer that sends nothing for so long is timed out (RFC 5321 §4.5.3.2.7 wants 5 minutes).
        max_held_octets: what is kept of a peer's octets while a plan is being carried out; past it reading pauses.
        handshake_seconds: how long a peer may take for TLS.
        backlog: connections that the kernel keeps waiting.
        linger_seconds: how long a peer that is still sending may go on after its last answer, unread, before the
            connection is closed; closing at once would reset it and could cost it that answer (RFC 9112 §9.6).
        shutdown_seconds: what open answers get to finish at shutdown.
    """

    max_connections: int = 10_000
    idle_seconds: float = 300.0
    max_held_octets: int = 65_536
    handshake_seconds: float = 20.0
    backlog: int = 4096
    linger_seconds: float = 2.0
    shutdown_seconds: float = 2.0


class _Connection:
    """Carries octets between a transport and a session, and carries out the session's plans.

    It is a :class:`Hearer` without a parent: compiled, it would be as slow as its parent is.
    """

    __slots__ = (
        "_eof",
        "_held",
        "_held_octets",
        "_hung",
        "_make",
        "_plan",
        "_runtime",
        "_session",
        "_timer",
        "_transport",
        "_waker",
        "_woken",
        "heard",
    )

    _make: Callable[[Peer], Session]
    _session: Session
    _transport: asyncio.Transport

    def __init__(self, runtime: Runtime, make_session: Callable[[Peer], Session]) -> None:
        self._runtime = runtime
        self._make = make_session
        self._plan: deque[Action] | None = None
        self._held: list[bytes] = []
        self._held_octets = 0
        self._timer: asyncio.TimerHandle | None = None
        self._waker: asyncio.TimerHandle | None = None
        self._woken: Callable[[], Output] | None = None
        self._hung = False
        self._eof = False
        self.heard = True
        """Whether the peer was heard since the last sweep."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not self._runtime.admit(self):
            self._transport.abort()
            return
        self._begin("", False)

    @property
    def handshake_seconds(self) -> float:
        """How long the peer may take for TLS."""
        return self._runtime.limits.handshake_seconds

    def admit(self, layer: TlsLayer) -> bool:
        """Count the connection in, before its handshake; False when there are too many."""
        self._transport = layer
        return self._runtime.admit(self)

    def encrypt(self, layer: TlsLayer) -> None:
        """The connection is encrypted from its start, and TLS is up: what is heard and said goes through the layer."""
        self._transport = layer
        self._begin(layer.alpn, True)

    def _begin(self, alpn: str, tls: bool) -> None:
        name = self._transport.get_extra_info("peername")
        address = f"{name[0]}:{name[1]}" if name else ""
        self._session = self._make(Peer(address, self._runtime.number(), alpn, tls))
        self._put(self._session.start())

    def data_received(self, data: bytes) -> None:
        self.heard = True
        if self._plan is not None:
            self._hold(data)
            return
        output = self._session.receive(data)
        if output.__class__ is bytes:
            self._transport.write(output)
            if self._session.closing:
                self._end()
        else:
            self._put(output)

    def eof_received(self) -> bool:
        self._eof = True
        if self._hung:
            self._transport.close()
        elif self._plan is None:
            self._hear_end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._waker is not None:
            self._waker.cancel()
        self._plan = None
        self._runtime.dismiss(self)

    def pause_writing(self) -> None:
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._held_octets <= self._runtime.limits.max_held_octets:
            self._transport.resume_reading()

    def sweep(self) -> None:
        """Time the peer out if it was not heard since the last sweep."""
        if self.heard or self._timer is not None or self._waker is not None:
            self.heard = False
            return
        if self._plan is not None or self._transport.is_closing() or not hasattr(self, "_session"):
            self._transport.abort()
            return
        self._put(self._session.timeout())
        self._transport.close()

    def finish(self) -> None:
        """The server is shutting down: close once what is written has gone out."""
        if self._plan is None:
            self._transport.close()
        else:
            self._transport.abort()

    def abort(self) -> None:
        """Break the connection now."""
        self._transport.abort()

    def _hold(self, data: bytes) -> None:
        if self._hung:
            return
        self._held.append(data)
        self._held_octets += len(data)
        if self._held_octets > self._runtime.limits.max_held_octets:
            self._transport.pause_reading()

    def _put(self, output: Output) -> None:
        if output is None:
            pass
        elif isinstance(output, bytes):
            if output:
                self._transport.write(output)
        else:
            self._plan = deque(output)
            self._carry_on()
            return
        if self._session.closing:
            self._end()

    def _end(self) -> None:
        """Close; where the peer may still be sending, finish our side first and let it run out."""
        if self._session.lingers:
            self._linger()
        else:
            self._transport.close()

    def _linger(self) -> None:
        """Finish our side and read on, unheard, until the peer ends its own: octets left unread would reset it."""
        self._stop()
        if self._eof or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._transport.resume_reading()
        self._transport.write_eof()
        loop, limits = asyncio.get_running_loop(), self._runtime.limits
        self._timer = loop.call_later(limits.linger_seconds, self._linger_over, loop.time() + limits.idle_seconds)

    def _linger_over(self, deadline: float) -> None:
        """End what lingers, unless it still takes in a long last answer: that may last as long as any silence."""
        loop = asyncio.get_running_loop()
        if self._transport.get_write_buffer_size() and loop.time() < deadline:
            self._timer = loop.call_later(self._runtime.limits.linger_seconds, self._linger_over, deadline)
        else:
            self._transport.abort()

    def _carry_on(self) -> None:
        """Carry out the plan up to its next wait; then let the session go on with what was held."""
        self._timer = None
        while self._plan is not None:
            if not self._plan:
                self._plan = None
                self._release()
                return
            action = self._plan.popleft()
            match action:
                case Send(data):
                    self._transport.write(data)
                case Wait(seconds):
                    self._timer = asyncio.get_running_loop().call_later(seconds, self._carry_on)
                    return
                case Close():
                    self._linger()
                    return
                case Reset():
                    self._stop()
                    self._reset()
                    return
                case Hang():
                    self._stop()
                    return
                case StartTls(context):
                    self._start_tls(context)
                    return
                case HalfClose() | Later() | Switch():
                    self._carry_out(action)

    def _carry_out(self, action: HalfClose | Later | Switch) -> None:
        """Do what the plan need not wait for."""
        match action:
            case HalfClose():
                if self._transport.can_write_eof():
                    self._transport.write_eof()
            case Later(seconds, wake):
                self._alarm(seconds, wake)
            case Switch(session):
                self._session = session

    def _alarm(self, seconds: float, wake: Callable[[], Output]) -> None:
        """Have the session go on after a time, whatever happens until then."""
        if self._waker is not None:
            self._waker.cancel()
        self._waker = asyncio.get_running_loop().call_later(seconds, self._wake, wake)

    def _wake(self, wake: Callable[[], Output]) -> None:
        self._waker = None
        if self._plan is not None:
            self._woken = wake  # what is under way comes to its end first
        elif not self._transport.is_closing():
            self._put(wake())
            if self._eof and self._plan is None and self._waker is None and not self._transport.is_closing():
                self._hear_end()

    def _hear_end(self) -> None:
        """Nothing is under way, and the peer sends no more: close, unless the session still has something to come."""
        self._put(self._session.eof())
        if not self._session.closing and self._plan is None and self._waker is None:
            self._transport.close()

    def _start_tls(self, context: ssl.SSLContext) -> None:
        """Put TLS below; what was said before it is forgotten and must not count as said inside it (RFC 3207 §4.2)."""
        self._held.clear()
        self._held_octets = 0
        lower = self._transport
        layer = TlsLayer(context, self, self._tls_is_up, self._runtime.limits.handshake_seconds)
        lower.set_protocol(layer)
        layer.connection_made(lower)
        lower.resume_reading()

    def _tls_is_up(self, layer: TlsLayer) -> None:
        self._transport = layer
        self._carry_on()

    def _stop(self) -> None:
        """Nothing more is read by the session; an empty plan keeps everything else out."""
        self._plan = deque()
        self._hung = True
        self._held.clear()

    def _reset(self) -> None:
        """Close so that the kernel sends RST: SO_LINGER with no time to linger."""
        with contextlib.suppress(OSError):
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._transport.abort()

    def _release(self) -> None:
        if self._woken is not None and not self._hung:
            wake, self._woken = self._woken, None
            self._put(wake())
            if self._plan is not None or self._session.closing:
                return
        self._put(self._session.resume())
        while self._held and self._plan is None and not self._session.closing:
            data = b"".join(self._held)
            self._held.clear()
            self._held_octets = 0
            self._transport.resume_reading()
            self._put(self._session.receive(data))
        if self._eof and self._plan is None and not self._transport.is_closing():
            self._hear_end()


class _Encrypted(TlsLayer):
    """TLS from the start of a connection: it is admitted before its handshake, and heard after it."""

    def __init__(self, connection: _Connection, context: ssl.SSLContext) -> None:
        super().__init__(context, connection, connection.encrypt, connection.handshake_seconds)
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not self._connection.admit(self):
            self.abort()


class Runtime:
    """Listens, keeps the connections, times them out and closes everything.

    Args:
        limits: what strangers may take.
    """

    def __init__(self, limits: RuntimeLimits | None = None) -> None:
        self.limits = limits or RuntimeLimits()
        self.refused = 0
        """Connections that were closed at once because there were too many."""
        self._connections: set[_Connection] = set()
        self._servers: list[asyncio.Server] = []
        self._hosts: dict[int, str] = {}
        self._count = 0
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def open_connections(self) -> int:
        """How many connections are open now."""
        return len(self._connections)

    async def listen(
        self, host: str, port: int, make_session: Callable[[Peer], Session], tls: ssl.SSLContext | None = None
    ) -> int:
        """Listen on an address.

        Args:
            host: a name or an address.
            port: 0 for any free one.
            make_session: makes a connection's session.
            tls: the server side of TLS where connections are encrypted from their start.

        Returns:
            The port.

        Raises:
            ServeError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        sock = bind(host, port, self.limits.backlog)

        def connect() -> asyncio.Protocol:
            connection = _Connection(self, make_session)
            hearer: Hearer = connection if tls is None else _Encrypted(connection, tls)
            return cast("asyncio.Protocol", hearer)

        server = await loop.create_server(connect, sock=sock, backlog=self.limits.backlog)
        self._servers.append(server)
        if self._sweeper is None:
            self._sweeper = loop.call_later(self.limits.idle_seconds, self._sweep)
        bound, given = sock.getsockname()[:2]
        self._hosts[int(given)] = _EVERY.get(bound, bound)
        return int(given)

    async def dial(self, port: int, make: Callable[[], asyncio.Protocol], source: str = "") -> None:
        """Open a connection, as a client does, to one of the addresses that this runtime listens on, and no other.

        Args:
            port: of that address.
            make: makes what carries the client's side.
            source: the address to come from; empty for any.

        Raises:
            ServeError: nothing listens there, or there is no connection to be had.
        """
        host = self._hosts.get(port)
        if host is None:
            raise ServeError(f"no mock of this process listens on port {port}")
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(make, host, port, local_addr=(source, 0) if source else None)
        except OSError as error:
            raise ServeError(f"no connection to port {port} of {host}: {error.strerror or 'it failed'}") from None

    async def close(self) -> None:
        """Stop listening and close every connection; those that do not end in time are broken."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for server in self._servers:
            server.close()
        self._servers.clear()
        self._hosts.clear()
        for connection in tuple(self._connections):
            connection.finish()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.limits.shutdown_seconds
        while self._connections and loop.time() < deadline:
            await asyncio.sleep(0.01)
        for connection in tuple(self._connections):
            connection.abort()
        await asyncio.sleep(0)

    def admit(self, connection: _Connection) -> bool:
        """Take a connection in; False when there are too many."""
        if len(self._connections) >= self.limits.max_connections:
            self.refused += 1
            return False
        self._connections.add(connection)
        return True

    def number(self) -> int:
        """The number of the next connection that is heard."""
        self._count += 1
        return self._count

    def dismiss(self, connection: _Connection) -> None:
        """A connection has ended."""
        self._connections.discard(connection)

    def _sweep(self) -> None:
        for connection in tuple(self._connections):
            connection.sweep()
        self._sweeper = asyncio.get_running_loop().call_later(self.limits.idle_seconds, self._sweep)


def bind(host: str, port: int, backlog: int = 4096) -> socket.socket:
    """Open a listening socket.

    Raises:
        ServeError: the address cannot be had; the message says which and what to do.
    """
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ServeError(f"{host} is not an address that can be listened on ({error.strerror})") from None
    family, kind, protocol, _, address = infos[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(backlog)
    except (OSError, OverflowError) as error:
        sock.close()
        reason = getattr(error, "errno", None)
        if reason == errno.EADDRINUSE:
            raise ServeError(f"port {port} on {host} is in use: stop its owner or choose another port") from None
        if reason == errno.EACCES:
            raise ServeError(f"port {port} on {host} needs more rights: choose one above 1023") from None
        raise ServeError(f"cannot listen on {host} port {port}: {error}") from None
    sock.setblocking(False)
    return sock
