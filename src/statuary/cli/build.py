"""``statuary build``: the whole site as files, for any file server."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from statuary.cli.console import Console
from statuary.cli.parser import add_common
from statuary.errors import BuildError
from statuary.explain.words import N_

if TYPE_CHECKING:
    from statuary.web.export import Outcome, Plan

__all__ = ["BROKEN", "add_arguments", "run"]

BROKEN = 3
"""The site was written, but links of it lead nowhere."""
MAX_NAMED = 10
"""How many links that lead nowhere are named."""

_BAR = 30
_SECONDS_BETWEEN = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the build."""
    parser.add_argument("folder", metavar="DIR", help=N_("where the files go: empty, or built before"))
    parser.add_argument("--base-url", metavar="URL", default="", help=N_("the address of the site, for search engines"))
    parser.add_argument("--prefix", metavar="PATH", default="", help=N_("the path below which a server offers it"))
    parser.add_argument("--lang", metavar="TAGS", dest="languages", default="", help=N_("only these languages: en,fr"))
    parser.add_argument("--jobs", metavar="N", default="0", help=N_("how many processes render"))
    parser.add_argument("--only", metavar="NAMES", default="", help=N_("only these protocols and codes, to try out"))
    add_common(parser, "json")


def run(arguments: argparse.Namespace) -> int:
    """Build the site, and say how many pages there are and how fast they came."""
    from statuary.web.export import build, make_plan

    arguments.lang = None  # the option names what is built, not what is spoken here
    console = Console(arguments)
    if not (arguments.jobs.isascii() and arguments.jobs.isdigit() and len(arguments.jobs) < 6):
        console.wrong_usage(f"--jobs {arguments.jobs!r} is no number")
    only = _list(arguments.only)
    for name in only:
        if name not in console.catalogue.protocols and console.catalogue.get(name) is None:
            console.wrong_usage(f"--only {name!r} is no protocol and no code: write smtp or smtp/X.2.2")
    try:
        plan = make_plan(
            Path(arguments.folder),
            tuple(console.catalogue.languages),
            base_url=arguments.base_url,
            prefix=arguments.prefix,
            languages=_list(arguments.languages),
            jobs=int(arguments.jobs),
            only=only,
        )
    except BuildError as error:
        console.wrong_usage(str(error))
    bar = _Bar()
    started = time.monotonic()
    try:
        outcome = build(plan, bar)
    finally:
        bar.clear()
    _tell(console, plan, outcome, time.monotonic() - started)
    return BROKEN if outcome.broken else 0


def _list(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").split() if part]


def _tell(console: Console, plan: Plan, outcome: Outcome, seconds: float) -> None:
    rate = outcome.rendered / seconds if seconds else 0.0
    if console.json:
        console.emit(
            {
                "folder": str(plan.folder),
                "pages": outcome.pages,
                "files": outcome.files,
                "written": len(outcome.written),
                "deleted": len(outcome.deleted),
                "rendered": outcome.rendered,
                "broken": [{"page": page, "link": link} for page, link in outcome.broken],
                "seconds": round(seconds, 2),
                "pages_per_second": round(rate, 1),
            }
        )
        return
    words = console.gettext("%(pages)s pages in %(files)s files: %(written)s written, %(deleted)s deleted")
    numbers = {"written": len(outcome.written), "deleted": len(outcome.deleted)}
    lines = [words % {"pages": outcome.pages, "files": outcome.files, **numbers}]
    if outcome.rendered:
        pace = console.gettext("%(seconds)s s, %(rate)s pages a second")
        lines.append(pace % {"seconds": f"{seconds:.1f}", "rate": f"{rate:.0f}"})
    else:
        lines.append(console.gettext("Nothing has changed since the last build."))
    if not plan.origin:
        lines.append(
            console.gettext("Without --base-url there is no sitemap, no canonical link and no picture of a code.")
        )
    elif not outcome.pictures:
        lines.append(console.gettext("Without Pillow no picture of a code is drawn: install statuary[build]."))
    console.write(lines)
    for page, link in outcome.broken[:MAX_NAMED]:
        sys.stderr.write(f"statuary build: {page} leads to {link}, which is no page\n")


class _Bar:
    """A bar of progress on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._shown = sys.stderr is not None and sys.stderr.isatty()
        self._last = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._shown or (now - self._last < _SECONDS_BETWEEN and done < total):
            return
        self._last = now
        full = _BAR * done // total
        sys.stderr.write(f"\r{'█' * full}{'░' * (_BAR - full)} {done}/{total}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the bar away."""
        if self._shown and self._last:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
