"""What was recorded: made from what came, written as one line a code, and compared."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snippets.app import Running
from snippets.plan import App
from snippets.probe import Answer

__all__ = ["differences", "read", "recorded", "refused", "said", "write"]

MAX_BODY_CHARACTERS = 2000
"""The most of a body that is kept, in characters; its length is kept in any case."""
MAX_STDERR_LINES = 8
"""The most lines of standard error that are kept for one answer."""
MAX_LINE_CHARACTERS = 200
"""The most of each such line, in characters."""
_MASKED_HEADERS = frozenset({"date", "last-modified", "x-request-id", "x-runtime"})
_VERSION = re.compile(r"(?<=/)[0-9][\w.+~-]*")
_MASKS = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ][0-9:]{8}[.,0-9]*(?: ?[+-][0-9]{2}:?[0-9]{2}|Z)?"), "*"),
    (re.compile(r"[A-Z][a-z]{2} [A-Z][a-z]{2} +[0-9]+ [0-9:]{8}(?:\.[0-9]+)? [0-9]{4}"), "*"),
    (re.compile(r"0x[0-9a-f]+"), "*"),
    (re.compile(r"(?<=[\[(# ])[0-9]{3,}(?=[\])# ])"), "*"),
    (re.compile(r"(?<=127\.0\.0\.1:)[0-9]+"), "*"),
)


def said(running: Running, text: str) -> str:
    """Standard error without stack frames, times, ports and process numbers."""
    ignored = [re.compile(pattern) for pattern in running.app.stderr_ignore]
    lines = []
    for raw in text.replace(str(running.folder), "").splitlines():
        line = raw
        for pattern, instead in _MASKS:
            line = pattern.sub(instead, line)
        if line.strip() and not line[0].isspace() and not any(pattern.search(line) for pattern in ignored):
            lines.append(line[:MAX_LINE_CHARACTERS].rstrip())
    return "\n".join(lines[:MAX_STDERR_LINES])


def recorded(running: Running, code: str, answer: Answer, stderr: str) -> dict[str, Any]:
    """The entry of one answer; what is as usual is left out."""
    port = re.compile(rf"(?<=:){running.target(code)[0]}\b")
    body = answer.body.decode("utf-8", errors="backslashreplace")
    entry = {
        "snippet": running.app.snippets[code].digest,
        "status_line": answer.status_line,
        "headers": [[name, _masked(name, port.sub("*", value))] for name, value in answer.headers],
        "body": port.sub("*", body)[:MAX_BODY_CHARACTERS],
        "octets": len(answer.body),
        "framing": answer.framing,
        "keep_alive": answer.keep_alive,
        "interim": answer.interim,
        "stderr": said(running, stderr),
    }
    if not running.alive:
        entry["exit_code"] = running.exit_code
    usual = {
        "headers": [],
        "body": "",
        "octets": 0,
        "framing": "none",
        "keep_alive": "kept",
        "interim": [],
        "stderr": "",
    }
    return {key: value for key, value in entry.items() if key not in usual or usual[key] != value}


def refused(running: Running, code: str) -> dict[str, Any]:
    """The entry of a snippet that the framework does not even take: what it said, and its exit code."""
    exit_code, text = running.refused[code]
    return {
        "snippet": running.app.snippets[code].digest,
        "status_line": "",
        "keep_alive": "closed",
        "stderr": said(running, text),
        "exit_code": exit_code,
    }


def differences(golden: Mapping[str, Any] | None, entry: Mapping[str, Any]) -> list[str]:
    """What an answer has that its golden has not, in words; empty where they are the same."""
    if golden is None:
        return ["never recorded"]
    return [
        f"{key} was {golden.get(key)!r} and is {entry.get(key)!r}"
        for key in sorted(golden.keys() | entry.keys())
        if golden.get(key) != entry.get(key)
    ]


def read(folder: Path, app: App) -> dict[str, Any]:
    """The golden of a framework as data; empty where it was never run."""
    path = folder / app.id / "golden.json"
    if not path.exists():
        return {"versions": {}, "application": "", "exit_code": None, "answers": {}}
    data: dict[str, Any] = json.loads(path.read_bytes())
    return data


def write(folder: Path, app: App, data: Mapping[str, Any]) -> Path:
    """Write a golden, one line for each code, in the order of the codes.

    Args:
        folder: where the frameworks' folders are.
        app: the framework.
        data: ``versions``, ``application``, ``exit_code`` and ``answers``.
    """
    answers = data["answers"]
    lines = [f"{_json(code)}: {_json(answers[code])}" for code in app.snippets if code in answers]
    text = (
        f'{{"versions": {_json(data["versions"])},\n"application": {_json(data["application"])},\n'
        f'"exit_code": {_json(data["exit_code"])},\n"answers": {{\n' + ",\n".join(lines) + "\n}}\n"
    )
    path = folder / app.id / "golden.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _masked(name: str, value: str) -> str:
    if name.lower() in _MASKED_HEADERS:
        return "*"
    return _VERSION.sub("*", value) if name.lower() in ("server", "x-powered-by") else value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
