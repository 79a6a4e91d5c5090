"""What is known of a request to the HTTP mock: before it is counted, and once its answer is decided."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from statuary.scenario.decide import Dice
from statuary.scenario.script import Answer, Script
from statuary.serve.http.answers import Built
from statuary.serve.http.options import Options
from statuary.serve.http.routes import Place
from statuary.wire.http1 import Request

__all__ = ["Decided", "Known", "Prepared", "Ready", "has_date"]

_DATE_FIELD = b"\r\nDate: "


class Ready:
    """An answer as octets, ready to be sent again and again: made anew only when the date has changed.

    Answers of one second are one object, so that the journal keeps them once.
    """

    __slots__ = ("_date", "_dated", "_head", "_octets", "_tail", "answer", "built", "close")

    def __init__(self, answer: Answer, built: Built, octets: bytes, close: bool) -> None:
        place = octets.index(_DATE_FIELD) + len(_DATE_FIELD)
        self.answer = answer
        self.built = built
        self._dated = not has_date(built)
        self._head = octets[:place]
        self._tail = octets[place + 29 :]  # an IMF-fixdate has 29 octets (RFC 9110 §5.6.7)
        self._octets = octets
        self._date = b""
        self.close = close

    def at(self, date: bytes) -> bytes:
        """The octets with a date; those of a date that the request itself asked for stay as they are."""
        if date is not self._date and self._dated:
            self._date = date
            self._octets = self._head + date + self._tail
        return self._octets


class Prepared:
    """All that is known of a request before it is counted.

    Args:
        script: what answers; None where the mock answers by itself with ``own`` or by its route.
        own: that answer.
        rule: how the journal names what decided.
        count_key: what the count is kept by.
        draw_key: what random choices are drawn by.
        seed: what they are drawn from.
        tongue: the protocol whose catalogue names the answers.
        identity: the code with its owner, where one was named.
        options: what the query changes.
        accept: the client's Accept field.
        key: what the client asked to be kept apart by.
        found: the routes of the path; they give what ``pass`` answers.
    """

    __slots__ = (
        "accept",
        "built",
        "count_key",
        "draw_key",
        "found",
        "identity",
        "key",
        "options",
        "own",
        "rule",
        "script",
        "seed",
        "simple",
        "tongue",
    )

    def __init__(
        self,
        script: Script | None,
        own: Built | None,
        rule: str,
        count_key: str,
        draw_key: str,
        seed: int,
        tongue: str,
        identity: str,
        options: Options,
        accept: str,
        key: str = "",
        found: Place | None = None,
    ) -> None:
        self.script = script
        self.own = own
        self.rule = rule
        self.count_key = count_key
        self.draw_key = draw_key
        self.seed = seed
        self.tongue = tongue
        self.identity = identity
        self.options = options
        self.accept = accept
        self.key = key
        self.found = found
        self.built: dict[tuple[int, int], Ready] = {}
        self.simple = script is not None and _simple(script, options) and (found is None or _never_passes(script))
        """Whether every answer is one piece of octets that may be kept: no interim answers, no waits, no effects."""


class Decided(NamedTuple):
    """What a request gets.

    Args:
        answer: as the script has it, with its effects; ``drop``, ``reset`` and ``hang`` have no ``built``.
        built: the answer, all but its date; None where there is none.
        step: of the script; 0 where there is none.
        asked: how often it was asked.
        rule: how the journal names what decided.
        note: for the journal.
        dice: what effects draw from.
        socket: whether the connection is WebSocket's after it.
    """

    answer: Answer
    built: Built | None
    step: int
    asked: int
    rule: str
    note: str
    dice: Dice
    socket: bool = False

    @property
    def code(self) -> str:
        """The code as the journal has it."""
        return self.built.code if self.built is not None else ""


Known: TypeAlias = tuple[Request, Prepared, Ready]
"""A request with its answer, which hangs on nothing else."""


def has_date(built: Built) -> bool:
    """Whether an answer has a date of its own."""
    return any(name.lower() == "date" for name, _ in built.headers)


def _never_passes(script: Script) -> bool:
    """Whether it always gives the one answer with a code, so that a route never comes to speak."""
    return script.constant is not None and script.constant.kind == "code"


def _simple(script: Script, options: Options) -> bool:
    if options.delay or options.interim or options.retry_date is not None:
        return False
    return all(
        not choice.answer.effects and choice.answer.value[:1] != "1" for step in script.steps for choice in step.choices
    )
