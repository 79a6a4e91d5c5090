"""Reads one code's file: TOML front matter for the facts, Markdown for the prose.

``docs/content.md`` describes the format for people. Every error names file, line and column and says what to
write instead.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from statuary.catalog.model import Answer, Claim, Code, Example, Prose, Retry
from statuary.catalog.specs import parse_spec
from statuary.errors import ContentError

__all__ = ["CLAIM_KINDS", "POLICIES", "STAGES", "STATUSES", "CodeFile", "kind_of", "parse_code_file"]

STATUSES = ("registered", "reserved", "obsolete", "unofficial", "unassigned")
POLICIES = (
    "not-needed",
    "continue",
    "never",
    "same-request-later",
    "same-request-new-connection",
    "after-change",
    "after-user-action",
    "other-address",
)
WHO = ("client", "user", "server", "nobody")
WIRES = ("sent", "log-only", "client-side")
CLAIM_KINDS = ("specification", "registry", "vendor", "seen in practice")
STAGES: Mapping[str, tuple[str, ...]] = {
    "http": ("request", "any"),
    "smtp": (
        *("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "message", "bdat"),
        *("rset", "noop", "vrfy", "expn", "help", "quit", "etrn", "atrn", "any"),
    ),
}
HEADINGS = {
    "Description": "description",
    "When you see it": "when",
    "Fix: sender": "fix_sender",
    "Fix: operator": "fix_operator",
    "Example": "example",
    "Claims": "claims",
}
FENCES = ("http", "smtp", "log")

_TOP_KEYS = {
    *("value", "name", "title", "class", "status", "specs", "owner", "aliases", "hidden", "wire"),
    *("stages", "basic", "classes", "related", "retry", "answer"),
}
_RETRY_KEYS = {"policy", "who", "wait_seconds", "give_up_seconds", "header", "idempotent_only", "source"}
_ANSWER_KEYS = {"text", "enhanced", "machine_read", "closes", "content", "headers", "required"}
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)\n?^```$", re.MULTILINE | re.DOTALL)
_CLAIM = re.compile(r"- \[([^\]]+)\] (.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A parsed file.

    Args:
        code: its facts and English prose.
        class_retry: templates: retry advice that differs from the class's, by class digit.
        path: the file, relative to the content root.
        text: the file as read.
        prose_lines: the line at which each prose field starts, counted from 1; for located messages.
        example_lines: the line at which each fenced block's text starts.
    """

    code: Code
    class_retry: Mapping[str, Retry]
    path: str
    text: str
    prose_lines: Mapping[str, int] = field(default_factory=dict)
    example_lines: tuple[int, ...] = ()


def kind_of(protocol: str, value: str, class_: str, status: str) -> str:
    """Tell a code from a range that nobody has assigned (perhaps of one number) and from enhanced codes' templates."""
    if protocol == "smtp":
        if class_ in ("Class", "Subject"):
            return class_.lower()
        if value.startswith("X."):
            return "template"
    return "range" if status == "unassigned" or re.fullmatch(r"\d+-\d+", value) else "code"


def parse_code_file(protocol: str, stem: str, path: str, text: str, default_owner: str) -> CodeFile:
    """Parse one file.

    Args:
        protocol: the folder that it stands in.
        stem: the file's name without ``.md``: the part of the identity after the slash.
        path: the file relative to the content root, for messages.
        text: what it holds.
        default_owner: the owner of the protocol's registered codes.

    Raises:
        ContentError: anything in it is wrong.
    """
    facts, body, body_line = _split(path, text)
    reader = _Facts(path, text, facts)
    reader.known_keys(facts, _TOP_KEYS, "front matter")
    value = reader.string("value")
    name = reader.string("name")
    class_ = reader.string("class")
    if stem != value and not stem.startswith(f"{value}-"):
        raise reader.error("value", f"the file is named {stem}.md", f"name it {value}.md or {value}-<owner>.md")
    status = reader.one_of("status", STATUSES)
    kind = kind_of(protocol, value, class_, status)
    wire = reader.one_of("wire", WIRES, default="sent")
    owner = reader.string("owner", default=default_owner if status != "unofficial" else None)
    prose, examples, prose_lines, example_lines = _parse_body(path, body, body_line, kind)
    retry, class_retry = _parse_retry(reader, facts.get("retry", {}), kind)
    code = Code(
        id=f"{protocol}/{stem}",
        protocol=protocol,
        value=value,
        name=name,
        title=reader.string("title", default=name),
        class_=class_,
        status=status,
        owner=owner,
        kind=kind,
        specs=tuple(parse_spec(item) for item in reader.strings("specs", required=True)),
        aliases=reader.strings("aliases"),
        hidden=reader.boolean("hidden"),
        wire=wire,
        stages=reader.strings("stages", allowed=STAGES.get(protocol, ()), required=kind == "code" and wire == "sent"),
        retry=retry,
        answer=_parse_answer(reader, facts.get("answer", {})),
        basic=reader.strings("basic"),
        classes=reader.strings("classes", allowed=("2", "4", "5"), required=kind == "template"),
        related=reader.strings("related"),
        examples=examples,
        prose=prose,
    )
    return CodeFile(code, class_retry, path, text, prose_lines, example_lines)


def _split(path: str, text: str) -> tuple[dict[str, Any], str, int]:
    lines = text.split("\n")
    if lines[0] != "+++":
        raise ContentError(path, 1, 1, "the file does not open with front matter", "open it with a line of +++")
    try:
        end = lines.index("+++", 1)
    except ValueError:
        raise ContentError(path, len(lines), 1, "the front matter does not end", "close it with +++") from None
    try:
        facts = tomllib.loads("\n".join(lines[1:end]))
    except tomllib.TOMLDecodeError as error:
        place = _TOML_PLACE.search(str(error))
        line, column = (int(place[1]) + 1, int(place[2])) if place else (end + 1, 1)
        problem = _TOML_PLACE.sub("", str(error)).strip()
        raise ContentError(path, line, column, f"the front matter is not TOML: {problem}") from None
    return facts, "\n".join(lines[end + 1 :]), end + 2


class _Facts:
    """Takes typed values out of front matter and locates errors at their keys."""

    def __init__(self, path: str, text: str, facts: Mapping[str, Any]) -> None:
        self._path = path
        self._lines = text.split("\n")
        self._facts = facts

    def error(self, key: str, problem: str, mend: str = "") -> ContentError:
        opening = re.compile(rf"\s*(?:\[{re.escape(key)}|{re.escape(key)}\s*=)")
        for number, line in enumerate(self._lines, 1):
            if opening.match(line):
                return ContentError(self._path, number, 1, f"{key}: {problem}", mend)
        return ContentError(self._path, 1, 1, f"{key}: {problem}", mend)

    def known_keys(self, table: object, known: set[str], where: str) -> None:
        if not isinstance(table, dict):
            raise self.error(where, "is not a table", f"write [{where}]")
        for key in table:
            if key not in known:
                raise self.error(key, f"is not a key of the {where}", f"use one of {', '.join(sorted(known))}")

    def string(self, key: str, table: Mapping[str, Any] | None = None, *, default: str | None = None) -> str:
        value = (self._facts if table is None else table).get(key, default)
        if value is None:
            raise self.error(key, "is missing", f'add {key} = "..."')
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.error(key, "is not a text", f'write {key} = "..."')
        return value

    def one_of(
        self,
        key: str,
        allowed: tuple[str, ...],
        table: Mapping[str, Any] | None = None,
        *,
        default: str | None = None,
    ) -> str:
        value = self.string(key, table, default=default)
        if value not in allowed and value != default:
            raise self.error(key, f"{value!r} is not allowed", f"use one of {', '.join(allowed)}")
        return value

    def strings(
        self,
        key: str,
        table: Mapping[str, Any] | None = None,
        *,
        allowed: tuple[str, ...] = (),
        required: bool = False,
    ) -> tuple[str, ...]:
        value = (self._facts if table is None else table).get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, "is not a list of texts", f'write {key} = ["..."]')
        if required and not value:
            raise self.error(key, "is missing or empty", f'add {key} = ["..."]')
        for item in value:
            if allowed and item not in allowed:
                raise self.error(key, f"{item!r} is not allowed", f"use of {', '.join(allowed)}")
        return tuple(value)

    def boolean(self, key: str, table: Mapping[str, Any] | None = None) -> bool:
        value = (self._facts if table is None else table).get(key, False)
        if not isinstance(value, bool):
            raise self.error(key, "is neither true nor false")
        return value

    def seconds(self, key: str, table: Mapping[str, Any]) -> int | None:
        value = table.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise self.error(key, "is not a number of seconds", "write a whole number, 0 or more")
        return value


def _parse_retry(reader: _Facts, table: Any, kind: str) -> tuple[Retry, dict[str, Retry]]:
    if kind == "template":
        reader.known_keys(table, {"2", "4", "5"}, "retry")
        return Retry(), {digit: _retry(reader, advice) for digit, advice in table.items()}
    if not table:
        if kind == "code":
            raise reader.error("retry", "is missing", "add a [retry] table with policy, who and source")
        return Retry(), {}
    return _retry(reader, table), {}


def _retry(reader: _Facts, table: Any) -> Retry:
    reader.known_keys(table, _RETRY_KEYS, "retry")
    return Retry(
        policy=reader.one_of("policy", POLICIES, table),
        who=reader.one_of("who", WHO, table),
        wait_seconds=reader.seconds("wait_seconds", table),
        give_up_seconds=reader.seconds("give_up_seconds", table),
        header=reader.string("header", table, default=""),
        idempotent_only=reader.boolean("idempotent_only", table),
        source=reader.string("source", table),
    )


def _parse_answer(reader: _Facts, table: Any) -> Answer:
    reader.known_keys(table, _ANSWER_KEYS, "answer")
    headers = table.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise reader.error("headers", "is not a table of texts", 'write headers = { "Retry-After" = "120" }')
    return Answer(
        text=reader.string("text", table, default=""),
        enhanced=reader.string("enhanced", table, default=""),
        machine_read=reader.boolean("machine_read", table),
        closes=reader.boolean("closes", table),
        content=reader.one_of("content", ("forbidden",), table, default="") != "forbidden",
        headers=headers,
        required=reader.strings("required", table),
    )


def _parse_body(
    path: str, body: str, first_line: int, kind: str
) -> tuple[Prose, tuple[Example, ...], dict[str, int], tuple[int, ...]]:
    sections, lines = _sections(path, body, first_line)
    required = ["summary", "description"]
    if kind in ("code", "template"):
        required += ["when", "fix_sender", "fix_operator", "example"]
    titles = {value: key for key, value in HEADINGS.items()}
    for name in required:
        if not sections.get(name):
            mend = f"add a section ## {titles[name]}" if name in titles else "open the body with a summary"
            raise ContentError(path, first_line, 1, f"the {name} is missing", mend)
    examples: list[Example] = []
    example_lines: list[int] = []
    raw_example = sections.get("example", "")
    for fence in _FENCE.finditer(raw_example):
        line = lines["example"] + raw_example.count("\n", 0, fence.start())
        if fence[1] not in FENCES:
            raise ContentError(path, line, 4, f"a fence of {fence[1]!r}", f"use one of {', '.join(FENCES)}")
        examples.append(Example(fence[1], fence[2]))
        example_lines.append(line + 1)
    if "example" in sections:
        if not examples:
            raise ContentError(path, lines["example"], 1, "the example shows nothing", "add a fenced block")
        sections["example"] = re.sub(r"\n{2,}", "\n\n", _FENCE.sub("", raw_example)).strip()
    claims = _claims(path, sections.pop("claims", ""), lines.get("claims", 1))
    return Prose("en", sections, claims), tuple(examples), lines, tuple(example_lines)


def _sections(path: str, body: str, first_line: int) -> tuple[dict[str, str], dict[str, int]]:
    """Cut the body at its headings; fences may hold what looks like one."""
    sections: dict[str, list[str]] = {"summary": []}
    lines = {"summary": first_line}
    order = ["summary", *HEADINGS.values()]
    current, fenced = "summary", False
    for number, line in enumerate(body.split("\n"), first_line):
        if line.startswith("```"):
            fenced = not fenced
        if line.startswith("#") and not fenced:
            name = HEADINGS.get(line.removeprefix("## "))
            if name is None:
                allowed = ", ".join(f"## {heading}" for heading in HEADINGS)
                raise ContentError(path, number, 1, f"an unknown heading {line!r}", f"use one of {allowed}")
            if order.index(name) <= order.index(current):
                raise ContentError(
                    path, number, 1, f"{line!r} is out of order or twice", "keep the order of the format"
                )
            current = name
            sections[current] = []
            lines[current] = number + 1
        else:
            sections[current].append(line)
    texts = {}
    for name, content in sections.items():
        while content and not content[0].strip():
            content.pop(0)
            lines[name] += 1
        texts[name] = "\n".join(content).strip()
    return texts, lines


def _claims(path: str, text: str, first_line: int) -> tuple[Claim, ...]:
    claims = []
    for number, line in enumerate(text.split("\n"), first_line):
        if not line.strip():
            continue
        match = _CLAIM.fullmatch(line)
        if match is None or match[1] not in CLAIM_KINDS:
            mend = f"write - [kind] sentence, the kind one of {', '.join(CLAIM_KINDS)}"
            raise ContentError(path, number, 1, "not a claim with its origin", mend)
        claims.append(Claim(match[1], match[2].strip()))
    return tuple(claims)
