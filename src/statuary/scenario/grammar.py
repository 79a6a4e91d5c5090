"""Parses a script; every error points at the character and says what was expected there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from statuary.errors import ScriptError
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
    "rate": (1, MAX_OCTETS, "octets a second such as 5k"),
    "pieces": (1, MAX_PIECES, "pieces"),
    "size": (1, MAX_OCTETS, "octets"),
    "octets": (0, MAX_OCTETS, "octets"),
    "noise": (1, MAX_NOISE_OCTETS, "octets"),
    "fields": (1, MAX_FIELDS, "header fields"),
    "lines": (1, MAX_LINES, "lines"),
}
_EXAMPLES = {"seconds": "a time such as 2s", "share": "a share such as 0.5", "number": "a number such as 0.5"}
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
    def expected(self) -> str:
        """The values in words."""
        return f"a code from {self.low} to {self.high}, pass, drop, reset or hang"


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

    def error(self, expected: str, at: int | None = None) -> ScriptError:
        return ScriptError(self.text, self.at if at is None else at, expected)

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

    def many(self, item: Callable[[], object], separator: str, limit: int, name: str) -> None:
        for _ in range(limit):
            item()
            if not self.accept(separator):
                return
        raise self.error(f"the end: at most {limit} {name}")

    def script(self) -> Script:
        if len(self.text) > MAX_SCRIPT_CHARACTERS:
            raise self.error(f"a script of at most {MAX_SCRIPT_CHARACTERS} characters", MAX_SCRIPT_CHARACTERS)
        self.space()
        steps: list[Step] = []
        self.many(lambda: steps.append(self.step()), "~", MAX_STEPS, "steps")
        self.space()
        if self.at < len(self.text):
            raise self.error('"~", ",", ":", "x" and a count, an effect such as -close, or the end')
        return Script(
            tuple(
                Step(step.choices, 1) if step.count is None and number < len(steps) - 1 else step
                for number, step in enumerate(steps)
            )
        )

    def step(self) -> Step:
        start = self.at
        choices: list[Choice] = []
        self.many(lambda: choices.append(self.choice()), ",", MAX_CHOICES, "answers to choose from")
        if not any(choice.weight for choice in choices):
            raise self.error("a weight above 0", start)
        return Step(tuple(choices), self.count())

    def count(self) -> int | None:
        if not self.accept("x"):
            return None
        start = self.at
        digits = self.take(_DIGITS)
        if not digits or len(digits) > 7 or not 1 <= int(digits) <= MAX_COUNT:
            raise self.error(f"a count from 1 to {MAX_COUNT}", start)
        return int(digits)

    def choice(self) -> Choice:
        answer = self.answer()
        if not self.accept(":"):
            return Choice(answer)
        start = self.at
        number = self.take(_NUMBER)
        if not number or len(number) > MAX_NUMBER_CHARACTERS or float(number) > MAX_WEIGHT:
            raise self.error(f"a weight such as 0.5, up to {MAX_WEIGHT}", start)
        return Choice(answer, round(float(number), 9))

    def answer(self) -> Answer:
        start = self.at
        word = self.take(_WORD).lower()
        if word:
            return Answer(word, effects=self.effects())
        value = self.take(_DIGITS)
        if len(value) < 3:
            raise self.error(self.dialect.expected if not value else f"three digits: {self.dialect.expected}")
        if len(value) > 3 or not self.dialect.low <= int(value) <= self.dialect.high:
            raise self.error(self.dialect.expected, start)
        return Answer("code", value, self.enhanced(), self.effects())

    def enhanced(self) -> str:
        before = self.at
        marked = self.accept("_")
        spaced = not marked and self.at > before
        if not self.dialect.enhanced:
            if marked:
                mark = self.text.index("_", before)
                raise self.error('"~", ",", ":", "x" or an effect: no enhanced code here', mark)
            return ""
        start = self.at
        value = self.take(_ENHANCED) if marked or spaced else ""
        if marked and not value:
            raise self.error("an enhanced status code such as 4.2.2", start)
        return value

    def effects(self) -> tuple[Effect, ...]:
        effects: list[Effect] = []
        while self.accept("-"):
            start = self.at
            name = self.take(_EFFECT).lower()
            if name not in self.dialect.effects or any(effect.name == name for effect in effects):
                raise self.error(f"an effect, each once: {', '.join(self.dialect.effects)}", start)
            effects.append(Effect(name, self.measure(EFFECTS[name])))
        return tuple(effects)

    def measure(self, measure: str) -> float | None:
        if not measure:
            return None
        measure, _, optional = measure.partition(" ")
        if not self.accept("="):
            if optional:
                return None
            raise self.error(f'"=" and {self.wanted(measure)}')
        start = self.at
        number = self.take(_NUMBER)
        if not number or len(number) > MAX_NUMBER_CHARACTERS:
            raise self.error("a number", start)
        value = round(float(number), 9)
        match measure:
            case "seconds":
                return self.seconds(value, start)
            case "share":
                if value > 1 and (value != int(value) or value > MAX_OCTETS):
                    raise self.error(f"a share up to 1, or a whole number of octets up to {MAX_OCTETS}", start)
            case "number":
                if value > MAX_SIGMA:
                    raise self.error(f"a number up to {MAX_SIGMA:.0f}", start)
            case _:
                return self.whole(value, measure, start)
        return value

    @staticmethod
    def wanted(measure: str) -> str:
        """A value of the measure, in words."""
        return _EXAMPLES[measure] if measure in _EXAMPLES else f"a number of {_WHOLE[measure][2]}"

    def seconds(self, value: float, start: int) -> float:
        seconds = round(value * _UNITS[self.take(_UNIT).lower() or "s"], 9)
        if seconds > MAX_EFFECT_SECONDS:
            raise self.error(f"at most {MAX_EFFECT_SECONDS:.0f} seconds", start)
        return seconds

    def whole(self, value: float, measure: str, start: int) -> float:
        low, high, what = _WHOLE[measure]
        if measure not in ("pieces", "fields", "lines"):
            value = round(value * _MULTIPLES.get(self.take(_MULTIPLE).lower(), 1), 9)
        if value != int(value) or not low <= value <= high:
            raise self.error(f"a whole number from {low} to {high} of {what}", start)
        return value
