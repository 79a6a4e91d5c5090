"""`statuary.wire.smtp.engine`: dialogues, transactions, limits, misbehaviour (RFC 5321)."""

from __future__ import annotations

import pytest

from statuary.errors import LocalProtocolError
from statuary.wire.smtp import Command, CommandError, Eof, Event, MessageReceived, SmtpEngine, SmtpLimits, State


def greeted(limits: SmtpLimits | None = None) -> SmtpEngine:
    engine = SmtpEngine(limits or SmtpLimits())
    engine.send_reply(220, ["mx.test Statuary"])
    return engine


def ready(limits: SmtpLimits | None = None) -> SmtpEngine:
    engine = greeted(limits)
    say(engine, "EHLO client.example", 250)
    return engine


def in_content(limits: SmtpLimits | None = None) -> SmtpEngine:
    engine = ready(limits)
    say(engine, "MAIL FROM:<a@client.example>", 250)
    say(engine, "RCPT TO:<b@any.test>", 250)
    say(engine, "DATA", 354)
    return engine


def say(engine: SmtpEngine, line: str | bytes, code: int | None = None) -> Event:
    """Send one line, or octets as they are; answer what comes of it with a code."""
    engine.receive_data(line if isinstance(line, bytes) else line.encode() + b"\r\n")
    event = engine.next_event()
    assert event is not None
    if code is not None:
        engine.send_reply(code, ["x"])
    return event


def hints(event: Event) -> tuple[str, int, str]:
    assert isinstance(event, CommandError), event
    return event.stage, event.reply_hint, event.enhanced_hint


class TestDialogue:
    """RFC 5321 §3.1 to §3.8 and appendix D."""

    def test_one_message(self) -> None:
        engine = SmtpEngine()
        assert engine.stage == "connect"
        assert engine.send_reply(220, ["mx.test Statuary"]) == b"220 mx.test Statuary\r\n"

        assert say(engine, "EHLO client.example") == Command(
            "ehlo", "EHLO", "client.example", b"EHLO client.example\r\n"
        )
        assert engine.send_reply(250, ["mx.test", "PIPELINING"]) == b"250-mx.test\r\n250 PIPELINING\r\n"
        assert engine.hello is not None
        assert engine.hello.argument == "client.example"

        mail = say(engine, "MAIL FROM:<a@client.example>", 250)
        rcpt = say(engine, "RCPT TO:<b@any.test>", 250)
        say(engine, "DATA", 354)
        message = say(engine, b"Subject: x\r\n\r\n..x\r\n.\r\n")

        assert message == MessageReceived("message", b"Subject: x\r\n\r\n.x\r\n", b"Subject: x\r\n\r\n..x\r\n.\r\n", 18)
        assert engine.mail is mail
        path = engine.reverse_path
        assert path is not None
        assert path.address == "a@client.example"
        assert engine.recipients == [rcpt]

        assert engine.send_reply(250, ["Ok"], "2.0.0") == b"250 2.0.0 Ok\r\n"
        assert engine.state is State.READY
        assert not engine.reverse_path
        assert not engine.recipients

        say(engine, "QUIT", 221)
        assert engine.closed

    def test_nothing_is_read_before_the_greeting(self) -> None:
        """RFC 5321 §3.1: the client waits; that it did not is remembered."""
        engine = SmtpEngine()
        engine.receive_data(b"EHLO client.example\r\n")
        assert engine.next_event() is None
        assert engine.early_talk
        assert engine.buffered_octets == 21

        engine.send_reply(220, ["mx.test"])
        assert isinstance(engine.next_event(), Command)

    def test_patient_client_is_no_early_talker(self) -> None:
        engine = greeted()
        say(engine, "NOOP", 250)
        assert not engine.early_talk

    def test_client_that_is_turned_away_may_only_quit(self) -> None:
        """RFC 5321 §3.1: 503 to everything else."""
        engine = SmtpEngine()
        engine.send_reply(554, ["No SMTP service here"])
        assert hints(say(engine, "EHLO x", 503)) == ("ehlo", 503, "5.5.1")
        assert hints(say(engine, "XYZ", 503)) == ("xyz", 503, "5.5.1")
        say(engine, "QUIT", 221)
        assert engine.closed

    def test_pipelined_commands_come_one_by_one(self) -> None:
        """RFC 2920 §3.1."""
        engine = ready()
        engine.receive_data(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\nNOOP\r\n")
        stages = []
        while (event := engine.next_event()) is not None:
            stages.append(event.stage)
            assert engine.next_event() is None
            engine.send_reply({"data": 354, "quit": 221}.get(event.stage, 250), ["x"])

        assert stages == ["mail", "rcpt", "data", "message", "quit"]
        assert engine.buffered_octets == 0

    def test_pipelined_content_after_a_refused_data_is_read_as_commands(self) -> None:
        """RFC 5321 §4.1.1.4: content is content only after 354."""
        engine = ready()
        say(engine, "MAIL FROM:<a@b.test>", 250)
        say(engine, "RCPT TO:<c@d.test>", 250)
        say(engine, "DATA", 451)
        assert engine.state is State.RECIPIENTS
        assert hints(say(engine, "Subject: x")) == ("unknown", 500, "5.5.2")

    def test_input_after_quit_is_ignored(self) -> None:
        """RFC 5321 §4.1.1.10."""
        engine = greeted()
        say(engine, b"QUIT\r\nNOOP\r\n", 221)
        engine.receive_data(b"NOOP\r\n")
        assert engine.next_event() is None
        assert engine.buffered_octets == 0

    def test_bare_lf_ends_a_command(self) -> None:
        engine = greeted()
        assert say(engine, b"NOOP\n").raw == b"NOOP\n"

    def test_closing_by_our_own_will(self) -> None:
        engine = in_content()
        engine.close()
        engine.receive_data(b"x\r\n.\r\n")
        assert engine.closed
        assert engine.next_event() is None
        assert engine.stage == ""


class TestTransaction:
    """RFC 5321 §3.3, §4.1.1.2 to §4.1.1.5, §4.1.4."""

    def test_only_accepted_recipients_are_kept(self) -> None:
        engine = ready()
        say(engine, "MAIL FROM:<>", 250)
        say(engine, "RCPT TO:<refused@any.test>", 551)
        kept = say(engine, "RCPT TO:<kept@any.test>", 251)
        say(engine, "RCPT TO:<later@any.test>", 452)
        say(engine, "RCPT TO:<wrong>", 250)
        assert engine.recipients == [kept]
        say(engine, "DATA", 354)
        assert isinstance(say(engine, b".\r\n", 250), MessageReceived)

    def test_data_without_a_recipient(self) -> None:
        """RFC 5321 §3.3: 503 when none was tried, 554 when all were refused."""
        engine = ready()
        say(engine, "MAIL FROM:<a@b.test>", 250)
        assert hints(say(engine, "DATA", 503)) == ("data", 503, "5.5.1")
        say(engine, "RCPT TO:<c@d.test>", 550)
        assert hints(say(engine, "DATA", 554)) == ("data", 554, "5.5.1")
        say(engine, "RCPT TO:<c@d.test>", 250)
        assert isinstance(say(engine, "DATA", 354), Command)

    def test_recipient_with_a_bad_address_counts_as_refused(self) -> None:
        engine = ready()
        say(engine, "MAIL FROM:<a@b.test>", 250)
        say(engine, "RCPT TO:<>", 501)
        assert hints(say(engine, "DATA")) == ("data", 554, "5.5.1")

    def test_second_mail_is_out_of_sequence(self) -> None:
        """RFC 5321 §4.1.4."""
        engine = ready()
        mail = say(engine, "MAIL FROM:<a@b.test>", 250)
        assert hints(say(engine, "MAIL FROM:<c@d.test>", 503)) == ("mail", 503, "5.5.1")
        assert engine.mail is mail

    @pytest.mark.parametrize("line", ["RSET", "EHLO again", "HELO again", "STARTTLS"])
    def test_reset(self, line: str) -> None:
        """RFC 5321 §4.1.1.5, §4.1.4; RFC 3207 §4.2."""
        engine = ready()
        say(engine, "MAIL FROM:<a@b.test> SMTPUTF8", 250)
        say(engine, "RCPT TO:<c@d.test>", 250)
        before = engine.recipients
        say(engine, line, 550)
        assert engine.state is State.RECIPIENTS

        say(engine, line, 250)

        assert engine.mail is None
        assert engine.recipients == []
        assert len(before) == 1

    def test_transaction_ends_with_any_answer_to_the_message(self) -> None:
        """RFC 5321 §4.1.1.4."""
        for code in (250, 451, 554):
            engine = in_content()
            say(engine, b"x\r\n.\r\n", code)
            assert engine.state is State.READY
            assert engine.recipients == []

    def test_starttls_forgets_what_was_sent_ahead(self) -> None:
        """RFC 3207 §4.2 and §6: else plain text would count as said inside TLS."""
        engine = ready()
        say(engine, b"STARTTLS\r\nMAIL FROM:<evil@example.org>\r\n", 220)
        assert engine.next_event() is None
        assert engine.state is State.GREETED
        assert engine.hello is None

    def test_refused_starttls_forgets_nothing(self) -> None:
        engine = ready()
        say(engine, b"STARTTLS\r\nNOOP\r\n", 454)
        assert isinstance(engine.next_event(), Command)
        assert engine.hello is not None

    def test_auth_exchange(self) -> None:
        """RFC 4954 §4: after 334 comes a response, not a command."""
        engine = ready()
        say(engine, "AUTH LOGIN", 334)
        assert say(engine, "QUIT", 334) == Command("auth", "", "QUIT", b"QUIT\r\n")
        assert say(engine, "*", 501).stage == "auth"
        assert engine.state is State.READY

    @pytest.mark.parametrize("portion", [1, 3, 100])
    def test_octets_of_a_chunk_are_never_commands(self, portion: int) -> None:
        """RFC 3030 §2: they follow at once, so they are dropped whatever the answer, and kept for the record."""
        engine = greeted()
        wire = b"BDAT 14 LAST\r\nRSET\r\nRSET\r\n\r\nNOOP\r\n"
        events = []
        for at in range(0, len(wire), portion):
            engine.receive_data(wire[at : at + portion])
            while (event := engine.next_event()) is not None:
                events.append(event)
                engine.send_reply(502, ["x"])

        assert [event.stage for event in events] == ["bdat", "noop"]
        assert events[0].raw == wire[:-6]

    def test_chunk_without_a_size(self) -> None:
        engine = greeted()
        assert hints(say(engine, b"BDAT many\r\nNOOP\r\n", 501)) == ("bdat", 503, "5.5.1")
        assert isinstance(engine.next_event(), Command)


class TestSmtpUtf8:
    """RFC 6531."""

    def test_recipient_beyond_ascii_needs_it_on_mail(self) -> None:
        engine = ready()
        say(engine, "MAIL FROM:<a@b.test>", 250)
        assert hints(say(engine, "RCPT TO:<é@b.test>", 553)) == ("rcpt", 553, "5.6.7")
        say(engine, "RSET", 250)
        say(engine, "MAIL FROM:<a@b.test> SMTPUTF8", 250)
        assert isinstance(say(engine, "RCPT TO:<é@b.test>", 250), Command)

    def test_replies_beyond_ascii_only_where_asked_for(self) -> None:
        """RFC 6531 §3.7.4.2."""
        engine = ready()
        say(engine, "VRFY x")
        assert engine.send_reply(252, ["é"]) == b"252 ?\r\n"
        say(engine, "VRFY x SMTPUTF8")
        assert engine.send_reply(252, ["é"]) == "252 é\r\n".encode()
        say(engine, "MAIL FROM:<a@b.test> SMTPUTF8")
        assert engine.send_reply(250, ["é"]) == "250 é\r\n".encode()
        say(engine, "RCPT TO:<a@b.test>")
        assert engine.send_reply(551, ["é"]) == "551 é\r\n".encode()
        say(engine, "RSET", 250)
        say(engine, "NOOP")
        assert engine.send_reply(250, ["é"]) == b"250 ?\r\n"


class TestLimits:
    """RFC 5321 §4.5.3.1."""

    def test_line_of_exactly_the_limit(self) -> None:
        engine = greeted(SmtpLimits(max_command_octets=20))
        assert isinstance(say(engine, b"NOOP " + b"x" * 13 + b"\r\n"), Command)

    @pytest.mark.parametrize(("line", "stage"), [(b"NOOP " + b"x" * 40, "noop"), (b"x" * 45, "unknown")])
    def test_line_over_the_limit(self, line: bytes, stage: str) -> None:
        """RFC 5321 §4.5.3.1.10: 500; the line is read to its end and only its head is kept."""
        engine = greeted(SmtpLimits(max_command_octets=20))
        engine.receive_data(line)
        assert engine.next_event() is None
        assert engine.buffered_octets == 0

        event = say(engine, b"more\r\nNOOP\r\n", 500)

        assert hints(event) == (stage, 500, "5.5.2")
        assert event.raw == line[:20]
        assert isinstance(engine.next_event(), Command)

    def test_auth_line_over_the_limit(self) -> None:
        """RFC 4954 §4: 500 5.5.6; the exchange is over."""
        engine = ready(SmtpLimits(max_auth_line_octets=30))
        say(engine, "AUTH LOGIN", 334)
        assert hints(say(engine, b"x" * 40 + b"\r\n", 500)) == ("auth", 500, "5.5.6")
        assert engine.state is State.READY

    def test_message_over_the_limit(self) -> None:
        """RFC 1870 §6.3: read to the final dot, then 552."""
        engine = in_content(SmtpLimits(max_message_octets=100))
        for _ in range(50):
            engine.receive_data(b"0123456789\r\n")
            assert engine.next_event() is None
        event = say(engine, b".\r\nNOOP\r\n", 552)

        assert hints(event) == ("message", 552, "5.3.4")
        assert engine.recipients == []
        assert isinstance(engine.next_event(), Command)

    def test_too_many_recipients(self) -> None:
        """RFC 5321 §4.5.3.1.10: 452; those before it stay accepted."""
        engine = ready(SmtpLimits(max_recipients=2, max_errors=0))
        say(engine, "MAIL FROM:<a@b.test>", 250)
        for _ in range(2):
            say(engine, "RCPT TO:<c@d.test>", 250)
        for _ in range(5):
            assert hints(say(engine, "RCPT TO:<c@d.test>", 452)) == ("rcpt", 452, "4.5.3")
        assert len(engine.recipients) == 2
        assert isinstance(say(engine, "DATA", 354), Command)

    def test_too_many_errors(self) -> None:
        engine = greeted(SmtpLimits(max_errors=2))
        for _ in range(2):
            assert hints(say(engine, "XYZ", 500)) == ("xyz", 500, "5.5.2")
        for _ in range(2):
            assert hints(say(engine, "DATA now", 501)) == ("data", 503, "5.5.1")
        assert hints(say(engine, "XYZ")) == ("xyz", 421, "4.7.0")
        engine.send_reply(421, ["x"])
        assert engine.closed

    def test_rest_of_a_refused_group_is_forgiven(self) -> None:
        """RFC 2920 §3.1: who pipelines cannot know yet that MAIL was refused."""
        engine = ready(SmtpLimits(max_errors=1))
        say(engine, "MAIL FROM:<a@b.test>", 550)
        for _ in range(30):
            assert hints(say(engine, "RCPT TO:<c@d.test>", 503)) == ("rcpt", 503, "5.5.1")
        assert hints(say(engine, "DATA", 503)) == ("data", 503, "5.5.1")


class TestEof:
    def test_between_commands(self) -> None:
        engine = greeted()
        engine.receive_data(b"NOOP\r\n")
        engine.receive_eof()
        assert isinstance(engine.next_event(), Command)
        assert engine.next_event() is None
        engine.send_reply(250, ["x"])
        assert engine.next_event() == Eof("", b"")
        assert engine.closed
        assert engine.next_event() is None

    def test_inside_a_command(self) -> None:
        engine = greeted()
        engine.receive_data(b"QUI")
        engine.receive_eof()
        assert engine.next_event() == Eof("", b"QUI")

    @pytest.mark.parametrize("limit", [5, 100])
    def test_inside_a_message(self, limit: int) -> None:
        """RFC 5321 §4.1.1.4: without the final dot there is no message."""
        engine = in_content(SmtpLimits(max_message_octets=limit))
        engine.receive_data(b"Subject: x\r\n.\r")
        engine.receive_eof()
        assert engine.next_event() == Eof("message", b"Subject: x\r\n.\r")
        assert engine.closed

    @pytest.mark.parametrize("wire", [b"BDAT 50\r\nabc", b"BDAT 50\r\n"])
    def test_inside_a_chunk(self, wire: bytes) -> None:
        engine = greeted()
        engine.receive_data(wire)
        engine.receive_eof()
        assert engine.next_event() == Eof("message", wire)

    def test_inside_a_long_line(self) -> None:
        engine = greeted(SmtpLimits(max_command_octets=20))
        engine.receive_data(b"x" * 100)
        engine.receive_eof()
        assert engine.next_event() == Eof("", b"x" * 20)

    def test_data_after_it_is_our_mistake(self) -> None:
        engine = greeted()
        engine.receive_eof()
        with pytest.raises(LocalProtocolError):
            engine.receive_data(b"x")


class TestMisbehaviour:
    """A mock must be able to answer anything."""

    def test_reply_when_none_is_due(self) -> None:
        engine = greeted()
        with pytest.raises(LocalProtocolError):
            engine.send_reply(250, ["x"])
        assert engine.send_reply(421, ["mx.test"], "4.3.2") == b"421 4.3.2 mx.test\r\n"
        assert engine.closed

    def test_421_in_the_middle_of_a_message(self) -> None:
        """RFC 5321 §3.8."""
        engine = in_content()
        engine.receive_data(b"half a mess")
        assert engine.next_event() is None
        engine.send_reply(421, ["mx.test"])
        assert engine.closed

    @pytest.mark.parametrize("code", [99, 1000, -250])
    def test_code_without_three_digits(self, code: int) -> None:
        engine = SmtpEngine()
        with pytest.raises(LocalProtocolError):
            engine.send_reply(code, ["x"])
        assert engine.stage == "connect"

    def test_nothing_is_sent_after_the_end(self) -> None:
        engine = greeted()
        say(engine, "QUIT", 221)
        with pytest.raises(LocalProtocolError):
            engine.send_reply(421, ["x"])
        with pytest.raises(LocalProtocolError):
            engine.send_raw(b"x", None)

    def test_raw_answer_moves_by_the_code_it_is_given(self) -> None:
        engine = greeted()
        say(engine, "EHLO x")
        assert engine.send_raw(b"\xff250-\n", 250) == b"\xff250-\n"
        assert engine.state is State.READY

        say(engine, "MAIL FROM:<a@b.test>")
        engine.send_raw(b"250 Ok\r\n", None)
        assert engine.state is State.READY
        assert engine.mail is None

    @pytest.mark.parametrize("code", [0, 7, 1250, -1])
    def test_raw_answer_with_an_impossible_code_moves_nothing(self, code: int) -> None:
        engine = ready()
        say(engine, "MAIL FROM:<a@b.test>")
        engine.send_raw(b"2", code)
        assert engine.state is State.READY

    def test_raw_octets_when_no_answer_is_due(self) -> None:
        engine = ready()
        assert engine.send_raw(b"250 Unasked\r\n", 250) == b"250 Unasked\r\n"
        assert engine.state is State.READY
