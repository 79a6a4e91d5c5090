"""The tools of the MCP server: their arguments with limits, and what each does. Knows nothing of the protocol."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from statuary.catalog.lookup import MAX_QUERY_CHARACTERS, MAX_RESULTS
from statuary.errors import StatuaryError, WrongArgument
from statuary.explain.decide import MAX_STEPS, all_trees
from statuary.explain.reference import DEFAULT_RESULTS, ENGLISH, MAX_ASKED_CHARACTERS, Reference, fault
from statuary.scenario.grammar import MAX_SCRIPT_CHARACTERS
from statuary.serve.perform import MAX_CONNECTIONS, MAX_SEED, PERFORMED, perform, stages_of

__all__ = ["MAX_NAME_CHARACTERS", "TOOLS", "Arguments", "Outcome", "Tool", "call", "schema_of"]

MAX_NAME_CHARACTERS = 100
"""The longest name of a tree or an answer, in characters."""

_PLACE = re.compile(r"(.*?)(?: - at `\$(?:\.(\w+))?.*`)?", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_KINDS = {"str": "a string", "int": "a whole number", "array": "a list"}
_REQUIRED = re.compile(r"Object missing required field `(\w+)`")

_Query = Annotated[
    str,
    Meta(
        description="a code by identity (smtp/4.2.2), number, name, or a line as it was met in a log",
        min_length=1,
        max_length=MAX_QUERY_CHARACTERS,
        pattern=r"\S",
    ),
]
_Lang = Annotated[str, Meta(description="the language of prose; names of codes stay as registered", max_length=35)]
_Protocol = Annotated[str, Meta(description="the protocol to answer in", max_length=MAX_QUERY_CHARACTERS)]


class Arguments(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a tool takes, and no more."""


class LookUp(Arguments):
    """The arguments of ``look_up``."""

    query: _Query
    lang: _Lang = ENGLISH


class Search(Arguments):
    """The arguments of ``search``."""

    query: Annotated[
        str,
        Meta(
            description="a number, a name or a symptom in words: mailbox over quota",
            min_length=1,
            max_length=MAX_QUERY_CHARACTERS,
            pattern=r"\S",
        ),
    ]
    limit: Annotated[int, Meta(description="at most so many codes", ge=1, le=MAX_RESULTS)] = DEFAULT_RESULTS
    lang: _Lang = ENGLISH


class Explain(Arguments):
    """The arguments of ``explain``."""

    line: Annotated[
        str,
        Meta(
            description="one line of a log, a delivery report, a bounce or an error, as it was met",
            min_length=1,
            max_length=MAX_ASKED_CHARACTERS,
            pattern=r"\S",
        ),
    ]
    lang: _Lang = ENGLISH


class Compare(Arguments):
    """The arguments of ``compare``."""

    left: _Query
    right: _Query
    lang: _Lang = ENGLISH


class Map(Arguments):
    """The arguments of ``map``."""

    code: _Query
    protocol: _Protocol
    lang: _Lang = ENGLISH


class Decide(Arguments):
    """The arguments of ``decide``."""

    tree: Annotated[
        str, Meta(description="which questions; without it, the list of all", max_length=MAX_NAME_CHARACTERS)
    ] = ""
    answers: Annotated[
        list[Annotated[str, Meta(max_length=MAX_NAME_CHARACTERS)]],
        Meta(description="ids or numbers of the answers so far, from the first question on", max_length=MAX_STEPS),
    ] = []
    lang: _Lang = ENGLISH


class RunDialogue(Arguments):
    """The arguments of ``run_dialogue``."""

    protocol: Annotated[str, Meta(description="what is spoken")]
    script: Annotated[
        str,
        Meta(
            description="what the mock answers, step after step, such as 503x2~200 or 452_4.2.2x2~250: a count follows "
            "x, ~ reads then, effects follow a hyphen (-delay=2s, -truncate=0.5, -close, -reset); pass is the ordinary "
            "answer; drop, reset and hang give none",
            min_length=1,
            max_length=MAX_SCRIPT_CHARACTERS,
        ),
    ]
    stage: Annotated[
        str, Meta(description="where in an SMTP dialogue it answers (rcpt without one); HTTP has request alone")
    ] = ""
    connections: Annotated[
        int,
        Meta(description="how many, one after another; each meets the script's next step", ge=1, le=MAX_CONNECTIONS),
    ] = 1
    seed: Annotated[int, Meta(description="what weighted choices are drawn from", ge=0, le=MAX_SEED)] = 0


A = TypeVar("A", bound=Arguments)


class Tool(NamedTuple, Generic[A]):
    """A tool.

    Args:
        name: its name.
        title: the same for people.
        description: when to use it and what it gives.
        arguments: the type of its arguments.
        run: does it.
    """

    name: str
    title: str
    description: str
    arguments: type[A]
    run: Callable[[Reference, A], dict[str, Any]]


class Outcome(NamedTuple):
    """What a call gave.

    Args:
        data: the result, or what is wrong in the one shape of errors.
        failed: whether it is the latter.
    """

    data: dict[str, Any]
    failed: bool


def _decide(reference: Reference, given: Decide) -> dict[str, Any]:
    if not given.tree:
        if given.answers:
            raise WrongArgument("tree", "the tree that the answers belong to")
        return reference.trees(given.lang)
    return reference.decide(given.tree, ",".join(given.answers), given.lang)


def _run_dialogue(reference: Reference, given: RunDialogue) -> dict[str, Any]:
    done = perform(reference.catalogue, given.protocol, given.script, given.stage, given.connections, given.seed)
    return done.to_dict()


TOOLS: tuple[Tool[Any], ...] = (
    Tool(
        "look_up",
        "Look a code up",
        "Explains exactly the codes that a query names: what each means, whether to repeat the request, what the "
        "sender and the operator do about it, and which documents say so. For status, reply, response, close and "
        "result codes of HTTP, SMTP, FTP, SIP, WebSocket, DNS, TLS, gRPC and other protocols.",
        LookUp,
        lambda reference, given: reference.look_up(given.query, given.lang),
    ),
    Tool(
        "search",
        "Search for codes",
        "Finds codes by number, name or symptom, best first. Use it where look_up finds nothing or no code is known.",
        Search,
        lambda reference, given: reference.search(given.query, given.limit, given.lang),
    ),
    Tool(
        "explain",
        "Explain a line of a log",
        "Finds the codes in a line of a log, a delivery report or an error by the shapes in which programs write them, "
        "and says for each which part of the line said so, who said it, what it means, whether to repeat, who acts and "
        "what to do. Ports, sizes and process numbers are not taken for codes.",
        Explain,
        lambda reference, given: reference.explain(given.line, given.lang),
    ),
    Tool(
        "compare",
        "Compare two codes",
        "Says in what two codes differ, what they share, and which to choose where people mix them up.",
        Compare,
        lambda reference, given: reference.compare(given.left, given.right, given.lang),
    ),
    Tool(
        "map",
        "Translate a code",
        "Says what a gateway answers in one protocol for a code of another, on what that rests and what is lost.",
        Map,
        lambda reference, given: reference.map(given.code, given.protocol, given.lang),
    ),
    Tool(
        "decide",
        "Find the right code by questions",
        "Walks a tree of questions to the right code, or to what to do about one. Without a tree it lists the trees; "
        "with a tree and the answers so far it gives the next question with its answers, or the codes with the reason.",
        Decide,
        _decide,
    ),
    Tool(
        "run_dialogue",
        "Run a mock dialogue",
        "Performs a dialogue with a mock server inside this process, without a network, and gives the transcript, line "
        "by line in both directions. The script says what the mock answers at a stage, in which order and how often; "
        "waits are not waited for but told.",
        RunDialogue,
        _run_dialogue,
    ),
)
"""Every tool, in the order in which they are listed."""


def schema_of(tool: Tool[Any], reference: Reference) -> dict[str, Any]:
    """The JSON Schema of a tool's arguments, with the values that the catalogue allows.

    Args:
        tool: the tool.
        reference: what answers.
    """
    ((found,), components) = msgspec.json.schema_components([tool.arguments])
    schema: dict[str, Any] = components[found["$ref"].rpartition("/")[2]]
    catalogue = reference.catalogue
    choices: dict[str, tuple[str, ...]] = {
        "lang": tuple(catalogue.languages),
        "protocol": PERFORMED if tool.arguments is RunDialogue else tuple(catalogue.protocols),
        "tree": ("", *(each.id for each in all_trees(catalogue))),
        "stage": ("", *dict.fromkeys(stage for protocol in PERFORMED for stage in stages_of(protocol))),
    }
    properties = {
        name: {**each, "enum": list(choices[name])} if name in choices else each
        for name, each in schema["properties"].items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": schema.get("required", []),
        "additionalProperties": False,
    }


def call(reference: Reference, tool: Tool[Any], arguments: Mapping[str, object]) -> Outcome:
    """Call a tool.

    Args:
        reference: what answers.
        tool: the tool.
        arguments: as they came, unchecked.
    """
    try:
        return Outcome(tool.run(reference, _convert(tool, arguments)), False)
    except StatuaryError as problem:
        shaped = fault(problem)
        if shaped is None:
            raise
        return Outcome(shaped, True)


def _convert(tool: Tool[Any], arguments: Mapping[str, object]) -> Arguments:
    """The arguments, checked.

    Raises:
        WrongArgument: one is missing, wrong or unknown.
    """
    try:
        given: Arguments = msgspec.convert(dict(arguments), tool.arguments)
    except msgspec.ValidationError as problem:
        text = str(problem)
        if unknown := _UNKNOWN.fullmatch(text):
            raise WrongArgument(unknown[1], f"one of {', '.join(_names(tool.arguments))}") from None
        if missing := _REQUIRED.match(text):
            raise WrongArgument(missing[1], "a value; it is missing") from None
        found = _PLACE.fullmatch(text)
        assert found is not None
        expected = found[1].partition(", got ")[0].removeprefix("Expected ")
        for kind, word in _KINDS.items():
            expected = expected.replace(f"`{kind}`", word).replace(f"`{kind} ", f"{word} ")
        raise WrongArgument(found[2] or "arguments", expected.replace("`", "")) from None
    return given


def _names(arguments: type[Arguments]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(arguments))
