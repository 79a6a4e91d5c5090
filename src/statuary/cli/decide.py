"""``statuary decide``: questions that lead to a code with its reason."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from statuary.cli.console import Console
from statuary.cli.map import told
from statuary.cli.parser import add_common
from statuary.cli.render import heading
from statuary.cli.text import wrap
from statuary.errors import CodeNotFound
from statuary.explain.decide import MAX_STEPS, Question, Result, State, Tree, all_trees, to_dict
from statuary.explain.words import N_

__all__ = ["add_arguments", "run"]

_BACK = ("b", "<")
_END = ("q",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the helper."""
    parser.add_argument("--tree", metavar="TREE", help=N_("which questions; all of them are listed without"))
    parser.add_argument("--answers", metavar="A,B,...", help=N_("the answers so far, by name or number"))
    add_common(parser, "json", "lang", "color")


def run(arguments: argparse.Namespace) -> int:
    """Ask, or show where given answers lead; 1 where a tree or an answer does not exist."""
    console = Console(arguments)
    trees = all_trees(console.catalogue, console.language)
    if arguments.tree is None:
        if arguments.answers is not None:
            console.wrong_usage("--answers needs --tree")
        if not _interactive(console):
            return _list(console, trees)
        chosen = _ask(console, [told(console, tree.title) for tree in trees], back=False)
        if chosen is None:
            return 0
        tree = trees[chosen]
    else:
        found = next((tree for tree in trees if tree.id == arguments.tree.lower()), None)
        if found is None:
            known = ", ".join(tree.id for tree in trees)
            console.wrong_usage(f"no such questions: {arguments.tree!r}; there are {known}")
        tree = found
    answers = [answer.strip() for answer in (arguments.answers or "").split(",") if answer.strip()]
    if len(answers) > MAX_STEPS:
        console.wrong_usage(f"more than {MAX_STEPS} answers")
    try:
        state = tree.walk(answers)
    except CodeNotFound as missing:
        return _say_no_answer(console, missing)
    if arguments.answers is None and _interactive(console):
        return _converse(console, tree)
    if console.json:
        console.emit(to_dict(tree, state))
    else:
        console.write(_lines(console, tree, state))
    return 0


def _interactive(console: Console) -> bool:
    return not console.json and all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _say_no_answer(console: Console, missing: CodeNotFound) -> int:
    message = console.gettext("“%(answer)s” is no answer here.") % {"answer": missing.query}
    more = [f"  {answer}" for answer in missing.suggestions]
    console.complain("no_such_answer", message, more, {"answer": missing.query, "answers": list(missing.suggestions)})
    return 1


def _list(console: Console, trees: list[Tree]) -> int:
    if console.json:
        for tree in trees:
            console.emit({"tree": tree.id, "title": tree.title.text, "summary": tree.summary.text})
        return 0
    lines: list[str] = []
    for tree in trees:
        lines.append(f"{console.paint(tree.id, 'strong')}  {told(console, tree.title)}")
        lines += wrap(told(console, tree.summary), console.columns, "  ")
    console.write(lines)
    return 0


def _lines(console: Console, tree: Tree, state: State) -> Iterator[str]:
    """The title, the way so far, and the next question with its answers or the result."""
    yield console.paint(told(console, tree.title), "strong")
    for step in state.steps:
        question, answer = told(console, step.question.text), told(console, step.choice.text)
        yield from wrap(f"{question} {answer}", console.columns, "  ")
    yield ""
    if state.question is not None:
        yield from _question(console, state.question)
    elif state.result is not None:
        yield from _result(console, state.result)


def _question(console: Console, question: Question) -> Iterator[str]:
    for line in wrap(told(console, question.text), console.columns):
        yield console.paint(line, "strong")
    if question.hint.text:
        yield from wrap(told(console, question.hint), console.columns)
    column = max(len(choice.id) for choice in question.choices)
    for number, choice in enumerate(question.choices, 1):
        yield from wrap(told(console, choice.text), console.columns, f"  {number}  {choice.id:{column}}  ")


def _result(console: Console, result: Result) -> Iterator[str]:
    for code in result.codes:
        yield f"→ {heading(console, code)}"
    sources = f" ({', '.join(result.sources)})" if result.sources else ""
    yield from wrap(f"{told(console, result.text)}{sources}", console.columns, "  ")


def _converse(console: Console, tree: Tree) -> int:
    """Ask question after question on the terminal; ``b`` goes back, ``q`` or the end of input ends."""
    answers: list[str] = []
    console.write([console.paint(told(console, tree.title), "strong")])
    while True:
        state = tree.walk(answers)
        if state.result is not None:
            console.write(["", *_result(console, state.result)])
            return 0
        assert state.question is not None
        console.write(["", *_question(console, state.question)])
        chosen = _ask(console, [choice.id for choice in state.question.choices], quiet=True)
        if chosen is None:
            return 0
        if chosen < 0:
            answers = answers[:-1]
        else:
            answers.append(state.question.choices[chosen].id)


def _ask(console: Console, options: list[str], *, back: bool = True, quiet: bool = False) -> int | None:
    """The place of the option that a person chooses; -1 for back, None for the end.

    Args:
        console: where to ask.
        options: what there is.
        back: whether one can go back.
        quiet: whether the options have been shown.
    """
    _ = console.gettext
    if not quiet:
        console.write(f"  {number}  {option}" for number, option in enumerate(options, 1))
    prompt = _("Number (b: back, q: end): ") if back else _("Number (q: end): ")
    while True:
        sys.stdout.write(prompt)
        sys.stdout.flush()
        line = sys.stdin.readline()
        word = line.strip().lower()
        if not line or word in _END:
            sys.stdout.write("\n" if not line else "")
            return None
        if back and word in _BACK:
            return -1
        for place, option in enumerate(options):
            if word in (str(place + 1), option.lower()):
                return place
        console.write([_("“%(answer)s” is no answer here.") % {"answer": word[:40]}])
