"""The decision: a script, how often it was asked before, and a seed give the answer. Pure: it can be replayed."""

from __future__ import annotations

from hashlib import blake2b, shake_128
from math import cos, log, pi, sqrt
from typing import NamedTuple

from statuary.scenario.script import PASS, Answer, Script

__all__ = ["Decision", "Dice", "chance", "decide"]

_new = tuple.__new__  # half the price of calling a named tuple; most decisions are made here


class Decision(NamedTuple):
    """What was decided.

    Args:
        answer: what to do.
        step: the step of the script, counted from 1; 0 when the script is used up.
        asked: how often the script has been asked by now, this time included.
    """

    answer: Answer
    step: int
    asked: int


def decide(script: Script, uses: int, seed: int, draw_key: str) -> Decision:
    """Decide on an answer.

    Args:
        script: what to answer.
        uses: how often it was asked before under its key.
        seed: the seed of this run.
        draw_key: what random choices are drawn by; the same seed, key and number of uses draw the same.
    """
    if script.constant is not None:
        return _new(Decision, (script.constant, 1, uses + 1))
    place = script.step_at(uses)
    if place is None:
        return Decision(PASS, 0, uses + 1)
    step = script.steps[place]
    if len(step.choices) == 1:
        return Decision(step.choices[0].answer, place + 1, uses + 1)
    return Decision(step.draw(chance(seed, draw_key, uses)), place + 1, uses + 1)


def chance(seed: int, key: str, uses: int) -> float:
    """A number from 0 up to but not including 1, the same for the same arguments on every machine.

    Each draw stands on its own, so that the order in which connections interleave changes nothing.
    """
    digest = blake2b(f"{seed}\0{key}\0{uses}".encode(errors="surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


class Dice:
    """What an answer's effects draw from: a stream of numbers and octets that is the same for the same arguments.

    Args:
        seed: the seed of this run.
        key: what random choices are drawn by.
        asked: how often the script has been asked; every answer has a stream of its own.
    """

    __slots__ = ("_drawn", "_key", "_seed")

    def __init__(self, seed: int = 0, key: str = "", asked: int = 0) -> None:
        self._seed = seed
        self._key = f"effects\0{key}\0{asked}"
        self._drawn = 0

    def number(self) -> float:
        """The next number from 0 up to but not including 1."""
        self._drawn += 1
        return chance(self._seed, self._key, self._drawn)

    def normal(self) -> float:
        """The next number of the standard normal distribution (Box and Muller's transformation)."""
        return sqrt(-2.0 * log(1.0 - self.number())) * cos(2.0 * pi * self.number())

    def octets(self, count: int) -> bytes:
        """The next octets.

        Args:
            count: how many.
        """
        self._drawn += 1
        text = f"{self._seed}\0{self._key}\0{self._drawn}"
        return shake_128(text.encode(errors="surrogatepass")).digest(count)
