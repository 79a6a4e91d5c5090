"""A message taken apart: addresses, texts and attachments, for the API that mail tools know."""

from __future__ import annotations

from email.message import Message as Parsed
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache, partial
from typing import NamedTuple

from statuary.serve.fields import MAX_MATCHED_OCTETS, message_header
from statuary.serve.mailbox import Message
from statuary.web.mail.parts import decoded, parse, parse_header, safely, walk

__all__ = ["Address", "Mail", "Part", "open_mail"]

MAX_ADDRESSES = 1000
"""The most addresses of one field that are listed."""
MAX_FIELD_CHARACTERS = 20_000
"""How much of a field is read for addresses, in characters."""
MAX_CACHED = 256
"""The most messages that are kept taken apart."""
MAX_CACHED_OCTETS = 16_384
"""The largest of these, in octets."""
SNIPPET_CHARACTERS = 250
"""The length of a snippet, in characters."""

_UNKNOWN = "application/octet-stream"


class Address(NamedTuple):
    """An address and the name that goes with it."""

    name: str
    address: str


class Part(NamedTuple):
    """A part of a message that is no text to be read.

    Args:
        place: its number among all parts, from 1.
        name: its file name.
        media: its media type.
        content: its content, decoded.
        content_id: what HTML names it by.
        inline: whether it belongs into the text.
    """

    place: str
    name: str
    media: str
    content: bytes
    content_id: str
    inline: bool


class Mail(NamedTuple):
    """A message taken apart.

    Args:
        headers: every field by name, values in order.
        subject: its subject, decoded.
        sender: who the From field names.
        to: the To field.
        cc: the Cc field.
        bcc: the recipients that no field names.
        reply_to: the Reply-To field.
        message_id: without its brackets.
        date: when it was written, in seconds since the epoch; None where it does not say.
        text: its plain text.
        html: its HTML.
        parts: all else.
    """

    headers: dict[str, list[str]]
    subject: str
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    message_id: str
    date: float | None
    text: str
    html: str
    parts: tuple[Part, ...]

    @property
    def snippet(self) -> str:
        """The beginning of its text."""
        return " ".join((self.text or self.html).split())[:SNIPPET_CHARACTERS]


def open_mail(message: Message) -> Mail:
    """Take a message apart; what is malformed is taken as it stands.

    Args:
        message: small ones that were opened lately are not opened again.
    """
    return _open_cached(message) if len(message.content) <= MAX_CACHED_OCTETS else _open(message)


def _open(message: Message) -> Mail:
    parsed = parse(message.content)
    read = message_header(message.content[:MAX_MATCHED_OCTETS])

    def addresses(name: str) -> tuple[Address, ...]:
        values = [value[:MAX_FIELD_CHARACTERS] for value in read(name) or ()]
        found = safely(lambda: getaddresses(values), None) or []  # comments that nest deep are too much for it
        return tuple(Address(*pair) for pair in found[:MAX_ADDRESSES] if pair[1])

    to, cc, named = addresses("to"), addresses("cc"), addresses("bcc")
    shown = {address.address.lower() for address in (*to, *cc, *named)}
    hidden = tuple(Address("", recipient) for recipient in message.recipients if recipient.lower() not in shown)
    text, html, parts = _contents(parsed) if parsed is not None else ("", "", ())
    if parsed is None:
        parsed = parse_header(message.content[:MAX_MATCHED_OCTETS])
    sender = addresses("from")
    headers: dict[str, list[str]] = {}
    for name, value in parsed.items():
        headers.setdefault(name, []).append(" ".join(str(value).split()))
    return Mail(
        headers,
        (read("subject") or [""])[0],
        sender[0] if sender else Address("", message.sender),
        to,
        cc,
        (*named, *hidden),
        addresses("reply-to"),
        (read("message-id") or [""])[0].strip("<> "),
        _date((read("date") or [""])[0]),
        text,
        html,
        parts,
    )


def _field(part: Parsed, name: str) -> str:
    return str(part.get(name, ""))


_open_cached = lru_cache(maxsize=MAX_CACHED)(_open)


def _date(value: str) -> float | None:
    return safely(lambda: parsedate_to_datetime(value).timestamp(), None)


def _contents(parsed: Parsed) -> tuple[str, str, tuple[Part, ...]]:
    text: list[str] = []
    html: list[str] = []
    parts: list[Part] = []
    for place, part in walk(parsed):
        if part.is_multipart():
            continue
        payload = safely(partial(part.get_payload, decode=True), None)
        content = payload if isinstance(payload, bytes) else b""
        media, name = safely(part.get_content_type, _UNKNOWN), safely(part.get_filename, None) or ""
        disposition = safely(part.get_content_disposition, None)
        if media in ("text/plain", "text/html") and disposition != "attachment" and not name:
            charset = safely(part.get_content_charset, None) or "utf-8"
            (html if media == "text/html" else text).append(decoded(content, charset))
            continue
        content_id = safely(partial(_field, part, "Content-ID"), "").strip("<> ")
        parts.append(Part(str(place), name, media, content, content_id, bool(content_id) or disposition == "inline"))
    return "\n".join(text), "\n".join(html), tuple(parts)
