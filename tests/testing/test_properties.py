"""Whatever a client sends and whatever a test asks for: exchanges can be read, and errors are those that are told."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import statuary
from statuary.errors import RuleError
from statuary.scenario.rules import FIELDS, STAGES
from statuary.serve.seen import Filter
from statuary.testing import HttpServer, SmtpServer, VerificationFailed
from statuary.testing.fields import make_filter

LEAVES = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=20)
WORDS = st.sampled_from(["regex", "exact", "glob", "contains", "absent", "not", "any", "all", "json", "json_equals"])
PATTERNS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [*FIELDS["http"], *FIELDS["smtp"], "header", "query", "cookie", "json", "count", "code", "rule"]
)

LINES = st.sampled_from(
    [
        b"EHLO client.test\r\n",
        b"MAIL FROM:<a@client.test>\r\n",
        b"RCPT TO:<rcpt452x2@any.test>\r\n",
        b"RCPT TO:<b@any.test>\r\n",
        b"DATA\r\nSubject: =?utf-8?q?=ff?=\r\n\r\n.\r\n",
        b"GET /status/503 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /anything HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"POST /x?\xff HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{",
    ]
)
OCTETS = st.lists(LINES | st.binary(max_size=60), max_size=8).map(b"".join)


@given(protocol=st.sampled_from(["http", "smtp"]), fields=st.dictionaries(NAMES, PATTERNS, max_size=3))
def test_a_filter_is_made_or_refused(protocol: str, fields: dict[str, Any]) -> None:
    """Never another error than that of rules, which names the field."""
    with contextlib.suppress(RuleError):
        assert isinstance(make_filter(protocol, fields), Filter)


@given(stage=st.text(max_size=10))
def test_an_unknown_stage_is_refused(stage: str) -> None:
    """A misspelt stage never is a check that nothing fits."""
    if stage in STAGES["smtp"] or not stage:
        assert make_filter("smtp", {"stage": stage}).stage == stage
    else:
        with pytest.raises(RuleError, match="no stage"):
            make_filter("smtp", {"stage": stage})


def exchange_octets(server: SmtpServer | HttpServer, data: bytes) -> None:
    """Send octets, and read until the server has no more to say."""
    with socket.create_connection(server.addr, timeout=10) as client, contextlib.suppress(ConnectionError):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass


@pytest.mark.parametrize("make", [statuary.smtp, statuary.http], ids=["smtp", "http"])
def test_whatever_was_sent_can_be_read(make: Any) -> None:
    """Exchanges, messages, transcripts and failures, for any octets; the server answers on."""
    with make(seed=5) as server:

        @settings(max_examples=40)
        @given(data=OCTETS)
        def run(data: bytes) -> None:
            server.clear()
            exchange_octets(server, data)
            for exchange in server.exchanges:
                assert exchange.request in data
                assert isinstance(getattr(exchange, "path", ""), str)
            for message in getattr(server, "messages", ()):
                assert isinstance(message.subject + message.text, str)
            with pytest.raises(VerificationFailed, match="seed 5"):
                server.verify(count=1000)
            with contextlib.suppress(VerificationFailed):
                server.check()

        run()
        server.clear()
        exchange_octets(server, b"QUIT\r\n" if isinstance(server, SmtpServer) else b"GET / HTTP/1.0\r\n\r\n")
        assert server.verify(at_least=1)[-1].code in ("221", "404", "200")
