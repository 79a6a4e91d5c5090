"""The budgets that need no peer: decisions, cold start, memory."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from bench.load import fetch, send_messages, send_requests, send_transactions
from bench.measure import Ratio
from bench.peers import Server
from bench.report import Budget, Figure
from bench.server import make_rules
from statuary.errors import ContentError
from statuary.scenario.decide import decide
from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Rule

__all__ = ["measure_cold_start", "measure_decisions", "measure_memory"]

ROOT = Path(__file__).resolve().parent.parent
MANY_RULES = 10_000
"""How far rules grow."""
COPIES = 9
"""How many copies of each code join the catalogue, to make it ten times as large."""
ROUND_EXCHANGES = 20_000
"""Exchanges between two looks at the memory; half HTTP, half SMTP."""
ROUND_MESSAGES = 200
"""Messages accepted between two looks."""
MESSAGE_OCTETS = 50_000
"""The size of such a message: a few hundred fill mailbox and journal with as many octets as they take."""
FILL_ROUNDS = 9
"""Rounds after which everything that is bounded is full; counts take the longest."""
READ_ROUNDS = 2
"""Rounds after a part of the site was first asked for."""
_SEEN = re.compile(r"(?m)^\[\[seen\]\]\n(?:[a-z_]+ = .*\n)+")  # texts that name the code, which a copy does not have
_PAGES = ("", "smtp/452", "http/503", "compare/http/503/smtp/452", "search?q=mail", "journal")


def measure_decisions(rounds: int) -> Iterator[Figure]:
    """What finding a rule and deciding costs with many rules, in times of what it costs with one."""
    script = parse_script("452_4.2.2x2~pass", SMTP)
    by_domain = [
        Rule("smtp", "rcpt", script, {"recipient": f"*@d{number}.test"}, name=str(number))
        for number in range(MANY_RULES)
    ]
    by_pattern = [
        Rule("smtp", "rcpt", script, {"recipient": f"box{number}-*@d.test"}, name=str(number))
        for number in range(MANY_RULES)
    ]
    by_recipient = [rule for rule in make_rules(MANY_RULES) if rule.protocol == "smtp"]
    budget = Budget(2, most=True)
    for what, rules, name in (
        ("by recipient", by_recipient, "full{}@rules.test"),
        ("by domain", by_domain, "box@d{}.test"),
        ("by pattern", by_pattern, "box{}-1@d.test"),
    ):
        one, many = _Decider(rules[:1], name), _Decider(rules, name)
        ratios = [many() / one() for _ in range(rounds)]
        yield Figure(f"decision, {len(rules):,} rules {what}", "1 rule", budget, Ratio.of(ratios, "time"))


class _Decider:
    """Decides on the same number of recipients, drawn from all rules, and tells the seconds for one."""

    def __init__(self, rules: Sequence[Rule], name: str) -> None:
        self._index = RuleIndex(rules)
        draw = Random(1)
        recipients = [name.format(draw.randrange(len(rules))) for _ in range(1000)]
        self._fields = [
            {"sender": "a@b.test", "recipient": recipient, "domain": recipient.partition("@")[2]}
            for recipient in recipients
        ]

    def __call__(self) -> float:
        best = 1.0
        for _ in range(5):
            begun = time.process_time_ns()
            for fields in self._fields:
                rule = self._index.find("smtp", "rcpt", fields)
                assert rule is not None
                decide(rule.script, 0, 1, rule.name)
            best = min(best, (time.process_time_ns() - begun) / 1e9 / len(self._fields))
        return best


def measure_cold_start(rounds: int) -> Iterator[Figure]:
    """``statuary 452`` from nothing: beside ``python -c pass``, and with a catalogue ten times as large."""
    bare = [sys.executable, "-c", "pass"]
    command = [sys.executable, "-m", "statuary", "452"]
    first = Budget(6, most=True)
    growth = Budget(1.15, most=True)
    if not (ROOT / "src" / "statuary" / "__main__.py").exists():
        yield Figure("statuary 452, cold", "python -c pass", first, None, "there is no command line yet")
        return
    yield Figure("statuary 452, cold, checkout", "python -c pass", first, _time_ratio(command, {}, bare, {}, rounds))
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        for place, copies in ((small, 0), (large, COPIES)):
            _install(place, copies)
        installed, grown = {"PYTHONPATH": str(small)}, {"PYTHONPATH": str(large)}
        yield Figure(
            "statuary 452, cold, installed",
            "python -c pass",
            first,
            _time_ratio(command, installed, bare, installed, rounds),
        )
        yield Figure(
            f"the same, {COPIES + 1} x the codes",
            "1 x",
            growth,
            _time_ratio(command, grown, command, installed, rounds),
        )


def _install(place: Path, copies: int) -> None:
    """Lay the package out as a wheel does, with so many copies of each code beside it."""
    from statuary.catalog.compile import compile_catalogue
    from statuary.catalog.source import read_code, read_protocols

    package = place / "statuary"
    shutil.copytree(ROOT / "src" / "statuary", package, ignore=shutil.ignore_patterns("__pycache__"))
    content, locales = package / "_data" / "content", package / "_data" / "locales"
    shutil.copytree(ROOT / "content", content)
    shutil.copytree(ROOT / "locales", locales)
    protocols = {protocol.id: protocol for protocol in read_protocols(content)}
    for path in sorted((content / "codes").glob("*/*.md")):
        text = path.read_text(encoding="utf-8")
        value = re.search(r'^value = "([^"]+)"', text, re.MULTILINE)
        assert value is not None
        for number in range(copies):
            copied = f"{value[1]}c{number}"
            copy = path.with_name(path.name.replace(value[1], copied, 1))
            renamed = text.replace(value[0], f'value = "{copied}"', 1)
            copy.write_text(_SEEN.sub("", renamed), encoding="utf-8")
            try:
                read_code(content, protocols[path.parent.name], copy)
            except (
                ContentError
            ):  # a range, a class, a code whose name gives the file's: what is right hangs on the value
                copy.unlink()
                break
    compile_catalogue(content, locales, package / "_data" / "catalogue.sqlite")
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(package)], check=True)


def _time_ratio(
    command: list[str], environment: dict[str, str], other: list[str], its_environment: dict[str, str], rounds: int
) -> Ratio:
    _spawn(command, environment)
    pairs = [(_spawn(command, environment), _spawn(other, its_environment)) for _ in range(2 * rounds)]
    return Ratio.of([mine / theirs for mine, theirs in pairs], "time")


def _spawn(command: list[str], environment: dict[str, str]) -> float:
    """Seconds from the start of a process to its end; its bytecode is kept, as anybody's is after the first start."""
    environment = {**os.environ, **environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, cwd="/")
    return time.perf_counter() - begun


def measure_memory(ours: Server, rounds: int) -> Iterator[Figure]:
    """Resident memory under requests and recipients that never come twice, so that nothing bounded stays small.

    First with nobody at the site, which is loaded when it is first asked for; then with its API in use; then with pages
    read in every language.

    Args:
        ours: a server that nothing else is asked of.
        rounds: of 20,000 exchanges each; more than it takes to fill everything.
    """
    looks = [_fill(ours, number) for number in range(rounds)]
    full, rest = looks[FILL_ROUNDS - 1], looks[FILL_ROUNDS:]
    exchanges = f"{rounds * ROUND_EXCHANGES:,} exchanges"
    budget = Budget(80, most=True, unit=" MB")
    yield Figure(f"resident memory, {exchanges}", "", budget, Ratio(looks[-1], min(looks), max(looks), "memory"))
    growth = Ratio.of([look / full for look in rest], "memory")
    yield Figure("the same, grown since all was full", "full", Budget(1.03, most=True), growth)
    pages = [f"/{language}/{page}" for language in ("en", "fr", "ja", "ko") for page in _PAGES]
    for what, paths, limit in (
        ("the API in use", ["/api/journal"], budget),
        ("pages in 4 languages read", pages, Budget(unit=" MB")),
    ):
        for path in paths:
            fetch(ours.site, path)
        looks = [_fill(ours, rounds + number) for number in range(READ_ROUNDS)]
        rounds += READ_ROUNDS
        yield Figure(f"the same, {what}", "", limit, Ratio(looks[-1], min(looks), max(looks), "memory"))


def _fill(ours: Server, number: int) -> float:
    """A round, and the resident memory after it, in MB."""
    half = ROUND_EXCHANGES // 2
    send_requests(ours.http, [f"/status/503?key={number}-{place}" for place in range(half)])
    send_transactions(ours.smtp, [f"rcpt452+{number}-{place}@any.test" for place in range(half // 3)])
    send_messages(ours.smtp, ROUND_MESSAGES, MESSAGE_OCTETS)
    return _resident(ours.pid)


def _resident(pid: int) -> float:
    """Resident memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024
