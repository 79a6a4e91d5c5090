"""What the catalogue says of a code: facts that no language changes, and prose in one language.

Named tuples rather than data classes: a look-up on the command line pays for their making at every start, and data
classes take four times as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

__all__ = [
    "PROSE_FIELDS",
    "Answer",
    "Claim",
    "Code",
    "Example",
    "Language",
    "LogLine",
    "Prose",
    "Protocol",
    "Retry",
    "Seen",
    "Spec",
]

PROSE_FIELDS = ("summary", "description", "when", "fix_sender", "fix_operator", "example")
"""The prose of a code, field by field, in the order of its page; claims come on top."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Spec(NamedTuple):
    """A place in a document: ``RFC 5321``, ``4.2.3`` and a link to the section."""

    document: str
    section: str = ""
    url: str = ""

    def __str__(self) -> str:
        if not self.section:
            return self.document
        return f"{self.document} {'Appendix ' if self.section[0].isalpha() else '§'}{self.section}"


class Retry(NamedTuple):
    """Whether a request that met this code may be sent again, as data.

    Args:
        policy: ``not-needed``, ``await-result``, ``continue``, ``never``, ``same-request-later``,
            ``same-request-new-connection``, ``after-change``, ``failed-parts``, ``whole-sequence``,
            ``after-user-action`` or ``other-address``; empty where nothing is known.
        who: who repeats it: ``client``, ``user``, ``server`` (a mail server's queue) or ``nobody``.
        wait_seconds: the least wait in seconds, where a source gives one.
        give_up_seconds: when to give up, in seconds, where a source gives it.
        header: the header field that states the wait.
        idempotent_only: a repeat is safe for idempotent methods only (RFC 9110 §9.2.2).
        source: the document and section that says so.
    """

    policy: str = ""
    who: str = ""
    wait_seconds: int | None = None
    give_up_seconds: int | None = None
    header: str = ""
    idempotent_only: bool = False
    source: str = ""


class Answer(NamedTuple):
    """What goes on the wire with a code.

    Args:
        text: reply text without code and enhanced code; ``{domain}`` and ``{forward_path}`` are places to fill.
        enhanced: the enhanced status code sent with a basic one by default.
        machine_read: machines read the text (RFC 5321 §4.2), so it is not replaced by another.
        closes: the server closes the connection after it.
        content: False where no body is allowed.
        headers: sample values of the header fields that the code needs or usually carries.
        required: the names of those without which the answer breaks its specification.
    """

    text: str = ""
    enhanced: str = ""
    machine_read: bool = False
    closes: bool = False
    content: bool = True
    headers: Mapping[str, str] = _NOTHING
    required: tuple[str, ...] = ()


class Example(NamedTuple):
    """A fenced block of an example: ``http`` message, ``smtp`` dialogue or ``log`` line, as shown."""

    kind: str
    text: str


class LogLine(NamedTuple):
    """How a program writes of the code in its log.

    Args:
        program: its name and version: ``Postfix 3.7.11``.
        line: what it writes, with sample times, numbers and names.
    """

    program: str
    line: str


class Claim(NamedTuple):
    """A sentence and where it comes from: ``specification``, ``registry``, ``vendor``, ``seen in practice``."""

    kind: str
    text: str


class Seen(NamedTuple):
    """A text that a provider sends with the code.

    Args:
        provider: who sends it: ``Gmail``.
        text: the text with its code; lines are joined, and ``…`` stands for what is left out.
        source: where it can be read, an address with https.
    """

    provider: str
    text: str
    source: str


class Prose(NamedTuple):
    """The sentences of a code in one language.

    Args:
        language: the tag that was asked for.
        texts: field name to Markdown text; see :data:`PROSE_FIELDS`.
        claims: sourced statements.
        fallbacks: the fields that are still in English because nobody has translated them; ``claims`` is one of them.
    """

    language: str = "en"
    texts: Mapping[str, str] = _NOTHING
    claims: tuple[Claim, ...] = ()
    fallbacks: frozenset[str] = frozenset()


class Code(NamedTuple):
    """One entry of the catalogue.

    Args:
        id: the identity, ``smtp/452``, ``http/499-nginx``.
        protocol: ``smtp``.
        value: the number or name as the registry has it: ``452``, ``105-199``, ``X.2.2``, ``4.2.2``.
        name: the registered name, never translated.
        title: a short name; the same as ``name`` where no shorter one is needed.
        class_: the class, ``4yz Transient Negative Completion``.
        status: ``registered``, ``reserved``, ``obsolete``, ``unofficial`` or ``unassigned``.
        owner: who defines it.
        kind: ``code``, ``range``, ``template``, ``class`` or ``subject``.
        specs: where it is defined; the registry's own reference first.
        aliases: earlier and informal names.
        note: a remark of the registry snapshot, in English, where no prose exists yet.
        hidden: kept, but left out of lists because little confidence can be had in it.
        wire: ``sent``, ``log-only``, ``client-side``, ``never`` (reserved: nobody sends it) or
            ``exit-status`` (what a program ends with).
        stages: where it may legally be sent; ``any`` for everywhere.
        retry: whether to send the request again.
        answer: what goes on the wire.
        basic: enhanced codes: the basic reply codes that IANA associates.
        enhanced: basic codes: the identities of the enhanced codes associated with them.
        template: the identity of the template that a concrete enhanced code was made from.
        classes: templates: the classes in which the code makes sense.
        related: identities of neighbours.
        examples: fenced blocks, as shown.
        seen: texts that providers send with it.
        logs: how programs write of it in their logs.
        prose: its sentences.
    """

    id: str
    protocol: str
    value: str
    name: str
    title: str
    class_: str
    status: str
    owner: str
    kind: str = "code"
    specs: tuple[Spec, ...] = ()
    aliases: tuple[str, ...] = ()
    note: str = ""
    hidden: bool = False
    wire: str = "sent"
    stages: tuple[str, ...] = ()
    retry: Retry = Retry()
    answer: Answer = Answer()
    basic: tuple[str, ...] = ()
    enhanced: tuple[str, ...] = ()
    template: str = ""
    classes: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    seen: tuple[Seen, ...] = ()
    logs: tuple[LogLine, ...] = ()
    prose: Prose = Prose()

    @property
    def summary(self) -> str:
        """One or two sentences; the registry's note, or nothing, where no prose exists yet."""
        return self.prose.texts.get("summary", self.note)

    def to_dict(self) -> dict[str, Any]:
        """The code as plain data for JSON; the same keys for every code."""
        retry = self.retry
        return {
            "id": self.id,
            "protocol": self.protocol,
            "value": self.value,
            "name": self.name,
            "title": self.title,
            "class": self.class_,
            "status": self.status,
            "owner": self.owner,
            "kind": self.kind,
            "specs": [{"document": s.document, "section": s.section, "url": s.url} for s in self.specs],
            "retry": {
                "policy": retry.policy,
                "who": retry.who,
                "wait_seconds": retry.wait_seconds,
                "give_up_seconds": retry.give_up_seconds,
                "header": retry.header,
                "idempotent_only": retry.idempotent_only,
                "source": retry.source,
            },
            "summary": self.summary,
            "aliases": list(self.aliases),
            "note": self.note,
            "hidden": self.hidden,
            "wire": self.wire,
            "stages": list(self.stages),
            "answer": {
                "text": self.answer.text,
                "enhanced": self.answer.enhanced,
                "machine_read": self.answer.machine_read,
                "closes": self.answer.closes,
                "content": self.answer.content,
                "headers": dict(self.answer.headers),
                "required": list(self.answer.required),
            },
            "basic": list(self.basic),
            "enhanced": list(self.enhanced),
            "template": self.template,
            "classes": list(self.classes),
            "related": list(self.related),
            "examples": [{"kind": e.kind, "text": e.text} for e in self.examples],
            "seen": [item._asdict() for item in self.seen],
            "logs": [item._asdict() for item in self.logs],
            "language": self.prose.language,
            "untranslated": sorted(self.prose.fallbacks),
            "prose": dict(self.prose.texts),
            "claims": [{"kind": c.kind, "text": c.text} for c in self.prose.claims],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Code:
        """The inverse of :meth:`to_dict`."""
        answer = data["answer"]
        return cls(
            id=data["id"],
            protocol=data["protocol"],
            value=data["value"],
            name=data["name"],
            title=data["title"],
            class_=data["class"],
            status=data["status"],
            owner=data["owner"],
            kind=data["kind"],
            specs=tuple(Spec(**spec) for spec in data["specs"]),
            aliases=tuple(data["aliases"]),
            note=data["note"],
            hidden=data["hidden"],
            wire=data["wire"],
            stages=tuple(data["stages"]),
            retry=Retry(**data["retry"]),
            answer=Answer(**{**answer, "required": tuple(answer["required"])}),
            basic=tuple(data["basic"]),
            enhanced=tuple(data["enhanced"]),
            template=data["template"],
            classes=tuple(data["classes"]),
            related=tuple(data["related"]),
            examples=tuple(Example(**example) for example in data["examples"]),
            seen=tuple(Seen(**item) for item in data["seen"]),
            logs=tuple(LogLine(**item) for item in data["logs"]),
            prose=Prose(
                language=data["language"],
                texts=data["prose"],
                claims=tuple(Claim(**claim) for claim in data["claims"]),
                fallbacks=frozenset(data["untranslated"]),
            ),
        )


class Protocol(NamedTuple):
    """A protocol of the catalogue, and the field's own words for its codes.

    Args:
        id: ``smtp``.
        name: ``SMTP``.
        full_name: ``Simple Mail Transfer Protocol``.
        term: its word for a code: ``reply code``.
        text_term: its word for the text beside it: ``reply text``.
        port: its default port; 0 where it has none of its own.
        owner: who defines its registered codes.
        registries: the vendored registry snapshots, by file stem.
        registry_url: where the registry is published.
        prose: how much is written about each code: ``full`` or ``summary``.
        ordinary: what a mock answers by itself, stage to code, enhanced code and text: ``250 2.1.0 Sender accepted``.
        identity: what identities are made of: ``number`` (``smtp/452``) or ``name`` (``dns/nxdomain``).
        unfinished: whether rows of its registries may still be without a file.
        weight: how much its codes count in a search beside those of others, from 0 to 1.
        dialogue: the points of its dialogue, in order, with what the client says at each; empty where that has no one
            form. A point that is a stage is one where an answer is due.
        other_stages: stages that have no fixed place in the dialogue, with what the client says.
        stage_by_class: first digit of a class to the point at which its codes are sent, where that is not their stage.
    """

    id: str
    name: str
    full_name: str
    term: str
    text_term: str
    port: int
    owner: str
    registries: tuple[str, ...]
    registry_url: str
    prose: str
    ordinary: Mapping[str, str] = _NOTHING
    identity: str = "number"
    unfinished: bool = False
    weight: float = 1.0
    dialogue: Mapping[str, str] = _NOTHING
    other_stages: Mapping[str, str] = _NOTHING
    stage_by_class: Mapping[str, str] = _NOTHING


class Language(NamedTuple):
    """A language of the interface and the prose.

    Args:
        tag: its BCP 47 tag.
        name: its name in itself.
        direction: ``ltr`` or ``rtl``.
        fallback: the tag of the language that missing texts are taken from; empty for English.
        typography: patterns that its prose does not have, each with what stands in their place; code is left out.
    """

    tag: str
    name: str
    direction: str
    fallback: str = ""
    typography: Mapping[str, str] = MappingProxyType({})
