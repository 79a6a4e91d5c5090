"""Figures against their budgets, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bench.measure import Ratio

__all__ = ["Budget", "Figure", "failed", "render"]


class Budget(NamedTuple):
    """What a ratio must keep.

    Args:
        limit: the least or the most that it may be; None where the figure is only told.
        most: whether the limit is the most.
        goal: what stands behind the budget; None for none.
        unit: what is written behind a limit or a value: empty for a ratio.
    """

    limit: float | None = None
    most: bool = False
    goal: float | None = None
    unit: str = ""

    def __str__(self) -> str:
        if self.limit is None:
            return ""
        return f"{'<=' if self.most else '>='} {self.limit:g}{self.unit}"

    def kept(self, value: float) -> bool:
        """Whether a value keeps it."""
        return self.limit is None or (value <= self.limit if self.most else value >= self.limit)


class Figure(NamedTuple):
    """One row.

    Args:
        what: what was measured.
        reference: what it stands beside.
        budget: what it must keep.
        ratio: what was reached; None where it could not be measured.
        note: why not, or what else is to be said.
    """

    what: str
    reference: str
    budget: Budget
    ratio: Ratio | None
    note: str = ""

    @property
    def verdict(self) -> str:
        """One word: ``kept``, ``MISSED``, ``skipped``, or nothing without a budget."""
        if self.ratio is None:
            return "skipped"
        if self.budget.limit is None:
            return ""
        return "kept" if self.budget.kept(self.ratio.median) else "MISSED"


def failed(figures: Iterable[Figure]) -> bool:
    """Whether any budget was missed."""
    return any(figure.verdict == "MISSED" for figure in figures)


def render(figures: Iterable[Figure]) -> str:
    """The table, with a head; columns are as wide as they must be."""
    rows: list[tuple[str, ...]] = [("what", "beside", "budget", "goal", "reached", "range", "by", "", "")]
    rows.extend(_row(figure) for figure in figures)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths[:8]))
    return "\n".join(lines) + "\n"


def _row(figure: Figure) -> tuple[str, ...]:
    budget, ratio = figure.budget, figure.ratio
    goal = "" if budget.goal is None else f"{budget.goal:g}{budget.unit}"
    if ratio is None:
        return (figure.what, figure.reference, str(budget), goal, "", "", "", figure.verdict, figure.note)
    reached, spread = f"{_number(ratio.median)}{budget.unit}", f"{_number(ratio.low)} - {_number(ratio.high)}"
    return (figure.what, figure.reference, str(budget), goal, reached, spread, ratio.by, figure.verdict, figure.note)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
