"""The mail servers' part of ``python -m snippets``: which are meant, and a line for each of them."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from snippets.app import NotRunnable, missing
from snippets.mail import MailOutcome, run_mail
from snippets.mail_app import home_of
from snippets.mail_plan import MailApp, MailPlan

__all__ = ["chosen_servers", "mail_packages", "run_chosen_servers", "set_up_servers"]

_SHOWN_DEVIATIONS = 5


def chosen_servers(plan: MailPlan, names: list[str] | None) -> tuple[list[MailApp], list[str]]:
    """The servers of those names, all where none is named; and the names that there are not."""
    unknown = sorted(set(names or ()) - {app.id for app in plan.apps})
    return [app for app in plan.apps if not names or app.id in names], unknown


def mail_packages(apps: list[MailApp]) -> set[str]:
    """The Debian packages that are missing; what runs in a tree is unpacked and not installed."""
    chains = [app.toolchain for app in apps if app.toolchain is not None]
    return {name for chain in chains for name in chain.debian if missing(chain)}


def set_up_servers(apps: list[MailApp], root: Path) -> None:
    """Unpack and install what the servers are run with."""
    for app in apps:
        began = time.monotonic()
        try:
            home_of(app, root)
            print(f"{app.id:14} ready  {time.monotonic() - began:.1f} s", flush=True)
        except NotRunnable as error:
            print(f"{app.id:14} not set up: {error}", flush=True)


def run_chosen_servers(plan: MailPlan, apps: list[MailApp], options: argparse.Namespace) -> int:
    """Run servers and print how it went; 1 where one did not answer as recorded, or CI lacks one."""
    cases = [*options.code, *(plan.sample if options.sample else ())]
    apps = [app for app in apps if not cases or any(case in app.jobs for case in cases)]
    goldens: Path = options.goldens / "mail"
    began = time.monotonic()
    outcomes = run_mail(apps, cases, root=options.root, goldens=goldens, record=options.record, report=_print_outcome)
    ran = [outcome for outcome in outcomes if not outcome.not_runnable]
    left = [outcome for outcome in outcomes if outcome.not_runnable]
    deviating = sum(len(outcome.deviating) for outcome in ran)
    print(
        f"{sum(len(item.cases) for item in ran)} dialogues with {len(ran)} mail servers: "
        f"{sum(item.passed for item in ran)} passed, {deviating} {'recorded anew' if options.record else 'deviating'}; "
        f"{sum(len(item.cases) for item in left)} not runnable"
        f"{' (' + ', '.join(item.app.id for item in left) + ')' if left else ''}; {time.monotonic() - began:.1f} s"
    )
    in_ci = os.environ.get("CI", "").lower() in ("1", "true", "yes")
    undeclared = [item.app.id for item in left if item.app.id not in plan.absent_in_ci]
    if in_ci and undeclared:
        print(f"CI must have what these need: {', '.join(undeclared)}")
    return 1 if (deviating and not options.record) or (in_ci and undeclared) else 0


def _print_outcome(outcome: MailOutcome) -> None:
    app = outcome.app
    if outcome.not_runnable:
        print(f"{app.id:14} not runnable: {outcome.not_runnable}", flush=True)
        return
    made_of = ", ".join(f"{name} {version}" for name, version in outcome.versions.items())
    word = "new" if outcome.recorded else "deviating"
    print(
        f"{app.id:14} {len(outcome.cases):3} run {outcome.passed:3} passed {len(outcome.deviating):3} {word} "
        f"{outcome.seconds:5.1f} s  {made_of}",
        flush=True,
    )
    if outcome.moved and not outcome.recorded:
        print(f"    recorded under {', '.join(outcome.moved)}")
    if not outcome.recorded:
        for case, differences in list(outcome.deviating.items())[:_SHOWN_DEVIATIONS]:
            print(f"    {case}: {'; '.join(differences)}")
        if len(outcome.deviating) > _SHOWN_DEVIATIONS:
            print(f"    and {len(outcome.deviating) - _SHOWN_DEVIATIONS} more")
