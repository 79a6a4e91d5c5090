"""What these tests share: the Dockerfile, read by the builder's own parser and carried out in a scratch folder.

There is no container engine where the tests run. So the steps of the build stage are done here, on a copy of what
``.dockerignore`` lets through, with this machine's Python in the place of the base image's: the environment that comes
of it is the one that the image takes over, and the wheel in it is the one that is released.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import IN_CI, ROOT, require

TOOLS = ROOT / ".venv" / "go"
PACKAGING = ROOT / ".venv" / "packaging" / "bin"
NOBODY = 65532
"""The user of the image."""
STEP_SECONDS = 300.0
"""How long a step may take, in seconds; packages may have to be fetched first."""


def tool(name: str) -> str:
    """A program that tools/setup made for these tests; see ``require``."""
    for folder in (TOOLS, PACKAGING):
        if (folder / name).exists():
            return str(folder / name)
    return require(name)


def run(
    *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; what it wrote is shown where it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=dict(os.environ) if env is None else dict(env),
        capture_output=True,
        text=True,
        timeout=STEP_SECONDS,
        check=False,
    )
    if check:
        assert done.returncode == 0, f"{words[0]}: {done.stdout}{done.stderr}"
    return done


class Stage(NamedTuple):
    """A stage of a Dockerfile.

    Args:
        name: what other stages call it; empty for the last.
        base: the image that it starts from.
        steps: name and fields of each instruction.
    """

    name: str
    base: str
    steps: Sequence[tuple[str, Mapping[str, Any]]]

    def of(self, name: str) -> list[Mapping[str, Any]]:
        """The fields of every instruction of a name."""
        return [fields for found, fields in self.steps if found == name]


class Dockerfile(NamedTuple):
    """A Dockerfile as the builder reads it, with the builder's warnings."""

    stages: Sequence[Stage]
    warnings: Sequence[str]


@pytest.fixture(scope="session")
def dockerfile() -> Dockerfile:
    """The Dockerfile of the checkout."""
    read = json.loads(run(tool("container"), "dockerfile", ROOT / "Dockerfile").stdout)
    stages = [
        Stage(stage["Name"], stage["Base"], [(step["Name"], step["Fields"]) for step in stage["Instructions"]])
        for stage in read["Stages"]
    ]
    return Dockerfile(stages, read["Warnings"])


class Built(NamedTuple):
    """What the build stage made.

    Args:
        root: what stands for the root of its file system; anybody can read it.
        sent: the files that were sent to the builder.
        environment: what its instructions set.
    """

    root: Path
    sent: Sequence[str]
    environment: Mapping[str, str]

    @property
    def work(self) -> Path:
        """Where it was built."""
        return self.root / "build"

    @property
    def bin(self) -> Path:
        """The programs that the image has."""
        return self.root / "opt" / "statuary" / "bin"

    @property
    def builder(self) -> Path:
        """The Python that builds."""
        return self.root / "opt" / "build" / "bin" / "python"

    @property
    def wheel(self) -> Path:
        """The wheel that was installed."""
        (found,) = (self.work / "dist").glob("*.whl")
        return found


@pytest.fixture(scope="session")
def built(dockerfile: Dockerfile) -> Iterator[Built]:
    """The build stage, carried out; outside of the checkout, and where a user of no rights can read it."""
    root = Path(tempfile.mkdtemp(prefix="statuary-image-", dir="/var/tmp"))
    root.chmod(0o755)
    sent = json.loads(run(tool("container"), "context", ROOT).stdout)
    try:
        yield Built(root, sent, _carry_out(dockerfile.stages[0], root, sent))
    finally:
        shutil.rmtree(root)


def _carry_out(stage: Stage, root: Path, sent: Sequence[str]) -> Mapping[str, str]:
    """Do every instruction of a stage; one that is not known here fails."""
    base = root / "usr" / "bin"
    base.mkdir(parents=True)
    (base / "python").symlink_to(_python())
    environment = {
        name: value for name, value in os.environ.items() if name in ("HOME", "LANG") or name.startswith("PIP_")
    }
    environment["PATH"] = f"{base}:/usr/bin:/bin"
    settled: dict[str, str] = {}
    folder = root
    for name, fields in stage.steps:
        match name:
            case "WORKDIR":
                folder = root / fields["Path"].lstrip("/")
                folder.mkdir(parents=True, exist_ok=True)
            case "ARG":
                settled |= {each["Key"]: each["Value"] for each in fields["Args"]}
            case "COPY":
                _copy(fields, folder, sent)
            case "RUN":
                _run_step(fields["CmdLine"][0], root, folder, environment | settled)
            case _:
                pytest.fail(f"an instruction that these tests cannot carry out: {name}")
    return settled


def _python() -> Path:
    """The Python of this machine, rather than one below somebody's home, which the image's user could not reach."""
    name = f"python3.{sys.version_info.minor}"
    folders = (Path("/usr/local/bin"), Path("/usr/bin"), Path(sys.base_prefix) / "bin")
    return next(folder / name for folder in folders if (folder / name).exists())


def _copy(fields: Mapping[str, Any], folder: Path, sent: Sequence[str]) -> None:
    """Copy from what was sent; as the builder does, fail where there is nothing of a name."""
    for source in fields["SourcePaths"]:
        names = [name for name in sent if source == "." or name == source or name.startswith(f"{source}/")]
        assert names, f"COPY {source}: .dockerignore leaves nothing of it"
        for name in names:
            place = name if source == "." else Path(source).name
            target = folder / fields["DestPath"] / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)


def _run_step(command: str, root: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """Run a step with its folders below the root; pip may use its cache, which is no part of what it installs."""
    for absolute in ("/opt/", "/build/"):
        command = command.replace(f" {absolute}", f" {root}{absolute}")
    command = command.replace("--no-cache-dir ", "")
    if command.startswith(absolute := "/opt/"):
        command = f"{root}{absolute}{command.removeprefix(absolute)}"
    done = run("/bin/sh", "-c", command, cwd=folder, env=environment, check=False)
    if done.returncode and " -m pip " in command and not IN_CI and _no_index(done.stderr):
        pytest.skip("NOT RUN: no package index can be reached, and pip's cache lacks a package")
    assert done.returncode == 0, f"RUN {command}\n{done.stdout}{done.stderr}"


def _no_index(said: str) -> bool:
    return "NewConnectionError" in said or "No matching distribution" in said or "Name or service" in said
