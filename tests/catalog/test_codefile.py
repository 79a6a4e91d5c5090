"""One file, one code: what is taken from it, and where each mistake is shown."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from statuary.catalog.codefile import parse_code_file
from statuary.catalog.lint import lint
from statuary.catalog.model import Claim, Code, Retry
from statuary.catalog.source import MAX_FILE_OCTETS, read_content
from statuary.errors import ContentError
from tests.catalog.conftest import Copy

GOOD = """+++
value = "599"
name = "Example Code"
class = "5xx Server Error"
status = "unofficial"
specs = ["vendor", "RFC 9110 §15.6.4"]
owner = "Example"
stages = ["request"]

[retry]
policy = "same-request-later"
who = "client"
wait_seconds = 30
source = "Example manual"

[answer]
headers = { "Retry-After" = "30" }
required = ["Retry-After"]
+++

The summary.

## Description

What it is.

## When you see it

Seldom.

## Fix: sender

Wait.

## Fix: operator

Mend it.

## Example

A setting.

```log
# this is no heading
```

## Claims

- [vendor] A claim.
"""


def parse(text: str, stem: str = "599") -> Code:
    """The code of a file in ``codes/http``."""
    return parse_code_file("http", stem, f"codes/http/{stem}.md", text, "IANA").code


def test_a_whole_file() -> None:
    """Facts from the front matter, prose from the body, a fence as it stands."""
    code = parse(GOOD)
    assert (code.id, code.value, code.title, code.owner) == ("http/599", "599", "Example Code", "Example")
    assert code.retry == Retry("same-request-later", "client", 30, source="Example manual")
    assert [str(spec) for spec in code.specs] == ["vendor", "RFC 9110 §15.6.4"]
    assert code.answer.headers == {"Retry-After": "30"}
    assert code.prose.texts["description"] == "What it is."
    assert code.prose.texts["example"] == "A setting."
    assert [(example.kind, example.text) for example in code.examples] == [("log", "# this is no heading")]
    assert code.prose.claims == (Claim("vendor", "A claim."),)
    assert Code.from_dict(code.to_dict()) == code


def test_owner_in_the_name() -> None:
    """A number of several owners has a file for each."""
    assert parse(GOOD, "599-example").id == "http/599-example"


class Mistake(NamedTuple):
    """A change to the good file and what is to be said about it."""

    old: str
    new: str
    line: int
    column: int
    problem: str
    mend: str


MISTAKES = {
    "no front matter": Mistake("+++\nvalue", "value", 1, 1, "does not open with front matter", "a line of +++"),
    "open front matter": Mistake("\n+++\n\nThe", "\n\nThe", 49, 1, "does not end", "close it with +++"),
    "bad TOML": Mistake('status = "unofficial"', "status = unofficial", 5, 10, "is not TOML", "quotes or brackets"),
    "bad TOML at the end": Mistake('required = ["Retry-After"]', 'required = ["', 19, 1, "is not TOML", "quotes"),
    "key twice": Mistake('owner = "Example"', 'owner = "A"\nowner = "B"', 8, 12, "is not TOML", "quotes"),
    "unknown key": Mistake('owner = "Example"', 'ownr = "Example"', 7, 1, "ownr: is not a key", "use one of aliases"),
    "unknown key within": Mistake(
        "wait_seconds", "  wait", 13, 3, "wait: is not a key of [retry]", "use one of give_up"
    ),
    "unknown table": Mistake("[answer]", "[answers]", 16, 1, "answers: is not a key", "use one of aliases, answer"),
    "same key elsewhere": Mistake(
        "[answer]\n", '[answer]\nname = "x"\n', 17, 1, "name: is not a key of [answer]", "text"
    ),
    "missing key": Mistake('class = "5xx Server Error"\n', "", 1, 1, "class: is missing", 'add class = "..."'),
    "missing within": Mistake('source = "Example manual"\n', "", 10, 1, "source: is missing", 'add source = "..."'),
    "missing retry": Mistake(
        GOOD[GOOD.index("[retry]") : GOOD.index("[answer]")], "", 1, 1, "retry: is missing", "add a [retry] table"
    ),
    "missing owner": Mistake('owner = "Example"\n', "", 1, 1, "owner: is missing", "add owner"),
    "not a text": Mistake('value = "599"', "value = 599", 2, 1, "value: is not a text", 'write value = "..."'),
    "empty text": Mistake('name = "Example Code"', 'name = " "', 3, 1, "name: is not a text", "write name"),
    "control character": Mistake('"Example Code"', '"Example\\nCode"', 3, 1, "name: holds a control", "one plain line"),
    "not a list": Mistake('stages = ["request"]', 'stages = "request"', 8, 1, "stages: is not a list", "stages = ["),
    "unknown stage": Mistake('"request"', '"lunch"', 8, 1, "stages: 'lunch' is not allowed", "use of request, any"),
    "no stage": Mistake('["request"]', "[]", 8, 1, "stages: is missing or empty", "add stages"),
    "unknown status": Mistake('"unofficial"', '"odd"', 5, 1, "status: 'odd' is not allowed", "use one of registered"),
    "unknown policy": Mistake("same-request-later", "often", 11, 1, "policy: 'often' is not allowed", "not-needed"),
    "seconds": Mistake("= 30\n", '= "30"\n', 13, 1, "wait_seconds: is not a number of seconds", "a whole number"),
    "negative seconds": Mistake("= 30\n", "= -1\n", 13, 1, "wait_seconds: is not a number of seconds", "0 or more"),
    "not a boolean": Mistake("[answer]\n", "[answer]\ncloses = 1\n", 17, 1, "closes: is neither", "closes = true"),
    "retry is a text": Mistake("\n[retry]", 'retry = "no"\n[retri]', 10, 1, "retri: is not a key", "use one of"),
    "headers": Mistake('"Retry-After" = "30"', '"Retry-After" = 30', 17, 1, "headers: is not a table", "headers = {"),
    "content": Mistake("[answer]\n", '[answer]\ncontent = "no"\n', 17, 1, "content: 'no' is not allowed", "forbidden"),
    "file name": Mistake('"599"', '"598"', 2, 1, "value: the file is named 599.md", "name it 598.md"),
    "no summary": Mistake("The summary.\n", "", 20, 1, "the summary is missing", "open the body with a summary"),
    "no description": Mistake("What it is.\n", "", 20, 1, "the description is missing", "## Description"),
    "no fix": Mistake("## Fix: sender\n\nWait.\n", "", 20, 1, "the fix_sender is missing", "## Fix: sender"),
    "unknown heading": Mistake("## Fix: sender", "## Fixes", 31, 1, "an unknown heading", "use one of ## Description"),
    "heading of its own": Mistake("Seldom.", "### More", 29, 1, "an unknown heading '### More'", "use one of"),
    "heading twice": Mistake("Wait.", "## Fix: sender", 33, 1, "is out of order or twice", "keep the order"),
    "example without a fence": Mistake(
        "```log\n# this is no heading\n```\n", "", 41, 1, "shows nothing", "fenced block"
    ),
    "unknown fence": Mistake("```log", "```html", 43, 4, "a fence of 'html'", ""),
    "claim without origin": Mistake("- [vendor] A", "- A", 49, 1, "not a claim with its origin", "- [kind] sentence"),
    "claim of unknown origin": Mistake("[vendor]", "[rumour]", 49, 1, "not a claim", "the kind one of specification"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_mistakes_are_located(mistake: Mistake) -> None:
    """Every mistake is shown with file, line and column, and with what to write instead."""
    assert GOOD.count(mistake.old) == 1 or mistake.old in ('"599"', "[vendor]", '"unofficial"', "= 30\n")
    with pytest.raises(ContentError) as caught:
        parse(GOOD.replace(mistake.old, mistake.new, 1))
    error = caught.value
    assert mistake.problem in error.problem
    assert (error.path, error.line, error.column) == ("codes/http/599.md", mistake.line, mistake.column)
    assert mistake.mend in error.mend
    assert str(error).startswith(f"codes/http/599.md:{mistake.line}:{mistake.column}: ")


def test_octets_that_are_no_text(small: Copy) -> None:
    """A file in another encoding is an error of its own, at the line."""
    path = small.content / "codes/http/503.md"
    path.write_bytes(path.read_bytes().replace(b"## Description", b"\xff## Description"))
    line = small.content.joinpath("codes/http/503.md").read_bytes().partition(b"\xff")[0].count(b"\n") + 1
    (problem,) = lint(small.content, small.locales)
    assert (problem.path, problem.line) == ("codes/http/503.md", line)
    assert problem.mend == "save it as UTF-8"


def test_file_too_large(small: Copy) -> None:
    """A file has a largest size."""
    path = small.content / "codes/http/503.md"
    path.write_text(path.read_text("utf-8") + "x" * MAX_FILE_OCTETS, "utf-8")
    with pytest.raises(ContentError, match=f"larger than {MAX_FILE_OCTETS} octets"):
        read_content(small.content)


TABLES = {
    "bad TOML": ("languages.toml", 'tag = "fr"', "tag = fr", 'tag = "fr"', 7, "not TOML", "mend the quotes"),
    "unknown key": ("languages.toml", 'tag = "fr"', 'tag = "fr"\ntga = "x"', None, 1, "tga is not a key", "use one of"),
    "missing key": ("protocols.toml", 'name = "FTP"\n', "", 'id = "ftp"', 1, "name is missing", "add name, a text"),
    "wrong type": (
        "protocols.toml",
        "port = 119",
        'port = "119"',
        "port = 119",
        1,
        "port is not a whole",
        "write it so",
    ),
    "twice": ("protocols.toml", 'id = "rtsp"', 'id = "sip"', None, 1, "id 'sip' stands there twice", "take one away"),
}


@pytest.mark.parametrize("case", TABLES.values(), ids=TABLES.keys())
def test_tables_are_located(small: Copy, case: tuple[str, str, str, str | None, int, str, str]) -> None:
    """Mistakes in protocols and languages are shown like those in codes, and do not crash what reads them."""
    path, old, new, at, column, problem, mend = case
    line = small.line_of(path, at or old)
    small.edit(path, old, new)
    (found,) = lint(small.content, small.locales)
    assert found.path == path
    assert problem in found.problem
    assert mend in found.mend
    assert found.column == column
    assert abs(found.line - line) <= 1
    with pytest.raises(ContentError):
        read_content(small.content)


def test_one_file_does_not_hide_another(small: Copy) -> None:
    """Each file that cannot be read is reported, in the order of their paths."""
    small.edit("codes/smtp/452.md", 'value = "452"', "value = 452")
    small.edit("codes/http/503.md", 'value = "503"', "value = 503")
    assert [problem.path for problem in small.problems()] == ["codes/http/503.md", "codes/smtp/452.md"]
