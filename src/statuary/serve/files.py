"""How many files the process may have open: every connection is one, and many systems begin with 1024."""

from __future__ import annotations

import contextlib

__all__ = ["SPARE_FILES", "allow_files"]

SPARE_FILES = 1024
"""What is needed beside the mocks' connections: those of the site, listening sockets, the catalogue, rule files."""


def allow_files(count: int) -> int:
    """Raise the soft limit of open files as far as it takes, and as the hard one allows.

    A server that meets the limit can only close what it has just accepted, without a word.

    Args:
        count: how many files may be open at once.

    Returns:
        The soft limit now; ``count`` where the system has none that a program could ask for.
    """
    try:
        import resource
    except ImportError:  # there is none for Windows
        return count
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if soft == unlimited or soft >= count:
        return soft if soft != unlimited else count
    wanted = count if hard == unlimited else min(count, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS has a lower limit of its own
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
