"""``python -m soak``: long and rough runs against a whole server of its own; exit code 1 where one goes wrong."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator

from soak.effects import left_open, meet_effects, open_files
from soak.exchanges import exchange, flat, followed, meet, settle
from soak.server import Watched, watched_server
from soak.storm import send_malformed

CONNECTIONS = 5_000
"""How many connections are held at once."""
MALFORMED_PER_EXCHANGE = 0.2
"""How many malformed requests and dialogues there are for each exchange that is asked for."""
CLIENTS_AT_ONCE = 200
"""How many clients meet each effect at once."""

Problems = Iterator[str]
"""What went wrong, a line each; nothing where all is well."""


def main() -> int:
    """Run the parts and report; 1 where anything went wrong."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all without")
    parser.add_argument("--exchanges", type=int, default=1_000_000, metavar="N", help="how many (1000000)")
    parser.add_argument("--seed", type=int, default=1, help="what malformed input is drawn from (1)")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}: use of {', '.join(PARTS)}")
    failed = False
    for name in arguments.parts or PARTS:
        begun = time.monotonic()
        try:
            with watched_server() as server:
                problems = list(PARTS[name](server, arguments.exchanges, arguments.seed))
        except (RuntimeError, TimeoutError, AssertionError, OSError) as error:
            problems = [f"{type(error).__name__}: {error}"]
        failed = failed or bool(problems)
        for problem in problems:
            print(f"{name}: FAILED: {problem}")
        print(f"{name}: {'failed' if problems else 'passed'} after {time.monotonic() - begun:.0f} s", flush=True)
    return int(failed)


def _exchanges(server: Watched, count: int, _: int) -> Problems:
    tenths = []
    with followed(server) as readers:
        for tenth in exchange(server, count):
            tenths.append(tenth)
            print(f"exchanges: {tenth.exchanges:>9,}  {tenth.resident_octets / 1e6:5.1f} MB resident", flush=True)
        done = tenths[-1].exchanges
        total = settle(server, done)
    if total != done:
        yield f"the journal counts {total:,} exchanges, {done:,} were had"
    if len(readers) < 2:
        yield "a reader of the journal's stream did not come to its end"
    for seen, dropped, gaps in readers:
        print(f"exchanges: a reader of the journal saw {seen:,} and was told that {dropped:,} had been dropped")
        if gaps or seen + dropped != total:
            yield f"{total - seen - dropped:,} exchanges are missing, at {gaps} places without a word"
    steady = flat(tenths)
    if steady is None:
        print("exchanges: too few to judge the memory: not everything that is bounded is full")
    elif not steady:
        yield "memory grew after everything that is bounded was full"


def _connections(server: Watched, _: int, __: int) -> Problems:
    before, idle = open_files(server), server.resident_octets()
    exchanges, resident = meet(server, CONNECTIONS)
    each = (resident - idle) / CONNECTIONS / 1000
    print(f"connections: {CONNECTIONS:,} at once, {resident / 1e6:.1f} MB resident, {each:.1f} kB each")
    total = settle(server, exchanges)
    if total != exchanges:
        yield f"the journal counts {total:,} exchanges, {exchanges:,} were had"
    if (left := left_open(server, before)) > 0:
        yield f"{left} files are still open"


def _effects(server: Watched, _: int, __: int) -> Problems:
    before = open_files(server)
    for met in meet_effects(server, CLIENTS_AT_ONCE):
        print(f"effects: {met.protocol} {met.script:25} answered {met.answered}, ended {met.ended} of {met.asked}")
        if met.journalled != met.asked:
            yield f"{met.protocol} {met.script}: the journal has {met.journalled} of {met.asked} exchanges"
        for what, number in (("answered", met.answered), ("ended", met.ended)):
            if number not in (0, met.asked):
                yield f"{met.protocol} {met.script}: {number} of {met.asked} clients were {what}, and not all or none"
    if (left := left_open(server, before)) > 0:
        yield f"{left} files are still open"


def _malformed(server: Watched, count: int, seed: int) -> Problems:
    before = open_files(server)
    storm = send_malformed(server, int(count * MALFORMED_PER_EXCHANGE), seed)
    resident = server.resident_octets() / 1e6
    print(f"malformed: {storm.sent:,} sent, {storm.answered:,} answered, {storm.served:,} exchanges of another client")
    print(f"malformed: {resident:.1f} MB resident")
    yield from (f"a connection did not end: {stuck}" for stuck in storm.stuck)
    if (left := left_open(server, before)) > 0:
        yield f"{left} files are still open"


PARTS: dict[str, Callable[[Watched, int, int], Problems]] = {
    "exchanges": _exchanges,
    "connections": _connections,
    "effects": _effects,
    "malformed": _malformed,
}

if __name__ == "__main__":
    sys.exit(main())
