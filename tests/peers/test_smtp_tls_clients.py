"""TLS, AUTH, LMTP, PRDR and CHUNKING, met by clients that others wrote: swaks, smtplib, curl, nodemailer, openssl."""

from __future__ import annotations

import json
import smtplib
import ssl
import subprocess
import uuid
from typing import Any

import pytest
from tests.conftest import ROOT, Serving, require

MESSAGE = "Subject: Hello\r\n\r\nHello.\r\n"


def trust(server: Serving) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file)


def run(*command: str, text: str = "") -> tuple[int, str]:
    """Exit code, and all that a program said."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def node(server: Serving, to: str, **options: object) -> dict[str, Any]:
    """What nodemailer made of a message."""
    require("node")
    script = [require("node"), "deliver.js", json.dumps(options), to]
    done = subprocess.run(script, cwd=ROOT / "tests" / "node", capture_output=True, text=True, timeout=60, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_smtplib_starts_tls_and_logs_in(server: Serving) -> None:
    with smtplib.SMTP("localhost", server.ports["submission"], timeout=10) as client:
        client.starttls(context=trust(server))
        assert client.login("anna", "secret")[0] == 235
        assert client.sendmail("a@c.example", ["b@any.test"], MESSAGE) == {}


@pytest.mark.parametrize("method", ["auth_plain", "auth_login", "auth_cram_md5"])
def test_smtplib_is_refused_by_each_mechanism(server: Serving, method: str) -> None:
    """535 ends the exchange; the session goes on (RFC 4954 §4)."""
    with smtplib.SMTP_SSL("localhost", server.ports["smtps"], context=trust(server), timeout=10) as client:
        client.ehlo()
        client.user, client.password = f"auth535_5.7.8+{uuid.uuid4().hex[:8]}@any.test", "secret"
        mechanism = method[5:].upper().replace("_", "-")
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.auth(mechanism, getattr(client, method))
        assert refused.value.smtp_code == 535
        assert client.noop()[0] == 250


def test_smtplib_meets_a_reply_for_each_recipient(server: Serving) -> None:
    """LMTP, one reply for each after the dot (RFC 2033 §4.2)."""
    with smtplib.LMTP("127.0.0.1", server.ports["lmtp"], timeout=10) as client:
        client.ehlo("c.example")
        client.mail("a@c.example")
        for address in ("a@any.test", "message452_4.2.2@any.test", "message550@any.test"):
            assert client.rcpt(address)[0] == 250
        assert client.data(MESSAGE)[0] == 250
        assert [client.getreply()[0] for _ in range(2)] == [452, 550]
        assert client.noop()[0] == 250


def test_swaks_verifies_the_certificate_and_logs_in(server: Serving) -> None:
    swaks = require("swaks")
    code, said = run(
        *(swaks, "--server", "localhost", "-p", str(server.ports["submission"]), "--tls", "--tls-verify"),
        *("--tls-ca-path", server.ca_file, "--auth", "CRAM-MD5", "--auth-user", "anna", "--auth-password", "x"),
        *("--to", "b@any.test", "--from", "a@c.example"),
    )
    assert code == 0, said
    assert "<~  235 2.7.0" in said


@pytest.mark.parametrize(("user", "code"), [("auth535", "535"), ("auth454_4.7.0", "454"), ("auth432", "432")])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_swaks_is_refused(server: Serving, mechanism: str, user: str, code: str) -> None:
    swaks = require("swaks")
    status, said = run(
        *(swaks, "--server", f"127.0.0.1:{server.smtp_port}", "--auth", mechanism, "--auth-password", "x"),
        *("--auth-user", f"{user}@any.test", "--to", "b@any.test", "--from", "a@c.example"),
    )
    assert status == 28, said
    assert f"<** {code} " in said


@pytest.mark.parametrize("how", [["--prdr"], ["--protocol", "LMTP"]])
def test_swaks_hears_of_each_recipient(server: Serving, how: list[str]) -> None:
    """PRDR in SMTP, and LMTP: the same refusal for the same recipient."""
    swaks = require("swaks")
    port = server.ports["lmtp"] if "LMTP" in how else server.smtp_port
    _, said = run(
        *(swaks, "--server", "127.0.0.1", "-p", str(port), *how, "--from", "a@c.example"),
        *("--to", "a@any.test,message452_4.2.2@any.test"),
    )
    after = said.partition(" .\n")[2].splitlines()
    expected = ["250 2.0.0", "452 4.2.2"]
    if how == ["--prdr"]:
        assert after[0].lstrip("<-~* ").startswith("353 ")
        expected.append("250 2.0.0")
        after = after[1:]
    assert [line.lstrip("<-~* ")[:9] for line in after[: len(expected)]] == expected


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_curl_sends_through_tls(server: Serving, scheme: str) -> None:
    """STARTTLS required, or TLS from the start; without the authority's file curl refuses (exit code 60)."""
    curl = require("curl")
    port = server.ports["smtps" if scheme == "smtps" else "submission"]
    command = [curl, "-sv", "--ssl-reqd", f"{scheme}://localhost:{port}", "--mail-from", "a@c.example"]
    command += ["--mail-rcpt", "b@any.test", "-T", "-"]
    code, said = run(*command, "--cacert", server.ca_file, "-u", "anna:secret", text=MESSAGE)
    assert code == 0, said
    assert "< 235 2.7.0" in said
    assert run(*command, text=MESSAGE)[0] == 60


def test_nodemailer_through_both_kinds_of_tls(server: Serving) -> None:
    """With the authority's file it sends; without it STARTTLS fails, and the plain port still serves."""
    login = {"auth": {"user": "anna", "pass": "secret"}, "caFile": server.ca_file}
    port = server.ports["submission"]
    assert node(server, "b@any.test", port=port, requireTLS=True, **login)["accepted"] == ["b@any.test"]
    assert node(server, "b@any.test", port=server.ports["smtps"], secure=True, **login)["accepted"] == ["b@any.test"]
    assert node(server, "b@any.test", port=port)["error"] == "ESOCKET"
    assert node(server, "b@any.test", port=server.smtp_port)["accepted"] == ["b@any.test"]


def test_nodemailer_logs_in_with_xoauth2_and_is_refused(server: Serving) -> None:
    """The challenge that says why, an empty line, then 535."""
    user = f"auth535_5.7.8+{uuid.uuid4().hex[:8]}@any.test"
    auth = {"type": "OAuth2", "user": user, "accessToken": "t0ken"}
    result = node(server, "b@any.test", port=server.ports["smtps"], secure=True, auth=auth, caFile=server.ca_file)
    assert result["code"] == 535


def test_nodemailer_speaks_lmtp(server: Serving) -> None:
    result = node(server, "b@any.test,message550@any.test", port=server.ports["lmtp"], lmtp=True)
    assert result["accepted"] == ["b@any.test"]
    assert result["rejected"] == ["message550@any.test"]


def test_openssl_starts_tls(server: Serving) -> None:
    """s_client verifies the chain and the name, and speaks on."""
    openssl = require("openssl")
    _, said = run(
        *(openssl, "s_client", "-connect", f"127.0.0.1:{server.ports['submission']}", "-starttls", "smtp"),
        *("-CAfile", server.ca_file, "-verify_return_error", "-verify_hostname", "localhost", "-crlf", "-quiet"),
        text="EHLO c.example\nQUIT\n",
    )
    assert "verify return:1" in said
    assert "221 2.0.0" in said


def test_smtplib_sends_chunks(server: Serving) -> None:
    """RFC 3030 with a binary message: NUL, bare line ends, a dot on a line."""
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=10) as client:
        client.ehlo()
        assert client.has_extn("chunking")
        assert client.has_extn("binarymime")
        assert client.mail("a@c.example", ["BODY=BINARYMIME"])[0] == 250
        assert client.rcpt("b@any.test")[0] == 250
        client.send(b"BDAT 9\r\n\0\r.\r\n.\r\n\n")
        assert client.getreply()[0] == 250
        client.send(b"BDAT 0 LAST\r\n")
        assert client.getreply()[0] == 250
