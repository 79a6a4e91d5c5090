"""Heads of requests: what is understood, what is refused, and where the limits lie."""

from __future__ import annotations

import pytest

from statuary.errors import RemoteProtocolError
from statuary.wire.http1 import Http1Engine, HttpLimits, Request, RequestCache, RequestError, State
from statuary.wire.http1.parser import CHUNKED, FieldScanner, HeadReader, body_length, decode_field

HOST = b"Host: a.test\r\n"


def first(data: bytes, limits: HttpLimits | None = None) -> Request:
    """The request that some octets make."""
    engine = Http1Engine(limits)
    engine.receive_data(data)
    event = engine.next_event()
    assert isinstance(event, Request), event
    return event


def refusal(data: bytes, limits: HttpLimits | None = None) -> RequestError:
    """The error that some octets make, having checked that it is the last that is heard of them."""
    engine = Http1Engine(limits)
    engine.receive_data(data)
    event = engine.next_event()
    assert isinstance(event, RequestError), event
    assert engine.next_event() is None
    assert (engine.state, engine.closing, event.answer_due) == (State.REFUSED, True, True)
    return event


def test_request_tells_all_of_its_head() -> None:
    """RFC 9112 §3, §5: names fold to lower case, values keep theirs, the order stays."""
    raw = b"GET /status/503?x=1 HTTP/1.1\r\nHost: a.test:8081\r\nX-B:  two \t\r\nx-a:\r\nX-B: Drei\xe9\r\n\r\n"
    request = first(raw)
    assert request == Request(
        method="GET",
        target="/status/503?x=1",
        version="1.1",
        headers=(("host", "a.test:8081"), ("x-b", "two"), ("x-a", ""), ("x-b", "Drei\xe9")),
        expects_continue=False,
        ended=True,
        keep_alive=True,
        raw=raw,
    )
    assert request.header("x-b") == "two"
    assert request.header("x-c") is None


@pytest.mark.parametrize(
    "line",
    [
        b"GET / HTTP/1.1",
        b"get /lower/case HTTP/1.1",
        b"FROBNICATE / HTTP/1.1",
        b"M-SEARCH /x HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"OPTIONS /x HTTP/1.1",
        b"GET http://a.test/x HTTP/1.1",
        b"GET HTTPS://a.test HTTP/1.1",
        b"CONNECT a.test:443 HTTP/1.1",
        b"CONNECT [::1]:443 HTTP/1.1",
        b"GET /caf\xc3\xa9 HTTP/1.1",
        b'GET /a|b{c}"d HTTP/1.1',
        b"GET / HTTP/1.0",
        b"GET / HTTP/1.9",
    ],
)
def test_request_line_is_understood(line: bytes) -> None:
    """RFC 9112 §3: any method token, each of the four target forms, any version of major 1."""
    method, target, version = line.decode("latin-1").split(" ")
    request = first(line + b"\r\n" + HOST + b"\r\n")
    assert (request.method, request.target, f"HTTP/{request.version}") == (method, target, version)


@pytest.mark.parametrize(
    ("line", "status_hint"),
    [
        (b"GET / HTTP/2.0", 505),
        (b"GET * HTTP/2.0", 505),
        (b"GET / HTTP/0.9", 505),
        (b"GET / HTTP/3.0", 505),
        (b"GET /", 400),
        (b"GET / http/1.1", 400),
        (b"GET / HTTP/1.10", 400),
        (b"GET / HTTP/1", 400),
        (b"GET ", 400),
        (b"GET  / HTTP/1.1", 400),
        (b"GET /a b HTTP/1.1", 400),
        (b"GET / HTTP/1.1 ", 400),
        (b" GET / HTTP/1.1", 400),
        (b"GET\t/ HTTP/1.1", 400),
        (b"G(T / HTTP/1.1", 400),
        (b"GET /a#b HTTP/1.1", 400),
        (b"GET /a\x00b HTTP/1.1", 400),
        (b"GET /a\x7f HTTP/1.1", 400),
        (b"GET /a\rb HTTP/1.1", 400),
        (b"GET a HTTP/1.1", 400),
        (b"GET * HTTP/1.1", 400),
        (b"GET 127.0.0.1:80/x HTTP/1.1", 400),
        (b"CONNECT /x HTTP/1.1", 400),
        (b"CONNECT a.test HTTP/1.1", 400),
        (b"CONNECT http://a.test/ HTTP/1.1", 400),
        (b"EHLO client.test", 400),
        (b"QUIT", 400),
        (b"SSH-2.0-OpenSSH_9.2", 400),
    ],
)
def test_request_line_is_refused(line: bytes, status_hint: int) -> None:
    """RFC 9112 §3 and §2.3: a line that is none is refused at once, before any header section."""
    assert refusal(line + b"\r\n").status_hint == status_hint
    assert refusal(line + b"\r\n" + HOST + b"\r\n").status_hint == status_hint


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00",
        b'{"a": 1}',
        b"\xff\xfb\x1f",
        b"\r\r",
        b"\n",
        b"\xef\xbb\xbfGET / HTTP/1.1",
    ],
)
def test_octets_that_are_not_http_are_refused_at_once(data: bytes) -> None:
    """A client that speaks something else is told so without waiting for a line's end."""
    event = refusal(data)
    assert (event.status_hint, event.raw) == (400, data)


@pytest.mark.parametrize(
    "section",
    [
        HOST + b"A : b\r\n",
        HOST + b"A\r\n",
        HOST + b": b\r\n",
        HOST + b"A b: c\r\n",
        HOST + b"\xc3\xa9: b\r\n",
        HOST + b"A: b\r\n c\r\n",
        HOST + b"A: b\r\n\tc\r\n",
        HOST + b"A:\r\n b\r\n",
        b" A: b\r\n" + HOST,
        b"\tA: b\r\n" + HOST,
        HOST + b"A: b\nB: c\r\n",
        HOST + b"A: b\rB: c\r\n",
        HOST + b"A: b\r\r\n",
        HOST + b"\n",
        HOST + b"A: b\x00c\r\n",
        HOST + b"A: b\x01c\r\n",
        HOST + b"A: b\x7fc\r\n",
    ],
)
def test_malformed_header_section_is_refused(section: bytes) -> None:
    """RFC 9112 §2.2, §5.1, §5.2: bare CR and LF, folding, white space before a colon, controls."""
    data = b"GET / HTTP/1.1\r\n" + section + b"\r\n"
    event = refusal(data)
    assert (event.status_hint, event.raw) == (400, data)


def test_bare_line_feeds_throughout_are_refused() -> None:
    """RFC 9112 §2.2 lets a recipient take a lone LF for a line's end; it is safer not to."""
    assert refusal(b"GET / HTTP/1.1\nHost: a.test\n\n").status_hint == 400


@pytest.mark.parametrize("fold", [b" b", b"\tb"])
def test_fold_is_refused_before_the_section_is_complete(fold: bytes) -> None:
    """RFC 9112 §5.2: nothing is held back for a section that can only be refused."""
    assert refusal(b"GET / HTTP/1.1\r\nA: a\r\n" + fold + b"\r\n").status_hint == 400


@pytest.mark.parametrize(
    "section",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        b"Content-Length: 3\r\nContent-Length: 3\r\n",
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: 3, 3\r\n",
        b"Content-Length: +3\r\n",
        b"Content-Length: -3\r\n",
        b"Content-Length: 0x3\r\n",
        b"Content-Length: 3 3\r\n",
        b"Content-Length: 1_0\r\n",
        b"Content-Length: \xb2\r\n",
        b"Content-Length: three\r\n",
        b"Content-Length:\r\n",
        b"Content-Length : 3\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, gzip\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding:\r\n",
        b"Transfer-Encoding: ,chunked,\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b'Transfer-Encoding: "chunked"\r\n',
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: chunked;q=1\r\n",
        b"Transfer-Encoding\r\n : chunked\r\n",
    ],
)
def test_ambiguous_framing_is_refused(section: bytes) -> None:
    """RFC 9112 §6.1, §6.3, §11.2: what two recipients could cut differently gives 400 and the end."""
    data = b"POST / HTTP/1.1\r\n" + HOST + section + b"\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"
    assert refusal(data).status_hint == 400


@pytest.mark.parametrize(
    "deciding",
    [
        {"transfer-encoding": ["chunked"], "content-length": ["3"]},
        {"transfer-encoding": ["gzip"]},
        {"transfer-encoding": ["chunked, chunked"]},
        {"transfer-encoding": [""]},
        {"content-length": ["3", "3"]},
        {"content-length": ["3, 3"]},
        {"content-length": ["\xb2"]},
        {"content-length": [""]},
    ],
)
def test_framing_does_not_rest_on_llhttp(deciding: dict[str, list[str]]) -> None:
    """RFC 9112 §6.3: a version of it that lets more pass changes nothing."""
    with pytest.raises(RemoteProtocolError) as caught:
        body_length(deciding, modern=True)
    assert caught.value.reply_hint == 400


def test_transfer_encoding_in_1_0_is_refused() -> None:
    """RFC 9112 §6.1: the framing of such a message is faulty."""
    assert refusal(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").status_hint == 400


def test_unknown_transfer_coding_is_not_implemented() -> None:
    """RFC 9112 §6.1: a coding that is not understood gives 501."""
    data = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n"
    assert refusal(data).status_hint == 501


@pytest.mark.parametrize(
    ("section", "length"),
    [
        (b"", 0),
        (b"Content-Length: 0\r\n", 0),
        (b"Content-Length: 007 \r\n", 7),
        (b"Transfer-Encoding: chunked\r\n", CHUNKED),
        (b"transfer-encoding: CHUNKED \r\n", CHUNKED),
    ],
)
def test_body_length(section: bytes, length: int) -> None:
    """RFC 9112 §6.3: no field, no body; a request is never delimited by the connection's end."""
    limits = HttpLimits()
    data = b"POST / HTTP/1.1\r\n" + HOST + section + b"\r\n"
    head = HeadReader(limits, RequestCache(limits)).read(data, 0)
    assert head is not None
    assert (head.length, head.request.ended, head.end) == (length, length == 0, len(data))


@pytest.mark.parametrize(
    "section",
    [
        b"",
        HOST + HOST,
        HOST + b"Host: b.test\r\n",
        b"Host: a.test, b.test\r\n",
        b"Host: a test\r\n",
        b"Host: a.test/x\r\n",
        b"Host: user@a.test\r\n",
        b"Host: a.test:http\r\n",
        b"Host: [::1\r\n",
        b"Host: caf\xc3\xa9.test\r\n",
    ],
)
def test_host_missing_repeated_or_invalid(section: bytes) -> None:
    """RFC 9112 §3.2: each gives 400."""
    assert refusal(b"GET / HTTP/1.1\r\n" + section + b"\r\n").status_hint == 400


@pytest.mark.parametrize(
    "host", [b"", b"a.test", b"127.0.0.1:8081", b"[::1]", b"[fe80::1]:8081", b"a.test:", b"x_y.test", b"%41.test"]
)
def test_host_valid(host: bytes) -> None:
    """RFC 9110 §7.2, RFC 3986 §3.2.2."""
    assert first(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").header("host") == host.decode()


def test_host_is_free_in_1_0() -> None:
    """RFC 9112 §3.2 asks for Host in 1.1 alone, but one only in both."""
    assert first(b"GET / HTTP/1.0\r\n\r\n").headers == ()
    assert refusal(b"GET / HTTP/1.0\r\n" + HOST + HOST + b"\r\n").status_hint == 400


@pytest.mark.parametrize(
    ("version", "section", "keep_alive"),
    [
        (b"1.1", b"", True),
        (b"1.2", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"Connection: keep-alive, CLOSE\r\n", False),
        (b"1.1", b"Connection: keep-alive\r\nConnection: Close\r\n", False),
        (b"1.1", b"Connection: closed\r\n", True),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: Keep-Alive\r\n", True),
        (b"1.0", b"Connection: keep-alive, close\r\n", False),
    ],
)
def test_keep_alive(version: bytes, section: bytes, keep_alive: bool) -> None:
    """RFC 9112 §9.3."""
    request = first(b"GET / HTTP/" + version + b"\r\n" + HOST + section + b"\r\n")
    assert request.keep_alive is keep_alive


@pytest.mark.parametrize(
    ("version", "section", "expects"),
    [
        (b"1.1", b"Expect: 100-continue\r\nContent-Length: 1\r\n", True),
        (b"1.1", b"Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", True),
        (b"1.1", b"Expect: 100-continue\r\n", False),
        (b"1.1", b"Expect: 100-continue\r\nContent-Length: 0\r\n", False),
        (b"1.1", b"Expect: miracles\r\nContent-Length: 1\r\n", False),
        (b"1.0", b"Expect: 100-continue\r\nContent-Length: 1\r\n", False),
    ],
)
def test_expects_continue(version: bytes, section: bytes, expects: bool) -> None:
    """RFC 9110 §10.1.1: in 1.1 only, and only where there is something to wait with."""
    assert first(b"PUT / HTTP/" + version + b"\r\n" + HOST + section + b"\r\n").expects_continue is expects


@pytest.mark.parametrize(
    "section",
    [
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    ],
)
def test_upgrade_is_an_ordinary_request(section: bytes) -> None:
    """RFC 9110 §7.8: a server may ignore Upgrade; the next request is read as ever, and so is a body."""
    engine = Http1Engine()
    head = b"POST /up HTTP/1.1\r\n" + HOST + section + b"Content-Length: 2\r\n\r\n"
    engine.receive_data(head + b"hi" + b"GET /next HTTP/1.1\r\n" + HOST + b"\r\n")
    event = engine.next_event()
    assert isinstance(event, Request)
    assert (event.ended, event.keep_alive) == (False, True)
    assert event.raw == head
    body = engine.next_event()
    assert body is not None
    assert body[:2] == (b"hi", True)
    engine.send_response(200, "OK")
    following = engine.next_event()
    assert isinstance(following, Request)
    assert following.target == "/next"


@pytest.mark.parametrize("count", range(5))
def test_empty_lines_before_a_request_are_skipped(count: int) -> None:
    """RFC 9112 §2.2: at least one is to be ignored; the octets stay with the request."""
    data = b"\r\n" * count + b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
    assert first(data).raw == data


def test_max_empty_lines() -> None:
    """A client may not send empty lines for ever."""
    assert refusal(b"\r\n" * 5).status_hint == 400
    assert first(b"GET / HTTP/1.0\r\n\r\n", HttpLimits(max_empty_lines=0)).target == "/"
    assert refusal(b"\r\n", HttpLimits(max_empty_lines=0)).status_hint == 400


def test_max_method_octets() -> None:
    """RFC 9112 §3: a method longer than any known gives 501, before its end is seen."""
    limits = HttpLimits(max_method_octets=5)
    assert first(b"PATCH / HTTP/1.0\r\n\r\n", limits).method == "PATCH"
    assert refusal(b"DELETE / HTTP/1.0\r\n\r\n", limits).status_hint == 501
    assert refusal(b"DELETE", limits).status_hint == 501


def test_max_target_octets() -> None:
    """RFC 9112 §3: a target that is too long gives 414, before its end is seen."""
    limits = HttpLimits(max_target_octets=10)
    assert first(b"GET /234567890 HTTP/1.0\r\n\r\n", limits).target == "/234567890"
    assert refusal(b"GET /2345678901 HTTP/1.0\r\n\r\n", limits).status_hint == 414
    engine = Http1Engine(limits)
    engine.receive_data(b"GET /234567890 HTTP/1.0\r")
    assert engine.next_event() is None
    assert refusal(b"GET /" + b"x" * 22, limits).status_hint == 414


def test_target_of_8000_octets_is_taken() -> None:
    """RFC 9112 §3 asks for it."""
    target = b"/" + b"x" * 7999
    assert first(b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n").target == target.decode()


def test_max_header_octets() -> None:
    """RFC 6585 §5: a header section that is too large gives 431, before its end is seen."""
    limits = HttpLimits(max_header_octets=40)
    line = b"GET / HTTP/1.0\r\n"
    section = b"A: " + b"x" * 33 + b"\r\n\r\n"
    assert len(section) == 40
    assert first(line + section, limits).headers == (("a", "x" * 33),)
    assert refusal(line + b"x" + section, limits).status_hint == 431
    assert refusal(line + b"A: " + b"x" * 37, limits).status_hint == 431


def test_max_headers() -> None:
    """RFC 6585 §5: too many fields give 431, before the section's end is seen."""
    limits = HttpLimits(max_headers=3)
    line = b"GET / HTTP/1.0\r\n"
    assert len(first(line + b"A: b\r\n" * 3 + b"\r\n", limits).headers) == 3
    assert refusal(line + b"A: b\r\n" * 4 + b"\r\n", limits).status_hint == 431
    assert refusal(line + b"A: b\r\n" * 4, limits).status_hint == 431


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
def test_max_body_octets_is_judged_by_the_head(expect: bytes) -> None:
    """RFC 9110 §15.5.14: a body announced as too large is refused before any of it is read."""
    limits = HttpLimits(max_body_octets=10)
    head = b"POST / HTTP/1.1\r\n" + HOST + expect + b"Content-Length: "
    assert not first(head + b"10\r\n\r\n", limits).ended
    event = refusal(head + b"11\r\n\r\nabc", limits)
    assert (event.status_hint, event.raw) == (413, head + b"11\r\n\r\n")


def test_content_length_beyond_64_bits_is_refused() -> None:
    """RFC 9110 §8.6: no integer overflow."""
    assert refusal(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 18446744073709551617\r\n\r\n").status_hint == 400


def test_max_error_octets() -> None:
    """What a refusal keeps is bounded."""
    assert refusal(b"\x16" * 1000, HttpLimits(max_error_octets=100)).raw == b"\x16" * 100


class TestFieldScanner:
    """RFC 9112 §2.1, §5: finding the empty line that ends a section, however it comes."""

    def test_section_without_fields(self) -> None:
        """The empty line alone; what follows it belongs to another message."""
        assert FieldScanner(HttpLimits()).scan(b"xx\r\nA: b\r\n\r\n", 2) == 4

    def test_goes_on_where_it_stopped(self) -> None:
        """Counts do not start anew with each call, and are forgotten with the section's end."""
        scanner = FieldScanner(HttpLimits(max_headers=2))
        section = b"A: b\r\nC: d\r\n\r\n"
        for _ in range(3):
            assert all(scanner.scan(section[:end], 0) is None for end in range(len(section)))
            assert scanner.scan(section, 0) == len(section)

    def test_reset_forgets(self) -> None:
        """A section begun and given up leaves nothing behind."""
        scanner = FieldScanner(HttpLimits(max_headers=1))
        assert scanner.scan(b"A: b\r\n", 0) is None
        scanner.reset()
        assert scanner.scan(b"A: b\r\n\r\n", 0) == 8

    def test_first_fault_counts(self) -> None:
        """The verdict is that of the octets that come first."""
        limits = HttpLimits(max_header_octets=12)
        with pytest.raises(RemoteProtocolError, match="CRLF") as caught:
            FieldScanner(limits).scan(b"A: b\nxxxxxxxxxxxxxxx", 0)
        assert caught.value.reply_hint == 400
        with pytest.raises(RemoteProtocolError, match="max_header_octets") as caught:
            FieldScanner(limits).scan(b"xxxxxxxxxxxxxxxA: b\n", 0)
        assert caught.value.reply_hint == 431


def test_decode_field_keeps_octets() -> None:
    """RFC 9110 §5.5: octets above 0x7F are opaque and survive."""
    assert decode_field(b"X-Y", b" \xe2\x82\xac\t") == ("x-y", "\xe2\x82\xac")
