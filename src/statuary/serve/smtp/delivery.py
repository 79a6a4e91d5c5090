"""The end of a message: one reply, or one for each recipient; who accepts it keeps it, and something may come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from statuary.errors import ScriptError
from statuary.scenario.address import REPORT_STAGES
from statuary.serve.mailbox import Message
from statuary.serve.output import ENDINGS, Plan, Send, plan_delay
from statuary.serve.smtp.replies import Reply, Written, written
from statuary.serve.smtp.reports import Occasion, make_away, make_bounce, make_complaint
from statuary.serve.smtp.speaker import MAX_JOURNAL_MESSAGE_OCTETS, Speaker
from statuary.serve.smtp.voices import Chosen, Picked, chosen_by
from statuary.wire.smtp import (
    CLOSING,
    Command,
    CommandError,
    MessageReceived,
    State,
    decode_xtext,
    without_enhanced,
)

__all__ = ["refuse_each", "refused_for_each", "take_over"]

_POSITIVE: Final = "2"
_TAKES_CHUNKS: Final = frozenset({State.RECIPIENTS, State.CHUNKS})
_ACTIONS: Final = {"2": "delivered", "4": "delayed", "5": "failed"}
_NOTIFY: Final = {"delivered": "SUCCESS", "delayed": "DELAY", "failed": "FAILURE"}


def take_over(session: Speaker, event: MessageReceived) -> bytes | Plan:
    """Decide on a message, and keep it where the reply takes it over (RFC 5321 §4.2.1).

    Args:
        session: who received it.
        event: the message.
    """
    engine = session.engine
    mail, recipients = engine.mail, engine.recipients
    raw, note = event.raw, ""
    if len(raw) > MAX_JOURNAL_MESSAGE_OCTETS:
        raw = raw[:MAX_JOURNAL_MESSAGE_OCTETS]
        note = f"its content is cut at {MAX_JOURNAL_MESSAGE_OCTETS} octets here"
    key = session.key(None)
    ordinary = session.mock.ordinary["message"]
    each = mail is not None and (engine.lmtp or ("PRDR" in mail.parameters and len(recipients) > 1))
    accepted: Sequence[Command] = recipients
    if not (each or event.chunked or session.later or session.manner or "message" in session.mock.ruled):
        output = session.give("message", raw, None, ordinary, None, note, key)[1]  # nobody can speak here
    else:
        session.content = event.content
        try:
            accepted, output = _decide(session, event, raw, note, key, each=each)
        finally:
            session.content = b""
    if accepted and mail is not None:
        now = session.shared.clock()
        paths = tuple([command.path.address for command in accepted if command.path])
        sender = mail.path.address if mail.path else ""
        session.shared.mailbox.add(Message(now, session.number, sender, paths, event.content, key))
        if session.later and sender:
            for command in accepted:
                _bring_back(session, mail, command, event.content, now)
    return output


def _decide(
    session: Speaker, event: MessageReceived, raw: bytes, note: str, key: str, *, each: bool
) -> tuple[Sequence[Command], bytes | Plan]:
    """Who accepts the message, and what is sent."""
    mail, recipients = session.engine.mail, session.engine.recipients
    if event.chunked:
        try:
            picked = session.pick("bdat", None)
        except ScriptError as error:
            return (), session.bad_script("bdat", raw, error)[1]
        if picked is not None and (picked.answer.kind != "pass" or picked.answer.effects):
            if session.engine.lmtp and mail is not None:
                return _one_by_one(session, mail, recipients, raw, note, picked)
            code, output = session.give("bdat", raw, None, session.mock.ordinary["message"], picked, note)
            return recipients if str(code).startswith(_POSITIVE) else (), output
    if each and mail is not None:
        return _one_by_one(session, mail, recipients, raw, note)
    code, output = session.answer("message", raw, None, session.mock.ordinary["message"], note, key=key)
    return recipients if str(code).startswith(_POSITIVE) else (), output


def refused_for_each(session: Speaker, event: CommandError) -> bool:
    """Whether an error ends a message for which each recipient has a reply coming (RFC 2033 §4.2).

    Args:
        session: who received it.
        event: the error.
    """
    engine = session.engine
    if not engine.lmtp:
        return False
    last_chunk = event.stage == "bdat" and event.raw.partition(b"\r\n")[0].upper().endswith(b"LAST")
    return event.stage == "message" or (last_chunk and engine.state in _TAKES_CHUNKS)


def refuse_each(session: Speaker, event: CommandError, reply: Reply) -> bytes:
    """Refuse a message with one and the same reply for each of its recipients.

    Args:
        session: who received it.
        event: what is wrong with it.
        reply: how it is refused.
    """
    sent: list[bytes] = []
    raw = event.raw
    paths = [command.path for command in session.engine.recipients]
    for path in paths:
        who = f"for {path.address if path else ''}; {event.problem}"
        code, data, text = written(reply)
        if session.manner is not None and session.manner.plain:
            data = without_enhanced(data)
        session.log(session.shared.clock(), event.stage, raw, data, text, who, key=session.key(path))
        sent.append(data)
        raw = b""
        if code in CLOSING:
            break
    return session.engine.send_raw(b"".join(sent), reply.code)


def _one_by_one(
    session: Speaker,
    mail: Command,
    recipients: Sequence[Command],
    raw: bytes,
    note: str,
    for_all: Picked | None = None,
) -> tuple[list[Command], bytes | Plan]:
    """A reply for each recipient, in their order (RFC 2033 §4.2); with PRDR between its announcement and a last one.

    Args:
        session: who received the message.
        mail: its MAIL command.
        recipients: its RCPT commands.
        raw: its octets, for the journal.
        note: for the journal.
        for_all: what was decided for all recipients together.

    Returns:
        The recipients that accepted, and what is sent.
    """
    engine, mock, shared = session.engine, session.mock, session.shared
    ordinary = mock.ordinary["message"]
    accepted: list[Command] = []
    plan: Plan = []
    codes: list[int] = []
    ended = False
    if not engine.lmtp:
        plan.append(Send(mock.ordinary["prdr"][1]))
    last = ordinary
    for number, command in enumerate(recipients):
        picked = for_all or _picked_for(session, mail, command)
        who = f"for {command.path.address if command.path else ''}"
        row = (raw if number == 0 else b"", f"{who}; {note}" if note and number == 0 else who)
        ended = _reply_for(session, plan, codes, command, picked, ordinary, row)
        if str(codes[-1]).startswith(_POSITIVE):
            accepted.append(command)
        elif codes[-1] and picked is not None:
            last = session.reply_of(picked, "message", ordinary)
        if ended:
            break
    if not engine.lmtp and not ended:
        code, data, text = ordinary if accepted else last
        plan.append(Send(data))
        codes.append(code)
        session.log(shared.clock(), "message", b"", data, text, "for all recipients together")
    if not engine.closed:
        engine.send_raw(b"", codes[-1] if codes else None)
    if ended:
        engine.close()
    return accepted, _joined(plan)


def _picked_for(session: Speaker, mail: Command, command: Command) -> Picked | None:
    """What speaks for one recipient: a rule, its own address, the sender's, the name in EHLO."""
    chosen: Chosen | None = session.choose("message", command.path)
    if mail.path is not None and (chosen is None or chosen.stage != "message"):
        named = chosen_by(mail.path, session.mock.dialects)
        chosen = named if named is not None and named.stage == "message" else chosen
    return None if chosen is None else session.decide("message", chosen, command.path)


def _reply_for(
    session: Speaker,
    plan: Plan,
    codes: list[int],
    command: Command,
    picked: Picked | None,
    ordinary: Written,
    row: tuple[bytes, str],
) -> bool:
    """Add one recipient's reply to the plan and the journal; whether the dialogue ends with it."""
    raw, note = row
    key = session.key(command.path)
    now = session.shared.clock()
    if picked is None:
        code, data, text = ordinary
        plan.append(Send(data))
        codes.append(code)
        session.log(now, "message", raw, data, text, note, key=key)
        return False
    chosen, answer, step, asked = picked
    if answer.kind in ENDINGS:
        plan.append(ENDINGS[answer.kind])
        session.log(now, "message", raw, b"", "", f"{answer}; {note}", chosen.rule, step, asked, key)
        codes.append(0)
        return True
    code, data, text = session.reply_of(picked, "message", ordinary)
    codes.append(code)
    closed = False
    if answer.effects:
        part, data = session.plan(picked, data)
        closed = session.engine.closed
        if code in CLOSING or not session.hold_back(answer, data):
            plan.extend(part)
        note = f"{''.join(map(str, answer.effects)).lstrip('-')}; {note}"
    else:
        plan.append(Send(data))
    session.log(now, "message", raw, data, text, note, chosen.rule, step, asked, key)
    return closed or code in CLOSING


def _joined(plan: Plan) -> bytes | Plan:
    """The octets alone where the plan is nothing else."""
    octets = [action.data for action in plan if isinstance(action, Send)]
    return b"".join(octets) if len(octets) == len(plan) else plan


def _bring_back(session: Speaker, mail: Command, command: Command, content: bytes, now: float) -> None:
    """Have what the recipient's address asks for come back to the sender; never for the null reverse path (§6.1)."""
    if mail.path is None or command.path is None:
        return
    chosen = chosen_by(command.path, session.mock.dialects)
    if chosen is None or chosen.stage not in REPORT_STAGES:
        return
    picked = session.decide(chosen.stage, chosen, command.path)
    occasion = Occasion(
        mail.path.address,
        command.path.address,
        content,
        session.shared.hostname,
        session.number,
        now,
        session.address.rpartition(":")[0],
        decode_xtext(mail.parameters.get("ENVID", "")),
        command.parameters.get("ORCPT", ""),
        mail.parameters.get("RET", "").upper() == "FULL",
    )
    report = _make(session, command, picked, occasion)
    if report is None:
        return
    key = session.key(command.path)
    effects = picked.answer.effects
    note = f"comes back to {mail.path.address}"
    code = picked.answer.value
    session.log(now, chosen.stage, b"", report, code, note, chosen.rule, picked.step, picked.asked, key)
    message = Message(now, session.number, "", (mail.path.address,), report, key)
    courier = session.shared.courier
    if courier is None:
        session.shared.mailbox.add(message)
    else:
        courier.post(message, plan_delay(effects, picked.dice(session.shared.seed)))


def _make(session: Speaker, command: Command, picked: Picked, occasion: Occasion) -> bytes | None:
    """The report; None where there is to be none."""
    stage, answer = picked.chosen.stage, picked.answer
    if stage == "complaint":
        return make_complaint(occasion)
    if stage == "away":
        return make_away(occasion)
    action = _ACTIONS.get(answer.value[:1])
    if action is None:
        return None
    wanted = command.parameters.get("NOTIFY", "").upper().split(",")  # RFC 3461 §4.1
    if wanted != [""] and _NOTIFY[action] not in wanted:
        return None
    reply = session.mock.book.scripted(answer, "bounce", picked.chosen.domain)
    status = reply.enhanced or f"{answer.value[0]}.0.0"
    diagnostic = " ".join([str(reply.code), *([reply.enhanced] if reply.enhanced else []), *reply.lines])
    return make_bounce(occasion, action, status, diagnostic)
