"""What the sessions of one listening address share: replies that are ready, lines whose answers are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeAlias

from statuary.errors import ScriptError
from statuary.scenario.address import ADDRESS_STAGES, Offer, parse_hello
from statuary.scenario.dialects import check_dialects
from statuary.scenario.rules import STAGES
from statuary.scenario.script import Answer
from statuary.serve.fields import address_key
from statuary.serve.session import Peer, Shared
from statuary.serve.smtp.replies import Reply, ReplyBook, Written, written
from statuary.serve.smtp.session import MAX_SETTLED_OCTETS, SmtpSession
from statuary.serve.smtp.voices import Chosen, chosen_by
from statuary.wire.smtp import EXTENSIONS, Command, SmtpLimits, extension_lines

__all__ = ["LmtpMock", "Settled", "SmtpMock", "SubmissionMock"]

MAX_SETTLED_LINES: Final = 1024
"""The most command lines whose answers are kept ready; past it all are forgotten and found again."""
MAX_WRITTEN_REPLIES: Final = 1024
"""The most scripted replies that are kept written out; past it all are forgotten and written again."""
MAX_OFFERS: Final = 256
"""The most answers to EHLO that are kept written out; likewise."""

_PATH_FIELDS: Final = {"mail": frozenset({"sender", "key"}), "rcpt": frozenset({"recipient", "domain", "key"})}
_OF_RECIPIENTS: Final = frozenset({"recipient", "domain"})
# These lines may change how the octets after them are read.
_NEVER_SETTLED: Final = frozenset({"auth", "bdat", "starttls"})

Settled: TypeAlias = tuple[Command, Written, str, str, str]
"""A command line with its answer, which hangs on nothing else: the reply, the journal's name for the rule, its count,
and what the line itself isolates its test by.

Rule and count are empty where the answer is the ordinary one.
"""

Offered: TypeAlias = tuple[Written, SmtpLimits, frozenset[str]]
"""An answer to EHLO, with the limits and the extensions that then hold."""


class SmtpMock:
    """The SMTP mock at one listening address.

    Args:
        shared: what all protocols share.
        limits: of commands and messages.
    """

    lmtp = False
    """Whether it speaks LMTP (RFC 2033)."""
    extensions = EXTENSIONS
    """The extensions that are offered; STARTTLS is not among them: clients that use it where they see it, and trust no
    authority of ours, could send nothing."""

    def __init__(self, shared: Shared, limits: SmtpLimits | None = None) -> None:
        self.shared = shared
        self.limits = limits or SmtpLimits()
        self.dialects = check_dialects(shared.dialects)
        self.book = ReplyBook(shared)
        if shared.tls is None:
            self.extensions = self.extensions - {"STARTTLS"}
        hello = self.book.ordinary("ehlo")
        self.short_hello = written(Reply(hello.code, (shared.hostname,), ""))
        self.ordinary = {stage: written(self.book.ordinary(stage)) for stage in self.book.stages}
        self.other = self.ordinary["other"]
        if self.lmtp:
            self.ordinary["connect"] = self.ordinary["connect_lmtp"]
        self.settled: dict[bytes, Settled] = {}
        """Lines that were met before and always have the same answer."""
        self.settled_inside: dict[bytes, Settled] = {}
        """The same inside TLS, where EHLO is answered otherwise."""
        self._scripted: dict[tuple[str, str, str, str, str, bool], Written] = {}
        self._offers: dict[tuple[Offer | None, bool], Offered] = {}
        self._follow_rules()
        shared.subscribe(self._follow_rules)

    def _follow_rules(self) -> None:
        """Forget what was made from the rules, and see at which stages they answer now."""
        rules = self.shared.rules
        self.ruled = frozenset(stage for stage in STAGES["smtp"] if rules.has("smtp", stage))
        self.speaking = self.ruled.union(ADDRESS_STAGES)
        self.looks_at_recipients = frozenset(
            stage for stage in self.ruled if not _OF_RECIPIENTS.isdisjoint(rules.looks_at("smtp", stage))
        )
        self.asks_for_user = "user" in rules.looks_at("smtp", "auth")
        self._unsettled = _NEVER_SETTLED | {
            stage
            for stage in self.ruled
            if rules.conditional("smtp", stage)
            or not _PATH_FIELDS.get(stage, frozenset()).issuperset(rules.looks_at("smtp", stage))
            or stage not in _PATH_FIELDS
        }
        self.settled.clear()  # the sessions hold these two
        self.settled_inside.clear()

    def __call__(self, peer: Peer) -> SmtpSession:
        """Make a connection's session."""
        return SmtpSession(self, peer)

    def hello(self, offer: Offer | None, inside: bool) -> Offered:
        """The answer to EHLO or LHLO, and what then holds.

        Args:
            offer: how it differs from the usual one; None where it does not.
            inside: whether the connection is encrypted: STARTTLS is no longer offered (RFC 3207 §4.2).
        """
        key = (offer, inside)
        found = self._offers.get(key)
        if found is None:
            if len(self._offers) >= MAX_OFFERS:
                self._offers.clear()
            found = self._offers[key] = self._make_offer(offer or Offer(), inside)
        return found

    def _make_offer(self, offer: Offer, inside: bool) -> Offered:
        usual = self.extensions - {"STARTTLS"} if inside else self.extensions
        listed = (usual - offer.withheld - offer.hidden) | offer.faked
        limits = shown = self.limits
        if offer.size is not None:
            shown = replace(limits, max_message_octets=offer.size)
            if 0 < offer.size < limits.max_message_octets:  # RFC 1870 §3: 0 stands for no fixed limit
                limits = shown
        reply = Reply(self.book.ordinary("ehlo").code, (self.shared.hostname, *extension_lines(listed, shown)), "")
        return written(reply), limits, self.extensions - offer.withheld - offer.faked

    def scripted(self, answer: Answer, stage: str, domain: str, text: str = "", *, utf8: bool = False) -> Written:
        """What a script's answer replies, written once.

        Args:
            answer: a code, perhaps with an enhanced code.
            stage: where it is given.
            domain: that of the address at hand.
            text: in place of the catalogue's, its lines parted by LF; empty for that.
            utf8: whether the client takes text beyond ASCII.
        """
        key = (answer.value, answer.enhanced, stage, domain, text, utf8)
        found = self._scripted.get(key)
        if found is None:
            if len(self._scripted) >= MAX_WRITTEN_REPLIES:
                self._scripted.clear()
            reply = self.book.scripted(answer, stage, domain)
            if text:
                reply = reply._replace(lines=tuple(text.split("\n")))
            found = self._scripted[key] = written(reply, utf8=utf8)
        return found

    def _says_all(self, command: Command) -> bool:
        """Whether a line holds nothing that the session has to know later."""
        path = command.path
        try:
            if path is not None:
                named = chosen_by(path, self.dialects)
                return named is None or named.stage == command.stage
            if command.stage in ("ehlo", "lhlo"):
                asked = parse_hello(command.argument)
                return not asked.scripts and asked.offer is None and not asked.key
        except ScriptError:
            return False
        return True

    def settle(self, lines: dict[bytes, Settled], command: Command, ordinary: Written, chosen: Chosen | None) -> None:
        """Keep a line with its answer, where the line says all that the answer hangs on.

        Args:
            lines: where it is kept: :attr:`settled` or :attr:`settled_inside`.
            command: the line.
            ordinary: what is answered where nothing else speaks.
            chosen: what speaks now.
        """
        stage, raw = command.stage, command.raw
        if stage in self._unsettled or len(raw) > MAX_SETTLED_OCTETS or not self._says_all(command):
            return
        rule, count_key = "", ""
        answered = ordinary
        if chosen is not None:
            answer = chosen.script.constant
            if answer is None or answer.effects or answer.kind not in ("code", "pass") or not chosen.plain:
                return
            rule, count_key = chosen.rule, chosen.count_key
            if answer.kind == "code":
                answered = self.scripted(answer, stage, chosen.domain, chosen.text)
        if len(lines) >= MAX_SETTLED_LINES:
            lines.clear()
        lines[raw] = command, answered, rule, count_key, address_key(command.path, self.dialects)


class SubmissionMock(SmtpMock):
    """The SMTP mock as a submission server: it offers STARTTLS (RFC 6409, RFC 3207)."""

    extensions = EXTENSIONS | {"STARTTLS"}


class LmtpMock(SmtpMock):
    """The LMTP mock: LHLO in place of EHLO, and after the final dot a reply for each recipient (RFC 2033)."""

    lmtp = True
    extensions = EXTENSIONS - {"PRDR"}
