"""What the guides show was run: every command against the mocks, with what it prints."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT, require

GUIDES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "content" / "guides").glob("*.md"))


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_of_a_guide_prints_what_it_shows(guide: str) -> None:
    """``tools/record.py --check`` runs them against servers of their own."""
    for tool in ("swaks", "curl", "jq", "bash"):
        require(tool)
    run = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "record.py"), "--check", guide],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
