"""What the SMTP engine reports: one event for each thing the client did.

Every event but `Eof` waits for an answer. All are immutable and may be shared between sessions that
received the same octets.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["Command", "CommandError", "Eof", "Event", "Mailbox", "MessageReceived"]

_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


class Mailbox(NamedTuple):
    """A reverse path or forward path.

    The null reverse path ``<>`` has empty fields throughout; ``<postmaster>`` has no domain.

    Args:
        local_part: what stands before the ``@``, without quotes and backslashes.
        domain: what stands after it, as sent: a domain or an address literal in its brackets.
        address: both, quoted only where the local part needs it; a source route is left out.
        raw: what stood between ``<`` and ``>``.
    """

    local_part: str
    domain: str
    address: str
    raw: str


class Command(NamedTuple):
    """A command that is well formed and in its place.

    Args:
        stage: the stage at which it wants an answer, such as ``rcpt``; ``ehlo`` for EHLO and HELO alike.
        verb: the verb in upper case; empty for a line of an AUTH exchange.
        argument: what follows the verb, without white space at either end.
        raw: the line as received, with its end; of BDAT the octets of its chunk too.
        path: the address of MAIL and RCPT; None for the others.
        parameters: the parameters of MAIL and RCPT, keywords in upper case, values as sent; a keyword
            without a value has the empty string.
    """

    stage: str
    verb: str
    argument: str
    raw: bytes
    path: Mailbox | None = None
    parameters: Mapping[str, str] = _NO_PARAMETERS


class MessageReceived(NamedTuple):
    """The whole content of a message, after its final dot.

    Args:
        stage: always ``message``.
        content: the content with the dots that were stuffed for transport taken out again.
        raw: the octets as received, stuffed, with the final dot and its CRLF.
        octets: the size of the content as SIZE counts it (RFC 1870 §5).
        chunked: whether it came by BDAT; then ``raw`` is the last BDAT command with its octets (RFC 3030 §2).
    """

    stage: str
    content: bytes
    raw: bytes
    octets: int
    chunked: bool = False


class CommandError(NamedTuple):
    """Something that the client did wrong.

    Args:
        stage: the stage of the verb; ``message`` for a message that is too large; the verb in lower case
            where it is not known, or ``unknown`` where it is no word at all.
        verb: the verb in upper case, empty where there is none.
        reply_hint: the reply code to answer with.
        enhanced_hint: the enhanced status code to go with it.
        problem: what is wrong, in one sentence; for logs and the journal, never for the wire.
        raw: the line as received, or the head of it where it is longer than its limit; of BDAT the first octets
            of its chunk too, as many as are kept of what is discarded.
    """

    stage: str
    verb: str
    reply_hint: int
    enhanced_hint: str
    problem: str
    raw: bytes


class Eof(NamedTuple):
    """The client will send nothing more; no answer is due.

    Args:
        stage: ``message`` where it stopped inside a message, which is thereby lost; else empty.
        raw: what it left unfinished: part of a line, or the content so far as far as it was kept.
    """

    stage: str
    raw: bytes


Event = Command | MessageReceived | CommandError | Eof
