"""Reads the recorded answers of a framework."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from statuary.errors import ContentError
from statuary.snippets.framework import GOLDEN, MAX_FILE_OCTETS, Framework

__all__ = ["Golden", "Recorded", "parse_golden", "read_golden"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Recorded(NamedTuple):
    """What went on the wire when a snippet was run.

    Args:
        snippet: the digest of the snippet that was run.
        status_line: the first line of the final response; empty where none came.
        headers: its header fields in order, ``Date`` and the like masked.
        body: its body, decoded from any transfer coding.
        octets: the length of the body in octets.
        framing: how the end of the body was said: ``length``, ``chunked``, ``close`` or ``none``.
        keep_alive: what became of the connection: ``kept``, ``closed``, ``hang`` (the client waits for an end that does
            not come) or ``stray octets`` (octets followed that belong to no response).
        interim: status lines of 1xx responses that came before.
        stderr: what the server wrote to its standard error, without stack frames.
        exit_code: where the server ended instead of going on: its exit code.
    """

    snippet: str
    status_line: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    octets: int = 0
    framing: str = "none"
    keep_alive: str = "kept"
    interim: tuple[str, ...] = ()
    stderr: str = ""
    exit_code: int | None = None

    @property
    def status_code(self) -> int | None:
        """The status code; None where no response came."""
        word = self.status_line.split(" ")[1:2]
        return int(word[0]) if word and word[0].isdigit() else None

    @property
    def reason_phrase(self) -> str:
        """The reason phrase; often empty."""
        return self.status_line.split(" ", 2)[2] if self.status_line.count(" ") > 1 else ""

    @property
    def text(self) -> str:
        """The response as it is shown: interim lines, status line, header fields, an empty line, the body."""
        fields = [f"{name}: {value}" for name, value in self.headers]
        head = [*self.interim, self.status_line, *fields] if self.status_line else list(self.interim)
        return "\n".join([*head, "", self.body] if self.body else head)

    def header(self, name: str) -> str | None:
        """The values of a header field, joined; None where it is absent."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


class Golden(NamedTuple):
    """All recorded answers of a framework.

    Args:
        versions: what it ran under: ``Django`` to ``5.2.19``.
        application: the digest of what the application was made of beside the snippets.
        exit_code: what the server ended with when it was asked to end.
        answers: code identity to what was recorded.
    """

    versions: Mapping[str, str] = _NOTHING
    application: str = ""
    exit_code: int | None = None
    answers: Mapping[str, Recorded] = MappingProxyType({})


def read_golden(framework: Framework) -> Golden | None:
    """The recorded answers of a framework; None where it was never run.

    Raises:
        ContentError: the file is wrong.
    """
    path = framework.folder / GOLDEN
    where = f"snippets/{framework.id}/{GOLDEN}"
    if not path.exists():
        return None
    if path.stat().st_size > MAX_FILE_OCTETS:
        raise ContentError(where, 1, 1, f"larger than {MAX_FILE_OCTETS} octets")
    try:
        return parse_golden(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError) as error:
        raise ContentError(where, 1, 1, "not as the harness writes it", "record it again") from error


def parse_golden(data: Mapping[str, Any]) -> Golden:
    """A golden from its JSON form."""
    answers = {
        identity: Recorded(
            **{
                **answer,
                "headers": tuple((name, value) for name, value in answer.get("headers", ())),
                "interim": tuple(answer.get("interim", ())),
            }
        )
        for identity, answer in data["answers"].items()
    }
    return Golden(data["versions"], data["application"], data["exit_code"], answers)
