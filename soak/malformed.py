"""Requests and dialogues that are nearly right: valid ones, damaged by a seeded generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple

__all__ = ["HTTP", "SMTP", "Damaged", "http_requests", "smtp_dialogues"]

MAX_PIECES = 4
"""In how many writes a damaged octet sequence goes out at most."""
MAX_DAMAGES = 4
"""How often one is damaged at most."""
MAX_REPEATS = 3000
"""How often a part is repeated at most; past every limit of a line, a head and a command."""

HTTP, SMTP = "http", "smtp"


class Damaged(NamedTuple):
    """What a client sends.

    Args:
        protocol: ``http`` or ``smtp``.
        pieces: its octets, in the writes in which they go out.
    """

    protocol: str
    pieces: list[bytes]

    @property
    def octets(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces)


_HEAD = b"Host: mock.test\r\nUser-Agent: client/1.0\r\nAccept: */*\r\n"
_HTTP_SEEDS: tuple[bytes, ...] = (
    b"GET /status/503x2~200?retry_after=60&key=a HTTP/1.1\r\n" + _HEAD + b"\r\n",
    b"GET /status/200:0.9,503:0.1?seed=7&reason=Busy&header=X-A:b HTTP/1.1\r\n" + _HEAD + b"\r\n",
    b"HEAD /smtp/452 HTTP/1.1\r\n" + _HEAD + b"Connection: close\r\n\r\n",
    b"PUT /anything/a?b=c&d=%C3%A9 HTTP/1.1\r\n" + _HEAD + b"Content-Length: 11\r\n\r\nhello world",
    b"POST /post HTTP/1.1\r\n"
    + _HEAD
    + b"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
    b"POST /post HTTP/1.1\r\n" + _HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    b"OPTIONS * HTTP/1.1\r\n" + _HEAD + b"\r\n",
    b"CONNECT mock.test:443 HTTP/1.1\r\nHost: mock.test:443\r\n\r\n",
    b"GET http://mock.test/get?a=1 HTTP/1.1\r\n" + _HEAD + b"Cookie: a=b; c=d\r\n\r\n",
    b"GET /range/1024 HTTP/1.1\r\n" + _HEAD + b'Range: bytes=0-99,200-\r\nIf-Range: "x"\r\n\r\n',
    b'GET /etag/x HTTP/1.1\r\n' + _HEAD + b'If-None-Match: W/"x", "y"\r\nIf-Modified-Since: Sat, 21 Nov 2026 09:00:00 GMT\r\n\r\n',
    b"GET /basic-auth/a/b HTTP/1.1\r\n" + _HEAD + b"Authorization: Basic YTpi\r\n\r\n",
    b"GET /digest-auth/auth/a/b/SHA-256 HTTP/1.1\r\n"
    + _HEAD
    + b'Authorization: Digest username="a", realm="r", nonce="n", uri="/", qop=auth, nc=00000001, cnonce="c", response="0"\r\n\r\n',
    b"GET /websocket/echo HTTP/1.1\r\nHost: mock.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    b"\x81\x85\x00\x00\x00\x00hello\x88\x82\x00\x00\x00\x00\x03\xe8",
    b"GET /cookies/set?a=b HTTP/1.1\r\n" + _HEAD + b"Accept-Encoding: gzip, br;q=0.5\r\n\r\n",
    b"GET /redirect-to?url=/get&status_code=307 HTTP/1.1\r\n" + _HEAD + b"Prefer: code=404\r\n\r\n",
    b"GET /base64/aGVsbG8= HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /uuid HTTP/1.1\r\n" + _HEAD + b"\r\n",
    b"GET /en/smtp/452?lang=fr HTTP/1.1\r\n" + _HEAD + b"Accept-Language: fr, en;q=0.5\r\n\r\n",
    b"GET /api/journal?protocol=http&limit=5 HTTP/1.1\r\n" + _HEAD + b"\r\n",
    b"POST /__admin/mappings HTTP/1.1\r\n"
    + _HEAD
    + b'Content-Type: application/json\r\nContent-Length: 58\r\n\r\n{"request":{"url":"/x-1"},"response":{"status":503},"a":1}',
    # Prior knowledge of HTTP/2 (RFC 9113 §3.3): preface, SETTINGS, and HEADERS of GET / for example.com.
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    b"\x00\x00\x0e\x01\x05\x00\x00\x00\x01\x82\x86\x84\x41\x8a\x08\x9d\x5c\x0b\x81\x70\xdc\x78\x0f",
)
_TRANSACTION = b"MAIL FROM:<a@client.example> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<rcpt452_4.2.2x1~pass+a@any.test>\r\n"
_SMTP_SEEDS: tuple[bytes, ...] = (
    b"EHLO client.example\r\n" + _TRANSACTION + b"RCPT TO:<b@any.test> NOTIFY=FAILURE ORCPT=rfc822;b@any.test\r\n"
    b"DATA\r\nSubject: Hello\r\nFrom: <a@client.example>\r\n\r\nHello.\r\n..stuffed\r\n.\r\nQUIT\r\n",
    b"HELO client.example\r\nMAIL FROM:<>\r\nRCPT TO:<message554_5.6.0@any.test>\r\nDATA\r\nHello.\r\n.\r\nRSET\r\nNOOP\r\n",
    b"EHLO size10000-no8bit.any.test\r\n" + _TRANSACTION + b"BDAT 5\r\nhelloBDAT 7 LAST\r\nworld\r\nQUIT\r\n",
    b"EHLO client.example\r\nAUTH PLAIN AGFubmEAc2VjcmV0\r\nMAIL FROM:<a@client.example> AUTH=<>\r\nRSET\r\n",
    b"EHLO client.example\r\nAUTH LOGIN\r\nYW5uYQ==\r\nc2VjcmV0\r\nQUIT\r\n",
    b"EHLO client.example\r\nAUTH CRAM-MD5\r\nYW5uYSAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==\r\n*\r\nQUIT\r\n",
    b"EHLO client.example\r\nSTARTTLS\r\nEHLO client.example\r\n",
    b"EHLO client.example\r\nVRFY vrfy551\r\nEXPN staff\r\nETRN etrn458\r\nHELP MAIL\r\nNOOP x\r\nQUIT\r\n",
    b"LHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<b@any.test>\r\nDATA\r\nHello.\r\n.\r\nQUIT\r\n",
    b"EHLO client.example\r\nMAIL FROM:<\xc3\xa9@client.example> SMTPUTF8\r\nRCPT TO:<\xe8\xb2\xa9@any.test>\r\nDATA\r\n\xe3\x81\x82\r\n.\r\n",
    b'EHLO [127.0.0.1]\r\nMAIL FROM:<"quoted \\" part"@client.example>\r\nRCPT TO:<@a.test,@b.test:bounce+550+text@any.test>\r\n',
    b"EHLO client.example\r\nMAIL FROM:<a@b.test> PRDR\r\nRCPT TO:<a@any.test>\r\nRCPT TO:<message550x1@any.test>\r\nDATA\r\nx\r\n.\r\n",
    b"EHLO client.example\r\nMAIL FROM:<mail421-close@any.test>\r\nRCPT TO:<bounce550_5.1.1@any.test>\r\nDATA\r\nx\r\n.\r\n",
)
_TOKENS: tuple[bytes, ...] = (
    *(b"\r\n", b"\r", b"\n", b"\0", b"\t", b" ", b"\x7f", b"\x1b", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
    *(b":", b";", b",", b'"', b"\\", b"<", b">", b"@", b"~", b"_", b"-", b"+", b"x", b"%", b"{", b"[", b"=", b"&", b"#"),
    *(b"%0d%0a", b"%00", b"%", b"%u0000", b"../", b"..%2f", b"\r\n.\r\n", b"\n.\n", b"\r\n\r\n", b"0\r\n\r\n"),
    *(b"-1", b"0", b"99999999999999999999", b"ffffffffffffffff", b"1e999", b"NaN", b"0x10", b"452_4.2.2x2"),
    *(b" HTTP/1.1", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: b\r\n", b"Upgrade: h2c\r\n"),
    *(b"DATA\r\n", b"BDAT 99999999 LAST\r\n", b"RCPT TO:<a@b>\r\n", b"STARTTLS\r\n", b"QUIT\r\n", b"*\r\n"),
)


def http_requests(seed: int, count: int) -> Iterator[Damaged]:
    """So many damaged requests; the same seed gives the same."""
    return _damaged(HTTP, _HTTP_SEEDS, seed, count)


def smtp_dialogues(seed: int, count: int) -> Iterator[Damaged]:
    """So many damaged dialogues, sent without waiting for replies; the same seed gives the same."""
    return _damaged(SMTP, _SMTP_SEEDS, seed, count)


def _damaged(protocol: str, seeds: Sequence[bytes], seed: int, count: int) -> Iterator[Damaged]:
    draw = Random(f"{protocol} {seed}")
    for _ in range(count):
        data = draw.choice(seeds)
        while data in seeds:
            for _ in range(draw.randint(1, MAX_DAMAGES)):
                data = draw.choice(_DAMAGES)(draw, data, seeds)
        cuts = sorted(draw.randrange(len(data) + 1) for _ in range(draw.randrange(MAX_PIECES)))
        edges = [0, *cuts, len(data)]
        yield Damaged(protocol, [data[start:end] for start, end in zip(edges, edges[1:], strict=False) if end > start])


def _span(draw: Random, data: bytes, longest: int) -> tuple[int, int]:
    start = draw.randrange(len(data) + 1)
    return start, min(len(data), start + draw.randint(1, longest))


def _flip(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Another octet in one place."""
    start, end = _span(draw, data, 1)
    return data[:start] + draw.randbytes(1) + data[end:]


def _lose(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A few octets fewer."""
    start, end = _span(draw, data, 20)
    return data[:start] + data[end:]


def _double(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A part twice."""
    start, end = _span(draw, data, 60)
    return data[:end] + data[start:end] + data[end:]


def _swell(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A part very often, so that a limit is passed."""
    start, end = _span(draw, data, 12)
    return data[:start] + data[start:end] * draw.randint(2, MAX_REPEATS) + data[end:]


def _throw_in(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A word of the grammar where it does not belong."""
    at = draw.randrange(len(data) + 1)
    return data[:at] + draw.choice(_TOKENS) + data[at:]


def _noise(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Random octets in place of a part."""
    start, end = _span(draw, data, 30)
    return data[:start] + draw.randbytes(end - start + 3) + data[end:]


def _cut_off(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """The end is missing."""
    return data[: draw.randrange(len(data) + 1)]


def _line_ends(draw: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Other line ends: bare LF, bare CR, LF CR (RFC 5321 §2.3.8, RFC 9112 §2.2)."""
    return data.replace(b"\r\n", draw.choice((b"\n", b"\r", b"\n\r", b"\r\r\n")), draw.choice((-1, 1, 2)))


def _cross(draw: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    """The head of one, the tail of another."""
    other = draw.choice(seeds)
    return data[: draw.randrange(len(data) + 1)] + other[draw.randrange(len(other) + 1) :]


_DAMAGES: tuple[Callable[[Random, bytes, Sequence[bytes]], bytes], ...] = (
    _flip,
    _lose,
    _double,
    _swell,
    _throw_in,
    _throw_in,
    _noise,
    _cut_off,
    _line_ends,
    _cross,
)
