"""The admin API in our own shapes, against a running server."""

from __future__ import annotations

import json
import smtplib
import threading
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from statuary.catalog.store import Catalogue
from statuary.serve.rulebook import Rulebook
from statuary.serve.session import Shared
from statuary.web.admin.base import Admin, Failure
from statuary.web.admin.journal import MAX_WAITING, wait_until
from statuary.web.guard import Guard
from tests.conftest import Serving, run_async

RULE = {"name": "shop", "protocol": "http", "match": {"path": "/shop"}, "answer": "503x2~200"}


def send(serving: Serving, recipient: str = "bob@example.test", content: str = "Subject: Hi\r\n\r\nHello") -> int:
    """Send a message; the code of the answer to its recipient."""
    with smtplib.SMTP("127.0.0.1", serving.smtp_port) as smtp:
        smtp.ehlo("client.example")
        smtp.mail("ann@example.test")
        code = smtp.rcpt(recipient)[0]
        if code == 250:
            smtp.data(content)
        return code


def refused(response: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The detail of an error in the one shape."""
    body = response.json()
    assert (response.status_code, body["error"]) == (status, slug), body
    assert set(body) <= {"error", "message", "detail"}
    detail = body.get("detail", {})
    assert isinstance(detail, dict)
    return detail


def test_rules_with_their_counts(api: httpx.Client, mock: httpx.Client) -> None:
    """Added, asked, listed with what remains, changed, taken out of force."""
    made = api.post("/api/rules", json=RULE)
    assert made.status_code == 201
    assert made.json()["rules"][0]["rule"]["name"] == "shop"
    assert [mock.get("/shop").status_code for _ in range(3)] == [503, 503, 200]
    counted = {"name": "few", "protocol": "http", "match": {"path": "/few"}, "answer": "503x2", "key": ["query.u"]}
    api.post("/api/rules", json={"rules": [counted]})
    mock.get("/few?u=1")
    mock.get("/few?u=2", headers={"Statuary-Key": "blue"})
    listed = {each["rule"]["name"]: each for each in api.get("/api/rules").json()["rules"]}
    assert listed["shop"]["asked"] == 3
    assert listed["few"]["counts"] == [
        {"values": "1", "key": "", "asked": 1, "remaining": 1},
        {"values": "2", "key": "blue", "asked": 1, "remaining": 1},
    ]
    blue = api.get("/api/rules/few", params={"key": "blue"}).json()
    assert [each["key"] for each in blue["counts"]] == ["blue"]
    assert api.put("/api/rules/shop", json={**RULE, "answer": "404"}).json()["rule"]["answer"] == "404"
    assert mock.get("/shop").status_code == 404
    assert api.put("/api/rules/new", json={**RULE, "name": "new"}).json()["origin"] == "api"
    refused(api.put("/api/rules/shop", json={**RULE, "name": "other"}), 400, "bad_rule")
    assert api.delete("/api/rules/shop").json() == {"cleared": 1, "total": 2}
    refused(api.get("/api/rules/shop"), 404, "no_such_rule")
    assert api.delete("/api/rules").json()["cleared"] == 2


def test_rules_as_toml(api: httpx.Client, mock: httpx.Client) -> None:
    """A rule file goes in, and comes out."""
    text = '[[rule]]\nname = "t"\nprotocol = "http"\nmatch = { path = "/t" }\nanswer = "418"\n'
    toml = {"Content-Type": "application/toml"}
    assert api.put("/api/rules", content=text, headers=toml).status_code == 200
    assert mock.get("/t").status_code == 418
    out = api.get("/api/rules", params={"format": "toml"})
    assert out.headers["content-type"].startswith("application/toml")
    assert api.put("/api/rules", content=out.text, headers=toml).json()["total"] == 1
    detail = refused(api.post("/api/rules", content='[[rule]]\nprotocol = "x"\n', headers=toml), 400, "bad_rule")
    assert (detail["line"], detail["column"]) == (2, 1)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({**RULE, "answer": "5x"}, "answer"),
        ({"rules": [RULE, {**RULE, "match": {"path": {"regex": "("}}}]}, "rules.1.match.path.regex"),
        ({"rules": 5}, "rules"),
        ({"rules": [5]}, "rules.0"),
        ({**RULE, "colour": 1}, "colour"),
    ],
)
def test_wrong_rules_name_their_place(api: httpx.Client, body: Any, place: str) -> None:
    """And none of the request's rules is added."""
    assert refused(api.post("/api/rules", json=body), 400, "bad_rule")["place"] == place
    assert api.get("/api/rules").json()["total"] == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'"x"', b"[" * 100_000])
def test_bodies_that_are_no_object(api: httpx.Client, content: bytes) -> None:
    """A clear error, whatever the octets are."""
    slug = "bad_rule" if content == b"" else "bad_body"
    refused(api.post("/api/rules", content=content), 400, slug)
    assert api.post("/api/journal/verify", content=content).status_code in (200, 400)


def test_body_limit(api: httpx.Client) -> None:
    """A body has a limit with a name."""
    detail = refused(api.post("/api/rules", content=b" " * (8 * 1024 * 1024 + 1)), 413, "too_large")
    assert detail["limit"] == "max_body_octets"


def test_counters_are_seen_and_reset(api: httpx.Client, mock: httpx.Client) -> None:
    """Counts of scripts in targets too; those of one key alone can be forgotten."""
    for key in ("blue", "red"):
        assert mock.get("/status/503x1~200", headers={"Statuary-Key": key}).status_code == 503
    counts = api.get("/api/counters").json()["counts"]
    assert {(each["subject"], each["key"], each["uses"]) for each in counts} == {
        ("http /status/503x1~200", "blue", 1),
        ("http /status/503x1~200", "red", 1),
    }
    assert api.delete("/api/counters", params={"key": "blue"}).json() == {"cleared": 1, "total": 1}
    assert mock.get("/status/503x1~200", headers={"Statuary-Key": "blue"}).status_code == 503
    assert mock.get("/status/503x1~200", headers={"Statuary-Key": "red"}).status_code == 200


def test_states(api: httpx.Client, mock: httpx.Client) -> None:
    """Scenarios are seen, set and reset."""
    scenario = {"name": "cart", "required": "Full"}
    api.post("/api/rules", json={**RULE, "answer": "409", "scenario": scenario})
    assert mock.get("/shop").status_code == 404
    assert api.get("/api/states").json()["states"] == [{"name": "cart", "state": "Started", "key": ""}]
    assert api.put("/api/states", json={"name": "cart", "state": "Full", "key": "blue"}).status_code == 200
    assert mock.get("/shop").status_code == 404
    assert mock.get("/shop", headers={"Statuary-Key": "blue"}).status_code == 409
    refused(api.put("/api/states", json={"name": "nobody", "state": "x"}), 404, "no_such_scenario")
    refused(api.put("/api/states", json={"name": "cart", "state": ""}), 400, "bad_state")
    assert api.delete("/api/states").json()["cleared"] == 1


def test_journal_filters(api: httpx.Client, mock: httpx.Client, serving: Serving) -> None:
    """By protocol, stage, code, peer, rule, key and connection."""
    api.post(
        "/api/rules",
        json={"name": "full", "protocol": "smtp", "stage": "rcpt", "match": {"domain": "full.test"}, "answer": "452"},
    )
    assert send(serving, "a@full.test") == 452
    mock.get("/status/503", headers={"Statuary-Key": "blue"})

    def found(**query: Any) -> list[str]:
        exchanges = api.get("/api/journal", params=query).json()["exchanges"]
        return [f"{each['stage']} {each['code']}" for each in exchanges]

    assert found(protocol="http") == ["request 503"]
    assert found(key="blue") == ["request 503"]
    assert found(stage="rcpt") == found(rule="full") == found(code="45*") == ["rcpt 452"]
    assert found(peer="127.0.0.1", stage="quit") == ["quit 221"]
    assert found(peer="192.0.2.1") == []
    last = api.get("/api/journal").json()["total"]
    assert found(after=last) == []
    one = api.get(f"/api/journal/{last}").json()
    assert (one["number"], one["key"]) == (last, "blue")
    assert found(connection=one["connection"]) == ["request 503"]
    refused(api.get(f"/api/journal/{last + 1}"), 404, "no_such_exchange")
    refused(api.get("/api/journal/none"), 404, "not_found")


def test_key_keeps_readers_apart(api: httpx.Client, mock: httpx.Client, serving: Serving) -> None:
    """What one test clears, another still sees; an address tag is a key as a header and a query are."""
    mock.get("/status/200?key=blue")
    mock.get("/status/200", headers={"Statuary-Key": "red"})
    assert send(serving, "bob+blue@example.test") == 250
    blue = api.get("/api/journal", params={"key": "blue"}).json()["exchanges"]
    session = ["connect", "ehlo", "mail", "rcpt", "data", "message"]
    assert [each["stage"] for each in blue][: 1 + len(session)] == ["request", *session]
    assert [each["key"] for each in blue[1:7]] == ["", "", "", "blue", "blue", "blue"], "a row says what was known then"
    assert api.get("/api/messages", params={"key": "blue"}).json()["messages"][0]["recipients"] == [
        "bob+blue@example.test"
    ]
    assert api.get("/api/messages", params={"key": "red"}).json()["messages"] == []
    assert api.delete("/api/journal", params={"key": "blue"}).json()["cleared"] >= 1 + len(session)
    assert api.get("/api/journal", params={"key": "blue"}).json()["exchanges"] == []
    assert len(api.get("/api/journal", params={"key": "red"}).json()["exchanges"]) == 1
    assert api.post("/api/reset", params={"key": "blue"}).status_code == 200
    assert api.get("/api/messages").json()["messages"] == []
    assert len(api.get("/api/journal", params={"key": "red"}).json()["exchanges"]) == 1


def test_wait_for_exchanges(api: httpx.Client, mock: httpx.Client) -> None:
    """It ends when enough have come, and says so where they have not."""
    wanted = {"filter": {"protocol": "http", "match": {"path": "/status/*", "header": {"x-n": "1"}}}, "count": 2}
    assert api.post("/api/journal/wait", json={**wanted, "timeout": 0}).json()["met"] is False
    mock.get("/status/200", headers={"X-N": "1"})
    mock.get("/status/200", headers={"X-N": "2"})
    late = threading.Timer(0.2, lambda: mock.get("/status/503", headers={"X-N": "1"}))
    late.start()
    ended = api.post("/api/journal/wait", json={**wanted, "timeout": 9}).json()
    late.join()
    assert (ended["met"], ended["count"]) == (True, 2)
    assert [each["code"] for each in ended["exchanges"]] == ["200", "503"]
    refused(api.post("/api/journal/wait", json={"timeout": 1e9}), 400, "bad_timeout")
    refused(api.post("/api/journal/wait", json={"count": -1}), 400, "bad_count")
    refused(api.post("/api/journal/wait", json={"filter": {"colour": "x"}}), 400, "bad_body")
    both = {"match": {"path": "x", "sender": "y"}}
    refused(api.post("/api/journal/wait", json={"filter": both}), 400, "bad_rule")
    refused(
        api.post("/api/journal/wait", json={"filter": {"protocol": "http", "match": {"nose": "x"}}}), 400, "bad_rule"
    )


@pytest.mark.parametrize(
    ("bounds", "ok", "words"),
    [
        ({}, True, "at least 1"),
        ({"exactly": 2}, True, "exactly 2"),
        ({"exactly": 3}, False, "exactly 3"),
        ({"at_least": 1, "at_most": 2}, True, "at least 1 and at most 2"),
        ({"at_most": 1}, False, "at most 1"),
        ({"exactly": 0}, False, "exactly 0"),
    ],
)
def test_verify(api: httpx.Client, mock: httpx.Client, bounds: dict[str, int], ok: bool, words: str) -> None:
    """A failed check gives the seed, what was said, and the field in which the nearest exchange differed."""
    for path in ("/status/503", "/status/503", "/status/200"):
        mock.get(path)
    wanted = {"protocol": "http", "match": {"path": "/status/503"}}
    verdict = api.post("/api/journal/verify", json={"filter": wanted, **bounds}).json()
    assert (verdict["ok"], verdict["count"], verdict["expected"]) == (ok, 2, words)
    assert verdict["seed"] == 11
    assert len(verdict["numbers"]) == 2
    if not ok:
        assert "GET /status/200" in verdict["transcript"]
    if bounds == {"exactly": 3}:
        assert verdict["near_misses"][0]["differences"] == [
            {"field": "path", "expected": "/status/503", "found": "/status/200"}
        ]


def test_verify_sees_a_dialogue(api: httpx.Client, serving: Serving) -> None:
    """Sender, recipient, hello and the message's header are matched as rules match them."""
    send(serving, "bob@example.test", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello there")
    for stage, match in (
        ("rcpt", {"sender": "ann@*", "recipient": "BOB@example.test", "helo": "client.example"}),
        ("message", {"sender": "ann@example.test", "header": {"subject": "Gr*"}, "body": {"contains": "there"}}),
    ):
        wanted = {"protocol": "smtp", "stage": stage, "match": match}
        verdict = api.post("/api/journal/verify", json={"filter": wanted, "exactly": 1}).json()
        assert verdict["ok"], verdict
    refused(api.post("/api/journal/verify", json={"exactly": 1, "at_least": 1}), 400, "bad_count")


def test_near_misses(api: httpx.Client, mock: httpx.Client) -> None:
    """Of an exchange, or of an event that is described: the rules that came nearest, and in what they differ."""
    near = {**RULE, "match": {"path": "/shop", "method": "POST", "header": {"x-a": {"absent": False}}}}
    api.post(
        "/api/rules",
        json={
            "rules": [near, {**RULE, "name": "far", "match": {"path": "/", "method": "PUT", "host": "x", "body": "y"}}]
        },
    )
    mock.get("/shop")
    number = api.get("/api/journal").json()["total"]
    found = api.post("/api/journal/near-misses", json={"exchange": number}).json()["near_misses"]
    assert [each["rule"] for each in found] == ["shop", "far"]
    assert found[0]["differences"] == [
        {"field": "method", "expected": "POST", "found": "GET"},
        {"field": "header.x-a", "expected": {"absent": False}, "found": None},
    ]
    described = {"protocol": "http", "fields": {"path": "/shop", "method": "POST"}}
    found = api.post("/api/journal/near-misses", json=described).json()["near_misses"]
    assert [each["field"] for each in found[0]["differences"]] == ["header.x-a"]


def test_messages(api: httpx.Client, serving: Serving) -> None:
    """Waited for, listed, one, its octets, deleted."""
    late = threading.Timer(0.2, lambda: send(serving))
    late.start()
    came = api.post("/api/messages/wait", json={"recipient": "BOB@example.test", "timeout": 9}).json()["messages"]
    late.join()
    number = came[0]["number"]
    assert api.get(f"/api/messages/{number}").json()["sender"] == "ann@example.test"
    eml = api.get(f"/api/messages/{number}.eml")
    assert eml.headers["content-type"] == "message/rfc822"
    assert eml.content.startswith(b"Subject: Hi\r\n")
    assert api.get("/api/messages", params={"sender": "nobody@x.test"}).json()["messages"] == []
    assert api.delete(f"/api/messages/{number}").json()["cleared"] == 1
    refused(api.get(f"/api/messages/{number}"), 404, "no_such_message")
    send(serving)
    assert api.delete("/api/messages", params={"recipient": "nobody@x.test"}).json()["cleared"] == 0
    assert api.delete("/api/messages").json()["cleared"] == 1


def test_seed_replays_the_sequence(api: httpx.Client, mock: httpx.Client) -> None:
    """The same seed gives the same sequence, not one decision again and again; a reset gives the first seed back."""

    def sequence() -> list[int]:
        return [mock.get("/status/200,503").status_code for _ in range(30)]

    assert api.put("/api/seed", json={"seed": 3}).json() == {"seed": 3}
    first = sequence()
    assert set(first) == {200, 503}
    api.put("/api/seed", json={"seed": 4})
    assert sequence() != first
    api.put("/api/seed", json={"seed": 3})
    assert sequence() == first
    api.post("/api/reset")
    assert api.get("/api/seed").json() == {"seed": 11}
    refused(api.put("/api/seed", json={"seed": -1}), 400, "bad_seed")
    refused(api.put("/api/seed", json={"seed": "x"}), 400, "bad_body")


def test_exports(api: httpx.Client, mock: httpx.Client, serving: Serving) -> None:
    """HAR 1.2, JSON lines and a transcript; credentials are masked unless they are asked for."""
    secret = {"Authorization": "Basic c2VjcmV0", "Cookie": "sid=secret"}
    mock.post("/status/503?retry_after=1", content=b"body", headers=secret)
    with smtplib.SMTP("127.0.0.1", serving.smtp_port) as smtp:
        smtp.ehlo("client.example")
        smtp.docmd("AUTH PLAIN", "AGFubgBzZWNyZXQ=")
    har = api.get("/api/journal/export", params={"format": "har"}).json()["log"]
    assert (har["version"], len(har["entries"])) == ("1.2", 1)
    entry = har["entries"][0]
    assert entry["request"]["queryString"] == [{"name": "retry_after", "value": "1"}]
    assert entry["request"]["postData"]["text"] == "body"
    assert entry["response"]["status"] == 503
    assert json.loads(entry["response"]["content"]["text"])
    for form in ("har", "jsonl", "transcript"):
        text = api.get("/api/journal/export", params={"format": form}).text
        assert "c2VjcmV0" not in text
        assert "sid=secret" not in text
        assert "AGFubgBzZWNyZXQ" not in text
        assert "[masked]" in text
    shown = api.get("/api/journal/export", params={"format": "transcript", "credentials": "show"}).text
    assert "sid=secret" in shown
    lines = api.get("/api/journal/export", params={"stage": "auth"}).text.splitlines()
    assert [json.loads(line)["stage"] for line in lines] == ["auth"]
    refused(api.get("/api/journal/export", params={"format": "pdf"}), 400, "bad_parameter")


def test_foreign_pages_change_nothing(api: httpx.Client) -> None:
    """A page of another origin, and a foreign name for this address, are refused; in every dialect."""
    for path in ("/api/rules", "/__admin/mappings", "/api/v1/messages"):
        method = "POST" if "v1" not in path else "DELETE"
        foreign = api.request(method, path, json=RULE, headers={"Origin": "http://evil.example"})
        refused(foreign, 403, "foreign_origin")
        rebound = api.request("GET", path, headers={"Host": "evil.example"})
        refused(rebound, 403, "host_not_loopback")


def test_health_and_version(api: httpx.Client) -> None:
    """Asked by a container; nothing private is in them."""
    assert api.get("/api/health").json()["status"] == "up"
    assert api.get("/api/version").json()["version"]


def test_waiting_stalls_nobody(api: httpx.Client, mock: httpx.Client) -> None:
    """While a request waits, the mock answers, and the wait ends with what it asked for."""
    ended: list[dict[str, Any]] = []
    wanted = {"filter": {"protocol": "http", "code": "418"}, "timeout": 30}
    waiting = threading.Thread(target=lambda: ended.append(api.post("/api/journal/wait", json=wanted).json()))
    waiting.start()
    assert [mock.get("/status/200").status_code for _ in range(20)] == [200] * 20
    assert ended == []
    mock.get("/status/418")
    waiting.join(30)
    assert ended[0]["met"]


def test_waiting_has_a_limit(catalogue: Catalogue) -> None:
    """Past the most that wait at once, a further one is told so; afterwards there is room again."""
    shared = Shared(catalogue)
    admin = Admin(shared, Rulebook(shared), Guard("", loopback=True), waiting=MAX_WAITING)

    async def wait() -> int:
        return await wait_until(admin, shared.journal.subscribe, lambda: 0, 1, 0.0)

    with pytest.raises(Failure, match="no further request"):
        run_async(wait())
    admin.waiting -= 1
    assert run_async(wait()) == 0
    assert admin.waiting == MAX_WAITING - 1


def test_names_with_slashes_have_an_address(api: httpx.Client, mock: httpx.Client) -> None:
    """A rule may be called after what it answers; it is read, changed and taken away under that name."""
    name = "GET /shop/{id} x2"
    place = f"/api/rules/{quote(name, safe='')}"
    assert api.put(place, json={**RULE, "name": name}).status_code in (200, 201)
    assert api.get(place).json()["rule"]["name"] == name
    assert mock.get("/shop").status_code == 503
    assert api.delete(place).status_code == 200
    refused(api.get(place), 404, "no_such_rule")
    refused(api.put("/api/rules/", json=RULE), 400, "bad_rule")


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "/api/journal?recipent=a"),
        ("DELETE", "/api/journal?keys=blue"),
        ("POST", "/api/reset?Key=blue"),
        ("POST", "/api/journal/verify?key=blue"),
        ("GET", "/api/health?x"),
    ],
)
def test_parameters_that_there_are_not(api: httpx.Client, mock: httpx.Client, method: str, address: str) -> None:
    """A slip of the pen is an error: it neither shows everything nor forgets it."""
    mock.get("/status/503")
    said = refused(api.request(method, address, content=b"{}" if method == "POST" else None), 400, "bad_parameter")
    assert set(said) == {"parameter", "expected"}
    assert api.get("/api/journal").json()["exchanges"]


def test_any_name_of_a_rule_can_be_sent(api: httpx.Client, mock: httpx.Client) -> None:
    """The mark of an answer is a header field: quotes and characters beyond ASCII in a name are encoded there."""
    for number, name in enumerate(('a"b', "back\\slash", "☃ снег", "é", "x" * 200)):
        api.put("/api/rules", json={**RULE, "name": name})
        answer = mock.get("/shop")
        assert answer.status_code == 503, number
        assert answer.headers["statuary-answer"].isascii()
        assert api.get("/api/journal").json()["exchanges"][-1]["rule"] == name
    refused(api.post("/api/rules", json={**RULE, "name": "line\r\nend"}), 400, "bad_rule")


def test_causes_begin_anew_with_the_counts(api: httpx.Client, serving: Serving) -> None:
    """A window and a greylist forget whom they met on a reset, and with a key what this isolates alone."""
    greylist = {"protocol": "smtp", "stage": "rcpt", "greylist": {"wait": "1h", "by": "ip"}, "answer": "451"}
    window = {"protocol": "smtp", "stage": "mail", "window": {"messages": 1, "seconds": "1h"}, "answer": "450"}

    def met(*keys: str) -> list[int]:
        codes = []
        with smtplib.SMTP("127.0.0.1", serving.smtp_port) as smtp:
            smtp.ehlo("client.example")
            for key in keys:
                codes.append(smtp.mail(f"ann+{key}@example.test")[0])
                smtp.rset()
        return codes

    api.put("/api/rules", json={"rules": [window]})
    assert met("blue", "blue", "red", "red") == [250, 450, 250, 450]
    api.post("/api/reset", params={"key": "blue"})
    assert met("blue", "red") == [250, 450]
    api.delete("/api/counters")
    assert met("blue", "red") == [250, 250]
    api.put("/api/seed", json={"seed": 5})
    assert met("blue", "red") == [250, 250]
    api.put("/api/rules", json={"rules": [{**greylist, "greylist": {"wait": 0, "by": "ip"}}]})
    assert [send(serving), send(serving)] == [451, 250]
    api.delete("/api/counters")
    assert send(serving) == 451
