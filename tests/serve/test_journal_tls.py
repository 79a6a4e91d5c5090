"""The journal knows what went through TLS, and exports name the scheme that was asked for."""

from __future__ import annotations

import json
import smtplib
import subprocess
import urllib.request
import uuid
from typing import Any

import pytest
from tests.conftest import Serving, require
from tests.serve.test_smtp_tls import trust


def fetch(server: Serving, path: str) -> Any:
    with urllib.request.urlopen(f"{server.site}{path}", timeout=10) as response:
        return json.load(response)


@pytest.mark.parametrize(("name", "option"), [("https", "--http1.1"), ("https", "--http2"), ("http", "--http1.1")])
def test_requests(server: Serving, name: str, option: str) -> None:
    """An archive and WireMock's requests give the address that the client asked for; twice, as the second is known."""
    key = uuid.uuid4().hex
    url = f"{name}://localhost:{server.ports[name]}/status/204?key={key}"
    curl = [require("curl"), "-sS", option, "--cacert", server.ca_file, "-w", "%{http_code}", url, url]
    assert subprocess.run(curl, capture_output=True, text=True, timeout=30, check=True).stdout == "204204"
    exchanges = fetch(server, f"/api/journal?key={key}")["exchanges"]
    assert [each["tls"] for each in exchanges] == [name == "https"] * 2
    entries = fetch(server, f"/api/journal/export?format=har&key={key}")["log"]["entries"]
    assert [entry["request"]["url"] for entry in entries] == [url, url]
    served = [each["request"]["absoluteUrl"] for each in fetch(server, "/__admin/requests")["requests"]]
    assert served.count(url) == 2


def test_dialogues(server: Serving) -> None:
    """Up to the reply to STARTTLS the dialogue is plain, after it not; inside TLS from the start all of it is."""
    key = uuid.uuid4().hex
    hello, recipient = f"key-{key}.client.example", "user@any.test"
    with smtplib.SMTP("localhost", server.ports["submission"], hello, timeout=10) as client:
        client.starttls(context=trust(server))
        client.sendmail("a@b.test", recipient, "Subject: Hi\r\n\r\nHi")
    with smtplib.SMTP_SSL("localhost", server.ports["smtps"], hello, timeout=10, context=trust(server)) as inside:
        inside.sendmail("a@b.test", recipient, "Subject: Hi\r\n\r\nHi")
    seen = [(each["stage"], each["tls"]) for each in fetch(server, f"/api/journal?key={key}")["exchanges"]]
    begun = [("connect", False), ("ehlo", False), ("starttls", False)]
    delivery = [(stage, True) for stage in ("ehlo", "mail", "rcpt", "data", "message", "quit")]
    assert seen == [*begun, *delivery, ("connect", True), *delivery]
