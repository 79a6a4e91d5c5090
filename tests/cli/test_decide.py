"""``statuary decide``: questions on the command line, one by one on a terminal."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
from collections.abc import Callable

import pytest

from tests.cli.conftest import SCRIPT, Outcome, bare_environment

Statuary = Callable[..., Outcome]


def test_list_of_trees(statuary: Statuary) -> None:
    """Where nobody can be asked."""
    done = statuary("decide")
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines() if not line.startswith(" ")] == [
        "http-api",
        "smtp-server",
        "sender",
    ]
    assert [json.loads(line)["tree"] for line in statuary("decide", "--json").out.splitlines()] == [
        "http-api",
        "smtp-server",
        "sender",
    ]


def test_first_question_and_result(statuary: Statuary) -> None:
    assert "  4  client " in statuary("decide", "--tree", "http-api").out
    done = statuary("decide", "--tree", "http-api", "--answers", "client,content,large")
    assert "→ http/413" in done.out
    assert "(RFC 9110 §15.5.14)" in done.out
    data = json.loads(statuary("decide", "--tree", "http-api", "--answers", "4,4,3", "--json").out)
    assert data["result"]["codes"] == ["http/413"]
    assert data["answers"] == ["client", "content", "large"]
    assert data["question"] is None


def test_wrong_words(statuary: Statuary) -> None:
    """Each names what there is."""
    done = statuary("decide", "--tree", "http-api", "--answers", "client,nonsense")
    assert done.code == 1
    assert "who" in done.err
    missing = json.loads(statuary("decide", "--tree", "sender", "--answers", "x", "--json").err)
    assert (missing["error"], missing["detail"]["answers"]) == ("no_such_answer", ["mail", "http", "none"])
    assert statuary("decide", "--tree", "nothing").code == 2
    assert statuary("decide", "--answers", "client").code == 2
    assert statuary("decide", "--tree", "sender", "--answers", ",".join("x" * 40)).code == 2


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("4\n4\n3\n", "→ http/413"),
        ("4\nb\n2\n", "→ http/202"),
        ("nonsense\n2\n", "“nonsense” is no answer here."),
        ("b\n2\n", "→ http/202"),
        ("q\n", "Number"),
        ("", "Number"),
        ("client\ncontent\nlarge\n", "→ http/413"),
    ],
)
def test_conversation(statuary: Statuary, monkeypatch: pytest.MonkeyPatch, typed: str, shown: str) -> None:
    """Numbers or names; back, end, and the end of input."""
    monkeypatch.setattr("statuary.cli.decide._interactive", lambda console: True)
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    done = statuary("decide", "--tree", "http-api")
    assert done.code == 0
    assert shown in done.out


def test_on_a_real_terminal() -> None:
    """A pseudo-terminal on both sides: the tree is asked for, then its questions."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(SCRIPT), "decide"], stdin=theirs, stdout=theirs, stderr=theirs, env=bare_environment(TERM="dumb")
    )
    os.close(theirs)
    os.write(ours, b"1\n2\n")
    seen = b""
    while b"http/202" not in seen:
        seen += os.read(ours, 4096)
    assert process.wait(timeout=60) == 0
    os.close(ours)
    assert b"Which status code should my HTTP API return?" in seen
