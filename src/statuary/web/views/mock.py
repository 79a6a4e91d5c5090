"""Mock pages: what the running mocks really answer with a code, and how to ask them for it."""

from __future__ import annotations

from typing import NamedTuple

from statuary.catalog.lookup import suggest
from statuary.catalog.model import Code
from statuary.errors import CodeNotFound, StatuaryError
from statuary.scenario.address import parse_address
from statuary.serve.record import Transcript, record_smtp, record_smtp_stage
from statuary.web.site import Page, Redirect, Result, Visit
from statuary.web.views.clients import clients_of, clients_path
from statuary.web.views.codes import the_code
from statuary.web.views.links import heading, mock_path
from statuary.web.views.recorded import http_response
from statuary.web.views.servers import mail_section
from statuary.web.views.snippets import MAIN_FRAMEWORKS, snippets_path

__all__ = ["mock"]

_DOMAIN = "any.test"
_STAGES = ("rcpt", "message", "data", "mail")
"""The stages that an address can speak for, the commonest first."""
MORE_PAGES = 8
"""How many other mock pages a page leads to."""


class SmtpMock(NamedTuple):
    """How the SMTP mock answers with a code.

    Args:
        stage: where it does.
        address: the address that asks for it; at the stage ``mail`` a sender, elsewhere a recipient.
        twice: the address that asks for it twice and then for the ordinary answer.
        elsewhere: the stage that its specification puts it at, where no address can speak for that; else empty.
        dialogue: what was said.
    """

    stage: str
    address: str
    twice: str
    elsewhere: str
    dialogue: Transcript


def mock(visit: Visit) -> Result:
    """The mock page of a code."""
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
    basic = _basic_of(visit, code) if "." in code.value else None
    smtp = _smtp(visit, code, basic) if code.protocol == "smtp" else None
    shelf = visit.site.shelf
    shown = shelf.show(code)
    return Page(
        "mock.html",
        visit.gettext("Answer with %(code)s") % {"code": name},
        path,
        {
            "code": code,
            "name": name,
            "protocol": visit.catalogue.protocols[code.protocol],
            "basic": basic,
            "http": http_response(visit, basic or code),
            "smtp": smtp,
            "failure": code.value[0] in "45",
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
    stage = next((stage for stage in _STAGES if stage in carrier.stages or "any" in carrier.stages), "")
    elsewhere = "" if stage else next(iter(carrier.stages), "")
    place = stage or _STAGES[0]
    local_part = f"{place}{answer}"
    address = f"{local_part}@{_DOMAIN}"
    try:
        if parse_address(local_part, _DOMAIN) is None:
            return None
        shared = visit.site.shared
        transcript = record_smtp_stage(shared, elsewhere, answer) if elsewhere else record_smtp(shared, address)
    except StatuaryError:
        return None
    return SmtpMock(place, address, f"{local_part}x2@{_DOMAIN}", elsewhere, transcript)


def _basic_of(visit: Visit, code: Code) -> Code | None:
    """The basic code that an enhanced one is sent with: an associated one, a neighbour, or the class's plainest."""
    digit = code.value[0]
    candidates = [f"{code.protocol}/{basic}" for basic in code.basic] + list(code.related)
    for identity in candidates:
        other = visit.get(identity)
        if other is not None and _carries(other, digit):
            return other
    return next(
        (other for other in visit.catalogue.codes(code.protocol, language=visit.tag) if _carries(other, digit)), None
    )


def _carries(code: Code, digit: str) -> bool:
    """Whether a basic reply of a class can be asked for by a recipient's address."""
    return code.protocol == "smtp" and code.value.isdigit() and code.value[0] == digit and "rcpt" in code.stages
