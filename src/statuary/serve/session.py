"""What a protocol's adapter gives the runtime: sessions without input and output, and what they all share."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from statuary.catalog.store import Catalogue
from statuary.scenario.counters import MemoryCounters, States, count_key
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Rule
from statuary.serve.courier import Courier
from statuary.serve.journal import MemoryJournal
from statuary.serve.mailbox import Mailbox
from statuary.serve.output import Output

__all__ = ["Adapter", "Peer", "ServerTls", "Session", "Shared", "rule_count_key"]


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


class ServerTls(Protocol):
    """Where the server's certificate comes from."""

    def server_context(self, alpn: Sequence[str] = ()) -> ssl.SSLContext:
        """The server side of TLS.

        Args:
            alpn: the protocols to offer, the preferred first (RFC 7301).

        Raises:
            ServeError: there is no certificate to be had.
        """
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
        states: the states of scenarios.
        tls: the server's certificate; None where nothing is encrypted.
        dialects: packs of magic addresses that are understood beside our own.
        courier: brings back what follows an accepted message; None where that is only kept.

    Rules and seed may be changed while it serves, by :meth:`replace_rules` and :meth:`replace_seed`: who keeps anything
    that was made from them is told by :meth:`subscribe`.
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
    states: States = field(default_factory=States)
    tls: ServerTls | None = None
    dialects: tuple[str, ...] = ()
    courier: Courier | None = None
    rules_version: int = field(default=0, init=False)
    _listeners: list[Callable[[], None]] = field(default_factory=list, init=False, repr=False)

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called whenever rules or seed have changed."""
        self._listeners.append(listener)

    def replace_rules(self, rules: RuleIndex) -> None:
        """Let other rules answer from now on; counts are kept."""
        self.rules = rules
        self._changed()

    def replace_seed(self, seed: int) -> None:
        """Draw from another seed from now on."""
        self.seed = seed
        self._changed()

    def _changed(self) -> None:
        self.rules_version += 1
        for listener in self._listeners:
            listener()

    def find_rule(self, protocol: str, stage: str, fields: Mapping[str, str]) -> Rule | None:
        """The rule that answers now, with its count, state and cause; a rule with a state changes it.

        Args:
            protocol: where the event happened.
            stage: its stage.
            fields: the fields of the stage; ``key`` is what isolates a test.
        """
        rule = self.rules.find(protocol, stage, fields, lambda rule: self._holds(rule, fields))
        if rule is not None and rule.scenario is not None and rule.scenario.sets:
            self.states.set(rule.scenario.name, rule.scenario.sets, fields.get("key") or "")
        return rule

    def find_rule_among(
        self, protocol: str, stage: str, ways: Sequence[Mapping[str, str]]
    ) -> tuple[Rule, Mapping[str, str]] | None:
        """The rule that answers now where an event can be seen in several ways, and the way in which it matches.

        Args:
            protocol: where the event happened.
            stage: its stage.
            ways: the fields of the stage, once for each way: for a message, once for each recipient.
        """
        found = self.rules.find_among(protocol, stage, ways, self._holds_among)
        if found is not None:
            rule, fields = found
            if rule.scenario is not None and rule.scenario.sets:
                self.states.set(rule.scenario.name, rule.scenario.sets, fields.get("key") or "")
        return found

    def _holds_among(self, rule: Rule, ways: Sequence[Mapping[str, str]]) -> Mapping[str, str] | None:
        """The first way in which a conditional rule holds; those that differ in nothing that it hangs on count once."""
        hangs_on = {*rule.key, *(rule.cause.by if rule.cause is not None else ())}
        apart = {tuple([fields.get(name) for name in sorted(hangs_on)]): fields for fields in reversed(ways)}
        return next((fields for fields in reversed(apart.values()) if self._holds(rule, fields)), None)

    def start_over(self, key: str | None = None) -> None:
        """Forget every count and what causes remember, so that scripts, windows and greylists begin anew.

        Args:
            key: only what this isolates; None for all.
        """
        self.counters.reset(key)
        for rule in self.rules.rules:
            if rule.cause is not None:
                rule.cause.forget(key)

    def _holds(self, rule: Rule, fields: Mapping[str, str]) -> bool:
        key = fields.get("key") or ""
        scenario, count = rule.scenario, rule.count
        if scenario is not None and scenario.required not in ("", self.states.get(scenario.name, key)):
            return False
        if count is not None:
            met = self.counters.take(rule_count_key(rule, fields, "met")) + 1
            if met < count.low or (count.high is not None and met > count.high):
                return False
        return rule.cause is None or rule.cause.refuses(fields, self.clock())


def rule_count_key(rule: Rule, fields: Mapping[str, str], what: str = "rule") -> str:
    """What the count of a rule's script is kept by.

    Args:
        rule: the rule.
        fields: the fields of the stage.
        what: ``rule`` for the script's count, ``met`` for how often the rule was met.
    """
    values = " ".join([fields.get(name) or "" for name in rule.key]) if rule.key else ""
    return count_key(f"{what} {rule.name}", values, fields.get("key") or "")


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
