"""A run as a page shows it: connection after connection, line after line, and how each ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from statuary.serve.perform import Performance

__all__ = ["Told", "ToldConnection", "ToldLine", "told", "told_of_performance"]

_ENDED = {"close": "closed", "half-close": "half-closed", "reset": "reset", "hang": "hung", "": "left"}
"""The endings of a performance without a network, in the words of a run."""


class ToldLine(NamedTuple):
    """Octets of one side, up to the end of a line.

    Args:
        by: ``client`` or ``server``.
        data: the octets.
        ms: when the first of them was there, in milliseconds since the start; None where nobody measured.
        last_ms: when the last was.
    """

    by: str
    data: bytes
    ms: float | None
    last_ms: float | None


class ToldConnection(NamedTuple):
    """One connection.

    Args:
        number: from 1.
        lines: both directions in order.
        end: the event of its end; None where it was not seen.
    """

    number: int
    lines: list[ToldLine]
    end: dict[str, Any] | None


class Told(NamedTuple):
    """A run.

    Args:
        start: its first event.
        connections: in order.
        done: its last event; None where it was broken off.
    """

    start: dict[str, Any]
    connections: list[ToldConnection]
    done: dict[str, Any] | None


def told(events: Iterable[dict[str, Any]]) -> Told:
    """Put the events of a run together.

    Args:
        events: in order, the first of them ``start``.
    """
    start: dict[str, Any] = {}
    done: dict[str, Any] | None = None
    connections: list[ToldConnection] = []
    for event in events:
        kind = event["event"]
        if kind == "start":
            start = event
        elif kind == "done":
            done = event
        else:
            if not connections or connections[-1].number != event["connection"]:
                connections.append(ToldConnection(event["connection"], [], None))
            if kind == "end":
                connections[-1] = connections[-1]._replace(end=event)
            else:
                _add(connections[-1].lines, event["by"], event["text"].encode("latin-1"), event["ms"])
    return Told(start, connections, done)


def told_of_performance(performance: Performance) -> Told:
    """A performance without a network, as a run that nobody measured.

    Args:
        performance: what was said.
    """
    connections = []
    for number, each in enumerate(performance.connections, 1):
        lines: list[ToldLine] = []
        for said in each.lines:
            _add(lines, said.by, said.octets, None)
        end = {"how": _ENDED.get(each.ended, "closed"), "waited": each.waited_seconds}
        connections.append(ToldConnection(number, lines, end))
    start = {"script": performance.script, "protocol": performance.protocol, "stage": performance.stage}
    return Told(start, connections, {"connections": len(connections), "left": 0, "problem": ""})


def _add(lines: list[ToldLine], by: str, data: bytes, ms: float | None) -> None:
    """Add octets, line by line; what goes on a line that is not ended yet joins it."""
    *whole, rest = data.split(b"\n")
    for piece in (*(each + b"\n" for each in whole), rest):
        if piece and lines and lines[-1].by == by and not lines[-1].data.endswith(b"\n"):
            lines[-1] = lines[-1]._replace(data=lines[-1].data + piece, last_ms=ms)
        elif piece:
            lines.append(ToldLine(by, piece, ms, ms))
