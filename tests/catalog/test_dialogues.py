"""Examples of FTP and SIP: what the lint says of them, and that it is silent where they are right."""

from __future__ import annotations

import pytest

from statuary.catalog.lint.dialogues import check_ftp, check_sip
from statuary.catalog.store import Catalogue

GOOD_FTP = """S: 220 ftp.example.com ready
C: FEAT
S: 211-Features:
S:  SIZE
S:  MDTM
S: 211 End
C: QUIT
S: 221 Goodbye"""

GOOD_SIP = """SIP/2.0 486 Busy Here
Via: SIP/2.0/TLS client.example.com;branch=z9hG4bK74b;received=192.0.2.4
From: Alice <sip:alice@example.com>;tag=9fxced76sl
To: Bob <sip:bob@example.org>;tag=314159
Call-ID: 3848276298220188511@client.example.com
CSeq: 1 INVITE
Content-Length: 0

"""


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("C: QUIT", "QUIT", 6, "a line without a direction"),
        ("S: 211 End\n", "", 5, "a command within the reply 211"),
        ("S: 221 Goodbye", "S: 22 Goodbye", 7, "not a reply"),
        ("S: 221 Goodbye", "S: 221-Goodbye", 7, "the reply 221 does not end"),
        ("ftp.example.com", "ftp.statuary.com", 0, "is not a reserved name"),
    ],
)
def test_ftp_findings(old: str, new: str, line: int, problem: str) -> None:
    """A reply of several lines opens with a hyphen and ends with its code and a space (RFC 959 §4.2)."""
    assert list(check_ftp(GOOD_FTP)) == []
    found = list(check_ftp(GOOD_FTP.replace(old, new)))
    assert [finding.line for finding in found if problem in finding.problem] == [line]


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("486 Busy Here", "486 Busy", 0, "the reason phrase of 486 is not 'Busy'"),
        ("SIP/2.0 486", "HTTP/1.1 486", 0, "not a start line"),
        (";tag=314159", "", 3, "To without a tag"),
        ("CSeq: 1 INVITE\n", "", 0, "a response without CSeq"),
        ("Content-Length: 0", "Content-Length: 7", 6, "Content-Length is 7, the body has 0 octets"),
        ("CSeq: 1 INVITE", "CSeq 1 INVITE", 5, "not a header field"),
        ("192.0.2.4", "8.8.8.8", 1, "is not a documentation address"),
    ],
)
def test_sip_findings(catalogue: Catalogue, old: str, new: str, line: int, problem: str) -> None:
    """The five fields of every response, its registered phrase and its length (RFC 3261 §8.2.6.2)."""
    code = catalogue.get("sip/486")
    assert code is not None
    assert list(check_sip(code, GOOD_SIP, {})) == []
    found = list(check_sip(code, GOOD_SIP.replace(old, new, 1), {}))
    assert line in [finding.line for finding in found if problem in finding.problem]


def test_trying_needs_no_tag(catalogue: Catalogue) -> None:
    """100 is answered before a dialogue has a tag (RFC 3261 §8.2.6.2)."""
    code = catalogue.get("sip/100")
    assert code is not None
    text = GOOD_SIP.replace("486 Busy Here", "100 Trying").replace(";tag=314159", "")
    assert list(check_sip(code, text, {})) == []


def test_short_field_names_count(catalogue: Catalogue) -> None:
    """``v: f: t: i: l:`` are the same fields (RFC 3261 §7.3.3)."""
    code = catalogue.get("sip/486")
    assert code is not None
    text = GOOD_SIP
    for name, short in (("Via", "v"), ("From", "f"), ("To", "t"), ("Call-ID", "i"), ("Content-Length", "l")):
        text = text.replace(f"\n{name}:", f"\n{short}:")
    assert list(check_sip(code, text, {})) == []
