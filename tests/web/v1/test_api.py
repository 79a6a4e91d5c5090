"""The catalogue's API: one shape with the command line, errors that help, validators, and readers of other origins."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from statuary.catalog.store import Catalogue
from statuary.cli import main
from statuary.web.v1 import app
from tests.web.client import Client

EVERY = (
    "/api/v1/codes/smtp/452",
    "/api/v1/codes?q=quota",
    "/api/v1/lookup?q=452",
    "/api/v1/explain?line=HTTP/1.1%20502%20Bad%20Gateway",
    "/api/v1/compare?left=smtp/452&right=http/507",
    "/api/v1/map?code=smtp/452&protocol=http",
    "/api/v1/concepts",
    "/api/v1/concepts/ok",
    "/api/v1/decide",
    "/api/v1/decide/http-api",
    "/api/v1/protocols",
    "/api/v1/languages",
    "/api/v1/openapi.json",
    "/badge/smtp/452.svg",
    "/embed/statuary-card.js",
)
"""One good address of each kind."""


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[Any]]:
    """The JSON lines of a command."""

    def run(*words: str) -> list[Any]:
        main([*words, "--json"])
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


@pytest.mark.parametrize("lang", ["en", "fr", "ja", "ko"])
def test_one_shape_with_the_command_line(client: Client, command: Callable[..., list[Any]], lang: str) -> None:
    """What ``--json`` prints, member by member, in every language."""

    def get(path: str) -> Any:
        return client.get(f"{path}{'&' if '?' in path else '?'}lang={lang}").json()

    tag = ("--lang", lang)
    assert [get("/api/v1/codes/smtp/4.2.2")] == command("show", "smtp/4.2.2", *tag)
    assert get("/api/v1/lookup?q=452")["codes"] == command("show", "452", *tag)
    explained = get("/api/v1/explain?line=said:%20452%204.2.2%20full")["found"]
    assert [{"line": 1, **each} for each in explained] == command("explain", "said: 452 4.2.2 full", *tag)
    assert get("/api/v1/codes?q=quota&limit=3")["codes"] == command("search", "quota", "--limit", "3", *tag)
    assert [get("/api/v1/compare?left=smtp/452&right=http/507")] == command("compare", "smtp/452", "http/507", *tag)
    assert [get("/api/v1/map?code=smtp/452&protocol=http")] == command("map", "smtp/452", "http", *tag)
    assert get("/api/v1/decide")["trees"] == command("decide", *tag)
    decided = command("decide", "--tree", "http-api", "--answers", "1", *tag)
    assert [get("/api/v1/decide/http-api?answers=1")] == decided
    assert client.get("/api/v1/languages").json()["languages"] == command("languages")


def test_lists(client: Client, catalogue: Catalogue) -> None:
    """Concepts in the reader's language, protocols with their own words."""
    english = client.get("/api/v1/concepts").json()["concepts"]
    assert [each["id"] for each in english] == [each["id"] for each in catalogue.concepts()]
    french = client.get("/api/v1/concepts/ok?lang=fr").json()
    assert french["title"] != client.get("/api/v1/concepts/ok").json()["title"]
    assert {"code": "http/200", "basis": "specification", "source": "RFC 9110 §15.3.1"} in french["members"]
    protocols = {each["id"]: each for each in client.get("/api/v1/protocols").json()["protocols"]}
    assert list(protocols) == list(catalogue.protocols)
    assert (protocols["smtp"]["term"], protocols["smtp"]["port"]) == ("reply code", 25)
    assert protocols["smtp"]["codes"] > 40


def test_search_leads_where_no_code_fits(client: Client) -> None:
    """Suggestions are identities; a look-up of the same is not found, with the same."""
    found = client.get("/api/v1/codes?q=4522").json()
    assert "smtp/452" in found["suggestions"]
    missing = client.get("/api/v1/lookup?q=4522")
    assert (missing.status_code, missing.json()["detail"]["suggestions"]) == (404, found["suggestions"])


@pytest.mark.parametrize(
    ("path", "parameter", "expected"),
    [
        ("/api/v1/codes", "q", "a number, a name or a symptom in words"),
        ("/api/v1/codes?q=%20", "q", "a code, such as an identity, a number or a name"),
        (f"/api/v1/codes?q={'x' * 201}", "q", "at most 200 characters"),
        ("/api/v1/codes?q=452&limit=0", "limit", "a whole number from 1 to 50"),
        ("/api/v1/codes?q=452&limit=99999999999999999999", "limit", "a whole number from 1 to 50"),
        ("/api/v1/codes?q=452&limit=%D9%A1", "limit", "a whole number from 1 to 50"),
        ("/api/v1/codes?q=452&lang=de", "lang", "one of en, fr, ja, ko"),
        ("/api/v1/codes?q=452&lang=", "lang", "one of en, fr, ja, ko"),
        ("/api/v1/codes?q=452&Limit=1", "Limit", "one of the parameters q, limit, lang"),
        ("/api/v1/codes?q=452&q=453", "q", "one value; it is given twice"),
        ("/api/v1/codes?q=%FF", "query", "at most 20 fields in UTF-8, percent-encoded"),
        (f"/api/v1/codes?{'&'.join(['q=1'] * 21)}", "query", "at most 20 fields in UTF-8, percent-encoded"),
        (f"/api/v1/codes?q={'x' * 5000}", "query", "at most 4096 octets"),
        ("/api/v1/compare?left=smtp/452", "right", None),
        ("/api/v1/map?code=smtp/452&protocol=gopher", "protocol", None),
        ("/api/v1/decide/sender?answers=" + "1," * 33, "answers", "at most 32 answers"),
        ("/api/v1/protocols?lang=fr", "lang", "no parameter here"),
    ],
)
def test_wrong_parameters_are_named_with_the_mend(
    client: Client, path: str, parameter: str, expected: str | None
) -> None:
    response = client.get(path)
    data = response.json()
    assert (response.status_code, data["error"], data["detail"]["parameter"]) == (400, "bad_parameter", parameter)
    assert expected in (None, data["detail"]["expected"])
    assert data["message"] == f"{parameter}: expected {data['detail']['expected']}"


@pytest.mark.parametrize(
    ("path", "status", "slug", "detail"),
    [
        ("/api/v1/codes/http/499", 300, "several_codes", {"identities": ["http/499-esri", "http/499-nginx"]}),
        ("/api/v1/compare?left=452&right=smtp/452", 300, "several_codes", {"query": "452"}),
        ("/api/v1/codes/smtp/4522", 404, "code_not_found", {"query": "smtp/4522"}),
        ("/api/v1/codes/gopher/452", 404, "code_not_found", {"query": "gopher/452"}),
        ("/api/v1/concepts/okk", 404, "concept_not_found", {"query": "okk", "suggestions": ["ok"]}),
        ("/api/v1/decide/none", 404, "tree_not_found", {"suggestions": ["http-api", "smtp-server", "sender"]}),
        ("/api/v1/decide/sender?answers=x", 404, "no_such_answer", {"answer": "x"}),
        ("/api/v1/smtp/452", 404, "not_found", {"suggestions": ["/api/v1/codes/smtp/452"]}),
        ("/api/v1/", 404, "not_found", {"suggestions": ["/api/v1/openapi.json"]}),
    ],
)
def test_what_is_not_there_says_what_is(
    client: Client, path: str, status: int, slug: str, detail: dict[str, Any]
) -> None:
    """The one error shape; its detail names what was asked for and what there is instead."""
    response = client.get(path)
    assert (response.status_code, response.json()["error"]) == (status, slug)
    assert detail.items() <= response.json()["detail"].items()
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["access-control-allow-origin"] == "*"
    assert "etag" not in response.headers


@pytest.mark.parametrize("path", EVERY)
def test_validators_spare_a_second_answer(client: Client, path: str) -> None:
    """RFC 9110 §13.1.2: If-None-Match with the ETag of the answer, alone, in a list, weak, or as a star."""
    first = client.get(path)
    tag = first.headers["etag"]
    assert first.status_code == 200
    assert tag.startswith('"')
    assert first.headers["cache-control"] == f"public, max-age={app.MAX_AGE_SECONDS}"
    for field in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = client.get(path, {"If-None-Match": field})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(path, {"If-None-Match": '"other"'}).content == first.content


def test_validators_differ_with_the_question(client: Client) -> None:
    """Path, query and language are part of what the tag names; what is not there has none to match."""
    paths = ("/api/v1/codes/smtp/452", "/api/v1/codes/smtp/451", "/api/v1/codes/smtp/452?lang=fr", "/api/v1/protocols")
    assert len({client.get(path).headers["etag"] for path in paths}) == len(paths)
    assert client.get("/api/v1/codes/smtp/4522", {"If-None-Match": "*"}).status_code == 404


@pytest.mark.parametrize("path", EVERY)
def test_every_origin_reads_and_none_writes(client: Client, path: str) -> None:
    """Fetch §3.2: any origin, no credentials, no other method."""
    headers = {"Origin": "https://blog.example", "Access-Control-Request-Method": "GET"}
    asked = client.request("OPTIONS", path, headers)
    assert (asked.status_code, asked.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert asked.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    for response in (asked, client.get(path, headers), client.request("HEAD", path), client.request("POST", path)):
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "access-control-allow-credentials" not in response.headers
    refused = client.request("DELETE", path)
    assert (refused.status_code, refused.json()["error"]) == (405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"


def test_mail_tools_keep_their_addresses(client: Client) -> None:
    """Mailpit's clients ask below the same root; what is theirs stays theirs, and stays closed to other origins."""
    response = client.get("/api/v1/search?query=subject:x")
    assert response.json()["messages"] == []
    assert "access-control-allow-origin" not in response.headers
    for method, allowed in (("OPTIONS", "DELETE"), ("PATCH", "DELETE")):
        refused = client.request(method, "/api/v1/messages", {"Origin": "https://blog.example"})
        assert refused.status_code == 405
        assert allowed in refused.headers["allow"]
        assert "access-control-allow-origin" not in refused.headers


def test_no_second_way(client: Client) -> None:
    """The addresses of before are gone."""
    for path in ("/api/codes/smtp/452", "/api/search?q=452", "/api/compare?left=smtp/452&right=http/507"):
        assert client.get(path).status_code == 404


def test_odd_octets_in_paths_and_queries(client: Client) -> None:
    """Whatever is asked, the answer is JSON or a picture, and no fault of ours."""
    for odd in ("%00", "%0D%0A", "%E2%80%AE", "%F0%9F%97%BF", "..", "%25", "'\"<script>", "%EF%BF%BE", "x" * 3000):
        for path in (f"/api/v1/codes/smtp/{odd}", f"/api/v1/concepts/{odd}", f"/badge/{odd}/{odd}.svg"):
            response = client.get(path)
            assert response.status_code in (300, 404, 400), path
        assert client.get(f"/api/v1/codes?{urlencode({'q': odd})}").status_code in (200, 400)
