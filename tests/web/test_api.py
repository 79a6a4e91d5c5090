"""The API: what it gives, and the one shape of its errors."""

from __future__ import annotations

from typing import Any

import pytest

from statuary.serve.journal import Exchange, MemoryJournal
from statuary.serve.mailbox import Message
from tests.web.client import Client


def exchange(number: int = 1, protocol: str = "smtp") -> Exchange:
    return Exchange(
        1700000000.5, protocol, 1, "127.0.0.1:5", "rcpt", b"RCPT TO:<a>\r\n", b"\xff\x00\r\n", str(100 + number)
    )


def test_journal_after_and_limit(client: Client) -> None:
    journal = client.shared.journal
    for number in range(1, 6):
        journal.add(exchange(number, "http" if number % 2 else "smtp"))
    data = client.get("/api/journal?after=2&limit=2").json()
    assert (data["total"], data["dropped"]) == (5, 0)
    assert [item["number"] for item in data["exchanges"]] == [3, 4]
    assert data["exchanges"][0]["response"] == "\xff\x00\r\n"
    data = client.get("/api/journal?protocol=smtp").json()
    assert [item["number"] for item in data["exchanges"]] == [2, 4]


def test_journal_states_what_it_dropped(client: Client) -> None:
    client.shared.journal = MemoryJournal(max_exchanges=2)
    for number in range(5):
        client.shared.journal.add(exchange(number))
    data = client.get("/api/journal").json()
    assert (data["total"], data["dropped"], len(data["exchanges"])) == (5, 3, 2)


def test_clearing_the_journal_keeps_its_numbers(client: Client) -> None:
    client.shared.journal.add(exchange())
    assert client.request("DELETE", "/api/journal").json() == {"cleared": 1, "total": 1}
    assert client.get("/api/journal").json() == {"total": 1, "dropped": 1, "exchanges": []}


def test_messages(client: Client) -> None:
    client.shared.mailbox.add(Message(0.0, 1, "a@b.test", ("c@d.test",), b"Subject: x\r\n\r\n\xe9"))
    data = client.get("/api/messages").json()
    assert data["messages"][0]["recipients"] == ["c@d.test"]
    assert data["messages"][0]["content"].endswith("\xe9")


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/api/journal?after=x", "after"),
        ("/api/journal?after=-1", "after"),
        ("/api/journal?limit=100000", "limit"),
        ("/api/journal?limit=", "limit"),
        ("/api/journal?protocol=nope", "protocol"),
        ("/api/journal/stream?after=x", "after"),
        ("/api/messages?limit=1e3", "limit"),
    ],
)
def test_bad_parameter_is_named(client: Client, path: str, parameter: str) -> None:
    response = client.get(path)
    assert response.status_code == 400
    data: dict[str, Any] = response.json()
    assert data["error"] == "bad_parameter"
    assert data["detail"]["parameter"] == parameter
    assert data["detail"]["expected"]


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/api/nope", 404, "not_found"),
        ("GET", "/api/smtp/452", 404, "not_found"),
        ("GET", "/api/", 404, "not_found"),
        ("POST", "/api/journal", 405, "method_not_allowed"),
        ("PUT", "/api/messages", 405, "method_not_allowed"),
        ("GET", "/api/run", 405, "method_not_allowed"),
    ],
)
def test_errors_have_one_shape(client: Client, method: str, path: str, status: int, slug: str) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    data = response.json()
    assert data["error"] == slug
    assert isinstance(data["message"], str)
    assert set(data) <= {"error", "message", "detail"}


def test_what_is_only_written_says_how(client: Client) -> None:
    """A method that is not allowed names those that are (RFC 9110 §15.5.6)."""
    assert client.get("/api/run").headers["allow"] == "POST"


def test_private_answers_are_not_stored(client: Client) -> None:
    assert client.get("/api/journal").headers["cache-control"] == "no-store"
