"""Fixtures for pytest: a mail server and an HTTP server of its own for each test, and the seed of the run.

Loaded in every run where this package is installed, so it imports the servers only when a test asks for one.
"""

from __future__ import annotations

import argparse
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, cast

import pytest

if TYPE_CHECKING:
    from statuary.testing import HttpServer, SmtpServer
    from statuary.testing.smtp import SmtpTls

__all__ = ["MakeHttp", "MakeSmtp", "StatuaryTls"]

MAX_SEED = 2**53 - 1
"""The highest seed."""
DRAWN_SEEDS = 1_000_000
"""A seed that nobody gave is drawn below this: short enough to be typed."""

StatuaryTls: TypeAlias = Literal["starttls", "implicit"] | bool
"""What the fixture ``statuary_tls`` gives: whether, and with SMTP how, the servers are encrypted."""

_Server: TypeAlias = "SmtpServer | HttpServer"
_seed_of_run = pytest.StashKey[int]()
_servers_of_test = pytest.StashKey[list[tuple[str, "_Server"]]]()


class MakeSmtp(Protocol):
    """What ``make_statuary_smtp`` gives: starts a further mail server, which ends with the test."""

    def __call__(self, *, tls: SmtpTls | None = ..., lmtp: bool = ..., **options: Any) -> SmtpServer:
        """Start one; the options are those of :func:`statuary.smtp`."""
        ...


class MakeHttp(Protocol):
    """What ``make_statuary_http`` gives: starts a further HTTP server, which ends with the test."""

    def __call__(self, *, tls: bool = ..., **options: Any) -> HttpServer:
        """Start one; the options are those of :func:`statuary.http`."""
        ...


def _read_seed(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_SEED)) and int(text) <= MAX_SEED):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {MAX_SEED}")
    return int(text)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that replays a run."""
    group = parser.getgroup("statuary", "mock servers")
    group.addoption(
        "--statuary-seed",
        type=_read_seed,
        metavar="N",
        help="seed of the mocks' random choices (STATUARY_SEED; random, shown at the start)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Settle the seed: one for the run, the same in all processes of pytest-xdist."""
    told = getattr(config, "workerinput", {}).get("statuary_seed")
    if told is None:
        told = config.getoption("statuary_seed")
    if told is None and os.environ.get("STATUARY_SEED"):
        try:
            told = _read_seed(os.environ["STATUARY_SEED"])
        except argparse.ArgumentTypeError as error:
            raise pytest.UsageError(f"STATUARY_SEED: {error}") from None
    config.stash[_seed_of_run] = secrets.randbelow(DRAWN_SEEDS) if told is None else int(told)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process of pytest-xdist the seed."""
    node.workerinput["statuary_seed"] = node.config.stash[_seed_of_run]


def pytest_report_header(config: pytest.Config) -> str:
    """Say the seed."""
    return f"statuary: seed {config.stash[_seed_of_run]}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Put what was said beside a test that failed, where the failure does not say it itself."""
    outcome: Any = yield
    report = cast("pytest.TestReport", outcome.get_result())
    if report.when != "call" or not report.failed:
        return
    shown = getattr(call.excinfo.value, "server", None) if call.excinfo is not None else None
    for name, server in item.stash.get(_servers_of_test, []):
        if server is shown:
            continue
        said = server.transcript() or "nothing was said\n"
        report.sections.append((f"{name} on {server.url}, seed {server.seed}", said))


@pytest.fixture(scope="session")
def statuary_seed(pytestconfig: pytest.Config) -> int:
    """What the mocks draw from; override it to fix it in code."""
    return pytestconfig.stash[_seed_of_run]


@pytest.fixture(scope="session")
def statuary_listen_address() -> tuple[str, int]:
    """Host and port to listen on, any free port for each server; override it for another."""
    return "127.0.0.1", 0


@pytest.fixture(scope="session")
def statuary_tls() -> StatuaryTls:
    """Whether the servers are encrypted; override it with True, or for SMTP with ``starttls`` or ``implicit``."""
    return False


@pytest.fixture(scope="session")
def _statuary_background() -> Iterator[None]:
    """One thread and one certificate authority for the run; each test has a server of its own in it."""
    from statuary.testing.background import acquire, release

    acquire()
    yield
    release()


@pytest.fixture
def make_statuary_smtp(
    request: pytest.FixtureRequest,
    _statuary_background: None,
    statuary_listen_address: tuple[str, int],
    statuary_seed: int,
) -> Iterator[MakeSmtp]:
    """Starts mail servers that end with the test."""
    import statuary

    host, port = statuary_listen_address
    with ExitStack() as stack:

        def make(**options: Any) -> SmtpServer:
            told = {"host": host, "port": port, "seed": statuary_seed, **options}
            server = stack.enter_context(statuary.smtp(**told))
            _remember(request, "statuary_smtp", server)
            return server

        yield make


@pytest.fixture
def make_statuary_http(
    request: pytest.FixtureRequest,
    _statuary_background: None,
    statuary_listen_address: tuple[str, int],
    statuary_seed: int,
) -> Iterator[MakeHttp]:
    """Starts HTTP servers that end with the test."""
    import statuary

    host, port = statuary_listen_address
    with ExitStack() as stack:

        def make(**options: Any) -> HttpServer:
            told = {"host": host, "port": port, "seed": statuary_seed, **options}
            server = stack.enter_context(statuary.http(**told))
            _remember(request, "statuary_http", server)
            return server

        yield make


def _remember(request: pytest.FixtureRequest, name: str, server: _Server) -> None:
    """The server's transcript is shown where the test fails."""
    request.node.stash.setdefault(_servers_of_test, []).append((name, server))


@pytest.fixture
def statuary_smtp(make_statuary_smtp: Callable[..., SmtpServer], statuary_tls: StatuaryTls) -> SmtpServer:
    """A mail server of the test's own; with ``statuary_tls`` as it says, True standing for STARTTLS."""
    return make_statuary_smtp(tls="starttls" if statuary_tls is True else statuary_tls or None)


@pytest.fixture
def statuary_http(make_statuary_http: Callable[..., HttpServer], statuary_tls: StatuaryTls) -> HttpServer:
    """An HTTP server of the test's own; encrypted where ``statuary_tls`` says anything but False."""
    return make_statuary_http(tls=bool(statuary_tls))
