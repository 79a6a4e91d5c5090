"""Reads what mail servers were recorded to answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from statuary.errors import ContentError
from statuary.snippets.mail import FOLDER, GOLDEN, MAX_FILE_OCTETS, MailServer

__all__ = ["MailGolden", "MailRecorded", "parse_mail_golden", "read_mail_golden"]

_REPLY = re.compile(r"([2-5][0-9]{2})(?:[ -](?:([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$))?(.*))?")


class MailRecorded(NamedTuple):
    """What went over the wire.

    Args:
        snippet: the digest of the files that were run.
        reply: the lines of the reply in question; none where none came.
        octets: how long it was, in octets.
        dialogue: everything that was said: ``C`` or ``S``, and the line.
        after: what became of the session: ``kept``, ``closed`` or ``hang``.
        log: what the server logged, without times and process numbers.
        exit_code: where the server ended instead of going on: its exit code.
    """

    snippet: str
    reply: tuple[str, ...] = ()
    octets: int = 0
    dialogue: tuple[tuple[str, str], ...] = ()
    after: str = "kept"
    log: str = ""
    exit_code: int | None = None

    @property
    def reply_code(self) -> str:
        """The reply code; empty where no reply came."""
        return self._part(1)

    @property
    def enhanced(self) -> str:
        """The enhanced status code; empty where there is none."""
        return self._part(2)

    @property
    def text(self) -> str:
        """What follows the codes, its lines joined."""
        parts = [match[3] or "" for line in self.reply if (match := _REPLY.fullmatch(line))]
        return " ".join(parts).strip()

    def _part(self, group: int) -> str:
        match = _REPLY.fullmatch(self.reply[0]) if self.reply else None
        return (match[group] or "") if match else ""


class MailGolden(NamedTuple):
    """All that a server was recorded to answer.

    Args:
        versions: what it ran under.
        application: the digest of what was there beside the snippets.
        answers: case or setting to what was recorded.
    """

    versions: Mapping[str, str] = MappingProxyType({})
    application: str = ""
    answers: Mapping[str, MailRecorded] = MappingProxyType({})


def read_mail_golden(server: MailServer) -> MailGolden | None:
    """The recorded dialogues of a server; None where it was never run.

    Raises:
        ContentError: the file is wrong.
    """
    path = server.folder / GOLDEN
    where = f"{FOLDER}/{server.id}/{GOLDEN}"
    if not path.exists():
        return None
    if path.stat().st_size > MAX_FILE_OCTETS:
        raise ContentError(where, 1, 1, f"larger than {MAX_FILE_OCTETS} octets")
    try:
        return parse_mail_golden(json.loads(path.read_bytes()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContentError(where, 1, 1, "not as the harness writes it", "record it again") from error


def parse_mail_golden(data: Mapping[str, Any]) -> MailGolden:
    """A golden from its JSON form."""
    answers = {
        name: MailRecorded(
            **{
                **answer,
                "reply": tuple(answer.get("reply", ())),
                "dialogue": tuple((line[:1], line[3:]) for line in answer.get("dialogue", ())),
            }
        )
        for name, answer in data["answers"].items()
    }
    return MailGolden(data["versions"], data["application"], answers)
