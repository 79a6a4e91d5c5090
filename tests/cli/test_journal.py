"""``statuary journal``: a running server's journal on the terminal and as files, filtered, followed and masked."""

from __future__ import annotations

import base64
import json
import signal
import smtplib
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import SCRIPT, Outcome, bare_environment
from tests.conftest import Serving, Started, start_server, stop_server
from tests.serve.har_schema import HAR

Run = Callable[..., Outcome]
MESSAGE = b"Subject: Octets\r\n\r\n.dot \xff\xfe\r\n\r\nend"
SECRET = base64.b64encode(b"anna:secret").decode()


def get(url: str, **headers: str) -> None:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError as answer:
        answer.close()


def send(serving: Serving, *recipients: str, message: bytes = MESSAGE) -> None:
    with smtplib.SMTP("127.0.0.1", serving.smtp_port, timeout=10) as client:
        client.sendmail("anna@shop.test", recipients, message)


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """A server of these tests' own, which has seen a request, a binary answer and two mails."""
    started = start_server("--seed", "5")
    one = started.serving
    get(f"{one.http}/orders/7?a=1&a=2", Authorization=f"Basic {SECRET}", Cookie="sid=hidden; lang=fr")
    get(f"{one.http}/bytes/50?seed=1")
    get(f"{one.http}/cookies/set?flavour=oat")
    get(f"{one.http}/status/503?key=green")
    send(one, "bob@first.test", "carol@second.test")
    with smtplib.SMTP("127.0.0.1", one.smtp_port, timeout=10) as client:
        client.login("anna", "secret")
        client.sendmail("eve@shop.test", "bob+blue@first.test", "Subject: Blue\r\n\r\n")
    yield one
    assert stop_server(started) == 0


def ask(statuary: Run, serving: Serving, *words: str) -> Outcome:
    return statuary("journal", "--url", serving.site, *words)


def stages(done: Outcome) -> list[str]:
    assert done.code == 0, done.err
    return [json.loads(line)["stage"] for line in done.out.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--path", "/orders/*"], ["request"]),
        (["--code", "5*"], ["request"]),
        (["--key", "green"], ["request"]),
        (["--recipient", "carol@*"], ["rcpt", "data", "message"]),
        (["--recipient", "*@second.test", "--stage", "message"], ["message"]),
        (["--sender", "eve@*", "--stage", "rcpt"], ["rcpt"]),
        (["--key", "blue"], ["connect", "ehlo", "auth", "auth", "mail", "rcpt", "data", "message", "quit"]),
        (["--key", "blue", "--limit", "2"], ["connect", "ehlo"]),
        (["--text", "Subject: Blue"], ["message"]),
        (["--protocol", "smtp", "--stage", "connect"], ["connect", "connect"]),
        (["--rule", "503"], ["request"]),
        (["--peer", "192.0.2.1"], []),
        (["--connection", "1"], ["request"]),
        (["--key", "nobody"], []),
    ],
)
def test_filters(statuary: Run, serving: Serving, words: list[str], expected: list[str]) -> None:
    """Each option narrows what is shown, and --follow chooses the same; nothing that fits is no failure."""
    assert stages(ask(statuary, serving, "--json", *words)) == expected
    if expected:
        followed = ask(statuary, serving, "--json", "--follow", "--limit", str(len(expected)), *words)
        assert stages(followed) == expected


def test_transcript_for_people(statuary: Run, serving: Serving) -> None:
    """What was said by both sides; colour only where it is asked for, and credentials never."""
    done = ask(statuary, serving)
    for line in ("C: GET /orders/7?a=1&a=2 HTTP/1.1", "S: 250 2.0.0 Message accepted", "C: Authorization: [masked]"):
        assert line in done.out
    assert SECRET not in done.out
    assert "secret" not in done.out
    assert "\x1b" not in done.out
    assert "\x1b[31mS: HTTP/1.1 503" in ask(statuary, serving, "--color", "always", "--code", "503").out
    shown = ask(statuary, serving, "--credentials", "--path", "/orders/*").out
    assert SECRET in shown
    assert "sid=hidden" in shown


def test_har_is_valid(statuary: Run, serving: Serving, tmp_path: Path) -> None:
    """HAR 1.2: every field that the specification asks for, texts and octets; mail is left out."""
    file = tmp_path / "shop.har"
    done = ask(statuary, serving, "--har", str(file))
    assert (done.code, done.out) == (0, f"{file}: 5 exchanges\n")
    archive = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(HAR).validate(archive)
    orders, octets, cookies, _, busy = archive["log"]["entries"]
    assert orders["request"]["queryString"] == [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]
    assert (orders["request"]["cookies"], orders["request"]["method"]) == ([], "GET")
    assert base64.b64decode(octets["response"]["content"]["text"]).__len__() == 50
    assert octets["response"]["content"]["encoding"] == "base64"
    assert (cookies["response"]["cookies"], cookies["response"]["redirectURL"]) == ([], "/cookies")
    assert (busy["response"]["status"], busy["_key"]) == (503, "green")
    assert "hidden" not in file.read_text(encoding="utf-8")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(HAR).validate({"log": {**archive["log"], "version": "1.3"}})
    open_text = ask(statuary, serving, "--har", "-", "--credentials").out
    shown = json.loads(open_text)["log"]["entries"]
    jsonschema.Draft202012Validator(HAR).validate(json.loads(open_text))
    assert shown[0]["request"]["cookies"] == [{"name": "sid", "value": "hidden"}, {"name": "lang", "value": "fr"}]
    assert shown[2]["response"]["cookies"] == [{"name": "flavour", "value": "oat"}]


def test_json_lines_are_those_of_the_api(statuary: Run, serving: Serving, tmp_path: Path) -> None:
    """The same objects as over the API, to the output and to a file."""
    file = tmp_path / "journal.jsonl"
    done = ask(statuary, serving, "--json", "--jsonl", str(file), "--protocol", "smtp", "--limit", "3")
    assert json.loads(done.out) == {"file": str(file), "exchanges": 3}
    with urllib.request.urlopen(f"{serving.site}/api/journal?protocol=smtp&limit=3", timeout=10) as answer:
        told = json.load(answer)["exchanges"]
    assert [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] == told
    assert stages(ask(statuary, serving, "--jsonl", "-", "--limit", "1")) == ["request"]


def test_eml_octet_for_octet(statuary: Run, serving: Serving, tmp_path: Path) -> None:
    """RFC 5322: what the client sent, dots unstuffed; written twice is no harm, overwriting another is refused."""
    folder = tmp_path / "mail"
    words = ("--eml", str(folder), "--recipient", "*@second.test")
    for _ in range(2):
        assert ask(statuary, serving, *words).out == f"{folder}: 1 message\n"
    (file,) = folder.iterdir()
    assert (file.name, file.read_bytes()) == ("message-1.eml", MESSAGE + b"\r\n")
    file.write_bytes(b"another")
    done = ask(statuary, serving, "--json", *words)
    assert (done.code, json.loads(done.err)["error"]) == (3, "file_exists")
    assert file.read_bytes() == b"another"
    done = ask(statuary, serving, "--eml", str(tmp_path / "blue"), "--key", "blue", "--json")
    assert json.loads(done.out) == {"file": str(tmp_path / "blue"), "messages": 1}
    assert ask(statuary, serving, "--eml", str(tmp_path / "all"), "--after", "1", "--limit", "1").code == 0
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["message-2.eml"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--follow", "--har", "x"], "--har is one document"),
        (["--har", "x", "--jsonl", "y"], "two outputs"),
        (["--har", "x", "--protocol", "smtp"], "HTTP only"),
        (["--eml", "x", "--code", "4*"], "--code says nothing about"),
        (["--limit", "many"], "'many'"),
        (["--after", "9" * 30], "no whole number"),
        (["--protocol", "gopher"], "gopher"),
        (["--path", "/", "--sender", "a"], "no protocol has all of these fields"),
        (["--url", "gopher://x"], "no URL"),
        (["--url", "http://[::1"], "no URL"),
        (["--token", "a b"], "token"),
        (["--stage"], "--stage"),
    ],
)
def test_wrong_usage_is_two(statuary: Run, serving: Serving, words: list[str], said: str) -> None:
    """Nothing is asked and nothing written; the message names what is wrong."""
    done = ask(statuary, serving, *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not Path("x").exists()


def test_no_server_is_three(statuary: Run, serving: Serving) -> None:
    """Nobody there, somebody else there, a folder that is none: each says what to do."""
    for url, slug, said in (
        ("http://127.0.0.1:1", "unreachable", "start statuary serve"),
        (serving.http, "not_found", "name the site's, not a mock's"),
    ):
        done = statuary("journal", "--url", url)
        assert (done.code, done.out) == (3, "")
        assert said in done.err
        assert json.loads(statuary("journal", "--json", "--url", url).err)["error"] == slug or slug == "not_found"
    assert ask(statuary, serving, "--jsonl", "/nowhere/at/all").code == 3
    assert ask(statuary, serving, "--eml", "/dev/null/mail").code == 3


class Strange(BaseHTTPRequestHandler):
    """Answers with what no Statuary says."""

    answers: Iterator[tuple[int, bytes]]

    def do_GET(self) -> None:
        status, body = next(type(self).answers)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


def test_strangers_cannot_break_it(statuary: Run) -> None:
    """Whatever answers, there is an exit code, one line, and nothing that a terminal would obey."""
    bodies: list[tuple[int, bytes]] = [
        (200, b"<html>"),
        (200, b"[1, 2]\n"),
        (200, b'{"number": "x"}\n'),
        (500, b"\x1b[2J"),
        (400, b'{"error": "x", "message": "\\u001b[2Jno"}'),
        (404, b"{}"),
    ]
    Strange.answers = iter(bodies)
    with HTTPServer(("127.0.0.1", 0), Strange) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            for status, _ in bodies:
                done = statuary("journal", "--url", f"http://127.0.0.1:{server.server_port}")
                assert (done.code, done.out) == (2 if status == 400 else 3, "")
                assert done.err.count("\n") == 1
                assert "\x1b" not in done.err
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def guarded() -> Iterator[Started]:
    """A server that listens beyond loopback and wants its token."""
    started = start_server("--host", "0.0.0.0", "--token", "abc-123")
    yield started
    assert stop_server(started) == 0


def test_token_from_flag_and_environment(process: Run, guarded: Started) -> None:
    """Without it nothing is shown; the flag goes before the environment."""
    url = f"http://127.0.0.1:{guarded.serving.site.rpartition(':')[2]}"
    refused = process("journal", "--json", STATUARY_URL=url)
    assert (refused.code, refused.out) == (3, "")
    said = json.loads(refused.err)
    assert said["error"] == "token_required"
    assert "STATUARY_TOKEN" in said["message"]
    assert process("journal", STATUARY_URL=url, STATUARY_TOKEN="abc-123").code == 0
    assert process("journal", "--token", "abc-123", STATUARY_URL=url, STATUARY_TOKEN="wrong").code == 0
    assert process("journal", "--token", "wrong", STATUARY_URL=url, STATUARY_TOKEN="abc-123").code == 3


def follow(serving: Serving, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(SCRIPT), "journal", "--url", serving.site, "--follow", *words],
        stdout=subprocess.PIPE,
        text=True,
        env=bare_environment(),
    )


def test_follow_shows_what_comes(serving: Serving, tmp_path: Path) -> None:
    """Each exchange as it happens; a test's session from its greeting on, though its key came last."""
    with follow(serving, "--json", "--key", "later", "--limit", "4") as following:
        send(serving, "bob+later@first.test")
        assert following.stdout is not None
        lines: list[dict[str, Any]] = [json.loads(line) for line in following.stdout]
        assert following.wait(timeout=20) == 0
    assert [each["stage"] for each in lines] == ["connect", "ehlo", "mail", "rcpt"]
    with follow(serving, "--eml", str(tmp_path), "--recipient", "*@new.test", "--limit", "1") as following:
        send(serving, "bob@new.test")
        assert following.wait(timeout=20) == 0
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [MESSAGE + b"\r\n"]


def test_follow_ends_with_the_server_and_at_an_interrupt(tmp_path: Path) -> None:
    """0 where the server has ended; 130 where a person has."""
    file = tmp_path / "seen.jsonl"
    with ExitStack() as stack:
        started = start_server()
        stack.callback(started.process.kill)
        get(f"{started.serving.http}/status/200")
        following = stack.enter_context(follow(started.serving))
        interrupted = stack.enter_context(follow(started.serving, "--jsonl", str(file)))
        assert following.stdout is not None
        assert following.stdout.readline().startswith("# connection 1")
        while not (file.exists() and file.read_text(encoding="utf-8").endswith("\n")):
            assert interrupted.poll() is None
        interrupted.send_signal(signal.SIGINT)
        assert interrupted.wait(timeout=20) == 130
        assert stop_server(started) == 0
        assert following.wait(timeout=20) == 0
    assert json.loads(file.read_text(encoding="utf-8"))["code"] == "200"
