"""Every client has a program for every code it can meet, and every program a recording that is its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from statuary.catalog.model import Code
from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.errors import ContentError
from statuary.explain.client_verdicts import CASES, CLIENT_MARKS, CLIENT_VERDICTS, NO_CLIENTS
from statuary.snippets.client import Client, find_client, read_client_selection, read_clients
from statuary.snippets.client_golden import ClientGolden, read_client_golden
from statuary.snippets.client_place import Meeting, cases_digest, codes_met, meeting, place_client, why_not_met
from statuary.snippets.client_plan import client_digest
from statuary.snippets.client_shelf import ClientShelf
from statuary.snippets.client_verdict import CLIENT_VERDICTS as WORDS
from statuary.snippets.client_verdict import judge_client
from statuary.snippets.place import digest

CONTENT = find_places().content
SELECTION = read_client_selection(CONTENT)
CATALOGUE = open_catalogue()
CLIENTS = read_clients(CONTENT)
RUN = [client for client in CLIENTS if client.id not in SELECTION.absent_in_ci]
MET = {
    protocol: [meeting(CATALOGUE, code, SELECTION) for code in codes_met(CATALOGUE, protocol, SELECTION)]
    for protocol in ("http", "smtp")
}

each = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
each_run = pytest.mark.parametrize("client", RUN, ids=lambda client: client.id)


def code_of(identity: str) -> Code:
    """The code of an identity."""
    code = CATALOGUE.get(identity)
    assert code is not None, identity
    return code


def met_of(identity: str) -> Meeting:
    """How a code is met."""
    return meeting(CATALOGUE, code_of(identity), SELECTION)


def golden_of(client: Client) -> ClientGolden:
    """What was recorded."""
    golden = read_client_golden(client)
    assert golden is not None, f"{client.id} was never recorded"
    return golden


def stale(client: Client, template: str | None = None) -> list[str]:
    """The codes that were recorded from another program or in other cases, or not at all."""
    recorded = golden_of(client).codes
    return [
        met.code
        for met in MET[client.protocol]
        if met.code not in recorded
        or recorded[met.code][:2] != (digest(place_client(client, met, template)), cases_digest(met))
    ]


def test_every_code_is_met_or_has_its_reason() -> None:
    """Every reply code of SMTP and every final status code of HTTP; what is left out says why."""
    for protocol, met in MET.items():
        identities = {item.code for item in met}
        for code in CATALOGUE.codes(protocol, hidden=True):
            reason = why_not_met(code, SELECTION)
            assert (reason == "") == (code.id in identities)
            assert reason == "" or reason in NO_CLIENTS
    assert why_not_met(code_of("http/100"), SELECTION) == "interim"
    assert why_not_met(code_of("smtp/220"), SELECTION) == "elsewhere"
    assert why_not_met(code_of("smtp/4.2.2"), SELECTION) == "enhanced"
    assert why_not_met(code_of("http/499-nginx"), SELECTION) == "log-only"
    assert why_not_met(code_of("ftp/452"), SELECTION) == "other-protocol"
    assert set(SELECTION.sample) <= {item.code for met in MET.values() for item in met}


def test_programs_follow_the_retry_advice() -> None:
    """The catalogue's policy decides: 4yz of the queue and 503 again, 550 and 404 not, 302 elsewhere, 250 goes on."""
    families = {
        "smtp/421": "later",
        "smtp/450": "later",
        "smtp/451": "later",
        "smtp/452": "later",
        "smtp/550": "stop",
        "smtp/551": "stop",
        "smtp/552": "stop",
        "smtp/553": "stop",
        "smtp/554": "stop",
        "smtp/250": "done",
        "http/503": "later",
        "http/429": "later",
        "http/408": "later",
        "http/404": "stop",
        "http/401": "stop",
        "http/507": "stop",
        "http/300": "stop",
        "http/302": "redirect",
        "http/304": "done",
        "http/200": "done",
    }
    assert {identity: met_of(identity).family for identity in families} == families
    assert met_of("http/408").fresh
    assert met_of("smtp/551").forward
    assert met_of("http/401").reads == ("WWW-Authenticate",)
    assert met_of("http/307").methods == ("POST",)


def test_cases_of_retry_after() -> None:
    """Both forms, and one that is not worth waiting for (RFC 9110 §10.2.3)."""
    names = [case.name for case in met_of("http/503").cases]
    assert names == ["seconds", "date", "too long"]
    assert [case.name for case in met_of("http/500").cases] == ["again", "for ever"]


def test_mixed_recipients_are_part_of_every_refusal_at_rcpt() -> None:
    """One is refused, the other gets the message once (RFC 5321 §3.3)."""
    for met in MET["smtp"]:
        for case in met.cases:
            scripted, *others = case.deliveries
            assert others == ([SELECTION.other] if met.stage == "rcpt" else [])
            assert scripted in ",".join(case.arguments) or met.stage == "mail"


@each
def test_a_program_says_what_its_code_says(client: Client) -> None:
    """The number stands in it, nothing is left of the template, and shells and editors find it tidy."""
    for met in MET[client.protocol]:
        text = place_client(client, met)
        assert str(met.number) in text
        assert met.source in text
        for name in met.request if met.family in ("stop", "done") else ():
            assert name in text
        assert not re.search(r"[ \t]$|\n\n\n\n|\{%|%\}|\{\{|\A\n", text, re.MULTILINE), text
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


@each_run
def test_recordings_are_current(client: Client) -> None:
    """A changed template, file or lock needs a new recording: python -m snippets run --record --client NAME."""
    golden = golden_of(client)
    assert stale(client) == []
    assert list(golden.codes) == [met.code for met in MET[client.protocol]]
    assert golden.application == client_digest(client, CONTENT)
    assert golden.versions.keys() == client.run["version"].keys()


@each_run
def test_a_changed_template_makes_recordings_stale(client: Client) -> None:
    """One character is enough."""
    assert len(stale(client, client.template_text() + "\n")) == len(MET[client.protocol])


@each_run
def test_deviations_are_declared(client: Client) -> None:
    """A client that does not do as advised was looked at by a person, who declared it in client.toml."""
    codes = golden_of(client).codes
    found = [met.code for met in MET[client.protocol] if judge_client(met, codes[met.code]).word == "deviates"]
    assert found == list(client.deviations)


@each_run
def test_no_recording_depends_on_the_machine(client: Client) -> None:
    """Ports are those of the documentation, dates an asterisk; nobody's folder shows."""
    text = (client.folder / "golden.json").read_text(encoding="utf-8")
    assert set(re.findall(r"127\.0\.0\.1:([0-9*]+)", text)) <= {"1025", "8080", "8081", "*"}
    assert not re.search(r"[0-9]{2}:[0-9]{2}:[0-9]{2} GMT|/build/|/home/|/root/|/tmp/", text)


def test_every_word_has_its_sentence() -> None:
    """Verdicts and cases can be said."""
    assert set(CLIENT_VERDICTS) == {*WORDS, "not run"} == set(CLIENT_MARKS)
    assert {case.name for met in MET.values() for item in met for case in item.cases} == set(CASES)


def test_a_client_is_found_by_identity_or_name() -> None:
    """Whatever the case; the protocol decides between two of one name."""
    smtp = read_clients(CONTENT, "smtp")
    found = find_client(smtp, "CURL")
    assert found is not None
    assert found.id == "curl-smtp"
    assert find_client(smtp, "java httpclient") is None
    assert find_client(CLIENTS, "java httpclient") is not None


def test_a_wrong_client_is_named(tmp_path: Path) -> None:
    """File and key."""
    folder = tmp_path / "snippets" / "clients" / "odd"
    folder.mkdir(parents=True)
    good = (CONTENT / "snippets" / "clients" / "smtplib" / "client.toml").read_text()
    for text, word in (
        (good.replace("site =", "sight ="), "site is missing"),
        ("colour = 1\n" + good, "colour is not a key"),
        ("name = ", "not TOML"),
    ):
        (folder / "client.toml").write_text(text)
        with pytest.raises(ContentError, match=word):
            read_clients(tmp_path)


def test_a_wrong_selection_is_named(tmp_path: Path) -> None:
    """A family that there is not, a table that is missing."""
    folder = tmp_path / "snippets" / "clients"
    folder.mkdir(parents=True)
    good = (CONTENT / "snippets" / "clients" / "clients.toml").read_text()
    for text, word in (
        (good.replace('never = "stop"', 'never = "run"'), "'run' is not one of"),
        (good.replace("[redirects]", "[elsewhere]"), "redirects is missing"),
    ):
        (folder / "clients.toml").write_text(text)
        with pytest.raises(ContentError, match=word):
            read_client_selection(tmp_path)


def test_a_wrong_recording_is_named(tmp_path: Path) -> None:
    """The mend is to record it again; another program's recording does not count as this one's."""
    client = find_client(CLIENTS, "smtplib")
    assert client is not None
    for text in ("", "{}", '{"versions": {}, "application": "", "codes": {"smtp/452": {}}}'):
        (tmp_path / "golden.json").write_text(text)
        with pytest.raises(ContentError, match="record it again"):
            read_client_golden(client._replace(folder=tmp_path))
    assert read_client_golden(client._replace(folder=tmp_path / "nowhere")) is None
    shelf = ClientShelf(CONTENT)
    golden = golden_of(client)
    old = golden.codes["smtp/452"]._replace(program="0" * 12)
    shelf.goldens["smtplib"] = golden._replace(codes={"smtp/452": old})
    shown = {item.client.id: item for item in shelf.show(CATALOGUE, code_of("smtp/452"))}
    assert shown["smtplib"].word == "not run"
    assert shown["smtplib"].recorded is None
    assert shelf.show(CATALOGUE, code_of("smtp/220")) == []


def test_a_wrong_template_is_named() -> None:
    """File, line and code."""
    client = find_client(CLIENTS, "requests")
    assert client is not None
    with pytest.raises(ContentError, match=r"snippets/clients/requests/fetch\.py\.j2:.*http/507"):
        place_client(client, met_of("http/507"), "a\n{{ nothing }}")
