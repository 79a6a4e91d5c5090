"""``statuary snippet``."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.cli.text import width
from statuary.snippets.shelf import Shelf, Shown
from tests.cli.conftest import Outcome

Statuary = Callable[..., Outcome]


@pytest.fixture(scope="module")
def shown() -> dict[str, Shown]:
    """What there is for 507, by framework."""
    catalogue = open_catalogue()
    code = catalogue.get("http/507")
    assert code is not None
    found = {item.framework.id: item for item in Shelf(find_places().content).show(code)}
    catalogue.close()
    return found


def test_every_framework_is_listed_with_its_verdict(statuary: Statuary, shown: dict[str, Shown]) -> None:
    """One line each, with what it really sent; the language of the words is the reader's."""
    done = statuary("snippet", "http/507")
    assert done.code == 0
    lines = {line.split()[0]: line for line in done.out.splitlines() if line.startswith("  ")}
    assert list(lines) == list(shown)
    for identity, item in shown.items():
        assert item.word in lines[identity]
    assert "HTTP/1.1 507 INSUFFICIENT STORAGE" in lines["flask"]
    assert "autre phrase" in statuary("snippet", "http/507", "--lang", "fr").out


@pytest.mark.parametrize("name", ["rails", "Rails", "ruby on rails"])
def test_one_framework_is_shown_with_file_and_answer(statuary: Statuary, shown: dict[str, Shown], name: str) -> None:
    """By identity or name, whatever the case."""
    done = statuary("snippet", "http/507", "--framework", name)
    assert done.code == 0
    item = shown["rails"]
    for line in (*item.snippet.text.splitlines(), *(item.recorded.text.splitlines() if item.recorded else ())):
        assert line in done.out
    assert item.word in done.out
    assert all(version in done.out for version in item.versions.values())


def test_the_file_alone_is_what_ran(statuary: Statuary, process: Statuary, shown: dict[str, Shown]) -> None:
    """Octet for octet, so that it can be redirected into a file."""
    assert process("snippet", "http/507", "--framework", "spring", "--raw").out == shown["spring"].snippet.text
    assert statuary("snippet", "http/507", "--raw").code == 2


def test_json_has_the_same_keys_for_each(statuary: Statuary, shown: dict[str, Shown]) -> None:
    """One object a line; what was not run has no recording and says why."""
    objects = [json.loads(line) for line in statuary("snippet", "http/507", "--json").out.splitlines()]
    assert [found["framework"] for found in objects] == list(shown)
    assert len({tuple(found) for found in objects}) == 1
    for found in objects:
        item = shown[found["framework"]]
        assert found["text"] == item.snippet.text
        assert found["verdict"] == item.word
        assert (found["recorded"] is None) == (item.verdict is None)
    one = json.loads(statuary("snippet", "http/507", "--framework", "go", "--json").out)
    assert one in objects


def test_a_mail_code_comes_with_the_warning(statuary: Statuary) -> None:
    """452 alone is SMTP's: the only one of that number that has snippets."""
    done = statuary("snippet", "452")
    assert done.code == 0
    assert "SMTP never sends this" in done.out
    assert "SMTP never sends this" not in statuary("snippet", "507").out


@pytest.mark.parametrize(
    ("words", "slug", "part"),
    [
        (("http/103",), "no_snippets", "leaves the client waiting"),
        (("ftp/426",), "no_snippets", "another protocol"),
        (("421",), "several_codes", "smtp/421"),
        (("http/507", "--framework", "nope\x1b"), "framework_not_found", "rails"),
        (("http/5077",), "code_not_found", "http/507"),
    ],
)
def test_what_there_is_not(statuary: Statuary, words: tuple[str, ...], slug: str, part: str) -> None:
    """Exit code 1 and a reason, for people and for programs."""
    done = statuary("snippet", *words)
    assert done.code == 1
    assert not done.out
    assert part in done.err
    assert "\x1b" not in done.err
    assert json.loads(statuary("snippet", *words, "--json").err)["error"] == slug


@pytest.mark.parametrize("language", ["en", "fr", "ja", "ko"])
def test_words_fit_the_width(statuary: Statuary, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    """Only files and answers are wider: they are shown as they are."""
    monkeypatch.setenv("COLUMNS", "80")
    for words in (("http/507",), ("smtp/452",), ("smtp/452", "--framework", "apache")):
        out = statuary("snippet", *words, "--lang", language).out
        for line in out.splitlines():
            assert line.startswith("    ") or width(line) <= 80, line


def test_a_look_up_reads_no_snippets(process: Statuary) -> None:
    """``statuary 452`` loads nothing of them, nor Jinja2."""
    done = process("452", PYTHONPROFILEIMPORTTIME="1")
    assert done.code == 0
    assert "statuary.catalog" in done.err
    assert "statuary.snippets" not in done.err
    assert "jinja2" not in done.err
