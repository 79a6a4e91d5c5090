"""Everything that the harness needs to run mail servers, as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from statuary.catalog.store import Catalogue
from statuary.snippets.mail import MailServer, read_mail_selection, read_mail_servers
from statuary.snippets.mail_place import MailSnippet, case_of, place_mail, place_natural
from statuary.snippets.place import digest
from statuary.snippets.plan import read_toolchain

__all__ = ["job_digest", "mail_application_digest", "make_mail_plan"]


def make_mail_plan(catalogue: Catalogue, content: Path) -> dict[str, Any]:
    """The plan of all servers and cases.

    Args:
        catalogue: where the texts come from.
        content: the content root.

    Raises:
        ContentError: a file of a server or toolchain is wrong.
    """
    selection = read_mail_selection(content)
    cases = [case_of(catalogue, name) for name in selection.cases]
    servers = []
    for server in read_mail_servers(content):
        jobs: dict[str, Any] = {}
        for case in cases:
            snippet = place_mail(server, case)
            if snippet is not None:
                jobs[case.id] = _job(server.run["place"], snippet, server.says(case.stage, selection), 1)
        for natural in server.naturals:
            place = natural.place or server.run["place"]
            job = _job(place, place_natural(server, natural), natural.say, natural.connections)
            jobs[natural.setting] = {**job, "start": list(natural.start)}
        servers.append(
            {
                "id": server.id,
                "name": server.name,
                "run": {key: value for key, value in server.run.items() if key not in ("tree", "toolchain", "files")},
                "base": _base(server, selection.trees, content),
                "files": {where: server.text(file) for file, where in server.run["files"].items()},
                "application": mail_application_digest(server, content),
                "jobs": jobs,
            }
        )
    return {
        "sample": list(selection.sample),
        "absent_in_ci": dict(selection.absent_in_ci),
        "servers": servers,
    }


def mail_application_digest(server: MailServer, content: Path) -> str:
    """A digest of all that a dialogue rests on beside the snippet and what is said."""
    selection = read_mail_selection(content)
    files = {where: server.text(file) for file, where in server.run["files"].items()}
    return digest(repr((files, dict(server.run), _base(server, selection.trees, content))))


def job_digest(snippet: MailSnippet, say: tuple[str, ...], connections: int = 1) -> str:
    """The digest that a recording carries: of the files, and of what the prober says."""
    return digest(snippet.whole + repr((say, connections)))


def _job(place: str, snippet: MailSnippet, say: tuple[str, ...], connections: int) -> dict[str, Any]:
    return {
        "files": {place: snippet.text, **snippet.beside},
        "digest": job_digest(snippet, say, connections),
        "say": list(say),
        "connections": connections,
        "start": [],
    }


def _base(server: MailServer, trees: Any, content: Path) -> dict[str, Any]:
    """What the server runs on: a tree of unpacked packages, or a toolchain."""
    if server.run["tree"]:
        return {"tree": {"name": server.run["tree"], **trees[server.run["tree"]]}}
    return {"toolchain": read_toolchain(server.run["toolchain"], content)}
