"""Filters of the journal over the API: any recipient, any protocol, and what a session said before it named its key."""

from __future__ import annotations

import smtplib
import socket
import threading
from typing import Any

import httpx
import pytest

from tests.conftest import Serving

MANY = ["anna@first.test", "bob@second.test", "carol@third.test"]


def deliver(serving: Serving, *recipients: str, helo: str = "client.example", sender: str = "ann@shop.test") -> None:
    """One message to several recipients, and a polite end."""
    with smtplib.SMTP("127.0.0.1", serving.smtp_port, local_hostname=helo, timeout=10) as client:
        client.sendmail(sender, list(recipients), "Subject: Hi\r\n\r\nHello\r\n")


def found(api: httpx.Client, **query: Any) -> list[str]:
    """The stages of the exchanges that a query finds."""
    answer = api.get("/api/journal", params=query)
    assert answer.status_code == 200, answer.text
    return [each["stage"] for each in answer.json()["exchanges"]]


@pytest.mark.parametrize("recipient", MANY)
def test_every_recipient_of_a_transaction_is_found(api: httpx.Client, serving: Serving, recipient: str) -> None:
    """RFC 5321 §3.3: a message has many recipients; list, wait, verify and near misses know each of them."""
    deliver(serving, *MANY)
    assert found(api, recipient=recipient) == ["rcpt", "data", "message"]
    assert found(api, recipient=f"*@{recipient.partition('@')[2]}", stage="message") == ["message"]
    match = {"recipient": recipient.upper(), "domain": recipient.partition("@")[2], "header": {"subject": "Hi"}}
    wanted = {"stage": "message", "match": match}
    assert api.post("/api/journal/wait", json={"filter": wanted, "timeout": 0}).json()["met"] is True
    assert api.post("/api/journal/verify", json={"filter": wanted, "exactly": 1}).json()["ok"] is True
    other = {"stage": "message", "match": {**match, "header": {"subject": "Ho"}}}
    verdict = api.post("/api/journal/verify", json={"filter": other, "exactly": 1}).json()
    nearest = min(verdict["near_misses"], key=lambda miss: len(miss["differences"]))
    assert [each["field"] for each in nearest["differences"]] == ["header.subject"]


def test_recipient_and_domain_are_one_recipients(api: httpx.Client, serving: Serving) -> None:
    """The local part of one and the domain of another make no recipient."""
    deliver(serving, *MANY)
    wanted = {"stage": "message", "match": {"recipient": "anna@*", "domain": "second.test"}}
    assert api.post("/api/journal/verify", json={"filter": wanted, "exactly": 0}).json()["ok"] is True


def test_a_refused_recipient_is_none_of_the_message(api: httpx.Client, serving: Serving) -> None:
    """RFC 5321 §3.3: who was refused gets nothing, so only its RCPT is found."""
    deliver(serving, "rcpt550@any.test", "anna@first.test")
    assert found(api, recipient="rcpt550@any.test") == ["rcpt"]
    assert found(api, recipient="anna@first.test") == ["rcpt", "data", "message"]


def test_filter_without_protocol(api: httpx.Client, mock: httpx.Client, serving: Serving) -> None:
    """The fields tell the protocol; those that all have are asked of all, and those of no protocol are refused."""
    mock.get("/orders/7")
    deliver(serving, "anna@first.test")
    assert found(api, path="/orders/*") == ["request"]
    assert found(api, text="Subject: Hi") == ["message"]
    assert found(api, text="/orders/7 HTTP") == ["request"]

    def count(match: dict[str, Any]) -> int:
        answer = api.post("/api/journal/verify", json={"filter": {"match": match}})
        assert answer.status_code == 200, answer.text
        verdict: int = answer.json()["count"]
        return verdict

    total = api.get("/api/journal").json()["total"] - api.get("/api/journal").json()["dropped"]
    assert count({"ip": "127.0.0.1"}) == total
    assert count({"path": "/orders/7"}) == 1
    assert count({"helo": "client.example", "recipient": "anna@*"}) == 3
    assert count({"header": {"subject": "Hi"}}) == 1
    refused = api.post("/api/journal/verify", json={"filter": {"match": {"path": "/", "helo": "x"}}})
    assert (refused.status_code, refused.json()["error"]) == (400, "bad_rule")
    assert "smtp has sender, recipient" in refused.json()["message"]
    for params in ({"path": "/", "sender": "x"}, {"protocol": "smtp", "path": "/"}, {"protocol": "dns", "path": "/"}):
        assert api.get("/api/journal", params=params).status_code == 400


def test_near_misses_of_a_filter_and_of_any_protocol(api: httpx.Client, mock: httpx.Client, serving: Serving) -> None:
    """Exchanges are held against a filter; an event without a protocol against the rules of all."""
    mock.get("/orders/7")
    deliver(serving, "anna@first.test")
    wanted = {"stage": "rcpt", "match": {"recipient": "anne@first.test"}}
    near = api.post("/api/journal/near-misses", json={"filter": wanted}).json()["near_misses"]
    assert near[0]["differences"] == [{"field": "recipient", "expected": "anne@first.test", "found": "anna@first.test"}]
    near = api.post("/api/journal/near-misses", json={"filter": {"match": {"path": "/orders/8"}}}).json()
    assert near["near_misses"][0]["differences"][0]["found"] == "/orders/7"
    match = {"recipient": "full@x.test"}
    rule = {"protocol": "smtp", "stage": "rcpt", "match": match, "answer": "452", "name": "full"}
    assert api.post("/api/rules", json=rule).status_code in (200, 201)
    near = api.post("/api/journal/near-misses", json={"fields": {"recipient": "ful@x.test"}}).json()["near_misses"]
    assert [(each["rule"], each["differences"][0]["found"]) for each in near] == [("full", "ful@x.test")]


def test_key_finds_the_whole_session(api: httpx.Client, serving: Serving) -> None:
    """Greeting, EHLO and MAIL came before the tag; another test's session, and an untagged message, stay out."""
    deliver(serving, "bob+red@x.test")
    with smtplib.SMTP("127.0.0.1", serving.smtp_port, timeout=10) as client:
        client.sendmail("a@b.test", ["untagged@x.test"], "Subject: One\r\n\r\n")
        client.sendmail("a@b.test", ["first@x.test", "bob+blue@x.test"], "Subject: Two\r\n\r\n")
    session = ["connect", "ehlo", "mail", "rcpt", "rcpt", "data", "message", "quit"]
    assert found(api, key="blue") == session
    assert found(api, key="red") == ["connect", "ehlo", "mail", "rcpt", "data", "message", "quit"]
    assert found(api, key="blue", stage="ehlo") == ["ehlo"]
    assert found(api, key="green") == []
    wanted = {"key": "blue", "stage": "connect"}
    assert api.post("/api/journal/verify", json={"filter": wanted, "exactly": 1}).json()["ok"] is True
    shown = api.post("/api/journal/verify", json={"filter": wanted, "exactly": 9}).json()["transcript"]
    assert "S: 220 " in shown
    assert "untagged" not in shown


def test_wait_sees_a_greeting_once_its_session_names_the_key(api: httpx.Client, serving: Serving) -> None:
    """What came before the key was known counts from the moment at which it is."""
    late = threading.Timer(0.2, lambda: deliver(serving, "bob+late@x.test"))
    late.start()
    wanted = {"key": "late", "stage": "connect"}
    ended = api.post("/api/journal/wait", json={"filter": wanted, "timeout": 9}).json()
    late.join()
    assert (ended["met"], ended["count"], ended["exchanges"][0]["stage"]) == (True, 1, "connect")


def test_name_in_ehlo_isolates_a_session(api: httpx.Client, serving: Serving) -> None:
    """From EHLO on all of the session has the key, without any tag; a rule at EHLO is one test's own."""
    rule = {"protocol": "smtp", "stage": "ehlo", "match": {"key": "blue"}, "answer": "451x1"}
    assert api.post("/api/rules", json=rule).status_code in (200, 201)
    for name, codes in (("key-red.client.example", [250]), ("key-blue.client.example", [451, 250])):
        with smtplib.SMTP("127.0.0.1", serving.smtp_port, timeout=10) as client:
            assert [client.ehlo(name)[0] for _ in codes] == codes
            client.sendmail("a@b.test", ["bob@x.test"], "Subject: Hi\r\n\r\n")
    rest = ["mail", "rcpt", "data", "message", "quit"]
    assert found(api, key="blue") == ["connect", "ehlo", "ehlo", *rest]
    assert found(api, key="red") == ["connect", "ehlo", *rest]
    assert {each["key"] for each in api.get("/api/journal", params={"key": "red"}).json()["exchanges"][1:]} == {"red"}
    assert len(api.get("/api/messages", params={"key": "blue"}).json()["messages"]) == 1


def test_address_and_port_isolate_the_greeting(api: httpx.Client, serving: Serving) -> None:
    """All that a server knows before the client has said anything is where the client calls from."""
    with socket.socket() as client:
        client.bind(("127.0.0.1", 0))
        rules = [
            {"protocol": "smtp", "stage": "connect", "match": {"ip": "127.0.0.77"}, "answer": "554"},
            {"protocol": "smtp", "stage": "connect", "match": {"port": str(client.getsockname()[1])}, "answer": "421"},
        ]
        assert api.post("/api/rules", json={"rules": rules}).status_code in (200, 201)
        client.settimeout(10)
        client.connect(("127.0.0.1", serving.smtp_port))
        assert client.recv(100).startswith(b"421 ")
    with pytest.raises(smtplib.SMTPConnectError):
        smtplib.SMTP("127.0.0.1", serving.smtp_port, source_address=("127.0.0.77", 0), timeout=10)
    with smtplib.SMTP("127.0.0.1", serving.smtp_port, timeout=10) as other:
        assert other.ehlo()[0] == 250
    assert found(api, peer="127.0.0.77") == ["connect"]
    refused = api.post("/api/rules", json={**rules[0], "match": {"key": "blue"}})
    assert "not known at connect (match ip or port)" in refused.json()["message"]
