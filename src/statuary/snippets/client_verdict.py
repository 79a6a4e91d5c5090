"""Says from facts whether a program did what the retry advice of its code says."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from statuary.snippets.client_golden import Exchanged, MetRecord, RanCase
from statuary.snippets.client_place import Case, Meeting

__all__ = ["CLIENT_VERDICTS", "ClientVerdict", "Deviation", "deliveries", "judge_client"]

CLIENT_VERDICTS = ("went on", "followed", "retried", "gave up", "deviates")
"""Every verdict: those that are as advised, and the one that is not."""
_AS_ADVISED = {"done": "went on", "redirect": "followed", "later": "retried", "stop": "gave up"}


class Deviation(NamedTuple):
    """What a program did not do as advised.

    Args:
        case: in which run.
        what: ``not run``, ``attempts``, ``delivered``, ``early``, ``connection``, ``method`` or ``exit code``.
        came: what was seen.
        wanted: what was to be seen; empty where that says itself.
    """

    case: str
    what: str
    came: str = ""
    wanted: str = ""


class ClientVerdict(NamedTuple):
    """Whether a program did what the advice says.

    Args:
        word: one of :data:`CLIENT_VERDICTS`.
        deviations: what it did not do as advised.
    """

    word: str
    deviations: tuple[Deviation, ...] = ()


def judge_client(met: Meeting, recorded: MetRecord) -> ClientVerdict:
    """Compare what was recorded with what the advice asks for.

    Args:
        met: how the code is met.
        recorded: what was recorded.
    """
    found: list[Deviation] = []
    for case in met.cases:
        ran = recorded.cases.get(case.name)
        found += [Deviation(case.name, "not run")] if ran is None else _case(met, case, ran)
    return ClientVerdict("deviates" if found else _AS_ADVISED[met.family], tuple(found))


def deliveries(exchanges: tuple[Exchanged, ...]) -> Counter[str]:
    """How often a message reached each recipient, by the mock's journal (RFC 5321 §4.1.1)."""
    reached: Counter[str] = Counter()
    accepted: dict[int, list[str]] = {}
    for exchange in exchanges:
        fine = exchange.answered.startswith("2")
        if exchange.stage in ("mail", "ehlo", "rset"):
            accepted[exchange.connection] = []
        elif exchange.stage == "rcpt" and fine:
            path = exchange.said.partition("<")[2].partition(">")[0]
            accepted.setdefault(exchange.connection, []).append(path)
        elif exchange.stage == "message":
            reached.update(accepted.pop(exchange.connection, ()) if fine else ())
    return reached


def _case(met: Meeting, case: Case, ran: RanCase) -> list[Deviation]:
    found = []
    attempts = _attempts(met, case, ran)
    if len(attempts) != case.attempts:
        found.append(Deviation(case.name, "attempts", str(len(attempts)), str(case.attempts)))
    reached = deliveries(ran.exchanges)
    for recipient, wanted in case.deliveries.items():
        came = reached[recipient]
        if came > 1 or (wanted is not None and came != wanted):
            found.append(
                Deviation(case.name, "delivered", f"{came} × {recipient}", str(1 if wanted is None else wanted))
            )
    if ran.early:
        found.append(Deviation(case.name, "early", str(ran.early)))
    if met.fresh and len({exchange.connection for exchange in attempts}) < len(attempts):
        found.append(Deviation(case.name, "connection"))
    if met.methods and len(attempts) > 1:
        method = attempts[-1].said.partition(" ")[0]
        if method not in met.methods:
            found.append(Deviation(case.name, "method", method, " / ".join(met.methods)))
    if ran.exit_code != case.exit_code:
        came_out = "" if ran.exit_code is None else str(ran.exit_code)
        found.append(Deviation(case.name, "exit code", came_out, str(case.exit_code)))
    return found


def _attempts(met: Meeting, case: Case, ran: RanCase) -> list[Exchanged]:
    """The exchanges at which the code was, or could have been, met."""
    if met.stage != "rcpt":
        return [exchange for exchange in ran.exchanges if exchange.stage == met.stage]
    scripted = next(iter(case.deliveries))
    return [exchange for exchange in ran.exchanges if exchange.stage == "rcpt" and f"<{scripted}>" in exchange.said]
