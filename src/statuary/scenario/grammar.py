"""Parses a script; every error points at the character and says what was expected there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from statuary.errors import ScriptError
from statuary.scenario import expected
from statuary.scenario.script import (
    COMMON_EFFECTS,
    EFFECTS,
    HTTP_EFFECTS,
    SMTP_EFFECTS,
    Answer,
    Choice,
    Effect,
    Script,
    Step,
)

__all__ = ["HTTP", "SMTP", "Dialect", "parse_script"]

MAX_SCRIPT_CHARACTERS = 2000
"""The longest script that is read, in characters."""
MAX_STEPS = 100
"""The most steps in a script."""
MAX_CHOICES = 100
"""The most answers to choose from in one step."""
MAX_COUNT = 1_000_000
"""The highest count of a step."""
MAX_EFFECT_SECONDS = 3600.0
"""The longest time that one effect may take, in seconds."""
MAX_OCTETS = 1 << 30
"""The highest number of octets in an effect."""
MAX_NOISE_OCTETS = 1 << 20
"""The most octets that are made up: garbage, or a line that is too long."""
MAX_PIECES = 1000
"""The most pieces that an answer is cut into."""
MAX_FIELDS = 10_000
"""The most header fields that a flood adds."""
MAX_LINES = 1000
"""The most lines of a reply that is drawn out."""
MAX_SIGMA = 10.0
"""The widest spread of a delay; at 10 one delay in a thousand is already beyond every limit."""
MAX_WEIGHT = 1_000_000
"""The highest weight of an answer."""
MAX_NUMBER_CHARACTERS = 20
"""The longest number, in characters; every number that is printed back is shorter."""
MAX_CACHED_CHARACTERS = 100
"""The longest script that is kept once parsed, in characters: strangers send scripts, and kept ones cost memory."""
MAX_CACHED_SCRIPTS = 1024
"""How many scripts are kept once parsed."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_MULTIPLES = {"k": 1000, "m": 1_000_000}
_WHOLE = {
    "rate": (1, MAX_OCTETS),
    "pieces": (1, MAX_PIECES),
    "size": (1, MAX_OCTETS),
    "octets": (0, MAX_OCTETS),
    "noise": (1, MAX_NOISE_OCTETS),
    "fields": (1, MAX_FIELDS),
    "lines": (1, MAX_LINES),
}
_WORDS = ("pass", "drop", "reset", "hang")

_SPACE = re.compile(r"[ \t]*")
_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_WORD = re.compile("|".join(_WORDS), re.IGNORECASE)
_EFFECT = re.compile("|".join(sorted(EFFECTS, key=len, reverse=True)), re.IGNORECASE)
_UNIT = re.compile(r"ms|s|m|h", re.IGNORECASE)
_MULTIPLE = re.compile(r"[km]", re.IGNORECASE)
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])")


class Dialect(NamedTuple):
    """What a protocol allows as a value.

    Args:
        low: the lowest code.
        high: the highest code.
        enhanced: whether an enhanced status code may follow.
        effects: the effects that it has, and their measures.
    """

    low: int
    high: int
    enhanced: bool
    effects: Mapping[str, str] = MappingProxyType(COMMON_EFFECTS)

    def __hash__(self) -> int:
        return hash((self.low, self.high, self.enhanced, frozenset(self.effects)))

    @property
    def bounds(self) -> dict[str, object]:
        """The lowest and the highest code, for a template."""
        return {"low": self.low, "high": self.high}

    @property
    def expected(self) -> str:
        """The values in words."""
        return expected.CODE % self.bounds


HTTP = Dialect(100, 999, enhanced=False, effects=MappingProxyType({**COMMON_EFFECTS, **HTTP_EFFECTS}))
"""Three digits, the first not 0 (RFC 9112 §4)."""
SMTP = Dialect(200, 599, enhanced=True, effects=MappingProxyType({**COMMON_EFFECTS, **SMTP_EFFECTS}))
"""A reply code begins with 2 to 5 (RFC 5321 §4.2)."""


def parse_script(text: str, dialect: Dialect = HTTP) -> Script:
    """Parse a script.

    Args:
        text: such as ``503x2~200``, ``200:0.9,503:0.1`` or ``452 4.2.2 x2 ~ 250``.
        dialect: the values that the protocol allows.

    Raises:
        ScriptError: with the position and what was expected there.
    """
    if len(text) <= MAX_CACHED_CHARACTERS:
        return _parse_cached(text, dialect)
    return _Parser(text, dialect).script()


@lru_cache(maxsize=MAX_CACHED_SCRIPTS)
def _parse_cached(text: str, dialect: Dialect) -> Script:
    return _Parser(text, dialect).script()


class _Parser:
    """A cursor over the text; one method for each rule of the grammar."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.at = 0

    def error(self, wanted: str, at: int | None = None, values: Mapping[str, object] | None = None) -> ScriptError:
        return ScriptError(self.text, self.at if at is None else at, wanted, values)

    def space(self) -> bool:
        before = self.at
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at > before

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:
            return ""
        self.at = match.end()
        return match[0]

    def accept(self, character: str) -> bool:
        self.space()
        if self.text[self.at : self.at + 1].lower() != character:
            return False
        self.at += 1
        self.space()
        return True

    def many(self, item: Callable[[], object], separator: str, limit: int, beyond: str) -> None:
        for _ in range(limit):
            item()
            if not self.accept(separator):
                return
        raise self.error(beyond, values={"most": limit})

    def script(self) -> Script:
        if len(self.text) > MAX_SCRIPT_CHARACTERS:
            raise self.error(expected.CHARACTERS, MAX_SCRIPT_CHARACTERS, {"most": MAX_SCRIPT_CHARACTERS})
        self.space()
        steps: list[Step] = []
        self.many(lambda: steps.append(self.step()), "~", MAX_STEPS, expected.STEPS)
        self.space()
        if self.at < len(self.text):
            raise self.error(expected.GOING_ON)
        return Script(
            tuple(
                Step(step.choices, 1) if step.count is None and number < len(steps) - 1 else step
                for number, step in enumerate(steps)
            )
        )

    def step(self) -> Step:
        start = self.at
        choices: list[Choice] = []
        self.many(lambda: choices.append(self.choice()), ",", MAX_CHOICES, expected.CHOICES)
        if not any(choice.weight for choice in choices):
            raise self.error(expected.SOME_WEIGHT, start)
        return Step(tuple(choices), self.count())

    def count(self) -> int | None:
        if not self.accept("x"):
            return None
        start = self.at
        digits = self.take(_DIGITS)
        if not digits or len(digits) > 7 or not 1 <= int(digits) <= MAX_COUNT:
            raise self.error(expected.COUNT, start, {"most": MAX_COUNT})
        return int(digits)

    def choice(self) -> Choice:
        answer = self.answer()
        if not self.accept(":"):
            return Choice(answer)
        start = self.at
        number = self.take(_NUMBER)
        if not number or len(number) > MAX_NUMBER_CHARACTERS or float(number) > MAX_WEIGHT:
            raise self.error(expected.WEIGHT, start, {"most": MAX_WEIGHT})
        return Choice(answer, round(float(number), 9))

    def answer(self) -> Answer:
        start = self.at
        word = self.take(_WORD).lower()
        if word:
            return Answer(word, effects=self.effects())
        value = self.take(_DIGITS)
        if len(value) < 3:
            raise self.error(expected.THREE_DIGITS if value else expected.CODE, values=self.dialect.bounds)
        if len(value) > 3 or not self.dialect.low <= int(value) <= self.dialect.high:
            raise self.error(expected.CODE, start, self.dialect.bounds)
        return Answer("code", value, self.enhanced(), self.effects())

    def enhanced(self) -> str:
        before = self.at
        marked = self.accept("_")
        spaced = not marked and self.at > before
        if not self.dialect.enhanced:
            if marked:
                mark = self.text.index("_", before)
                raise self.error(expected.NO_ENHANCED, mark)
            return ""
        start = self.at
        value = self.take(_ENHANCED) if marked or spaced else ""
        if marked and not value:
            raise self.error(expected.ENHANCED, start)
        return value

    def effects(self) -> tuple[Effect, ...]:
        effects: list[Effect] = []
        while self.accept("-"):
            start = self.at
            name = self.take(_EFFECT).lower()
            if name not in self.dialect.effects or any(effect.name == name for effect in effects):
                raise self.error(expected.EFFECT, start, {"effects": ", ".join(self.dialect.effects)})
            effects.append(Effect(name, self.measure(EFFECTS[name])))
        return tuple(effects)

    def measure(self, measure: str) -> float | None:
        if not measure:
            return None
        measure, _, optional = measure.partition(" ")
        if not self.accept("="):
            if optional:
                return None
            raise self.error(expected.VALUED[measure])
        start = self.at
        number = self.take(_NUMBER)
        if not number or len(number) > MAX_NUMBER_CHARACTERS:
            raise self.error(expected.NUMBER, start)
        value = round(float(number), 9)
        match measure:
            case "seconds":
                return self.seconds(value, start)
            case "share":
                if value > 1 and (value != int(value) or value > MAX_OCTETS):
                    raise self.error(expected.SHARE_UP_TO, start, {"most": MAX_OCTETS})
            case "number":
                if value > MAX_SIGMA:
                    raise self.error(expected.NUMBER_UP_TO, start, {"most": f"{MAX_SIGMA:.0f}"})
            case _:
                return self.whole(value, measure, start)
        return value

    def seconds(self, value: float, start: int) -> float:
        seconds = round(value * _UNITS[self.take(_UNIT).lower() or "s"], 9)
        if seconds > MAX_EFFECT_SECONDS:
            raise self.error(expected.SECONDS_UP_TO, start, {"most": f"{MAX_EFFECT_SECONDS:.0f}"})
        return seconds

    def whole(self, value: float, measure: str, start: int) -> float:
        low, high = _WHOLE[measure]
        if measure not in ("pieces", "fields", "lines"):
            value = round(value * _MULTIPLES.get(self.take(_MULTIPLE).lower(), 1), 9)
        if value != int(value) or not low <= value <= high:
            raise self.error(expected.WHOLE[measure], start, {"low": low, "high": high})
        return value
