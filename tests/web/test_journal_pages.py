"""The journal's pages as they are sent: which exchanges, in which order, how much of them, and who may clear them."""

from __future__ import annotations

import asyncio
import json
import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statuary.catalog.store import Catalogue
from statuary.serve.journal import Exchange, MemoryJournal
from statuary.serve.mailbox import Mailbox, Message
from statuary.serve.session import Shared
from statuary.web.live import Streams
from statuary.web.views.journal import PAGE_EXCHANGES, PIECE_OCTETS, SHOWN_OCTETS, read_query, take
from tests.web.client import Client, make_client, run


def exchange(number: int, protocol: str = "http", connection: int = 1, **changed: object) -> Exchange:
    """An exchange."""
    made = Exchange(
        float(number),
        protocol,
        connection,
        "127.0.0.1:5",
        "request",
        b"GET /%d HTTP/1.1\r\n\r\n" % number,
        b"HTTP/1.1 204 No Content\r\n\r\n",
        "204",
    )
    return made._replace(**changed)  # type: ignore[arg-type]


def shown(text: str) -> list[int]:
    """The numbers of the exchanges on a page, in its order."""
    return [int(number) for number in re.findall(r'id="x([0-9]+)"', text)]


@given(st.lists(st.sampled_from(["http", "smtp"]), max_size=120), st.integers(0, 40), st.sampled_from(["", "smtp"]))
@settings(max_examples=60)
def test_pages_hold_each_exchange_once(protocols: list[str], dropped: int, wanted: str) -> None:
    """Turned from the newest to the oldest, and from the oldest to the newest, whatever the filter."""
    kept = MemoryJournal(max_exchanges=max(len(protocols) - dropped, 1))
    for number, protocol in enumerate(protocols):
        kept.add(exchange(number, protocol))
    expected = [number for number, item in kept if wanted in ("", item.protocol)]
    query = read_query({"protocol": wanted} if wanted else {})
    back: list[int] = []
    page = take(kept, query)
    while page:
        back = [number for number, _ in page] + back
        page = take(kept, query._replace(before=page[0][0]))
    forth: list[int] = []
    page = take(kept, query._replace(after=0))
    while page:
        forth += [number for number, _ in page]
        page = take(kept, query._replace(after=page[-1][0]))
    assert back == forth == expected


def test_a_range_is_fetched_again_as_it_was(client: Client) -> None:
    """The browser asks so for what it took out of sight."""
    for number in range(200):
        client.shared.journal.add(exchange(number, connection=number))
    first = shown(client.get("/en/journal?before=100").text)
    assert len(first) == PAGE_EXCHANGES
    again = shown(client.get(f"/en/journal?after={min(first) - 1}&before={max(first) + 1}").text)
    assert again == first


def test_dialogues_stand_apart_the_newest_first(client: Client) -> None:
    """Two that were held at once; each in its own order."""
    for number, connection in enumerate([1, 2, 1, 2, 3]):
        client.shared.journal.add(exchange(number, "smtp", connection))
    text = client.get("/en/journal").text
    assert shown(text) == [5, 2, 4, 1, 3]
    assert re.findall(r"SMTP, connection ([0-9])", text) == ["3", "2", "1"]


def test_huge_exchanges_are_cut_with_their_size(client: Client) -> None:
    """A page stays small; the page of the exchange has every octet, piece by piece."""
    body = b"\x00" * 100_000
    for number in range(PAGE_EXCHANGES):
        client.shared.journal.add(exchange(number, request=body, response=body))
    text = client.get("/en/journal").text
    assert f"… +{len(body) - SHOWN_OCTETS}" in text
    assert len(text) < 2 * PAGE_EXCHANGES * SHOWN_OCTETS * 30
    address = f"/en/journal/exchange/{client.shared.journal.total}"
    marks = 0
    while True:
        page = client.get(address).text
        marks += page.count("\\0")
        onwards = re.search(r'href="(\?from=[0-9]+)" rel="next"', page)
        if onwards is None:
            break
        address = address.partition("?")[0] + onwards[1]
    assert marks == 2 * len(body)
    assert len(body) > PIECE_OCTETS


@pytest.mark.parametrize(
    "path",
    [
        *("journal/exchange/0", "journal/exchange/7", "journal/exchange/x", "journal/exchange/" + "9" * 40),
        *("journal/message/0", "journal/message/7", "journal/message/-1", "journal/message/" + "9" * 40),
        *("rules/edit?exchange=9", "rules/edit?exchange=x", "rules/edit?name=none"),
    ],
)
def test_what_is_not_kept_is_not_found(client: Client, path: str) -> None:
    """Never a fault of ours, whatever stands in the address."""
    assert client.get(f"/en/{path}").status_code == 404


@pytest.mark.parametrize(
    "name", ["protocol", "code", "stage", "key", "recipient", "path", "text", "rule", "connection"]
)
@pytest.mark.parametrize("text", ["[", "[!", "*" * 5000, "'\"><script>", "%00", "%ff", "-1", "٣", "9" * 30, "\u202e"])
def test_no_filter_breaks_the_page(client: Client, name: str, text: str) -> None:
    """What nobody means finds nothing; nothing of it is run."""
    client.shared.journal.add(exchange(1))
    client.shared.journal.add(exchange(2, "smtp", 2, stage="rcpt", request=b"RCPT TO:<a@b.test>\r\n"))
    answer = client.get(f"/fr/journal?{name}={text}&before=x&after=")
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_links_keep_the_filter(client: Client) -> None:
    """Older pages, other languages and exports ask for the same."""
    for number in range(100):
        client.shared.journal.add(exchange(number, key="a b&c"))
    text = unescape(client.get("/en/journal?key=a+b%26c").text)
    assert re.search(r'href="/en/journal\?key=a\+b%26c&before=[0-9]+" rel="next"', text)
    assert 'href="/fr/journal?key=a+b%26c"' in text
    assert 'href="/api/journal/export?format=har&key=a+b%26c"' in text
    assert len(shown(text)) == PAGE_EXCHANGES


WRITES = [
    ("/en/journal", b""),
    ("/en/journal/messages", b""),
    ("/en/rules", b"do=start-all-over"),
    ("/en/rules/edit", b"toml=x"),
]


@pytest.mark.parametrize(("path", "body"), WRITES)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example", "Origin": "http://evil.example"}, 403),
    ],
)
def test_forms_from_elsewhere_change_nothing(
    client: Client, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    """CSRF and DNS rebinding, on every form that changes something."""
    client.shared.journal.add(exchange(1))
    client.shared.mailbox.add(Message(0.0, 1, "a@b.test", ("c@d.test",), b"x"))
    assert client.request("POST", path, headers, body).status_code == status
    assert (len(client.shared.journal), len(client.shared.mailbox), len(client.shared.rules.rules)) == (1, 1, 0)


@pytest.mark.parametrize(
    "path",
    ["journal", "journal/exchange/1", "journal/messages", "journal/message/1", "rules", "rules/edit", "rules?q=x"],
)
def test_beyond_loopback_pages_and_forms_want_the_token(catalogue: Catalogue, path: str) -> None:
    """Reading leads to the login; so does writing, and changes nothing."""
    beyond = make_client(catalogue, token="sesame", loopback=False, base_url="http://mocks.example:8080")
    beyond.shared.journal.add(exchange(1))
    answer = beyond.get(f"/fr/{path}")
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (302, "/fr/login")
    answer = beyond.request("POST", f"/fr/{path}", content=b"do=put-back&toml=x")
    assert answer.status_code in (302, 405)
    assert len(beyond.shared.journal) == 1
    for address in ("/api/messages/1/html", "/api/messages/1/parts/1", "/api/journal/stream?form=sums"):
        assert beyond.get(address).status_code == 401


def test_a_form_sent_from_here_works(client: Client) -> None:
    """As browsers send it, with the origin of the page; the policy for referrers must not take that away."""
    client.shared.journal.add(exchange(1))
    answer = client.request("POST", "/en/journal", {"Origin": client.base_url}, b"key=")
    assert (answer.status_code, answer.headers["location"]) == (303, "/en/journal")
    assert len(client.shared.journal) == 0
    assert client.get("/en/journal").headers["referrer-policy"] == "same-origin"


def test_a_key_clears_its_own_only(client: Client) -> None:
    """Other tests' exchanges and messages stay."""
    for key in ("blue", "red"):
        client.shared.journal.add(exchange(1, key=key))
        client.shared.mailbox.add(Message(0.0, 1, "a@b.test", ("c@d.test",), b"x", key))
    client.request("POST", "/en/journal", content=b"key=blue")
    client.request("POST", "/en/journal/messages", content=b"key=blue")
    assert shown(client.get("/en/journal?key=blue").text) == []
    assert shown(client.get("/en/journal?key=red").text) == [2]
    assert [message.key for _, message in client.shared.mailbox] == ["red"]
    client.request("POST", "/en/journal/messages", content=b"number=2")
    assert len(client.shared.mailbox) == 0


@pytest.mark.parametrize(
    ("body", "status"), [(b"key=" + b"a" * 600_000, 413), (b"\xff", 400), (b"&".join([b"a=1"] * 100), 400)]
)
def test_forms_are_bounded(client: Client, body: bytes, status: int) -> None:
    """Too large, no form, or too many fields: refused, and nothing is changed."""
    client.shared.journal.add(exchange(1))
    assert client.request("POST", "/en/journal", content=body).status_code == status
    assert len(client.shared.journal) == 1


def test_the_newest_message_has_an_address(client: Client) -> None:
    """For who has just sent one."""
    assert client.get("/en/journal/message/newest").headers["location"] == "/en/journal/messages"
    client.shared.mailbox.add(Message(0.0, 1, "a@b.test", ("c@d.test",), b"Subject: x\r\n\r\n"))
    assert client.get("/en/journal/message/newest").headers["location"] == "/en/journal/message/1"


def test_the_list_of_messages_turns_its_pages(client: Client) -> None:
    """Each message once, filtered by recipient."""
    client.shared.mailbox.max_messages = 500
    for number in range(130):
        client.shared.mailbox.add(Message(0.0, 1, "a@b.test", ("other@d.test", f"to{number % 2}@d.test"), b"x"))
    address: str | None = "/en/journal/messages?recipient=TO1@"
    met = []
    while address:
        text = unescape(client.get(address).text)
        met += re.findall(r'id="m([0-9]+)"', text)
        found = re.search(r'href="([^"]+)" rel="next"', text)
        address = found[1] if found else None
    assert len(met) == len(set(met)) == 65


def test_the_stream_of_sums_tells_changes_once(catalogue: Catalogue) -> None:
    """Many exchanges at once are one event; mail and rules are in it; it ends when the streams do."""

    async def scene() -> list[dict[str, int]]:
        shared = Shared(catalogue, journal=MemoryJournal(max_exchanges=3), mailbox=Mailbox())
        streams = Streams(shared.journal, heartbeat=0.01)
        stream = streams.sums(shared)
        told = []
        assert (await anext(stream)).startswith(b"retry: ")
        for _ in range(2):
            told.append(await anext(stream))
            for number in range(5):
                shared.journal.add(exchange(number))
            shared.mailbox.add(Message(0.0, 1, "", (), b""))
        assert await anext(stream) == told[-1].replace(
            b'"exchanges": 5, "dropped": 2', b'"exchanges": 10, "dropped": 7'
        ).replace(b'"messages": 1, "kept_messages": 1', b'"messages": 2, "kept_messages": 2')
        assert await anext(stream) == b": still here\n\n"
        streams.close()
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(stream), 5)
        assert len(streams) == 0
        return [json.loads(event.partition(b"data: ")[2]) for event in told]

    first, second = run(scene())
    assert (first["exchanges"], first["messages"]) == (0, 0)
    assert (second["exchanges"], second["dropped"], second["messages"]) == (5, 2, 1)


def test_the_stream_of_sums_tells_what_is_forgotten_and_changed(catalogue: Catalogue) -> None:
    """A journal cleared and rules changed elsewhere are told without anything coming to the mocks."""

    async def scene() -> list[dict[str, int]]:
        shared = Shared(catalogue, journal=MemoryJournal(), mailbox=Mailbox())
        shared.journal.add(exchange(1))
        stream = Streams(shared.journal, heartbeat=60).sums(shared)
        told = [await anext(stream), await anext(stream)][1:]
        shared.journal.clear()
        told.append(await asyncio.wait_for(anext(stream), 30))
        shared.rules_version += 1
        told.append(await asyncio.wait_for(anext(stream), 30))
        return [json.loads(event.partition(b"data: ")[2]) for event in told]

    before, cleared, changed = run(scene())
    assert (before["exchanges"], before["dropped"]) == (1, 0)
    assert (cleared["exchanges"], cleared["dropped"]) == (1, 1)
    assert changed["rules_version"] == cleared["rules_version"] + 1
