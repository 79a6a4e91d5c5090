"""Rules as tests write them: ``server.on("rcpt", recipient="*@full.test").answer(...)``."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Unpack

from statuary.errors import RuleError
from statuary.scenario.causes import CAUSES
from statuary.scenario.counters import Counted
from statuary.scenario.rules import FIELDS, Rule
from statuary.scenario.ruletable import RULE_KEYS, read_rule
from statuary.testing.fields import RuleOptions

__all__ = ["Answering", "HttpOn", "On", "SmtpOn", "make_rule", "place_of_caller"]


def place_of_caller() -> str:
    """File and line from which this package was called."""
    frame = sys._getframe()
    package = str(Path(__file__).parent)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


class Answering:
    """A rule in force.

    Args:
        rule: the rule.
        place: where it was written, as file and line.
        counts: gives its counts.
        remove: takes it out of force.
    """

    def __init__(
        self, rule: Rule, place: str, counts: Callable[[Rule], list[Counted]], remove: Callable[[Rule], None]
    ) -> None:
        self.rule = rule
        self.place = place
        self._counts = counts
        self._remove = remove

    @property
    def name(self) -> str:
        """How the journal calls it."""
        return self.rule.name

    @property
    def asked(self) -> int:
        """How often it was asked for an answer."""
        return sum(each.uses for each in self._counts(self.rule))

    @property
    def pending(self) -> int:
        """How often it must still be asked until its script is through; where counts are kept by a field, at most."""
        needed = _askings(self.rule)
        uses = [each.uses for each in self._counts(self.rule)]
        return max(needed - min(uses), 0) if uses else needed

    def remove(self) -> None:
        """Take it out of force; another rule, or the ordinary answer, stands in its place from then on."""
        self._remove(self.rule)

    def __repr__(self) -> str:
        return f"<{self.name} at {self.place}: {self.rule.script}, asked {self.asked} times>"


def _askings(rule: Rule) -> int:
    """How often a script is asked until it is through; a step without a count has its turn once."""
    return sum(step.count or 1 for step in rule.script.steps)


class On:
    """A stage, and what must match there; :meth:`answer` says what then happens.

    Raises:
        RuleError: something in it is no field but an option of the answer.
    """

    def __init__(
        self, add: Callable[[On, dict[str, Any], str], Answering], protocol: str, stage: str, match: Mapping[str, Any]
    ) -> None:
        fields = (*FIELDS[protocol], "json")
        for name in match:
            if name in (*RULE_KEYS, *CAUSES) and name not in fields:
                raise RuleError(f"{name} is no field: it goes with the answer, .answer(..., {name}=...)")
        self._add = add
        self._protocol = protocol
        self.stage = stage
        self.match = match
        self.place = place_of_caller()

    def _answer(self, script: str | int, options: Mapping[str, Any]) -> Answering:
        table = {"protocol": self._protocol, "stage": self.stage, "match": self.match, "answer": script, **options}
        return self._add(self, table, self.place)


class SmtpOn(On):
    """A stage of a mail dialogue, and what must match there; :meth:`answer` says what is then replied."""

    def answer(self, script: str | int, *, text: str = "", **options: Unpack[RuleOptions]) -> Answering:
        """Answer with a script from now on.

        Args:
            script: in the scenario language, such as ``452 4.2.2 x2 ~ pass``.
            text: the reply text, in place of the catalogue's; line ends part the lines of a longer reply.
            options: the other keys of a rule: ``then``, ``key``, ``priority``, ``scenario``, ``window``, ...

        Raises:
            RuleError: script, stage, field or option is wrong; the message says which and the mend.
        """
        return self._answer(script, {**options, "text": text} if text else options)


class HttpOn(On):
    """What a request must be like; :meth:`answer` says what is then responded."""

    def answer(
        self,
        script: str | int,
        *,
        headers: Mapping[str, str | int | list[str]] | None = None,
        body: str | bytes | None = None,
        json: Any = None,
        reason: str | None = None,
        **options: Unpack[RuleOptions],
    ) -> Answering:
        """Answer with a script from now on.

        Args:
            script: in the scenario language, such as ``503x2 ~ 200``.
            headers: header fields; they replace the catalogue's of the same name.
            body: the content of every answer of the script.
            json: the same, written as JSON; None for none.
            reason: the reason phrase, in place of the registered one.
            options: the other keys of a rule: ``then``, ``key``, ``priority``, ``scenario``, ...

        Raises:
            RuleError: script, field or option is wrong; the message says which and the mend.
        """
        table: dict[str, Any] = dict(options)
        if headers is not None:
            table["headers"] = dict(headers)
        if isinstance(body, bytes):
            table["base64"] = base64.b64encode(body).decode("ascii")
        elif body is not None:
            table["body"] = body
        if json is not None:
            table["json"] = json
        if reason is not None:
            table["reason"] = reason
        return self._answer(script, table)


def make_rule(table: Mapping[str, Any], name: str) -> Rule:
    """The rule of a table, with a name where it has none.

    Raises:
        RuleError: something in it is wrong.
    """
    return read_rule({**table, "name": table.get("name") or name})
