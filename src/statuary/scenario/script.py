"""A script: an ordered list of answers, counted. The model, and its one canonical spelling.

    script  = step *( "~" step )                    in order; "~" reads "then"
    step    = choice [ "x" count ]                  without a count a last step holds for ever, another one stands once
    choice  = answer [":" weight] *( "," answer [":" weight] )
    answer  = ( value [ "_" enhanced ] | "pass" | "drop" | "reset" | "hang" ) *effect
    effect  = "-" name [ "=" value ]

When a counted last step is used up, ``pass`` follows: the ordinary answer of the stage.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

__all__ = [
    "COMMON_EFFECTS",
    "EFFECTS",
    "HTTP_EFFECTS",
    "PASS",
    "SMTP_EFFECTS",
    "Answer",
    "Choice",
    "Effect",
    "Script",
    "Step",
]

COMMON_EFFECTS = {
    "delay": "seconds",
    "jitter": "seconds",
    "sigma": "number",
    "drip": "seconds",
    "rate": "rate",
    "split": "pieces",
    "slice": "size",
    "truncate": "share",
    "limit": "octets",
    "stall": "share",
    "close": "seconds or none",
    "reset": "seconds or none",
    "halfclose": "",
    "garbage": "noise",
}
"""The effects that every protocol has, and the measure of each value: one of those that the grammar reads."""

HTTP_EFFECTS = {
    "pause": "seconds",
    "length": "octets",
    "chunked": "",
    "badchunk": "",
    "headers": "fields",
}
"""The effects that only HTTP has."""

SMTP_EFFECTS = {
    "lf": "",
    "bare": "",
    "mixed": "",
    "lines": "lines",
    "long": "noise",
    "twice": "",
    "late": "",
}
"""The effects that only SMTP has."""

EFFECTS = {**COMMON_EFFECTS, **HTTP_EFFECTS, **SMTP_EFFECTS}
"""Every effect and its measure."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What is done to an answer on its way.

    Args:
        name: a key of :data:`EFFECTS`.
        value: in the effect's measure: seconds, octets, octets a second, a count; for ``truncate`` and ``stall`` a
            share of the octets up to 1, or above 1 a number of octets; None where there is none.
    """

    name: str
    value: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return f"-{self.name}"
        unit = "s" if EFFECTS[self.name].startswith("seconds") else ""
        return f"-{self.name}={_number(self.value)}{unit}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server does at a stage.

    Args:
        kind: ``code``, ``pass`` (the ordinary answer), ``drop`` (close without an answer), ``reset`` (RST without an
            answer) or ``hang`` (never answer).
        value: the code, where ``kind`` is ``code``.
        enhanced: the enhanced status code to go with it; empty for the catalogue's own.
        effects: in the order given.
    """

    kind: str = "code"
    value: str = ""
    enhanced: str = ""
    effects: tuple[Effect, ...] = ()

    def __str__(self) -> str:
        head = self.value if self.kind == "code" else self.kind
        enhanced = f"_{self.enhanced}" if self.enhanced else ""
        return head + enhanced + "".join(map(str, self.effects))


PASS = Answer("pass")
"""The ordinary answer of a stage."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers, with its weight."""

    answer: Answer
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """Answers of which one is drawn, and how often the step stands; None for ever."""

    choices: tuple[Choice, ...]
    count: int | None = None
    _bounds: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bounds", tuple(accumulate(choice.weight for choice in self.choices)))

    def draw(self, chance: float) -> Answer:
        """The answer at ``chance``, a number from 0 up to but not including 1."""
        if len(self.choices) == 1:
            return self.choices[0].answer
        place = bisect_right(self._bounds, chance * self._bounds[-1])
        return self.choices[min(place, len(self.choices) - 1)].answer


@dataclass(frozen=True, slots=True)
class Script:
    """An ordered list of steps. ``str(script)`` is its canonical spelling.

    Args:
        steps: one or more; only the last may stand for ever.
    """

    steps: tuple[Step, ...]
    _ends: tuple[int, ...] = field(init=False, repr=False, compare=False)
    constant: Answer | None = field(init=False, repr=False, compare=False)
    """The one answer that the script always gives; None where it changes."""

    def __post_init__(self) -> None:
        ends = tuple(accumulate(1 if step.count is None else step.count for step in self.steps))
        object.__setattr__(self, "_ends", ends if self.steps[-1].count is not None else ends[:-1])
        only = self.steps[0]
        single = len(self.steps) == 1 and only.count is None and len(only.choices) == 1
        object.__setattr__(self, "constant", only.choices[0].answer if single else None)

    def step_at(self, count: int) -> int | None:
        """Which step stands after ``count`` earlier uses, counted from 0; None when the script is used up."""
        place = bisect_right(self._ends, count)
        return place if place < len(self.steps) else None

    def __str__(self) -> str:
        last = len(self.steps) - 1
        return "~".join(_spell(step, number == last) for number, step in enumerate(self.steps))


def _spell(step: Step, last: bool) -> str:
    weighted = any(choice.weight != 1 for choice in step.choices)
    choices = ",".join(
        f"{choice.answer}:{_number(choice.weight)}" if weighted else str(choice.answer) for choice in step.choices
    )
    if step.count is None or (step.count == 1 and not last):
        return choices
    return f"{choices}x{step.count}"


def _number(value: float) -> str:
    """The shortest decimal spelling without an exponent."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return text or "0"
