"""The fields of an SMTP stage, with those that causes look at."""

from __future__ import annotations

from statuary.serve.fields import ForwardPaths, SmtpFields
from statuary.serve.mailbox import Mailbox as Kept
from statuary.wire.smtp import Command, Mailbox

__all__ = ["StageFields"]


class StageFields(SmtpFields):
    """What rules match, and for causes ``octets``, the size of the message, and ``held``, what the mailbox holds.

    Args:
        sender: the reverse path; None for none.
        path: the recipient at hand.
        recipients: where none is at hand, those of the transaction.
        helo: how the client called itself.
        peer: the client's address and port.
        key: what isolates its test.
        content: the message, where one is at hand.
        user: who the client said that it is.
        command: the MAIL command, which may declare the size (RFC 1870 §6).
        mailbox: accepted mail.
    """

    __slots__ = ("_command", "_mailbox")

    def __init__(
        self,
        sender: Mailbox | None,
        path: Mailbox | None,
        recipients: ForwardPaths | None,
        helo: str,
        peer: str,
        key: str,
        content: bytes,
        user: str,
        *,
        command: Command | None,
        mailbox: Kept,
    ) -> None:
        super().__init__(sender, path, recipients, helo, peer, key, content, user)
        self._command = command
        self._mailbox = mailbox

    def _read(self, name: str) -> str | None:
        if name == "octets":
            if self._content or self._command is None:
                return str(len(self._content))
            return self._command.parameters.get("SIZE") or "0"
        if name == "held":
            recipient = self._plain["recipient"].lower()
            # A mailbox with a tag is a test's own; one without is each test's anew, where both name a key.
            key = "" if "+" in recipient.rpartition("@")[0] else self._plain["key"]
            held = (
                len(message.content)
                for _, message in self._mailbox
                if (not key or message.key in ("", key))
                and any(address.lower() == recipient for address in message.recipients)
            )
            return str(sum(held))
        return super()._read(name)
