"""What isolates a session's test, which fields are known at which stage, and rules for verbs that nobody knows."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest

import statuary
from statuary.errors import RuleError
from statuary.testing import SmtpServer


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with statuary.smtp() as running:
        yield running


def open_to(server: SmtpServer, helo: str = "client.example") -> smtplib.SMTP:
    client = smtplib.SMTP(*server.addr, timeout=10)
    client.ehlo(helo)
    return client


def test_rule_at_mail_knows_the_sender_and_no_recipient(server: SmtpServer) -> None:
    """RFC 5321 §3.3: MAIL gives the reverse path; there is no recipient yet, also once its line is known."""
    server.on("mail", sender="bad@*").answer("550 5.7.1")
    for _ in range(2):
        with open_to(server) as client:
            for _ in range(2):
                assert client.mail("bad@shop.test")[0] == 550
                assert client.mail("good@shop.test")[0] == 250
                client.rset()
    assert {(each.sender, each.recipient, each.recipients) for each in server.find(stage="mail", code="550")} == {
        ("bad@shop.test", "", ())
    }
    with pytest.raises(RuleError, match="recipient is not known at mail"):
        server.on("mail", recipient="bad@*").answer("550")


def test_name_in_ehlo_keeps_counts_apart(server: SmtpServer) -> None:
    """One rule, one count, and each session that names a key has its own; a tag goes before the name."""
    server.on("mail").answer("451x1 ~ pass")
    for name in ("key-blue.x.test", "key-red.x.test"):
        with open_to(server, name) as client:
            assert [client.mail("a@b.test")[0] for _ in range(2)] == [451, 250]
            client.rset()
            assert [client.mail("a+green@b.test")[0], client.mail("a@b.test")[0]] == (
                [451, 250] if name == "key-blue.x.test" else [250, 503]
            )
    with open_to(server, "key-blue.x.test") as client:
        assert client.mail("a@b.test")[0] == 250
        client.ehlo("client.example")
        assert client.mail("a@b.test")[0] == 451, "a new EHLO names nothing"


def test_address_that_spells_its_reply_has_no_tag(server: SmtpServer) -> None:
    """What follows the ``+`` of Mailtrap's ``bounce+550+text@`` is the reply; something else names the test."""
    server.on("rcpt", recipient="anna*@*").answer("451x1 ~ pass")
    with open_to(server, "key-blue.x.test") as client:
        assert client.mail("a@b.test")[0] == 250
        assert client.rcpt("bounce+550+no+such+user@d.test") == (550, b"5.1.1 no such user")
        assert [client.rcpt("anna@d.test")[0] for _ in range(2)] == [451, 250]
        client.rset()
        assert client.mail("a+green@b.test")[0] == 250
        assert client.rcpt("Bounce+451@d.test")[0] == 451
        assert client.rcpt("bounce+5500@d.test")[0] == 250, "no reply: an ordinary address, whose tag is its tag"
    assert [each.code for each in server.find(stage="rcpt", key="blue")] == ["550", "451", "250"]
    assert [each.code for each in server.find(stage="rcpt", key="green")] == ["451"]
    assert [each.key for each in server.find(stage="rcpt", recipient="bounce+5500@*", code="250")] == ["5500"]


def test_tag_that_a_dialect_reads_isolates_nothing() -> None:
    """Of Maileroo's tags the last says what happens; those before it isolate, as they do without it."""
    with statuary.smtp(dialects=("maileroo",)) as server, open_to(server) as client:
        assert client.mail("a@b.test")[0] == 250
        assert client.rcpt("anna+blue+softbounce@d.test")[0] == 450
        assert client.rcpt("anna+hardbounce@d.test")[0] == 550
        assert client.rcpt("anna+blue+other@d.test")[0] == 250
    assert [each.key for each in server.find(stage="rcpt")] == ["blue", "", "blue+other"]


def test_quota_of_one_test_is_not_filled_by_another(server: SmtpServer) -> None:
    """Mail of a session under one key takes no room from the same mailbox under another; mail under none does."""
    server.on("rcpt").answer("452 4.2.2", quota={"octets": 40})
    for names, codes in (
        (("key-blue.x.test", "key-red.x.test", "key-blue.x.test"), [250, 250, 452]),
        (("client.example", "key-green.x.test"), [250, 452]),
        (("key-white.x.test", "client.example"), [250, 452]),
    ):
        met = []
        for name in names:
            with open_to(server, name) as client:
                client.mail("a@b.test")
                met.append(client.rcpt("full@d.test")[0])
                if met[-1] == 250:
                    assert client.data(b"Subject: x\r\n\r\n" + b"x" * 40)[0] == 250
        assert met == codes
        server.clear(keep_rules=True)


def test_quota_of_a_tagged_mailbox_fills_whatever_isolates_its_mail(server: SmtpServer) -> None:
    """A mailbox with a tag is one of its own; the sender's tag, under which its mail is kept, does not matter."""
    server.on("rcpt").answer("452 4.2.2", quota={"octets": 40})
    with open_to(server) as client:
        for code in (250, 452):
            client.mail("a+blue@b.test")
            assert client.rcpt("full+red@d.test")[0] == code
            if code == 250:
                client.data(b"Subject: x\r\n\r\n" + b"x" * 40)


def test_user_name_isolates_what_follows(server: SmtpServer) -> None:
    """The tag of a user name is a key as that of an address is."""
    with open_to(server) as client:
        client.user, client.password = "anna+blue@shop.test", "secret"
        client.auth("PLAIN", client.auth_plain)
        client.sendmail("a@b.test", ["c@d.test"], "Subject: x\r\n\r\n")
    with open_to(server) as client:
        client.sendmail("a@b.test", ["c@d.test"], "Subject: x\r\n\r\n")
    stages = [each.stage for each in server.find(key="blue")]
    assert stages == ["connect", "ehlo", "auth", "mail", "rcpt", "data", "message", "quit"]
    assert [message.key for message in server.messages] == ["blue", ""]


def test_starttls_forgets_the_key_and_the_session_is_found_whole() -> None:
    """RFC 3207 §4.2: what was said before the handshake is forgotten; the journal still knows whose session it was."""
    with statuary.smtp(tls="starttls") as server:
        with smtplib.SMTP(*server.addr, local_hostname="key-blue.x.test", timeout=10) as client:
            client.starttls(context=server.client_context())
            client.ehlo("client.example")
            client.mail("a@b.test")
        found = server.find(key="blue")
    assert [(each.stage, each.key) for each in found[:3]] == [("connect", ""), ("ehlo", "blue"), ("starttls", "blue")]
    assert [each.stage for each in found[3:]] == ["ehlo", "quit"]


def test_fixture_sees_all_recipients(server: SmtpServer) -> None:
    """``recipient`` of a filter means any of a message; an exchange lists them."""
    server.on("rcpt", recipient="gone@*").answer("550 5.1.1")
    with open_to(server) as client:
        client.sendmail("a@b.test", ["one@x.test", "gone@x.test", "two@y.test"], "Subject: x\r\n\r\n")
    (message,) = server.verify(count=1, stage="message", recipient="two@y.test", domain="y.test")
    assert (message.recipient, message.recipients) == ("one@x.test", ("one@x.test", "two@y.test"))
    server.verify(count=0, stage="message", recipient="gone@x.test")
    (waited,) = server.wait_for(stage="data", recipient="*@y.test", sender="a@*")
    assert waited.number == message.number - 1
    assert [each.number for each in server.find(text="Subject: x")] == [message.number]
    assert server.find(port=message.peer.rpartition(":")[2], stage="message") == [message]


def test_text_of_a_rule_goes_beyond_ascii_where_the_client_takes_it(server: SmtpServer) -> None:
    """RFC 6531 §3.7.4.2: with SMTPUTF8 only, each time that the line is met."""
    server.on("rcpt").answer("450 4.2.2", text="満杯")
    for _ in range(2):
        for options, said in (([], b"4.2.2 ??"), (["SMTPUTF8"], "4.2.2 満杯".encode())):
            with open_to(server) as client:
                assert client.mail("a@b.test", options)[0] == 250
                assert client.rcpt("c@d.test") == (450, said)
    server.clear()
    for _ in range(2):
        with open_to(server) as client:
            assert client.mail("a@b.test", ["SMTPUTF8"])[0] == 250
            assert "<new@bücher.test>".encode() in client.rcpt("rcpt551@bücher.test")[1]


def test_rule_speaks_for_verbs_that_nobody_knows(server: SmtpServer) -> None:
    """RFC 5321 §4.2.4: 500 for what is not recognised, unless a rule at ``other`` says otherwise, as for XCLIENT."""
    with open_to(server) as client:
        assert client.docmd("XTEST", "a b")[0] == 500
        rule = server.on("other").answer("502 5.5.1 x1 ~ 220 ~ 421")
        assert [client.docmd("XTEST"), client.docmd("TURN"), client.docmd("VRFY", "x")[0]] == [
            (502, b"5.5.1 Invalid command"),
            (220, b"mx.statuary.test Service ready"),
            252,
        ]
    assert rule.asked == 2
    assert [each.stage for each in server.exchanges if each.stage not in ("connect", "ehlo", "quit", "vrfy")] == [
        *["other"] * 3
    ]
    assert [each.code for each in server.find(stage="other")] == ["500", "502", "220"]
