"""Where the content is and where the compiled catalogue lies.

An installed package carries both the content and the compiled catalogue under ``statuary/_data``. A checkout has
``content/`` and ``locales/`` beside ``src/`` and compiles on first use into ``build/``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

__all__ = ["Places", "find_places"]

_PACKAGE = Path(__file__).resolve().parent.parent


class Places(NamedTuple):
    """The three places of a catalogue; ``artefact`` is where its compiled form lies or will lie."""

    content: Path
    locales: Path
    artefact: Path
    compiled_ahead: bool


def find_places() -> Places:
    """Find the places for this installation or checkout."""
    data = _PACKAGE / "_data"
    if data.is_dir():
        return Places(data / "content", data / "locales", data / "catalogue.sqlite", True)
    root = _PACKAGE.parent.parent
    build = root / "build"
    if not os.access(build if build.exists() else root, os.W_OK):
        build = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "statuary"
    return Places(root / "content", root / "locales", build / "catalogue.sqlite", False)
