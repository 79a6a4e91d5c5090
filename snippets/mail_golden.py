"""What mail servers answered: made from dialogues, written as one line a case, and compared."""

from __future__ import annotations

import functools
import json
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snippets.golden import differences
from snippets.mail_plan import Job, MailApp
from snippets.mail_probe import Dialogue

__all__ = ["differences", "entry", "read", "refused", "write"]

MAX_LOG_LINES = 8
"""The most lines of a log that are kept."""
MAX_LINE_CHARACTERS = 240
"""The most of each such line, in characters."""
_MASKS = (
    (r"\x1b\[[0-9;]*m", ""),
    (r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9:]{8}[.,0-9]*(?: ?[+-][0-9]{2}:?[0-9]{2}|Z)?", "*"),
    (r"[A-Z][a-z]{2}, [0-9]+ [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+-][0-9]{4}", "*"),
    (r"(?<=\[)[0-9]{1,7}(?=\])", "*"),
)


def entry(app: MailApp, job: Job, dialogue: Dialogue, log: str, words: Mapping[str, str]) -> dict[str, Any]:
    """The entry of a dialogue; what is as usual is left out.

    Args:
        app: the server.
        job: what it ran.
        dialogue: what was said.
        log: what it logged.
        words: what this run alone has, such as its port, to what stands instead.
    """

    def mask(text: str) -> str:
        return _masked(text, app.masks, words)

    kept: dict[str, Any] = {
        "snippet": job.digest,
        "reply": [mask(line) for line in dialogue.reply],
        "octets": dialogue.octets,
        "dialogue": [mask(line) for line in dialogue.lines],
        "after": dialogue.after,
        "log": _log(mask(log)),
    }
    usual: dict[str, Any] = {"reply": [], "octets": 0, "dialogue": [], "after": "kept", "log": ""}
    return {key: value for key, value in kept.items() if key not in usual or usual[key] != value}


def refused(app: MailApp, job: Job, exit_code: int | None, said: str, words: Mapping[str, str]) -> dict[str, Any]:
    """The entry of a snippet that the server does not even take: what it said, and its exit code."""
    log = _log(_masked(said, app.masks, words))
    return {"snippet": job.digest, "after": "closed", "log": log, "exit_code": -1 if exit_code is None else exit_code}


def read(folder: Path, app: MailApp) -> dict[str, Any]:
    """The golden of a server as data; empty where it was never run."""
    path = folder / app.id / "golden.json"
    if not path.exists():
        return {"versions": {}, "application": "", "answers": {}}
    data: dict[str, Any] = json.loads(path.read_bytes())
    return data


def write(folder: Path, app: MailApp, data: Mapping[str, Any]) -> Path:
    """Write a golden, one line for each case, in the order of the plan.

    Args:
        folder: where the servers' folders are.
        app: the server.
        data: ``versions``, ``application`` and ``answers``.
    """
    answers = data["answers"]
    lines = [f"{_json(name)}: {_json(answers[name])}" for name in app.jobs if name in answers]
    text = (
        f'{{"versions": {_json(data["versions"])},\n"application": {_json(data["application"])},\n"answers": {{\n'
        + ",\n".join(lines)
        + "\n}}\n"
    )
    path = folder / app.id / "golden.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _masked(text: str, patterns: list[str], words: Mapping[str, str]) -> str:
    for word, instead in words.items():
        text = text.replace(word, instead)
    for pattern, instead in _MASKS:
        text = re.sub(pattern, instead, text)
    for pattern in patterns:
        text = re.sub(pattern.replace("{fqdn}", _fqdn()), "*", text)
    return text


@functools.cache
def _fqdn() -> str:
    """The name of this machine, which a server may greet with, as a regular expression."""
    return re.escape(socket.getfqdn())


def _log(text: str) -> str:
    """The lines that tell something, without those that tell the same twice."""
    lines = [line.rstrip()[:MAX_LINE_CHARACTERS] for line in text.splitlines() if line.strip(" *")]
    return "\n".join(list(dict.fromkeys(lines))[:MAX_LOG_LINES])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
