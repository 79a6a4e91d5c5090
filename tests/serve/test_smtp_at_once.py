"""Known lines and whole messages are answered at once, just as octet by octet (RFC 5321 §4.1, §4.5.2)."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.store import open_catalogue
from statuary.scenario.counters import MemoryCounters
from statuary.scenario.grammar import SMTP, parse_script
from statuary.scenario.ruleindex import RuleIndex
from statuary.scenario.rules import Rule
from statuary.serve.journal import Exchange, MemoryJournal
from statuary.serve.mailbox import Mailbox, Message
from statuary.serve.output import Output, Send
from statuary.serve.session import Peer, Shared
from statuary.serve.smtp import LmtpMock, SmtpMock, SubmissionMock
from statuary.serve.smtp.mock import MAX_SETTLED_LINES
from statuary.wire.smtp import SmtpLimits

LIMITS = SmtpLimits(max_command_octets=80, max_message_octets=60, max_recipients=2, max_errors=8)

LINES = (
    b"EHLO client.test\r\n",
    b"HELO client.test\n",
    b"MAIL FROM:<a@b.test>\r\n",
    b"MAIL FROM:<a+blue@b.test>\r\n",
    b"MAIL FROM:<> SMTPUTF8\r\n",
    b"MAIL FROM:<mail451@b.test>\r\n",
    b"MAIL FROM:<message550@b.test>\r\n",
    b"RCPT TO:<c@d.test>\r\n",
    b"RCPT TO:<c+red@d.test>\r\n",
    "RCPT TO:<é@d.test>\r\n".encode(),
    b"RCPT TO:<rcpt452_4.2.2@d.test>\r\n",
    b"RCPT TO:<rcpt452_4.2.2+red@d.test>\r\n",
    b"RCPT TO:<rcpt452_4.2.2+green@d.test>\r\n",
    b"RCPT TO:<data451+red@d.test>\r\n",
    b"RCPT TO:<rcpt450x2~550@d.test>\r\n",
    b"RCPT TO:<rcpt250-delay1s@d.test>\r\n",
    b"RCPT TO:<rcpt421@d.test>\r\n",
    b"RCPT TO:<rcptdrop@d.test>\r\n",
    b"RCPT TO:<rcpt999x@d.test>\r\n",
    b"RCPT TO:<data451@d.test>\r\n",
    b"RCPT TO:<full@rules.test>\r\n",
    b"RCPT TO:<message452@rules.test>\r\n",
    b"DATA\r\n",
    b"x\r\ny\r\n.\r\n",
    b"x\r\n..y\r\n.\r\n",
    b"x" * 70 + b"\r\n.\r\n",
    b".\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"NOOP\rNOOP\r\n",
    b"VRFY x\r\n",
    b"AUTH LOGIN\r\n",
    b"STARTTLS\r\n",
    b"BDAT 6\r\n",
    b"BDAT 6\r\nNOOP\r\n",
    b"BDAT 3 LAST\r\nabc",
    b"BDAT 70 LAST\r\n" + b"x" * 70,
    b"EHLO noop451x2.nochunking.x\r\n",
    b"EHLO ehlo500x1.x\r\n",
    b"EHLO rset452_9.x\r\n",
    b"LHLO client.test\r\n",
    b"MAIL FROM:<a@b.test> PRDR\r\n",
    b"MAIL FROM:<vrfy551@b.test>\r\n",
    b"RCPT TO:<bounce550@d.test>\r\n",
    b"RCPT TO:<bdat452x1@d.test>\r\n",
    b"RCPT TO:<rcpt452-late@d.test>\r\n",
    b"RCPT TO:<rcpt452-twice@d.test>\r\n",
    b"RCPT TO:<bounce+550+no%0d%0asuch@d.test>\r\n",
    b"VRFY vrfy252\r\n",
    b"AUTH PLAIN AGFubmEAeA==\r\n",
    b"AUTH LOGIN\r\nYW5uYQ==\r\neA==\r\n",
    b"XYZ\r\n",
    b"NOOP " + b"x" * 90 + b"\r\n",
    b"QUIT\r\n",
)
OPENING = (b"EHLO client.test\r\n", b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<c@d.test>\r\n", b"DATA\r\n")
WIRES = st.tuples(st.sampled_from([(), OPENING[:1], OPENING[:2], OPENING]), st.lists(st.sampled_from(LINES))).map(
    lambda parts: [*parts[0], *parts[1]]
)

_FULL, _LATE = parse_script("452_4.2.2", SMTP), parse_script("250", SMTP)
RULES = {
    "none": RuleIndex(),
    "by recipient": RuleIndex(
        [
            Rule("smtp", "rcpt", _FULL, {"recipient": "full@*"}),
            Rule("smtp", "rcpt", _LATE, {"recipient": "message452@rules.test"}),
        ]
    ),
    "by what isolates": RuleIndex(
        [
            Rule("smtp", "rcpt", _FULL, {"key": "red"}),
            Rule("smtp", "mail", _LATE, {"key": "blue"}),
            Rule("smtp", "rcpt", _LATE, {"key": "blue", "recipient": "c@*"}),
        ]
    ),
    "by sender and more": RuleIndex(
        [
            Rule("smtp", "rcpt", _FULL, {"sender": "a@b.test", "recipient": "full@rules.test"}),
            Rule("smtp", "noop", _FULL, {"helo": "client.test"}),
            Rule("smtp", "data", _FULL, {"sender": "", "ip": "192.0.2.1"}),
        ]
    ),
}


class Seen(NamedTuple):
    """All that a session left behind."""

    written: list[object]
    journal: list[tuple[int, Exchange]]
    mail: list[tuple[int, Message]]
    counted: dict[str, int]
    closing: bool


class Change(NamedTuple):
    """What somebody else does while a session is open: other rules are put in force, or a key's counts forgotten."""

    rules: str = ""
    key: str | None = None

    def make(self, shared: Shared) -> None:
        """Do it."""
        if self.rules:
            shared.replace_rules(RULES[self.rules])
        else:
            shared.start_over(self.key)


class NoTls:
    """Stands for the certificate; nobody shakes hands here."""

    _context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def server_context(self, alpn: Sequence[str] = ()) -> ssl.SSLContext:
        """Always the same."""
        return self._context


def make_mock(rules: RuleIndex, kind: type[SmtpMock] = SmtpMock) -> SmtpMock:
    tls = NoTls() if kind is SubmissionMock else None
    return kind(Shared(open_catalogue(), rules=rules, clock=lambda: 0.0, tls=tls), LIMITS)


def run(mock: SmtpMock, portions: Iterable[bytes | Change]) -> Seen:
    """A session of its own journal, mailbox and counts; waits take no time."""
    shared = mock.shared
    shared.journal, shared.mailbox, shared.counters = MemoryJournal(), Mailbox(), MemoryCounters()
    session = mock(Peer("192.0.2.1:25", 1))
    written: list[object] = []

    def carry_out(output: Output) -> None:
        while isinstance(output, list):
            for action in output:
                carry_out(action.data) if isinstance(action, Send) else written.append(action)
            output = None if session.closing else session.resume()
        if not output:
            return
        if written and isinstance(before := written[-1], bytes):
            written[-1] = before + output
        else:
            written.append(output)

    carry_out(session.start())
    for portion in portions:
        if isinstance(portion, Change):
            portion.make(shared)
        elif not session.closing:
            carry_out(session.receive(portion))
    carry_out(session.eof())
    counted = shared.counters.snapshot()
    return Seen(written, list(shared.journal), list(shared.mailbox), counted, session.closing)


@pytest.mark.parametrize("rules", RULES)
@given(lines=WIRES, cuts=st.lists(st.integers(0, 2000), max_size=8), lmtp=st.booleans())
def test_known_lines_are_answered_as_new_ones(rules: str, lines: list[bytes], cuts: list[int], lmtp: bool) -> None:
    """Line by line, pipelined (RFC 2920) and in any portions: the same octets, journal, mail and counts."""
    wire = b"".join(lines)
    kind = LmtpMock if lmtp else SmtpMock
    slow = run(make_mock(RULES[rules], kind), [wire[at : at + 1] for at in range(len(wire))])
    mock = make_mock(RULES[rules], kind)
    edges = [0, *sorted(cut % (len(wire) + 1) for cut in cuts), len(wire)]

    for portions in (lines, lines, [wire], [wire[a:b] for a, b in pairwise(edges)]):
        assert run(mock, portions) == slow


INSIDE = (
    b"STARTTLS\r\n",
    b"EHLO client.test\r\n",
    b"EHLO nochunking-size30.x\r\n",
    b"EHLO key-blue.x\r\n",
    b"AUTH PLAIN AGFubmErcmVkAHg=\r\n",
    *OPENING[1:],
    b"x\r\n.\r\n",
    b"x" * 40 + b"\r\n.\r\n",
    b"BDAT 3 LAST\r\nabc",
)
CHANGES = (*[Change(rules=name) for name in RULES], Change(key="red"), Change(key="blue"), Change())
STEPS = st.one_of(st.sampled_from([b"".join(OPENING[:3]), *INSIDE]), st.sampled_from(LINES), st.sampled_from(CHANGES))


@given(
    before=st.lists(STEPS, max_size=12),
    steps=st.lists(STEPS, max_size=20),
    kind=st.sampled_from([SmtpMock, SubmissionMock, LmtpMock]),
)
def test_rules_and_counts_that_change_in_between_tell_no_difference(
    before: list[bytes | Change], steps: list[bytes | Change], kind: type[SmtpMock]
) -> None:
    """What was learnt under other rules, by other sessions, or outside of TLS (RFC 3207 §4.2) is never answered."""
    apart: list[bytes | Change] = []
    for step in steps:
        apart += [step] if isinstance(step, Change) else [step[at : at + 1] for at in range(len(step))]
    slow = run(make_mock(RULES["none"], kind), apart)
    mock = make_mock(RULES["none"], kind)
    for learnt in (before, steps, steps):
        mock.shared.replace_rules(RULES["none"])
        seen = run(mock, learnt)
    assert seen == slow


def test_what_a_name_withheld_outside_of_tls_is_there_again_inside() -> None:
    """RFC 3207 §4.2: nothing of the first EHLO holds after the handshake, whoever said the second one before."""
    mock = make_mock(RULES["none"], SubmissionMock)
    inside = (b"EHLO client.test\r\n", *OPENING[1:3], b"BDAT 40 LAST\r\n" + b"x" * 40)
    run(mock, [OPENING[0], b"STARTTLS\r\n", *inside])
    assert OPENING[0] in mock.settled_inside

    seen = run(mock, [b"EHLO nochunking-size30.x\r\n", b"STARTTLS\r\n", *inside])
    assert [row.code for _, row in seen.journal][-4:] == ["250"] * 4
    assert len(seen.mail) == 1


def test_settled_lines_are_bounded() -> None:
    mock = make_mock(RuleIndex())
    session = mock(Peer("192.0.2.1:25", 1))
    session.start()
    session.receive(b"EHLO client.test\r\n")

    for number in range(2 * MAX_SETTLED_LINES):
        session.receive(b"NOOP %d\r\n" % number)
        assert len(mock.settled) <= MAX_SETTLED_LINES
    assert mock.shared.journal.total == 2 * MAX_SETTLED_LINES + 2


def test_line_over_the_limit_is_not_settled() -> None:
    """RFC 5321 §4.5.3.1.4: the head of a line that is too long is looked up, never kept as that line."""
    mock = SmtpMock(Shared(open_catalogue()), SmtpLimits(max_command_octets=5))
    session = mock(Peer("192.0.2.1:25", 1))
    session.start()

    first = session.receive(b"NOOP x\r\n")
    assert session.receive(b"NOOP\r\n") == session.receive(b"NOOP\r\n") == first
    assert not mock.settled


@pytest.mark.parametrize(
    "rules", [(), (Rule("smtp", "rcpt", parse_script("452", SMTP), {"key": "blue"}, name="blue"),)]
)
def test_lines_that_are_known_never_cross_isolated_tests(rules: tuple[Rule, ...]) -> None:
    """What the sender's tag keeps apart stays apart although other sessions said the same lines before."""
    shared = Shared(open_catalogue(), rules=RuleIndex(rules))
    mock = SmtpMock(shared)
    lines = (b"EHLO c.test\r\n", b"MAIL FROM:<a+%b@b.test>\r\n", b"RCPT TO:<c@d.test>\r\n", b"NOOP\r\n", b"RSET\r\n")
    for key in (b"blue", b"blue", b"red", b"red"):
        session = mock(Peer("192.0.2.1:25", 1))
        session.start()
        before = shared.journal.total
        for line in lines:
            session.receive(line % key if b"%" in line else line)
        heard = [row for number, row in shared.journal if number > before]
        assert [row.key for row in heard] == ["", *[key.decode()] * 4]
        assert heard[2].code == ("452" if rules and key == b"blue" else "250")


def test_tagged_line_is_known_and_so_are_those_after_its_transaction() -> None:
    """A tag isolates its own line and its transaction; what follows is answered at once again, in nobody's name."""
    mock = SmtpMock(Shared(open_catalogue()))
    session = mock(Peer("192.0.2.1:25", 1))
    session.start()
    lines = (
        b"EHLO c.test\r\n",
        b"MAIL FROM:<a@b.test>\r\n",
        b"RCPT TO:<rcpt452+red@d.test>\r\n",
        b"RCPT TO:<c+blue@d.test>\r\n",
        b"RCPT TO:<d@d.test>\r\n",
        b"RSET\r\n",
        b"MAIL FROM:<a@b.test>\r\n",
        b"RCPT TO:<d@d.test>\r\n",
        b"RSET\r\n",
    )
    for turn in range(2):
        before = mock.shared.journal.total
        for line in lines:
            session.receive(line)
        rows = [row for number, row in mock.shared.journal if number > before]
        assert [row.key for row in rows] == ["", "", "red", "blue", "blue", "blue", "", "", ""]
        assert [row.asked for row in rows if row.code == "452"] == [turn + 1]
    assert set(mock.settled) == set(lines)
    assert [mock.settled[line][4] for line in lines[2:5]] == ["red", "blue", ""]


def test_what_an_address_says_of_a_later_stage_ends_with_its_transaction() -> None:
    """DATA is answered at once again in the transaction after the one in which ``data451@`` spoke for it."""
    mock = SmtpMock(Shared(open_catalogue()))
    session = mock(Peer("192.0.2.1:25", 1))
    session.start()
    session.receive(b"EHLO c.test\r\n")
    codes = []
    for recipient in (b"data451@d.test", b"c@d.test", b"data451@d.test", b"c@d.test"):
        for line in (b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<" + recipient + b">\r\n", b"DATA\r\n"):
            output = session.receive(line)
        codes.append(output[:3] if isinstance(output, bytes) else b"")
        session.receive(b"RSET\r\n" if codes[-1] == b"451" else b"x\r\n.\r\n")
    assert codes == [b"451", b"354", b"451", b"354"]
    assert b"DATA\r\n" in mock.settled
    assert not session.later


def test_what_an_address_says_of_a_later_stage_is_not_kept_for_others() -> None:
    """DATA after ``data451@`` is refused there, and taken in every other transaction and session."""
    mock = SmtpMock(Shared(open_catalogue()))

    def said(*lines: bytes) -> list[bytes]:
        session = mock(Peer("192.0.2.1:25", 1))
        session.start()
        outputs = [session.receive(line + b"\r\n") for line in (b"EHLO c.test", b"MAIL FROM:<a@b.test>", *lines)]
        return [output[:3] if isinstance(output, bytes) else b"" for output in outputs[2:]]

    assert said(b"RCPT TO:<data451@d.test>", b"DATA") == [b"250", b"451"]
    assert said(b"RCPT TO:<c@d.test>", b"DATA") == [b"250", b"354"]
    assert said(b"RCPT TO:<data451@d.test>", b"DATA") == [b"250", b"451"]
