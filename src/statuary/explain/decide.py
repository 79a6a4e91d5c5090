"""Walks a decision tree: questions with few answers, and at the end codes with reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from statuary.catalog.decisions import answer_field, question_field, result_field
from statuary.catalog.entry import Entry, Text
from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.errors import CodeNotFound

__all__ = ["MAX_STEPS", "Choice", "Question", "Result", "State", "Step", "Tree", "all_trees", "to_dict", "tree"]

MAX_STEPS = 32
"""The most answers that one walk may give."""


class Choice(NamedTuple):
    """An answer that a question offers."""

    id: str
    text: Text


class Question(NamedTuple):
    """A question.

    Args:
        id: its name within the tree.
        text: the question.
        hint: what helps to answer it; empty for none.
        choices: the answers that it offers.
    """

    id: str
    text: Text
    hint: Text
    choices: tuple[Choice, ...]


class Result(NamedTuple):
    """An end of the tree.

    Args:
        id: its name within the tree.
        text: the reason, in Markdown.
        codes: the codes, best first; none where no code is the answer.
        sources: documents and sections.
    """

    id: str
    text: Text
    codes: tuple[Code, ...]
    sources: tuple[str, ...]


class Step(NamedTuple):
    """A question and the answer that was given to it."""

    question: Question
    choice: Choice


class State(NamedTuple):
    """Where a walk stands.

    Args:
        steps: what was answered so far.
        question: what is asked next; None at an end.
        result: the end; None before it.
    """

    steps: tuple[Step, ...]
    question: Question | None
    result: Result | None

    @property
    def answers(self) -> tuple[str, ...]:
        """The ids of the answers so far."""
        return tuple(step.choice.id for step in self.steps)


class Tree:
    """A decision tree in one language.

    Args:
        catalogue: where its codes are.
        entry: the tree as the catalogue has it.
    """

    def __init__(self, catalogue: Catalogue, entry: Entry) -> None:
        self._catalogue = catalogue
        self._entry = entry
        self.id = entry.id
        self.title = entry.text("title")
        self.summary = entry.text("summary")

    def walk(self, answers: Sequence[str]) -> State:
        """Where a sequence of answers leads.

        Args:
            answers: ids of answers, or their numbers counted from 1, from the first question on.

        Raises:
            CodeNotFound: a question does not offer the answer, or there are more answers than questions; its
                suggestions are the answers that it does offer.
        """
        facts = self._entry.facts
        place: str = facts["start"]
        steps: list[Step] = []
        for answer in answers[:MAX_STEPS]:
            question = self._question(place) if place in facts["questions"] else None
            if question is None:
                raise CodeNotFound(answer)
            number = _chosen(question, answer)
            steps.append(Step(question, question.choices[number]))
            place = facts["questions"][place][number]["to"]
        if place in facts["results"]:
            return State(tuple(steps), None, self._result(place))
        return State(tuple(steps), self._question(place), None)

    def ends(self) -> Iterator[State]:
        """Every end by every way to it."""
        waiting: list[tuple[str, ...]] = [()]
        while waiting:
            state = self.walk(waiting.pop())
            if state.question is None:
                yield state
            else:
                waiting.extend((*state.answers, choice.id) for choice in reversed(state.question.choices))

    @property
    def codes(self) -> frozenset[str]:
        """The identities of all codes that the tree can lead to."""
        return frozenset(code for row in self._entry.facts["results"].values() for code in row["codes"])

    @property
    def question_count(self) -> int:
        """How many questions it has."""
        return len(self._entry.facts["questions"])

    def _question(self, identity: str) -> Question:
        field = question_field(identity)
        choices = (
            Choice(row["id"], self._entry.text(answer_field(identity, row["id"])))
            for row in self._entry.facts["questions"][identity]
        )
        return Question(identity, self._entry.text(field), self._entry.text(f"{field}#hint"), tuple(choices))

    def _result(self, identity: str) -> Result:
        row = self._entry.facts["results"][identity]
        found = (self._catalogue.get(code, self._entry.language) for code in row["codes"])
        codes = tuple(code for code in found if code is not None)
        return Result(identity, self._entry.text(result_field(identity)), codes, tuple(row["sources"]))


def _chosen(question: Question, answer: str) -> int:
    for number, choice in enumerate(question.choices):
        if answer in (choice.id, str(number + 1)):
            return number
    raise CodeNotFound(answer, [choice.id for choice in question.choices])


def all_trees(catalogue: Catalogue, language: str = "en") -> list[Tree]:
    """Every tree, in the order that they give themselves."""
    return [Tree(catalogue, entry) for entry in catalogue.entries("decision", language)]


def tree(catalogue: Catalogue, identity: str, language: str = "en") -> Tree | None:
    """A tree by its name; None where there is none."""
    entry = catalogue.entry("decision", identity, language)
    return Tree(catalogue, entry) if entry else None


def to_dict(tree: Tree, state: State) -> dict[str, Any]:
    """A state as plain data for JSON."""
    data: dict[str, Any] = {
        "tree": tree.id,
        "answers": list(state.answers),
        "steps": [{"question": step.question.text.text, "answer": step.choice.text.text} for step in state.steps],
        "question": None,
        "result": None,
    }
    if state.question is not None:
        data["question"] = {
            "id": state.question.id,
            "text": state.question.text.text,
            "hint": state.question.hint.text,
            "choices": [{"id": choice.id, "text": choice.text.text} for choice in state.question.choices],
        }
    if state.result is not None:
        data["result"] = {
            "id": state.result.id,
            "text": state.result.text.text,
            "codes": [code.id for code in state.result.codes],
            "sources": list(state.result.sources),
        }
    return data
