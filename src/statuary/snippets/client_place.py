"""Places the facts of a code into the template of a client, and says in which cases the program is run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue
from statuary.snippets.client import Client, ClientSelection
from statuary.snippets.place import asked, digest, fill

__all__ = ["Case", "Meeting", "cases_digest", "codes_met", "meeting", "place_client", "why_not_met"]

SERVER, URL, DATE = "{server}", "{url}", "{date}"
"""What the harness fills in: host and port of the SMTP mock, URL of the HTTP mock, a date soon to come."""
KEPT = 75
"""EX_TEMPFAIL of sysexits.h: what a program ends with that keeps something for later."""

_NOT_READ = frozenset({"accept-ranges", "cache-control", "connection", "content-length", "content-type", "retry-after"})
"""Header fields that a program has no use for, or reads by other means."""


class Case(NamedTuple):
    """One run of a program.

    Args:
        name: ``again`` (refused twice), ``seconds`` and ``date`` (refused once, with Retry-After), ``for ever``,
            ``too long`` (a Retry-After that is not worth waiting for) or ``once``.
        arguments: what the program gets.
        attempts: how often it is to ask.
        exit_code: what it is to end with.
        deliveries: SMTP: recipient to how often the message is to reach it; None for at most once.
    """

    name: str
    arguments: tuple[str, ...]
    attempts: int
    exit_code: int
    deliveries: Mapping[str, int | None]


class Meeting(NamedTuple):
    """How a client meets a code.

    Args:
        code: the identity.
        number: the code as a number.
        title: its name.
        family: the kind of program: ``later``, ``stop``, ``redirect`` or ``done``.
        advice: what a program says that does not repeat.
        source: the document and section that says so.
        stage: where the mock answers with it.
        in_place: whether its specification puts it there.
        retry_after: the program reads Retry-After.
        fresh: each attempt needs a connection of its own.
        closes: the server closes the connection after it.
        forward: the reply names another address.
        stored: a stored response holds.
        request: request fields.
        reads: response fields that the program prints.
        methods: the methods that may follow a redirect.
        note: what a redirect does to the method.
        cases: the runs.
    """

    code: str
    number: int
    title: str
    family: str
    advice: str
    source: str
    stage: str
    in_place: bool
    retry_after: bool
    fresh: bool
    closes: bool
    forward: bool
    stored: bool
    request: Mapping[str, str]
    reads: tuple[str, ...]
    methods: tuple[str, ...]
    note: str
    cases: tuple[Case, ...]


def why_not_met(code: Code, selection: ClientSelection) -> str:
    """Why there are no programs that meet a code, as a word; empty where there are.

    Args:
        code: the code.
        selection: what ``clients.toml`` says.

    Returns:
        ``other-protocol``, ``not-a-code``, ``enhanced`` (it travels in a reply), ``log-only``, ``client-side``,
        ``interim``, ``no-advice``, or ``elsewhere``: a positive reply at a stage that no address can speak for, which
        every program meets by itself.
    """
    if code.protocol not in ("http", "smtp"):
        return "other-protocol"
    if code.kind != "code":
        return "not-a-code"
    if "." in code.value:
        return "enhanced"
    if code.wire != "sent":
        return code.wire
    if code.retry.policy not in selection.families:
        return "no-advice"
    if code.protocol == "http":
        return "interim" if code.class_.startswith("1") else ""
    return "elsewhere" if code.value[0] in "23" and not _stages(code, selection) else ""


def codes_met(catalogue: Catalogue, protocol: str, selection: ClientSelection) -> list[Code]:
    """Every code of a protocol that clients meet, in the order of its registry."""
    return [code for code in catalogue.codes(protocol, hidden=True) if not why_not_met(code, selection)]


def meeting(catalogue: Catalogue, code: Code, selection: ClientSelection) -> Meeting:
    """How a client meets a code.

    Args:
        catalogue: where the ordinary answers come from.
        code: a code that :func:`why_not_met` lets through.
        selection: what ``clients.toml`` says.
    """
    retry, answer = code.retry, code.answer
    family = selection.families[retry.policy]
    redirect = selection.redirects.get(code.id)
    if family == "redirect" and redirect is None:
        family = "stop"
    stages = _stages(code, selection)
    met = Meeting(
        code=code.id,
        number=int(code.value.partition("-")[0]),
        title=asked(code).phrase if code.protocol == "http" else code.title,
        family=family,
        advice=selection.advice.get(retry.policy, ""),
        source=retry.source or ", ".join(map(str, code.specs[:1])) or code.owner,
        stage=(stages or selection.stages)[0] if code.protocol == "smtp" else "request",
        in_place=code.protocol == "http" or bool(stages),
        retry_after=bool(retry.header),
        fresh=retry.policy == "same-request-new-connection",
        closes=answer.closes,
        forward="{forward_path}" in answer.text,
        stored=code.value.startswith("3") and not answer.content,
        request=selection.request.get(code.id, {}),
        reads=tuple(name for name in answer.headers if name.lower() not in _NOT_READ),
        methods=tuple(redirect["methods"]) if redirect else (),
        note=redirect["note"] if redirect else "",
        cases=(),
    )
    if code.protocol == "smtp":
        return met._replace(cases=_smtp_cases(met, selection))
    ordinary = catalogue.protocols["http"].ordinary["request"]
    return met._replace(cases=_http_cases(met, code, selection, ordinary))


def place_client(client: Client, met: Meeting, template: str | None = None) -> str:
    """The program of a client that meets a code.

    Args:
        client: the client.
        met: how it meets the code.
        template: another text than that of the client's own template file.

    Raises:
        ContentError: the template is wrong.
    """
    return fill(
        client.template_text() if template is None else template,
        f"snippets/clients/{client.id}/{client.template}",
        met.code,
        number=met.number,
        title=met.title,
        family=met.family,
        advice=met.advice,
        source=met.source,
        retry_after=met.retry_after,
        fresh=met.fresh,
        closes=met.closes,
        forward=met.forward,
        stored=met.stored,
        request=dict(met.request),
        reads=met.reads,
        method_note=met.note,
    )


def cases_digest(met: Meeting) -> str:
    """A digest of how a code is met beside the program: arguments and expectations."""
    return digest(json.dumps([list(case) for case in met.cases], ensure_ascii=False))


def _stages(code: Code, selection: ClientSelection) -> list[str]:
    return [stage for stage in selection.stages if stage in code.stages or "any" in code.stages]


def _smtp_cases(met: Meeting, selection: ClientSelection) -> tuple[Case, ...]:
    def case(name: str, script: str, attempts: int, exit_code: int, reached: int) -> Case:
        scripted = f"{met.stage}{script}@{selection.domain}"
        sender = scripted if met.stage == "mail" else selection.sender
        deliveries: dict[str, int | None]
        if met.stage == "rcpt":
            # Where the connection closes, whether the other one is served depends on the order of the recipients.
            deliveries = {scripted: reached, selection.other: 1 if not met.closes or reached else None}
        else:
            deliveries = {selection.other if met.stage == "mail" else scripted: reached}
        waits = [",".join(selection.waits)] if met.family == "later" else []
        return Case(name, (SERVER, sender, ",".join(deliveries), *waits), attempts, exit_code, deliveries)

    number = str(met.number)
    if met.family == "later":
        return (
            case("again", f"{number}x2", 3, 0, 1),
            case("for ever", number, len(selection.waits) + 1, KEPT, 0),
        )
    if met.family == "done":
        return (case("once", number, 1, 0, 1),)
    return (case("once", number, 1, 1, 0),)


def _http_cases(met: Meeting, code: Code, selection: ClientSelection, ordinary: str) -> tuple[Case, ...]:
    owner = code.value.partition("-")[2] or code.id.partition("-")[2]
    options = {"key": owner} if owner else {}

    def case(name: str, script: str, attempts: int, exit_code: int, *fields: str, **more: str) -> Case:
        pairs = [(key, value) for key, value in {**options, **more}.items()]
        pairs += [("header", field) for field in fields]
        query = "&".join(f"{key}={value if value == DATE else quote(value, safe=':/')}" for key, value in pairs)
        target = f"{URL}/status/{script}{'?' if query else ''}{query}"
        waits = [",".join(selection.waits)] if met.family == "later" else []
        return Case(name, (target, *waits), attempts, exit_code, {})

    number = str(met.number)
    if met.family == "later":
        again, once = f"{number}x2~{ordinary}", f"{number}~{ordinary}"
        for_ever = len(selection.waits) + 1
        asks_by_itself = any(name.lower() == "retry-after" for name in code.answer.headers)
        cases = []
        if not asks_by_itself:
            cases += [case("again", again, 3, 0), case("for ever", number, for_ever, KEPT)]
        if met.retry_after:
            cases.append(case("seconds", once.replace("~", "x1~"), 2, 0, retry_after="1"))
            cases.append(case("date", once.replace("~", "x1~"), 2, 0, retry_after=DATE))
            cases.append(case("too long", number, 1, KEPT, retry_after="86400"))
        return tuple(cases)
    if met.family == "redirect":
        return (case("once", number, 2, 0, f"Location:/status/{ordinary}"),)
    # The plain number may be another owner's, and the mock has a Link of its own: such fields are asked for by name.
    fields = [f"{name}:{code.answer.headers[name]}" for name in met.reads if owner or name == "Link"]
    return (case("once", number, 1, 0 if met.family == "done" else 1, *fields),)
