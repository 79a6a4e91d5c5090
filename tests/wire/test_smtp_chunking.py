"""BDAT, BINARYMIME, and what else the engine knows of extensions (RFC 3030, RFC 2033, RFC 4954, RFC 3207)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.wire.smtp import EXTENSIONS, Command, CommandError, MessageReceived, SmtpEngine, SmtpLimits, State

LIMITS = SmtpLimits(max_message_octets=20, max_discarded_octets=4)


def say(engine: SmtpEngine, line: bytes, code: int) -> object:
    engine.receive_data(line)
    event = engine.next_event()
    assert event is not None, line
    engine.send_reply(code, ["x"])
    return event


def ready(*, mail: bytes = b"MAIL FROM:<a@b.test>\r\n", extensions: frozenset[str] = EXTENSIONS) -> SmtpEngine:
    engine = SmtpEngine(LIMITS, extensions)
    engine.send_reply(220, ["x"])
    for line in (b"EHLO x\r\n", mail, b"RCPT TO:<c@d.test>\r\n"):
        say(engine, line, 250)
    return engine


@given(st.lists(st.binary(max_size=6), max_size=3), st.integers(1, 40))
def test_message_is_its_chunks_in_any_portions(chunks: list[bytes], portion: int) -> None:
    """RFC 3030 §2: any octets, dots and line ends included; the last chunk ends the message."""
    engine = ready()
    wire = b"".join(b"BDAT %d\r\n%b" % (len(chunk), chunk) for chunk in chunks) + b"BDAT 2 LAST\r\nxy"
    events = []
    for at in range(0, len(wire), portion):
        engine.receive_data(wire[at : at + portion])
        while (event := engine.next_event()) is not None:
            events.append(event)
            engine.send_reply(250, ["x"])
    content = b"".join(chunks) + b"xy"
    assert events[-1] == MessageReceived("message", content, b"BDAT 2 LAST\r\nxy", len(content), True)
    assert [event.raw for event in events[:-1]] == [b"BDAT %d\r\n%b" % (len(chunk), chunk) for chunk in chunks]
    assert engine.state is State.READY


def test_chunk_over_the_limit_breaks_the_message() -> None:
    """RFC 1870 §6.3 at the chunk that passes the limit; what is discarded is kept in part, for the record."""
    engine = ready()
    say(engine, b"BDAT 15\r\n" + b"x" * 15, 250)
    event = say(engine, b"BDAT 6\r\nabcdef", 552)
    assert isinstance(event, CommandError)
    assert (event.reply_hint, event.raw) == (552, b"BDAT 6\r\nabcd")
    event = say(engine, b"BDAT 1 LAST\r\nz", 503)
    assert isinstance(event, CommandError)
    assert event.reply_hint == 503
    assert isinstance(say(engine, b"RSET\r\n", 250), Command)
    assert engine.state is State.READY


def test_refused_chunk_breaks_the_message() -> None:
    """RFC 3030 §2: no chunk may follow before RSET; DATA neither."""
    engine = ready()
    say(engine, b"BDAT 1\r\nx", 452)
    for line in (b"BDAT 1 LAST\r\nx", b"DATA\r\n"):
        event = say(engine, line, 503)
        assert isinstance(event, CommandError)
        assert event.reply_hint == 503


def test_data_after_a_chunk_is_out_of_sequence() -> None:
    """RFC 3030 §3: the two do not mix."""
    engine = ready()
    say(engine, b"BDAT 1\r\nx", 250)
    assert isinstance(say(engine, b"DATA\r\n", 503), CommandError)
    assert isinstance(say(engine, b"BDAT 0 LAST\r\n", 250), MessageReceived)


def test_binary_message_comes_by_bdat_only() -> None:
    """RFC 3030 §3."""
    engine = ready(mail=b"MAIL FROM:<a@b.test> BODY=BINARYMIME\r\n")
    event = say(engine, b"DATA\r\n", 503)
    assert isinstance(event, CommandError)
    assert event.reply_hint == 503
    assert engine.exchange(Command("data", "DATA", "", b"DATA\r\n"), 354) is False
    assert isinstance(say(engine, b"BDAT 1 LAST\r\n\0", 250), MessageReceived)


def test_chunks_that_are_not_offered_leave_the_transaction() -> None:
    """502, and their octets are passed over; DATA goes on."""
    engine = ready(extensions=EXTENSIONS - {"CHUNKING"})
    event = say(engine, b"BDAT 6 LAST\r\nRSET\r\n", 502)
    assert isinstance(event, CommandError)
    assert event.reply_hint == 502
    say(engine, b"DATA\r\n", 354)
    assert engine.state is State.CONTENT


def test_chunks_of_an_earlier_message_are_forgotten() -> None:
    engine = ready()
    say(engine, b"BDAT 3\r\nold", 250)
    for line in (b"RSET\r\n", b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<c@d.test>\r\n"):
        say(engine, line, 250)
    event = say(engine, b"BDAT 3 LAST\r\nnew", 250)
    assert isinstance(event, MessageReceived)
    assert event.content == b"new"


def test_second_auth_is_out_of_sequence_until_tls() -> None:
    """RFC 4954 §4, RFC 3207 §4.2."""
    engine = SmtpEngine()
    engine.send_reply(220, ["x"])
    say(engine, b"EHLO x\r\n", 250)
    say(engine, b"AUTH PLAIN\r\n", 235)
    assert isinstance(say(engine, b"AUTH PLAIN\r\n", 503), CommandError)
    say(engine, b"STARTTLS\r\n", 220)
    say(engine, b"EHLO x\r\n", 250)
    assert isinstance(say(engine, b"AUTH PLAIN\r\n", 235), Command)
    assert isinstance(say(engine, b"STARTTLS\r\n", 503), CommandError)


@pytest.mark.parametrize("verb", [b"EHLO", b"HELO"])
def test_lmtp_has_lhlo_only(verb: bytes) -> None:
    """RFC 2033 §4.1: EHLO and HELO are no commands of LMTP."""
    engine = SmtpEngine(lmtp=True)
    engine.send_reply(220, ["x"])
    event = say(engine, verb + b" x\r\n", 500)
    assert isinstance(event, CommandError)
    assert event.reply_hint == 500
    assert engine.hello is None
    say(engine, b"LHLO x\r\n", 250)
    assert engine.state is State.READY


def test_lmtp_answers_503_where_no_recipient_is_left() -> None:
    """RFC 2033 §4.2, where SMTP has 554."""
    engine = SmtpEngine(lmtp=True)
    engine.send_reply(220, ["x"])
    say(engine, b"LHLO x\r\n", 250)
    say(engine, b"MAIL FROM:<>\r\n", 250)
    say(engine, b"RCPT TO:<c@d.test>\r\n", 550)
    event = say(engine, b"DATA\r\n", 503)
    assert isinstance(event, CommandError)
    assert (event.reply_hint, event.enhanced_hint) == (503, "5.5.1")


def test_other_offer_holds_at_once() -> None:
    """A keyword that is withheld takes its parameters with it (RFC 5321 §4.1.1.11)."""
    engine = SmtpEngine()
    engine.send_reply(220, ["x"])
    say(engine, b"EHLO x\r\n", 250)
    engine.offer(SmtpLimits(max_message_octets=5), EXTENSIONS - {"DSN"})
    event = say(engine, b"MAIL FROM:<> RET=FULL\r\n", 555)
    assert isinstance(event, CommandError)
    assert event.reply_hint == 555
    event = say(engine, b"MAIL FROM:<> SIZE=6\r\n", 552)
    assert isinstance(event, CommandError)
    assert event.reply_hint == 552
