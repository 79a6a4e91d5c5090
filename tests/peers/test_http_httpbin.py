"""httpbin's own test-suite passes against our server, for every route that both have."""

from __future__ import annotations

import pytest
from tests.conftest import ROOT, Serving
from tests.peers.httpbin_suite import EXCLUDED, VERSION, fetch_suite, run_suite

CACHE = ROOT / "build" / "cache"


def test_httpbin_suite(server: Serving) -> None:
    """Nothing fails, and nothing is left out but what the list says, with its reason."""
    module = fetch_suite(CACHE)
    if module is None:
        pytest.skip(f"the source package of httpbin {VERSION} cannot be had here: it needs the network once")
    outcome = run_suite(module, server.http_port)
    assert outcome.failed == {}
    assert len(outcome.ran) >= 65
    assert all(EXCLUDED.values())
    source = module.read_text(encoding="utf-8")
    assert [name for name in EXCLUDED if f"def {name}(" not in source] == []
