"""The SMTP engine under any input, in any portions, with any answers (RFC 5321 §4.5.3)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from statuary.wire.smtp import Command, CommandError, Eof, Event, MessageReceived, SmtpEngine, SmtpLimits, State

LIMITS = SmtpLimits(
    max_command_octets=60, max_auth_line_octets=70, max_message_octets=40, max_recipients=2, max_errors=6
)
WIDE = SmtpLimits(max_message_octets=100_000)

PIECES = st.sampled_from(
    [
        b"EHLO client.example\r\n",
        b"HELO x\n",
        b"MAIL FROM:<a@b.test>\r\n",
        b"MAIL FROM:<> SIZE=10 SMTPUTF8\r\n",
        b"MAIL FROM:<a@b.test> SIZE=100\r\n",
        b"RCPT TO:<c@d.test>\r\n",
        b'RCPT TO:<"a >b"@d.test> NOTIFY=NEVER\r\n',
        "RCPT TO:<é@d.test>\r\n".encode(),
        b"DATA\r\n",
        b"Subject: x\r\n\r\n..x\r\n",
        b"x" * 30,
        b".\r\n",
        b"\r\n.\r\n",
        b"\n.\n",
        b"RSET\r\n",
        b"NOOP\r\n",
        b"VRFY x SMTPUTF8\r\n",
        b"AUTH LOGIN\r\n",
        b"STARTTLS\r\n",
        b"BDAT 5 LAST\r\n",
        b"XYZ\r\n",
        b"QUIT\r\n",
        b"\r",
        b"\n",
        b"\0",
    ]
)
OPENING = b"EHLO client.example\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"
WIRE = st.builds(
    bytes.__add__, st.sampled_from([b"", OPENING]), st.lists(PIECES | st.binary(max_size=5), max_size=40).map(b"".join)
)
CODES = st.lists(st.sampled_from([220, 250, 251, 334, 354, 421, 450, 451, 452, 500, 503, 550, 554, 999]), max_size=12)

USUAL = {"data": 354, "auth": 334, "quit": 221}


def portions(wire: bytes, cuts: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(wire) + 1) for cut in cuts), len(wire)]
    return [wire[a:b] for a, b in pairwise(edges)]


def run(
    data: list[bytes], codes: list[int], limits: SmtpLimits = LIMITS
) -> tuple[list[Event], list[tuple[State, int]], SmtpEngine]:
    """Feed portions; answer with the given codes first, then as a server usually would."""
    engine = SmtpEngine(limits)
    engine.send_reply(220, ["mx.test"])
    queue = list(codes)
    events: list[Event] = []
    states = []
    for portion in [*data, None]:
        if portion is None:
            engine.receive_eof()
        else:
            engine.receive_data(portion)
        while (event := engine.next_event()) is not None:
            events.append(event)
            if isinstance(event, Eof):
                break
            assert engine.stage == event.stage
            assert engine.next_event() is None
            usual = event.reply_hint if isinstance(event, CommandError) else USUAL.get(event.stage, 250)
            reply = engine.send_reply(queue.pop(0) if queue else usual, ["x"])
            assert reply.endswith(b" x\r\n")
            states.append((engine.state, len(engine.recipients)))
    return events, states, engine


@given(WIRE, CODES, st.lists(st.integers(0, 2000), max_size=12))
def test_portions_do_not_matter(wire: bytes, codes: list[int], cuts: list[int]) -> None:
    """TCP has no message boundaries: octet by octet, whole, and in any portions give the same session."""
    if b"STARTTLS" in wire:
        # What is dropped after STARTTLS is what had arrived by then: that depends on portions by design.
        wire = wire.replace(b"STARTTLS", b"NOOP")
    whole = run([wire], codes)[:2]

    assert run(portions(wire, cuts), codes)[:2] == whole
    assert run([wire[at : at + 1] for at in range(len(wire))], codes)[:2] == whole


@given(st.binary(max_size=400) | WIRE, CODES, st.lists(st.integers(0, 2000), max_size=6))
def test_any_octets_give_only_events(wire: bytes, codes: list[int], cuts: list[int]) -> None:
    events, _, engine = run(portions(wire, cuts), codes)

    assert engine.closed
    assert engine.buffered_octets == 0
    for event in events:
        match event:
            case Command():
                assert len(event.raw) <= LIMITS.max_auth_line_octets
                assert (event.path is not None) == (event.stage in {"mail", "rcpt"})
            case MessageReceived():
                assert event.octets == len(event.content) <= LIMITS.max_message_octets
            case CommandError():
                assert 400 <= event.reply_hint <= 599
                assert event.enhanced_hint[0] == str(event.reply_hint)[0]
            case Eof():
                assert event is events[-1]


@given(WIRE, CODES)
def test_raw_octets_of_the_events_are_the_input(wire: bytes, codes: list[int]) -> None:
    """Nothing is lost or read twice while the session lasts and no limit is met."""
    wire = wire.replace(b"STARTTLS", b"NOOP").replace(b"BDAT", b"NOOP")
    events, _, _ = run([wire], codes, WIDE)
    seen = b"".join(event.raw for event in events)

    assert wire.startswith(seen)
    if isinstance(events[-1], Eof):
        assert seen == wire


@given(WIRE)
def test_recipients_never_exceed_their_limit_and_messages_have_one(wire: bytes) -> None:
    """RFC 5321 §4.1.1.4: content follows only an accepted sender and recipient."""
    engine = SmtpEngine(LIMITS)
    engine.send_reply(220, ["mx.test"])
    engine.receive_data(wire)
    while (event := engine.next_event()) is not None:
        assert len(engine.recipients) <= LIMITS.max_recipients
        if event.stage == "message":
            assert engine.mail is not None
            assert engine.recipients
        assert not isinstance(event, Eof)
        hint = event.reply_hint if isinstance(event, CommandError) else USUAL.get(event.stage, 250)
        engine.send_reply(hint, ["x"])
