"""All that is checked about content, each finding with file, line, column and mend."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from statuary.catalog.codefile import CodeFile, parse_code_file
from statuary.catalog.compile import all_codes
from statuary.catalog.lint.messages import Finding, check_dialogue, check_http, check_log
from statuary.catalog.lint.translations import check_translations
from statuary.catalog.model import Code
from statuary.catalog.registry import RegistryRow, read_registry
from statuary.catalog.source import Content, read_content, read_protocols
from statuary.errors import ContentError

__all__ = ["check_registry", "lint"]

MAX_SUMMARY_CHARACTERS = 240

_LINK = re.compile(r"\]\(code:([^)\s]+)\)")
_ANY_LINK = re.compile(r"\]\((?!code:)([^)\s]*)")
_HTML = re.compile(r"</?[a-z][^>`]*>", re.IGNORECASE)
_CODE_SPAN = re.compile(r"`[^`]*`")


def lint(root: Path, locales: Path) -> list[ContentError]:
    """Check everything below a content root and its translations.

    Returns:
        Every problem, by file and line.
    """
    problems = list(_parse_errors(root))
    if problems:
        return problems
    content = read_content(root)
    known = {code.id for code in all_codes(content)}
    known |= {f"{code.protocol}/{code.value}" for code in all_codes(content)}
    phrases = {
        code.value: code.name
        for file in content.files
        if (code := file.code).protocol == "http" and code.status in ("registered", "obsolete")
    }
    for file in content.files:
        problems.extend(_check_examples(file, phrases))
        problems.extend(_check_prose(file, known))
    for protocol in content.protocols:
        if protocol.prose:
            rows = [row for name in protocol.registries for row in read_registry(root / "registries" / f"{name}.csv")]
            codes = [file.code for file in content.files if file.code.protocol == protocol.id]
            problems.extend(ContentError(f"codes/{protocol.id}", 1, 1, text) for text in check_registry(rows, codes))
    problems.extend(_check_concepts(content, known))
    problems.extend(check_translations(content, locales))
    return sorted(problems, key=lambda problem: (problem.path, problem.line, problem.column))


def check_registry(rows: list[RegistryRow], codes: list[Code]) -> Iterator[str]:
    """Hold every registered name, class, status and spec against the registry, both ways; each difference in words."""
    by_row = {(code.value, code.name): code for code in codes}
    seen = set()
    for row in rows:
        code = by_row.get((row.code, row.name))
        if code is None:
            others = [other.name for other in codes if other.value == row.code]
            yield f"{row.code}: the registry's {row.name!r} is missing" + (f"; there is {others}" if others else "")
            continue
        seen.add(code.id)
        if code.class_ != row.class_:
            yield f"{code.id}: class is {code.class_!r}, the registry has {row.class_!r}"
        if code.status != row.status:
            yield f"{code.id}: status is {code.status!r}, the registry has {row.status!r}"
        specs = [part.strip() for part in row.spec.split(";")]
        if [str(spec) for spec in code.specs[: len(specs)]] != specs:
            yield f"{code.id}: specs are {[str(spec) for spec in code.specs]}, the registry's {specs} come first"
        if ("low confidence" in row.note) != code.hidden:
            yield f"{code.id}: hidden is {code.hidden}, the registry's note says {row.note!r}"
    for code in codes:
        if code.id not in seen:
            yield f"{code.id}: {code.name!r} is not in the registry"


def _parse_errors(root: Path) -> Iterator[ContentError]:
    """Files that cannot be parsed, each with its first error, so that one does not hide another's."""
    for protocol in read_protocols(root):
        for path in sorted((root / "codes" / protocol.id).glob("*.md")):
            relative = path.relative_to(root).as_posix()
            try:
                parse_code_file(protocol.id, path.stem, relative, path.read_text(encoding="utf-8"), protocol.owner)
            except ContentError as error:
                yield error


def _check_examples(file: CodeFile, phrases: Mapping[str, str]) -> Iterator[ContentError]:
    for example, first in zip(file.code.examples, file.example_lines, strict=True):
        findings: Iterator[Finding]
        match example.kind:
            case "http":
                findings = check_http(file.code, example.text, phrases)
            case "smtp":
                findings = check_dialogue(example.text)
            case _:
                findings = check_log(example.text)
        for finding in findings:
            yield ContentError(file.path, first + finding.line, finding.column, finding.problem, finding.mend)


def _check_prose(file: CodeFile, known: set[str]) -> Iterator[ContentError]:
    code = file.code
    summary = code.prose.texts.get("summary", "")
    if len(summary) > MAX_SUMMARY_CHARACTERS:
        problem = f"the summary has {len(summary)} characters"
        yield ContentError(file.path, file.prose_lines["summary"], 1, problem, f"at most {MAX_SUMMARY_CHARACTERS}")
    for number, line in enumerate(file.text.split("\n"), 1):
        for link in _LINK.finditer(line):
            if link[1] not in known:
                yield ContentError(file.path, number, link.start(1) + 1, f"no code is known as {link[1]}")
    for field, text in code.prose.texts.items():
        first = file.prose_lines.get(field, 1)
        for offset, line in enumerate(text.split("\n")):
            plain = _CODE_SPAN.sub("", line)
            for tag in _HTML.finditer(plain):
                yield ContentError(file.path, first + offset, 1, f"raw HTML: {tag[0]}", "put it in backticks")
            for link in _ANY_LINK.finditer(plain):
                yield ContentError(file.path, first + offset, 1, f"a link to {link[1]!r}", "link codes with code:")
    for identity in code.related:
        if identity not in known:
            line = file.text.count("\n", 0, file.text.find("related")) + 1
            yield ContentError(file.path, line, 1, f"related: no code is known as {identity}")


def _check_concepts(content: Content, known: set[str]) -> Iterator[ContentError]:
    for concept in content.concepts:
        for member in concept.get("member", []):
            if member["code"] not in known:
                yield ContentError("concepts.toml", 1, 1, f"{concept['id']}: no code is known as {member['code']}")
            if member["basis"] not in ("specification", "registry", "judgement"):
                yield ContentError("concepts.toml", 1, 1, f"{concept['id']}: basis {member['basis']!r}")
            if (member["basis"] == "judgement") == bool(member.get("source")):
                problem = f"{concept['id']}: {member['code']}: a judgement has no source, all else has one"
                yield ContentError("concepts.toml", 1, 1, problem)
        for mapping in concept.get("mapping", []):
            for end in (mapping["from"], mapping["to"]):
                if end not in known:
                    yield ContentError("concepts.toml", 1, 1, f"{concept['id']}: no code is known as {end}")
            if not mapping.get("source"):
                yield ContentError("concepts.toml", 1, 1, f"{concept['id']}: a mapping without its source")
