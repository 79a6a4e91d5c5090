"""A connection to the SMTP mock: engine events in, scripted replies out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from statuary.errors import ScriptError
from statuary.scenario.address import ADDRESS_STAGES, parse_address
from statuary.scenario.decide import decide
from statuary.scenario.rules import STAGES
from statuary.scenario.script import Answer, Script
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


Written: TypeAlias = tuple[int, bytes, str]
"""A reply ready to be sent again and again: its code, its octets, and the code as the journal has it."""


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


def _written(reply: Reply) -> Written:
    return reply.code, format_reply(reply.code, reply.lines, reply.enhanced), str(reply.code)


class SmtpSession:
    """One connection.

    Args:
        mock: what it shares with others.
        peer: who is at the other end.
    """

    __slots__ = ("_address", "_engine", "_helo", "_mock", "_number", "_shared")

    def __init__(self, mock: SmtpMock, peer: Peer) -> None:
        self._mock = mock
        self._address, self._number = peer
        self._shared = mock.shared
        self._engine = SmtpEngine(mock.limits)
        self._helo = ""

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
        """Octets have arrived."""
        self._engine.receive_data(data)
        return self._advance()

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

    def _advance(self) -> Output:
        """Answer what there is, until octets are missing or a reply takes time."""
        engine = self._engine
        ready = b""
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
                return ready or None
            if isinstance(output, bytes):
                ready = ready + output if ready else output
            else:
                return [Send(ready), *output] if ready else output
        return ready or None

    def _command(self, event: Command) -> bytes | Plan:
        mock, stage = self._mock, event.stage
        if stage == "ehlo":
            self._helo = event.argument
            ordinary = mock.hello if event.verb == "EHLO" else mock.short_hello
        else:
            ordinary = mock.ordinary.get(stage, mock.other)
        return self._decide(stage, event.raw, event.path, ordinary)[1]

    def _message(self, event: MessageReceived) -> bytes | Plan:
        """Decide on the message, and keep it where the reply takes it over."""
        engine = self._engine
        mail, recipients = engine.mail, engine.recipients
        raw = event.raw
        if len(raw) > MAX_JOURNAL_MESSAGE_OCTETS:
            raw = raw[:MAX_JOURNAL_MESSAGE_OCTETS]
        code, output = self._decide("message", raw, None, self._mock.ordinary["message"])
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

    def _decide(self, stage: str, raw: bytes, path: Mailbox | None, ordinary: Written) -> tuple[int, bytes | Plan]:
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
        now = shared.clock()
        number, address = self._number, self._address
        if chosen is None:
            code, data, text = ordinary
            engine.send_raw(data, code)
            shared.journal.add((now, "smtp", number, address, stage, raw, data, text, "", 0, 0, ""))
            return code, data
        answer, step, asked = decide(
            chosen.script, shared.counters.take(chosen.count_key), shared.seed, chosen.draw_key
        )
        rule = chosen.rule
        if answer.kind in ("drop", "reset", "hang"):
            self._log(now, stage, raw, b"", "", str(answer), rule, step, asked)
            return 0, self._no_answer(answer)
        if answer.kind == "pass":
            code, data, text = ordinary
        else:
            code, data, text = self._mock.scripted(answer, stage, chosen.domain)
        engine.send_raw(data, code)
        if not answer.effects:
            shared.journal.add((now, "smtp", number, address, stage, raw, data, text, rule, step, asked, ""))
            return code, data
        plan, sent = plan_answer(data, answer.effects)
        if isinstance(plan[-1], Close | Reset):
            engine.close()
        self._log(now, stage, raw, sent, text, "".join(map(str, answer.effects)).lstrip("-"), rule, step, asked)
        return code, plan

    def _choose(self, stage: str, path: Mailbox | None) -> Chosen | None:
        """The script that speaks for a stage: a rule's, else that of an address.

        At MAIL and RCPT it is the address at hand that may speak; for the data and the message, the sender and all
        recipients.
        """
        if stage in self._mock.ruled:
            fields = self._fields(path)
            rule = self._shared.rules.find("smtp", stage, fields)
            if rule is not None:
                count_key = f"rule {rule.name} {' '.join(fields[name] for name in rule.key)}"
                return Chosen(stage, rule.script, rule.name, count_key, f"rule {rule.name}", fields["domain"])
        if path is not None:
            chosen = chosen_by(path)
            return chosen if chosen is not None and chosen.stage == stage else None
        if (mail := self._engine.mail) is not None and stage in ADDRESS_STAGES:
            for command in (mail, *self._engine.recipients):
                if command.path is not None:
                    chosen = chosen_by(command.path)
                    if chosen is not None and chosen.stage == stage:
                        return chosen
        return None

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
        row = (now, "smtp", self._number, self._address, stage, raw, sent, code, rule, step, asked, note)
        self._shared.journal.add(row)
