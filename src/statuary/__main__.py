"""The command line's entry: ``statuary`` and ``python -m statuary``."""

from __future__ import annotations

import os
import sys

from statuary.cli import main

__all__ = ["run"]

_INTERRUPTED = 128 + 2
_BROKEN_PIPE = 128 + 13
"""What a shell reports of a program that SIGINT or SIGPIPE ended."""


def run() -> int:
    """Run the command that the process was given; the exit code, as ``docs/cli.md`` lists it."""
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a character still gets the rest
    try:
        code = main(sys.argv[1:])
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; without this the interpreter complains when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except OSError as error:
        sys.stderr.write(f"statuary: {error.strerror or error}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3
    return code


if __name__ == "__main__":
    sys.exit(run())
