"""Everything that the harness needs to run the clients, as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from statuary.catalog.store import Catalogue
from statuary.snippets.client import Client, ClientSelection, read_client_selection, read_clients
from statuary.snippets.client_place import Meeting, cases_digest, codes_met, meeting, place_client
from statuary.snippets.place import digest
from statuary.snippets.plan import read_toolchain

__all__ = ["client_digest", "make_client_plan"]


def make_client_plan(catalogue: Catalogue, content: Path) -> dict[str, Any]:
    """The plan of all clients and codes.

    Args:
        catalogue: where the codes come from.
        content: the content root.

    Raises:
        ContentError: a file of a client or toolchain is wrong.
    """
    selection = read_client_selection(content)
    met = {
        protocol: [meeting(catalogue, code, selection) for code in codes_met(catalogue, protocol, selection)]
        for protocol in ("http", "smtp")
    }
    return {
        "sample": list(selection.sample),
        "absent_in_ci": dict(selection.absent_in_ci),
        "clients": [_client(client, met[client.protocol], selection, content) for client in read_clients(content)],
    }


def client_digest(client: Client, content: Path) -> str:
    """A digest of all that a run rests on beside program and cases: further files, commands, pinned versions."""
    toolchain = read_toolchain(client.run["toolchain"], content)
    return digest(repr([client.files(), client.run, toolchain]))


def _client(client: Client, met: list[Meeting], selection: ClientSelection, content: Path) -> dict[str, Any]:
    programs = {}
    for item in met:
        text = place_client(client, item)
        programs[item.code] = {
            "text": text,
            "digest": digest(text),
            "asked": cases_digest(item),
            "cases": {case.name: list(case.arguments) for case in item.cases},
            "fields": [*item.request, *item.reads, "Location", "Retry-After"],
        }
    return {
        "id": client.id,
        "name": client.name,
        "protocol": client.protocol,
        "run": dict(client.run),
        "toolchain": read_toolchain(client.run["toolchain"], content),
        "files": client.files(),
        "application": client_digest(client, content),
        "programs": programs,
    }
