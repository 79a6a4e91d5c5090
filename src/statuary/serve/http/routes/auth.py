"""Authentication: Basic (RFC 7617), Digest (RFC 7616), Bearer (RFC 6750)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.request import parse_http_list, parse_keqv_list

from statuary.serve.http.routes.base import ANY_METHOD, Asking, Reply, Route, flag, json_reply, plain_reply

__all__ = ["AUTH_ROUTES"]

REALM = "statuary"
"""The realm of every challenge."""

_ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256", "SHA-512": "sha512", "SHA-512-256": "sha512_256"}
_COUNT = re.compile(r"[0-9]{1,9}")
_SAFE = re.compile(r"[^!#-\[\]-~]")


def _credentials(asking: Asking, scheme: str) -> str | None:
    """What follows the scheme in the Authorization field; None where it is another scheme."""
    named, _, rest = (asking.header("authorization") or "").strip().partition(" ")
    return rest.strip() if named.lower() == scheme else None


def _basic(asking: Asking) -> bool:
    """Whether the client gave the user and the password of the path."""
    given = _credentials(asking, "basic")
    if given is None:
        return False
    wanted = f"{asking.parts['user']}:{asking.parts['password']}".encode()
    try:
        return hmac.compare_digest(base64.b64decode(given, validate=True), wanted)
    except ValueError:
        return False


def _welcome(asking: Asking) -> Reply:
    return json_reply(asking.status["request"], {"authenticated": True, "user": asking.parts["user"]})


def basic_auth(asking: Asking) -> Reply:
    """Basic: a challenge, until user and password are those of the path."""
    if _basic(asking):
        return _welcome(asking)
    return plain_reply(
        asking.status["unauthorized"], (("WWW-Authenticate", f'Basic realm="{REALM}", charset="UTF-8"'),)
    )


def hidden_basic_auth(asking: Asking) -> Reply:
    """Basic without a challenge: a client must send the credentials of its own accord."""
    return _welcome(asking) if _basic(asking) else plain_reply(asking.status["not_found"])


def bearer(asking: Asking) -> Reply:
    """Bearer: any token will do."""
    token = _credentials(asking, "bearer")
    if not token:
        return plain_reply(asking.status["unauthorized"], (("WWW-Authenticate", f'Bearer realm="{REALM}"'),))
    return json_reply(asking.status["request"], {"authenticated": True, "token": token})


def digest_auth(asking: Asking) -> Reply:
    """Digest; cookies count how often a nonce may still be used, as httpbin has it."""
    cookies = asking.cookies()
    require_cookies = flag(asking.query, "require-cookie")
    text = _credentials(asking, "digest")
    given = _digest_parameters(text) if text else {}
    if not given or (require_cookies and not cookies):
        return _challenge(asking)
    if require_cookies and cookies.get("fake") != "fake_value":
        return json_reply(asking.status["forbidden"], {"errors": ["the cookie set with the challenge is missing"]})
    nonce = _SAFE.sub("", given.get("nonce", ""))
    left = cookies.get("stale_after")
    if left == "0" or ("last_nonce" in cookies and cookies["last_nonce"] == nonce):
        return _challenge(asking, stale="TRUE", nonce=nonce)
    if not _digest_is_right(asking, given):
        return _challenge(asking, stale="FALSE", nonce=nonce)
    reply = _welcome(asking)
    kept = [("Set-Cookie", "fake=fake_value; Path=/")]
    if left is not None and _COUNT.fullmatch(left):
        kept.append(("Set-Cookie", f"stale_after={int(left) - 1}; Path=/"))
    return reply._replace(headers=(*reply.headers, *kept))


def _digest_parameters(text: str) -> dict[str, str]:
    try:
        return {name.lower(): value for name, value in parse_keqv_list(parse_http_list(text)).items()}
    except (ValueError, IndexError):
        return {}


def _algorithm(asking: Asking) -> str:
    named = asking.parts.get("algorithm", "").upper()
    return named if named in _ALGORITHMS else "MD5"


def _challenge(asking: Asking, stale: str = "", nonce: str = "") -> Reply:
    """A challenge (RFC 7616 §3.3); nonce and opaque are drawn, so that a seed gives them again."""
    quality = asking.parts["qop"] if asking.parts["qop"] in ("auth", "auth-int") else ""
    words = [f'realm="{REALM}"', f'nonce="{asking.dice.octets(16).hex()}"']
    if quality:
        words.append(f'qop="{quality}"')
    words += [f'opaque="{asking.dice.octets(16).hex()}"', f"algorithm={_algorithm(asking)}"]
    if stale:
        words.append(f"stale={stale}")
    left = asking.parts.get("stale_after", "")
    cookies = [
        ("Set-Cookie", f"stale_after={left if _COUNT.fullmatch(left) else 'never'}; Path=/"),
        ("Set-Cookie", "fake=fake_value; Path=/"),
    ]
    if nonce:
        cookies.append(("Set-Cookie", f"last_nonce={nonce}; Path=/"))
    return plain_reply(asking.status["unauthorized"], (("WWW-Authenticate", f"Digest {', '.join(words)}"), *cookies))


def _digest_is_right(asking: Asking, given: Mapping[str, str]) -> bool:
    """Whether a response fits user, password and request (RFC 7616 §3.4.1)."""
    user, password = asking.parts["user"], asking.parts["password"]
    if given.get("username") != user:
        return False
    algorithm = given.get("algorithm", _algorithm(asking)).upper()
    if algorithm not in _ALGORITHMS:
        return False

    def digest(*words: str) -> str:
        text = ":".join(words).encode("utf-8", "surrogatepass")
        return hashlib.new(_ALGORITHMS[algorithm], text, usedforsecurity=False).hexdigest()

    quality = given.get("qop", "")
    second = [asking.method, given.get("uri", "")]
    if quality == "auth-int":
        second.append(hashlib.new(_ALGORITHMS[algorithm], asking.body, usedforsecurity=False).hexdigest())
    words = [digest(user, given.get("realm", ""), password), given.get("nonce", "")]
    if quality in ("auth", "auth-int"):
        words += [given.get("nc", ""), given.get("cnonce", ""), quality]
    expected = digest(*words, digest(*second))
    return hmac.compare_digest(expected.encode(), given.get("response", "").encode(errors="replace"))


AUTH_ROUTES = (
    Route("/basic-auth/{user}/{password}", basic_auth, ANY_METHOD),
    Route("/hidden-basic-auth/{user}/{password}", hidden_basic_auth, ANY_METHOD),
    Route("/bearer", bearer, ANY_METHOD),
    Route("/digest-auth/{qop}/{user}/{password}", digest_auth, ANY_METHOD),
    Route("/digest-auth/{qop}/{user}/{password}/{algorithm}", digest_auth, ANY_METHOD),
    Route("/digest-auth/{qop}/{user}/{password}/{algorithm}/{stale_after}", digest_auth, ANY_METHOD),
)
"""Routes that want to know who asks."""
