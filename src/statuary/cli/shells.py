"""The scripts of each shell: what is offered where is the same in all, and only the spelling differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from statuary.cli.commands import COMMANDS, Command
from statuary.cli.console import Console

__all__ = ["SCRIPTS", "Offer"]

_KINDS = ("codes", "files", "folders")
_CODES = 'statuary completion codes "%s" 2>/dev/null'


class Offer(NamedTuple):
    """What is offered after a command.

    Args:
        command: which; the one without a name for a plain query.
        words: values, and the kinds ``codes``, ``files`` and ``folders``.
        flags: its options, each with its help and what goes after it; None for a switch.
    """

    command: Command
    words: tuple[str, ...]
    flags: Sequence[tuple[str, str, tuple[str, ...] | None]]

    @property
    def plain(self) -> str:
        """The values among the words."""
        return " ".join(word for word in self.words if word not in _KINDS)


def _names(command: Command) -> tuple[str, ...]:
    return (command.name, *command.aliases)


def _valued(offers: Sequence[Offer]) -> dict[str, dict[tuple[str, ...], list[str]]]:
    """Options that take a value: flag to what goes after it, to the commands where that is so."""
    found: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for offer in offers:
        for flag, _, after in offer.flags:
            if after is not None:
                found.setdefault(flag, {}).setdefault(after, []).append(offer.command.name)
    return found


def _bash(console: Console, offers: Sequence[Offer]) -> Iterator[str]:
    yield '# bash completion for statuary: eval "$(statuary completion bash)"'
    yield "_statuary() {"
    yield "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= options= word"
    yield "    COMPREPLY=()"
    # bash takes --lang=fr for three words
    yield "    if [[ $current == = ]]; then current="
    yield "    elif [[ $previous == = && COMP_CWORD -gt 1 ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi"
    yield from _command_of("    ", '"${COMP_WORDS[@]:1:COMP_CWORD-1}"', "%s)")
    yield "    case $command:$previous in"
    for flag, places in _valued(offers).items():
        for after, commands in places.items():
            pattern = "|".join(f"{name}:{flag}" for name in commands) if len(places) > 1 else f"*:{flag}"
            yield f"        {pattern}) {_bash_words(after)}return ;;"
    yield "    esac"
    yield "    case $command in"
    for offer in offers:
        yield f"        {offer.command.name or '*'}) options='{' '.join(flag for flag, _, _ in offer.flags)}' ;;"
    yield "    esac"
    yield "    case $command:$current in"
    yield '        *:-*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;'
    for offer in offers:
        yield f"        {offer.command.name}:*) {_bash_words(offer.words)};;"
    yield "    esac"
    yield "    [[ ${COMPREPLY-} == */ ]] && compopt -o nospace 2>/dev/null"
    yield "    return 0"
    yield "}"
    yield "complete -F _statuary statuary"


def _bash_words(words: tuple[str, ...]) -> str:
    plain = " ".join(word for word in words if word not in _KINDS)
    parts = [f"$({_CODES % '$current'})"] if "codes" in words else []
    shown = " ".join(filter(None, (plain, *parts)))
    made = []
    if shown:
        made.append(f'COMPREPLY+=($(compgen -W "{shown}" -- "$current"));')
    made += [
        f'COMPREPLY+=($(compgen {option} -- "$current"));'
        for kind, option in (("files", "-f"), ("folders", "-d"))
        if kind in words
    ]
    return "".join(f"{part} " for part in made)


def _zsh(console: Console, offers: Sequence[Offer]) -> Iterator[str]:
    yield "#compdef statuary"
    yield '# zsh completion for statuary: eval "$(statuary completion zsh)", or this text as _statuary in the fpath'
    yield "_statuary() {"
    yield "    local command= word previous=${words[CURRENT-1]}"
    yield "    local -a commands options codes"
    yield "    commands=("
    for command in COMMANDS:
        yield f"        {_quoted(f'{command.name}:{console.gettext(command.summary)}')}"
    yield "    )"
    yield "    if compset -P '--*='; then previous=${words[CURRENT]%%=*}; fi"
    yield from _command_of("    ", "${words[2,CURRENT-1]}", "(%s)")
    yield "    case $command:$previous in"
    for flag, places in _valued(offers).items():
        for after, names in places.items():
            pattern = "|".join(f"{name}:{flag}" for name in names) if len(places) > 1 else f"*:{flag}"
            yield f"        ({pattern}) {_zsh_words(after)}return ;;"
    yield "    esac"
    yield "    case $command in"
    for offer in offers:
        pairs = " ".join(_quoted(f"{flag}:{console.gettext(text)}") for flag, text, _ in offer.flags)
        yield f"        ({offer.command.name or '*'}) options=({pairs}) ;;"
    yield "    esac"
    yield "    case $command:${words[CURRENT]} in"
    yield "        (*:-*) _describe -o option options ;;"
    for offer in offers:
        name = offer.command.name
        if not name:
            yield f"        (:*) _describe command commands; {_zsh_words(('codes',))};;"
        elif name == "help":
            yield "        (help:*) _describe command commands ;;"
        else:
            yield f"        ({name}:*) {_zsh_words(offer.words)};;"
    yield "    esac"
    yield "}"
    yield 'if [[ ${funcstack[1]-} == _statuary ]]; then _statuary "$@"; else compdef _statuary statuary; fi'


def _zsh_words(words: tuple[str, ...]) -> str:
    plain = " ".join(word for word in words if word not in _KINDS)
    made = [f"compadd -- {plain};"] if plain else []
    if "codes" in words:
        made.append(f'codes=(${{(f)"$({_CODES % "$PREFIX"})"}});')
        made.append("compadd -S '' -- ${(M)codes:#*/}; compadd -- ${codes:#*/};")
    made += [f"{name};" for kind, name in (("files", "_files"), ("folders", "_files -/")) if kind in words]
    return "".join(f"{part} " for part in made)


def _command_of(indent: str, words: str, pattern: str) -> Iterator[str]:
    """Find the command that is on the line, by its name or another."""
    yield f"{indent}for word in {words}; do"
    yield f"{indent}    case $word in"
    for command in COMMANDS:
        yield f"{indent}        {pattern % '|'.join(_names(command))} command={command.name}; break ;;"
    yield f"{indent}    esac"
    yield f"{indent}done"


def _fish(console: Console, offers: Sequence[Offer]) -> Iterator[str]:
    every = " ".join(name for command in COMMANDS for name in _names(command))
    bare = f"not __fish_seen_subcommand_from {every}"
    yield "# fish completion for statuary: statuary completion fish | source"
    yield "complete -c statuary -f"
    for command in COMMANDS:
        summary = _quoted(console.gettext(command.summary))
        yield f"complete -c statuary -n {_quoted(bare)} -a {command.name} -d {summary}"
    for offer in offers:
        name = offer.command.name
        where = _quoted(f"__fish_seen_subcommand_from {' '.join(_names(offer.command))}" if name else bare)
        for flag, text, after in offer.flags:
            described = f" -d {_quoted(console.gettext(text))}" if text else ""
            yield f"complete -c statuary -n {where} -l {flag[2:]}{_fish_value(after)}{described}"
        if "codes" in offer.words:
            yield f"complete -c statuary -n {where} -a '(statuary completion codes (commandline -ct) 2>/dev/null)'"
        if offer.plain and name:
            yield f"complete -c statuary -n {where} -a {_quoted(offer.plain)}"
        if "files" in offer.words:
            yield f"complete -c statuary -n {where} -F"
        if "folders" in offer.words:
            yield f"complete -c statuary -n {where} -a '(__fish_complete_directories (commandline -ct))'"


def _fish_value(after: tuple[str, ...] | None) -> str:
    if after is None:
        return ""
    if set(after) & {"files", "folders"}:
        return " -r -F"
    return f" -x -a {_quoted(' '.join(after))}" if after else " -x"


def _quoted(text: str) -> str:
    """A shell word in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


SCRIPTS: Mapping[str, Callable[[Console, Sequence[Offer]], Iterator[str]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
"""What makes the script of each shell."""
