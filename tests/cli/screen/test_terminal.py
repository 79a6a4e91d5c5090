"""The look-up in a real terminal, driven by tmux: what is shown, and how the terminal is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal, terminal

PROMPT = "ready> "


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    """A shell in a terminal of 80 by 24."""
    with terminal(tmp_path, ["env", f"PS1={PROMPT}", "TERM=tmux-256color", "sh"]) as found:
        found.tmux("set-option", "-s", "set-clipboard", "on")
        found.wait(PROMPT.strip())
        yield found


def opened(shell: Terminal, line: str = "statuary") -> Terminal:
    """The look-up, opened by a line in the shell."""
    shell.type(line)
    shell.press("Enter")
    shell.wait("Esc", gone="ready>")
    return shell


def assert_restored(shell: Terminal) -> None:
    """The shell is back on its own screen: the cursor is shown, keys are echoed, no mouse is reported."""
    shell.wait(last="ready>")
    assert shell.asks("alternate_on") == "0"
    assert shell.asks("cursor_flag") == "1"
    assert shell.asks("mouse_any_flag") == "0"
    shell.type("echo one$((1))")
    shell.wait("ready> echo one$((1))")
    shell.press("Enter")
    shell.wait("one1")


def test_type_choose_compare_quit(shell: Terminal) -> None:
    """The walk that the command line promises: type a number, go down, compare two codes, leave."""
    opened(shell)
    shell.type("452")
    shell.wait("smtp/452  Insufficient Storage", "ftp/452", "rtsp/452", "Class")
    shell.press("Down")
    shell.wait("ftp/452  Insufficient Storage Space")
    shell.press("c")
    shell.wait("ftp/452 is marked", "● ftp/452")
    shell.press("Up", "c")
    screen = shell.wait("Differences", "ftp/452", "smtp/452", "Esc close")
    assert "rtsp/452" not in screen
    shell.press("End")
    shell.wait("What they share")
    shell.press("Escape")
    shell.wait("rtsp/452", gone="Differences")
    shell.press("q")
    assert_restored(shell)


def test_sections_by_tab(shell: Terminal) -> None:
    """Tab brings each section's title to sight in turn."""
    opened(shell, "statuary browse smtp/452")
    shell.wait("smtp/452  Insufficient Storage")
    for title in ("What it is", "When you see it", "If you send", "If you run the server"):
        shell.press("Tab")
        shell.wait(title)
    shell.press("BTab")
    shell.wait("If you send")
    shell.press("C-c")
    assert_restored(shell)


def test_the_copy_reaches_the_clipboard_and_stays_below(shell: Terminal) -> None:
    """OSC 52 sets the terminal's clipboard; for one that refuses, the line is shown, and printed at the end."""
    opened(shell, "statuary browse 4.2.2")
    shell.press("Enter")
    shell.wait("c compare")
    shell.press("y")
    shell.wait("Copied: rcpt452_4.2.2@any.test")
    assert shell.tmux("show-buffer") == "rcpt452_4.2.2@any.test"
    shell.press("q")
    shell.wait("\nrcpt452_4.2.2@any.test\n")
    assert_restored(shell)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(shell: Terminal, number: signal.Signals) -> None:
    """Whatever ends the process, the shell finds its terminal as it was."""
    opened(shell, "sh -c 'echo $$ > pid; exec statuary browse 452'")
    shell.wait("smtp/452  Insufficient Storage")
    folder = Path(shell.asks("pane_start_path") or shell.asks("pane_current_path"))
    os.kill(int((folder / "pid").read_text()), number)
    assert_restored(shell)


def test_it_steps_aside_and_comes_back(shell: Terminal) -> None:
    """Ctrl-Z gives the shell its terminal; fg brings the screen back as it was."""
    shell.type("set -m")
    shell.press("Enter")
    opened(shell, "statuary browse 452")
    shell.wait("smtp/452  Insufficient Storage")
    shell.press("C-z")
    shell.wait(last="ready>")
    assert shell.asks("alternate_on") == "0"
    shell.type("fg")
    shell.press("Enter")
    shell.wait("smtp/452  Insufficient Storage", "Class")
    shell.press("C-q")
    assert_restored(shell)


def test_it_follows_the_size(shell: Terminal) -> None:
    """The page is wrapped anew for each width, down to where hardly anything fits and up to a wide screen."""
    opened(shell, "statuary browse smtp/452")
    shell.wait("smtp/452  Insufficient Storage")
    for columns, rows in ((200, 60), (40, 12), (10, 3), (80, 24)):
        shell.tmux("resize-window", "-x", str(columns), "-y", str(rows))
        screen = shell.wait("smtp/452"[: columns - 2])
        assert len(screen.splitlines()) <= rows
    shell.wait("Insufficient Storage", "Class")
    shell.press("Escape")
    assert_restored(shell)


@pytest.mark.parametrize(
    ("language", "query", "shown"),
    [
        ("fr", "452", ("Classe", "c comparer")),
        ("ja", "容量", ("クラス", "c 比べる")),
        ("ko", "메일함", ("클래스", "c 비교")),
    ],
)
def test_it_speaks_the_readers_language(shell: Terminal, language: str, query: str, shown: tuple[str, ...]) -> None:
    """Search, page and hints in each language; wide characters keep the line between the panes straight."""
    opened(shell, f"statuary --lang {language}")
    shell.type(query)
    shell.press("Enter")
    shell.wait(*shown)
    screen = shell.screen()
    lines = [line for line in screen.splitlines() if "│" in line]
    assert len(lines) > 10
    assert len({_cells(line.partition("│")[0]) for line in lines}) == 1
    shell.press("q")
    assert_restored(shell)


def _cells(text: str) -> int:
    """How many columns tmux gave a text: its own count of a wide character is two."""
    from rich.cells import cell_len

    return cell_len(text)


@pytest.mark.parametrize("environment", ["NO_COLOR=1", "TERM=vt220", "TERM=linux"])
def test_without_colours_what_is_chosen_is_seen(shell: Terminal, environment: str) -> None:
    """NO_COLOR and terminals that have none (terminfo): reverse says what is chosen, and no colour is sent."""
    opened(shell, f"{environment} statuary browse 452")
    shell.wait("smtp/452  Insufficient Storage")
    chosen = next(line for line in shell.screen("-e").splitlines() if "smtp/452" in line)
    assert "\x1b[1;7m smtp/452" in chosen or "\x1b[7m smtp/452" in chosen
    if environment != "TERM=linux":
        assert "\x1b[33m" not in shell.screen("-e")
    shell.press("Escape")
    assert_restored(shell)


@pytest.mark.parametrize("line", ["TERM=dumb statuary", "statuary | cat", "statuary < /dev/null"])
def test_without_a_cursor_to_move_there_is_help(shell: Terminal, line: str) -> None:
    """A dumb terminal, a pipe, no keyboard: the list of commands, as everywhere."""
    shell.type(f"{line}; echo code $?")
    shell.press("Enter")
    shell.wait("code 0")
    assert shell.asks("alternate_on") == "0"
    assert "141" in shell.screen("-S", "-200")
