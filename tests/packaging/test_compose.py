"""The compose file, read by the reference implementation of the Compose Specification."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from statuary.cli.settings import ports, settings
from statuary.serve.rulebook import read_rule_files
from tests.conftest import ROOT
from tests.packaging.conftest import Dockerfile, run, tool


def read(**environment: str) -> dict[str, Any]:
    """The one service, with what the environment says filled in."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("STATUARY")}
    said = run(tool("container"), "compose", ROOT / "compose.yaml", env=bare | environment).stdout
    (service,) = json.loads(said)["services"].values()
    return dict(service)


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    """The service where the environment says nothing."""
    return read()


def test_a_wrong_file_would_be_refused(tmp_path: Path) -> None:
    """So that the other tests say something: the reader knows every key."""
    wrong = tmp_path / "compose.yaml"
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    wrong.write_text(text.replace("read_only:", "readonly:"), encoding="utf-8")
    done = run(tool("container"), "compose", wrong, check=False)
    assert done.returncode == 1
    assert "readonly" in done.stderr


def test_every_port_is_published_on_this_machine_alone(service: dict[str, Any]) -> None:
    published = {(each["host_ip"], int(each["published"]), each["target"]) for each in service["ports"]}
    assert published == {("127.0.0.1", port, port) for port in ports().values()}


def test_it_may_do_no_more_than_it_needs(service: dict[str, Any]) -> None:
    """Nothing can be written but ``/tmp``, no capability, no way to more rights."""
    assert service["read_only"] is True
    assert [each.partition(":")[0] for each in service["tmpfs"]] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "user" not in service, "the image says who it runs as"


def test_the_token_comes_from_the_environment() -> None:
    """Empty counts as none, so one is made up; nothing stands in the file."""
    assert read()["environment"]["STATUARY_TOKEN"] == ""
    assert read(STATUARY_TOKEN="given")["environment"]["STATUARY_TOKEN"] == "given"
    known = {setting.variable for setting in settings()}
    assert set(read()["environment"]) <= known


def test_rules_are_mounted_as_a_folder_and_are_in_order(service: dict[str, Any]) -> None:
    """From a folder, so that an editor that replaces a file does not cut it off."""
    (mounted,) = service["volumes"]
    source = ROOT / "deploy" / "rules"
    assert (mounted["source"], mounted["target"], mounted["read_only"]) == (str(source), "/etc/statuary/rules", True)
    assert service["command"][0] == "serve"
    for name in service["command"][1:]:
        assert read_rule_files([source / name.removeprefix("rules/")])


def test_its_health_check_is_the_image_s(service: dict[str, Any], dockerfile: Dockerfile) -> None:
    (health,) = dockerfile.stages[-1].of("HEALTHCHECK")
    assert service["healthcheck"]["test"] == health["Health"]["Test"]
    (folder,) = dockerfile.stages[-1].of("WORKDIR")
    assert folder["Path"] == "/etc/statuary", "the command names rule files from here"
