"""Paths and mailboxes of MAIL and RCPT (RFC 5321 §4.1.2, RFC 6531 §3.3).

Two of the rules that servers commonly loosen are kept: a path has its angle brackets, a domain has
no underscore (§4.1.2 wants 501 for it). One is loosened as servers do: white space after the colon of ``MAIL FROM:``
and ``RCPT TO:`` is passed over, by the caller.
"""

from __future__ import annotations

import re

from statuary.wire.smtp.events import Mailbox
from statuary.wire.smtp.table import SmtpLimits

__all__ = ["AddressError", "parse_path", "split_path"]

# RFC 6531 §3.3 adds all of UTF8-non-ascii; the C1 controls are left out, no mailbox has them.
_BEYOND = "\u00a0-\U0010ffff"
_ATOM = rf"[A-Za-z0-9!#$%&'*+\-/=?^_`{{|}}~{_BEYOND}]+"
_DOT_STRING = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
# Quoted-string: qtextSMTP and quoted-pairSMTP between quotes.
_QUOTED_STRING = re.compile(rf'"((?:[ !#-\[\]-~{_BEYOND}]|\\[ -~])*)"')
_QUOTED_PAIR = re.compile(r"\\(.)")
_LABEL = rf"[A-Za-z0-9{_BEYOND}](?:[A-Za-z0-9\-{_BEYOND}]{{0,61}}[A-Za-z0-9{_BEYOND}])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_SNUM = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|0?[0-9]{1,2})"
_IPV4_LITERAL = re.compile(rf"{_SNUM}(?:\.{_SNUM}){{3}}")
_GENERAL_LITERAL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?:[!-Z^-~]+")
# A path in which a quoted string may hide a ">".
_QUOTED_PATH = re.compile(r'<((?:[^"<>]|"(?:[^"\\]|\\.)*")*)>')

_NULL_PATH = Mailbox("", "", "", "")


class AddressError(ValueError):
    """An address is not well formed; never leaves the parser of the command line."""


def split_path(text: str) -> tuple[str, str] | None:
    """Split ``<path> parameters``.

    Args:
        text: begins with the ``<`` of the path.

    Returns:
        What stands between the brackets, and what follows them; None where no path stands there.
    """
    if not text.startswith("<"):
        return None
    if '"' not in text:
        inner, closing, rest = text[1:].partition(">")
        return (inner, rest) if closing else None
    found = _QUOTED_PATH.match(text)
    return (found[1], text[found.end() :]) if found else None


def parse_path(inner: str, limits: SmtpLimits, *, null: bool, postmaster: bool) -> Mailbox:
    """Parse what stands between the angle brackets.

    Args:
        inner: the path without its brackets.
        limits: the longest local part and domain, in octets of UTF-8.
        null: whether the empty path is one (RFC 5321 §4.5.5).
        postmaster: whether ``postmaster`` may stand without a domain (RFC 5321 §4.1.1.3).

    Raises:
        AddressError: when it is no path.
    """
    if not inner:
        if null:
            return _NULL_PATH
        raise AddressError("the path is empty")
    mailbox = inner
    if inner.startswith("@"):
        # RFC 5321 §4.1.1.3, appendix C: a source route is accepted and ignored.
        route, colon, mailbox = inner.partition(":")
        if not colon or not all(hop[:1] == "@" and _is_domain(hop[1:], limits) for hop in route.split(",")):
            raise AddressError("the source route is not well formed")
    if mailbox.startswith('"'):
        quoted = _QUOTED_STRING.match(mailbox)
        if quoted is None:
            raise AddressError("the quoted local part is not well formed")
        local_part = _QUOTED_PAIR.sub(r"\1", quoted[1])
        rest = mailbox[quoted.end() :]
        at, domain = rest[:1], rest[1:]
    else:
        local_part, at, domain = mailbox.partition("@")
        if not _DOT_STRING.fullmatch(local_part):
            raise AddressError("the local part is not well formed")
    if not at and postmaster and local_part.lower() == "postmaster":
        return Mailbox(local_part, "", local_part, inner)
    if _octets(local_part) > limits.max_local_part_octets:
        raise AddressError(f"the local part is over {limits.max_local_part_octets} octets")
    if at != "@":
        raise AddressError("the mailbox has no domain")
    if not _is_domain(domain, limits) and not _is_literal(domain, limits):
        raise AddressError("the domain is not well formed")
    return Mailbox(local_part, domain, f"{_quote(local_part)}@{domain}", inner)


def _octets(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _quote(local_part: str) -> str:
    # RFC 5321 §4.1.2: quoted forms are equivalent, and the one without quotes is preferred.
    if _DOT_STRING.fullmatch(local_part):
        return local_part
    escaped = local_part.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_domain(text: str, limits: SmtpLimits) -> bool:
    return _DOMAIN.fullmatch(text) is not None and _octets(text) <= limits.max_domain_octets


def _is_literal(text: str, limits: SmtpLimits) -> bool:
    # RFC 5321 §4.1.3
    if not (text.startswith("[") and text.endswith("]") and len(text) <= limits.max_domain_octets):
        return False
    inner = text[1:-1]
    if inner[:5].lower() == "ipv6:":
        # Here, since address literals are rare and this import is not free.
        from ipaddress import IPv6Address

        try:
            IPv6Address(inner[5:])
        except ValueError:
            return False
        return "%" not in inner
    return bool(_IPV4_LITERAL.fullmatch(inner) or _GENERAL_LITERAL.fullmatch(inner))
