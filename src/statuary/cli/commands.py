"""The list of commands. A command's module is loaded when it is asked for: a look-up pays for no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from statuary.explain.words import N_

if TYPE_CHECKING:
    from statuary.cli.parser import Parser

__all__ = ["COMMANDS", "Command", "by_name", "lookup_command"]


class Command(NamedTuple):
    """A command.

    Args:
        name: the word that calls it; empty for a bare query.
        module: where ``add_arguments(parser)`` and ``run(arguments)`` are, under ``statuary.cli``.
        summary: what it does, in English.
        synopsis: the words that it takes.
        aliases: other words that a person would guess.
    """

    name: str
    module: str
    summary: str
    synopsis: str = ""
    aliases: tuple[str, ...] = ()

    def parser(self) -> Parser:
        """A parser of its options."""
        from statuary.cli.parser import Parser  # a plain look-up needs none

        parser = Parser(f"statuary {self.name}".rstrip(), self.summary, self.synopsis)
        self._load().add_arguments(parser)
        return parser

    def run(self, arguments: object) -> int:
        """Run it; its exit code."""
        code: int = self._load().run(arguments)
        return code

    def _load(self) -> Any:
        return __import__(f"statuary.cli.{self.module}", fromlist=["run"])


COMMANDS = (
    Command("browse", "browse", N_("look up on the full screen; statuary alone does the same"), "[WORDS...]", ("tui",)),
    Command("show", "show", N_("show exactly the codes that a number, name or identity means"), "QUERY", ("lookup",)),
    Command("search", "search", N_("search by number, name or symptom"), "WORDS...", ("find",)),
    Command("explain", "explain", N_("say what the codes in a line of a log or an error mean"), "LINE... | -"),
    Command("compare", "compare", N_("say in what two codes differ and what they share"), "A B", ("diff",)),
    Command(
        "snippet", "snippet", N_("show what to write in a framework, and what it really sent"), "CODE", ("snippets",)
    ),
    Command("map", "map", N_("say what a gateway answers in one protocol for a code of another"), "CODE PROTOCOL"),
    Command("decide", "decide", N_("find the right code, or what to do about one, by questions"), "[--tree T]"),
    Command("export", "export", N_("print the whole catalogue as JSON lines"), "[--protocol P]"),
    Command("build", "build", N_("write the whole site as files, for any file server"), "DIR"),
    Command("parse", "parse", N_("check a scenario script and print it in its one spelling"), "SCRIPT"),
    Command("serve", "serve", N_("run the site and the mock servers"), "[RULES...]"),
    Command("journal", "journal", N_("show what a running server has seen, or write it to files"), "[--follow]"),
    Command("health", "health", N_("say whether a running server is up, or wait until it is"), "[--wait SECONDS]"),
    Command("check", "check", N_("check rule files and say where they are wrong"), "RULES..."),
    Command("mcp", "mcp", N_("offer the catalogue and mock dialogues to programs as tools (MCP)"), "[--http]"),
    Command("languages", "languages", N_("list the languages, and how far each is translated")),
    Command("completion", "completion", N_("print a completion script for a shell"), "bash|zsh|fish"),
    Command("help", "help", N_("show the help of a command"), "[COMMAND]"),
)
"""Every command, in the order of the help."""


def by_name(word: str) -> Command | None:
    """The command that a word calls."""
    return next((command for command in COMMANDS if word == command.name or word in command.aliases), None)


def lookup_command() -> Command:
    """What a query without a command is given to."""
    return Command("", "lookup", N_("explain a code, or the codes that words describe"), "QUERY")
