"""Mailpit's chaos: refuse senders, recipients and log-ins with a probability. The triggers are rules of ours."""

from __future__ import annotations

from typing import Any, NamedTuple

from statuary.errors import RuleError
from statuary.scenario.rules import Rule
from statuary.scenario.script import PASS, Answer, Choice, Script, Step
from statuary.serve.rulebook import Rulebook

__all__ = ["TRIGGERS", "Trigger", "put_triggers", "read_environment", "read_triggers", "triggers_of"]

LOWEST_CODE = 400
"""The lowest reply code of a trigger, as Mailpit has it."""
HIGHEST_CODE = 599
"""The highest."""
FULL = 100
"""The probability that is always, in percent."""

TRIGGERS = {"Sender": "mail", "Recipient": "rcpt", "Authentication": "auth"}
"""Mailpit's triggers and our stages."""


class Trigger(NamedTuple):
    """A trigger.

    Args:
        code: the reply code.
        probability: in percent.
    """

    code: int
    probability: int = 0


def _name(trigger: str) -> str:
    return f"chaos {trigger}"


def read_environment(text: str) -> dict[str, Trigger]:
    """Read Mailpit's variable: ``Sender:451:50,Recipient:550:10``.

    Raises:
        RuleError: it is wrong.
    """
    found: dict[str, Trigger] = {}
    for part in text.split(","):
        if not part.strip():
            continue
        name, _, rest = part.strip().partition(":")
        code, _, probability = rest.partition(":")
        known = next((each for each in TRIGGERS if each.lower() == name.strip().lower()), None)
        numbers = (code.strip(), probability.strip())
        if known is None or not all(number.isascii() and number.isdigit() and len(number) < 4 for number in numbers):
            raise RuleError(f"MP_CHAOS_TRIGGERS: {part.strip()[:60]!r} is no trigger: write Sender:CODE:PERCENT")
        found[known] = _checked(known, int(code), int(probability))
    return found


def _checked(name: str, code: object, probability: object) -> Trigger:
    if not isinstance(code, int) or isinstance(code, bool) or not LOWEST_CODE <= code <= HIGHEST_CODE:
        raise RuleError(f"{name}: error code must be between {LOWEST_CODE} and {HIGHEST_CODE}")
    if not isinstance(probability, int) or isinstance(probability, bool) or not 0 <= probability <= FULL:
        raise RuleError(f"{name}: probability must be between 0 and {FULL}")
    return Trigger(code, probability)


def read_triggers(body: dict[str, Any], defaults: dict[str, int]) -> dict[str, Trigger]:
    """Read the triggers of a request; one that is left out is off.

    Args:
        body: by name, each with ``ErrorCode`` and ``Probability``.
        defaults: the code of each trigger that names none.

    Raises:
        RuleError: one is wrong.
    """
    found: dict[str, Trigger] = {}
    for name in body:
        if name not in TRIGGERS:
            raise RuleError(f"no trigger {name[:60]!r}: use of {', '.join(TRIGGERS)}")
    for name in TRIGGERS:
        given = body.get(name) or {}
        if not isinstance(given, dict):
            raise RuleError(f"{name} is an object with ErrorCode and Probability")
        found[name] = _checked(name, given.get("ErrorCode") or defaults[name], given.get("Probability") or 0)
    return found


def put_triggers(rulebook: Rulebook, triggers: dict[str, Trigger]) -> None:
    """Let the triggers, and no others, work.

    Raises:
        RuleError: there are too many rules.
    """
    rulebook.remove(_name(trigger) for trigger in TRIGGERS)
    rules = []
    for name, (code, probability) in triggers.items():
        if probability:
            answer, partly = Answer("code", str(code)), probability < FULL
            choices = [Choice(answer, float(probability) if partly else 1.0)]
            if partly:
                choices.append(Choice(PASS, float(FULL - probability)))
            rules.append(Rule("smtp", TRIGGERS[name], Script((Step(tuple(choices)),)), name=_name(name)))
    if rules:
        rulebook.add(rules, first=True)


def triggers_of(rulebook: Rulebook, defaults: dict[str, int]) -> dict[str, Trigger]:
    """The triggers as they are.

    Args:
        rulebook: the rules in force.
        defaults: the code of each trigger that is off.
    """
    rules = {rule.name: rule for rule in rulebook.rules}
    found: dict[str, Trigger] = {}
    for name in TRIGGERS:
        rule = rules.get(_name(name))
        if rule is None:
            found[name] = Trigger(defaults[name])
            continue
        choices = rule.script.steps[0].choices
        percent = FULL if len(choices) == 1 else int(choices[0].weight)
        found[name] = Trigger(int(choices[0].answer.value), percent)
    return found
