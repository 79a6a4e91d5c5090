"""Magic addresses: those of this project and the dialects of other services, with what each of them does."""

from __future__ import annotations

from typing import NamedTuple

from statuary.catalog.model import Code
from statuary.scenario.dialects import DIALECTS, Dialect, MagicAddress
from statuary.web.site import Page, Result, Visit

__all__ = ["ShownAddress", "addresses", "spelled"]

_DOMAIN = "any.test"
_NAME = "anna"


class ShownAddress(NamedTuple):
    """A magic address of a service.

    Args:
        address: as it is written.
        what: what happens, in English; a text of the interface.
        answer: reply code and enhanced code; empty where the message is accepted, or the address spells them.
        code: that code's entry; None likewise.
    """

    address: str
    what: str
    answer: str
    code: Code | None


def addresses(visit: Visit) -> Result:
    """Every dialect with its addresses, those that are always understood first."""
    dialects = sorted(DIALECTS.values(), key=lambda dialect: not dialect.default)
    return Page(
        "addresses.html",
        visit.gettext("Magic addresses"),
        "addresses",
        {"dialects": [(dialect, _shown(visit, dialect)) for dialect in dialects], "on": visit.site.shared.dialects},
        description=visit.gettext(
            "Mail addresses that say how the SMTP mock answers, also as other services spell them."
        ),
    )


def _shown(visit: Visit, dialect: Dialect) -> list[ShownAddress]:
    shown = []
    for address in dialect.addresses.values():
        answer = address.script.partition("-")[0].replace("_", " ")
        code = visit.get(f"smtp/{answer.partition(' ')[0]}") if answer else None
        shown.append(ShownAddress(spelled(dialect, address), address.what, answer if code else "", code))
    return shown


def spelled(dialect: Dialect, address: MagicAddress) -> str:
    """A magic address in full.

    Args:
        dialect: the service.
        address: one of its addresses.
    """
    domain = dialect.domains[0] if dialect.domains else _DOMAIN
    match dialect.where:
        case "reply":
            return dialect.example
        case "tag":
            return f"{_NAME}+{address.word}@{domain}"
        case "subdomain":
            return f"{_NAME}@{address.word}.{domain}"
        case _:
            return f"{address.word}@{domain}"
