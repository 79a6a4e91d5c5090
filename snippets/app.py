"""Sets a framework up, places its snippets, builds, starts and stops its application."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from snippets.plan import App, Toolchain
from snippets.probe import wait_until_open

__all__ = ["NotRunnable", "Running", "missing", "module_of", "path_of", "running", "set_up", "warm_up", "why_not_ready"]

HOST = "127.0.0.1"
START_SECONDS = 90.0
"""How long an application may take to listen, in seconds."""
STOP_SECONDS = 15.0
"""How long it may take to end when it is asked to, in seconds."""
BUILD_SECONDS = 900.0
"""How long a set-up or build command may take, in seconds."""
_EACH = re.compile(r"^\s*(?://|#)each-snippet ?(.*)$")


class NotRunnable(Exception):
    """A framework cannot be run here: a command is missing, or its set-up, build or start fails."""


def missing(toolchain: Toolchain) -> list[str]:
    """The commands of a toolchain that are not on the path."""
    return [need for need in toolchain.needs if shutil.which(need, path=_path()) is None]


def module_of(code: str) -> str:
    """A name for a code that every language takes: ``http_507``."""
    return re.sub(r"[^a-z0-9]", "_", code)


def path_of(code: str) -> str:
    """Where the application answers with a code, when it has one port for all."""
    return f"/{code}/endpoint"


def set_up(toolchain: Toolchain, root: Path) -> Path:
    """Set a toolchain up below ``root``, unless that is done; give its home.

    Raises:
        NotRunnable: a command is missing or fails.
    """
    if absent := missing(toolchain):
        raise NotRunnable(f"{', '.join(absent)} missing")
    home = root / toolchain.name
    stamp, now = home / "set-up", _toolchain_stamp(toolchain)
    if _says(stamp, now):
        return home
    home.mkdir(parents=True, exist_ok=True)
    for name, text in toolchain.files.items():
        (home / name).write_text(text, encoding="utf-8")
    for command in toolchain.setup:
        _call(_filled(command, {"home": str(home), "python": sys.executable}), home, _environment(toolchain, home))
    stamp.write_text(now)
    return home


def warm_up(app: App, root: Path) -> None:
    """Build an application once, so that compilers have their caches and dependencies are there; unless that is done.

    Raises:
        NotRunnable: its toolchain cannot be set up, or a build command fails.
    """
    home = set_up(app.toolchain, root)
    stamp = home / f"{app.id}-warm"
    if app.build and not _says(stamp, app.application):
        trial = Running(app, home, home / "run" / f"{app.id}-{os.getpid()}", list(app.snippets))
        try:
            trial.place()
            trial.build()
        finally:
            trial.stop()
        stamp.write_text(app.application)


def why_not_ready(app: App, root: Path) -> str:
    """What stands against running an application without installing anything; empty where nothing does."""
    if absent := missing(app.toolchain):
        return f"{', '.join(absent)} missing"
    home = root / app.toolchain.name
    if app.toolchain.setup and not _says(home / "set-up", _toolchain_stamp(app.toolchain)):
        return "its toolchain is not set up"
    if app.build and not _says(home / f"{app.id}-warm", app.application):
        return "it was not built by the set-up"
    return ""


class Running:
    """An application that serves.

    Args:
        app: what it is.
        home: where its toolchain is.
        folder: where its snippets are placed.
        codes: the codes that it serves.
    """

    def __init__(self, app: App, home: Path, folder: Path, codes: list[str]) -> None:
        self.app = app
        self.home = home
        self.folder = folder
        self.codes = codes
        self.port = _free_port()
        self.ports: dict[str, int] = {}
        self.refused: dict[str, tuple[int, str]] = {}
        self.exit_code: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._words = {"home": str(home), "dir": str(folder), "port": str(self.port), "python": sys.executable}

    def place(self) -> None:
        """Write the application and the snippets."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        words = [self._each(code) for code in self.codes]
        for name, text in self.app.files.items():
            self._write(name, _expanded(text, words, self._words))
        for each in words:
            text = self.app.snippets[each["code"]].text
            for edit in self.app.wrap:
                text = _wrapped(text, edit, each)
            self._write(_fill(self.app.place, each), text)
        self._write("codes.json", json.dumps({each["code"]: each for each in words}))

    def build(self) -> None:
        """Build it; a snippet that the framework refuses by itself is left out, and remembered with what was said.

        Raises:
            NotRunnable: a build command fails.
        """
        for code in self.codes if self.app.check else ():
            file = self.folder / _fill(self.app.place, self._each(code))
            command = _filled(self.app.check, {**self._words, "file": str(file)})
            done = _run(command, self.folder, _environment(self.app.toolchain, self.home))
            if done.returncode:
                self.refused[code] = done.returncode, done.stdout.decode(errors="replace")
                file.unlink()
        for command in self.app.build:
            _call(_filled(command, self._words), self.folder, _environment(self.app.toolchain, self.home))

    def versions(self) -> dict[str, str]:
        """What it is made of, each with the version that answers here.

        Raises:
            NotRunnable: a command fails.
        """
        found = {}
        for name, command in self.app.version.items():
            filled = _filled(command, self._words)
            printed = _call(filled, self.folder, _environment(self.app.toolchain, self.home))
            match = re.search(r"[0-9]+(?:\.[0-9]+)+", printed)
            found[name] = match[0] if match else "unknown"
        return found

    def start(self) -> None:
        """Start it; :meth:`wait` waits until it listens."""
        with (self.folder / "stderr").open("wb") as stderr, (self.folder / "stdout").open("wb") as stdout:
            self._process = subprocess.Popen(
                _filled(self.app.start, self._words),
                cwd=self.folder,
                env=_environment(self.app.toolchain, self.home),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until it listens.

        Raises:
            NotRunnable: it ends, or does not listen in time.
        """
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.alive:
            if self.app.several_ports:
                with contextlib.suppress(OSError, ValueError):
                    self.ports = json.loads((self.folder / "ports.json").read_text())
                    return
                time.sleep(0.03)
            elif wait_until_open(HOST, self.port, time.monotonic() + 0.5):
                return
        ends = (self.folder / "stderr").read_text(errors="replace").strip().splitlines()[-3:]
        raise NotRunnable(f"does not start: {' / '.join(ends)}")

    @property
    def alive(self) -> bool:
        """Whether its process goes on."""
        if self._process is not None and self._process.poll() is not None:
            self.exit_code = self._process.returncode
            return False
        return self._process is not None

    def command(self, command: list[str], code: str) -> list[str]:
        """A command for one snippet, its words filled in."""
        return _filled(command, {**self._words, **self._each(code)})

    def folder_of(self, code: str) -> Path:
        """The folder that the snippet of a code was placed in."""
        return (self.folder / _fill(self.app.place, self._each(code))).parent

    @property
    def environment(self) -> dict[str, str]:
        """The environment that its toolchain wants."""
        return _environment(self.app.toolchain, self.home)

    def target(self, code: str) -> tuple[int, str]:
        """The port and request target that answer with a code."""
        if self.app.several_ports:
            return self.ports[code], "/endpoint"
        return self.port, path_of(code)

    @property
    def stderr_octets(self) -> int:
        """How much it has written to its standard error, in octets."""
        return (self.folder / "stderr").stat().st_size

    def stderr_since(self, offset: int) -> str:
        """What it has written to its standard error after so many octets."""
        with (self.folder / "stderr").open("rb") as file:
            file.seek(offset)
            return file.read(64 * 1024).decode(errors="replace")

    def stop(self) -> None:
        """End it as its operator would, and all that it started; then remove what was placed."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
            try:
                self.exit_code = self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.exit_code = None
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _each(self, code: str) -> dict[str, str]:
        return {"module": module_of(code), "path": path_of(code), "code": code}

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def running(app: App, home: Path, codes: list[str]) -> Iterator[Running]:
    """Place, build and start an application, and stop it at the end; :meth:`Running.wait` is the caller's.

    Raises:
        NotRunnable: it cannot be built.
    """
    running = Running(app, home, home / "run" / f"{app.id}-{os.getpid()}", codes)
    try:
        running.place()
        running.build()
        running.start()
        yield running
    finally:
        running.stop()


def _toolchain_stamp(toolchain: Toolchain) -> str:
    return hashlib.sha256(repr((toolchain.files, toolchain.setup)).encode()).hexdigest()


def _says(stamp: Path, text: str) -> bool:
    return stamp.exists() and stamp.read_text() == text


def _wrapped(text: str, edit: Mapping[str, str], words: Mapping[str, str]) -> str:
    if "append" in edit:
        return text + _fill(edit["append"], words)
    if text.count(edit["find"]) != 1:
        raise NotRunnable(f"{edit['find']!r} must stand in {words['code']} once")
    return text.replace(edit["find"], _fill(edit["replace"], words))


def _expanded(text: str, words: list[dict[str, str]], common: Mapping[str, str]) -> str:
    """Repeat what follows ``each-snippet`` for every snippet; such a line opens as a comment."""
    lines = []
    for line in text.splitlines():
        match = _EACH.match(line)
        lines += [_fill(match[1], {**common, **each}) for each in words] if match else [_fill(line, common)]
    return "\n".join(lines) + "\n"


def _filled(command: list[str], words: Mapping[str, str]) -> list[str]:
    return [_fill(part, words) for part in command]


def _fill(text: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        text = text.replace("{" + name + "}", value)
    return text


def _path() -> str:
    return os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


def _environment(toolchain: Toolchain, home: Path) -> dict[str, str]:
    extra = {name: _fill(value, {"home": str(home)}) for name, value in toolchain.env.items()}
    apart = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "GOFLAGS", "NODE_OPTIONS")
    return {
        **{name: value for name, value in os.environ.items() if name not in apart},
        "PATH": _path(),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        **extra,
    }


def _call(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    done = _run(command, folder, environment)
    printed = done.stdout.decode(errors="replace")
    if done.returncode:
        raise NotRunnable(f"{' '.join(command)[:120]} failed:\n{printed[-2000:]}")
    return printed


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=BUILD_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotRunnable(f"{command[0]}: {error}") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
