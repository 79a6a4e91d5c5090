"""Goes through the journal again: what each dialogue had come to, and the fields that rules saw in every exchange."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from statuary.scenario.address import REPORT_STAGES
from statuary.serve.fields import MAX_MATCHED_OCTETS, ForwardPaths, HttpFields, LazyFields, SmtpFields
from statuary.serve.journal import Exchange, MemoryJournal
from statuary.wire.smtp import Mailbox

__all__ = ["Follower", "Seen", "follow", "request_parts", "request_url"]

MAX_CONNECTIONS = 10_000
"""The most connections whose dialogue is followed at once."""

_ADDRESSED = re.compile(rb"(?i)(?:MAIL[ \t]+FROM|RCPT[ \t]+TO):[ \t]*<([^<>\r\n]*)>([^\r\n]*)")
_CHUNK = re.compile(rb"([0-9A-Fa-f]+)[^\r\n]*\r?\n")
_BDAT = re.compile(rb"(?i)BDAT[ \t]+[0-9]+([ \t]+LAST)?[ \t]*\r?\n")
_AFTER = frozenset({"message", *REPORT_STAGES})
_POSITIVE = "2"


class Seen(NamedTuple):
    """An exchange of the journal.

    Args:
        number: its number.
        exchange: the exchange.
        fields: the fields that rules would have seen.
    """

    number: int
    exchange: Exchange
    fields: LazyFields


def request_parts(raw: bytes) -> tuple[str, str, list[tuple[str, str]], bytes]:
    """A journalled request: method, target, header fields with names in small letters, and content.

    Args:
        raw: the octets, whole or cut.
    """
    head, _, body = raw.lstrip(b"\r\n").partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\n")
    words = lines[0].split()
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.lower(), value.strip()))
    if any(name == "transfer-encoding" and "chunked" in value.lower() for name, value in headers):
        body = _without_chunks(body)
    return words[0] if words else "", words[1] if len(words) > 1 else "", headers, body


def request_url(exchange: Exchange, host: str, target: str) -> str:
    """The address that was asked for.

    Args:
        exchange: HTTP's.
        host: the Host field of its request.
        target: the target of its request.
    """
    scheme = "https" if exchange.tls else "http"
    return f"{scheme}://{host}{target}" if target.startswith("/") else target


def _without_chunks(body: bytes) -> bytes:
    """The content of a chunked body (RFC 9112 §7.1), as far as it is whole."""
    pieces: list[bytes] = []
    at = 0
    while (match := _CHUNK.match(body, at)) and (size := int(match[1][:8], 16)):
        pieces.append(body[match.end() : match.end() + size])
        at = match.end() + size + 2
    return b"".join(pieces)


class _Dialogue:
    """What an SMTP dialogue has come to; only what was accepted counts (RFC 5321 §4.1.4)."""

    __slots__ = ("_chunks", "_content", "_each", "_lmtp", "_prdr", "_recipients", "_shown", "_turn", "helo", "sender")

    def __init__(self) -> None:
        self.helo = ""
        self._lmtp = False
        self._begin(None)

    def _begin(self, sender: Mailbox | None) -> None:
        """A transaction begins, or is over."""
        self.sender = sender
        self._recipients: list[Mailbox] = []
        self._shown: ForwardPaths | None = None
        self._prdr = False
        self._chunks = b""  # of content that came by BDAT
        self._content = b""
        self._each = False  # whether the message is answered for each recipient alone
        self._turn = 0

    def fields(self, exchange: Exchange) -> SmtpFields:
        """The fields of a stage; then the dialogue has gone on by it."""
        stage = exchange.stage
        accepted = exchange.code.startswith(_POSITIVE)
        if stage in ("ehlo", "mail") or (self._each and stage not in _AFTER):
            self._begin(None)
        path = parameters = None
        if stage in ("mail", "rcpt") and (match := _ADDRESSED.search(exchange.request)):
            path, parameters = _mailbox(match[1].decode("utf-8", "replace")), match[2].upper()
        if stage == "ehlo":
            verb, _, helo = exchange.request.decode("latin-1").partition(" ")
            self._lmtp, self.helo = verb.upper() == "LHLO", helo.strip()
        sender = path if stage == "mail" else self.sender
        at_hand = path if stage == "rcpt" else None
        content = self._message(exchange) if stage == "message" else b""
        if stage == "message" and self._each and self._turn < len(self._recipients):
            at_hand = self._recipients[self._turn]
            self._turn += 1
        if at_hand is None and self._shown is None:
            self._shown = ForwardPaths(self._recipients)
        fields = SmtpFields(sender, at_hand, self._shown, self.helo, exchange.peer, exchange.key, content)
        if stage == "rcpt" and path is not None and accepted:
            self._recipients.append(path)
            self._shown = None
        elif stage == "mail" and accepted:
            self._begin(path)
            self._prdr = b"PRDR" in (parameters or b"").split()
        else:
            self._go_on(exchange, accepted=accepted)
        return fields

    def _go_on(self, exchange: Exchange, *, accepted: bool) -> None:
        """What a stage without an address changes."""
        stage = exchange.stage
        chunk = _BDAT.match(exchange.request) if stage == "bdat" else None
        if stage == "starttls" and accepted:
            self.helo, self._lmtp = "", False
        if (stage in ("starttls", "rset") and accepted) or (stage == "message" and not self._each):
            self._begin(None)
        elif chunk is not None and chunk[1]:
            self._begin(None)  # a rule had the last word on the message
        elif chunk is not None and accepted:
            self._chunks = (self._chunks + exchange.request[chunk.end() :])[:MAX_MATCHED_OCTETS]

    def _message(self, exchange: Exchange) -> bytes:
        """The content of the message, as the client meant it; where each recipient has a reply, the first brings it."""
        if self._turn:
            return self._content
        self._each = self._lmtp or (self._prdr and len(self._recipients) > 1)
        content = exchange.request
        if chunk := _BDAT.match(content):
            content = self._chunks + content[chunk.end() :]
        else:
            if content.endswith(b"\r\n.\r\n"):
                content = content[:-3]
            content = content.removeprefix(b".") if content.startswith(b"..") else content
            content = content.replace(b"\r\n..", b"\r\n.")  # RFC 5321 §4.5.2
        self._content = content[:MAX_MATCHED_OCTETS]
        return self._content


def _mailbox(address: str) -> Mailbox:
    local_part, _, domain = address.rpartition("@")
    return Mailbox(local_part, domain, address, address)


class Follower:
    """Goes through exchanges in their order and knows what each dialogue has come to."""

    def __init__(self) -> None:
        self._dialogues: dict[int, _Dialogue] = {}

    def see(self, number: int, exchange: Exchange) -> Seen:
        """The next exchange with its fields."""
        if exchange.protocol == "http":
            method, target, headers, body = request_parts(exchange.request)
            ip = exchange.peer.rpartition(":")[0]
            return Seen(number, exchange, HttpFields(method, target, headers, body, ip, exchange.key))
        dialogues = self._dialogues
        if exchange.stage == "connect" or exchange.connection not in dialogues:
            if len(dialogues) >= MAX_CONNECTIONS:
                dialogues.clear()
            dialogues[exchange.connection] = _Dialogue()
        return Seen(number, exchange, dialogues[exchange.connection].fields(exchange))


def follow(journal: MemoryJournal) -> Iterator[Seen]:
    """Every exchange that is kept, with its fields, oldest first."""
    follower = Follower()
    return (follower.see(number, exchange) for number, exchange in journal)
