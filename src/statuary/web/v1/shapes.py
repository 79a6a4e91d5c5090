"""The shapes of the API's JSON; its document is made from them, and every answer is tested against them."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

__all__ = [
    "CodeShape",
    "Codes",
    "ComparisonShape",
    "ConceptShape",
    "Concepts",
    "Decision",
    "ErrorShape",
    "Explanation",
    "Languages",
    "MappingShape",
    "Protocols",
    "ScriptShape",
    "SearchResult",
    "Trees",
]


class Shape(Struct, forbid_unknown_fields=True):
    """An object that has these members and no others."""


class SpecShape(Shape):
    """A place in a document."""

    document: str
    section: str
    url: str


class RetryShape(Shape):
    """Whether a request that met the code may be sent again."""

    policy: str
    who: str
    wait_seconds: int | None
    give_up_seconds: int | None
    header: str
    idempotent_only: bool
    source: str


class AnswerShape(Shape):
    """What goes on the wire with the code."""

    text: str
    enhanced: str
    machine_read: bool
    closes: bool
    content: bool
    headers: dict[str, str]
    required: list[str]


class ExampleShape(Shape):
    """A message or dialogue, as shown; also a sourced statement and its kind."""

    kind: str
    text: str


class SeenShape(Shape):
    """A text that a provider sends with the code."""

    provider: str
    text: str
    source: str


class LogShape(Shape):
    """How a program writes of the code in its log."""

    program: str
    line: str


class CodeShape(Shape):
    """A code of the catalogue; the same members for every code, as ``statuary CODE --json`` has them."""

    id: str
    protocol: str
    value: str
    name: str
    title: str
    class_: str = field(name="class")
    status: str
    owner: str
    kind: str
    specs: list[SpecShape]
    retry: RetryShape
    summary: str
    aliases: list[str]
    note: str
    hidden: bool
    wire: str
    stages: list[str]
    answer: AnswerShape
    basic: list[str]
    enhanced: list[str]
    template: str
    classes: list[str]
    related: list[str]
    examples: list[ExampleShape]
    seen: list[SeenShape]
    logs: list[LogShape]
    language: str
    untranslated: list[str]
    prose: dict[str, str]
    claims: list[ExampleShape]


class Codes(Shape):
    """The codes that a query names."""

    query: str
    codes: list[CodeShape]


class SearchResult(Shape):
    """The codes that fit a query, best first; suggestions are identities, given where no code fits."""

    query: str
    codes: list[CodeShape]
    suggestions: list[str]


class FoundShape(Shape):
    """A code in a line: what said so, who, what it means, and what to do; ``heard`` are texts of providers in it."""

    code: str
    protocol: str
    value: str
    title: str
    part: str
    why: str
    said_by: str
    speaker: str
    summary: str
    meaning: str
    who_acts: str
    repeat: str
    policy: str
    wait_seconds: int | None
    fix_sender: str
    fix_operator: str
    heard: list[SeenShape]
    page: str


class Explanation(Shape):
    """The codes in a line, those first whose place says most."""

    line: str
    found: list[FoundShape]


class RowShape(Shape):
    """One point of comparison."""

    field: str
    label: str
    left: str
    right: str


class TraitShape(Shape):
    """A property in which the codes of a set differ, with what holds for each."""

    about: str
    cells: dict[str, str]


class MixupShape(Shape):
    """A set of codes that people take for each other; ``choose`` says when to choose which."""

    id: str
    title: str
    why: str
    choose: dict[str, str]
    sources: list[str]
    traits: list[TraitShape]


class ComparisonShape(Shape):
    """Two codes side by side."""

    left: CodeShape
    right: CodeShape
    verdict: str
    unrelated: bool
    differences: list[RowShape]
    alike: list[RowShape]
    shared_concepts: list[str]
    mixups: list[MixupShape]


class MappedShape(Shape):
    """A code to answer with."""

    code: str
    title: str
    enhanced: str
    when: str
    basis: str
    source: str
    loses: str
    through: str


class MappingShape(Shape):
    """What a gateway answers in one protocol for a code of another."""

    from_: str = field(name="from")
    to: str
    verdict: str
    answers: list[MappedShape]
    alternatives: list[MappedShape]


class MemberShape(Shape):
    """A code of a concept, and what makes it one."""

    code: str
    basis: str
    source: str


class DirectionShape(Shape):
    """A direction that a document gives between two codes."""

    from_: str = field(name="from")
    to: str
    source: str


class ConceptShape(Shape):
    """What several protocols say each with a code of its own."""

    id: str
    title: str
    summary: str
    members: list[MemberShape]
    mappings: list[DirectionShape]


class Concepts(Shape):
    """Every concept."""

    concepts: list[ConceptShape]


class TreeShape(Shape):
    """A tree of questions."""

    tree: str
    title: str
    summary: str


class Trees(Shape):
    """Every tree of questions."""

    trees: list[TreeShape]


class StepShape(Shape):
    """A question and the answer that was given to it."""

    question: str
    answer: str


class ChoiceShape(Shape):
    """An answer that a question offers."""

    id: str
    text: str


class QuestionShape(Shape):
    """A question."""

    id: str
    text: str
    hint: str
    choices: list[ChoiceShape]


class ResultShape(Shape):
    """An end of a tree: codes, best first, with the reason."""

    id: str
    text: str
    codes: list[str]
    sources: list[str]


class Decision(Shape):
    """Where answers lead: either ``question`` or ``result`` is null."""

    tree: str
    answers: list[str]
    steps: list[StepShape]
    question: QuestionShape | None
    result: ResultShape | None


class ProtocolShape(Shape):
    """A protocol, with its own words for its codes; port 0 where it has none of its own."""

    id: str
    name: str
    full_name: str
    term: str
    text_term: str
    port: int
    owner: str
    registry_url: str
    codes: int


class Protocols(Shape):
    """Every protocol, in the order of pages."""

    protocols: list[ProtocolShape]


class LanguageShape(Shape):
    """A language, and how many of the texts are translated."""

    tag: str
    name: str
    direction: str
    fallback: str
    translated: int
    total: int


class Languages(Shape):
    """Every language."""

    languages: list[LanguageShape]


class ErrorShape(Shape):
    """What is wrong: a slug for programs, a sentence for people, and in ``detail`` the place and the mend."""

    error: str
    message: str
    detail: dict[str, Any] = {}


class ScriptRowShape(Shape):
    """An answer of a script, with its effects, its count and weight, and whether it follows or is a choice."""

    answer: str
    effects: str
    times: str
    weight: str
    joined: str


class ScriptShape(Shape):
    """A script in every spelling; one that the protocol or the stage does not have is empty."""

    protocol: str
    stage: str
    key: str
    script: str
    way: str
    url: str
    address: str
    rule: str
    pytest: str
    curl: str
    swaks: str
    openssl: str
    python: str
    rows: list[ScriptRowShape]
