"""Names that other tools have for faults: WireMock's constants and toxiproxy's toxics, in terms of our effects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from statuary.errors import ScriptError
from statuary.scenario.grammar import MAX_EFFECT_SECONDS, MAX_OCTETS
from statuary.scenario.script import Answer, Effect, Script

__all__ = ["FAULTS", "TOXICS", "Fault", "Toxic", "read_fault", "read_toxic", "with_fault"]

FAULT_NOISE_OCTETS = 512
"""How much garbage WireMock's fault gets, which itself names no number, in octets."""

_NUMBER = re.compile(r"[0-9]{1,12}")


class Fault(NamedTuple):
    """What happens to an answer.

    Args:
        kind: what stands in its place: ``drop``, ``reset`` or ``hang``; empty where it is sent.
        effects: what is done to it.
    """

    kind: str = ""
    effects: tuple[Effect, ...] = ()


class Toxic(NamedTuple):
    """A kind of toxic.

    Args:
        attributes: the names of its attributes, each a whole number and 0 where it is left out.
        fault: what it comes to, by these attributes.
    """

    attributes: tuple[str, ...]
    fault: Callable[[Mapping[str, int]], Fault]


FAULTS: Mapping[str, Fault] = {
    "CONNECTION_RESET_BY_PEER": Fault("reset"),
    "EMPTY_RESPONSE": Fault("drop"),
    "MALFORMED_RESPONSE_CHUNK": Fault(effects=(Effect("badchunk"),)),
    "RANDOM_DATA_THEN_CLOSE": Fault(effects=(Effect("garbage", float(FAULT_NOISE_OCTETS)),)),
}
"""WireMock's faults."""


def _milliseconds(value: int) -> float:
    return min(value / 1000, MAX_EFFECT_SECONDS)


def _latency(given: Mapping[str, int]) -> Fault:
    effects = [Effect("delay", _milliseconds(given["latency"]))]
    if given["jitter"]:
        effects.append(Effect("jitter", _milliseconds(given["jitter"])))
    return Fault(effects=tuple(effects))


def _bandwidth(given: Mapping[str, int]) -> Fault:
    """Its rate counts in thousands of octets; at 0 nothing comes through."""
    rate = given["rate"] * 1000
    return Fault(effects=(Effect("rate", float(min(rate, MAX_OCTETS))),)) if rate else Fault("hang")


def _timeout(given: Mapping[str, int]) -> Fault:
    """Nothing comes through, and the connection closes after the time; at 0 never."""
    wait = given["timeout"]
    return Fault("drop", (Effect("delay", _milliseconds(wait)),)) if wait else Fault("hang")


def _slicer(given: Mapping[str, int]) -> Fault:
    """Pieces of a size; its delay between them, in microseconds, is a rate at that size."""
    size = min(max(given["average_size"], 1), MAX_OCTETS)
    effects = [Effect("slice", float(size))]
    if given["delay"]:
        effects.append(Effect("rate", float(min(max(size * 1_000_000 // given["delay"], 1), MAX_OCTETS))))
    return Fault(effects=tuple(effects))


TOXICS: Mapping[str, Toxic] = {
    "latency": Toxic(("latency", "jitter"), _latency),
    "bandwidth": Toxic(("rate",), _bandwidth),
    "slow_close": Toxic(("delay",), lambda given: Fault(effects=(Effect("close", _milliseconds(given["delay"])),))),
    "timeout": Toxic(("timeout",), _timeout),
    "reset_peer": Toxic(
        ("timeout",), lambda given: Fault("reset", (Effect("delay", _milliseconds(given["timeout"])),))
    ),
    "slicer": Toxic(("average_size", "size_variation", "delay"), _slicer),
    "limit_data": Toxic(
        ("bytes",), lambda given: Fault(effects=(Effect("limit", float(min(given["bytes"], MAX_OCTETS))),))
    ),
}
"""toxiproxy's toxics and their attributes; the variation of a slicer's pieces is taken and has no effect."""


def read_fault(text: str) -> Fault:
    """The fault of a name.

    Args:
        text: such as ``EMPTY_RESPONSE``, in either case.

    Raises:
        ScriptError: there is none of that name.
    """
    fault = FAULTS.get(text.strip().upper())
    if fault is None:
        raise ScriptError(text, 0, f"one of {', '.join(FAULTS)}")
    return fault


def read_toxic(text: str) -> Fault:
    """The fault that a toxic comes to.

    Args:
        text: its type and attributes, such as ``latency:latency=1000,jitter=100``.

    Raises:
        ScriptError: the type or an attribute is unknown, or a value is no whole number.
    """
    name, _, rest = text.partition(":")
    toxic = TOXICS.get(name.strip().lower())
    if toxic is None:
        raise ScriptError(text, 0, f"one of {', '.join(TOXICS)}")
    given = dict.fromkeys(toxic.attributes, 0)
    at = len(name) + 1
    for part in rest.split(",") if rest else ():
        key, equals, value = part.partition("=")
        if key.strip() not in given or not equals:
            wanted = " or ".join(f"{attribute}=" for attribute in toxic.attributes)
            raise ScriptError(text, at, wanted)
        if not _NUMBER.fullmatch(value.strip()):
            raise ScriptError(text, at + len(key) + 1, "a whole number")
        given[key.strip()] = int(value)
        at += len(part) + 1
    return toxic.fault(given)


def with_fault(script: Script, fault: Fault) -> Script:
    """A script whose every answer meets a fault; an effect that an answer names itself stays as it is.

    Args:
        script: the script.
        fault: what happens to its answers.
    """
    return Script(
        tuple(
            replace(
                step,
                choices=tuple(replace(choice, answer=_faulty(choice.answer, fault)) for choice in step.choices),
            )
            for step in script.steps
        )
    )


def _faulty(answer: Answer, fault: Fault) -> Answer:
    known = {effect.name for effect in answer.effects}
    effects = (*answer.effects, *(effect for effect in fault.effects if effect.name not in known))
    return Answer(fault.kind, effects=effects) if fault.kind else replace(answer, effects=effects)
