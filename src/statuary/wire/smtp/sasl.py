"""The server side of SASL as SMTP carries it: lines in base64, one challenge at a time (RFC 4954 §4).

An exchange ends with the credentials that the client gave. Whether they are good is for the caller: of CRAM-MD5 the
digest is handed on, and nothing is compared.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from typing import NamedTuple

from statuary.errors import RemoteProtocolError
from statuary.wire.smtp.table import AUTH_MECHANISMS

__all__ = ["Challenge", "Credentials", "SaslExchange", "check_cancelled"]


class Challenge(NamedTuple):
    """What is asked of the client next.

    Args:
        text: base64, as it follows 334 on the wire; may be empty.
    """

    text: str


class Credentials(NamedTuple):
    """What the client showed.

    Args:
        user: who it says that it is (the authentication identity).
        secret: the password, the digest or the token, as sent.
    """

    user: str
    secret: str


class SaslExchange:
    """One AUTH command with the lines that follow it.

    Args:
        argument: what follows AUTH: the mechanism, and perhaps an initial response.
        nonce: what CRAM-MD5 challenges with, such as ``<1.2@mx.example>`` (RFC 2195 §2).

    Raises:
        RemoteProtocolError: 504 5.5.4 for a mechanism that is not offered (RFC 4954 §4).
    """

    __slots__ = ("_initial", "_nonce", "_user", "mechanism")

    def __init__(self, argument: str, nonce: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        self.mechanism = mechanism.upper()
        """The mechanism, in upper case."""
        if self.mechanism not in AUTH_MECHANISMS:
            raise RemoteProtocolError("the mechanism is not offered", 504, "5.5.4")
        self._initial = initial.strip(" ")
        self._nonce = nonce
        self._user: str | None = None

    def start(self) -> Challenge | Credentials:
        """Take in the initial response, where there is one.

        Raises:
            RemoteProtocolError: 501 5.5.2 for what is not base64 or not what the mechanism wants; 501 5.5.4 for
                an initial response where the server speaks first (RFC 4954 §4).
        """
        if self.mechanism == "CRAM-MD5":
            if self._initial:
                raise RemoteProtocolError("CRAM-MD5 begins with the server's challenge", 501, "5.5.4")
            return Challenge(_encode(self._nonce))
        if not self._initial:
            return Challenge(_encode("Username:") if self.mechanism == "LOGIN" else "")
        # RFC 4954 §4: "=" stands for an initial response of no octets.
        return self._respond("" if self._initial == "=" else _decode(self._initial))

    def respond(self, line: str) -> Challenge | Credentials:
        """Take in a line of the client.

        Args:
            line: without its end.

        Raises:
            RemoteProtocolError: 501 5.7.0 where the client cancels with ``*`` (RFC 4954 §4); 501 5.5.2 for what is
                not base64 or not what the mechanism wants.
        """
        check_cancelled(line)
        return self._respond(_decode(line))

    def _respond(self, text: str) -> Challenge | Credentials:
        if self.mechanism == "LOGIN":
            if self._user is None:
                self._user = text
                return Challenge(_encode("Password:"))
            return Credentials(self._user, text)
        return _READERS[self.mechanism](text)


def check_cancelled(line: str) -> None:
    """See whether a client goes on with an exchange.

    Args:
        line: what it answered a challenge with, without its end.

    Raises:
        RemoteProtocolError: 501 5.7.0 for ``*``, which cancels (RFC 4954 §4).
    """
    if line == "*":
        raise RemoteProtocolError("the client cancelled", 501, "5.7.0")


def _plain(text: str) -> Credentials:
    # RFC 4616 §2: [authzid] NUL authcid NUL passwd
    parts = text.split("\0")
    if len(parts) != 3 or not parts[1]:
        raise RemoteProtocolError("PLAIN wants two NUL and a user between them", 501, "5.5.2")
    return Credentials(parts[1], parts[2])


def _cram_md5(text: str) -> Credentials:
    # RFC 2195 §2: user, a space, and 16 octets in hexadecimal digits; the user may hold spaces.
    user, space, digest = text.rpartition(" ")
    if not space or len(digest) != 32:
        raise RemoteProtocolError("CRAM-MD5 wants a user, a space and a digest", 501, "5.5.2")
    return Credentials(user, digest)


def _xoauth2(text: str) -> Credentials:
    # user= and auth=Bearer fields, each ended by ^A, and one ^A more.
    fields = dict(field.partition("=")[::2] for field in text.split("\x01") if "=" in field)
    if not text.endswith("\x01\x01") or not fields.get("user") or "auth" not in fields:
        raise RemoteProtocolError("XOAUTH2 wants the fields user and auth", 501, "5.5.2")
    return Credentials(fields["user"], fields["auth"])


_READERS: dict[str, Callable[[str], Credentials]] = {"PLAIN": _plain, "CRAM-MD5": _cram_md5, "XOAUTH2": _xoauth2}


def _encode(text: str) -> str:
    return binascii.b2a_base64(text.encode(), newline=False).decode("ascii")


def _decode(line: str) -> str:
    try:
        return binascii.a2b_base64(line, strict_mode=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise RemoteProtocolError("the line is no base64 of UTF-8", 501, "5.5.2") from None
