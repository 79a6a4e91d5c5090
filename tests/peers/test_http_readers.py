"""Clients of many makers read each kind of answer: curl in both versions, requests, httpx, aiohttp, Node, Go, Java.

Each is asked for all targets and says, for each, the status and the number of octets that it took for the content, or
that it failed. What differs between clients is on a list, with the reason.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
from tests.conftest import Serving, require, run_async

from statuary.catalog.store import open_catalogue

Results = dict[str, str]
Reader = Callable[[Serving, list[str], Path], Results]

FOLLOWED = ("301", "302", "303", "307", "308")
FINAL = [code.value for code in open_catalogue().codes("http") if code.value.isdigit() and code.value >= "200"]
EXPECTED = {
    **{f"/status/{value}": "200 33" if value in FOLLOWED else f"{value} *" for value in FINAL},
    "/status/200": "200 33",
    "/status/507": "507 68",
    "/status/204": "204 0",
    "/status/304": "304 0",
    "/status/103x2~200?key=CLIENT": "200 33",
    "/status/200?interim=102~103x3": "200 33",
    "/redirect/3": "200 *",
    "/redirect-to?url=/status/404&status_code=308": "404 *",
    "/stream-bytes/5000": "200 5000",
    "/bytes/100000": "200 100000",
    "/drip?numbytes=20&duration=0.2": "200 20",
    "/trailers?x-sum=1": "200 *",
    "/sse?count=3&duration=0.2": "200 *",
    "/gzip": "200 *",
    "/deflate": "200 *",
    "/brotli": "200 *",
    "/encoding/utf8": "200 *",
    "/range/100": "200 100",
    "/etag/abc": "200 *",
    "/cache/60": "200 *",
    "/cookies/set?a=b": "200 *",
    "/basic-auth/u/p": "401 0",
    "/digest-auth/auth/u/p": "401 0",
    "/bearer": "401 0",
    "/status/200-split=5": "200 33",
    "/status/200-slice=20": "200 33",
    "/status/200-drip=200ms": "200 33",
    "/status/200-rate=2k": "200 33",
    "/status/200-pause=200ms": "200 33",
    "/status/200-delay=100ms-jitter=50ms": "200 33",
    "/status/200-headers=80": "200 33",
    "/status/200-chunked": "200 33",
    "/status/503?retry_after=1": "503 66",
    "/status/200-truncate=0.5": "failed",
    "/status/200-chunked-truncate=0.5": "failed",
    "/status/200-limit=20": "failed",
    "/status/200-length=500": "failed",
    "/status/200-badchunk": "failed",
    "/status/200-garbage=300": "failed",
    "/status/drop": "failed",
    "/status/reset": "failed",
    "/status/200-truncate=0.5-reset": "failed",
    # The last: a client that keeps the connection may send its next request into what the server has ended.
    "/status/200-halfclose": "200 33",
}
"""Targets, and what a client makes of each; a star stands for any number of octets."""

DIFFERENCES = {
    ("curl", "/status/200-limit=20"): "takes a head that is cut short for a whole one",
    ("requests", "/status/200-limit=20"): "takes a head that is cut short for a whole one",
    ("requests", "/status/103x2~200?key=CLIENT"): "takes an interim answer other than 100 for the final one",
    ("requests", "/status/200?interim=102~103x3"): "takes an interim answer other than 100 for the final one",
    **{
        ("curl-h2", target): "curl 7.88 fails at a second request on such a connection, with nginx likewise"
        for target in (
            "/redirect/3",
            "/redirect-to?url=/status/404&status_code=308",
            "/cookies/set?a=b",
            *(f"/status/{value}" for value in ("300", "305", *FOLLOWED)),
        )
    },
    ("curl", "/status/300"): "follows every Location",
    ("curl", "/status/305"): "follows every Location",
    (
        "node",
        "/status/407",
    ): "takes a proxy's challenge for a network error, as Fetch has it where no window can ask for a password",
    ("httpx-h2", "/status/200-garbage=300"): "random octets may look like a frame that is still to come",
}
"""Where a client may do otherwise, and why."""


def compare(client: str, results: Results) -> dict[str, tuple[str, str]]:
    """What is other than expected: target to what was and what should be."""
    wrong = {}
    for target, expected in EXPECTED.items():
        got = results.get(target, "nothing")
        status, _, size = expected.partition(" ")
        right = got == expected or (size == "*" and got.partition(" ")[0] == status)
        if not right and (client, target) not in DIFFERENCES:
            wrong[target] = (got, expected)
    return wrong


def read_curl(options: list[str]) -> Reader:
    """curl with options."""

    def read(server: Serving, targets: list[str], folder: Path) -> Results:
        results = {}
        for target in targets:
            url = server.http + target.replace("CLIENT", "curl" + "".join(options))
            command = [require("curl"), "-sL", "--compressed", "--max-time", "20", *options, "-o", str(folder / "body")]
            run = subprocess.run([*command, "-w", "%{http_code}", url], capture_output=True, text=True, check=False)
            path = folder / "body"
            size = path.stat().st_size if path.exists() else 0
            path.unlink(missing_ok=True)
            results[target] = f"{run.stdout} {size}" if run.returncode == 0 else "failed"
        return results

    return read


def read_requests(server: Serving, targets: list[str], folder: Path) -> Results:
    """requests, on urllib3."""
    results = {}
    for target in targets:
        try:
            response = requests.get(server.http + target.replace("CLIENT", "requests"), timeout=20)
            results[target] = f"{response.status_code} {len(response.content)}"
        except requests.RequestException:
            results[target] = "failed"
    return results


def read_httpx(*, http2: bool) -> Reader:
    """httpx, in either version."""

    def read(server: Serving, targets: list[str], folder: Path) -> Results:
        results = {}
        for target in targets:
            with httpx.Client(http1=not http2, http2=http2, follow_redirects=True, timeout=20) as client:
                try:
                    response = client.get(server.http + target.replace("CLIENT", f"httpx{http2}"))
                    results[target] = f"{response.status_code} {len(response.content)}"
                except (httpx.HTTPError, ValueError):
                    results[target] = "failed"
        return results

    return read


def read_aiohttp(server: Serving, targets: list[str], folder: Path) -> Results:
    """aiohttp's client."""

    async def read() -> Results:
        results = {}
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session:
            for target in targets:
                try:
                    async with session.get(server.http + target.replace("CLIENT", "aiohttp")) as response:
                        results[target] = f"{response.status} {len(await response.read())}"
                except aiohttp.ClientError:
                    results[target] = "failed"
        return results

    return run_async(read())


NODE = """
const [base, ...targets] = JSON.parse(process.argv[1]);
const results = {};
for (const target of targets) {
  try {
    const response = await fetch(base + target.replace("CLIENT", "node"));
    results[target] = `${response.status} ${(await response.arrayBuffer()).byteLength}`;
  } catch { results[target] = "failed"; }
}
console.log(JSON.stringify(results));
"""

GO = """
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	var given []string
	if err := json.Unmarshal([]byte(os.Args[1]), &given); err != nil { panic(err) }
	results := map[string]string{}
	for _, target := range given[1:] {
		results[target] = "failed"
		response, err := http.Get(given[0] + strings.Replace(target, "CLIENT", "go", 1))
		if err != nil { continue }
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err == nil { results[target] = fmt.Sprintf("%d %d", response.StatusCode, len(body)) }
	}
	out, _ := json.Marshal(results)
	fmt.Println(string(out))
}
"""

JAVA = """
import java.net.URI;
import java.net.http.*;
import java.time.Duration;

public class Reader {
  public static void main(String[] given) throws Exception {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.ALWAYS).build();
    for (int i = 1; i < given.length; i++) {
      String result = "failed";
      try {
        HttpRequest request = HttpRequest.newBuilder(URI.create(given[0] + given[i].replace("CLIENT", "java")))
            .timeout(Duration.ofSeconds(20)).build();
        HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        result = response.statusCode() + " " + response.body().length;
      } catch (java.io.IOException error) { }
      System.out.println(result);
    }
  }
}
"""


def run(command: list[str], folder: Path, **more: str) -> str:
    """What a program prints."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=240, check=False, env={**os.environ, **more}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def read_node(server: Serving, targets: list[str], folder: Path) -> Results:
    """Node's fetch, on undici."""
    given = json.dumps([server.http, *targets])
    results: Results = json.loads(run([require("node"), "--input-type=module", "-e", NODE, given], folder))
    return results


def read_go(server: Serving, targets: list[str], folder: Path) -> Results:
    """Go's net/http."""
    (folder / "main.go").write_text(GO, encoding="utf-8")
    more = {"GOFLAGS": "-mod=mod", "GO111MODULE": "off", "GOCACHE": str(folder / "cache")}
    printed = run([require("go"), "run", "main.go", json.dumps([server.http, *targets])], folder, **more)
    results: Results = json.loads(printed)
    return results


def read_java(server: Serving, targets: list[str], folder: Path) -> Results:
    """Java's HttpClient."""
    (folder / "Reader.java").write_text(JAVA, encoding="utf-8")
    printed = run([require("java"), "Reader.java", server.http, *targets], folder)
    return dict(zip(targets, printed.split("\n"), strict=False))


READERS: dict[str, Reader] = {
    "curl": read_curl(["--http1.1"]),
    "curl-h2": read_curl(["--http2-prior-knowledge"]),
    "requests": read_requests,
    "httpx": read_httpx(http2=False),
    "httpx-h2": read_httpx(http2=True),
    "aiohttp": read_aiohttp,
    "node": read_node,
    "go": read_go,
    "java": read_java,
}


@pytest.mark.parametrize("client", READERS)
def test_client_reads_each_kind_of_answer(server: Serving, client: str, tmp_path: Path) -> None:
    """Whole answers are read whole; broken ones are errors, never taken for whole (RFC 9112 §8)."""
    results = READERS[client](server, list(EXPECTED), tmp_path)
    assert compare(client, results) == {}


def test_differences_are_of_known_clients() -> None:
    """Every entry names a client and a target that there are, and says why."""
    assert all(client in READERS and target in EXPECTED for client, target in DIFFERENCES)
    assert all(DIFFERENCES.values())


def test_curl_settles_on_http2_by_tls(server: Serving) -> None:
    """ALPN (RFC 7301): h2 for who can, HTTP/1.1 for who cannot, both with the made authority's certificate."""
    url = f"https://localhost:{server.ports['https']}/status/103~200?key="
    for options, version in ((["--http2"], "2"), (["--http1.1"], "1.1")):
        command = [require("curl"), "-sS", "--cacert", server.ca_file, *options, "-o", os.devnull]
        done = subprocess.run(
            [*command, "-w", "%{http_version} %{http_code}", url + version], capture_output=True, text=True, check=False
        )
        assert done.stdout == f"{version} 200", done.stderr


def test_clients_meet_challenges(server: Serving) -> None:
    """Basic, Digest in three algorithms, and Bearer, as curl and requests answer them by themselves."""
    for algorithm in ("MD5", "SHA-256", "SHA-512"):
        url = f"{server.http}/digest-auth/auth/me/secret/{algorithm}"
        assert requests.get(url, auth=requests.auth.HTTPDigestAuth("me", "secret"), timeout=20).status_code == 200
        assert requests.get(url, auth=requests.auth.HTTPDigestAuth("me", "wrong"), timeout=20).status_code == 401
    for options in (["--basic"], ["--digest"]):
        path = "basic-auth/me/secret" if "--basic" in options else "digest-auth/auth/me/secret"
        command = [require("curl"), "-s", "-o", os.devnull, "-w", "%{http_code}", *options, "-u", "me:secret"]
        done = subprocess.run([*command, f"{server.http}/{path}"], capture_output=True, text=True, check=True)
        assert done.stdout == "200"


@pytest.mark.parametrize("code", ["301", "302", "303", "307", "308"])
def test_redirects_keep_or_change_the_method(server: Serving, code: str) -> None:
    """307 and 308 keep POST and its content, 303 changes it to GET (RFC 9110 §15.4); 301 and 302 do so in practice."""
    url = f"{server.http}/redirect-to?url=/anything&status_code={code}"
    told = httpx.post(url, content=b"hello", follow_redirects=True).json()
    assert (told["method"], told["data"]) == (("POST", "hello") if code in ("307", "308") else ("GET", ""))
