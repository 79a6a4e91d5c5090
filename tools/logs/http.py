"""What HTTP programs write of each status code: proxies in their access logs, clients in their errors."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import requests
from snippets.app import NotRunnable

from statuary.catalog.model import Code
from tools.logs.lines import CLIENT, HOST, UPSTREAM, Line, Masks, Mocks, Recorded, mocks, version_of, wait_until

__all__ = ["CLIENTS", "PROXIES", "HttpCase", "http_case", "http_cases", "record_http"]

COMMAND_SECONDS = 60.0
"""How long a command may take, in seconds."""
STOP_SECONDS = 10.0
"""How long a proxy may take to end, in seconds."""
_TARGET = "/orders/7"
_URL = f"http://shop.example.com{_TARGET}"
_TIME = "21/Nov/2026:09:00:00 +0000"
_IMPATIENT_SECONDS = "0.3"
"""When the client of the log-only case hangs up, in seconds."""
_LOG_ONLY = {
    "http/444": ("/closed", []),
    "http/499-nginx": ("/status/200-delay=5s", ["--max-time", _IMPATIENT_SECONDS]),
}
"""Codes that nginx writes of itself: what brings each about, and what curl needs for it."""


class HttpCase(NamedTuple):
    """A code and how it is brought about.

    Args:
        id: ``http/503``.
        value: ``503``.
        target: the request target at which it comes.
        options: what curl is told besides.
    """

    id: str
    value: str
    target: str
    options: tuple[str, ...] = ()

    @property
    def log_only(self) -> bool:
        """Whether the proxy itself writes it down, and nobody sends it."""
        return self.id in _LOG_ONLY

    def shows(self, line: str) -> bool:
        """Whether a line names the code."""
        return re.search(rf"(?<![0-9]){self.value}(?![0-9])", line) is not None


def http_case(code: Code) -> HttpCase | None:
    """The case of a code; None where it is not final, or neither the mock nor nginx can bring it about."""
    if code.id in _LOG_ONLY:
        target, options = _LOG_ONLY[code.id]
        return HttpCase(code.id, code.value, target, tuple(options))
    if code.kind != "code" or code.wire != "sent" or not re.fullmatch("[2-9][0-9]{2}", code.value):
        return None
    return HttpCase(code.id, code.value, f"/{code.id}")


def http_cases(codes: Iterable[Code]) -> list[HttpCase]:
    """The cases of all final codes."""
    return [case for code in codes if (case := http_case(code)) is not None]


def record_http(program: str, cases: Iterable[HttpCase]) -> Recorded:
    """What a program writes of each code that it meets.

    Args:
        program: one of :data:`CLIENTS` or :data:`PROXIES`.
        cases: the codes.

    Raises:
        NotRunnable: the program does not start.
    """
    wanted = [case for case in cases if program == "nginx" or not case.log_only]
    with mocks() as running:
        if program in PROXIES:
            name, lines = _through(PROXIES[program], wanted, running)
        else:
            name, client = CLIENTS[program]()
            lines = {case.id: client(case, running.http) for case in wanted}
    return {case.id: Line(name, lines[case.id]) for case in wanted if case.shows(lines.get(case.id, ""))}


class _Proxy(NamedTuple):
    """A proxy before the mock.

    Args:
        name: ``nginx``.
        command: what runs it; ``{dir}`` is its folder.
        file: the name of its configuration.
        config: the text; ``{port}`` is where it listens, ``{upstream}`` where the mock does.
        log: the file of its log, or its standard output.
        patterns: what differs from run to run, to what stands instead.
    """

    name: str
    command: tuple[str, ...]
    file: str
    config: str
    log: str
    patterns: tuple[tuple[str, str], ...]


def _through(proxy: _Proxy, cases: list[HttpCase], running: Mocks) -> tuple[str, dict[str, str]]:
    """Ask for every code through a proxy, one after the other, and read what it has logged."""
    lines: dict[str, str] = {}
    with _proxying(proxy, running.http) as (port, log):
        for case in cases:
            before = log.read_text(encoding="utf-8").count("\n")
            url = f"http://{HOST}:{port}{case.target}"
            command = ["curl", "-q", "-s", "-o", "/dev/null", *case.options, url]
            subprocess.run(command, timeout=COMMAND_SECONDS, check=False)

            def written(before: int = before) -> bool:
                return log.read_text(encoding="utf-8").count("\n") > before

            try:
                wait_until(written)
            except TimeoutError:
                raise NotRunnable(f"{proxy.name} logged nothing of {case.id}") from None
            words = {
                case.target: _TARGET,
                f"{HOST}:{running.http}": UPSTREAM,
                f"{HOST}:{port}": "shop.example.com",
                HOST: CLIENT,
            }
            lines[case.id] = Masks(words, proxy.patterns)(log.read_text(encoding="utf-8").splitlines()[before])
    return version_of(proxy.name, _path_of(proxy.command[0]), "-v"), lines


@contextlib.contextmanager
def _proxying(proxy: _Proxy, upstream: int) -> Iterator[tuple[int, Path]]:
    """Run a proxy on a free port; give the port and the file that it logs to.

    Raises:
        NotRunnable: it does not start.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        port = _free_port()
        words = {"{dir}": name, "{port}": str(port), "{upstream}": str(upstream)}

        def fill(text: str) -> str:
            for word, value in words.items():
                text = text.replace(word, value)
            return text

        (folder / proxy.file).write_text(fill(proxy.config), encoding="utf-8")
        log, errors = folder / proxy.log, folder / "errors"
        log.touch()
        command = [_path_of(proxy.command[0]), *(fill(part) for part in proxy.command[1:])]
        with (folder / "output").open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen(command, stdout=out, stderr=err, cwd=folder)
        try:
            wait_until(lambda: process.poll() is not None or _listens(port))
            if process.poll() is not None:
                raise NotRunnable(f"{proxy.name} does not start: {errors.read_text(errors='replace').strip()[-300:]}")
            yield port, log
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()
            process.wait()


def _path_of(command: str) -> str:
    path = shutil.which(command, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin")
    if path is None:
        raise NotRunnable(f"{command} missing")
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


Client = Callable[[HttpCase, int], str]


def _curl() -> tuple[str, Client]:
    def client(case: HttpCase, port: int) -> str:
        command = ["curl", "-q", "-sS", "-f", "-o", "/dev/null", f"http://{HOST}:{port}{case.target}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
        return done.stderr.partition("\n")[0]

    return version_of("curl", "curl", "--version"), client


def _requests() -> tuple[str, Client]:
    def client(case: HttpCase, port: int) -> str:
        url = f"http://{HOST}:{port}{case.target}"
        with requests.get(url, timeout=COMMAND_SECONDS, allow_redirects=False) as response:
            try:
                response.raise_for_status()
            except requests.HTTPError as error:
                return Masks({url: _URL})(f"requests.exceptions.{type(error).__name__}: {error}")
        return ""

    return f"Python requests {requests.__version__}", client


_NGINX = """\
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log stderr warn;
events {
}
http {
    log_format upstream '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                        '"$http_referer" "$http_user_agent" upstream=$upstream_addr upstream_status=$upstream_status';
    access_log {dir}/access.log upstream;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen 127.0.0.1:{port};
        location / {
            proxy_pass http://127.0.0.1:{upstream};
        }
        location = /closed {
            return 444;
        }
    }
}
"""
_APACHE = """\
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {dir}/httpd.pid
DefaultRuntimeDir {dir}
ErrorLog /dev/stderr
LogLevel warn
DocumentRoot {dir}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
CustomLog {dir}/access.log combined
ProxyPass / http://127.0.0.1:{upstream}/
"""
_HAPROXY = """\
global
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    # A connection that asks nothing is how this tool finds out that it listens.
    option dontlognull
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend www
    bind 127.0.0.1:{port}
    default_backend shop
backend shop
    server app1 127.0.0.1:{upstream}
"""
_CLF_TIME = (r"\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4}\]", f"[{_TIME}]")
_CURL = (r'"curl/[0-9.]+"', '"curl/7.88.1"')

PROXIES: Mapping[str, _Proxy] = {
    "nginx": _Proxy(
        "nginx",
        ("nginx", "-p", "{dir}", "-c", "{dir}/nginx.conf"),
        "nginx.conf",
        _NGINX,
        "access.log",
        (_CLF_TIME, _CURL),
    ),
    "apache": _Proxy(
        "Apache",
        ("apache2", "-f", "{dir}/httpd.conf", "-DFOREGROUND"),
        "httpd.conf",
        _APACHE,
        "access.log",
        (_CLF_TIME, _CURL),
    ),
    "haproxy": _Proxy(
        "HAProxy",
        ("haproxy", "-db", "-f", "{dir}/haproxy.cfg"),
        "haproxy.cfg",
        _HAPROXY,
        "output",
        (
            (
                rf"^{re.escape(CLIENT)}:[0-9]+ \[[^]]+\]",
                f"Nov 21 09:00:00 lb haproxy[2102]: {CLIENT}:51234 [21/Nov/2026:09:00:00.000]",
            ),
            # The octets are those of header and body, and the mock's header is not what this is about.
            (r"(?<=app1 )[0-9/-]+ ([0-9]{3}) [0-9]+ ", r"0/0/1/2/3 \1 316 "),
            (r" [0-9]+/[0-9]+/[0-9]+/[0-9]+/[0-9]+ ([0-9]+/[0-9]+) \"", r' 1/1/0/0/0 \1 "'),
        ),
    ),
}
"""Servers that pass requests on and log what was answered."""
CLIENTS: Mapping[str, Callable[[], tuple[str, Client]]] = {"curl": _curl, "requests": _requests}
"""Programs that ask."""
