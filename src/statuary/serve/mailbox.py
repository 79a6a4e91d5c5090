"""Accepted mail, bounded by number and octets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

__all__ = ["Mailbox", "Message"]

MAX_MESSAGES: Final = 1_000
"""The most messages that are kept."""
MAX_MAILBOX_OCTETS: Final = 6 * 1024 * 1024
"""The most octets of messages that are kept."""


class Message(NamedTuple):
    """A message as it was accepted.

    Args:
        at: when, in seconds since the epoch.
        connection: the number of the connection.
        sender: the reverse path; empty for a bounce.
        recipients: the forward paths that were accepted.
        content: the message, dots unstuffed.
        key: what isolates the test that sent it; empty for nothing.
    """

    at: float
    connection: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    key: str = ""

    def to_dict(self, number: int) -> dict[str, Any]:
        """The message as plain data for JSON; octets as ISO 8859-1."""
        return {
            "number": number,
            "at": self.at,
            "connection": self.connection,
            "sender": self.sender,
            "recipients": list(self.recipients),
            "octets": len(self.content),
            "key": self.key,
            "content": self.content.decode("latin-1"),
        }


class Mailbox:
    """Keeps the newest messages.

    Args:
        max_messages: the most messages.
        max_octets: the most octets of all together.
    """

    def __init__(self, max_messages: int = MAX_MESSAGES, max_octets: int = MAX_MAILBOX_OCTETS) -> None:
        self.max_messages = max_messages
        self.max_octets = max_octets
        self.total = 0
        """How many messages were accepted; the number of the newest."""
        self.octets = 0
        self._kept: OrderedDict[int, Message] = OrderedDict()
        self._listeners: list[Callable[[], None]] = []

    @property
    def dropped(self) -> int:
        """How many were forgotten because a limit was reached, or cleared."""
        return self.total - len(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        return iter(self._kept.items())

    def get(self, number: int) -> Message | None:
        """The message of a number; None where it is not kept."""
        return self._kept.get(number)

    def add(self, message: Message) -> int:
        """Keep a message; its number is returned."""
        self.total += 1
        self._kept[self.total] = message
        self.octets += len(message.content)
        while len(self._kept) > self.max_messages or (self.octets > self.max_octets and len(self._kept) > 1):
            self.octets -= len(self._kept.popitem(last=False)[1].content)
        if self._listeners:
            for listener in tuple(self._listeners):
                listener()
        return self.total

    def remove(self, number: int) -> bool:
        """Forget one message; whether it was there."""
        message = self._kept.pop(number, None)
        if message is None:
            return False
        self.octets -= len(message.content)
        return True

    def clear(self, key: str | None = None) -> int:
        """Forget messages; numbers go on.

        Args:
            key: only those that this isolates; None for all.

        Returns:
            How many were forgotten.
        """
        gone = [number for number, message in self._kept.items() if key in (None, message.key)]
        for number in gone:
            self.remove(number)
        return len(gone)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have ``listener`` called after each message; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None
