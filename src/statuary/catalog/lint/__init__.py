"""All that is checked about content, each finding with file, line, column and mend."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from statuary.catalog.book import read_book
from statuary.catalog.codefile import CodeFile, locate
from statuary.catalog.compile import all_codes
from statuary.catalog.enhanced import parse_enhanced
from statuary.catalog.lint.book import check_book
from statuary.catalog.lint.concepts import check_concepts
from statuary.catalog.lint.dialogues import check_ftp, check_sip
from statuary.catalog.lint.glossary import check_agreed
from statuary.catalog.lint.messages import Finding, check_dialogue, check_http, check_log
from statuary.catalog.lint.registries import check_registries
from statuary.catalog.lint.stages import check_stages
from statuary.catalog.lint.translations import check_translations
from statuary.catalog.logs import check_logs
from statuary.catalog.manual import read_manual
from statuary.catalog.model import Code
from statuary.catalog.source import Content, code_paths, read_code, read_content, read_languages, read_protocols
from statuary.catalog.symptoms import read_symptoms
from statuary.errors import ContentError

__all__ = ["MAX_SUMMARY_CHARACTERS", "lint"]

MAX_SUMMARY_CHARACTERS = 240
"""The longest summary, in characters."""

_LINK = re.compile(r"\]\(code:([^)\s]+)\)")
_ANY_LINK = re.compile(r"\]\((?!code:)([^)\s]*)")
_HTML = re.compile(r"</?[a-z][^>`]*>|<!--", re.IGNORECASE)
_CODE_SPAN = re.compile(r"`[^`]*`")
_ANY_BASIC = re.compile(r"any|[245]XX")  # how IANA says: with every reply code, with every one of a class
_REPLY_TEXT = re.compile(r"[ -~]*")


def lint(root: Path, locales: Path, only: Collection[str] = ()) -> list[ContentError]:
    """Check everything below a content root and its translations.

    Args:
        root: the content root.
        locales: the folder of languages.
        only: the protocols whose codes are checked, unfinished ones too; empty for all that are finished.

    Returns:
        Every problem, by file and line. Files that cannot be read hide what can be said only of the whole.
    """
    problems = list(_parse_errors(root))
    open_ = _unfinished(root)
    if not any(not problem.path.startswith(open_) for problem in problems):
        problems += _check_all(read_content(root), root, locales)
    if only:
        problems = [problem for problem in problems if problem.path.startswith(_folders(root, only))]
    else:
        problems = [problem for problem in problems if not problem.path.startswith(open_)]
    return sorted(problems, key=lambda problem: (problem.path, problem.line, problem.column, problem.problem))


def _unfinished(root: Path) -> tuple[str, ...]:
    """Where problems are expected, because somebody is still writing there."""
    try:
        protocols = read_protocols(root)
    except ContentError:
        return ()
    return _folders(root, [protocol.id for protocol in protocols if protocol.unfinished])


def _folders(root: Path, protocols: Collection[str]) -> tuple[str, ...]:
    """What the paths of findings about protocols begin with."""
    registries = [
        f"registries/{registry}.csv"
        for protocol in read_protocols(root)
        if protocol.id in protocols
        for registry in protocol.registries
    ]
    return (*(f"codes/{protocol}/" for protocol in protocols), *registries)


def _parse_errors(root: Path) -> Iterator[ContentError]:
    """Files that cannot be parsed, each with its first error, so that one does not hide another's."""
    try:
        protocols = read_protocols(root)
        read_languages(root)
    except ContentError as error:
        yield error
        return
    for protocol in protocols:
        for path in code_paths(root, protocol):
            try:
                read_code(root, protocol, path)
            except ContentError as error:
                yield error
    try:
        read_content(root)
    except ContentError as error:
        if error.path.endswith(".toml"):
            yield error


def _check_all(content: Content, root: Path, locales: Path) -> Iterator[ContentError]:
    codes = all_codes(content)
    known = {code.id for code in codes} | {f"{code.protocol}/{code.value}" for code in codes}
    responses: dict[str, dict[str, Code]] = {}
    for code in codes:
        if code.status in ("registered", "obsolete"):
            responses.setdefault(code.protocol, {})[code.value] = code
    for file in content.files:
        yield from _check_examples(file, responses)
        yield from _check_prose(file, known)
        yield from _check_references(file, known)
    for protocol in content.protocols:
        files = [file for file in content.files if file.code.protocol == protocol.id]
        yield from check_registries(root, protocol, files)
    yield from check_stages(content.protocols)
    yield from check_logs(root, content.logs, known)
    concepts = root / "concepts.toml"
    yield from check_concepts(content, known, concepts.read_text(encoding="utf-8") if concepts.exists() else "")
    try:
        yield from check_book(list(read_book(root)), known)
        list(read_manual(root))
        read_symptoms(root, [language.tag for language in content.languages], known)
    except ContentError as error:
        yield error
    yield from check_translations(content, locales)
    yield from check_agreed(content, locales)


def _check_examples(file: CodeFile, responses: Mapping[str, Mapping[str, Code]]) -> Iterator[ContentError]:
    for example, first in zip(file.code.examples, file.example_lines, strict=True):
        findings: Iterator[Finding]
        match example.kind:
            case "http":
                findings = check_http(file.code, example.text, responses.get("http", {}))
            case "smtp":
                findings = check_dialogue(example.text)
            case "ftp":
                findings = check_ftp(example.text)
            case "sip":
                findings = check_sip(file.code, example.text, responses.get("sip", {}))
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
                problem = f"no code is known as {link[1]}"
                yield ContentError(file.path, number, link.start(1) + 1, problem, "link a code that there is")
    texts = [*code.prose.texts.items(), *(("claims", claim.text) for claim in code.prose.claims)]
    lines = file.text.split("\n")
    for field, text in texts:
        first = file.prose_lines.get(field, 1)
        for line in text.split("\n"):
            plain = _CODE_SPAN.sub(lambda span: " " * len(span[0]), line)
            for tag in _HTML.finditer(plain):
                place = _place(lines, first, line, tag.start())
                yield ContentError(file.path, *place, f"raw HTML: {tag[0]}", "put it in backticks")
            for link in _ANY_LINK.finditer(plain):
                place = _place(lines, first, line, link.start(1))
                yield ContentError(file.path, *place, f"a link to {link[1]!r}", "link codes with code:")


def _place(lines: list[str], first: int, text: str, offset: int) -> tuple[int, int]:
    """Line and column in the file of a place in a line of prose, which a claim's mark may precede."""
    for number, line in enumerate(lines[first - 1 :], first):
        before = line.find(text) if text else -1
        if before >= 0:
            return number, before + offset + 1
    return first, 1


def _check_references(file: CodeFile, known: set[str]) -> Iterator[ContentError]:
    """Check what front matter names: neighbours, associated reply codes, the enhanced code of the answer."""
    code = file.code
    for identity in code.related:
        if identity not in known:
            yield _fact(file, "", "related", identity, f"no code is known as {identity}")
    for basic in code.basic:
        if f"{code.protocol}/{basic}" not in known and not _ANY_BASIC.fullmatch(basic):
            yield _fact(file, "", "basic", basic, f"no code is known as {code.protocol}/{basic}")
    enhanced, text = code.answer.enhanced, code.answer.text
    if enhanced:
        parts = parse_enhanced(enhanced)
        if parts is None or f"{code.protocol}/X.{parts[1]}.{parts[2]}" not in known:
            yield _fact(file, "answer", "enhanced", enhanced, f"no enhanced status code is known as {enhanced}")
        elif parts[0] != code.value[0]:
            yield _fact(file, "answer", "enhanced", enhanced, f"{enhanced} is of another class (RFC 2034 §4)")
    if not _REPLY_TEXT.fullmatch(text):
        yield _fact(file, "answer", "text", text, "a reply text is printable ASCII (RFC 5321 §4.2)")


def _fact(file: CodeFile, table: str, key: str, value: str, problem: str) -> ContentError:
    lines = file.text.split("\n")
    line, _ = locate(lines, table, key)
    for number, text in enumerate(lines[line - 1 :], line):
        if f'"{value}"' in text:
            return ContentError(file.path, number, text.index(f'"{value}"') + 2, f"{key}: {problem}", "correct it")
    return ContentError(file.path, line, 1, f"{key}: {problem}", "correct it")
