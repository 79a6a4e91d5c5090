"""What a protocol's adapter gives the runtime: sessions without input and output, and what they all share."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from statuary.catalog.store import Catalogue
from statuary.scenario.counters import MemoryCounters
from statuary.scenario.rules import RuleIndex
from statuary.serve.journal import MemoryJournal
from statuary.serve.mailbox import Mailbox
from statuary.serve.output import Output

__all__ = ["Adapter", "Peer", "Session", "Shared"]


class Peer(NamedTuple):
    """Who is at the other end.

    Args:
        address: address and port, as text.
        number: the number of the connection in this run, from 1.
        alpn: the protocol that TLS settled on, such as ``h2``; empty without one.
        tls: whether the connection is encrypted from its start.
    """

    address: str
    number: int
    alpn: str = ""
    tls: bool = False


class Session(Protocol):
    """One connection's side of the server, without input and output.

    After an output that is a plan, the runtime carries it out and then calls :meth:`resume`; until then it passes no
    octets on.
    """

    @property
    def closing(self) -> bool:
        """Whether the connection is to be closed once all output is written."""
        ...

    @property
    def lingers(self) -> bool:
        """Whether the peer may still be sending, so that closing at once could cost it the last answer."""
        ...

    def start(self) -> Output:
        """The connection is open."""
        ...

    def receive(self, data: bytes) -> Output:
        """Octets have arrived."""
        ...

    def resume(self) -> Output:
        """The last plan was carried out: go on with what is buffered."""
        ...

    def eof(self) -> Output:
        """The peer will send no more."""
        ...

    def timeout(self) -> Output:
        """The peer was silent for too long; the connection closes after this."""
        ...


@dataclass(slots=True)
class Shared:
    """What all sessions of a run share.

    Args:
        catalogue: where texts, phrases and headers come from.
        seed: what random choices are drawn from.
        site_url: where the site is, without a slash at the end; answers link to its pages.
        hostname: how the servers call themselves.
        rules: what answers before an address or a target does.
        journal: where exchanges are kept.
        counters: how often each script was asked.
        mailbox: accepted mail.
        clock: seconds since the epoch.
    """

    catalogue: Catalogue
    seed: int = 0
    site_url: str = ""
    hostname: str = "mx.statuary.test"
    rules: RuleIndex = field(default_factory=RuleIndex)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    counters: MemoryCounters = field(default_factory=MemoryCounters)
    mailbox: Mailbox = field(default_factory=Mailbox)
    clock: Callable[[], float] = time.time


class Adapter(NamedTuple):
    """A protocol in the list of those that are served.

    Args:
        name: of its listening address, ``smtps``; ``--smtps-port`` and ``STATUARY_SMTPS_PORT`` set its port.
        protocol: ``http``.
        scheme: of its URL.
        port: the default port of the mock.
        stages: the stages at which it can be told to answer.
        sessions: makes what makes the sessions of one listening address.
        tls: the ALPN names to offer where it is encrypted from the start; None where it is not.
    """

    name: str
    protocol: str
    scheme: str
    port: int
    stages: Sequence[str]
    sessions: Callable[[Shared], Callable[[Peer], Session]]
    tls: tuple[str, ...] | None = None
