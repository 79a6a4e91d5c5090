"""Accepted mail, bounded by number and octets."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

__all__ = ["Mailbox", "Message"]

MAX_MESSAGES = 1_000
"""The most messages that are kept."""
MAX_MAILBOX_OCTETS = 6 * 1024 * 1024
"""The most octets of messages that are kept."""


class Message(NamedTuple):
    """A message as it was accepted.

    Args:
        at: when, in seconds since the epoch.
        connection: the number of the connection.
        sender: the reverse path; empty for a bounce.
        recipients: the forward paths that were accepted.
        content: the message, dots unstuffed.
    """

    at: float
    connection: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes

    def to_dict(self, number: int) -> dict[str, Any]:
        """The message as plain data for JSON; octets as ISO 8859-1."""
        return {
            "number": number,
            "at": self.at,
            "connection": self.connection,
            "sender": self.sender,
            "recipients": list(self.recipients),
            "octets": len(self.content),
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
        self._kept: deque[Message] = deque()

    @property
    def dropped(self) -> int:
        """How many were forgotten because a limit was reached, or cleared."""
        return self.total - len(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[tuple[int, Message]]:
        return enumerate(self._kept, self.dropped + 1)

    def add(self, message: Message) -> int:
        """Keep a message; its number is returned."""
        self._kept.append(message)
        self.total += 1
        self.octets += len(message.content)
        while len(self._kept) > self.max_messages or (self.octets > self.max_octets and len(self._kept) > 1):
            self.octets -= len(self._kept.popleft().content)
        return self.total

    def clear(self) -> None:
        """Forget all messages; numbers go on."""
        self._kept.clear()
        self.octets = 0
