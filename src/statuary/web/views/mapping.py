"""What a gateway answers in one protocol for a code of another."""

from __future__ import annotations

from urllib.parse import urlencode

from statuary.catalog.lookup import find, suggest
from statuary.catalog.model import Code
from statuary.explain.mapping import BASES, Mapping, answerable_protocols, map_code
from statuary.web.site import Page, Result, Visit

__all__ = ["chooser"]

MAX_CHOICES = 12
"""How many codes are offered where a number names several."""


def chooser(visit: Visit) -> Result:
    """The form, and below it what was asked for."""
    asked = visit.query.get("code", "").strip()
    protocols = answerable_protocols(visit.catalogue)
    wanted = visit.query.get("to", "").strip().lower()
    protocol = wanted if wanted in visit.catalogue.protocols else ""
    codes = _found(visit, asked, protocol) if asked else []
    mapping: Mapping | None = None
    if len(codes) == 1 and protocol:
        mapping = map_code(visit.catalogue, codes[0], protocol, visit.tag)
    title = visit.gettext("What should my gateway answer?")
    if mapping is not None:
        title = visit.gettext("%(code)s in %(protocol)s") % {"code": codes[0].id, "protocol": mapping.protocol_name}
    return Page(
        "map.html",
        title,
        "map",
        {
            "asked": asked,
            "here": f"?{urlencode({'code': asked, 'to': protocol})}" if asked else "",
            "to": protocol,
            "targets": [visit.catalogue.protocols[name] for name in protocols],
            "mapping": mapping,
            "codes": codes[:MAX_CHOICES] if len(codes) > 1 else [],
            "missing": bool(asked) and not codes,
            "suggestions": visit.resolve(suggest(visit.catalogue, asked)) if asked and not codes else [],
            "bases": BASES,
            "shown": [
                (code, visit.catalogue.protocols[target])
                for identity, target in visit.site.curated.mappings
                if (code := visit.get(identity)) is not None and target in visit.catalogue.protocols
            ],
        },
        description=visit.gettext(
            "From a code of one protocol to another: what to answer, on what basis, and what is lost."
        ),
        indexed=not asked,
        cached=not asked,
    )


def _found(visit: Visit, text: str, protocol: str) -> list[Code]:
    """The codes that were meant; those of the target protocol only where there are no others."""
    codes = find(visit.catalogue, text, visit.tag)
    codes = [code for code in codes if not code.hidden] or codes
    return [code for code in codes if code.protocol != protocol] or codes
