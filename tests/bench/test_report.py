"""The pure parts of the benchmark: ratios, what they are compared by, budgets, the table."""

from __future__ import annotations

from bench.measure import Ratio, Window, cost_ratio, rate_ratio
from bench.report import Budget, Figure, failed, render


def window(answers: int, server_cpu: float) -> Window:
    return Window(answers, 1.0, server_cpu, 0.5)


def test_rates_are_compared_where_both_servers_were_the_limit() -> None:
    """A server that fills its core in every window is measured by its rate."""
    pairs = [(window(50, 0.99), window(100, 0.98)), (window(80, 0.95), window(100, 0.99))]
    assert rate_ratio(pairs) == Ratio(0.65, 0.5, 0.8, "rate")


def test_processor_time_is_compared_where_one_server_was_not_the_limit() -> None:
    """The generator was the limit of one window, so rates say nothing: 5 ms an answer stand beside 10 ms."""
    pairs = [(window(100, 0.5), window(100, 1.0)), (window(100, 1.0), window(100, 1.0))]
    assert rate_ratio(pairs) == Ratio(1.5, 1.0, 2.0, "CPU")


def test_a_cost_is_ours_in_times_of_theirs() -> None:
    """Twice the processor time for the same answers costs twice as much."""
    assert cost_ratio([(window(100, 1.0), window(100, 0.5))]).median == 2.0


def test_a_budget_is_a_least_or_a_most() -> None:
    """The limit itself is kept from both sides."""
    assert Budget(0.5).kept(0.5)
    assert not Budget(0.5).kept(0.49)
    assert Budget(2, most=True).kept(2)
    assert not Budget(2, most=True).kept(2.01)
    assert Budget().kept(0)


def test_only_a_missed_budget_fails() -> None:
    """What was skipped is no failure; the median decides, whatever the range."""
    kept = Figure("a", "b", Budget(1.0), Ratio(1.1, 0.2, 2.0, "rate"))
    skipped = Figure("a", "b", Budget(1.0), None, "b is not installed")
    missed = Figure("a", "b", Budget(1.0), Ratio(0.9, 0.2, 2.0, "rate"))
    assert not failed([kept, skipped])
    assert failed([kept, missed])


def test_the_table_has_a_row_for_each_figure() -> None:
    """Budget, goal, what was reached and the verdict stand in one line; a skipped row says why."""
    text = render(
        [
            Figure("HTTP", "nginx", Budget(0.5, goal=0.7), Ratio(0.6, 0.55, 0.61, "CPU")),
            Figure("memory", "", Budget(80, most=True, unit=" MB"), Ratio(74.0, 57.0, 74.0, "memory")),
            Figure("SMTP", "smtp-sink", Budget(1.0), None, "smtp-sink is not installed"),
        ]
    )
    head, rule, http, memory, smtp = (" ".join(line.split()) for line in text.splitlines())
    assert head == "what beside budget goal reached range by"
    assert set(rule) == {"-", " "}
    assert http == "HTTP nginx >= 0.5 0.7 0.60 0.55 - 0.61 CPU kept"
    assert memory == "memory <= 80 MB 74.0 MB 57.0 - 74.0 memory kept"
    assert smtp == "SMTP smtp-sink >= 1 skipped smtp-sink is not installed"
