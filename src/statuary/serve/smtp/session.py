"""A connection to the SMTP mock: engine events in, scripted replies out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from statuary.errors import ScriptError
from statuary.scenario.address import ADDRESS_STAGES, parse_address
from statuary.scenario.decide import decide
from statuary.scenario.rules import STAGES
from statuary.scenario.script import PASS, Answer, Script
from statuary.serve.mailbox import Message
from statuary.serve.output import ENDINGS, Close, Output, Plan, Reset, Send, Wait, plan_answer
from statuary.serve.session import Peer, Shared
from statuary.serve.smtp.replies import Reply, ReplyBook
from statuary.wire.smtp import (
    EXTENSIONS,
    Command,
    CommandError,
    Mailbox,
    MessageReceived,
    SmtpEngine,
    SmtpLimits,
    extension_lines,
    format_reply,
)

__all__ = ["SmtpMock", "SmtpSession"]

MAX_JOURNAL_MESSAGE_OCTETS = 65_536
"""How much of a message's content the journal keeps, in octets; the mailbox keeps all of it."""


MAX_SETTLED_LINES = 1024
"""The most command lines whose answers are kept ready; past it all are forgotten and found again."""
MAX_SETTLED_OCTETS = 256
"""The longest of these lines, in octets."""
MAX_WRITTEN_REPLIES = 1024
"""The most scripted replies that are kept written out; past it all are forgotten and written again."""


class Chosen(NamedTuple):
    """A script that speaks for a stage.

    Args:
        stage: where it answers.
        script: what answers.
        rule: how the journal names it.
        count_key: what its count is kept by.
        draw_key: what random choices are drawn by.
        domain: the domain of the address at hand.
    """

    stage: str
    script: Script
    rule: str
    count_key: str
    draw_key: str
    domain: str


@lru_cache(maxsize=4096)
def chosen_by(mailbox: Mailbox) -> Chosen | None:
    """The script in an address; None for an ordinary one.

    Raises:
        ScriptError: the address means to be a script and is none.
    """
    found = parse_address(mailbox.local_part, mailbox.domain)
    if found is None:
        return None
    count_key = f"smtp {found.stage} {mailbox.address.lower()}"
    return Chosen(found.stage, found.script, str(found.script), count_key, found.draw_key, mailbox.domain)


_PATH_STAGES = frozenset({"mail", "rcpt"})
_LATER_STAGES = frozenset(ADDRESS_STAGES) - _PATH_STAGES  # the addresses of the whole transaction speak for these
_PATH_FIELDS = frozenset({"recipient", "domain"})
_NEVER_SETTLED = frozenset({"auth", "bdat", "starttls"})  # these lines may change how the octets after them are read

Written: TypeAlias = tuple[int, bytes, str]
"""A reply ready to be sent again and again: its code, its octets, and the code as the journal has it."""


Settled: TypeAlias = tuple[Command, Written, str, str]
"""A command line with its answer, which hangs on nothing else: the reply, the journal's name for the rule, its count.

The last two are empty where the answer is the ordinary one.
"""


class SmtpMock:
    """What the sessions of one listening address share.

    Args:
        shared: what all protocols share.
        limits: of commands and messages.
    """

    def __init__(self, shared: Shared, limits: SmtpLimits | None = None) -> None:
        self.shared = shared
        self.limits = limits or SmtpLimits()
        self.book = ReplyBook(shared)
        hello = Reply(self.book.ordinary("ehlo").code, (shared.hostname, *extension_lines(EXTENSIONS, self.limits)), "")
        self.hello = _written(hello)
        self.short_hello = _written(hello._replace(lines=(shared.hostname,)))
        self.ordinary = {
            stage: _written(self.book.ordinary(stage))
            for stage in ("connect", "mail", "rcpt", "data", "message", "rset", "noop", "vrfy", "expn", "help", "quit")
        }
        self.other = _written(self.book.ordinary("other"))
        self.ruled = frozenset(stage for stage in STAGES["smtp"] if shared.rules.has("smtp", stage))
        self.speaking = self.ruled.union(ADDRESS_STAGES)
        self.settled: dict[bytes, Settled] = {}
        """Lines that were met before and always have the same answer."""
        self._unsettled = _NEVER_SETTLED | {
            rule.stage
            for rule in shared.rules.rules
            if rule.protocol == "smtp"
            and (rule.stage not in _PATH_STAGES or not _PATH_FIELDS.issuperset((*rule.match, *rule.key)))
        }
        self._scripted: dict[tuple[str, str, str, str], Written] = {}

    def __call__(self, peer: Peer) -> SmtpSession:
        """Make a connection's session."""
        return SmtpSession(self, peer)

    def scripted(self, answer: Answer, stage: str, domain: str) -> Written:
        """What a script's answer replies, written once; the domain is that of the address at hand."""
        key = (answer.value, answer.enhanced, stage, domain)
        written = self._scripted.get(key)
        if written is None:
            if len(self._scripted) >= MAX_WRITTEN_REPLIES:
                self._scripted.clear()
            written = self._scripted[key] = _written(self.book.scripted(answer, stage, domain))
        return written

    def settle(self, command: Command, ordinary: Written, chosen: Chosen | None) -> None:
        """Keep a line with its answer, where the line says all that the answer hangs on.

        Args:
            command: the line.
            ordinary: what is answered where nothing else speaks.
            chosen: what speaks now.
        """
        stage, raw = command.stage, command.raw
        if stage in self._unsettled or len(raw) > MAX_SETTLED_OCTETS:
            return
        if command.path is not None:
            try:
                named = chosen_by(command.path)
            except ScriptError:
                return
            if named is not None and named.stage != stage:
                return  # the session has to know of it later
        written, rule, count_key = ordinary, "", ""
        if chosen is not None:
            answer = chosen.script.constant
            if answer is None or answer.effects or answer.kind not in ("code", "pass"):
                return
            rule, count_key = chosen.rule, chosen.count_key
            if answer.kind == "code":
                written = self.scripted(answer, stage, chosen.domain)
        if len(self.settled) >= MAX_SETTLED_LINES:
            self.settled.clear()
        self.settled[raw] = command, written, rule, count_key


def _written(reply: Reply) -> Written:
    return reply.code, format_reply(reply.code, reply.lines, reply.enhanced), str(reply.code)


class SmtpSession:
    """One connection.

    Args:
        mock: what it shares with others.
        peer: who is at the other end.
    """

    __slots__ = ("_address", "_engine", "_helo", "_later", "_mock", "_number", "_settled", "_shared")

    def __init__(self, mock: SmtpMock, peer: Peer) -> None:
        self._mock = mock
        self._address, self._number = peer.address, peer.number
        self._shared = mock.shared
        self._engine = SmtpEngine(mock.limits)
        self._settled = mock.settled
        self._helo = ""
        self._later = False  # whether an address may speak for a stage to come

    @property
    def closing(self) -> bool:
        """Whether the connection is to be closed once all output is written."""
        return self._engine.closed

    @property
    def lingers(self) -> bool:
        """A client that was told off may still be sending; an orderly close could cost it the reply."""
        return False

    def start(self) -> Output:
        """Greet."""
        return self._decide("connect", b"", None, self._mock.ordinary["connect"])[1]

    def receive(self, data: bytes) -> Output:
        """Octets have arrived.

        Known lines and messages that arrive whole are answered at once; what is left goes the engine's long way, which
        gives the same.
        """
        settled = self._settled.get(data)
        now = self._shared.clock()
        if settled is not None:
            output = self._at_once(settled, now)
            if output is not None:
                return output
        elif (message := self._engine.receive_message(data)) is not None:
            return self._message(message)
        ready: list[bytes] = []
        start = 0
        while end := data.find(b"\n", start) + 1:
            settled = self._settled.get(data[start:end])
            output = None if settled is None else self._at_once(settled, now)
            if output is None:
                break
            ready.append(output)
            start = end
        if start == len(data):
            return b"".join(ready) or None
        self._engine.receive_data(data[start:])
        return self._advance(ready)

    def resume(self) -> Output:
        """The last plan was carried out."""
        return self._advance()

    def eof(self) -> Output:
        """The peer will send no more."""
        if self._engine.closed:
            return None
        self._engine.receive_eof()
        return self._advance()

    def timeout(self) -> Output:
        """The peer was silent for too long (RFC 5321 §4.5.3.2)."""
        if self._engine.closed:
            return None
        reply = self._mock.book.ordinary("timeout")
        data = self._engine.send_reply(reply.code, reply.lines, reply.enhanced)
        self._log(self._shared.clock(), "timeout", b"", data, str(reply.code), "")
        return data

    def _at_once(self, settled: Settled, now: float) -> bytes | None:
        """Answer a known line; None where something else comes first or it is not in its place."""
        command, (code, data, text), rule, count_key = settled
        stage, raw = command.stage, command.raw
        if (self._later and stage in _LATER_STAGES) or not self._engine.exchange(command, code):
            return None
        if stage == "ehlo":
            self._helo = command.argument
        shared, step, asked = self._shared, 0, 0
        if count_key:
            step, asked = 1, shared.counters.take(count_key) + 1
        shared.journal.add(
            (now, "smtp", self._number, self._address, stage, raw, data, text, rule, step, asked, "", "")
        )
        return data

    def _advance(self, before: Sequence[bytes] = ()) -> Output:
        """Answer what there is, until octets are missing or a reply takes time; ``before`` goes before it."""
        engine = self._engine
        ready = list(before)
        while (event := engine.next_event()) is not None:
            if isinstance(event, Command):
                output = self._command(event)
            elif isinstance(event, MessageReceived):
                output = self._message(event)
            elif isinstance(event, CommandError):
                reply = self._mock.book.error(event.reply_hint, event.enhanced_hint)
                output = self._reply(event.stage, event.raw, reply, note=event.problem)
            else:
                if event.raw:
                    self._log(self._shared.clock(), event.stage or "eof", event.raw, b"", "", "cut off")
                break
            if not isinstance(output, bytes):
                return [Send(b"".join(ready)), *output] if ready else output
            ready.append(output)
        return b"".join(ready) or None

    def _command(self, event: Command) -> bytes | Plan:
        mock, stage = self._mock, event.stage
        if stage == "ehlo":
            self._helo = event.argument
            ordinary = mock.hello if event.verb == "EHLO" else mock.short_hello
        else:
            ordinary = mock.ordinary.get(stage, mock.other)
        return self._decide(stage, event.raw, event.path, ordinary, command=event)[1]

    def _message(self, event: MessageReceived) -> bytes | Plan:
        """Decide on the message, and keep it where the reply takes it over."""
        engine = self._engine
        mail, recipients = engine.mail, engine.recipients
        raw, note = event.raw, ""
        if len(raw) > MAX_JOURNAL_MESSAGE_OCTETS:
            raw = raw[:MAX_JOURNAL_MESSAGE_OCTETS]
            note = f"its content is cut at {MAX_JOURNAL_MESSAGE_OCTETS} octets here"
        code, output = self._decide("message", raw, None, self._mock.ordinary["message"], note)
        if 200 <= code <= 299 and mail is not None:  # RFC 5321 §4.2.1: a 2yz reply takes the message over
            self._shared.mailbox.add(
                Message(
                    self._shared.clock(),
                    self._number,
                    mail.path.address if mail.path else "",
                    tuple([command.path.address for command in recipients if command.path]),
                    event.content,
                )
            )
        return output

    def _decide(
        self,
        stage: str,
        raw: bytes,
        path: Mailbox | None,
        ordinary: Written,
        note: str = "",
        command: Command | None = None,
    ) -> tuple[int, bytes | Plan]:
        """Find what speaks for the stage, decide, write it down and move the engine.

        Returns:
            The reply code (0 for none), and the octets or, where the reply takes more than octets, the plan.
        """
        engine, shared = self._engine, self._shared
        chosen = None
        if stage in self._mock.speaking:
            try:
                chosen = self._choose(stage, path)
            except ScriptError as error:
                return self._bad_script(stage, raw, error)
        if command is not None:
            self._mock.settle(command, ordinary, chosen)
        now = shared.clock()
        number, address = self._number, self._address
        if chosen is None:
            code, data, text = ordinary
            engine.send_raw(data, code)
            shared.journal.add((now, "smtp", number, address, stage, raw, data, text, "", 0, 0, note, ""))
            return code, data
        answer, step, asked = decide(
            chosen.script, shared.counters.take(chosen.count_key), shared.seed, chosen.draw_key
        )
        if answer == PASS and path is None:
            for other in self._after(stage, chosen):
                next_answer, next_step, next_asked = decide(
                    other.script, shared.counters.take(other.count_key), shared.seed, other.draw_key
                )
                if next_answer != PASS:
                    chosen, answer, step, asked = other, next_answer, next_step, next_asked
                    break
        rule = chosen.rule
        if answer.kind in ("drop", "reset", "hang"):
            self._log(now, stage, raw, b"", "", f"{answer}; {note}" if note else str(answer), rule, step, asked)
            return 0, self._no_answer(answer)
        if answer.kind == "pass":
            code, data, text = ordinary
        else:
            code, data, text = self._mock.scripted(answer, stage, chosen.domain)
        engine.send_raw(data, code)
        if not answer.effects:
            shared.journal.add((now, "smtp", number, address, stage, raw, data, text, rule, step, asked, note, ""))
            return code, data
        plan, sent = plan_answer(data, answer.effects)
        if isinstance(plan[-1], Close | Reset):
            engine.close()
        effects = "".join(map(str, answer.effects)).lstrip("-")
        self._log(now, stage, raw, sent, text, f"{effects}; {note}" if note else effects, rule, step, asked)
        return code, plan

    def _choose(self, stage: str, path: Mailbox | None) -> Chosen | None:
        """The script that speaks for a stage: a rule's, else that of an address.

        At MAIL and RCPT it is the address at hand that may speak; for the data and the message, the sender and all
        recipients, in this order, until one does not pass.
        """
        if stage in self._mock.ruled:
            fields = self._fields(path)
            rule = self._shared.rules.find("smtp", stage, fields)
            if rule is not None:
                self._later = True
                count_key = f"rule {rule.name} {' '.join(fields[name] for name in rule.key)}"
                return Chosen(stage, rule.script, rule.name, count_key, f"rule {rule.name}", fields["domain"])
        if path is not None:
            chosen = chosen_by(path)
            if chosen is None or chosen.stage == stage:
                return chosen
            self._later = True
        elif self._later and (mail := self._engine.mail) is not None and stage in ADDRESS_STAGES:
            return next(self._voices(stage, mail), None)
        return None

    def _voices(self, stage: str, mail: Command) -> Iterator[Chosen]:
        """The scripts in the addresses of a transaction that speak for a stage."""
        for command in (mail, *self._engine.recipients):
            if command.path is not None:
                chosen = chosen_by(command.path)
                if chosen is not None and chosen.stage == stage:
                    yield chosen

    def _after(self, stage: str, first: Chosen) -> list[Chosen]:
        """The scripts that come to speak where the first of a transaction passes, each once; none after a rule."""
        mail = self._engine.mail
        if mail is None or first.count_key.startswith("rule "):
            return []
        voices = {chosen.count_key: chosen for chosen in self._voices(stage, mail)}
        return [chosen for key, chosen in voices.items() if key != first.count_key]

    def _fields(self, path: Mailbox | None) -> Mapping[str, str]:
        engine = self._engine
        sender = engine.reverse_path
        return {
            "sender": sender.address if sender else "",
            "recipient": path.address if path else "",
            "domain": path.domain.lower() if path else "",
            "helo": self._helo,
            "ip": self._address.rpartition(":")[0],
        }

    def _bad_script(self, stage: str, raw: bytes, error: ScriptError) -> tuple[int, bytes]:
        """An address that means to be a script and is none: refuse it, and say where it went wrong."""
        reply = self._mock.book.ordinary("bad_script")
        text = (*reply.lines, f"script: {error}")
        data = self._engine.send_reply(reply.code, text, reply.enhanced)
        self._log(self._shared.clock(), stage, raw, data, str(reply.code), f"bad script: {error}")
        return reply.code, data

    def _no_answer(self, answer: Answer) -> Plan:
        self._engine.close()
        plan: Plan = [Wait(effect.value) for effect in answer.effects if effect.name == "delay" and effect.value]
        plan.append(ENDINGS[answer.kind])
        return plan

    def _reply(self, stage: str, raw: bytes, reply: Reply, note: str = "") -> bytes:
        data = self._engine.send_reply(reply.code, reply.lines, reply.enhanced)
        self._log(self._shared.clock(), stage, raw, data, str(reply.code), note)
        return data

    def _log(
        self,
        now: float,
        stage: str,
        raw: bytes,
        sent: bytes,
        code: str,
        note: str,
        rule: str = "",
        step: int = 0,
        asked: int = 0,
    ) -> None:
        row = (now, "smtp", self._number, self._address, stage, raw, sent, code, rule, step, asked, note, "")
        self._shared.journal.add(row)
