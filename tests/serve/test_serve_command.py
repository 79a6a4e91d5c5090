"""``statuary serve`` as a process: what it announces, how it fails, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from tests.conftest import start_server, stop_server

COMMAND = [sys.executable, "-m", "statuary", "serve"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, **environment},
    )


def test_json_says_where_all_listen() -> None:
    started = start_server("--seed", "1234")
    serving = started.serving
    assert serving.seed == 1234
    for url in (f"{serving.site}/en/", f"{serving.http}/status/200"):
        with urllib.request.urlopen(url) as response:
            assert response.status == 200
    with socket.create_connection(("127.0.0.1", serving.smtp_port), timeout=5) as connection:
        assert connection.recv(100).startswith(b"220 ")
    assert stop_server(started) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly(number: signal.Signals) -> None:
    """Open connections and event streams do not hold it up."""
    started = start_server()
    with (
        socket.create_connection(("127.0.0.1", started.serving.smtp_port), timeout=5),
        urllib.request.urlopen(f"{started.serving.site}/api/journal/stream", timeout=5),
    ):
        started.process.send_signal(number)
        assert started.process.wait(timeout=15) == 0
    assert started.process.stdout is not None
    started.process.stdout.close()


def test_a_port_in_use_is_a_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for name in ("site", "http", "smtp"):
            ended = run("--free-ports", f"--{name}-port", port)
            assert ended.returncode == 3
            assert f"port {port} on 127.0.0.1 is in use" in ended.stderr
            assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "names"),
    [
        (["--site-port", "x"], {}, "--site-port"),
        (["--smtp-port", "70000"], {}, "--smtp-port"),
        ([], {"STATUARY_HTTP_PORT": "-1"}, "STATUARY_HTTP_PORT"),
        (["--seed", "1.5"], {}, "--seed"),
        (["--hostname", "a b"], {}, "--hostname"),
    ],
)
def test_a_wrong_setting_names_its_place(arguments: list[str], environment: dict[str, str], names: str) -> None:
    ended = run(*arguments, **environment)
    assert ended.returncode == 2
    assert names in ended.stderr


def test_an_address_that_is_not_ours_is_a_clear_error() -> None:
    ended = run("--free-ports", "--host", "192.0.2.1")
    assert ended.returncode == 3
    assert "192.0.2.1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_beyond_loopback_a_token_is_asked_for() -> None:
    """The journal is closed to who does not know it; the token is announced."""
    process = subprocess.Popen(
        [*COMMAND, "--host", "0.0.0.0", "--json", "--free-ports"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    site = f"http://127.0.0.1:{facts['site'].rpartition(':')[2]}"
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{site}/api/journal")
    with error.value as refused:
        assert refused.code == 401
    request = urllib.request.Request(f"{site}/api/journal", headers={"Authorization": f"Bearer {facts['token']}"})
    with urllib.request.urlopen(request) as response:
        assert response.status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=15) == 0
    process.stdout.close()
