"""Reads ``content/snippets/clients``: the clients, and how each is asked to meet a code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from statuary.errors import ContentError
from statuary.snippets.framework import GOLDEN, read_beside, read_text, read_toml

__all__ = ["Client", "ClientSelection", "find_client", "read_client_selection", "read_clients"]

FOLDER = "clients"
"""Where the clients lie, below ``content/snippets``."""
FAMILIES = ("later", "stop", "redirect", "done")
"""The kinds of programs, by what the retry advice of a code asks for."""

_FACTS = {"name", "protocol", "language", "file", "template", "site", "order", "shown"}
_FACTS_AT_WILL = {"deviations"}
_RUN = {"toolchain", "place", "run", "version"}
_RUN_AT_WILL: Mapping[str, Any] = {"build": [], "stderr_ignore": []}


class ClientSelection(NamedTuple):
    """How every client is asked to meet a code.

    Args:
        waits: the waits between attempts that a run is given, in seconds.
        sample: the identities that every run of the tests tries.
        families: retry policy to family of programs.
        advice: retry policy to what a program says that does not repeat.
        stages: the stages of SMTP that an address can speak for, the commonest first.
        sender: whose mail is sent.
        other: a recipient that is always accepted.
        domain: the domain of the addresses that are scripts.
        request: code identity to request fields.
        redirects: code identity to what a redirect does to a POST: ``note`` and the ``methods`` that may follow.
        absent_in_ci: the clients that CI may lack, each with the reason.
    """

    waits: tuple[str, ...]
    sample: tuple[str, ...]
    families: Mapping[str, str]
    advice: Mapping[str, str]
    stages: tuple[str, ...]
    sender: str
    other: str
    domain: str
    request: Mapping[str, Mapping[str, str]]
    redirects: Mapping[str, Mapping[str, Any]]
    absent_in_ci: Mapping[str, str]


class Client(NamedTuple):
    """A client: what a reader is told of it, and how its programs are run.

    Args:
        id: the name of its folder: ``smtplib``.
        name: ``smtplib``.
        protocol: the protocol that it speaks.
        language: the language of its programs, as Pygments names it.
        file: what a reader would call the file: ``send.py``.
        template: the name of the template in the folder.
        site: where its documentation is.
        order: its place among those of its protocol.
        shown: the command that a reader types before the arguments.
        deviations: the codes for which it is known, and accepted, that it does not do as advised.
        run: how the harness runs it, as the file says it.
        folder: where it lies.
    """

    id: str
    name: str
    protocol: str
    language: str
    file: str
    template: str
    site: str
    order: int
    shown: str
    deviations: tuple[str, ...]
    run: Mapping[str, Any]
    folder: Path

    def files(self) -> dict[str, str]:
        """The files beside the programs, by name: all of the folder but template, facts and golden."""
        return read_beside(self.folder, {"client.toml", self.template, GOLDEN})

    def template_text(self) -> str:
        """The template as it stands."""
        return read_text(self.folder / self.template)


def read_client_selection(content: Path) -> ClientSelection:
    """Read ``clients.toml``.

    Args:
        content: the content root.

    Raises:
        ContentError: it is wrong.
    """
    path = content / "snippets" / FOLDER / "clients.toml"
    data = read_toml(path, content)
    where = str(path.relative_to(content))
    try:
        smtp = data["smtp"]
        selection = ClientSelection(
            tuple(data["waits"]),
            tuple(data["sample"]),
            data["families"],
            data["advice"],
            tuple(smtp["stages"]),
            smtp["sender"],
            smtp["other"],
            smtp["domain"],
            data["request"],
            data["redirects"],
            data.get("absent_in_ci", {}),
        )
    except KeyError as error:
        raise ContentError(where, 1, 1, f"{error.args[0]} is missing") from error
    for policy, family in selection.families.items():
        if family not in FAMILIES:
            raise ContentError(where, 1, 1, f"{policy}: {family!r} is not one of {', '.join(FAMILIES)}")
    return selection


def read_clients(content: Path, protocol: str = "") -> list[Client]:
    """Every client, or those of a protocol, in their order.

    Args:
        content: the content root.
        protocol: the protocol; empty for all.

    Raises:
        ContentError: a ``client.toml`` is wrong.
    """
    folders = [path.parent for path in (content / "snippets" / FOLDER).glob("*/client.toml")]
    found = sorted((_client(folder, content) for folder in folders), key=lambda item: (item.protocol, item.order))
    return [client for client in found if protocol in ("", client.protocol)]


def find_client(clients: list[Client], name: str) -> Client | None:
    """The client of that identity or name, whatever the case; None where there is none.

    Args:
        clients: those to look among; two that speak different protocols may share a name.
        name: ``smtplib``, ``Java HttpClient``.
    """
    wanted = name.casefold()
    return next((item for item in clients if wanted in (item.id, item.name.casefold())), None)


def _client(folder: Path, content: Path) -> Client:
    path = folder / "client.toml"
    data = read_toml(path, content)
    where = str(path.relative_to(content))
    for key in sorted((_FACTS | _RUN) - data.keys()):
        raise ContentError(where, 1, 1, f"{key} is missing")
    for key in sorted(data.keys() - _FACTS - _FACTS_AT_WILL - _RUN - _RUN_AT_WILL.keys()):
        raise ContentError(where, 1, 1, f"{key} is not a key of a client")
    run = {**_RUN_AT_WILL, **{key: data[key] for key in data if key in _RUN or key in _RUN_AT_WILL}}
    facts = {key: data[key] for key in _FACTS}
    return Client(folder.name, deviations=tuple(data.get("deviations", ())), run=run, folder=folder, **facts)
