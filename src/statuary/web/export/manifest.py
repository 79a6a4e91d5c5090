"""What a build wrote into a folder, so that the next one changes and deletes nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from statuary.errors import BuildError

__all__ = ["MANIFEST", "MAX_MANIFEST_OCTETS", "Manifest", "digest", "read_manifest", "write_file"]

MANIFEST = ".statuary-build.json"
"""The file that says what a build wrote."""
MAX_MANIFEST_OCTETS = 64 * 1024 * 1024
"""The largest manifest that is read."""

_FORMAT = 1


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class Manifest(NamedTuple):
    """What a build wrote.

    Args:
        inputs: what it was made from, as one digest; empty while a build is under way.
        files: path below the folder to SHA-256 of what was written; empty where a build was broken off before it.
    """

    inputs: str
    files: dict[str, str]

    def write(self, folder: Path) -> None:
        """Keep it in the folder."""
        data = {"format": _FORMAT, "inputs": self.inputs, "files": dict(sorted(self.files.items()))}
        write_file(folder, MANIFEST, (json.dumps(data, indent=0, ensure_ascii=False) + "\n").encode())

    def stands(self, folder: Path) -> bool:
        """Whether every file is as it was written."""
        return all(_digest_of(folder / path) == known for path, known in self.files.items())

    def delete(self, folder: Path, paths: Iterable[str]) -> Iterator[str]:
        """Delete files that are as a build wrote them, with folders that become empty.

        Yields:
            The path of each file that was deleted.
        """
        for path in paths:
            target = folder / path
            known = self.files.get(path)
            if not known or _digest_of(target) != known:
                continue  # gone already, or somebody else's by now
            target.unlink()
            yield path
            for parent in target.parents:
                if parent == folder or any(parent.iterdir()):
                    break
                parent.rmdir()


def read_manifest(folder: Path) -> Manifest:
    """What was written into a folder before; nothing for a folder that is new or empty.

    Raises:
        BuildError: the folder holds files that no build wrote, or its manifest cannot be read.
    """
    path = folder / MANIFEST
    if not folder.exists():
        return Manifest("", {})
    if not folder.is_dir():
        raise BuildError(f"{folder} is no folder: name one that is empty or not there yet")
    if not path.exists():
        if any(folder.iterdir()):
            raise BuildError(
                f"{folder} is not empty and no site was built in it: name an empty folder, or one that is not there yet"
            )
        return Manifest("", {})
    mend = f"{path} cannot be read: delete the folder, or name another"
    if path.stat().st_size > MAX_MANIFEST_OCTETS:
        raise BuildError(mend)
    try:
        data = json.loads(path.read_bytes())
        files = {str(name): str(known) for name, known in data["files"].items()}
        inputs = str(data["inputs"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BuildError(mend) from None
    if data.get("format") != _FORMAT or not all(map(_inside, files)):
        raise BuildError(mend)
    return Manifest(inputs, files)


def write_file(folder: Path, path: str, content: bytes) -> bool:
    """Write a file unless it holds the same already; a reader sees the former or the new one, never a part.

    Args:
        folder: the folder of the build.
        path: below it.
        content: what the file is to hold.

    Returns:
        Whether it was written.
    """
    target = folder / path
    try:
        if target.stat().st_size == len(content) and target.read_bytes() == content:
            return False
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(content)
    part.replace(target)
    return True


def _inside(path: str) -> bool:
    """Whether a path stays below the folder."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\\" not in path and "\0" not in path


def _digest_of(path: Path) -> str:
    try:
        return digest(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ""
