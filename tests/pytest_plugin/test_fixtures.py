"""The fixtures: isolation, what can be overridden, what a failure shows, the seed."""

from __future__ import annotations

import re
from typing import assert_type

import pytest

from statuary.pytest_plugin import MakeHttp, MakeSmtp, StatuaryTls
from statuary.testing import HttpServer, SmtpServer
from tests.pytest_plugin.conftest import Suite

MAIL = """
import smtplib

def send(server, recipient="b@any.test"):
    with smtplib.SMTP(*server.addr) as client:
        try:
            client.sendmail("a@client.test", recipient, "Subject: Hello\\r\\n\\r\\n")
        except smtplib.SMTPRecipientsRefused as error:
            return error.recipients[recipient][0]
        return 0
"""


def test_fixtures_are_typed(
    statuary_smtp: SmtpServer,
    statuary_http: HttpServer,
    make_statuary_smtp: MakeSmtp,
    make_statuary_http: MakeHttp,
    statuary_seed: int,
) -> None:
    """Used in this very suite, and checked by mypy."""
    assert_type(make_statuary_smtp(lmtp=True), SmtpServer)
    assert_type(make_statuary_http(tls=True), HttpServer)
    assert statuary_smtp.port != statuary_http.port
    assert statuary_smtp.seed == statuary_http.seed == statuary_seed
    kinds: list[StatuaryTls] = [True, False, "starttls", "implicit"]
    assert len(kinds) == 4


def test_tests_do_not_see_each_other(suite: Suite) -> None:
    """Own rules, counts, journal and mail; one thread and one loop for the run, none at its end."""
    result = suite(
        MAIL
        + """
import threading
import pytest

threads = set()

@pytest.mark.parametrize("number", range(20))
def test_twice(statuary_smtp, statuary_http, number):
    statuary_smtp.on("rcpt").answer("452x2~pass")
    assert [send(statuary_smtp) for _ in range(3)] == [452, 452, 0]
    assert len(statuary_smtp.messages) == 1
    statuary_smtp.verify(count=3, stage="rcpt")
    assert statuary_http.exchanges == []
    threads.update(thread.ident for thread in threading.enumerate() if thread.name == "statuary")
    assert len(threads) == 1

def test_plain(statuary_smtp):
    assert send(statuary_smtp) == 0
"""
    )
    result.assert_outcomes(passed=21)


def test_what_can_be_overridden(suite: Suite) -> None:
    """Address, TLS and seed: for a directory, a module or a test."""
    result = suite(
        MAIL
        + """
import smtplib
import urllib.request
import pytest

@pytest.fixture(scope="session")
def statuary_listen_address():
    return "127.0.0.2", 0

@pytest.fixture
def statuary_tls(request):
    return request.param

@pytest.fixture(scope="module")
def statuary_seed():
    return 99

@pytest.mark.parametrize("statuary_tls", [True, "starttls"], indirect=True)
def test_starttls(statuary_smtp):
    assert (statuary_smtp.host, statuary_smtp.seed) == ("127.0.0.2", 99)
    with smtplib.SMTP(*statuary_smtp.addr) as client:
        client.starttls(context=statuary_smtp.client_context())

@pytest.mark.parametrize("statuary_tls", ["implicit"], indirect=True)
def test_implicit(statuary_smtp, statuary_http):
    with smtplib.SMTP_SSL(*statuary_smtp.addr, context=statuary_smtp.client_context()) as client:
        assert client.noop()[0] == 250
    url, context = statuary_http.url_for("/status/204"), statuary_http.client_context()
    with urllib.request.urlopen(url, context=context) as response:
        assert response.status == 204

@pytest.mark.parametrize("statuary_tls", [False], indirect=True)
def test_further_ones(statuary_smtp, make_statuary_smtp, make_statuary_http):
    second, third = make_statuary_smtp(), make_statuary_smtp(lmtp=True, seed=3)
    web = make_statuary_http(host="127.0.0.1")
    assert len({server.port for server in (statuary_smtp, second, third, web)}) == 4
    assert (second.host, third.seed, web.host) == ("127.0.0.2", 3, "127.0.0.1")
    assert send(second) == 0
    assert statuary_smtp.messages == []
"""
    )
    result.assert_outcomes(passed=4)


def test_a_failure_shows_what_was_said(suite: Suite) -> None:
    """Not only where a check of ours fails: each server with its address and seed, in a section of its own."""
    result = suite(
        MAIL
        + """
def test_it(statuary_smtp, statuary_http):
    statuary_smtp.on("rcpt").answer("551 5.1.6")
    assert send(statuary_smtp) == 0
""",
        "--statuary-seed=77",
    )
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [
            r".*assert 551 == 0",
            r"-+ statuary_smtp on smtp://127\.0\.0\.1:\d+, seed 77 -+",
            r"C: rcpt TO:<b@any\.test>",
            r"S: 551 5\.1\.6 .*",
            r"-+ statuary_http on http://127\.0\.0\.1:\d+, seed 77 -+",
            r"nothing was said",
        ]
    )


def test_a_failed_check_points_at_the_test(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The traceback ends at the user's line, not within this package."""
    monkeypatch.delenv("CI", raising=False)  # pytest's summary repeats the whole message there
    result = suite("def test_it(statuary_smtp):\n    statuary_smtp.verify(stage='rcpt')\n")
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines([r"E +statuary\.testing\.report\.VerificationFailed: expected at least 1 exchange.*"])
    result.stdout.re_match_lines([r"test_it\.py:2: VerificationFailed"])
    result.stdout.no_re_match_line(r".*testing/s(erver|mtp)\.py:\d+.*")
    assert result.stdout.str().count("nothing was said") == 1  # the failure has it: no section of its own


DRAWN = """
import urllib.request
import urllib.error

def test_it(statuary_http):
    statuary_http.on().answer("200:0.5,204:0.5")
    for _ in range(20):
        urllib.request.urlopen(statuary_http.url).close()
    print("DRAWN", *[each.code for each in statuary_http.exchanges])
"""


def test_the_seed_replays_the_run(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shown at the start; an option goes before the environment, that before chance."""

    def run(*arguments: str) -> tuple[int, str]:
        result = suite(DRAWN, "-s", *arguments)
        result.assert_outcomes(passed=1)
        text = result.stdout.str()
        seed, drawn = re.search(r"statuary: seed (\d+)", text), re.search(r"DRAWN (.*)", text)
        assert seed is not None
        assert drawn is not None
        return int(seed[1]), drawn[1]

    seed, drawn = run()
    assert run(f"--statuary-seed={seed}") == (seed, drawn)
    monkeypatch.setenv("STATUARY_SEED", str(seed))
    assert run() == (seed, drawn)
    assert run("--statuary-seed=1234567")[0] == 1234567


@pytest.mark.parametrize("wrong", ["x", "-1", "1.5", "9" * 30])
def test_a_wrong_seed_is_an_error_of_usage(suite: Suite, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    """Clear, and before any test runs."""
    result = suite("def test_it(): pass", f"--statuary-seed={wrong}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{wrong}' is no whole number from 0 to *"])
    monkeypatch.setenv("STATUARY_SEED", wrong)
    result = suite("def test_it(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*STATUARY_SEED: *is no whole number*"])


def test_runs_without_our_fixtures_pay_nothing(suite: Suite) -> None:
    """The plugin is loaded in every run where the package is installed: it imports no server and starts no thread."""
    result = suite(
        """
import sys, threading

def test_it():
    assert not [name for name in sys.modules if name.startswith(("statuary.testing", "statuary.serve", "uvloop"))]
    assert not [thread for thread in threading.enumerate() if thread.name == "statuary"]
"""
    )
    result.assert_outcomes(passed=1)


def test_names_are_ours_alone(suite: Suite) -> None:
    """Fixtures of other plugins (httpserver, smtpserver, httpbin, ...) are left to them."""
    result = suite("def test_it(): pass", "--fixtures", "-v")
    text = result.stdout.str()
    listed = re.findall(r"^(\w+)(?: \[\w+ scope\])? -- .*statuary/pytest_plugin", text, re.MULTILINE)
    assert "statuary_smtp" in listed
    assert all("statuary" in name for name in listed)


def test_async_tests(suite: Suite) -> None:
    """With whichever plugin runs them; here that of anyio."""
    result = suite(
        """
import asyncio
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
async def test_it(statuary_smtp):
    reader, writer = await asyncio.open_connection(*statuary_smtp.addr)
    [greeting] = await statuary_smtp.wait_for_async(stage="connect")
    assert (await reader.readline()) == greeting.response
    writer.close()
    await writer.wait_closed()
"""
    )
    result.assert_outcomes(passed=1)
