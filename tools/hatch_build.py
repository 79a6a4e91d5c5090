"""Puts content, translations, manual and the compiled catalogue into the wheel; where asked, compiled modules too.

A wheel is pure unless STATUARY_COMPILED is set: then mypyc makes extension modules of those that pyproject.toml names,
from the same sources, and the wheel is one for this Python and this machine. It needs a C compiler.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASKED = "STATUARY_COMPILED"


class CompileCatalogue(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles the catalogue before a wheel is packed; an editable installation compiles on first use instead."""

    def dependencies(self) -> list[str]:
        """What compiling needs beside what every build does."""
        return ["mypy[mypyc]"] if os.environ.get(ASKED) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile and add to the wheel."""
        if version == "editable":
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "src"))
        from statuary.catalog.compile import compile_catalogue

        target = root / "build" / "wheel" / "catalogue.sqlite"
        compile_catalogue(root / "content", root / "locales", target)
        build_data["force_include"].update(
            {
                str(root / "content"): "statuary/_data/content",
                str(root / "locales"): "statuary/_data/locales",
                **{str(page): f"statuary/_data/docs/{page.name}" for page in sorted((root / "docs").glob("*.md"))},
                str(target): "statuary/_data/catalogue.sqlite",
            }
        )
        if os.environ.get(ASKED):
            build_data["force_include"].update(self._compile(root))
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def _compile(self, root: Path) -> dict[str, str]:
        """Make extension modules, in a copy: beside their sources they would be what a checkout runs."""
        place = root / "build" / "wheel" / "compiled"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(root / "src", place, ignore=shutil.ignore_patterns("__pycache__"))
        command = [
            sys.executable,
            "-m",
            "mypyc",
            "--config-file=",
            "--ignore-missing-imports",
            *self.config["compiled"],
        ]
        # Without debug information: it names folders of the builder, and two builds are to give the same octets.
        quiet = {**os.environ, "MYPYC_DEBUG_LEVEL": "0", "CFLAGS": f"{os.environ.get('CFLAGS', '')} -g0"}
        done = subprocess.run(
            command, cwd=place, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            raise SystemExit(f"{done.stdout[-4000:]}\n{ASKED} is set, and mypyc failed: is there a C compiler?")
        made = sorted(place.rglob(f"*{sysconfig.get_config_var('EXT_SUFFIX')}"))
        within = [path.relative_to(place) for path in made]
        return {str(place / path): path.as_posix() for path in within if path.parts[0] != "build"}
