"""Filters as exchanges come: what belongs to a key, what a dialogue had come to, and how much is remembered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from statuary.serve.dialogue import follow
from statuary.serve.fields import SmtpFields
from statuary.serve.journal import Exchange, MemoryJournal
from statuary.serve.seen import Watch, fitting, select
from statuary.serve.sieve import MAX_HELD_BEFORE, Filter, Sieve, belonging

Line = tuple[str, str] | tuple[str, str, str]


def row(stage: str, request: str = "", key: str = "", code: str = "250", connection: int = 1) -> Exchange:
    return Exchange(
        1700000000.5, "smtp", connection, "127.0.0.1:5", stage, request.encode(), b"250 OK\r\n", code, key=key
    )


def journal(*rows: Exchange) -> MemoryJournal:
    kept = MemoryJournal()
    for each in rows:
        kept.add(each)
    return kept


def recipients(kept: MemoryJournal) -> list[tuple[str, ...]]:
    return [seen.fields.recipients for seen in follow(kept) if isinstance(seen.fields, SmtpFields)]


def test_transaction_grows_and_ends() -> None:
    """RFC 5321 §4.1.1.3: who was accepted belongs to it; MAIL, RSET, EHLO and the message end it."""
    both = ("a@x.test", "c@x.test")
    kept = journal(
        row("ehlo", "EHLO c.test\r\n"),
        row("mail", "MAIL FROM:<s@x.test>\r\n"),
        row("rcpt", "RCPT TO:<a@x.test>\r\n"),
        row("rcpt", "RCPT TO:<b@x.test>\r\n", code="550"),
        row("rcpt", "RCPT TO:<c@x.test>\r\n"),
        row("noop", "NOOP\r\n"),
        row("rset", "RSET\r\n", code="500"),
        row("data", "DATA\r\n", code="354"),
        row("message", "Subject: x\r\n\r\nx\r\n.\r\n"),
        row("quit", "QUIT\r\n", code="221"),
    )
    expected = [(), (), ("a@x.test",), ("b@x.test",), ("c@x.test",), both, both, both, both, ()]
    assert recipients(kept) == expected
    assert [seen.fields["sender"] for seen in follow(kept)] == ["", *["s@x.test"] * 8, ""]


def test_each_recipient_of_lmtp_has_its_own_reply() -> None:
    """RFC 2033 §4.2: the replies after the dot are those of the recipients in turn, and all are about one message."""
    rows = [
        row("ehlo", "LHLO c.test\r\n"),
        row("mail", "MAIL FROM:<s@x.test>\r\n"),
        row("rcpt", "RCPT TO:<a@x.test>\r\n"),
        row("rcpt", "RCPT TO:<b@x.test>\r\n"),
        row("data", "DATA\r\n", code="354"),
        row("message", "Subject: x\r\n\r\nx\r\n.\r\n"),
        row("message", code="452"),
        row("noop", "NOOP\r\n"),
    ]
    assert recipients(journal(*rows))[4:] == [("a@x.test", "b@x.test"), ("a@x.test",), ("b@x.test",), ()]
    wanted = Filter(match={"recipient": "b@x.test", "header.subject": "x"}, stage="message")
    assert [seen.exchange.code for seen in fitting(journal(*rows), wanted)] == ["452"]


def test_prdr_has_a_last_reply_for_all() -> None:
    """After the replies of the recipients comes one for the message, which all of them share."""
    rows = [
        row("ehlo", "EHLO c.test\r\n"),
        row("mail", "MAIL FROM:<s@x.test> PRDR\r\n"),
        row("rcpt", "RCPT TO:<a@x.test>\r\n"),
        row("rcpt", "RCPT TO:<b@x.test>\r\n"),
        row("message", "x\r\n.\r\n"),
        row("message"),
        row("message"),
    ]
    assert recipients(journal(*rows))[4:] == [("a@x.test",), ("b@x.test",), ("a@x.test", "b@x.test")]


def test_content_is_what_the_client_meant() -> None:
    """RFC 5321 §4.5.2 and RFC 3030 §2: dots that were put in are taken out, chunks are put together."""
    opening = [row("mail", "MAIL FROM:<s@x.test>\r\n"), row("rcpt", "RCPT TO:<a@x.test>\r\n")]
    dots = [*opening, row("message", "..first: x\r\nSubject: dots\r\n\r\n..\r\n..y\r\n.\r\n")]
    chunks = [*opening, row("bdat", "BDAT 9\r\nSubject: "), row("message", "bdat 10 last\r\nchunks\r\n\r\nx")]
    for rows, subject, body in ((dots, "dots", ".\r\n.y\r\n"), (chunks, "chunks", "x")):
        *_, last = follow(journal(*rows))
        assert (last.fields["header.subject"], last.fields["body"]) == (subject, body)


def test_session_belongs_to_each_key_and_a_transaction_to_its_own() -> None:
    """Two tests that share a connection both see its greeting, and not each other's mail."""
    rows = [
        row("connect"),
        row("ehlo", "EHLO c.test\r\n"),
        row("mail", "MAIL FROM:<s@x.test>\r\n"),
        row("rcpt", "RCPT TO:<plain@x.test>\r\n"),
        row("message", "x\r\n.\r\n"),
        row("mail", "MAIL FROM:<s@x.test>\r\n"),
        row("rcpt", "RCPT TO:<a+blue@x.test>\r\n", "blue"),
        row("message", "x\r\n.\r\n", "blue"),
        row("noop", "NOOP\r\n"),
        row("mail", "MAIL FROM:<s@x.test>\r\n"),
        row("rcpt", "RCPT TO:<b+red@x.test>\r\n", "red"),
        row("rset", "RSET\r\n", "red"),
        row("quit", "QUIT\r\n"),
        row("connect", connection=2),
        row("mail", "MAIL FROM:<s+red@x.test>\r\n", "red", connection=2),
    ]
    exchanges = list(enumerate(rows, 1))
    assert sorted(belonging(exchanges, "blue")) == [1, 2, 6, 7, 8, 9, 13]
    assert sorted(belonging(exchanges, "red")) == [1, 2, 9, 10, 11, 12, 13, 14, 15]
    assert belonging(exchanges, "green") == frozenset()
    kept = journal(*rows)
    kept.clear_key("blue")
    kept.add(row("noop", "NOOP\r\n", "blue"))
    assert [number for number, _ in select(kept, Filter(key="blue"))] == [16]


def test_what_waits_for_a_key_is_bounded() -> None:
    """A client that talks without end and never names a key costs no more than its last words."""
    sieve = Sieve(Filter(key="blue"))
    talk = MAX_HELD_BEFORE * 3
    for number in range(1, talk + 1):
        assert sieve.see(number, row("noop")) == []
    assert sieve.see(talk + 1, row("mail", "MAIL FROM:<s+blue@x.test>\r\n", "blue")) == list(
        range(talk + 1 - MAX_HELD_BEFORE, talk + 2)
    )


_rows = st.lists(
    st.builds(
        row,
        st.sampled_from(["connect", "ehlo", "mail", "rcpt", "data", "bdat", "message", "rset", "noop", "bounce"]),
        st.sampled_from(
            [
                *("", "EHLO a\r\n", "LHLO a\r\n", "MAIL FROM:<s@x.test> PRDR\r\n", "RCPT TO:<a@x.test>\r\n"),
                *("RCPT TO:<b@x.test>\r\n", "BDAT 3 LAST\r\nabc", "Subject: x\r\n\r\nx\r\n.\r\n"),
            ]
        ),
        st.sampled_from(["", "", "blue", "red"]),
        st.sampled_from(["250", "354", "550", ""]),
        st.integers(1, 2),
    ),
    max_size=25,
)
_wanted = st.builds(
    Filter,
    stage=st.sampled_from(["", "message", "connect"]),
    key=st.sampled_from([None, "blue", "red"]),
    match=st.sampled_from([{}, {"recipient": "b@*"}, {"recipient": "b@*", "domain": "x.test"}, {"sender": "s@*"}]),
)


@given(_rows, _wanted)
def test_whoever_waits_sees_what_who_looks_later_sees(rows: list[Exchange], wanted: Filter) -> None:
    """However often a wait counts, it comes to what a search finds in the end, and each exchange is found once."""
    kept = MemoryJournal()
    watch = Watch(kept, wanted)
    for each in rows:
        kept.add(each)
        watch.count()
    found = [number for number, _ in select(kept, wanted)]
    assert watch.count() == len(found)
    assert found == sorted(set(found))
    assert [seen.number for seen in fitting(kept, wanted)] == found


@given(_rows)
def test_keys_never_meet(rows: list[Exchange]) -> None:
    """What is written down under one key is never found under another."""
    exchanges = list(enumerate(rows, 1))
    for key, other in (("blue", "red"), ("red", "blue")):
        found = belonging(exchanges, key)
        assert {number for number, each in exchanges if each.key == key} <= found
        assert not any(number in found for number, each in exchanges if each.key == other)
