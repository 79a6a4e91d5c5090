"""Every mail server has a snippet or a reason for every case, and every snippet a recorded dialogue that is its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.errors import CodeNotFound, ContentError
from statuary.snippets.mail import (
    MailServer,
    find_mail_server,
    read_mail_selection,
    read_mail_servers,
    split_case,
)
from statuary.snippets.mail_golden import MailGolden, MailRecorded, parse_mail_golden, read_mail_golden
from statuary.snippets.mail_place import Case, case_of, place_mail, place_natural
from statuary.snippets.mail_plan import job_digest, mail_application_digest, make_mail_plan
from statuary.snippets.mail_shelf import MailShelf
from statuary.snippets.mail_verdict import judge_mail

CONTENT = find_places().content
CATALOGUE = open_catalogue()
SELECTION = read_mail_selection(CONTENT)
SERVERS = read_mail_servers(CONTENT)
CASES = [case_of(CATALOGUE, name) for name in SELECTION.cases]
SHELF = MailShelf(CONTENT, CATALOGUE)

each = pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.id)


def golden_of(server: MailServer) -> MailGolden:
    """What a server was recorded to answer."""
    golden = read_mail_golden(server)
    assert golden is not None, f"{server.id} was never recorded"
    return golden


def unaccepted(server: MailServer, golden: MailGolden) -> dict[str, str]:
    """The cases whose verdict nobody declared: another code, no refusal, a text that is lost."""
    found = {}
    for case in CASES:
        if case.id in golden.answers:
            verdict = judge_mail(case, golden.answers[case.id])
            mild = verdict.word == "as asked" or (verdict.word == "other text" and verdict.keeps_text)
            if not mild and server.deviations.get(case.id) != verdict.word:
                found[case.id] = verdict.word
    return found


def test_cases_carry_the_text_of_the_catalogue() -> None:
    """The enhanced code's text; the basic reply's where programs read it (RFC 5321 §3.4, §4.2.1)."""
    by_id = {case.id: case for case in CASES}
    assert by_id["rcpt452_4.2.2"].line == "452 4.2.2 Mailbox full"
    assert by_id["rcpt551_5.1.6"].text == "User not local; please try <emil@example.com>"
    assert by_id["rcpt421_4.7.0"].text.startswith("mx.example.net ")
    for case in CASES:
        assert case.reply[0] == case.enhanced[0], "RFC 2034 §4: the classes agree"
        assert case.stage in SELECTION.dialogue
        assert sum(line.startswith("> ") for line in SELECTION.dialogue[case.stage]) == 1


@each
def test_a_snippet_or_a_reason(server: MailServer) -> None:
    """Both codes stand in the file, as the server spells them; where there is no file there is a reason."""
    for case in CASES:
        snippet = place_mail(server, case)
        if snippet is None:
            assert server.reason(case.stage, case.id)
            continue
        if server.id != "dovecot":  # a quota names no code
            assert case.reply in snippet.text
            spelt = (case.enhanced, ", ".join(case.enhanced.split(".")), ", ".join(case.enhanced.split(".")[1:]))
            assert any(word in snippet.text for word in spelt)
            assert case.text.partition("<")[0] in snippet.text


@each
def test_every_snippet_was_recorded_as_it_stands(server: MailServer) -> None:
    """A template, a file beside it, or what the prober says changed: record again."""
    golden = golden_of(server)
    assert golden.application == mail_application_digest(server, CONTENT)
    for case in CASES:
        snippet = place_mail(server, case)
        if snippet is None:
            assert case.id not in golden.answers
        else:
            assert golden.answers[case.id].snippet == job_digest(snippet, server.says(case.stage, SELECTION)), case.id
    for natural in server.naturals:
        digest = job_digest(place_natural(server, natural), natural.say, natural.connections)
        assert golden.answers[natural.setting].snippet == digest, natural.setting


@each
def test_verdicts_are_declared(server: MailServer) -> None:
    """A recording that refuses with another code, or not at all, cannot slip in."""
    golden = golden_of(server)
    assert unaccepted(server, golden) == {}
    words = {case.id: judge_mail(case, golden.answers[case.id]).word for case in CASES if case.id in golden.answers}
    assert dict(server.deviations) == {name: words[name] for name in server.deviations}


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("452 4.2.2 Mailbox full", "450 4.2.2 Mailbox full", "other code"),
        ("452 4.2.2 Mailbox full", "452 4.2.1 Mailbox full", "other code"),
        ("452 4.2.2 Mailbox full", "452 4.2.2 Go away", "other text"),
        ("452 4.2.2 Mailbox full", "250 2.1.5 Ok", "cannot be sent"),
    ],
)
def test_a_wrong_recording_does_not_slip_in(old: str, new: str, word: str) -> None:
    """A golden with another reply has a verdict that nobody declared."""
    (server,) = find_mail_server(SERVERS, "exim")
    data = json.loads((server.folder / "golden.json").read_text())
    answer = data["answers"]["rcpt452_4.2.2"]
    assert old in answer["reply"]
    answer["reply"] = [new]
    assert unaccepted(server, parse_mail_golden(data)) == {"rcpt452_4.2.2": word}


def test_an_altered_template_is_stale(tmp_path: Path) -> None:
    """One word more in a template, and every dialogue recorded from it no longer counts."""
    (server,) = find_mail_server(SERVERS, "exim")
    for file in server.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    template = tmp_path / "exim4.conf.j2"
    template.write_text(template.read_text() + "# more\n")
    moved = server._replace(folder=tmp_path)
    case = case_of(CATALOGUE, "rcpt452_4.2.2")
    assert SHELF.one(server, case).word == "as asked"
    assert SHELF.one(moved, case).word == "not run"


@each
def test_what_comes_about_by_itself(server: MailServer) -> None:
    """Each natural is a refusal, triggered for real."""
    golden = golden_of(server)
    for natural in server.naturals:
        recorded = golden.answers[natural.setting]
        assert recorded.reply_code[:1] in ("4", "5"), (natural.setting, recorded.reply)
        assert recorded.octets >= sum(len(line) + 2 for line in recorded.reply) - 40 * len(recorded.reply)


@pytest.mark.parametrize(
    ("server", "setting", "reply"),
    [
        ("postfix", "queue_minfree", ("452", "4.3.1")),
        ("postfix", "smtpd_recipient_limit", ("452", "4.5.3")),
        ("postfix", "message_size_limit", ("552", "5.3.4")),
        ("postfix", "smtpd_client_connection_count_limit", ("421", "4.7.0")),
        ("postfix", "smtpd_client_recipient_rate_limit", ("450", "4.7.1")),
        ("exim", "check_spool_space", ("452", "")),
        ("exim", "recipients_max", ("452", "")),
        ("exim", "deny", ("550", "")),
        ("haraka", "DENYSOFT", ("450", "")),
        ("go-smtp", "MaxRecipients", ("452", "4.5.3")),
        ("aiosmtpd", "--size", ("552", "")),
        ("smtp-server", "size", ("552", "")),
        ("dovecot", "userdb", ("550", "5.1.1")),
    ],
)
def test_known_settings(server: str, setting: str, reply: tuple[str, str]) -> None:
    """The reply that each setting is known for; an Exim or Haraka that spells it wrong sends its own."""
    recorded = golden_of(find_mail_server(SERVERS, server)[0]).answers[setting]
    assert (recorded.reply_code, recorded.enhanced) == reply


def test_dovecot_quota() -> None:
    """A full mailbox is 552 5.2.2, and with quota_full_tempfail 452 4.2.2, at RCPT and at the end of the message."""
    golden = golden_of(find_mail_server(SERVERS, "dovecot")[0])
    for stage in ("rcpt", "message"):
        for reply, enhanced in (("452", "4.2.2"), ("552", "5.2.2")):
            recorded = golden.answers[f"{stage}{reply}_{enhanced}"]
            assert (recorded.reply_code, recorded.enhanced) == (reply, enhanced)
            assert recorded.text.endswith("Quota exceeded (mailbox for user is full)")


def test_the_session_goes_on() -> None:
    """A refused recipient leaves the others alone; 421 ends the session of most (RFC 5321 §3.8)."""
    for server in SERVERS:
        answers = golden_of(server).answers
        recorded = answers["rcpt452_4.2.2"]
        assert recorded.after == "kept", server.id
        place = recorded.dialogue.index(("C", "RCPT TO:<dora@example.net>"))
        assert recorded.dialogue[place + 1][1].startswith("250"), server.id
    closed = {
        server.id for server in SERVERS if golden_of(server).answers.get("rcpt421_4.7.0", EMPTY).after == "closed"
    }
    assert closed == {"postfix", "postfix-policy", "postfix-milter", "opensmtpd", "haraka", "smtp-server"}


EMPTY = MailRecorded("")


def test_verdicts() -> None:
    """As asked, other text, other code, cannot: with what came."""
    case = Case("rcpt452_4.2.2", "rcpt", "452", "4.2.2", "Mailbox full")
    for reply, word in (
        (("452 4.2.2 Mailbox full",), "as asked"),
        (("452-4.2.2 Mailbox", "452 4.2.2 full"), "as asked"),
        (("452 4.2.2 <emil@example.net>: Mailbox full",), "other text"),
        (("452 4.2.2",), "other text"),
        (("452 Mailbox full",), "other code"),
        (("450 452 4.2.2 Mailbox full",), "other code"),
        (("250 2.1.5 Ok",), "cannot be sent"),
        (("nonsense",), "cannot be sent"),
    ):
        assert judge_mail(case, MailRecorded("", reply)).word == word, reply
    assert judge_mail(case, None).happened == "no way"
    assert judge_mail(case, MailRecorded("", after="hang")).happened == "hang"
    assert judge_mail(case, MailRecorded("", exit_code=1)).happened == "refused"
    assert judge_mail(case, MailRecorded("", after="closed")).happened == "closed"


def test_a_shelf_finds_by_either_code() -> None:
    """452 and 4.2.2 lead to the same case; X.2.2 to both classes; other protocols to none."""
    for identity in ("smtp/452", "smtp/4.2.2", "smtp/X.2.2"):
        code = CATALOGUE.get(identity)
        assert code is not None
        assert SHELF.cases_of(code)[0].id == "rcpt452_4.2.2"
    both = CATALOGUE.get("smtp/X.2.2")
    assert both is not None
    assert {case.enhanced for case in SHELF.cases_of(both)} == {"4.2.2", "5.2.2"}
    http = CATALOGUE.get("http/452") or CATALOGUE.get("http/503")
    assert http is not None
    assert SHELF.cases_of(http) == []
    assert SHELF.naturals_of(http) == []
    full = CATALOGUE.get("smtp/4.3.1")
    assert full is not None
    assert "queue_minfree" in [item.natural.setting for item in SHELF.naturals_of(full)]


def test_servers_are_found_by_name() -> None:
    """By identity, by name, or by what stands before the comma: that is every way in."""
    assert [item.id for item in find_mail_server(SERVERS, "POSTFIX")] == ["postfix"]
    assert [item.id for item in find_mail_server(SERVERS, "exim, acl")] == ["exim"]
    assert [item.id for item in find_mail_server(SERVERS, "Dovecot LMTP")] == ["dovecot"]
    assert find_mail_server(SERVERS, "sendmail") == []


def test_wrong_content_is_named(tmp_path: Path) -> None:
    """File and key."""
    folder = tmp_path / "snippets" / "mail" / "odd"
    folder.mkdir(parents=True)
    good = (CONTENT / "snippets" / "mail" / "go-smtp" / "server.toml").read_text()
    for text, word in (
        (good.replace("site =", "sight ="), "site is missing"),
        ("colour = 1\n" + good, "colour is not a key"),
        ("name = ", "not TOML"),
        (good.replace('toolchain = "go"', ""), "either a tree or a toolchain"),
        (good + '\n[deviations]\n"as asked" = []\n', "not a verdict"),
        (good.replace("setting =", "settings ="), "no setting"),
        (good + "odd = 1\n", "odd is not a key of a natural"),
    ):
        (folder / "server.toml").write_text(text)
        with pytest.raises(ContentError, match=word):
            read_mail_servers(tmp_path)
    selection: Mapping[str, Any] = {"cases": "[]", "first": "[]", "sample": '["rcpt452_4.2.2"]'}
    text = "\n".join(f"{key} = {value}" for key, value in selection.items())
    (folder.parent / "mail.toml").write_text(f"{text}\n[dialogue]\n[trees]\n")
    with pytest.raises(ContentError, match=r"sample names rcpt452_4\.2\.2"):
        read_mail_selection(tmp_path)
    (folder.parent / "mail.toml").write_text("cases = []")
    with pytest.raises(ContentError, match="first is missing"):
        read_mail_selection(tmp_path)
    with pytest.raises(ContentError, match="is no case"):
        split_case("rcpt452")
    with pytest.raises(CodeNotFound):
        case_of(CATALOGUE, "rcpt452_4.99.999")


def test_a_wrong_template_or_golden_is_named(tmp_path: Path) -> None:
    """The file, and where it can be said the line."""
    (server,) = find_mail_server(SERVERS, "go-smtp")
    moved = server._replace(folder=tmp_path)
    assert read_mail_golden(moved) is None
    case = case_of(CATALOGUE, "rcpt452_4.2.2")
    with pytest.raises(ContentError, match="cannot be read"):
        place_mail(moved, case)
    (tmp_path / "main.go.j2").write_text("{{ nothing }}")
    with pytest.raises(ContentError, match=r"main\.go\.j2"):
        place_mail(moved, case)
    (tmp_path / "golden.json").write_text("{}")
    with pytest.raises(ContentError, match="record it again"):
        read_mail_golden(moved)


def test_the_plan_is_plain_data() -> None:
    """Whoever runs it needs no package: it survives JSON."""
    plan = make_mail_plan(CATALOGUE, CONTENT)
    assert json.loads(json.dumps(plan)) == plan
    assert {item["id"] for item in plan["servers"]} == {server.id for server in SERVERS}


def test_lock_files_name_no_registry() -> None:
    """Whoever installs chooses where from; hashes say what."""
    folder = CONTENT / "snippets" / "toolchains"
    requirements = (folder / "mail-python" / "requirements.txt").read_text()
    assert "://" not in requirements
    assert requirements.count("==") == requirements.count("--hash=sha256:") // 2 > 0
    for name in ("mail-node", "haraka"):
        lock = json.loads((folder / name / "package-lock.json").read_text())
        assert not [package for package, entry in lock["packages"].items() if "resolved" in entry]
        assert all("integrity" in entry for package, entry in lock["packages"].items() if package)
