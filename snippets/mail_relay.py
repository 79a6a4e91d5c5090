"""A Postfix that passes everything on to one server, with a queue of its own: the mailer that retries for real.

with postfix_relay(("127.0.0.1", 1025), root) as relay:
    smtplib.SMTP(*relay.address).sendmail(...)
    relay.queue()      # the messages that wait, each with its recipients and the reason
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from snippets.app import HOST, NotRunnable
from snippets.mail_app import MailRunning, home_of, mail_running
from snippets.mail_plan import Job, MailApp, load_mail_plan

__all__ = ["Relay", "postfix_relay", "why_no_relay"]

COMMAND_SECONDS = 20.0
"""How long a look at the queue may take, in seconds."""
_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "compatibility_level": "3.6",
        "myhostname": "relay.example.com",
        "mydestination": "",
        "alias_maps": "",
        "inet_interfaces": "loopback-only",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "smtp_host_lookup": "native",
        "smtp_tls_security_level": "none",
        # A real queue waits for minutes; a test does not.
        "queue_run_delay": "1s",
        "minimal_backoff_time": "1s",
        "maximal_backoff_time": "2s",
        "smtp_connection_cache_on_demand": "no",
    }
)
_SERVICES = (
    "showq     unix  n       -       n       -       -       showq\n"
    "pickup    unix  n       -       n       60      1       pickup\n"
)


class Relay(NamedTuple):
    """A running relay.

    Args:
        running: the server.
        address: where it takes mail: host and port.
    """

    running: MailRunning
    address: tuple[str, int]

    def log(self) -> str:
        """What it has logged."""
        return self.running.log()

    def queue(self) -> list[dict[str, Any]]:
        """The messages that wait, as ``postqueue -j`` prints them.

        Raises:
            NotRunnable: the queue cannot be listed.
        """
        return [json.loads(line) for line in self._postqueue("-j").splitlines() if line]

    def flush(self) -> None:
        """Try everything that waits now.

        Raises:
            NotRunnable: Postfix does not take the command.
        """
        self._postqueue("-f")

    def _postqueue(self, option: str) -> str:
        command = ["chroot", str(self.running.folder), "/usr/sbin/postqueue", option]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotRunnable(f"postqueue: {error}") from error
        if done.returncode:
            raise NotRunnable(f"postqueue: {done.stderr.strip()}")
        return done.stdout


def why_no_relay(root: Path) -> str:
    """What stands against running it without installing anything; empty where nothing does."""
    try:
        home_of(_postfix(), root, install=False)
    except NotRunnable as error:
        return str(error)
    return ""


@contextlib.contextmanager
def postfix_relay(
    relayhost: tuple[str, int], root: Path, *, settings: Mapping[str, str] = MappingProxyType({}), name: str = "relay"
) -> Iterator[Relay]:
    """Run a Postfix on a free port of the loopback that passes all mail on to one server.

    Args:
        relayhost: the server: an address of the loopback and a port.
        root: where trees are set up; see :func:`snippets.mail_app.home_of`.
        settings: further lines of ``main.cf``, or others in the place of the usual.
        name: tells relays apart that run at the same time from one ``root``.

    Raises:
        NotRunnable: it cannot be run here.
        ValueError: the server is not on this machine.
    """
    host, port = relayhost
    if not host.startswith("127."):
        raise ValueError(f"{host} is not on the loopback; a relay of tests sends nowhere else")
    app = _postfix()
    lines = {**_SETTINGS, "relayhost": f"[{host}]:{port}", **settings}
    main = "".join(f"{key} = {value}\n" for key, value in lines.items())
    master = app.files["etc/postfix/master.cf"] + _SERVICES
    app = app._replace(files={**app.files, "etc/postfix/master.cf": master})
    job = Job({"etc/postfix/main.cf": main}, "", [], 1, [])
    with mail_running(app, home_of(app, root, install=False), root / "run-mail" / name) as running:
        running.start(job)
        yield Relay(running, (HOST, running.port))


def _postfix() -> MailApp:
    return next(app for app in load_mail_plan().apps if app.id == "postfix")
