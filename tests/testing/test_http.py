"""``statuary.http()``: rules, what was seen, TLS and HTTP/2."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import assert_type

import httpx
import pytest

import statuary
from statuary.errors import RuleError
from statuary.testing import HttpExchange, HttpServer
from tests.conftest import require


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A running HTTP server."""
    with statuary.http(seed=5) as running:
        yield running


def statuses(server: HttpServer, target: str, times: int) -> list[int]:
    """The status codes of so many requests."""
    with httpx.Client(timeout=10) as client:
        return [client.get(server.url_for(target)).status_code for _ in range(times)]


def test_a_rule_answers_twice_and_then_otherwise(server: HttpServer) -> None:
    """``503x2~200`` with fields and content of its own (RFC 9110 §10.2.3)."""
    rule = server.on("request", method="GET", path="/orders").answer(
        "503x2~200", headers={"Retry-After": 2, "X-Two": ["a", "b"]}, json={"ok": True}, reason="Out to lunch"
    )
    with httpx.Client(timeout=10) as client:
        answers = [client.get(server.url_for("/orders")) for _ in range(3)]
    assert [each.status_code for each in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "2"
    assert answers[0].headers.get_list("X-Two") == ["a", "b"]
    assert answers[0].reason_phrase == "Out to lunch"
    assert answers[2].json() == {"ok": True}
    assert rule.pending == 0
    server.check()


@pytest.mark.parametrize(
    ("body", "octets"),
    [("Grüße", "Grüße".encode()), (b"\x00\xff", b"\x00\xff"), ("", b"")],
    ids=["text", "octets", "none"],
)
def test_a_body_is_sent_as_it_is(server: HttpServer, body: str | bytes, octets: bytes) -> None:
    """Text as UTF-8, octets as octets; an empty one is one."""
    server.on(path="/b").answer("200", body=body)
    assert httpx.get(server.url_for("b")).content == octets


def test_requests_are_seen_whole(server: HttpServer) -> None:
    """Method, target, fields and content, and what selects them."""
    server.on(path="/orders").answer(201)
    httpx.post(server.url_for("/orders?page=2"), json={"article": "b-17"}, headers={"X-Who": "me", "Cookie": "a=1"})
    [seen] = server.verify(
        count=1,
        path="/orders",
        query={"page": "2"},
        header={"x-who": "m*"},
        cookie={"a": "1"},
        json={"$.article": "b-*"},
    )
    assert_type(seen, HttpExchange)
    assert (seen.method, seen.path, seen.target, seen.status_code) == ("POST", "/orders", "/orders?page=2", 201)
    assert seen.header("X-WHO") == "me"
    assert seen.header("X-Nobody") is None
    assert seen.json() == {"article": "b-17"}
    assert seen.body.startswith(b"{")
    assert server.find(method="GET") == []


def test_targets_hold_scripts_and_routes(server: HttpServer) -> None:
    """Without any rule: the scenario language in the URL, and httpbin's routes."""
    assert statuses(server, "/status/503x2~200", 3) == [503, 503, 200]
    assert statuses(server, "/anything", 1) == [200]
    server.check()


def test_priority_and_count_choose_among_rules(server: HttpServer) -> None:
    """The higher priority first; ``count`` is at which times a rule answers."""
    server.on(path="/a").answer("200")
    server.on(path="/a", count="1-2").answer("503", priority=1)
    assert statuses(server, "/a", 3) == [503, 503, 200]


def test_what_nothing_answers_is_told_by_check(server: HttpServer) -> None:
    """A request that no rule knows is a mistake in the test or in the client; the check names it."""
    assert statuses(server, "/nowhere", 1) == [404]
    with pytest.raises(AssertionError, match=r"exchange 1, GET /nowhere HTTP/1.1: not mocked"):
        server.check()


def test_encrypted_with_http2() -> None:
    """RFC 9113 §3.2: ALPN settles on h2; the CA file is what curl needs."""
    curl = require("curl")
    with statuary.http(tls=True) as server:
        server.on(path="/x").answer("204")
        done = subprocess.run(
            [
                curl,
                "-sSo",
                "/dev/null",
                "--cacert",
                server.ca_file,
                "-w",
                "%{http_version} %{http_code}",
                server.url_for("x"),
            ],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert done.stdout == "2 204"
        server.verify(count=1, path="/x", code=204)
        with httpx.Client(verify=server.client_context()) as client:
            assert client.get(server.url_for("/x")).status_code == 204


def test_wrong_rules_name_the_mend(server: HttpServer) -> None:
    with pytest.raises(RuleError, match="no stage 'rcpt' in http"):
        server.on("rcpt").answer("503")
    with pytest.raises(RuleError, match="frames the answer"):
        server.on().answer("200", headers={"Content-Length": "7"})
    with pytest.raises(RuleError, match="an answer has one body"):
        server.on().answer("200", body="a", json=1)
    with pytest.raises(RuleError, match="no field 'recipient' in http"):
        server.find(recipient="x")  # type: ignore[call-arg]


def test_ipv6() -> None:
    """An address with colons is bracketed in the URL (RFC 3986 §3.2.2)."""
    with statuary.http(host="::1") as server:
        assert server.host == "::1"
        assert httpx.get(server.url_for("/status/204")).status_code == 204


def test_options_of_an_answer_are_no_fields(server: HttpServer) -> None:
    """What is written in the wrong brackets is told its place, and a rate limit in the right ones limits."""
    with pytest.raises(
        RuleError, match=r"window is no field: it goes with the answer, \.answer\(\.\.\., window=\.\.\.\)"
    ):
        server.on(path="/w", window={"requests": 1, "seconds": 60})  # type: ignore[call-arg]
    server.on(path="/w").answer(429, window={"requests": 1, "seconds": 60})
    server.on(path="/w").answer(204)
    assert [httpx.get(server.url_for("/w")).status_code for _ in range(3)] == [204, 429, 429]
    server.clear(keep_rules=True)
    assert httpx.get(server.url_for("/w")).status_code == 204
