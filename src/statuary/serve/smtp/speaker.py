"""The answering half of an SMTP session: finds what speaks for a stage, decides, writes it down, moves the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from statuary.errors import ScriptError
from statuary.scenario.address import LASTING_STAGES, TRANSACTION_STAGES
from statuary.scenario.decide import decide
from statuary.scenario.rules import Rule
from statuary.scenario.script import PASS, SMTP_EFFECTS, Answer
from statuary.serve.fields import ForwardPaths, address_key
from statuary.serve.output import ENDINGS, Close, HalfClose, Hang, Plan, Reset, Wait, plan_answer, plan_delay
from statuary.serve.session import Peer, rule_count_key
from statuary.serve.smtp.fields import StageFields
from statuary.serve.smtp.replies import Reply, Written
from statuary.serve.smtp.voices import NOBODY, Chosen, Picked, chosen_by
from statuary.wire.smtp import Command, Mailbox, SaslExchange, SmtpEngine, misshape, without_enhanced

if TYPE_CHECKING:
    from statuary.serve.smtp.mock import Settled, SmtpMock

__all__ = ["MAX_JOURNAL_MESSAGE_OCTETS", "MAX_MATCHED_RECIPIENTS", "Manner", "Speaker"]

MAX_JOURNAL_MESSAGE_OCTETS: Final = 65_536
"""How much of a message's content the journal keeps, in octets; the mailbox keeps all of it."""
MAX_MATCHED_RECIPIENTS: Final = 100
"""How many recipients of one message rules are tried with."""

_LASTING: Final = frozenset(LASTING_STAGES)
_SMTP_EFFECTS: Final = frozenset(SMTP_EFFECTS)


class Manner:
    """In what a session differs from most; few ever have one."""

    __slots__ = ("asking", "key", "late", "plain", "refused", "sasl", "spoken", "user")

    def __init__(self) -> None:
        self.spoken: Mapping[str, Chosen] = NOBODY
        """Scripts by stage, from the name in EHLO and from addresses that speak for later commands."""
        self.key = ""
        """What isolates the session's test, where no address does: the name in EHLO says it."""
        self.plain = False
        """Whether replies go without enhanced status codes."""
        self.late = b""
        """A reply that waits for the next command."""
        self.user = ""
        """Who the client said that it is."""
        self.sasl: SaslExchange | None = None
        """The AUTH exchange that is going on."""
        self.refused: Picked | None = None
        """What that exchange will end with, once the client has heard why."""
        self.asking: Chosen | None = None
        """The script in a user name that asks the client for more lines."""


class Speaker:
    """What a session knows, and how it answers.

    Args:
        mock: what it shares with others.
        peer: who is at the other end.
    """

    __slots__ = (
        "address",
        "content",
        "engine",
        "helo",
        "later",
        "manner",
        "mock",
        "number",
        "settled",
        "shared",
        "tagged",
    )

    def __init__(self, mock: SmtpMock, peer: Peer) -> None:
        self.mock = mock
        self.address, self.number = peer.address, peer.number
        self.shared = mock.shared
        self.engine = SmtpEngine(mock.limits, mock.extensions, lmtp=mock.lmtp)
        self.settled: dict[bytes, Settled] = mock.settled
        """Lines with known answers; empty where this session differs from most."""
        self.helo = ""
        self.content = b""
        """The message that is being decided on."""
        self.later = False
        """Whether an address of the transaction may speak for a stage to come."""
        self.tagged = False
        """Whether an address of the transaction may isolate it."""
        self.manner: Manner | None = None
        if peer.tls:
            self.engine.secure = True
            self.settled = mock.settled_inside

    # What speaks

    def pick(self, stage: str, path: Mailbox | None, named: Chosen | None = None) -> Picked | None:
        """Decide on the script that speaks for a stage; None where nothing does.

        Args:
            stage: the stage at hand.
            path: the address of MAIL and RCPT, or the recipient whose turn it is.
            named: what the command itself names, before the name in EHLO and the addresses.

        Raises:
            ScriptError: an address means to be a script and is none.
        """
        chosen = self.choose(stage, path, named)
        return None if chosen is None else self.decide(stage, chosen, path)

    def decide(self, stage: str, chosen: Chosen, path: Mailbox | None) -> Picked:
        """Decide on an answer; where the first of a transaction passes, the next has the word."""
        shared = self.shared
        answer, step, asked = decide(
            chosen.script, shared.counters.take(chosen.count_key), shared.seed, chosen.draw_key
        )
        if answer == PASS and path is None and not chosen.ruled:
            for other in self._after(stage, chosen):
                next_answer, next_step, next_asked = decide(
                    other.script, shared.counters.take(other.count_key), shared.seed, other.draw_key
                )
                if next_answer != PASS:
                    return Picked(other, next_answer, next_step, next_asked)
        return Picked(chosen, answer, step, asked)

    def choose(self, stage: str, path: Mailbox | None, named: Chosen | None = None) -> Chosen | None:
        """The script that speaks for a stage: a rule's, else that of the command, of an address or of the EHLO name.

        At MAIL and RCPT it is the address at hand that may speak; for the data and the message, the sender and all
        recipients, in this order, until one does not pass.
        """
        if stage in self.mock.ruled:
            rule, fields = self._rule(stage, path)
            if rule is not None:
                self.later = True
                key, draw_key = rule_count_key(rule, fields), f"rule {rule.name}"
                text = rule.reply.text
                return Chosen(stage, rule.script, rule.name, key, draw_key, fields["domain"], text, ruled=True)
        if named is not None:
            return named
        if path is not None:
            chosen = chosen_by(path, self.mock.dialects)
            if chosen is not None:
                if chosen.stage == stage:
                    return chosen
                self.later = True
                if chosen.stage in _LASTING:
                    self.speak({chosen.stage: chosen})
        elif self.later and (mail := self.engine.mail) is not None and stage in TRANSACTION_STAGES:
            voice = next(self._voices(stage, mail), None)
            if voice is not None:
                return voice
        return self.manner.spoken.get(stage) if self.manner is not None else None

    def speak(self, spoken: Mapping[str, Chosen]) -> None:
        """Let scripts speak for stages to come, beside those that do already."""
        manner = self.differ()
        manner.spoken = {**manner.spoken, **spoken}

    def differ(self) -> Manner:
        """This session differs from most from now on: no line's answer is known beforehand."""
        if self.manner is None:
            self.manner = Manner()
        if self.knows_lines:
            self.settled = {}
        return self.manner

    @property
    def knows_lines(self) -> bool:
        """Whether lines with known answers are answered at once."""
        return self.settled is self.mock.settled or self.settled is self.mock.settled_inside

    def _voices(self, stage: str, mail: Command) -> Iterator[Chosen]:
        """The scripts in the addresses of a transaction that speak for a stage."""
        for command in (mail, *self.engine.recipients):
            if command.path is not None:
                chosen = chosen_by(command.path, self.mock.dialects)
                if chosen is not None and chosen.stage == stage:
                    yield chosen

    def _after(self, stage: str, first: Chosen) -> list[Chosen]:
        """The scripts that come to speak where the first of a transaction passes, each once."""
        mail = self.engine.mail
        if mail is None:
            return []
        voices = {chosen.count_key: chosen for chosen in self._voices(stage, mail)}
        return [chosen for key, chosen in voices.items() if key != first.count_key]

    def _rule(self, stage: str, path: Mailbox | None) -> tuple[Rule | None, Mapping[str, str]]:
        """The rule that speaks, and the fields in which it matched: those of any recipient of the transaction."""
        fields = self.fields(path)
        recipients = self.engine.recipients
        if path is None and len(recipients) > 1 and stage in self.mock.looks_at_recipients:
            paths = {command.path: None for command in recipients if command.path is not None}
            ways = [self.fields(None, each) for each in islice(paths, MAX_MATCHED_RECIPIENTS)]
            return self.shared.find_rule_among("smtp", stage, ways) or (None, fields)
        return self.shared.find_rule("smtp", stage, fields), fields

    def fields(self, path: Mailbox | None, recipient: Mailbox | None = None) -> StageFields:
        """What rules and causes look at.

        Args:
            path: the address at hand.
            recipient: where none is, the recipient of the transaction that is looked at; None for the first.
        """
        engine = self.engine
        pending, sender, at_hand, recipients = engine.pending, engine.reverse_path, recipient, None
        if pending is not None and pending.stage == "mail":
            sender = path  # not accepted yet, and no recipient
        elif path is not None:
            at_hand = path
        elif recipient is None:
            recipients = ForwardPaths([command.path for command in engine.recipients if command.path])
        return StageFields(
            sender,
            at_hand,
            recipients,
            self.helo,
            self.address,
            self.key(path),
            self.content,
            self.manner.user if self.manner is not None else "",
            command=engine.mail or engine.pending,
            mailbox=self.shared.mailbox,
        )

    def key(self, path: Mailbox | None) -> str:
        """What isolates the stage's test: the tag of the address at hand, of the transaction, or the name in EHLO."""
        if path is not None and (key := address_key(path, self.mock.dialects)):
            return key
        engine = self.engine
        if (mail := engine.mail) is not None:
            for command in (mail, *engine.recipients):
                if key := address_key(command.path, self.mock.dialects):
                    return key
        return self.manner.key if self.manner is not None else ""

    # What is answered

    def answer(
        self,
        stage: str,
        raw: bytes,
        path: Mailbox | None,
        ordinary: Written,
        note: str = "",
        named: Chosen | None = None,
        key: str | None = None,
    ) -> tuple[int, bytes | Plan]:
        """Pick and give.

        Args:
            stage: the stage at hand.
            raw: what the client sent for it.
            path: the address at hand.
            ordinary: what is answered where nothing speaks.
            note: for the journal.
            named: what the command itself names.
            key: what isolates the test, where that is known.

        Returns:
            The reply code (0 for none), and the octets or, where the reply takes more than octets, the plan.
        """
        picked = None
        if stage in self.mock.speaking or self.manner is not None or named is not None:
            try:
                picked = self.pick(stage, path, named)
            except ScriptError as error:
                return self.bad_script(stage, raw, error)
        return self.give(stage, raw, path, ordinary, picked, note, key)

    def give(
        self,
        stage: str,
        raw: bytes,
        path: Mailbox | None,
        ordinary: Written,
        picked: Picked | None,
        note: str = "",
        key: str | None = None,
    ) -> tuple[int, bytes | Plan]:
        """Write down what was decided, and move the engine; see :meth:`answer`."""
        engine, shared = self.engine, self.shared
        manner = self.manner
        now, tls = shared.clock(), engine.secure
        if key is None:
            key = self.key(path)  # before the engine forgets the transaction
        if picked is None:
            code, data, text = ordinary
            if manner is not None and manner.plain:
                data = without_enhanced(data)
            engine.send_raw(data, code)
            shared.journal.add(
                (now, "smtp", self.number, self.address, stage, raw, data, text, "", 0, 0, note, key, tls)
            )
            return code, data
        chosen, answer, step, asked = picked
        rule = chosen.rule
        if answer.kind in ENDINGS:
            note = f"{answer}; {note}" if note else str(answer)
            self.log(now, stage, raw, b"", "", note, rule, step, asked, key)
            return 0, self._no_answer(picked)
        code, data, text = self.reply_of(picked, stage, ordinary)
        engine.send_raw(data, code)
        if not answer.effects:
            shared.journal.add(
                (now, "smtp", self.number, self.address, stage, raw, data, text, rule, step, asked, note, key, tls)
            )
            return code, data
        plan, sent = self.plan(picked, data)
        effects = "".join(map(str, answer.effects)).lstrip("-")
        self.log(now, stage, raw, sent, text, f"{effects}; {note}" if note else effects, rule, step, asked, key, tls)
        return code, b"" if self.hold_back(answer, sent) else plan

    def hold_back(self, answer: Answer, sent: bytes) -> bool:
        """Keep a reply that is to come late until the next command; one that ends the dialogue has none to wait for.

        Args:
            answer: what was decided on.
            sent: its octets.

        Returns:
            Whether it is kept back.
        """
        if self.engine.closed or all(effect.name != "late" for effect in answer.effects):
            return False
        self.differ().late += sent
        return True

    def reply_of(self, picked: Picked, stage: str, ordinary: Written) -> Written:
        """The reply that was decided on, its effects left out."""
        chosen, answer = picked.chosen, picked.answer
        if answer.kind == "pass":
            code, data, text = ordinary
        else:
            utf8 = not chosen.plain and self.engine.takes_utf8
            code, data, text = self.mock.scripted(answer, stage, chosen.domain, chosen.text, utf8=utf8)
        if self.manner is not None and self.manner.plain:
            data = without_enhanced(data)
        return code, data, text

    def plan(self, picked: Picked, data: bytes) -> tuple[Plan, bytes]:
        """A reply with its effects: what is to be done, and what that will have sent."""
        effects = picked.answer.effects
        broken = {effect.name: effect.value for effect in effects if effect.name in _SMTP_EFFECTS}
        if broken:
            data = misshape(data, broken)
        plan, sent = plan_answer(data, effects, dice=picked.dice(self.shared.seed))
        if plan and isinstance(plan[-1], Close | Reset | Hang | HalfClose):
            self.engine.close()
        return plan, sent

    def bad_script(self, stage: str, raw: bytes, error: ScriptError) -> tuple[int, bytes]:
        """An address that means to be a script and is none: refuse it, and say where it went wrong."""
        reply = self.mock.book.ordinary("bad_script")
        text = (*reply.lines, f"script: {error}")
        data = self.engine.send_reply(reply.code, text, reply.enhanced)
        self.log(self.shared.clock(), stage, raw, data, str(reply.code), f"bad script: {error}")
        return reply.code, data

    def reply(self, stage: str, raw: bytes, reply: Reply, note: str = "") -> bytes:
        """Give a reply that nobody decided on."""
        data = self.engine.send_reply(reply.code, reply.lines, reply.enhanced)
        if self.manner is not None and self.manner.plain:
            data = without_enhanced(data)
        self.log(self.shared.clock(), stage, raw, data, str(reply.code), note)
        return data

    def _no_answer(self, picked: Picked) -> Plan:
        self.engine.close()
        wait = plan_delay(picked.answer.effects, picked.dice(self.shared.seed))
        return [*([Wait(wait)] if wait else []), ENDINGS[picked.answer.kind]]

    def log(
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
        key: str | None = None,
        tls: bool | None = None,
    ) -> None:
        """Write an exchange into the journal; what moved the engine says how things stood before."""
        key = self.key(None) if key is None else key
        tls = self.engine.secure if tls is None else tls
        row = (now, "smtp", self.number, self.address, stage, raw, sent, code, rule, step, asked, note, key, tls)
        self.shared.journal.add(row)
