"""AUTH in an SMTP session (RFC 4954): any credentials are good, unless a script says otherwise."""

from __future__ import annotations

from statuary.errors import RemoteProtocolError, ScriptError
from statuary.scenario.script import Answer
from statuary.serve.fields import tag_of
from statuary.serve.output import Plan
from statuary.serve.smtp.replies import Reply
from statuary.serve.smtp.speaker import Manner, Speaker
from statuary.serve.smtp.voices import Picked, chosen_by_word
from statuary.wire.smtp import Challenge, Command, SaslExchange, State, check_cancelled, format_reply

__all__ = ["authenticate", "masked"]

_MASK = b"***\r\n"
_POSITIVE = "2"


def masked(session: Speaker, raw: bytes) -> bytes:
    """What the journal has of octets that may be a part of AUTH, and were in no good order.

    Args:
        session: whose client sent them.
        raw: the octets.
    """
    verb, _, rest = raw.partition(b" ")
    if verb.upper() == b"AUTH":
        mechanism, space, _ = rest.partition(b" ")
        return verb + b" " + mechanism + b" " + _MASK if space else raw
    manner = session.manner
    open_exchange = manner is not None and (manner.sasl is not None or manner.refused is not None)
    return _MASK if open_exchange or session.engine.state is State.AUTH else raw


def authenticate(session: Speaker, event: Command) -> bytes | Plan:
    """Answer AUTH or a line of its exchange.

    A script that the name in EHLO or a rule without a user speaks is asked at the command; one in the user name, or a
    rule that looks at the user, once the credentials are there. Credentials never reach the journal.

    Args:
        session: whose client authenticates.
        event: the command, or a line where the verb is empty.
    """
    if event.verb:
        return _begin(session, event)
    manner = session.manner
    if manner is None or (manner.sasl is None and manner.refused is None):
        return _asked_again(session, event.argument)
    refused, manner.refused = manner.refused, None
    if refused is not None:
        return _finish(session, _MASK, refused, f"user {manner.user}")
    assert manner.sasl is not None
    return _go_on(session, manner, _MASK, manner.sasl, event.argument)


def _asked_again(session: Speaker, line: str) -> bytes | Plan:
    """A script asked for the line, with 334: it has the word again, unless the client gives up."""
    manner = session.manner
    asking = None if manner is None else manner.asking
    try:
        check_cancelled(line)
    except RemoteProtocolError as error:
        if manner is not None:
            manner.asking = None
        return _wrong(session, _MASK, error)
    return session.answer("auth", _MASK, None, session.mock.ordinary["auth"], named=asking)[1]


def _begin(session: Speaker, event: Command) -> bytes | Plan:
    mechanism, space, _ = event.argument.partition(" ")
    raw = f"AUTH {mechanism} ".encode() + _MASK if space else event.raw
    if "AUTH" not in session.engine.extensions:
        return session.answer("auth", raw, None, session.mock.other)[1]
    manner = session.manner
    if manner is not None:
        manner.sasl = manner.asking = None
    if (manner is not None and "auth" in manner.spoken) or not session.mock.asks_for_user:
        try:
            picked = session.pick("auth", None)
        except ScriptError as error:
            return session.bad_script("auth", raw, error)[1]
        if picked is not None and (picked.answer.kind != "pass" or picked.answer.effects):
            return session.give("auth", raw, None, session.mock.ordinary["auth"], picked)[1]
    now = session.shared.clock()
    try:
        exchange = SaslExchange(event.argument, f"<{session.number}.{int(now * 1000)}@{session.shared.hostname}>")
    except RemoteProtocolError as error:
        return _wrong(session, raw, error)
    if manner is None:
        manner = session.manner = Manner()
    manner.sasl = exchange
    return _go_on(session, manner, raw, exchange, None)


def _go_on(session: Speaker, manner: Manner, raw: bytes, exchange: SaslExchange, line: str | None) -> bytes | Plan:
    try:
        result = exchange.start() if line is None else exchange.respond(line)
    except RemoteProtocolError as error:
        manner.sasl = None
        return _wrong(session, raw, error)
    if isinstance(result, Challenge):
        code = session.mock.book.ordinary("auth_challenge").code
        return session.reply("auth", raw, Reply(code, (result.text,), ""), exchange.mechanism)
    manner.sasl = None
    manner.user = result.user
    if key := tag_of(result.user):
        session.differ().key = key
    note = f"user {result.user}"
    try:
        named = chosen_by_word("auth", result.user)
        manner.asking = named
        picked = session.pick("auth", None, named) if named is not None or session.mock.asks_for_user else None
    except ScriptError as error:
        return session.bad_script("auth", raw, error)[1]
    if exchange.mechanism == "XOAUTH2" and picked is not None and _refuses(picked.answer):
        # The client hears why in a challenge, and answers it with an empty line before it is refused.
        manner.refused = picked
        problem = session.mock.ordinary["auth_problem"]
        return session.give("auth", raw, None, problem, None, note)[1]
    return _finish(session, raw, picked, note)


def _finish(session: Speaker, raw: bytes, picked: Picked | None, note: str) -> bytes | Plan:
    return session.give("auth", raw, None, session.mock.ordinary["auth"], picked, note)[1]


def _refuses(answer: Answer) -> bool:
    return answer.kind == "code" and not answer.value.startswith(_POSITIVE)


def _wrong(session: Speaker, raw: bytes, error: RemoteProtocolError) -> bytes:
    reply = session.mock.book.error(error.reply_hint, error.enhanced_hint)
    data = format_reply(reply.code, reply.lines, reply.enhanced)
    session.engine.send_raw(data, reply.code)
    session.log(session.shared.clock(), "auth", raw, data, str(reply.code), error.problem)
    return data
