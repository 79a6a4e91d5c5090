"""What the engine tells, and the limits it keeps.

Texts in events are ISO 8859-1 as HTTP/1.1 has it (RFC 9110 §5.5): every octet stands for itself, so
``text.encode("latin-1")`` gives back what was on the wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

__all__ = [
    "DEFAULT_LIMITS",
    "Body",
    "Closed",
    "Event",
    "Fields",
    "HttpLimits",
    "Preface",
    "Request",
    "RequestError",
]

Fields: TypeAlias = Sequence[tuple[str, str]]
"""Header or trailer fields in their order: pairs of name and value."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How much of everything one client may send; passing a limit gives a `RequestError` with its status hint.

    Args:
        max_method_octets: the method of a request, in octets; hint 501 (RFC 9112 §3).
        max_target_octets: the request target, in octets; hint 414. RFC 9112 §3 asks for at least 8000.
        max_header_octets: a whole header section, or trailer section, in octets; hint 431.
        max_headers: the number of field lines of one such section; hint 431.
        max_body_octets: the content of a request, in octets, without chunked framing; hint 413.
        max_chunk_extension_octets: all chunk extensions of one body together, in octets; hint 400.
        max_empty_lines: the number of empty lines before a request; hint 400 (RFC 9112 §2.2).
        max_drain_octets: what is read, in octets, of a body that nobody wants any more once its request is
            answered; where more is left, the connection closes instead.
        max_buffered_octets: what is kept, in octets, of the requests that a client sends ahead while an
            answer is due; a client that passes it loses the connection after that answer.
        max_error_octets: what `RequestError.raw` keeps, in octets, of something refused.
        max_cached_requests: the number of requests that a `RequestCache` knows by heart.
        max_cached_request_octets: the longest request, in octets, that a `RequestCache` keeps.
    """

    max_method_octets: int = 32
    max_target_octets: int = 8192
    max_header_octets: int = 32768
    max_headers: int = 128
    max_body_octets: int = 10_485_760
    max_chunk_extension_octets: int = 4096
    max_empty_lines: int = 4
    max_drain_octets: int = 65536
    max_buffered_octets: int = 65536
    max_error_octets: int = 16384
    max_cached_requests: int = 512
    max_cached_request_octets: int = 1024


DEFAULT_LIMITS = HttpLimits()


class Request(NamedTuple):
    """A request whose header section is complete and well-formed (RFC 9112 §2.1).

    Args:
        method: the method, case kept; any token, known or not.
        target: the request target as received, in one of the four forms of RFC 9112 §3.2.
        version: ``1.1``, ``1.0`` or another version of major 1.
        headers: the field lines in their order, names in lower case, values without the white space around them.
        expects_continue: whether the client waits for ``100 (Continue)`` before it sends the body (RFC 9110 §10.1.1).
        ended: whether the request has no body; otherwise `Body` events follow.
        keep_alive: whether the client lets the connection live on after the answer (RFC 9112 §9.3).
        raw: the exact octets, with the empty line at the end and any before the beginning.
    """

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    expects_continue: bool
    ended: bool
    keep_alive: bool
    raw: bytes

    def header(self, name: str) -> str | None:
        """The value of the first field line of a name, None where there is none.

        Args:
            name: the field's name in lower case.
        """
        for known, value in self.headers:
            if known == name:
                return value
        return None


class Body(NamedTuple):
    """A piece of a request's body; where the pieces are cut has no meaning (RFC 9112 §6).

    Args:
        data: the content, chunked framing taken off; may be empty in the last piece.
        ended: whether this is the last piece.
        raw: the exact octets, chunked framing and trailers left on.
        trailers: the trailer fields, names in lower case; only in the last piece of a chunked body.
    """

    data: bytes
    ended: bool
    raw: bytes
    trailers: tuple[tuple[str, str], ...] = ()


class RequestError(NamedTuple):
    """The client sent what the protocol forbids, or more than a limit allows, or left in the middle.

    Nothing more is read from the connection: it closes after the answer.

    Args:
        status_hint: the status code to answer with.
        problem: what is wrong, in one sentence; for logs and the journal, never for the wire.
        raw: the octets refused, as far as received and not yet told by another event, bounded by ``max_error_octets``.
        answer_due: whether an answer is still owed; False where one is already being sent.
    """

    status_hint: int
    problem: str
    raw: bytes
    answer_due: bool


class Closed(NamedTuple):
    """The connection is over: close the transport (RFC 9112 §9.6). Given once; nothing follows.

    Args:
        by_peer: whether the client ended it between two requests; False where our last answer did.
    """

    by_peer: bool


class Preface(NamedTuple):
    """The client speaks HTTP/2 without having asked (RFC 9113 §3.3); nothing more is told by this engine.

    Args:
        raw: all that was received, from the preface on.
    """

    raw: bytes


Event: TypeAlias = Request | Body | RequestError | Closed | Preface
