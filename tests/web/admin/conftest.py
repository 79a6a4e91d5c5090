"""A running server of its own for each module: these tests clear everything."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import Serving, start_server, stop_server


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """A server for the tests of one module."""
    started = start_server("--seed", "11")
    yield started.serving
    assert stop_server(started) == 0


@pytest.fixture
def api(serving: Serving) -> Iterator[httpx.Client]:
    """A client of its site, with everything forgotten."""
    with httpx.Client(base_url=serving.site, timeout=10) as client:
        assert client.post("/api/reset").status_code == 200
        assert client.post("/__admin/reset").status_code == 200
        yield client


@pytest.fixture
def mock(serving: Serving) -> Iterator[httpx.Client]:
    """A client of its HTTP mock."""
    with httpx.Client(base_url=serving.http, timeout=10) as client:
        yield client
