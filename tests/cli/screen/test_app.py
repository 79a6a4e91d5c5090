"""The look-up by Textual's own pilot: what each key does, and that none does harm."""

from __future__ import annotations

import argparse
import random
from collections.abc import Awaitable, Callable

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from statuary.catalog.lookup import MAX_RESULTS
from statuary.cli.screen import views
from statuary.cli.screen.app import LookupApp
from statuary.cli.screen.lines import PaneConsole
from statuary.cli.screen.views import LookupScreen, SheetScreen
from statuary.cli.screen.widgets import SheetView
from statuary.cli.search import found_by
from tests.conftest import run_async

Play = Callable[[Pilot[None], LookupScreen], Awaitable[None]]
KEYS = (
    *("up", "down", "left", "right", "enter", "tab", "shift+tab", "pageup", "pagedown", "home", "end", "backspace"),
    *("delete", "insert", "f1", "f5", "f12", "ctrl+a", "ctrl+k", "ctrl+l", "ctrl+u", "ctrl+w", "ctrl+x", "alt+x"),
    *("c", "y", "?", "/", "4", "5", "2", ".", "x", "容", "é", "\\", "[", "]", "%", "space", "escape", "q"),
)


def play(act: Play, query: str = "", *, language: str = "en", size: tuple[int, int] = (80, 24)) -> LookupApp:
    """Have a pilot act on a look-up."""
    app = LookupApp(PaneConsole(argparse.Namespace(lang=language), {}), query, lambda url: True)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await act(pilot, app.lookup)

    run_async(run())
    return app


def page(lookup: LookupScreen) -> str:
    """What the page says."""
    view = lookup.query_one("#page", SheetView)
    return "\n".join(view.text)


def chosen(lookup: LookupScreen) -> str:
    """The identity of the code that is shown; empty for none."""
    return lookup.chosen.id if lookup.chosen is not None else ""


def test_results_are_those_of_the_search() -> None:
    """The same codes in the same order as ``statuary search`` finds, the first of them shown."""

    async def act(pilot: Pilot[None], lookup: LookupScreen) -> None:
        await pilot.press(*"mailbox", "space", *"full")
        expected = found_by(PaneConsole(argparse.Namespace(lang="en"), {}), "mailbox full", MAX_RESULTS)
        assert lookup.query_one(OptionList).option_count == len(expected)
        assert chosen(lookup) == expected[0].id
        assert page(lookup).startswith(expected[0].id)
        await pilot.press("down")
        assert chosen(lookup) == expected[1].id

    play(act)


def test_arrows_stop_at_the_ends_and_lead_back_to_the_search() -> None:
    """Up from the first is the search; down from the last is the last."""

    async def act(pilot: Pilot[None], lookup: LookupScreen) -> None:
        results = lookup.query_one(OptionList)
        await pilot.press("enter", "end", "down", "down")
        assert results.highlighted == results.option_count - 1
        await pilot.press("home", "up")
        assert isinstance(lookup.focused, Input)
        assert lookup.focused.value == "452"

    play(act, "452")


def test_what_is_misspelt_finds_what_was_meant() -> None:
    """A number that is none offers its neighbours; they are chosen by an arrow."""

    async def act(pilot: Pilot[None], lookup: LookupScreen) -> None:
        assert "4522" in page(lookup)
        assert not chosen(lookup)
        await pilot.press("down")
        assert chosen(lookup)
        assert page(lookup).startswith(chosen(lookup))

    play(act, "4522")


def test_a_mark_is_set_kept_and_taken_away() -> None:
    """``c`` marks, a second code with ``c`` compares, ``c`` on the marked one takes the mark away."""

    async def act(pilot: Pilot[None], lookup: LookupScreen) -> None:
        await pilot.press("enter", "c")
        assert "smtp/452" in lookup.notice
        await pilot.press("/", "ctrl+u", *"507", "enter", "c")
        sheet = pilot.app.screen
        assert isinstance(sheet, SheetScreen)
        text = "\n".join(sheet.query_one(SheetView).text)
        assert "smtp/452" in text
        assert "http/507" in text
        assert "Differences" in text
        await pilot.press("escape", "/", "ctrl+u", *"452", "enter", "c")
        assert pilot.app.screen is lookup
        assert lookup.notice == "No code is marked any more."

    play(act, "452")


@pytest.mark.parametrize(
    ("query", "copied"),
    [("http/507", "http://127.0.0.1:8081/status/507"), ("smtp/452", "rcpt452@any.test"), ("dns/nxdomain", "")],
)
def test_the_trigger_line_is_copied(query: str, copied: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL for HTTP, an address for SMTP; where no mock answers it is said."""
    monkeypatch.delenv("STATUARY_HTTP_PORT", raising=False)

    async def act(pilot: Pilot[None], lookup: LookupScreen) -> None:
        await pilot.press("enter", "y")
        assert pilot.app.clipboard == copied
        assert (copied or "No mock answers") in lookup.notice

    assert play(act, query).lookup.copied == copied


@pytest.mark.parametrize(
    ("there", "opens", "said"),
    [(False, True, "No site answers"), (True, True, "Opened"), (True, False, "No browser was found")],
)
def test_the_page_is_opened_where_a_site_runs(
    there: bool, opens: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the reader's language, at the port that the settings name; every other end is said."""
    monkeypatch.setenv("STATUARY_SITE_PORT", "1")
    asked: list[str] = []

    def opener(url: str) -> bool:
        asked.append(url)
        return opens

    monkeypatch.setattr(views, "answers", lambda url: there)
    monkeypatch.setattr(views, "needs_terminal", lambda: False)

    async def act(pilot: Pilot[None], lookup: LookupScreen) -> None:
        lookup.opener = opener
        await pilot.press("enter", "o")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert said in lookup.notice
        assert "http://127.0.0.1:1/en/smtp/452" in lookup.notice

    play(act, "smtp/452")
    assert asked == (["http://127.0.0.1:1/en/smtp/452"] if there else [])


@pytest.mark.parametrize("key", ["?", "f1"])
def test_help_from_the_empty_search(key: str) -> None:
    """A first question mark asks for help; a later one is searched for."""

    async def act(pilot: Pilot[None], lookup: LookupScreen) -> None:
        await pilot.press(key)
        assert isinstance(pilot.app.screen, SheetScreen)
        await pilot.press("escape", "4", "?")
        assert lookup.query_one(Input).value == "4?"

    play(act)


@pytest.mark.parametrize(("language", "size"), [("en", (80, 24)), ("ja", (10, 4)), ("ko", (200, 60)), ("fr", (63, 9))])
def test_no_key_does_harm(language: str, size: tuple[int, int]) -> None:
    """A walk over all keys at random, in every place that they lead to; only quitting ends it."""
    dice = random.Random(f"{language}{size}")

    async def act(pilot: Pilot[None], lookup: LookupScreen) -> None:
        for _ in range(150):
            key = dice.choice(KEYS)
            leaves = key == "escape" and pilot.app.screen is lookup
            leaves |= key == "q" and pilot.app.screen is lookup and not isinstance(lookup.focused, Input)
            if not leaves:
                await pilot.press(key)
        assert pilot.app.is_running

    assert play(act, language=language, size=size).return_code in (0, None)


@pytest.mark.parametrize("language", ["en", "fr", "ja", "ko"])
@pytest.mark.parametrize("size", [(80, 24), (200, 60), (30, 10)])
def test_no_line_is_wider_than_its_place(language: str, size: tuple[int, int]) -> None:
    """Wide characters count two: pages are wrapped before the edge, never cut by it."""

    async def act(pilot: Pilot[None], lookup: LookupScreen) -> None:
        view = lookup.query_one("#page", SheetView)
        for query in ("smtp/452", "http/507", "grpc/unavailable"):
            lookup.query_one(Input).value = query
            await pilot.pause()
            room = max(view.scrollable_content_region.width, 24)
            assert max(map(cell_len, view.text[1:])) <= room

    play(act, language=language, size=size)
