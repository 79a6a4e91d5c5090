"""Records what the mocks really answer, by running their own sessions without a network.

Counts, journal and mail of a recording are its own: it leaves no trace in a running server and always meets the first
step of a script.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from statuary.errors import ServeError
from statuary.scenario.address import parse_address
from statuary.scenario.counters import MemoryCounters
from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Rule
from statuary.serve.http import HttpMock
from statuary.serve.journal import MemoryJournal
from statuary.serve.mailbox import Mailbox
from statuary.serve.output import Output, Send
from statuary.serve.session import Peer, Session, Shared
from statuary.serve.smtp import SmtpMock

__all__ = ["Line", "Transcript", "apart", "commands_to", "record_http", "record_smtp", "record_smtp_stage"]

_SENDER = "sender@client.example"
_RECIPIENT = "recipient@any.test"
_HELLO = "client.example"
_CHUNK = "BDAT 22 LAST\r\nSubject: Hello\r\n\r\nHi"
_MESSAGE = ("Subject: Hello", "", "Hello from a test.", ".")


class Line(NamedTuple):
    """A line of a dialogue: ``C`` or ``S``, and what was said, without its end."""

    direction: str
    text: str


class Transcript(NamedTuple):
    """What was said.

    Args:
        lines: both directions in order.
        raw: the octets that the server sent.
    """

    lines: tuple[Line, ...]
    raw: bytes


def record_http(shared: Shared, target: str, accept: str = "*/*") -> Transcript:
    """Request a target once.

    Args:
        shared: the catalogue, site and seed of the server.
        target: such as ``/status/507``.
        accept: the Accept field.
    """
    session = HttpMock(apart(shared))(Peer("127.0.0.1:0", 1))
    request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:8081\r\nAccept: {accept}\r\n\r\n"
    raw = _octets(session.receive(request.encode("latin-1")))
    lines = [Line("C", line) for line in request.split("\r\n")[:-1]]
    lines += [Line("S", line) for line in raw.decode("latin-1").split("\r\n")]
    return Transcript(tuple(lines), raw)


def record_smtp(shared: Shared, address: str) -> Transcript:
    """Send one message to a scripted address (from it, where it speaks for the stage ``mail``).

    Args:
        shared: the catalogue and name of the server.
        address: such as ``rcpt452@any.test``.

    Raises:
        ScriptError: the address means to be scripted, and its script is wrong.
    """
    local_part, _, domain = address.rpartition("@")
    found = parse_address(local_part, domain)
    sender = address if found is not None and found.stage == "mail" else _SENDER
    recipient = _RECIPIENT if sender == address else address
    return _dialogue(apart(shared), _delivery(sender, recipient))


def record_smtp_stage(shared: Shared, stage: str, script: str) -> Transcript:
    """Have a stage answer by a rule, and record a dialogue that comes to it.

    Args:
        shared: the catalogue and name of the server.
        stage: such as ``connect`` or ``vrfy``.
        script: what it answers.

    Raises:
        ScriptError: the script is wrong.
    """
    rules = RuleIndex([Rule("smtp", stage, parse_script(script, SMTP), name=f"{stage} {script}")])
    return _dialogue(replace(apart(shared), rules=rules), commands_to(stage))


def commands_to(stage: str) -> Iterator[str]:
    """What a client says until a stage answers, without the ends of lines; QUIT is left out.

    Args:
        stage: such as ``rcpt`` or ``vrfy``.
    """
    extra = {
        "vrfy": "VRFY recipient",
        "expn": "EXPN list",
        "help": "HELP",
        "noop": "NOOP",
        "rset": "RSET",
        "other": "XTEST",
    }
    wanted = {"auth": "AUTH PLAIN", "starttls": "STARTTLS", "etrn": "ETRN client.example", "atrn": "ATRN"} | extra
    if stage in wanted:
        return iter([f"EHLO {_HELLO}", wanted[stage]])
    if stage == "bdat":
        *opening, _, _ = _delivery(_SENDER, _RECIPIENT)
        return iter([*opening, _CHUNK])
    return _delivery(_SENDER, _RECIPIENT)


def apart(shared: Shared) -> Shared:
    """The same server with rules, counts, journal and mail of its own.

    Args:
        shared: the catalogue, name and seed of the server.
    """
    return replace(
        shared,
        rules=RuleIndex(),
        journal=MemoryJournal(1000),
        counters=MemoryCounters(),
        mailbox=Mailbox(10),
        courier=None,
    )


def _delivery(sender: str, recipient: str) -> Iterator[str]:
    yield f"EHLO {_HELLO}"
    yield f"MAIL FROM:<{sender}>"
    yield f"RCPT TO:<{recipient}>"
    yield "DATA"
    yield "\r\n".join(_MESSAGE)


def _dialogue(shared: Shared, commands: Iterator[str]) -> Transcript:
    """Say the commands as a well-behaved client does: on after a good reply, else QUIT."""
    session: Session = SmtpMock(shared)(Peer("127.0.0.1:0", 1))
    lines: list[Line] = []
    raw = b""

    def hear(output: Output) -> str:
        nonlocal raw
        octets = _octets(output)
        raw += octets
        texts = octets.decode("utf-8", "replace").split("\r\n")[:-1]
        lines.extend(Line("S", text) for text in texts)
        return texts[-1][:1] if texts else ""

    good = hear(session.start()) == "2"
    for command in commands:
        if not good or session.closing:
            break
        lines.extend(Line("C", text) for text in command.split("\r\n"))
        good = hear(session.receive(command.encode() + b"\r\n")) in ("2", "3")
    if not session.closing:
        lines.append(Line("C", "QUIT"))
        hear(session.receive(b"QUIT\r\n"))
    return Transcript(tuple(lines), raw)


def _octets(output: Output) -> bytes:
    """What an output writes, its waits left out."""
    if output is None:
        return b""
    if isinstance(output, bytes):
        return output
    sent = b"".join(action.data for action in output if isinstance(action, Send))
    if not sent and not output:
        raise ServeError("nothing was answered")
    return sent
