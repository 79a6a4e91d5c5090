"""A catalogue and a site for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from statuary.catalog.store import Catalogue, open_catalogue
from tests.web.client import Client, make_client


@pytest.fixture(scope="session")
def catalogue() -> Iterator[Catalogue]:
    """The catalogue of this checkout."""
    opened = open_catalogue()
    yield opened
    opened.close()


@pytest.fixture
def client(catalogue: Catalogue) -> Client:
    """A site on loopback with an empty journal."""
    return make_client(catalogue)
