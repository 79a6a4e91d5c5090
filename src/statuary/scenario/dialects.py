"""Dialects of magic addresses: what other services taught their users, in a table that is data.

A dialect is understood where it is switched on; :data:`DEFAULT_DIALECTS` always are. Our own spelling and BadSMTP's,
which is nearly the same, need no table: see :mod:`statuary.scenario.address`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from statuary.errors import RuleError

__all__ = [
    "DEFAULT_DIALECTS",
    "DIALECTS",
    "Dialect",
    "MagicAddress",
    "Meaning",
    "check_dialects",
    "read_dialects",
    "tag_beside",
]

MAX_TEXT_CHARACTERS = 200
"""How much of the text that an address spells is sent, in characters."""

_REPLY = re.compile(r"bounce\+(?P<code>[0-9]{3})(?:[+](?P<text>.*))?", re.IGNORECASE | re.DOTALL)
_ENHANCED = re.compile(r"(?P<enhanced>[245]\.[0-9]{1,3}\.[0-9]{1,3})(?: (?P<text>.*))?", re.DOTALL)
_UNSAFE = re.compile(r"[^ -~]")


class MagicAddress(NamedTuple):
    """A word of a dialect and what it does.

    Args:
        word: in small letters; where it stands is the dialect's.
        stage: the stage at which the script answers; or ``bounce``, ``complaint`` or ``away`` for what comes back
            after acceptance.
        script: what it answers; empty where the address spells it.
        what: what happens, in a few words.
    """

    word: str
    stage: str
    script: str
    what: str


class Dialect(NamedTuple):
    """A service's magic addresses.

    Args:
        name: what switches it on.
        title: the service.
        default: whether it is on without being asked for.
        source: where the service documents it.
        domains: where it holds; empty for any domain.
        where: what names the behaviour: ``local``, ``tag``, ``subdomain`` or ``reply``.
        example: an address of it.
        addresses: by word.
    """

    name: str
    title: str
    default: bool
    source: str
    domains: tuple[str, ...]
    where: str
    example: str
    addresses: Mapping[str, MagicAddress]


class Meaning(NamedTuple):
    """What an address means in a dialect.

    Args:
        stage: as in :class:`MagicAddress`.
        script: what it answers.
        text: the reply text that the address spells; empty for the catalogue's.
    """

    stage: str
    script: str
    text: str = ""


def _load() -> dict[str, Dialect]:
    text = files("statuary.scenario").joinpath("dialects.toml").read_text(encoding="utf-8")
    return {
        entry["name"]: Dialect(
            entry["name"],
            entry["title"],
            entry.get("default", False),
            entry["source"],
            tuple(entry["domains"]),
            entry["where"],
            entry["example"],
            {address["word"]: MagicAddress(**address) for address in entry["address"]},
        )
        for entry in tomllib.loads(text)["dialect"]
    }


DIALECTS: Mapping[str, Dialect] = _load()
"""Every dialect, by name."""

DEFAULT_DIALECTS: tuple[str, ...] = tuple(name for name, dialect in DIALECTS.items() if dialect.default)
"""The dialects that are understood without being asked for."""


def check_dialects(names: Iterable[str]) -> tuple[str, ...]:
    """The dialects to understand: those of the names, and those that always are.

    Args:
        names: of dialects.

    Raises:
        RuleError: there is none of that name; the message says which there are.
    """
    wanted = dict.fromkeys((*DEFAULT_DIALECTS, *names))
    for name in wanted:
        if name not in DIALECTS:
            raise RuleError(f"no dialect {name!r}: use of {', '.join(DIALECTS)}")
    return tuple(wanted)


def read_dialects(local_part: str, domain: str, names: Iterable[str]) -> Meaning | None:
    """What an address means in the first dialect that knows it; None where none does.

    Args:
        local_part: before the ``@``, unquoted.
        domain: after it.
        names: the dialects that are switched on.
    """
    for name in names:
        dialect = DIALECTS[name]
        if dialect.domains and domain.lower() not in dialect.domains:
            continue
        if dialect.where == "reply":
            meaning = _read_reply(local_part)
            if meaning is not None:
                return meaning
            continue
        found = dialect.addresses.get(_word(dialect.where, local_part, domain))
        if found is not None:
            return Meaning(found.stage, found.script)
    return None


def tag_beside(local_part: str, domain: str, names: Iterable[str]) -> str:
    """The tag of an address, which follows its first ``+``, without what a dialect reads there; empty for none.

    Args:
        local_part: before the ``@``, unquoted.
        domain: after it.
        names: the dialects that are switched on.
    """
    tag = local_part.partition("+")[2]
    if not tag:
        return ""
    for name in names:
        dialect = DIALECTS[name]
        if dialect.domains and domain.lower() not in dialect.domains:
            continue
        if dialect.where == "reply" and _REPLY.fullmatch(local_part) is not None:
            return ""
        if dialect.where == "tag" and _word("tag", local_part, domain) in dialect.addresses:
            return tag.rpartition("+")[0]
    return tag


def _word(where: str, local_part: str, domain: str) -> str:
    if where == "subdomain":
        return domain.partition(".")[0].lower()
    if where == "tag":
        return local_part.rpartition("+")[2].lower() if "+" in local_part else ""
    return local_part.partition("+")[0].lower().replace("_", "")


def _read_reply(local_part: str) -> Meaning | None:
    """An address that spells its reply: code, perhaps an enhanced code, and text with ``+`` for spaces."""
    match = _REPLY.fullmatch(local_part)
    if match is None:
        return None
    text = unquote_to_bytes((match["text"] or "").replace("+", " ")).decode("utf-8", "replace")
    # What could end a line, or is not for a reply line, does not get there (RFC 5321 §4.2).
    text = _UNSAFE.sub("?", text)[:MAX_TEXT_CHARACTERS].strip()
    marked = _ENHANCED.fullmatch(text)
    if marked is None:
        return Meaning("rcpt", match["code"], text)
    return Meaning("rcpt", f"{match['code']}_{marked['enhanced']}", (marked["text"] or "").strip())
