"""The clients' part of ``python -m snippets``: which are meant, and a line for each of them."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from snippets.client_plan import ClientPlan, Runnable
from snippets.clients import ClientOutcome, run_clients

__all__ = ["chosen_clients", "run_chosen_clients"]

_SHOWN_DEVIATIONS = 5


def chosen_clients(plan: ClientPlan, names: list[str] | None) -> tuple[list[Runnable], list[str]]:
    """The clients of those names, all where none is named; and the names that there are not."""
    unknown = sorted(set(names or ()) - {client.id for client in plan.clients})
    return [client for client in plan.clients if not names or client.id in names], unknown


def run_chosen_clients(plan: ClientPlan, clients: list[Runnable], options: argparse.Namespace) -> int:
    """Run clients and print how it went; 1 where one did not do as recorded, or CI lacks one that it must have."""
    codes = [*options.code, *(plan.sample if options.sample else ())]
    clients = [client for client in clients if not codes or any(code in client.programs for code in codes)]
    goldens: Path = options.goldens / "clients"
    began = time.monotonic()
    outcomes = run_clients(
        clients, codes, root=options.root, goldens=goldens, record=options.record, report=_print_outcome
    )
    ran = [outcome for outcome in outcomes if not outcome.not_runnable]
    left = [outcome for outcome in outcomes if outcome.not_runnable]
    deviating = sum(len(outcome.deviating) for outcome in ran)
    pairs, runs = sum(len(item.codes) for item in ran), sum(item.runs for item in ran)
    print(
        f"{pairs} pairs run in {len(ran)} clients, {runs} runs: "
        f"{sum(item.passed for item in ran)} passed, {deviating} {'recorded anew' if options.record else 'deviating'}; "
        f"{sum(len(item.codes) for item in left)} not runnable"
        f"{' (' + ', '.join(item.client.id for item in left) + ')' if left else ''}; {time.monotonic() - began:.1f} s"
    )
    in_ci = os.environ.get("CI", "").lower() in ("1", "true", "yes")
    undeclared = [item.client.id for item in left if item.client.id not in plan.absent_in_ci]
    if in_ci and undeclared:
        print(f"CI must have what these need: {', '.join(undeclared)}")
    return 1 if (deviating and not options.record) or (in_ci and undeclared) else 0


def _print_outcome(outcome: ClientOutcome) -> None:
    client = outcome.client
    if outcome.not_runnable:
        print(f"{client.id:12} not runnable: {outcome.not_runnable}", flush=True)
        return
    made_of = ", ".join(f"{name} {version}" for name, version in outcome.versions.items())
    word = "new" if outcome.recorded else "deviating"
    print(
        f"{client.id:12} {len(outcome.codes):3} met {outcome.passed:3} passed {len(outcome.deviating):3} {word} "
        f"{outcome.seconds:5.1f} s  {made_of}",
        flush=True,
    )
    if outcome.moved and not outcome.recorded:
        print(f"    recorded under {', '.join(outcome.moved)}")
    if not outcome.recorded:
        for code, differences in list(outcome.deviating.items())[:_SHOWN_DEVIATIONS]:
            print(f"    {code}: {'; '.join(differences)}")
        if len(outcome.deviating) > _SHOWN_DEVIATIONS:
            print(f"    and {len(outcome.deviating) - _SHOWN_DEVIATIONS} more")
