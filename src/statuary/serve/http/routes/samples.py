"""Routes with contents of known types and codings, and cookies."""

from __future__ import annotations

import base64
import binascii
import gzip as gzip_coding
import re
import uuid as uuid_format
import zlib

from statuary.serve.http.routes.base import Asking, BadRequest, Reply, Route, json_reply, plain_reply, text_reply, whole
from statuary.serve.http.routes.echo import told

__all__ = ["SAMPLE_ROUTES"]

MAX_BASE64_CHARACTERS = 4096
"""The longest text that is decoded, in characters."""
MAX_LINKS = 200
"""The most links on a page."""

_COOKIE_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_COOKIE_VALUE = re.compile(r"[!#-+\--:<-\[\]-~]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_COOKIE_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b'",;\\')

HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A page</title></head>
<body><h1>A page</h1><p>It says little, but it is well-formed.</p></body></html>
"""
XML = """<?xml version="1.0" encoding="UTF-8"?>
<shelf>
  <book year="1865" lang="en"><title>Alice’s Adventures in Wonderland</title></book>
  <book year="1831" lang="fr"><title>Notre-Dame de Paris</title></book>
</shelf>
"""
UTF8 = """<!doctype html>
<html lang="mul"><head><meta charset="utf-8"><title>UTF-8</title></head><body><pre>
Latin    Voix ambiguë d’un cœur qui, au zéphyr, préfère les jattes de kiwis.
Greek    Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία.
Cyrillic Съешь же ещё этих мягких французских булок.
Hebrew   דג סקרן שט בים מאוכזב
Han      天地玄黃，宇宙洪荒。
Kana     いろはにほへと ちりぬるを
Hangul   키스의 고유조건은 입술끼리 만나야 한다.
Beyond   𝄞 😀 👩‍🚀
</pre></body></html>
"""
SHELF = {
    "shelf": {
        "open": True,
        "books": [{"title": "Alice’s Adventures in Wonderland", "year": 1865}, {"title": "Emma", "year": 1815}],
        "next": None,
    }
}


def html(asking: Asking) -> Reply:
    """A page."""
    return text_reply(asking.status["request"], "text/html; charset=utf-8", HTML)


def xml(asking: Asking) -> Reply:
    """A document in XML."""
    return text_reply(asking.status["request"], "application/xml", XML)


def json(asking: Asking) -> Reply:
    """A document in JSON."""
    return json_reply(asking.status["request"], SHELF)


def utf8(asking: Asking) -> Reply:
    """A page in many scripts."""
    return text_reply(asking.status["request"], "text/html; charset=utf-8", UTF8)


def robots(asking: Asking) -> Reply:
    """Rules for robots (RFC 9309)."""
    return text_reply(asking.status["request"], "text/plain", "User-agent: *\nDisallow: /deny\n")


def deny(asking: Asking) -> Reply:
    """What robots were asked not to fetch."""
    return text_reply(asking.status["request"], "text/plain", "robots.txt asked you not to come here\n")


def uuid(asking: Asking) -> Reply:
    """A random UUID (RFC 9562 §5.4)."""
    return json_reply(
        asking.status["request"], {"uuid": str(uuid_format.UUID(bytes=asking.dice.octets(16), version=4))}
    )


def base64_text(asking: Asking) -> Reply:
    """The text that the path holds in base64url (RFC 4648 §5)."""
    text = asking.parts["value"]
    if len(text) > MAX_BASE64_CHARACTERS:
        raise BadRequest("value", f"at most {MAX_BASE64_CHARACTERS} characters")
    try:
        decoded = base64.b64decode(text.replace("-", "+").replace("_", "/").encode() + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        raise BadRequest("value", "base64, such as aGVsbG8=") from None
    return Reply(asking.status["request"], (("Content-Type", "text/plain; charset=utf-8"),), decoded)


def _coded(asking: Asking, coding: str, mark: str) -> Reply:
    reply = json_reply(asking.status["request"], {**told(asking), "method": asking.method, mark: True})
    if coding == "gzip":
        body = gzip_coding.compress(reply.body, mtime=0)
    elif coding == "deflate":
        body = zlib.compress(reply.body)
    else:
        import brotli

        body = brotli.compress(reply.body)
    return reply._replace(body=body, headers=(*reply.headers, ("Content-Encoding", coding)))


def gzip(asking: Asking) -> Reply:
    """Content coded with gzip, whatever the client takes (RFC 9110 §8.4.1.3)."""
    return _coded(asking, "gzip", "gzipped")


def deflate(asking: Asking) -> Reply:
    """Content coded with deflate: the zlib format (RFC 9110 §8.4.1.2)."""
    return _coded(asking, "deflate", "deflated")


def brotli_coded(asking: Asking) -> Reply:
    """Content coded with Brotli (RFC 7932)."""
    return _coded(asking, "br", "brotli")


def cookies(asking: Asking) -> Reply:
    """The cookies that the client sent."""
    return json_reply(asking.status["request"], {"cookies": asking.cookies()})


def set_cookies(asking: Asking) -> Reply:
    """Sets the cookies of the query, or of the path, and leads to what lists them."""
    given = asking.query
    if "name" in asking.parts:
        given = ((asking.parts["name"], asking.parts["value"]),)
    fields = tuple(("Set-Cookie", f"{_cookie(name, value)}; Path=/") for name, value in given)
    return plain_reply(asking.status["redirect"], (("Location", "/cookies"), *fields))


def delete_cookies(asking: Asking) -> Reply:
    """Forgets the cookies that the query names (RFC 6265 §3.1)."""
    past = "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/"
    fields = tuple(("Set-Cookie", f"{_cookie(name, '')}; {past}") for name, _ in asking.query)
    return plain_reply(asking.status["redirect"], (("Location", "/cookies"), *fields))


def _cookie(name: str, value: str) -> str:
    """A cookie as RFC 6265 §4.1.1 has it; what its value may not hold stands in quotes and octal digits."""
    if not _COOKIE_NAME.fullmatch(name) or _CONTROL.search(value):
        raise BadRequest("cookie", "a token for its name, and a value without control characters")
    if _COOKIE_VALUE.fullmatch(value):
        return f"{name}={value}"
    octets = value.encode("utf-8", "replace")
    return f'{name}="' + "".join(chr(octet) if octet in _COOKIE_PLAIN else f"\\{octet:03o}" for octet in octets) + '"'


def links(asking: Asking) -> Reply:
    """A page with so many links, all but the one to itself; the first of them where none is named."""
    count = min(whole("n", asking.parts["n"], 0, 1 << 40), MAX_LINKS)
    if "offset" not in asking.parts:
        return plain_reply(asking.status["redirect"], (("Location", f"/links/{count}/0"),))
    here = whole("offset", asking.parts["offset"], 0, MAX_LINKS)
    items = " ".join(
        str(number) if number == here else f'<a href="/links/{count}/{number}">{number}</a>' for number in range(count)
    )
    text = f'<!doctype html>\n<html lang="en"><head><title>Links</title></head><body>{items}</body></html>\n'
    return text_reply(asking.status["request"], "text/html; charset=utf-8", text)


SAMPLE_ROUTES = (
    Route("/html", html),
    Route("/xml", xml),
    Route("/json", json),
    Route("/encoding/utf8", utf8),
    Route("/robots.txt", robots),
    Route("/deny", deny),
    Route("/uuid", uuid),
    Route("/base64/{value}", base64_text),
    Route("/gzip", gzip),
    Route("/deflate", deflate),
    Route("/brotli", brotli_coded),
    Route("/cookies", cookies),
    Route("/cookies/set", set_cookies),
    Route("/cookies/set/{name}/{value}", set_cookies),
    Route("/cookies/delete", delete_cookies),
    Route("/links/{n}", links),
    Route("/links/{n}/{offset}", links),
)
"""Routes with known contents."""
