"""What all tests share: tools that must be there in CI, a running server, and a loud word on what was not run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from statuary.serve.protocols import PROTOCOLS

ROOT = Path(__file__).resolve().parent.parent
# How long an example takes is the machine's affair: nothing in this suite is timed.
settings.register_profile(
    "statuary", parent=settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("statuary")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what it puts into the background, and the servers under test would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
_NO_TOOL = "{} is missing: tools/setup test brings it"
_MISSING = re.compile(re.escape(_NO_TOOL).replace(r"\{\}", r"([\w.+-]+)"))

T = TypeVar("T")


def require(tool: str) -> str:
    """The path of a tool; without it the test fails in CI and is skipped elsewhere, and the summary says so."""
    path = shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        if IN_CI:
            pytest.fail(_NO_TOOL.format(tool), pytrace=False)
        pytest.skip(_NO_TOOL.format(tool))
    return path


def run_apart(function: Callable[[], T]) -> T:
    """Call what runs a loop of its own, in a thread of its own.

    Playwright leaves a running loop in the thread that has used it, in which no second one can be run.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def run_async(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, whatever loop this thread is in; see :func:`run_apart`."""
    return run_apart(lambda: asyncio.run(coroutine))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly which tools were missing and what that cost, whichever process it was in."""
    reports = [report for kind in ("skipped", "failed", "error") for report in terminalreporter.stats.get(kind, [])]
    missing = Counter(found[1] for report in reports if (found := _MISSING.search(str(report.longrepr))))
    for tool, tests in sorted(missing.items()):
        terminalreporter.write_line(f"NOT RUN: {tests} tests, because {tool} is missing", red=True, bold=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Long runs are asked for."""
    parser.addoption("--crawl", action="store_true", help="check every page with the Nu HTML checker, not a sample")


class Serving(NamedTuple):
    """A running ``statuary serve``.

    Args:
        site: the URL of the site.
        http: the URL of the HTTP mock.
        smtp_port: the port of the SMTP mock on 127.0.0.1.
        http_port: the port of the HTTP mock.
        seed: its seed.
        pid: its process.
        ports: the port of every mock, by name.
        ca_file: what a client trusts.
    """

    site: str
    http: str
    smtp_port: int
    http_port: int
    seed: int
    pid: int
    ports: dict[str, int]
    ca_file: str


class Started(NamedTuple):
    """A process of ours and what it announced."""

    process: subprocess.Popen[str]
    serving: Serving


def start_server(*arguments: str) -> Started:
    """Start ``statuary serve`` on free ports and wait until all listen."""
    command = [sys.executable, "-m", "statuary", "serve", "--json"]
    for name in ("site", *(adapter.name for adapter in PROTOCOLS)):
        if f"--{name}-port" not in arguments:
            command += [f"--{name}-port", "0"]
    process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"statuary serve ended with {process.wait()}"
    facts = json.loads(line)
    serving = Serving(
        facts["site"],
        facts["http"],
        int(facts["smtp"].rpartition(":")[2]),
        int(facts["http"].rpartition(":")[2]),
        facts["seed"],
        process.pid,
        {adapter.name: int(facts[adapter.name].rpartition(":")[2]) for adapter in PROTOCOLS},
        facts["ca_file"],
    )
    return Started(process, serving)


def stop_server(started: Started) -> int:
    """End it as a person would, and give its exit code."""
    started.process.send_signal(signal.SIGINT)
    try:
        return started.process.wait(timeout=20)
    finally:
        started.process.kill()
        if started.process.stdout is not None:
            started.process.stdout.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Serving]:
    """One running server for a whole test run; tests keep apart by their own addresses and targets."""
    started = start_server("--seed", "7")
    yield started.serving
    assert stop_server(started) == 0
