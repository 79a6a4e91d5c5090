"""Checks that fail, and what they say: bounds, near misses, the transcript, the seed, what the journal lost."""

from __future__ import annotations

import base64
import smtplib
from collections.abc import Iterator

import httpx
import pytest

import statuary
from statuary.testing import SmtpServer, VerificationFailed
from statuary.testing.report import MAX_SHOWN_EXCHANGES, Bounds
from statuary.testing.server import Options
from tests.testing.mail import send


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """A mail server that refuses one mailbox twice."""
    with statuary.smtp(seed=5) as running:
        running.on("rcpt", recipient="full@any.test").answer("452 4.2.2 x2 ~ pass")
        yield running


@pytest.mark.parametrize(
    ("bounds", "words", "holding"),
    [
        (Bounds(), "at least 1", [1, 2, 9]),
        (Bounds(2), "exactly 2", [2]),
        (Bounds(0), "exactly 0", [0]),
        (Bounds(at_least=2), "at least 2", [2, 9]),
        (Bounds(at_most=2), "at most 2", [0, 1, 2]),
        (Bounds(at_least=1, at_most=2), "at least 1 and at most 2", [1, 2]),
        (Bounds(at_least=0), "any number", [0, 1, 2, 9]),
    ],
    ids=str,
)
def test_bounds(bounds: Bounds, words: str, holding: list[int]) -> None:
    """In words, and what they take."""
    assert str(bounds) == words
    assert [number for number in (0, 1, 2, 9) if bounds.holds(number)] == holding


@pytest.mark.parametrize("wrong", [(1, 1, None), (-1, None, None), (None, 2, 1), (None, None, -1)])
def test_bounds_that_do_not_go_together(wrong: tuple[int | None, int | None, int | None]) -> None:
    with pytest.raises(ValueError, match=r"count stands alone|not negative|less than"):
        Bounds(*wrong)


def test_a_failed_verify_says_all_that_is_needed(server: SmtpServer) -> None:
    """What was expected, what was there, what came nearest and why not, what was said, and the seed."""
    send(server.addr, "full@any.test")
    with pytest.raises(VerificationFailed) as failed:
        server.verify(count=3, stage="rcpt", recipient="full@any.test", code=452)
    text = str(failed.value)
    assert isinstance(failed.value, AssertionError)
    lines = text.splitlines()
    expected = "expected exactly 3 exchanges with stage='rcpt', recipient='full@any.test', code=452"
    assert lines[0] == f"{expected}; there was 1 (exchange 4)"
    assert lines[1] == "nearest to it:"
    assert "  C: rcpt TO:<full@any.test>" in lines
    assert "  S: 452 4.2.2 Mailbox full" in lines
    assert lines[-1] == "seed 5: --statuary-seed=5, STATUARY_SEED=5 or seed=5 draws the same again"


def test_near_misses_name_the_field_that_differs(server: SmtpServer) -> None:
    """The nearest first: one field before two."""
    send(server.addr, "ful@any.test")
    with pytest.raises(VerificationFailed) as failed:
        server.verify(stage="rcpt", recipient="full@any.test")
    near = str(failed.value).splitlines()[2]
    assert near == "  exchange 4 (rcpt 250): recipient is 'ful@any.test', not 'full@any.test'"


def test_a_field_that_is_not_there_is_said_so() -> None:
    """Not as an empty one."""
    with statuary.http() as server:
        httpx.get(server.url_for("/status/204"))
        with pytest.raises(VerificationFailed, match=r"exchange 1 \(request 204\): there is no header.x-who"):
            server.verify(header={"x-who": "me"})


def test_too_many_are_listed_without_near_misses(server: SmtpServer) -> None:
    """Where more came than should, those that came are named."""
    for _ in range(3):
        send(server.addr, "full@any.test")
    with pytest.raises(VerificationFailed) as failed:
        server.verify(at_most=2, stage="rcpt")
    first, second = str(failed.value).splitlines()[:2]
    assert first == "expected at most 2 exchanges with stage='rcpt'; there were 3 (exchange 4, 10, 16)"
    assert second == "what was said:"


def test_nothing_said_is_said(server: SmtpServer) -> None:
    with pytest.raises(VerificationFailed, match=r"there were 0\nnothing was said\nseed 5"):
        server.verify()


def test_long_transcripts_show_the_end() -> None:
    """A named number of exchanges, and how many were left out."""
    with statuary.http() as server, httpx.Client() as client:
        for number in range(MAX_SHOWN_EXCHANGES + 2):
            client.get(server.url_for(f"/status/204?{number}"))
        with pytest.raises(VerificationFailed) as failed:
            server.verify(count=0)
        text = str(failed.value)
    assert "without the first 2 exchanges:" in text
    assert "GET /status/204?1 HTTP" not in text
    assert "GET /status/204?2 HTTP" in text


def test_credentials_are_masked(server: SmtpServer) -> None:
    """A failure ends in the log of a build; those of SMTP are not even kept (RFC 4954 §4, RFC 9110 §11.6.2)."""
    secret = base64.b64encode(b"\0me\0hunter2").decode()
    with smtplib.SMTP(*server.addr) as client:
        client.login("me", "hunter2")
        client.docmd("AUTH", f"PLAIN {secret}")
    with pytest.raises(VerificationFailed) as failed:
        server.verify(count=0, stage="auth")
    assert secret not in str(failed.value)
    assert secret not in server.transcript(credentials=True)
    with statuary.http() as web:
        httpx.get(web.url_for("/status/204"), headers={"Authorization": "Bearer hunter2"})
        assert "hunter2" not in web.transcript()
        assert "Authorization: Bearer hunter2" in web.transcript(credentials=True)


def test_check_tells_what_did_not_happen(server: SmtpServer) -> None:
    """A script that is not through, with the line that wrote it; what has no answer; a script that is none."""
    server.on("mail")
    send(server.addr, "full@any.test", "rcptx@any.test", "rcpt452x@any.test")
    with pytest.raises(VerificationFailed) as failed:
        server.check()
    text = str(failed.value)
    assert "on('mail') at test_checks.py:" in text
    assert "rcpt#1 at test_checks.py:" in text
    assert "answers '452_4.2.2x2~pass' and was asked 1 time: 2 missing" in text
    assert "rcpt TO:<rcpt452x@any.test>: bad script" in text
    assert "seed 5" in text


def test_check_looks_at_each_count(server: SmtpServer) -> None:
    """Counts kept by recipient: each of them must be through."""
    server.clear()
    rule = server.on("rcpt").answer("450 x1 ~ pass", key="recipient")
    send(server.addr, "a@any.test", "b@any.test")
    send(server.addr, "a@any.test")
    assert rule.pending == 1
    with pytest.raises(VerificationFailed, match="asked 3 times: 1 missing"):
        server.check()
    send(server.addr, "b@any.test")
    server.check()


def test_a_count_is_not_proven_once_the_journal_forgot() -> None:
    """The journal never loses an exchange without saying so; clearing is no loss."""
    server = SmtpServer(Options("smtp", journal_exchanges=5, seed=5))
    with server:
        send(server.addr, "b@any.test")
        server.verify(at_least=1, stage="quit")
        with pytest.raises(VerificationFailed, match="could not keep 2 exchanges: numbers are not proven"):
            server.verify(count=1, stage="quit")
        assert server.lost == 2
        server.clear()
        assert server.lost == 0
        server.verify(count=0, stage="quit")


def test_waiting_in_vain_says_so(server: SmtpServer) -> None:
    """As a failed verify does, with the time."""
    send(server.addr, "full@any.test")
    with pytest.raises(VerificationFailed, match=r"waited 0.05 seconds for 2 exchanges with code=452; there was 1"):
        server.wait_for(2, timeout=0.05, code=452)
    with pytest.raises(
        VerificationFailed, match=r"waited 0 seconds for 1 message with sender='x@y.test'; there were 0"
    ):
        server.wait_for_messages(timeout=0, sender="x@y.test")
    for n, timeout in ((-1, 1.0), (1, -1.0), (1, 1e9)):
        with pytest.raises(ValueError, match="timeout from 0 to 600 seconds"):
            server.wait_for(n, timeout)
