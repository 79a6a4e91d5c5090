"""Codes in lines of logs, reports and errors: what is one, what is none, who said it, and that no line does harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.store import open_catalogue
from statuary.explain.logline import (
    MAX_FOUND,
    MAX_KEPT_CODES,
    MAX_LINE_CHARACTERS,
    MAX_PART_CHARACTERS,
    Finding,
    LineReader,
    _shapes,
    to_dict,
)
from statuary.explain.logshapes import SHAPES, SPEAKERS
from statuary.explain.reference import MAX_ASKED_CHARACTERS, Reference

CATALOGUE = open_catalogue()
READER = LineReader(CATALOGUE)
LOGS = Path(__file__).resolve().parent.parent.parent / "content" / "logs"
NOT_READ = {("smtp/520", "curl 7.88.1")}
"""curl says nothing but "Remote access denied: 520", which could be any protocol's."""


def ids(line: str, *, alone: bool = False) -> list[str]:
    """The identities that a line is taken for."""
    return [found.code.id for found in READER.read(line, alone=alone)]


def one(line: str) -> Finding:
    """The first code of a line."""
    return READER.read(line)[0]


RECORDED = [
    (identity, item["program"], item["line"])
    for name in ("smtp", "http")
    for identity, items in json.loads((LOGS / f"{name}.json").read_text(encoding="utf-8")).items()
    for item in items
]


def test_every_recorded_line_is_read() -> None:
    """Each line that Postfix, Exim, nginx, Apache, HAProxy, curl, msmtp, smtplib and requests wrote says its code."""
    missed = [
        (identity, program)
        for identity, program, line in RECORDED
        if not any(found.partition("-")[0] == identity.partition("-")[0] for found in ids(line))
    ]
    assert set(missed) == NOT_READ
    assert len(RECORDED) > 500


def test_recorded_lines_hold_no_other_protocols() -> None:
    """A mail log is mail's, an access log HTTP's; msmtp also names the exit status with which it ended."""
    for identity, program, line in RECORDED:
        protocols = {found.partition("/")[0] for found in ids(line)} - {identity.partition("/")[0]}
        assert protocols <= ({"sysexits"} if program.startswith("msmtp") else set()), line


POSITIVE = [
    ("status=deferred (host mx.test[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))",
     ["smtp/452", "smtp/4.2.2"], "remote"),
    ("to=<a@b.test>, relay=mx.test, dsn=5.1.1, reply=550 5.1.1 <a@b.test>... User unknown, stat=User unknown",
     ["smtp/550", "smtp/5.1.1"], "remote"),
    ("NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 <a@b.test>: Relay access denied; from=<x@y.test>",
     ["smtp/554", "smtp/5.7.1"], "own"),
    ("dsn=4.4.1, status=deferred (connect to mx.test[192.0.2.1]:25: Connection timed out)", ["smtp/4.4.1"], "own"),
    ("smtplib.SMTPRecipientsRefused: {'a@b.test': (550, b'5.1.1 Unknown'), 'c@d.test': (452, b'4.2.2 Full')}",
     ["smtp/550", "smtp/5.1.1", "smtp/452", "smtp/4.2.2"], "remote"),
    ("Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach", ["smtp/550", "smtp/5.1.1"],
     "remote"),
    ("Status: 5.1.1", ["smtp/5.1.1"], "remote"),
    ("Remote_host_said:_550_5.1.1_unknown", ["smtp/550", "smtp/5.1.1"], "remote"),
    ("<** 550 5.1.1 no such user", ["smtp/550", "smtp/5.1.1"], "remote"),
    ("550 <a@b.test> User unknown", ["smtp/550"], "remote"),
    ("nginx: \"GET / HTTP/1.1\" 502 157 \"-\" \"curl/7.88.1\"", ["http/502"], "own"),
    ('192.0.2.1 - - [21/Nov/2026:09:00:00 +0000] "\\x16\\x03\\x01" 400 157 "-" "-"', ["http/400"], "own"),
    ("HTTP/1.1 503 Service Unavailable", ["http/503"], "remote"),
    ("curl: (22) The requested URL returned error: 404", ["http/404"], "remote"),
    ("urllib.error.HTTPError: HTTP Error 403: Forbidden", ["http/403"], "remote"),
    ("httpx.HTTPStatusError: Client error '404 Not Found' for url", ["http/404"], "remote"),
    ("AxiosError: Request failed with status code 502", ["http/502"], "remote"),
    ('{"level":"error","status":503,"msg":"no answer"}', ["http/503"], "unknown"),
    ("SIP/2.0 486 Busy Here", ["sip/486"], "remote"),
    ("RTSP/1.0 454 Session Not Found", ["rtsp/454"], "remote"),
    ("ftplib.error_perm: 530 Login incorrect.", ["ftp/530"], "remote"),
    ('rpc error: code = Unavailable desc = connection error', ["grpc/unavailable"], "remote"),
    ("rpc error: code = DeadlineExceeded desc = late", ["grpc/deadline_exceeded"], "remote"),
    ("rpc error: code = Canceled desc = context canceled", ["grpc/cancelled"], "remote"),
    ("status = StatusCode.UNAVAILABLE", ["grpc/unavailable"], "remote"),
    ("grpc-status: 14", ["grpc/unavailable"], "remote"),
    (";; ->>HEADER<<- opcode: QUERY, status: REFUSED, id: 502", ["dns/refused"], "remote"),
    ("dnsmasq[404]: reply foo.test is NXDOMAIN", ["dns/nxdomain"], "remote"),
    ("SSL_do_handshake() failed (SSL routines::sslv3 alert handshake failure:SSL alert number 40)",
     ["tls/handshake_failure"], "peer"),
    ("[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca (_ssl.c:1007)", ["tls/unknown_ca"], "peer"),
    ("remote error: tls: protocol version not supported", ["tls/protocol_version"], "peer"),
    ("WebSocket closed with close code 1006", ["websocket/1006"], "client"),
    ("received 1011 (internal error); then sent 1011 (internal error)", ["websocket/1011"], "peer"),
    ("HTTP/2 stream 1 was not closed cleanly: PROTOCOL_ERROR (err 1)", ["http2/protocol_error"], "peer"),
    ("a1 NO [AUTHENTICATIONFAILED] Authentication failed.", ["imap/authenticationfailed"], "remote"),
    ("-ERR [AUTH] wrong password", ["pop3/auth"], "remote"),
    ("SQLSTATE[23000]: duplicate entry 1062", ["sqlstate/23"], "remote"),
    ("ldap_bind: Invalid credentials (49)", ["ldap/invalidcredentials"], "remote"),
    ("ChannelClosedByBroker: (404, \"NOT_FOUND - no queue 'x'\")", ["amqp/404"], "remote"),
    ("Diameter error DIAMETER_UNABLE_TO_DELIVER (3002)", ["diameter/3002"], "remote"),
    ("exitcode=EX_TEMPFAIL", ["sysexits/ex_tempfail"], "own"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected", "speaker"), POSITIVE)
def test_lines_that_name_codes(line: str, expected: list[str], speaker: str) -> None:
    """Each in the order in which the line says it, with who said it."""
    found = READER.read(line)
    assert [each.code.id for each in found] == expected
    assert found[0].speaker == speaker


NEGATIVE = """\
Nov 21 09:00:00 mx postfix/smtpd[550]: connect from unknown[192.0.2.1]
postfix/qmgr[451]: 4ABCDE0001: from=<a@b.test>, size=452, nrcpt=1 (queue active)
Listening on port 443
nginx version 5.1.1 started
python 2.4.5 and 4.2.2
load average: 4.2.2
version=4.2.2 status=ok
upstream timed out (110: Connection timed out) while connecting
process exited with status 127
exit status 101
systemd[1]: Main process exited, code=exited, status=203/EXEC
systemd[1]: x.service: Failed with status=200
took 502 ms
timeout: 504ms
status=503ms
2026-11-21 404 rows imported
returned 500 records
received 404 bytes
user 550 logged in
pid 503 killed
kernel: [  452.123456] usb 1-1
curl: (7) Failed to connect to example.com port 443 after 502 ms
smtp port 587 open
SMTP 465
ERROR 1045 Access denied
GET /status/503
http://example.com:503/452
"GET /404 HTTP/1.1"
duration=404 status_count=500
192.0.2.1 5.1.1.1
status: refused
"status":"CANCELLED"
rpc code = nonsense
550 pages were printed
Final-Recipient: rfc822; nobody@example.org
Reporting-MTA: dns; mx502.example.net
close code 1006.5
SSL alert number 4000
452
""".splitlines()


@pytest.mark.parametrize("line", NEGATIVE)
def test_numbers_that_are_no_codes(line: str) -> None:
    """Ports, sizes, process numbers, versions, times and counts: a wrong guess is worse than none."""
    assert ids(line) == []


def test_a_person_may_ask_about_a_number_alone() -> None:
    """What would be noise in a log is a question where it is all that was given."""
    assert "smtp/452" in ids("452", alone=True)
    assert ids("NXDOMAIN", alone=True) == ["dns/nxdomain"]
    assert ids("hello", alone=True) == []


def test_part_and_reason() -> None:
    """What is shown of a line is what said so, and never long."""
    line = f'192.0.2.1 - - [21/Nov/2026:09:00:00 +0000] "GET /{"x" * 500} HTTP/1.1" 502 157 "-" "-"'
    found = one(line)
    assert len(found.part) == MAX_PART_CHARACTERS
    assert found.part.startswith("…")
    assert found.part.endswith('HTTP/1.1" 502 157')
    assert one("host mx.test said: 452 4.2.2 Full").part == "said: 452 4.2.2"
    assert found.why in {shape.why for shape in SHAPES}
    assert all(shape.speaker in SPEAKERS and shape.protocol in CATALOGUE.protocols for shape in SHAPES)


def test_an_enhanced_code_of_another_class_is_not_taken() -> None:
    """Reply and enhanced code begin with the same digit (RFC 2034 §4)."""
    assert ids("said: 452 5.2.2 Full") == ["smtp/452"]
    assert ids("lines 452 5.2.2") == []


def test_texts_of_providers_are_named() -> None:
    """Gmail's words with another token are still Gmail's; stock phrases, and one's own server's, are nobody's."""
    text = "452 4.2.2 The recipient's inbox is out of storage space. Please direct the recipient to https://g.test/ d1"
    heard = one(f"host g.test[192.0.2.1] said: {text} (in reply to RCPT TO command)").heard
    assert [item.provider for item in heard] == ["Gmail"]
    assert heard[0].source.startswith("https://")
    assert one("said: 452 4.5.3 Too many recipients").heard == ()
    assert one(f"NOQUEUE: reject: RCPT from unknown[192.0.2.1]: {text}").heard == ()


def test_plain_data() -> None:
    """The same members for every finding, in the reader's words."""
    found = to_dict(one("said: 452 4.2.2 Full"), "en")
    assert (found["code"], found["said_by"], found["page"]) == ("smtp/452", "remote", "/en/smtp/452")
    assert (found["policy"], found["wait_seconds"]) == ("same-request-later", 1800)
    assert all(found[name] for name in ("fix_sender", "fix_operator", "who_acts", "meaning", "repeat", "summary"))
    other = to_dict(one("SIP/2.0 486 Busy Here"), "fr", lambda text: text and f"[{text}]")
    assert other.keys() == found.keys()
    assert other["why"].startswith("[")


def test_languages() -> None:
    """Prose comes in the language; names do not change."""
    french = LineReader(CATALOGUE, "fr").read("said: 452 4.2.2 Full")[0].code
    assert french.prose.language == "fr"
    assert french.title == one("said: 452 4.2.2 Full").code.title


def test_a_question_to_the_reference() -> None:
    """What the API and the MCP server answer with."""
    assert [each["code"] for each in Reference(CATALOGUE).explain("SIP/2.0 486 Busy Here")["found"]] == ["sip/486"]
    assert MAX_ASKED_CHARACTERS < MAX_LINE_CHARACTERS


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    """No text does harm: control characters, halves of surrogate pairs, octets that were no UTF-8."""
    for alone in (False, True):
        found = READER.read(text, alone=alone)
        assert len(found) <= MAX_FOUND
        assert all(each.part.isprintable() and len(each.part) <= MAX_LINE_CHARACTERS for each in found)


_PIECES = st.sampled_from(
    ['"', "[", "]", "(", "HTTP/1.1", "said: ", "550", "5.1.1", "-", " ", "b'", "reject: ", ": ", "SMTP", "\\", "1/2/",
     "status=", "<", ">", "@", "alert ", "SSL", "code = ", "X", ";", "LDAP", "Closed"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=60).map("".join))
def test_pieces_of_shapes_are_read(text: str) -> None:
    """Neither do parts of real lines in any order; what is found is the catalogue's, each code once."""
    found = ids(text)
    assert len(found) == len(set(found)) <= MAX_FOUND
    assert all(CATALOGUE.get(identity) is not None for identity in found)


@given(st.integers(100, 999), st.sampled_from(["pid {}", "port {}", "{} bytes", "{} ms", "[{}]", "{}.5 s", "id={}"]))
def test_counts_of_things_are_never_codes(number: int, frame: str) -> None:
    """Any number of three digits, in the frames of things that are counted and numbered."""
    assert ids(f"Nov 21 09:00:00 host app[1]: {frame.format(number)} seen") == []


@pytest.mark.parametrize(
    "piece", ['"', "\\", '] "', "said: ", "reject: <", "1/", "SMTP error from remote mail server after ", "a ", "<@"]
)
def test_hostile_lines_are_read(piece: str) -> None:
    """What an expression that goes back would choke on, as long as a line may be: RE2 never goes back."""
    assert ids(piece * MAX_LINE_CHARACTERS) == []
    assert ids(f"550 {piece * MAX_LINE_CHARACTERS}") in ([], ["smtp/550"])
    assert all(type(pattern).__module__ == "re2" for pattern in _shapes()[1])


def test_what_was_looked_up_is_bounded() -> None:
    """Many numbers that nobody has assigned do not stay in memory."""
    reader = LineReader(CATALOGUE)
    for number in range(MAX_KEPT_CODES + 200):
        reader.read(f"dsn=5.{number % 1000}.{number // 1000}")
    assert len(reader._kept) <= MAX_KEPT_CODES


def test_the_rest_of_a_long_line_is_not_read() -> None:
    """What stands behind the limit is cut off."""
    assert ids("x" * (MAX_LINE_CHARACTERS - 10) + " SIP/2.0 486 Busy Here") == []
    assert ids("x" * (MAX_LINE_CHARACTERS - 60) + " SIP/2.0 486 Busy Here") == ["sip/486"]
