"""``statuary map``: what a gateway answers in one protocol for a code of another."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from statuary.catalog.entry import Text
from statuary.catalog.lookup import find
from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.cli.render import heading
from statuary.cli.show import say_not_found
from statuary.cli.text import inline, wrap
from statuary.explain.mapping import BASES, Answer, Mapping, map_code
from statuary.explain.words import N_

__all__ = ["add_arguments", "run", "told"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the mapping."""
    parser.add_argument("code", metavar="CODE", help=N_("a code, by identity, number or name"))
    parser.add_argument("protocol", metavar="PROTOCOL", help=N_("the protocol to answer in"))
    add_common(parser, "json", "lang", "color")


def run(arguments: argparse.Namespace) -> int:
    """Say what to answer; 1 where the code is not known, means several, or has no counterpart."""
    console = Console(arguments)
    protocol = arguments.protocol.lower()
    if protocol not in console.catalogue.protocols:
        known = ", ".join(console.catalogue.protocols)
        console.wrong_usage(f"no such protocol: {arguments.protocol!r}; there are {known}")
    codes = [code for code in find(console.catalogue, arguments.code, console.language) if not code.hidden]
    others = [code for code in codes if code.protocol != protocol]
    codes = others or codes
    if not codes:
        return say_not_found(console, arguments.code)
    if len(codes) > 1:
        message = console.gettext("“%(query)s” means several codes; choose one of them:") % {"query": arguments.code}
        detail = {"query": arguments.code, "identities": [code.id for code in codes]}
        console.complain("several_codes", message, [f"  {code.id}  {code.title}" for code in codes], detail)
        return 1
    found = map_code(console.catalogue, codes[0], protocol, console.language)
    if console.json:
        console.emit(found.to_dict(console.gettext))
    else:
        console.write(_lines(console, found))
    return 0 if found.answers or found.alternatives else 1


def told(console: Console, text: Text) -> str:
    """A text of the book for a terminal, marked where it is not in the reader's language."""
    if not text.text:
        return ""
    shown = inline(text.text, marked=console.colour)
    return shown if text.language == console.language else f"{shown} (en)"


def _lines(console: Console, found: Mapping) -> Iterator[str]:
    _ = console.gettext
    yield heading(console, found.origin)
    yield ""
    yield from wrap(found.verdict.render(_), console.columns)
    for answer in found.answers:
        yield ""
        yield from _answer(console, answer, found.origin.id)
    if found.alternatives:
        yield ""
        yield console.paint(_("Of like meaning"), "strong")
        yield from _short(console, found.alternatives)


def _answer(console: Console, answer: Answer, origin: str) -> Iterator[str]:
    _ = console.gettext
    title = heading(console, answer.code)
    yield f"→ {title}" + (f"  {answer.enhanced}" if answer.enhanced else "")
    if answer.through != origin:
        yield from _field(console, _("Holds for"), answer.through)
    if answer.when.text:
        yield from _field(console, _("When"), told(console, answer.when))
    if answer.loses.text:
        yield from _field(console, _("What is lost"), told(console, answer.loses))
    yield from _field(console, _("Basis"), _basis(console, answer))


def _basis(console: Console, answer: Answer) -> str:
    basis = console.gettext(BASES[answer.basis])
    return f"{basis} ({answer.source})" if answer.source else basis


def _field(console: Console, label: str, text: str) -> Iterator[str]:
    yield from wrap(text, console.columns, f"  {label}: ", "    ")


def _short(console: Console, answers: Sequence[Answer]) -> Iterator[str]:
    for answer in answers:
        yield from wrap(f"{answer.code.title} – {_basis(console, answer)}", console.columns, f"  {answer.code.id}  ")
