"""``statuary snippet CODE --client NAME``: how a client meets a code, and what it really did."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from statuary.catalog.model import Code
from statuary.cli.console import Console
from statuary.cli.render import STACKED_BELOW, heading, table
from statuary.cli.text import clip, pad, width, wrap
from statuary.explain.client_verdicts import CASES, CLIENT_MARKS, CLIENT_VERDICTS, NO_CLIENTS, OUT_OF_PLACE, deviated
from statuary.snippets.client import find_client
from statuary.snippets.client_shelf import ClientShelf, ShownClient

__all__ = ["client_file", "codes_with_clients", "run_client"]


def codes_with_clients(shelf: ClientShelf, codes: list[Code]) -> list[Code]:
    """Those codes that client programs meet."""
    return [code for code in codes if not shelf.why_not(code)]


def client_file(shown: list[ShownClient], name: str) -> ShownClient | None:
    """The program of the client of that name; None where there is none."""
    found = find_client([item.client for item in shown], name)
    return next((item for item in shown if item.client is found), None) if found else None


def run_client(console: Console, shelf: ClientShelf, code: Code, name: str) -> int:
    """Show how one client, or every one, meets a code; 1 where there is none.

    Args:
        console: where to.
        shelf: the programs.
        code: the code.
        name: the client; empty for all.
    """
    if why := shelf.why_not(code):
        console.complain("no_clients", f"{code.id}: {console.gettext(NO_CLIENTS[why])}", detail={"code": code.id})
        return 1
    shown = shelf.show(console.catalogue, code)
    if name:
        item = client_file(shown, name)
        if item is None:
            return _say_unknown(console, name, [each.client.id for each in shown])
        shown = [item]
    if console.json:
        for each in shown:
            console.emit(_to_dict(console, code, each))
    elif name:
        console.write(_one(console, code, shown[0]))
    else:
        console.write(_all(console, code, shown))
    return 0


def _say_unknown(console: Console, name: str, known: list[str]) -> int:
    shown = clip("".join(character if character.isprintable() else "\ufffd" for character in name), 40)
    message = console.gettext("there is no client “%(name)s” for this code; there are:") % {"name": shown}
    more = wrap(", ".join(known), console.columns, "  ")
    console.complain("client_not_found", message, more, {"client": shown, "clients": known})
    return 1


def _to_dict(console: Console, code: Code, item: ShownClient) -> dict[str, object]:
    """A program and its runs for programs."""
    runs = item.recorded.cases if item.recorded else {}
    return {
        "code": code.id,
        "client": item.client.id,
        "name": item.client.name,
        "language": item.client.language,
        "file": item.client.file,
        "text": item.text,
        "versions": item.versions,
        "verdict": item.word,
        "deviations": [deviation._asdict() for deviation in item.verdict.deviations] if item.verdict else [],
        "happened": _remarks(console, item),
        "reason": item.reason,
        "runs": [
            {
                "case": name,
                "command": _command(item, ran.arguments),
                "stdout": ran.stdout,
                "stderr": ran.stderr,
                "exit_code": ran.exit_code,
                "exchanges": [exchange._asdict() for exchange in ran.exchanges],
            }
            for name, ran in runs.items()
        ],
    }


def _remarks(console: Console, item: ShownClient) -> list[str]:
    """What a program did not do as advised, in sentences."""
    found = item.verdict.deviations if item.verdict else ()
    return [
        f"{console.gettext(CASES[each.case])}: {deviated(each.what, each.came, each.wanted).render(console.gettext)}"
        for each in found
    ]


def _verdict(console: Console, item: ShownClient) -> str:
    return f"{CLIENT_MARKS[item.word]} {console.gettext(CLIENT_VERDICTS[item.word])}"


def _command(item: ShownClient, arguments: tuple[str, ...]) -> str:
    return f"{item.client.shown} {shlex.join(arguments)}"


def _head(console: Console, code: Code, item: ShownClient) -> Iterator[str]:
    yield heading(console, code)
    if not item.met.in_place:
        yield from wrap(console.gettext(OUT_OF_PLACE), console.columns, "  ")
    yield ""


def _all(console: Console, code: Code, shown: list[ShownClient]) -> Iterator[str]:
    """Each client on a line: identity, name, verdict."""
    yield from _head(console, code, shown[0])
    column = max(len(item.client.id) for item in shown)
    names = max(width(item.client.name) for item in shown)
    for item in shown:
        parts = [pad(item.client.id, column), pad(item.client.name, names), _verdict(console, item)]
        if console.columns < STACKED_BELOW:
            parts.pop(1)
        yield f"  {'  '.join(parts)}".rstrip()
    yield ""
    more = console.gettext("More about one of them:")
    yield from wrap(f"{more} statuary snippet {code.id} --client {shown[0].client.id}", console.columns)


def _one(console: Console, code: Code, item: ShownClient) -> Iterator[str]:
    """The program, the verdict in words, and each run with what was printed and said."""
    _ = console.gettext
    yield from _head(console, code, item)
    facts = [(_("Client"), [item.client.name]), (_("Verdict"), [_verdict(console, item)])]
    if item.versions:
        facts.append((_("Run under"), [", ".join(f"{name} {version}" for name, version in item.versions.items())]))
    yield from table(console, facts)
    remarks = _remarks(console, item)
    if item.verdict is None:
        remarks.append(" ".join(filter(None, (_("It was not run, so nothing is claimed."), _(item.reason)))))
    for remark in remarks:
        yield from wrap(remark, console.columns, "  ")
    yield ""
    yield console.paint(item.client.file, "strong")
    yield from _indented(item.text)
    for name, ran in (item.recorded.cases if item.recorded else {}).items():
        yield ""
        yield console.paint(_(CASES[name]), "strong")
        yield f"    $ {_command(item, ran.arguments)}"
        yield from _indented(ran.stdout + ran.stderr)
        if ran.exit_code is not None:
            yield "  " + _("Exit code: %(number)s") % {"number": ran.exit_code}
        yield "  " + _("What the mock saw") + ":"
        for exchange in ran.exchanges:
            for side, text in (("C", exchange.said), ("S", exchange.answered)):
                yield from (f"    {side}: {line}" for line in text.split("\n") if text)


def _indented(text: str) -> Iterator[str]:
    if text:
        yield from (f"    {line}".rstrip() for line in text.removesuffix("\n").split("\n"))
