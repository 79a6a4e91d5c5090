"""The peers from other package managers: how each is told to answer as ours does, without running any."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.apps import HTTP_APPS, SMTP_APPS, App, start_app
from bench.peers import Missing

from bench import apps
from tests.conftest import ROOT

BODY = '{"error": "busy"}'


def named(app: App) -> str:
    return app.name


@pytest.mark.parametrize("app", [*HTTP_APPS, *SMTP_APPS], ids=named)
def test_a_peer_is_told_its_port_and_its_answer(app: App, tmp_path: Path) -> None:
    """Port and body are in its command, its environment or its file; a file is JSON that a program can read."""
    started = app.start([tmp_path / "program"], 4321, tmp_path, BODY)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    for path in files:
        json.loads(path.read_text())
    told = " ".join([*started.command, *started.environment.values(), *(path.read_text() for path in files)])
    assert "4321" in told
    if app in HTTP_APPS and app.target.startswith("/mocked"):
        assert BODY in told or json.dumps(BODY) in told
        assert "503" in told or app.name == "Express"


@pytest.mark.parametrize("app", [*HTTP_APPS, *SMTP_APPS], ids=named)
def test_a_peer_is_pinned_by_a_lock_of_its_package_manager(app: App) -> None:
    """Nothing is measured in whatever version there is today."""
    folder = app.files[0].partition("/")[0]
    lock = {"npm": "package-lock.json", "go": "go.sum", "maven": "pom.xml"}[folder]
    assert app.name.split()[0].lower().removeprefix("go-") in (ROOT / "bench" / "packages" / folder / lock).read_text()


def test_a_peer_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows are skipped with its name and where it comes from."""
    monkeypatch.setattr(apps, "INSTALLED", tmp_path)
    with pytest.raises(Missing, match=r"WireMock \(Maven Central\)"), start_app(HTTP_APPS[1], 0):
        pass
