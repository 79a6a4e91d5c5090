"""Exchanges and messages as tests see them: the journal's, with what was asked for taken apart."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from typing import Any, Self

from statuary.serve.fields import SmtpFields, message_header
from statuary.serve.mailbox import Message as Kept
from statuary.serve.seen import Seen, request_parts

__all__ = ["Exchange", "HttpExchange", "Message", "SmtpExchange"]


@dataclass(frozen=True)
class Exchange:
    """One stage and its answer.

    Args:
        number: its number in the journal, from 1.
        at: when the answer was decided, in seconds since the epoch.
        connection: the number of the connection.
        peer: the client's address and port.
        stage: the stage, such as ``rcpt``.
        code: the code of the answer, such as ``452``; empty where none was sent.
        request: the octets that the client sent for it; long content is cut at 64 KiB.
        response: the octets that were sent.
        rule: the name of the rule, or the script, that decided; empty for the ordinary answer.
        step: the step of its script, from 1; 0 where none or used up.
        asked: how often the script was asked by then.
        note: effects or an error, in a few words.
        key: what the client asked its counts to be kept apart by.
        tls: whether it went through TLS.
    """

    number: int
    at: float
    connection: int
    peer: str
    stage: str
    code: str
    request: bytes
    response: bytes
    rule: str
    step: int
    asked: int
    note: str
    key: str
    tls: bool

    @classmethod
    def of(cls, seen: Seen) -> Self:
        """The exchange of a journal."""
        return cls(seen.number, **_common(seen))


def _common(seen: Seen) -> dict[str, Any]:
    told = seen.exchange._asdict()
    del told["protocol"]
    return told


@dataclass(frozen=True)
class SmtpExchange(Exchange):
    """One stage of a mail dialogue and its reply.

    Args:
        sender: the reverse path, where one was given by then.
        recipient: the forward path at hand; after RCPT, the first of the transaction.
        recipients: the forward path at hand; after RCPT, all that were accepted.
        helo: how the client called itself.
    """

    sender: str
    recipient: str
    recipients: tuple[str, ...]
    helo: str

    @classmethod
    def of(cls, seen: Seen) -> Self:
        """The exchange of a journal."""
        told: dict[str, Any] = {name: seen.fields.get(name) or "" for name in ("sender", "recipient", "helo")}
        told["recipients"] = seen.fields.recipients if isinstance(seen.fields, SmtpFields) else ()
        return cls(seen.number, **_common(seen), **told)

    @property
    def reply_code(self) -> int:
        """The reply code; 0 where no reply was sent."""
        return int(self.code) if self.code.isdecimal() else 0


@dataclass(frozen=True)
class HttpExchange(Exchange):
    """A request and its response.

    Args:
        method: the method.
        target: the target, as received.
        headers: name in small letters and value of each field line.
        body: the content; it is cut at 64 KiB.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def of(cls, seen: Seen) -> Self:
        """The exchange of a journal."""
        method, target, headers, body = request_parts(seen.exchange.request)
        told: dict[str, Any] = {"method": method, "target": target, "headers": tuple(headers), "body": body}
        return cls(seen.number, **_common(seen), **told)

    @property
    def status_code(self) -> int:
        """The status code; 0 where no response was sent."""
        return int(self.code) if self.code.isdecimal() else 0

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """All values of a header field as one list (RFC 9110 §5.3); None where there is none.

        Args:
            name: in any case.
        """
        values = [value for known, value in self.headers if known == name.lower()]
        return ", ".join(values) if values else None

    def json(self) -> Any:
        """The content, read as JSON.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.body)


@dataclass(frozen=True)
class Message:
    """A message that the mail server accepted.

    Args:
        number: its number, from 1.
        at: when, in seconds since the epoch.
        connection: the number of the connection.
        sender: the reverse path; empty for a bounce.
        recipients: the forward paths that were accepted.
        content: the message as received, dots unstuffed.
        key: the tag of an address that keeps it apart; empty for none.
    """

    number: int
    at: float
    connection: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    key: str

    @classmethod
    def of(cls, number: int, kept: Kept) -> Self:
        """The message of a mailbox."""
        return cls(number, kept.at, kept.connection, kept.sender, kept.recipients, kept.content, kept.key)

    @cached_property
    def parsed(self) -> EmailMessage:
        """The message as the standard library reads it."""
        return email.message_from_bytes(self.content, policy=email.policy.default)

    @property
    def subject(self) -> str:
        """Its subject, decoded; empty where it has none."""
        return ", ".join(message_header(self.content)("subject") or ())

    @property
    def text(self) -> str:
        """Its plain text, decoded, as UTF-8 where its charset is unknown; empty where it has none."""
        part = self.parsed.get_body(("plain",))
        if part is None:
            return ""
        try:
            return str(part.get_content())
        except LookupError:
            octets = part.get_payload(decode=True)
            return octets.decode("utf-8", "replace") if isinstance(octets, bytes) else ""
