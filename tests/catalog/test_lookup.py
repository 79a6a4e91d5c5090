"""Look-up by identity, number, name, and lines as they were met; suggestions where nothing is found."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from statuary.catalog.lookup import MAX_QUERY_CHARACTERS, MAX_RESULTS, find, lookup, search, suggest
from statuary.catalog.model import Code
from statuary.catalog.query import Query, clean, read_query
from statuary.catalog.store import Catalogue
from statuary.errors import CodeNotFound, SeveralOwners


def identities(codes: list[Code]) -> list[str]:
    """Their identities."""
    return [code.id for code in codes]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("smtp/452", ["smtp/452"]),
        ("SMTP 452", ["smtp/452"]),
        ("smtp:452", ["smtp/452"]),
        ("452", ["smtp/452", "ftp/452", "rtsp/452", "nntp/452"]),
        ("４５２", ["smtp/452", "ftp/452", "rtsp/452", "nntp/452"]),
        ("error 452", ["smtp/452", "ftp/452", "rtsp/452", "nntp/452"]),
        ("#452", ["smtp/452", "ftp/452", "rtsp/452", "nntp/452"]),
        ("http status code 507", ["http/507"]),
        ("http/1.1 507", ["http/507"]),
        ("HTTP/1.1 404 Not Found", ["http/404"]),
        ("404 Not Found", ["http/404", "sip/404", "rtsp/404"]),
        ("dns 3", ["dns/nxdomain"]),
        ("NXDOMAIN", ["dns/nxdomain"]),
        ("DNS/NXDomain", ["dns/nxdomain"]),
        ("dns rcode 3", ["dns/nxdomain"]),
        ("dns 16", ["dns/badsig", "dns/badvers"]),
        ("dns 13", ["dns/12-15"]),
        ("dns 4000", ["dns/3841-4095"]),
        ("tls 40", ["tls/handshake_failure"]),
        ("tls alert 40", ["tls/handshake_failure"]),
        ("tls 0x28", ["tls/handshake_failure"]),
        ("tls handshake failure", ["tls/handshake_failure"]),
        ("grpc 14", ["grpc/unavailable"]),
        ("websocket 1011", ["websocket/1011"]),
        ("websocket 4321", ["websocket/4000-4999"]),
        ("0x8d", ["mqtt/0x8d"]),
        ("mqtt 0x8D", ["mqtt/0x8d"]),
        ("mqtt 141", ["mqtt/0x8d"]),
        ("4.04", ["coap/4.04"]),
        ("coap 0x84", ["coap/4.04"]),
        ("quic 0x128", ["quic/crypto_error"]),
        ("http3 0x40", ["http3/reserved-grease"]),
        ("http2 8", ["http2/cancel"]),
        ("ldap 49", ["ldap/invalidcredentials"]),
        ("ldap invalid credentials", ["ldap/invalidcredentials"]),
        ("imap overquota", ["imap/overquota"]),
        ("pop3 SYS/TEMP", ["pop3/sys-temp"]),
        ("pop3 -ERR", ["pop3/err"]),
        ("sqlstate 0a", ["sqlstate/0a"]),
        ("sysexits 75", ["sysexits/ex_tempfail"]),
        ("EX_TEMPFAIL", ["sysexits/ex_tempfail"]),
        ("diameter 3004", ["diameter/3004"]),
        ("452 4.2.2", ["smtp/452", "smtp/4.2.2"]),
        ("452_4.2.2", ["smtp/452", "smtp/4.2.2"]),
        ("552 5.2.2 Mailbox full", ["smtp/552", "smtp/5.2.2"]),
        ("4.04 Not Found", ["coap/4.04"]),
        ("4.04 2.05", ["coap/4.04", "coap/2.05"]),
        ("550-5.1.1 The email account that you tried to reach does not exist", ["smtp/550", "smtp/5.1.1"]),
        ("5.1.1 <a@example.com>: Recipient address rejected", ["smtp/5.1.1"]),
        ("smtp/insufficient storage", ["smtp/452"]),
        ("mailbox full", ["smtp/4.2.2", "smtp/5.2.2"]),
        ("http payload too large", ["http/413"]),
        ("http/107", ["http/105-199"]),
        ("105-199", ["http/105-199"]),
        ("http/499-nginx", ["http/499-nginx"]),
        ("HTTP/499-NGINX", ["http/499-nginx"]),
    ],
)
def test_find(catalogue: Catalogue, query: str, expected: list[str]) -> None:
    """What a person types or pastes."""
    assert identities(find(catalogue, query)) == expected


@pytest.mark.parametrize("query", ["Insufficient Storage", "insufficient   STORAGE."])
def test_find_by_name_leads_with_http_and_smtp(catalogue: Catalogue, query: str) -> None:
    """Other protocols that use the name follow in the order of pages."""
    assert identities(find(catalogue, query))[:2] == ["http/507", "smtp/452"]


def test_one_number_of_several_rows(catalogue: Catalogue) -> None:
    """MQTT gives 0x00 three names, by the packet that carries it."""
    assert identities(find(catalogue, "mqtt 0")) == identities(find(catalogue, "mqtt/0x00"))
    assert set(identities(find(catalogue, "mqtt/0x00"))) == {
        "mqtt/0x00-success",
        "mqtt/0x00-normal-disconnection",
        "mqtt/0x00-granted-qos-0",
    }


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("404", ["http/404", "sip/404", "rtsp/404"]),
        ("503", ["http/503", "smtp/503", "ftp/503", "sip/503"]),
        ("40", ["tls/handshake_failure", "sqlstate/40"]),
        ("3", ["grpc/invalid_argument", "dns/nxdomain"]),
    ],
)
def test_a_number_alone_leads_with_what_is_met_most(catalogue: Catalogue, query: str, first: list[str]) -> None:
    """Every protocol that has the number, in the order of pages; no range that merely holds it."""
    found = find(catalogue, query)
    assert identities(found)[: len(first)] == first
    assert all(code.kind == "code" for code in found)


@pytest.mark.parametrize(
    "query", ["", " ", ".", "4522", "552x", "99", "http/", "smtp/", "404 mailbox full", "507 200 nothing", "5.7.99"]
)
def test_find_nothing(catalogue: Catalogue, query: str) -> None:
    """No guess is made where nothing has the name."""
    assert find(catalogue, query) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("http/499", ["http/499-esri", "http/499-nginx"]),
        ("http/420", ["http/420-spring", "http/420-twitter"]),
        ("http/509", ["http/509-cpanel", "http/509-iana"]),
        ("http/530", ["http/530-cloudflare", "http/530-pantheon", "http/530-shopify"]),
        ("499", ["http/499-esri", "http/499-nginx"]),
    ],
)
def test_several_owners(catalogue: Catalogue, query: str, expected: list[str]) -> None:
    """One number, several owners: all of them; who wants one is told which there are."""
    found = find(catalogue, query)
    assert identities(found) == expected
    assert len({code.owner for code in found}) == len({code.value for code in found}) * len(expected)
    with pytest.raises(SeveralOwners) as caught:
        lookup(catalogue, query)
    assert list(caught.value.identities) == expected


def test_registered_number_with_another_owner(catalogue: Catalogue) -> None:
    """http/451 is registered; whoever else uses the number is found by the number alone, and in a search."""
    assert lookup(catalogue, "http/451").owner == "IANA"
    assert {"http/451", "http/451-activesync"} <= set(identities(find(catalogue, "451")))
    assert identities(search(catalogue, "http/451", limit=2)) == ["http/451", "http/451-activesync"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("mailbox full", {"smtp/4.2.2", "smtp/5.2.2", "smtp/452", "smtp/552"}),
        ("Mailbox is full", {"smtp/4.2.2", "smtp/5.2.2"}),
        ("mailbx full", {"smtp/4.2.2", "smtp/5.2.2", "smtp/452", "smtp/552"}),
        ("insufficient storage", {"http/507", "smtp/452"}),
        ("too many requests", {"http/429"}),
        ("to many request", {"http/429"}),
        ("greylisting", {"smtp/450", "smtp/4.7.1", "smtp/451"}),
        ("rate limit", {"smtp/4.7.28", "http/429"}),
        ("rate limiting", {"smtp/4.7.28", "http/429"}),
        ("user unknown", {"smtp/5.1.1", "smtp/550"}),
        ("unknown user", {"smtp/5.1.1"}),
        ("over quota", {"smtp/4.2.2", "smtp/5.2.2", "smtp/552"}),
        ("disk full", {"smtp/4.3.1", "smtp/452", "http/507"}),
        ("relaying denied", {"smtp/5.7.1"}),
        ("dmarc", {"smtp/5.7.26"}),
        ("no mx", {"smtp/556", "smtp/5.1.10"}),
        ("timeout", {"http/504", "http/408", "smtp/4.4.2"}),
        ("unauthorised", {"http/401"}),
        ("forbiden", {"http/403"}),
        ("not fuond", {"http/404"}),
        ("servce unavailable", {"http/503"}),
        ("teapot", {"http/418"}),
        ("452 too many recipients", {"smtp/452"}),
        ("boite pleine", {"smtp/4.2.2", "smtp/5.2.2"}),
        ("boîte pleine", {"smtp/4.2.2", "smtp/5.2.2"}),
        ("メールボックス 容量", {"smtp/4.2.2", "smtp/5.2.2"}),
        ("사서함 가득", {"smtp/4.2.2", "smtp/5.2.2"}),
    ],
)
def test_search_leads_to(catalogue: Catalogue, query: str, expected: set[str]) -> None:
    """A symptom in a person's own words finds these among the first six."""
    assert expected <= set(identities(search(catalogue, query, limit=6)))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("mailbox full", ["smtp/4.2.2", "smtp/5.2.2", "smtp/552", "smtp/452"]),
        ("insufficient storage", ["http/507", "smtp/452"]),
        ("too many requests", ["http/429"]),
        ("452 too many recipients", ["smtp/452"]),
        ("http 404", ["http/404"]),
        ("45", ["tls/certificate_expired", "http/450", "http/451", "http/451-activesync", "smtp/450", "smtp/451"]),
        ("5xx", ["http/500", "http/501", "http/502"]),
        ("5.1", ["smtp/5.1.0", "smtp/5.1.1"]),
    ],
)
def test_search_ranks(catalogue: Catalogue, query: str, first: list[str]) -> None:
    """Exact finds stand before others, numbers in order, what is explained before what is only listed."""
    assert identities(search(catalogue, query))[: len(first)] == first


def test_search_in_a_language_gives_its_prose(catalogue: Catalogue) -> None:
    """The words of the language are searched beside the English, and shown."""
    code = search(catalogue, "boîte pleine", "fr")[0]
    assert code.prose.language == "fr"
    assert search(catalogue, "mailbox full", "fr")[0].prose.language == "fr"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("4522", ["smtp/452"]),
        ("statuary 4522", ["smtp/452"]),
        ("smtp/4522", ["smtp/452"]),
        ("552x", ["smtp/552"]),
        ("mailbx full", ["smtp/4.2.2", "smtp/5.2.2"]),
        ("5.7.99", ["smtp/5.7.0"]),
        ("550 5.7.99", ["smtp/550"]),
        ("4.9.9", ["smtp/4.XXX.YYY"]),
        ("http/5077", ["http/507"]),
        ("htpp/404", ["http/404"]),
        ("smpt 452", ["smtp/452"]),
        ("http/451-microsoft", ["http/451"]),
        ("insuficient storage", ["http/507", "smtp/452"]),
        ("forbiden", ["http/403"]),
    ],
)
def test_suggestions(catalogue: Catalogue, query: str, first: list[str]) -> None:
    """What was probably meant stands first, and nothing of doubtful origin does."""
    found = suggest(catalogue, query)
    assert found[: len(first)] == first
    assert len(found) <= 5
    shown = [catalogue.get(identity) for identity in found]
    assert all(code is not None and not code.hidden and code.kind != "template" for code in shown)


def test_not_found_carries_suggestions(catalogue: Catalogue) -> None:
    """The error says what was asked for and what was probably meant."""
    with pytest.raises(CodeNotFound, match="did you mean smtp/452") as caught:
        lookup(catalogue, "4522")
    assert caught.value.query == "4522"
    assert caught.value.suggestions[0] == "smtp/452"


def test_hidden_codes_are_found_by_number_and_not_by_words(catalogue: Catalogue) -> None:
    """Rows of low confidence are kept, and left out of what is offered."""
    hidden = [code for code in catalogue.codes(hidden=True) if code.hidden]
    assert hidden
    for code in hidden:
        assert code.id in identities(find(catalogue, code.id))
    words = {code.id for word in ("server", "error", "mail", "connection") for code in search(catalogue, word)}
    assert words.isdisjoint(code.id for code in hidden)


STRANGE = [
    *(
        "\0",
        "a\0b",
        "%",
        "_",
        "'",
        '"',
        '""',
        '" OR 1 --',
        "a*",
        "*",
        "NEAR(a b)",
        "name:full",
        "^full",
        "full -mailbox",
    ),
    *(
        "(",
        ")",
        "[a-z]+",
        ".*",
        "\\",
        "AND",
        "OR",
        "NOT",
        "full AND",
        "{}",
        "%s",
        "\ud800",
        "452\udcff",
        "\u200b",
        "🦆",
    ),
    *("x" * 100_000, "452 " * 50_000, "/" * 500, "http/" * 300, "4.2.2." * 300, "9" * 5000, "é" * 300, "ﷺ" * 300),
    *("Ⅷ", "²²²", "٤٥٢", "http/\ud800", "smtp/%00", "smtp/../452", "1e9", "-1", "0x1c4", "451-", "-451", "4..2"),
]


@pytest.mark.parametrize("query", STRANGE, ids=lambda query: ascii(query[:20]))
def test_strange_queries(catalogue: Catalogue, query: str) -> None:
    """Nothing that a stranger types is an expression of SQL, FTS5 or a regular expression, and nothing crashes."""
    assert len(find(catalogue, query)) < 50
    assert len(search(catalogue, query)) <= 20
    assert len(suggest(catalogue, query)) <= 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=40), language=st.sampled_from(["en", "ja", "xx", "", "fr-CA", "\ud800"]))
@example(query="\udc00", language="en")
def test_any_query(catalogue: Catalogue, query: str, language: str) -> None:
    """Any text in any language has an answer, the same each time; what is found is searched first."""
    found = identities(find(catalogue, query, language))
    assert found == identities(find(catalogue, query, language))
    assert identities(search(catalogue, query, language, limit=50))[: len(found)] == found[:50]
    assert set(suggest(catalogue, query)) <= set(catalogue.identities())


@pytest.mark.parametrize(("limit", "most"), [(-1, 0), (0, 0), (1, 1), (10**9, MAX_RESULTS)])
def test_search_keeps_its_limits(catalogue: Catalogue, limit: int, most: int) -> None:
    """So many results as asked for, and never more than the limit."""
    assert len(search(catalogue, "server", limit=limit)) == most


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  smtp\t452\n", "smtp 452"),
        ("“Mailbox full”", "Mailbox full"),
        ('"Mailbox full."', "Mailbox full"),
        ("４５２", "452"),
        ("a\0b\x1b[31m", "a b [31m"),
        ("\ud800", ""),
        ("x" * 300, "x" * MAX_QUERY_CHARACTERS),
    ],
)
def test_queries_are_cleaned(text: str, cleaned: str) -> None:
    """One line without control characters, wide digits made plain, at most so long."""
    assert clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "protocol", "values", "words"),
    [
        ("SMTP error 452 4.2.2", "smtp", ("452", "4.2.2"), ()),
        ("550-5.1.1 User unknown", "", ("550", "5.1.1"), ("user", "unknown")),
        ("HTTP/1.1 429 Too Many Requests", "http", ("429",), ("too", "many", "requests")),
        ("http/499-nginx", "http", ("499-nginx",), ()),
        ("the error", "", (), ("error",)),
        ("what is it", "", (), ("what", "is", "it")),
        ("x.2.2", "", ("X.2.2",), ()),
    ],
)
def test_queries_are_taken_apart(text: str, protocol: str, values: tuple[str, ...], words: tuple[str, ...]) -> None:
    """Protocol, numbers and words; words that say nothing go where others remain."""
    assert read_query(text, {"http", "smtp"}) == Query(text, protocol, values, words)
