"""``statuary snippet CODE --server NAME``: what to write in a mail server, and what it really sent."""

from __future__ import annotations

from collections.abc import Iterator

from statuary.catalog.model import Code
from statuary.cli.console import Console
from statuary.cli.render import STACKED_BELOW, heading, table
from statuary.cli.text import clip, pad, width, wrap
from statuary.explain.mail_verdicts import AFTER, MAIL_MARKS, MAIL_STAGES, MAIL_VERDICTS, NO_SERVERS, mail_happened
from statuary.snippets.mail import find_mail_server
from statuary.snippets.mail_shelf import MailShelf, MailShown, NaturalShown

__all__ = ["codes_with_servers", "run_server", "server_file"]


def codes_with_servers(shelf: MailShelf, codes: list[Code]) -> list[Code]:
    """Those codes that mail servers are shown to answer with."""
    return [code for code in codes if shelf.cases_of(code) or shelf.naturals_of(code)]


def server_file(shelf: MailShelf, code: Code, name: str) -> str | None:
    """The file of a server for the first reply of a code; None where there is none."""
    found = find_mail_server(shelf.servers, name)
    cases = shelf.cases_of(code)
    snippet = shelf.one(found[0], cases[0]).snippet if found and cases else None
    return snippet.text if snippet else None


def run_server(console: Console, shelf: MailShelf, code: Code, name: str) -> int:
    """Show how one mail server, or every one, answers with a code; 1 where there is none.

    Args:
        console: where to.
        shelf: the servers.
        code: the code.
        name: the server; empty for all.
    """
    cases, naturals = shelf.cases_of(code), shelf.naturals_of(code)
    if not cases and not naturals:
        console.complain("no_servers", f"{code.id}: {console.gettext(NO_SERVERS)}", detail={"code": code.id})
        return 1
    shown = [item for case in cases for item in shelf.show(case)]
    if name:
        found = find_mail_server(shelf.servers, name)
        if not found:
            return _say_unknown(console, name, [server.id for server in shelf.servers])
        shown = [item for item in shown if item.server in found]
        naturals = [item for item in naturals if item.server in found]
    if console.json:
        for item in shown:
            console.emit(_case_to_dict(item))
        for natural in naturals:
            console.emit(_natural_to_dict(natural))
    elif name:
        console.write(_one(console, code, shown, naturals))
    else:
        console.write(_all(console, code, shown, naturals))
    return 0


def _say_unknown(console: Console, name: str, known: list[str]) -> int:
    shown = clip("".join(character if character.isprintable() else "\ufffd" for character in name), 40)
    message = console.gettext("there is no mail server “%(name)s”; there are:") % {"name": shown}
    console.complain(
        "server_not_found", message, wrap(", ".join(known), console.columns, "  "), {"server": shown, "servers": known}
    )
    return 1


def _case_to_dict(item: MailShown) -> dict[str, object]:
    """A snippet and its dialogue for programs."""
    recorded = item.recorded
    return {
        "case": item.case.id,
        "codes": list(item.case.codes),
        "stage": item.case.stage,
        "server": item.server.id,
        "name": item.server.name,
        "files": {item.snippet.file: item.snippet.text, **item.snippet.beside} if item.snippet else {},
        "versions": item.versions,
        "verdict": item.word,
        "happened": item.verdict.happened if item.verdict else "",
        "reason": item.reason,
        "recorded": recorded and {**recorded._asdict(), "dialogue": [list(line) for line in recorded.dialogue]},
    }


def _natural_to_dict(item: NaturalShown) -> dict[str, object]:
    return {
        "setting": item.natural.setting,
        "server": item.server.id,
        "name": item.server.name,
        "files": {item.snippet.file: item.snippet.text, **item.snippet.beside},
        "versions": item.versions,
        "note": item.natural.note,
        "recorded": {**item.recorded._asdict(), "dialogue": [list(line) for line in item.recorded.dialogue]},
    }


def _verdict(console: Console, word: str) -> str:
    return f"{MAIL_MARKS[word]} {console.gettext(MAIL_VERDICTS[word])}"


def _all(console: Console, code: Code, shown: list[MailShown], naturals: list[NaturalShown]) -> Iterator[str]:
    """Each server on a line, case by case: identity, verdict, the reply that came; then what comes about by itself."""
    _ = console.gettext
    yield heading(console, code)
    column = max(len(server.id) for server in (*(item.server for item in shown), *(item.server for item in naturals)))
    marks = max((width(_verdict(console, item.word)) for item in shown), default=0)
    case = ""
    for item in shown:
        if item.case.id != case:
            case = item.case.id
            yield ""
            yield f"{item.case.reply} {item.case.enhanced} {_(MAIL_STAGES[item.case.stage])}"
        came = item.recorded.reply[0] if item.recorded and item.recorded.reply else ""
        line = f"  {pad(item.server.id, column)}  {pad(_verdict(console, item.word), marks)}"
        room = console.columns - width(line) - 2
        yield f"{line}  {clip(came, room) if console.columns >= STACKED_BELOW else ''}".rstrip()
    if naturals:
        yield ""
        yield _("How it comes about by itself")
        for natural in naturals:
            line = f"  {pad(natural.server.id, column)}  {natural.natural.setting}"
            yield line
            yield f"  {pad('', column)}  {clip(natural.recorded.reply[0], console.columns - column - 4)}".rstrip()
    yield ""
    server = shown[0].server.id if shown else naturals[0].server.id
    yield from wrap(f"{_('More about one of them:')} statuary snippet {code.id} --server {server}", console.columns)


def _one(console: Console, code: Code, shown: list[MailShown], naturals: list[NaturalShown]) -> Iterator[str]:
    """The files, the verdict in words and the dialogue: whole for the first case of each stage."""
    _ = console.gettext
    yield heading(console, code)
    stages: set[tuple[str, str]] = set()
    for item in shown:
        yield ""
        yield console.paint(f"{item.server.name}: {item.case.line}, {_(MAIL_STAGES[item.case.stage])}", "strong")
        facts = [(_("Verdict"), [_verdict(console, item.word)])]
        if item.versions:
            facts.append((_("Run under"), [", ".join(f"{name} {version}" for name, version in item.versions.items())]))
        yield from table(console, facts)
        if item.verdict and item.word != "as asked":
            said = [mail_happened(item.word, item.verdict.happened).render(_)]
            said += [_(item.reason)] if item.reason else []
            yield from wrap(" ".join(said), console.columns, "  ")
        if item.snippet is None or (item.server.id, item.case.stage) in stages:
            continue
        stages.add((item.server.id, item.case.stage))
        yield from _files(console, {item.snippet.file: item.snippet.text, **item.snippet.beside})
        if item.server.note:
            yield from wrap(_(item.server.note), console.columns, "  ")
        if item.recorded:
            yield ""
            yield console.paint(_("What came"), "strong")
            yield from (f"    {side}: {line}".rstrip() for side, line in item.recorded.dialogue)
            if item.recorded.after in AFTER:
                yield from wrap(_(AFTER[item.recorded.after]), console.columns, "  ")
    for natural in naturals:
        yield ""
        yield console.paint(f"{natural.server.name.partition(',')[0]}: {natural.natural.setting}", "strong")
        yield from wrap(_(natural.natural.note), console.columns, "  ")
        yield from _files(console, {natural.snippet.file: natural.snippet.text, **natural.snippet.beside})
        yield ""
        yield from (f"    {side}: {line}".rstrip() for side, line in natural.recorded.dialogue)


def _files(console: Console, files: dict[str, str]) -> Iterator[str]:
    for name, text in files.items():
        yield ""
        yield console.paint(name.rpartition("/")[2], "strong")
        yield from (f"    {line}".rstrip() for line in text.removesuffix("\n").split("\n"))
