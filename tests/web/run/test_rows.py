"""The rows of the builder's form: what they spell, and where in it an error stands."""

from __future__ import annotations

import pytest
from hypothesis import given

from statuary.errors import ScriptError
from statuary.scenario.grammar import HTTP, SMTP, parse_script
from statuary.web.run.rows import MAX_ROWS, Row, read_rows, rows_of, write_rows
from tests.web.run.scripts import scripts


@given(scripts("smtp"))
def test_rows_of_a_script_spell_the_same_script(text: str) -> None:
    """The form and the grammar mean the same."""
    script = parse_script(text, SMTP)
    assert str(parse_script(write_rows(rows_of(script)).text, SMTP)) == str(script)


def test_a_submitted_form_spells_a_script() -> None:
    """Each row follows, or is another choice of the step before; the count is the step's."""
    fields = {"a1": "200", "w1": "0.9", "c1": "3", "a2": "503", "e2": "-delay=2s", "w2": "0.1", "j2": "or", "a3": "204"}
    rows = read_rows(fields)
    assert write_rows(rows).text == "200:0.9,503-delay=2s:0.1x3~204"


def test_the_first_row_is_no_choice_and_empty_rows_are_passed_over() -> None:
    assert read_rows({"a2": " 503 ", "j2": "or", "a3": "", "e3": ""}) == [Row("503")]
    assert read_rows({}) == []


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ([Row("503", times="2"), Row("20")], 1),
        ([Row("50"), Row("200")], 0),
        ([Row("503", times="0"), Row("200")], 0),
        ([Row("503"), Row("200", "-delay=2y", joined="or"), Row("200")], 1),
        ([Row("503"), Row("200", weight="x", joined="or")], 1),
    ],
)
def test_an_error_leads_to_its_row(rows: list[Row], row: int) -> None:
    written = write_rows(rows)
    with pytest.raises(ScriptError) as caught:
        parse_script(written.text, HTTP)
    assert written.row_at(caught.value.position) == row


def test_rows_have_a_limit() -> None:
    assert len(read_rows({f"a{number}": "503" for number in range(1, 40)})) == MAX_ROWS
    long = "~".join(["503:0.9,200:0.1x2"] * 20)
    assert [row.answer for row in rows_of(parse_script(long))] == [long]
    assert write_rows(rows_of(parse_script(long))).text == long
