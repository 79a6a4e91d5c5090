"""Reads how real programs write of each code: ``content/logs``, recorded by ``tools/record_logs.py``."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from statuary.catalog.identity import named_in
from statuary.catalog.model import Code, LogLine, Protocol
from statuary.errors import ContentError

__all__ = ["Logs", "check_logs", "read_logs", "with_logs"]

MAX_LOG_FILE_OCTETS = 1024 * 1024
"""The largest file that is read, in octets."""
MAX_LINES = 8
"""The most lines of one code."""
MAX_LINE_CHARACTERS = 1000
"""The longest line, in characters."""

Logs = Mapping[str, tuple[LogLine, ...]]
"""Identity of a code to what programs write of it."""


def read_logs(root: Path, protocols: Iterable[Protocol]) -> dict[str, tuple[LogLine, ...]]:
    """Read the lines of every protocol that has some.

    Args:
        root: the content root.
        protocols: the protocols.

    Raises:
        ContentError: a file is too large, not JSON or not of the form.
    """
    logs: dict[str, tuple[LogLine, ...]] = {}
    for protocol in protocols:
        path = root / "logs" / f"{protocol.id}.json"
        if path.exists():
            name = path.relative_to(root).as_posix()
            for identity, rows in _read(path, name).items():
                if identity.partition("/")[0] != protocol.id:
                    raise ContentError(name, 1, 1, f"{identity} is no code of {protocol.id}", "move it to its file")
                logs[identity] = tuple(_lines(name, identity, rows))
    return logs


def _read(path: Path, name: str) -> dict[str, Any]:
    if path.stat().st_size > MAX_LOG_FILE_OCTETS:
        raise ContentError(name, 1, 1, f"larger than {MAX_LOG_FILE_OCTETS} octets", "keep fewer lines")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ContentError(name, 1, 1, f"not UTF-8 at octet {error.start}", "save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise ContentError(name, error.lineno, error.colno, f"not JSON: {error.msg}", "record it again") from None
    except RecursionError:
        raise ContentError(name, 1, 1, "lists too deep within each other", "record it again") from None
    if not isinstance(data, dict):
        raise ContentError(name, 1, 1, "not an object", "write an object of lists, by identity")
    return data


def _lines(name: str, identity: str, rows: Any) -> Iterator[LogLine]:
    if not isinstance(rows, list) or not 0 < len(rows) <= MAX_LINES:
        raise ContentError(name, 1, 1, f"{identity} has no list of 1 to {MAX_LINES} lines", "record it again")
    for row in rows:
        if not isinstance(row, dict) or row.keys() != {"program", "line"}:
            raise ContentError(name, 1, 1, f"a line of {identity} has other keys", "give it program and line")
        for key, text in row.items():
            if not isinstance(text, str) or not text or not text.isprintable() or len(text) > MAX_LINE_CHARACTERS:
                mend = f"write one printable line of at most {MAX_LINE_CHARACTERS} characters"
                raise ContentError(name, 1, 1, f"{key} of {identity} is not a line", mend)
        yield LogLine(row["program"], row["line"])


def check_logs(root: Path, logs: Logs, known: Collection[str]) -> Iterator[ContentError]:
    """Check that every code with lines is one of the catalogue.

    Args:
        root: the content root.
        logs: what was read below it.
        known: every identity.
    """
    for identity in logs:
        if identity not in known:
            name = f"logs/{identity.partition('/')[0]}.json"
            text = (root / name).read_text(encoding="utf-8").partition(f'"{identity}"')[0]
            yield ContentError(name, text.count("\n") + 1, 1, f"no code is known as {identity}", "record it again")


def with_logs(codes: Iterable[Code], logs: Logs) -> Iterator[Code]:
    """Give the codes their lines; an enhanced status code has those of a reply that carries it.

    Args:
        codes: all codes.
        logs: the lines that were recorded.
    """
    for code in codes:
        lines = logs.get(code.id, ())
        if code.template:
            paired = [f"{code.protocol}/{basic}" for basic in code.basic]
            others = [identity for identity in logs if identity.startswith(f"{code.protocol}/")]
            carrying = (
                tuple(line for line in logs.get(identity, ()) if named_in(line.line, code.value))
                for identity in (*paired, *others)
            )
            lines = next(filter(None, carrying), ())
        yield code._replace(logs=lines) if lines else code
