"""A connection to the SMTP mock: engine events in, scripted replies out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from statuary.errors import ScriptError
from statuary.scenario.address import parse_address
from statuary.scenario.decide import decide
from statuary.scenario.script import Answer, Script
from statuary.serve.journal import Exchange
from statuary.serve.mailbox import Message
from statuary.serve.output import ENDINGS, Close, Output, Plan, Reset, Send, Wait, plan_answer
from statuary.serve.session import Peer, Shared
from statuary.serve.smtp.replies import Reply, ReplyBook
from statuary.wire.smtp import (
    EXTENSIONS,
    Command,
    CommandError,
    Eof,
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


class Chosen(NamedTuple):
    """A script that speaks for a stage.

    Args:
        script: what answers.
        rule: how the journal names it.
        count_key: what its count is kept by.
        draw_key: what random choices are drawn by.
        domain: the domain of the address at hand.
    """

    script: Script
    rule: str
    count_key: str
    draw_key: str
    domain: str


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
        self.has_rules = bool(shared.rules.rules)

    def __call__(self, peer: Peer) -> SmtpSession:
        """Make a connection's session."""
        return SmtpSession(self, peer)


def _written(reply: Reply) -> tuple[int, bytes]:
    return reply.code, format_reply(reply.code, reply.lines, reply.enhanced)


class SmtpSession:
    """One connection.

    Args:
        mock: what it shares with others.
        peer: who is at the other end.
    """

    __slots__ = ("_engine", "_helo", "_mock", "_peer", "_shared")

    def __init__(self, mock: SmtpMock, peer: Peer) -> None:
        self._mock = mock
        self._peer = peer
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
        return self._answer("connect", b"", None, self._mock.ordinary["connect"])

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
        self._log(self._shared.clock(), "timeout", b"", data, str(reply.code), None, 0, 0, "")
        return data

    def _advance(self) -> Output:
        """Answer what there is, until octets are missing or a reply takes time."""
        engine, mock = self._engine, self._mock
        ready = b""
        while (event := engine.next_event()) is not None:
            kind = event.__class__
            output: Output
            if kind is Command:
                assert isinstance(event, Command)
                output = self._command(event)
            elif kind is MessageReceived:
                assert isinstance(event, MessageReceived)
                output = self._message(event)
            elif isinstance(event, CommandError):
                output = self._reply(
                    event.stage,
                    event.raw,
                    mock.book.error(event.reply_hint, event.enhanced_hint),
                    note=event.problem,
                )
            else:
                assert isinstance(event, Eof)
                if event.raw:
                    self._log(self._shared.clock(), event.stage or "eof", event.raw, b"", "", None, 0, 0, "cut off")
                return ready or None
            if output.__class__ is bytes:
                assert isinstance(output, bytes)
                ready = ready + output if ready else output
            elif output is not None:
                assert isinstance(output, list)
                return [Send(ready), *output] if ready else output
        return ready or None

    def _command(self, event: Command) -> Output:
        mock, stage = self._mock, event.stage
        if stage == "ehlo":
            self._helo = event.argument
            return self._answer(stage, event.raw, None, mock.hello if event.verb == "EHLO" else mock.short_hello)
        return self._answer(stage, event.raw, event.path, mock.ordinary.get(stage, mock.other))

    def _message(self, event: MessageReceived) -> Output:
        """Decide on the message, and keep it where the reply takes it over."""
        engine = self._engine
        mail, recipients = engine.mail, engine.recipients
        raw = event.raw
        if len(raw) > MAX_JOURNAL_MESSAGE_OCTETS:
            raw = raw[:MAX_JOURNAL_MESSAGE_OCTETS]
        code, data, plan = self._decide("message", raw, None, self._mock.ordinary["message"])
        if 200 <= code <= 299 and mail is not None:  # RFC 5321 §4.2.1: a 2yz reply takes the message over
            self._shared.mailbox.add(
                Message(
                    self._shared.clock(),
                    self._peer.number,
                    mail.path.address if mail.path else "",
                    tuple(command.path.address for command in recipients if command.path),
                    event.content,
                )
            )
        return data if plan is None else plan

    def _answer(self, stage: str, raw: bytes, path: Mailbox | None, ordinary: tuple[int, bytes]) -> Output:
        _, data, plan = self._decide(stage, raw, path, ordinary)
        return data if plan is None else plan

    def _decide(
        self, stage: str, raw: bytes, path: Mailbox | None, ordinary: tuple[int, bytes]
    ) -> tuple[int, bytes, Plan | None]:
        """Find what speaks for the stage, decide, write it down and move the engine.

        Returns:
            The reply code (0 for none), the octets, and the plan where the reply takes more than octets.
        """
        engine, shared = self._engine, self._shared
        try:
            chosen = self._choose(stage, path)
        except ScriptError as error:
            return self._bad_script(stage, raw, error)
        now = shared.clock()
        if chosen is None:
            code, data = ordinary
            engine.send_raw(data, code)
            peer = self._peer
            shared.journal.add(Exchange(now, "smtp", peer.number, peer.address, stage, raw, data, str(code)))
            return code, data, None
        decision = decide(chosen.script, shared.counters.take(chosen.count_key), shared.seed, chosen.draw_key)
        answer, step, asked = decision
        if answer.kind in ("drop", "reset", "hang"):
            self._log(now, stage, raw, b"", "", chosen, step, asked, str(answer))
            return 0, b"", self._no_answer(answer)
        if answer.kind == "pass":
            code, data = ordinary
        else:
            reply = self._mock.book.scripted(answer, stage, chosen.domain)
            code, data = _written(reply)
        engine.send_raw(data, code)
        plan = None
        sent = data
        if answer.effects:
            plan, sent = plan_answer(data, answer.effects)
            if isinstance(plan[-1], Close | Reset):
                engine.close()
        note = "".join(map(str, answer.effects)).lstrip("-")
        self._log(now, stage, raw, sent, str(code), chosen, step, asked, note)
        return code, data, plan

    def _choose(self, stage: str, path: Mailbox | None) -> Chosen | None:
        """The script that speaks for a stage: a rule's, else that of an address."""
        if self._mock.has_rules and self._shared.rules.has("smtp", stage):
            fields = self._fields(path)
            rule = self._shared.rules.find("smtp", stage, fields)
            if rule is not None:
                count_key = f"rule {rule.name} {' '.join(fields[name] for name in rule.key)}"
                return Chosen(rule.script, rule.name, count_key, f"rule {rule.name}", fields["domain"])
        for mailbox in self._speakers(stage, path):
            found = parse_address(mailbox.local_part, mailbox.domain)
            if found is not None and found.stage == stage:
                count_key = f"smtp {stage} {mailbox.address.lower()}"
                return Chosen(found.script, str(found.script), count_key, found.draw_key, mailbox.domain)
        return None

    def _speakers(self, stage: str, path: Mailbox | None) -> Iterator[Mailbox]:
        """The addresses that may speak for a stage: the one at hand; for the data, the sender and all recipients."""
        if stage in ("mail", "rcpt"):
            if path is not None:
                yield path
        elif stage in ("data", "message"):
            engine = self._engine
            if engine.mail is not None and engine.mail.path is not None:
                yield engine.mail.path
            for command in engine.recipients:
                if command.path is not None:
                    yield command.path

    def _fields(self, path: Mailbox | None) -> Mapping[str, str]:
        engine = self._engine
        sender = engine.reverse_path
        return {
            "sender": sender.address if sender else "",
            "recipient": path.address if path else "",
            "domain": path.domain.lower() if path else "",
            "helo": self._helo,
            "ip": self._peer.address.rpartition(":")[0],
        }

    def _bad_script(self, stage: str, raw: bytes, error: ScriptError) -> tuple[int, bytes, Plan | None]:
        """An address that means to be a script and is none: refuse it, and say where it went wrong."""
        reply = self._mock.book.ordinary("bad_script")
        text = (*reply.lines, f"script: {error}")
        data = self._engine.send_reply(reply.code, text, reply.enhanced)
        self._log(self._shared.clock(), stage, raw, data, str(reply.code), None, 0, 0, f"bad script: {error}")
        return reply.code, data, None

    def _no_answer(self, answer: Answer) -> Plan:
        self._engine.close()
        plan: Plan = [Wait(effect.value) for effect in answer.effects if effect.name == "delay" and effect.value]
        plan.append(ENDINGS[answer.kind])
        return plan

    def _reply(self, stage: str, raw: bytes, reply: Reply, note: str = "") -> bytes:
        data = self._engine.send_reply(reply.code, reply.lines, reply.enhanced)
        self._log(self._shared.clock(), stage, raw, data, str(reply.code), None, 0, 0, note)
        return data

    def _log(
        self,
        now: float,
        stage: str,
        raw: bytes,
        sent: bytes,
        code: str,
        chosen: Chosen | None,
        step: int,
        asked: int,
        note: str,
    ) -> None:
        peer, rule = self._peer, chosen.rule if chosen else ""
        self._shared.journal.add(
            Exchange(now, "smtp", peer.number, peer.address, stage, raw, sent, code, rule, step, asked, note)
        )
