"""``statuary explain``: lines of the command line and of a pipe, as they come, until the end or Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable

import pytest

from statuary.cli import explain
from tests.cli.conftest import SCRIPT, Outcome, bare_environment

Run = Callable[..., Outcome]

GMAIL = (
    "status=deferred (host g.test[192.0.2.1] said: 452 4.2.2 The recipient's inbox is out of storage space. "
    "Please direct the recipient to https://g.test/ d1 (in reply to RCPT TO command))"
)
REPORT = """\
Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; nobody@example.org
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does
    not exist.
"""


def piped(text: bytes, *words: str) -> Outcome:
    """What the command makes of standard input."""
    done = subprocess.run(
        [str(SCRIPT), "explain", *words], input=text, capture_output=True, env=bare_environment(), timeout=60
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def following(*words: str) -> subprocess.Popen[bytes]:
    """The command with pipes on all sides."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [str(SCRIPT), "explain", *words], stdin=pipe, stdout=pipe, stderr=pipe, env=bare_environment()
    )


def objects(text: str) -> list[dict[str, object]]:
    """JSON, an object a line."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_line(statuary: Run) -> None:
    """What it means, whether to repeat, who acts, what to do, who is known to say so, and the page."""
    done = statuary("explain", GMAIL)
    assert done.code == 0
    for said in ("smtp/452  ", "smtp/4.2.2  ", "`said: 452 4.2.2`", "Repeat it?", "30 minutes", "Who acts"):
        assert said in done.out
    for said in ("If you send", "If you run the server", "Known from", "Gmail", "/en/smtp/4.2.2", "at the other end"):
        assert said in done.out
    assert "read" not in done.out.splitlines()[-1]


def test_words_and_lines(statuary: Run) -> None:
    """Words without quotes are one line together; several quoted lines are each their own."""
    assert statuary("explain", "said:", "452", "4.2.2", "full").out == statuary("explain", "said: 452 4.2.2 full").out
    found = objects(statuary("explain", "--json", "said: 452 4.2.2 full", "SIP/2.0 486 Busy Here").out)
    assert [(each["line"], each["code"]) for each in found] == [(1, "smtp/452"), (1, "smtp/4.2.2"), (2, "sip/486")]
    assert [each["line"] for each in objects(statuary("explain", "--json", "x\nSIP/2.0 486 Busy Here").out)] == [2]


def test_a_code_alone(statuary: Run) -> None:
    """Who gives nothing but a number asks about it."""
    assert "dns/nxdomain" in statuary("explain", "NXDOMAIN").out
    assert "smtp/452" in statuary("explain", "452").out


def test_what_is_not_known_has_no_line(statuary: Run) -> None:
    """Of protocols with one sentence a code: no empty advice, and nobody who is yet to be described."""
    done = statuary("explain", "4.04 Not Found")
    assert done.code == 0
    assert "coap/4.04  Not Found" in done.out
    assert "What it means" in done.out
    for label in ("Who acts", "If you send", "If you run the server", "Repeat it?", "specification says"):
        assert label not in done.out


def test_nothing_found(statuary: Run) -> None:
    """Exit code 1, on standard error, with what else there is, or as an object; nothing steers the terminal."""
    done = statuary("explain", "listening on port 443\x1b[2J")
    assert (done.code, done.out) == (1, "")
    assert "statuary search" in done.err
    assert "\x1b" not in done.err
    assert json.loads(statuary("explain", "--json", "port 443").err)["error"] == "no_code_recognised"
    assert statuary("explain", "").code == 1


@pytest.mark.parametrize("language", ["fr", "ja", "ko"])
def test_languages(statuary: Run, language: str) -> None:
    """Labels and prose are in the reader's language; names and what the line says are not touched."""
    done = statuary("explain", GMAIL, "--lang", language)
    assert done.code == 0
    assert "Who acts" not in done.out
    assert "Taken from" not in done.out
    assert "at the other end" not in done.out
    assert "said: 452 4.2.2" in done.out
    assert f"/{language}/smtp/452" in done.out


def test_a_report_in_a_pipe() -> None:
    """A delivery report of RFC 3464: each code once, and the counts at the end."""
    done = piped(REPORT.encode())
    assert done.code == 0
    assert done.out.count("smtp/5.1.1  ") == 2  # explained, and counted
    assert "8 lines read" in done.out
    assert "       2  smtp/5.1.1" in done.out


def test_json_counts() -> None:
    """An object a code when it first comes, and one for the counts; - is standard input too."""
    *found, last = objects(piped((GMAIL + "\n").encode() * 3 + b"noise 443\n", "-", "--json").out)
    assert [each["code"] for each in found] == ["smtp/452", "smtp/4.2.2"]
    assert last == {"summary": {"lines": 4, "with_codes": 3, "codes": {"smtp/452": 3, "smtp/4.2.2": 3}}}


def test_a_pipe_without_codes() -> None:
    """Exit code 1; an empty one likewise."""
    done = piped(b"hello\nworld\n")
    assert (done.code, done.out) == (1, "")
    assert "2 lines" in done.err
    assert piped(b"").code == 1


def test_any_octets_in_a_pipe() -> None:
    """No UTF-8, zeros, no end of line, lines beyond the limit: what can be read is read."""
    long = b"x" * (3 * explain.MAX_LINE_OCTETS) + b" SIP/2.0 603 Decline"
    done = piped(b"\xff\x00\xfe\r\n" + long + b"\nSIP/2.0 486 Busy Here\r", "--json")
    *found, last = objects(done.out)
    assert [(each["line"], each["code"]) for each in found] == [(3, "sip/486")]
    assert last["summary"]["lines"] == 3  # type: ignore[index]


def test_a_limit_on_lines(monkeypatch: pytest.MonkeyPatch, statuary: Run, tmp_path: object) -> None:
    """No more than MAX_LINES are read."""
    import io
    import sys

    monkeypatch.setattr(explain, "MAX_LINES", 2)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"SIP/2.0 486 Busy Here\n" * 5)))
    assert objects(statuary("explain", "--json").out)[-1]["summary"] == {
        "lines": 2,
        "with_codes": 2,
        "codes": {"sip/486": 2},
    }


def test_follows_a_log() -> None:
    """What comes is explained while the input is still open, as behind ``tail -f``."""
    command = following("--json")
    assert command.stdin is not None
    assert command.stdout is not None
    for line, code in (("SIP/2.0 486 Busy Here", "sip/486"), ("HTTP/1.1 502 Bad Gateway", "http/502")):
        command.stdin.write(f"{line}\n{line}\n".encode())
        command.stdin.flush()
        assert json.loads(command.stdout.readline())["code"] == code
    out, _ = command.communicate(timeout=60)
    assert json.loads(out)["summary"]["codes"] == {"sip/486": 2, "http/502": 2}
    assert command.returncode == 0


def test_interrupted() -> None:
    """Ctrl-C ends with the counts, quietly, and with what a shell reports of it."""
    command = following("--json")
    assert command.stdin is not None
    assert command.stdout is not None
    command.stdin.write(b"SIP/2.0 486 Busy Here\n")
    command.stdin.flush()
    assert json.loads(command.stdout.readline())["code"] == "sip/486"
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=60)
    assert json.loads(out)["summary"]["lines"] == 1
    assert (command.returncode, err) == (128 + signal.SIGINT, b"")


def test_closed_pipe() -> None:
    """Who reads no more is not told so."""
    command = following()
    assert command.stdin is not None
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()
    command.stdin.write(b"SIP/2.0 486 Busy Here\n")
    command.stdin.close()
    assert command.wait(timeout=60) == 128 + signal.SIGPIPE
    assert command.stderr.read() == b""
    command.stderr.close()


def test_wrong_usage(statuary: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a line is needed; nothing waits there unasked."""
    monkeypatch.setattr("sys.stdin", None)
    done = statuary("explain")
    assert done.code == 2
    assert "give a line" in done.err
