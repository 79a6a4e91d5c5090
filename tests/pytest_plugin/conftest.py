"""Runs pytest in a process of its own, as a user of the plugin does: warnings are errors, no setting of ours holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Suite = Callable[..., pytest.RunResult]


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """Runs tests that are given as text, with the arguments that follow."""
    monkeypatch.delenv("STATUARY_SEED", raising=False)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(source: str, *arguments: str) -> pytest.RunResult:
        if source:
            pytester.makepyfile(test_it=source)
        return pytester.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", *arguments, timeout=120)

    return run
