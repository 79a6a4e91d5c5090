"""Writes the parts of the manual that the program itself knows: ``python -m tools.manual``.

A part stands in a page of ``docs/`` between ``<!-- generated: NAME -->`` and ``<!-- end -->``. ``--check`` writes
nothing and fails where a page says something else than the program.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from statuary.catalog.store import open_catalogue
from statuary.cli.commands import COMMANDS, Command, lookup_command
from statuary.cli.help import EXIT_CODES
from statuary.cli.settings import Setting, settings
from statuary.explain.reference import Reference
from statuary.scenario.dialects import DIALECTS
from statuary.web.admin import mailpit, wiremock
from statuary.web.admin.base import Endpoint
from statuary.web.admin.openapi import document as admin_document
from statuary.web.admin.routes import ENDPOINTS
from statuary.web.v1.endpoints import endpoints
from statuary.web.v1.openapi import document as catalogue_document
from statuary.web.views.addresses import spelled
from tools.limits import TOOLS, limits

__all__ = ["PARTS", "documents", "renewed"]

ROOT = Path(__file__).resolve().parent.parent
_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def documents() -> list[Path]:
    """Every page of the manual."""
    return sorted((ROOT / "docs").glob("*.md"))


def renewed(text: str) -> str:
    """A page with its generated parts as they are now.

    Args:
        text: the page.
    """
    return _PART.sub(lambda part: f"{part[1]}{_rendered(part[2])}{part[4]}", text)


def _rendered(name: str) -> str:
    lines = list(PARTS[name]())
    # a heading wants empty lines around it, a table alone wants none
    frame = "\n" if any(line.startswith("#") for line in lines) else ""
    return frame + "".join(f"{line}\n" for line in lines) + frame


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _synopsis() -> Iterator[str]:
    """Every command in a line."""
    lines = [
        (f"statuary {f'{command.name} {command.synopsis}'.strip()}", command.summary)
        for command in (lookup_command(), *COMMANDS)
    ]
    width = max(len(usage) for usage, _ in lines)
    yield "```text"
    yield from (f"{usage:{width}}  {summary}" for usage, summary in lines)
    yield "```"


def _commands() -> Iterator[str]:
    """A section for each command, with its words and options."""
    for number, command in enumerate((lookup_command(), *COMMANDS)):
        if number:
            yield ""
        yield f"## `statuary {command.name or 'QUERY'}`"
        yield ""
        yield f"{_sentence(command.summary)}"
        if command.aliases:
            yield ""
            yield f"Also: {', '.join(f'`{alias}`' for alias in command.aliases)}"
        yield ""
        synopsis = "" if not command.name else f" {command.synopsis}".rstrip()
        yield "```text"
        yield f"statuary {command.name or command.synopsis}{synopsis if command.name else ''} [OPTIONS]"
        yield "```"
        yield ""
        yield from _table(("", "meaning"), _options(command))


def _options(command: Command) -> Iterator[tuple[str, str]]:
    parser = command.parser()
    plain = {setting.told(): setting.text() for setting in settings()}  # the page of settings has the rest
    for action in parser._actions:  # argparse has no public list
        if action.help == argparse.SUPPRESS:
            continue
        value = action.metavar if isinstance(action.metavar, str) else ""
        if action.option_strings:
            flags = ", ".join(f"`{flag}{f' {value}' if value else ''}`" for flag in action.option_strings)
        else:
            flags = f"`{value or action.dest}`"
        yield flags, plain.get(action.help or "", action.help or "")


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _settings() -> Iterator[str]:
    """Every setting with all its names."""
    rows = (
        (
            " ".join(f"`{name}`" for name in _names(setting)),
            setting.text(),
            _value(setting.default),
            setting.unit or ("—" if setting.metavar else "`true`, `false`"),
        )
        for setting in settings()
    )
    yield from _table(("flag, variable, key of the file", "meaning", "default", "values"), rows)


def _value(default: str) -> str:
    """A default as a value; one in words says how it comes about."""
    if not default:
        return "—"
    return default if " " in default else f"`{default}`"


def _names(setting: Setting) -> Iterator[str]:
    """The flag with its value, the variable, and the key where the file has it."""
    yield f"{setting.option} {setting.metavar}".rstrip() if setting.flag else setting.metavar
    yield setting.variable
    if setting.in_file:
        yield setting.name


def _exit_codes() -> Iterator[str]:
    yield from _table(("exit code", "meaning"), ((f"`{code}`", meaning) for code, meaning in EXIT_CODES))


def _dialects() -> Iterator[str]:
    rows = (
        (f"`{dialect.name}`", f"`{spelled(dialect, address)}`", address.what)
        for dialect in DIALECTS.values()
        for address in dialect.addresses.values()
    )
    yield from _table(("dialect", "address", "what happens"), rows)


def _limits(*, tools: bool) -> Iterator[str]:
    """The limits of the mocks and their interfaces, or those of all else, area by area."""
    areas = [(area, found) for area, found in limits(ROOT / "src") if (area in TOOLS) == tools]
    for number, (area, found) in enumerate(areas):
        if number:
            yield ""
        yield f"## {area}"
        yield ""
        rows = ((f"`{limit.name}` `{limit.where}`", limit.value, limit.what) for limit in found)
        yield from _table(("limit", "value", "what it bounds"), rows)


def _addresses(document: Mapping[str, Any]) -> Iterator[str]:
    """A table of every address, and one of the parameters that they share."""
    rows: list[tuple[str, str, str]] = []
    meanings: dict[str, dict[str, None]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            queries = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
            for each in queries:
                meanings.setdefault(each["name"], {})[each["description"]] = None
            taken = [f"`{each['name']}`" for each in queries]
            members = [f"`{name}`" for name in _members(document, operation)]
            if members:
                taken.append(f"body: {', '.join(members)}")
            rows.append((f"`{method.upper()} {path}`", operation["summary"], ", ".join(taken) or "—"))
    yield from _table(("address", "what it does", "takes"), rows)
    yield ""
    found = ((f"`{name}`", "; or ".join(meanings[name])) for name in sorted(meanings))
    yield from _table(("parameter", "meaning"), found)


def _members(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    """The members of the JSON that an operation takes."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    seen: dict[str, None] = {}
    for each in schema.get("anyOf", [schema]):
        name = each.get("$ref", "").rpartition("/")[2]
        known = document["components"]["schemas"].get(name, each)
        seen.update(dict.fromkeys(known.get("properties", {})))
    yield from seen


def _admin() -> Iterator[str]:
    yield from _addresses(admin_document(ENDPOINTS))


def _catalogue() -> Iterator[str]:
    reference = Reference(open_catalogue())
    yield from _addresses(catalogue_document(reference, endpoints(reference)))


def _foreign(found: Iterable[Endpoint]) -> Iterator[str]:
    yield from _table(("address", "what it does"), ((f"`{each.method} {each.path}`", each.summary) for each in found))


PARTS: Mapping[str, Callable[[], Iterator[str]]] = {
    "synopsis": _synopsis,
    "commands": _commands,
    "settings": _settings,
    "exit-codes": _exit_codes,
    "dialects": _dialects,
    "limits": lambda: _limits(tools=False),
    "limits-tools": lambda: _limits(tools=True),
    "admin": _admin,
    "catalogue": _catalogue,
    "wiremock": lambda: _foreign(wiremock.ENDPOINTS),
    "mailpit": lambda: _foreign(mailpit.ENDPOINTS),
}
"""Every part by its name."""


def main(arguments: Sequence[str]) -> int:
    """Renew or check every page."""
    check = "--check" in arguments
    differing = 0
    for path in documents():
        before = path.read_text(encoding="utf-8")
        after = renewed(before)
        if before != after:
            differing += 1
            sys.stdout.write(f"docs/{path.name}: {'not current; run python -m tools.manual' if check else 'renewed'}\n")
            if not check:
                path.write_text(after, encoding="utf-8")
    return int(bool(differing) and check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
