"""What mail servers are to be run, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from snippets.plan import Toolchain

__all__ = ["Job", "MailApp", "MailPlan", "Tree", "load_mail_plan", "parse_mail_plan"]


class Job(NamedTuple):
    """A snippet to run.

    Args:
        files: what to place, by where it goes.
        digest: what its golden must carry.
        say: what the prober says.
        connections: how many connections are open at the same time.
        start: the command that serves, where it is another than the server's.
    """

    files: dict[str, str]
    digest: str
    say: list[str]
    connections: int
    start: list[str]


class Tree(NamedTuple):
    """Debian packages that are unpacked and run with another root folder.

    Args:
        name: its name.
        packages: what is unpacked, beside the libraries that they need.
        accounts: users and groups that it has.
        folders: folders that the packages' own scripts would make: path, owner and mode.
    """

    name: str
    packages: list[str]
    accounts: list[str]
    folders: list[str]


class MailApp(NamedTuple):
    """A mail server.

    Args:
        id: the name of its folder.
        name: what it is called.
        tree: what it is run in; None where it has a toolchain.
        toolchain: what it is built and run with; None where it has a tree.
        protocol: ``smtp`` or ``lmtp``.
        socket: the UNIX socket that it listens on; empty where it is a port.
        build: commands to run before each start.
        daemons: commands that run beside it.
        daemon_sockets: the sockets to wait for before it is started.
        start: the command that serves.
        folders: further folders: path, owner and mode.
        env: further environment variables.
        log: ``syslog``, ``stderr``, ``stdout`` or a file.
        masks: regular expressions of what changes from run to run.
        version: what it is made of, and the command that prints each version.
        files: what is placed beside every snippet, by where it goes.
        application: the digest that the golden must carry.
        jobs: case or setting to what is run.
    """

    id: str
    name: str
    tree: Tree | None
    toolchain: Toolchain | None
    protocol: str
    socket: str
    build: list[list[str]]
    daemons: list[list[str]]
    daemon_sockets: list[str]
    start: list[str]
    folders: list[str]
    env: dict[str, str]
    log: str
    masks: list[str]
    version: dict[str, list[str]]
    files: dict[str, str]
    application: str
    jobs: dict[str, Job]


class MailPlan(NamedTuple):
    """All servers, the cases that tests run, and the servers that CI may lack."""

    apps: list[MailApp]
    sample: list[str]
    absent_in_ci: dict[str, str]


def load_mail_plan() -> MailPlan:
    """The plan of this checkout.

    Raises:
        ImportError: Statuary is not installed; a bundle for another machine carries no mail servers.
    """
    from statuary.catalog.paths import find_places
    from statuary.catalog.store import open_catalogue
    from statuary.snippets.mail_plan import make_mail_plan

    return parse_mail_plan(make_mail_plan(open_catalogue(), find_places().content))


def parse_mail_plan(data: Mapping[str, Any]) -> MailPlan:
    """A plan from its JSON form."""
    return MailPlan([_app(item) for item in data["servers"]], data["sample"], data["absent_in_ci"])


def _app(data: Mapping[str, Any]) -> MailApp:
    base, run = data["base"], data["run"]
    return MailApp(
        id=data["id"],
        name=data["name"],
        tree=Tree(**base["tree"]) if "tree" in base else None,
        toolchain=Toolchain(**base["toolchain"]) if "toolchain" in base else None,
        files=data["files"],
        application=data["application"],
        jobs={name: Job(**job) for name, job in data["jobs"].items()},
        **{key: value for key, value in run.items() if key != "place"},
    )
