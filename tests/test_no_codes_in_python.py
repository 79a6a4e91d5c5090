"""No code number, reason phrase or reply text in Python: they come from the catalogue (DESIGN.md section 2).

``wire`` is left out: framing rules name numbers there. A limit or size with a name of its own in capital letters is no
code. All else that looks like one is listed below, by file and literal, each with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from statuary.catalog.store import open_catalogue

SOURCE = Path(__file__).resolve().parent.parent / "src" / "statuary"

ALLOWED: dict[tuple[str, str], str] = {
    ("catalog/codefile.py", "245"): "three class digits, one after the other",
    ("catalog/compile.py", "245"): "three class digits, one after the other",
    ("catalog/codefile.py", "120"): "a sample of a header field in a mend",
    ("catalog/compile.py", "420"): "0o644, a file mode",
    ("catalog/lint/messages.py", "128"): "the length of an IPv6 prefix",
    ("catalog/lint/messages.py", "204"): "framing: no Content-Length is allowed with it (RFC 9110 §8.6)",
    ("catalog/lint/messages.py", "304"): "framing: its Content-Length is another's (RFC 9110 §8.6)",
    ("catalog/messages.py", "100"): "the width of a line",
    ("cli/help.py", "452"): "an example of a command",
    ("cli/help.py", "507"): "an example of a command",
    ("cli/help.py", "200"): "an example of a command",
    ("cli/help.py", "4.2.2"): "an example of a command",
    ("cli/help.py", "mailbox full"): "an example of a command",
    ("cli/parse.py", "200"): "an example of a script",
    ("cli/screen/app.py", "100"): "a share of the screen, in per cent",
    ("cli/screen/lines.py", "452"): "an example of a query",
    ("cli/screen/lines.py", "4.2.2"): "an example of a query",
    ("cli/screen/lines.py", "mailbox full"): "an example of a query",
    ("cli/serve.py", "200"): "an example of a script, shown at the start",
    ("cli/serve.py", "4.2.2"): "an example of a script, shown at the start",
    ("cli/show.py", "100"): "a width in characters",
    ("explain/words.py", "999"): "the bound of a class that no registry names",
    ("explain/words.py", "success"): "a class in words of ours",
    ("explain/words.py", "tls handshake"): "what begins after STARTTLS; WebSocket has a code of that name",
    ("mcp/tools.py", "4.2.2"): "an example of a query and of a script, for those who call",
    ("mcp/tools.py", "200"): "an example of a script, for those who call",
    ("mcp/tools.py", "250"): "an example of a script, for those who call",
    ("scenario/expected.py", "4.2.2"): "an example in an error",
    ("serve/http/answers.py", "300"): "the classes below carry no error name",
    ("serve/http/answers.py", "400"): "the classes from there on carry an error name",
    ("serve/http/bodies.py", "256"): "the size of a cache",
    ("serve/http/mock.py", "200"): "an example in an error",
    ("serve/http/mock.py", "452"): "an example in an error",
    ("serve/http/mock.py", "507"): "an example in an error",
    ("serve/http/routes/__init__.py", "200"): "an example of a script",
    ("serve/http/routes/__init__.py", "503"): "an example of a script",
    ("serve/http/routes/auth.py", "256"): "SHA-256, a hash",
    ("serve/http/routes/auth.py", "512"): "SHA-512, a hash",
    ("serve/http/target.py", "503"): "an example in an error",
    ("serve/http/target.py", "504"): "an example in an error",
    ("web/extract.py", "100"): "the width of a line",
    ("web/v1/endpoints.py", "452"): "an example in the API's document",
    ("web/v1/endpoints.py", "4.2.2"): "an example in the API's document",
    ("web/v1/endpoints.py", "5.2.2"): "an example in the API's document",
    ("web/guard.py", "127"): "the loopback network",
    ("web/v1/script.py", "452"): "an example in the API's document",
    ("web/v1/script.py", "4.2.2"): "an example in the API's document",
}
"""File and literal that only looks like a code, and why it may stand there."""

WORDS = {
    "Created": "a member of Mailpit's JSON",
    "AUTH": "a command of SMTP",
    "Content": "a class and a label of ours; CoAP has a code of that name",
    "NOT_FOUND": "an exit status of ours; gRPC has a code of that name",
    "Redirect": "a class of ours",
    "no response": "a verdict of a snippet's run",
    "other": "a stage of ours",
}
"""Texts of the catalogue that are ordinary words here."""

_SECTION = re.compile(r"§\s?[\w.]+")
_CODE = re.compile(r"(?<![\w.\[])[1-9]\d\d(?![\w.])|(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")


class Literal(NamedTuple):
    """A literal that looks like a code, and where it stands."""

    path: str
    line: int
    text: str


def documentation(tree: ast.AST) -> set[int]:
    """The strings of a tree that stand alone: docstrings."""
    return {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def named_limits(tree: ast.Module) -> set[int]:
    """The numbers in assignments to capital letters at the top of a module."""
    found: set[int] = set()
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id.isupper() for target in targets):
            found.update(
                id(each) for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, int)
            )
    return found


def literals(source: str, path: str) -> Iterator[tuple[int, int | str]]:
    """Every number and string of a module that is neither documentation nor a limit with a name."""
    tree = ast.parse(source, path)
    left_out = documentation(tree) | named_limits(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in left_out and type(node.value) in (int, str):
            assert isinstance(node.value, int | str)
            yield node.lineno, node.value


def codes_in(source: str, path: str) -> Iterator[Literal]:
    """Numbers, and numbers within strings, that look like codes."""
    for line, value in literals(source, path):
        if isinstance(value, str):
            yield from (Literal(path, line, match[0]) for match in _CODE.finditer(_SECTION.sub("", value)))
        elif 100 <= value <= 999:
            yield Literal(path, line, str(value))


def texts_in(source: str, path: str, texts: set[str]) -> Iterator[Literal]:
    """Strings that are a reason phrase or a reply text, or hold one of several words."""
    longer = [(text.casefold(), text) for text in texts if " " in text and len(text) > 9]
    for line, value in literals(source, path):
        if isinstance(value, str):
            if value in texts:
                yield Literal(path, line, value)
            else:
                said = value.casefold()
                held = {folded for folded, text in longer if folded in said and _stands_in(text, value)}
                yield from (Literal(path, line, folded) for folded in held)


def _stands_in(text: str, value: str) -> bool:
    """Whether a text stands in a value as words of its own."""
    return re.search(rf"(?<!\w){re.escape(text)}(?![\w-])", value, re.IGNORECASE) is not None


def sources() -> list[Path]:
    """Every module outside ``wire``."""
    return [path for path in sorted(SOURCE.rglob("*.py")) if path.relative_to(SOURCE).parts[0] != "wire"]


@pytest.fixture(scope="module")
def texts() -> set[str]:
    """Every name, title and reply text of the catalogue, but for the words of two letters."""
    catalogue = open_catalogue()
    codes = [code for code in catalogue.codes(hidden=True) if code.kind in ("code", "template")]
    catalogue.close()
    return {text for code in codes for text in (code.name, code.title, code.answer.text) if len(text) > 2}


def test_no_code_numbers() -> None:
    """Each number that looks like a code has its reason on the list."""
    found = [
        literal
        for path in sources()
        for literal in codes_in(path.read_text(encoding="utf-8"), path.relative_to(SOURCE).as_posix())
        if (literal.path, literal.text) not in ALLOWED
    ]
    assert found == []


def test_no_phrases(texts: set[str]) -> None:
    """No reason phrase and no reply text is typed."""
    found = [
        literal
        for path in sources()
        for literal in texts_in(path.read_text(encoding="utf-8"), path.relative_to(SOURCE).as_posix(), texts)
        if literal.text not in WORDS and (literal.path, literal.text) not in ALLOWED
    ]
    assert found == []


def test_list_is_not_longer_than_needed() -> None:
    """What is no longer in the code is no longer allowed; every entry says why."""
    found = {
        (literal.path, literal.text)
        for path in sources()
        for literal in codes_in(path.read_text(encoding="utf-8"), path.relative_to(SOURCE).as_posix())
    }
    assert [entry for entry in ALLOWED if entry not in found and not entry[1].islower()] == []
    assert all(reason for reason in ALLOWED.values())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("status = 503", ["503"]),
        ("if code in (452, 550): pass", ["452", "550"]),
        ('reply = "452 4.2.2 full"', ["452", "4.2.2"]),
        ('reply = f"{x} 550"', ["550"]),
        ("def f(code: int = 250) -> None: ...", ["250"]),
        ("MAX_LINE = 512", []),
        ("max_line = 512", ["512"]),
        ('"""The 503 of a module."""', []),
        ('source = "RFC 9110 §15.6.4, RFC 5321 §4.2.3"', []),
        ('pattern = "[245]"', []),
        ("x = 99, 1000, 0x1f", []),
    ],
)
def test_check_sees(source: str, expected: list[str]) -> None:
    """The check itself: what it finds and what it lets pass."""
    assert [literal.text for literal in codes_in(source, "x.py")] == expected


def test_check_sees_phrases(texts: set[str]) -> None:
    """Whole and within, in any case where there are several words."""
    source = 'a = "Unauthorized"\nb = "sorry: service UNAVAILABLE now"\nc = "fine"\n"""Not Found"""'
    assert [(literal.line, literal.text) for literal in texts_in(source, "x.py", texts)] == [
        (1, "Unauthorized"),
        (2, "service unavailable"),
    ]
