"""The dashboard of rules: what is in force, in its order, with what remains; written, changed, removed and saved."""

from __future__ import annotations

import re
import stat
import tomllib
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from statuary.catalog.store import Catalogue
from statuary.scenario.rulefile import read_rules
from statuary.scenario.ruletext import rule_text
from statuary.serve.journal import Exchange
from statuary.serve.rulebook import Rulebook
from statuary.serve.seen import follow
from statuary.serve.session import Shared, rule_count_key
from statuary.web.app import MAX_ACTION_OCTETS, create_app
from statuary.web.views.rules import MAX_EDITED_CHARACTERS, PAGE_RULES, table_of
from tests.conftest import start_server, stop_server
from tests.web.client import HOST, Client

FULL = '[[rule]]\nname = "full"\nprotocol = "smtp"\nstage = "rcpt"\nanswer = "452 x2 ~ 250"\nkey = "recipient"\n'


def post(client: Client, path: str, **fields: str) -> httpx.Response:
    """A form as a browser sends it."""
    return client.request("POST", f"/en/{path}", {"Origin": client.base_url}, urlencode(fields).encode())


def add(client: Client, tables: list[dict[str, Any]]) -> None:
    """Rules over the API, as a file."""
    content = "\n".join(map(rule_text, tables)).encode()
    assert client.request("POST", "/api/rules", {"Content-Type": "application/toml"}, content).status_code == 201


def names(text: str) -> list[str]:
    """The names of the rules on a page, in its order."""
    return [unescape(name) for name in re.findall(r'<h3><a href="[^"]*" translate="no">([^<]*)</a></h3>', text)]


def with_file(catalogue: Catalogue, path: Path) -> tuple[Client, Rulebook]:
    """A site whose rules come from a file."""
    shared = Shared(catalogue, seed=7, site_url=HOST)
    rulebook = Rulebook(shared, [path])
    rulebook.load()
    app = create_app(shared, http_url="http://127.0.0.1:8081", smtp_url="smtp://127.0.0.1:1025", rulebook=rulebook)
    return Client(app, shared), rulebook


def test_a_rule_is_added_changed_and_removed(client: Client) -> None:
    """By forms alone; each leads back to the list, at the rule."""
    answer = post(client, "rules/edit", toml=FULL)
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/rules?page=1#r1")
    assert names(client.get("/en/rules").text) == ["full"]
    editor = client.get("/en/rules/edit?name=full").text
    assert "452_4.2.2" not in editor
    answer = post(client, "rules/edit?name=full", toml=FULL.replace("452 x2", "451 x3"))
    assert answer.status_code == 303
    assert str(client.shared.rules.rules[0].script) == "451x3~250"
    assert post(client, "rules", do="delete", name="full").status_code == 303
    assert client.shared.rules.rules == ()


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (FULL.replace("452 x2", "45x2"), "line:5:1"),
        (FULL.replace("rcpt", "rctp"), "line:4:"),
        (FULL + "colour = 1\n", "line:7:1: "),
        (FULL + "[[rule", "not TOML"),
        ("", "Write at least one rule"),
        ("x = 1", "line:1:1: "),
        (FULL + FULL, "has the name"),
        ("\x00", "not TOML"),
        ("[[rule]]\nprotocol = '<script>'", "&lt;script&gt;"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(client: Client, toml: str, said: str) -> None:
    """As a rule file has it: line, column, fault, mend; what was written stays in the field, and nothing is changed."""
    answer = post(client, "rules/edit", toml=toml)
    assert answer.status_code == 200
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    field = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)
    assert field is not None
    assert unescape(field[1]).replace("\ufffd", "\x00") == toml
    assert client.shared.rules.rules == ()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "line:5:13: character 3: expected three digits: a code from 200 to 599, pass, drop, reset or hang"),
        ("fr", "ligne:5:13: caractère 3\u00a0: il faut trois chiffres\u00a0: un code de 200 à 599"),
        ("ja", "行:5:13: 3文字目: 3桁の数字(200から599までのコード)"),
        ("ko", "줄:5:13: 3번째 문자에 와야 할 것: 세 자리 숫자(200부터 599까지의 코드)"),
    ],
)
def test_what_is_wrong_in_a_script_is_said_in_the_language_of_the_page(
    client: Client, language: str, said: str
) -> None:
    """The script of a rule, as in the form that builds scripts."""
    toml = FULL.replace("452 x2", "45x2")
    content = urlencode({"toml": toml}).encode()
    answer = client.request("POST", f"/{language}/rules/edit", {"Origin": client.base_url}, content)
    assert said in answer.text


def test_a_name_that_is_taken_is_said(client: Client) -> None:
    """Adding twice, and renaming onto another."""
    post(client, "rules/edit", toml=FULL)
    assert "two rules have the name" in post(client, "rules/edit", toml=FULL).text
    post(client, "rules/edit", toml=FULL.replace('"full"', '"other"'))
    assert "two rules have the name" in post(client, "rules/edit?name=other", toml=FULL).text
    assert post(client, "rules/edit?name=none", toml=FULL).status_code == 404
    assert "for a change just one" in post(client, "rules/edit?name=full", toml=FULL + FULL.replace("full", "b")).text


def test_remaining_answers_are_counted_by_key(client: Client) -> None:
    """What each recipient has left of the script, and how often all asked; counts start over by themselves or all."""
    post(client, "rules/edit", toml=FULL.replace("x2 ~ 250", "x3"))
    (rule,) = client.shared.rules.rules
    for recipient, times in (("a@x.test", 2), ("b@x.test", 5), ("c@x.test", 1)):
        for _ in range(times):
            client.shared.counters.take(rule_count_key(rule, {"recipient": recipient}))
    text = " ".join(re.sub(r"<[^>]+>", " ", client.get("/en/rules").text).split())
    assert "a@x.test asked 2 times · 1 answer left" in text
    assert "b@x.test asked 5 times · 0 answers left" in text
    assert "c@x.test asked 1 time · 2 answers left" in text
    assert "Asked 8" in text
    post(client, "rules", do="start-over", name="other")
    assert len(client.shared.counters) == 3
    post(client, "rules", do="start-over", name="full")
    assert len(client.shared.counters) == 0
    client.shared.counters.take("http /status/503\n\n")
    post(client, "rules", do="start-all-over")
    assert len(client.shared.counters) == 0


def test_the_order_is_that_in_which_they_are_asked(client: Client) -> None:
    """Priority first, then as written; the places are numbered through all pages."""
    tables = [
        {"name": f"r{number}", "protocol": "http", "answer": "503", "priority": number % 3} for number in range(120)
    ]
    add(client, tables)
    shown = []
    for page in (1, 2, 3):
        shown += names(client.get(f"/en/rules?page={page}").text)
    assert shown == [f"r{number}" for rest in (2, 1, 0) for number in range(rest, 120, 3)]
    assert shown[:2] == ["r2", "r5"]
    assert f'<ol class="rule-list" start="{PAGE_RULES + 1}">' in client.get("/en/rules?page=2").text


def test_ten_thousand_rules_are_paged_and_found(client: Client) -> None:
    """A page of them stays small; a filter goes over all."""
    common = {"protocol": "smtp", "stage": "rcpt", "answer": "452"}
    add(client, [{**common, "name": f"rule {n}", "match": {"recipient": f"u{n}@x.test"}} for n in range(10_000)])
    text = client.get("/en/rules").text
    assert len(names(text)) == PAGE_RULES
    assert len(text) < 200_000
    assert "page 1 of 250" in text
    assert names(client.get("/en/rules?page=250").text)[-1] == "rule 9999"
    assert names(client.get("/en/rules?page=99999").text)[-1] == "rule 9999"
    assert names(client.get("/en/rules?q=U7777@").text) == ["rule 7777"]
    assert names(client.get("/en/rules?q=nothing").text) == []


def test_names_are_kept_whatever_they_begin_with(client: Client) -> None:
    """What is saved as TOML and read back is the same; a number sign does not make a name one that nobody gave."""
    add(client, [{"name": "#5", "protocol": "smtp", "answer": "452", "stage": "rcpt"}])
    before = client.get("/api/rules").json()["rules"]
    assert [each["rule"]["name"] for each in before] == ["#5"]
    saved = client.get("/api/rules?format=toml").content
    assert client.request("PUT", "/api/rules", {"Content-Type": "application/toml"}, saved).status_code == 200
    assert client.get("/api/rules").json()["rules"] == before
    changed = post(client, "rules/edit?name=%235", toml=saved.decode().replace("452", "451"))
    assert changed.status_code == 303
    assert names(client.get("/en/rules").text) == ["#5"]
    unnamed = FULL.replace('name = "full"\n', "")
    assert post(client, "rules/edit", toml=f"{unnamed}\n{unnamed}").status_code == 303
    assert len(set(names(client.get("/en/rules").text))) == 3


def test_a_form_that_is_too_large_is_told_so(client: Client) -> None:
    """And what takes more: ten thousand rules are no malformed request (RFC 9110 §15.5.14)."""
    answer = post(client, "rules/edit", toml="x" * MAX_ACTION_OCTETS)
    assert answer.status_code == 413
    assert "a file, or the API" in answer.text
    assert post(client, "rules/edit", toml="x").status_code == 200


@pytest.mark.parametrize("name", ["a/b", "a b&c=d?#%", "<script>", '"quoted"', "日本", "api#1", "../x", "\u202eabc"])
def test_any_name_has_its_page(client: Client, name: str) -> None:
    """Names hold whatever is printable; none of it acts."""
    if not name.isprintable():
        return
    assert (
        post(
            client, "rules/edit", toml=FULL.replace('"full"', rule_text({"n": name}).split(" = ")[1].strip())
        ).status_code
        == 303
    )
    text = client.get("/en/rules").text
    assert names(text) == [name]
    link = re.search(r'<h3><a href="([^"]*)"', text)
    assert link is not None
    assert client.get(unescape(link[1])).status_code == 200
    assert "<script>" not in text


def test_saving_adds_to_the_file_and_keeps_what_a_person_wrote(catalogue: Catalogue, tmp_path: Path) -> None:
    """Comments stay where rules were only added; rights too; the rules in force are then those of the file."""
    path = tmp_path / "rules.toml"
    path.write_text(f"# mine\n{FULL}", encoding="utf-8")
    path.chmod(0o640)
    client, rulebook = with_file(catalogue, path)
    assert "Save to " not in client.get("/en/rules").text
    post(client, "rules/edit", toml='[[rule]]\nprotocol = "http"\nmatch = { path = "/x" }\nanswer = "503"\n')
    assert f"Save to {path}" in client.get("/en/rules").text
    answer = post(client, "rules", do="save")
    assert answer.headers["location"] == "/en/rules?saved=1"
    assert f"The rules stand in {path}." in client.get("/en/rules?saved=1").text
    assert path.read_text("utf-8").startswith(f"# mine\n{FULL}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [rule.name for rule in read_rules(path.read_bytes(), "x").rules] == ["full", "api#1"]
    assert rulebook.file_names == {"full", "api#1"}
    assert not rulebook.changed()
    assert list(tmp_path.iterdir()) == [path]


def test_saving_a_change_keeps_the_former_file_beside_it(catalogue: Catalogue, tmp_path: Path) -> None:
    """A link to the file stays a link."""
    path = tmp_path / "real.toml"
    path.write_text(f"# mine\n{FULL}", encoding="utf-8")
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    client, rulebook = with_file(catalogue, link)
    post(client, "rules/edit?name=full", toml=FULL.replace("452", "451"))
    post(client, "rules", do="save")
    assert link.is_symlink()
    assert "451x2~250" in path.read_text("utf-8")
    assert (tmp_path / "real.toml~").read_text("utf-8") == f"# mine\n{FULL}"
    assert not rulebook.unsaved


def test_what_cannot_be_saved_is_said(catalogue: Catalogue, tmp_path: Path) -> None:
    """A file that has changed meanwhile is not written over; one that cannot be written leaves all as it was."""
    path = tmp_path / "rules.toml"
    path.write_text(FULL, encoding="utf-8")
    client, rulebook = with_file(catalogue, path)
    post(client, "rules/edit", toml=FULL.replace("full", "more"))
    path.write_text(f"{FULL}# a colleague was here\n", encoding="utf-8")
    assert "the file has changed" in post(client, "rules", do="save").text
    assert path.read_text("utf-8").endswith("# a colleague was here\n")
    rulebook.load()
    path.unlink()
    assert "the file has changed" in post(client, "rules", do="save").text
    assert not path.exists()
    assert [rule.name for rule in rulebook.rules] == ["full", "more"]


def test_without_a_file_rules_are_taken_as_a_file(client: Client) -> None:
    """Nothing on the disk is written by a server that was given no file."""
    post(client, "rules/edit", toml=FULL)
    text = client.get("/en/rules").text
    assert "Save to " not in text
    assert 'href="/api/rules?format=toml"' in text
    assert "there is one rule file" in post(client, "rules", do="save").text
    found = read_rules(client.get("/api/rules?format=toml").content, "x")
    assert [rule.name for rule in found.rules] == ["full"]


def test_a_very_long_rule_is_left_to_its_file(client: Client) -> None:
    """The page says so in place of a field with half a megabyte."""
    body = "x" * (MAX_EDITED_CHARACTERS + 1)
    client.request(
        "POST",
        "/api/rules",
        {"Content-Type": "application/json"},
        b'{"protocol":"http","name":"long","answer":"503","body":"%s"}' % body.encode(),
    )
    text = client.get("/en/rules/edit?name=long").text
    assert "too long to be changed on a page" in text
    assert "<textarea" not in text


@pytest.mark.parametrize(
    ("exchange", "match", "answer"),
    [
        (
            ("http", "request", b"POST /a*b?x=1 HTTP/1.1\r\n\r\n", b"", "503"),
            {"method": "POST", "path": {"exact": "/a*b"}},
            "503",
        ),
        (("smtp", "connect", b"", b"220 hi\r\n", "220"), {"ip": "127.0.0.1"}, "220"),
        (("smtp", "ehlo", b"EHLO client.example\r\n", b"250 hi\r\n", "250"), {"helo": "client.example"}, "250"),
        (("smtp", "mail", b"MAIL FROM:<a@b.test>\r\n", b"451 4.3.0 x\r\n", "451"), {"sender": "a@b.test"}, "451 4.3.0"),
        (
            ("smtp", "rcpt", b"RCPT TO:<c@d.test>\r\n", b"452 4.2.2 x\r\n", "452"),
            {"recipient": "c@d.test"},
            "452 4.2.2",
        ),
        (("smtp", "quit", b"QUIT\r\n", b"", ""), {}, "pass"),
    ],
)
def test_a_rule_is_drafted_from_an_exchange(
    client: Client, exchange: tuple[str, str, bytes, bytes, str], match: dict[str, object], answer: str
) -> None:
    """It would answer the same event alone, as it was answered; and it is a rule that can be added as it stands."""
    protocol, stage, request, response, code = exchange
    client.shared.journal.add(Exchange(0.0, protocol, 1, "127.0.0.1:5", stage, request, response, code))
    (seen,) = follow(client.shared.journal)
    table = table_of(seen)
    assert (table["match"], table["answer"]) == (match, answer)
    editor = client.get("/en/rules/edit?exchange=1").text
    field = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", editor, re.DOTALL)
    assert field is not None
    assert post(client, "rules/edit", toml=unescape(field[1])).status_code == 303


_texts = st.text(max_size=20)
_values = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_texts, _values, max_size=5))
@settings(max_examples=200)
def test_what_is_written_is_read_as_the_same(table: dict[str, object]) -> None:
    """A rule's text is TOML, whatever it holds; halves of surrogate pairs, which TOML cannot have, are lost."""

    def whole(value: object) -> object:
        if isinstance(value, str):
            return re.sub("[\ud800-\udfff]", "\ufffd", value)
        if isinstance(value, dict):
            return {whole(name): whole(each) for name, each in value.items()}
        return list(map(whole, value)) if isinstance(value, list) else value

    assert tomllib.loads(rule_text(table))["rule"] == [whole(table)]


def test_counts_and_changes_arrive_on_an_open_page(browser: Browser, tmp_path: Path) -> None:
    """Remaining answers go down as they are given; rules changed elsewhere are said; the button saves to the file."""
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\nname = "busy"\nprotocol = "http"\nmatch = { path = "/x" }\nanswer = "503x3"\n', "utf-8")
    started = start_server(str(path))
    try:
        site, mock = started.serving.site, started.serving.http
        page = browser.new_page()
        page.goto(f"{site}/en/rules")
        page.locator("#live.on").wait_for()
        assert "3 answers left" in page.locator("#r1").inner_text()
        httpx.get(f"{mock}/x")
        page.get_by_text("2 answers left").wait_for()
        page.get_by_role("link", name="Write a rule").click()
        page.locator("#f-stage").select_option("http request")
        page.locator("#f-field").select_option("path")
        page.locator("#f-pattern").fill("/y")
        page.locator("#f-answer").fill("507")
        page.get_by_role("button", name="Write it as TOML").click()
        page.wait_for_url("**pattern=**")
        page.get_by_role("button", name="Add", exact=True).click()
        page.wait_for_url("**/rules?page=1#r2")
        assert httpx.get(f"{mock}/y").status_code == 507
        page.get_by_role("button", name="Save to").click()
        page.wait_for_url("**/rules?saved=1")
        assert "507" in path.read_text("utf-8")
        httpx.delete(f"{site}/api/rules/busy")
        httpx.get(f"{mock}/y")
        page.locator("#changed").wait_for()
        page.close()
    finally:
        assert stop_server(started) == 0
