"""The fields that rules match, taken from a request or a stage; what is costly to get only when a rule looks at it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from email.errors import HeaderParseError
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from statuary.scenario.dialects import tag_beside
from statuary.scenario.rules import Pattern, fits
from statuary.wire.smtp import Mailbox

__all__ = [
    "ForwardPaths",
    "HttpFields",
    "LazyFields",
    "SmtpFields",
    "address_key",
    "host_of",
    "name_of_host",
    "split_target",
    "tag_of",
]

MAX_QUERY_FIELDS = 200
"""The most fields of a query that rules look at."""
MAX_MATCHED_OCTETS = 65_536
"""How much of a body or message rules look at, in octets."""
MAX_DECODED_CHARACTERS = 2000
"""The longest field of a message in which encoded words are decoded, in characters."""

_OF_RECIPIENT = ("recipient", "domain")
_T = TypeVar("_T")


def address_key(mailbox: Mailbox | None, dialects: Sequence[str]) -> str:
    """What an address isolates its test by: its tag, which follows the first ``+``; empty for none.

    Args:
        mailbox: the address; None for none.
        dialects: those that are understood; what they read in a tag (``bounce+550+no+such+user``) isolates nothing.
    """
    if mailbox is None or "+" not in mailbox.local_part:
        return ""
    return tag_beside(mailbox.local_part, mailbox.domain, dialects)


def tag_of(word: str) -> str:
    """The same for a word that may be an address, such as a user name."""
    return word.partition("@")[0].partition("+")[2]


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


def name_of_host(authority: str) -> str:
    """A host without its port (RFC 3986 §3.2.3), as rules match it; an IPv6 address keeps its brackets."""
    name, colon, port = authority.rpartition(":")
    return name if colon and (not port or (port.isascii() and port.isdigit())) else authority


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

    def facing(self, match: Mapping[str, Pattern]) -> LazyFields:
        """The fields as a match sees them, where there are several ways to see them.

        Args:
            match: field to pattern.
        """
        return self

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
            return name_of_host(host_of(self._plain["target"], self._header("host")))
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


class ForwardPaths:
    """The recipients of a transaction, of whom a filter means any; what was asked last is kept, since every stage after
    them asks the same.

    Args:
        paths: in the order in which they were accepted.
    """

    __slots__ = ("_asked", "_found", "paths")

    def __init__(self, paths: Sequence[Mailbox]) -> None:
        self.paths = tuple(paths)
        self._asked: Mapping[str, Pattern] | None = None
        self._found: Mailbox | None = None

    def first_that_fits(self, match: Mapping[str, Pattern]) -> Mailbox | None:
        """The first whose address and domain fit; None where nobody's do.

        Args:
            match: field to pattern; all but ``recipient`` and ``domain`` is left out.
        """
        if match is not self._asked:
            self._found = next((path for path in self.paths if _is_meant(match, path)), None)
            self._asked = match
        return self._found


def _is_meant(match: Mapping[str, Pattern], path: Mailbox) -> bool:
    fields = _of_recipient(path)
    return all(fits(name, match[name], fields) for name in _OF_RECIPIENT if name in match)


def _of_recipient(path: Mailbox | None) -> dict[str, str]:
    """The fields that hang on the recipient."""
    return {"recipient": path.address if path else "", "domain": path.domain.lower() if path else ""}


class SmtpFields(LazyFields):
    """The fields of a stage.

    Args:
        sender: the reverse path; None for none.
        path: the recipient at hand.
        recipients: where none is at hand, those of the transaction; the first stands for all until :meth:`facing`.
        helo: how the client called itself.
        peer: the client's address and port.
        key: what isolates its test.
        content: the message, where one is at hand.
        user: the user name that the client has shown.
    """

    __slots__ = ("_content", "_header", "_recipients")

    def __init__(
        self,
        sender: Mailbox | None,
        path: Mailbox | None,
        recipients: ForwardPaths | None,
        helo: str,
        peer: str,
        key: str,
        content: bytes = b"",
        user: str = "",
    ) -> None:
        ip, _, port = peer.rpartition(":")
        self._recipients = recipients if path is None else None
        if path is None and recipients is not None and recipients.paths:
            path = recipients.paths[0]
        super().__init__(
            {
                "sender": sender.address if sender else "",
                **_of_recipient(path),
                "helo": helo,
                "ip": ip,
                "port": port,
                "key": key,
                "user": user,
            }
        )
        self._content = content
        self._header: Callable[[str], list[str] | None] | None = None

    @property
    def recipients(self) -> tuple[str, ...]:
        """The address at hand, or those of the transaction."""
        if self._recipients is not None:
            return tuple([path.address for path in self._recipients.paths])
        recipient = self._plain["recipient"]
        return (recipient,) if recipient else ()

    def facing(self, match: Mapping[str, Pattern]) -> LazyFields:
        """The fields for the first recipient that a match means; the same where it means none."""
        several = self._recipients
        if several is None or len(several.paths) < 2 or match.keys().isdisjoint(_OF_RECIPIENT):
            return self
        path = several.first_that_fits(match)
        if path is None or path is several.paths[0]:
            return self
        other = copy(self)
        other._plain = {**self._plain, **_of_recipient(path)}
        return other

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
