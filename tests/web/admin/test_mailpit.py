"""A published client of Mailpit's API against our server: messages, search, chaos."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import httpx
import pytest
from pytest_mailpit import Chaos, ChaosTrigger, ChaosTriggers, MailpitAPIError, MailpitClient

from statuary.errors import RuleError
from statuary.web.admin.chaos import Trigger, read_environment
from tests.conftest import Serving, start_server, stop_server


@pytest.fixture
def client(serving: Serving, api: httpx.Client) -> Iterator[MailpitClient]:
    """The client, and a server that has forgotten everything."""
    with MailpitClient(serving.site) as made:
        yield made


def mail(serving: Serving, to: str = "ann@example.test", subject: str = "Grüße", **more: str) -> EmailMessage:
    """Send a message of text, HTML and an attachment."""
    message = EmailMessage()
    message["From"] = "Shop <shop@example.test>"
    message["To"] = f"Ann <{to}>"
    message["Subject"] = subject
    message["Message-ID"] = "<one@example.test>"
    message["Date"] = "Sat, 21 Nov 2026 09:00:00 +0000"
    for name, value in more.items():
        message[name.replace("_", "-")] = value
    message.set_content("Your code is 4711.")
    message.add_alternative('<p>Your <a href="https://example.test/x">code</a></p>', subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")
    with smtplib.SMTP("127.0.0.1", serving.smtp_port) as smtp:
        smtp.send_message(message, to_addrs=[to, "hidden@example.test"])
    return message


def test_message_is_taken_apart(serving: Serving, client: MailpitClient) -> None:
    """Addresses, subject, texts, attachment, the octets; recipients that no field names are Bcc."""
    mail(serving)
    assert client.is_ready()
    assert client.messages().total == 1
    assert client.messages().unread == 1
    found = client.get_message()
    assert found.subject == "Grüße"
    assert str(found.sender) == "Shop <shop@example.test>"
    assert [str(each) for each in found.to] == ["Ann <ann@example.test>"]
    assert [each.address for each in found.bcc] == ["hidden@example.test"]
    assert (found.message_id, found.date.isoformat()) == ("one@example.test", "2026-11-21T09:00:00+00:00")
    assert found.code() == "4711"
    assert "https://example.test/x" in found.html
    attachment = found.attachment("bill.pdf")
    assert client.get_attachment(attachment) == b"%PDF"
    assert b"Message-ID: <one@example.test>" in client.get_raw(found.id)
    assert client.get_headers(found.id)["Message-Id" if "Message-Id" in client.get_headers(found.id) else "Message-ID"]
    assert client.messages().unread == 0
    assert client.info().messages == 1


def test_search_waits_and_tags(serving: Serving, client: MailpitClient) -> None:
    """The client's own waiting rests on our search."""
    mail(serving, subject="First")
    mail(serving, "bob@example.test", subject="Second one")
    assert client.wait_for_message(recipient="bob@example.test", timeout=5).subject == "Second one"
    assert [each.subject for each in client.search('subject:"second one"').messages] == ["Second one"]
    assert [each.subject for each in client.search("4711 -to:bob@example.test").messages] == ["First"]
    assert client.search("is:unread has:attachment").messages_count in (1, 2)
    first = client.search("to:ann@example").messages[0]
    client.set_tags([first.id], ["urgent"])
    assert [each.id for each in client.search("tag:urgent").messages] == [first.id]
    with pytest.raises(MailpitAPIError, match="before"):
        client.search("before:2020-01-01")
    client.delete_search("to:bob")
    assert client.messages().total == 1
    client.delete_messages([first.id])
    assert client.messages().total == 0


def test_chaos_refuses_on_the_wire(serving: Serving, client: MailpitClient, api: httpx.Client) -> None:
    """Each trigger at its stage, with its code; the triggers are rules that can be seen."""
    chaos = Chaos(client)
    chaos.reject_recipients(452)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        mail(serving)
    assert refused.value.recipients["ann@example.test"][0] == 452
    chaos.reject_senders(550)
    with pytest.raises(smtplib.SMTPSenderRefused) as refused_sender:
        mail(serving)
    assert refused_sender.value.smtp_code == 550
    assert [each["rule"]["answer"] for each in api.get("/api/rules").json()["rules"]] == ["550", "452"]
    chaos.reset()
    mail(serving)
    assert client.messages().total == 1


def test_probability_is_drawn_with_the_seed(serving: Serving, client: MailpitClient, api: httpx.Client) -> None:
    """Half of the recipients are refused, and the same seed refuses the same ones."""

    def refused() -> list[int]:
        with smtplib.SMTP("127.0.0.1", serving.smtp_port) as smtp:
            smtp.helo("client.example")
            smtp.mail("a@b.test")
            return [smtp.rcpt(f"u{number}@example.test")[0] for number in range(40)]

    client.set_chaos(ChaosTriggers(recipient=ChaosTrigger(451, 50)))
    api.put("/api/seed", json={"seed": 5})
    first = refused()
    assert set(first) == {250, 451}
    api.put("/api/seed", json={"seed": 5})
    assert refused() == first
    assert client.chaos().recipient == ChaosTrigger(451, 50)


@pytest.mark.parametrize(
    "body",
    [
        {"Sender": {"ErrorCode": 399, "Probability": 1}},
        {"Sender": {"ErrorCode": 600, "Probability": 1}},
        {"Sender": {"ErrorCode": 450, "Probability": 101}},
        {"Sender": {"ErrorCode": "450"}},
        {"Sender": []},
        {"Sender": 5},
        {"Colour": {}},
    ],
)
def test_wrong_triggers_are_refused(api: httpx.Client, body: object) -> None:
    """And nothing changes."""
    if body == {"Sender": []}:
        assert api.put("/api/v1/chaos", json=body).status_code == 200  # an empty list is no trigger
        return
    assert api.put("/api/v1/chaos", json=body).status_code == 400
    assert api.get("/api/rules").json()["total"] == 0


def test_environment_variable() -> None:
    """MP_CHAOS_TRIGGERS as Mailpit reads it."""
    assert read_environment("Sender:451:50, Recipient:550:100") == {
        "Sender": Trigger(451, 50),
        "Recipient": Trigger(550, 100),
    }
    for wrong in ("Sender", "Sender:451", "Sender:abc:1", "Sender:399:1", "Nobody:451:1", "Sender:451:101"):
        with pytest.raises(RuleError):
            read_environment(wrong)


def test_environment_variable_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The triggers work from the first connection on."""
    monkeypatch.setenv("MP_CHAOS_TRIGGERS", "Recipient:450:100")
    started = start_server()
    try:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            mail(started.serving)
    finally:
        assert stop_server(started) == 0
