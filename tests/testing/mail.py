"""A mail client for the tests of ``statuary.testing``: one message, and what came of it."""

from __future__ import annotations

import smtplib

__all__ = ["send"]


def send(addr: tuple[str, int], *recipients: str, text: str = "Subject: Hello\r\n\r\nHello.\r\n") -> dict[str, int]:
    """Send one message from ``a@client.test``; the reply code of each recipient that was refused."""
    with smtplib.SMTP(*addr, timeout=10) as client:
        try:
            refused = client.sendmail("a@client.test", recipients, text.encode())
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
    return {recipient: code for recipient, (code, _) in refused.items()}
