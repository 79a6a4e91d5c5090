"""The rows of the form that builds a script: an answer each, with its effects, following the last or its choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from statuary.scenario.script import Choice, Script, Step

__all__ = ["MAX_ROWS", "Row", "Written", "read_rows", "rows_of", "write_rows"]

MAX_ROWS = 8
"""The most rows of the form."""

_THEN, _OR = "then", "or"


class Row(NamedTuple):
    """A row of the form, as it was filled in.

    Args:
        answer: a code, perhaps with an enhanced one, or a word of the language.
        effects: such as ``-delay=2s-close``.
        times: how often the step stands; empty for once, or for ever where it is the last.
        weight: how often it is drawn among the answers of its step; empty for 1.
        joined: ``then`` where it begins a step, ``or`` where it is another choice of the step before.
    """

    answer: str = ""
    effects: str = ""
    times: str = ""
    weight: str = ""
    joined: str = _THEN


class Written(NamedTuple):
    """The script that rows spell.

    Args:
        text: the script; nobody has parsed it yet.
        starts: where in it each row begins, by the number of the row.
    """

    text: str
    starts: tuple[int, ...]

    def row_at(self, position: int) -> int:
        """The number of the row in which a position of the script stands, from 0."""
        return max((number for number, start in enumerate(self.starts) if start <= position), default=0)


def read_rows(fields: Mapping[str, str]) -> list[Row]:
    """The rows of a submitted form; those without an answer and effects are left out.

    Args:
        fields: ``a1`` (answer), ``e1`` (effects), ``c1`` (count), ``w1`` (weight), ``j1`` (joined), ``a2`` ...
    """
    rows: list[Row] = []
    for number in range(1, MAX_ROWS + 1):
        answer, effects, times, weight = (fields.get(f"{name}{number}", "").strip() for name in "aecw")
        joined = _OR if rows and fields.get(f"j{number}") == _OR else _THEN
        if answer or effects:
            rows.append(Row(answer, effects, times, weight, joined))
    return rows


def write_rows(rows: Sequence[Row]) -> Written:
    """Put rows together as a script; what is wrong in them is for the grammar to say.

    Args:
        rows: in order. The count of a step is the first that one of its rows names.
    """
    text = ""
    count = ""
    starts = []
    for number, row in enumerate(rows):
        if number:
            text += "," if row.joined == _OR else f"{count}~"
        if row.joined != _OR:
            count = ""
        starts.append(len(text))
        text += row.answer + row.effects + (f":{row.weight}" if row.weight else "")
        count = count or (f"x{row.times}" if row.times else "")
    return Written(text + count, tuple(starts))


def rows_of(script: Script) -> list[Row]:
    """The rows that spell a script; one that needs more than :data:`MAX_ROWS` stands whole in the first.

    Args:
        script: the script.
    """
    rows: list[Row] = []
    for number, step in enumerate(script.steps, 1):
        # A step that another one follows stands once where nothing else is said.
        counted = step.count is not None and (step.count > 1 or number == len(script.steps))
        count = str(step.count) if counted else ""
        rows += [
            _row(choice, "" if place else count, _OR if place else _THEN) for place, choice in enumerate(step.choices)
        ]
    return rows if len(rows) <= MAX_ROWS else [Row(str(script))]


def _row(choice: Choice, count: str, joined: str) -> Row:
    answer = choice.answer
    head = answer.value if answer.kind == "code" else answer.kind
    weight = str(Script((Step((choice,)),))).partition(":")[2]
    return Row(f"{head} {answer.enhanced}".rstrip(), "".join(map(str, answer.effects)), count, weight, joined)
