"""Requests and dialogues that are nearly right: valid ones, damaged by a seeded generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

from soak.valid import DIALOGUES, REQUESTS, WORDS

__all__ = ["HTTP", "SMTP", "Damaged", "http_requests", "smtp_dialogues"]

MAX_PIECES = 4
"""In how many writes a damaged octet sequence goes out at most."""
MAX_DAMAGES = 4
"""How often one is damaged at most."""
MAX_REPEATS = 3000
"""How often a part is repeated at most; past every limit of a line, a head and a command."""

HTTP, SMTP = "http", "smtp"


class Damaged(NamedTuple):
    """What a client sends.

    Args:
        protocol: ``http`` or ``smtp``.
        pieces: its octets, in the writes in which they go out.
    """

    protocol: str
    pieces: list[bytes]

    @property
    def octets(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces)


def http_requests(seed: int, count: int) -> Iterator[Damaged]:
    """So many damaged requests; the same seed gives the same."""
    return _damaged(HTTP, REQUESTS, seed, count)


def smtp_dialogues(seed: int, count: int) -> Iterator[Damaged]:
    """So many damaged dialogues, sent without waiting for replies; the same seed gives the same."""
    return _damaged(SMTP, DIALOGUES, seed, count)


def _damaged(protocol: str, seeds: Sequence[bytes], seed: int, count: int) -> Iterator[Damaged]:
    draw = Random(f"{protocol} {seed}")
    for _ in range(count):
        data = draw.choice(seeds)
        while data in seeds:
            for _ in range(draw.randint(1, MAX_DAMAGES)):
                data = draw.choice(_DAMAGES)(draw, data, seeds)
        cuts = sorted(draw.randrange(len(data) + 1) for _ in range(draw.randrange(MAX_PIECES)))
        edges = [0, *cuts, len(data)]
        yield Damaged(protocol, [data[start:end] for start, end in pairwise(edges) if end > start])


def _span(draw: Random, data: bytes, longest: int) -> tuple[int, int]:
    start = draw.randrange(len(data) + 1)
    return start, min(len(data), start + draw.randint(1, longest))


def _flip(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Another octet in one place."""
    start, end = _span(draw, data, 1)
    return data[:start] + draw.randbytes(1) + data[end:]


def _lose(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A few octets fewer."""
    start, end = _span(draw, data, 20)
    return data[:start] + data[end:]


def _double(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A part twice."""
    start, end = _span(draw, data, 60)
    return data[:end] + data[start:end] + data[end:]


def _swell(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A part very often, so that a limit is passed."""
    start, end = _span(draw, data, 12)
    return data[:start] + data[start:end] * draw.randint(2, MAX_REPEATS) + data[end:]


def _throw_in(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A word of the grammar where it does not belong."""
    at = draw.randrange(len(data) + 1)
    return data[:at] + draw.choice(WORDS) + data[at:]


def _noise(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Random octets in place of a part."""
    start, end = _span(draw, data, 30)
    return data[:start] + draw.randbytes(end - start + 3) + data[end:]


def _cut_off(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """The end is missing."""
    return data[: draw.randrange(len(data) + 1)]


def _line_ends(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Other line ends: bare LF, bare CR, LF CR (RFC 5321 §2.3.8, RFC 9112 §2.2)."""
    return data.replace(b"\r\n", draw.choice((b"\n", b"\r", b"\n\r", b"\r\r\n")), draw.choice((-1, 1, 2)))


def _cross(draw: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """The head of one, the tail of another."""
    other = draw.choice(seeds)
    return data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other) + 1) :]


_DAMAGES: tuple[Callable[[Random, bytes, Sequence[bytes]], bytes], ...] = (
    _flip,
    _lose,
    _double,
    _swell,
    _throw_in,
    _throw_in,
    _noise,
    _cut_off,
    _line_ends,
    _cross,
)
