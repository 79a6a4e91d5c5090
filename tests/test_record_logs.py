"""Lines of real logs: those that are recorded are whole, and programs still write them (``tools/record_logs.py``)."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import record_logs
from tools.logs import http, mail
from tools.logs.lines import MAX_LINE_CHARACTERS, Line, Masks
from tools.record_logs import PROGRAMS, differing, main, merged, read_lines, record, why_not, write_lines

from statuary.catalog.store import open_catalogue
from tests.conftest import IN_CI, require

SAMPLE = {
    "smtp": ("smtp/452", "smtp/456", "smtp/521", "smtp/535"),
    "http": ("http/304", "http/404", "http/499-nginx", "http/503"),
}
"""What every run records again; of each protocol codes that come about in different ways."""
PAIRS = [(protocol, program) for protocol, programs in PROGRAMS.items() for program in programs]


def ready(protocol: str, program: str) -> None:
    """Skip where a program is not there; in CI ``tools/setup test`` has brought it."""
    if not (reason := why_not(protocol, program)):
        return
    if protocol == "smtp" and program in mail.RELAYS:
        message = f"{program} is not run: {reason}; python -m snippets setup brings it"
        pytest.fail(message, pytrace=False) if IN_CI else pytest.skip(message)
    require({"apache": "apache2"}.get(program, program))


@pytest.mark.parametrize(("protocol", "program"), PAIRS)
def test_programs_write_what_is_recorded(protocol: str, program: str) -> None:
    """Every character, but for times, numbers of processes and queues, ports and addresses."""
    ready(protocol, program)
    recorded = {
        identity: line
        for identity in SAMPLE[protocol]
        for line in read_lines(protocol).get(identity, ())
        if line.name == PROGRAMS[protocol][program]
    }
    assert recorded
    now = record(protocol, program, SAMPLE[protocol])
    versions = {line.program for line in now.values()}, {line.program for line in recorded.values()}
    if now != recorded and versions[0] != versions[1] and not IN_CI:
        pytest.skip(f"{versions[0]} writes something else than {versions[1]}, which was recorded")
    assert now == recorded


def test_every_code_that_can_be_met_has_a_line() -> None:
    """All refusals of SMTP but those to ETRN and ATRN, and all final codes of HTTP, in nginx's log at least."""
    catalogue = open_catalogue()
    smtp = mail.mail_cases(catalogue.codes("smtp", hidden=True))
    final = http.http_cases(catalogue.codes("http", hidden=True))
    assert {case.id for case in smtp} == set(read_lines("smtp"))
    lines = read_lines("http")
    assert {case.id for case in final} == set(lines)
    assert all(line[0].name == "nginx" for line in lines.values())


@pytest.mark.parametrize("protocol", PROGRAMS)
def test_lines_are_fit_to_be_shown(protocol: str) -> None:
    """Each names its code, and none an address, a port, a folder or a name of the machine that recorded it."""
    order = list(PROGRAMS[protocol].values())
    for identity, lines in read_lines(protocol).items():
        value = identity.partition("/")[2].partition("-")[0]
        assert [line.name for line in lines] == sorted({line.name for line in lines}, key=order.index), identity
        for line in lines:
            assert re.search(rf"(?<![0-9]){value}(?![0-9])", line.line), line
            assert line.line == line.line.strip()
            assert line.line.isprintable()
            assert len(line.line) < MAX_LINE_CHARACTERS, "a line was cut"
            assert not re.search(r"127\.0\.0\.1|localhost|any\.test|/tmp|/status/|/http/[0-9]", line.line), line


def test_what_is_no_refusal_has_no_case() -> None:
    """RFC 5321 §4.2: only 4yz and 5yz refuse; an interim answer of HTTP (RFC 9110 §15.2) is not what a log shows."""
    catalogue = open_catalogue()
    for identity in ("smtp/250", "smtp/354", "smtp/4.2.2", "smtp/447"):
        code = catalogue.get(identity)
        assert code is not None
        assert mail.mail_case(code) is None, identity
    for identity in ("http/100", "http/103", "http/104"):
        code = catalogue.get(identity)
        assert code is not None
        assert http.http_case(code) is None, identity


def test_a_case_asks_at_a_stage_where_the_code_is_legal() -> None:
    """452 may answer RCPT, 535 only AUTH, 521 is a greeting, 456 comes after the final dot."""
    catalogue = open_catalogue()
    for identity, stage in (
        ("smtp/452", "rcpt"),
        ("smtp/535", "auth"),
        ("smtp/521", "connect"),
        ("smtp/456", "message"),
    ):
        code = catalogue.get(identity)
        assert code is not None
        case = mail.mail_case(code)
        assert case is not None
        assert case.stage == stage


OLD = {
    "smtp/450": [Line("Postfix 3.7.11", "a 450"), Line("curl 7.88.1", "b 450")],
    "smtp/452": [Line("Postfix 3.7.11", "a 452"), Line("curl 7.88.1", "b 452")],
}


def test_a_new_recording_replaces_its_program_alone() -> None:
    """A program that was not run keeps its lines, whatever its version; one that was loses those that are gone."""
    new = {"curl": {"smtp/452": Line("curl 8.5.0", "c 452")}}
    lines = merged("smtp", OLD, new)
    assert lines["smtp/450"] == [Line("Postfix 3.7.11", "a 450")]
    assert lines["smtp/452"] == [Line("Postfix 3.7.11", "a 452"), Line("curl 8.5.0", "c 452")]
    assert differing(OLD, lines) == ["smtp/450: curl", "smtp/452: curl"]


def test_a_new_recording_of_one_code_leaves_the_others() -> None:
    """Only what was asked for is touched."""
    new = {"postfix": {"smtp/452": Line("Postfix 3.7.11", "d 452")}}
    lines = merged("smtp", OLD, new, ["smtp/452"])
    assert lines["smtp/450"] == OLD["smtp/450"]
    assert lines["smtp/452"] == [Line("Postfix 3.7.11", "d 452"), Line("curl 7.88.1", "b 452")]
    assert differing(OLD, lines) == ["smtp/452: Postfix"]


def test_masks_go_from_the_longest() -> None:
    """An address with a port is not left half behind."""
    masks = Masks({"127.0.0.1": "192.0.2.25", "127.0.0.1:1025": "mx.example.net:25"}, [(r"\[[0-9]+\]", "[2101]")])
    assert masks("smtp[77]: 127.0.0.1:1025 and 127.0.0.1\n") == "smtp[2101]: mx.example.net:25 and 192.0.2.25"
    assert len(masks("x" * 10_000)) == MAX_LINE_CHARACTERS


@given(st.dictionaries(st.from_regex(r"smtp/[2-5][0-9]{2}", fullmatch=True), st.lists(st.text(), min_size=1)))
def test_what_is_written_is_read(texts: dict[str, list[str]]) -> None:
    """Any text survives the file."""
    lines = {identity: [Line("curl 1.0", text) for text in items] for identity, items in texts.items()}
    with tempfile.TemporaryDirectory() as folder:
        write_lines("smtp", lines, Path(folder))
        assert read_lines("smtp", Path(folder)) == lines


def test_check_finds_what_differs_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 and the name of the code; 0 where all is as recorded."""
    line = Line("curl 7.88.1", "curl: (22) The requested URL returned error: 503")
    monkeypatch.setattr(record_logs, "why_not", lambda protocol, program: "" if program == "curl" else "not asked")
    monkeypatch.setattr(record_logs, "record", lambda protocol, program, only: {"http/503": line})
    monkeypatch.setattr(record_logs, "read_lines", lambda protocol: read_lines(protocol, tmp_path))
    monkeypatch.setattr(record_logs, "write_lines", lambda protocol, lines: write_lines(protocol, lines, tmp_path))
    assert main(["--check", "http/503", "--program", "curl"]) == 1
    assert capsys.readouterr().out == "http/503: curl: writes something else; run make record\n"
    assert not (tmp_path / "http.json").exists()
    assert main(["http/503"]) == 0
    assert "nginx is left out: not asked" in capsys.readouterr().out
    assert read_lines("http", tmp_path) == {"http/503": [line]}
    assert main(["--check", "http/503", "--program", "curl"]) == 0


def test_questions_that_make_no_sense(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the names that there are."""
    for arguments, word in ((["--program", "sendmail"], "postfix"), (["ftp/452"], "smtp/CODE")):
        with pytest.raises(SystemExit) as raised:
            main(arguments)
        assert raised.value.code == 2
        assert word in capsys.readouterr().err
