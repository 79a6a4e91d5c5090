"""Everything that the harness needs, as plain data: the placed snippets and the applications around them.

The harness runs on machines that have a toolchain and Python, but not this package; so it gets no objects.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.errors import ContentError
from statuary.snippets.answerable import codes_answered
from statuary.snippets.framework import Framework, read_frameworks, read_selection
from statuary.snippets.place import asked, digest, place

__all__ = ["application_digest", "make_plan", "read_toolchain"]

_TOOLCHAIN_KEYS = {"needs", "debian", "env", "setup"}


def make_plan(catalogue: Catalogue, content: Path) -> dict[str, Any]:
    """The plan of all frameworks and codes.

    Args:
        catalogue: where the codes come from.
        content: the content root.

    Raises:
        ContentError: a file of a framework or toolchain is wrong.
    """
    selection = read_selection(content)
    codes = list(codes_answered(catalogue, selection))
    return {
        "sample": list(selection.sample),
        "absent_in_ci": dict(selection.absent_in_ci),
        "frameworks": [_framework(framework, codes, content) for framework in read_frameworks(content)],
    }


def read_toolchain(name: str, content: Path) -> dict[str, Any]:
    """A toolchain: what it needs, how it is set up, and its lock files.

    Raises:
        ContentError: there is none of that name, or its ``toolchain.toml`` is wrong.
    """
    folder = content / "snippets" / "toolchains" / name
    path = folder / "toolchain.toml"
    where = str(path.relative_to(content))
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContentError(where, 1, 1, "no readable toolchain") from error
    for key in sorted(data.keys() - _TOOLCHAIN_KEYS):
        raise ContentError(where, 1, 1, f"{key} is not a key of a toolchain")
    files = {
        file.name: file.read_text(encoding="utf-8")
        for file in sorted(folder.iterdir())
        if file.is_file() and file != path
    }
    empty: dict[str, Any] = {"needs": [], "debian": [], "env": {}, "setup": []}
    return {"name": name, **empty, **data, "files": files}


def application_digest(framework: Framework, content: Path) -> str:
    """A digest of all that an answer rests on beside the snippet: application, commands, pinned versions."""
    toolchain = read_toolchain(framework.run["toolchain"], content)
    parts = [framework.files(), framework.run, toolchain]
    return digest(repr(parts))


def _framework(framework: Framework, codes: list[Code], content: Path) -> dict[str, Any]:
    snippets = {}
    for code in codes:
        text = place(framework, code).text
        wanted = asked(code, framework.json)
        snippets[code.id] = {
            "text": text,
            "digest": digest(text),
            "asked": {"number": wanted.number, "phrase": wanted.phrase},
        }
    return {
        "id": framework.id,
        "name": framework.name,
        "run": dict(framework.run),
        "toolchain": read_toolchain(framework.run["toolchain"], content),
        "files": framework.files(),
        "application": application_digest(framework, content),
        "snippets": snippets,
    }
