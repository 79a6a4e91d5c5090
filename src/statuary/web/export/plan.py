"""What is to be built: checked before anything is written."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from statuary.errors import BuildError

__all__ = ["MAX_JOBS", "Plan", "make_plan"]

MAX_JOBS = 64
"""The most processes that a build may use."""
MAX_ADDRESS_CHARACTERS = 500
"""The longest address or prefix of a site."""

_PREFIX = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class Plan(NamedTuple):
    """What is built, and where.

    Args:
        folder: where the files go.
        origin: the address of the site with its prefix, without a slash at the end; empty where nobody knows it.
        prefix: the path below which a server offers the files: empty, or ``/sub/path``.
        languages: the tags; the first is for readers who want none of them.
        jobs: how many processes render.
        only: protocols and codes whose pages are written; empty for all.
    """

    folder: Path
    origin: str
    prefix: str
    languages: tuple[str, ...]
    jobs: int
    only: tuple[str, ...] = ()


def make_plan(
    folder: Path,
    known_languages: Sequence[str],
    *,
    base_url: str = "",
    prefix: str = "",
    languages: Sequence[str] = (),
    jobs: int = 0,
    only: Sequence[str] = (),
) -> Plan:
    """Check what was asked for.

    Args:
        folder: where the files go.
        known_languages: the tags that there are, the first for readers who want none of them.
        base_url: the address of the site: ``https://codes.example`` or ``https://team.example/codes``.
        prefix: the path below which a server offers the files; by default that of the address.
        languages: the tags wanted; empty for all.
        jobs: how many processes render; 0 for one a processor.
        only: protocols whose pages are written; empty for all.

    Raises:
        BuildError: the address, the prefix, a language or the number is wrong.
    """
    origin, path = _address(base_url)
    wanted_prefix = _prefix(prefix) if prefix else path
    if path and path != wanted_prefix:
        raise BuildError(f"--base-url ends in {path} and --prefix says {wanted_prefix}: give the path once")
    for tag in languages:
        if tag not in known_languages:
            raise BuildError(f"no such language: {tag!r}; there are {', '.join(known_languages)}")
    if not 0 <= jobs <= MAX_JOBS:
        raise BuildError(f"--jobs is {jobs}: from 1 to {MAX_JOBS}, or 0 for one a processor")
    chosen = tuple(tag for tag in known_languages if tag in languages) if languages else tuple(known_languages)
    return Plan(
        folder,
        f"{origin}{wanted_prefix}" if origin else "",
        wanted_prefix,
        chosen,
        jobs or min(MAX_JOBS, _processors()),
        tuple(only),
    )


def _address(base_url: str) -> tuple[str, str]:
    """Scheme with host, and path, of an address; both empty for none."""
    if not base_url:
        return "", ""
    mend = "write it as https://codes.example or https://team.example/codes"
    if len(base_url) > MAX_ADDRESS_CHARACTERS:
        raise BuildError(f"--base-url has more than {MAX_ADDRESS_CHARACTERS} characters: {mend}")
    try:
        parts = urlsplit(base_url)
    except ValueError:
        raise BuildError(f"--base-url {base_url!r} is no address: {mend}") from None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc) or parts.query or parts.fragment:
        raise BuildError(f"--base-url {base_url!r} is no address of a site: {mend}")
    return f"{parts.scheme}://{parts.netloc.lower()}", _prefix(parts.path)


def _prefix(path: str) -> str:
    """A prefix in its one spelling: with a slash before it and none after."""
    spelled = f"/{path.strip('/')}" if path.strip("/") else ""
    if len(spelled) > MAX_ADDRESS_CHARACTERS or not _PREFIX.fullmatch(spelled):
        raise BuildError(
            f"--prefix {path!r} is no path: write it as /sub/path, of letters, digits, dots, hyphens, _ and ~"
        )
    return spelled


def _processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux tells
        return os.cpu_count() or 1
