"""``statuary parse``: a scenario script in its one spelling, or a caret at what is wrong with it."""

from __future__ import annotations

import argparse
from typing import Any

from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.cli.text import width
from statuary.errors import ScriptError
from statuary.explain.words import N_
from statuary.scenario.grammar import HTTP, SMTP, parse_script
from statuary.scenario.script import Step

__all__ = ["add_arguments", "run"]

DIALECTS = {"http": HTTP, "smtp": SMTP}
"""The dialects of the language, in the order in which they are tried."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the check."""
    parser.add_argument(
        "script", nargs="+", metavar="SCRIPT", help=N_("such as 503x2~200; quote it where it holds spaces")
    )
    parser.add_argument(
        "--protocol",
        metavar="PROTOCOL",
        choices=tuple(DIALECTS),
        help=N_("http or smtp; without it, whichever can read the script"),
    )
    add_common(parser, "json", "lang", "color")


def run(arguments: argparse.Namespace) -> int:
    """Write the script canonically; 2 where it cannot be read."""
    console = Console(arguments, lenient=True)
    text = " ".join(arguments.script)
    protocols = [arguments.protocol] if arguments.protocol else list(DIALECTS)
    errors: list[ScriptError] = []
    for protocol in protocols:
        try:
            script = parse_script(text, DIALECTS[protocol])
        except ScriptError as error:
            errors.append(error)
        else:
            if console.json:
                console.emit({"script": str(script), "protocol": protocol, "steps": list(map(_plain, script.steps))})
            else:
                console.write([str(script)])
            return 0
    return _say_wrong(console, max(errors, key=lambda error: error.position))


def _plain(step: Step) -> dict[str, Any]:
    return {
        "count": step.count,
        "choices": [
            {
                "weight": choice.weight,
                "kind": choice.answer.kind,
                "value": choice.answer.value,
                "enhanced": choice.answer.enhanced,
                "effects": [{"name": effect.name, "value": effect.value} for effect in choice.answer.effects],
            }
            for choice in step.choices
        ],
    }


def _say_wrong(console: Console, error: ScriptError) -> int:
    """Show the script and a caret under the place of the error; of a long one the part around it."""
    shown = "".join(character if character.isprintable() else "\ufffd" for character in error.text)
    start = max(0, error.position - console.columns // 2)
    before, after = shown[start : error.position], shown[error.position : error.position + console.columns // 3]
    more = [f"  {before}{after}", f"  {' ' * width(before)}^"]
    detail = {"script": error.text, "position": error.position, "expected": error.expected}
    console.complain("bad_script", str(error), more, detail)
    return 2
