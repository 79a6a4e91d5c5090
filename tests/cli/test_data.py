"""Commands for programs: export, search, parse, languages."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statuary.catalog.model import Code
from statuary.cli.text import width
from tests.cli.conftest import Outcome

Statuary = Callable[..., Outcome]


def test_export_is_one_code_a_line(statuary: Statuary) -> None:
    """Every line has the same keys, and is a code again when it is read back."""
    done = statuary("export", "--hidden")
    assert done.code == 0
    codes = [json.loads(line) for line in done.out.splitlines()]
    assert len({code["id"] for code in codes}) == len(codes) > 600
    assert len({tuple(code) for code in codes}) == 1
    assert all(Code.from_dict(code).to_dict() == code for code in codes)


def test_every_code_is_looked_up_as_it_is_exported(statuary: Statuary) -> None:
    """``statuary ID --json`` gives the line of the export for every code."""
    for line in statuary("export", "--hidden").out.splitlines():
        identity = json.loads(line)["id"]
        assert statuary(identity, "--json") == (0, line + "\n", ""), identity


def test_export_of_a_protocol(statuary: Statuary) -> None:
    """Doubtful codes are left out unless they are asked for."""
    found = [json.loads(line) for line in statuary("export", "--protocol", "smtp").out.splitlines()]
    assert {code["protocol"] for code in found} == {"smtp"}
    assert not any(code["hidden"] for code in found)
    assert len(statuary("export", "--protocol", "SMTP", "--hidden").out.splitlines()) > len(found)
    done = statuary("export", "--protocol", "gopher")
    assert done.code == 2
    assert "http, smtp" in done.err


def test_export_in_a_language(statuary: Statuary) -> None:
    """The prose is French, and each code says which fields are not."""
    lines = statuary("export", "--protocol", "smtp", "--lang", "fr").out.splitlines()
    found = {code["id"]: code for code in map(json.loads, lines)}
    assert {code["language"] for code in found.values()} == {"fr"}
    assert any(code["summary"] and not code["untranslated"] for code in found.values())
    assert all(set(code["untranslated"]) <= {*code["prose"], "claims"} for code in found.values())


def test_search_is_a_line_each(statuary: Statuary) -> None:
    """Best first, cut to the width."""
    done = statuary("search", "mailbox", "full", "--limit", "3")
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0].startswith("smtp/4.2.2")
    assert len(lines) == 5
    assert all(width(line) <= 80 for line in lines)
    assert len(statuary("search", "mailbox full", "--limit=3", "--json").out.splitlines()) == 3


def test_search_finds_doubtful_codes_when_asked(statuary: Statuary) -> None:
    """``--hidden`` adds them."""
    query = ("search", "bad", "address", "--json", "--limit", "50")
    with_hidden = {json.loads(line)["id"] for line in statuary(*query, "--hidden").out.splitlines()}
    without = {json.loads(line)["id"] for line in statuary(*query).out.splitlines()}
    assert without <= with_hidden
    assert not without & {"smtp/510", "smtp/511"}


@pytest.mark.parametrize("limit", ["0", "x", "-1", "51", "9" * 5000, "²"])
def test_search_limits_are_checked(statuary: Statuary, limit: str) -> None:
    """A wrong limit is wrong usage."""
    assert statuary("search", "mailbox", f"--limit={limit}").code == 2


def test_search_without_result(statuary: Statuary) -> None:
    """Nothing fits: exit code 1."""
    assert statuary("search", "xyzzyplugh").code == 1


@pytest.mark.parametrize(
    ("words", "canonical"),
    [
        (["503x2~200"], "503x2~200"),
        (["503 x2 ~ 200"], "503x2~200"),
        (["452", "4.2.2", "x2", "~", "250"], "452_4.2.2x2~250"),
        (["503-delay=2000ms"], "503-delay=2s"),
        (["200:0.50,503:0.5"], "200:0.5,503:0.5"),
    ],
)
def test_parse_prints_canonically(statuary: Statuary, words: list[str], canonical: str) -> None:
    """Whichever protocol can read the script does."""
    assert statuary("parse", *words) == (0, canonical + "\n", "")


def test_parse_as_data(statuary: Statuary) -> None:
    """Steps, choices and effects, for programs."""
    found = json.loads(statuary("parse", "452_4.2.2-close:2,250x3", "--json").out)
    assert found["script"] == "452_4.2.2-close:2,250:1x3"
    assert found["protocol"] == "smtp"
    (step,) = found["steps"]
    assert step["count"] == 3
    assert step["choices"][0]["effects"] == [{"name": "close", "value": None}]


@pytest.mark.parametrize(
    ("script", "caret"), [("503y2", 3), ("日本503", 0), ("503~日", 4), ("", 0), ("503-delay=1s~~", 13)]
)
def test_parse_points_at_the_error(statuary: Statuary, script: str, caret: int) -> None:
    """The caret stands under the character, and exit code 2 says wrong usage."""
    done = statuary("parse", script)
    assert done.code == 2
    assert "expected" in done.err
    assert done.err.splitlines()[1:] == [f"  {script}".rstrip() if script else "  ", f"  {' ' * caret}^"]


def test_parse_points_past_wide_characters(statuary: Statuary) -> None:
    """The caret counts columns, not characters."""
    done = statuary("parse", "503~\u3000\u3000", "--protocol", "http")
    assert done.err.splitlines()[-1] == "      ^"


def test_parse_in_one_dialect(statuary: Statuary) -> None:
    """An enhanced code is none of HTTP's."""
    assert statuary("parse", "452_4.2.2", "--protocol", "http").code == 2
    assert statuary("parse", "700", "--protocol", "smtp").code == 2
    error = json.loads(statuary("parse", "503y", "--json").err)
    assert error["error"] == "bad_script"
    assert error["detail"]["position"] == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(max_size=80))
def test_parse_takes_any_text(statuary: Statuary, script: str) -> None:
    """A script is parsed or refused, whatever it holds."""
    done = statuary("parse", "--", script)
    assert done.code in (0, 2)
    assert all(width(line) <= 200 for line in done.err.splitlines())


def test_languages_say_how_far_they_are(statuary: Statuary) -> None:
    """English is whole; the others count what is missing."""
    found = {row["tag"]: row for row in map(json.loads, statuary("languages", "--json").out.splitlines())}
    assert set(found) >= {"en", "fr", "ja", "ko"}
    assert found["en"]["translated"] == found["en"]["total"] > 0
    assert all(found[tag]["translated"] > 0 for tag in ("fr", "ja", "ko"))
    assert all(0 <= row["translated"] <= row["total"] for row in found.values())
    assert "日本語" in statuary("languages").out


def test_coverage_is_a_line_for_each_language_and_domain(statuary: Statuary) -> None:
    """Messages, translated, fuzzy, missing, per cent; one protocol or one language where that is asked for."""
    found = [json.loads(line) for line in statuary("export", "--coverage", "--json").out.splitlines()]
    assert {row["language"] for row in found} == {"fr", "ja", "ko"}
    assert {"http", "smtp", "book", "interface"} <= {row["domain"] for row in found}
    for row in found:
        assert row["messages"] == row["translated"] + row["fuzzy"] + row["missing"]
    one = statuary("export", "--coverage", "--json", "--lang", "fr", "--protocol", "smtp").out.splitlines()
    assert [(json.loads(line)["language"], json.loads(line)["domain"]) for line in one] == [("fr", "smtp")]
    assert " % " in statuary("export", "--coverage").out.splitlines()[0]
