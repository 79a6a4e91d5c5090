"""Reads the whole content tree: codes, registries, protocols, languages, concepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statuary.catalog.codefile import CodeFile, kind_of, parse_code_file
from statuary.catalog.model import Code, Language, Protocol
from statuary.catalog.registry import read_registry
from statuary.catalog.specs import parse_specs
from statuary.catalog.tables import CONCEPT_KEYS, LANGUAGE_KEYS, PROTOCOL_KEYS, read_tables
from statuary.errors import ContentError

__all__ = ["Content", "code_paths", "read_code", "read_content", "read_languages", "read_protocols"]

_ENHANCED_REGISTRY = "smtp-enhanced"
MAX_FILE_OCTETS = 256 * 1024
"""The largest code file that is read, in octets."""


@dataclass(frozen=True, slots=True)
class Content:
    """All that the content tree says, parsed; codes in the order of protocols and registries."""

    protocols: tuple[Protocol, ...]
    languages: tuple[Language, ...]
    files: tuple[CodeFile, ...]
    facts_only: tuple[Code, ...]
    concepts: tuple[dict[str, Any], ...]


def read_content(root: Path) -> Content:
    """Read everything below a content root.

    Raises:
        ContentError: a file is wrong.
    """
    protocols = read_protocols(root)
    files: list[CodeFile] = []
    facts_only: list[Code] = []
    for protocol in protocols:
        if protocol.prose:
            files.extend(read_code(root, protocol, path) for path in code_paths(root, protocol))
        else:
            facts_only.extend(_registry_codes(root, protocol))
    return Content(
        protocols,
        read_languages(root),
        tuple(files),
        tuple(facts_only),
        tuple(read_tables(root, "concepts", "concept", CONCEPT_KEYS)),
    )


def read_protocols(root: Path) -> tuple[Protocol, ...]:
    """Read ``protocols.toml``."""
    rows = read_tables(root, "protocols", "protocol", PROTOCOL_KEYS)
    return tuple(Protocol(**{**row, "registries": tuple(row["registries"])}) for row in rows)


def read_languages(root: Path) -> tuple[Language, ...]:
    """Read ``languages.toml``."""
    return tuple(Language(**row) for row in read_tables(root, "languages", "language", LANGUAGE_KEYS))


def read_code(root: Path, protocol: Protocol, path: Path) -> CodeFile:
    """Read one code's file.

    Raises:
        ContentError: it is wrong, too large or not UTF-8.
    """
    relative = path.relative_to(root).as_posix()
    if path.stat().st_size > MAX_FILE_OCTETS:
        raise ContentError(relative, 1, 1, f"larger than {MAX_FILE_OCTETS} octets", "split or shorten it")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise ContentError(relative, line, 1, f"not UTF-8 at octet {error.start}", "save it as UTF-8") from None
    return parse_code_file(protocol.id, path.stem, relative, text, protocol.owner)


def code_paths(root: Path, protocol: Protocol) -> list[Path]:
    """The files of a protocol's codes, in the order of pages."""
    return sorted((root / "codes" / protocol.id).glob("*.md"), key=lambda item: _order(item.stem))


def _order(stem: str) -> tuple[int, list[tuple[int, int | str]]]:
    """Numbers first and by value; then classes, subjects and details."""
    parts: list[tuple[int, int | str]] = [
        (0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"[.-]", stem)
    ]
    return (0 if stem[:3].isdigit() else 1, parts)


def _registry_codes(root: Path, protocol: Protocol) -> Iterator[Code]:
    for registry in protocol.registries:
        for row in read_registry(root / "registries" / f"{registry}.csv"):
            low = "low confidence" in row.note
            yield Code(
                id=f"{protocol.id}/{row.code}",
                protocol=protocol.id,
                value=row.code,
                name=row.name,
                title=row.name,
                class_=row.class_,
                status=row.status,
                owner=protocol.owner if row.status != "unofficial" else "vendor",
                kind=kind_of(protocol.id, row.code, row.class_, row.status),
                specs=parse_specs(row.spec),
                note=row.note,
                hidden=low,
            )
