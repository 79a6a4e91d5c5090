"""Opening the browser: ``statuary serve --open``, and whether a page is there to be opened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from statuary.cli.browser import open_apart, open_page
from statuary.cli.screen.places import answers, configured
from tests.cli.conftest import bare_environment
from tests.conftest import Serving

FREE = ("serve", "--free-ports", "--open")


def _browser(folder: Path) -> tuple[Path, Path]:
    """A browser that writes down what it was asked for, once, into a pipe; and the pipe."""
    pipe, script = folder / "asked", folder / "browser"
    os.mkfifo(pipe)
    script.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{pipe}"\n')
    script.chmod(0o755)
    return script, pipe


@pytest.mark.parametrize(
    ("changes", "path"),
    [({"LC_ALL": "fr_CA.UTF-8"}, "/fr/"), ({"STATUARY_LANG": "ko", "LANG": "ja_JP"}, "/ko/"), ({"LANG": "C"}, "/")],
)
def test_the_site_is_opened_in_the_readers_language(tmp_path: Path, changes: dict[str, str], path: str) -> None:
    """Once all listen; where the environment names no language, the browser's own decides."""
    script, pipe = _browser(tmp_path)
    server = subprocess.Popen(
        [sys.executable, "-m", "statuary", *FREE, "--json"],
        stdout=subprocess.PIPE,
        env=bare_environment(BROWSER=str(script), **changes),
    )
    assert server.stdout is not None
    with server.stdout:
        site = json.loads(server.stdout.readline())["site"]
        assert pipe.read_text() == f"{site}{path}"
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0


def test_without_a_browser_the_address_is_said(tmp_path: Path) -> None:
    """No failure: the server goes on."""
    server = subprocess.Popen(
        [sys.executable, "-m", "statuary", *FREE],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=bare_environment(PATH=str(tmp_path), BROWSER="no-such-browser"),
    )
    assert server.stderr is not None
    with server.stderr:
        assert "no browser was found; the site is http://127.0.0.1:" in server.stderr.readline()
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0


def test_a_browser_that_stays_keeps_nobody_waiting() -> None:
    """Many a browser ends only when its window is closed."""
    closed, called = threading.Event(), threading.Event()

    def stay(url: str) -> bool:
        return closed.wait()

    thread = open_apart("http://127.0.0.1/", stay, called.set)
    assert thread.is_alive()
    assert thread.daemon
    closed.set()
    thread.join()
    assert not called.is_set()


def test_a_browser_that_fails_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ``webbrowser`` raises."""

    def fail(url: str) -> bool:
        raise OSError(2, "No such file or directory")

    monkeypatch.setattr("webbrowser.open", fail)
    assert not open_page("http://127.0.0.1/")


def test_a_page_is_there_only_where_a_site_has_it(server: Serving) -> None:
    """A running site, its unknown pages, and a port where nobody listens."""
    assert answers(f"{server.site}/en/smtp/452")
    assert not answers(f"{server.site}/en/smtp/999999")
    assert not answers("http://127.0.0.1:1/en/smtp/452")
    assert not answers("nonsense")


def test_the_settings_say_where_the_site_is() -> None:
    """As ``statuary serve`` reads them; wrong ones leave the defaults."""
    assert configured({"STATUARY_SITE_PORT": "81", "STATUARY_HTTP_PORT": "82"}) == (
        "http://127.0.0.1:81",
        "http://127.0.0.1:82",
    )
    assert configured({"STATUARY_SITE_PORT": "high"}) == configured({})
