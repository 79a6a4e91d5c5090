"""Runs from the site: on the real wire against this process's mocks, told as they happen, within their limits."""

from __future__ import annotations

import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from itertools import product
from typing import Any

import httpx
import pytest

from statuary.catalog.messages import INTERFACE, read_translations
from statuary.catalog.paths import find_places
from statuary.catalog.store import Catalogue
from statuary.errors import SCRIPT_MEND, ScriptError
from statuary.scenario.grammar import HTTP, SMTP, Dialect, parse_script
from statuary.scenario.rules import STAGES
from statuary.web.run.api import MAX_RUN_BODY_OCTETS
from statuary.web.run.runner import MAX_RUN_CONNECTIONS, MAX_RUN_OCTETS, MAX_RUNS
from statuary.web.said import BUILDER_TEXTS, builder_script
from statuary.web.said import said as said_on_page
from tests.conftest import Serving
from tests.web.client import Client, make_client
from tests.web.run.wire import codes, run_script, said


def end_of(events: list[dict[str, Any]], number: int = 1) -> dict[str, Any]:
    """How a connection ended."""
    (found,) = (event for event in events if event["event"] == "end" and event["connection"] == number)
    return found


def rules_of_runs(server: Serving) -> list[str]:
    """The rules that runs have left in force."""
    rules = httpx.get(f"{server.site}/api/rules").json()["rules"]
    return [each["rule"]["name"] for each in rules if each["rule"]["name"].startswith("run ")]


def test_a_script_is_run_to_its_end(server: Serving) -> None:
    """503x2~200 is three requests; times only grow; each connection has its end."""
    events = run_script(server, script="503x2~200")
    assert codes(events) == ["503", "503", "200"]
    times = [event["ms"] for event in events if "ms" in event]
    assert times == sorted(times)
    assert [event["event"] for event in events].count("end") == 3
    assert events[0]["asked"] == f"/status/503x2~200?key={events[0]['key']}"
    assert events[-1] | {"ms": 0} == {"event": "done", "ms": 0, "connections": 3, "left": 0, "problem": ""}


def test_each_run_begins_at_the_first_step(server: Serving) -> None:
    """Its key is its own, and its counts are forgotten: neither runs nor tests disturb each other."""
    keys = set()
    for _ in range(2):
        events = run_script(server, script="503x2~200")
        assert codes(events) == ["503", "503", "200"]
        keys.add(events[0]["key"])
    assert len(keys) == 2
    counted = httpx.get(f"{server.site}/api/counters").text
    assert not any(key in counted for key in keys)


def test_interim_answers_come_before_the_final_one(server: Serving) -> None:
    """RFC 8297: 103, and then the answer, on one connection."""
    events = run_script(server, script="103x2~200")
    assert re.findall(r"^HTTP/1\.1 (\d+)", said(events), re.MULTILINE) == ["103", "103", "200"]
    assert end_of(events) | {"ms": 0} == {"event": "end", "connection": 1, "ms": 0, "how": "left", "whole": True}


@pytest.mark.parametrize(
    ("script", "how", "whole"),
    [
        ("200-close", "closed", True),
        ("200-reset", "reset", True),
        ("200-close=200ms", "closed", True),
        ("200-delay=300ms", "left", True),
        ("200-drip=500ms", "left", True),
        ("200-truncate=0.5", "closed", False),
        ("200-garbage=512", "closed", False),
        ("200-badchunk", "closed", False),
        ("200-halfclose", "half-closed", True),
        ("204", "left", True),
        ("304", "left", True),
        ("drop", "closed", False),
        ("reset", "reset", False),
        ("hang", "silent", False),
        ("200-headers=3000", "octets", False),
    ],
)
def test_every_ending_is_told(server: Serving, script: str, how: str, whole: bool) -> None:
    """docs/scenario.md: what effects do, as a client sees it."""
    events = run_script(server, script=script, connections=1)
    end = end_of(events)
    assert (end["how"], end["whole"]) == (how, whole)
    assert len(said(events)) <= MAX_RUN_OCTETS


@pytest.mark.parametrize("script", ["drop~200-halfclose", "503-close~200-halfclose"])
def test_an_end_beside_a_half_close_is_told_apart(server: Serving, script: str) -> None:
    """RFC 9293 §3.6: who has closed takes nothing more; who has closed its side only does."""
    events = run_script(server, script=script)
    assert [end_of(events, number)["how"] for number in (1, 2)] == ["closed", "half-closed"]


def test_a_cut_answer_says_how_much_came(server: Serving) -> None:
    """RFC 9112 §8: an incomplete message."""
    end = end_of(run_script(server, script="200-truncate=0.5"))
    assert 0 < end["octets"] < end["announced"]


def test_mail_is_tried_until_it_is_accepted(server: Serving) -> None:
    """452 4.2.2 x2: three dialogues, the last with a message (RFC 5321 §4.2.1)."""
    events = run_script(server, protocol="smtp", script="452 4.2.2 x2")
    assert [said(events, connection=number).count("452 4.2.2") for number in (1, 2, 3)] == [1, 1, 0]
    assert said(events, "client", 3).endswith(".\r\nQUIT\r\n")
    assert all(end_of(events, number)["how"] == "closed" for number in (1, 2, 3))


def test_a_challenge_is_cancelled(server: Serving) -> None:
    """RFC 4954 §4: a client that cannot answer says ``*``; QUIT would be taken for its answer."""
    events = run_script(server, protocol="smtp", stage="auth", script="334x1", connections=1)
    assert said(events, "client").endswith("\r\n*\r\nQUIT\r\n")
    assert end_of(events)["how"] == "closed"


@pytest.mark.parametrize("stage", STAGES["smtp"])
def test_every_stage_is_run(server: Serving, stage: str) -> None:
    """Asked for by an address, a name, an argument, a user, or by a rule that is gone afterwards."""
    events = run_script(server, protocol="smtp", stage=stage, script="554x1", connections=1)
    assert said(events).count("554") == 1, said(events)
    assert rules_of_runs(server) == []


def test_a_rule_of_a_run_disturbs_nobody(server: Serving) -> None:
    """Before the greeting only the address tells clients apart: others are greeted as ever."""
    with ThreadPoolExecutor(2) as pool:
        late = {"protocol": "smtp", "stage": "connect", "script": "220-delay=1s", "connections": 2}
        waiting = pool.submit(run_script, server, **late)
        other = run_script(server, protocol="smtp", script="250", stage="ehlo")
        assert said(other).startswith("220 ")
        assert end_of(other)["ms"] < 1000
        assert said(waiting.result(), connection=2).startswith("220 ")


def test_a_code_that_stands_alone_is_run(server: Serving) -> None:
    events = run_script(server, code="http/499-nginx")
    assert codes(events) == ["499"]


def test_a_long_script_stops_at_its_limit(server: Serving) -> None:
    events = run_script(server, script="503x100")
    assert events[-1]["connections"] == MAX_RUN_CONNECTIONS
    assert events[-1]["left"] > 0


def test_runs_at_once_are_limited(server: Serving) -> None:
    """What is too many is refused, and the places are free again afterwards."""
    with ThreadPoolExecutor(MAX_RUNS * 2) as pool:
        waiting = [
            pool.submit(httpx.post, f"{server.site}/api/run", json={"script": "200-delay=1s"}, timeout=30)
            for _ in range(MAX_RUNS * 2)
        ]
        answers = [each.result() for each in waiting]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(refused) == MAX_RUNS
    assert refused[0].json()["detail"] == {"limit": "max_runs", "value": MAX_RUNS}
    assert codes(run_script(server, script="200")) == ["200"]


def test_a_reader_that_leaves_ends_the_run(server: Serving) -> None:
    """Its place is free, and no rule is left behind."""
    for _ in range(MAX_RUNS + 1):
        body = {"protocol": "smtp", "stage": "connect", "script": "hang"}
        with httpx.Client() as client, client.stream("POST", f"{server.site}/api/run", json=body) as response:
            assert response.status_code == 200
            next(response.iter_lines())
        for _ in range(100):
            if rules_of_runs(server) == []:
                break
        else:
            pytest.fail("the rule of a run is still there")


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"script": "50"}, "bad_script"),
        ({"script": "452 4.2.2"}, "bad_script"),
        ({"script": "503", "stage": "rcpt"}, "bad_parameter"),
        ({"protocol": "ftp", "script": "226"}, "bad_parameter"),
        ({"script": "503", "connections": 21}, "bad_parameter"),
        ({"script": "503", "connections": -1}, "bad_parameter"),
        ({"script": "503", "code": "http/499-nginx"}, "bad_parameter"),
        ({"code": "http/nope"}, "code_not_found"),
        ({"script": "503", "host": "10.0.0.1"}, "bad_body"),
        ({"script": 503}, "bad_body"),
        ([], "bad_body"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(server: Serving, body: object, slug: str) -> None:
    """The one shape of errors; nothing in it chooses where to connect to."""
    answer = httpx.post(f"{server.site}/api/run", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, slug)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[" * 10_000, b'{"script": "\\ud800"}', b'{"script": "\xed\xa0\x80"}']
)
def test_any_octets_are_refused_in_order(server: Serving, content: bytes) -> None:
    answer = httpx.post(f"{server.site}/api/run", content=content)
    assert answer.status_code == 400
    assert answer.json()["error"] in ("bad_body", "bad_script")


def test_a_body_has_a_limit(server: Serving) -> None:
    answer = httpx.post(f"{server.site}/api/run", content=b"x" * (MAX_RUN_BODY_OCTETS + 1))
    assert (answer.status_code, answer.json()["detail"]["limit"]) == (413, "max_run_body_octets")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}],
)
@pytest.mark.parametrize("path", ["/api/run", "/en/http/503/mock"])
def test_pages_of_other_origins_run_nothing(server: Serving, path: str, headers: dict[str, str]) -> None:
    """Cross-site requests and DNS rebinding."""
    assert httpx.post(f"{server.site}{path}", headers=headers, json={"script": "503"}).status_code == 403


def test_beyond_loopback_a_run_needs_the_token(catalogue: Catalogue) -> None:
    beyond = make_client(catalogue, token="correct-horse", loopback=False, base_url="http://mocks.example:8080")
    assert beyond.request("POST", "/api/run", content=b'{"script":"503"}').status_code == 401
    page = beyond.request("POST", "/en/http/503/mock", content=b"a1=503")
    assert (page.status_code, page.headers["location"]) == (302, "/en/login")


def test_without_mocks_nothing_is_run(client: Client) -> None:
    """A site over no running mocks says so, on the page too."""
    answer = client.request("POST", "/api/run", content=json.dumps({"script": "503"}).encode())
    assert (answer.status_code, answer.json()["error"]) == (404, "no_mocks")
    assert "no mock runs in this process" in client.request("POST", "/en/http/503/mock", content=b"a1=503").text


# Without JavaScript


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", page))


def test_the_form_gives_a_page_with_the_transcript(server: Serving) -> None:
    """Both directions, line by line with its time, invisible octets marked, and each end."""
    answer = httpx.post(f"{server.site}/en/http/503/mock", data={"a1": "503", "c1": "2", "a2": "200", "j2": "then"})
    assert answer.headers["cache-control"] == "no-store"
    text = text_of(answer.text)
    assert len(re.findall(r"HTTP/1\.1 503 Service Unavailable\\r\\n", text)) == 2
    assert re.search(r"[0-9.]+ ms The server sent ?HTTP/1\.1 200 OK\\r\\n", text)
    assert text.count("The answer is whole. The client ended the connection.") == 3
    assert "503x2~200" in text


def test_the_form_runs_mail_and_codes_that_stand_alone(server: Serving) -> None:
    mail = text_of(httpx.post(f"{server.site}/fr/smtp/452/mock", data={"a1": "452 4.2.2", "c1": "2"}).text)
    assert mail.count("452 4.2.2 Mailbox full\\r\\n") == 2
    assert mail.count("Le serveur a fermé la connexion.") == 3
    alone = text_of(httpx.post(f"{server.site}/en/http/499-nginx/mock").text)
    assert "HTTP/1.1 499 Client Closed Request\\r\\n" in alone


def test_the_form_says_what_is_wrong_and_where(server: Serving) -> None:
    """The grammar's word with the place, and the row that has it."""
    for method in ("GET", "POST"):
        fields = {"a1": "503", "c1": "2", "a2": "20", "j2": "then"}
        sent = {"params": fields} if method == "GET" else {"data": fields}
        page = httpx.request(method, f"{server.site}/en/http/503/mock", **sent).text  # type: ignore[arg-type]
        assert "503x2~20\n        ^" in page
        assert "character 9: expected three digits" in page
        assert page.count('aria-invalid="true"') == 1
        assert re.search(r'name="a2" value="20"[^>]*aria-invalid', page)


@pytest.mark.parametrize(
    ("language", "sentence", "key"),
    [
        (
            "en",
            "character 3: expected three digits: a code from 200 to 599, pass, drop, reset or hang, found the end",
            "key: expected letters, digits, - and _, at most 40",
        ),
        (
            "fr",
            (
                "caractère 3\u00a0: il faut trois chiffres\u00a0: un code de 200 à 599, pass, drop, reset ou hang"
                "\u202f; trouvé ici\u00a0: la fin"
            ),
            "key\u00a0: il faut des lettres, des chiffres, - et _, 40 au plus",
        ),
        (
            "ja",
            "3文字目: 3桁の数字(200から599までのコード)、またはpass、drop、reset、hangのどれかが必要です(実際は末尾)",
            "key: 英字、数字、-、_(最大40文字)が必要です",
        ),
        (
            "ko",
            (
                "3번째 문자에 와야 할 것: 세 자리 숫자(200부터 599까지의 코드), "
                "또는 pass, drop, reset, hang 가운데 하나. 실제로 있는 것: 끝"
            ),
            "key에 와야 할 것: 로마자, 숫자, -, _(최대 40자)",
        ),
    ],
)
def test_the_form_says_it_in_the_language_of_the_page(server: Serving, language: str, sentence: str, key: str) -> None:
    """By either method, and with no mark of another language on it."""
    for method in ("GET", "POST"):
        for fields, said_there in (({"a1": "45"}, sentence), ({"a1": "452", "key": "a b"}, key)):
            sent = {"params": fields} if method == "GET" else {"data": fields}
            page = httpx.request(method, f"{server.site}/{language}/smtp/452/mock", **sent).text  # type: ignore[arg-type]
            assert f"<p>{said_there}</p>" in page


@pytest.mark.parametrize("language", ["fr", "ja", "ko"])
def test_all_that_is_said_against_a_script_is_translated(language: str) -> None:
    """With the same places to fill."""
    known = read_translations(find_places().locales, language, INTERFACE)
    for text in (*BUILDER_TEXTS, SCRIPT_MEND):
        translation = known.get(("", text), "")
        assert translation, text
        assert sorted(re.findall(r"%\(\w+\)s", translation)) == sorted(re.findall(r"%\(\w+\)s", text))


@pytest.mark.parametrize("dialect", [HTTP, SMTP])
def test_every_error_of_the_grammar_is_among_these(dialect: Dialect) -> None:
    """Nothing is made up outside them."""
    pieces = (
        "503",
        "45",
        "_",
        "4.2.2",
        "x",
        "~",
        ",",
        ":",
        ":0",
        "-delay=",
        "-rate",
        "-split=0",
        "-close=2h",
        "-",
        "é",
    )
    errors: list[ScriptError] = []
    for text in map("".join, product(("", "503", "20"), pieces, ("", *pieces))):
        try:
            parse_script(text, dialect)
        except ScriptError as error:
            errors.append(error)
    assert len(errors) > 100
    for each in errors:
        phrase = said_on_page(each)
        assert phrase is not None
        assert (each.template in BUILDER_TEXTS, phrase.render()) == (True, str(each))


def test_the_form_shows_every_spelling_by_get(server: Serving) -> None:
    """The outcome is a page with an address of its own; a script alone fills the rows."""
    fields = {"a1": "452 4.2.2", "c1": "2", "e1": "-delay=1s", "stage": "rcpt", "key": "blue"}
    page = httpx.get(f"{server.site}/en/smtp/452/mock", params=fields).text.replace("&#34;", '"')
    assert "<code>rcpt452_4.2.2-delay=1sx2+blue@any.test</code>" in page
    assert 'answer = "452_4.2.2-delay=1sx2"\nmatch = { key = "blue" }' in page
    assert 'statuary_smtp.on("rcpt", key="blue").answer("452_4.2.2-delay=1sx2")' in page
    filled = httpx.get(f"{server.site}/en/smtp/452/mock", params={"script": "452x2~451"}).text
    assert re.search(r'name="a2" value="451"', filled)


@pytest.mark.parametrize(
    "fields",
    [
        {"a1": "<img src=x onerror=alert(1)>"},
        {"script": "\x00\ud7ff<", "stage": "nope", "key": "<b>"},
        {"a1": "503" * 600},
        {"key": "é" * 4000},
        {"a1": "503", "j1": "or", "c1": "-1", "w1": "1e9", "e1": "x"},
    ],
)
def test_any_form_gives_a_page(server: Serving, fields: dict[str, str]) -> None:
    """What was typed is shown as text, and never makes a fault of ours."""
    answers = (
        httpx.get(f"{server.site}/en/smtp/452/mock", params=fields),
        httpx.post(f"{server.site}/en/smtp/452/mock", data=fields),
    )
    for answer in answers:
        assert answer.status_code in (200, 400)
        assert "<img src=x" not in answer.text


def test_a_run_is_in_the_journal_under_its_key(server: Serving) -> None:
    """It is real traffic, and says whose."""
    marker = uuid.uuid4().hex[:8]
    events = run_script(server, script=f"503-delay=0.0{int(marker[:4], 16)}s")
    rows = httpx.get(f"{server.site}/api/journal", params={"key": events[0]["key"]}).json()["exchanges"]
    assert [row["code"] for row in rows] == ["503"]


@pytest.mark.parametrize("language", ["fr", "ja", "ko"])
def test_the_script_of_a_language_is_current(language: str) -> None:
    """``python tools/messages.py`` writes what the builder says from the translations."""
    written = resources.files("statuary.web").joinpath("static", f"said.{language}.js").read_text(encoding="utf-8")
    known = read_translations(find_places().locales, language, INTERFACE)
    assert written == builder_script(lambda text: known["", text])
