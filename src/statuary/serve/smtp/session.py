"""A connection to the SMTP or LMTP mock: engine events in, scripted replies out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from statuary.errors import ScriptError
from statuary.scenario.address import TRANSACTION_STAGES, parse_hello
from statuary.serve.fields import address_key
from statuary.serve.output import Later, Output, Plan, Send, StartTls, plan_delay
from statuary.serve.smtp.authentication import authenticate, masked
from statuary.serve.smtp.delivery import refuse_each, refused_for_each, take_over
from statuary.serve.smtp.replies import written
from statuary.serve.smtp.speaker import MAX_JOURNAL_MESSAGE_OCTETS, Speaker
from statuary.serve.smtp.voices import NOBODY, SPOKEN_BY_ARGUMENT, Picked, chosen_by_name, chosen_by_word
from statuary.wire.smtp import CLOSING, STAGES, Command, CommandError, MessageReceived

if TYPE_CHECKING:
    from statuary.serve.smtp.mock import Settled

__all__ = ["MAX_SETTLED_OCTETS", "SmtpSession"]

MAX_SETTLED_OCTETS: Final = 256
"""The longest command line whose answer is kept ready, in octets."""

_DELAYS: Final = frozenset({"delay", "jitter", "sigma"})
_HELLOS: Final = frozenset({"ehlo", "lhlo"})
_LATER_STAGES: Final = frozenset(TRANSACTION_STAGES)  # the addresses of the whole transaction speak for these


class SmtpSession(Speaker):
    """One connection.

    Args:
        mock: what it shares with others.
        peer: who is at the other end.
    """

    __slots__ = ()

    @property
    def closing(self) -> bool:
        """Whether the connection is to be closed once all output is written."""
        return self.engine.closed

    @property
    def lingers(self) -> bool:
        """A client that was told off may still be sending; closing at once could cost it the reply."""
        return self.engine.closed and not self.engine.quit

    def start(self) -> Output:
        """Greet."""
        mock = self.mock
        if "connect" in mock.ruled:
            return self.answer("connect", b"", None, mock.ordinary["connect"])[1]
        return self.give("connect", b"", None, mock.ordinary["connect"], None, key="")[1]  # nobody can speak yet

    def receive(self, data: bytes) -> Output:
        """Octets have arrived.

        Known lines and messages that arrive whole are answered at once; what is left goes the engine's long way, which
        gives the same.
        """
        # Looking a message up would cost more than reading it: each octet is hashed.
        settled = self.settled.get(data) if len(data) <= MAX_SETTLED_OCTETS else None
        now = self.shared.clock()
        if settled is not None:
            output = self._at_once(settled, now)
            if output is not None:
                return output
        elif self.manner is None and (message := self.engine.receive_message(data)) is not None:
            return take_over(self, message)
        ready: list[bytes] = []
        start = 0
        while end := data.find(b"\n", start) + 1:
            settled = self.settled.get(data[start:end])
            output = None if settled is None else self._at_once(settled, now)
            if output is None:
                break
            ready.append(output)
            start = end
        if start == len(data):
            return b"".join(ready) or None
        self.engine.receive_data(data[start:])
        return self._advance(ready)

    def resume(self) -> Output:
        """The last plan was carried out."""
        return self._advance()

    def eof(self) -> Output:
        """The peer will send no more."""
        if self.engine.closed:
            return None
        self.engine.receive_eof()
        return self._advance()

    def timeout(self) -> Output:
        """The peer was silent for too long (RFC 5321 §4.5.3.2)."""
        if self.engine.closed:
            return None
        reply = self.mock.book.ordinary("timeout")
        data = self.engine.send_reply(reply.code, reply.lines, reply.enhanced)
        self.log(self.shared.clock(), "timeout", b"", data, str(reply.code), "")
        return data

    def _at_once(self, settled: Settled, now: float) -> bytes | None:
        """Answer a known line; None where something else comes first or it is not in its place."""
        command, (code, data, text), rule, count_key, key = settled
        stage, raw = command.stage, command.raw
        if self.later and stage in _LATER_STAGES:
            return None
        if self.tagged and not key and (key := self.key(None)) and stage in self.mock.ruled:
            return None  # rules may look at what isolates the transaction
        if not self.engine.exchange(command, code):
            return None
        if stage == "mail":
            self.later, self.tagged = False, key != ""
        elif key:
            self.tagged = True
        if stage in _HELLOS and (stage == "ehlo" or self.mock.lmtp):
            self.helo, stage = command.argument, "ehlo"
        shared, step, asked = self.shared, 0, 0
        if count_key:
            step, asked = 1, shared.counters.take(count_key) + 1
        tls = self.engine.secure
        shared.journal.add(
            (now, "smtp", self.number, self.address, stage, raw, data, text, rule, step, asked, "", key, tls)
        )
        return data

    def _advance(self, before: Sequence[bytes] = ()) -> Output:
        """Answer what there is, until octets are missing or a reply takes time; ``before`` goes before it."""
        engine = self.engine
        ready = list(before)
        while (event := engine.next_event()) is not None:
            if self.manner is not None and self.manner.late:
                ready.append(self.manner.late)
                self.manner.late = b""
            if isinstance(event, Command):
                output = self._command(event)
            elif isinstance(event, MessageReceived):
                output = take_over(self, event)
            elif isinstance(event, CommandError):
                output = self._mistake(event)
            else:
                if event.raw:
                    raw = masked(self, event.raw[:MAX_JOURNAL_MESSAGE_OCTETS])
                    self.log(self.shared.clock(), event.stage or "eof", raw, b"", "", "cut off")
                break
            if not isinstance(output, bytes):
                return [Send(b"".join(ready)), *output] if ready else output
            ready.append(output)
        return b"".join(ready) or None

    def _mistake(self, event: CommandError) -> bytes | Plan:
        """Answer what is no command, or none in this place; for a verb that nobody knows a rule may speak."""
        reply = self.mock.book.error(event.reply_hint, event.enhanced_hint)
        raw = event.raw
        if event.stage == "auth":
            raw = masked(self, raw)
            self._forget_exchange()
        if refused_for_each(self, event):
            return refuse_each(self, event, reply)
        if event.stage in STAGES:
            return self.reply(event.stage, raw, reply, note=event.problem)
        if "other" not in self.mock.ruled or reply.code in CLOSING:
            return self.reply("other", raw, reply, note=event.problem)
        return self.answer("other", raw, None, written(reply), event.problem)[1]

    def _forget_exchange(self) -> None:
        """An AUTH exchange ended with an error of its own."""
        if self.manner is not None:
            self.manner.sasl = self.manner.refused = self.manner.asking = None

    def _command(self, event: Command) -> bytes | Plan:
        mock, stage = self.mock, event.stage
        if stage == "auth":
            return authenticate(self, event)
        if stage == "ehlo" or (stage == "lhlo" and mock.lmtp):
            return self._hello(event)
        if stage == "starttls":
            return self._start_tls(event)
        ordinary = mock.ordinary.get(stage, mock.other)
        if stage == "mail":
            self.later = self.tagged = False  # the addresses of the last transaction have no word in this one
        key = address_key(event.path, mock.dialects)
        self.tagged = self.tagged or key != ""
        named = None
        if stage in SPOKEN_BY_ARGUMENT and event.argument:
            try:
                named = chosen_by_word(stage, event.argument)
            except ScriptError as error:
                return self.bad_script(stage, event.raw, error)[1]
        raw, note = event.raw, ""
        if len(raw) > MAX_JOURNAL_MESSAGE_OCTETS:
            raw, note = raw[:MAX_JOURNAL_MESSAGE_OCTETS], f"cut at {MAX_JOURNAL_MESSAGE_OCTETS} octets here"
        if self.knows_lines and named is None:
            try:
                chosen = self.choose(stage, event.path) if stage in mock.speaking else None
            except ScriptError as error:
                return self.bad_script(stage, event.raw, error)[1]
            others_speak = (self.later and stage in _LATER_STAGES) or (self.tagged and self.key(event.path) != key)
            if self.knows_lines and not others_speak:
                mock.settle(self.settled, event, ordinary, chosen)
            picked = None if chosen is None else self.decide(stage, chosen, event.path)
            return self.give(stage, raw, event.path, ordinary, picked, note)[1]
        return self.answer(stage, raw, event.path, ordinary, note, named)[1]

    def _hello(self, event: Command) -> bytes | Plan:
        """Answer EHLO, HELO or LHLO as its name asks for."""
        mock, engine = self.mock, self.engine
        self.helo = event.argument
        try:
            _, offer, key = parse_hello(event.argument)
            spoken = chosen_by_name(event.argument)
        except ScriptError as error:
            return self.bad_script("ehlo", event.raw, error)[1]
        if self.manner is not None:
            self.manner.spoken, self.manner.plain, self.manner.key = NOBODY, False, ""
        if spoken or offer is not None or key:
            self.differ().key = key
            self.speak(spoken)
        hello, limits, understood = mock.hello(offer, engine.secure)
        if engine.extensions is not understood or engine.limits is not limits:
            engine.offer(limits, understood)
        if offer is not None and "ENHANCEDSTATUSCODES" in offer.withheld:
            self.differ().plain = True
        ordinary = mock.short_hello if event.verb == "HELO" else hello
        if self.manner is None and self.knows_lines and "ehlo" not in mock.ruled:
            mock.settle(self.settled, event, ordinary, None)
        output = self.answer("ehlo", event.raw, None, ordinary)[1]
        idle = spoken.get("idle")
        if idle is None or self.engine.closed:
            return output
        picked = self.decide("idle", idle, None)
        seconds = plan_delay(picked.answer.effects, picked.dice(self.shared.seed))
        plan: Plan = [Send(output)] if isinstance(output, bytes) else output
        return [*plan, Later(seconds, lambda: self._unasked(picked))]

    def _unasked(self, picked: Picked) -> Output:
        """Say what nobody asked for, such as a 421 in the midst of silence (RFC 5321 §3.8)."""
        answer = picked.answer
        if self.engine.closed or answer.kind == "pass":
            return None
        effects = tuple([effect for effect in answer.effects if effect.name not in _DELAYS])
        now_due = picked._replace(answer=replace(answer, effects=effects))
        return self.give("idle", b"", None, self.mock.other, now_due)[1]

    def _start_tls(self, event: Command) -> bytes | Plan:
        """Begin TLS after a positive reply (RFC 3207 §4); all that was said before is forgotten."""
        mock, shared = self.mock, self.shared
        offered = shared.tls is not None and "STARTTLS" in self.engine.extensions
        _, output = self.answer("starttls", event.raw, None, mock.ordinary["starttls"] if offered else mock.other)
        if shared.tls is None or not self.engine.secure or self.engine.closed:
            return output
        self.helo = ""
        self.manner = None
        self.later = self.tagged = False
        self.settled = mock.settled_inside
        _, limits, understood = mock.hello(None, inside=True)
        self.engine.offer(limits, understood)
        plan: Plan = [Send(output)] if isinstance(output, bytes) else output
        return [*plan, StartTls(shared.tls.server_context())]
