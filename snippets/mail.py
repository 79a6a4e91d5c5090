"""Runs mail servers: each with every snippet in turn, several servers side by side."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from snippets import mail_golden
from snippets.app import NotRunnable
from snippets.mail_app import MailRunning, home_of, mail_running
from snippets.mail_plan import Job, MailApp
from snippets.mail_probe import converse

__all__ = ["MailOutcome", "run_mail"]

SETTLE_SECONDS = 0.15
"""How long a log must be quiet after a dialogue, in seconds."""
SETTLE_AT_MOST_SECONDS = 3.0
"""How long that is waited for, in seconds."""
SERVERS_AT_ONCE = 5
"""How many servers run side by side; Postfix mostly waits while it starts."""
TRIES = 2
"""How often a case that deviates is tried: a slow machine may part a reply from its log."""


class MailOutcome(NamedTuple):
    """How the run of one server went.

    Args:
        app: the server.
        cases: what was run.
        deviating: those whose dialogue is not as recorded, each with the differences.
        versions: what it ran under.
        not_runnable: why it was not run; empty where it was.
        seconds: how long it took, in seconds.
        recorded: whether the dialogues were written.
        recorded_under: the versions of the golden that was there before.
    """

    app: MailApp
    cases: list[str]
    deviating: dict[str, list[str]]
    versions: dict[str, str]
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
        """How many dialogues were as recorded."""
        return 0 if self.not_runnable else len(self.cases) - len(self.deviating)


def run_mail(
    apps: Iterable[MailApp],
    cases: Sequence[str],
    *,
    root: Path,
    goldens: Path,
    record: bool = False,
    install: bool = True,
    report: Callable[[MailOutcome], None] = lambda outcome: None,
) -> list[MailOutcome]:
    """Run servers.

    Args:
        apps: the servers.
        cases: the cases to run; empty for all, and for what comes about by itself.
        root: where trees and toolchains are set up.
        goldens: the folder of the servers' folders.
        record: write what came instead of comparing.
        install: whether to unpack what is not there.
        report: called with each outcome as soon as it is known.
    """

    def one(app: MailApp) -> MailOutcome:
        wanted = [name for name in app.jobs if not cases or name in cases]
        try:
            outcome = _run(app, wanted, root, goldens, record, install)
        except (NotRunnable, OSError) as error:
            outcome = MailOutcome(app, wanted, {}, {}, not_runnable=str(error))
        report(outcome)
        return outcome

    with ThreadPoolExecutor(SERVERS_AT_ONCE) as pool:
        return list(pool.map(one, apps))


def _run(app: MailApp, cases: list[str], root: Path, goldens: Path, record: bool, install: bool) -> MailOutcome:
    home = home_of(app, root, install=install)
    before = mail_golden.read(goldens, app)
    began = time.monotonic()
    entries: dict[str, Any] = {}
    deviating: dict[str, list[str]] = {}
    with mail_running(app, home, root / "run-mail" / f"{app.id}-{os.getpid()}") as running:
        versions: dict[str, str] = {}
        for name in cases:
            known = before["answers"].get(name)
            for _ in range(1 if record else TRIES):
                entries[name] = _entry(running, app.jobs[name], versions)
                found = mail_golden.differences(known, entries[name])
                if not found:
                    break
            if found:
                deviating[name] = found
    outcome = MailOutcome(
        app,
        cases,
        deviating,
        versions,
        seconds=time.monotonic() - began,
        recorded=record,
        recorded_under=before["versions"],
    )
    if record:
        answers = {**before["answers"], **entries}
        mail_golden.write(
            goldens,
            app,
            {"versions": versions or before["versions"], "application": app.application, "answers": answers},
        )
    return outcome


def _entry(running: MailRunning, job: Job, versions: dict[str, str]) -> dict[str, Any]:
    app = running.app
    try:
        try:
            running.start(job)
        except NotRunnable as error:
            return mail_golden.refused(app, job, running.exit_code, str(error), _words(running))
        if not versions:
            versions.update(running.versions())
        offset = len(running.log())
        hello = "LHLO" if app.protocol == "lmtp" else ""
        try:
            dialogue = converse(running.connect, job.say, connections=job.connections, hello=hello)
        except OSError as error:
            raise NotRunnable(f"cannot be connected to: {error}") from error
        _settle(running)
        return mail_golden.entry(app, job, dialogue, running.log()[offset:], _words(running))
    finally:
        running.halt()


def _words(running: MailRunning) -> dict[str, str]:
    return {str(running.folder): "", str(running.port): "*"}


def _settle(running: MailRunning) -> None:
    """Wait until the log has been quiet for so long."""
    until = time.monotonic() + SETTLE_AT_MOST_SECONDS
    size, quiet_since = len(running.log()), time.monotonic()
    while time.monotonic() - quiet_since < SETTLE_SECONDS and time.monotonic() < until:
        time.sleep(SETTLE_SECONDS / 5)
        with contextlib.suppress(OSError):
            now = len(running.log())
            if now != size:
                size, quiet_since = now, time.monotonic()
