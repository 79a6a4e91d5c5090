"""A dialogue with the SMTP mock's session, without a network: what the tests of its stages share."""

from __future__ import annotations

from collections.abc import Iterable

from statuary.catalog.store import open_catalogue
from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Rule
from statuary.serve.journal import Exchange
from statuary.serve.output import Action, Output, Send
from statuary.serve.session import Peer, Shared
from statuary.serve.smtp import LmtpMock, SmtpMock

__all__ = ["Dialogue", "rule"]


def rule(stage: str, script: str, **match: str) -> Rule:
    """A rule for SMTP, named by its stage."""
    return Rule("smtp", stage, parse_script(script, SMTP), match, name=f"{stage} rule")


class Dialogue:
    """A client and the mock, line by line.

    Args:
        rules: that answer first.
        mock: another mock than that for SMTP.
        shared: in place of a new one; then ``rules`` are not looked at.
        tls: whether the connection is encrypted from its start.
    """

    def __init__(
        self,
        rules: Iterable[Rule] = (),
        mock: type[SmtpMock] = SmtpMock,
        shared: Shared | None = None,
        *,
        tls: bool = False,
    ) -> None:
        self.now = 1000.0
        self.shared = shared or Shared(open_catalogue(), rules=RuleIndex(rules), clock=lambda: self.now)
        self.actions: list[Action] = []
        """What the mock did beside sending, in order."""
        self.session = mock(self.shared)(Peer("192.0.2.1:25", 1, tls=tls))
        self.greeting = self.carry_out(self.session.start())

    def carry_out(self, output: Output) -> bytes:
        """Take in an output; the octets that it sends."""
        sent = b""
        while isinstance(output, list):
            for action in output:
                if isinstance(action, Send):
                    sent += action.data
                else:
                    self.actions.append(action)
            output = None if self.session.closing else self.session.resume()
        return sent + (output or b"")

    def send(self, data: bytes) -> bytes:
        """Send octets; what comes back."""
        return self.carry_out(self.session.receive(data))

    def say(self, *lines: str) -> list[str]:
        """Say lines, each after the answer to the former; code and enhanced code of each last line that came back."""
        return [self.code(self.send(line.encode() + b"\r\n")) for line in lines]

    @staticmethod
    def code(data: bytes) -> str:
        """Code and enhanced code of the last line."""
        words = data.decode().rstrip("\r\n").rpartition("\r\n")[2].split(" ")
        return " ".join(words[:2]) if len(words) > 1 and words[1][:2] in ("2.", "4.", "5.") else words[0]

    def start(self, *recipients: str, sender: str = "a@c.example", hello: str = "EHLO c.example") -> list[str]:
        """Hello, sender and recipients."""
        return self.say(hello, f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{address}>" for address in recipients))

    def deliver(self, content: str = "Subject: x\r\n\r\nx") -> bytes:
        """DATA and a message; what follows the final dot."""
        assert self.say("DATA") == ["354"]
        return self.send(content.encode() + b"\r\n.\r\n")

    @property
    def journal(self) -> list[Exchange]:
        """All exchanges."""
        return [exchange for _, exchange in self.shared.journal]

    @property
    def kept(self) -> list[tuple[str, tuple[str, ...]]]:
        """Sender and recipients of what the mailbox holds."""
        return [(message.sender, message.recipients) for _, message in self.shared.mailbox]


class LmtpDialogue(Dialogue):
    """A dialogue in LMTP (RFC 2033)."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        super().__init__(rules, LmtpMock)
