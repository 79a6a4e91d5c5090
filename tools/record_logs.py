"""Runs real programs against the mocks and writes down how their logs and errors show each code.

    python -m tools.record_logs                    all programs, all codes, into content/logs
    python -m tools.record_logs --check            writes nothing; fails where a program writes something else
    python -m tools.record_logs --program curl     one of them; the lines of the others stay
    python -m tools.record_logs smtp/452 http/503  these codes; the lines of the others stay

A program that is not there is named and left out, and what was recorded of it stays.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from snippets.app import NotRunnable
from snippets.mail_app import why_mail_not_ready
from snippets.mail_plan import load_mail_plan

from statuary.catalog.store import open_catalogue
from tools.logs import http, mail
from tools.logs.lines import ROOT, Line, Recorded

__all__ = ["FOLDER", "PROGRAMS", "differing", "main", "merged", "read_lines", "record", "why_not", "write_lines"]

FOLDER = ROOT / "content" / "logs"
PROGRAMS: Mapping[str, Mapping[str, str]] = {
    "smtp": {
        "postfix": "Postfix",
        "exim": "Exim",
        "smtplib": "Python smtplib",
        "curl": "curl",
        "msmtp": "msmtp",
    },
    "http": {
        "nginx": "nginx",
        "apache": "Apache",
        "haproxy": "HAProxy",
        "curl": "curl",
        "requests": "Python requests",
    },
}
"""Protocol to the programs whose lines are recorded and their names, in the order in which the lines stand."""
_COMMANDS = {"smtplib": "", "requests": "", "apache": "apache2"}
Lines = Mapping[str, Sequence[Line]]
"""Identity of a code to what programs write of it."""


def why_not(protocol: str, program: str) -> str:
    """What stands against running a program; empty where nothing does."""
    if protocol == "smtp" and program in mail.RELAYS:
        app = next(app for app in load_mail_plan().apps if app.id == program)
        return why_mail_not_ready(app, mail.BUILT)
    command = _COMMANDS.get(program, program)
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return f"{command} is missing" if command and shutil.which(command, path=path) is None else ""


def record(protocol: str, program: str, only: Iterable[str] = ()) -> Recorded:
    """What a program writes of the codes of a protocol.

    Args:
        protocol: ``smtp`` or ``http``.
        program: one of :data:`PROGRAMS`.
        only: the identities that are wanted; none for all.

    Raises:
        NotRunnable: the program cannot be run here.
    """
    wanted = set(only)
    catalogue = open_catalogue()
    try:
        codes = [code for code in catalogue.codes(protocol, hidden=True) if not wanted or code.id in wanted]
    finally:
        catalogue.close()
    if protocol == "smtp":
        return mail.record_mail(program, mail.mail_cases(codes))
    return http.record_http(program, http.http_cases(codes))


def read_lines(protocol: str, folder: Path = FOLDER) -> Lines:
    """The lines that are recorded."""
    path = folder / f"{protocol}.json"
    if not path.exists():
        return {}
    data = json.loads(path.read_text(encoding="utf-8"))
    return {identity: [Line(item["program"], item["line"]) for item in items] for identity, items in data.items()}


def write_lines(protocol: str, lines: Lines, folder: Path = FOLDER) -> None:
    """Write them, one line of the file for each, so that a change shows as what it is."""
    entries = []
    for identity in sorted(lines, key=_place):
        items = ",\n".join(f"  {json.dumps(item._asdict(), ensure_ascii=False)}" for item in lines[identity])
        entries.append(f" {json.dumps(identity)}: [\n{items}\n ]")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{protocol}.json").write_text("{\n" + ",\n".join(entries) + "\n}\n", encoding="utf-8")


def merged(protocol: str, old: Lines, new: Mapping[str, Recorded], only: Iterable[str] = ()) -> Lines:
    """What was recorded before, with what is recorded now in its place.

    Args:
        protocol: ``smtp`` or ``http``.
        old: what was recorded before.
        new: program to what it wrote now.
        only: the identities that were asked for; none for all.
    """
    names, wanted = PROGRAMS[protocol], set(only)
    renewed, order = {names[program] for program in new}, list(names.values())
    result = {}
    for identity in {*old, *(identity for lines in new.values() for identity in lines)}:
        touched = not wanted or identity in wanted
        kept = [line for line in old.get(identity, ()) if not (touched and line.name in renewed)]
        fresh = [lines[identity] for lines in new.values() if identity in lines] if touched else []
        if both := [*kept, *fresh]:
            result[identity] = sorted(both, key=lambda line: order.index(line.name))
    return result


def differing(old: Lines, new: Lines) -> list[str]:
    """The identities whose lines are not the same, each with the programs: ``smtp/452: curl``."""
    changed = {
        identity: {line.name for line in {*old.get(identity, ())} ^ {*new.get(identity, ())}}
        for identity in sorted({*old, *new}, key=_place)
    }
    return [f"{identity}: {', '.join(sorted(names))}" for identity, names in changed.items() if names]


def main(arguments: Sequence[str]) -> int:
    """Record or check what is asked for.

    Returns:
        0, or 1 where ``--check`` finds something else than what is recorded, or 2 where the question makes no sense.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.record_logs", description="Record lines of real logs.")
    parser.add_argument("codes", nargs="*", metavar="CODE", help="smtp/452, http/503 ...; all without")
    parser.add_argument("--program", action="append", help="one of the programs; all without")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where something differs")
    options = parser.parse_args(arguments)
    known = {program for programs in PROGRAMS.values() for program in programs}
    if strangers := set(options.program or ()) - known:
        parser.error(f"no program {', '.join(sorted(strangers))}; there are {', '.join(sorted(known))}")
    if strangers := {code for code in options.codes if code.partition("/")[0] not in PROGRAMS}:
        parser.error(f"{', '.join(sorted(strangers))}: write {' or '.join(f'{name}/CODE' for name in PROGRAMS)}")
    found = []
    for protocol, programs in PROGRAMS.items():
        only = [code for code in options.codes if code.startswith(f"{protocol}/")]
        if options.codes and not only:
            continue
        wanted = [program for program in programs if not options.program or program in options.program]
        old = read_lines(protocol)
        new = merged(protocol, old, _record_all(protocol, wanted, only), only)
        found += differing(old, new)
        if not options.check:
            write_lines(protocol, new)
    what = "writes something else; run make record" if options.check else "renewed"
    for entry in found:
        sys.stdout.write(f"{entry}: {what}\n")
    return int(bool(found) and options.check)


def _record_all(protocol: str, programs: Iterable[str], only: Sequence[str]) -> dict[str, Recorded]:
    found = {}
    for program in programs:
        reason = why_not(protocol, program)
        if not reason:
            try:
                found[program] = record(protocol, program, only)
                continue
            except NotRunnable as error:
                reason = str(error)
        sys.stdout.write(f"{program} is left out: {reason}\n")
    return found


def _place(identity: str) -> tuple[str, int, str]:
    protocol, _, stem = identity.partition("/")
    number = stem.partition("-")[0]
    return protocol, int(number) if number.isdigit() else 0, stem


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
