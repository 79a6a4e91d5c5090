"""WireMock's own Python client against our server: what both share works, what is not shared is refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from wiremock.constants import Config
from wiremock.exceptions import InvalidInputException
from wiremock.resources.mappings import (
    DelayDistribution,
    HttpMethods,
    Mapping,
    MappingRequest,
    MappingResponse,
    WireMockMatchers,
)
from wiremock.resources.mappings.resource import Mappings
from wiremock.resources.near_misses import NearMissMatchPatternRequest, NearMissMatchRequest
from wiremock.resources.near_misses.resource import NearMisses
from wiremock.resources.requests.resource import Requests
from wiremock.resources.scenarios.resource import Scenarios
from wiremock.resources.settings import GlobalSetting
from wiremock.resources.settings.resource import GlobalSettings

from tests.conftest import Serving


@pytest.fixture(autouse=True)
def wiremock(serving: Serving, api: httpx.Client) -> Iterator[None]:
    """The client's address."""
    before = Config.base_url
    Config.base_url = f"{serving.site}/__admin"
    yield
    Config.base_url = before


def put(path: str, status: int = 200, **more: Any) -> Mapping:
    """A stub for GET of a path."""
    request = MappingRequest(method=HttpMethods.GET, url=path)
    return Mappings.create_mapping(
        Mapping(priority=more.pop("priority", 5), request=request, response=MappingResponse(status=status, **more))
    )


def test_stub_answers_and_is_found_again(mock: httpx.Client) -> None:
    """Create, retrieve, list, update, delete."""
    made = put("/hello", 201, body="hi", headers={"X-A": "1", "Content-Type": "text/plain"}, status_message="Made")
    answer = mock.get("/hello")
    assert (answer.status_code, answer.reason_phrase, answer.text) == (201, "Made", "hi")
    assert answer.headers["x-a"] == "1"
    assert Mappings.retrieve_mapping(made).request.url == "/hello"
    assert Mappings.retrieve_all_mappings().meta.total == 1
    made.response.status = 503
    Mappings.update_mapping(made)
    assert mock.get("/hello").status_code == 503
    Mappings.delete_mapping(made)
    assert mock.get("/hello").status_code == 404
    assert Mappings.retrieve_all_mappings().mappings == []


def test_json_body_and_newest_stub_first(mock: httpx.Client) -> None:
    """Of two stubs of equal priority, that which was added last answers; a lower number goes before a higher."""
    put("/j", json_body={"n": 1})
    put("/j", json_body={"n": 2})
    assert mock.get("/j").json() == {"n": 2}
    assert mock.get("/j").headers["content-type"] == "application/json"
    put("/j", 418, priority=1)
    put("/j", 404, priority=9)
    assert mock.get("/j").status_code == 418


@pytest.mark.parametrize(
    ("request_of", "fits", "fails"),
    [
        ({"url_path": "/p"}, ("GET", "/p?x=1", {}, None), ("GET", "/p/q", {}, None)),
        ({"url_pattern": r"/n/[0-9]+\?x=1"}, ("GET", "/n/12?x=1", {}, None), ("GET", "/n/a?x=1", {}, None)),
        ({"url_path_pattern": "/n/.*"}, ("GET", "/n/x", {}, None), ("GET", "/m/x", {}, None)),
        (
            {"url_path": "/h", "headers": {"X-T": {WireMockMatchers.CONTAINS: "blue"}}},
            ("GET", "/h", {"X-T": "a blue b"}, None),
            ("GET", "/h", {}, None),
        ),
        (
            {"url_path": "/q", "query_parameters": {"page": {WireMockMatchers.MATCHES: "[0-9]+"}}},
            ("GET", "/q?page=7", {}, None),
            ("GET", "/q?page=x", {}, None),
        ),
        (
            {"url_path": "/c", "cookies": {"sid": {WireMockMatchers.EQUAL_TO: "1"}}},
            ("GET", "/c", {"Cookie": "a=b; sid=1"}, None),
            ("GET", "/c", {"Cookie": "sid=2"}, None),
        ),
        (
            {
                "url_path": "/b",
                "body_patterns": [{WireMockMatchers.EQUAL_TO_JSON: '{"a": [1, 2]}', "ignoreArrayOrder": True}],
            },
            ("POST", "/b", {}, b'{"a": [2, 1]}'),
            ("POST", "/b", {}, b'{"a": [2]}'),
        ),
        (
            {"url_path": "/b", "body_patterns": [{"matchesJsonPath": "$.items[?@.n > 2]"}]},
            ("POST", "/b", {}, b'{"items": [{"n": 3}]}'),
            ("POST", "/b", {}, b'{"items": [{"n": 1}]}'),
        ),
    ],
)
def test_request_patterns(mock: httpx.Client, request_of: Any, fits: Any, fails: Any) -> None:
    """Each way to name a request fits what it names and nothing else."""
    request = MappingRequest(method=HttpMethods.ANY, **request_of)
    Mappings.create_mapping(Mapping(request=request, response=MappingResponse(status=207)))
    for (method, path, headers, content), status in ((fits, 207), (fails, 404)):
        answer = mock.request(method, path, headers=headers, content=content)
        matched = answer.headers["statuary-answer"].startswith("script=")
        assert (answer.status_code == 207) is (status == 207), path
        assert matched or status == 404


def test_scenario_moves_and_is_reset(mock: httpx.Client, api: httpx.Client) -> None:
    """Fail, then succeed: states as WireMock has them."""
    for required, sets, status in (("Started", "Up", 503), ("Up", None, 200)):
        Mappings.create_mapping(
            Mapping(
                request=MappingRequest(method=HttpMethods.GET, url="/s"),
                response=MappingResponse(status=status),
                scenario_name="boot",
                required_scenario_state=required,
                new_scenario_state=sets,
            )
        )
    assert [mock.get("/s").status_code for _ in range(3)] == [503, 200, 200]
    scenario = api.get("/__admin/scenarios").json()["scenarios"][0]
    assert (scenario["name"], scenario["state"], scenario["possibleStates"]) == ("boot", "Up", ["Started", "Up"])
    Scenarios.reset_all_scenarios()
    assert mock.get("/s").status_code == 503
    assert api.put("/__admin/scenarios/boot/state", json={"state": "Up"}).status_code == 200
    assert mock.get("/s").status_code == 200
    assert api.put("/__admin/scenarios/none/state", json={"state": "Up"}).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/nothing"), ("POST", "/shutdown"), ("GET", "/")])
def test_addresses_that_are_not_there_say_so_in_json(api: httpx.Client, method: str, path: str) -> None:
    """A program asked: it is given the one shape of errors and no page."""
    answer = api.request(method, f"/__admin{path}")
    assert answer.status_code in (404, 405)
    assert set(answer.json()) >= {"error", "message"}


@pytest.mark.parametrize(
    "fault", ["CONNECTION_RESET_BY_PEER", "EMPTY_RESPONSE", "MALFORMED_RESPONSE_CHUNK", "RANDOM_DATA_THEN_CLOSE"]
)
def test_faults_reach_the_wire(mock: httpx.Client, fault: str) -> None:
    """Each of WireMock's faults breaks a client's request."""
    put("/f", fault=fault)
    with pytest.raises(httpx.TransportError):
        mock.get("/f")


def test_delays_are_effects(mock: httpx.Client, api: httpx.Client) -> None:
    """Fixed and distributed delays, and dribbles, are effects of our rule."""
    put("/d1", fixed_delay_milliseconds=10)
    put("/d2", delay_distribution=DelayDistribution(distribution_type="uniform", lower=10, upper=30))
    put("/d3", delay_distribution=DelayDistribution(distribution_type="lognormal", median=10, sigma=0.1))
    api.post(
        "/__admin/mappings",
        json={
            "request": {"urlPath": "/d4"},
            "response": {"body": "abcdef", "chunkedDribbleDelay": {"numberOfChunks": 3, "totalDuration": 30}},
        },
    )
    answers = [rule["rule"]["answer"] for rule in api.get("/api/rules").json()["rules"]][::-1]
    assert answers == [
        "200-delay=0.01s",
        "200-delay=0.02s-jitter=0.01s",
        "200-delay=0.01s-sigma=0.1",
        "200-drip=0.03s-split=3",
    ]
    assert [mock.get(f"/d{number}").status_code for number in (1, 2, 3, 4)] == [200] * 4


def test_journal_as_the_client_reads_it(mock: httpx.Client) -> None:
    """All requests, one, counts, found and unmatched ones, reset."""
    put("/known")
    mock.get("/known?x=1")
    mock.get("/known")
    mock.post("/unknown/of/all", content=b"body")
    everything = Requests.get_all_received_requests()
    assert everything.meta.total == 3
    assert [each.request.url for each in everything.requests] == ["/unknown/of/all", "/known", "/known?x=1"]
    assert Requests.get_request(everything.requests[0].id).request.body == "body"
    pattern = NearMissMatchPatternRequest(method="GET", url_path="/known")
    assert Requests.get_matching_request_count(pattern).count == 2
    assert [each.url for each in Requests.get_matching_requests(pattern).requests] == ["/known?x=1", "/known"]
    assert {each.url for each in Requests.get_unmatched_requests().requests} == {"/unknown/of/all", "/known?x=1"}
    Requests.reset_request_journal()
    assert Requests.get_all_received_requests().meta.total == 0


def test_near_misses(mock: httpx.Client) -> None:
    """What came nearest, both ways round."""
    put("/near", headers={})
    mock.get("/neer")
    missed = Requests.get_unmatched_requests_near_misses().near_misses
    assert missed[0].request.url == "/neer"
    assert 0 < missed[0].match_result.distance < 1
    by_request = NearMisses.find_nearest_misses_by_request(NearMissMatchRequest(url="/nears", method="GET"))
    assert by_request.near_misses[0].match_result.distance == 0.5
    by_pattern = NearMisses.find_nearest_misses_by_request_pattern(NearMissMatchPatternRequest(url="/ne", method="GET"))
    assert by_pattern.near_misses[0].request.url == "/neer"


def test_resets_and_settings(mock: httpx.Client) -> None:
    """Stubs go with a reset; a delay for all is refused by name."""
    put("/gone")
    Mappings.reset_mappings()
    assert mock.get("/gone").status_code == 404
    put("/gone")
    Mappings.delete_all_mappings()
    assert mock.get("/gone").status_code == 404
    GlobalSettings.update_global_settings(GlobalSetting(fixed_delay=0))
    with pytest.raises(InvalidInputException, match="fixedDelay"):
        GlobalSettings.update_global_settings(GlobalSetting(fixed_delay=500))


@pytest.mark.parametrize(
    ("stub", "named"),
    [
        ({"response": {"proxyBaseUrl": "http://up.test"}}, "proxyBaseUrl"),
        ({"response": {"transformers": ["response-template"]}}, "transformers"),
        ({"response": {"bodyFileName": "x.json"}}, "bodyFileName"),
        ({"request": {"bodyPatterns": [{"matchesXPath": "//a"}]}}, "matchesXPath"),
        ({"request": {"urlPathTemplate": "/a/{b}"}}, "urlPathTemplate"),
        ({"request": {"url": "/a", "urlPath": "/a"}}, "exclude"),
        ({"request": {"urlPattern": "(a"}}, "RE2"),
        ({"postServeActions": {"a": 1}}, "postServeActions"),
        ({"response": {"status": 99}}, "three digits"),
        ({"response": {"fault": "EARTHQUAKE"}}, "EARTHQUAKE"),
        ({"response": {"headers": {"X": "a\r\nB: c"}}}, "control"),
        ({"response": {"headers": {"Content-Length": "3"}}}, "Content-Length"),
        ({"newScenarioState": "x"}, "scenarioName"),
    ],
)
def test_what_is_not_shared_is_refused_by_name(api: httpx.Client, stub: Any, named: str) -> None:
    """Nothing is left out in silence."""
    answer = api.post("/__admin/mappings", json=stub)
    assert answer.status_code == 422
    assert named in answer.json()["errors"][0]["title"]
    assert api.get("/__admin/mappings").json()["meta"]["total"] == 0


def test_import_and_metadata(api: httpx.Client, mock: httpx.Client) -> None:
    """Several stubs at once, all or none; found and removed by metadata."""
    stubs = [
        {"request": {"urlPath": f"/i/{number}"}, "response": {"status": 200 + number}, "metadata": {"n": number}}
        for number in (1, 2, 3)
    ]
    bad = [*stubs, {"response": {"status": "x"}}]
    assert api.post("/__admin/mappings/import", json={"mappings": bad}).status_code == 422
    assert api.get("/__admin/mappings").json()["mappings"] == []
    assert api.post("/__admin/mappings/import", json={"mappings": stubs}).status_code == 200
    assert mock.get("/i/2").status_code == 202
    pattern = {"matchesJsonPath": {"expression": "$.n", "equalTo": "2"}}
    found = api.post("/__admin/mappings/find-by-metadata", json=pattern).json()["mappings"]
    assert [stub["metadata"]["n"] for stub in found] == [2]
    Mappings.delete_mapping_by_metadata(pattern)
    assert mock.get("/i/2").status_code == 404
    assert api.get("/__admin/version").json()["version"]
    assert api.get("/__admin/health").json()["status"] == "healthy"
