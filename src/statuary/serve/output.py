"""What a session wants done on its connection: octets at once, or a plan with waits, closes and resets."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping
from math import exp
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from statuary.scenario.decide import Dice
from statuary.scenario.grammar import MAX_EFFECT_SECONDS
from statuary.scenario.script import Effect

if TYPE_CHECKING:
    from statuary.serve.session import Session

__all__ = [
    "ENDINGS",
    "Action",
    "Close",
    "HalfClose",
    "Hang",
    "Later",
    "Output",
    "Plan",
    "Reset",
    "Send",
    "StartTls",
    "Switch",
    "Wait",
    "plan_answer",
    "plan_delay",
]

MAX_DRIP_PIECES = 200
"""The pieces that an answer is cut into when it drips and no number is asked for."""
MAX_PIECES = 1000
"""The most pieces that an answer is cut into."""
PIECE_PAUSE_SECONDS = 0.01
"""The least pause between two pieces, so that the kernel does not join them into one packet, in seconds."""
RATE_PIECES_A_SECOND = 10
"""How smooth a rate is: so many pieces a second, up to the most pieces."""
MAX_EXPONENT = 50.0
"""The highest exponent of a drawn time; beyond it every wait is cut to the longest anyway."""


class Send(NamedTuple):
    """Write octets."""

    data: bytes


class Wait(NamedTuple):
    """Do nothing for so many seconds; what arrives meanwhile is kept for later."""

    seconds: float


class Close(NamedTuple):
    """Write out what is pending, then close in an orderly way (FIN)."""


class HalfClose(NamedTuple):
    """Write out what is pending and finish our side (FIN); what the peer still sends is read."""


class Later(NamedTuple):
    """Do what ``wake`` gives so many seconds from now, and go on meanwhile; a newer one replaces it."""

    seconds: float
    wake: Callable[[], Output]


class Switch(NamedTuple):
    """From now on another session speaks on this connection, as after an upgrade (RFC 9110 §7.8)."""

    session: Session


class StartTls(NamedTuple):
    """Write out what is pending, then negotiate TLS on the same connection (RFC 3207 §4)."""

    context: ssl.SSLContext


class Reset(NamedTuple):
    """Break the connection (RST); the peer's read fails."""


class Hang(NamedTuple):
    """Never write again and ignore what arrives, until the peer or a timeout ends the connection."""


Action: TypeAlias = Send | Wait | Later | Close | HalfClose | StartTls | Switch | Reset | Hang
ENDINGS: Mapping[str, Action] = {"drop": Close(), "reset": Reset(), "hang": Hang()}
"""What ends a stage without an answer, by the word of the scenario language."""

Plan: TypeAlias = list[Action]
Output: TypeAlias = bytes | Plan | None
"""Octets to write at once, a plan, or nothing."""


def plan_delay(effects: Iterable[Effect], dice: Dice) -> float:
    """How long to wait before an answer, in seconds, up to :data:`MAX_EFFECT_SECONDS`.

    Args:
        effects: of which ``delay`` is the wait, ``jitter`` its uniform spread to either side, and ``sigma`` the shape
            of a lognormal one around it.
        dice: what the spread is drawn from.
    """
    named = {effect.name: effect.value for effect in effects}
    wait = named.get("delay") or 0.0
    sigma, jitter = named.get("sigma"), named.get("jitter")
    if sigma:
        wait *= exp(min(sigma * dice.normal(), MAX_EXPONENT))
    if jitter:
        wait += jitter * (2 * dice.number() - 1)
    return min(max(wait, 0.0), MAX_EFFECT_SECONDS)


def plan_answer(
    data: bytes, effects: Iterable[Effect], truncate_from: int = 0, dice: Dice | None = None
) -> tuple[Plan, bytes]:
    """Turn an answer and its effects into a plan.

    Effects that concern what the answer says, such as ``length`` or ``lines``, are for those who make its octets.

    Args:
        data: the answer, whole.
        effects: in any order: first the wait, then what is left of the answer, piece by piece, then the ending.
        truncate_from: where a share is counted from: an HTTP answer is cut in its body, not in its head.
        dice: what times and garbage are drawn from; always the same where it is left out.

    Returns:
        The plan, and the octets that it will have written at its end.
    """
    effects = tuple(effects)
    dice = dice or Dice()
    named = {effect.name: effect.value for effect in effects}
    plan: Plan = []
    wait = plan_delay(effects, dice)
    if wait:
        plan.append(Wait(wait))
    data, cut = _cut(data, named, truncate_from)
    garbage = named.get("garbage")
    if garbage:
        data = (data if cut else b"") + dice.octets(int(garbage))
    pause = named.get("pause")
    if pause and 0 < truncate_from < len(data):
        plan.extend((Send(data[:truncate_from]), Wait(pause)))
        plan.extend(_pieces(data[truncate_from:], named))
    else:
        plan.extend(_pieces(data, named))
    plan.extend(_ending(named, cut or bool(garbage)))
    return plan, data


def _cut(data: bytes, named: Mapping[str, float | None], start: int) -> tuple[bytes, bool]:
    """What is left of an answer, and whether it was to be cut."""
    ends = [int(limit) for limit in (named.get("limit"),) if limit is not None]
    rest = len(data) - start
    for name in ("truncate", "stall"):
        cut = named.get(name)
        if cut is not None:
            ends.append(start + (int(rest * cut) if cut <= 1 else min(int(cut), rest)))
    return (data[: min(ends)], True) if ends else (data, False)


def _ending(named: Mapping[str, float | None], cut: bool) -> Plan:
    """What comes after the answer; the rudest of several endings wins."""
    if "stall" in named:
        return [Hang()]
    if "halfclose" in named:
        return [HalfClose(), Hang()]
    for name, action in (("reset", Reset()), ("close", Close())):
        if name in named:
            wait = named[name]
            return [Wait(wait), action] if wait else [action]
    return [Close()] if cut else []


def _pieces(data: bytes, named: Mapping[str, float | None]) -> Plan:
    """Cut the octets into pieces, and spread them over a time where one is asked for."""
    drip, rate = named.get("drip") or 0.0, named.get("rate")
    split, size = named.get("split"), named.get("slice")
    spread = drip or (len(data) / rate if rate else 0.0)
    if size:
        pieces = -(-len(data) // int(size))
    elif split:
        pieces = int(split)
    elif drip:
        pieces = MAX_DRIP_PIECES
    elif rate:
        pieces = max(MAX_DRIP_PIECES, int(spread * RATE_PIECES_A_SECOND))
    else:
        pieces = 1
    pieces = min(pieces, len(data), MAX_PIECES)
    if pieces < 2:
        return [Wait(min(spread, MAX_EFFECT_SECONDS)), Send(data)] if rate and spread else [Send(data)]
    bounds = _bounds(len(data), pieces, int(size) if size else 0)
    # A drip ends with the last piece; at a rate every piece, the first too, has its time before it.
    pause = min(spread, MAX_EFFECT_SECONDS) / (pieces if rate and not drip else pieces - 1)
    plan: Plan = []
    for number in range(pieces):
        if number or (rate and not drip):
            plan.append(Wait(max(pause, 0.0 if spread else PIECE_PAUSE_SECONDS)))
        plan.append(Send(data[bounds[number] : bounds[number + 1]]))
    return plan


def _bounds(octets: int, pieces: int, size: int) -> list[int]:
    """Where the pieces begin and end: all of a size where one is given, and else as even as can be."""
    if size and size * pieces >= octets:
        return [min(size * number, octets) for number in range(pieces + 1)]
    return [octets * number // pieces for number in range(pieces + 1)]
