"""Starts every application side by side, asks for every code, and compares with what was recorded."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from snippets import golden
from snippets.app import HOST, NotRunnable, Running, running, set_up
from snippets.plan import App
from snippets.probe import Answer, probe

__all__ = ["Outcome", "run_apps"]

SETTLE_SECONDS = 0.04
"""How long standard error must be quiet after an answer, in seconds."""
SETTLE_AGAIN_SECONDS = 0.4
"""The same at the second attempt."""
PROBES_AT_ONCE = 12
"""How many applications are asked at the same time; each is asked for one code at a time, or its log is nobody's."""


class Outcome(NamedTuple):
    """How the run of one framework went.

    Args:
        app: the framework.
        codes: the codes that were asked for.
        deviating: those whose answer is not as recorded, each with the differences.
        versions: what it ran under.
        exit_code: what it ended with.
        not_runnable: why it was not run; empty where it was.
        seconds: how long probing took, in seconds.
        recorded: whether the answers were written.
        recorded_under: the versions of the golden that was there before.
    """

    app: App
    codes: list[str]
    deviating: dict[str, list[str]]
    versions: dict[str, str]
    exit_code: int | None = None
    not_runnable: str = ""
    seconds: float = 0.0
    recorded: bool = False
    recorded_under: Mapping[str, str] = MappingProxyType({})

    @property
    def moved(self) -> list[str]:
        """What it was recorded under, where that is not what it ran under."""
        return [
            f"{name} {version}" for name, version in self.recorded_under.items() if self.versions.get(name) != version
        ]

    @property
    def passed(self) -> int:
        """How many answers were as recorded."""
        return 0 if self.not_runnable else len(self.codes) - len(self.deviating)


def run_apps(
    apps: Iterable[App],
    codes: Sequence[str],
    *,
    root: Path,
    goldens: Path,
    record: bool = False,
    report: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Run applications: built one after the other, started side by side, asked side by side.

    Args:
        apps: the applications.
        codes: the codes to ask for; empty for all.
        root: where toolchains are set up and applications placed.
        goldens: the folder of the frameworks' folders.
        record: write what came instead of comparing.
        report: called with each outcome as soon as it is known.
    """
    outcomes: list[Outcome] = []

    def done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        report(outcome)

    with contextlib.ExitStack() as stack, ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
        asked: list[tuple[App, list[str], Future[Outcome]]] = []
        for app in apps:
            wanted = [code for code in app.snippets if not codes or code in codes]
            own = stack.enter_context(contextlib.ExitStack())
            try:
                home = set_up(app.toolchain, root)
                started = own.enter_context(running(app, home, wanted))
                found = started.versions()
            except NotRunnable as error:
                done(Outcome(app, wanted, {}, {}, not_runnable=str(error)))
                continue
            job = pool.submit(_ask, started, wanted, found, goldens, record, own)
            asked.append((app, wanted, job))
        for app, wanted, job in asked:
            try:
                done(job.result())
            except (NotRunnable, OSError) as error:
                done(Outcome(app, wanted, {}, {}, not_runnable=str(error)))
    return outcomes


def _ask(
    started: Running,
    codes: list[str],
    found: dict[str, str],
    goldens: Path,
    record: bool,
    own: contextlib.ExitStack,
) -> Outcome:
    """Ask one application for every code, then stop it."""
    app = started.app
    before = golden.read(goldens, app)
    began = time.monotonic()
    entries: dict[str, Any] = {}
    with own:
        started.wait()
        _settle(started, SETTLE_AGAIN_SECONDS)
        for code in codes:
            entries[code] = _entry(started, code, SETTLE_AGAIN_SECONDS / 2 if record else SETTLE_SECONDS)
            known = before["answers"].get(code)
            if not record and golden.differences(known, entries[code]) and started.alive:
                # A slow machine may have parted an answer from its log: ask once more, and wait longer.
                entries[code] = _entry(started, code, SETTLE_AGAIN_SECONDS)
    deviating = {
        code: found_differences
        for code in codes
        if (found_differences := golden.differences(before["answers"].get(code), entries[code]))
    }
    outcome = Outcome(
        app, codes, deviating, found, started.exit_code, seconds=time.monotonic() - began, recorded=record
    )
    if record:
        data = {
            "versions": found,
            "application": app.application,
            "exit_code": started.exit_code,
            "answers": {**before["answers"], **entries},
        }
        golden.write(goldens, app, data)
    return outcome


def _entry(started: Running, code: str, settle_seconds: float) -> dict[str, Any]:
    if code in started.refused:
        return golden.refused(started, code)
    offset = started.stderr_octets
    port, target = started.target(code)
    try:
        answer = probe(HOST, port, target)
    except OSError:
        answer = Answer("", [], b"", "none", "closed", [])
    _settle(started, settle_seconds)
    return golden.recorded(started, code, answer, started.stderr_since(offset))


def _settle(started: Running, seconds: float) -> None:
    """Wait until standard error has been quiet for so long."""
    size, quiet_since = started.stderr_octets, time.monotonic()
    while time.monotonic() - quiet_since < seconds:
        time.sleep(seconds / 4)
        if started.stderr_octets != size:
            size, quiet_since = started.stderr_octets, time.monotonic()
