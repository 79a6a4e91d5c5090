"""What clients are to be run: made from the content of a checkout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from snippets.plan import App, Placed, Toolchain

__all__ = ["ClientPlan", "Program", "Runnable", "client_plan_of_checkout", "parse_client_plan"]


class Program(NamedTuple):
    """A program that meets one code.

    Args:
        text: the program.
        digest: its digest.
        asked: the digest of its cases.
        cases: the runs by name, each with its arguments.
        fields: the header fields that a transcript shows.
    """

    text: str
    digest: str
    asked: str
    cases: dict[str, list[str]]
    fields: list[str]


class Runnable(NamedTuple):
    """A client with all its programs.

    Args:
        id: the name of the client's folder.
        name: what it is called.
        protocol: the protocol that it speaks.
        command: what runs a program, before its arguments.
        app: the programs as the rest of the harness places and builds them.
        programs: code identity to program.
    """

    id: str
    name: str
    protocol: str
    command: list[str]
    app: App
    programs: dict[str, Program]


class ClientPlan(NamedTuple):
    """All clients, the sample of codes that tests run, and the clients that CI may lack."""

    clients: list[Runnable]
    sample: list[str]
    absent_in_ci: dict[str, str]


def client_plan_of_checkout() -> ClientPlan:
    """The plan of this checkout; without Statuary there is no mock that clients could meet, and the plan is empty."""
    try:
        from statuary.catalog.paths import find_places
        from statuary.catalog.store import open_catalogue
        from statuary.snippets.client_plan import make_client_plan
    except ImportError:
        return ClientPlan([], [], {})
    return parse_client_plan(make_client_plan(open_catalogue(), find_places().content))


def parse_client_plan(data: Mapping[str, Any]) -> ClientPlan:
    """A plan from its JSON form."""
    return ClientPlan([_runnable(item) for item in data["clients"]], data["sample"], data["absent_in_ci"])


def _runnable(data: Mapping[str, Any]) -> Runnable:
    run = data["run"]
    programs = {code: Program(**item) for code, item in data["programs"].items()}
    app = App(
        # Toolchains are shared with frameworks, and one of them may have the same name.
        id=f"client-{data['id']}",
        name=data["name"],
        toolchain=Toolchain(**data["toolchain"]),
        build=run["build"],
        check=[],
        start=[],
        place=run["place"],
        several_ports=False,
        version=run["version"],
        stderr_ignore=run["stderr_ignore"],
        wrap=[],
        files=data["files"],
        application=data["application"],
        snippets={code: Placed(item.text, item.digest) for code, item in programs.items()},
    )
    return Runnable(data["id"], data["name"], data["protocol"], run["run"], app, programs)
