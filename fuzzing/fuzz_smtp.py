"""Fuzz the SMTP engine for longer than the tests do.

    python fuzzing/fuzz_smtp.py --examples 200000

A client's input, cut into portions, and the server's answers are drawn at random. Whatever comes, the engine must
give events and nothing else, must not depend on the portions, must hold no more than its limits allow, and what
it sends must be whole reply lines. A failing example is shrunk, printed and kept for the next run.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statuary.wire.smtp import CommandError, Eof, Event, MessageReceived, SmtpEngine, SmtpLimits, State, format_reply

LIMITS = SmtpLimits(
    max_command_octets=80, max_auth_line_octets=90, max_message_octets=60, max_recipients=3, max_errors=12
)
# Nothing that is kept, unread input aside, may outgrow this: a message with every dot stuffed, or its head.
MOST_KEPT_OCTETS = LIMITS.max_message_octets * 4 // 3 + LIMITS.max_command_octets + 8

VERBS = [
    b"EHLO", b"HELO", b"LHLO", b"MAIL FROM:", b"RCPT TO:", b"DATA", b"RSET", b"NOOP", b"VRFY", b"EXPN", b"HELP",
    b"QUIT", b"STARTTLS", b"AUTH", b"BDAT", b"ETRN", b"ATRN", b"XYZ", b"CONNECT", b"MESSAGE",
]  # fmt: skip
WORDS = [
    b" ", b"<>", b"<a@b.test>", b"<postmaster>", b'<"a >\\"b"@b.test>', b"<@x.test:a@[IPv6:::1]>", b"<\xc3\xa9@b.test>",
    b" SIZE=", b"61", b" BODY=8BITMIME", b" SMTPUTF8", b" RET=FULL", b" ENVID=a+2B", b" NOTIFY=NEVER",
    b" ORCPT=rfc822;a", b"client.example", b"LAST", b"\xff", b"\0", b"\t", b".", b"=", b"@", b'"', b"\\",
]  # fmt: skip
ENDS = [b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""]
CONTENT = [b"x", b"..", b".\r\n", b"\r\n.\r\n", b"\r\n", b"\n.\n", b"\r.\r", b"\n.\r\n", b"y" * 40]

LINE = st.builds(
    lambda verb, words, end: verb + b"".join(words) + end,
    st.sampled_from(VERBS) | st.binary(max_size=6),
    st.lists(st.sampled_from(WORDS), max_size=4),
    st.sampled_from(ENDS),
)
OPENINGS = [
    b"",
    b"EHLO x\r\n",
    b"EHLO x\r\nMAIL FROM:<a@b.test> SMTPUTF8\r\n",
    b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n",
    b"EHLO x\r\nAUTH LOGIN\r\n",
]
INPUT = st.builds(
    lambda opening, parts: opening + b"".join(parts),
    st.sampled_from(OPENINGS),
    st.lists(LINE | st.sampled_from(CONTENT) | st.binary(max_size=100), max_size=30),
)
CODE = st.sampled_from([220, 250, 250, 250, 334, 354, 354, 421, 450, 500, 550]) | st.integers(100, 999)
ANSWER = st.tuples(CODE, st.lists(st.text(max_size=20), max_size=3), st.sampled_from(["", "2.0.0", "é\r\n"]))
RAW = st.tuples(st.none() | st.integers(-10, 9999), st.binary(max_size=10))
USUAL = {"connect": 220, "data": 354, "auth": 334, "quit": 221}

REPLY = re.compile(rb"(?:([0-9]{3})-[\t -~\x80-\xff]*\r\n)*([0-9]{3})(?: [\t -~\x80-\xff]*)?\r\n")

Answers = list[tuple[int, list[str], str] | tuple[int | None, bytes]]


def answer(engine: SmtpEngine, event: Event | None, answers: Answers) -> None:
    """Give the next answer that was drawn; when they are used up, the usual one."""
    if not answers:
        hint = event.reply_hint if isinstance(event, CommandError) else USUAL.get(engine.stage, 250)
        engine.send_reply(hint, ["x"])
        return
    drawn = answers.pop(0)
    if len(drawn) == 2:
        assert engine.send_raw(drawn[1], drawn[0]) == drawn[1]
        return
    reply = engine.send_reply(*drawn)
    assert REPLY.fullmatch(reply), reply
    assert {line[:3] for line in reply.split(b"\r\n")[:-1]} == {b"%d" % drawn[0]}
    assert max(map(len, reply.split(b"\r\n"))) <= 510


def run(portions: list[bytes], answers: Answers) -> list[tuple[Event, State, int]]:
    """Hold one session and check what must hold at every step."""
    engine = SmtpEngine(LIMITS)
    queue = list(answers)
    seen: list[tuple[Event, State, int]] = []
    answer(engine, None, queue)
    for portion in [*portions, None]:
        if portion is None:
            engine.receive_eof()
        else:
            engine.receive_data(portion)
        while (event := engine.next_event()) is not None:
            assert len(event.raw) <= MOST_KEPT_OCTETS + (len(portion) if portion else 0)
            if isinstance(event, MessageReceived):
                assert engine.recipients
                assert event.octets <= LIMITS.max_message_octets
            if not isinstance(event, Eof):
                assert engine.next_event() is None
                answer(engine, event, queue)
            assert len(engine.recipients) <= LIMITS.max_recipients
            seen.append((event, engine.state, len(engine.recipients)))
        assert engine.buffered_octets < LIMITS.max_auth_line_octets
    assert engine.closed
    return seen


def cut(wire: bytes, cuts: list[int]) -> list[bytes]:
    """Cut octets into portions."""
    edges = [0, *sorted(place % (len(wire) + 1) for place in cuts), len(wire)]
    return [wire[start:end] for start, end in pairwise(edges)]


@given(
    INPUT | st.binary(max_size=500), st.lists(ANSWER | RAW, max_size=12), st.lists(st.integers(0, 5000), max_size=12)
)
def fuzz_sessions(wire: bytes, answers: Answers, cuts: list[int]) -> None:
    """Any input, any portions, any answers."""
    # What a positive answer to STARTTLS throws away is what had arrived by then, portion by portion.
    same = wire.upper().replace(b"STARTTLS", b"NOOP") == wire.upper()
    whole = run([wire], answers)
    for portions in (cut(wire, cuts), [wire[at : at + 1] for at in range(len(wire))]):
        assert run(portions, answers) == whole or not same


@given(st.integers(100, 999), st.lists(st.text(), max_size=5), st.text(max_size=600), st.booleans())
def fuzz_replies(code: int, lines: list[str], enhanced: str, utf8: bool) -> None:
    """Any text of ours gives whole lines of one reply."""
    reply = format_reply(code, lines, enhanced, utf8=utf8)
    found = REPLY.fullmatch(reply)
    assert found, reply
    assert max(map(len, reply.split(b"\r\n"))) <= 510
    assert utf8 or reply.isascii()


def main() -> int:
    """Run every target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=20_000, help="examples for each target (default: 20000)")
    examples = parser.parse_args().examples
    targets: tuple[Callable[[], None], ...] = (fuzz_sessions, fuzz_replies)
    for target in targets:
        settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(target)()
        print(f"{target.__name__}: {examples} examples, no failure")
    return 0


if __name__ == "__main__":
    sys.exit(main())
