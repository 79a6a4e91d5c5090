"""Whatever is sent to the admin API, in any of its dialects: an answer with a reason, never a fault of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statuary.catalog.store import Catalogue
from statuary.web.admin import mailpit, wiremock
from statuary.web.admin.routes import ENDPOINTS
from tests.web.client import Client, make_client

EVERY = (*ENDPOINTS, *wiremock.ENDPOINTS, *mailpit.ENDPOINTS)
WORDS = sorted(
    {
        *(
            "rules",
            "protocol",
            "http",
            "smtp",
            "stage",
            "match",
            "path",
            "answer",
            "503",
            "name",
            "key",
            "count",
            "filter",
        ),
        *(
            "timeout",
            "exactly",
            "seed",
            "state",
            "fields",
            "exchange",
            "request",
            "response",
            "url",
            "urlPattern",
            "status",
        ),
        *(
            "headers",
            "bodyPatterns",
            "equalTo",
            "matches",
            "matchesJsonPath",
            "fault",
            "scenarioName",
            "mappings",
            "IDs",
        ),
        *(
            "Sender",
            "ErrorCode",
            "Probability",
            "Tags",
            "Read",
            "header",
            "json",
            "regex",
            "$.a",
            "(",
            "metadata",
            "basicAuthCredentials",
        ),
        *(
            "delayDistribution",
            "type",
            "uniform",
            "lower",
            "upper",
            "chunkedDribbleDelay",
            "numberOfChunks",
            "priority",
            "importOptions",
        ),
    }
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**18)
    | st.floats(allow_nan=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
)
_json = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)
_bodies = st.one_of(_json.map(lambda value: json.dumps(value).encode()), st.binary(max_size=50))
_places = st.sampled_from(["x", "1", "latest", "%00", "a%2Fb", "%F0%9F", "9" * 30, "-1", "é", ".eml", "%0d%0aX: y"])


@pytest.fixture(scope="module")
def client(catalogue: Catalogue) -> Client:
    """One site for the whole test, so that what earlier requests left stays."""
    return make_client(catalogue)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(EVERY),
    _places,
    _bodies,
    st.dictionaries(
        st.sampled_from(["key", "limit", "after", "query", "format", "since", "start"]), st.text(max_size=4), max_size=2
    ),
)
def test_no_request_makes_a_fault(
    client: Client, endpoint: Any, place: str, body: bytes, query: dict[str, str]
) -> None:
    """Status codes of faults never come."""
    import httpx

    if endpoint.path.endswith("/wait"):
        body = b'{"timeout": 0}'
    path = endpoint.path
    for name in ("{name}", "{number}", "{id}", "{part}"):
        path = path.replace(name, place)
    target = str(httpx.URL(path, params=query)) if query else path
    response = client.request(endpoint.method, target, content=body)
    assert response.status_code < 500, (endpoint.method, target, body, response.text)
    if response.status_code >= 400 and response.headers["content-type"].startswith("application/json"):
        assert "Traceback" not in response.text
    assert "\n" not in "".join(response.headers.values())
