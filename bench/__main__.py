"""``python -m bench``: every budget that applies, measured beside its peer; ``docs/performance.md`` says how."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator

from bench.inside import FILL_ROUNDS, measure_cold_start, measure_decisions, measure_memory
from bench.measure import Cores, find_cores, on_core
from bench.peers import Server, start_statuary
from bench.report import Figure, failed, render
from bench.site import measure_site
from bench.wire import Effort, measure_http, measure_peers, measure_smtp
from statuary.catalog.store import open_catalogue

RULES = 500
"""How many rules each mock has loaded."""
LONG_ROUNDS = 50
"""Rounds of the long memory run: a million exchanges."""


def main() -> int:
    """Measure and print; 1 where a budget is missed and ``--check`` was given."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="of http, smtp, peers, decisions, cold, memory, site; all without"
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true", help="short windows, few rounds: about a minute")
    length.add_argument("--long", action="store_true", help="memory over a million exchanges")
    parser.add_argument("--pure", action="store_true", help="measure the checkout as it is, with nothing compiled")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a budget is missed")
    arguments = parser.parse_args()
    effort = Effort(2, 1) if arguments.quick else Effort(9, 1)
    memory_rounds = LONG_ROUNDS if arguments.long else FILL_ROUNDS + 3
    cores = find_cores()
    parts: dict[str, Callable[[], Iterator[Figure]]] = {
        "http": lambda: _beside_peers(cores, effort, measure_http, pure=arguments.pure),
        "smtp": lambda: _beside_peers(cores, effort, measure_smtp, pure=arguments.pure),
        "peers": lambda: _beside_peers(cores, effort, measure_peers, pure=arguments.pure),
        "decisions": lambda: measure_decisions(effort.rounds),
        "cold": lambda: measure_cold_start(effort.rounds),
        "memory": lambda: _memory(cores, memory_rounds, pure=arguments.pure),
        "site": lambda: measure_site(effort.rounds),
    }
    wanted = arguments.parts or list(parts)
    if unknown := set(wanted) - set(parts):
        parser.error(f"no part {', '.join(sorted(unknown))}: use of {', '.join(parts)}")
    open_catalogue().close()  # compiled now where it must be, and not inside of what is measured
    figures: list[Figure] = []
    with on_core(cores.load):
        for name in wanted:
            begun = time.monotonic()
            figures.extend(parts[name]())
            sys.stderr.write(f"bench: {name} took {time.monotonic() - begun:.0f} s\n")
    sys.stdout.write(render(figures))
    return 1 if arguments.check and failed(figures) else 0


def _beside_peers(
    cores: Cores, effort: Effort, measure: Callable[[Server, Cores, Effort], Iterator[Figure]], *, pure: bool
) -> Iterator[Figure]:
    with start_statuary(cores.server, RULES, pure=pure) as ours:
        yield from measure(ours, cores, effort)


def _memory(cores: Cores, rounds: int, *, pure: bool) -> Iterator[Figure]:
    with start_statuary(cores.server, RULES, pure=pure) as ours:
        yield from measure_memory(ours, rounds)


if __name__ == "__main__":
    sys.exit(main())
