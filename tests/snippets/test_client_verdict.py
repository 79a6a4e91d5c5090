"""Verdicts are made from facts: what the mock's journal holds, and the exit code."""

from __future__ import annotations

import pytest

from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.explain.client_verdicts import CASES, deviated
from statuary.snippets.client import find_client, read_client_selection, read_clients
from statuary.snippets.client_golden import Exchanged, MetRecord, RanCase, read_client_golden
from statuary.snippets.client_place import Meeting, meeting
from statuary.snippets.client_verdict import Deviation, deliveries, judge_client

CONTENT = find_places().content
CATALOGUE = open_catalogue()
SELECTION = read_client_selection(CONTENT)
CLIENTS = read_clients(CONTENT)


def case_of(client: str, identity: str) -> tuple[Meeting, MetRecord]:
    """How a code is met, and what a client did."""
    found = find_client(CLIENTS, client)
    code = CATALOGUE.get(identity)
    assert found is not None
    assert code is not None
    golden = read_client_golden(found)
    assert golden is not None
    return meeting(CATALOGUE, code, SELECTION), golden.codes[identity]


def altered(recorded: MetRecord, case: str, ran: RanCase) -> MetRecord:
    """A recording with another run."""
    return recorded._replace(cases={**recorded.cases, case: ran})


@pytest.mark.parametrize(
    ("client", "identity", "word"),
    [
        ("smtplib", "smtp/452", "retried"),
        ("smtplib", "smtp/550", "gave up"),
        ("smtplib", "smtp/250", "went on"),
        ("requests", "http/302", "followed"),
        ("requests", "http/503", "retried"),
    ],
)
def test_what_is_as_advised(client: str, identity: str, word: str) -> None:
    """One word for each family."""
    assert judge_client(*case_of(client, identity)) == (word, ())


def test_a_client_that_does_not_come_back_deviates() -> None:
    """452 asks for another attempt (RFC 5321 §4.5.4.1)."""
    met, recorded = case_of("smtplib", "smtp/452")
    ran = recorded.cases["again"]
    first = max(place for place, item in enumerate(ran.exchanges) if item.stage == "message")
    cut = next(place for place, item in enumerate(ran.exchanges) if item.stage == "message") + 1
    assert cut <= first
    verdict = judge_client(met, altered(recorded, "again", ran._replace(exchanges=ran.exchanges[:cut], exit_code=1)))
    assert verdict.word == "deviates"
    scripted = next(iter(met.cases[0].deliveries))
    assert verdict.deviations == (
        Deviation("again", "attempts", "1", "3"),
        Deviation("again", "delivered", f"0 × {scripted}", "1"),
        Deviation("again", "exit code", "1", "0"),
    )


def test_a_second_delivery_deviates() -> None:
    """Whoever was accepted gets the message once, though another recipient is tried again."""
    met, recorded = case_of("smtplib", "smtp/452")
    ran = recorded.cases["again"]
    twice = ran._replace(exchanges=(*ran.exchanges, *ran.exchanges))
    words = {deviation.what for deviation in judge_client(met, altered(recorded, "again", twice)).deviations}
    assert words == {"attempts", "delivered"}


def test_repeating_a_permanent_refusal_deviates() -> None:
    """550 is not repeated (RFC 5321 §4.2.1)."""
    met, recorded = case_of("smtplib", "smtp/550")
    ran = recorded.cases["once"]
    refused = next(item for item in ran.exchanges if "rcpt550@" in item.said)
    again = ran._replace(exchanges=(*ran.exchanges, refused))
    assert judge_client(met, altered(recorded, "once", again)).deviations == (Deviation("once", "attempts", "2", "1"),)


def test_coming_back_too_early_or_on_the_same_connection_deviates() -> None:
    """Retry-After is a least wait (RFC 9110 §10.2.3); after 408 the connection is not used again (RFC 9110 §15.5.9)."""
    met, recorded = case_of("requests", "http/503")
    early = altered(recorded, "seconds", recorded.cases["seconds"]._replace(early=1))
    assert judge_client(met, early).deviations == (Deviation("seconds", "early", "1"),)
    met, recorded = case_of("requests", "http/408")
    ran = recorded.cases["again"]
    one = ran._replace(exchanges=tuple(item._replace(connection=1) for item in ran.exchanges))
    assert judge_client(met, altered(recorded, "again", one)).deviations == (Deviation("again", "connection"),)


def test_another_method_or_none_deviates() -> None:
    """307 keeps the method (RFC 9110 §15.4.8)."""
    met, recorded = case_of("requests", "http/307")
    ran = recorded.cases["once"]
    first, second = ran.exchanges
    get = ran._replace(exchanges=(first, second._replace(said=second.said.replace("POST", "GET", 1))))
    assert judge_client(met, altered(recorded, "once", get)).deviations == (Deviation("once", "method", "GET", "POST"),)
    stays = ran._replace(exchanges=(first,))
    assert judge_client(met, altered(recorded, "once", stays)).deviations == (Deviation("once", "attempts", "1", "2"),)


def test_a_run_that_is_missing_or_hangs_deviates() -> None:
    """Neither passes for a program that did as advised."""
    met, recorded = case_of("requests", "http/404")
    assert judge_client(met, recorded._replace(cases={})).deviations == (Deviation("once", "not run"),)
    hung = altered(recorded, "once", recorded.cases["once"]._replace(exit_code=None))
    (deviation,) = judge_client(met, hung).deviations
    assert deviation == Deviation("once", "exit code", "", "1")
    assert deviated(*deviation[1:]).render(str) == "It did not end by itself."


def test_deliveries_are_counted_by_transaction() -> None:
    """MAIL opens a new one, and only an accepted message counts (RFC 5321 §3.3)."""
    said = [
        ("mail", "MAIL FROM:<a@client.example>", "250 OK"),
        ("rcpt", "RCPT TO:<lost@any.test>", "250 OK"),
        ("mail", "MAIL FROM:<a@client.example>", "250 OK"),
        ("rcpt", "RCPT TO:<x@any.test>", "250 OK"),
        ("rcpt", "RCPT TO:<y@any.test>", "550 5.1.1 no"),
        ("message", "(message)", "451 4.3.0 later"),
        ("mail", "MAIL FROM:<a@client.example>", "250 OK"),
        ("rcpt", "RCPT TO:<x@any.test>", "250 OK"),
        ("message", "(message)", "250 OK"),
    ]
    assert deliveries(tuple(Exchanged(1, *item) for item in said)) == {"x@any.test": 1}


def test_every_deviation_has_its_sentence() -> None:
    """Whatever a verdict can hold can be said."""
    for what in ("not run", "attempts", "delivered", "early", "connection", "method", "exit code"):
        text = deviated(what, "8", "4").render(str)
        assert text
        assert "%(" not in text
    assert all(CASES.values())
