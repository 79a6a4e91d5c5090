"""The HTTP mock without a network: sessions driven by hand, and an HTTP/2 client for them."""

from __future__ import annotations

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import Event
from tests.serve.wire import Answer, parse

from statuary.catalog.store import open_catalogue
from statuary.serve.http import HttpMock
from statuary.serve.http.session2 import Http2Session
from statuary.serve.output import Later, Output, Send, Wait
from statuary.serve.session import Peer, Shared
from statuary.wire.http2 import Http2Limits

__all__ = ["Clock", "H2Client", "make_mock", "talk"]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def make_mock(seed: int = 7) -> tuple[HttpMock, Shared, Clock]:
    """A mock with its own counts, journal and clock."""
    clock = Clock()
    shared = Shared(open_catalogue(), seed, clock=clock)
    return HttpMock(shared), shared, clock


def octets_of(output: Output) -> bytes:
    """What an output writes, its waits left out."""
    if output is None or isinstance(output, bytes):
        return output or b""
    return b"".join(action.data for action in output if isinstance(action, Send))


def talk(mock: HttpMock, target: str, *lines: str, method: str = "GET", body: bytes = b"") -> tuple[Answer, float]:
    """Ask once on a connection of its own: the answer, and the seconds that it would have waited."""
    session = mock(Peer("127.0.0.1:5000", 1))
    head = [f"{method} {target} HTTP/1.1", "Host: mock.test", *lines]
    if body:
        head.append(f"Content-Length: {len(body)}")
    output = session.receive("\r\n".join([*head, "", ""]).encode("latin-1") + body)
    waited = sum(action.seconds for action in output if isinstance(action, Wait)) if isinstance(output, list) else 0.0
    return parse(octets_of(output)), waited


class H2Client:
    """An HTTP/2 client at the other end of a session.

    Args:
        mock: the mock.
        clock: its clock.
        limits: of the session.
    """

    def __init__(self, mock: HttpMock, clock: Clock, limits: Http2Limits | None = None) -> None:
        self.session = Http2Session(mock, Peer("127.0.0.1:5000", 1, "h2"), limits)
        self.clock = clock
        self.wire = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.wire.initiate_connection()
        self.later: Later | None = None
        self.events: list[Event] = []
        self.raw = b""
        self._take(self.session.start())
        self.flush()

    def flush(self) -> list[Event]:
        """Send what we have to say, and hear the answer."""
        return self._take(self.session.receive(self.wire.data_to_send()))

    def ask(self, target: str, *fields: tuple[str, str], method: str = "GET", body: bytes | None = None) -> int:
        """Begin a request; gives its stream."""
        stream = self.wire.get_next_available_stream_id()
        head = [(":method", method), (":scheme", "http"), (":authority", "mock.test"), (":path", target), *fields]
        self.wire.send_headers(stream, head, end_stream=body is None)
        if body is not None:
            self.wire.send_data(stream, body, end_stream=True)
        self.flush()
        return stream

    def wait(self) -> float:
        """Let the time come for which the session asked to be woken; the seconds until then."""
        assert self.later is not None
        later, self.later = self.later, None
        self.clock.now += later.seconds
        self._take(later.wake())
        return later.seconds

    def of(self, stream: int, kind: type[Event]) -> list[Event]:
        """The events of a kind on a stream."""
        return [event for event in self.events if isinstance(event, kind) and getattr(event, "stream_id", 0) == stream]

    def _take(self, output: Output) -> list[Event]:
        for action in output if isinstance(output, list) else ():
            if isinstance(action, Later):
                self.later = action
        data = octets_of(output)
        self.raw += data
        heard = self.wire.receive_data(data) if data else []
        self.events += heard
        return heard
