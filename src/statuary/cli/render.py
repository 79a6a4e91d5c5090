"""Codes as text: one in full, several in short, many as one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from statuary.catalog.identity import number_of
from statuary.catalog.model import Code
from statuary.cli.console import Console
from statuary.cli.text import blocks, clip, inline, pad, width, wrap
from statuary.explain import words
from statuary.explain.stages import where_phrase
from statuary.explain.words import N_

__all__ = ["brief", "full", "heading", "rows", "table"]

_SECTIONS = (
    ("description", N_("What it is")),
    ("when", N_("When you see it")),
    ("fix_sender", N_("If you send")),
    ("fix_operator", N_("If you run the server")),
    ("example", N_("Example")),
)
MAX_LABEL_COLUMNS = 24
"""The widest column of labels; wider ones stand on a line of their own."""
MAX_SEEN = 6
"""How many texts of providers are shown; --json has them all."""
STACKED_BELOW = 56
"""Terminals narrower than this, in columns, get the sides of a comparison under each other."""
MIN_VALUE_COLUMNS = 32
"""Where less room than this is left beside the labels, they get lines of their own."""


def heading(console: Console, code: Code) -> str:
    """The identity and the short name, coloured by class."""
    return f"{console.paint(console.paint(code.id, code.value[0]), 'strong')}  {console.paint(code.title, 'strong')}"


def _summary(console: Console, code: Code) -> str:
    """The summary, marked where it is not in the reader's language."""
    text = inline(code.summary, marked=console.colour)
    behind = "summary" in code.prose.fallbacks or "summary" not in code.prose.texts
    return f"{text} (en)" if text and behind and console.language != "en" else text


def brief(console: Console, codes: Iterable[Code]) -> Iterator[str]:
    """Each with heading, class and summary."""
    for number, code in enumerate(codes):
        if number:
            yield ""
        yield heading(console, code)
        facts = [words.class_phrase(code).render(console.gettext)]
        if code.status == "unofficial":
            facts.append(
                console.gettext("unofficial: %(owner)s")
                % {"owner": words.owner_phrase(code.owner).render(console.gettext)}
            )
        elif code.status != "registered":
            facts.append(console.gettext(words.STATUSES[code.status]))
        facts += [str(spec) for spec in code.specs[:1] if spec.document != "vendor"]
        for line in wrap(" · ".join(facts), console.columns, "  "):
            yield console.paint(line, "quiet")
        if code.summary:
            yield from wrap(_summary(console, code), console.columns, "  ")


def rows(console: Console, codes: list[Code]) -> Iterator[str]:
    """Each on one line: identity, short name, as much of the summary as there is room for."""
    column = max((width(code.id) for code in codes), default=0)
    for code in codes:
        name = clip(code.title, max(console.columns - column - 2, 8))
        line = f"{console.paint(pad(code.id, column), code.value[0])}  {console.paint(name, 'strong')}"
        room = console.columns - column - width(name) - 4
        summary = _summary(console, code)
        yield f"{line}  {clip(summary, room)}" if summary and room >= 20 else line


def full(console: Console, code: Code) -> Iterator[str]:
    """Everything that the catalogue says of a code."""
    _ = console.gettext
    yield heading(console, code)
    if code.name != code.title:
        for line in wrap(code.name, console.columns, "  "):
            yield console.paint(line, "quiet")
    yield ""
    if code.summary:
        yield from wrap(_summary(console, code), console.columns, "  ")
        yield ""
    if code.template:
        origin = _("%(code)s is %(template)s in class %(digit)s.")
        values = {"code": code.value, "template": code.template.partition("/")[2], "digit": code.value[0]}
        yield from wrap(origin % values, console.columns, "  ")
        yield ""
    yield from table(console, list(_facts(console, code)))
    if not code.prose.texts:
        yield ""
        note = _("For this code there are the registered facts; an explanation is not written yet.")
        yield from wrap(note, console.columns, "  ")
    yield from _prose(console, code, _SECTIONS[:-1])
    yield from _logs(console, code)
    yield from _prose(console, code, _SECTIONS[-1:])
    yield from _seen(console, code)
    yield from _claims(console, code)
    if code.related:
        yield ""
        yield console.paint(_("Neighbours"), "strong")
        yield from wrap(", ".join(code.related), console.columns, "  ")


def _facts(console: Console, code: Code) -> Iterator[tuple[str, list[str]]]:
    """Labels and what stands behind them, a list of paragraphs each."""
    yield from _origin(console, code)
    yield from _use(console, code)
    yield from _neighbourhood(console, code)


def _origin(console: Console, code: Code) -> Iterator[tuple[str, list[str]]]:
    """What it is and who says so."""
    _ = console.gettext
    if code.kind != "code":
        yield _("Kind"), [_(words.KINDS[code.kind])]
    if number_of(code.value) is not None and code.value not in code.id:
        yield _("Number"), [code.value]
    yield _("Class"), [words.class_phrase(code).render(_)]
    yield (
        _("Status"),
        [_(words.STATUSES[code.status]) + (f" ({_('doubtful origin')})" if code.hidden else "")],
    )
    yield _("Defined by"), [words.owner_phrase(code.owner).render(_)]
    yield _("Specified in"), list(_specs(console, code))


def _use(console: Console, code: Code) -> Iterator[tuple[str, list[str]]]:
    """What is done with it: repeating, sending, answering."""
    _ = console.gettext
    if code.retry.policy:
        advice = words.retry_phrase(code.retry).render(_)
        source = [f"({code.retry.source})"] if code.retry.source else []
        yield _("Repeat it?"), [" ".join([advice, *source])]
    if code.stages or code.wire != "sent":
        yield _("Where it is sent"), [where_phrase(console.catalogue.protocols[code.protocol], code).render(_)]
    if code.wire != "sent":
        yield _("On the wire"), [_(words.WIRES[code.wire])]
    if line := words.reply_line(code):
        yield _("Answer as sent"), [line]
    if code.answer.headers:
        yield _("Header fields"), list(_headers(console, code))
    if not code.answer.content:
        yield _("Content"), [_("none is allowed")]
    if code.answer.closes:
        yield _("Connection"), [_("the server closes it afterwards")]


def _neighbourhood(console: Console, code: Code) -> Iterator[tuple[str, list[str]]]:
    """Its ties to other codes and names."""
    _ = console.gettext
    if code.classes and code.kind == "template":
        yield _("In its classes"), [", ".join(f"{digit}{code.value[1:]}" for digit in code.classes)]
    if code.enhanced:
        yield _("Enhanced codes (IANA)"), [", ".join(identity.partition("/")[2] for identity in code.enhanced)]
    if code.basic:
        yield _("Sent with (IANA)"), [", ".join(code.basic)]
    if code.aliases:
        yield _("Also known as"), ["; ".join(code.aliases)]
    if code.note and code.prose.texts:
        yield _("Remark"), [f"{code.note} (en)" if console.language != "en" else code.note]


def _specs(console: Console, code: Code) -> Iterator[str]:
    for spec in code.specs:
        if spec.document == "vendor":
            yield console.gettext("no public specification")
        elif spec.url and not spec.document.startswith("RFC "):
            yield f"{spec} <{spec.url}>"
        else:
            yield str(spec)


def _headers(console: Console, code: Code) -> Iterator[str]:
    for name, value in code.answer.headers.items():
        required = f" ({console.gettext('required')})" if name in code.answer.required else ""
        yield f"{name}: {value}{required}"


def table(console: Console, facts: list[tuple[str, list[str]]]) -> Iterator[str]:
    """Labels with values beside them, or under them where there is little room."""
    column = max((size for label, _ in facts if (size := width(label)) <= MAX_LABEL_COLUMNS), default=0)
    for label, values in facts:
        if console.columns - column < MIN_VALUE_COLUMNS or width(label) > column:
            for line in wrap(label, console.columns, "  "):
                yield console.paint(line, "quiet")
            first = "    "
        else:
            first = f"  {console.paint(pad(label, column), 'quiet')}  "
        indent = "    " if first == "    " else " " * (column + 4)
        for value in values:
            lines = wrap(value, console.columns, indent)
            yield first + lines[0][len(indent) :]
            yield from lines[1:]
            first = indent


def _prose(console: Console, code: Code, sections: Iterable[tuple[str, str]]) -> Iterator[str]:
    for field, label in sections:
        text = code.prose.texts.get(field, "")
        examples = code.examples if field == "example" else ()
        if not text and not examples:
            continue
        yield ""
        yield _title(console, label, field in code.prose.fallbacks)
        yield from _paragraphs(console, text)
        for example in examples:
            yield ""
            for line in example.text.split("\n"):
                yield f"    {line}".rstrip()


def _title(console: Console, label: str, behind: bool) -> str:
    title = console.paint(console.gettext(label), "strong")
    return f"{title} (en)" if behind and console.language != "en" else title


def _paragraphs(console: Console, text: str) -> Iterator[str]:
    former = None
    for mark, paragraph in blocks(text):
        if former is not None and not (former and mark):
            yield ""
        yield from wrap(inline(paragraph, marked=console.colour), console.columns, f"  {mark}")
        former = mark


def _logs(console: Console, code: Code) -> Iterator[str]:
    """How programs write of it, each below its name."""
    if not code.logs:
        return
    yield ""
    yield _title(console, N_("If you read a log"), behind=False)
    for item in code.logs:
        yield f"  {console.paint(item.program, 'quiet')}"
        yield from wrap(item.line, console.columns, "    ")


def _seen(console: Console, code: Code) -> Iterator[str]:
    """What providers send, each with the page that shows it."""
    if not code.seen:
        return
    yield ""
    yield _title(console, N_("What providers send"), behind=False)
    for item in code.seen[:MAX_SEEN]:
        yield from wrap(f"{item.provider}: {item.text}", console.columns, "  - ")
        yield f"    {console.paint(f'<{item.source}>', 'quiet')}"
    left_out = len(code.seen) - MAX_SEEN
    if left_out > 0:
        more = console.ngettext("%(count)s more: --json", "%(count)s more: --json", left_out)
        yield from wrap(more % {"count": left_out}, console.columns, "    ")


def _claims(console: Console, code: Code) -> Iterator[str]:
    if not code.prose.claims:
        return
    yield ""
    yield _title(console, N_("Who says so"), "claims" in code.prose.fallbacks)
    for kind, label in words.CLAIM_KINDS.items():
        claims = [claim for claim in code.prose.claims if claim.kind == kind]
        if claims:
            yield f"  {console.paint(console.gettext(label), 'quiet')}"
        for claim in claims:
            yield from wrap(inline(claim.text, marked=console.colour), console.columns, "  - ")
