"""What the mock pages show to be copied, taken from the page and run as it stands, against the running mocks."""

from __future__ import annotations

import re
import shlex
import smtplib
import subprocess
import sys
import uuid
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.conftest import Serving, require, start_server, stop_server

_COMMAND = re.compile(r'<pre class="command"[^>]*><code>(.*?)</code></pre>', re.DOTALL)
_PYTHON = re.compile(r'<pre class="program"[^>]*aria-label="Python"><code>(.*?)</code></pre>', re.DOTALL)
_SPELLING = re.compile(r'<div data-form="(\w+)">.*?<code>(.*?)</code></pre>', re.DOTALL)

MAIL = "Subject: Hello\r\n\r\nHello from a test.\r\n"


def commands(server: Serving, path: str) -> dict[str, str]:
    """The commands of a mock page, by their program."""
    page = httpx.get(f"{server.site}/en/{path}/mock").text
    section = "smtp-ask" if path.startswith("smtp") else "http-answer"
    shown = page.partition(f'id="{section}"')[2].partition("</section>")[0]
    found = [unescape(each) for each in _COMMAND.findall(shown)]
    named = {each.partition("| ")[2].split()[0] if "| " in each else each.split()[0]: each for each in found}
    named["python"] = unescape(_PYTHON.findall(shown)[0])
    return named


def spellings(server: Serving, protocol: str, value: str, **fields: str) -> dict[str, str]:
    """What the builder shows for a filled form."""
    page = httpx.get(f"{server.site}/en/{protocol}/{value}/mock", params=fields)
    assert page.status_code == 200
    return {name: unescape(text) for name, text in _SPELLING.findall(page.text)}


def shell(command: str, folder: Path) -> str:
    """All that a command prints; the shell is a plain one."""
    (folder / "message.eml").write_text(MAIL, newline="")
    words = ["/bin/sh", "-c", command]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def python(program: str, folder: Path) -> str:
    """All that a program prints."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(("path", "answer"), [("http/503", "503"), ("http/404", "404"), ("http/499-nginx", "499")])
def test_lines_of_http_get_the_answer(server: Serving, tmp_path: Path, path: str, answer: str) -> None:
    """curl, OpenSSL inside TLS, and Python's standard library."""
    require("curl"), require("openssl")
    shown = commands(server, path)
    assert f"HTTP/1.1 {answer} " in shell(shown["curl"], tmp_path)
    assert f"HTTP/1.1 {answer} " in shell(shown["openssl"], tmp_path)
    assert python(shown["python"], tmp_path).startswith(f"{answer} ")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("smtp/452", "452 4.3.1"),
        ("smtp/4.2.2", "452 4.2.2"),
        ("smtp/554", "554 5."),
        ("smtp/551", "551 5.1.6"),
    ],
)
def test_lines_of_smtp_get_the_answer(server: Serving, tmp_path: Path, path: str, answer: str) -> None:
    """swaks, curl, OpenSSL inside TLS, and smtplib."""
    for tool in ("curl", "swaks", "openssl"):
        require(tool)
    shown = commands(server, path)
    assert answer in shell(shown["swaks"], tmp_path)
    assert answer in shell(shown["curl"].replace("curl ", "curl -v ", 1), tmp_path)
    assert answer in shell(shown["openssl"], tmp_path)
    assert answer.split()[0] in python(shown["python"], tmp_path)


@pytest.mark.parametrize(
    ("stage", "programs"),
    [
        ("mail", "curl swaks openssl python"),
        ("rcpt", "curl swaks openssl python"),
        ("data", "curl swaks openssl python"),
        ("message", "curl swaks openssl python"),
        ("ehlo", "curl swaks openssl python"),
        ("auth", "curl swaks openssl python"),
        ("starttls", "swaks openssl python"),
        ("quit", "swaks openssl python"),
        ("bdat", "openssl python"),
        ("rset", "openssl python"),
        ("noop", "openssl python"),
        ("vrfy", "openssl python"),
        ("expn", "openssl python"),
        ("help", "openssl python"),
        ("etrn", "openssl python"),
        ("atrn", "openssl python"),
    ],
)
def test_every_stage_has_lines_that_get_its_answer(server: Serving, tmp_path: Path, stage: str, programs: str) -> None:
    """The endpoint's commands for each stage that something can ask for; the mock's own journal bears witness."""
    for program in programs.split():
        query = {"protocol": "smtp", "script": "554", "stage": stage, "key": uuid.uuid4().hex[:10]}
        forms = httpx.get(f"{server.site}/api/v1/script", params=query).json()
        assert forms[program], (stage, program)
        if program != "python":
            require(program)
        before = answered(server, stage)
        said = (python if program == "python" else shell)(forms[program], tmp_path)
        assert answered(server, stage) > before, (stage, program, said)  # a refused EHLO is followed by HELO
        assert "554" in said or (stage, program) in SILENT or program == "curl"


def test_swaks_is_given_no_recipient_with_a_comma(server: Serving, tmp_path: Path) -> None:
    """It takes a comma for the end of a recipient; as a sender it leaves it alone."""
    require("swaks")
    query = {"protocol": "smtp", "script": "550:1,250:0", "key": uuid.uuid4().hex[:10]}
    forms = [
        httpx.get(f"{server.site}/api/v1/script", params={**query, "stage": stage}).json() for stage in ("rcpt", "mail")
    ]
    assert forms[0]["swaks"] == ""
    assert "<** 550 " in shell(forms[1]["swaks"], tmp_path)


SILENT = {("starttls", "openssl")}
"""Where a program does not print the reply; the journal has it."""


def answered(server: Serving, stage: str) -> int:
    """How often a stage has answered with the script 554."""
    query = {"protocol": "smtp", "stage": stage, "rule": "554", "limit": "1000"}
    return len(httpx.get(f"{server.site}/api/journal", params=query).json()["exchanges"])


# What the builder shows, pasted where it belongs


def test_the_url_is_asked_by_curl(server: Serving, tmp_path: Path) -> None:
    """Twice 503, then 200."""
    require("curl")
    shown = spellings(server, "http", "503", a1="503", c1="2", a2="200", j2="then", key=uuid.uuid4().hex[:10])
    got = [shell(f"curl -s -o /dev/null -w '%{{http_code}}' {shlex.quote(shown['url'])}", tmp_path) for _ in range(3)]
    assert got == ["503", "503", "200"]
    assert "HTTP/1.1 200 OK" in shell(shown["curl"], tmp_path)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_address_is_written_to_by_smtplib(server: Serving, weighted: bool) -> None:
    """Twice 452 4.2.2, then accepted; also an address that needs quotes."""
    more = {"w1": "1", "a2": "250", "j2": "or", "w2": "0"} if weighted else {}
    shown = spellings(server, "smtp", "452", a1="452 4.2.2", c1="2", stage="rcpt", key=uuid.uuid4().hex[:10], **more)
    codes = []
    for _ in range(3):
        with smtplib.SMTP("127.0.0.1", server.smtp_port) as client:
            client.ehlo("client.example")
            client.mail("sender@any.test")
            codes.append(client.docmd(f"RCPT TO:<{shown['address']}>")[0])
    assert codes == [452, 452, 250]
    assert shown["address"].startswith('"') == weighted


def test_the_rule_is_loaded_by_a_server(server: Serving, tmp_path: Path) -> None:
    """A rule file with both rules, read by ``statuary serve``."""
    http = spellings(server, "http", "503", a1="503", c1="2", a2="201", j2="then")["rule"]
    smtp = spellings(server, "smtp", "452", a1="452 4.2.2", c1="2", stage="rcpt")["rule"]
    (tmp_path / "rules.toml").write_text(f"{http}\n{smtp}")
    started = start_server(str(tmp_path / "rules.toml"))
    try:
        got = [httpx.get(f"{started.serving.http}/orders").status_code for _ in range(3)]
        assert got == [503, 503, 201]
        with smtplib.SMTP("127.0.0.1", started.serving.smtp_port) as client:
            client.ehlo("client.example")
            client.mail("sender@any.test")
            assert [client.rcpt("anna@any.test") for _ in range(3)][::2] == [
                (452, b"4.2.2 Mailbox full"),
                (250, b"2.1.5 Recipient accepted"),
            ]
    finally:
        assert stop_server(started) == 0


def test_the_line_of_pytest_runs_in_a_test(server: Serving, pytester: pytest.Pytester) -> None:
    """In a test of its own process, with the plugin's fixtures."""
    http = spellings(server, "http", "503", a1="503", c1="2", a2="200", j2="then")["pytest"]
    smtp = spellings(server, "smtp", "452", a1="452 4.2.2", c1="2", stage="rcpt", key="blue")["pytest"]
    pytester.makepyfile(
        f"""
        import smtplib
        import urllib.error
        import urllib.request


        def ask(url):
            try:
                with urllib.request.urlopen(url) as response:
                    return response.status
            except urllib.error.HTTPError as error:
                with error:
                    return error.code


        def test_http(statuary_http):
            {http}
            assert [ask(statuary_http.url_for("/orders")) for _ in range(3)] == [503, 503, 200]


        def test_smtp(statuary_smtp):
            {smtp}
            with smtplib.SMTP(*statuary_smtp.addr) as client:
                client.ehlo()
                client.mail("shop@client.example")
                assert [client.rcpt("anna+blue@any.test")[0] for _ in range(3)] == [452, 452, 250]
                assert client.rcpt("anna@any.test")[0] == 250
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)
