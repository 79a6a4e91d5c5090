"""Decision trees: each state of a walk is an address of its own, so that no script is needed and Back works."""

from __future__ import annotations

from typing import NamedTuple

from statuary.errors import CodeNotFound
from statuary.explain.decide import MAX_STEPS, State, Tree, all_trees, tree
from statuary.web.site import Page, Redirect, Result, Visit
from statuary.web.views.links import mock_path

__all__ = ["Turn", "decide", "trees"]


class Turn(NamedTuple):
    """An answer and the address that it leads to, or that takes it back.

    Args:
        label: its text.
        language: the tag of the language of the text.
        question: the question that it answered; empty for an answer that is offered.
        question_language: the tag of the question's language.
        url: where to.
    """

    label: str
    language: str
    question: str
    question_language: str
    url: str


def trees(visit: Visit) -> Result:
    """All trees."""
    return Page(
        "trees.html",
        visit.gettext("Which code? What now?"),
        "decide",
        {"trees": all_trees(visit.catalogue, visit.tag)},
        description=visit.gettext("Short questions that lead to the right code, or to what to do about one."),
    )


def decide(visit: Visit) -> Result:
    """A tree at the place to which the answers in the query have led."""
    found = tree(visit.catalogue, visit.params["tree"], visit.tag)
    if found is None:
        raise CodeNotFound(visit.params["tree"], [f"decide/{item.id}" for item in all_trees(visit.catalogue)])
    asked = [answer for answer in visit.query.get("at", "").split(",") if answer][: MAX_STEPS + 1]
    try:
        state = found.walk(asked)
    except CodeNotFound:
        return Redirect(_url(visit, found, ()))
    if len(asked) > MAX_STEPS or list(state.answers) != asked:
        return Redirect(_url(visit, found, state.answers))
    return Page(
        "decide.html",
        found.title.text,
        f"decide/{found.id}",
        {
            "tree": found,
            "state": state,
            "trail": _trail(visit, found, state),
            "turns": _turns(visit, found, state),
            "here": f"?at={','.join(state.answers)}" if state.answers else "",
            "mocks": {code.id: mock_path(code) for code in state.result.codes} if state.result else {},
        },
        description=found.summary.text,
        indexed=not state.answers,
        cached=not state.answers,
    )


def _url(visit: Visit, found: Tree, answers: tuple[str, ...]) -> str:
    return visit.url(f"decide/{found.id}") + (f"?at={','.join(answers)}" if answers else "")


def _trail(visit: Visit, found: Tree, state: State) -> list[Turn]:
    """The answers so far; each leads back to its question."""
    return [
        Turn(
            step.choice.text.text,
            step.choice.text.language,
            step.question.text.text,
            step.question.text.language,
            _url(visit, found, state.answers[:place]),
        )
        for place, step in enumerate(state.steps)
    ]


def _turns(visit: Visit, found: Tree, state: State) -> list[Turn]:
    """The answers that the present question offers."""
    if state.question is None:
        return []
    return [
        Turn(choice.text.text, choice.text.language, "", "en", _url(visit, found, (*state.answers, choice.id)))
        for choice in state.question.choices
    ]
