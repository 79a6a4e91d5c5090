"""Every stage of SMTP answers by rule, by address, by the name in EHLO and by argument."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.serve.smtp_steps import Dialogue, rule

from statuary.scenario.causes import Greylist, Quota, SizeLimit, Window
from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.rules import Reply, Rule
from statuary.serve.output import Close, Hang, Later, Reset, Wait

STAGES = {
    "ehlo": "EHLO c.example",
    "auth": "AUTH PLAIN AGFubmEAc2VjcmV0",
    "starttls": "STARTTLS",
    "vrfy": "VRFY anna",
    "expn": "EXPN list",
    "help": "HELP",
    "noop": "NOOP",
    "rset": "RSET",
    "etrn": "ETRN c.example",
    "atrn": "ATRN",
    "quit": "QUIT",
}


@pytest.mark.parametrize("script", ["421-close", "521", "554", "220-delay=2s"])
def test_greeting_answers_by_rule(script: str) -> None:
    """RFC 5321 §3.1: 554 turns a client away; RFC 7504: 521; delayed, closed."""
    dialogue = Dialogue([rule("connect", script)])
    assert dialogue.greeting[:3].decode() == script[:3]
    if "close" in script:
        assert dialogue.actions == [Close()]
        assert dialogue.session.closing
    elif "delay" in script:
        assert dialogue.actions == [Wait(2.0)]
        assert dialogue.say("EHLO c.example") == ["250"]
    else:
        assert dialogue.say("EHLO c.example", "QUIT") == ["503 5.5.1", "221 2.0.0"]


@pytest.mark.parametrize(("stage", "line"), STAGES.items())
def test_stage_answers_by_rule_with_421_and_closes(stage: str, line: str) -> None:
    """A 421 at any moment (RFC 5321 §3.8)."""
    dialogue = Dialogue([rule(stage, "421_4.3.2")])
    if stage != "ehlo":
        dialogue.say("EHLO c.example")
    assert dialogue.say(line) == ["421 4.3.2"]
    assert dialogue.session.closing
    assert dialogue.session.lingers is (stage != "quit")


@pytest.mark.parametrize(("stage", "line"), STAGES.items())
def test_stage_answers_by_the_name_in_ehlo(stage: str, line: str) -> None:
    """Twice as asked, then as usual; other stages are left alone."""
    dialogue = Dialogue()
    name = f"{stage}450_4.7.1x2.any.test"
    usual = Dialogue().say("EHLO c.example", line)[1]
    if stage == "ehlo":
        assert dialogue.say(*[f"EHLO {name}"] * 3) == ["450 4.7.1", "450 4.7.1", usual]
    elif stage == "quit":  # whatever its answer is, nothing follows (RFC 5321 §4.1.1.10)
        assert dialogue.say(f"EHLO {name}", line) == ["250", "450 4.7.1"]
        assert dialogue.session.closing
    else:
        other = "HELP" if stage == "noop" else "NOOP"
        answers = dialogue.say(f"EHLO {name}", line, line, other, line)
        assert answers == ["250", "450 4.7.1", "450 4.7.1", answers[3], usual]
        assert answers[3][0] == "2"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("VRFY vrfy551_5.1.6@any.test", "551 5.1.6"),
        ("EXPN expn550", "550 5.1.1"),
        ("HELP help502", "502 5.5.1"),
        ("NOOP noop451_4.3.0", "451 4.3.0"),
        ("ETRN etrn458", "458 4.5.0"),
        ("VRFY mail451@any.test", "252 2.5.0"),
        ("VRFY vrfy9@any.test", "252 2.5.0"),
        ("VRFY vrfy452_9@any.test", "553 5.1.3"),
    ],
)
def test_argument_speaks_for_its_own_command(line: str, answer: str) -> None:
    assert Dialogue().say("EHLO c.example", line)[1] == answer


@pytest.mark.parametrize(("stage", "line"), [("rset", "RSET"), ("noop", "NOOP"), ("quit", "QUIT"), ("vrfy", "VRFY x")])
def test_address_speaks_for_a_later_command(stage: str, line: str) -> None:
    """Verb and code in the sender, as BadSMTP has it, beyond the transaction; EHLO ends it."""
    dialogue = Dialogue()
    dialogue.start(sender=f"{stage}451_4.3.0@any.test")
    assert dialogue.say(line) == ["451 4.3.0"]
    if stage != "quit":
        assert dialogue.say("EHLO c.example", line)[1] != "451 4.3.0"


def test_data_and_message_answer_by_rule() -> None:
    dialogue = Dialogue([rule("data", "451x1", recipient="b@any.test"), rule("message", "554_5.7.1")])
    dialogue.start("b@any.test")
    assert dialogue.say("DATA") == ["451 4.3.0"]
    assert dialogue.code(dialogue.deliver()) == "554 5.7.1"
    assert dialogue.kept == []


def test_chunks_answer_by_address_and_rule() -> None:
    """RFC 3030: ``bdat`` speaks for each chunk, ``message`` for the whole."""
    dialogue = Dialogue()
    dialogue.start("bdat452x1@any.test")
    assert dialogue.code(dialogue.send(b"BDAT 3\r\nabc")) == "452 4.3.1"
    dialogue.say("RSET")
    dialogue.start("bdat452x1@any.test")
    assert dialogue.code(dialogue.send(b"BDAT 3\r\nabc")) == "250 2.0.0"
    assert dialogue.code(dialogue.send(b"BDAT 0 LAST\r\n")) == "250 2.0.0"
    assert len(dialogue.kept) == 1
    dialogue.start("message552_5.2.2@any.test")
    assert dialogue.code(dialogue.send(b"BDAT 3 LAST\r\nabc")) == "552 5.2.2"
    dialogue.start("bdat451@any.test")
    assert dialogue.code(dialogue.send(b"BDAT 3 LAST\r\nabc")) == "451 4.3.0"
    assert len(dialogue.kept) == 1


def test_discarded_chunk_is_in_the_journal() -> None:
    """RFC 3030 §2: its octets follow whatever the answer is."""
    dialogue = Dialogue()
    dialogue.say("EHLO c.example")
    assert dialogue.code(dialogue.send(b"BDAT 5 LAST\r\nhello")) == "503 5.5.1"
    assert dialogue.journal[-1].request == b"BDAT 5 LAST\r\nhello"


def test_parameters_of_dsn_are_in_the_journal() -> None:
    """RFC 3461: ENVID, RET, NOTIFY, ORCPT as sent."""
    dialogue = Dialogue()
    mail, rcpt = (
        "MAIL FROM:<a@c.example> RET=HDRS ENVID=q1",
        "RCPT TO:<b@any.test> NOTIFY=NEVER ORCPT=rfc822;c@any.test",
    )
    assert dialogue.say("EHLO c.example", mail, rcpt) == ["250", "250 2.1.0", "250 2.1.5"]
    assert [exchange.request.decode().strip() for exchange in dialogue.journal[-2:]] == [mail, rcpt]


def test_offer_is_as_the_name_in_ehlo_asks() -> None:
    """Withheld keywords are refused; hidden ones work; faked ones are listed and do not; a size holds."""
    dialogue = Dialogue()
    listed = dialogue.send(b"EHLO size1000-no8bit-hidedsn-fakestarttls-nochunking.x\r\n")
    assert b"SIZE 1000\r\n" in listed
    assert b"STARTTLS" in listed
    assert b"8BITMIME" not in listed
    assert b"DSN" not in listed
    assert dialogue.say("STARTTLS", "BDAT 0 LAST") == ["502 5.5.1", "503 5.5.1"]
    assert dialogue.say("MAIL FROM:<> BODY=8BITMIME", "MAIL FROM:<> SIZE=1001") == ["555 5.5.4", "552 5.3.4"]
    assert dialogue.say("MAIL FROM:<> RET=FULL") == ["250 2.1.0"]
    assert b"8BITMIME" in dialogue.send(b"EHLO c.example\r\n")
    assert dialogue.say("MAIL FROM:<> BODY=8BITMIME") == ["250 2.1.0"]


def test_enhanced_codes_are_withheld_with_their_keyword() -> None:
    """RFC 2034 §3."""
    dialogue = Dialogue()
    assert dialogue.start("rcpt452_4.2.2@any.test", hello="EHLO noenhanced.x") == ["250", "250", "452"]


def test_other_sessions_know_nothing_of_it() -> None:
    """Lines that are known beforehand are known for the usual session only."""
    usual, odd = Dialogue(), None
    usual.say("EHLO c.example", "NOOP", "NOOP")
    odd = Dialogue(shared=usual.shared)
    odd.say("EHLO noop450_4.7.1.x", "NOOP")
    assert odd.say("NOOP") == ["450 4.7.1"]
    assert usual.say("NOOP") == ["250 2.0.0"]


@pytest.mark.parametrize(
    ("effect", "answer"),
    [
        ("lf", b"452 4.2.2 Mailbox full\n"),
        ("bare", b"452\r\n"),
        ("mixed", b"252-4.2.2 Mailbox full\r\n452 4.2.2 Mailbox full\r\n"),
        ("lines=2", b"452-4.2.2 Mailbox full\r\n452 4.2.2 Mailbox full\r\n"),
        ("long=30", b"452 4.2.2 Mailbox fullxxxxxx\r\n"),
        ("twice", b"452 4.2.2 Mailbox full\r\n452 4.2.2 Mailbox full\r\n"),
    ],
)
def test_malformed_reply(effect: str, answer: bytes) -> None:
    """RFC 5321 §4.2 broken as asked; the journal has the octets and the effect."""
    dialogue = Dialogue()
    dialogue.start()
    assert dialogue.send(f"RCPT TO:<rcpt452_4.2.2-{effect}@any.test>\r\n".encode()) == answer
    assert dialogue.journal[-1].response == answer
    assert dialogue.journal[-1].note == effect
    assert dialogue.say("RSET") == ["250 2.0.0"]


def test_class_at_odds_with_the_enhanced_code() -> None:
    """RFC 2034 §4 has the first digits agree."""
    assert Dialogue().start("rcpt452_5.2.2@any.test")[-1] == "452 5.2.2"


def test_late_reply_puts_the_client_out_of_step() -> None:
    """Nothing, until the next command has come: then both."""
    dialogue = Dialogue()
    dialogue.start()
    assert dialogue.send(b"RCPT TO:<rcpt452_4.2.2-late@any.test>\r\n") == b""
    assert dialogue.send(b"NOOP\r\n") == b"452 4.2.2 Mailbox full\r\n250 2.0.0 OK\r\n"
    assert dialogue.say("NOOP") == ["250 2.0.0"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"RCPT TO:<rcpt421-late@any.test>\r\n", b"421 4.3.2 "),
        (b"RCPT TO:<rcpt452_4.2.2-late-close@any.test>\r\n", b"452 4.2.2 "),
        (b"QUIT\r\n", b"221 2.0.0 "),
    ],
)
def test_late_reply_that_ends_the_dialogue_has_nothing_to_wait_for(line: bytes, answer: bytes) -> None:
    """What the journal has as sent is sent (RFC 5321 §4.1.1.10 has the server answer QUIT before it closes)."""
    dialogue = Dialogue()
    dialogue.start(sender="quit221-late@c.example")
    assert dialogue.send(line).startswith(answer)
    assert dialogue.session.closing


@pytest.mark.parametrize(
    ("script", "action"), [("hang", Hang()), ("drop", Close()), ("reset", Reset()), ("354-close", Close())]
)
def test_endings_at_data(script: str, action: object) -> None:
    dialogue = Dialogue()
    dialogue.start(f"data{script}@any.test")
    dialogue.send(b"DATA\r\n")
    assert dialogue.actions == [action]
    assert dialogue.session.closing


def with_cause(stage: str, script: str, cause: Window | Greylist | Quota | SizeLimit, **match: str) -> Rule:
    return Rule("smtp", stage, parse_script(script, SMTP), match, cause=cause)


def test_window_of_connections_and_of_messages() -> None:
    """421 for the third connection within a minute; 450 for the second message."""
    first = Dialogue([with_cause("connect", "421_4.7.0", Window(2, 60)), with_cause("mail", "450", Window(1, 60))])
    assert first.start() == ["250", "250 2.1.0"]
    assert first.say("RSET", "MAIL FROM:<a@c.example>") == ["250 2.0.0", "450 4.2.1"]
    assert Dialogue(shared=first.shared).greeting.startswith(b"220 ")
    assert Dialogue(shared=first.shared).greeting.startswith(b"421 4.7.0 ")
    first.now += 60
    assert Dialogue(shared=first.shared).greeting.startswith(b"220 ")


def test_greylist_refuses_until_its_wait_has_passed() -> None:
    dialogue = Dialogue([with_cause("rcpt", "451_4.7.1", Greylist(300))])
    assert dialogue.start("b@any.test", "c@any.test")[2:] == ["451 4.7.1", "451 4.7.1"]
    dialogue.now += 300
    assert dialogue.say("RCPT TO:<b@any.test>", "RCPT TO:<d@any.test>") == ["250 2.1.5", "451 4.7.1"]


def test_size_limit_at_mail_and_at_the_message() -> None:
    """RFC 1870 §6.1 for what is declared, §6.3 for what comes."""
    dialogue = Dialogue([with_cause("mail", "552_5.3.4", SizeLimit(20)), with_cause("message", "552", SizeLimit(20))])
    assert dialogue.say("EHLO c.example", "MAIL FROM:<> SIZE=21") == ["250", "552 5.3.4"]
    assert dialogue.say("MAIL FROM:<> SIZE=20", "RCPT TO:<b@any.test>") == ["250 2.1.0", "250 2.1.5"]
    assert dialogue.code(dialogue.deliver("x" * 40)) == "552 5.2.2"
    dialogue.start("b@any.test")
    assert dialogue.code(dialogue.deliver("x" * 10)) == "250 2.0.0"


def test_quota_fills_and_is_empty_once_the_mailbox_is_cleared() -> None:
    dialogue = Dialogue([with_cause("rcpt", "452_4.2.2", Quota(50), recipient="*@full.test")])
    assert dialogue.start("b@full.test")[-1] == "250 2.1.5"
    dialogue.deliver("x" * 60)
    assert dialogue.start("b@full.test", "c@full.test", "b@any.test")[2:] == ["452 4.2.2", "250 2.1.5", "250 2.1.5"]
    dialogue.shared.mailbox.clear()
    assert dialogue.start("b@full.test")[-1] == "250 2.1.5"


@pytest.mark.parametrize("lines", [(), ("MAIL FROM:<>", "RCPT TO:<b@any.test>", "DATA", "half a message")])
def test_421_that_nobody_asked_for(lines: tuple[str, ...]) -> None:
    """RFC 5321 §3.8: at any time, in silence and in the midst of the data."""
    dialogue = Dialogue()
    assert dialogue.say("EHLO idle421-delay=2s.x") == ["250"]
    dialogue.say(*lines)
    later = dialogue.actions[-1]
    assert isinstance(later, Later)
    assert later.seconds == 2.0
    assert dialogue.carry_out(later.wake()).startswith(b"421 4.3.2 ")
    assert dialogue.session.closing
    assert later.wake() is None
    assert [row.stage for row in dialogue.journal][-1] == "idle"


def test_dialect_text_is_the_reply() -> None:
    """Mailtrap's spelling is understood without being asked for."""
    dialogue = Dialogue()
    dialogue.start()
    answer = dialogue.send(b"RCPT TO:<bounce+452+4.2.2+over+quota%0d%0a250+ok@any.test>\r\n")
    assert answer == b"452 4.2.2 over quota??250 ok\r\n"


@pytest.mark.parametrize("stage", ["mail", "rcpt", "message"])
def test_a_rule_gives_the_reply_text(stage: str) -> None:
    """In place of the catalogue's; each line opens with the code and the enhanced code (RFC 2034 §4)."""
    dialogue = Dialogue([replace(rule(stage, "452_4.2.2x1~550"), reply=Reply(text="Over quota\nSee example.net"))])
    dialogue.say("EHLO c.example")
    lines = ["MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: x\r\n\r\nx\r\n."]
    answers = [dialogue.send(line.encode() + b"\r\n") for line in lines]
    place = {"mail": 0, "rcpt": 1, "message": 3}[stage]
    assert answers[place] == b"452-4.2.2 Over quota\r\n452 4.2.2 See example.net\r\n"
