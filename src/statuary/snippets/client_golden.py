"""Reads what was recorded when the programs of a client were run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from statuary.errors import ContentError
from statuary.snippets.client import Client
from statuary.snippets.framework import GOLDEN, MAX_FILE_OCTETS

__all__ = ["ClientGolden", "Exchanged", "MetRecord", "RanCase", "parse_client_golden", "read_client_golden"]


class Exchanged(NamedTuple):
    """One exchange as the mock's journal has it.

    Args:
        connection: the number of the connection within the run, from 1.
        stage: the stage of the dialogue.
        said: what the client said.
        answered: what the mock answered.
    """

    connection: int
    stage: str
    said: str
    answered: str


class RanCase(NamedTuple):
    """One run of a program.

    Args:
        arguments: what it got.
        stdout: what it printed.
        stderr: what it wrote to its standard error, without stack frames.
        exit_code: what it ended with; None where it had to be ended.
        exchanges: what the mock saw.
        early: how many attempts came before the time that Retry-After asked for.
    """

    arguments: tuple[str, ...]
    stdout: str
    exit_code: int | None
    exchanges: tuple[Exchanged, ...]
    stderr: str = ""
    early: int = 0


class MetRecord(NamedTuple):
    """All runs of one program.

    Args:
        program: the digest of the program that was run.
        asked: the digest of the cases that it was run in.
        cases: the runs by name.
    """

    program: str
    asked: str
    cases: Mapping[str, RanCase]


class ClientGolden(NamedTuple):
    """What was recorded of a client.

    Args:
        versions: what it ran under.
        application: the digest of what programs rest on beside themselves.
        codes: code identity to what was recorded.
    """

    versions: Mapping[str, str] = MappingProxyType({})
    application: str = ""
    codes: Mapping[str, MetRecord] = MappingProxyType({})


def read_client_golden(client: Client) -> ClientGolden | None:
    """What was recorded of a client; None where it was never run.

    Raises:
        ContentError: the file is wrong.
    """
    path = client.folder / GOLDEN
    where = f"snippets/clients/{client.id}/{GOLDEN}"
    if not path.exists():
        return None
    if path.stat().st_size > MAX_FILE_OCTETS:
        raise ContentError(where, 1, 1, f"larger than {MAX_FILE_OCTETS} octets")
    try:
        return parse_client_golden(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError) as error:
        raise ContentError(where, 1, 1, "not as the harness writes it", "record it again") from error


def parse_client_golden(data: Mapping[str, Any]) -> ClientGolden:
    """A golden from its JSON form."""
    codes = {
        identity: MetRecord(item["program"], item["asked"], {name: _case(case) for name, case in item["cases"].items()})
        for identity, item in data["codes"].items()
    }
    return ClientGolden(data["versions"], data["application"], codes)


def _case(data: Mapping[str, Any]) -> RanCase:
    exchanges = tuple(Exchanged(*item) for item in data["exchanges"])
    return RanCase(**{**data, "arguments": tuple(data["arguments"]), "exchanges": exchanges})
