"""Reads the whole content tree: codes, registries, protocols, languages, concepts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from statuary.catalog.codefile import LEVELS, CodeFile, parse_code_file
from statuary.catalog.identity import kind_of, slug, stem_of
from statuary.catalog.logs import Logs, read_logs
from statuary.catalog.model import Code, Language, Protocol
from statuary.catalog.registry import RegistryRow, read_registry
from statuary.catalog.specs import parse_specs
from statuary.catalog.tables import CONCEPT_KEYS, LANGUAGE_KEYS, PROTOCOL_KEYS, read_tables
from statuary.errors import ContentError

__all__ = ["Content", "code_paths", "page_order", "read_code", "read_content", "read_languages", "read_protocols"]

IDENTITIES = ("number", "name")
"""What identities of codes may be made of."""
MAX_FILE_OCTETS = 256 * 1024
"""The largest code file that is read, in octets."""


@dataclass(frozen=True, slots=True)
class Content:
    """All that the content tree says, parsed; codes in the order of protocols and pages.

    Args:
        protocols: every protocol.
        languages: every language.
        files: what was read from files.
        facts_only: rows of registries that have no file yet, or one that is still wrong.
        concepts: every concept.
        logs: how programs write of codes in their logs.
    """

    protocols: tuple[Protocol, ...]
    languages: tuple[Language, ...]
    files: tuple[CodeFile, ...]
    facts_only: tuple[Code, ...]
    concepts: tuple[dict[str, Any], ...]
    logs: Logs


def read_content(root: Path) -> Content:
    """Read everything below a content root.

    Raises:
        ContentError: a file is wrong; files of an unfinished protocol may be.
    """
    protocols = read_protocols(root)
    files: list[CodeFile] = []
    facts_only: list[Code] = []
    for protocol in protocols:
        paths = code_paths(root, protocol)
        written = [file for path in paths if (file := _read_if_finished(root, protocol, path)) is not None]
        files += written
        if protocol.unfinished or not paths:
            facts_only += _rows_without_file(root, protocol, written)
    named = {protocol.id for protocol in protocols if protocol.identity == "name"}
    order = [protocol.id for protocol in protocols]
    files.sort(key=lambda file: (order.index(file.code.protocol), page_order(file.code, file.code.protocol in named)))
    return Content(
        protocols,
        read_languages(root),
        tuple(files),
        tuple(facts_only),
        tuple(read_tables(root, "concepts", "concept", CONCEPT_KEYS)),
        read_logs(root, protocols),
    )


def read_protocols(root: Path) -> tuple[Protocol, ...]:
    """Read ``protocols.toml``.

    Raises:
        ContentError: it is wrong.
    """
    rows = read_tables(root, "protocols", "protocol", PROTOCOL_KEYS)
    for row in rows:
        for key, allowed in (("prose", LEVELS), ("identity", IDENTITIES)):
            if row.get(key, allowed[0]) not in allowed:
                problem = f"{key} of {row['id']} is {row[key]!r}"
                raise ContentError("protocols.toml", 1, 1, problem, f"use one of {', '.join(allowed)}")
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
    by_name = protocol.identity == "name"
    return parse_code_file(
        protocol.id, path.stem, relative, text, protocol.owner, level=protocol.prose, by_name=by_name
    )


def _read_if_finished(root: Path, protocol: Protocol, path: Path) -> CodeFile | None:
    """A code's file; None where it is wrong and its protocol is still being written."""
    try:
        return read_code(root, protocol, path)
    except ContentError:
        if protocol.unfinished:
            return None
        raise


def code_paths(root: Path, protocol: Protocol) -> list[Path]:
    """The files of a protocol's codes, by name."""
    return sorted((root / "codes" / protocol.id).glob("*.md"))


def page_order(code: Code, by_name: bool) -> tuple[int, list[tuple[int, int | str]]]:
    """The place of a code on its protocol's pages: numbers first and by value; then words, classes, subjects, details.

    Args:
        code: the code.
        by_name: whether the identities of its protocol are made of names, which say nothing of the order.
    """
    text = f"{code.value}-{code.id}" if by_name else code.id.partition("/")[2]
    number = re.match(r"0x[0-9a-f]+|[0-9]+(?![0-9.A-Z])", text)
    if number is not None:
        return (0, [(0, int(number[0], 0 if number[0].startswith("0x") else 10)), (1, text[number.end() :])])
    return (1, [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"[.-]", text)])


def _rows_without_file(root: Path, protocol: Protocol, files: Iterable[CodeFile]) -> Iterator[Code]:
    """The facts of registries' rows for which nothing is written yet."""
    written = {(file.code.value, file.code.name) for file in files}
    rows = [row for name in protocol.registries for row in read_registry(root / "registries" / f"{name}.csv")]
    several = Counter(row.code for row in rows)
    by_name = protocol.identity == "name"
    for row in rows:
        if (row.code, row.name) not in written:
            stem = stem_of(row.code, row.name, row.status, by_name=by_name)
            if several[row.code] > 1 and not by_name:
                stem = f"{stem}-{slug(row.name)}"
            yield _code_of_row(protocol, row, stem, by_name=by_name)


def _code_of_row(protocol: Protocol, row: RegistryRow, stem: str, *, by_name: bool) -> Code:
    return Code(
        id=f"{protocol.id}/{stem}",
        protocol=protocol.id,
        value=row.code,
        name=row.name,
        title=row.name,
        class_=row.class_,
        status=row.status,
        owner=protocol.owner if row.status != "unofficial" else "vendor",
        kind=kind_of(protocol.id, row.code, row.class_, row.status, by_name=by_name),
        specs=parse_specs(row.spec),
        note=row.note,
        hidden="low confidence" in row.note,
    )
