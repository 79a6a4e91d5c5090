"""Who may read the journal and the mail, and who may change anything."""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import Enum

from starlette.requests import HTTPConnection

__all__ = ["COOKIE", "Guard", "Refusal"]

COOKIE = "statuary_session"
"""The cookie that stands for the token in a browser."""

_LOOPBACK = re.compile(r"(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?")


class Refusal(Enum):
    """Why a request is refused; the values are the slugs of the API's errors."""

    TOKEN = "token_required"  # noqa: S105 - the name of an error
    HOST = "host_not_loopback"
    ORIGIN = "foreign_origin"


class Guard:
    """Decides over requests for what is private.

    Args:
        token: what a reader must show where the process listens beyond loopback; with none, nobody may read there.
        loopback: whether the process listens on loopback only.
    """

    def __init__(self, token: str, *, loopback: bool) -> None:
        self._token = token
        self._loopback = loopback

    @property
    def asks_for_token(self) -> bool:
        """Whether a token is asked for."""
        return not self._loopback or bool(self._token)

    @property
    def cookie(self) -> str:
        """What the cookie of a reader who knows the token holds; the token cannot be read from it."""
        return hmac.new(self._token.encode(), b"statuary session", hashlib.sha256).hexdigest()

    def knows(self, token: str) -> bool:
        """Whether this is the token."""
        return bool(self._token) and hmac.compare_digest(token.encode(), self._token.encode())

    def refuse(self, request: HTTPConnection, *, write: bool = False) -> Refusal | None:
        """Why a request may not read, or change, what is private; None where it may.

        On loopback the Host field must be a loopback name, so that no foreign name that resolves to it (DNS
        rebinding) lets a web page in. A change is refused when it comes from another origin.

        Args:
            request: the request.
            write: whether it changes something.
        """
        host = request.headers.get("host", "").lower()
        if self._loopback and not _LOOPBACK.fullmatch(host):
            return Refusal.HOST
        if write and self._foreign(request, host):
            return Refusal.ORIGIN
        if self.asks_for_token and not self._shown(request):
            return Refusal.TOKEN
        return None

    @staticmethod
    def _foreign(request: HTTPConnection, host: str) -> bool:
        origin = request.headers.get("origin")
        if origin is not None:
            return origin.lower() not in (f"http://{host}", f"https://{host}")
        return request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")

    def _shown(self, request: HTTPConnection) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.knows(given.strip()):
            return True
        cookie = request.cookies.get(COOKIE, "")
        return bool(self._token) and hmac.compare_digest(cookie.encode(), self.cookie.encode())
