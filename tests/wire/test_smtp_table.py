"""`statuary.wire.smtp.table`: every edge of the transition table is walked with a real engine."""

from __future__ import annotations

import pytest

from statuary.wire.smtp import (
    EXTENSIONS,
    STAGES,
    Command,
    CommandError,
    MessageReceived,
    SmtpEngine,
    SmtpLimits,
    State,
    extension_lines,
)
from statuary.wire.smtp.table import AFTER_ERROR, ANY, BAD_SEQUENCE, TRANSITIONS

LINES = {
    "ehlo": b"EHLO client.example\r\n",
    "lhlo": b"LHLO client.example\r\n",
    "starttls": b"STARTTLS\r\n",
    "auth": b"AUTH PLAIN\r\n",
    "mail": b"MAIL FROM:<a@client.example>\r\n",
    "rcpt": b"RCPT TO:<b@any.test>\r\n",
    "data": b"DATA\r\n",
    "bdat": b"BDAT 3\r\nabc",
    "message": b"Subject: x\r\n\r\nx\r\n.\r\n",
    "rset": b"RSET\r\n",
    "noop": b"NOOP\r\n",
    "vrfy": b"VRFY x\r\n",
    "expn": b"EXPN x\r\n",
    "help": b"HELP\r\n",
    "quit": b"QUIT\r\n",
    "etrn": b"ETRN any.test\r\n",
    "atrn": b"ATRN\r\n",
}
# How to get there: the reply code that each stage is answered with, from the greeting on.
PATHS: dict[State, list[tuple[str, int]]] = {
    State.CONNECT: [],
    State.TURNED_AWAY: [("connect", 554)],
    State.GREETED: [("connect", 220)],
    State.READY: [("connect", 220), ("ehlo", 250)],
    State.AUTH: [("connect", 220), ("ehlo", 250), ("auth", 334)],
    State.MAIL: [("connect", 220), ("ehlo", 250), ("mail", 250)],
    State.REFUSED: [("connect", 220), ("ehlo", 250), ("mail", 250), ("rcpt", 550)],
    State.RECIPIENTS: [("connect", 220), ("ehlo", 250), ("mail", 250), ("rcpt", 250)],
    State.CONTENT: [("connect", 220), ("ehlo", 250), ("mail", 250), ("rcpt", 250), ("data", 354)],
    State.CHUNKS: [("connect", 220), ("ehlo", 250), ("mail", 250), ("rcpt", 250), ("bdat", 250)],
    State.BROKEN: [("connect", 220), ("ehlo", 250), ("mail", 250), ("rcpt", 250), ("bdat", 452)],
    State.CLOSED: [("connect", 421)],
}
# Lines that are wrong by themselves, at stages whose errors move the session.
WRONG = {"rcpt": b"RCPT TO:<>\r\n", "auth": b"\0\r\n", "bdat": b"BDAT x\r\n"}
EDGES = [(state, stage) for state, rows in TRANSITIONS.items() for stage in rows]


def engine_in(state: State) -> SmtpEngine:
    engine = SmtpEngine(SmtpLimits(max_message_octets=100))
    for stage, code in PATHS[state]:
        if stage != "connect":
            engine.receive_data(LINES[stage])
            engine.next_event()
        assert engine.stage == stage
        engine.send_reply(code, ["x"])
    assert engine.state is state
    return engine


def expected(state: State, row: dict[int, State], digit: int) -> State:
    return row.get(digit, row.get(ANY, state))


def answer(engine: SmtpEngine, digit: int) -> None:
    if digit:
        engine.send_reply(digit * 100 + 50, ["x"])
    else:
        engine.send_raw(b"\0garbage", None)


def test_every_state_has_a_row_and_is_reached() -> None:
    assert set(TRANSITIONS) == set(State) == set(PATHS)
    reached = {State.CONNECT, State.CLOSED}
    for _ in State:
        reached |= {new for state in reached for row in TRANSITIONS[state].values() for new in row.values()}
    assert reached == set(State)


def test_stages_are_those_of_the_table() -> None:
    assert {stage for _, stage in EDGES} == STAGES
    assert set(LINES) == STAGES - {"connect"}
    assert all(stage in TRANSITIONS[state] for state, rows in AFTER_ERROR.items() for stage in rows)


@pytest.mark.parametrize(("state", "stage"), EDGES)
@pytest.mark.parametrize("digit", range(10))
def test_edge(state: State, stage: str, digit: int) -> None:
    """RFC 5321 §4.1.4 and §4.3: what a reply of each class leads to."""
    engine = engine_in(state)
    if stage != "connect":
        engine.receive_data(LINES[stage])
        event = engine.next_event()
        assert isinstance(event, Command | MessageReceived)
        assert event.stage == stage
    assert engine.stage == stage
    assert engine.next_event() is None

    answer(engine, digit)

    assert engine.state is expected(state, dict(TRANSITIONS[state][stage]), digit)
    assert engine.stage == ""


@pytest.mark.parametrize("state", [state for state in PATHS if state not in {State.CONNECT, State.CLOSED}])
@pytest.mark.parametrize("code", [221, 421])
def test_closing_codes_close_from_every_state(state: State, code: int) -> None:
    """RFC 5321 §3.8."""
    engine = engine_in(state)
    engine.receive_data(LINES["message"] if state is State.CONTENT else LINES["quit"])
    assert engine.next_event() is not None

    engine.send_reply(code, ["x"])

    assert engine.closed
    assert engine.next_event() is None


@pytest.mark.parametrize(
    ("state", "stage"),
    [
        (state, stage)
        for state in PATHS
        if state not in {State.CONNECT, State.AUTH, State.CONTENT, State.CLOSED}
        for stage in LINES
        if stage != "message" and stage not in TRANSITIONS[state]
    ],
)
@pytest.mark.parametrize("digit", range(10))
def test_missing_edge_is_a_bad_sequence(state: State, stage: str, digit: int) -> None:
    """RFC 5321 §4.1.4: 503; §3.3: 554 for DATA when every recipient was refused. No answer moves anything."""
    engine = engine_in(state)
    engine.receive_data(LINES[stage])
    event = engine.next_event()
    assert isinstance(event, CommandError)
    assert event.stage == engine.stage == stage
    assert event.raw == LINES[stage]
    assert (event.reply_hint, event.enhanced_hint) == BAD_SEQUENCE.get((state, stage), (503, "5.5.1"))

    answer(engine, digit)

    assert engine.state is state


@pytest.mark.parametrize(("state", "stage"), [(state, stage) for state, rows in AFTER_ERROR.items() for stage in rows])
@pytest.mark.parametrize("digit", range(10))
def test_edge_after_an_error(state: State, stage: str, digit: int) -> None:
    engine = engine_in(state)
    engine.receive_data(b"x" * 200 + b"\r\n.\r\n" if stage == "message" else WRONG[stage])
    event = engine.next_event()
    assert isinstance(event, CommandError)
    assert event.stage == engine.stage == stage

    answer(engine, digit)

    assert engine.state is expected(state, dict(AFTER_ERROR[state][stage]), digit)
    assert (engine.recipients != []) is (engine.mail is not None and ("rcpt", 250) in PATHS[state])


def test_extension_lines() -> None:
    """RFC 5321 §4.1.1.1, RFC 1870 §4."""
    assert extension_lines(EXTENSIONS, SmtpLimits(max_message_octets=5)) == (
        "8BITMIME",
        "AUTH CRAM-MD5 LOGIN PLAIN XOAUTH2",
        "BINARYMIME",
        "CHUNKING",
        "DSN",
        "ENHANCEDSTATUSCODES",
        "PIPELINING",
        "PRDR",
        "SIZE 5",
        "SMTPUTF8",
    )
