"""Runs httpbin's own test-suite, as it stands in its source package, over the wire against our server.

The suite drives a Flask test client. Here stands one with the same methods that sends real requests and keeps cookies;
nothing of httpbin itself is loaded.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import subprocess
import sys
import tarfile
import types
import unittest
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import parse_http_list, parse_keqv_list

__all__ = ["EXCLUDED", "Outcome", "SuiteMissing", "WireApp", "fetch_suite", "pinned", "run_suite"]

LOCK = Path(__file__).resolve().parents[2] / "requirements" / "peers.txt"
"""Where the release is settled whose suite is run."""
FETCH_SECONDS = 300
"""How long pip may take, in seconds."""

EXCLUDED = {
    "test_post_chunked": "it wants the failure of Flask's own server; here chunked requests are read",
    "test_bytes_endpoint_yields_bytes": "it calls httpbin's WSGI application",
    "test_index_falls_back_to_static_page_without_flasgger": "it imports httpbin itself",
    "test_sources_have_no_invalid_escape_sequences": "it reads httpbin's sources",
    "test_parse_multi_value_header": "it calls a function of httpbin's",
}
"""The tests that are not about an answer, and why each is left out."""


class Headers:
    """Header fields as the suite reads them."""

    def __init__(self, message: http.client.HTTPMessage) -> None:
        self._message = message

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first field of a name."""
        value = self._message.get(name)
        return default if value is None else str(value)

    def get_all(self, name: str) -> list[str]:
        """Every field of a name."""
        return [str(value) for value in self._message.get_all(name, [])]

    def __contains__(self, name: str) -> bool:
        return name in self._message


class WireResponse:
    """An answer as the suite reads it."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status_code = response.status
        self.headers = Headers(response.headers)
        self.data = response.read()
        length = response.headers.get("Content-Length")
        self.content_length = None if length is None else int(length)

    def get_data(self) -> bytes:
        """The content."""
        return self.data

    @property
    def json(self) -> Any:
        """The content, read as JSON."""
        return json.loads(self.data)


class WireApp:
    """A test client's methods, over the wire.

    Args:
        port: of the mock on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.debug = False
        self._cookies: dict[str, str] = {}

    def test_client(self) -> WireApp:
        """A client with cookies of its own."""
        return WireApp(self.port)

    def open(
        self,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        data: Any = None,
        content_type: str = "",
        environ_base: object = None,
    ) -> WireResponse:
        """Send a request and read its answer."""
        fields = [*(headers.items() if isinstance(headers, Mapping) else headers)]
        if isinstance(data, dict):
            data = urlencode(data)
            content_type = content_type or "application/x-www-form-urlencoded"
        body = data.encode("latin-1", "replace") if isinstance(data, str) else data
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        names = {name.lower() for name, _ in fields}
        connection.putrequest(method, path, skip_host="host" in names, skip_accept_encoding=True)
        for name, value in fields:
            if name:
                connection.putheader(name, value)
        if content_type:
            connection.putheader("Content-Type", content_type)
        if self._cookies:
            connection.putheader("Cookie", "; ".join(f"{name}={value}" for name, value in self._cookies.items()))
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = WireResponse(connection.getresponse())
        connection.close()
        for cookie in response.headers.get_all("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return response

    def get(self, path: str, **options: Any) -> WireResponse:
        """GET."""
        return self.open(path, "GET", **options)

    def post(self, path: str, **options: Any) -> WireResponse:
        """POST."""
        return self.open(path, "POST", **options)

    def delete(self, path: str, **options: Any) -> WireResponse:
        """DELETE."""
        return self.open(path, "DELETE", **options)


class Outcome(unittest.TestResult):
    """What came of a run: the tests that ran, and those that failed with why."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []
        self.failed: dict[str, str] = {}

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().startTest(test)
        self.ran.append(test.id().rpartition(".")[2])

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addError(test, err)
        self.failed[test.id().rpartition(".")[2]] = f"{err[0].__name__}: {err[1]}"

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self.failed[test.id().rpartition(".")[2]] = f"{err[0].__name__}: {err[1]}"


class SuiteMissing(Exception):
    """The suite cannot be had; the text says why."""


def pinned() -> tuple[str, str]:
    """The release that the peers of the benchmark are locked to, and the lock's lines for it, with the hashes."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("httpbin=="))
    end = next(number for number in range(start, len(lines)) if not lines[number].endswith("\\"))
    version = lines[start].partition("==")[2].split()[0]
    return version, "\n".join(lines[start : end + 1]) + "\n"


def fetch_suite(cache: Path) -> Path:
    """The suite's module, fetched once into a folder by pip, from wherever pip is told to fetch, and by its hash.

    Raises:
        SuiteMissing: pip cannot fetch the source package, or it holds no suite.
    """
    version, requirement = pinned()
    module = cache / f"httpbin-{version}" / "tests" / "test_httpbin.py"
    if module.exists():
        return module
    cache.mkdir(parents=True, exist_ok=True)
    wanted = cache / "httpbin.txt"
    wanted.write_text(requirement, encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--no-binary", "httpbin", "--dest", str(cache), "--requirement", str(wanted)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise SuiteMissing(f"pip took more than {FETCH_SECONDS} seconds") from None
    if done.returncode:
        raise SuiteMissing(" ".join(done.stderr.strip().splitlines()[-1:]) or f"pip ended with {done.returncode}")
    with tarfile.open(cache / f"httpbin-{version}.tar.gz") as archive:
        archive.extractall(cache, filter="data")
    if not module.exists():
        raise SuiteMissing(f"the source package of httpbin {version} holds no {module.name}")
    return module


def run_suite(module: Path, port: int) -> Outcome:
    """Run the suite, all but what is excluded.

    Args:
        module: the suite.
        port: of the mock on 127.0.0.1.
    """
    stubs = {name: types.ModuleType(name) for name in ("httpbin", "httpbin.helpers", "werkzeug", "werkzeug.http")}
    vars(stubs["httpbin"])["app"] = WireApp(port)
    vars(stubs["httpbin.helpers"])["parse_multi_value_header"] = None
    vars(stubs["werkzeug.http"])["parse_dict_header"] = lambda text: parse_keqv_list(parse_http_list(text))
    before = {name: sys.modules.get(name) for name in stubs}
    sys.modules.update(stubs)
    try:
        spec = importlib.util.spec_from_file_location("httpbin_suite_module", module)
        assert spec is not None
        assert spec.loader is not None
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        suite = unittest.TestSuite()
        for group in unittest.defaultTestLoader.loadTestsFromModule(loaded):
            suite.addTests(
                test
                for test in group  # type: ignore[union-attr]
                if isinstance(test, unittest.TestCase) and test.id().rpartition(".")[2] not in EXCLUDED
            )
        outcome = Outcome()
        suite.run(outcome)
        return outcome
    finally:
        for name, known in before.items():
            if known is None:
                del sys.modules[name]
            else:
                sys.modules[name] = known
