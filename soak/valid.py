"""Valid requests and dialogues: what the malformed ones are made from."""

from __future__ import annotations

__all__ = ["DIALOGUES", "REQUESTS", "WORDS"]


def _request(*lines: str, body: bytes = b"") -> bytes:
    """A request: its lines, each with its end, the empty line, and what follows."""
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1") + body


def _dialogue(*lines: str) -> bytes:
    """All that a client says, each line with its end."""
    return "".join(f"{line}\r\n" for line in lines).encode()


_HEAD = ("Host: mock.test", "User-Agent: client/1.0", "Accept: */*")
_DIGEST = 'username="a", realm="r", nonce="n", uri="/", qop=auth, nc=00000001, cnonce="c", response="0"'
_UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
_FRAMES = b"\x81\x85\x00\x00\x00\x00hello\x88\x82\x00\x00\x00\x00\x03\xe8"
_STUB = b'{"request": {"url": "/x-1"}, "response": {"status": 503}}'

REQUESTS: tuple[bytes, ...] = (
    _request("GET /status/503x2~200?retry_after=60&key=a HTTP/1.1", *_HEAD),
    _request("GET /status/200:0.9,503:0.1?seed=7&reason=Busy&header=X-A:b HTTP/1.1", *_HEAD),
    _request("HEAD /smtp/452 HTTP/1.1", *_HEAD, "Connection: close"),
    _request("PUT /anything/a?b=c&d=%C3%A9 HTTP/1.1", *_HEAD, "Content-Length: 11", body=b"hello world"),
    _request(
        *("POST /post HTTP/1.1", *_HEAD, "Transfer-Encoding: chunked", "Trailer: X-Sum"),
        body=b"5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
    ),
    _request("POST /post HTTP/1.1", *_HEAD, "Expect: 100-continue", "Content-Length: 5", body=b"hello"),
    _request("OPTIONS * HTTP/1.1", *_HEAD),
    _request("CONNECT mock.test:443 HTTP/1.1", "Host: mock.test:443"),
    _request("GET http://mock.test/get?a=1 HTTP/1.1", *_HEAD, "Cookie: a=b; c=d"),
    _request("GET /range/1024 HTTP/1.1", *_HEAD, "Range: bytes=0-99,200-", 'If-Range: "x"'),
    _request(
        "GET /etag/x HTTP/1.1", *_HEAD, 'If-None-Match: W/"x"', "If-Modified-Since: Sat, 21 Nov 2026 09:00:00 GMT"
    ),
    _request("GET /basic-auth/a/b HTTP/1.1", *_HEAD, "Authorization: Basic YTpi"),
    _request("GET /digest-auth/auth/a/b/SHA-256 HTTP/1.1", *_HEAD, f"Authorization: Digest {_DIGEST}"),
    _request(
        *("GET /websocket/echo HTTP/1.1", *_HEAD, *_UPGRADE, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
        body=_FRAMES,
    ),
    _request("GET /cookies/set?a=b HTTP/1.1", *_HEAD, "Accept-Encoding: gzip, br;q=0.5"),
    _request("GET /redirect-to?url=/get&status_code=307 HTTP/1.1", *_HEAD, "Prefer: code=404"),
    _request("GET /base64/aGVsbG8= HTTP/1.0", "Connection: keep-alive", body=_request("GET /uuid HTTP/1.1", *_HEAD)),
    _request("GET /en/smtp/452?lang=fr HTTP/1.1", *_HEAD, "Accept-Language: fr, en;q=0.5"),
    _request("GET /api/journal?protocol=http&limit=5 HTTP/1.1", *_HEAD),
    _request("POST /__admin/mappings HTTP/1.1", *_HEAD, f"Content-Length: {len(_STUB)}", body=_STUB),
    # Prior knowledge of HTTP/2 (RFC 9113 §3.3): the preface, SETTINGS, and HEADERS of a GET of /.
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    + bytes.fromhex("00000004000000000000000e010500000001828684418a089d5c0b8170dc780f"),
)
"""Requests as they should be."""

_HELLO = "EHLO client.example"
_FROM, _TO = "MAIL FROM:<a@client.example>", "RCPT TO:<b@any.test>"
_MESSAGE = ("DATA", "Subject: Hello", "", "Hello.", "..stuffed", ".")

DIALOGUES: tuple[bytes, ...] = (
    _dialogue(
        _HELLO, f"{_FROM} SIZE=100 BODY=8BITMIME", f"{_TO} NOTIFY=FAILURE ORCPT=rfc822;b@any.test", *_MESSAGE, "QUIT"
    ),
    _dialogue(_HELLO, _FROM, "RCPT TO:<rcpt452_4.2.2x1~pass+a@any.test>", _TO, *_MESSAGE, "QUIT"),
    _dialogue("HELO client.example", "MAIL FROM:<>", "RCPT TO:<message554_5.6.0@any.test>", *_MESSAGE, "RSET", "NOOP"),
    _dialogue("EHLO size10000-no8bit.any.test", _FROM, _TO, "BDAT 7", "hello", "BDAT 7 LAST", "world", "QUIT"),
    _dialogue(_HELLO, "AUTH PLAIN AGFubmEAc2VjcmV0", f"{_FROM} AUTH=<>", "RSET"),
    _dialogue(_HELLO, "AUTH LOGIN", "YW5uYQ==", "c2VjcmV0", "QUIT"),
    _dialogue(_HELLO, "AUTH CRAM-MD5", "YW5uYSAwMDAwMDAwMDAwMDAwMDAw", "*", "QUIT"),
    _dialogue(_HELLO, "STARTTLS", _HELLO),
    _dialogue(_HELLO, "VRFY vrfy551", "EXPN staff", "ETRN etrn458", "HELP MAIL", "NOOP x", "QUIT"),
    _dialogue("LHLO client.example", _FROM, _TO, *_MESSAGE, "QUIT"),
    _dialogue(_HELLO, "MAIL FROM:<é@client.example> SMTPUTF8", "RCPT TO:<販売@any.test>", "DATA", "あ", "."),
    _dialogue("EHLO [127.0.0.1]", r'MAIL FROM:<"a \" b"@client.example>', "RCPT TO:<@a.test:bounce+550+text@any.test>"),
    _dialogue(_HELLO, f"{_FROM} PRDR", _TO, "RCPT TO:<message550x1@any.test>", *_MESSAGE),
    _dialogue(_HELLO, "MAIL FROM:<mail421-close@any.test>", "RCPT TO:<bounce550_5.1.1@any.test>", *_MESSAGE),
)
"""Dialogues as they should be, all of a client's side at once (RFC 2920)."""

_ENDS = ("\r\n", "\r", "\n", "\0", "\t", " ", "\x7f", "\x1b", "\xff", "\xc0\xaf", "\xed\xa0\x80", "\r\n.\r\n", "\n.\n")
_SIGNS = ': ; , " \\ < > @ ~ _ - + x % { [ = & # %0d%0a %00 %u0000 ../ ..%2f'
_NUMBERS = "-1 0 99999999999999999999 ffffffffffffffff 1e999 NaN 0x10 452_4.2.2x2"
_PARTS = (
    "\r\n\r\n",
    "0\r\n\r\n",
    " HTTP/1.1",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Host: b\r\n",
)
_COMMANDS = ("DATA\r\n", "BDAT 99999999 LAST\r\n", "RCPT TO:<a@b>\r\n", "STARTTLS\r\n", "QUIT\r\n", "*\r\n")

WORDS: tuple[bytes, ...] = tuple(
    word.encode("latin-1") for word in (*_ENDS, *_SIGNS.split(), *_NUMBERS.split(), *_PARTS, *_COMMANDS)
)
"""What means something to a parser, wherever it comes."""
