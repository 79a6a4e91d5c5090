"""``statuary completion``: scripts that complete commands, options, their values and codes in a shell."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from statuary.cli.commands import COMMANDS, Command, lookup_command
from statuary.cli.console import Console
from statuary.cli.options import COLOURS
from statuary.cli.parser import add_common
from statuary.errors import StatuaryError
from statuary.explain.words import N_

__all__ = ["add_arguments", "run"]

MAX_COMPLETIONS = 500
"""The most codes that are offered at once."""
SHELLS = ("bash", "zsh", "fish")
"""The shells that there are scripts for."""

_CODES, _FILES, _FOLDERS = "codes", "files", "folders"
_WORDS = {
    **dict.fromkeys(("QUERY", "WORDS", "CODE", "A", "B"), _CODES),
    "RULES": _FILES,
    "FILE": _FILES,
    "DIR": _FOLDERS,
    "PROTOCOL": "--protocol",
    "COMMAND": "help",
    "SHELL": "completion",
}
"""What goes where a word of this name is asked for: a kind, or the key of a list of values."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the completion."""
    parser.add_argument(
        "shell",
        metavar="SHELL",
        choices=(*SHELLS, "codes"),
        help=N_("bash, zsh or fish; or codes, which lists the codes that begin with PREFIX"),
    )
    parser.add_argument("prefix", nargs="?", default="", metavar="PREFIX", help=N_("how the codes begin"))
    add_common(parser, "lang")


def run(arguments: argparse.Namespace) -> int:
    """Write the script, or the codes that the scripts ask for."""
    console = Console(arguments, lenient=True)
    if arguments.shell == "codes":
        return _write_codes(console, arguments.prefix)
    from statuary.cli.shells import SCRIPTS, Offer  # the codes, which are asked for at each key, need none of it

    values = _values(console)
    offers = [
        Offer(command, _words(command, values), _flags(command, values)) for command in (*COMMANDS, lookup_command())
    ]
    console.write(SCRIPTS[arguments.shell](console, offers))
    return 0


def _write_codes(console: Console, prefix: str) -> int:
    """What begins with a prefix: numbers; else protocols before the slash, so that the list stays short, or codes."""
    if "/" not in prefix and not prefix[:1].isdigit():
        found = [f"{protocol}/" for protocol in console.catalogue.protocols]
    else:
        found = console.catalogue.identities()
        if "/" not in prefix:
            values = dict.fromkeys(identity.partition("/")[2] for identity in found)
            found = [value for value in values if value.replace(".", "").isdigit()]
    found = [word for word in found if word.startswith(prefix)]
    console.write(found[:MAX_COMPLETIONS])
    return 0


def _words(command: Command, values: dict[str, list[str]]) -> tuple[str, ...]:
    """What goes in the place of a command's words: kinds, and values as they are."""
    names = [action.metavar for action in command.parser()._actions if not action.option_strings]
    kinds = dict.fromkeys(_WORDS.get(str(name), "") for name in names)
    found = [word for kind in kinds for word in values.get(kind, [kind])]
    if not command.name:
        found += values["help"]
    return tuple(filter(None, found))


def _flags(command: Command, values: dict[str, list[str]]) -> list[tuple[str, str, tuple[str, ...] | None]]:
    """Every option of a command with its help and what goes after it; None for a switch."""
    found = []
    for action in command.parser()._actions:  # argparse has no public list
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        for flag in action.option_strings:
            if flag.startswith("--") and action.help != argparse.SUPPRESS:
                kind = _WORDS.get(metavar, "")
                after = values.get(flag) or list(action.choices or ()) or ([kind] if kind in (_FILES, _FOLDERS) else [])
                found.append((flag, action.help or "", tuple(after) if metavar else None))
    return found


def _values(console: Console) -> dict[str, list[str]]:
    """Options and words whose values are known."""
    return {
        "--lang": _lenient(lambda: console.catalogue.languages),
        "--color": list(COLOURS),
        "--colour": list(COLOURS),
        "--protocol": _lenient(lambda: console.catalogue.protocols),
        "--framework": _lenient(_frameworks),
        "--client": _lenient(_clients),
        "--server": _lenient(_servers),
        "--tree": _lenient(lambda: (entry.id for entry in console.catalogue.entries("decision"))),
        "completion": list(SHELLS),
        "help": [command.name for command in COMMANDS],
    }


def _lenient(read: Callable[[], Iterable[str]]) -> list[str]:
    """Values; none where the content cannot be read, since the rest of a script does not need it."""
    try:
        return list(dict.fromkeys(read()))
    except (StatuaryError, OSError):
        return []


def _frameworks() -> Iterable[str]:
    from statuary.catalog.paths import find_places
    from statuary.snippets.framework import read_frameworks

    return [framework.id for framework in read_frameworks(find_places().content)]


def _clients() -> Iterable[str]:
    from statuary.catalog.paths import find_places
    from statuary.snippets.client import read_clients

    return [client.id for client in read_clients(find_places().content)]


def _servers() -> Iterable[str]:
    from statuary.catalog.paths import find_places
    from statuary.snippets.mail import read_mail_servers

    return [server.id for server in read_mail_servers(find_places().content)]
