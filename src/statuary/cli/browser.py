"""Opens pages in the reader's browser, and says whether there is one."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Opener", "needs_terminal", "open_apart", "open_page"]

Opener: TypeAlias = Callable[[str], bool]
"""Opens an address; False where there is no browser."""


def open_page(url: str) -> bool:
    """Open an address in the browser that ``BROWSER`` names, or the desktop's; False where there is none.

    Args:
        url: an address.
    """
    try:
        return webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False


def open_apart(url: str, opener: Opener, otherwise: Callable[[], None]) -> threading.Thread:
    """Open an address without waiting for the browser, which may stay until it is closed.

    Args:
        url: an address.
        opener: opens it.
        otherwise: is called, in the thread, where there is no browser.

    Returns:
        The thread; it does not keep the process.
    """

    def run() -> None:
        if not opener(url):
            otherwise()

    thread = threading.Thread(target=run, name="browser", daemon=True)
    thread.start()
    return thread


def needs_terminal() -> bool:
    """Whether the browser may write to the terminal: lynx does, and whatever ``BROWSER`` names may."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False
    return isinstance(found, webbrowser.GenericBrowser) and not isinstance(found, webbrowser.BackgroundBrowser)
