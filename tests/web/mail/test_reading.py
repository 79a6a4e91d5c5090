"""Mail taken apart: whatever the octets are, something can be read, and nothing takes long or fails."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statuary.serve.mailbox import Message
from statuary.web.admin.mail import open_mail
from statuary.web.mail.parts import MAX_PARAMETER_OCTETS, MAX_PARTS, decoded, parse
from statuary.web.mail.reading import (
    MAX_FIELD_CHARACTERS,
    MAX_FIELDS,
    MAX_NAME_CHARACTERS,
    attachment,
    download_name,
    read_mail,
    read_subject,
)
from tests.web.hostile_mail import SAMPLES

_LINES = st.sampled_from(
    [
        *(
            b"Subject: =?utf-8?Q?=E9?=",
            b"Content-Type: multipart/mixed; boundary=b",
            b"--b",
            b"--b--",
            b"",
            b"text \xff\x00",
        ),
        *(
            b"Content-Type: text/html; charset=punycode",
            b"Content-Type: message/rfc822",
            b"Content-Transfer-Encoding: base64",
        ),
        *(b"Content-Disposition: attachment; filename*0*=utf-8''%ff; filename*1=x", b"Content-Type: ;;;=", b" folded"),
        *(b"Content-Type: multipart/mixed", b"!!!!", b"Content-ID: <\xff>", b": no name", b"\xef\xbb\xbfFrom: x"),
    ]
)


@given(st.lists(_LINES | st.binary(max_size=12), max_size=30), st.sampled_from([b"\r\n", b"\n", b"\r"]))
@settings(max_examples=400)
def test_no_octets_break_the_reader(lines: list[bytes], end: bytes) -> None:
    """Neither ours nor that of the API that mail tools know."""
    content = end.join(lines)
    reading = read_mail(content)
    for each in reading.attachments:
        assert attachment(content, each.place) == each
        assert download_name(each.name, each.place)
    read_subject(content)
    open_mail(Message(0.0, 1, "a@b.test", ("c@d.test",), content))


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_read_by_both_readers(name: str) -> None:
    """The API that mail tools know does not fail on them either."""
    content = SAMPLES[name]
    reading = read_mail(content)
    assert len(reading.fields) <= MAX_FIELDS
    assert all(len(field.value) <= MAX_FIELD_CHARACTERS for field in reading.fields)
    assert open_mail(Message(0.0, 1, "a@b.test", ("c@d.test",), content)).subject == reading.first("subject")[:2000]


def test_texts_html_and_attachments_are_told_apart() -> None:
    """By media type, disposition and name (RFC 2183)."""
    content = (
        b"Subject: =?utf-8?Q?Caf=C3=A9?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>hi\r\n"
        b"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nfile\r\n--b--\r\n"
    )
    reading = read_mail(content)
    assert (reading.first("subject"), reading.text, reading.html) == ("Café", "café", "<p>hi")
    (found,) = reading.attachments
    assert (found.place, found.name, found.media, found.content) == (4, "a.txt", "text/plain", b"file")
    assert attachment(content, 2) is None


def test_a_message_within_a_message_is_not_taken_for_it() -> None:
    """RFC 2046 §5.2.1: what another wrote is attached, whatever is in it."""
    content = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee below\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n"
        b"Content-Type: multipart/alternative; boundary=c\r\n\r\n"
        b"--c\r\n\r\npay here\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>pay here\r\n--c--\r\n--b--\r\n"
    )
    reading = read_mail(content)
    assert (reading.text, reading.html) == ("see below", "")
    assert [(each.media, each.content) for each in reading.attachments] == [
        ("text/plain", b"pay here"),
        ("text/html", b"<p>pay here"),
    ]


def test_a_report_on_a_delivery_is_read_with_its_fields() -> None:
    """RFC 3464 §2: the blocks of fields are text to people, and no empty attachments."""
    content = (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt failed.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; emil@any.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Hello\r\n--b--\r\n"
    )
    reading = read_mail(content)
    assert reading.text.splitlines() == [
        *("It failed.", "", "Reporting-MTA: dns; mx.example", ""),
        *("Final-Recipient: rfc822; emil@any.test", "Action: failed", "Status: 5.1.1"),
    ]
    assert [each.media for each in reading.attachments] == ["text/rfc822-headers"]


def test_a_message_with_many_parts_says_that_there_are_more() -> None:
    """No list grows without bound."""
    part = b"--b\r\nContent-Type: application/x\r\n\r\nx\r\n"
    reading = read_mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * (MAX_PARTS + 10))
    assert reading.more_parts
    assert len(reading.attachments) == MAX_PARTS - 1


def test_what_would_keep_the_parser_busy_is_shown_by_its_header_alone() -> None:
    """Nesting, and parameters: its time grows with the square of both."""
    long = b"Subject: s\r\nContent-Type: text/plain;" + b" a=b;" * MAX_PARAMETER_OCTETS + b"\r\n\r\nx"
    deep = b"Subject: s\r\nContent-Type: multipart/mixed; boundary=b\r\n" + b"\r\nContent-Type: multipart/x\r\n" * 3000
    for content in (long, deep):
        assert parse(content) is None
        reading = read_mail(content)
        assert (reading.whole, reading.first("subject"), reading.text) == (False, "s", "")


@pytest.mark.parametrize("charset", ["punycode", "idna", "undefined", "unicode_escape", "no-such", "", "\x00", "zip"])
def test_charsets_that_are_none_of_mail_are_read_as_utf_8(charset: str) -> None:
    """Some codecs of Python take a time that grows with the square of the text."""
    assert decoded("é".encode() + b"\xff", charset) == "é\ufffd"


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\evil.bat", "evil.bat"),
        ("請求書.pdf", "請求書.pdf"),
        ("a\u202efdp.exe", "a_fdp.exe"),
        (".htaccess", "htaccess"),
        ("a..b...c", "a_b_c"),
        ('x"; y=1', "x__ y_1"),
        ("", "part-3.bin"),
        ("..", "part-3.bin"),
        ("\x00", "part-3.bin"),
    ],
)
def test_names_of_files_are_harmless(given: str, saved: str) -> None:
    """No folder, no hidden file, no character that is not seen."""
    assert download_name(given, 3) == saved


def test_long_names_keep_their_ending() -> None:
    """By which a reader knows what it is."""
    name = download_name("x" * 5000 + ".pdf", 1)
    assert len(name) == MAX_NAME_CHARACTERS
    assert name.endswith(".pdf")
