"""A mail server for tests: ``with statuary.smtp() as server:``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, Unpack

from statuary.serve.mailbox import Mailbox
from statuary.testing.exchanges import Message, SmtpExchange
from statuary.testing.fields import SmtpFilter, SmtpMatch
from statuary.testing.rules import SmtpOn
from statuary.testing.server import MockServer, Options

__all__ = ["SmtpServer", "SmtpTls", "smtp"]

SmtpTls: TypeAlias = Literal["starttls", "implicit"]
"""How a mail server encrypts: when it is asked to (RFC 3207), or from the start (RFC 8314)."""

_ADAPTERS: dict[str | None, str] = {None: "smtp", "starttls": "submission", "implicit": "smtps"}


class SmtpServer(MockServer[SmtpExchange]):
    """A mail server that answers as it is told; see :func:`smtp`."""

    protocol = "smtp"
    _exchange = SmtpExchange

    def on(self, stage: str, **match: Unpack[SmtpMatch]) -> SmtpOn:
        """A stage at which :meth:`~statuary.testing.SmtpOn.answer` scripts the replies.

        Args:
            stage: ``connect``, ``ehlo``, ``mail``, ``rcpt``, ``data``, ``message`` (after the final dot), ...
            match: field to pattern, such as ``recipient="*@full.test"``; all must fit.
        """
        on = SmtpOn(self._add, self.protocol, stage, match)
        self._written.append(on)
        return on

    def find(self, **wanted: Unpack[SmtpFilter]) -> list[SmtpExchange]:
        """The exchanges that fit, oldest first.

        Args:
            wanted: ``stage``, ``code``, ``recipient`` and so on.
        """
        return self._find(wanted)

    def verify(
        self,
        *,
        count: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        **wanted: Unpack[SmtpFilter],
    ) -> list[SmtpExchange]:
        """See that as many exchanges fit as must; without a number, at least one.

        Args:
            count: exactly so many.
            at_least: the least.
            at_most: the highest.
            wanted: ``stage``, ``code``, ``recipient`` and so on.

        Returns:
            Those that fit.

        Raises:
            VerificationFailed: there are fewer or more; the message has near misses, the transcript and the seed.
        """
        __tracebackhide__ = True
        return self._verify(wanted, count, at_least, at_most)

    def wait_for(self, n: int = 1, timeout: float = 5.0, **wanted: Unpack[SmtpFilter]) -> list[SmtpExchange]:
        """Wait until so many exchanges fit.

        Args:
            n: how many are enough.
            timeout: seconds.
            wanted: ``stage``, ``code``, ``recipient`` and so on.

        Returns:
            Those that fit.

        Raises:
            VerificationFailed: they did not come in time.
        """
        __tracebackhide__ = True
        return self._waited(wanted, n, timeout, self._run(self._wait_exchanges(wanted, n, timeout)))

    async def wait_for_async(
        self, n: int = 1, timeout: float = 5.0, **wanted: Unpack[SmtpFilter]
    ) -> list[SmtpExchange]:
        """Wait while the caller's event loop goes on; see :meth:`wait_for`."""
        __tracebackhide__ = True
        return self._waited(wanted, n, timeout, await self._run_async(self._wait_exchanges(wanted, n, timeout)))

    @property
    def messages(self) -> list[Message]:
        """The mail that was accepted since the start or the last ``clear``, oldest first."""
        return self._call(lambda mocks: [Message.of(number, kept) for number, kept in mocks.shared.mailbox])

    def wait_for_messages(
        self, n: int = 1, timeout: float = 5.0, *, sender: str = "", recipient: str = ""
    ) -> list[Message]:
        """Wait until so many messages were accepted.

        Args:
            n: how many are enough.
            timeout: seconds.
            sender: only from this reverse path; empty for any.
            recipient: only to this forward path; empty for any.

        Returns:
            Those that fit.

        Raises:
            VerificationFailed: they did not come in time.
        """
        __tracebackhide__ = True
        self._run(self._wait_messages(n, timeout, sender, recipient))
        return self._came(n, timeout, sender, recipient)

    async def wait_for_messages_async(
        self, n: int = 1, timeout: float = 5.0, *, sender: str = "", recipient: str = ""
    ) -> list[Message]:
        """Wait while the caller's event loop goes on; see :meth:`wait_for_messages`."""
        __tracebackhide__ = True
        await self._run_async(self._wait_messages(n, timeout, sender, recipient))
        return self._came(n, timeout, sender, recipient)

    def _wait_messages(self, n: int, timeout: float, sender: str, recipient: str) -> Coroutine[Any, Any, int]:
        def count(mailbox: Mailbox) -> Callable[[], int]:
            return lambda: sum(_is_of(message, sender, recipient) for _, message in mailbox)

        return self._wait(
            n,
            timeout,
            lambda mocks, listener: mocks.shared.mailbox.subscribe(listener),
            lambda mocks: count(mocks.shared.mailbox),
        )

    def _came(self, n: int, timeout: float, sender: str, recipient: str) -> list[Message]:
        __tracebackhide__ = True
        found = [message for message in self.messages if _is_of(message, sender, recipient)]
        if len(found) >= n:
            return found
        asked = {name: value for name, value in (("sender", sender), ("recipient", recipient)) if value}
        raise self._missed_messages(n, timeout, asked, len(found))


def _is_of(message: Any, sender: str, recipient: str) -> bool:
    """Whether a message has these paths; in any case of letters, as mail servers have it."""
    return sender.lower() in ("", message.sender.lower()) and (
        not recipient or recipient.lower() in (each.lower() for each in message.recipients)
    )


def smtp(
    *,
    tls: SmtpTls | None = None,
    lmtp: bool = False,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int | None = None,
    hostname: str = "mx.statuary.test",
    rules: Sequence[Path | str] = (),
    dialects: Sequence[str] = (),
) -> SmtpServer:
    """A mail server in this process, for a ``with`` or an ``async with`` block.

    Args:
        tls: ``starttls`` or ``implicit``; None for no encryption.
        lmtp: whether it speaks LMTP (RFC 2033), which is not encrypted here.
        host: the address to listen on.
        port: 0 for any free one.
        seed: what random choices are drawn from; None for ``STATUARY_SEED``, else a random one.
        hostname: how it calls itself.
        rules: rule files.
        dialects: packs of magic addresses, such as ``ses``.

    Raises:
        ValueError: ``tls`` is none of these, or stands beside ``lmtp``.
    """
    if tls not in _ADAPTERS or (lmtp and tls is not None):
        raise ValueError("tls is 'starttls', 'implicit' or None, and None for LMTP")
    adapter = "lmtp" if lmtp else _ADAPTERS[tls]
    return SmtpServer(Options(adapter, tls is not None, host, port, seed, hostname, rules, dialects))
