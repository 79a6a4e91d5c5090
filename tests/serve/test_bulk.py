"""Bad input in bulk, on the wire: the malformed, what would end a line, what climbs out of a folder, what is huge."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from soak.malformed import http_requests, smtp_dialogues
from soak.server import HOST, Watched, watched_server
from soak.storm import send_malformed
from tests.conftest import ROOT, run_apart

from statuary.scenario.rulefile import MAX_RULE_FILE_OCTETS
from statuary.serve.http.routes import ROUTES
from statuary.web.admin import mailpit, wiremock
from statuary.web.admin.base import MAX_BODY_OCTETS
from statuary.web.admin.routes import ENDPOINTS
from statuary.web.routes import PAGES

MALFORMED = 10_000
"""How many malformed requests and dialogues, half of each; ``make soak`` sends more."""
HUGE_OCTETS = 50_000_000
"""A rule file that is too large by far."""
MEBIBYTE = 1024 * 1024

INJECTED = ("X-Injected: yes", "250 injected")
"""What an injected line would be, in a head and in a reply."""
LINE_ENDS = ("\r\n", "\r", "\n", "\0", "\r\n\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u560a")
"""What may pass for the end of a line somewhere; of the last, the low octet is that of LF."""

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] [1-9][0-9]{2} [\t -~\x80-\xff]*")
_FIELD_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[\t -~\x80-\xff]*")
_REPLY_LINE = re.compile(rb"[2-5][0-9]{2}(?:[ -][\t -~\x80-\xff]*)?")


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    """A server of these tests' own; its standard error must stay empty, and it must end with 0."""
    with watched_server() as server:
        yield server


def test_malformed_requests_and_dialogues_crash_nothing_and_stall_nobody(watched: Watched) -> None:
    """Each connection ends, another client is answered meanwhile, and nobody's exception goes uncaught."""
    storm = run_apart(lambda: send_malformed(watched, MALFORMED, seed=20261121))
    assert storm.sent == MALFORMED
    assert storm.stuck == []
    assert storm.answered > MALFORMED // 2, "most are answered, with an error of their protocol or by a reset"
    assert storm.served > 0
    assert watched.alive
    assert watched.complaints() == ""


def test_the_same_seed_makes_the_same_malformed_input() -> None:
    """What went wrong can be done again."""
    for make in (http_requests, smtp_dialogues):
        first = [damaged.octets for damaged in make(7, 50)]
        assert first == [damaged.octets for damaged in make(7, 50)]
        assert first != [damaged.octets for damaged in make(8, 50)]


@pytest.mark.parametrize("name", ["site", "http"])
def test_what_is_no_request_and_no_handshake_leaves_no_line_in_the_log(watched: Watched, name: str) -> None:
    """RFC 6455 §4.2.1: a handshake whose Host is no name is answered as a request is; strangers write no logs."""
    host = b"Host: \xe6\xe6\xe6.test"
    handshake = (b"GET /websocket/echo HTTP/1.1", host, *UPGRADE.encode().split(b"\r\n"), b"Sec-WebSocket-Key: " + KEY)
    for request in (b"\r\n".join((*handshake, b"", b"")), b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"):
        assert converse(watched.ports[name], request).startswith(b"HTTP/1.1 ")
    assert watched.complaints() == ""


# CRLF, NUL and their like in every address, header and path


def escapes(text: str) -> list[str]:
    """A text as it is, percent-encoded, and encoded twice."""
    once = urllib.parse.quote(text, safe="")
    return [text, once, urllib.parse.quote(once, safe="")]


def payloads(line: str) -> list[bytes]:
    """Each end of a line, in each escape, with a line behind it."""
    texts = [escaped for end in LINE_ENDS for escaped in escapes(f"{end}{line}{end}")]
    return [text.encode("utf-8") for text in texts]


def converse(port: int, *pieces: bytes) -> bytes:
    """Send, finish our side, and read all that comes; every wait is bounded."""
    with socket.create_connection((HOST, port), timeout=20) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has been refused already
        answer = b""
        try:
            while data := connection.recv(65_536):
                answer += data
        except ConnectionError:
            pass
    return answer


def heads(octets: bytes) -> Iterator[bytes]:
    """The heads of the answers on a connection, as far as their bodies can be passed over."""
    while octets:
        head, _, rest = octets.partition(b"\r\n\r\n")
        yield head
        length = re.search(rb"(?i)\r\ncontent-length: ?([0-9]+)", head)
        interim = re.match(rb"HTTP/1\.1 1[0-9]{2} ", head)
        if length is None and not interim:
            return
        octets = rest[int(length[1]) if length else 0 :]


KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
"""A key of a handshake (RFC 6455 §1.3)."""
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"
HTTP_PLACES = (
    "GET /{} HTTP/1.1|",
    "GET /status/503{} HTTP/1.1|",
    "GET /status/503/{} HTTP/1.1|",
    "GET /status/503?reason={} HTTP/1.1|",
    "GET /status/503?header=X-A:{} HTTP/1.1|",
    "GET /status/503?header={}:a HTTP/1.1|",
    "GET /status/503?retry_after={} HTTP/1.1|",
    "GET /status/503?rate_limit={} HTTP/1.1|",
    "GET /status/503?key={} HTTP/1.1|",
    "GET /status/503?interim=103&header=Link:{} HTTP/1.1|",
    "GET /status/503?fault={} HTTP/1.1|",
    "GET /status/{}~503 HTTP/1.1|",
    "GET /smtp/{} HTTP/1.1|",
    "GET /response-headers?X-A={} HTTP/1.1|",
    "GET /response-headers?{}=a HTTP/1.1|",
    "GET /redirect-to?url={} HTTP/1.1|",
    "GET /redirect-to?url=/{} HTTP/1.1|",
    "GET /redirect/1{} HTTP/1.1|",
    "GET /absolute-redirect/2 HTTP/1.1|Host: a{}",
    "GET /cookies/set?a={} HTTP/1.1|",
    "GET /cookies/set/{}/b HTTP/1.1|",
    "GET /cookies/delete?{} HTTP/1.1|",
    "GET /etag/{} HTTP/1.1|",
    "GET /cache/{} HTTP/1.1|",
    "GET /basic-auth/{}/b HTTP/1.1|",
    "GET /digest-auth/{}/a/b/MD5/never HTTP/1.1|",
    "GET /digest-auth/auth/a/b/SHA-256 HTTP/1.1|Authorization: Digest nonce={}",
    "GET /bearer HTTP/1.1|Authorization: Bearer {}",
    "GET /trailers?X-Sum={} HTTP/1.1|",
    "GET /encoding/{} HTTP/1.1|",
    "GET /links/3/{} HTTP/1.1|",
    "GET /range/{} HTTP/1.1|Range: bytes={}-",
    "{} /anything HTTP/1.1|",
    "GET /anything HTTP/1.1{}|",
    "GET /anything HTTP/1.1|Origin: http://a.test{}",
    "OPTIONS /anything HTTP/1.1|Access-Control-Request-Headers: {}",
    "GET /get HTTP/1.1|{}: a",
    "GET /get HTTP/1.1|Cookie: a={}",
    f"GET /websocket/echo HTTP/1.1|{UPGRADE}\r\nSec-WebSocket-Key: {{}}\r\nSec-WebSocket-Protocol: {{}}",
    "GET /en/{} HTTP/1.1|",
    "GET /EN//Smtp/{}/ HTTP/1.1|",
    "GET /en/compare/smtp/{}/http/507 HTTP/1.1|",
    "GET /en/search?q={} HTTP/1.1|",
    "GET /en/compare?a={}&b=smtp/452 HTTP/1.1|",
    "GET / HTTP/1.1|Accept-Language: {}",
    "GET / HTTP/1.1|Host: a{}",
    "GET /en/journal HTTP/1.1|Cookie: {}",
    "GET /api/v1/codes/smtp/{} HTTP/1.1|",
    "GET /api/v1/codes?q={} HTTP/1.1|",
    "GET /api/journal?key={} HTTP/1.1|",
    "GET /api/messages/{}/raw HTTP/1.1|",
    "GET /__admin/mappings/{} HTTP/1.1|",
    "GET /static/{} HTTP/1.1|",
)
"""Request lines and field lines; the payload goes where the braces are."""


def test_no_path_and_no_header_injects_a_line_into_an_answer(watched: Watched) -> None:
    """RFC 9110 §5.5: CR, LF and NUL are no part of a field's value, wherever they come from."""
    seen = 0
    for place in HTTP_PLACES:
        line, _, field = place.partition("|")
        for payload in payloads(INJECTED[0]):
            octets = f"{line}\r\n{field}\r\n".encode() if field else f"{line}\r\n".encode()
            request = (octets + b"Host: mock.test\r\nConnection: close\r\n\r\n").replace(b"{}", payload)
            for name in ("http", "site"):
                answer = converse(watched.ports[name], request)
                for head in heads(answer):
                    first, *fields = head.split(b"\r\n")
                    assert _STATUS_LINE.fullmatch(first), (request, head)
                    for each in fields:
                        assert _FIELD_LINE.fullmatch(each), (request, head)
                        assert not each.lower().startswith(b"x-injected"), (request, head)
                    seen += 1
    assert seen > len(HTTP_PLACES) * len(LINE_ENDS)


SMTP_PLACES = (
    *("EHLO {}", "EHLO a{}.test", "HELO {}", "LHLO {}", "EHLO ehlo500{}.any.test"),
    *("MAIL FROM:<{}>", "MAIL FROM:<a@{}>", 'MAIL FROM:<"{}"@b.test>', "MAIL FROM:<a@b.test> SIZE={}"),
    *("MAIL FROM:<a@b.test> ENVID={}", "MAIL FROM:<a@b.test> {}", "MAIL FROM:<mail451{}@b.test>"),
    *(
        "RCPT TO:<{}@any.test>",
        "RCPT TO:<rcpt452{}@any.test>",
        "RCPT TO:<rcpt551@{}>",
        'RCPT TO:<"rcpt452{}"@any.test>',
    ),
    *("RCPT TO:<bounce+550+no{}user@any.test>", "RCPT TO:<@a.test,@{}:b@any.test>", "RCPT TO:<b@any.test> ORCPT={}"),
    *("RCPT TO:<rcpt550+{}@any.test>", "RCPT TO:<b@[{}]>", "RCPT TO:<b@any.test> NOTIFY={}"),
    *("VRFY {}", "VRFY vrfy551{}", "EXPN {}", "ETRN {}", "HELP {}", "NOOP {}", "RSET {}", "{}"),
    *("AUTH PLAIN {}", "AUTH {}", "AUTH XOAUTH2 {}", "BDAT {}", "STARTTLS {}"),
)
"""Command lines; the payload goes where the braces are."""
BEFORE = {
    "RCPT": b"MAIL FROM:<a@b.test> RET=HDRS ENVID=q\r\n",
    "BDAT": b"MAIL FROM:<a@b.test>\r\nRCPT TO:<b@any.test>\r\n",
}


def test_no_address_and_no_argument_injects_a_line_into_a_reply(watched: Watched) -> None:
    """RFC 5321 §4.2.1: every line of a reply begins with its code, whatever is quoted in it."""
    seen = 0
    for place in SMTP_PLACES:
        for payload in payloads(INJECTED[1]):
            command = place.encode().replace(b"{}", payload) + b"\r\n"
            hello = b"" if place.startswith(("EHLO", "HELO", "LHLO")) else b"EHLO a.test\r\n"
            for name in ("smtp", "lmtp"):
                greeting = hello.replace(b"EHLO", b"LHLO") if name == "lmtp" else hello
                answer = converse(watched.ports[name], greeting, BEFORE.get(place[:4], b""), command, b"QUIT\r\n")
                assert answer.endswith(b"\r\n"), command
                lines = answer[:-2].split(b"\r\n")
                # What only looks like a line end stays text; a real one begins another command with a reply of its own.
                for line in lines:
                    assert _REPLY_LINE.fullmatch(line), (command, answer)
                    assert not line.startswith(INJECTED[1].encode()), (command, answer)
                seen += len(lines)
    assert seen > len(SMTP_PLACES) * len(LINE_ENDS)


@pytest.mark.parametrize("ends", ["+0D+0A", "+0D", "+0A", "+00"])
def test_no_parameter_injects_a_line_into_a_report(watched: Watched, ends: str) -> None:
    """RFC 3461 §4.4: ENVID decodes to printable characters or is refused; §4.2: ORCPT is handed on as it came."""
    text = f"{ends}X-Injected:+20yes{ends}"
    sender = f"report{ends.replace('+', '-')}@client.example"
    answer = converse(watched.ports["smtp"], b"EHLO a.test\r\n", f"MAIL FROM:<{sender}> ENVID=x{text}\r\n".encode())
    assert answer.splitlines()[-1].startswith(b"501 ")
    converse(
        watched.ports["smtp"],
        f"EHLO a.test\r\nMAIL FROM:<{sender}> RET=HDRS\r\n".encode(),
        f"RCPT TO:<bounce550_5.1.1@any.test> ORCPT=rfc822;a{text}\r\n".encode(),
        b"DATA\r\nSubject: Hello\r\n\r\nHello.\r\n.\r\nQUIT\r\n",
    )
    (report,) = watched.ask(f"/api/messages?recipient={urllib.parse.quote(sender)}")["messages"]
    assert f"Original-Recipient: rfc822;a{text}\r\n" in report["content"]
    assert not re.search(r"(?m)^X-Injected", report["content"]), report["content"]


# Paths that climb

CLIMBS = (
    *(
        "../../../../../../etc/passwd",
        "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    ),
    *("..%5c..%5c..%5cetc%5cpasswd", "..\\..\\..\\etc\\passwd", "%252e%252e%252f%252e%252e%252fetc%252fpasswd"),
    *("....//....//....//etc/passwd", "..;/..;/..;/etc/passwd", "%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd"),
    *("/etc/passwd", "//etc/passwd", "file:///etc/passwd", "../../pyproject.toml", "..%2f..%2fpyproject.toml"),
    *("../../../content/protocols.toml", "%00/../../etc/passwd", "passwd%00.css", "~root/.profile"),
)
"""Ways out of a folder."""
SECRETS = (b"root:x:0:", b"[build-system]", b"[protocol.ordinary]", b"[[protocol]]")
"""What would be in the answers then."""


def folders(*patterns: str) -> Iterator[str]:
    """Every beginning of patterns at which a name stands, and the whole of those without one."""
    for pattern in patterns:
        segments = pattern.split("/")
        yield pattern.rstrip("/") + "/"
        for place, segment in enumerate(segments):
            if segment.startswith("{"):
                yield "/".join(re.sub(r"\{.*?\}", "x", part) for part in segments[:place]) + "/"


def test_no_path_climbs_out_of_the_site_or_the_mock(watched: Watched) -> None:
    """Every path with a name in it, on all servers of HTTP, in every spelling of a way out."""
    assert Path("/etc/passwd").read_bytes().startswith(SECRETS[0])
    assert SECRETS[1] in (ROOT / "pyproject.toml").read_bytes()
    pages = folders(*(f"/en/{page.pattern}" for page in PAGES), "/static/{name}", "/", "/fr/")
    admin = (*ENDPOINTS, *wiremock.ENDPOINTS, *mailpit.ENDPOINTS)
    public = ("/api/v1/codes/{protocol}/{value}", "/badge/{protocol}/{value}.svg")
    api = folders(*(endpoint.path for endpoint in admin), *public, "/api/{path}")
    mock = folders(*(route.pattern for route in ROUTES), "/status/{script}", "/smtp/{value}", "/random/{codes}")
    asked = 0
    for name, places in (("site", sorted({*pages, *api})), ("http", sorted({*mock}))):
        for place in places:
            for climb in CLIMBS:
                request = f"GET {place}{climb} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
                answer = converse(watched.ports[name], request)
                assert answer.startswith(b"HTTP/1.1 "), request
                assert not any(secret in answer for secret in SECRETS), request
                if name == "site":
                    assert answer[9:10] in b"34" or b" 200 " in answer[:15], (request, answer[:200])
                asked += 1
    assert asked > 500


# A rule file of 50 MB


def huge_file(folder: Path) -> Path:
    """A rule file of 50 MB, of rules that would each be good."""
    rule = b'[[rule]]\nprotocol = "http"\nstage = "request"\nanswer = "503"\n'
    path = folder / "huge.toml"
    path.write_bytes(rule * (HUGE_OCTETS // len(rule) + 1))
    assert path.stat().st_size >= HUGE_OCTETS
    return path


def test_a_rule_file_of_50_megabytes_is_refused_at_the_start(tmp_path: Path) -> None:
    """Exit code 2, and a message that names the file, the limit and the mend."""
    path = huge_file(tmp_path)
    run = subprocess.run(
        [sys.executable, "-m", "statuary", "serve", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 2
    assert f"{path}:1:1:" in run.stderr
    assert str(MAX_RULE_FILE_OCTETS) in run.stderr
    assert "split it" in run.stderr


def test_a_rule_file_that_grows_to_50_megabytes_leaves_the_rules_in_force(tmp_path: Path) -> None:
    """The edit is refused, nothing of it is held, the server says why and answers as before."""
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\nprotocol = "http"\nstage = "request"\nmatch = { path = "/x" }\nanswer = "507"\n')
    said: list[str] = []
    command = [sys.executable, "-m", "statuary", "serve", str(path), "--json"]
    ports = ("site", "http", "https", "smtp", "submission", "smtps", "lmtp")
    command += [part for name in ports for part in (f"--{name}-port", "0")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        listener = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
        listener.start()
        try:
            facts = json.loads(process.stdout.readline())
            assert httpx.get(f"{facts['http']}/x").status_code == 507
            before = resident_octets(process.pid)
            huge_file(tmp_path).replace(path)
            until = time.monotonic() + 30
            while not any(str(MAX_RULE_FILE_OCTETS) in line for line in said) and time.monotonic() < until:
                time.sleep(0.05)
            assert any(str(MAX_RULE_FILE_OCTETS) in line for line in said), said
            assert httpx.get(f"{facts['http']}/x").status_code == 507
            assert resident_octets(process.pid) - before < 20 * MEBIBYTE
        finally:
            process.terminate()
        listener.join(20)


def test_rules_of_50_megabytes_are_refused_by_the_api(watched: Watched) -> None:
    """413 with the limit's name (RFC 9110 §15.5.14), whether the length is declared or not, and nothing is held."""
    before = resident_octets(watched.pid)
    for content in (b"x" * HUGE_OCTETS, iter([b"x" * MEBIBYTE] * 50)):
        try:
            answer = httpx.post(f"{watched.site}/api/rules", content=content, timeout=30)
        except httpx.TransportError:
            continue  # the connection was closed while the rest was being sent
        assert answer.status_code == 413
        assert str(MAX_BODY_OCTETS) in answer.text
    assert resident_octets(watched.pid) - before < 30 * MEBIBYTE
    assert httpx.get(f"{watched.site}/robots.txt").status_code == 200


def resident_octets(pid: int) -> int:
    """Resident memory of a process now."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024
