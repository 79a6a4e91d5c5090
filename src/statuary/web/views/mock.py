"""Mock pages: what the running mocks really answer with a code, and how to ask them for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from statuary.catalog.lookup import suggest
from statuary.catalog.model import Code
from statuary.errors import CodeNotFound, StatuaryError
from statuary.explain.trigger import DOMAIN, address_for, carrier_of
from statuary.scenario.address import parse_address
from statuary.serve.record import Transcript, record_smtp, record_smtp_stage
from statuary.web.run.forms import Forms
from statuary.web.run.page import SHOWN, Builder, build, lines_now, recorded, run_once
from statuary.web.site import Page, Redirect, Result, Visit
from statuary.web.views.clients import clients_of, clients_path
from statuary.web.views.codes import the_code
from statuary.web.views.links import heading, mock_path
from statuary.web.views.recorded import HttpResponse, http_response
from statuary.web.views.servers import mail_section
from statuary.web.views.snippets import MAIN_FRAMEWORKS, snippets_path

__all__ = ["mock", "run"]

MORE_PAGES = 4
"""How many other mock pages a page leads to."""


class SmtpMock(NamedTuple):
    """How the SMTP mock answers with a code.

    Args:
        stage: where it does.
        address: the address that asks for it; at the stage ``mail`` a sender, elsewhere a recipient.
        twice: the address that asks for it twice and then for the ordinary answer.
        elsewhere: the stage that its specification puts it at, where no address can speak for that; else empty.
        dialogue: what was said.
        lines: the commands that get it now.
        answer: the script of this one answer.
    """

    stage: str
    address: str
    twice: str
    elsewhere: str
    dialogue: Transcript
    lines: Forms
    answer: str


def mock(visit: Visit) -> Result:
    """The mock page of a code."""
    return _page(visit, visit.query)


async def run(visit: Visit, fields: Mapping[str, str]) -> Result:
    """The same page, once its script was run; for readers without JavaScript."""
    made = _page(visit, fields)
    if isinstance(made, Redirect):
        return made
    built, alone = made.context["built"], str(made.context["alone"])
    if not (isinstance(built, Builder) or alone):
        return made
    ran, problem = await run_once(visit, built if isinstance(built, Builder) else None, alone)
    return replace(made, context={**made.context, "ran": ran, "problem": problem}, cached=False)


def _page(visit: Visit, fields: Mapping[str, str]) -> Result:
    protocol, value = visit.params["protocol"], visit.params["value"]
    code = the_code(visit)
    if isinstance(code, Redirect):
        return code
    if code.kind == "template" and code.classes:
        return Redirect(visit.url(f"{protocol}/{code.classes[0]}{code.value[1:]}/mock"))
    path = mock_path(code)
    if not path:
        raise CodeNotFound(path or f"{code.id}/mock", [code.id, *suggest(visit.catalogue, code.id)])
    if path != f"{protocol}/{value}/mock":
        return Redirect(visit.url(path), permanent=True)
    name = heading(visit.catalogue, code)
    basic = carrier_of(visit.catalogue, code, visit.tag) if "." in code.value else None
    smtp = _smtp(visit, code, basic) if code.protocol == "smtp" else None
    shelf = visit.site.shelf
    shown = shelf.show(code)
    http = http_response(visit, basic or code)
    built = _builder(visit, code, http, smtp, fields)
    return Page(
        "mock.html",
        visit.gettext("Answer with %(code)s") % {"code": name},
        path,
        {
            "code": code,
            "name": name,
            "protocol": visit.catalogue.protocols[code.protocol],
            "basic": basic,
            "http": http,
            "http_lines": lines_now(visit, "http", "", target=http.target) if http is not None else None,
            "smtp": smtp,
            "failure": _fails(code),
            "built": built,
            "alone": code.id if code.protocol == "http" and built is None and http is not None else "",
            "ran": recorded(visit, built) if built is not None and not visit.site.live else None,
            "problem": None,
            "run": SHOWN,
            "more": _more(visit, code),
            "shown": shown[:MAIN_FRAMEWORKS],
            "others": [item.framework.name for item in shown[MAIN_FRAMEWORKS:]],
            "others_path": snippets_path(code),
            "met": basic or code,
            "clients": clients_of(visit, basic or code),
            "clients_path": clients_path(basic or code),
            "mail": mail_section(visit, code),
            "why_not": shelf.why_not(code) if code.protocol == "http" else "",
        },
        description=code.summary,
    )


def _builder(
    visit: Visit, code: Code, http: HttpResponse | None, smtp: SmtpMock | None, fields: Mapping[str, str]
) -> Builder | None:
    """The form that builds a script with a code; a failure is asked for twice to begin with, as it often passes."""
    twice = "x2" if _fails(code) else ""
    if smtp is not None:
        return build(visit, "smtp", f"{smtp.answer}{twice}", smtp.elsewhere or smtp.stage, fields)
    if code.protocol == "http" and http is not None and http.scripted:
        return build(visit, "http", f"{code.value}{twice}", "", fields)
    return None


def _fails(code: Code) -> bool:
    return code.value[0] in "45"


def _more(visit: Visit, code: Code) -> list[Code]:
    """The nearest codes of the same class that have mock pages."""
    peers = [
        other
        for other in visit.catalogue.codes(code.protocol, language=visit.tag)
        if other.id == code.id
        or (
            other.value[0] == code.value[0]
            and ("." in other.value) == ("." in code.value)
            and other.status == "registered"
            and mock_path(other)
        )
    ]
    place = next((number for number, other in enumerate(peers) if other.id == code.id), 0)
    first = max(0, min(place - MORE_PAGES // 2, len(peers) - MORE_PAGES - 1))
    return [other for other in peers[first : first + MORE_PAGES + 1] if other.id != code.id]


def _smtp(visit: Visit, code: Code, basic: Code | None) -> SmtpMock | None:
    carrier = basic or code
    answer = f"{carrier.value}_{code.value}" if basic is not None else code.value
    place, address = address_for(code, basic)
    local_part = address.partition("@")[0]
    elsewhere = "" if place in carrier.stages or "any" in carrier.stages else next(iter(carrier.stages), "")
    try:
        if parse_address(local_part, DOMAIN) is None:
            return None
        shared = visit.site.shared
        transcript = record_smtp_stage(shared, elsewhere, answer) if elsewhere else record_smtp(shared, address)
    except StatuaryError:
        return None
    lines = lines_now(visit, "smtp", answer, place)
    return SmtpMock(place, address, f"{local_part}x2@{DOMAIN}", elsewhere, transcript, lines, answer)
