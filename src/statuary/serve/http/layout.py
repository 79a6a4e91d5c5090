"""An answer as HTTP/1.1 octets and a plan, where it is not simply one piece: chunks, waits, effects."""

from __future__ import annotations

from typing import NamedTuple

from statuary.scenario.decide import Dice
from statuary.scenario.script import Effect
from statuary.serve.http.answers import Built
from statuary.serve.output import Close, Hang, Plan, Reset, Send, Wait, plan_answer, plan_delay
from statuary.wire.http1.serializer import (
    has_no_content,
    is_tunnel,
    serialize_chunk,
    serialize_head,
    serialize_last_chunk,
)

__all__ = ["Laid", "flood_fields", "lay_out", "plan_interim"]

CHUNK_OCTETS = 32
"""The size of a chunk where an effect asks for chunks, in octets."""
SHAPES = frozenset({"length", "chunked", "badchunk", "headers"})
"""The effects that concern the octets of an answer and not their way."""
WRONG_SIZE = b"no-size\r\n"
"""What stands in the place of a chunk's size where it is to be malformed (RFC 9112 §7.1)."""


class Laid(NamedTuple):
    """An answer laid out.

    Args:
        plan: what to do.
        sent: the octets that it will have written at its end.
        close: whether the connection ends with it.
    """

    plan: Plan
    sent: bytes
    close: bool


def flood_fields(effects: tuple[Effect, ...]) -> tuple[tuple[str, str], ...]:
    """The header fields that an effect adds."""
    count = next((int(effect.value) for effect in effects if effect.name == "headers" and effect.value), 0)
    return tuple((f"Statuary-Filler-{number}", str(number)) for number in range(1, count + 1))


def plan_interim(built: Built, dice: Dice, version: str) -> tuple[Plan, bytes]:
    """The interim answers, each after its delay (RFC 9110 §15.2); none for an HTTP/1.0 client."""
    plan: Plan = []
    sent = b""
    if version == "1.0":
        return plan, sent
    waiting = b""
    for interim in built.interim:
        wait = plan_delay(interim.effects, dice)
        octets = serialize_head(interim.status, interim.reason, interim.headers)
        if wait:
            plan += [Send(waiting), Wait(wait)] if waiting else [Wait(wait)]
            waiting = b""
        waiting += octets
        sent += octets
    if waiting:
        plan.append(Send(waiting))
    return plan, sent


def lay_out(
    built: Built,
    effects: tuple[Effect, ...],
    dice: Dice,
    date: str,
    *,
    method: str,
    version: str,
    option: str,
) -> Laid:
    """Lay an answer out.

    Args:
        built: the answer, all but its date.
        effects: what is done to it.
        dice: what they draw from.
        date: the value of the Date field.
        method: the request's method.
        version: the request's version of HTTP.
        option: what the Connection field should say: ``close``, ``keep-alive`` or nothing.
    """
    shapes = {effect.name: effect.value for effect in effects if effect.name in SHAPES}
    bare = has_no_content(method, built.status)
    chunked = bool(built.chunked or "chunked" in shapes or "badchunk" in shapes) and version != "1.0" and not bare
    lying = "length" in shapes
    fields = list(built.headers)
    if not any(name.lower() == "date" for name, _ in fields):
        fields.insert(0, ("Date", date))
    fields += flood_fields(effects)
    if lying:
        fields.append(("Content-Length", str(int(shapes["length"] or 0))))
    elif chunked:
        fields.append(("Transfer-Encoding", "chunked"))
    elif not built.chunked and not has_no_content("" if method == "HEAD" else method, built.status):
        fields.append(("Content-Length", str(len(built.body))))
    close = (
        option == "close"
        or (lying and shapes["length"] != len(built.body))
        or ("badchunk" in shapes and chunked)
        or (built.chunked and version == "1.0")
        or any(name.lower() == "connection" and "close" in value.lower() for name, value in fields)
        or is_tunnel(method, built.status)
    )
    word = "close" if close else option
    if word and not any(name.lower() == "connection" for name, _ in fields):
        fields.append(("Connection", word))
    head = serialize_head(built.status, built.reason, fields)
    pieces = () if bare else _pieces(built, chunked=chunked and not lying, broken="badchunk" in shapes)
    plan, sent = plan_interim(built, dice, version)
    rest, octets = _plan(head, pieces, built.wait, tuple(e for e in effects if e.name not in SHAPES), dice)
    plan += rest
    ended = bool(plan) and isinstance(plan[-1], Close | Reset | Hang)
    if close and not ended:
        plan.append(Close())
    return Laid(plan, sent + octets, close or ended)


def _plan(
    head: bytes, pieces: tuple[tuple[float, bytes], ...], wait: float, effects: tuple[Effect, ...], dice: Dice
) -> tuple[Plan, bytes]:
    """Effects need the answer whole; without any, its pieces keep their own time."""
    data = head + b"".join(octets for _, octets in pieces)
    if effects:
        plan, data = plan_answer(data, effects, len(head), dice)
        return ([Wait(wait), *plan] if wait else plan), data
    timed: Plan = [Wait(wait)] if wait else []
    waiting = head
    for pause, octets in pieces:
        if pause:
            timed += [Send(waiting), Wait(pause)]
            waiting = b""
        waiting += octets
    timed.append(Send(waiting))
    return timed, data


def _pieces(built: Built, *, chunked: bool, broken: bool) -> tuple[tuple[float, bytes], ...]:
    """The content as it goes over the wire."""
    if not chunked:
        return built.pieces or ((0.0, built.body),)
    if built.chunked:
        given = built.pieces or ((0.0, built.body),)
    else:
        body = built.body
        given = tuple((0.0, body[at : at + CHUNK_OCTETS]) for at in range(0, len(body), CHUNK_OCTETS))
    if broken:
        kept = given[: max(1, len(given) // 2)]
        rest = b"".join(octets for _, octets in given[len(kept) :])
        return (*((pause, serialize_chunk(octets)) for pause, octets in kept), (0.0, WRONG_SIZE + rest))
    coded = [(pause, serialize_chunk(octets)) for pause, octets in given]
    return (*coded, (0.0, serialize_last_chunk(built.trailers)))
