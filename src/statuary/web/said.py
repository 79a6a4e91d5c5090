"""Errors that a page shows, in its reader's language; the API, the command line and the mocks say them in English."""

from __future__ import annotations

import json
from collections.abc import Callable

from statuary.errors import (
    ARGUMENT_PROBLEM,
    SCRIPT_END,
    SCRIPT_MEND,
    SCRIPT_PROBLEM,
    RuleFileError,
    ScriptError,
    StatuaryError,
    WrongArgument,
)
from statuary.explain.words import Phrase
from statuary.scenario.expected import EXPECTED
from statuary.web.run.ask import KEY_EXPECTED

__all__ = ["BUILDER_TEXTS", "builder_script", "rule_fault", "said"]

BUILDER_TEXTS = (SCRIPT_PROBLEM, SCRIPT_END, ARGUMENT_PROBLEM, KEY_EXPECTED, *EXPECTED)
"""What can be said against a script while it is built."""


def builder_script(gettext: Callable[[str], str]) -> str:
    """The script that gives the builder what can be said, in a language: the content of ``static/said.fr.js``.

    Args:
        gettext: the reader's language.
    """
    rows = ",\n".join(f"  {json.dumps([text, gettext(text)], ensure_ascii=False)}" for text in BUILDER_TEXTS)
    return f'// Written by tools/messages.py.\n"use strict";\nglobalThis.statuarySaid = [\n{rows},\n];\n'


def said(error: StatuaryError) -> Phrase | None:
    """An error as a phrase; None for one that is said in English only.

    Args:
        error: what was raised.
    """
    match error:
        case ScriptError():
            facts = {
                "position": error.position + 1,
                "expected": Phrase(error.template, error.values),
                "found": error.found or Phrase(SCRIPT_END),
            }
            return Phrase(SCRIPT_PROBLEM, facts)
        case WrongArgument():
            return Phrase(ARGUMENT_PROBLEM, {"name": error.name, "expected": Phrase(error.template, error.values)})
        case _:
            return None


def rule_fault(fault: RuleFileError, gettext: Callable[[str], str]) -> str:
    """What is wrong in a rule file: the faults of its scripts in the reader's language, all else in English.

    Args:
        fault: what was found.
        gettext: the reader's language.
    """
    phrase = said(fault.script) if fault.script is not None else None
    if phrase is None:
        return str(fault)
    return f"{fault.path}:{fault.line}:{fault.column}: {phrase.render(gettext)} ({gettext(SCRIPT_MEND)})"
