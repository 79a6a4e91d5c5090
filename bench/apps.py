"""The mock servers that others wrote, each from its public package (``bench/packages``), answering as ours does."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from bench.peers import HOST, Missing, Server, free_port, running, wait

__all__ = ["HTTP_APPS", "SMTP_APPS", "App", "start_app"]

INSTALLED = Path(sys.prefix) / "peers"
"""Where ``tools/setup bench`` puts what is not Python."""
START_SECONDS = 60.0
"""What the slowest of them gets to answer for the first time."""
JOURNAL_EXCHANGES = 10_000
"""How many exchanges those keep that keep any, as ours does."""
STATUS = 503
"""What all of them answer."""


class Started(NamedTuple):
    """How one is started.

    Args:
        command: the command.
        environment: variables beside those that there are.
    """

    command: list[str]
    environment: Mapping[str, str] = MappingProxyType({})


class App(NamedTuple):
    """A peer.

    Args:
        name: what it is called.
        package: where it comes from.
        files: what must be there, below :data:`INSTALLED`; ``*`` for a version.
        start: makes its command; takes the files, a port, a folder of its own and the body to answer with.
        target: the target that is asked for.
        warm_seconds: how long it is loaded before it is measured; what compiles while it runs needs longer.
    """

    name: str
    package: str
    files: tuple[str, ...]
    start: Callable[[list[Path], int, Path, str], Started]
    target: str = "/mocked/250"
    warm_seconds: int = 1


def _go_httpbin(files: list[Path], port: int, folder: Path, body: str) -> Started:
    return Started([str(files[0]), "-host", HOST, "-port", str(port), "-log-level", "ERROR"])


def _wiremock(files: list[Path], port: int, folder: Path, body: str) -> Started:
    stub = {
        "request": {"method": "GET", "urlPath": "/mocked/250"},
        "response": {"status": STATUS, "body": body, "headers": {"Content-Type": "application/json"}},
    }
    (folder / "mappings").mkdir()
    (folder / "mappings" / "stub.json").write_text(json.dumps(stub))
    options = ["--port", str(port), "--bind-address", HOST, "--root-dir", str(folder), "--disable-banner"]
    options += ["--max-request-journal-entries", str(JOURNAL_EXCHANGES)]
    return Started(["java", "-jar", str(files[0]), *options])


def _mockserver(files: list[Path], port: int, folder: Path, body: str) -> Started:
    expectation = {
        "httpRequest": {"method": "GET", "path": "/mocked/250"},
        "httpResponse": {"statusCode": STATUS, "body": body, "headers": {"Content-Type": ["application/json"]}},
    }
    path = folder / "expectations.json"
    path.write_text(json.dumps([expectation]))
    options = [f"-Dmockserver.initializationJsonPath={path}", f"-Dmockserver.maxLogEntries={JOURNAL_EXCHANGES}"]
    # At its usual level it writes each exchange to standard output.
    options += ["-Dmockserver.logLevel=WARN"]
    return Started(["java", *options, "-jar", str(files[0]), "-serverPort", str(port)])


def _mountebank(files: list[Path], port: int, folder: Path, body: str) -> Started:
    answer = {"is": {"statusCode": STATUS, "body": body, "headers": {"Content-Type": "application/json"}}}
    stub = {"predicates": [{"equals": {"path": "/mocked/250"}}], "responses": [answer]}
    imposter = {"protocol": "http", "port": port, "host": HOST, "stubs": [stub]}
    path = folder / "imposters.json"
    path.write_text(json.dumps({"imposters": [imposter]}))
    options = ["--configfile", str(path), "--noParse", "--nologfile", "--loglevel", "error", "--localOnly"]
    options += ["--port", str(free_port()), "--pidfile", str(folder / "pid")]
    return Started(["node", str(files[0]), "start", *options])


def _mockoon(files: list[Path], port: int, folder: Path, body: str) -> Started:
    route = {
        "uuid": "00000000-0000-4000-8000-000000000001",
        "type": "http",
        "method": "get",
        "endpoint": "mocked/250",
        "responses": [
            {
                "uuid": "00000000-0000-4000-8000-000000000002",
                "statusCode": STATUS,
                "body": body,
                "bodyType": "INLINE",
                "headers": [{"key": "Content-Type", "value": "application/json"}],
                "rules": [],
                "default": True,
                "disableTemplating": True,
            }
        ],
        "enabled": True,
    }
    path = folder / "environment.json"
    environment = {"uuid": "00000000-0000-4000-8000-000000000000", "name": "bench", "routes": [route], "port": port}
    path.write_text(json.dumps(environment))
    options = ["--data", str(path), "--port", str(port), "--hostname", HOST, "--repair", "--disable-log-to-file"]
    options += ["--disable-admin-api"]
    return Started(["node", str(files[0]), "start", *options])


def _express(files: list[Path], port: int, folder: Path, body: str) -> Started:
    return Started(["node", str(files[0])], {"PORT": str(port), "BODY": body, "NODE_ENV": "production"})


def _smtp_server(files: list[Path], port: int, folder: Path, body: str) -> Started:
    return Started(["node", str(files[0])], {"PORT": str(port)})


def _maildev(files: list[Path], port: int, folder: Path, body: str) -> Started:
    options = ["--smtp", str(port), "--ip", HOST, "--disable-web", "--silent", "--mail-directory", str(folder)]
    return Started(["node", str(files[0]), *options])


HTTP_APPS = (
    App("go-httpbin", "Go proxy", ("go/go-httpbin",), _go_httpbin, f"/status/{STATUS}"),
    App("WireMock", "Maven Central", ("maven/wiremock-standalone-*.jar",), _wiremock, warm_seconds=8),
    App("MockServer", "Maven Central", ("maven/mockserver-netty-no-dependencies-*.jar",), _mockserver, warm_seconds=8),
    App("Mountebank", "npm", ("npm/node_modules/mountebank/bin/mb",), _mountebank, warm_seconds=2),
    App("Mockoon CLI", "npm", ("npm/node_modules/@mockoon/cli/bin/run.js",), _mockoon, warm_seconds=2),
    App("Express", "npm", ("npm/express.mjs",), _express, warm_seconds=2),
)
"""The peers of the HTTP mock."""
SMTP_APPS = (
    App("smtp-server", "npm", ("npm/smtp-server.mjs",), _smtp_server),
    App("maildev", "npm", ("npm/node_modules/maildev/bin/maildev",), _maildev),
)
"""The peers of the SMTP mock."""


@contextlib.contextmanager
def start_app(app: App, core: int, body: bytes = b"") -> Iterator[Server]:
    """Run a peer on a core.

    Args:
        app: the peer.
        core: the core.
        body: what it answers with.

    Raises:
        Missing: it is not installed, or cannot be run here.
    """
    found = [path for pattern in app.files for path in sorted(INSTALLED.glob(pattern))]
    if len(found) < len(app.files):
        raise Missing(f"{app.name} ({app.package})")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        started = app.start(found, port, Path(folder), body.decode())
        if shutil.which(started.command[0]) is None:
            raise Missing(started.command[0])
        environment = {**os.environ, **started.environment}
        with running(started.command, core, environment=environment) as process:
            wait(process, port, START_SECONDS)
            yield Server(process.pid, http=port, smtp=port)
