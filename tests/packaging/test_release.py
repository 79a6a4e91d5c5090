"""A release: one version everywhere, a changelog in one form, and a workflow that keeps no secret."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml
from tools import release

from statuary._version import __version__
from tests.conftest import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CHART = (ROOT / "deploy" / "helm" / "statuary" / "Chart.yaml").read_text(encoding="utf-8")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RIGHT = """# Changelog

## [Unreleased]

### Fixed

- Something.

## [0.2.0] - 2027-01-31

### Incompatible

- A name.

### Added

- Another.

## [0.1.0] - 2026-11-21

The first release.

### Added

- All.
"""
RIGHT_CHART = 'version: 0.2.0\nappVersion: "0.2.0"\n'
WRONG = {
    "no section": ("[0.2.0]", "[0.3.0]", "there is no section"),
    "no date": (" - 2027-01-31", "", "has no date"),
    "a date in words": ("2027-01-31", "January", "has no date"),
    "a day that is none": ("2027-01-31", "2027-02-30", "has no date"),
    "a heading of another form": ("## [0.1.0] - 2026", "## 0.1.0 - 2026", "CHANGELOG.md:19: write a heading"),
    "a section twice": ("[0.1.0]", "[0.2.0]", "CHANGELOG.md:19: write a heading once"),
    "the older one first": ("2026-11-21", "2028-11-21", "newest section comes first"),
    "another kind": ("### Fixed", "### Mended", "other headings"),
    "another order": ("### Incompatible", "### Fixed", "another order"),
    "nothing said": ("### Added\n\n- All.\n", "", "says nothing"),
    "a date ahead": ("[Unreleased]", "[Unreleased] - 2027-02-01", "has no date"),
}


def test_this_version_could_be_released() -> None:
    """As the workflow asks: version, chart and changelog agree, and so does the tag."""
    assert list(release.faults(CHANGELOG, CHART, __version__, f"v{__version__}")) == []
    assert release.read_changelog(CHANGELOG)[__version__].text


def test_the_version_stands_in_one_place() -> None:
    """No module of ours repeats it, and the metadata are made from it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/statuary/_version.py"
    for path in (ROOT / "src").rglob("*.py"):
        if path.name != "_version.py":
            assert f'"{__version__}"' not in path.read_text(encoding="utf-8"), path.name


def test_sections_are_read_whole() -> None:
    assert list(release.faults(RIGHT, RIGHT_CHART, "0.2.0", "v0.2.0")) == []
    found = release.read_changelog(RIGHT)
    assert list(found) == ["Unreleased", "0.2.0", "0.1.0"]
    assert found["0.2.0"].text == "### Incompatible\n\n- A name.\n\n### Added\n\n- Another.\n"
    assert (found["0.2.0"].date, found["Unreleased"].date) == ("2027-01-31", "")


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_changelog_is_named(wrong: str) -> None:
    old, new, problem = WRONG[wrong]
    assert old in RIGHT
    assert any(problem in fault for fault in release.faults(RIGHT.replace(old, new), RIGHT_CHART, "0.2.0"))


def test_a_tag_and_a_chart_of_another_version_are_refused() -> None:
    found = list(release.faults(RIGHT, RIGHT_CHART.replace("0.2.0", "0.2.1", 1), "0.2.0", "v0.3.0"))
    assert len(found) == 2
    assert "v0.3.0" in found[0]
    assert "Chart.yaml: version" in found[1]
    assert any("three numbers" in fault for fault in release.faults(RIGHT, RIGHT_CHART, "0.2"))


def test_notes_are_the_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["notes"]) == 0
    assert capsys.readouterr().out == release.read_changelog(CHANGELOG)[__version__].text
    assert release.main(["check", "--tag", "v9.9.9"]) == 1
    assert "v9.9.9" in capsys.readouterr().err


def test_what_builds_is_what_is_locked() -> None:
    """An isolated build (``pip install .``) asks for what the lock of the image and the release has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {re.split(r"[<>=]", name)[0] for name in project["build-system"]["requires"]}
    text = (ROOT / "requirements" / "build.in").read_text(encoding="utf-8")
    listed = {re.split(r"[<>=]", line)[0] for line in text.splitlines() if line and not line.startswith("#")}
    assert listed == asked | {"editables"}
    lock = (ROOT / "requirements" / "build.txt").read_text(encoding="utf-8")
    assert listed <= set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))


def _workflow(name: str) -> dict[str, Any]:
    text = (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")
    return dict(yaml.safe_load(text.replace("\non:", '\n"on":')))  # YAML 1.1 reads the bare key as true


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_little_and_know_no_secret(path: Any) -> None:
    """Rights are given job by job; nothing but the token of the run is read."""
    workflow = _workflow(path.name)
    assert workflow["permissions"]["contents"] == "read"
    assert "secrets." not in path.read_text(encoding="utf-8")
    for job in workflow["jobs"].values():
        for step in job.get("steps", ()):
            assert "@" in step.get("uses", "@"), "an action names its version"
            run = step.get("run", "")
            assert not re.search(r"\$\{\{ *github\.(event|head_ref|ref_name)", run), "what others write is no shell"


def test_the_release_publishes_what_was_built_and_tested() -> None:
    """By identity, not by a token; only from a tag; every job that gives something away waits for the tests."""
    workflow = _workflow("release.yml")
    assert workflow["on"] == {"push": {"tags": ["v*"]}}
    jobs = workflow["jobs"]
    assert jobs["index"]["permissions"] == {"id-token": "write"}
    (publish,) = [step for step in jobs["index"]["steps"] if "publish" in step["uses"]]
    assert "with" not in publish, "no user, no password"
    assert {"build", "test"} == set(jobs["index"]["needs"]) == set(jobs["image"]["needs"])
    assert {"index", "image", "chart"} == set(jobs["notes"]["needs"])
    assert "workflow_call" in _workflow("test.yml")["on"]
