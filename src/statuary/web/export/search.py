"""What the script of the written site searches: one file a language, and the pages that forms lead to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import parse_qs

from statuary.catalog.model import Code
from statuary.errors import BuildError
from statuary.explain.words import STATUSES
from statuary.web.render import code_class
from statuary.web.site import Site, Visit
from statuary.web.views.manual import Place, headings, plain
from statuary.web.views.search import MAX_RESULTS

__all__ = ["MAX_INDEX_OCTETS", "forms_file", "search_file"]

MAX_INDEX_OCTETS = 512 * 1024
"""The largest index of one language, in octets; servers that compress send about a quarter of it."""


def search_file(site: Site, tag: str) -> bytes:
    """The index of a language: codes with names, symptoms and summary, the manual's headings, the words of the answers.

    Args:
        site: whose codes.
        tag: the language.

    Raises:
        BuildError: it passes :data:`MAX_INDEX_OCTETS`.
    """
    catalogue = site.catalogue
    translator = site.translators[tag]
    english, own = catalogue.search_names("en"), catalogue.search_names(tag)
    entries = [
        _entry(site, code, tag, f"{own.get(code.id, '')} {english.get(code.id, '')}")
        for code in catalogue.codes(hidden=True, language=tag)
        if code.kind != "template" or code.hidden
    ]
    counts = [
        translator.ngettext("%(num)s result", "%(num)s results", count) % {"num": count}
        for count in range(1, MAX_RESULTS + 1)
    ]
    content = _dump(
        {
            "counts": counts,
            "statuses": {status: translator.gettext(label) for status, label in STATUSES.items()},
            "protocols": {protocol.id: protocol.name for protocol in catalogue.protocols.values()},
            "numbers": sorted(site.shared_values),
            "codes": entries,
            "manual": [_place(place, tag) for place in headings(Visit(site, site.languages[tag]))],
        }
    )
    if len(content) > MAX_INDEX_OCTETS:
        raise BuildError(f"the search index of {tag} has {len(content)} octets, over {MAX_INDEX_OCTETS}")
    return content


def _place(found: Place, tag: str) -> list[str | int]:
    """A place of the manual: page, name of the heading, title, heading, and whether these are English."""
    path, _, anchor = found.path.partition("#")
    english = tag != "en" and found.heading.language == "en"
    return [path, anchor, plain(found.title.text), plain(found.heading.text), int(english)]


def _entry(site: Site, code: Code, tag: str, names: str) -> list[str | int]:
    """Identity, value, title, class mark, status, owner, names, summary, whether that is English, and weight."""
    words = " ".join(dict.fromkeys(names.split()))
    english = tag != "en" and ("summary" in code.prose.fallbacks or not code.prose.texts)
    weight = 0 if code.hidden else 1 + (code.status == "registered") + 2 * bool(code.prose.texts)
    owner = code.owner if code.status == "unofficial" and code.owner != "vendor" else ""
    status = "" if code.status == "registered" else code.status
    return [code.id, code.value, code.title, code_class(code), status, owner, words, code.summary, int(english), weight]


def forms_file(addresses: Iterable[str]) -> bytes:
    """The comparisons and mappings that are written, for the forms that lead to them.

    Args:
        addresses: of all pages.
    """
    pairs: dict[str, list[str]] = {}
    mappings: dict[str, list[str]] = {}
    for address in addresses:
        path, _, query = address.partition("?")
        parts = path.split("/")
        if parts[0] == "compare" and len(parts) == 5:
            pairs.setdefault("/".join(parts[1:3]), []).append("/".join(parts[3:]))
        elif path == "map" and query:
            fields = parse_qs(query)
            mappings.setdefault(fields["code"][0], []).append(fields["to"][0])
    return _dump({"compare": pairs, "map": mappings})


def _dump(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
