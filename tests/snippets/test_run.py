"""The snippets run as they stand, and a wrong one does not pass for a right one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from snippets.__main__ import main
from snippets.app import Running, module_of, why_not_ready
from snippets.plan import App, Placed, parse_plan, plan_of_checkout
from snippets.run import Outcome, run_apps

from snippets import golden
from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.snippets import asked, find_framework, judge, read_golden

ROOT = Path(__file__).resolve().parent.parent.parent
BUILT = ROOT / "build" / "snippets"
GOLDENS = ROOT / "content" / "snippets"
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
DATA = plan_of_checkout()
PLAN = parse_plan(DATA)
BY_ID = {app.id: app for app in PLAN.apps}


def ready(app: App) -> App:
    """The application; where it cannot be run the test is skipped, in CI only if the plan declares it."""
    if reason := why_not_ready(app, BUILT):
        message = f"{app.id} is not run: {reason}; python -m snippets setup brings what it can"
        if IN_CI and app.id not in PLAN.absent_in_ci:
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    if not golden.read(GOLDENS, app)["answers"]:
        pytest.skip(f"{app.id} was never recorded: {PLAN.absent_in_ci.get(app.id, 'record it')}")
    return app


def any_ready() -> App:
    """One that starts quickly."""
    quick = [BY_ID[name] for name in ("node", "flask", "php") if not why_not_ready(BY_ID[name], BUILT)]
    return quick[0] if quick else ready(BY_ID["node"])


def altered(app: App, old: str, new: str) -> App:
    """The application with every snippet changed; its digests stay, as if nobody had noticed."""
    assert any(old in placed.text for placed in app.snippets.values())
    changed = {code: Placed(item.text.replace(old, new), item.digest) for code, item in app.snippets.items()}
    return app._replace(snippets=changed)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """The sample of codes on every framework that is ready, all started side by side."""
    apps = [app for app in PLAN.apps if not why_not_ready(app, BUILT) and golden.read(GOLDENS, app)["answers"]]
    return {outcome.app.id: outcome for outcome in run_apps(apps, PLAN.sample, root=BUILT, goldens=GOLDENS)}


@pytest.mark.parametrize("name", BY_ID)
def test_sample_is_as_recorded(name: str, outcomes: dict[str, Outcome]) -> None:
    """Octet for octet, but for dates and the versions of servers."""
    app = ready(BY_ID[name])
    outcome = outcomes[name]
    assert outcome.not_runnable == ""
    if outcome.deviating and outcome.moved and not IN_CI:
        pytest.skip(f"{name} deviates here, but was recorded under {', '.join(outcome.moved)}")
    assert outcome.deviating == {}
    assert outcome.passed == len(PLAN.sample)
    assert outcome.exit_code == golden.read(GOLDENS, app)["exit_code"]


@pytest.mark.parametrize("name", BY_ID)
def test_every_snippet_is_placed_as_it_stands(name: str, tmp_path: Path) -> None:
    """Only the declared edits part the placed file from the page's, also where the toolchain is missing."""
    app = BY_ID[name]
    running = Running(app, tmp_path, tmp_path / "run", list(app.snippets))
    running.place()
    for code, placed in app.snippets.items():
        words = {"{module}": module_of(code), "{code}": code}
        place = app.place
        for word, value in words.items():
            place = place.replace(word, value)
        text = (tmp_path / "run" / place).read_text(encoding="utf-8")
        if app.wrap:
            kept = set(placed.text.splitlines()) & set(text.splitlines())
            assert len(set(placed.text.splitlines()) - kept) <= len(app.wrap)
        else:
            assert text == placed.text


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("507", "508", "status_line"),
        ("Insufficient Storage", "Insufficient Storage!", "octets"),
        ("insufficient_storage", "insufficient-storage", "body"),
    ],
)
def test_an_altered_snippet_is_found(old: str, new: str, word: str) -> None:
    """Another status, a longer body, another word of the same length."""
    app = altered(any_ready(), old, new)
    (outcome,) = run_apps([app], ["http/507", "http/503"], root=BUILT, goldens=GOLDENS)
    assert list(outcome.deviating) == ["http/507"]
    assert any(difference.startswith(f"{word} was") for difference in outcome.deviating["http/507"])
    assert outcome.passed == 1


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [("507", "508", "cannot be sent"), ("Insufficient Storage", "Insufficient Storage!", "other body")],
)
def test_a_wrong_recording_does_not_slip_in(tmp_path: Path, old: str, new: str, verdict: str) -> None:
    """Recorded from an altered snippet, it has a verdict that nobody declared."""
    app = altered(any_ready(), old, new)
    run_apps([app], ["http/507"], root=BUILT, goldens=tmp_path, record=True)
    framework = find_framework(find_places().content, app.id)
    code = open_catalogue().get("http/507")
    assert framework is not None
    assert code is not None
    wrong = read_golden(framework._replace(folder=tmp_path / app.id))
    assert wrong is not None
    assert judge(asked(code, framework.json), wrong.answers["http/507"]).word == verdict
    assert "http/507" not in framework.deviations


def test_a_lost_header_is_found() -> None:
    """503 without Retry-After."""
    app = altered(any_ready(), "Retry-After", "Retry-Before")
    (outcome,) = run_apps([app], ["http/503"], root=BUILT, goldens=GOLDENS)
    assert list(outcome.deviating) == ["http/503"]


def test_a_snippet_without_golden_is_found() -> None:
    """What was never recorded has not passed."""
    app = any_ready()
    (outcome,) = run_apps([app], ["http/200"], root=BUILT, goldens=Path("/nonexistent"))
    assert outcome.deviating == {"http/200": ["never recorded"]}


def test_recording_writes_what_it_would_compare(tmp_path: Path) -> None:
    """A second run passes; codes that were not asked for keep their entries, codes that are gone lose them."""
    app = any_ready()
    old = {"versions": {}, "application": "", "exit_code": None, "answers": {"http/200": {"a": 1}, "http/0": {}}}
    (tmp_path / app.id).mkdir()
    (tmp_path / app.id / "golden.json").write_text(json.dumps(old))
    run_apps([app], ["http/503"], root=BUILT, goldens=tmp_path, record=True)
    data = golden.read(tmp_path, app)
    assert list(data["answers"]) == ["http/200", "http/503"]
    assert data["application"] == app.application
    (outcome,) = run_apps([app], ["http/503"], root=BUILT, goldens=tmp_path)
    assert outcome.passed == 1


def test_what_cannot_start_is_said() -> None:
    """A syntax error is no answer."""
    app = any_ready()
    broken = app._replace(snippets={"http/200": Placed("this is no program (", "0")})
    (outcome,) = run_apps([broken], [], root=BUILT, goldens=GOLDENS)
    assert outcome.not_runnable.startswith("does not start") or outcome.deviating


def test_a_missing_toolchain_is_named() -> None:
    """It is skipped, counted and named."""
    toolchain = BY_ID["node"].toolchain._replace(needs=["no-such-command"])
    reported: list[Outcome] = []
    run_apps([BY_ID["node"]._replace(toolchain=toolchain)], [], root=BUILT, goldens=GOLDENS, report=reported.append)
    assert [(outcome.not_runnable, outcome.passed) for outcome in reported] == [("no-such-command missing", 0)]


def test_questions_that_make_no_sense(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the names that there are."""
    assert main(["run", "--framework", "cobol"]) == 2
    assert "django" in capsys.readouterr().out
    assert main(["run", "--code", "http/100"]) == 2
    assert "http/100" in capsys.readouterr().out


def test_the_bundle_needs_no_package(tmp_path: Path) -> None:
    """Another machine has Python and the toolchain, and gives a golden back."""
    bundle = tmp_path / "snippets.pyz"
    assert main(["bundle", str(bundle)]) == 0
    app = any_ready()
    command = [sys.executable, "-I", "-S", str(bundle), "run", "--framework", app.id, "--code", "http/507", "--record"]
    done = subprocess.run(
        [*command, "--root", str(BUILT)], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    back = json.loads((tmp_path / "goldens" / app.id / "golden.json").read_text())
    assert back["answers"]["http/507"] == golden.read(GOLDENS, app)["answers"]["http/507"]
