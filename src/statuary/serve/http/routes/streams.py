"""Routes whose answers take time or come in pieces: drip, streams, events, trailers, octets on demand."""

from __future__ import annotations

import json
import random
import re

from statuary.scenario.grammar import MAX_EFFECT_SECONDS
from statuary.serve.http.options import BadOption, read_duration, read_header
from statuary.serve.http.routes.base import ANY_METHOD, Asking, BadRequest, Reply, Route, plain_reply, value_of, whole
from statuary.serve.http.routes.echo import told

__all__ = ["STREAM_ROUTES"]

MAX_OCTETS = 102_400
"""The most octets that are made on demand."""
MAX_DRIP_OCTETS = 1 << 20
"""The most octets that drip."""
MAX_LINES = 100
"""The most lines of a stream."""
MAX_EVENTS = 1000
"""The most server-sent events."""
MAX_PIECES = 1000
"""The most pieces in which an answer comes; what drips longer comes in larger ones."""
MAX_TRAILERS = 20
"""The most trailer fields that a query may ask for."""
HIGHEST_OCTET = 255
"""The highest value of an octet."""
DEFAULT_CHUNK_OCTETS = 10_240
"""The size of a chunk, in octets, where none is asked for."""

_STATUS = re.compile("[2-9][0-9][0-9]")
_OCTETS = "application/octet-stream"


def _seconds(asking: Asking, name: str, default: str) -> float:
    try:
        return read_duration(name, value_of(asking.query, name, default))
    except BadOption as error:
        raise BadRequest(name, error.expected) from None


def drip(asking: Asking) -> Reply:
    """So many octets over a time, after a delay; Content-Length tells how many from the start."""
    octets = whole("numbytes", value_of(asking.query, "numbytes", "10"), 1, MAX_DRIP_OCTETS)
    duration, wait = _seconds(asking, "duration", "2"), _seconds(asking, "delay", "0")
    code = value_of(asking.query, "code")
    if code and not _STATUS.fullmatch(code):
        raise BadRequest("code", "a final status code")
    body = b"*" * octets
    status = int(code) if code else asking.status["request"]
    return Reply(status, (("Content-Type", _OCTETS),), body, paced(body, min(octets, MAX_PIECES), duration), wait=wait)


def paced(body: bytes, count: int, seconds: float) -> tuple[tuple[float, bytes], ...]:
    """A body in even pieces over a time, the last at its end.

    Args:
        body: the content.
        count: how many pieces, at least one.
        seconds: the time.
    """
    bounds = [len(body) * number // count for number in range(count + 1)]
    pause = min(seconds, MAX_EFFECT_SECONDS) / max(count - 1, 1)
    return tuple((pause if number else 0.0, body[bounds[number] : bounds[number + 1]]) for number in range(count))


def _random_octets(asking: Asking) -> bytes:
    count = min(whole("n", asking.parts["n"], 0, 1 << 40), MAX_OCTETS)
    seed = value_of(asking.query, "seed")
    if not seed:
        return asking.dice.octets(count)
    # httpbin's own generator, so that a test that knows the octets of a seed finds them here.
    chance = random.Random(whole("seed", seed, -(10**15), 10**15))  # noqa: S311
    return bytes(chance.randint(0, HIGHEST_OCTET) for _ in range(count))


def octets(asking: Asking) -> Reply:
    """Random octets, the same for the same seed."""
    return Reply(asking.status["request"], (("Content-Type", _OCTETS),), _random_octets(asking))


def stream_octets(asking: Asking) -> Reply:
    """Random octets in chunks."""
    body = _random_octets(asking)
    size = whole("chunk_size", value_of(asking.query, "chunk_size", str(DEFAULT_CHUNK_OCTETS)), 1, MAX_OCTETS)
    size = max(size, -(-len(body) // MAX_PIECES))
    pieces = tuple((0.0, body[at : at + size]) for at in range(0, len(body), size))
    return Reply(asking.status["request"], (("Content-Type", _OCTETS),), body, pieces, chunked=True)


def stream(asking: Asking) -> Reply:
    """Lines of JSON, each a chunk."""
    count = min(whole("n", asking.parts["n"], 0, 1 << 40), MAX_LINES)
    facts = told(asking)
    pieces = tuple(
        (0.0, json.dumps({**facts, "id": number}, ensure_ascii=False).encode(errors="replace") + b"\n")
        for number in range(count)
    )
    body = b"".join(piece for _, piece in pieces)
    return Reply(asking.status["request"], (("Content-Type", "application/json"),), body, pieces, chunked=True)


def events(asking: Asking) -> Reply:
    """Server-sent events over a time."""
    count = whole("count", value_of(asking.query, "count", "10"), 1, MAX_EVENTS)
    duration, wait = _seconds(asking, "duration", "5"), _seconds(asking, "delay", "0")
    pause = duration / max(count - 1, 1)
    pieces = tuple(
        (
            pause if number else 0.0,
            b"event: ping\ndata: "
            + json.dumps({"id": number, "timestamp": int((asking.now + wait + pause * number) * 1000)}).encode()
            + b"\n\n",
        )
        for number in range(count)
    )
    body = b"".join(piece for _, piece in pieces)
    fields = (("Content-Type", "text/event-stream"), ("Cache-Control", "no-store"))
    return Reply(asking.status["request"], fields, body, pieces, chunked=True, wait=wait)


def trailers(asking: Asking) -> Reply:
    """Trailer fields behind a body in chunks (RFC 9110 §6.5), as the query names them."""
    if len(asking.query) > MAX_TRAILERS:
        raise BadRequest("query", f"at most {MAX_TRAILERS} trailer fields")
    try:
        fields = tuple(read_header(f"{name}:{value}") for name, value in asking.query)
    except BadOption as error:
        raise BadRequest("query", error.expected) from None
    named = ", ".join(dict.fromkeys(name for name, _ in fields))
    body = json.dumps({"trailers": [list(pair) for pair in fields]}).encode() + b"\n"
    head = (("Content-Type", "application/json"), *((("Trailer", named),) if named else ()))
    return Reply(asking.status["request"], head, body, ((0.0, body),), chunked=True, trailers=fields)


def unstable(asking: Asking) -> Reply:
    """A failure with a probability; the draws of a seed are a sequence that comes again."""
    rate = value_of(asking.query, "failure_rate", "0.5")
    if not re.fullmatch(r"0?\.[0-9]{1,9}|[01](\.0{0,9})?", rate):
        raise BadRequest("failure_rate", "a number from 0 to 1")
    failed = asking.dice.number() < float(rate)
    return plain_reply(asking.status["failure" if failed else "request"])


STREAM_ROUTES = (
    Route("/drip", drip, ANY_METHOD),
    Route("/bytes/{n}", octets, ANY_METHOD),
    Route("/stream-bytes/{n}", stream_octets, ANY_METHOD),
    Route("/stream/{n}", stream, ANY_METHOD),
    Route("/sse", events, ANY_METHOD),
    Route("/trailers", trailers, ANY_METHOD),
    Route("/unstable", unstable, ANY_METHOD),
)
"""Routes that take their time."""
