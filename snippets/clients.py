"""Runs every program of every client against the mock, and compares with what was recorded."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from snippets import golden
from snippets.app import NotRunnable, Running, set_up
from snippets.client_mock import Mock, mock, soon
from snippets.client_plan import Program, Runnable

__all__ = ["ClientOutcome", "read_client", "run_clients", "write_client"]

RUN_SECONDS = 60.0
"""How long one run of a program may take, in seconds."""
MAX_PRINTED_CHARACTERS = 4000
"""How much of what a program prints is recorded, in characters."""
CLIENTS_AT_ONCE = 4
"""How many clients run at the same time, each with a mock of its own, whose journal holds one run after the other."""


class ClientOutcome(NamedTuple):
    """How the runs of one client went.

    Args:
        client: the client.
        codes: the codes that it was to meet.
        deviating: those at which it did not do as recorded, each with the differences.
        versions: what it ran under.
        runs: how many runs there were.
        not_runnable: why it was not run; empty where it was.
        seconds: how long it took, in seconds.
        recorded: whether the runs were written.
        recorded_under: the versions of the golden that was there before.
    """

    client: Runnable
    codes: list[str]
    deviating: dict[str, list[str]]
    versions: dict[str, str]
    runs: int = 0
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
        """At how many codes it did as recorded."""
        return 0 if self.not_runnable else len(self.codes) - len(self.deviating)


def run_clients(
    clients: Iterable[Runnable],
    codes: Sequence[str],
    *,
    root: Path,
    goldens: Path,
    record: bool = False,
    report: Callable[[ClientOutcome], None] = lambda outcome: None,
) -> list[ClientOutcome]:
    """Run clients side by side, each one's programs one after the other.

    Args:
        clients: the clients.
        codes: the codes to meet; empty for all.
        root: where toolchains are set up and programs placed.
        goldens: the folder of the clients' folders.
        record: write what came instead of comparing.
        report: called with each outcome as soon as it is known, in the clients' order.
    """
    outcomes = []
    with ThreadPoolExecutor(CLIENTS_AT_ONCE) as pool:
        jobs = [
            pool.submit(
                _run, client, [code for code in client.programs if not codes or code in codes], root, goldens, record
            )
            for client in clients
        ]
        for job in jobs:
            outcomes.append(job.result())
            report(outcomes[-1])
    return outcomes


def _run(client: Runnable, codes: list[str], root: Path, goldens: Path, record: bool) -> ClientOutcome:
    before = read_client(goldens, client)
    began = time.monotonic()
    entries: dict[str, Any] = {}
    runs = 0
    try:
        home = set_up(client.app.toolchain, root)
        running = Running(client.app, home, home / "run" / f"{client.app.id}-{os.getpid()}", codes)
        with contextlib.ExitStack() as stack:
            stack.callback(running.stop)
            running.place()
            running.build()
            versions = running.versions()
            server = stack.enter_context(mock())
            for code in codes:
                program = client.programs[code]
                cases = {name: _case(client, running, server, code, name) for name in program.cases}
                entries[code] = {"program": program.digest, "asked": program.asked, "cases": cases}
                runs += len(cases)
    except (NotRunnable, OSError) as error:
        return ClientOutcome(client, codes, {}, {}, not_runnable=str(error))
    deviating = {code: found for code in codes if (found := _differences(before["codes"].get(code), entries[code]))}
    if record:
        data = {
            "versions": versions,
            "application": client.app.application,
            "codes": {**before["codes"], **entries},
        }
        write_client(goldens, client, data)
    return ClientOutcome(
        client,
        codes,
        deviating,
        versions,
        runs,
        seconds=time.monotonic() - began,
        recorded=record,
        recorded_under=before["versions"],
    )


def _case(client: Runnable, running: Running, server: Mock, code: str, name: str) -> dict[str, Any]:
    """Run a program once; what it did as a golden has it."""
    program: Program = client.programs[code]
    words = {"{server}": server.smtp, "{url}": server.http, "{date}": soon()}
    arguments = [_filled(argument, words) for argument in program.cases[name]]
    server.forget()
    exit_code, stdout, stderr = _execute([*running.command(client.command, code), *arguments], running, code)
    seen = server.seen(program.fields)
    entry = {
        "arguments": [server.masked(argument).replace(words["{date}"], "*") for argument in arguments],
        "stdout": server.masked(stdout)[:MAX_PRINTED_CHARACTERS],
        "exit_code": exit_code,
        "exchanges": [
            [*item[:2], *(part.replace(words["{date}"], "*") for part in item[2:])] for item in seen.exchanges
        ],
    }
    if said := golden.said(running, stderr):
        entry["stderr"] = said
    if seen.early:
        entry["early"] = seen.early
    return entry


def _execute(command: list[str], running: Running, code: str) -> tuple[int | None, str, str]:
    """Exit code, standard output and standard error of a program; no exit code where it had to be ended."""
    process = subprocess.Popen(
        command,
        cwd=running.folder_of(code),
        env=running.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    exit_code: int | None
    try:
        stdout, stderr = process.communicate(timeout=RUN_SECONDS)
        exit_code = process.returncode
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        exit_code = None
    return exit_code, stdout.decode(errors="replace"), stderr.decode(errors="replace")


def _differences(before: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> list[str]:
    """What the runs of a program have that the golden has not, in words; empty where they are the same."""
    if before is None:
        return ["never recorded"]
    found = [f"{key} changed" for key in ("program", "asked") if before.get(key) != entry[key]]
    for name in sorted(before["cases"].keys() | entry["cases"].keys()):
        was, now = before["cases"].get(name, {}), entry["cases"].get(name, {})
        found += [
            f"{name}: {key} was {was.get(key)!r} and is {now.get(key)!r}"
            for key in sorted(was.keys() | now.keys())
            if was.get(key) != now.get(key)
        ]
    return found


def read_client(folder: Path, client: Runnable) -> dict[str, Any]:
    """The golden of a client as data; empty where it was never run."""
    path = folder / client.id / "golden.json"
    if not path.exists():
        return {"versions": {}, "application": "", "codes": {}}
    data: dict[str, Any] = json.loads(path.read_bytes())
    return data


def write_client(folder: Path, client: Runnable, data: Mapping[str, Any]) -> Path:
    """Write a golden, one line for each code, in the order of the codes.

    Args:
        folder: where the clients' folders are.
        client: the client.
        data: ``versions``, ``application`` and ``codes``.
    """
    lines = [f"{_json(code)}: {_json(data['codes'][code])}" for code in client.programs if code in data["codes"]]
    text = (
        f'{{"versions": {_json(data["versions"])},\n"application": {_json(data["application"])},\n'
        '"codes": {\n' + ",\n".join(lines) + "\n}}\n"
    )
    path = folder / client.id / "golden.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
