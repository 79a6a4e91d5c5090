"""``statuary.smtp()``: rules, what was seen, mail, TLS, LMTP."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import assert_type

import pytest

import statuary
from statuary.errors import RuleError, ServeError
from statuary.testing import Answering, Message, SmtpExchange, SmtpServer
from tests.testing.mail import send


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """A running mail server."""
    with statuary.smtp(seed=5) as running:
        yield running


def test_a_rule_answers_twice_and_then_passes(server: SmtpServer) -> None:
    """The promise of DESIGN.md section 4: ``452 4.2.2 x2 ~ pass``."""
    rule = server.on("rcpt", recipient="*@full.test").answer("452 4.2.2 x2 ~ pass")
    assert [send(server.addr, "x@full.test") for _ in range(3)] == [{"x@full.test": 452}, {"x@full.test": 452}, {}]
    assert (rule.name, rule.asked, rule.pending) == ("rcpt#1", 3, 0)
    replies = [(each.reply_code, each.step) for each in server.find(stage="rcpt")]
    assert replies == [(452, 1), (452, 1), (250, 2)]
    assert server.find(stage="rcpt")[0].response.startswith(b"452 4.2.2 ")


def test_a_code_may_be_a_number_and_fields_may_be_tables(server: SmtpServer) -> None:
    """Patterns are those of rules; whole numbers stand for their text."""
    server.on("rcpt", recipient={"regex": "^gone[0-9]@"}).answer(551)
    assert send(server.addr, "gone7@any.test", "here@any.test") == {"gone7@any.test": 551}
    assert [each.recipient for each in server.verify(count=1, code=551)] == ["gone7@any.test"]
    server.verify(count=1, code="2*", stage="mail", sender="a@client.test")


def test_a_rule_can_be_taken_back(server: SmtpServer) -> None:
    """The next in order, or the ordinary answer, stands in its place."""
    rule = server.on("mail").answer("451")
    with pytest.raises(smtplib.SMTPSenderRefused):
        send(server.addr, "b@any.test")
    rule.remove()
    assert send(server.addr, "b@any.test") == {}
    server.check()  # a rule that was taken back is not missed


def test_a_reply_may_have_a_text_of_its_own(server: SmtpServer) -> None:
    """Line by line (RFC 5321 §4.2.1)."""
    server.on("rcpt").answer("550 5.7.1", text="Not you.\nNot today.")
    assert send(server.addr, "b@any.test") == {"b@any.test": 550}
    assert server.find(code=550)[0].response == b"550-5.7.1 Not you.\r\n550 5.7.1 Not today.\r\n"


def test_causes_and_keys_go_with_a_rule(server: SmtpServer) -> None:
    """Greylisting by recipient (RFC 6647 §2), and a count for each recipient."""
    server.on("rcpt", domain="grey.test").answer("451 4.7.1", greylist={"wait": "1h", "by": ["recipient"]})
    server.on("rcpt", domain="each.test").answer("450 x1 ~ pass", key="recipient")
    assert send(server.addr, "a@grey.test") == {"a@grey.test": 451}
    both = ("a@each.test", "b@each.test")
    assert [send(server.addr, *both) for _ in range(2)] == [dict.fromkeys(both, 450), {}]


def test_messages_are_parsed(server: SmtpServer) -> None:
    """Envelope, octets, and the message as the standard library reads it (RFC 5322, RFC 2047)."""
    text = "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nTo: b@any.test\r\n\r\n.dot\r\n"
    assert send(server.addr, "b@any.test", "c@any.test", text=text) == {}
    [message] = server.messages
    assert_type(message, Message)
    assert (message.sender, message.recipients) == ("a@client.test", ("b@any.test", "c@any.test"))
    assert message.content.endswith(b"\r\n\r\n.dot\r\n")
    assert (message.subject, message.text.strip()) == ("Grüße", ".dot")
    assert message.parsed["To"].addresses[0].addr_spec == "b@any.test"


@pytest.mark.parametrize(
    ("content", "subject", "text"),
    [
        (b"", "", ""),
        (b"Subject: a\r\n b\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xc3\xa9", "a b", "é"),
        (b"Subject: =?nope?q?=ff?=\r\nContent-Type: ;;;\r\n\r\nx", "=?nope?q?=ff?=", "x"),
        (b"Content-Type: text/html\r\n\r\n<p>", "", ""),
        (b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nfirst\r\n--b--\r\n', "", "first"),
    ],
    ids=["nothing", "unknown charset", "malformed", "only HTML", "parts"],
)
def test_messages_are_read_as_far_as_they_can_be(content: bytes, subject: str, text: str) -> None:
    """What mailers send is not always what it should be; a test hears of that from its own checks."""
    message = Message(1, 0, 1, "", (), content, "")
    assert (message.subject, message.text) == (subject, text)


def test_exchanges_are_typed(server: SmtpServer) -> None:
    """Who checks types sees what there is (PEP 561)."""
    assert_type(server.on("rcpt").answer("250"), Answering)
    send(server.addr, "b@any.test")
    assert_type(server.exchanges, list[SmtpExchange])
    first, second = server.exchanges[:2]
    assert (first.stage, first.code, first.number) == ("connect", "220", 1)
    assert (second.stage, second.helo[:1]) == ("ehlo", "[")
    assert_type(server.addr, tuple[str, int])
    assert server.url == f"smtp://{server.host}:{server.port}"


def test_starttls() -> None:
    """RFC 3207: offered, taken, and the CA of the server is enough to trust it."""
    with statuary.smtp(tls="starttls") as server, smtplib.SMTP(*server.addr) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        client.starttls(context=server.client_context())
        assert client.sendmail("a@client.test", ["b@any.test"], b"\r\n") == {}
        assert server.messages[0].recipients == ("b@any.test",)


def test_implicit_tls() -> None:
    """RFC 8314 §3: encrypted from the start."""
    with (
        statuary.smtp(tls="implicit") as server,
        smtplib.SMTP_SSL(*server.addr, context=server.client_context()) as client,
    ):
        assert client.noop()[0] == 250
        assert server.url.startswith("smtps://")
        assert server.ca_file.is_file()
    with pytest.raises(RuntimeError, match="its certificates are gone with it"):
        server.client_context()


def test_a_mock_without_tls_has_no_ca_file(server: SmtpServer) -> None:
    with pytest.raises(RuntimeError, match="ask for a mock with tls"):
        server.ca_file  # noqa: B018


def test_lmtp_replies_for_each_recipient() -> None:
    """RFC 2033 §4.2: after the final dot, one reply for each."""
    with statuary.smtp(lmtp=True) as server, smtplib.LMTP(*server.addr) as client:
        server.on("message", recipient="b@any.test").answer("452")
        client.ehlo()
        client.mail("a@client.test")
        client.rcpt("b@any.test")
        client.rcpt("c@any.test")
        assert client.data(b"Subject: x\r\n\r\n")[0] == 452
        assert client.getreply()[0] == 250
        assert server.messages[0].recipients == ("c@any.test",)


def test_addresses_and_rule_files_answer_too(tmp_path: Path) -> None:
    """What ``statuary serve`` understands, the mock in a test understands."""
    rules = tmp_path / "shop.toml"
    rules.write_text('[[rule]]\nprotocol = "smtp"\nstage = "rcpt"\nmatch = { recipient = "c@*" }\nanswer = "550"\n')
    with statuary.smtp(rules=[rules], dialects=["ses"], hostname="mx.shop.test") as server:
        wanted = {"rcpt452@any.test": 452, "c@any.test": 550, "bounce@simulator.amazonses.com": 550}
        found = send(server.addr, "rcpt452@any.test", "c@any.test", "b@any.test")
        assert found == {name: wanted[name] for name in ("rcpt452@any.test", "c@any.test")}
        assert b"mx.shop.test" in server.exchanges[0].response
        assert server.find(code=550)[0].rule == "shop#1"


def test_the_same_seed_replays_the_sequence() -> None:
    """A sequence, not one decision repeated; another seed draws another."""

    def drawn(seed: int) -> list[str]:
        with statuary.smtp(seed=seed) as server:
            server.on("rcpt").answer("250:0.5,450:0.5")
            for _ in range(20):
                send(server.addr, "b@any.test")
            return [each.code for each in server.find(stage="rcpt")]

    first = drawn(7)
    assert set(first) == {"250", "450"}
    assert drawn(7) == first
    assert drawn(8) != first


def test_the_environment_gives_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument goes before ``STATUARY_SEED``; what is no seed is an error."""
    monkeypatch.setenv("STATUARY_SEED", "42")
    assert statuary.smtp().seed == 42
    assert statuary.smtp(seed=1).seed == 1
    monkeypatch.setenv("STATUARY_SEED", "4x2")
    with pytest.raises(ValueError, match="STATUARY_SEED: '4x2' is no whole number"):
        statuary.smtp()


def test_clear_makes_it_as_new(server: SmtpServer) -> None:
    """Rules, counts, exchanges and mail go; what is asked for stays."""
    rule = server.on("rcpt", recipient="b@*").answer("450 x1 ~ pass")
    send(server.addr, "b@any.test", "c@any.test")
    server.clear(keep_rules=True)
    assert (server.exchanges, server.messages, rule.asked) == ([], [], 0)
    assert send(server.addr, "b@any.test", "c@any.test") == {"b@any.test": 450}
    server.clear()
    assert send(server.addr, "b@any.test") == {}
    assert server.exchanges[0].stage == "connect"
    server.check()  # the former rule is not missed
    server.on("mail").answer("451", window={"messages": 1, "seconds": "1h"})
    assert send(server.addr, "b@any.test") == {}
    with pytest.raises(smtplib.SMTPSenderRefused):
        send(server.addr, "b@any.test")
    server.clear(keep_rules=True)  # a cause forgets as well
    assert send(server.addr, "b@any.test") == {}


def test_wrong_rules_name_the_mend(server: SmtpServer) -> None:
    """An unknown stage, field or code is an error where it is written, and no rule that never answers."""
    with pytest.raises(RuleError, match=r"no stage 'recpt' in smtp: use one of|no stage 'recpt'"):
        server.on("recpt").answer("452")
    with pytest.raises(RuleError, match="no field 'colour' in smtp"):
        server.on("rcpt", colour="red").answer("452")  # type: ignore[call-arg]
    with pytest.raises(RuleError, match="no field 'colour' in smtp"):
        server.find(colour="red")  # type: ignore[call-arg]
    with pytest.raises(RuleError, match="no stage 'recpt'"):
        server.verify(stage="recpt", count=0)
    with pytest.raises(RuleError, match="character 3"):
        server.on("rcpt").answer("45x")
    with pytest.raises(ValueError, match="tls is 'starttls', 'implicit' or None"):
        statuary.smtp(tls="yes")  # type: ignore[arg-type]
    assert send(server.addr, "b@any.test") == {}


def test_a_port_in_use_is_a_clear_error(server: SmtpServer) -> None:
    with pytest.raises(ServeError, match=f"port {server.port} on 127.0.0.1 is in use"):
        statuary.smtp(port=server.port).start()
    assert send(server.addr, "b@any.test") == {}


def test_it_can_be_read_when_it_has_stopped(server: SmtpServer) -> None:
    """The port is closed, the journal stays; a second stop does nothing."""
    send(server.addr, "b@any.test")
    server.stop()
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.addr, timeout=5)
    assert server.verify(count=1, stage="message")[0].code == "250"
    assert server.messages[0].sender == "a@client.test"
    with pytest.raises(RuntimeError, match="has stopped"):
        server.wait_for(stage="quit")


def test_it_can_be_started_again(server: SmtpServer) -> None:
    """Anew, with an empty journal; twice at once is refused."""
    send(server.addr, "b@any.test")
    with pytest.raises(RuntimeError, match="runs already"):
        server.start()
    server.stop()
    server.start()
    assert server.exchanges == []
    with pytest.raises(RuntimeError, match="does not run yet"):
        statuary.smtp().exchanges  # noqa: B018
