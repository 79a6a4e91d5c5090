"""``statuary explain``: what the codes in a line of a log, a delivery report or an error mean, and what to do."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from statuary.catalog.model import Code
from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.cli.render import heading, table
from statuary.cli.text import CODE_OFF, CODE_ON, blocks, clip, inline, pad, width, wrap
from statuary.explain.logline import MAX_LINE_CHARACTERS, Finding, LineReader, page_path, to_dict
from statuary.explain.logshapes import SPEAKERS
from statuary.explain.words import N_, actor_phrase, fate_phrase, has_actor, is_described, retry_phrase

__all__ = ["MAX_LINES", "MAX_LINE_OCTETS", "add_arguments", "run"]

MAX_LINE_OCTETS = 4 * MAX_LINE_CHARACTERS
"""How much of a line of the input is kept, in octets; the rest of the line is passed over."""
MAX_LINES = 100_000_000
"""How many lines of the input are read."""
MAX_SHOWN_PART = 200
"""How much of a line is shown above its codes, in columns."""

_INPUT = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the explanation."""
    parser.add_argument(
        "line", nargs="*", metavar="LINE", help=N_("a line as it was met; - or nothing for standard input")
    )
    add_common(parser, "json", "lang", "color")


def run(arguments: argparse.Namespace) -> int:
    """Explain the codes of lines; 1 where no line holds one."""
    console = Console(arguments)
    words: list[str] = arguments.line
    if words and words != [_INPUT]:
        report = _Report(console, counts=False)
        for line in _given(words):
            report.take(line, alone=True)
        return report.end()
    if sys.stdin is None or (not words and sys.stdin.isatty()):
        console.wrong_usage(f"give a line, or {_INPUT} to read standard input")
    report = _Report(console, counts=True)
    try:
        for line in _lines(sys.stdin.buffer):
            report.take(line)
            if report.lines >= MAX_LINES:
                break
    except KeyboardInterrupt:
        report.end()
        raise
    return report.end()


def _given(words: list[str]) -> Iterator[str]:
    """The lines of the command line: each word is one where all hold spaces, else the words are one line together."""
    several = len(words) > 1 and all(len(word.split()) > 1 for word in words)
    for text in words if several else [" ".join(words)]:
        yield from text.splitlines() or [""]


def _lines(source: BinaryIO) -> Iterator[str]:
    """The lines of an input as they come, each at most :data:`MAX_LINE_OCTETS` long."""
    while octets := source.readline(MAX_LINE_OCTETS):
        rest = octets
        while len(rest) == MAX_LINE_OCTETS and not rest.endswith(b"\n"):
            rest = source.readline(MAX_LINE_OCTETS)
        yield octets.rstrip(b"\r\n").decode("utf-8", "replace")


class _Report:
    """Writes of each code once, when it first comes, and counts it from then on.

    Args:
        console: where to.
        counts: whether to end with the counts.
    """

    def __init__(self, console: Console, *, counts: bool) -> None:
        self._console = console
        self._reader = LineReader(console.catalogue, console.language)
        self._counts = counts
        self._codes: Counter[str] = Counter()
        self._titles: dict[str, str] = {}
        self._telling = 0
        self._first = ""
        self.lines = 0

    def take(self, line: str, *, alone: bool = False) -> None:
        """Read a line, and write of the codes that are new.

        Args:
            line: as it was met.
            alone: whether a person asks about this line.
        """
        self.lines += 1
        self._first = self._first or line
        found = self._reader.read(line, alone=alone)
        self._telling += bool(found)
        new = [each for each in found if each.code.id not in self._codes]
        self._codes.update(each.code.id for each in found)
        if not new:
            return
        self._titles |= {each.code.id: each.code.title for each in new}
        if self._console.json:
            for each in new:
                told = to_dict(each, self._console.language, self._console.gettext)
                self._console.emit({"line": self.lines, **told})
        else:
            if len(self._codes) > len(new):
                self._console.write([""])
            self._console.write(self._told(line, new))
        if sys.stdout is not None:
            sys.stdout.flush()  # who follows a log waits for it

    def end(self) -> int:
        """Write the counts where they are wanted, or that nothing was found; the exit code."""
        if self._counts and self._console.json:
            counts = {"lines": self.lines, "with_codes": self._telling, "codes": dict(self._codes.most_common())}
            self._console.emit({"summary": counts})
        elif self._counts and self._codes:
            self._console.write(self._totals())
        if sys.stdout is not None:
            sys.stdout.flush()
        if self._codes:
            return 0
        self._say_nothing()
        return 1

    def _say_nothing(self) -> None:
        _ = self._console.gettext
        if self.lines == 1:
            shown = clip(_printable(self._first), MAX_SHOWN_PART)
            message = _("no code was recognised in “%(line)s”") % {"line": shown}
        else:
            message = self._console.ngettext(
                "no code was recognised in %(count)s line", "no code was recognised in %(count)s lines", self.lines
            ) % {"count": self.lines}
        hint = _("For words without a code there is: statuary search WORDS")
        self._console.complain("no_code_recognised", message, [hint], {"lines": self.lines})

    def _totals(self) -> Iterator[str]:
        console = self._console
        said = console.ngettext("%(count)s line read", "%(count)s lines read", self.lines) % {"count": self.lines}
        yield ""
        yield console.paint(said, "strong")
        column = max(width(identity) for identity in self._codes)
        for identity, count in self._codes.most_common():
            title = clip(self._titles[identity], max(console.columns - column - 14, 8))
            yield f"{count:8}  {pad(identity, column)}  {title}"

    def _told(self, line: str, found: list[Finding]) -> Iterator[str]:
        """The line, and below it each of its codes."""
        console = self._console
        for text in wrap(clip(_printable(line), MAX_SHOWN_PART), console.columns, "> "):
            yield console.paint(text, "quiet")
        for each in found:
            yield ""
            yield from _explained(console, each)


def _explained(console: Console, found: Finding) -> Iterator[str]:
    """A code: what said so, what it means, and what to do."""
    _ = console.gettext
    code = found.code
    yield heading(console, code)
    part = f"{CODE_ON}{found.part}{CODE_OFF}" if console.colour else f"`{found.part}`"
    facts = [
        (_("Taken from"), [f"{part} ({_(found.why)})"]),
        (_("Said by"), [_(SPEAKERS[found.speaker])]),
        (_("What it means"), _prose(console, code, "summary")),
    ]
    if is_described(code):
        facts[-1][1].append(fate_phrase(code).render(_))
    if code.retry.policy:
        facts.append((_("Repeat it?"), [retry_phrase(code.retry).render(_)]))
    if has_actor(code):
        facts.append((_("Who acts"), [actor_phrase(code).render(_)]))
    for field, label in (("fix_sender", _("If you send")), ("fix_operator", _("If you run the server"))):
        if texts := _prose(console, code, field):
            facts.append((label, texts))
    if found.heard:
        facts.append((_("Known from"), [f"{item.provider}: {item.text} <{item.source}>" for item in found.heard]))
    facts.append((_("Page"), [page_path(code, console.language)]))
    yield from table(console, facts)


def _prose(console: Console, code: Code, field: str) -> list[str]:
    """The paragraphs of a field of the prose, marked where they are not in the reader's language."""
    told = code.summary if field == "summary" else code.prose.texts.get(field, "")
    if not told:
        return []
    texts = [f"{mark}{inline(text, marked=console.colour)}" for mark, text in blocks(told)]
    behind = field in code.prose.fallbacks and console.language != "en"
    return [f"{text} (en)" for text in texts] if behind else texts


def _printable(text: str) -> str:
    """What a stranger wrote, without what would steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text[: 2 * MAX_SHOWN_PART])
