"""Parameters of MAIL and RCPT (RFC 5321 §4.1.1.11) and those of the extensions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from statuary.errors import RemoteProtocolError
from statuary.wire.smtp.table import SmtpLimits

__all__ = ["MAIL_PARAMETERS", "RCPT_PARAMETERS", "decode_xtext", "parse_parameters"]

# esmtp-keyword and esmtp-value; RFC 6531 §3.3 lets values go beyond ASCII.
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_VALUE = re.compile("[!-<>-~\u00a0-\U0010ffff]+")
# RFC 3461 §4
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")
_ADDR_TYPE = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+")
# RFC 6533 §3: utf-8-addr-xtext, utf-8-addr-unitext and utf-8-address in one.
_UTF8_ADDRESS = re.compile(r"(?:[!-*,-<>-\[\]-~\u00a0-\U0010ffff]|\\x\{[0-9A-F]{2,6}\})+")

_MAX_ENVID_OCTETS = 100  # RFC 3461 §5.4
_MAX_ORCPT_OCTETS = 500  # RFC 3461 §5.4
_MAX_SIZE_DIGITS = 20  # RFC 1870 §3

_Check = Callable[[str, SmtpLimits], None]


def _bad(problem: str) -> RemoteProtocolError:
    return RemoteProtocolError(problem, 501, "5.5.4")


def decode_xtext(text: str) -> str:
    """Undo the encoding of ENVID and ORCPT values (RFC 3461 §4).

    Args:
        text: xtext, as `Command.parameters` holds it.
    """
    return _HEXCHAR.sub(lambda found: chr(int(found[1], 16)), text)


def _check_size(value: str, limits: SmtpLimits) -> None:
    if not (value.isascii() and value.isdigit() and len(value) <= _MAX_SIZE_DIGITS):
        raise _bad("SIZE is no number of octets")
    if int(value) > limits.max_message_octets:
        # RFC 1870 §6.1
        raise RemoteProtocolError(f"SIZE is over {limits.max_message_octets} octets", 552, "5.3.4")


def _check_body(value: str, limits: SmtpLimits) -> None:
    if value.upper() not in {"7BIT", "8BITMIME", "BINARYMIME"}:
        raise _bad("BODY is neither 7BIT nor 8BITMIME nor BINARYMIME")


def _check_smtputf8(value: str, limits: SmtpLimits) -> None:
    if value:
        raise _bad("SMTPUTF8 takes no value")


def _check_prdr(value: str, limits: SmtpLimits) -> None:
    if value:
        raise _bad("PRDR takes no value")


def _check_ret(value: str, limits: SmtpLimits) -> None:
    if value.upper() not in {"FULL", "HDRS"}:
        raise _bad("RET is neither FULL nor HDRS")


def _check_envid(value: str, limits: SmtpLimits) -> None:
    if not value or len(value) > _MAX_ENVID_OCTETS or not _XTEXT.fullmatch(value):
        raise _bad("ENVID is no xtext of 1 to 100 octets")
    decoded = decode_xtext(value)
    if not (decoded.isascii() and decoded.isprintable()):
        raise _bad("ENVID encodes more than printable ASCII")


def _check_notify(value: str, limits: SmtpLimits) -> None:
    wanted = value.upper().split(",")
    if wanted != ["NEVER"] and not {"SUCCESS", "FAILURE", "DELAY"}.issuperset(wanted):
        raise _bad("NOTIFY is neither NEVER nor a list of SUCCESS, FAILURE and DELAY")


def _check_orcpt(value: str, limits: SmtpLimits) -> None:
    addr_type, semicolon, address = value.partition(";")
    if not semicolon or not _ADDR_TYPE.fullmatch(addr_type):
        raise _bad("ORCPT has no address type")
    # The longest value is counted in octets; RFC 6533 leaves that bound as it is.
    if len(value.encode()) > _MAX_ORCPT_OCTETS:
        raise _bad("ORCPT is over 500 octets")
    if not (_XTEXT if addr_type.lower() != "utf-8" else _UTF8_ADDRESS).fullmatch(address):
        raise _bad("ORCPT is no xtext")


def _check_auth(value: str, limits: SmtpLimits) -> None:
    # RFC 4954 §5: a mailbox as xtext, or "<>".
    if not value or not _XTEXT.fullmatch(value):
        raise _bad("AUTH is no xtext")


MAIL_PARAMETERS: Mapping[str, tuple[str, _Check]] = {
    "SIZE": ("SIZE", _check_size),
    "BODY": ("8BITMIME", _check_body),
    "SMTPUTF8": ("SMTPUTF8", _check_smtputf8),
    "PRDR": ("PRDR", _check_prdr),
    "RET": ("DSN", _check_ret),
    "ENVID": ("DSN", _check_envid),
    "AUTH": ("AUTH", _check_auth),
}
"""Parameters of MAIL: the extension that each needs, and the check of its value."""

RCPT_PARAMETERS: Mapping[str, tuple[str, _Check]] = {
    "NOTIFY": ("DSN", _check_notify),
    "ORCPT": ("DSN", _check_orcpt),
}
"""Parameters of RCPT: the extension that each needs, and the check of its value."""


def parse_parameters(
    text: str,
    known: Mapping[str, tuple[str, _Check]],
    limits: SmtpLimits,
    extensions: frozenset[str],
) -> dict[str, str]:
    """Parse what follows the path of MAIL or RCPT.

    Args:
        text: the rest of the line after ``>``.
        known: `MAIL_PARAMETERS` or `RCPT_PARAMETERS`.
        limits: what SIZE may declare.
        extensions: keywords of the extensions offered.

    Returns:
        Values as sent by keyword in upper case; the empty string where a keyword has no value.

    Raises:
        RemoteProtocolError: 501 5.5.4 for what is not well formed or stands twice, 555 5.5.4 for a parameter
            that is not known or not offered, 504 5.5.4 for a value that is not offered, 552 5.3.4 for
            a SIZE over the limit.
    """
    if not text.startswith(" "):
        raise _bad("no space stands between the path and what follows it")
    parameters: dict[str, str] = {}
    for item in text.split(" "):
        if not item:
            continue
        keyword, equals, value = item.partition("=")
        if not _KEYWORD.fullmatch(keyword) or (equals and not _VALUE.fullmatch(value)):
            raise _bad("a parameter is not well formed")
        keyword = keyword.upper()
        extension, check = known.get(keyword, ("", None))
        if check is None or extension not in extensions:
            # RFC 5321 §4.1.1.11
            raise RemoteProtocolError(f"the parameter {keyword} is not known here", 555, "5.5.4")
        if keyword in parameters:
            raise _bad(f"{keyword} stands twice")
        check(value, limits)
        if keyword == "BODY" and value.upper() == "BINARYMIME" and "BINARYMIME" not in extensions:
            # RFC 3030 §3: a value of another extension, known and not offered.
            raise RemoteProtocolError("BODY=BINARYMIME is not offered", 504, "5.5.4")
        parameters[keyword] = value
    return parameters
