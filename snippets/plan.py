"""What is to be run: made from the content of a checkout, or read from the file that a bundle carries."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["App", "Placed", "Plan", "Toolchain", "load_plan", "parse_plan", "plan_of_checkout"]


class Placed(NamedTuple):
    """A snippet as it stands on its page, and the digest that its golden must carry."""

    text: str
    digest: str


class Toolchain(NamedTuple):
    """What a framework is built and run with; several can share one.

    Args:
        name: the name of its folder.
        needs: the commands that must be on the path.
        debian: the Debian packages that bring them.
        env: environment variables for set-up, build and run.
        setup: the commands that set it up, once for each change of its files.
        files: its lock files and the like, by name.
    """

    name: str
    needs: list[str]
    debian: list[str]
    env: dict[str, str]
    setup: list[list[str]]
    files: dict[str, str]


class App(NamedTuple):
    """A framework's application: a route for each code.

    Args:
        id: the name of the framework's folder.
        name: what the framework is called.
        toolchain: what it is built and run with.
        build: commands to run before the start.
        check: the command that says whether ``{file}``, one placed snippet, is taken at all; often empty.
        start: the command that serves.
        place: where a snippet goes, ``{module}`` standing for its code.
        several_ports: it gives each snippet its own port, and writes them to ``ports.json``.
        version: what it is made of, each with the command that prints the version.
        stderr_ignore: regular expressions of lines that say nothing of an answer.
        wrap: the edits that a snippet needs to stand beside others: ``find``, ``replace``, or ``append``.
        files: the files of the application, by name.
        application: the digest that the golden must carry.
        snippets: code identity to snippet.
    """

    id: str
    name: str
    toolchain: Toolchain
    build: list[list[str]]
    check: list[str]
    start: list[str]
    place: str
    several_ports: bool
    version: dict[str, list[str]]
    stderr_ignore: list[str]
    wrap: list[dict[str, str]]
    files: dict[str, str]
    application: str
    snippets: dict[str, Placed]


class Plan(NamedTuple):
    """All applications, the sample of codes that tests run, and the frameworks that CI may lack."""

    apps: list[App]
    sample: list[str]
    absent_in_ci: dict[str, str]


def load_plan(path: Path | None = None) -> Plan:
    """The plan of ``path``, of this bundle, or of this checkout.

    Raises:
        ImportError: this is neither a bundle nor a checkout with Statuary installed.
    """
    if path is not None:
        return parse_plan(json.loads(path.read_bytes()))
    try:
        return parse_plan(json.loads(pkgutil.get_data("snippets", "plan.json") or b""))
    except (OSError, ValueError):
        return parse_plan(plan_of_checkout())


def plan_of_checkout() -> dict[str, Any]:
    """The plan as data, made from the content of this checkout."""
    from statuary.catalog.paths import find_places
    from statuary.catalog.store import open_catalogue
    from statuary.snippets.plan import make_plan

    return make_plan(open_catalogue(), find_places().content)


def parse_plan(data: Mapping[str, Any]) -> Plan:
    """A plan from its JSON form."""
    return Plan([_app(item) for item in data["frameworks"]], data["sample"], data["absent_in_ci"])


def _app(data: Mapping[str, Any]) -> App:
    return App(
        id=data["id"],
        name=data["name"],
        toolchain=Toolchain(**data["toolchain"]),
        files=data["files"],
        application=data["application"],
        snippets={key: Placed(item["text"], item["digest"]) for key, item in data["snippets"].items()},
        **{key: value for key, value in data["run"].items() if key != "toolchain"},
    )
