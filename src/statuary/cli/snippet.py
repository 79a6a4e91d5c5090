"""``statuary snippet``: what to write in a framework to answer with a code, and what it really sent."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from statuary.catalog.lookup import find
from statuary.catalog.model import Code
from statuary.catalog.paths import find_places
from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.cli.render import STACKED_BELOW, heading, table
from statuary.cli.show import say_not_found
from statuary.cli.snippet_client import client_file, codes_with_clients, run_client
from statuary.cli.snippet_server import codes_with_servers, run_server, server_file
from statuary.cli.text import clip, pad, width, wrap
from statuary.explain.verdicts import NO_SNIPPETS, NOT_HTTP, VERDICT_MARKS, VERDICTS, happened, note
from statuary.explain.words import N_, Phrase
from statuary.snippets.client_shelf import ClientShelf
from statuary.snippets.mail_shelf import MailShelf
from statuary.snippets.shelf import Shelf, Shown

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("code", metavar="CODE", help=N_("a code, by identity, number or name"))
    parser.add_argument("--framework", metavar="NAME", help=N_("show its file and its answer; all are listed without"))
    parser.add_argument(
        "--client", nargs="?", const="", metavar="NAME", help=N_("how a client meets it; all are listed without a name")
    )
    parser.add_argument(
        "--server", nargs="?", const="", metavar="NAME", help=N_("a mail server's; all are listed without a name")
    )
    parser.add_argument("--raw", action="store_true", help=N_("print the file alone, octet for octet as it was run"))
    add_common(parser, "json", "lang", "color")


def run(arguments: argparse.Namespace) -> int:
    """Show the snippet of a framework, or how every framework fares; 1 where there is none."""
    console = Console(arguments)
    _check(console, arguments)
    found = find(console.catalogue, arguments.code, console.language)
    if not found:
        return say_not_found(console, arguments.code)
    if arguments.client is not None:
        return _meet(console, arguments, found)
    if arguments.server is not None:
        return _serve(console, arguments, found)
    shelf = Shelf(find_places().content)
    with_snippets = [code for code in found if not shelf.why_not(code)]
    if not with_snippets:
        code = found[0]
        message = console.gettext(NO_SNIPPETS[shelf.why_not(code)])
        console.complain("no_snippets", f"{code.id}: {message}", detail={"code": code.id})
        return 1
    if len(with_snippets) > 1:
        return _say_several(console, arguments.code, with_snippets)
    code = with_snippets[0]
    shown = shelf.show(code)
    if arguments.framework:
        wanted = arguments.framework.casefold()
        shown = [item for item in shown if wanted in (item.framework.id, item.framework.name.casefold())]
        if not shown:
            return _say_unknown(console, arguments.framework, [item.id for item in shelf.frameworks])
    if arguments.raw:
        return _write_raw(shown[0].snippet.text)
    if console.json:
        for item in shown:
            console.emit(_to_dict(console, code, item))
    elif arguments.framework:
        console.write(_one(console, code, shown[0]))
    else:
        console.write(_all(console, code, shown))
    return 0


def _check(console: Console, arguments: argparse.Namespace) -> None:
    """Refuse options that do not go together."""
    if arguments.raw and not (arguments.framework or arguments.client or arguments.server):
        console.wrong_usage("--raw needs --framework, --client or --server")
    given = (arguments.framework, arguments.client, arguments.server)
    if sum(value is not None for value in given) > 1:
        console.wrong_usage("--framework, --client and --server go one at a time")


def _meet(console: Console, arguments: argparse.Namespace, found: list[Code]) -> int:
    """Show how clients meet a code."""
    shelf = ClientShelf(find_places().content)
    met = codes_with_clients(shelf, found) or found[:1]
    if len(met) > 1:
        return _say_several(console, arguments.code, met)
    if arguments.raw:
        item = client_file(shelf.show(console.catalogue, met[0]), arguments.client)
        if item is not None:
            return _write_raw(item.text)
    return run_client(console, shelf, met[0], arguments.client)


def _serve(console: Console, arguments: argparse.Namespace, found: list[Code]) -> int:
    """Show how mail servers answer with a code."""
    shelf = MailShelf(find_places().content, console.catalogue)
    answered = codes_with_servers(shelf, found) or found[:1]
    if len(answered) > 1:
        return _say_several(console, arguments.code, answered)
    if arguments.raw:
        text = server_file(shelf, answered[0], arguments.server)
        if text is not None:
            return _write_raw(text)
    return run_server(console, shelf, answered[0], arguments.server)


def _write_raw(text: str) -> int:
    """The file itself, whatever newlines the system's text files have."""
    if sys.stdout is not None:
        stream = getattr(sys.stdout, "buffer", None)
        if stream is None:
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            stream.write(text.encode())
            stream.flush()
    return 0


def _say_several(console: Console, query: str, codes: list[Code]) -> int:
    message = console.gettext("“%(query)s” means several codes; choose one of them:") % {"query": query}
    column = max(len(code.id) for code in codes)
    more = [f"  {code.id:{column}}  {clip(code.title, console.columns - column - 4)}" for code in codes]
    console.complain("several_codes", message, more, {"query": query, "identities": [code.id for code in codes]})
    return 1


def _say_unknown(console: Console, name: str, known: list[str]) -> int:
    shown = clip("".join(character if character.isprintable() else "\ufffd" for character in name), 40)
    message = console.gettext("there is no framework “%(name)s”; there are:") % {"name": shown}
    more = wrap(", ".join(known), console.columns, "  ")
    console.complain("framework_not_found", message, more, {"framework": shown, "frameworks": known})
    return 1


def _to_dict(console: Console, code: Code, item: Shown) -> dict[str, object]:
    """A snippet for programs."""
    recorded = item.recorded
    return {
        "code": code.id,
        "framework": item.framework.id,
        "name": item.framework.name,
        "language": item.framework.language,
        "file": item.snippet.file,
        "text": item.snippet.text,
        "versions": item.versions,
        "verdict": item.word,
        "happened": [phrase.render(console.gettext) for phrase in _phrases(item)],
        "reason": item.reason,
        "recorded": None
        if recorded is None
        else {
            "status_line": recorded.status_line,
            "headers": [list(field) for field in recorded.headers],
            "body": recorded.body,
            "octets": recorded.octets,
            "framing": recorded.framing,
            "keep_alive": recorded.keep_alive,
            "interim": list(recorded.interim),
            "stderr": recorded.stderr,
            "exit_code": recorded.exit_code,
        },
    }


def _phrases(item: Shown) -> list[Phrase]:
    """What is to say of a run: nothing where all came as asked."""
    if item.verdict is None:
        return []
    first = [] if item.word == next(iter(VERDICTS)) else [happened(item.word, item.verdict.happened)]
    return [*first, *map(note, item.verdict.notes)]


def _verdict(console: Console, item: Shown) -> str:
    return f"{VERDICT_MARKS[item.word]} {console.gettext(VERDICTS[item.word])}"


def _head(console: Console, code: Code) -> Iterator[str]:
    yield heading(console, code)
    if code.protocol != "http":
        yield from wrap(console.gettext(NOT_HTTP), console.columns, "  ")
    yield ""


def _all(console: Console, code: Code, shown: list[Shown]) -> Iterator[str]:
    """Each framework on a line: identity, name, verdict, and the status line that came."""
    yield from _head(console, code)
    column = max(len(item.framework.id) for item in shown)
    names = max(width(item.framework.name) for item in shown)
    marks = max(width(_verdict(console, item)) for item in shown)
    narrow = console.columns < STACKED_BELOW
    for item in shown:
        came = item.recorded.status_line if item.recorded else ""
        if item.recorded and not came:
            came = _phrases(item)[0].render(console.gettext)
        parts = [pad(item.framework.id, column), pad(item.framework.name, names), pad(_verdict(console, item), marks)]
        if narrow:
            parts.pop(1)
        line = "  ".join(parts)
        room = console.columns - width(line) - 4
        yield f"  {line}  {clip(came, room) if room >= len('HTTP/1.1') else ''}".rstrip()
    yield ""
    more = console.gettext("More about one of them:")
    yield from wrap(f"{more} statuary snippet {code.id} --framework {shown[0].framework.id}", console.columns)


def _one(console: Console, code: Code, item: Shown) -> Iterator[str]:
    """The file, the verdict in words and the recorded answer."""
    _ = console.gettext
    framework = item.framework
    yield from _head(console, code)
    facts = [(_("Framework"), [framework.name]), (_("Verdict"), [_verdict(console, item)])]
    if item.versions:
        facts.append((_("Run under"), [", ".join(f"{name} {version}" for name, version in item.versions.items())]))
    yield from table(console, facts)
    remarks = [phrase.render(_) for phrase in _phrases(item)]
    if item.verdict is None:
        remarks.append(" ".join(filter(None, (_("It was not run, so nothing is claimed."), _(item.reason)))))
    for remark in (*remarks, _(framework.note)):
        if remark:
            yield from wrap(remark, console.columns, "  ")
    yield ""
    yield console.paint(framework.file, "strong")
    yield from (f"    {line}".rstrip() for line in item.snippet.text.removesuffix("\n").split("\n"))
    if item.recorded is None:
        return
    if item.recorded.text:
        yield ""
        yield console.paint(_("What came"), "strong")
        yield from (f"    {line}".rstrip() for line in item.recorded.text.rstrip("\n").split("\n"))
    if item.recorded.stderr:
        yield ""
        yield console.paint(_("On its standard error:"), "strong")
        yield from (f"    {line}".rstrip() for line in item.recorded.stderr.rstrip("\n").split("\n"))
