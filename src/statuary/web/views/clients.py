"""How clients meet a code: their programs, what these printed, and what the mock saw of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from markupsafe import Markup

from statuary.catalog.lookup import suggest
from statuary.catalog.model import Code
from statuary.errors import CodeNotFound
from statuary.snippets.client_golden import RanCase
from statuary.snippets.client_place import codes_met
from statuary.snippets.client_shelf import ShownClient
from statuary.web.highlight import dialogue, program
from statuary.web.site import Page, Redirect, Result, Visit
from statuary.web.views.codes import the_code
from statuary.web.views.links import heading

__all__ = ["client_matrix", "client_program", "clients", "clients_of", "clients_path", "command", "transcript"]


def clients_path(code: Code) -> str:
    """The path of the page with every client."""
    return f"{code.id}/clients"


def clients_of(visit: Visit, code: Code) -> list[ShownClient]:
    """The programs that meet a code; none where there are none."""
    return visit.site.client_shelf.show(visit.catalogue, code)


def clients(visit: Visit) -> Result:
    """A client's program that meets a code, or the list of all of them."""
    protocol, value = visit.params["protocol"], visit.params["value"]
    code = the_code(visit)
    if isinstance(code, Redirect):
        return code
    shown = clients_of(visit, code)
    path = clients_path(code)
    if not shown:
        raise CodeNotFound(path, [code.id, *suggest(visit.catalogue, code.id)])
    wanted = visit.params.get("client", "")
    one = next((item for item in shown if item.client.id == wanted), None)
    if wanted and one is None:
        raise CodeNotFound(f"{path}/{wanted}", [code.id, *suggest(visit.catalogue, code.id)])
    place = f"{path}/{wanted}" if wanted else path
    if code.id != f"{protocol}/{value}":
        return Redirect(visit.url(place), permanent=True)
    name = heading(visit.catalogue, code)
    return Page(
        "clients.html",
        visit.gettext("Meet %(code)s in a client") % {"code": name}
        if one is None
        else visit.gettext("Meet %(code)s in %(client)s") % {"code": name, "client": one.client.name},
        place,
        {
            "code": code,
            "name": name,
            "protocol": visit.catalogue.protocols[code.protocol],
            "shown": shown,
            "one": one,
            "clients_path": path,
        },
        description=code.summary,
    )


def client_matrix(visit: Visit) -> Result:
    """Every code in every client, a table for each protocol."""
    shelf = visit.site.client_shelf
    protocols = dict.fromkeys(client.protocol for client in shelf.clients)
    groups = [
        (
            visit.catalogue.protocols[protocol],
            [client for client in shelf.clients if client.protocol == protocol],
            [(code, clients_of(visit, code)) for code in codes_met(visit.catalogue, protocol, shelf.selection)],
        )
        for protocol in protocols
    ]
    return Page(
        "client_matrix.html",
        visit.gettext("Every code in every client"),
        "snippets/clients",
        {"groups": groups},
        description=visit.gettext(
            "What programs really do when they meet a code: whether they try again, give up or follow, "
            "as its retry advice says."
        ),
    )


def client_program(item: ShownClient) -> Markup:
    """A program with its colours."""
    return program(item.client.language, item.text)


def command(item: ShownClient, ran: RanCase) -> str:
    """The command that a reader would type for a run."""
    return f"{item.client.shown} {shlex.join(ran.arguments)}"


def transcript(item: ShownClient, ran: RanCase) -> Markup:
    """The exchanges of a run, line by line."""
    if item.client.protocol == "smtp":
        return dialogue(_lines(ran))
    line = Markup('<span class="line {}"><b class="gutter">{}:</b> {}\n</span>')
    sides = {"C": "client", "S": "server"}
    return Markup("").join(line.format(sides[side], side, text) for side, text in _lines(ran))


def _lines(ran: RanCase) -> Iterator[tuple[str, str]]:
    for exchange in ran.exchanges:
        for side, text in (("C", exchange.said), ("S", exchange.answered)):
            yield from ((side, line) for line in text.split("\n") if text)
