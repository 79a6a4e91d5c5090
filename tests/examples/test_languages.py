"""The examples in other languages, each run with its own tools: they start the process and drive the admin API."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT, Serving, require

EXAMPLES = ROOT / "examples"
RUN_SECONDS = 180


OFFLINE = {
    "NODE_PATH": str(ROOT / "tests" / "node" / "node_modules"),
    "GOPROXY": "off",
    "GOTOOLCHAIN": "local",
    "GOFLAGS": "-mod=mod",
}
"""What the tools need to find all on this machine."""


def copy(folder: str, place: Path) -> Path:
    """A copy of an example, so that nothing is written into the project."""
    return Path(shutil.copytree(EXAMPLES / folder, place / folder, ignore=shutil.ignore_patterns("node_modules")))


def run(command: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    """Run a tool on an example, with ``statuary`` on the PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {name: value for name, value in os.environ.items() if not name.startswith("STATUARY")}
    return subprocess.run(
        command,
        cwd=place,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
        env={**settings, **OFFLINE, "PATH": path},
    )


def test_javascript(tmp_path: Path) -> None:
    """Node's own test runner, with fetch and nodemailer."""
    node = require("node")
    done = run([node, "--test", "--test-reporter=tap"], copy("javascript", tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 4\n# fail 0\n" in done.stdout


def test_go(tmp_path: Path) -> None:
    """``go test`` with net/http and net/smtp, formatted and vetted; nothing is downloaded."""
    go = require("go")
    place = copy("go", tmp_path)
    done = run([go, "test", "-v", "-count=1", "./..."], place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("--- PASS: ") == 4
    vetted = run([go, "vet", "./..."], place)
    assert vetted.returncode == 0, vetted.stderr
    written = run([str(Path(go).resolve().with_name("gofmt")), "-l", "."], place)
    assert (written.returncode, written.stdout) == (0, "")


def test_java(tmp_path: Path) -> None:
    """The compiler of the JDK and its HTTP client, which offers h2c with every request."""
    java, javac = require("java"), require("javac")
    place = copy("java", tmp_path)
    built = run([javac, "-Xlint:all", "-Werror", "-d", "classes", "OrdersTest.java"], place)
    assert built.returncode == 0, built.stderr
    done = run([java, "-cp", "classes", "OrdersTest"], place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "4 tests passed\n"


@pytest.mark.parametrize(
    ("folder", "command", "sound", "broken", "told"),
    [
        ("javascript", "node --test --test-reporter=tap", "error.responseCode < 500", "true", "found 5"),
        ("go", "go test -count=1 ./...", "reply.Code >= 500", "reply.Code >= 600", "found 5"),
        ("java", "java OrdersTest.java", "code / 100 == 4", "code / 100 >= 4", '"count":5'),
    ],
)
def test_the_proof_sees_a_mailer_that_never_gives_up(
    tmp_path: Path, folder: str, command: str, sound: str, broken: str, told: str
) -> None:
    """The example's own checks bite: with a mailer that sends again after 5yz it fails, and says why."""
    tool, *arguments = command.split()
    place = copy(folder, tmp_path)
    changed = 0
    for path in place.iterdir():
        text = path.read_text(encoding="utf-8")
        changed += text.count(sound)
        path.write_text(text.replace(sound, broken), encoding="utf-8")
    assert changed == 1
    done = run([require(tool), *arguments], place)
    assert done.returncode != 0
    assert told in done.stdout + done.stderr


def test_a_body_counts_where_h2c_is_offered(server: Serving) -> None:
    """An offer of another protocol may be ignored, the request may not (RFC 9110 §7.8); Java and curl make it."""
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAAA"}
    filter_ = {"filter": {"protocol": "http", "key": "h2c-offered"}, "exactly": 0}
    request = urllib.request.Request(f"{server.site}/api/journal/verify", json.dumps(filter_).encode(), offer)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as response:
        assert json.load(response)["expected"] == "exactly 0"


def test_examples_are_listed() -> None:
    """Each folder has its row in the documentation."""
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    for folder in EXAMPLES.iterdir():
        assert f"](../examples/{folder.name}/" in page
