"""The command line: finds the command, reads its options, runs it, and turns errors into exit codes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from statuary.cli.commands import COMMANDS, Command, by_name, lookup_command
from statuary.cli.options import BARE_FLAGS, VALUED_FLAGS, read_lookup
from statuary.errors import CodeNotFound, ContentError, ScriptError, SeveralOwners, StatuaryError

__all__ = ["COMMANDS", "FAILED", "NOT_FOUND", "OK", "USAGE", "main"]

OK = 0
"""The command did what it was asked to do."""
NOT_FOUND = 1
"""No code was found, or several where one was needed."""
USAGE = 2
"""The command line is wrong: an unknown option, a missing word, a script that cannot be parsed."""
FAILED = 3
"""The content, the catalogue or the system is in the way."""


def main(argv: Sequence[str]) -> int:
    """Run a command line.

    Args:
        argv: the words after the program's name.

    Returns:
        The exit code.
    """
    words = [_clean(word) for word in argv]
    try:
        command, rest = _split(words)
        ahead = rest[: rest.index("--")] if "--" in rest else rest
        if "-h" in ahead or "--help" in ahead:
            return _help(command, ahead)
        if command is None and ("-V" in ahead or "--version" in ahead):
            return _version()
        if command is None and _is_bare(words):
            return _bare(words)
        chosen = command or lookup_command()
        query = read_lookup(rest) if command is None else None
        return chosen.run(query or chosen.parser().read(rest))
    except SystemExit as end:  # argparse ends so, with a message already written
        return end.code if isinstance(end.code, int) else USAGE
    except (CodeNotFound, SeveralOwners) as error:
        return _complain(error, NOT_FOUND)
    except ScriptError as error:
        return _complain(error, USAGE)
    except ContentError as error:
        return _complain(error, FAILED, "content/")
    except StatuaryError as error:
        return _complain(error, FAILED)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}", FAILED)


def _split(words: list[str]) -> tuple[Command | None, list[str]]:
    """The command that the first word names, and the words without it; None where the words are a query."""
    skip = False
    for place, word in enumerate(words):
        if skip:
            skip = False
        elif word == "--" or not word.startswith("-") or word == "-":
            command = by_name(word)
            return command, words[:place] + words[place + 1 :] if command else words
        else:
            skip = word in VALUED_FLAGS
    return None, words


def _is_bare(words: list[str]) -> bool:
    """Whether nothing is asked for: there are no words but options of the full-screen look-up."""
    return all(
        word in BARE_FLAGS or word.partition("=")[0] in VALUED_FLAGS or former in VALUED_FLAGS
        for former, word in zip(("", *words), words, strict=False)
    )


def _bare(words: list[str]) -> int:
    """On a terminal the full-screen look-up, elsewhere the help."""
    from statuary.cli.browse import is_possible

    browse = by_name("browse")
    if browse is None or not is_possible():
        return _help(None, words)
    return browse.run(browse.parser().read(words))


def _clean(word: str) -> str:
    """Octets of the command line that are no UTF-8 come as lone surrogates, which nothing further down can keep."""
    return word.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if not word.isascii() else word


def _help(command: Command | None, words: Sequence[str]) -> int:
    from statuary.cli.help import write_help

    write_help(command, words)
    return OK


def _version() -> int:
    from statuary._version import __version__

    sys.stdout.write(f"statuary {__version__}\n")
    return OK


def _complain(error: object, code: int, prefix: str = "") -> int:
    message = " ".join(str(error).split())
    sys.stderr.write(f"statuary: {prefix}{message}\n")
    return code
