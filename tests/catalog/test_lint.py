"""The lint of content: one test for each kind of finding, with file, line, column and mend."""

from __future__ import annotations

import subprocess
import sys
from typing import NamedTuple

import pytest

from statuary.catalog.lint import MAX_SUMMARY_CHARACTERS, lint
from statuary.catalog.lint.messages import check_dialogue, check_http, check_log
from statuary.catalog.store import Catalogue
from tests.catalog.conftest import CONTENT, LOCALES, Copy


def test_content_is_clean() -> None:
    """The catalogue as it stands has no finding."""
    assert [str(problem) for problem in lint(CONTENT, LOCALES)] == []


def test_command_says_how_many(tmp_path: object) -> None:
    """``python -m statuary.catalog.lint`` says so and ends with 0."""
    done = subprocess.run([sys.executable, "-m", "statuary.catalog.lint"], capture_output=True, text=True, check=True)
    assert done.stdout == "content: 0 problems\n"


class Finding(NamedTuple):
    """A change to a file of the content and what is to be said about it."""

    path: str
    old: str
    new: str
    at: str
    column: int
    problem: str
    mend: str


FILE_507, FILE_401, FILE_452 = "codes/http/507.md", "codes/http/401.md", "codes/smtp/452.md"
FINDINGS = {
    "Content-Length": Finding(
        FILE_507,
        "Content-Length: 98",
        "Content-Length: 99",
        "Content-Length: 99",
        17,
        "Content-Length is 99, the body has 98 octets",
        "write 98",
    ),
    "Content-Length is no number": Finding(
        FILE_507, "Content-Length: 98", "Content-Length: many", "Content-Length: many", 17, "not a number", "write 98"
    ),
    "no Content-Length": Finding(
        FILE_401, "Content-Length: 64\n", "", "HTTP/1.1 401", 1, "a body without its length", "add Content-Length: 64"
    ),
    "weekday": Finding(
        FILE_507, "Date: Mon, 23 Nov", "Date: Tue, 23 Nov", "Date: Tue", 7, "23 Nov 2026 is a Mon", "write Mon"
    ),
    "no such day": Finding(
        FILE_507, "Mon, 23 Nov", "Mon, 31 Nov", "Date: Mon, 31", 1, "no such day", "a day that there is"
    ),
    "not a date": Finding(
        FILE_507, "Mon, 23 Nov", "23 Nov", "Date: 23 Nov", 1, "date is not a date (RFC 9110 §5.6.7)", "write it like"
    ),
    "weekday in mail": Finding(
        FILE_452, "Date: Sat, 21", "Date: Sun, 21", "C: Date: Sun", 10, "21 Nov 2026 is a Sat", "write Sat"
    ),
    "host": Finding(
        FILE_452,
        "MAIL FROM:<list@example.org>",
        "MAIL FROM:<list@gmail.com>",
        "C: MAIL FROM:<list@gmail",
        20,
        "gmail.com is not a reserved name (RFC 2606)",
        "use example.com",
    ),
    "IPv4 address": Finding(
        "codes/http/499-nginx.md",
        "192.0.2.10",
        "8.8.8.8",
        "8.8.8.8",
        1,
        "8.8.8.8 is not a documentation",
        "192.0.2.0/24",
    ),
    "IPv6 address": Finding(
        "codes/http/499-nginx.md", "192.0.2.10", "2a00::1", "2a00::1", 1, "2a00::1 is not a documentation", "2001:db8::"
    ),
    "required header": Finding(
        FILE_401,
        'WWW-Authenticate: Bearer realm="api.example", error="invalid_token", '
        'error_description="The token has expired"\n',
        "",
        "HTTP/1.1 401",
        1,
        "401 needs WWW-Authenticate",
        "add WWW-Authenticate: ",
    ),
    "forbidden body": Finding(
        "codes/http/204.md",
        'ETag: "r18"\n```',
        'ETag: "r18"\n\nSaved.\n```',
        "\nSaved.",
        1,
        "204 has no body (RFC 9110 §6.4.1)",
        "take the body away",
    ),
    "forbidden length": Finding(
        "codes/http/204.md",
        'ETag: "r18"\n```',
        "Content-Length: 0\n```",
        "Content-Length: 0\n```",
        1,
        "204 has no Content-Length (RFC 9110 §8.6)",
        "take it away",
    ),
    "reason phrase": Finding(
        FILE_401,
        "HTTP/1.1 401 Unauthorized",
        "HTTP/1.1 401 Nope",
        "HTTP/1.1 401",
        14,
        "reason phrase",
        "write Unauthorized",
    ),
    "JSON": Finding(FILE_401, '15:00Z"}', '15:00Z" ', '{"error": "invalid', 1, "the body is not JSON", "mend the body"),
    "header field": Finding(
        FILE_401, "Content-Type: app", "Content-Type app", "Content-Type app", 1, "not a header field", "Name: value"
    ),
    "start line": Finding(
        FILE_401, "HTTP/1.1 401 Unauthorized", "HTTP 401", "HTTP 401", 1, "neither a status line", "write HTTP/1.1"
    ),
    "direction": Finding(
        FILE_452, "S: 452 4.5.3 Too", "452 4.5.3 No", "452 4.5.3 No", 1, "without a direction", 'open it with "C: "'
    ),
    "reply": Finding(FILE_452, "S: 452 4.5.3", "S: 4525 4.5.3", "S: 4525", 4, "not a reply", "write code, space"),
    "class of enhanced code": Finding(
        FILE_452,
        "S: 452 4.5.3",
        "S: 452 5.5.3",
        "S: 452 5.5.3",
        8,
        "another class than 452 (RFC 2034 §4)",
        "write 4.5.3",
    ),
    "cross-reference": Finding(
        FILE_507,
        "(code:http/207)",
        "(code:http/2007)",
        "[207](code",
        118,
        "no code is known as http/2007",
        "link a code",
    ),
    "neighbour": Finding(
        FILE_507,
        '"http/503", "http/207"',
        '"http/5030", "http/207"',
        "related",
        25,
        "related: no code is known",
        "correct it",
    ),
    "enhanced code of the answer": Finding(
        FILE_452, 'enhanced = "4.3.1"', 'enhanced = "4.3.99"', "enhanced =", 13, "no enhanced status code", "correct it"
    ),
    "class of the answer": Finding(
        FILE_452, 'enhanced = "4.3.1"', 'enhanced = "5.3.1"', "enhanced =", 13, "of another class", "correct it"
    ),
    "reply text": Finding(
        FILE_452,
        'text = "Insufficient system storage"',
        'text = "Zu wenig Gedächtnis"',
        "text =",
        9,
        "printable ASCII (RFC 5321 §4.2)",
        "correct it",
    ),
    "raw HTML": Finding(
        FILE_507,
        "Alert before it is full.",
        "Alert <b>before</b>.",
        "- Delete what has",
        70,
        "raw HTML: <b>",
        "in backticks",
    ),
    "raw HTML in a claim": Finding(
        FILE_507,
        "Microsoft Graph sends",
        "Microsoft <i>Graph sends",
        "- [vendor] Microsoft",
        22,
        "raw HTML: <i>",
        "backticks",
    ),
    "link elsewhere": Finding(
        FILE_507,
        "[413](code:http/413)",
        "[413](https://www.example.com)",
        "507 comes from WebDAV",
        413,
        "a link to 'https://www.example.com'",
        "link codes with code:",
    ),
    "long summary": Finding(
        FILE_507,
        "The server has no room",
        "The server has " + "really " * 30 + "no room",
        "The server has",
        1,
        "the summary has",
        f"at most {MAX_SUMMARY_CHARACTERS}",
    ),
    "concept": Finding(
        "concepts.toml",
        'from = "smtp/5.1.1"',
        'from = "smtp/5.1.111"',
        "from =",
        8,
        "no code is known",
        "correct or remove",
    ),
}


@pytest.mark.parametrize("finding", FINDINGS.values(), ids=FINDINGS.keys())
def test_findings_are_located(copy: Copy, finding: Finding) -> None:
    """Each kind of mistake is found at its line and column, with its mend."""
    text = (copy.content / finding.path).read_text(encoding="utf-8")
    (copy.content / finding.path).write_text(text.replace(finding.old, finding.new, 1), encoding="utf-8")
    assert finding.old in text
    line = copy.line_of(finding.path, finding.at) + (finding.at.startswith("\n"))
    problems = copy.problems()
    found = [problem for problem in problems if finding.problem in problem.problem]
    assert found, [str(problem) for problem in problems]
    assert (found[0].path, found[0].line, found[0].column) == (finding.path, line, finding.column)
    assert finding.mend in found[0].mend


CONCEPT = """
[[concept]]
id = "test"
title = "Test"
summary = "A test."

[[concept.member]]
code = "http/507"
basis = "{basis}"
source = "{source}"

[[concept.mapping]]
from = "smtp/452"
to = "http/507"
source = "{mapping}"
"""


@pytest.mark.parametrize(
    ("basis", "source", "mapping", "line", "problem", "mend"),
    [
        ("judgement", "RFC 1", "RFC 1", 10, "a judgement has no source", 'write source = ""'),
        ("specification", "", "RFC 1", 10, "specification without its source", "name document and section"),
        ("hearsay", "", "RFC 1", 9, "basis 'hearsay'", "use one of specification, registry, judgement"),
        ("judgement", "", "", 15, "a mapping without its source", "name document and section"),
    ],
)
def test_concepts_say_what_they_rest_on(
    copy: Copy, basis: str, source: str, mapping: str, line: int, problem: str, mend: str
) -> None:
    """A judgement is called one; all else names its document (DESIGN.md section 3)."""
    text = CONCEPT.format(basis=basis, source=source, mapping=mapping)
    (copy.content / "concepts.toml").write_text(text, encoding="utf-8")
    (found,) = copy.problems()
    assert (found.path, found.line, found.problem, found.mend) == ("concepts.toml", line, problem, mend)


@pytest.mark.parametrize(
    "text",
    [
        "S: 220 mx.google.com ESMTP",
        "C: EHLO laptop.company.de",
        "C: MAIL FROM:<a@[8.8.8.8]>",
        "C: See https://www.wikipedia.org/wiki",
    ],
)
def test_hosts_are_found_wherever_they_stand(text: str) -> None:
    """Greetings, arguments, address literals and links."""
    assert len(list(check_dialogue(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "S: 220 mx.example.com ESMTP",
        "S: 250-mx.example.com\nS: 250-SIZE 1000\nS: 250 HELP",
        "C: MAIL FROM:<a@[192.0.2.1]>",
        "C: MAIL FROM:<a@[IPv6:2001:db8::1]>",
        "C:\nC: .\nS: 250 2.0.0 OK",
        "S: 354",
        "C: Time: 12:00:00",
    ],
)
def test_good_dialogues_pass(text: str) -> None:
    """Reserved names and documentation addresses, continued replies, an empty line."""
    assert list(check_dialogue(text)) == []


def test_log_lines_name_no_real_host() -> None:
    """Logs are held to reserved names as well."""
    assert [finding.problem for finding in check_log("to=<a@b.example>, relay=mx.yahoo.com[192.0.2.1]:25")] == [
        "mx.yahoo.com is not a reserved name (RFC 2606)"
    ]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 0),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\n[a JPEG image]", 0),
        ("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\n", 0),
        ("HTTP/1.1 200 OK\nContent-Length: 5", 1),
        ("HTTP/1.1 304 Not Modified\nContent-Length: 5", 0),
        ("HTTP/1.1 205 Reset Content\nContent-Length: 0", 0),
        ("HTTP/1.1 205 Reset Content\nContent-Length: 1\n\nx", 1),
        ("HTTP/1.1 103 Early Hints\nContent-Length: 0", 1),
        ("HTTP/1.1 401 Unauthorized\nContent-Length: 0", 1),
        ("GET / HTTP/1.1\nHost: www.example.com", 0),
        ("GET / HTTP/1.1", 1),
        ("PUT / HTTP/1.1\nHost: www.example.com\nExpect: 100-continue\nContent-Length: 5", 0),
        ("PUT / HTTP/1.1\nHost: www.example.com\nContent-Length: 5", 1),
        ("HTTP/1.1 200 OK\nRetry-After: 120\nContent-Length: 0", 0),
        ("HTTP/1.1 200 OK\nRetry-After: soon\nContent-Length: 0", 1),
        ("", 1),
        ("\n\n", 1),
    ],
)
def test_http_messages(catalogue: Catalogue, text: str, problems: int) -> None:
    """Framing by RFC 9112 §6.3, required fields of any code that is shown, whatever the file is about."""
    responses = {code.value: code for code in catalogue.codes("http") if code.status == "registered"}
    found = list(check_http(responses["200"], text, responses))
    assert len(found) == problems, found
    assert all(finding.mend for finding in found)
