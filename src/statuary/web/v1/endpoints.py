"""The addresses of the API below ``/api/v1``: what each takes, answers and shows as an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from statuary.catalog.lookup import MAX_QUERY_CHARACTERS, MAX_RESULTS
from statuary.explain.decide import MAX_STEPS, all_trees
from statuary.explain.reference import DEFAULT_RESULTS, ENGLISH, MAX_ASKED_CHARACTERS, Reference
from statuary.web.v1 import shapes

__all__ = ["MAX_ANSWERS_CHARACTERS", "ROOT", "Endpoint", "Parameter", "endpoints"]

ROOT = "/api/v1"
"""What the addresses begin with."""
MAX_ANSWERS_CHARACTERS = 1000
"""The longest list of answers to a tree's questions, in characters."""

_LINE = "dsn=4.2.2, status=deferred (host mx.example.net[192.0.2.25] said: 452 4.2.2 Over its quota)"


class Parameter(NamedTuple):
    """What an address takes.

    Args:
        name: its name.
        summary: what it means.
        example: a value that shows it; None where the address is better shown without.
        place: ``query`` or ``path``.
        required: whether the address needs it.
        choices: its possible values, where they are fixed.
        most: the longest text in characters, or the highest number.
        number: whether it is a whole number, from 1.
        default: what holds without it.
    """

    name: str
    summary: str
    example: str | None = None
    place: str = "query"
    required: bool = False
    choices: tuple[str, ...] = ()
    most: int = MAX_QUERY_CHARACTERS
    number: bool = False
    default: str | int | None = None


class Endpoint(NamedTuple):
    """An address.

    Args:
        name: of the operation.
        path: below the root, with ``{name}`` for what varies.
        summary: what it gives, in one sentence.
        shape: the type of its JSON.
        ask: puts the question; its arguments are those of the request, by name.
        parameters: what it takes.
        errors: the errors that it can answer with beside that of a wrong parameter.
    """

    name: str
    path: str
    summary: str
    shape: Any
    ask: Callable[[Reference, Mapping[str, Any]], dict[str, Any]]
    parameters: tuple[Parameter, ...] = ()
    errors: tuple[HTTPStatus, ...] = ()


def endpoints(reference: Reference) -> tuple[Endpoint, ...]:
    """Every address, with the values that a catalogue allows.

    Args:
        reference: what answers.
    """
    catalogue = reference.catalogue
    protocols = tuple(catalogue.protocols)
    trees = tuple(each.id for each in all_trees(catalogue))
    lang = Parameter("lang", "the language of prose", choices=tuple(catalogue.languages), default=ENGLISH)
    code = "a code: identity, number, name, or a line as it was met"
    one = (HTTPStatus.MULTIPLE_CHOICES, HTTPStatus.NOT_FOUND)
    return (
        Endpoint(
            "get_code",
            "/codes/{protocol}/{value}",
            "One code by its identity",
            shapes.CodeShape,
            lambda ask, given: ask.code(given["protocol"], given["value"], given["lang"]),
            (
                Parameter("protocol", "the protocol", "smtp", "path", True, protocols),
                Parameter("value", "the number or name, as identities have it", "4.2.2", "path", True),
                lang,
            ),
            one,
        ),
        Endpoint(
            "search_codes",
            "/codes",
            "The codes that fit a number, a name or a symptom, best first",
            shapes.SearchResult,
            lambda ask, given: ask.search(given["q"], given["limit"], given["lang"]),
            (
                Parameter("q", "a number, a name or a symptom in words", "mailbox over quota", required=True),
                Parameter(
                    "limit", "at most so many codes", "1", most=MAX_RESULTS, number=True, default=DEFAULT_RESULTS
                ),
                lang,
            ),
        ),
        Endpoint(
            "look_up",
            "/lookup",
            "Every code that a query names exactly",
            shapes.Codes,
            lambda ask, given: ask.look_up(given["q"], given["lang"]),
            (Parameter("q", code, "smtp 4.2.2", required=True), lang),
            (HTTPStatus.NOT_FOUND,),
        ),
        Endpoint(
            "explain_line",
            "/explain",
            "What the codes in a line of a log, a delivery report or an error mean",
            shapes.Explanation,
            lambda ask, given: ask.explain(given["line"], given["lang"]),
            (
                Parameter("line", "the line as it was met", _LINE, required=True, most=MAX_ASKED_CHARACTERS),
                lang,
            ),
            (HTTPStatus.NOT_FOUND,),
        ),
        Endpoint(
            "compare_codes",
            "/compare",
            "In what two codes differ and what they share",
            shapes.ComparisonShape,
            lambda ask, given: ask.compare(given["left"], given["right"], given["lang"]),
            (
                Parameter("left", code, "smtp/4.2.2", required=True),
                Parameter("right", code, "smtp/5.2.2", required=True),
                lang,
            ),
            one,
        ),
        Endpoint(
            "map_code",
            "/map",
            "What a gateway answers in one protocol for a code of another",
            shapes.MappingShape,
            lambda ask, given: ask.map(given["code"], given["protocol"], given["lang"]),
            (
                Parameter("code", f"{code}; the one that came", "smtp/4.2.2", required=True),
                Parameter("protocol", "the protocol to answer in", "http", required=True, choices=protocols),
                lang,
            ),
            one,
        ),
        Endpoint(
            "list_concepts",
            "/concepts",
            "What several protocols say each with a code of its own",
            shapes.Concepts,
            lambda ask, given: ask.concepts(given["lang"]),
            (lang,),
        ),
        Endpoint(
            "get_concept",
            "/concepts/{concept}",
            "One concept with the codes that say it",
            shapes.ConceptShape,
            lambda ask, given: ask.concept(given["concept"], given["lang"]),
            (Parameter("concept", "its name", catalogue.concepts()[0]["id"], "path", True), lang),
            (HTTPStatus.NOT_FOUND,),
        ),
        Endpoint(
            "list_trees",
            "/decide",
            "The trees of questions that lead to a code",
            shapes.Trees,
            lambda ask, given: ask.trees(given["lang"]),
            (lang,),
        ),
        Endpoint(
            "decide",
            "/decide/{tree}",
            "Where answers lead: the next question, or the codes with the reason",
            shapes.Decision,
            lambda ask, given: ask.decide(given["tree"], given["answers"], given["lang"]),
            (
                Parameter("tree", "the tree", trees[0], "path", True, trees),
                Parameter(
                    "answers",
                    f"ids or numbers of the answers so far, with commas between them; at most {MAX_STEPS}",
                    "1",
                    most=MAX_ANSWERS_CHARACTERS,
                    default="",
                ),
                lang,
            ),
            (HTTPStatus.NOT_FOUND,),
        ),
        Endpoint(
            "list_protocols",
            "/protocols",
            "The protocols, with their own words for their codes",
            shapes.Protocols,
            lambda ask, given: ask.protocols(),
        ),
        Endpoint(
            "list_languages",
            "/languages",
            "The languages, and how far each is translated",
            shapes.Languages,
            lambda ask, given: ask.languages(),
        ),
    )
