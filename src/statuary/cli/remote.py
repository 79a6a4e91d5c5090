"""A running server as a command sees it: its admin API, asked over HTTP."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

__all__ = ["DEFAULT_URL", "Event", "Remote", "RemoteFailure"]

DEFAULT_URL = "http://127.0.0.1:8080"
"""Where ``statuary serve`` has its API where nothing else is said."""
MAX_ANSWER_OCTETS = 256 * 1024 * 1024
"""The largest answer that is read, in octets: a full journal is a tenth of it."""
MAX_EVENT_OCTETS = 16 * 1024 * 1024
"""The longest line of a stream that is read, in octets."""
MAX_SHOWN_CHARACTERS = 300
"""How much of what a server said is shown in an error, in characters."""
TIMEOUT_SECONDS = 60.0
"""How long a server may be silent, in seconds; a stream says every quarter of a minute that it lives."""

_TOKEN = re.compile(r"[\x21-\x7e]+")


class RemoteFailure(Exception):
    """A server did not answer, or not with what was asked for.

    Args:
        slug: what happened, for programs.
        message: the same for people.
        wrong_usage: whether the question was wrong, and not the server.
    """

    def __init__(self, slug: str, message: str, *, wrong_usage: bool = False) -> None:
        self.slug = slug
        self.message = message
        self.wrong_usage = wrong_usage
        super().__init__(message)


class Event(NamedTuple):
    """An event of a stream: its name and its data, read as JSON."""

    name: str
    data: Any


class Remote:
    """The admin API of a running server.

    Args:
        url: of its site, such as ``http://127.0.0.1:8080``.
        token: what it asks for beyond loopback; empty for none.
        timeout: how long it may be silent, in seconds.

    Raises:
        RemoteFailure: the URL is none, or the token cannot be sent.
    """

    def __init__(self, url: str, token: str = "", *, timeout: float = TIMEOUT_SECONDS) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if host is None or parts.scheme not in ("http", "https") or not (host.isascii() and host.isprintable()):
            problem = f"{url!r} is no URL of a server: write it as {DEFAULT_URL}"
            raise RemoteFailure("bad_url", problem, wrong_usage=True)
        if token and not _TOKEN.fullmatch(token):
            raise RemoteFailure("bad_token", "a token is printable ASCII without spaces", wrong_usage=True)
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._tls = parts.scheme == "https"
        self._host, self._port = host, port
        self._base = parts.path.rstrip("/")
        self._timeout = timeout
        self._headers = {"Accept": "*/*", **({"Authorization": f"Bearer {token}"} if token else {})}

    def get(self, path: str, query: Mapping[str, object] = {}) -> bytes:
        """What an address answers with.

        Args:
            path: such as ``/api/journal``.
            query: its parameters; those that are empty are left out.

        Raises:
            RemoteFailure: there is no answer, or one that refuses.
        """
        connection, response = self._ask("GET", path, query)
        try:
            return self._read(response)
        finally:
            connection.close()

    def get_json(self, path: str, query: Mapping[str, object] = {}) -> Any:
        """The same, read as JSON."""
        return self._parsed(self.get(path, query))

    def get_lines(self, path: str, query: Mapping[str, object] = {}) -> Iterator[Any]:
        """The same, read as JSON lines."""
        return map(self._parsed, self.get(path, query).splitlines())

    def post_json(self, path: str, body: object) -> Any:
        """Send JSON to an address, and read its JSON.

        Raises:
            RemoteFailure: there is no answer, or one that refuses.
        """
        connection, response = self._ask("POST", path, {}, json.dumps(body).encode())
        try:
            return self._parsed(self._read(response))
        finally:
            connection.close()

    def stream(self, path: str, query: Mapping[str, object] = {}) -> Iterator[Event]:
        """The events of a stream (WHATWG HTML §9.2), until the server ends it.

        Raises:
            RemoteFailure: there is no stream, or it breaks off.
        """
        connection, response = self._ask("GET", path, query)
        name, data = "", b""
        try:
            while line := response.readline(MAX_EVENT_OCTETS):
                if not line.endswith(b"\n"):
                    raise RemoteFailure("too_large", f"an event has more than {MAX_EVENT_OCTETS} octets")
                field, _, value = line.rstrip(b"\r\n").partition(b":")
                if field == b"event":
                    name = value.strip().decode("ascii", "replace")
                elif field == b"data":
                    data += value.strip()
                elif not field and not value and data:
                    yield Event(name, self._parsed(data))
                    name, data = "", b""
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        finally:
            connection.close()

    def _ask(
        self, method: str, path: str, query: Mapping[str, object], body: bytes | None = None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        given = {name: value for name, value in query.items() if value not in (None, "")}
        target = f"{self._base}{path}" + (f"?{urlencode(given)}" if given else "")
        headers = self._headers if body is None else {**self._headers, "Content-Type": "application/json"}
        kind = http.client.HTTPSConnection if self._tls else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout)
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise self._unreachable(error) from None
        if response.status == http.client.OK:
            return connection, response
        try:
            raise self._refused(response)
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            octets = response.read(MAX_ANSWER_OCTETS + 1)
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        if len(octets) > MAX_ANSWER_OCTETS:
            raise RemoteFailure("too_large", f"the answer has more than {MAX_ANSWER_OCTETS} octets")
        return octets

    def _parsed(self, octets: bytes) -> Any:
        try:
            return json.loads(octets)
        except ValueError:
            raise self.stranger() from None

    def stranger(self) -> RemoteFailure:
        """What is wrong where somebody else answers."""
        return RemoteFailure("no_statuary", f"what answers at {self.url} is no Statuary server")

    def _unreachable(self, error: Exception) -> RemoteFailure:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return RemoteFailure(
            "unreachable", f"{self.url} does not answer ({reason}): start statuary serve, or name another with --url"
        )

    def _refused(self, response: http.client.HTTPResponse) -> RemoteFailure:
        """What an answer that is no success says; its text may be anything, and goes to a terminal."""
        try:
            said = json.loads(self._read(response))
            slug, text = str(said["error"]), str(said["message"])[:MAX_SHOWN_CHARACTERS]
        except (ValueError, TypeError, KeyError):
            return self.stranger()
        message = "".join(character if character.isprintable() else "�" for character in text)
        if response.status == http.client.NOT_FOUND:
            message = f"{self.url} has no such address: name the site's, not a mock's, with --url"
        if response.status == http.client.UNAUTHORIZED:
            message = f"{self.url} wants its token: give --token, or set STATUARY_TOKEN"
        return RemoteFailure(slug, message, wrong_usage=response.status == http.client.BAD_REQUEST)
