"""What the README shows was run: its commands, their output, and its Python."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.conftest import ROOT, require


def test_every_command_of_the_readme_prints_what_it_shows() -> None:
    """``tools/record.py --check`` runs them all against real servers."""
    for tool in ("swaks", "curl", "bash"):
        require(tool)
    run = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "record.py"), "--check", "README.md"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_python_of_the_readme_runs() -> None:
    """Each block on its own."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        subprocess.run([sys.executable, "-c", block], check=True, capture_output=True, timeout=60)


def test_every_make_target_of_the_readme_exists() -> None:
    """``make serve`` and ``make test`` and whatever else it names."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:^ {4}|`)make ([a-z]+)", readme, re.MULTILINE))
    assert {"serve", "test"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_link_of_the_documents_leads_somewhere() -> None:
    """Relative links in the README, CONTRIBUTING and docs/."""
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:|#|code:)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / link).exists(), f"{document.name}: {link}"
