"""Reads ``content/snippets/mail``: the mail servers, and what they are asked to answer with."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from statuary.errors import ContentError

__all__ = [
    "MAIL_VERDICTS",
    "MailSelection",
    "MailServer",
    "Natural",
    "find_mail_server",
    "read_mail_selection",
    "read_mail_servers",
    "split_case",
]

MAX_FILE_OCTETS = 1024 * 1024
"""The largest file of a server's folder that is read, in octets."""
MAIL_VERDICTS = ("as asked", "other text", "other code", "cannot be sent")
"""Every verdict, the mildest first."""
FOLDER = "snippets/mail"
"""Where the servers' folders are, below the content root."""
GOLDEN = "golden.json"
"""The file of the recorded dialogues; whoever runs the others does not need it."""
SERVER = "server.toml"
"""The file of a server's facts."""

_FACTS = {"name", "language", "file", "site", "order", "templates"}
_FACTS_AT_WILL = {"note", "beside", "dialogue", "cannot", "deviations", "natural"}
_RUN = {"place", "start", "log", "version"}
_RUN_AT_WILL: Mapping[str, Any] = {
    "tree": "",
    "toolchain": "",
    "protocol": "smtp",
    "socket": "",
    "build": [],
    "daemons": [],
    "daemon_sockets": [],
    "folders": [],
    "files": {},
    "env": {},
    "masks": [],
}
_NATURAL = {"setting", "file", "say", "note"}
_NATURAL_AT_WILL = {"connections", "place", "beside", "start"}
_CASE = re.compile(r"([a-z]+)([2-5][0-9]{2})_([245]\.[0-9]{1,3}\.[0-9]{1,3})")


class Natural(NamedTuple):
    """How a reply comes about by itself: a configuration under which the server sends it unasked.

    Args:
        setting: the setting that brings it about: ``queue_minfree``; its name in lists.
        file: the configuration, whole, in the server's folder.
        place: where it goes; empty for where the snippets go.
        say: what the prober says; see ``mail.toml``.
        note: when the reply comes, in English.
        connections: how many connections are open at the same time; the last one is recorded.
        beside: further files, name to where each goes.
        start: the command that serves, where it is another.
    """

    setting: str
    file: str
    place: str
    say: tuple[str, ...]
    note: str
    connections: int
    beside: Mapping[str, str]
    start: tuple[str, ...] = ()


class MailSelection(NamedTuple):
    """What every server is asked.

    Args:
        cases: their names, ``rcpt452_4.2.2``: stage, reply code, enhanced code.
        first: the cases that stand first on the pages of their codes.
        sample: the cases that every run of the tests tries.
        dialogue: stage to what the prober says.
        trees: what is unpacked to run servers in: packages, accounts, folders.
        absent_in_ci: the servers that CI cannot have, each with the reason.
    """

    cases: tuple[str, ...]
    first: tuple[str, ...]
    sample: tuple[str, ...]
    dialogue: Mapping[str, tuple[str, ...]]
    trees: Mapping[str, Mapping[str, Any]]
    absent_in_ci: Mapping[str, str]


class MailServer(NamedTuple):
    """A server, or one of several ways in it: what a reader is told, and how its snippets are run.

    Args:
        id: the name of its folder: ``postfix-policy``.
        name: ``Postfix, policy service``.
        language: the language of its snippets, as Pygments names it.
        file: what a reader would call the file: ``main.cf``.
        site: where its documentation is.
        order: its place in lists.
        note: what a reader has to know to use the file, in English; empty where nothing.
        templates: stage or case to the template in the folder; a case goes before its stage.
        beside: stage to the files that are shown with the snippet: name in the folder to where it goes.
        dialogue: stage to what the prober says to this server, where that is not what it says to all.
        cannot: stage or case to the reason why there is no native way, in English.
        deviations: case to the verdict that is worse than another text, and known and accepted.
        naturals: how replies come about by themselves.
        run: how the harness runs it, as the file says it.
        folder: where it lies.
    """

    id: str
    name: str
    language: str
    file: str
    site: str
    order: int
    note: str
    templates: Mapping[str, str]
    beside: Mapping[str, Mapping[str, str]]
    dialogue: Mapping[str, tuple[str, ...]]
    cannot: Mapping[str, str]
    deviations: Mapping[str, str]
    naturals: tuple[Natural, ...]
    run: Mapping[str, Any]
    folder: Path

    def text(self, name: str) -> str:
        """A file of the folder.

        Raises:
            ContentError: it is not there, or too large.
        """
        return _read(self.folder / name, f"{FOLDER}/{self.id}/{name}")

    def template(self, stage: str, case: str) -> str:
        """The name of the template for a case; empty where there is none."""
        return self.templates.get(case) or self.templates.get(stage, "")

    def says(self, stage: str, selection: MailSelection) -> tuple[str, ...]:
        """What the prober says at a stage."""
        return self.dialogue.get(stage) or selection.dialogue[stage]

    def reason(self, stage: str, case: str) -> str:
        """Why there is no template for a case, in English; empty where nothing is said."""
        return self.cannot.get(case) or self.cannot.get(stage, "")


def read_mail_selection(content: Path) -> MailSelection:
    """Read ``mail.toml``.

    Args:
        content: the content root.

    Raises:
        ContentError: it is wrong.
    """
    where = f"{FOLDER}/mail.toml"
    data = _toml(content / where, where)
    for key in ("cases", "first", "sample", "dialogue", "trees"):
        if key not in data:
            raise ContentError(where, 1, 1, f"{key} is missing")
    for name in data["cases"]:
        split_case(name, where)
    for key in ("first", "sample"):
        if strangers := set(data[key]) - set(data["cases"]):
            raise ContentError(where, 1, 1, f"{key} names {', '.join(sorted(strangers))}", "name a case")
    return MailSelection(
        tuple(data["cases"]),
        tuple(data["first"]),
        tuple(data["sample"]),
        {stage: tuple(lines) for stage, lines in data["dialogue"].items()},
        data["trees"],
        data.get("absent_in_ci", {}),
    )


def split_case(name: str, where: str = f"{FOLDER}/mail.toml") -> tuple[str, str, str]:
    """Stage, reply code and enhanced code of a case's name.

    Raises:
        ContentError: it is no case's name.
    """
    match = _CASE.fullmatch(name)
    if match is None:
        raise ContentError(where, 1, 1, f"{name!r} is no case", "write stage, reply code, _, enhanced code")
    return match[1], match[2], match[3]


def read_mail_servers(content: Path) -> list[MailServer]:
    """Every server, in their order.

    Args:
        content: the content root.

    Raises:
        ContentError: a ``server.toml`` is wrong.
    """
    folders = [path.parent for path in (content / FOLDER).glob(f"*/{SERVER}")]
    return sorted((_server(folder) for folder in folders), key=lambda item: (item.order, item.id))


def find_mail_server(servers: list[MailServer], name: str) -> list[MailServer]:
    """The servers of that identity or name, whatever the case; ``dovecot lmtp`` finds ``Dovecot LMTP, quota``."""
    wanted = name.casefold()
    exact = [item for item in servers if wanted in (item.id, item.name.casefold())]
    return exact or [item for item in servers if item.name.casefold().partition(",")[0] == wanted]


def _server(folder: Path) -> MailServer:
    where = f"{FOLDER}/{folder.name}/{SERVER}"
    data = _toml(folder / SERVER, where)
    for key in sorted((_FACTS | _RUN) - data.keys()):
        raise ContentError(where, 1, 1, f"{key} is missing")
    for key in sorted(data.keys() - _FACTS - _FACTS_AT_WILL - _RUN - _RUN_AT_WILL.keys()):
        raise ContentError(where, 1, 1, f"{key} is not a key of a mail server")
    if bool(data.get("tree")) == bool(data.get("toolchain")):
        raise ContentError(where, 1, 1, "it needs either a tree or a toolchain", "name one of them")
    for verdict in data.get("deviations", {}):
        if verdict not in MAIL_VERDICTS[1:]:
            raise ContentError(where, 1, 1, f"{verdict!r} is not a verdict that can be accepted")
    return MailServer(
        folder.name,
        data["name"],
        data["language"],
        data["file"],
        data["site"],
        data["order"],
        data.get("note", ""),
        data["templates"],
        data.get("beside", {}),
        {stage: tuple(lines) for stage, lines in data.get("dialogue", {}).items()},
        data.get("cannot", {}),
        {case: verdict for verdict, cases in data.get("deviations", {}).items() for case in cases},
        tuple(_natural(item, where) for item in data.get("natural", ())),
        {**_RUN_AT_WILL, **{key: data[key] for key in data if key in _RUN or key in _RUN_AT_WILL}},
        folder,
    )


def _natural(data: Mapping[str, Any], where: str) -> Natural:
    for key in sorted(_NATURAL - data.keys()):
        raise ContentError(where, 1, 1, f"a natural has no {key}")
    for key in sorted(data.keys() - _NATURAL - _NATURAL_AT_WILL):
        raise ContentError(where, 1, 1, f"{key} is not a key of a natural")
    return Natural(
        data["setting"],
        data["file"],
        data.get("place", ""),
        tuple(data["say"]),
        data["note"],
        data.get("connections", 1),
        data.get("beside", MappingProxyType({})),
        tuple(data.get("start", ())),
    )


def _toml(path: Path, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(_read(path, where))
    except tomllib.TOMLDecodeError as error:
        raise ContentError(where, 1, 1, f"not TOML: {error}") from error


def _read(path: Path, where: str) -> str:
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_FILE_OCTETS + 1)
    except OSError as error:
        raise ContentError(where, 1, 1, "cannot be read") from error
    if len(octets) > MAX_FILE_OCTETS:
        raise ContentError(where, 1, 1, f"larger than {MAX_FILE_OCTETS} octets")
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise ContentError(where, 1, 1, "not UTF-8") from error
