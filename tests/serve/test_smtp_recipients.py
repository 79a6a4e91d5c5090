"""A reply for each recipient after the dot: LMTP (RFC 2033) and PRDR; what comes back later (RFC 3464, 5965, 3834)."""

from __future__ import annotations

import email
from dataclasses import replace
from email.message import Message

import pytest
from tests.serve.smtp_steps import Dialogue, LmtpDialogue, rule

from statuary.catalog.store import open_catalogue
from statuary.scenario.causes import Quota, Window
from statuary.serve.output import Close, Wait
from statuary.serve.session import Shared
from statuary.serve.smtp.speaker import MAX_MATCHED_RECIPIENTS


def replies(data: bytes) -> list[str]:
    return [line[:9].decode() for line in data.splitlines()]


def test_lmtp_answers_each_recipient_by_its_own_script() -> None:
    """RFC 2033 §4.2; the message is kept for those who took it."""
    dialogue = LmtpDialogue()
    assert b" LMTP " in dialogue.greeting
    assert dialogue.say("EHLO c.example") == ["500 5.5.1"]
    dialogue.start("a@any.test", "message452_4.2.2x1@any.test", "message550@any.test", hello="LHLO c.example")
    assert replies(dialogue.deliver()) == ["250 2.0.0", "452 4.2.2", "550 5.1.1"]
    assert dialogue.kept == [("a@c.example", ("a@any.test",))]
    dialogue.start("message452_4.2.2x1@any.test", hello="LHLO c.example")
    assert replies(dialogue.deliver()) == ["250 2.0.0"]


def test_lmtp_journal_has_each_recipient() -> None:
    dialogue = LmtpDialogue()
    dialogue.start("a@any.test", "message452@any.test", hello="LHLO c.example")
    dialogue.deliver()
    rows = [row for row in dialogue.journal if row.stage == "message"]
    assert [(row.code, row.note) for row in rows] == [("250", "for a@any.test"), ("452", "for message452@any.test")]
    assert rows[0].request.endswith(b".\r\n")
    assert rows[1].request == b""


def test_lmtp_after_bdat_last() -> None:
    dialogue = LmtpDialogue()
    dialogue.start("a@any.test", "message452@any.test", hello="LHLO c.example")
    assert replies(dialogue.send(b"BDAT 1 LAST\r\nx")) == ["250 2.0.0", "452 4.3.1"]


@pytest.mark.parametrize("chunked", [False, True])
def test_lmtp_refuses_a_large_message_for_each(chunked: bool) -> None:
    """RFC 2033 §4.2: a reply for each recipient whatever becomes of the message, or the client is out of step."""
    dialogue = LmtpDialogue()
    dialogue.start("a@any.test", "b@any.test", hello="LHLO size10.any.test")
    answer = dialogue.send(b"BDAT 11 LAST\r\n" + b"x" * 11) if chunked else dialogue.deliver("x" * 50)
    assert replies(answer) == ["552 5.3.4", "552 5.3.4"]
    assert dialogue.kept == []
    rows = [row for row in dialogue.journal if row.code == "552"]
    assert [row.note.partition(";")[0] for row in rows] == ["for a@any.test", "for b@any.test"]
    assert dialogue.say("RSET", "MAIL FROM:<a@c.example>") == ["250 2.0.0", "250 2.1.0"]


def test_lmtp_refuses_a_chunk_that_is_not_the_last_once() -> None:
    """RFC 2033 §4.2 speaks of the end of the message alone."""
    dialogue = LmtpDialogue()
    dialogue.start("a@any.test", "b@any.test", hello="LHLO size10.any.test")
    assert replies(dialogue.send(b"BDAT 11\r\n" + b"x" * 11)) == ["552 5.3.4"]
    assert replies(dialogue.send(b"BDAT 0 LAST\r\n")) == ["503 5.5.1"]


def test_lmtp_script_for_bdat_answers_the_last_chunk_for_each() -> None:
    dialogue = LmtpDialogue()
    dialogue.start("a@any.test", "bdat452x1@any.test", hello="LHLO c.example")
    assert replies(dialogue.send(b"BDAT 1 LAST\r\nx")) == ["452 4.3.1", "452 4.3.1"]
    dialogue.start("a@any.test", "bdat452x1@any.test", hello="LHLO c.example")
    assert replies(dialogue.send(b"BDAT 1 LAST\r\nx")) == ["250 2.0.0", "250 2.0.0"]


def test_rule_matches_if_any_recipient_of_the_transaction_does() -> None:
    """At DATA and the final dot one reply stands for all; the first rule that fits any of them gives it."""
    dialogue = Dialogue([rule("data", "451", recipient="*@data.test"), rule("message", "452", domain="late.test")])
    dialogue.start("a@any.test", "b@data.test", "c@late.test")
    assert dialogue.say("DATA", "RSET") == ["451 4.3.0", "250 2.0.0"]
    dialogue.start("a@any.test", "b@any.test", "c@late.test")
    assert replies(dialogue.deliver()) == ["452 4.3.1"]
    dialogue.start("a@any.test", "b@any.test")
    assert replies(dialogue.deliver()) == ["250 2.0.0"]


def test_fields_of_two_recipients_are_not_mixed() -> None:
    """A rule that looks at two fields fits where one and the same recipient has both."""
    dialogue = Dialogue([rule("message", "452", recipient="anna@*", domain="b.test")])
    dialogue.start("anna@a.test", "bob@b.test")
    assert replies(dialogue.deliver()) == ["250 2.0.0"]
    dialogue.start("bob@a.test", "anna@b.test")
    assert replies(dialogue.deliver()) == ["452 4.3.1"]


def test_earlier_rule_goes_first_whichever_recipient_it_fits() -> None:
    first, second = rule("message", "452", recipient="b@any.test"), rule("message", "550", recipient="a@any.test")
    dialogue = Dialogue([replace(first, name="first"), replace(second, name="second")])
    dialogue.start("a@any.test", "b@any.test")
    assert replies(dialogue.deliver()) == ["452 4.3.1"]


def test_cause_that_hangs_on_no_recipient_counts_a_message_once() -> None:
    """The second message of a minute passes though the first had three recipients; the third does not."""
    by_address = replace(rule("message", "450", recipient="*@any.test"), cause=Window(2, 60.0, ("ip",)))
    dialogue = Dialogue([by_address])
    for answer in ("250 2.0.0", "250 2.0.0", "450 4.2.1"):
        dialogue.start("a@any.test", "b@any.test", "c@any.test")
        assert replies(dialogue.deliver()) == [answer]


def test_quota_looks_at_every_mailbox_of_a_message() -> None:
    full = replace(rule("message", "552 5.2.2"), cause=Quota(100))
    dialogue = Dialogue([full])
    dialogue.start("full@any.test")
    assert replies(dialogue.deliver("x" * 90)) == ["250 2.0.0"]
    dialogue.start("empty@any.test", "full@any.test")
    assert replies(dialogue.deliver("x" * 20)) == ["552 5.2.2"]


def test_rules_are_tried_with_so_many_recipients() -> None:
    """``MAX_MATCHED_RECIPIENTS`` bounds what one message can cost."""
    dialogue = Dialogue([rule("message", "452", recipient="last@any.test")])
    dialogue.start(*(f"a{number}@any.test" for number in range(MAX_MATCHED_RECIPIENTS)), "last@any.test")
    assert replies(dialogue.deliver()) == ["250 2.0.0"]


def test_lmtp_rule_and_sender_speak_for_each() -> None:
    dialogue = LmtpDialogue([rule("message", "552", recipient="full@any.test")])
    dialogue.start("full@any.test", "b@any.test", sender="message451@any.test", hello="LHLO c.example")
    assert replies(dialogue.deliver()) == ["552 5.2.2", "451 4.3.0"]


def test_lmtp_connection_that_drops_between_replies() -> None:
    """The client knows what became of the first, and nothing of the rest."""
    dialogue = LmtpDialogue()
    dialogue.start("a@any.test", "messagedrop@any.test", "c@any.test", hello="LHLO c.example")
    assert replies(dialogue.deliver()) == ["250 2.0.0"]
    assert dialogue.actions == [Close()]
    assert dialogue.session.closing
    assert dialogue.kept == [("a@c.example", ("a@any.test",))]


def test_lmtp_421_ends_the_replies() -> None:
    dialogue = LmtpDialogue()
    dialogue.start("message421@any.test", "b@any.test", hello="LHLO c.example")
    assert replies(dialogue.deliver()) == ["421 4.3.2"]
    assert dialogue.session.closing


def test_lmtp_effects_of_one_recipient() -> None:
    dialogue = LmtpDialogue()
    dialogue.start("a@any.test", "message452-delay=2s@any.test", "c@any.test", hello="LHLO c.example")
    assert replies(dialogue.deliver()) == ["250 2.0.0", "452 4.3.1", "250 2.0.0"]
    assert dialogue.actions == [Wait(2.0)]
    assert dialogue.say("NOOP") == ["250 2.0.0"]


def test_lmtp_reply_of_one_recipient_comes_late() -> None:
    """It waits for the next command, as any late reply does; those of the others do not wait for it."""
    dialogue = LmtpDialogue()
    dialogue.start("a@any.test", "message452-late@any.test", "c@any.test", hello="LHLO c.example")
    assert replies(dialogue.deliver()) == ["250 2.0.0", "250 2.0.0"]
    assert replies(dialogue.send(b"NOOP\r\n")) == ["452 4.3.1", "250 2.0.0"]
    dialogue.start("message421-late@any.test", "b@any.test", hello="LHLO c.example")
    assert replies(dialogue.deliver()) == ["421 4.3.2"]
    assert dialogue.session.closing


def test_prdr_announces_answers_each_and_ends() -> None:
    """353, a reply for each in order, and one for all; one recipient needs none of it."""
    dialogue = Dialogue()
    wanted = ("EHLO c.example", "MAIL FROM:<a@c.example> PRDR", "RCPT TO:<b@any.test>", "RCPT TO:<message550@any.test>")
    assert dialogue.say(*wanted)[1] == "250 2.1.0"
    assert [reply[:3] for reply in replies(dialogue.deliver())] == ["353", "250", "550", "250"]
    assert dialogue.kept == [("a@c.example", ("b@any.test",))]
    dialogue.say(*wanted[:3])
    assert replies(dialogue.deliver()) == ["250 2.0.0"]
    dialogue.say(*wanted[:2], wanted[3], "RCPT TO:<message452@any.test>")
    assert [reply[:3] for reply in replies(dialogue.deliver())] == ["353", "550", "452", "452"]
    assert len(dialogue.kept) == 2


def parts(message: Message) -> list[Message]:
    """The parts of a message that has some."""
    payload = message.get_payload()
    assert isinstance(payload, list)
    return [part for part in payload if isinstance(part, Message)]


def report_of(
    dialogue: Dialogue, recipient: str, *, mail: str = "", rcpt: str = "", content: str = ""
) -> Message | None:
    """Send a message; what came back to its sender, the message itself left out."""
    hello = ("EHLO c.example", f"MAIL FROM:<a@c.example>{mail}", f"RCPT TO:<{recipient}>{rcpt}")
    assert dialogue.say(*hello) == ["250", "250 2.1.0", "250 2.1.5"]
    dialogue.deliver(content or "Subject: Grüße\r\nMessage-ID: <1@c.example>\r\n\r\nHello")
    _, newest = list(dialogue.shared.mailbox)[-1]
    if newest.sender:
        return None
    assert newest.recipients == ("a@c.example",)
    return email.message_from_bytes(newest.content)


@pytest.mark.parametrize(
    ("recipient", "action", "status", "diagnostic"),
    [
        ("bounce550_5.1.1@any.test", "failed", "5.1.1", "smtp; 550 5.1.1 "),
        ("bounce452_4.2.2@any.test", "delayed", "4.2.2", "smtp; 452 4.2.2 "),
        ("bounce250@any.test", "delivered", "2.", "smtp; 250 "),
    ],
)
def test_bounce_comes_back_as_a_delivery_report(recipient: str, action: str, status: str, diagnostic: str) -> None:
    """RFC 3464 §2, in the frame of RFC 6522; from the null reverse path."""
    report = report_of(Dialogue(), recipient, mail=" ENVID=q+2B1", rcpt=" ORCPT=rfc822;c@any.test")
    assert report is not None
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    text, machine, returned = parts(report)
    assert recipient in str(text)
    assert machine.get_content_type() == "message/delivery-status"
    of_message, of_recipient = parts(machine)
    assert of_message["Original-Envelope-Id"] == "q+1"
    assert of_message["Reporting-MTA"] == "dns; mx.statuary.test"
    assert of_recipient["Final-Recipient"] == f"rfc822; {recipient}"
    assert of_recipient["Original-Recipient"] == "rfc822;c@any.test"
    assert of_recipient["Action"] == action
    assert of_recipient["Status"].startswith(status)
    assert of_recipient["Diagnostic-Code"].startswith(diagnostic)
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "Message-ID: <1@c.example>" in str(returned)
    assert "Hello" not in str(returned)


def test_whole_message_is_returned_where_ret_wants_it() -> None:
    """RFC 3461 §4.3; octets as they came."""
    dialogue = Dialogue()
    report = report_of(dialogue, "bounce550@any.test", mail=" RET=FULL")
    assert report is not None
    assert parts(report)[2].get_content_type() == "message/rfc822"
    assert "Subject: Grüße\r\n".encode() in list(dialogue.shared.mailbox)[-1][1].content


@pytest.mark.parametrize("whole", [True, False])
def test_report_says_that_it_holds_octets_beyond_ascii(whole: bool) -> None:
    """RFC 2045 §6.4: the part with what is returned is 8bit, and so is the multipart around it."""
    report = report_of(Dialogue(), "bounce550@any.test", mail=" RET=FULL" if whole else "")
    assert report is not None
    assert [each["Content-Transfer-Encoding"] for each in (report, parts(report)[2])] == ["8bit", "8bit"]
    plain = report_of(Dialogue(), "bounce550@any.test", content="Subject: x\r\n\r\nx")
    assert plain is not None
    assert [each["Content-Transfer-Encoding"] for each in (plain, parts(plain)[2])] == [None, None]


def test_report_to_an_address_beyond_ascii_names_it() -> None:
    """RFC 6532 §3.2: in UTF-8; RFC 2047 §5 lets no address stand in an encoded word."""
    dialogue = Dialogue(shared=Shared(open_catalogue(), dialects=("ses", "sparkpost")))
    for recipient in ("bounce550@any.test", "x@fbl.any.test", "ooto@simulator.amazonses.com"):
        dialogue.say("EHLO c.example", "MAIL FROM:<jürgen@c.example> SMTPUTF8", f"RCPT TO:<{recipient}>")
        dialogue.deliver("Subject: x\r\n\r\nx")
        _, newest = list(dialogue.shared.mailbox)[-1]
        assert newest.recipients == ("jürgen@c.example",)
        assert "\r\nTo: <jürgen@c.example>\r\n".encode() in newest.content


@pytest.mark.parametrize(
    ("rcpt", "comes"),
    [(" NOTIFY=NEVER", False), (" NOTIFY=SUCCESS,DELAY", False), (" NOTIFY=FAILURE", True), ("", True)],
)
def test_notify_says_whether_it_comes(rcpt: str, comes: bool) -> None:
    """RFC 3461 §4.1."""
    assert (report_of(Dialogue(), "bounce550@any.test", rcpt=rcpt) is not None) is comes


def test_null_reverse_path_gets_nothing() -> None:
    """RFC 5321 §6.1: no report about a report."""
    dialogue = Dialogue()
    dialogue.start("bounce550@any.test", sender="")
    dialogue.deliver()
    assert len(dialogue.kept) == 1


def test_bounces_are_counted_and_in_the_journal() -> None:
    dialogue = Dialogue()
    assert [report_of(dialogue, "bounce550x1+blue@any.test") is None for _ in range(2)] == [False, True]
    row = next(row for row in dialogue.journal if row.stage == "bounce")
    assert (row.code, row.rule, row.step, row.asked, row.key) == ("550", "550x1", 1, 1, "blue")
    assert row.note == "comes back to a@c.example"
    assert b"multipart/report" in row.response


def test_complaint_comes_back_where_its_dialect_is_on() -> None:
    """RFC 5965 §3."""
    dialogue = Dialogue(shared=Shared(open_catalogue(), dialects=("ses", "sparkpost")))
    report = report_of(dialogue, "complaint+1@simulator.amazonses.com")
    assert report is not None
    assert report.get_param("report-type") == "feedback-report"
    machine = parts(report)[1]
    assert machine.get_content_type() == "message/feedback-report"
    assert "Feedback-Type: abuse" in str(machine)
    bounce = report_of(dialogue, "anyone@oob.any.test")
    assert bounce is not None
    assert bounce.get_param("report-type") == "delivery-status"


def test_automatic_response_and_those_that_must_not_have_one() -> None:
    """RFC 3834 §2, §3.1.7."""
    dialogue = Dialogue(shared=Shared(open_catalogue(), dialects=("ses",)))
    address = "ooto@simulator.amazonses.com"
    answer = report_of(dialogue, address)
    assert answer is not None
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["In-Reply-To"] == "<1@c.example>"
    assert report_of(dialogue, address, content="Auto-Submitted: auto-generated\r\n\r\nx") is None
    assert report_of(dialogue, address, content="List-Id: <x.c.example>\r\n\r\nx") is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "Subject: x\r\n y\r\nSubject: z\r\n\r\n",
        "\x00\r\n\r\n",
        "Message-ID: <a\rb>\r\n\r\n",
        "no header" * 9000,
        ":\r\n",
    ],
)
@pytest.mark.parametrize("sender", ["a@c.example", '"a\\" b\\\\c"@c.example', "jürgen@c.example"])
def test_no_message_and_no_address_breaks_a_report(content: str, sender: str) -> None:
    """Whatever came: reports parse, and hold no header that the message put there."""
    dialogue = Dialogue(shared=Shared(open_catalogue(), dialects=("ses", "sparkpost")))
    utf8 = "" if sender.isascii() else " SMTPUTF8"
    for recipient in ("bounce550@any.test", "x@fbl.any.test", "ooto@simulator.amazonses.com"):
        dialogue.say("EHLO c.example", f"MAIL FROM:<{sender}> RET=FULL{utf8}", f"RCPT TO:<{recipient}>")
        dialogue.deliver(content)
        _, newest = list(dialogue.shared.mailbox)[-1]
        assert newest.sender == ""
        report = email.message_from_bytes(newest.content)
        assert len(report.get_all("Subject", [])) == 1
        assert report["Auto-Submitted"]
