"""Mail servers that pass everything on to the SMTP mock from a queue of their own: Postfix, Exim and OpenSMTPD."""

from __future__ import annotations

import contextlib
import os
import smtplib
import subprocess
import time
from collections.abc import Callable, Iterator
from email.utils import make_msgid
from typing import Protocol

import pytest
from snippets.app import HOST, NotRunnable
from snippets.mail_app import MailRunning, home_of, mail_running
from snippets.mail_plan import Job, MailApp, load_mail_plan
from snippets.mail_relay import postfix_relay
from snippets.mail_tree import accounts_of
from tests.conftest import IN_CI, ROOT

__all__ = ["RELAYS", "Relay", "running_relay", "send", "wait_until_empty"]

BUILT = ROOT / "build" / "snippets"
"""Where the mail servers are unpacked."""
RELAYS = ("postfix", "exim", "opensmtpd")
"""The relays that there are."""

_EXIM = """\
primary_hostname = relay.example.com
local_interfaces = 127.0.0.1
acl_smtp_rcpt = accept
acl_smtp_data = accept
acl_smtp_predata = accept
log_selector = +smtp_confirmation +deliver_time
host_lookup =
tls_advertise_hosts =
message_size_limit = 10M
# A message is tried at once, and whatever waits each time that the queue is gone through.
queue_only = false
remote_max_parallel = 1

begin routers

mock:
  driver = manualroute
  route_list = * {host}
  self = send
  transport = mock

begin transports

mock:
  driver = smtp
  port = {port}
  hosts_avoid_tls = *
  hosts_try_prdr =
  hosts_try_chunking =

begin retry

* * F,1h,1s
"""

_OPENSMTPD = """\
smtp_port = "25"
listen on 127.0.0.1 port $smtp_port hostname relay.example.com
action "mock" relay host smtp://{host}:{port}
match from any for any action "mock"
"""
COMMAND_SECONDS = 20
"""How long a look at a queue may take, in seconds."""


class Relay(Protocol):
    """A running relay."""

    @property
    def address(self) -> tuple[str, int]:
        """Where it takes mail: host and port."""
        ...

    def log(self) -> str:
        """What it has logged."""
        ...

    def flush(self) -> None:
        """Try everything that waits now."""
        ...

    def waiting(self) -> int:
        """How many messages wait in its queue."""
        ...


class _Postfix:
    """Postfix, as :func:`snippets.mail_relay.postfix_relay` runs it."""

    def __init__(self, port: int, stack: contextlib.ExitStack) -> None:
        name = f"relay-{os.getpid()}-{port}"
        self._relay = stack.enter_context(postfix_relay((HOST, port), BUILT, name=name))
        self.address = self._relay.address

    def log(self) -> str:
        return self._relay.log()

    def flush(self) -> None:
        self._relay.flush()

    def waiting(self) -> int:
        return len(self._relay.queue())


class _Exim:
    """Exim in a tree of its own, whose queue is gone through each second."""

    def __init__(self, port: int, stack: contextlib.ExitStack) -> None:
        app = _plan_of("exim")
        folder = BUILT / "run-mail" / f"exim-{os.getpid()}-{port}"
        self._running: MailRunning = stack.enter_context(mail_running(app, home_of(app, BUILT, install=False), folder))
        start = ["/usr/sbin/exim4", "-bdf", "-q1s", "-oX", f"{HOST}.{{port}}"]
        config = _EXIM.format(host=HOST, port=port)
        self._running.start(Job({"etc/exim4/exim4.conf": config}, "", [], 1, start))
        self.address = (HOST, self._running.port)

    def log(self) -> str:
        return self._running.log()

    def flush(self) -> None:
        """Nothing is to be done: it goes through its queue by itself."""

    def waiting(self) -> int:
        return sum(1 for _ in (self._running.folder / "var/spool/exim4/input").rglob("*-H"))


class _OpenSmtpd:
    """OpenSMTPD in a tree of its own; what waits, it tries again when it is told to: by itself after 400 seconds."""

    def __init__(self, port: int, stack: contextlib.ExitStack) -> None:
        app = _plan_of("opensmtpd")
        folder = BUILT / "run-mail" / f"opensmtpd-{os.getpid()}-{port}"
        self._running: MailRunning = stack.enter_context(mail_running(app, home_of(app, BUILT, install=False), folder))
        self._running.start(Job({"etc/smtpd.conf": _OPENSMTPD.format(host=HOST, port=port)}, "", [], 1, []))
        self.address = (HOST, self._running.port)
        assert app.tree is not None
        control = self._running.folder / "usr/sbin/smtpctl"
        octets = control.read_bytes()
        control.unlink()  # it is a link to the unpacked file, which stays as it is
        control.write_bytes(octets)
        os.chown(control, 0, accounts_of(app.tree)["opensmtpq"])
        control.chmod(0o2755)  # it does nothing where its group is not its own

    def log(self) -> str:
        return self._running.log()

    def flush(self) -> None:
        self._control("schedule", "all")

    def waiting(self) -> int:
        return len(self._control("show", "queue").splitlines())

    def _control(self, *words: str) -> str:
        command = ["chroot", str(self._running.folder), "/usr/sbin/smtpctl", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


_MADE: dict[str, Callable[[int, contextlib.ExitStack], Relay]] = {
    "postfix": _Postfix,
    "exim": _Exim,
    "opensmtpd": _OpenSmtpd,
}


def _plan_of(name: str) -> MailApp:
    return next(app for app in load_mail_plan().apps if app.id == name)


@contextlib.contextmanager
def running_relay(name: str, port: int) -> Iterator[Relay]:
    """Run a relay in front of a port; where it cannot be run, the test fails in CI and is skipped elsewhere.

    Args:
        name: one of :data:`RELAYS`.
        port: of the SMTP mock.
    """
    with contextlib.ExitStack() as stack:
        try:
            relay = _MADE[name](port, stack)
        except NotRunnable as error:
            message = f"{name} is not run: {error}; python -m snippets setup brings it"
            if IN_CI:
                pytest.fail(message, pytrace=False)
            pytest.skip(message)
        yield relay


def send(relay: Relay, sender: str, recipient: str, subject: str) -> None:
    """Hand a message to a relay."""
    with smtplib.SMTP(*relay.address, timeout=20) as client:
        head = f"From: <{sender}>\r\nSubject: {subject}\r\nMessage-ID: {make_msgid(domain='client.example')}\r\n"
        client.sendmail(sender, [recipient], f"{head}\r\nHello.\r\n")


def wait_until_empty(relay: Relay, seconds: float) -> None:
    """Until nothing waits in the relay's queue any more; time out after so many seconds."""
    until = time.monotonic() + seconds
    while relay.waiting() and time.monotonic() < until:
        relay.flush()
        time.sleep(0.25)
    assert relay.waiting() == 0, relay.log()
