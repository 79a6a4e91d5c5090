"""Reads decision trees: ``content/decisions/<tree>.toml``, questions that lead to codes with reasons.

A file has ``title``, ``summary``, ``start`` and two arrays of tables. A ``[[question]]`` has an ``id``, a ``text`` and
``[[question.answer]]`` tables with ``id``, ``text`` and ``to``, the id of a question or a result. A ``[[result]]`` has
an ``id``, ``codes``, a ``text`` with the reason, and perhaps ``sources``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from statuary.catalog.entry import Entry, Sourced
from statuary.catalog.tables import Keys, check_rows, read_toml
from statuary.errors import ContentError

__all__ = ["answer_field", "question_field", "read_decisions", "result_field"]

_TOP: Keys = {"title": str, "summary": str, "start": str, "order?": int, "question": list, "result": list}
_QUESTION: Keys = {"id": str, "text": str, "answer": list, "hint?": str}
_ANSWER: Keys = {"id": str, "text": str, "to": str}
_RESULT: Keys = {"id": str, "codes": list, "text": str, "sources?": list}


def question_field(question: str) -> str:
    """The text of a question.

    Args:
        question: its id.
    """
    return f"question.{question}"


def answer_field(question: str, answer: str) -> str:
    """The text of an answer.

    Args:
        question: the question's id.
        answer: its own.
    """
    return f"question.{question}.{answer}"


def result_field(result: str) -> str:
    """The text of a result.

    Args:
        result: its id.
    """
    return f"result.{result}"


def read_decisions(root: Path) -> Iterator[Sourced]:
    """Read every tree.

    Facts are ``start``, ``questions`` (id to answer ids and where they lead) and ``results`` (id to codes and sources).

    Args:
        root: the content root.

    Raises:
        ContentError: a file is wrong.
    """
    found = [_read(root, path) for path in sorted((root / "decisions").glob("*.toml"))]
    yield from sorted(found, key=lambda item: item.entry.facts["order"])


def _read(root: Path, path: Path) -> Sourced:
    name = path.relative_to(root).as_posix()
    text, data = read_toml(path, name)
    lines = tuple(text.split("\n"))
    check_rows(name, lines, "", [data], _TOP)
    questions, results = _rows(name, data, "question"), _rows(name, data, "result")
    check_rows(name, lines, "question", questions, _QUESTION)
    answers = [answer for question in questions for answer in _rows(name, question, "answer")]
    check_rows(name, lines, "question.answer", answers, _ANSWER)
    check_rows(name, lines, "result", results, _RESULT)
    _once(name, lines, [row["id"] for row in (*questions, *results)])
    for question in questions:
        _once(name, lines, [answer["id"] for answer in question["answer"]])
    texts = {"title": data["title"], "summary": data["summary"]}
    for question in questions:
        texts[question_field(question["id"])] = question["text"]
        if question.get("hint"):
            texts[f"{question_field(question['id'])}#hint"] = question["hint"]
        for answer in question["answer"]:
            texts[answer_field(question["id"], answer["id"])] = answer["text"]
    texts |= {result_field(row["id"]): row["text"] for row in results}
    facts = {
        "order": data.get("order", 0),
        "start": data["start"],
        "questions": {
            row["id"]: [{"id": answer["id"], "to": answer["to"]} for answer in row["answer"]] for row in questions
        },
        "results": {
            row["id"]: {"codes": list(map(str, row["codes"])), "sources": list(map(str, row.get("sources", [])))}
            for row in results
        },
    }
    return Sourced(Entry("decision", path.stem, facts, texts), name, lines, 1)


def _rows(name: str, data: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    rows = data[key]
    if not all(isinstance(row, dict) for row in rows):
        raise ContentError(name, 1, 1, f"{key} is not an array of tables", f"write [[{key}]]")
    return list(rows)


def _once(name: str, lines: tuple[str, ...], identities: list[str]) -> None:
    for place, identity in enumerate(identities):
        if identity in identities[:place]:
            found = [number for number, line in enumerate(lines, 1) if line.strip() == f'id = "{identity}"']
            raise ContentError(name, (found or [1])[-1], 1, f"id {identity!r} stands there twice", "rename one")
