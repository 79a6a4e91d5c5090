"""What a session wants done on its connection: octets at once, or a plan with waits, closes and resets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from statuary.scenario.script import Effect

__all__ = [
    "ENDINGS",
    "Action",
    "Close",
    "HalfClose",
    "Hang",
    "Output",
    "Plan",
    "Reset",
    "Send",
    "StartTls",
    "Wait",
    "plan_answer",
]

MAX_DRIP_PIECES = 200
"""The most pieces that an answer is cut into when it drips."""


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


class StartTls(NamedTuple):
    """Write out what is pending, then negotiate TLS on the same connection (RFC 3207 §4)."""


class Reset(NamedTuple):
    """Break the connection (RST); the peer's read fails."""


class Hang(NamedTuple):
    """Never write again and ignore what arrives, until the peer or a timeout ends the connection."""


Action: TypeAlias = Send | Wait | Close | HalfClose | StartTls | Reset | Hang
ENDINGS: Mapping[str, Action] = {"drop": Close(), "reset": Reset(), "hang": Hang()}
"""What ends a stage without an answer, by the word of the scenario language."""

Plan: TypeAlias = list[Action]
Output: TypeAlias = bytes | Plan | None
"""Octets to write at once, a plan, or nothing."""


def plan_answer(data: bytes, effects: Iterable[Effect], truncate_from: int = 0) -> tuple[Plan, bytes]:
    """Turn an answer and its effects into a plan.

    Args:
        data: the answer, whole.
        effects: in the order given; ``delay`` comes before the answer, ``close`` and ``reset`` after it.
        truncate_from: where a share is counted from: an HTTP answer is cut in its body, not in its head.

    Returns:
        The plan, and the octets that it will have written at its end.
    """
    named = {effect.name: effect.value for effect in effects}
    plan: Plan = []
    delay = named.get("delay")
    if delay:
        plan.append(Wait(delay))
    cut = named.get("truncate")
    if cut is not None:
        rest = len(data) - truncate_from
        data = data[: truncate_from + (int(rest * cut) if cut <= 1 else min(int(cut), rest))]
    drip = named.get("drip")
    if drip and len(data) > 1:
        plan.extend(_drip(data, drip))
    else:
        plan.append(Send(data))
    if "reset" in named:
        plan.append(Reset())
    elif "close" in named or cut is not None:
        plan.append(Close())
    return plan, data


def _drip(data: bytes, seconds: float) -> Plan:
    """Cut the octets into even pieces and spread them over the time, the last at its end."""
    pieces = min(len(data), MAX_DRIP_PIECES)
    bounds = [len(data) * number // pieces for number in range(pieces + 1)]
    plan: Plan = []
    for number in range(pieces):
        if number:
            plan.append(Wait(seconds / (pieces - 1)))
        plan.append(Send(data[bounds[number] : bounds[number + 1]]))
    return plan
