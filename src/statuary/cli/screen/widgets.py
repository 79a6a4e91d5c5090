"""The parts of the screen: the search, the results, and a sheet that scrolls by sections."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from statuary.catalog.model import Code
from statuary.cli.screen.lines import PaneConsole, Sheet
from statuary.cli.text import inline

__all__ = ["Results", "SearchBox", "SheetView"]

_REVERSE = Style(reverse=True)
MARK = "● "
"""Stands before the code that others are compared with."""


class SearchBox(Input):
    """The search; where nothing is typed yet, a question mark asks for help."""

    class Asked(Message):
        """Help is wanted."""

    def on_key(self, event: events.Key) -> None:
        """Take the first question mark for one."""
        if event.character == "?" and not self.value:
            event.stop()
            event.prevent_default()
            self.post_message(self.Asked())


class Results(OptionList):
    """The codes that were found, one a line; above the first comes the search."""

    BINDINGS = [Binding("right,enter", "leave('page')", show=False)]  # noqa: RUF012 - as Textual declares it

    class Left(Message):
        """The reader goes elsewhere.

        Args:
            to: ``search`` or ``page``.
        """

        def __init__(self, to: str) -> None:
            super().__init__()
            self.to = to

    def show(self, console: PaneConsole, codes: Iterable[Code], marked: str, *, choose: bool = True) -> None:
        """Show codes.

        Args:
            console: which of them is how coloured.
            codes: best first.
            marked: the identity of the one that others are compared with; empty for none.
            choose: whether the first of them is chosen.
        """
        self.set_options(Option(_row(console, code, marked)) for code in codes)
        self.set_class(not self.option_count, "-empty")
        self.highlighted = 0 if choose and self.option_count else None

    def mark(self, console: PaneConsole, codes: list[Code], marked: str) -> None:
        """Show which code others are compared with."""
        for number, code in enumerate(codes):
            self.replace_option_prompt_at_index(number, _row(console, code, marked))

    def render_line(self, y: int) -> Strip:
        """A line; that of the chosen code in reverse, which the list's own styles cannot say."""
        strip = super().render_line(y)
        if self.scroll_offset.y + y != self.highlighted:
            return strip
        plain = (segment.style.without_color if segment.style else _REVERSE for segment in strip)
        return Strip(
            [Segment(segment.text, style + _REVERSE) for segment, style in zip(strip, plain, strict=True)],
            strip.cell_length,
        )

    def action_cursor_up(self) -> None:
        """One up; from the first, to the search."""
        if not self.highlighted:
            self.post_message(self.Left("search"))
        else:
            self.highlighted -= 1

    def action_cursor_down(self) -> None:
        """One down; the last stays."""
        if self.highlighted is not None and self.highlighted + 1 < self.option_count:
            self.highlighted += 1

    def action_leave(self, to: str) -> None:
        """Go elsewhere."""
        self.post_message(self.Left(to))


def _row(console: PaneConsole, code: Code, marked: str) -> Text:
    identity = console.paint(code.id, code.value[0])
    title = inline(code.title, marked=False)
    return Text.from_ansi(f"{MARK if code.id == marked else ''}{identity}  {title}", no_wrap=True, overflow="ellipsis")


class SheetView(VerticalScroll, can_focus=True):
    """A sheet, made anew for each width; Tab goes from section to section."""

    def __init__(self, make: Callable[[int], Sheet], *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._make = make
        self._made_for = 0
        self._sheet = Sheet(())
        self._section = 0
        self._body = Static()

    def compose(self) -> ComposeResult:
        """The lines."""
        yield self._body

    def show(self, make: Callable[[int], Sheet]) -> None:
        """Show another sheet from its beginning.

        Args:
            make: makes it for a width in columns.
        """
        self._make, self._made_for, self._section = make, 0, 0
        self._fit()
        self.scroll_home(animate=False)

    def step(self, by: int) -> None:
        """Go to another section; after the last comes the first.

        Args:
            by: how many further.
        """
        self._section = (self._section + by) % len(self._sheet.sections)
        self._paint()
        self.scroll_to(y=self._sheet.sections[self._section], animate=False)

    def turn(self, by: int) -> None:
        """Turn a page over.

        Args:
            by: 1 for the next, -1 for the one before.
        """
        self.scroll_relative(y=by * max(1, self.scrollable_content_region.height - 1), animate=False)

    @property
    def text(self) -> list[str]:
        """The lines without their styles."""
        return [Text.from_ansi(line).plain for line in self._sheet.lines]

    def on_resize(self, event: events.Resize) -> None:
        """Make the sheet anew for the new width."""
        self._fit()

    def _fit(self) -> None:
        columns = self.scrollable_content_region.width
        if columns <= 0 or columns == self._made_for:
            return
        self._made_for = columns
        self._sheet = self._make(columns)
        self._section = min(self._section, len(self._sheet.sections) - 1)
        self._paint()

    def _paint(self) -> None:
        text = Text(no_wrap=True, overflow="crop", end="")
        at = self._sheet.sections[self._section] if self._section else -1
        for number, line in enumerate(self._sheet.lines):
            styled = Text.from_ansi(line)
            if number == at:
                styled.stylize("reverse")
            text.append_text(styled).append("\n")
        self._body.update(text)
