"""The SMTP mock, met by clients that others wrote: swaks, smtplib, curl, nodemailer."""

from __future__ import annotations

import json
import smtplib
import subprocess
import urllib.request
import uuid
from typing import Any

import pytest
from tests.conftest import ROOT, Serving, require

MESSAGE = "Subject: Hello\r\n\r\nHello.\r\n"


def messages(server: Serving, recipient: str) -> list[dict[str, Any]]:
    """The kept messages that went to a recipient."""
    with urllib.request.urlopen(f"{server.site}/api/messages") as response:
        kept = json.load(response)["messages"]
    return [message for message in kept if recipient in message["recipients"]]


def tagged(local_part: str) -> str:
    """An address whose counts nobody else shares."""
    return f"{local_part}+{uuid.uuid4().hex[:8]}@any.test"


def test_swaks_meets_452_twice_and_then_250(server: Serving) -> None:
    """The line of the README, three times (RFC 5321 §4.2.1: a client tries again after 4yz)."""
    swaks = require("swaks")
    address = tagged("rcpt452_4.2.2x2")
    answers = []
    for _ in range(3):
        run = subprocess.run(
            [swaks, "--server", f"127.0.0.1:{server.smtp_port}", "--to", address, "--from", "a@client.example"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        lines = run.stdout.split("\n")
        place = next(number for number, line in enumerate(lines) if "RCPT TO" in line)
        answers.append((lines[place + 1].lstrip("<*- ")[:9], run.returncode))
    assert answers == [("452 4.2.2", 24), ("452 4.2.2", 24), ("250 2.1.5", 0)]
    assert len(messages(server, address)) == 1


def test_smtplib_meets_452_twice_and_then_250(server: Serving) -> None:
    """smtplib reports each refused recipient with code and text."""
    address = tagged("rcpt452_4.2.2x2")
    for _ in range(2):
        with (
            smtplib.SMTP("127.0.0.1", server.smtp_port) as client,
            pytest.raises(smtplib.SMTPRecipientsRefused) as refused,
        ):
            client.sendmail("a@client.example", [address], MESSAGE)
        code, text = refused.value.recipients[address]
        assert (code, text[:5]) == (452, b"4.2.2")
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
        assert client.sendmail("a@client.example", [address], MESSAGE) == {}


def test_curl_meets_452_twice_and_then_250(server: Serving) -> None:
    """curl exits with 55 or 67 where a recipient is refused, and with 0 where mail is accepted."""
    curl = require("curl")
    address = tagged("rcpt452_4.2.2x2")
    command = [curl, "-sv", f"smtp://127.0.0.1:{server.smtp_port}", "--mail-from", "a@client.example"]
    answers = []
    for _ in range(3):
        run = subprocess.run(
            [*command, "--mail-rcpt", address, "-T", "-"],
            input=MESSAGE,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        answers.append(("< 452 4.2.2" in run.stderr, run.returncode == 0))
    assert answers == [(True, False), (True, False), (False, True)]


def test_nodemailer_meets_452_twice_and_then_250(server: Serving) -> None:
    """nodemailer gives responseCode and response of the refused recipient."""
    node = require("node")
    address = tagged("rcpt452_4.2.2x2")
    run = subprocess.run(
        [node, "send.js", str(server.smtp_port), address, "3"],
        cwd=ROOT / "tests" / "node",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    first, second, third = (json.loads(line) for line in run.stdout.splitlines())
    assert first["code"] == second["code"] == 452
    assert first["response"].startswith("452 4.2.2 ")
    assert third["accepted"] == [address]


def test_mixed_recipients_keep_one_message_for_the_accepted_one(server: Serving) -> None:
    """One recipient refused with 551 5.1.6, one accepted: the transaction goes on (RFC 5321 §3.3)."""
    refused, accepted = tagged("rcpt551_5.1.6"), f"anna-{uuid.uuid4().hex[:8]}@any.test"
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
        failures = client.sendmail("a@client.example", [refused, accepted], MESSAGE)
    assert list(failures) == [refused]
    code, text = failures[refused]
    assert code == 551
    assert text.startswith(b"5.1.6 ")
    assert b"<" in text, "551 names the forward path in its text (RFC 5321 §4.2)"
    kept = messages(server, accepted)
    assert [message["recipients"] for message in kept] == [[accepted]]
    assert messages(server, refused) == []


def test_smtplib_meets_a_refusal_at_data(server: Serving) -> None:
    """DATA has an answer of its own in place of 354 (RFC 5321 §4.3.2)."""
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
        client.ehlo()
        client.mail("a@client.example")
        assert client.rcpt("data451@any.test")[0] == 250
        with pytest.raises(smtplib.SMTPDataError) as error:
            client.data(MESSAGE)
        assert error.value.smtp_code == 451


@pytest.mark.parametrize(("script", "code"), [("message554", 554), ("message452_4.3.1", 452)])
def test_smtplib_meets_a_refusal_after_the_final_dot(server: Serving, script: str, code: int) -> None:
    """The message was sent, and is not kept."""
    address = tagged(script)
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
        client.ehlo()
        client.mail("a@client.example")
        assert client.rcpt(address)[0] == 250
        assert client.data(MESSAGE)[0] == code
    assert messages(server, address) == []


def test_the_sender_speaks_for_the_mail_stage_and_421_closes(server: Serving) -> None:
    """A server that says 421 closes the channel (RFC 5321 §3.8)."""
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
        client.ehlo()
        assert client.mail("mail421-close@any.test")[0] == 421
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()


def test_a_bad_script_is_refused_with_its_place(server: Serving) -> None:
    """The reply names the character; nothing of the address is echoed that could end a line."""
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
        client.ehlo()
        client.mail("a@client.example")
        code, text = client.rcpt("rcpt452_9.9@any.test")
        assert code == 553
        assert b"character 5" in text
        assert client.rcpt("data2024@any.test")[0] == 250


def test_eight_bit_and_utf8_senders_are_taken(server: Serving) -> None:
    """8BITMIME and SMTPUTF8 are offered and work (RFC 6152, RFC 6531)."""
    address = f"anna-{uuid.uuid4().hex[:8]}@any.test"
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
        client.ehlo()
        assert client.has_extn("8bitmime")
        assert client.has_extn("smtputf8")
        assert client.has_extn("pipelining")
        content = "Subject: Grüße\r\n\r\n日本語\r\n".encode()
        client.sendmail("jürgen@client.example", [address], content, mail_options=["SMTPUTF8", "BODY=8BITMIME"])
    assert messages(server, address)[0]["content"].encode("latin-1") == content


def test_help_vrfy_and_expn_answer_as_the_catalogue_has_it(server: Serving) -> None:
    """HELP answers 214, not 250 (RFC 5321 §4.3.2)."""
    with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
        client.ehlo()
        assert client.docmd("HELP")[0] == 214
        assert client.docmd("VRFY", "anna")[0] == 252
        assert client.docmd("EXPN", "list")[0] == 502
        assert client.docmd("BDAT", "0 LAST")[0] in (502, 503)
        assert client.docmd("FOO")[0] == 500
        assert client.docmd("RCPT", "TO:<a@any.test>")[0] == 503


def test_recipients_speak_in_their_order_until_one_does_not_pass(server: Serving) -> None:
    """A script that is used up leaves the word to the next recipient's; each keeps its own count."""
    once, always = tagged("message451x1"), tagged("message554")
    codes = []
    for _ in range(3):
        with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=10) as client:
            client.ehlo()
            client.mail("a@client.example")
            assert [client.rcpt(address)[0] for address in (once, always, once)] == [250, 250, 250]
            codes.append(client.data(MESSAGE)[0])
    assert codes == [451, 554, 554]
    assert messages(server, always) == []
