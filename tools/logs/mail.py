"""What mail programs write when the SMTP mock refuses: relays in their logs, clients in their errors."""

from __future__ import annotations

import contextlib
import re
import smtplib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from snippets.app import NotRunnable
from snippets.mail_app import MailRunning, home_of, mail_running
from snippets.mail_plan import Job, MailApp, load_mail_plan
from snippets.mail_relay import postfix_relay

from statuary.catalog.model import Code
from tools.logs.lines import HOST, RECIPIENT, ROOT, SENDER, Line, Masks, Recorded, mocks, version_of, wait_until

__all__ = ["BUILT", "CLIENTS", "RELAYS", "MailCase", "mail_case", "mail_cases", "record_mail"]

BUILT = ROOT / "build" / "snippets"
"""Where the relays' trees are unpacked: ``python -m snippets setup`` does it."""
MESSAGE = "Subject: Hello\r\n\r\nHello.\r\n"
COMMAND_SECONDS = 30.0
"""How long a client may take, in seconds."""
RELAY_BATCH = 12
"""How many messages one relay gets: the part of its log that is read is limited."""
_STAGES = ("rcpt", "message", "mail", "data", "auth", "ehlo", "connect")
"""The stages at which a refusal is recorded, the commonest in logs first."""
_RELAYED = ("rcpt", "message", "mail", "data", "connect")
_DOMAIN = "any.test"
_SERVER, _ADDRESS = "mx.example.net", "192.0.2.25"
_DATE, _QUEUE = "Nov 21 09:00:00", "4ABCDE0001"


class MailCase(NamedTuple):
    """A refusal and how it is brought about.

    Args:
        id: ``smtp/452``.
        value: ``452``.
        stage: the stage at which the mock answers with it.
    """

    id: str
    value: str
    stage: str

    @property
    def sender(self) -> str:
        """Whom the message is from; it asks for the refusal where the stage is MAIL."""
        return f"mail{self.value}@{_DOMAIN}" if self.stage == "mail" else SENDER

    @property
    def recipient(self) -> str:
        """Whom it is for: another for each case, so that a relay's lines can be told apart."""
        script = f"{self.stage}{self.value}" if self.stage in ("rcpt", "message", "data") else f"emil-{self.value}"
        return f"{script}@{_DOMAIN}"

    @property
    def user(self) -> str:
        """Who logs in, where the stage is AUTH; else empty."""
        return f"auth{self.value}@{_DOMAIN}" if self.stage == "auth" else ""

    @property
    def helo(self) -> str:
        """How the client calls itself."""
        return f"ehlo{self.value}.{_DOMAIN}" if self.stage == "ehlo" else "client.example.com"

    def shows(self, line: str) -> bool:
        """Whether a line names the code; curl keeps some to itself (``Login denied``)."""
        return re.search(rf"(?<![0-9]){self.value}(?![0-9])", line) is not None

    def masks(self, port: int, *patterns: tuple[str, str]) -> Masks:
        """What makes a line about this case the same in every run."""
        words = {
            self.sender: SENDER,
            self.recipient: RECIPIENT,
            self.user or "\0": SENDER,
            self.helo: "client.example.com",
            f"{HOST}[{HOST}]:{port}": f"{_SERVER}[{_ADDRESS}]:25",
            f"{HOST}[{HOST}]": f"{_SERVER}[{_ADDRESS}]",
            f"H={HOST} [{HOST}]": f"H={_SERVER} [{_ADDRESS}]",
            f"host={HOST}": f"host={_SERVER}",
            HOST: _ADDRESS,
            f"@{_DOMAIN}": "@example.org",
        }
        return Masks(words, patterns)


def mail_case(code: Code) -> MailCase | None:
    """The case of a code; None where it is no refusal, or is sent at none of the stages that are recorded."""
    if code.kind != "code" or code.wire != "sent" or code.value[0] not in "45":
        return None
    stages = _STAGES if "any" in code.stages else [stage for stage in _STAGES if stage in code.stages]
    return MailCase(code.id, code.value, stages[0]) if stages else None


def mail_cases(codes: Iterable[Code]) -> list[MailCase]:
    """The cases of all refusals."""
    return [case for code in codes if (case := mail_case(code)) is not None]


def record_mail(program: str, cases: Iterable[MailCase]) -> Recorded:
    """What a program writes of each refusal that it can meet.

    Args:
        program: one of :data:`CLIENTS` or :data:`RELAYS`.
        cases: the refusals.

    Raises:
        NotRunnable: a relay cannot be run here.
    """
    found: dict[str, Line] = {}
    wanted = list(cases)
    groups = [[case for case in wanted if case.stage != "connect"]]
    groups += [[case] for case in wanted if case.stage == "connect"]
    for group in filter(None, groups):
        with _listening(group) as port:
            found.update(_record(program, group, port))
    return found


@contextlib.contextmanager
def _listening(group: list[MailCase]) -> Iterator[int]:
    """The mock; no address can ask for a greeting, so a rule does."""
    with tempfile.TemporaryDirectory() as folder:
        rules = []
        if group[0].stage == "connect":
            path = Path(folder) / "rules.toml"
            path.write_text(f'[[rule]]\nprotocol = "smtp"\nstage = "connect"\nanswer = "{group[0].value}"\n')
            rules = [str(path)]
        with mocks(*rules) as running:
            yield running.smtp


def _record(program: str, group: list[MailCase], port: int) -> dict[str, Line]:
    if program in RELAYS:
        relayed = [case for case in group if case.stage in _RELAYED]
        found = {}
        for start in range(0, len(relayed), RELAY_BATCH):
            found.update(RELAYS[program](relayed[start : start + RELAY_BATCH], port))
        return found
    name, client = CLIENTS[program]()
    lines = {case.id: client(case, port) for case in group}
    return {case.id: Line(name, lines[case.id]) for case in group if case.shows(lines[case.id])}


def _postfix(cases: list[MailCase], port: int) -> dict[str, Line]:
    # A refusal must not keep the next message from being tried, and none is tried twice.
    settings = {
        "queue_run_delay": "1000s",
        "minimal_backoff_time": "1000s",
        "maximal_backoff_time": "1000s",
        "default_destination_concurrency_failed_cohort_limit": "0",
        "maillog_file": "",
        "syslog_name": "postfix",
    }
    with postfix_relay((HOST, port), BUILT, settings=settings, name=f"logs-{port}") as relay:
        name = f"Postfix {relay.running.versions()['Postfix']}"
        lines = _relayed(cases, relay.address, relay.log, lambda case: rf".*postfix/smtp\[.* to=<{case.recipient}>, .*")
    patterns = (
        (r"postfix/smtp\[[0-9]+\]: [0-9A-Za-z]+:", f"{_DATE} mx postfix/smtp[2101]: {_QUEUE}:"),
        (r"delay=[0-9.]+, delays=[0-9./]+", "delay=0.08, delays=0.02/0.01/0.03/0.02"),
    )
    return {case.id: Line(name, case.masks(port, *patterns)(line)) for case, line in lines}


def _exim(cases: list[MailCase], port: int) -> dict[str, Line]:
    app = _mail_app("exim")
    config = _EXIM.replace("{port}", str(port))
    job = Job({"etc/exim4/exim4.conf": config}, "", [], 1, [])
    with mail_running(app, home_of(app, BUILT, install=False), BUILT / "run-mail" / f"exim-logs-{port}") as running:
        running.start(job)
        name = f"Exim {running.versions()['Exim']}"
        address = (HOST, running.port)
        lines = _relayed(cases, address, _whole_log(running), lambda case: rf".* (?:==|\*\*) {case.recipient} .*")
    patterns = (
        (r"^[0-9-]{10} [0-9:]{8} [0-9A-Za-z-]{16,23} ", "2026-11-21 09:00:00 1wABCD-000ABC-01 "),
        (r" DT=[0-9.]+m?s", " DT=0.02s"),
    )
    return {case.id: Line(name, case.masks(port, *patterns)(line)) for case, line in lines}


def _whole_log(running: MailRunning) -> Callable[[], str]:
    """Exim's log, from a file that is there once something is logged."""
    path = running.folder / running.app.log

    def read() -> str:
        with contextlib.suppress(OSError):
            return path.read_text(encoding="utf-8", errors="replace")
        return ""

    return read


def _relayed(
    cases: list[MailCase], address: tuple[str, int], log: Callable[[], str], pattern: Callable[[MailCase], str]
) -> list[tuple[MailCase, str]]:
    """Hand every message to a relay, and wait until it has logged what became of each."""
    for case in cases:
        with smtplib.SMTP(*address, local_hostname="client.example.com", timeout=COMMAND_SECONDS) as client:
            client.sendmail(case.sender, [case.recipient], MESSAGE)
    return [(case, _awaited(case, re.compile(pattern(case)), log)) for case in cases]


def _awaited(case: MailCase, expression: re.Pattern[str], log: Callable[[], str]) -> str:
    """The first line of a log that fits, once it is there."""
    found: list[str] = []

    def search() -> bool:
        found[:] = [line for line in log().splitlines() if expression.fullmatch(line)]
        return bool(found)

    try:
        wait_until(search)
    except TimeoutError:
        raise NotRunnable(f"nothing was logged of {case.id}") from None
    return found[0]


def _mail_app(name: str) -> MailApp:
    return next(app for app in load_mail_plan().apps if app.id == name)


Client = Callable[[MailCase, int], str]


def _smtplib() -> tuple[str, Client]:
    def client(case: MailCase, port: int) -> str:
        try:
            with smtplib.SMTP(HOST, port, local_hostname=case.helo, timeout=COMMAND_SECONDS) as session:
                if case.user:
                    session.login(case.user, "secret")
                session.sendmail(case.sender, [case.recipient], MESSAGE)
        except smtplib.SMTPException as error:
            kind = type(error)
            return case.masks(port)(f"{kind.__module__}.{kind.__qualname__}: {error}")
        return ""

    version = ".".join(str(part) for part in sys.version_info[:2])
    return f"Python smtplib {version}", client


def _curl() -> tuple[str, Client]:
    def client(case: MailCase, port: int) -> str:
        command = ["curl", "-q", "-sS", f"smtp://{HOST}:{port}/{case.helo}"]
        command += ["--mail-from", case.sender, "--mail-rcpt", case.recipient, "-T", "-"]
        if case.user:
            command += ["--user", f"{case.user}:secret", "--login-options", "AUTH=PLAIN"]
        done = _run(command)
        return case.masks(port)(_first_line(done.stderr))

    return version_of("curl", "curl", "--version"), client


def _msmtp() -> tuple[str, Client]:
    def client(case: MailCase, port: int) -> str:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "msmtp.log"
            command = ["msmtp", "-C", "/dev/null", f"--host={HOST}", f"--port={port}", "--tls=off"]
            command += [f"--domain={case.helo}", f"--from={case.sender}", f"--logfile={log}"]
            # PLAIN and LOGIN it uses behind TLS alone.
            command += [f"--user={case.user}", "--passwordeval=echo secret"] if case.user else []
            command += ["--auth=cram-md5" if case.user else "--auth=off", "--", case.recipient]
            _run(command)
            text = log.read_text(encoding="utf-8") if log.exists() else ""
        line = _first_line(text)
        return case.masks(port, (r"^[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8}", _DATE))(line)

    return version_of("msmtp", "msmtp", "--version"), client


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=MESSAGE, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


RELAYS: Mapping[str, Callable[[list[MailCase], int], dict[str, Line]]] = {"postfix": _postfix, "exim": _exim}
"""Programs that take mail and pass it on."""
CLIENTS: Mapping[str, Callable[[], tuple[str, Client]]] = {"smtplib": _smtplib, "curl": _curl, "msmtp": _msmtp}
"""Programs that a person or an application sends with."""

_EXIM = """\
primary_hostname = relay.example.com
tls_advertise_hosts =
daemon_smtp_ports = 25
log_file_path = /var/log/exim4/%slog
acl_smtp_rcpt = accept
message_logs = false
# A refusal must not keep the next message from being tried, and bounces go nowhere.
queue_run_max = 1
bounce_return_message = false
begin routers
out:
  driver = manualroute
  route_list = * 127.0.0.1
  host_find_failed = defer
  self = send
  transport = smtp
begin transports
smtp:
  driver = smtp
  port = {port}
  hosts_avoid_tls = *
  retry_include_ip_address = false
begin retry
* * F,4d,15m
"""
