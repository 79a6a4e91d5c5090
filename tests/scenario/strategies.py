"""Scripts for Hypothesis, built from the model and not from text."""

from __future__ import annotations

from hypothesis import strategies as st

from statuary.scenario.grammar import _WHOLE, SMTP, Dialect
from statuary.scenario.script import EFFECTS, Answer, Choice, Effect, Script, Step

__all__ = ["scripts"]


def _numbers(limit: float) -> st.SearchStrategy[float]:
    """Numbers as a script can state them: up to nine places behind the point."""
    return st.floats(0, limit, allow_nan=False).map(lambda number: round(number, 9))


def _effect(name: str) -> st.SearchStrategy[Effect]:
    low, high = _WHOLE.get(EFFECTS[name], (0, 0))
    match EFFECTS[name]:
        case "seconds":
            return _numbers(3600).map(lambda value: Effect(name, value))
        case "seconds or none":
            return st.one_of(st.none(), _numbers(3600)).map(lambda value: Effect(name, value))
        case "number":
            return _numbers(10).map(lambda value: Effect(name, value))
        case "share":
            return st.one_of(_numbers(1), st.integers(2, 1 << 30).map(float)).map(lambda value: Effect(name, value))
        case "":
            return st.just(Effect(name))
        case _:
            return st.integers(low, high).map(lambda value: Effect(name, float(value)))


def _effects(dialect: Dialect) -> st.SearchStrategy[tuple[Effect, ...]]:
    names = st.lists(st.sampled_from(sorted(dialect.effects)), unique=True, max_size=4)
    return names.flatmap(lambda chosen: st.tuples(*map(_effect, chosen)))


def _answers(dialect: Dialect) -> st.SearchStrategy[Answer]:
    values = st.integers(dialect.low, dialect.high).map(str)
    enhanced = st.from_regex(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True) if dialect.enhanced else st.just("")
    return st.one_of(
        st.builds(Answer, st.just("code"), values, st.one_of(st.just(""), enhanced), _effects(dialect)),
        st.builds(Answer, st.sampled_from(["pass", "drop", "reset", "hang"]), effects=_effects(dialect)),
    )


def _steps(dialect: Dialect, counts: st.SearchStrategy[int | None]) -> st.SearchStrategy[Step]:
    choices = st.lists(st.builds(Choice, _answers(dialect), _numbers(1_000_000)), min_size=1, max_size=4)
    weighted = choices.filter(lambda given: any(choice.weight for choice in given)).map(tuple)
    return st.builds(Step, weighted, counts)


@st.composite
def scripts(draw: st.DrawFn, dialect: Dialect = SMTP) -> Script:
    """Any script: steps that stand for a while, and a last one that may stand for ever."""
    counted = st.integers(1, 1_000_000)
    first = draw(st.lists(_steps(dialect, counted), max_size=4))
    last = draw(_steps(dialect, st.one_of(st.none(), counted)))
    return Script((*first, last))
