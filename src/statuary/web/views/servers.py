"""Mail servers: what to write in them to answer with a code, how it comes about by itself, and what they sent."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from markupsafe import Markup

from statuary.catalog.lookup import suggest
from statuary.catalog.model import Code
from statuary.errors import CodeNotFound
from statuary.explain.mail_verdicts import MAIL_CLASSES, MAIL_MARKS
from statuary.snippets.mail import MailServer
from statuary.snippets.mail_place import Case
from statuary.snippets.mail_shelf import MailShown, NaturalShown
from statuary.web.highlight import program
from statuary.web.site import Page, Redirect, Result, Visit
from statuary.web.views.codes import the_code
from statuary.web.views.links import heading

__all__ = ["MailSection", "mail_program", "mail_section", "servers", "servers_matrix", "servers_path"]

BY_ITSELF = "by-itself"
"""The last part of the page of what brings a code about by itself."""
_LANGUAGES = {"cf": "ini", "ini": "ini", "py": "python", "js": "javascript", "mjs": "javascript", "go": "go"}
"""What the files beside a snippet are written in, by the end of their names."""


class MailSection(NamedTuple):
    """What mail servers have to say of a code.

    Args:
        groups: the cases of each stage, with every server's snippet for the first of them.
        naturals: how it comes about by itself.
        paths: stage, or ``by-itself``, to the page where it is; each has its own, which keeps them light.
    """

    groups: list[StageGroup]
    naturals: list[NaturalShown]
    paths: dict[str, str]


class StageGroup(NamedTuple):
    """The cases of one stage.

    Args:
        stage: the stage.
        shown: every server's snippet for the first case.
        others: the further cases, each with every server's.
    """

    stage: str
    shown: list[MailShown]
    others: list[tuple[Case, list[MailShown]]]


class MailCell(NamedTuple):
    """A case in a server: the verdict's colour and mark, and where it is explained; no path where all is as asked."""

    place: int
    mark: str
    path: str


def servers_path(identity: str, stage: str, first: str) -> str:
    """The path of the page with every mail server at a stage; the first stage of a code has the shortest."""
    return f"{identity}/servers" if stage == first else f"{identity}/servers/{stage}"


def mail_section(visit: Visit, code: Code) -> MailSection | None:
    """What mail servers have to say of a code; None where nothing."""
    shelf = visit.site.mail_shelf
    stages: dict[str, list[Case]] = {}
    for case in shelf.cases_of(code):
        stages.setdefault(case.stage, []).append(case)
    naturals = shelf.naturals_of(code)
    if not stages and not naturals:
        return None
    groups = [
        StageGroup(stage, shelf.show(first), [(case, shelf.show(case)) for case in others])
        for stage, (first, *others) in stages.items()
    ]
    parts = [*stages, *([BY_ITSELF] if naturals else [])]
    return MailSection(groups, naturals, {part: servers_path(code.id, part, parts[0]) for part in parts})


def servers(visit: Visit) -> Result:
    """Every mail server's snippets for a code at a stage, or what brings it about by itself."""
    protocol, value, part = visit.params["protocol"], visit.params["value"], visit.params.get("part", "")
    code = the_code(visit)
    if isinstance(code, Redirect):
        return code
    section = mail_section(visit, code)
    asked = f"{protocol}/{value}/servers{'/' if part else ''}{part}"
    part = part or (next(iter(section.paths)) if section else "")
    if section is None or part not in section.paths:
        raise CodeNotFound(asked, [code.id, *suggest(visit.catalogue, code.id)])
    path = section.paths[part]
    if path != asked:
        return Redirect(visit.url(path), permanent=True)
    name = heading(visit.catalogue, code)
    return Page(
        "servers.html",
        visit.gettext("Return %(code)s in a mail server") % {"code": name},
        path,
        {
            "code": code,
            "name": name,
            "protocol": visit.catalogue.protocols[code.protocol],
            "mail": section,
            "part": part,
            "group": next((group for group in section.groups if group.stage == part), None),
        },
        description=code.summary,
    )


def servers_matrix(visit: Visit) -> Result:
    """Every reply in every mail server."""
    shelf = visit.site.mail_shelf
    counts: dict[str, Counter[str]] = {server.id: Counter() for server in shelf.servers}
    groups: dict[str, list[tuple[Case, str, list[MailCell]]]] = {}
    first = {case.reply: case.stage for case in reversed(shelf.cases)}

    def paths(case: Case) -> str:
        return servers_path(case.codes[0], case.stage, first[case.reply])

    for case in sorted(shelf.cases, key=lambda case: (list(shelf.selection.dialogue).index(case.stage), case.line)):
        shown = shelf.show(case)
        for item in shown:
            counts[item.server.id][item.word] += 1
        path = paths(case)
        groups.setdefault(case.stage, []).append((case, path, [_cell(item, path) for item in shown]))
    return Page(
        "servers_matrix.html",
        visit.gettext("Every reply in every mail server"),
        "snippets/mail",
        {
            "servers": shelf.servers,
            "groups": list(groups.items()),
            "summary": [(server, _versions(visit, server), counts[server.id]) for server in shelf.servers],
        },
        description=visit.gettext(
            "What mail servers really send when they are told to refuse: recorded from runs, not copied from manuals."
        ),
    )


def mail_program(text: str, language: str, file: str = "") -> Markup:
    """A file with its colours.

    Args:
        text: the file.
        language: what it is written in; empty to go by its name.
        file: its name.
    """
    return program(language or _LANGUAGES.get(file.rpartition(".")[2], "text"), text)


def _cell(item: MailShown, path: str) -> MailCell:
    expected = item.word in ("as asked", "other text") or item.verdict is None
    target = "" if expected else f"{path}#{item.case.stage}-{item.server.id}"
    return MailCell(MAIL_CLASSES[item.word], MAIL_MARKS[item.word], target)


def _versions(visit: Visit, server: MailServer) -> str:
    golden = visit.site.mail_shelf.goldens[server.id]
    return ", ".join(f"{name} {version}" for name, version in golden.versions.items())
