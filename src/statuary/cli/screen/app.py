"""The look-up as an application: how it looks, how it ends, and what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from textual.app import App
from textual.binding import Binding

from statuary.cli.browser import Opener, open_page
from statuary.cli.screen.lines import PaneConsole
from statuary.cli.screen.views import LookupScreen

__all__ = ["LookupApp"]


class LookupApp(App[None]):
    """The full-screen look-up.

    Args:
        console: the reader's language, and the catalogue.
        query: what is searched for at the start; empty for nothing.
        opener: opens a page in the browser.
    """

    ENABLE_COMMAND_PALETTE = False
    TITLE = "Statuary"
    # The terminal's own colours: it knows whether it is light or dark. What is chosen is shown in reverse, which
    # terminals without colours can, too.
    CSS = """
    Screen { background: ansi_default; color: ansi_default; layout: vertical; }
    #search { height: 1; border: none; padding: 0 1; }
    #panes { height: 1fr; border-top: solid ansi_default; }
    Results, Results:focus {
        border: none; padding: 0; background: ansi_default; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Results > .option-list--option { padding: 0 1; }
    Results > .option-list--option-highlighted, Results:focus > .option-list--option-highlighted {
        color: ansi_default; background: ansi_default;
    }
    Results > .option-list--option-hover { background: ansi_default; text-style: underline; }
    Results.-empty { display: none; }
    SheetView {
        background: ansi_default; padding: 0 1; height: 1fr; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
    }
    Results, SheetView {
        scrollbar-color: ansi_default; scrollbar-background: ansi_default;
        scrollbar-color-hover: ansi_default; scrollbar-background-hover: ansi_default;
        scrollbar-color-active: ansi_default; scrollbar-background-active: ansi_default;
    }
    SheetView > Static { width: 100%; height: auto; text-wrap: nowrap; text-overflow: ellipsis; }
    .-wide #panes { layout: horizontal; }
    .-wide Results { width: 34%; min-width: 26; max-width: 60; height: 100%; max-height: 100%; }
    .-wide #page { width: 1fr; height: 100%; border-left: solid ansi_default; }
    .-narrow #panes { layout: vertical; }
    .-narrow Results { width: 100%; height: 30%; min-height: 2; }
    .-narrow #page { width: 100%; height: 1fr; }
    #notice { height: auto; max-height: 4; padding: 0 1; text-style: bold; display: none; }
    #notice.-shown { display: block; }
    .hints { height: 1; padding: 0 1; text-style: dim; }
    """
    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding("ctrl+c,ctrl+q", "quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
    ]

    def __init__(self, console: PaneConsole, query: str = "", opener: Opener = open_page) -> None:
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.lookup = LookupScreen(console, query, opener)

    def on_mount(self) -> None:
        """Show the look-up, and leave the terminal as it was whatever ends the process."""
        self.push_screen(self.lookup)
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP"):
            with contextlib.suppress(
                NotImplementedError, AttributeError, RuntimeError
            ):  # not on Windows or in a thread
                loop.add_signal_handler(getattr(signal, name), self.exit)
