"""The budgets of the mock servers: HTTP and SMTP beside their peers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import NamedTuple

from bench.apps import HTTP_APPS, SMTP_APPS, App, start_app
from bench.load import MessageLoad, fetch, refuse_recipients, run_wrk
from bench.measure import Cores, Window, compare, cost_ratio, rate_ratio
from bench.peers import Missing, Server, start_httpbin, start_nginx, start_smtp
from bench.report import Budget, Figure

__all__ = ["Effort", "measure_http", "measure_peers", "measure_smtp"]

RULED_TARGET = "/mocked/250"
"""A path that one of the 500 rules answers, from the middle of them."""
ASKED_TARGET = "/status/503"
"""A target that says itself what it wants."""
PEER_BUDGETS = {"go-httpbin": 1.0, "WireMock": 8.0, "Mountebank": 8.0, "Mockoon CLI": 8.0, "Express": 8.0}
"""How many times as fast as these we must be, over connections that are kept."""


class Effort(NamedTuple):
    """How much is measured.

    Args:
        rounds: pairs of windows for each figure.
        seconds: the length of a window; wrk takes whole ones only.
    """

    rounds: int
    seconds: int


def _beside(
    what: str,
    reference: str,
    budget: Budget,
    peer: Callable[[], AbstractContextManager[Server]],
    loads: Callable[[Server], tuple[Callable[[], Window], Callable[[], Window]]],
    rounds: int,
) -> Figure:
    """A figure beside a peer that is started for it; a row without one where something is missing."""
    try:
        with peer() as other:
            pairs = compare(*loads(other), rounds)
    except Missing as missing:
        return Figure(what, reference, budget, None, f"{missing} is not installed")
    ratio = cost_ratio(pairs) if budget.most else rate_ratio(pairs)
    return Figure(what, reference, budget, ratio)


def measure_http(ours: Server, cores: Cores, effort: Effort) -> Iterator[Figure]:
    """The rows of the HTTP mock.

    Args:
        ours: a server with the rules of :mod:`bench.server`.
        cores: where the peers run.
        effort: how much is measured.
    """
    seconds = effort.seconds

    def nginx() -> AbstractContextManager[Server]:
        return start_nginx(cores.server, fetch(ours.http, RULED_TARGET))

    for what, target in (("keep-alive, 500 rules, by rule", RULED_TARGET), ("the same, by target", ASKED_TARGET)):
        yield _beside(
            f"HTTP {what}",
            "nginx return",
            Budget(0.5, goal=0.7),
            nginx,
            lambda other, target=target: (  # type: ignore[misc]
                partial(run_wrk, ours, target, seconds),
                partial(run_wrk, other, target, seconds),
            ),
            effort.rounds,
        )
    yield _beside(
        "HTTP new connection each, CPU",
        "nginx return",
        Budget(1.6, most=True),
        nginx,
        lambda other: (
            partial(run_wrk, ours, ASKED_TARGET, seconds, new_connections=True),
            partial(run_wrk, other, ASKED_TARGET, seconds, new_connections=True),
        ),
        effort.rounds,
    )
    yield _beside(
        "HTTP keep-alive, 500 rules",
        "httpbin, gunicorn",
        Budget(8),
        partial(start_httpbin, cores.server),
        lambda other: (
            partial(run_wrk, ours, ASKED_TARGET, seconds),
            partial(run_wrk, other, ASKED_TARGET, seconds),
        ),
        max(2, effort.rounds // 2),
    )


def measure_smtp(ours: Server, cores: Cores, effort: Effort) -> Iterator[Figure]:
    """The rows of the SMTP mock.

    Args:
        ours: a server with the rules of :mod:`bench.server`.
        cores: where the peers run.
        effort: how much is measured.
    """
    rows = (
        ("one message a session", "smtp-sink", Budget(1.0), False, effort.rounds),
        ("one message a session", "aiosmtpd", Budget(8), False, max(2, effort.rounds // 2)),
        ("many messages on a connection", "smtp-sink", Budget(0.9), True, effort.rounds),
    )
    for what, peer, budget, keep, rounds in rows:
        yield _beside(
            f"SMTP {what}",
            peer,
            budget,
            partial(start_smtp, peer, cores.server),
            lambda other, keep=keep: (  # type: ignore[misc]
                MessageLoad(ours, effort.seconds, keep=keep),
                MessageLoad(other, effort.seconds, keep=keep),
            ),
            rounds,
        )
    recipients = {
        "by address": [f"rcpt452_4.2.2@d{number}.test" for number in range(200)],
        "by address, each isolated by a tag": [f"rcpt452_4.2.2+{number}@any.test" for number in range(200)],
        "by rule": [f"full{number}@rules.test" for number in range(200)],
    }
    for how, pipelined, budget in (
        ("by address", False, Budget(0.9)),
        ("by address, each isolated by a tag", False, Budget(0.9)),
        ("by rule", False, Budget(0.9)),
        ("by address", True, Budget(0.6)),
    ):
        yield _beside(
            f"SMTP refused recipients {how}{', pipelined' if pipelined else ''}",
            "smtp-sink -r",
            budget,
            partial(start_smtp, "smtp-sink -r rcpt", cores.server),
            lambda other, how=how, pipelined=pipelined: (  # type: ignore[misc]
                partial(refuse_recipients, ours, recipients[how], effort.seconds, pipelined=pipelined),
                partial(refuse_recipients, other, recipients[how], effort.seconds, pipelined=pipelined),
            ),
            effort.rounds,
        )


def measure_peers(ours: Server, cores: Cores, effort: Effort) -> Iterator[Figure]:
    """The rows beside the mock servers that others wrote.

    Args:
        ours: a server with the rules of :mod:`bench.server`.
        cores: where the peers run.
        effort: how much is measured.
    """
    rounds = max(2, effort.rounds // 2)
    body = fetch(ours.http, RULED_TARGET)
    for app in HTTP_APPS:
        for what, new_connections in (("keep-alive", False), ("new connection each", True)):
            limit = None if new_connections else PEER_BUDGETS.get(app.name)
            yield _beside(
                f"HTTP {what}",
                app.name,
                Budget(limit),
                partial(start_app, app, cores.server, body),
                lambda other, app=app, new=new_connections: _http_loads(ours, other, app, effort.seconds, new),  # type: ignore[misc]
                rounds,
            )
    for app in SMTP_APPS:
        for what, keep in (("one message a session", False), ("many messages on a connection", True)):
            yield _beside(
                f"SMTP {what}",
                app.name,
                Budget(),
                partial(start_app, app, cores.server),
                lambda other, keep=keep: (  # type: ignore[misc]
                    MessageLoad(ours, effort.seconds, keep=keep),
                    MessageLoad(other, effort.seconds, keep=keep),
                ),
                rounds,
            )


def _http_loads(
    ours: Server, other: Server, app: App, seconds: int, new: bool
) -> tuple[Callable[[], Window], Callable[[], Window]]:
    """The windows of both, after the other is warm."""
    run_wrk(other, app.target, app.warm_seconds, new_connections=new)
    return (
        partial(run_wrk, ours, RULED_TARGET, seconds, new_connections=new),
        partial(run_wrk, other, app.target, seconds, new_connections=new),
    )
