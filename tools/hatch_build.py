"""Puts content, translations, manual and the compiled catalogue into the wheel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileCatalogue(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles the catalogue before a wheel is packed; an editable installation compiles on first use instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile and add to the wheel."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from statuary.catalog.compile import compile_catalogue

        target = root / "build" / "wheel" / "catalogue.sqlite"
        compile_catalogue(root / "content", root / "locales", target)
        build_data["force_include"].update(
            {
                str(root / "content"): "statuary/_data/content",
                str(root / "locales"): "statuary/_data/locales",
                **{str(page): f"statuary/_data/docs/{page.name}" for page in sorted((root / "docs").glob("*.md"))},
                str(target): "statuary/_data/catalogue.sqlite",
            }
        )
