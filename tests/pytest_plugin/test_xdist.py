"""Runs in several processes at once (pytest-xdist): one seed for all, no port or count shared."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.conftest import Suite

PARALLEL = """
import os
import smtplib
import pytest

@pytest.mark.parametrize("number", range(30))
def test_it(statuary_smtp, statuary_seed, number):
    assert os.environ["PYTEST_XDIST_WORKER"].startswith("gw")
    statuary_smtp.on("rcpt").answer("452 x1 ~ pass")
    codes = []
    for _ in range(2):
        with smtplib.SMTP(*statuary_smtp.addr) as client:
            client.ehlo()
            client.mail("a@client.test")
            codes.append(client.rcpt("b@any.test")[0])
    assert codes == [452, 250]
    statuary_smtp.check()
    with open("seeds", "a") as file:
        file.write(f"{os.environ['PYTEST_XDIST_WORKER']} {statuary_seed} {statuary_smtp.seed}\\n")
"""


def test_processes_share_the_seed_and_nothing_else(suite: Suite, pytester: pytest.Pytester) -> None:
    """The seed of the header holds in every process; both had tests."""
    result = suite(PARALLEL, "-n", "2", "--dist", "load")
    result.assert_outcomes(passed=30)
    [header] = [line for line in result.outlines if line.startswith("statuary: seed ")]
    seed = header.rpartition(" ")[2]
    told = [line.split() for line in (pytester.path / "seeds").read_text().splitlines()]
    assert len(told) == 30
    assert {(first, second) for _, first, second in told} == {(seed, seed)}
    assert {worker for worker, _, _ in told} == {"gw0", "gw1"}


def test_a_failure_in_a_process_shows_transcript_and_seed(suite: Suite) -> None:
    """As it does without pytest-xdist."""
    result = suite(
        "def test_it(statuary_smtp):\n    statuary_smtp.verify(stage='rcpt')\n", "-n", "2", "--statuary-seed=31"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*expected at least 1 exchange*", "*nothing was said*", "*seed 31: --statuary-seed=31*"]
    )
