"""The journal: both directions' octets, bounds, and a word on what was dropped."""

from __future__ import annotations

import smtplib
import socket
import uuid
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Serving

from statuary.serve.journal import EXCHANGE_OVERHEAD_OCTETS, Exchange, MemoryJournal


def exchange(request: bytes = b"", response: bytes = b"") -> Exchange:
    return Exchange(1.5, "smtp", 1, "127.0.0.1:9", "rcpt", request, response, "452", "452x2", 1, 1)


def test_numbers_go_on_when_the_oldest_are_dropped() -> None:
    journal = MemoryJournal(max_exchanges=3)
    for number in range(5):
        journal.add(exchange(str(number).encode()))
    assert (journal.total, len(journal), journal.dropped) == (5, 3, 2)
    first, kept = journal.since(0, 10)
    assert (first, [item.request for item in kept]) == (3, [b"2", b"3", b"4"])
    first, kept = journal.since(4, 10)
    assert (first, [item.request for item in kept]) == (5, [b"4"])
    journal.clear()
    assert (journal.total, len(journal), journal.dropped, journal.octets) == (5, 0, 5, 0)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=60), st.integers(0, 2000))
def test_octets_stay_within_their_limit(sizes: list[tuple[int, int]], limit: int) -> None:
    journal = MemoryJournal(max_exchanges=20, max_octets=limit)
    for request, response in sizes:
        journal.add(exchange(b"r" * request, b"s" * response))
        assert journal.octets <= limit
        assert len(journal) <= 20
        kept = [item for _, item in journal]
        assert journal.octets == sum(len(i.request) + len(i.response) + EXCHANGE_OVERHEAD_OCTETS for i in kept)
        assert journal.dropped == journal.total - len(kept)


def test_listeners_hear_of_each_exchange_until_they_leave() -> None:
    journal = MemoryJournal()
    heard: list[int] = []
    leave = journal.subscribe(lambda: heard.append(journal.total))
    journal.add(exchange())
    leave()
    journal.add(exchange())
    leave()
    assert heard == [1]


def journal_of(server: Serving, needle: str) -> list[dict[str, Any]]:
    """The exchanges of the connection in which a text was sent."""
    with httpx.Client(base_url=server.site) as api:
        found = api.get("/api/journal", params={"text": needle}).json()["exchanges"]
        connections = {item["connection"] for item in found if needle in item["request"]}
        of_each = [api.get("/api/journal", params={"connection": number}).json() for number in sorted(connections)]
    return [item for kept in of_each for item in kept["exchanges"]]


def test_the_journal_keeps_the_octets_of_both_directions(server: Serving) -> None:
    """Each stage with rule, step and count; octets exactly as they were."""
    address = f"rcpt452_4.2.2x2+{uuid.uuid4().hex}@any.test"
    said = [b"EHLO c.example\r\n", b"MAIL FROM:<a@c.example>\r\n", f"RCPT TO:<{address}>\r\n".encode(), b"QUIT\r\n"]
    heard = b""
    with socket.create_connection(("127.0.0.1", server.smtp_port), timeout=10) as connection:
        heard += connection.recv(4096)
        for command in said:
            connection.sendall(command)
            heard += connection.recv(4096)
    exchanges = journal_of(server, address)
    assert [item["stage"] for item in exchanges] == ["connect", "ehlo", "mail", "rcpt", "quit"]
    assert "".join(item["request"] for item in exchanges).encode("latin-1") == b"".join(said)
    assert "".join(item["response"] for item in exchanges).encode("latin-1") == heard
    rcpt = exchanges[3]
    assert (rcpt["code"], rcpt["rule"], rcpt["step"], rcpt["asked"]) == ("452", "452_4.2.2x2", 1, 1)
    assert rcpt["at"].endswith("Z")


def test_http_exchanges_are_kept_with_their_bodies(server: Serving) -> None:
    key = uuid.uuid4().hex
    response = httpx.post(f"{server.http}/status/503x1~200?key={key}", content=b"hello")
    (item,) = journal_of(server, key)
    assert item["request"].startswith(f"POST /status/503x1~200?key={key} HTTP/1.1\r\n")
    assert item["request"].endswith("\r\n\r\nhello")
    assert item["response"].endswith(response.text)
    assert (item["protocol"], item["stage"], item["code"], item["step"]) == ("http", "request", "503", 1)


def say(server: Serving, octets: bytes) -> bytes:
    """Send octets to the HTTP mock, then no more, and give what comes back."""
    heard = b""
    with socket.create_connection(("127.0.0.1", server.http_port), timeout=10) as connection:
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            heard += piece
    return heard


def test_the_interim_answer_to_a_waiting_client_is_kept(server: Serving) -> None:
    """RFC 9110 §10.1.1: 100 (Continue) goes over the wire, so the journal has it; the next exchange has not."""
    key = uuid.uuid4().hex
    post = f"POST /status/200?key={key} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"
    get = f"GET /status/200?key={key} HTTP/1.1\r\nHost: a\r\n\r\n"
    heard = say(server, (post + get).encode())
    exchanges = journal_of(server, key)
    assert [item["request"] for item in exchanges] == [post, get]
    assert exchanges[0]["response"].startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert exchanges[1]["response"].startswith("HTTP/1.1 200 OK\r\n")
    assert "".join(item["response"] for item in exchanges).encode("latin-1") == heard


def test_a_request_that_breaks_off_in_its_body_is_kept(server: Serving) -> None:
    """RFC 9112 §8: what came of it is in the journal beside the 400."""
    sent = f"POST /status/200?key={uuid.uuid4().hex} HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\nabc"
    heard = say(server, sent.encode())
    (item,) = journal_of(server, sent.split()[1])
    assert (item["request"], item["response"].encode("latin-1"), item["code"]) == (sent, heard, "400")


def test_the_journal_says_where_it_cut_something(server: Serving) -> None:
    """A long body or message is kept in part, and the note says so."""
    address = f"{uuid.uuid4().hex}@any.test"
    httpx.post(f"{server.http}/status/200?key={address}", content=b"x" * 100_000)
    (item,) = journal_of(server, f"key={address}")
    assert item["note"] == "its body is cut at 65536 octets here"
    assert len(item["request"].partition("\r\n\r\n")[2]) == 65_536
    with smtplib.SMTP("127.0.0.1", server.smtp_port, timeout=10) as client:
        client.sendmail("a@c.example", [address], b"Subject: x\r\n\r\n" + b"y\r\n" * 40_000)
    (item,) = [item for item in journal_of(server, f"TO:<{address}>") if item["stage"] == "message"]
    assert (item["note"], len(item["request"])) == ("its content is cut at 65536 octets here", 65_536)
