"""Every row of the vendored registries against the catalogue, and the check that does it."""

from __future__ import annotations

from pathlib import Path

import pytest

from statuary.catalog.lint.registries import Difference, compare_registry
from statuary.catalog.model import Code, Protocol
from statuary.catalog.registry import RegistryRow, read_registry
from statuary.catalog.source import read_protocols
from statuary.catalog.specs import parse_spec
from statuary.catalog.store import Catalogue
from tests.catalog.conftest import CONTENT, Copy

WRONG_SECTIONS = {f"RFC 2228 §5.{number}" for number in (3, 4, 5)}
PROTOCOLS = {protocol.id: protocol for protocol in read_protocols(CONTENT)}


def rows_of(*names: str) -> list[RegistryRow]:
    """The rows of registries, one after the other."""
    return [row for name in names for row in read_registry(CONTENT / "registries" / f"{name}.csv")]


def own_codes(catalogue: Catalogue, protocol: str) -> list[Code]:
    """A protocol's codes without those that were made from templates."""
    return [code for code in catalogue.codes(protocol, hidden=True) if not code.template]


def test_every_registry_belongs_to_a_protocol() -> None:
    """All 24 vendored registries and the enhanced codes are read; concepts are of another kind."""
    used = {name for protocol in PROTOCOLS.values() for name in protocol.registries}
    assert used == {path.stem for path in (CONTENT / "registries").glob("*.csv")} - {"concepts"}
    assert len(PROTOCOLS) == len(used) - 1


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS.keys())
def test_every_row_is_in_the_catalogue(catalogue: Catalogue, protocol: Protocol) -> None:
    """Name, class, status, spec and confidence of every row, and no code that no row has."""
    rows = rows_of(*protocol.registries)
    codes = own_codes(catalogue, protocol.id)
    differences = [str(difference) for difference in compare_registry(rows, codes)]
    assert differences == []
    assert len(codes) == len(rows)
    assert len({code.id for code in codes}) == len(rows)


def test_sections_that_do_not_exist_have_the_right_one_beside_them(catalogue: Catalogue) -> None:
    """The list of FTP replies names RFC 2228 §5.3 to §5.5, but section 5 of that RFC ends with §5.2."""
    wrong = [code for code in catalogue.codes("ftp") if str(code.specs[0]) in WRONG_SECTIONS]
    assert len(wrong) == 9
    for code in wrong:
        right = "5.2" if code.value.startswith("6") else "5.1"
        assert f"RFC 2228 §{right}" in map(str, code.specs)
        assert any(f"in §{right}; lists of FTP replies name" in claim.text for claim in code.prose.claims), code.id


@pytest.mark.parametrize(
    ("field", "changed", "key", "ours", "theirs"),
    [
        ("name", "Insufficient Space", "name", "Insufficient Storage", "Insufficient Space"),
        ("class_", "4xx Client Error", "class", "5xx Server Error", "4xx Client Error"),
        ("status", "obsolete", "status", "registered", "obsolete"),
        ("spec", "RFC 2518 §10.6", "specs", "RFC 4918 §11.5", "RFC 2518 §10.6"),
        ("note", "low confidence", "hidden", "false", "true"),
    ],
)
def test_a_changed_row_is_named(
    catalogue: Catalogue, field: str, changed: str, key: str, ours: str, theirs: str
) -> None:
    """The check names the one difference, with what each side says."""
    rows = [row._replace(**{field: changed}) if row.code == "507" else row for row in rows_of("http")]
    (difference,) = compare_registry(rows, own_codes(catalogue, "http"))
    assert (difference.identity, difference.key, difference.theirs) == ("http/507", key, theirs)
    assert difference.ours.startswith(ours)
    assert "http/507" in str(difference)


def test_missing_and_surplus_codes_are_named(catalogue: Catalogue) -> None:
    """A row without a code, and a code without a row."""
    codes = own_codes(catalogue, "http")
    rows = rows_of("http")
    without_code = list(compare_registry(rows, [code for code in codes if code.id != "http/507"]))
    assert without_code == [Difference("507", "", "name", "", "Insufficient Storage")]
    assert str(without_code[0]) == "507: the registry's 'Insufficient Storage' is missing"
    without_row = list(compare_registry([row for row in rows if row.code != "507"], codes))
    assert [str(difference) for difference in without_row] == [
        "http/507: 'Insufficient Storage' is not in the registry"
    ]


def test_owners_of_one_number_are_told_apart_by_name(catalogue: Catalogue) -> None:
    """Both rows of 499 find their own code; a third owner would be missed."""
    row = next(row for row in rows_of("http") if row.code == "499")
    third = row._replace(name="Client Went for Lunch")
    differences = list(compare_registry([*rows_of("http"), third], own_codes(catalogue, "http")))
    assert differences == [Difference("499", "", "name", "", "Client Went for Lunch")]


def test_lint_points_at_the_file_and_the_row(copy: Copy) -> None:
    """A wrong fact is shown where it stands, a missing code where its row stands."""
    copy.edit("codes/http/507.md", 'status = "registered"', 'status = "obsolete"')
    (copy.content / "codes/http/418.md").unlink()
    found = {(problem.path, problem.line): problem for problem in copy.problems() if "registry" in problem.problem}
    wrong = found["codes/http/507.md", copy.line_of("codes/http/507.md", "status =")]
    assert wrong.problem == "http/507: status is 'obsolete', the registry has 'registered'"
    assert wrong.mend == "write registered"
    missing = found["registries/http.csv", copy.line_of("registries/http.csv", "\n418,") + 1]
    assert missing.mend == "add a file under codes/http"


def test_registry_is_read_as_it_is(tmp_path: Path) -> None:
    """Numbers are text, quoted cells may hold commas, rows keep their order."""
    path = tmp_path / "x.csv"
    path.write_text('code,name,class,spec,status,note\n007,"A, b",c,RFC 1 §2; vendor,registered,\n007,,,,,n\n', "utf-8")
    assert read_registry(path) == [
        RegistryRow("007", "A, b", "c", "RFC 1 §2; vendor", "registered", ""),
        RegistryRow("007", "", "", "", "", "n"),
    ]


@pytest.mark.parametrize(
    ("text", "document", "section", "url"),
    [
        ("RFC 9110 §15.6.4", "RFC 9110", "15.6.4", "https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.4"),
        ("RFC 3977 Appendix C", "RFC 3977", "C", "https://www.rfc-editor.org/rfc/rfc3977.html#appendix-C"),
        ("RFC 3463", "RFC 3463", "", "https://www.rfc-editor.org/rfc/rfc3463.html"),
        (
            "IANA http-status-codes",
            "IANA http-status-codes",
            "",
            "https://www.iana.org/assignments/http-status-codes/",
        ),
        ("vendor", "vendor", "", ""),
        (
            "RFC 9846 §6.2 (was RFC 8446 §6.2)",
            "RFC 9846",
            "6.2",
            "https://www.rfc-editor.org/rfc/rfc9846.html#section-6.2",
        ),
        (
            "IANA websocket (hybi list)",
            "IANA websocket (hybi list)",
            "",
            "https://www.iana.org/assignments/websocket/",
        ),
        ("MQTT 5.0 §2.4", "MQTT 5.0", "2.4", "https://docs.oasis-open.org/mqtt/mqtt/v5.0/mqtt-v5.0.html"),
        ("", "", "", ""),
    ],
)
def test_specs_lead_to_their_section(text: str, document: str, section: str, url: str) -> None:
    """A reference is split and linked, and what is no reference is kept as it is."""
    spec = parse_spec(text)
    assert (spec.document, spec.section, spec.url) == (document, section, url)
