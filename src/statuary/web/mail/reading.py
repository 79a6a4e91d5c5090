"""A message as a person reads it: its fields decoded, its texts, its attachments; whatever a stranger made of it."""

from __future__ import annotations

import re
from email.header import decode_header, make_header
from email.message import Message as Parsed
from typing import NamedTuple

from statuary.web.mail.parts import MAX_PARTS, decoded, parse, parse_header, safely, walk

__all__ = ["Attachment", "Field", "Reading", "attachment", "download_name", "read_mail", "read_subject"]

MAX_FIELDS = 200
"""The most fields of a header that are shown."""
MAX_FIELD_CHARACTERS = 2_000
"""How much of a field is decoded and shown, in characters."""
MAX_NAME_CHARACTERS = 120
"""The longest name that a file is saved under, in characters."""
MAX_HEADER_OCTETS = 1024 * 1024
"""How much of a message is looked at for its header where it cannot be taken apart, in octets."""
MAX_SUBJECT_OCTETS = 16 * 1024
"""How much of a message is looked at for its subject, in octets."""

_REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
"""What says for programs what became of a message (RFC 3464, RFC 6533): blocks of fields, which people can read too."""

_OUTSIDE = re.compile(r"[^\w.,()+@ -]|\.\.+")
_BROKEN = re.compile(r"\r?\n[ \t]?")


class Field(NamedTuple):
    """A field of a header.

    Args:
        name: its name.
        value: its value, unfolded and decoded.
        cut: how many characters of it are not shown.
    """

    name: str
    value: str
    cut: int


class Attachment(NamedTuple):
    """A part that is no text to be read at once.

    Args:
        place: its number among all parts, from 1.
        name: the file name that the message gives; empty for none.
        media: its media type, as the message says.
        content: its content.
        content_id: what HTML names it by; empty for nothing.
    """

    place: int
    name: str
    media: str
    content: bytes
    content_id: str


class Reading(NamedTuple):
    """A message.

    Args:
        fields: of its header, the first of them.
        more_fields: how many fields there are beside.
        text: its plain text, with the fields of a report on a delivery.
        html: its HTML, as it came.
        attachments: all else, the parts of a message within it too.
        whole: whether it could be taken apart; else it has no text, no HTML and no attachments.
        more_parts: whether it has parts that were not looked at.
    """

    fields: tuple[Field, ...]
    more_fields: int
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    whole: bool
    more_parts: bool

    def first(self, name: str) -> str:
        """The value of the first field of a name, in small letters; empty where there is none."""
        return next((field.value for field in self.fields if field.name.lower() == name), "")


def read_mail(content: bytes) -> Reading:
    """Take a message apart; what is malformed is taken as it stands.

    Args:
        content: its octets.
    """
    parsed = parse(content)
    whole = parsed is not None
    if parsed is None:
        parsed = parse_header(content[:MAX_HEADER_OCTETS])
    raw = list(parsed.raw_items())
    fields = tuple(_field(name, str(value)) for name, value in raw[:MAX_FIELDS])
    texts: list[str] = []
    pages: list[str] = []
    attachments: list[Attachment] = []
    last = 0
    enclosed: set[int] = set()  # parts of a message that this one carries
    told: set[int] = set()  # blocks of a report, which the parser takes for parts
    for place, part in walk(parsed) if whole else ():
        last = place
        media = safely(part.get_content_type, "application/octet-stream")
        if part.is_multipart():
            if media in _REPORTS and id(part) not in enclosed:
                texts.append(_report(part))
                told.update(map(id, _inner(part)))
            elif media.startswith("message/") or id(part) in enclosed:
                enclosed.update(map(id, _inner(part)))
            continue
        if id(part) in told:
            continue
        disposition = safely(part.get_content_disposition, None)
        name = _file_name(part)
        content = _content(part)
        inline = disposition != "attachment" and not name and id(part) not in enclosed
        if media in ("text/plain", "text/html") and inline:
            charset = safely(lambda part=part: part.get_content_charset("utf-8"), "utf-8")  # type: ignore[misc]
            (pages if media == "text/html" else texts).append(decoded(content, charset))
            continue
        content_id = safely(lambda part=part: str(part.get("Content-ID", "")), "")  # type: ignore[misc]
        attachments.append(Attachment(place, name, media, content, content_id.strip("<> ")[:MAX_FIELD_CHARACTERS]))
    more_fields = max(len(raw) - MAX_FIELDS, 0)
    return Reading(
        fields, more_fields, "\n".join(texts), "\n".join(pages), tuple(attachments), whole, last == MAX_PARTS
    )


def attachment(content: bytes, place: int) -> Attachment | None:
    """One attachment of a message; None where there is none of that number.

    Args:
        content: the octets of the message.
        place: the number of the part.
    """
    return next((each for each in read_mail(content).attachments if each.place == place), None)


def download_name(name: str, place: int) -> str:
    """A name that a file may be saved under: no folders, nothing unseen, no hidden file.

    Args:
        name: the name that the message gives.
        place: the number of the part, for one without a name.
    """
    last = re.split(r"[/\\]", name)[-1]
    safe = " ".join(_OUTSIDE.sub("_", last).split()).strip(". -")[-MAX_NAME_CHARACTERS:].strip(". -")
    return safe if safe.strip("_") else f"part-{place}.bin"


def _inner(part: Parsed) -> list[Parsed]:
    """The parts of a part."""
    inner = part.get_payload()
    return [each for each in inner if isinstance(each, Parsed)] if isinstance(inner, list) else []


def _report(part: Parsed) -> str:
    """The fields of a report, block by block."""
    blocks = ([_field(name, str(value)) for name, value in block.raw_items()] for block in _inner(part))
    return "\n" + "\n\n".join("\n".join(f"{field.name}: {field.value}" for field in block) for block in blocks) + "\n"


def _content(part: Parsed) -> bytes:
    """The content of a part, decoded; as it stands where its coding is wrong."""
    found = safely(lambda: part.get_payload(decode=True), None)
    if isinstance(found, bytes):
        return found
    raw = safely(lambda: str(part.get_payload()), "")
    return raw.encode("utf-8", "surrogateescape")


def _file_name(part: Parsed) -> str:
    found = safely(part.get_filename, None) or ""
    return _decode_words(_text(found)[:MAX_FIELD_CHARACTERS])


def _field(name: str, value: str) -> Field:
    text = _BROKEN.sub(" ", _text(value))
    shown = _decode_words(text[:MAX_FIELD_CHARACTERS])
    return Field(_text(name)[:MAX_NAME_CHARACTERS], shown, max(len(text) - MAX_FIELD_CHARACTERS, 0))


def _text(value: str) -> str:
    """A value with its octets beyond ASCII read as UTF-8 (RFC 6532); the parser keeps them as halves of surrogates."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decode_words(text: str) -> str:
    """A text with its encoded words decoded (RFC 2047); as it stands where they are wrong."""
    if "=?" not in text:
        return text
    return safely(lambda: str(make_header(decode_header(text))), text)


def read_subject(content: bytes) -> str:
    """The subject of a message, decoded; empty where it has none, or far from its beginning.

    Args:
        content: its octets.
    """
    raw = parse_header(content[:MAX_SUBJECT_OCTETS]).raw_items()
    return next((_field(name, str(value)).value for name, value in raw if name.lower() == "subject"), "")
