"""``statuary health``: whether a server is up, for health checks and for scripts that wait."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.cli.conftest import Outcome
from tests.conftest import Serving

Run = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATUARY_URL", "STATUARY_SITE_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def stranger() -> Iterator[tuple[str, list[bytes]]]:
    """A server that is not ours, and what it answers next."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = bodies.pop(0)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", bodies
        server.shutdown()
        thread.join()


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def test_a_server_that_is_up(statuary: Run, server: Serving) -> None:
    assert statuary("health", "--url", server.site) == (0, f"{server.site} is up\n", "")
    done = statuary("health", "--url", server.site, "--json")
    facts = json.loads(done.out)
    assert (done.code, facts["status"], facts["url"]) == (0, "up", server.site)
    assert {"exchanges", "messages", "rules", "faults"} <= set(facts)


def test_it_is_found_by_the_environment(statuary: Run, server: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """``STATUARY_SITE_PORT`` as the server has it, before it the URL: what a container's health check rests on."""
    monkeypatch.setenv("STATUARY_SITE_PORT", server.site.rpartition(":")[2])
    assert statuary("health").out == f"{server.site} is up\n"
    monkeypatch.setenv("STATUARY_SITE_PORT", str(_closed_port()))
    assert statuary("health").code == 3
    monkeypatch.setenv("STATUARY_URL", server.site)
    assert statuary("health").code == 0


@pytest.mark.parametrize("port", ["0", "65536", "x", "٣", "9" * 30])
def test_a_port_that_is_none_is_the_default(statuary: Run, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    """The server itself refuses such a setting; the check only has to fall back on something."""
    from statuary.cli import health

    monkeypatch.setenv("STATUARY_SITE_PORT", port)
    assert health._own_url() == "http://127.0.0.1:8080"


def test_nobody_there(statuary: Run) -> None:
    url = f"http://127.0.0.1:{_closed_port()}"
    done = statuary("health", "--url", url)
    assert (done.code, done.out) == (3, "")
    assert f"{url} does not answer" in done.err
    done = statuary("health", "--url", url, "--json")
    assert json.loads(done.err)["error"] == "unreachable"


@pytest.mark.parametrize("body", [b"[]", b'{"status": "down"}', b"null", b"<html>", b"\xff"])
def test_somebody_else_there(statuary: Run, stranger: tuple[str, list[bytes]], body: bytes) -> None:
    """Waiting would not help, so it is said at once."""
    url, bodies = stranger
    bodies.append(body)
    done = statuary("health", "--url", url, "--wait", "3600")
    assert (done.code, done.out) == (3, "")
    assert "no Statuary server" in done.err


def test_it_waits_until_somebody_is_there(
    statuary: Run, monkeypatch: pytest.MonkeyPatch, stranger: tuple[str, list[bytes]]
) -> None:
    """A server that is not up at the first question is asked again; here it comes up during the first pause."""
    from statuary.cli import health
    from statuary.cli.remote import Remote, RemoteFailure

    url, bodies = stranger
    bodies.append(b'{"status": "up"}')
    answers = Remote.get_json
    pauses: list[float] = []

    def get_json(remote: Remote, path: str) -> object:
        if not pauses:
            raise RemoteFailure("unreachable", "not yet")
        return answers(remote, path)

    monkeypatch.setattr(Remote, "get_json", get_json)
    monkeypatch.setattr("statuary.cli.health.time.sleep", pauses.append)
    assert statuary("health", "--url", url, "--wait", "3600").out == f"{url} is up\n"
    assert pauses == [health.PAUSE_SECONDS]


@pytest.mark.parametrize("wait", ["-1", "3601", "1.5", "x", "9" * 20, "٣"])
def test_a_wrong_wait_is_wrong_usage(statuary: Run, wait: str) -> None:
    done = statuary("health", f"--wait={wait}")
    assert done.code == 2
    assert "--wait" in done.err


def test_a_wrong_url_is_wrong_usage(statuary: Run) -> None:
    assert statuary("health", "--url", "localhost:8080").code == 2


def test_it_speaks_the_reader_s_language(statuary: Run, server: Serving) -> None:
    said = {
        language: statuary("health", "--url", server.site, "--lang", language).out
        for language in ("en", "fr", "ja", "ko")
    }
    assert len(set(said.values())) == 4
    assert all(server.site in line for line in said.values())
