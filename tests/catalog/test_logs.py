"""Lines of real logs in the catalogue: which code has which, and what a file with a mistake is answered with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statuary.catalog.identity import named_in
from statuary.catalog.logs import MAX_LINE_CHARACTERS, MAX_LINES, check_logs, read_logs, with_logs
from statuary.catalog.model import Code, LogLine
from statuary.catalog.source import read_protocols
from statuary.catalog.store import Catalogue
from statuary.errors import ContentError
from tests.catalog.conftest import CONTENT

PROTOCOLS = [protocol for protocol in read_protocols(CONTENT) if protocol.id in ("http", "smtp")]
LINE = {"program": "Example 1.0", "line": "said: 452 4.3.1 Full"}


def write(root: Path, text: str) -> Path:
    """A content root whose one file of lines holds a text."""
    (root / "logs").mkdir(exist_ok=True)
    (root / "logs" / "smtp.json").write_text(text, encoding="utf-8")
    return root


def test_codes_carry_their_lines(catalogue: Catalogue) -> None:
    """Of refusals in SMTP and final codes of HTTP; a line names its code."""
    for identity, program in (("smtp/452", "Postfix"), ("http/503", "nginx")):
        code = catalogue.get(identity)
        assert code is not None
        assert any(line.program.startswith(program) for line in code.logs)
        assert all(named_in(line.line, code.value) for line in code.logs)
        assert Code.from_dict(code.to_dict()) == code


def test_an_enhanced_code_has_the_lines_of_the_reply_that_it_is_paired_with(catalogue: Catalogue) -> None:
    """4.3.1 stands in the lines of 452, with which IANA pairs it; a template has none of its own."""
    paired, basic, template = (catalogue.get(identity) for identity in ("smtp/4.3.1", "smtp/452", "smtp/X.3.1"))
    assert paired is not None
    assert basic is not None
    assert template is not None
    assert paired.logs
    assert set(paired.logs) <= set(basic.logs)
    assert all(named_in(line.line, "4.3.1") for line in paired.logs)
    assert template.logs == ()


def test_lines_of_another_protocol_are_not_taken(catalogue: Catalogue) -> None:
    """A version number in a line of HTTP is no enhanced status code."""
    code = catalogue.get("smtp/4.3.1")
    assert code is not None
    (found,) = with_logs([code._replace(logs=())], {"http/503": (LogLine("Example", "GET /4.3.1 503"),)})
    assert found.logs == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "not an object"),
        ("[" * 100_000, "too deep"),
        (json.dumps({"http/503": [LINE]}), "no code of smtp"),
        (json.dumps({"smtp/452": []}), "no list of 1 to"),
        (json.dumps({"smtp/452": [LINE] * (MAX_LINES + 1)}), "no list of 1 to"),
        (json.dumps({"smtp/452": ["452"]}), "other keys"),
        (json.dumps({"smtp/452": [{**LINE, "more": ""}]}), "other keys"),
        (json.dumps({"smtp/452": [{**LINE, "line": 452}]}), "is not a line"),
        (json.dumps({"smtp/452": [{**LINE, "line": "two\nlines"}]}), "is not a line"),
        (json.dumps({"smtp/452": [{**LINE, "line": "x" * (MAX_LINE_CHARACTERS + 1)}]}), "is not a line"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, text: str, problem: str) -> None:
    """And with what to do."""
    with pytest.raises(ContentError) as raised:
        read_logs(write(tmp_path, text), PROTOCOLS)
    assert raised.value.path == "logs/smtp.json"
    assert problem in raised.value.problem
    assert raised.value.mend


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
    )
)
def test_whatever_the_file_holds_it_is_read_or_refused(tmp_path: Path, data: object) -> None:
    """Nothing but ContentError comes out."""
    try:
        logs = read_logs(write(tmp_path, json.dumps(data)), PROTOCOLS)
    except ContentError:
        return
    assert all(identity.startswith("smtp/") for identity in logs)


def test_a_line_of_an_unknown_code_is_found(tmp_path: Path) -> None:
    """At its place in the file."""
    root = write(tmp_path, json.dumps({"smtp/452": [LINE], "smtp/999": [LINE]}, indent=1))
    (problem,) = check_logs(root, read_logs(root, PROTOCOLS), {"smtp/452"})
    assert "smtp/999" in problem.problem
    assert '"smtp/999"' in (root / problem.path).read_text(encoding="utf-8").split("\n")[problem.line - 1]
