"""docs/testing.md: every Python block is run as it stands, and its proof fails for a mailer that does not do it."""

from __future__ import annotations

import ast
import re

import pytest

import statuary
from statuary.pytest_plugin import __doc__ as plugin_words
from statuary.testing import HttpServer, SmtpServer, VerificationFailed
from tests.conftest import ROOT
from tests.pytest_plugin.conftest import Suite
from tests.testing.mail import send

PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, re.DOTALL))
TEN_LINES = 10


def test_every_block_names_its_file() -> None:
    """So that none is left out of what is run."""
    assert PAGE.count("```python") == len(BLOCKS) > 3
    assert plugin_words


def test_the_proof_has_ten_lines() -> None:
    """The promise of its heading: imports and all."""
    lines = [line for line in BLOCKS["test_mailer.py"].splitlines() if line.strip()]
    assert len(lines) == TEN_LINES


def test_the_page_runs(suite: Suite, pytester: pytest.Pytester) -> None:
    """All files together, as a newcomer copies them."""
    for name, source in BLOCKS.items():
        (pytester.path / name).write_text(source, encoding="utf-8")
    tests = sum(source.count("def test_") for source in BLOCKS.values())
    result = suite("", "--import-mode=prepend")
    result.assert_outcomes(passed=tests)


@pytest.mark.parametrize(
    ("sound", "broken", "told"),
    [
        ("if code >= 500:", "if code >= 400:", "mailer.Refused: 4.2.2"),
        ("if code >= 500:", "if code >= 600:", "there were 5"),
        ("if code >= 500:", "if code >= 500 and _ > 0:", "there were 2"),
        ("range(attempts)", "range(2)", "mailer.Refused: still refused"),
        ("                return\n", "                pass\n", "mailer.Refused: still refused"),
    ],
    ids=["never again", "for ever", "once too often", "gives up early", "after success too"],
)
def test_the_proof_sees_what_is_wrong(
    suite: Suite, pytester: pytest.Pytester, sound: str, broken: str, told: str
) -> None:
    """RFC 5321 §4.2.1: 4yz is tried again, 5yz is not; each mailer that does otherwise is found out."""
    assert sound in BLOCKS["mailer.py"]
    (pytester.path / "mailer.py").write_text(BLOCKS["mailer.py"].replace(sound, broken), encoding="utf-8")
    (pytester.path / "test_mailer.py").write_text(BLOCKS["test_mailer.py"], encoding="utf-8")
    result = suite("", "--import-mode=prepend")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{told}*"])


def test_the_page_names_what_there_is() -> None:
    """Every public name of the servers stands on the page, and every name in its table is there."""
    for server in (SmtpServer, HttpServer):
        public = {name for name in dir(server) if not name.startswith("_")} - {"protocol"}
        assert {name for name in public if name not in PAGE} == set()
    table = re.search(r"## What a mock offers\n.*?\| \| \|\n\|---\|---\|\n(.*?)\n\n", PAGE, re.DOTALL)
    assert table is not None
    for row in table[1].splitlines():
        for name in re.findall(r"`(\w+)", row.split(" | ")[0]):
            assert hasattr(SmtpServer, name) or hasattr(HttpServer, name) or name == "seed", name


def test_blocks_are_written_as_ours() -> None:
    """They parse; lines are short enough for the page."""
    for name, source in BLOCKS.items():
        ast.parse(source, name)
        assert max(map(len, source.splitlines())) <= 120, name


def test_the_failure_on_the_page_is_a_real_one() -> None:
    """Line by line what is printed for a recipient that is misspelt, but for its times and ports."""
    with statuary.smtp(seed=5) as server:
        send(server.addr, "ful@any.test")
        with pytest.raises(VerificationFailed) as failed:
            server.verify(count=3, stage="rcpt", recipient="full@any.test")
    printed = [re.sub(r":\d{4,5}, .*", "", line) for line in str(failed.value).splitlines()]
    shown = re.search(r"\n\n((?: {4}.*\n)+)", PAGE.partition("## When it fails")[2])
    assert shown is not None
    lines = [re.sub(r":\d{4,5}, .*", "", line.removeprefix("    ")) for line in shown[1].splitlines()]
    assert len(lines) > 5
    assert [line for line in lines if line.strip() != "..." and line not in printed] == []
