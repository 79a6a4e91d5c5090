"""The two screens: the look-up itself, and a sheet that lies over it until a key closes it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import cached_property

from textual import events, on, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Static

from statuary.catalog.lookup import MAX_RESULTS
from statuary.catalog.model import Code
from statuary.catalog.query import MAX_QUERY_CHARACTERS
from statuary.cli.browser import Opener, needs_terminal
from statuary.cli.screen.lines import PaneConsole, Sheet, compared, described, helped, hints, nothing_found, started
from statuary.cli.screen.places import Places, answers, configured
from statuary.cli.screen.widgets import Results, SearchBox, SheetView
from statuary.cli.search import found_by
from statuary.explain.trigger import trigger

__all__ = ["LookupScreen", "SheetScreen"]

NARROW_BELOW = 64
"""Terminals narrower than this, in columns, have the page under the results rather than beside them."""


class LookupScreen(Screen[None]):
    """The search above, results and page below it, a notice and the hints at the foot.

    Args:
        console: the reader's language, and the catalogue.
        query: what is searched for at the start.
        opener: opens a page in the browser.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW_BELOW, "-wide")]  # noqa: RUF012 - as Textual declares it
    BINDINGS = [  # noqa: RUF012
        Binding("tab", "section(1)", show=False, priority=True),
        Binding("shift+tab", "section(-1)", show=False, priority=True),
        Binding("down,left", "results", show=False),
        Binding("pagedown", "turn(1)", show=False),
        Binding("pageup", "turn(-1)", show=False),
        Binding("slash", "search", show=False),
        Binding("question_mark,f1", "help", show=False),
        Binding("c", "compare", show=False),
        Binding("y", "copy", show=False),
        Binding("o", "open", show=False),
        Binding("q,escape", "app.quit", show=False),
    ]

    def __init__(self, console: PaneConsole, query: str, opener: Opener) -> None:
        super().__init__()
        self._writer = console
        self.opener = opener
        self.copied = ""
        self._said = ""
        self._codes: list[Code] = []
        self._marked: Code | None = None
        self._query = query
        self._search = SearchBox(
            placeholder=console.gettext("a number, a name or a symptom"),
            id="search",
            compact=True,
            max_length=MAX_QUERY_CHARACTERS,
        )
        self._results = Results(id="results", classes="-empty", compact=True, markup=False)
        self._page = SheetView(lambda columns: started(console.fit(columns)), id="page")
        self._notice = Static(id="notice", markup=False)
        self._hints = Static(classes="hints", markup=False)

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield self._search
        yield Container(self._results, self._page, id="panes")
        yield self._notice
        yield self._hints

    def on_mount(self) -> None:
        """Begin with typing, after what was asked for at the start."""
        self._search.value = " ".join(self._query.split())[:MAX_QUERY_CHARACTERS]
        self._search.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Say what fits."""
        self._hint()

    @on(events.DescendantFocus)
    def _hint(self) -> None:
        focused = self.focused
        where = focused.id if focused is not None and focused.id else "search"
        self._hints.update(hints(self._writer, where, self.size.width - 2))

    @property
    def chosen(self) -> Code | None:
        """The code whose page is shown; None where nothing was found."""
        number = self._results.highlighted
        return self._codes[number] if number is not None and number < len(self._codes) else None

    @property
    def notice(self) -> str:
        """What is said at the foot; empty for nothing."""
        return self._said

    # what is typed and chosen

    @on(SearchBox.Changed)
    def _look_up(self, event: SearchBox.Changed) -> None:
        query = " ".join(event.value.split())
        self._codes = found_by(self._writer, query, MAX_RESULTS) if query else []
        if not query:
            self._page.show(lambda columns: started(self._writer.fit(columns)))
        elif not self._codes:
            self._codes = nothing_found(self._writer, query)[1]
            self._page.show(lambda columns: nothing_found(self._writer.fit(columns), query)[0])
            self._results.show(self._writer, self._codes, self._mark_id, choose=False)
            return
        self._results.show(self._writer, self._codes, self._mark_id)

    @on(Results.OptionHighlighted)
    def _show_chosen(self) -> None:
        code = self.chosen
        if code is not None:
            self._say(self._mark_note)
            self._page.show(lambda columns: described(self._writer.fit(columns), code))

    @on(SearchBox.Submitted)
    def _to_results(self) -> None:
        if self._codes:
            self._results.focus()

    @on(Results.Left)
    def _leave_results(self, event: Results.Left) -> None:
        (self._search if event.to == "search" else self._page).focus()

    # keys

    def action_results(self) -> None:
        """Go to the results; from the search, to the second at once: the first is shown already."""
        if not self._codes:
            return
        from_search = self.focused is self._search
        self._results.focus()
        if self._results.highlighted is None:
            self._results.highlighted = 0
        elif from_search:
            self._results.action_cursor_down()

    def action_search(self) -> None:
        """Go back to the search."""
        self._search.focus()

    def action_section(self, by: int) -> None:
        """Go to another section of the page."""
        if self.focused is not self._page:
            self._page.focus()
        self._page.step(by)

    def action_turn(self, by: int) -> None:
        """Turn the page over."""
        self._page.turn(by)

    @on(SearchBox.Asked)
    def action_help(self) -> None:
        """Show what the keys do."""
        self._lay(helped)

    def action_compare(self) -> None:
        """Mark a code; with another marked, compare; on the marked one, take the mark away."""
        code, marked = self.chosen, self._marked
        if code is None:
            return
        if marked is not None and marked.id != code.id:
            self._lay(lambda console: compared(console, marked, code))
            return
        self._marked = None if marked is not None else code
        self._results.mark(self._writer, self._codes, self._mark_id)
        self._say(self._mark_note or self._writer.gettext("No code is marked any more."))

    def action_copy(self) -> None:
        """Copy what asks a mock for the code, and show it, for terminals that take no copies (OSC 52)."""
        code = self.chosen
        if code is None:
            return
        _ = self._writer.gettext
        found = trigger(self._writer.catalogue, code)
        if found is None:
            self._say(_("No mock answers with %(code)s.") % {"code": code.id})
            return
        line = self._places.http + found.word if found.protocol == "http" else found.word
        self.app.copy_to_clipboard(line)
        self.copied = line
        self._say(_("Copied: %(line)s") % {"line": line})

    def action_open(self) -> None:
        """Open the code's page, where a site runs."""
        code = self.chosen
        if code is not None:
            self._open(f"{self._places.site}/{self._writer.language}/{code.id}")

    @work(thread=True, exclusive=True)
    def _open(self, url: str) -> None:
        self.app.call_from_thread(self._launch, url, answers(url))

    def _launch(self, url: str, there: bool) -> None:
        _ = self._writer.gettext
        if not there:
            said = _("No site answers at %(url)s; start one: statuary serve")
        elif self._opened(url):
            said = _("Opened: %(url)s")
        else:
            said = _("No browser was found; the page is %(url)s")
        self._say(said % {"url": url})

    def _opened(self, url: str) -> bool:
        """Open a page; a browser that may write to the terminal has it until it ends."""
        with contextlib.ExitStack() as stack:
            if needs_terminal():
                with contextlib.suppress(SuspendNotSupported):
                    stack.enter_context(self.app.suspend())
            return self.opener(url)

    # parts

    @cached_property
    def _places(self) -> Places:
        return configured()

    @property
    def _mark_id(self) -> str:
        return self._marked.id if self._marked is not None else ""

    @property
    def _mark_note(self) -> str:
        said = self._writer.gettext("%(code)s is marked: c on another code compares the two.")
        return said % {"code": self._mark_id} if self._mark_id else ""

    def _say(self, text: str) -> None:
        self._said = text
        self._notice.update(text)
        self._notice.set_class(bool(text), "-shown")

    def _lay(self, make: Callable[[PaneConsole], Sheet]) -> None:
        self.app.push_screen(SheetScreen(self._writer, make))


class SheetScreen(Screen[None]):
    """A sheet over everything, until a key closes it.

    Args:
        console: whose language and catalogue.
        make: makes the sheet.
    """

    BINDINGS = [  # noqa: RUF012
        Binding("tab", "step(1)", show=False, priority=True),
        Binding("shift+tab", "step(-1)", show=False, priority=True),
        Binding("escape,q,c,question_mark,f1,enter,left", "dismiss", show=False),
    ]

    def __init__(self, console: PaneConsole, make: Callable[[PaneConsole], Sheet]) -> None:
        super().__init__()
        self._writer = console
        self._view = SheetView(lambda columns: make(console.fit(columns)), id="overlay")
        self._hints = Static(classes="hints", markup=False)

    def compose(self) -> ComposeResult:
        """The sheet, and how to leave it."""
        yield self._view
        yield self._hints

    def on_mount(self) -> None:
        """Let the arrows scroll it."""
        self._view.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Say what fits."""
        self._hints.update(hints(self._writer, "overlay", event.size.width - 2))

    def action_step(self, by: int) -> None:
        """Go to another section."""
        self._view.step(by)
