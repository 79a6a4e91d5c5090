"""``statuary completion``: scripts that complete commands, options, protocols and codes in a shell."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from statuary.cli.commands import COMMANDS, Command, lookup_command
from statuary.cli.console import Console
from statuary.cli.options import COLOURS
from statuary.cli.parser import add_common
from statuary.errors import StatuaryError
from statuary.explain.words import N_

__all__ = ["add_arguments", "run"]

MAX_COMPLETIONS = 500
"""The most codes that are offered at once."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the completion."""
    parser.add_argument(
        "shell",
        metavar="SHELL",
        choices=("bash", "zsh", "fish", "codes"),
        help=N_("bash, zsh or fish; or codes, which lists the codes that begin with PREFIX"),
    )
    parser.add_argument("prefix", nargs="?", default="", metavar="PREFIX", help=N_("how the codes begin"))
    add_common(parser, "lang")


def run(arguments: argparse.Namespace) -> int:
    """Write the script, or the codes that the scripts ask for."""
    console = Console(arguments, lenient=True)
    if arguments.shell == "codes":
        return _write_codes(console, arguments.prefix)
    script = {"bash": _bash, "zsh": _zsh, "fish": _fish}[arguments.shell]
    console.write(script(console))
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


def _flags(command: Command) -> list[tuple[str, str]]:
    """Every option of a command with its help."""
    parser = command.parser()
    return [
        (flag, action.help or "")
        for action in parser._actions  # argparse has no public list
        for flag in action.option_strings
        if flag.startswith("--")
    ]


def _languages(console: Console) -> list[str]:
    try:
        return list(console.catalogue.languages)
    except (StatuaryError, OSError):
        return []


def _protocols(console: Console) -> list[str]:
    try:
        return list(console.catalogue.protocols)
    except (StatuaryError, OSError):
        return []


def _frameworks() -> list[str]:
    from statuary.catalog.paths import find_places
    from statuary.snippets.framework import read_frameworks  # the codes, which are asked for at each key, need none

    try:
        return [framework.id for framework in read_frameworks(find_places().content)]
    except (StatuaryError, OSError):
        return []


def _bash(console: Console) -> Iterator[str]:
    names = " ".join(command.name for command in COMMANDS)
    yield '# bash completion for statuary: eval "$(statuary completion bash)"'
    yield "_statuary() {"
    yield "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= options= word"
    yield "    COMPREPLY=()"
    yield "    case $previous in"
    for flag, values in _values(console):
        yield f"        {flag}) COMPREPLY=($(compgen -W '{' '.join(values)}' -- \"$current\")); return ;;"
    yield "    esac"
    yield '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do'
    yield f"        case $word in {names.replace(' ', '|')}) command=$word; break ;; esac"
    yield "    done"
    yield "    case $command in"
    for command in (*COMMANDS, lookup_command()):
        flags = " ".join(flag for flag, _ in _flags(command))
        yield f"        {command.name or '*'}) options='{flags}' ;;"
    yield "    esac"
    yield "    case $command:$current in"
    yield '        *:-*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;'
    yield "        completion:*) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$current\")) ;;"
    yield f"        help:*) COMPREPLY=($(compgen -W '{names}' -- \"$current\")) ;;"
    yield "        export:*|parse:*|languages:*|decide:*) ;;"
    yield '        serve:*|check:*) COMPREPLY=($(compgen -f -- "$current")) ;;'
    yield f'        :*) COMPREPLY=($(compgen -W "{names} $(statuary completion codes "$current" 2>/dev/null)" \\'
    yield '                -- "$current")) ;;'
    yield '        *) COMPREPLY=($(compgen -W "$(statuary completion codes "$current" 2>/dev/null)" \\'
    yield '                -- "$current")) ;;'
    yield "    esac"
    yield "    [[ ${COMPREPLY-} == */ ]] && compopt -o nospace 2>/dev/null"
    yield "    return 0"
    yield "}"
    yield "complete -F _statuary statuary"


def _zsh(console: Console) -> Iterator[str]:
    yield "#compdef statuary"
    yield '# zsh completion for statuary: eval "$(statuary completion zsh)"'
    yield "_statuary() {"
    yield "    local command= word"
    yield "    local -a commands options codes"
    yield "    commands=("
    for command in COMMANDS:
        yield f"        {_quoted(f'{command.name}:{console.gettext(command.summary)}')}"
    yield "    )"
    yield "    case ${words[CURRENT-1]} in"
    for flag, values in _values(console):
        yield f"        {flag}) compadd -- {' '.join(values)}; return ;;"
    yield "    esac"
    yield "    for word in ${words[2,CURRENT-1]}; do"
    yield f"        case $word in ({'|'.join(command.name for command in COMMANDS)}) command=$word; break ;; esac"
    yield "    done"
    yield "    case $command in"
    for command in (*COMMANDS, lookup_command()):
        pairs = " ".join(_quoted(f"{flag}:{console.gettext(help_text)}") for flag, help_text in _flags(command))
        yield f"        {command.name or '*'}) options=({pairs}) ;;"
    yield "    esac"
    yield "    case $command:${words[CURRENT]} in"
    yield "        (*:-*) _describe -o option options; return ;;"
    yield "        (completion:*) compadd -- bash zsh fish; return ;;"
    yield "        (help:*) _describe command commands; return ;;"
    yield "        (export:*|parse:*|languages:*|decide:*) return ;;"
    yield "        (serve:*|check:*) _files; return ;;"
    yield "        (:*) _describe command commands ;;"
    yield "    esac"
    yield '    codes=(${(f)"$(statuary completion codes "${words[CURRENT]}" 2>/dev/null)"})'
    yield "    compadd -S '' -- ${(M)codes:#*/}"
    yield "    compadd -- ${codes:#*/}"
    yield "}"
    yield "compdef _statuary statuary"


def _fish(console: Console) -> Iterator[str]:
    names = " ".join(command.name for command in COMMANDS)
    yield "# fish completion for statuary: statuary completion fish | source"
    yield "complete -c statuary -f"
    bare = f"not __fish_seen_subcommand_from {names}"
    for command in COMMANDS:
        summary = _quoted(console.gettext(command.summary))
        yield f"complete -c statuary -n {_quoted(bare)} -a {command.name} -d {summary}"
    values = dict(_values(console))
    for command in (*COMMANDS, lookup_command()):
        where = f"__fish_seen_subcommand_from {command.name}" if command.name else bare
        for flag, help_text in _flags(command):
            choices = f" -x -a {_quoted(' '.join(values[flag]))}" if flag in values else ""
            described = f" -d {_quoted(console.gettext(help_text))}" if help_text else ""
            yield f"complete -c statuary -n {_quoted(where)} -l {flag[2:]}{choices}{described}"
    coded = "not __fish_seen_subcommand_from export decide serve check parse languages completion help"
    yield f"complete -c statuary -n {_quoted(coded)} -a '(statuary completion codes (commandline -ct) 2>/dev/null)'"
    yield "complete -c statuary -n '__fish_seen_subcommand_from serve check' -F"
    yield "complete -c statuary -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'"
    yield f"complete -c statuary -n '__fish_seen_subcommand_from help' -a {_quoted(names)}"


def _values(console: Console) -> Iterator[tuple[str, list[str]]]:
    """Options whose values are known."""
    yield "--lang", _languages(console)
    yield "--color", list(COLOURS)
    yield "--colour", list(COLOURS)
    yield "--protocol", _protocols(console)
    yield "--framework", _frameworks()


def _quoted(text: str) -> str:
    """A shell word in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"
