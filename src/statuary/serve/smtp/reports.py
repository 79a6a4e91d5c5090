"""What comes back after a message was accepted: delivery reports, complaints, automatic responses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email import policy
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesHeaderParser
from email.utils import formatdate
from hashlib import blake2b
from typing import NamedTuple

__all__ = ["Occasion", "make_away", "make_bounce", "make_complaint"]

MAX_RETURNED_OCTETS = 65_536
"""The largest message that is returned whole, in octets; of a larger one only the header is."""
MAX_HEADER_OCTETS = 16_384
"""How much of a message's header is returned, in octets."""
MAX_SUBJECT_CHARACTERS = 200
"""How much of a message's subject is repeated, in characters."""

_POLICY = policy.compat32.clone(linesep="\r\n")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


class Occasion(NamedTuple):
    """The message that was accepted.

    Args:
        sender: its reverse path: who the report goes to.
        recipient: the forward path that the report is about.
        content: the message.
        hostname: how the server calls itself.
        number: of the connection.
        at: when it was accepted, in seconds since the epoch.
        ip: the client's address.
        envelope_id: ENVID, decoded (RFC 3461 §4.4); empty for none.
        original_recipient: ORCPT as sent (RFC 3461 §4.2); empty for none.
        whole: whether RET wants the whole message back (RFC 3461 §4.3).
    """

    sender: str
    recipient: str
    content: bytes
    hostname: str
    number: int
    at: float
    ip: str = ""
    envelope_id: str = ""
    original_recipient: str = ""
    whole: bool = False


def make_bounce(occasion: Occasion, action: str, status: str, diagnostic: str) -> bytes:
    """A delivery report (RFC 3464, in the frame of RFC 6522).

    Args:
        occasion: the message.
        action: ``failed``, ``delayed`` or ``delivered`` (RFC 3464 §2.3.3).
        status: the enhanced status code.
        diagnostic: the reply as a server would have got it, on one line.
    """
    frame = _frame(occasion, "delivery-status", "bounce")
    frame["From"] = f"Mail Delivery System <mailer-daemon@{occasion.hostname}>"
    frame["To"] = _angled(occasion, occasion.sender)
    frame["Subject"] = f"Delivery report: {action}"
    frame["Auto-Submitted"] = "auto-replied"
    text = f"Your message to {occasion.recipient}: {action}.\n\n    {diagnostic}\n"
    frame.attach(MIMEText(text, "plain", _charset(text)))
    of_message = [("Reporting-MTA", f"dns; {occasion.hostname}"), ("Arrival-Date", formatdate(occasion.at))]
    if occasion.envelope_id:
        of_message.insert(0, ("Original-Envelope-Id", occasion.envelope_id))
    of_recipient = [
        ("Final-Recipient", _typed(occasion.recipient)),
        ("Action", action),
        ("Status", status),
        ("Diagnostic-Code", f"smtp; {diagnostic}"),
        ("Last-Attempt-Date", formatdate(occasion.at)),
    ]
    if occasion.original_recipient:
        of_recipient.insert(0, ("Original-Recipient", _one_line(occasion.original_recipient)))
    report = MIMEBase("message", "delivery-status")
    report.set_payload([_block(of_message), _block(of_recipient)])
    frame.attach(report)
    _return(frame, occasion, whole=occasion.whole)
    return _octets(frame, occasion, whole=occasion.whole)


def make_complaint(occasion: Occasion) -> bytes:
    """A complaint: the recipient says that the message is spam (RFC 5965).

    Args:
        occasion: the message.
    """
    frame = _frame(occasion, "feedback-report", "complaint")
    frame["From"] = f"<feedback@{occasion.hostname}>"
    frame["To"] = _angled(occasion, occasion.sender)
    frame["Subject"] = "Complaint about a message"
    frame["Auto-Submitted"] = "auto-generated"
    text = f"{occasion.recipient} says that a message from {occasion.sender} is spam.\n"
    frame.attach(MIMEText(text, "plain", _charset(text)))
    lines = [
        ("Feedback-Type", "abuse"),
        ("User-Agent", "Statuary"),
        ("Version", "1"),
        ("Original-Mail-From", f"<{_ascii(occasion.sender)}>"),
        ("Original-Rcpt-To", f"<{_ascii(occasion.recipient)}>"),
        ("Arrival-Date", formatdate(occasion.at)),
        ("Reporting-MTA", f"dns; {occasion.hostname}"),
    ]
    if occasion.ip:
        lines.append(("Source-IP", occasion.ip))
    report = MIMEBase("message", "feedback-report")
    report.set_payload("".join(f"{name}: {value}\r\n" for name, value in lines))
    frame.attach(report)
    _return(frame, occasion, whole=True)
    return _octets(frame, occasion, whole=True)


def make_away(occasion: Occasion) -> bytes | None:
    """An automatic response of a recipient who is away (RFC 3834); None where the message must not have one (§2).

    Args:
        occasion: the message.
    """
    header = BytesHeaderParser(policy=_POLICY).parsebytes(occasion.content[:MAX_HEADER_OCTETS])
    if str(header.get("Auto-Submitted", "no")).strip().lower() != "no" or "List-Id" in header:
        return None
    text = f"{occasion.recipient} is away and will read your message later.\n"
    answer = MIMEText(text, "plain", _charset(text))
    _begin(answer, occasion, "away")
    answer["From"] = _angled(occasion, occasion.recipient)
    answer["To"] = _angled(occasion, occasion.sender)
    subject = _one_line(str(header.get("Subject", "")))[:MAX_SUBJECT_CHARACTERS]
    answer["Subject"] = f"Auto: {subject}"
    answer["Auto-Submitted"] = "auto-replied"
    identity = _one_line(str(header.get("Message-ID", "")))[:MAX_SUBJECT_CHARACTERS]
    if identity:
        answer["In-Reply-To"] = identity
        answer["References"] = identity
    return _octets(answer, occasion)


def _frame(occasion: Occasion, kind: str, name: str) -> MIMEMultipart:
    # The package would draw a boundary by chance; this one is the same for the same message.
    mark = blake2b(occasion.content + _identity(occasion, name).encode(errors="surrogatepass"), digest_size=12)
    frame = MIMEMultipart("report", boundary=f"=_{mark.hexdigest()}", report_type=kind, policy=_POLICY)
    _begin(frame, occasion, name)
    return frame


def _begin(message: Message, occasion: Occasion, name: str) -> None:
    message["Date"] = formatdate(occasion.at)
    message["Message-ID"] = f"<{_identity(occasion, name)}@{occasion.hostname}>"


def _identity(occasion: Occasion, name: str) -> str:
    about = blake2b(occasion.recipient.encode(errors="surrogatepass"), digest_size=4).hexdigest()
    return f"{name}.{occasion.number}.{int(occasion.at * 1000)}.{about}"


def _block(fields: Iterable[tuple[str, str]]) -> Message:
    block = Message(policy=_POLICY)
    for name, value in fields:
        block[name] = value
    return block


def _return(frame: MIMEMultipart, occasion: Occasion, *, whole: bool) -> None:
    """Add the message, or its header (RFC 3464 §2, RFC 6522 §3); a mark stands where its octets will."""
    octets, entire = _returned(occasion, whole=whole)
    part = MIMEBase("message", "rfc822") if entire else MIMEBase("text", "rfc822-headers")
    part.set_payload(_mark(occasion))
    if not octets.isascii():
        for each in (part, frame):  # RFC 2045 §6.4: what holds 8-bit octets says so, and so does all around it
            each["Content-Transfer-Encoding"] = "8bit"
    frame.attach(part)


def _returned(occasion: Occasion, *, whole: bool) -> tuple[bytes, bool]:
    """What is returned of the message, and whether that is all of it."""
    if whole and len(occasion.content) <= MAX_RETURNED_OCTETS:
        return occasion.content, True
    head, _, _ = occasion.content.partition(b"\r\n\r\n")
    return head[:MAX_HEADER_OCTETS], False


def _mark(occasion: Occasion, address: str = "") -> str:
    """What no message holds: it is made of all that is known of the message."""
    text = f"{_identity(occasion, 'mark')} {occasion.sender} {address}".encode(errors="surrogatepass")
    return blake2b(occasion.content + text, digest_size=24).hexdigest()


def _angled(occasion: Occasion, address: str) -> str:
    """An address in a header; for one beyond ASCII a mark, since it goes as UTF-8 (RFC 6532 §3.2) and the package
    would make an encoded word of it, in which no address may stand (RFC 2047 §5)."""
    return f"<{address if address.isascii() else _mark(occasion, address)}>"


def _typed(address: str) -> str:
    """An address with its type; one beyond ASCII as RFC 6533 §3 spells it in ASCII."""
    return f"rfc822; {address}" if address.isascii() else f"utf-8; {_ascii(address)}"


def _ascii(address: str) -> str:
    return "".join(letter if letter.isascii() else f"\\x{{{ord(letter):X}}}" for letter in address)


def _charset(text: str) -> str:
    return "us-ascii" if text.isascii() else "utf-8"


def _one_line(text: str) -> str:
    return _LINE_ENDS.sub(" ", text).strip()


def _octets(message: Message, occasion: Occasion, *, whole: bool = False) -> bytes:
    """The report, with the octets of the message as they came: the package would write some of them otherwise."""
    octets = message.as_bytes(policy=_POLICY)
    for address in (occasion.sender, occasion.recipient):
        if not address.isascii():
            octets = octets.replace(_mark(occasion, address).encode(), address.encode(errors="replace"))
    return octets.replace(_mark(occasion).encode(), _returned(occasion, whole=whole)[0])
