"""Reads ``content/snippets``: the frameworks, and which codes they are asked for."""

from __future__ import annotations

import tomllib
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from statuary.errors import ContentError

__all__ = [
    "VERDICTS",
    "Framework",
    "Selection",
    "find_framework",
    "read_beside",
    "read_frameworks",
    "read_selection",
    "read_text",
    "read_toml",
]

MAX_FILE_OCTETS = 1024 * 1024
"""The largest file of a framework's folder that is read, in octets."""
VERDICTS = ("as asked", "other phrase", "other header", "other body", "body dropped", "cannot be sent")
"""Every verdict, the mildest first."""
GOLDEN = "golden.json"
"""The file of the recorded answers; whoever runs the others does not need it."""

_FACTS = {"name", "language", "file", "template", "site", "order"}
_FACTS_AT_WILL = {"json", "note", "constants", "deviations"}
_RUN = {"toolchain", "start", "place", "version"}
_RUN_AT_WILL = {"build": [], "check": [], "several_ports": False, "stderr_ignore": [], "wrap": []}


class Selection(NamedTuple):
    """Which codes there are snippets for beside HTTP's own.

    Args:
        as_http: identities of other protocols that are shown as HTTP answers.
        sample: the identities that every run of the tests tries.
        absent_in_ci: the frameworks whose toolchain CI cannot have, each with the reason.
    """

    as_http: tuple[str, ...]
    sample: tuple[str, ...]
    absent_in_ci: Mapping[str, str]


class Framework(NamedTuple):
    """A framework or server: what a reader is told of it, and how its snippets are run.

    Args:
        id: the name of its folder: ``django``.
        name: ``Django``.
        language: the language of its snippets, as Pygments names it.
        file: what a reader would call the file: ``urls.py``.
        template: the name of the template in the folder.
        json: how it writes JSON by itself: ``compact``, ``spaced``, ``newline`` (compact and a newline).
        site: where its documentation is.
        order: its place in lists.
        note: what a reader has to know to use the file, in English; empty where nothing.
        constants: code identity to the framework's own name for it.
        deviations: code identity to the verdict that is worse than another phrase, and known and accepted.
        run: how the harness runs it, as the file says it.
        folder: where it lies.
    """

    id: str
    name: str
    language: str
    file: str
    template: str
    json: str
    site: str
    order: int
    note: str
    constants: Mapping[str, str]
    deviations: Mapping[str, str]
    run: Mapping[str, Any]
    folder: Path

    def files(self) -> dict[str, str]:
        """The files that its application is made of, by name: all of the folder but template, facts and golden."""
        return read_beside(self.folder, {"framework.toml", self.template, GOLDEN})

    def template_text(self) -> str:
        """The template as it stands."""
        return read_text(self.folder / self.template)


def read_selection(content: Path) -> Selection:
    """Read ``snippets.toml``.

    Args:
        content: the content root.

    Raises:
        ContentError: it is wrong.
    """
    data = read_toml(content / "snippets" / "snippets.toml", content)
    return Selection(tuple(data["as_http"]), tuple(data["sample"]), data.get("absent_in_ci", {}))


def read_frameworks(content: Path) -> list[Framework]:
    """Every framework, in their order.

    Args:
        content: the content root.

    Raises:
        ContentError: a ``framework.toml`` is wrong.
    """
    folders = [path.parent for path in (content / "snippets").glob("*/framework.toml")]
    return sorted((_framework(folder, content) for folder in folders), key=lambda item: (item.order, item.id))


def find_framework(content: Path, name: str) -> Framework | None:
    """The framework of that identity or name, whatever the case; None where there is none."""
    wanted = name.casefold()
    return next((item for item in read_frameworks(content) if wanted in (item.id, item.name.casefold())), None)


def _framework(folder: Path, content: Path) -> Framework:
    path = folder / "framework.toml"
    data = read_toml(path, content)
    where = str(path.relative_to(content))
    for key in sorted((_FACTS | _RUN) - data.keys()):
        raise ContentError(where, 1, 1, f"{key} is missing")
    for key in sorted(data.keys() - _FACTS - _FACTS_AT_WILL - _RUN - _RUN_AT_WILL.keys()):
        raise ContentError(where, 1, 1, f"{key} is not a key of a framework")
    for verdict in data.get("deviations", {}):
        if verdict not in VERDICTS[2:]:
            raise ContentError(where, 1, 1, f"{verdict!r} is not a verdict that can be accepted")
    return Framework(
        folder.name,
        data["name"],
        data["language"],
        data["file"],
        data["template"],
        data.get("json", "compact"),
        data["site"],
        data["order"],
        data.get("note", ""),
        data.get("constants", {}),
        {code: verdict for verdict, codes in data.get("deviations", {}).items() for code in codes},
        {**_RUN_AT_WILL, **{key: data[key] for key in data if key in _RUN or key in _RUN_AT_WILL}},
        folder,
    )


def read_toml(path: Path, content: Path) -> dict[str, Any]:
    """A TOML file below the content root.

    Raises:
        ContentError: it cannot be read, or is no TOML.
    """
    where = str(path.relative_to(content))
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ContentError(where, 1, 1, f"not TOML: {error}") from error
    except OSError as error:
        raise ContentError(where, 1, 1, "cannot be read") from error


def read_beside(folder: Path, apart: Container[str]) -> dict[str, str]:
    """The files of a snippet's folder by name, without those whose names begin with a dot.

    Args:
        folder: the folder.
        apart: the names that are left out.

    Raises:
        ContentError: one is larger than :data:`MAX_FILE_OCTETS`.
    """
    return {
        path.name: read_text(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in apart and not path.name.startswith(".")
    }


def read_text(path: Path) -> str:
    """A file of a snippet's folder.

    Raises:
        ContentError: it is larger than :data:`MAX_FILE_OCTETS`.
    """
    with path.open("rb") as file:
        octets = file.read(MAX_FILE_OCTETS + 1)
    if len(octets) > MAX_FILE_OCTETS:
        raise ContentError(path.name, 1, 1, f"larger than {MAX_FILE_OCTETS} octets")
    return octets.decode()
