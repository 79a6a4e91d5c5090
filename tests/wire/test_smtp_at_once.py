"""Lines and messages that the engine takes in at once: the same session as the long way gives (RFC 5321 §4.1.4)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from statuary.wire.smtp import EXTENSIONS, Command, CommandError, Eof, SmtpEngine, SmtpLimits, State
from statuary.wire.smtp.syntax import parser_for

LIMITS = SmtpLimits(max_message_octets=40, max_recipients=2, max_errors=6)
LINES = st.sampled_from(
    [
        b"EHLO client.test\r\n",
        b"MAIL FROM:<a@b.test>\r\n",
        b"MAIL FROM:<> SMTPUTF8\r\n",
        b"RCPT TO:<c@d.test>\r\n",
        "RCPT TO:<é@d.test>\r\n".encode(),
        b"DATA\r\n",
        b"x\r\n.\r\n",
        b"x\r\n..x\r\n.\r\n",
        b"x\r\n.\r\ny\r\n.\r\n",
        b"x" * 50 + b"\r\n.\r\n",
        b".\r\n.\r\n",
        b"\r\n.\r\n",
        b"NOO",
        b"NOOP\r\n",
        b"RSET\r\n",
        b"AUTH LOGIN\r\n",
        b"STARTTLS\r\n",
        b"BDAT 6\r\n",
        b"XYZ\r\n",
        b"QUIT\r\n",
    ]
)
CODES = st.sampled_from([220, 250, 334, 354, 421, 451, 550])


def greeted() -> SmtpEngine:
    engine = SmtpEngine(LIMITS)
    engine.send_reply(220, ["mx.test"])
    return engine


def look(engine: SmtpEngine) -> tuple[object, ...]:
    """All that can be seen of an engine."""
    hello, mail, recipients = engine.hello, engine.mail, engine.recipients
    return engine.state, engine.stage, engine.closed, hello, mail, tuple(recipients), engine.buffered_octets


def go_on(engine: SmtpEngine, data: bytes, code: int) -> None:
    """The long way; errors are answered as the engine asks."""
    engine.receive_data(data)
    while (event := engine.next_event()) is not None:
        assert not isinstance(event, Eof)
        engine.send_raw(b"", event.reply_hint if isinstance(event, CommandError) else code)


def at_once(engine: SmtpEngine, data: bytes, code: int) -> bool:
    """The short way, where the engine takes it; what it refuses must leave it as it was."""
    before = look(engine)
    command = parser_for(LIMITS, EXTENSIONS).latest.get(data)
    if isinstance(command, Command) and engine.exchange(command, code):
        return True
    message = engine.receive_message(data)
    if message is not None:
        assert message.raw == data
        engine.send_raw(b"", code)
        return True
    assert look(engine) == before
    return False


@given(st.lists(st.tuples(LINES, CODES), max_size=30))
def test_short_way_gives_the_same_session(steps: list[tuple[bytes, int]]) -> None:
    short, long = greeted(), greeted()
    for data, code in [(b"EHLO client.test\r\n", 250), (b"MAIL FROM:<a@b.test>\r\n", 250), *steps]:
        go_on(long, data, code)
        if not at_once(short, data, code):
            go_on(short, data, code)
        assert look(short) == look(long)


def test_each_way_is_taken() -> None:
    """A known command in its place, and a message in one piece, take the short way."""
    commands = []
    first = greeted()
    first.receive_data(b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n")
    while (event := first.next_event()) is not None:
        assert isinstance(event, Command)
        commands.append(event)
        first.send_raw(b"", 354 if event.stage == "data" else 250)

    second = greeted()
    assert not second.exchange(commands[1], 250), "MAIL is out of sequence before EHLO"
    assert all(second.exchange(command, 354 if command.stage == "data" else 250) for command in commands)
    assert second.state is State.CONTENT
    message = second.receive_message(b"x.y\r\n.\r\n")
    assert message is not None
    assert (message.content, message.octets) == (b"x.y\r\n", 5)
    assert second.receive_message(b"x\r\n.\r\n") is None, "an answer is due"


def test_half_a_line_comes_first() -> None:
    """What waits in the buffer is older than what arrives now (RFC 2920 §3.2)."""
    engine = greeted()
    go_on(engine, b"NOOP\r\n", 250)
    command = parser_for(LIMITS, EXTENSIONS).latest[b"NOOP\r\n"]
    assert isinstance(command, Command)
    go_on(engine, b"NO", 250)
    assert not engine.exchange(command, 250)
    engine.receive_data(b"OP\r\n")
    assert engine.next_event() == command
    engine.send_raw(b"", 250)
    assert engine.next_event() is None
    assert engine.exchange(command, 250)
