"""The HTTP mock, met by clients that others wrote: curl, httpx, urllib, Node's fetch."""

from __future__ import annotations

import email.utils
import json
import subprocess
import time
import urllib.error
import urllib.request
import uuid

import httpx
import pytest
from tests.conftest import Serving, require, start_server, stop_server


def curl(server: Serving, target: str, *options: str) -> str:
    """What ``curl -i`` prints."""
    run = subprocess.run(
        [require("curl"), "-si", "--max-time", "20", *options, f"{server.http}{target}"],
        capture_output=True,
        timeout=30,
        check=False,
    )
    return run.stdout.decode("latin-1")


def parse(text: str) -> tuple[str, dict[str, str], str]:
    """Status line, fields and body of the last response in what curl printed."""
    head, _, body = text.rpartition("\r\n\r\n") if text.endswith("}") else text.partition("\r\n\r\n")
    head = head.rsplit("\r\n\r\n", 1)[-1]
    status, *lines = head.split("\r\n")
    return status, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, body


def test_curl_shows_507_as_the_seed_document_has_it(server: Serving) -> None:
    """Phrase, JSON, length and date are right (RFC 4918 §11.5)."""
    status, fields, body = parse(curl(server, "/status/507"))
    assert status == "HTTP/1.1 507 Insufficient Storage"
    assert body == '{"error": "insufficient_storage", "message": "Insufficient Storage"}'
    assert fields["content-type"] == "application/json"
    assert int(fields["content-length"]) == len(body.encode()) == 68
    sent = email.utils.parsedate_to_datetime(fields["date"])
    assert abs(sent.timestamp() - time.time()) < 60
    assert fields["date"] == email.utils.format_datetime(sent, usegmt=True), "the weekday fits the date"
    assert fields["statuary-answer"]


@pytest.mark.parametrize(
    ("value", "phrase", "name"),
    [("452", "Insufficient Storage", "insufficient_storage"), ("551", "User Not Local", "user_not_local")],
)
def test_curl_shows_smtp_codes_as_the_seed_documents_have_them(
    server: Serving, value: str, phrase: str, name: str
) -> None:
    """The one error name throughout, and a link to the page that says what SMTP really sends."""
    status, fields, body = parse(curl(server, f"/smtp/{value}"))
    assert status == f"HTTP/1.1 {value} {phrase}"
    assert json.loads(body) == {"error": name, "message": phrase}
    assert int(fields["content-length"]) == len(body)
    assert fields["link"] == f'<{server.site}/en/smtp/{value}>; rel="help"'


def test_a_sequence_is_met_in_order(server: Serving) -> None:
    """503x2~200, thrice and once more: the last step holds."""
    target = f"/status/503x2~200?key={uuid.uuid4().hex}"
    assert [curl(server, target)[9:12] for _ in range(4)] == ["503", "503", "200", "200"]


def test_the_header_keeps_counts_apart(server: Serving) -> None:
    """Two tests in parallel do not see each other's counts."""
    key = uuid.uuid4().hex
    target = f"/status/503x1~200?key={key}"
    assert curl(server, target, "-H", "Statuary-Key: one")[9:12] == "503"
    assert curl(server, target, "-H", "Statuary-Key: two")[9:12] == "503"
    assert curl(server, target, "-H", "Statuary-Key: one")[9:12] == "200"


def test_the_same_seed_replays_the_same_sequence() -> None:
    """Random choices: two servers with one seed, and a third with another."""
    sequences = []
    for seed in ("1234", "1234", "99"):
        started = start_server("--seed", seed)
        with httpx.Client() as client:
            target = f"{started.serving.http}/status/200:0.5,503:0.5"
            sequences.append([client.get(target).status_code for _ in range(40)])
        assert stop_server(started) == 0
    assert sequences[0] == sequences[1]
    assert sequences[0] != sequences[2]
    assert set(sequences[0]) == {200, 503}


def test_103_is_an_interim_answer_before_a_final_one(server: Serving) -> None:
    """RFC 8297 §2; curl shows both and does not hang."""
    text = curl(server, "/status/103")
    assert text.startswith("HTTP/1.1 103 Early Hints\r\nLink: ")
    assert "HTTP/1.1 200 OK\r\n" in text


@pytest.mark.parametrize("value", ["100", "101", "102", "104", "199"])
def test_every_interim_code_is_followed_by_a_final_one(server: Serving, value: str) -> None:
    """RFC 9110 §15.2: a 1xx is never the end; httpx reads on to the final answer."""
    if value != "101":  # httpx, like others, takes an unasked 101 for the end of HTTP
        assert httpx.get(f"{server.http}/status/{value}").status_code == 200
    assert curl(server, f"/status/{value}").count("HTTP/1.1 ") == 2


def test_nobody_waits_after_an_unasked_101(server: Serving) -> None:
    """RFC 9110 §15.2.2: clients read on in the new protocol until the connection ends, so it ends."""
    assert "Connection: close\r\n" in curl(server, "/status/101")
    old = curl(server, "/status/101", "--http1.0")
    assert old.startswith("HTTP/1.1 200 OK\r\n")
    assert old.lower().count("connection: close") == 1


def test_the_mark_cannot_be_replaced(server: Serving) -> None:
    """Every answer of the mock is marked."""
    assert curl(server, "/status/503?header=statuary-answer:x").startswith("HTTP/1.1 400 ")


@pytest.mark.parametrize("value", ["204", "205", "304"])
def test_no_body_where_none_is_allowed(server: Serving, value: str) -> None:
    """RFC 9110 §15.3.5, §15.3.6, §15.4.5."""
    status, fields, body = parse(curl(server, f"/status/{value}"))
    assert status.split()[1] == value
    assert body == ""
    assert fields.get("content-length", "0") == "0"
    assert "content-type" not in fields


def test_codes_outside_the_classes_are_sent(server: Serving) -> None:
    """999 and 600 exist in the wild; clients ought to take them as 5xx (RFC 9110 §15)."""
    assert curl(server, "/status/999").startswith("HTTP/1.1 999 ")
    assert curl(server, "/status/600").startswith("HTTP/1.1 600 ")


@pytest.mark.parametrize(
    "script", ["50", "abc", "503x", "503x0", "1000", "503~", "503,", "200:x", "503-foo", "%00", "503%0d%0aX:1"]
)
def test_a_bad_script_gets_400_with_the_place(server: Serving, script: str) -> None:
    """The body points at the character."""
    status, _, body = parse(curl(server, f"/status/{script}"))
    assert status == "HTTP/1.1 400 Bad Request"
    problem = json.loads(body)
    assert problem["error"] == "bad_script"
    assert 0 <= problem["position"] <= len(problem["script"])
    assert problem["expected"]


@pytest.mark.parametrize(
    ("accept", "media", "holds"),
    [
        ("*/*", "application/json", '{"error": "service_unavailable"'),
        ("application/problem+json", "application/problem+json", '"status": 503'),
        ("text/html,application/xhtml+xml;q=0.9", "text/html; charset=utf-8", "<h1>503 Service Unavailable</h1>"),
        ("text/plain", "text/plain; charset=utf-8", "503 Service Unavailable\n"),
        ("application/json;q=0.1, text/plain;q=0.5", "text/plain; charset=utf-8", "503 Service"),
        ("image/png", "application/json", '{"error"'),
    ],
)
def test_the_body_follows_accept(server: Serving, accept: str, media: str, holds: str) -> None:
    """RFC 9110 §12.5.1, RFC 9457."""
    response = httpx.get(f"{server.http}/status/503", headers={"Accept": accept})
    assert response.headers["content-type"] == media
    assert holds in response.text


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("401", "www-authenticate"),
        ("405", "allow"),
        ("407", "proxy-authenticate"),
        ("426", "upgrade"),
        ("416", "content-range"),
        ("301", "location"),
        ("302", "location"),
        ("303", "location"),
        ("307", "location"),
        ("308", "location"),
        ("429", "retry-after"),
        ("503", "retry-after"),
    ],
)
def test_required_and_usual_headers_are_there(server: Serving, value: str, field: str) -> None:
    """A 401 without WWW-Authenticate breaks RFC 9110 §15.5.2, and so on."""
    response = httpx.get(f"{server.http}/status/{value}", follow_redirects=False)
    assert response.headers[field]
    if field == "location":
        assert httpx.get(f"{server.http}/status/{value}", follow_redirects=True).status_code == 200


def test_query_options_change_the_answer(server: Serving) -> None:
    """Delay, Retry-After in both forms, header fields, reason phrase and body."""
    started = time.monotonic()
    response = httpx.get(
        f"{server.http}/status/503",
        params={"delay": "200ms", "retry_after": "60", "header": "X-Tenant:blue", "reason": "Busy now", "body": "wait"},
    )
    assert time.monotonic() - started >= 0.2
    assert (response.status_code, response.reason_phrase, response.text) == (503, "Busy now", "wait")
    assert response.headers["retry-after"] == "60"
    assert response.headers["x-tenant"] == "blue"
    date = "Sat, 21 Nov 2026 09:00:00 GMT"
    assert httpx.get(f"{server.http}/status/429", params={"retry_after": date}).headers["retry-after"] == date


@pytest.mark.parametrize(
    "query",
    [
        "delay=soon",
        "retry_after=never",
        "header=NoColon",
        "header=A:b%0d%0aC:d",
        "reason=a%0d%0ab",
        "header=Content-Length:3",
        "colour=red",
        "delay=99999s",
        "&".join(["header=A:b"] * 30),
        "reason=%E2%82%AC",
    ],
)
def test_a_bad_option_gets_400_that_names_it(server: Serving, query: str) -> None:
    """No option can end a line of the head."""
    response = httpx.get(f"{server.http}/status/503?{query}")
    assert response.status_code == 400
    assert response.json()["option"] in (query.split("=")[0], "query")


def test_head_has_the_head_only(server: Serving) -> None:
    """RFC 9110 §9.3.2."""
    response = httpx.head(f"{server.http}/status/507")
    assert response.status_code == 507
    assert response.headers["content-length"] == "68"
    assert response.content == b""


def test_bodies_are_read_in_every_framing(server: Serving) -> None:
    """Content-Length, chunked, and Expect: 100-continue (RFC 9112 §6, RFC 9110 §10.1.1)."""
    with httpx.Client() as client:
        assert client.post(f"{server.http}/status/507", content=b"x" * 100_000).status_code == 507
        assert client.put(f"{server.http}/status/507", content=iter([b"abc"] * 50)).status_code == 507
    text = curl(server, "/status/507", "-H", "Expect: 100-continue", "--data-binary", "x" * 2000)
    assert text.startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 507 ")


def test_urllib_and_fetch_read_the_answer(server: Serving) -> None:
    """Two more readers."""
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{server.http}/status/507")
    with error.value as response:
        assert (response.code, response.reason) == (507, "Insufficient Storage")
    script = f'fetch("{server.http}/status/507").then(async r => console.log(r.status, r.statusText, await r.text()))'
    run = subprocess.run([require("node"), "-e", script], capture_output=True, text=True, timeout=30, check=True)
    assert run.stdout.startswith('507 Insufficient Storage {"error": "insufficient_storage"')


def test_unknown_paths_say_what_is_mocked(server: Serving) -> None:
    """A 404 of ours is marked as an error of the mock."""
    response = httpx.get(f"{server.http}/nothing/here/at/all")
    assert response.status_code == 404
    assert response.headers["statuary-answer"].startswith("error")


def test_owners_can_be_named(server: Serving) -> None:
    """http/499 has two owners; each answers under its own name."""
    assert httpx.get(f"{server.http}/http/499-esri").reason_phrase == "Token Required"
    assert httpx.get(f"{server.http}/http/499-nginx").reason_phrase == "Client Closed Request"
