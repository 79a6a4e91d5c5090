"""A wheel for this machine: the hot modules compiled from the same sources, which answer as the sources do."""

from __future__ import annotations

import os
import re
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, require
from tests.packaging.conftest import run

pytestmark = pytest.mark.timeout(900)

WHEEL = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"][
    "wheel"
]
MODULES = [re.sub(r"\.py$", "", name).replace("/", ".") for name in WHEEL["hooks"]["custom"]["compiled"]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from an sdist as a user's pip does."""
    require("gcc")
    place = tmp_path_factory.mktemp("compiled")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", place, cwd=ROOT)
    (sdist,) = place.iterdir()
    with tarfile.open(sdist) as archive:
        archive.extractall(place / "unpacked", filter="data")
    (unpacked,) = (place / "unpacked").iterdir()
    environment = {**os.environ, "STATUARY_COMPILED": "1"}
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", place / "wheel", cwd=unpacked, env=environment)
    (found,) = (place / "wheel").iterdir()
    return found


@pytest.fixture(scope="module")
def unpacked(wheel: Path) -> Path:
    """What is in it."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(wheel.parent / "unpacked")
    return wheel.parent / "unpacked"


def test_it_is_for_this_machine_and_says_nothing_of_the_builder(wheel: Path, unpacked: Path) -> None:
    """Sources lie beside what was made of them, which names no folder of the builder's."""
    assert not wheel.name.endswith("none-any.whl")
    made = sorted(path.relative_to(unpacked).as_posix().partition(".")[0] for path in unpacked.rglob("*.so"))
    shared = [name for name in made if name.endswith("__mypyc")]
    assert len(shared) == 1
    assert [name.replace("/", ".") for name in made if name not in shared] == sorted(MODULES)
    assert all((unpacked / f"{module.replace('.', '/')}.py").is_file() for module in MODULES)
    for path in unpacked.rglob("*.so"):
        assert str(wheel.parent).encode() not in path.read_bytes()


def test_it_answers_as_the_sources_do(unpacked: Path) -> None:
    """Every test of engines, decisions and servers, over what was compiled."""
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "PYTEST_XDIST_AUTO_NUM_WORKERS": "1"}
    asked = "import importlib, sys; print([importlib.import_module(name).__file__ for name in sys.argv[1:]])"
    files = run(sys.executable, "-c", asked, *MODULES, cwd=unpacked, env=environment).stdout
    assert files.count(".so'") == len(MODULES)
    tests = ["tests/wire", "tests/scenario", "tests/serve"]
    done = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, cwd=ROOT, env=environment)
    assert re.search(r"\d{4} passed", done.stdout)
