"""Where in its protocol's dialogue a code is sent: the points in their order, those marked at which it is legal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from statuary.catalog.model import Code, Protocol
from statuary.explain.words import N_, Phrase, kept, stages_phrase

__all__ = ["POINTS", "Dialogue", "Point", "dialogue_of", "where_phrase"]

_EVERYWHERE = "any"

POINTS: Mapping[tuple[str, str], str] = {
    ("http", "header"): N_("request header"),
    ("http", "interim"): N_("interim response"),
    ("http", "content"): N_("request content"),
    ("http", "request"): N_("final response"),
    ("smtp", "connect"): N_("connection"),
    ("ftp", "connect"): N_("connection"),
    ("websocket", "opening"): N_("opening handshake"),
    ("websocket", "messages"): N_("messages"),
    ("websocket", "close"): N_("Close frame"),
    ("grpc", "headers"): N_("request header"),
    ("grpc", "messages"): N_("messages"),
    ("grpc", "call"): N_("trailers with the status"),
    ("dns", "query"): N_("query"),
    ("dns", "response"): N_("response"),
    ("tls", "data"): N_("application data"),
    ("tls", "alert"): N_("alert, between any two of them"),
}
"""What a point is called at which the client says nothing of one form: protocol and point to its name."""
_EXPLAINED: Mapping[tuple[str, str], str] = {
    ("smtp", "message"): N_("the message, to its final dot"),
}
"""What is added to the words of the client, where these say too little."""


class Point(NamedTuple):
    """A point of a dialogue.

    Args:
        id: the stage, or what stands for it where no answer is due.
        name: what the client says there, or what happens.
        remark: what is added for people; empty for most.
        spoken: whether the name is what goes over the wire.
        here: whether the code may be sent there.
    """

    id: str
    name: Phrase
    remark: Phrase
    spoken: bool
    here: bool


class Dialogue(NamedTuple):
    """A dialogue with a code on it.

    Args:
        line: its points, in order.
        beside: commands beside that line which the code may answer too.
        anything: whether it answers everything, so that not each command beside the line is named.
    """

    line: tuple[Point, ...]
    beside: tuple[Point, ...]
    anything: bool


def dialogue_of(protocol: Protocol, code: Code) -> Dialogue | None:
    """Where a code is sent; None where nothing is known of it, or of the protocol's dialogue.

    Args:
        protocol: the code's.
        code: the code.
    """
    if not code.stages or code.template or code.wire != "sent" or not protocol.dialogue:
        return None
    anything = _EVERYWHERE in code.stages
    instead = protocol.stage_by_class.get(code.class_[:1])
    stages = {instead} if instead else set(code.stages)
    answered = _answered(protocol) if anything else ()
    return Dialogue(
        tuple(
            _point(protocol, name, said, here=name in stages or (anything and name in answered))
            for name, said in protocol.dialogue.items()
        ),
        tuple(
            _point(protocol, name, said, here=True) for name, said in protocol.other_stages.items() if name in stages
        ),
        anything,
    )


def where_phrase(protocol: Protocol, code: Code) -> Phrase:
    """Where a code is sent, as one line: the points of its protocol's dialogue by their names.

    Args:
        protocol: the code's.
        code: the code.
    """
    dialogue = dialogue_of(protocol, code)
    if dialogue is None or dialogue.anything:
        return stages_phrase(code)
    names = [
        point.remark if point.remark.msgid else point.name for point in (*dialogue.line, *dialogue.beside) if point.here
    ]
    values = {f"point{number}": name for number, name in enumerate(names)}
    return Phrase(" · ".join(f"%({name})s" for name in values), values, translate=False)


def _answered(protocol: Protocol) -> Sequence[str]:
    """The stages at which an answer is due."""
    from statuary.catalog.codefile import STAGES  # of no use to most look-ups, and slow to import

    return STAGES.get(protocol.id, ())


def _point(protocol: Protocol, name: str, said: str, *, here: bool) -> Point:
    place = (protocol.id, name)
    remark = Phrase(_EXPLAINED[place]) if place in _EXPLAINED else kept("")
    return Point(name, kept(said) if said else Phrase(POINTS.get(place, name)), remark, bool(said), here)
