"""The states of a connection and the steps between them; everything that can happen stands in one table.

An HTTP/1.1 connection has two sides that move on their own: the client may still send the body of its
request while we already answer (RFC 9112 §9.3, §9.5). The states are the pairs of the two that can
occur::

    request      no answer yet   answer being sent     answer complete
    none         IDLE
    coming in    RECEIVING       RECEIVING_STREAMING   DRAINING
    complete     DUE             STREAMING             (IDLE again)
    refused      REFUSED         STREAMING             (CLOSED)

The next request of a pipeline is looked at in IDLE only, hence after the answer to the one before it is
complete (RFC 9112 §9.3.2). Whether a connection lives on after an answer is not the table's business: the
engine says `Kind.ANSWER` or `Kind.LAST_ANSWER`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

from statuary.errors import LocalProtocolError

__all__ = ["TRANSITIONS", "WAITING_STATES", "Kind", "State", "step"]


class State(IntEnum):
    """Where a connection stands."""

    IDLE = 0
    """No request is under way."""
    RECEIVING = 1
    """A request's head was told, its body is coming in, no final answer was begun."""
    DUE = 2
    """A request is complete and its final answer is due."""
    RECEIVING_STREAMING = 3
    """A body is coming in while the answer's own body is being sent."""
    STREAMING = 4
    """The answer's body is being sent; nothing more is read until it ends."""
    DRAINING = 5
    """The answer is complete and the rest of the request's body is read and dropped."""
    REFUSED = 6
    """Something was refused; the answer to it is due and will be the last."""
    CLOSED = 7
    """Nothing more is read or sent."""


class Kind(IntEnum):
    """What can happen: the first six come from the client, the others from our side."""

    REQUEST = 0
    """A request without a body."""
    REQUEST_WITH_BODY = 1
    """The head of a request whose body follows."""
    BODY = 2
    """A piece of the body that is not the last."""
    BODY_END = 3
    """The last piece of the body."""
    ERROR = 4
    """A protocol error, a limit passed, or the end of the connection inside a request."""
    EOF = 5
    """The end of the connection between two requests."""
    INFORMATIONAL = 6
    """A 1xx response."""
    STREAM = 7
    """The head of a final answer whose body is sent piece by piece."""
    CHUNK = 8
    """A piece of that body."""
    ANSWER = 9
    """A final answer is complete and the connection lives on."""
    LAST_ANSWER = 10
    """A final answer is complete and the connection closes."""


TRANSITIONS: Mapping[State, Mapping[Kind, State]] = MappingProxyType(
    {
        State.IDLE: {
            Kind.REQUEST: State.DUE,
            Kind.REQUEST_WITH_BODY: State.RECEIVING,
            Kind.ERROR: State.REFUSED,
            Kind.EOF: State.CLOSED,
        },
        State.RECEIVING: {
            Kind.BODY: State.RECEIVING,
            Kind.BODY_END: State.DUE,
            Kind.ERROR: State.REFUSED,
            Kind.INFORMATIONAL: State.RECEIVING,
            Kind.STREAM: State.RECEIVING_STREAMING,
            Kind.ANSWER: State.DRAINING,
            Kind.LAST_ANSWER: State.CLOSED,
        },
        State.DUE: {
            Kind.INFORMATIONAL: State.DUE,
            Kind.STREAM: State.STREAMING,
            Kind.ANSWER: State.IDLE,
            Kind.LAST_ANSWER: State.CLOSED,
        },
        State.RECEIVING_STREAMING: {
            Kind.BODY: State.RECEIVING_STREAMING,
            Kind.BODY_END: State.STREAMING,
            Kind.ERROR: State.STREAMING,
            Kind.CHUNK: State.RECEIVING_STREAMING,
            Kind.ANSWER: State.DRAINING,
            Kind.LAST_ANSWER: State.CLOSED,
        },
        State.STREAMING: {
            Kind.CHUNK: State.STREAMING,
            Kind.ANSWER: State.IDLE,
            Kind.LAST_ANSWER: State.CLOSED,
        },
        State.DRAINING: {
            Kind.BODY: State.DRAINING,
            Kind.BODY_END: State.IDLE,
            Kind.ERROR: State.CLOSED,
        },
        State.REFUSED: {
            Kind.STREAM: State.STREAMING,
            Kind.LAST_ANSWER: State.CLOSED,
        },
        State.CLOSED: {},
    }
)
"""Each state's steps; a kind that is missing is the protocol error."""

WAITING_STATES = frozenset({State.DUE, State.STREAMING, State.REFUSED})
"""The states in which the engine reads nothing until our side has answered."""


def step(state: State, kind: Kind) -> State:
    """The state that follows.

    Args:
        state: where the connection stands.
        kind: what happens.

    Raises:
        LocalProtocolError: the table has no such step, so our side may not do this now.
    """
    try:
        return TRANSITIONS[state][kind]
    except KeyError:
        raise LocalProtocolError(f"{kind.name} is not possible in state {state.name}") from None
