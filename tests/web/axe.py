"""Runs axe-core, the accessibility checker, on pages of a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.conftest import IN_CI, ROOT

__all__ = ["AXE", "RULES", "load_axe", "violations"]

AXE = ROOT / "tests" / "node" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""The rules that are run, by their tags: WCAG 2.0 to 2.2, levels A and AA, and what is good practice beside them."""


def load_axe() -> str:
    """The checker's source; skips where npm has not brought it, and fails in CI."""
    if not AXE.exists():
        message = "axe-core is not there: tools/setup test brings it"
        pytest.fail(message, pytrace=False) if IN_CI else pytest.skip(message)
    return AXE.read_text(encoding="utf-8")


def violations(page: Page, source: str) -> list[str]:
    """What breaks a rule on the page that a browser shows, each with its rule and the first places.

    Args:
        page: the page, loaded.
        source: the checker, from :func:`load_axe`.
    """
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(source)
    result: dict[str, Any] = page.evaluate(
        "async tags => await axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
        list(RULES),
    )
    return [
        f"{found['id']} ({found['impact']}): " + "; ".join(str(node["target"]) for node in found["nodes"][:3])
        for found in result["violations"]
    ]
