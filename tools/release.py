"""What a release needs to know of itself: ``python -m tools.release check | notes``.

``check`` says whether version, changelog and chart agree, and with ``--tag TAG`` whether a tag names that version;
``notes`` prints the changelog's section of the version.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from statuary._version import __version__

__all__ = ["Section", "faults", "read_changelog"]

ROOT = Path(__file__).resolve().parent.parent
UNRELEASED = "Unreleased"
KINDS = ("Incompatible", "Added", "Changed", "Fixed")
"""What a section is made of, in this order."""

_HEADING = re.compile(r"## \[(?P<version>[^\]]+)\](?: - (?P<date>\S+))?")
_VERSION = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}")


class Section(NamedTuple):
    """A version's section of the changelog.

    Args:
        date: as it is written; empty where there is none.
        text: what stands below its heading.
    """

    date: str
    text: str

    @property
    def kinds(self) -> list[str]:
        """The headings within it."""
        return re.findall(r"^### (.+)$", self.text, re.MULTILINE)


def read_changelog(text: str) -> Mapping[str, Section]:
    """The sections of a changelog by version, in their order.

    Args:
        text: the changelog.

    Raises:
        ValueError: a heading of a section is none; the message names its line.
    """
    found: dict[str, Section] = {}
    version = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            heading = _HEADING.fullmatch(line)
            if heading is None or heading["version"] in found:
                raise ValueError(f"CHANGELOG.md:{number}: write a heading once, as ## [0.1.0] - 2026-01-31: {line}")
            version = heading["version"]
            found[version] = Section(heading["date"] or "", "")
        elif version:
            found[version] = found[version]._replace(text=f"{found[version].text}{line}\n")
    return {name: section._replace(text=section.text.strip() + "\n") for name, section in found.items()}


def faults(changelog: str, chart: str, version: str, tag: str = "") -> Iterator[str]:
    """What keeps a version from being released.

    Args:
        changelog: ``CHANGELOG.md``.
        chart: ``Chart.yaml``.
        version: the program's.
        tag: what is to be released; empty where there is no tag yet.
    """
    if not _VERSION.fullmatch(version):
        yield f"{version} is no version of three numbers"
    if tag and tag != f"v{version}":
        yield f"the tag {tag} is not v{version}, which the program says it is"
    for key in ("version", "appVersion"):
        if not re.search(rf'^{key}: "?{re.escape(version)}"?$', chart, re.MULTILINE):
            yield f"Chart.yaml: {key} is not {version}"
    try:
        sections = read_changelog(changelog)
    except ValueError as error:
        yield str(error)
        return
    if version not in sections:
        yield f"CHANGELOG.md: there is no section [{version}]"
    for name, section in sections.items():
        yield from _section_faults(name, section)
    dates = [section.date for name, section in sections.items() if name != UNRELEASED]
    if dates != sorted(dates, reverse=True) or UNRELEASED in list(sections)[1:]:
        yield "CHANGELOG.md: the newest section comes first"


def _section_faults(name: str, section: Section) -> Iterator[str]:
    kinds = [kind for kind in KINDS if kind in section.kinds]
    if section.kinds != kinds:
        yield f"CHANGELOG.md: [{name}] has other headings than {', '.join(KINDS)}, or in another order"
    if name == UNRELEASED:
        if section.date:
            yield f"CHANGELOG.md: [{UNRELEASED}] has no date"
        return
    if not kinds:
        yield f"CHANGELOG.md: [{name}] says nothing"
    try:
        if date.fromisoformat(section.date).isoformat() != section.date:
            raise ValueError
    except ValueError:
        yield f"CHANGELOG.md: [{name}] has no date such as 2026-01-31"


def main(arguments: Sequence[str]) -> int:
    """Check, or print the notes."""
    parser = argparse.ArgumentParser(prog="python -m tools.release")
    parser.add_argument("what", choices=("check", "notes"))
    parser.add_argument("--tag", default="", help="the tag that is released, such as v0.1.0")
    asked = parser.parse_args(arguments)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    chart = (ROOT / "deploy" / "helm" / "statuary" / "Chart.yaml").read_text(encoding="utf-8")
    found = list(faults(changelog, chart, __version__, asked.tag))
    if found:
        sys.stderr.write("".join(f"{fault}\n" for fault in found))
        return 1
    if asked.what == "notes":
        sys.stdout.write(read_changelog(changelog)[__version__].text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
