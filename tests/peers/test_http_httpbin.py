"""httpbin's own test-suite passes against our server, for every route that both have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.conftest import IN_CI, ROOT, Serving
from tests.peers.httpbin_suite import EXCLUDED, LOCK, SuiteMissing, fetch_suite, pinned, run_suite

CACHE = ROOT / "build" / "cache"


def test_httpbin_suite(server: Serving) -> None:
    """Nothing fails, and nothing is left out but what the list says, with its reason."""
    try:
        module = fetch_suite(CACHE)
    except SuiteMissing as missing:
        message = f"the source package of httpbin cannot be had, which needs the network once: {missing}"
        if IN_CI:
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    outcome = run_suite(module, server.http_port)
    assert outcome.failed == {}
    assert len(outcome.ran) >= 65
    assert all(EXCLUDED.values())
    source = module.read_text(encoding="utf-8")
    assert [name for name in EXCLUDED if f"def {name}(" not in source] == []


def test_release_is_the_locked_one() -> None:
    """One place says which release is compared with, and by which hashes it is known."""
    version, requirement = pinned()
    assert requirement.startswith(f"httpbin=={version} ")
    assert requirement.count("--hash=sha256:") >= 2, "of the wheel and of the source package"
    assert requirement in LOCK.read_text(encoding="utf-8")


def test_what_cannot_be_fetched_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing index is named by pip's own last word, so that CI's failure can be mended."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    with pytest.raises(SuiteMissing, match="httpbin"):
        fetch_suite(tmp_path)
