"""The rules of an SMTP session as data: limits, extensions, states, transitions.

A state says what the client may do next. `TRANSITIONS` reads: in this state, a client that reaches this
stage and gets a reply of this class (the first digit of its reply code) leads to that state. A stage that
is missing from a state is a bad sequence of commands; a class that is missing leaves the state alone.

    CONNECT --2yz--> GREETED --ehlo 2yz--> READY --mail 2yz--> MAIL --rcpt 2yz--> RECIPIENTS
                                             ^                                        | data 3yz
                                             +------------- message, any ---------- CONTENT
                                             +------------- BDAT LAST, any -------- CHUNKS

421 and 221 close the channel from every state (RFC 5321 §3.8, §4.1.1.10) and stand in `CLOSING`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = [
    "AFTER_ERROR",
    "ANY",
    "AUTH_MECHANISMS",
    "BAD_SEQUENCE",
    "CLOSING",
    "EXTENSIONS",
    "FORGIVEN",
    "NO_CODE",
    "STAGES",
    "TRANSITIONS",
    "Moves",
    "SmtpLimits",
    "State",
    "Transitions",
    "compile_transitions",
    "extension_lines",
]


@dataclass(frozen=True, slots=True)
class SmtpLimits:
    """How much a client may send, and what is tolerated.

    Args:
        max_command_octets: the longest command line, its CRLF included. RFC 5321 §4.5.3.1.4 wants 512 at
            least; the extensions offered by default make about 1100 of it (RFC 3461 §5.4, RFC 1870 §3, RFC 6531 §3.1).
        max_auth_line_octets: the longest line of an AUTH exchange, its CRLF included (RFC 4954 §4).
        max_message_octets: the largest message content, counted as SIZE counts it (RFC 1870 §5).
        max_discarded_octets: how much of a refused chunk is given out with its command, for the record (RFC 3030 §2).
        max_recipients: how many recipients one message may have; RFC 5321 §4.5.3.1.8 wants 100 at least.
        max_errors: how many errors a session may make; each one after that asks for 421.
        max_local_part_octets: the longest local part. RFC 5321 §4.5.3.1.1 wants 64 at least and asks for
            no limit where that can be; a scenario script written into an address needs more.
        max_domain_octets: the longest domain or address literal (RFC 5321 §4.5.3.1.2).
        bare_lf_commands: whether a command line may end with LF alone. Message content never ends by
            it: only CRLF "." CRLF does (RFC 5321 §4.1.1.4).
    """

    max_command_octets: int = 2048
    max_auth_line_octets: int = 12288
    max_message_octets: int = 10 * 1024 * 1024
    max_discarded_octets: int = 4096
    max_recipients: int = 1000
    max_errors: int = 20
    max_local_part_octets: int = 512
    max_domain_octets: int = 255
    bare_lf_commands: bool = True


EXTENSIONS: Final[frozenset[str]] = frozenset(
    {
        *("PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN"),
        *("AUTH", "BINARYMIME", "CHUNKING", "PRDR"),
    }
)
"""The extensions offered by default: RFC 2920, 1870, 6152, 6531, 2034, 3461, 4954, 3030 (two of them), and PRDR
(draft-hall-prdr). STARTTLS (RFC 3207) hangs on a certificate and is for the caller to add."""

AUTH_MECHANISMS: Final[tuple[str, ...]] = ("CRAM-MD5", "LOGIN", "PLAIN", "XOAUTH2")
"""The SASL mechanisms offered."""


def extension_lines(extensions: frozenset[str], limits: SmtpLimits) -> tuple[str, ...]:
    """Give the lines that an EHLO reply lists after its first one (RFC 5321 §4.1.1.1).

    Args:
        extensions: keywords of the extensions offered.
        limits: where SIZE takes its number of octets from (RFC 1870 §3).
    """
    values = {"SIZE": str(limits.max_message_octets), "AUTH": " ".join(AUTH_MECHANISMS)}
    return tuple(f"{keyword} {values[keyword]}" if keyword in values else keyword for keyword in sorted(extensions))


class State(StrEnum):
    """Where a session stands."""

    CONNECT = "connect"
    """The connection is open and the greeting is due (RFC 5321 §3.1)."""
    TURNED_AWAY = "turned away"
    """The greeting was no 2yz: every command but QUIT is out of sequence (RFC 5321 §3.1)."""
    GREETED = "greeted"
    """The client has not said EHLO or HELO yet."""
    READY = "ready"
    """No mail transaction is open."""
    AUTH = "auth"
    """A challenge was sent: the next line is no command but the client's response (RFC 4954 §4)."""
    MAIL = "mail"
    """A transaction is open and no recipient was tried."""
    REFUSED = "refused"
    """A transaction is open and every recipient so far was refused."""
    RECIPIENTS = "recipients"
    """A transaction is open with at least one recipient accepted."""
    CONTENT = "content"
    """DATA was answered with 3yz: what comes is message content, up to the final dot and its reply."""
    CHUNKS = "chunks"
    """A chunk was accepted and the last is still to come (RFC 3030 §2)."""
    BROKEN = "broken"
    """A chunk was refused, and the message with it: no chunk may follow before RSET (RFC 3030 §2)."""
    CLOSED = "closed"
    """The channel is closed: further input is discarded."""


STAGES: Final[frozenset[str]] = frozenset(
    [
        "connect",
        "ehlo",
        "lhlo",
        "starttls",
        "auth",
        "mail",
        "rcpt",
        "data",
        "bdat",
        "message",
        "rset",
        "noop",
        "vrfy",
        "expn",
        "help",
        "quit",
        "etrn",
        "atrn",
    ]
)
"""Every stage that a state or a verb knows."""

ANY: Final = -1
"""In a row of `TRANSITIONS`: every class that the row does not name."""

NO_CODE: Final = 0
"""The class of an answer that carries no reply code, such as garbage sent on purpose."""

Transitions = Mapping[State, Mapping[str, Mapping[int, State]]]

_AT_ANY_TIME: dict[str, dict[int, State]] = {
    # RFC 5321 §4.1.4: before EHLO, inside a transaction and outside.
    "noop": {},
    "help": {},
    "vrfy": {},
    "expn": {},
    # RFC 5321 §4.1.1.10: whatever the answer is, nothing may follow.
    "quit": {ANY: State.CLOSED},
}
_IN_TRANSACTION: dict[str, dict[int, State]] = {
    **_AT_ANY_TIME,
    "rset": {2: State.READY},
    # RFC 5321 §4.1.4: EHLO resets exactly as RSET does; where it is refused the state stays.
    "ehlo": {2: State.READY},
    "lhlo": {2: State.READY},
    # RFC 3207 §4.2: what the client said before the handshake is forgotten.
    "starttls": {2: State.GREETED},
}

TRANSITIONS: Final[Transitions] = {
    State.CONNECT: {"connect": {2: State.GREETED, NO_CODE: State.GREETED, ANY: State.TURNED_AWAY}},
    State.TURNED_AWAY: {"quit": {ANY: State.CLOSED}},
    State.GREETED: {
        **_AT_ANY_TIME,
        "rset": {},
        "ehlo": {2: State.READY},
        "lhlo": {2: State.READY},
        "starttls": {2: State.GREETED},
    },
    State.READY: {
        **_AT_ANY_TIME,
        "rset": {},
        "ehlo": {2: State.READY},
        "lhlo": {2: State.READY},
        "starttls": {2: State.GREETED},
        "auth": {3: State.AUTH},
        "mail": {2: State.MAIL},
        # RFC 1985 §5.1, RFC 2645 §5.2.1: outside a transaction only.
        "etrn": {},
        "atrn": {},
    },
    State.AUTH: {"auth": {3: State.AUTH, ANY: State.READY}},
    State.MAIL: {
        **_IN_TRANSACTION,
        "rcpt": {2: State.RECIPIENTS, 4: State.REFUSED, 5: State.REFUSED},
    },
    State.REFUSED: {
        **_IN_TRANSACTION,
        "rcpt": {2: State.RECIPIENTS},
    },
    State.RECIPIENTS: {
        **_IN_TRANSACTION,
        "rcpt": {},
        # RFC 5321 §4.1.1.4: only 354 opens the content; after any other answer commands go on.
        "data": {3: State.CONTENT},
        "bdat": {2: State.CHUNKS, 4: State.BROKEN, 5: State.BROKEN},
    },
    State.CHUNKS: {**_IN_TRANSACTION, "bdat": {4: State.BROKEN, 5: State.BROKEN}},
    State.BROKEN: {**_IN_TRANSACTION},
    # RFC 5321 §4.1.1.4: whatever the final dot is answered with, the transaction is over.
    State.CONTENT: {"message": {ANY: State.READY}},
    State.CLOSED: {},
}

AFTER_ERROR: Final[Transitions] = {
    # What a reply to a `CommandError` moves: no command took effect, so a 2yz or 3yz opens nothing.
    State.MAIL: {"rcpt": {4: State.REFUSED, 5: State.REFUSED}},
    State.AUTH: {"auth": {ANY: State.READY}},
    State.CONTENT: {"message": {ANY: State.READY}},
    State.RECIPIENTS: {"bdat": {4: State.BROKEN, 5: State.BROKEN}},
    State.CHUNKS: {"bdat": {4: State.BROKEN, 5: State.BROKEN}},
}

CLOSING: Final[frozenset[int]] = frozenset({221, 421})
"""Reply codes after which the server closes the channel, whatever they answer."""

BAD_SEQUENCE: Final[Mapping[tuple[State, str], tuple[int, str]]] = {
    # RFC 5321 §3.3: DATA when every recipient was refused finds "no valid recipients".
    (State.REFUSED, "data"): (554, "5.5.1"),
    (State.REFUSED, "bdat"): (554, "5.5.1"),
}
"""Reply code and enhanced status code for a stage out of sequence; 503 and 5.5.1 where none is named, and in LMTP
always (RFC 2033 §4.2)."""

FORGIVEN: Final[frozenset[tuple[int, str]]] = frozenset(
    {
        *((452, "rcpt"), (552, "mail"), (552, "message"), (552, "bdat"), (503, "rcpt"), (503, "data")),
        *((503, "bdat"), (554, "data"), (554, "bdat")),
    }
)
"""Errors (reply code, stage) that do not count towards `max_errors`.

They are what a correct client runs into: limits of ours, and the rest of a pipelined group whose first
command was refused (RFC 2920 §3.1).
"""

Moves = dict[State, dict[str, tuple[State, ...]]]


def compile_transitions(transitions: Transitions) -> Moves:
    """Spread a table so that one index by class finds the new state.

    Args:
        transitions: rows in which a missing class leaves the state alone.

    Returns:
        For each state and stage ten states, indexed by the first digit of the reply code.
    """
    return {
        state: {stage: tuple(row.get(digit, row.get(ANY, state)) for digit in range(10)) for stage, row in rows.items()}
        for state, rows in transitions.items()
    }
