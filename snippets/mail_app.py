"""Places a mail server's snippet, starts the server, listens to its log, and stops it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from snippets.app import HOST, NotRunnable, missing, set_up
from snippets.mail_plan import Job, MailApp
from snippets.mail_tree import accounts_of, copy_tree, make_folders, set_up_tree

__all__ = ["MailRunning", "home_of", "mail_running", "why_mail_not_ready"]

START_SECONDS = 20.0
"""How long a server may take to listen, in seconds."""
STOP_SECONDS = 10.0
"""How long it may take to end, in seconds."""
DAEMON_STOP_SECONDS = 0.3
"""How long what runs beside it may take to end, in seconds; a milter has nothing to finish."""
COMMAND_SECONDS = 300.0
"""How long a build command may take, in seconds."""
WAIT_SECONDS = 8.0
"""How long the prober waits for each octet before it is called a hang."""
MAX_LOG_OCTETS = 64 * 1024
"""The most of a log that is read for one dialogue, in octets."""


def home_of(app: MailApp, root: Path, *, install: bool = True) -> Path:
    """Set up what a server is run with; give its folder.

    Raises:
        NotRunnable: it cannot be set up here.
    """
    if app.tree is not None:
        return set_up_tree(app.tree, root, install=install)
    assert app.toolchain is not None
    return set_up(app.toolchain, root)


def why_mail_not_ready(app: MailApp, root: Path) -> str:
    """What stands against running a server without installing anything; empty where nothing does."""
    if app.tree is not None:
        try:
            set_up_tree(app.tree, root, install=False)
        except NotRunnable as error:
            return str(error)
        return ""
    assert app.toolchain is not None
    if absent := missing(app.toolchain):
        return f"{', '.join(absent)} missing"
    if app.toolchain.setup and not (root / app.toolchain.name / "set-up").exists():
        return "its toolchain is not set up"
    return ""


class MailRunning:
    """A server; it serves one snippet at a time.

    Args:
        app: what it is.
        home: where its tree or toolchain is.
        folder: where it runs.
    """

    def __init__(self, app: MailApp, home: Path, folder: Path) -> None:
        self.app = app
        self.home = home
        self.folder = folder
        self.port = 0
        self.exit_code: int | None = None
        self._processes: list[subprocess.Popen[bytes]] = []
        self._syslog: _Syslog | None = None
        self._placed: list[Path] = []

    def prepare(self) -> None:
        """Make the folder that it runs in.

        Raises:
            NotRunnable: that cannot be done here.
        """
        if self.app.tree is not None:
            copy_tree(self.app.tree, self.home, self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
            modules = self.home / "node_modules"
            if modules.exists():
                (self.folder / "node_modules").symlink_to(modules)
        if self.app.log == "syslog":
            self._syslog = _Syslog(self.folder / "dev" / "log")

    def start(self, job: Job) -> None:
        """Place a snippet and what belongs to it, and start the server.

        Raises:
            NotRunnable: a build command fails.
        """
        self.port = _free_port()
        self.exit_code = None
        for name, text in {**self.app.files, **job.files}.items():
            own = name in job.files
            self._write(name, text if own else self._fill(text))
        if self.app.tree is not None:
            self._write("etc/services", f"smtp {self.port}/tcp\n")
            make_folders(self.folder, self.app.folders, accounts_of(self.app.tree))
        with (self.folder / "log.out").open("wb"), (self.folder / "log.err").open("wb"):
            pass
        for command in self.app.build:
            self._build(command)
        for command in self.app.daemons:
            self._launch(command)
        for name in self.app.daemon_sockets:
            self._wait_for(lambda name=name: (self.folder / name).exists())
        self._launch(job.start or self.app.start)
        self._wait_for(self._answers)

    def connect(self) -> socket.socket:
        """A connection to it, with a timeout.

        Raises:
            OSError: it does not listen.
        """
        if self.app.socket:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(WAIT_SECONDS)
            try:
                with _short(self.folder / self.app.socket) as path:
                    connection.connect(path)
            except OSError:
                connection.close()
                raise
            return connection
        return socket.create_connection((HOST, self.port), timeout=WAIT_SECONDS)

    def versions(self) -> dict[str, str]:
        """What it is made of, each with the version that answers here."""
        found = {}
        for name, command in self.app.version.items():
            done = self._run(command)
            match = re.search(r"[0-9]+(?:\.[0-9]+)+(?:p[0-9]+)?", done.stdout.decode(errors="replace"))
            found[name] = match[0] if match else "unknown"
        return found

    def log(self) -> str:
        """What it has logged since the snippet was placed."""
        if self._syslog is not None:
            return self._syslog.text()
        name = {"stderr": "log.err", "stdout": "log.out"}.get(self.app.log, self.app.log)
        with contextlib.suppress(OSError), (self.folder / name).open("rb") as file:
            return file.read(MAX_LOG_OCTETS).decode(errors="replace")
        return ""

    @property
    def alive(self) -> bool:
        """Whether it goes on."""
        if not self._processes:
            return False
        code = self._processes[-1].poll()
        if code is not None:
            self.exit_code = code
        return code is None

    def halt(self) -> None:
        """Stop the server and what runs beside it, and take the snippet away."""
        for process in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS if process is self._processes[-1] else DAEMON_STOP_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._processes = []
        self._end_strays()
        for path in self._placed:
            path.unlink(missing_ok=True)
        self._placed = []
        for name in (self.app.log, self.app.socket, *self.app.daemon_sockets):
            if "/" in name:
                (self.folder / name).unlink(missing_ok=True)
        if self.app.tree is not None:
            for mailbox in (self.folder / "var" / "mail").iterdir():
                shutil.rmtree(mailbox, ignore_errors=True)
        if self._syslog is not None:
            self._syslog.clear()

    def remove(self) -> None:
        """Stop everything and remove the folder."""
        self.halt()
        if self._syslog is not None:
            self._syslog.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _build(self, command: list[str]) -> None:
        done = self._run(command)
        if done.returncode:
            printed = done.stdout.decode(errors="replace")[-1000:]
            raise NotRunnable(f"{' '.join(command)[:120]} failed:\n{printed}")

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                self._command(command),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotRunnable(f"{command[0]}: {error}") from error

    def _launch(self, command: list[str]) -> None:
        with (self.folder / "log.out").open("ab") as out, (self.folder / "log.err").open("ab") as err:
            self._processes.append(
                subprocess.Popen(
                    self._command(command),
                    cwd=self.folder,
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
            )

    def _command(self, command: list[str]) -> list[str]:
        filled = [self._fill(part) for part in command]
        if self.app.tree is None:
            return filled
        options = [part for part in filled if part.startswith("--userspec")]
        return ["chroot", *options, str(self.folder), *(part for part in filled if part not in options)]

    def _environment(self) -> dict[str, str]:
        usual = {"LC_ALL": "C.UTF-8", "TZ": "UTC"}
        if self.app.tree is not None:
            return {**usual, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        assert self.app.toolchain is not None
        apart = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "NODE_OPTIONS")
        own = {**self.app.toolchain.env, **self.app.env}
        return {
            **{name: value for name, value in os.environ.items() if name not in apart},
            **usual,
            **{name: self._fill(value) for name, value in own.items()},
        }

    def _fill(self, text: str) -> str:
        words = {"home": self.home, "dir": self.folder, "port": self.port, "python": sys.executable}
        for name, value in words.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # it may be a link to the unpacked file
        path.write_text(text, encoding="utf-8")
        self._placed.append(path)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            if self.app.socket:
                self.connect().close()
                return True
            # The greeting is left to the prober: some servers count connections.
            return _listens(self.port)
        return False

    def _wait_for(self, done: object) -> None:
        assert callable(done)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if done():
                return
            if self._processes[-1].poll() is not None:
                self.exit_code = self._processes[-1].returncode
                raise NotRunnable(f"does not start: {self._last_words()}")
            time.sleep(0.02)
        raise NotRunnable(f"does not listen: {self._last_words()}")

    def _last_words(self) -> str:
        text = "\n".join([self.log(), *((self.folder / name).read_text(errors="replace") for name in _LOGS)])
        return " / ".join(text.strip().splitlines()[-3:])

    def _end_strays(self) -> None:
        """End the children that left the process group; they are known by their root or current folder."""
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            with contextlib.suppress(OSError):
                if (entry / "root").readlink() == self.folder:
                    os.kill(int(entry.name), signal.SIGKILL)


_LOGS = ("log.out", "log.err")


@contextlib.contextmanager
def mail_running(app: MailApp, home: Path, folder: Path) -> Iterator[MailRunning]:
    """Make the folder that a server runs in, and remove it at the end.

    Raises:
        NotRunnable: that cannot be done here.
    """
    running = MailRunning(app, home, folder.resolve())
    try:
        running.prepare()
        yield running
    finally:
        running.remove()


class _Syslog:
    """Takes what a server says to the system's log, in its tree."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path.unlink(missing_ok=True)
        with _short(path) as short:
            self._socket.bind(short)
        path.chmod(0o666)
        self._socket.settimeout(0.2)
        self._lines: list[str] = []
        self._octets = 0
        self._open = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def text(self) -> str:
        return "".join(self._lines)

    def clear(self) -> None:
        self._lines, self._octets = [], 0

    def close(self) -> None:
        self._open = False
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while self._open:
            with contextlib.suppress(TimeoutError):
                octets = self._socket.recv(8192)
                self._octets += len(octets)
                if self._octets <= MAX_LOG_OCTETS:
                    line = octets.decode(errors="replace").strip("\0\n")
                    self._lines.append(re.sub(r"^<[0-9]+>[A-Z][a-z]{2} +[0-9]+ [0-9:]{8} ", "", line) + "\n")


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A path that fits into the address of a UNIX socket, whatever folder it is in."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _listens(port: int) -> bool:
    """Whether a port is listened on, without a connection that the server would log or count."""
    tables = [path for name in ("tcp", "tcp6") if (path := Path("/proc/net") / name).exists()]
    if not tables:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return True
        return False
    wanted = re.compile(rf":{port:04X} 0+:0000 0A ")
    return any(wanted.search(path.read_text()) for path in tables)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
