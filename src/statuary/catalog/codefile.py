"""Reads one code's file: TOML front matter for the facts, Markdown for the prose.

``docs/content.md`` describes the format for people. Every error names file, line and column and says what to
write instead.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from statuary.catalog.identity import kind_of, named_in, stem_of
from statuary.catalog.model import Answer, Claim, Code, Example, Prose, Retry, Seen
from statuary.catalog.specs import parse_spec
from statuary.errors import ContentError

__all__ = ["CLAIM_KINDS", "LEVELS", "POLICIES", "STAGES", "STATUSES", "CodeFile", "locate", "parse_code_file"]

STATUSES = ("registered", "reserved", "obsolete", "unofficial", "unassigned")
POLICIES = (
    "not-needed",
    "await-result",
    "continue",
    "never",
    "same-request-later",
    "same-request-new-connection",
    "after-change",
    "failed-parts",
    "whole-sequence",
    "after-user-action",
    "other-address",
)
WHO = ("client", "user", "server", "nobody")
WIRES = ("sent", "log-only", "client-side", "never", "exit-status")
ENHANCED_OWNER = "IANA"
"""Enhanced status codes have a registry (RFC 5248); basic reply codes are defined by their RFCs alone."""
CLAIM_KINDS = ("specification", "registry", "vendor", "seen in practice")
STAGES: Mapping[str, tuple[str, ...]] = {
    "http": ("request", "any"),
    "smtp": (
        *("connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "message", "bdat"),
        *("rset", "noop", "vrfy", "expn", "help", "quit", "etrn", "atrn", "any"),
    ),
    "ftp": (
        *("connect", "auth", "adat", "pbsz", "prot", "ccc", "user", "pass", "acct", "cwd", "cdup", "smnt", "rein"),
        *("type", "stru", "mode", "port", "eprt", "pasv", "epsv", "rest", "allo", "retr", "stor", "stou", "appe"),
        *("list", "nlst", "mlst", "mlsd", "rnfr", "rnto", "dele", "rmd", "mkd", "pwd", "abor", "size", "mdtm"),
        *("feat", "opts", "lang", "host", "site", "syst", "stat", "help", "noop", "quit", "any"),
    ),
    "sip": (
        *("register", "invite", "bye", "cancel", "options", "prack", "update", "subscribe", "notify"),
        *("publish", "message", "refer", "info", "any"),
    ),
    "websocket": ("close",),
    "grpc": ("call",),
    "dns": ("response",),
    "tls": ("alert",),
    "mqtt": ("connack", "puback", "pubrec", "pubrel", "pubcomp", "suback", "unsuback", "disconnect", "auth"),
}
LEVELS = ("full", "summary")
"""How much is written about each code of a protocol."""
HEADINGS = {
    "Description": "description",
    "When you see it": "when",
    "Fix: sender": "fix_sender",
    "Fix: operator": "fix_operator",
    "Example": "example",
    "Claims": "claims",
}
FENCES = ("http", "smtp", "ftp", "sip", "text", "log")

_TOP_KEYS = {
    *("value", "name", "title", "class", "status", "specs", "owner", "aliases", "hidden", "wire"),
    *("stages", "basic", "classes", "related", "retry", "answer", "seen"),
}
_RETRY_KEYS = {"policy", "who", "wait_seconds", "give_up_seconds", "header", "idempotent_only", "source"}
_ANSWER_KEYS = {"text", "enhanced", "machine_read", "closes", "content", "headers", "required"}
_SEEN_KEYS = {"provider", "text", "source"}
MAX_SEEN = 24
"""The most texts of providers in a file."""
MAX_SEEN_CHARACTERS = 600
"""The longest of them, in characters."""
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_TOML_MEND = 'mend the quotes or brackets here: texts stand in "...", lists in [...]'
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


def parse_code_file(
    protocol: str,
    stem: str,
    path: str,
    text: str,
    default_owner: str,
    *,
    level: str = "full",
    by_name: bool = False,
) -> CodeFile:
    """Parse one file.

    Args:
        protocol: the folder that it stands in.
        stem: the file's name without ``.md``: the part of the identity after the slash.
        path: the file relative to the content root, for messages.
        text: what it holds.
        default_owner: the owner of the protocol's registered codes.
        level: how much must be written: one of :data:`LEVELS`.
        by_name: whether the protocol's identities are made of names.

    Raises:
        ContentError: anything in it is wrong.
    """
    facts, body, body_line = _split(path, text)
    reader = _Table(path, text.split("\n")[: body_line - 2], "", facts)
    reader.known_keys(_TOP_KEYS)
    value = reader.string("value")
    name = reader.string("name")
    class_ = reader.string("class")
    status = reader.one_of("status", STATUSES)
    wanted = stem_of(value, name, status, by_name=by_name)
    if stem != wanted and (by_name or not stem.startswith(f"{wanted}-")):
        names = f"{wanted}.md" if by_name else f"{wanted}.md or {wanted}-<owner>.md"
        raise reader.error("value", f"the file is named {stem}.md", f"name it {names}")
    kind = kind_of(protocol, value, class_, status, by_name=by_name)
    wire = reader.one_of("wire", WIRES, default="sent")
    if kind in ("class", "subject", "template"):
        default_owner = ENHANCED_OWNER
    owner = reader.string("owner", default=default_owner if status != "unofficial" else None)
    full = level == "full"
    prose, examples, prose_lines, example_lines = _parse_body(path, body, body_line, kind, full=full)
    retry, class_retry = _parse_retry(reader.table("retry"), kind, full=full)
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
        stages=reader.strings(
            "stages", allowed=STAGES.get(protocol, ()), required=full and kind == "code" and wire == "sent"
        ),
        retry=retry,
        answer=_parse_answer(reader.table("answer")),
        basic=reader.strings("basic"),
        classes=reader.strings("classes", allowed=("2", "4", "5"), required=kind == "template"),
        related=reader.strings("related"),
        examples=examples,
        seen=_parse_seen(reader, value),
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
        raise ContentError(path, line, column, f"the front matter is not TOML: {problem}", _TOML_MEND) from None
    return facts, "\n".join(lines[end + 1 :]), end + 2


class _Table:
    """Takes typed values out of a table of the front matter and locates errors at their keys.

    Args:
        path: the file, for messages.
        lines: the lines of the front matter, the opening ``+++`` first.
        name: the table's header, ``retry.4``; empty for the top.
        values: what it holds.
    """

    def __init__(self, path: str, lines: Sequence[str], name: str, values: Mapping[str, Any]) -> None:
        self._path = path
        self._lines = lines
        self._name = name
        self._values = values

    def error(self, key: str, problem: str, mend: str = "") -> ContentError:
        """An error at a key of this table, else at its head."""
        line, column = locate(self._lines, self._name, key)
        return ContentError(self._path, line, column, f"{key}: {problem}", mend)

    def table(self, key: str) -> _Table:
        """A table within, empty where there is none."""
        value = self._values.get(key, {})
        name = f"{self._name}.{key}" if self._name else key
        if not isinstance(value, dict):
            raise self.error(key, "is not a table", f"write [{name}]")
        return _Table(self._path, self._lines, name, value)

    def tables(self, key: str) -> list[_Table]:
        """The tables of a list within, none where there is no such list."""
        values = self._values.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.error(key, "is not a list of tables", f"write [[{key}]]")
        heads = [number for number, line in enumerate(self._lines) if line.strip() == f"[[{key}]]"]
        found = []
        for index, value in enumerate(values):
            # Of the file only this table is left, so that an error is located in the right one of them.
            start = heads[index] if index < len(heads) else 0
            end = heads[index + 1] if index + 1 < len(heads) else len(self._lines)
            lines = [*[""] * start, f"[{key}]", *self._lines[start + 1 : end]]
            found.append(_Table(self._path, lines, key, value))
        return found

    def __bool__(self) -> bool:
        return bool(self._values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def known_keys(self, known: Iterable[str]) -> None:
        for key in self._values:
            if key not in known:
                where = f"[{self._name}]" if self._name else "the front matter"
                raise self.error(key, f"is not a key of {where}", f"use one of {', '.join(sorted(known))}")

    def string(self, key: str, *, default: str | None = None) -> str:
        value = self._values.get(key, default)
        if value is None:
            raise self.error(key, "is missing", f'add {key} = "..."')
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.error(key, "is not a text", f'write {key} = "..."')
        if not value.isprintable():
            raise self.error(key, "holds a control character", "write it as one plain line")
        return value

    def one_of(self, key: str, allowed: tuple[str, ...], *, default: str | None = None) -> str:
        value = self.string(key, default=default)
        if value not in allowed and value != default:
            raise self.error(key, f"{value!r} is not allowed", f"use one of {', '.join(allowed)}")
        return value

    def strings(self, key: str, *, allowed: tuple[str, ...] = (), required: bool = False) -> tuple[str, ...]:
        value = self._values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.error(key, "is not a list of texts", f'write {key} = ["..."]')
        if required and not value:
            raise self.error(key, "is missing or empty", f'add {key} = ["..."]')
        for item in value:
            if allowed and item not in allowed:
                raise self.error(key, f"{item!r} is not allowed", f"use of {', '.join(allowed)}")
        return tuple(value)

    def texts(self, key: str) -> dict[str, str]:
        value = self._values.get(key, {})
        if not isinstance(value, dict) or not all(
            isinstance(item, str) and item.isprintable() for item in value.values()
        ):
            raise self.error(key, "is not a table of texts", 'write headers = { "Retry-After" = "120" }')
        return value

    def boolean(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            raise self.error(key, "is neither true nor false", f"write {key} = true, or take it away")
        return value

    def seconds(self, key: str) -> int | None:
        value = self._values.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise self.error(key, "is not a number of seconds", "write a whole number, 0 or more")
        return value


def locate(lines: Sequence[str], table: str, key: str) -> tuple[int, int]:
    """Line and column, counted from 1, of a key in TOML; of the table's header where the key is not there.

    Args:
        lines: all lines.
        table: the header between the brackets; empty for the top.
        key: the key.
    """
    here, head = table == "", (1, 1)
    entry = re.compile(rf"\s*(?:{re.escape(key)}|\"{re.escape(key)}\")\s*=")
    header = re.compile(rf"\s*\[{re.escape(f'{table}.{key}' if table else key)}[\].]")
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        place = (number, len(line) - len(line.lstrip()) + 1)
        if stripped.startswith("["):
            if header.match(line):
                return place
            here = stripped == f"[{table}]"
            head = place if here else head
        elif here and entry.match(line):
            return place
    return head


def _parse_retry(table: _Table, kind: str, *, full: bool) -> tuple[Retry, dict[str, Retry]]:
    if kind == "template":
        table.known_keys("245")
        return Retry(), {digit: _retry(table.table(digit)) for digit in table}
    if not table:
        if kind == "code" and full:
            raise table.error("retry", "is missing", "add a [retry] table with policy, who and source")
        return Retry(), {}
    return _retry(table), {}


def _retry(table: _Table) -> Retry:
    table.known_keys(_RETRY_KEYS)
    return Retry(
        policy=table.one_of("policy", POLICIES),
        who=table.one_of("who", WHO),
        wait_seconds=table.seconds("wait_seconds"),
        give_up_seconds=table.seconds("give_up_seconds"),
        header=table.string("header", default=""),
        idempotent_only=table.boolean("idempotent_only"),
        source=table.string("source"),
    )


def _parse_answer(table: _Table) -> Answer:
    table.known_keys(_ANSWER_KEYS)
    return Answer(
        text=table.string("text", default=""),
        enhanced=table.string("enhanced", default=""),
        machine_read=table.boolean("machine_read"),
        closes=table.boolean("closes"),
        content=table.one_of("content", ("forbidden",), default="") != "forbidden",
        headers=table.texts("headers"),
        required=table.strings("required"),
    )


def _parse_seen(reader: _Table, value: str) -> tuple[Seen, ...]:
    tables = reader.tables("seen")
    if len(tables) > MAX_SEEN:
        raise reader.error("seen", f"there are {len(tables)}", f"keep the {MAX_SEEN} that help most")
    found = []
    for table in tables:
        table.known_keys(_SEEN_KEYS)
        item = Seen(table.string("provider"), table.string("text"), table.string("source"))
        if not item.source.startswith("https://"):
            raise table.error("source", "is no address with https", 'write source = "https://..."')
        if not named_in(item.text, value):
            raise table.error("text", f"does not name {value}", "write the text with its code, as it was sent")
        if len(item.text) > MAX_SEEN_CHARACTERS:
            raise table.error("text", f"has more than {MAX_SEEN_CHARACTERS} characters", "leave out the end: …")
        found.append(item)
    return tuple(found)


def _parse_body(
    path: str, body: str, first_line: int, kind: str, *, full: bool
) -> tuple[Prose, tuple[Example, ...], dict[str, int], tuple[int, ...]]:
    sections, lines = _sections(path, body, first_line)
    required = ["summary", "description"] if full else ["summary"]
    if full and kind in ("code", "template"):
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
