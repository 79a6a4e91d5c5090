"""Brings back what a real server would send after it accepted a message: to the mailbox, and by SMTP to an address."""

from __future__ import annotations

import asyncio
import ipaddress
import smtplib
from collections.abc import Callable

from statuary.errors import ServeError
from statuary.serve.mailbox import Mailbox, Message

__all__ = ["Courier"]

MAX_PENDING = 1_000
"""The most messages that wait for their time or are under way; more are dropped and counted."""
DELIVERY_SECONDS = 10.0
"""How long the server of the address may take for each step, in seconds."""


class Courier:
    """Keeps what comes back in the mailbox, and delivers it.

    Args:
        mailbox: where it is kept, as mail of its recipient.
        host: the SMTP server to deliver to; empty for none.
        port: its port.
        beyond_loopback: whether that server may be another machine.
        failed: told of a delivery that failed: the recipient and the reason, in a few words.

    Raises:
        ServeError: the server is another machine and that was not allowed.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        host: str = "",
        port: int = 0,
        *,
        beyond_loopback: bool = False,
        failed: Callable[[str, str], None] | None = None,
    ) -> None:
        if host and not beyond_loopback and not _is_loopback(host):
            raise ServeError(f"{host} is another machine: what comes back is delivered to loopback only")
        self._mailbox = mailbox
        self._host, self._port = host, port
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()
        self.delivered = 0
        """How many the server of the address accepted."""
        self.failures = 0
        """How many could not be delivered."""
        self.dropped = 0
        """How many were dropped because too many were pending."""

    @property
    def pending(self) -> int:
        """How many wait for their time or are under way."""
        return len(self._tasks)

    def post(self, message: Message, seconds: float = 0.0) -> None:
        """Bring a message back; at once into the mailbox where no event loop runs.

        Args:
            message: what comes back.
            seconds: how long to wait before.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._mailbox.add(message)
            return
        if not seconds and not self._host:
            self._mailbox.add(message)
        elif len(self._tasks) >= MAX_PENDING:
            self.dropped += 1
        else:
            task = loop.create_task(self._bring(message, seconds))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Give up what is pending."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _bring(self, message: Message, seconds: float) -> None:
        if seconds:
            await asyncio.sleep(seconds)
        self._mailbox.add(message)
        if not self._host:
            return
        try:
            await asyncio.to_thread(self._deliver, message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.failures += 1
            if self._failed is not None:
                self._failed(", ".join(message.recipients), type(error).__name__)
        else:
            self.delivered += 1

    def _deliver(self, message: Message) -> None:
        """Hand it to the server of the address, from the null reverse path (RFC 5321 §4.5.5)."""
        with smtplib.SMTP(self._host, self._port, timeout=DELIVERY_SECONDS) as client:
            options = [] if message.content.isascii() else ["BODY=8BITMIME"]
            if not all(recipient.isascii() for recipient in message.recipients):  # RFC 6531 §3.4
                client.ehlo_or_helo_if_needed()
                if not client.has_extn("smtputf8"):
                    raise smtplib.SMTPNotSupportedError("the server takes no addresses beyond ASCII")
                options.append("SMTPUTF8")
            client.sendmail("", list(message.recipients), message.content, mail_options=options)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
