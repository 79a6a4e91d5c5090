"""The fields that rules match, taken from a request or a stage; what is costly to get only when a rule looks at it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.errors import HeaderParseError
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from statuary.wire.smtp import Mailbox

__all__ = ["HttpFields", "LazyFields", "SmtpFields", "address_key", "host_of", "split_target"]

MAX_QUERY_FIELDS = 200
"""The most fields of a query that rules look at."""
MAX_MATCHED_OCTETS = 65_536
"""How much of a body or message rules look at, in octets."""
MAX_DECODED_CHARACTERS = 2000
"""The longest field of a message in which encoded words are decoded, in characters."""

_T = TypeVar("_T")


def address_key(mailbox: Mailbox | None) -> str:
    """What an address isolates its test by: its tag, which follows the first ``+``; empty for none."""
    return mailbox.local_part.partition("+")[2] if mailbox is not None else ""


def split_target(target: str) -> tuple[str, str]:
    """The path and the query of a request's target; an empty path where it has none."""
    if target.startswith("/"):
        path, _, query = target.partition("?")
        return path, query
    try:
        parts = urlsplit(target)
    except ValueError:
        return "", ""
    return parts.path, parts.query


def host_of(target: str, field: str | None) -> str:
    """The host that a request is for: that of a target in absolute form goes before the field Host (RFC 9112 §3.2.2).

    Args:
        target: the target, as received.
        field: the field Host; None where there is none.
    """
    if not target.startswith("/"):
        with contextlib.suppress(ValueError):
            if authority := urlsplit(target).netloc:
                return authority.rpartition("@")[2]
    return field or ""


class LazyFields(Mapping[str, str]):
    """Fields of which groups and bodies are read when they are first asked for.

    Args:
        plain: the fields that are at hand.
    """

    __slots__ = ("_plain",)

    def __init__(self, plain: dict[str, str]) -> None:
        self._plain = plain

    def _read(self, name: str) -> str | None:
        """The value of a field that is not among the plain ones; None where there is none."""
        return None

    def __getitem__(self, name: str) -> str:
        found = self._plain.get(name)
        if found is None:
            found = self._read(name)
            if found is None:
                raise KeyError(name)
        return found

    def get(self, name: str, default: _T | None = None) -> str | _T | None:  # type: ignore[override]
        """A field's value, ``default`` where it is not there."""
        found = self._plain.get(name)
        if found is None:
            found = self._read(name)
        return default if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._plain)

    def __len__(self) -> int:
        return len(self._plain)


class HttpFields(LazyFields):
    """The fields of a request.

    Args:
        method: the method.
        target: the target, as received.
        headers: name in small letters and value of each field line.
        body: its content.
        ip: the client's address.
        key: what isolates its test.
    """

    __slots__ = ("_body", "_cookies", "_headers", "_query")

    def __init__(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, ip: str, key: str
    ) -> None:
        path = split_target(target)[0] or target
        super().__init__({"method": method, "target": target, "path": path, "ip": ip, "key": key})
        self._headers = headers
        self._body = body
        self._query: dict[str, str] | None = None
        self._cookies: dict[str, str] | None = None

    def _read(self, name: str) -> str | None:
        if name == "host":
            return host_of(self._plain["target"], self._header("host"))
        if name == "body":
            return self._body[:MAX_MATCHED_OCTETS].decode("utf-8", "replace")
        group, _, rest = name.partition(".")
        if group == "header":
            return self._header(rest.lower())
        if group == "query":
            if self._query is None:
                self._query = read_query(self._plain["target"])
            return self._query.get(rest)
        if group == "cookie":
            if self._cookies is None:
                self._cookies = _read_cookies(self._headers)
            return self._cookies.get(rest)
        return None

    def _header(self, name: str) -> str | None:
        """All values of a field, as one list (RFC 9110 §5.3)."""
        values = [value for known, value in self._headers if known == name]
        return ", ".join(values) if values else None


def read_query(target: str) -> dict[str, str]:
    """The fields of a query, the first of each name."""
    try:
        pairs = parse_qsl(
            target.partition("?")[2], keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS, errors="replace"
        )
    except ValueError:
        return {}
    return dict(reversed(pairs))


def _read_cookies(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The cookies of a request (RFC 6265 §4.2.1), the first of each name."""
    found: dict[str, str] = {}
    for name, value in headers:
        if name == "cookie":
            for pair in value.split(";"):
                cookie, mark, text = pair.strip(" \t").partition("=")
                if mark:
                    found.setdefault(cookie, text)
    return found


class SmtpFields(LazyFields):
    """The fields of a stage.

    Args:
        sender: the reverse path; None for none.
        path: the address at hand, of MAIL or RCPT.
        recipients: where no address is at hand, those of the transaction; the first stands for all.
        helo: how the client called itself.
        ip: the client's address.
        key: what isolates its test.
        content: the message, where one is at hand.
        user: the user name that the client has shown.
    """

    __slots__ = ("_content", "_header")

    def __init__(
        self,
        sender: Mailbox | None,
        path: Mailbox | None,
        recipients: Sequence[Mailbox],
        helo: str,
        ip: str,
        key: str,
        content: bytes = b"",
        user: str = "",
    ) -> None:
        recipient = path if path is not None else recipients[0] if recipients else None
        super().__init__(
            {
                "sender": sender.address if sender else "",
                "recipient": recipient.address if recipient else "",
                "domain": recipient.domain.lower() if recipient else "",
                "helo": helo,
                "ip": ip,
                "key": key,
                "user": user,
            }
        )
        self._content = content
        self._header: Callable[[str], list[str] | None] | None = None

    def _read(self, name: str) -> str | None:
        content = self._content[:MAX_MATCHED_OCTETS]
        if name == "body":
            return content.partition(b"\r\n\r\n")[2].decode("utf-8", "replace")
        group, _, rest = name.partition(".")
        if group != "header" or not content:
            return None
        if self._header is None:
            self._header = message_header(content)
        values = self._header(rest)
        return ", ".join(values) if values else None


def message_header(content: bytes) -> Callable[[str], list[str] | None]:
    """Reads the fields of a message's header, unfolded and with encoded words decoded (RFC 2047).

    Structured fields are not parsed: the standard parser of addresses takes a time that grows with the square of what
    a stranger sends.

    Args:
        content: the message, or its beginning.
    """
    from email.header import decode_header, make_header  # only rules that look at messages need them
    from email.parser import BytesHeaderParser

    message = BytesHeaderParser().parsebytes(content)

    def read(name: str) -> list[str] | None:
        found = [" ".join(str(value).split()) for value in message.get_all(name, ())]
        for place, value in enumerate(found):
            if "=?" in value and len(value) <= MAX_DECODED_CHARACTERS:
                with contextlib.suppress(ValueError, LookupError, HeaderParseError):
                    found[place] = str(make_header(decode_header(value)))
        return found or None

    return read
