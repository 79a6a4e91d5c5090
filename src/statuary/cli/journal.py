"""``statuary journal``: what a running server has seen, on the terminal or as files for other tools."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.cli.remote import DEFAULT_URL, Remote, RemoteFailure
from statuary.errors import RuleError
from statuary.explain.words import N_

if TYPE_CHECKING:
    from statuary.serve.journal import Exchange
    from statuary.serve.sieve import Filter

__all__ = ["add_arguments", "run"]

MAX_LIMIT = 1_000_000_000
"""The highest number that an option takes."""
MAIL_WAIT_SECONDS = 30
"""How long one question for further mail waits, in seconds."""
MAIL_PAGE = 100
"""How many messages one question asks for."""

MILLISECOND = 0.001
"""What the API's times are exact to, in seconds; in the middle of it no rounding of a fraction leads to another."""

_TEXTS = {
    "protocol": ("PROTOCOL", N_("only this protocol's: http or smtp")),
    "stage": ("STAGE", N_("only this stage, such as rcpt")),
    "code": ("CODE", N_("only this code; * and ? are wild, as in 4*")),
    "key": ("KEY", N_("only what this isolates: Statuary-Key, ?key=, or the tag of an address")),
    "rule": ("NAME", N_("only what this rule, or script, decided")),
    "peer": ("ADDRESS", N_("only this client, with or without its port")),
    "sender": ("ADDRESS", N_("only mail from this address; * is wild")),
    "recipient": ("ADDRESS", N_("only mail to this address, among others; * is wild")),
    "path": ("PATH", N_("only requests for this path; * is wild")),
    "text": ("TEXT", N_("only where either side said this")),
}
_NUMBERS = {
    "connection": N_("only this connection"),
    "after": N_("only higher numbers"),
    "limit": N_("end after so many"),
}
_PROTOCOLS = ("http", "smtp")
_FIELDS = ("sender", "recipient", "path")
_OF_MAIL = ("key", "sender", "recipient", "after", "limit")
_OUTPUTS = ("har", "jsonl", "eml")

Numbered = tuple[int, "Exchange"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the journal."""
    parser.add_argument("--follow", action="store_true", help=N_("go on with what comes, until interrupted"))
    for name, (metavar, text) in _TEXTS.items():
        choices = _PROTOCOLS if name == "protocol" else None
        parser.add_argument(f"--{name}", metavar=metavar, choices=choices, help=text)
    for name, text in _NUMBERS.items():
        parser.add_argument(f"--{name}", metavar="N", help=text)
    parser.add_argument("--har", metavar="FILE", help=N_("write HTTP as an HTTP Archive (HAR 1.2); - for the output"))
    parser.add_argument("--jsonl", metavar="FILE", help=N_("write JSON lines; - for the output"))
    parser.add_argument("--eml", metavar="DIR", help=N_("write each accepted message as it came, a file each"))
    parser.add_argument("--credentials", action="store_true", help=N_("leave credentials as they are, not masked"))
    parser.add_argument("--url", metavar="URL", help=N_("the server's site (STATUARY_URL; http://127.0.0.1:8080)"))
    parser.add_argument("--token", metavar="TOKEN", help=N_("what it asks for beyond loopback (STATUARY_TOKEN)"))
    add_common(parser, "json", "lang", "color")


def run(arguments: argparse.Namespace) -> int:
    """Show, or write, what a server has seen.

    Returns:
        0 once it is done, 2 for wrong options, 3 where the server does not answer or a file cannot be written.
    """
    console = Console(arguments, lenient=True)
    _check(console, arguments)
    try:
        remote = Remote(
            arguments.url or os.environ.get("STATUARY_URL") or DEFAULT_URL,
            arguments.token or os.environ.get("STATUARY_TOKEN", ""),
        )
        if arguments.eml is not None:
            return _write_mail(console, remote, arguments)
        return _write_exchanges(console, remote, arguments)
    except RemoteFailure as failure:
        console.complain(failure.slug, failure.message)
        return 2 if failure.wrong_usage else 3
    except RuleError as error:
        console.complain("bad_filter", str(error))
        return 2


def _check(console: Console, arguments: argparse.Namespace) -> None:
    """See that the options go together; wrong ones end with exit code 2."""
    for name in _NUMBERS:
        text = getattr(arguments, name)
        if text is not None and not (text.isascii() and text.isdigit() and int(text[:12]) <= MAX_LIMIT):
            console.wrong_usage(f"--{name}: {text!r} is no whole number up to {MAX_LIMIT}")
        setattr(arguments, name, int(text or 0))
    outputs = [name for name in _OUTPUTS if getattr(arguments, name) is not None]
    if len(outputs) > 1:
        console.wrong_usage(f"--{outputs[0]} and --{outputs[1]} are two outputs: write one at a time")
    if "har" in outputs:
        if arguments.follow:
            console.wrong_usage("--har is one document, and --follow has no end: use --jsonl")
        if arguments.protocol not in (None, "http"):
            console.wrong_usage("--har holds HTTP only: leave --protocol out, or use --jsonl")
        arguments.protocol = "http"
    if "eml" in outputs:
        others = [name for name in (*_TEXTS, *_NUMBERS) if name not in _OF_MAIL and getattr(arguments, name)]
        if others and not (others == ["protocol"] and arguments.protocol == "smtp"):
            known = ", ".join(f"--{name}" for name in _OF_MAIL)
            console.wrong_usage(f"--eml writes messages, which --{others[0]} says nothing about; it takes {known}")


def _filter(arguments: argparse.Namespace) -> Filter:
    """What the options ask for.

    Raises:
        RuleError: fields do not go together.
    """
    from statuary.scenario.patterns import read_match
    from statuary.serve.sieve import Filter, protocol_of

    match, _ = read_match({name: getattr(arguments, name) for name in _FIELDS if getattr(arguments, name)}, "http")
    texts = {name: getattr(arguments, name) or "" for name in ("stage", "code", "rule", "peer", "text")}
    return Filter(
        protocol=protocol_of(arguments.protocol or "", match),
        key=arguments.key or None,
        connection=arguments.connection,
        after=arguments.after,
        match=match,
        **texts,
    )


# Exchanges


def _write_exchanges(console: Console, remote: Remote, arguments: argparse.Namespace) -> int:
    wanted = _filter(arguments)
    found = _followed(console, remote, wanted) if arguments.follow else _kept(remote, arguments)
    exchanges = _first(found, arguments.limit)
    if not arguments.credentials:
        from statuary.serve.export import masked

        exchanges = ((number, masked(exchange)) for number, exchange in exchanges)
    with ExitStack() as stack:
        if arguments.har is not None:
            return _write_har(console, stack, arguments.har, list(exchanges))
        if arguments.jsonl is not None:
            return _write_lines(console, stack, arguments.jsonl, exchanges)
    shown = _json_lines(exchanges) if arguments.json else _for_people(console, exchanges)
    for text in shown:
        sys.stdout.write(text)
        if arguments.follow:
            sys.stdout.flush()
    return 0


def _first(exchanges: Iterable[Numbered], limit: int) -> Iterator[Numbered]:
    """At most so many of them; 0 for all. Nothing further is waited for."""
    for count, exchange in enumerate(exchanges, 1):
        yield exchange
        if count == limit:
            return


def _kept(remote: Remote, arguments: argparse.Namespace) -> Iterator[Numbered]:
    """What the server keeps and has chosen."""
    query = {name: getattr(arguments, name) for name in _TEXTS}
    query |= {name: getattr(arguments, name) or "" for name in ("connection", "after")}
    query |= {"format": "jsonl", "credentials": "show" if arguments.credentials else ""}
    yield from map(_exchange, remote.get_lines("/api/journal/export", query))


def _followed(console: Console, remote: Remote, wanted: Filter) -> Iterator[Numbered]:
    """What the server keeps, and all that comes; a session's first words come late, once it has named its key."""
    from statuary.serve.sieve import MAX_HELD, Sieve

    sieve = Sieve(wanted)
    waiting: dict[int, Exchange] = {}
    for event in remote.stream("/api/journal/stream", {"after": 0}):
        if event.name == "dropped":
            count = _whole(remote, event.data, "count")
            text = console.ngettext(
                "%(count)s exchange is no longer kept", "%(count)s exchanges are no longer kept", count
            )
            sys.stderr.write(f"statuary journal: {text % {'count': count}}\n")
            continue
        number, exchange = _exchange(event.data)
        waiting[number] = exchange
        if len(waiting) > (MAX_HELD if wanted.key else 1):
            del waiting[next(iter(waiting))]
        for found in sieve.see(number, exchange):
            if found in waiting:
                yield found, waiting.pop(found)


def _exchange(data: Any) -> Numbered:
    """An exchange of the API's JSON.

    Raises:
        RemoteFailure: it is none.
    """
    from statuary.serve.journal import Exchange

    try:
        told = {name: data[name] for name in Exchange._fields}
        for name in ("request", "response"):
            told[name] = told[name].encode("latin-1")
        told["at"] = datetime.fromisoformat(told["at"]).timestamp() + MILLISECOND / 2
        return int(data["number"]), Exchange(**told)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise RemoteFailure("no_statuary", "the server's journal is not that of this version") from None


def _whole(remote: Remote, data: Any, name: str) -> int:
    """A whole number of the API's JSON.

    Raises:
        RemoteFailure: there is none.
    """
    number = data.get(name) if isinstance(data, dict) else None
    if not isinstance(number, int):
        raise remote.stranger()
    return number


def _json_lines(exchanges: Iterable[Numbered]) -> Iterator[str]:
    from statuary.serve.export import json_lines

    for number, exchange in exchanges:
        yield from json_lines([(number, exchange)], mask=False)


def _for_people(console: Console, exchanges: Iterable[Numbered]) -> Iterator[str]:
    """The transcript, in colour where there is colour."""
    from statuary.serve.export import Transcriber

    transcriber = Transcriber()
    for _, exchange in exchanges:
        for line in transcriber.lines(exchange):
            yield _painted(console, line) + "\n"


def _painted(console: Console, line: str) -> str:
    if line.startswith("#"):
        return console.paint(line, "quiet")
    if not line.startswith("S: "):
        return line
    said = line[3:].removeprefix("HTTP/1.1 ").removeprefix("HTTP/1.0 ").removeprefix("HTTP/2 ")
    return console.paint(line, said[0]) if said[:3].isdigit() else line


def _write_har(console: Console, stack: ExitStack, name: str, exchanges: list[Numbered]) -> int:
    from statuary._version import __version__
    from statuary.serve.export import har

    file = _open(stack, name)
    json.dump(har(exchanges, __version__, mask=False), file, ensure_ascii=False, indent=1)
    file.write("\n")
    return _say(console, name, len(exchanges), "exchanges")


def _write_lines(console: Console, stack: ExitStack, name: str, exchanges: Iterable[Numbered]) -> int:
    file = _open(stack, name)
    count = 0
    for text in _json_lines(exchanges):
        file.write(text)
        file.flush()
        count += 1
    return _say(console, name, count, "exchanges")


def _open(stack: ExitStack, name: str) -> TextIO:
    return sys.stdout if name == "-" else stack.enter_context(Path(name).open("w", encoding="utf-8", newline="\n"))


def _say(console: Console, name: str, count: int, what: str) -> int:
    """What was written, where that is not seen."""
    if name == "-":
        return 0
    if console.json:
        console.emit({"file": name, what: count})
        return 0
    texts: dict[str, Callable[[], str]] = {
        "exchanges": lambda: console.ngettext("%(count)s exchange", "%(count)s exchanges", count),
        "messages": lambda: console.ngettext("%(count)s message", "%(count)s messages", count),
    }
    console.write([f"{name}: {texts[what]() % {'count': count}}"])
    return 0


# Mail


def _write_mail(console: Console, remote: Remote, arguments: argparse.Namespace) -> int:
    """Each accepted message as a file of its own, octet for octet."""
    folder = Path(arguments.eml)
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for number in _messages(remote, arguments):
        octets = remote.get(f"/api/messages/{number}.eml")
        path = folder / f"message-{number}.eml"
        try:
            with path.open("xb") as file:
                file.write(octets)
        except FileExistsError:
            if path.read_bytes() != octets:
                console.complain("file_exists", f"{path} is there and differs: write to another folder")
                return 3
        count += 1
        if arguments.follow and not console.json:
            console.write([str(path)])
            sys.stdout.flush()
    return _say(console, arguments.eml, count, "messages")


def _messages(remote: Remote, arguments: argparse.Namespace) -> Iterator[int]:
    """The numbers of the messages that are asked for."""
    asked = {name: getattr(arguments, name) or "" for name in ("key", "sender", "recipient")}
    after, left = arguments.after, arguments.limit or MAX_LIMIT
    while left > 0:
        if arguments.follow:
            question = {**asked, "key": asked["key"] or None, "after": after, "count": 1, "timeout": MAIL_WAIT_SECONDS}
            answer = remote.post_json("/api/messages/wait", question)
        else:
            page = {**asked, "after": after or "", "limit": min(left, MAIL_PAGE)}
            answer = remote.get_json("/api/messages", page)
        found = answer.get("messages") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise remote.stranger()
        for message in found[:left]:
            after = _whole(remote, message, "number")
            yield after
        left -= len(found)
        if not found and not arguments.follow:
            return
