"""Which pages there are: the route table, filled from the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import combinations
from urllib.parse import urlencode

from statuary.catalog.model import Code
from statuary.explain.decide import all_trees
from statuary.explain.mapping import answerable_protocols, map_code
from statuary.explain.pairs import all_mixups
from statuary.web.export.links import place_of
from statuary.web.routes import PAGES
from statuary.web.site import Page, Site, Visit
from statuary.web.views import codes as code_views
from statuary.web.views.clients import clients_of, clients_path
from statuary.web.views.links import compare_path, mock_path, related_codes
from statuary.web.views.servers import mail_section
from statuary.web.views.snippets import MAIN_FRAMEWORKS, snippets_path

__all__ = ["FILLED", "NEEDS_SERVER", "page_addresses", "selected"]

NEEDS_SERVER: Mapping[str, str] = {
    "login": "there is no journal to guard",
    "journal/messages": "no mail comes to files",
    "rules/edit": "there are no rules in force to change",
}
"""Pages that are not written, each with the reason."""


def _concepts(visit: Visit) -> Iterable[str]:
    return (f"concept/{concept['id']}" for concept in visit.catalogue.concepts())


def _mixups(visit: Visit) -> Iterable[str]:
    return (f"compare/{mixup.id}" for mixup in all_mixups(visit.catalogue, visit.tag))


def _pairs(visit: Visit) -> Iterator[str]:
    """Comparisons that a page leads to: of neighbours, of one number, of sets, and those that people chose."""
    for code in _codes(visit):
        others = [other for other in related_codes(visit, code) if other.kind == "code"]
        for other in others[: code_views.MAX_COMPARISONS]:
            yield compare_path(visit.catalogue, code, other)
    for value in _numbers(visit):
        codes = [
            code
            for code in visit.catalogue.with_value(value.removeprefix("number/"))
            if not code.hidden and code.kind == "code"
        ]
        for left, right in combinations(codes, 2):
            if left.prose.texts or right.prose.texts:
                yield compare_path(visit.catalogue, left, right)
    for mixup in all_mixups(visit.catalogue, visit.tag):
        for left, right in combinations(mixup.codes, 2):
            yield compare_path(visit.catalogue, left, right)
    for identities in (*visit.site.curated.pairs, visit.site.curated.shown_pair):
        chosen = visit.resolve(identities)
        if len(chosen) == len(identities):
            yield compare_path(visit.catalogue, *chosen)


def _trees(visit: Visit) -> Iterator[str]:
    """Every state of every tree."""
    for tree in all_trees(visit.catalogue):
        states = {end.answers[:length] for end in tree.ends() for length in range(len(end.answers) + 1)}
        for answers in sorted(states):
            yield f"decide/{tree.id}?at={','.join(answers)}" if answers else f"decide/{tree.id}"


def _guides(visit: Visit) -> Iterable[str]:
    return (f"guide/{entry.id}" for entry in visit.catalogue.entries("guide"))


def _manual(visit: Visit) -> Iterable[str]:
    return (f"manual/{entry.id}" for entry in visit.catalogue.entries("manual"))


def _numbers(visit: Visit) -> Iterator[str]:
    """Numbers that several protocols use, as far as one of the codes stands in lists."""
    for value in visit.site.shared_values:
        found = [code for code in visit.catalogue.with_value(value) if not code.hidden and code.kind == "code"]
        if len({code.protocol for code in found}) > 1:
            yield f"number/{value}"


def _protocols(visit: Visit) -> Iterable[str]:
    return visit.catalogue.protocols


def _codes(visit: Visit) -> Iterator[Code]:
    return visit.catalogue.codes(hidden=True, language=visit.tag)


def _code_pages(visit: Visit) -> Iterator[str]:
    """Every code, and the choice where a number has several owners."""
    owners: Counter[str] = Counter()
    for code in _codes(visit):
        yield code.id
        owners[f"{code.protocol}/{code.value}"] += 1
    for address, count in owners.items():
        if count > 1:
            protocol, value = address.split("/")
            made = code_views.code(Visit(visit.site, visit.language, {"protocol": protocol, "value": value}))
            if isinstance(made, Page) and made.path == address:
                yield address


def _mocks(visit: Visit) -> Iterable[str]:
    return filter(None, map(mock_path, _codes(visit)))


def _snippets(visit: Visit) -> Iterator[str]:
    for code in _codes(visit):
        if visit.site.shelf.show(code)[MAIN_FRAMEWORKS:]:
            yield snippets_path(code)


def _clients(visit: Visit) -> Iterable[str]:
    return (clients_path(code) for code in _codes(visit) if clients_of(visit, code))


def _each_client(visit: Visit) -> Iterator[str]:
    for code in _codes(visit):
        for shown in clients_of(visit, code):
            yield f"{clients_path(code)}/{shown.client.id}"


def _servers(visit: Visit) -> Iterator[str]:
    for code in _codes(visit):
        section = mail_section(visit, code) if mock_path(code) else None
        if section is not None:
            yield from section.paths.values()


def _mappings(visit: Visit) -> Iterator[str]:
    """The form, and what a gateway answers for each code for which a document or a judgement says it."""
    yield "map"
    chosen = set(visit.site.curated.mappings)
    spoken = _translated(visit)
    protocols = answerable_protocols(visit.catalogue)
    for code in _codes(visit):
        for protocol in protocols:
            if (code.id, protocol) in chosen or (
                code.protocol != protocol
                and (code.protocol, protocol) in spoken
                and map_code(visit.catalogue, code, protocol).answers
            ):
                yield f"map?{urlencode({'code': code.id, 'to': protocol}, safe='/')}"


def _translated(visit: Visit) -> set[tuple[str, str]]:
    """The protocols between which anything is translated at all: from, and to; the rest need not be asked."""
    rows = [(row.facts["from"], row.facts["to"]) for row in visit.catalogue.entries("map")]
    rows += [(row["from"], row["to"]) for concept in visit.catalogue.concepts() for row in concept.get("mapping", ())]
    return {(left.partition("/")[0], right.partition("/")[0]) for left, right in rows}


FILLED: Mapping[str, Callable[[Visit], Iterable[str]]] = {
    "journal/exchange/{number}": lambda visit: (),
    "journal/message/{number}": lambda visit: (),
    "concept/{concept}": _concepts,
    "compare/{group}": _mixups,
    "compare/{protocol}/{value}/{protocol2}/{value2}": _pairs,
    "map": _mappings,
    "decide/{tree}": _trees,
    "guide/{guide}": _guides,
    "manual/{page}": _manual,
    "number/{value}": _numbers,
    "{protocol}": _protocols,
    "{protocol}/{value}": _code_pages,
    "{protocol}/{value}/mock": _mocks,
    "{protocol}/{value}/snippets": _snippets,
    "{protocol}/{value}/clients": _clients,
    "{protocol}/{value}/clients/{client}": _each_client,
    "{protocol}/{value}/servers": _servers,
    "{protocol}/{value}/servers/{part}": lambda visit: (),
}
"""What fills the places of a route; the pages of a code's mail servers are all given by the first of the two, and a
site of files has no journal."""


def page_addresses(site: Site) -> list[str]:
    """The address of every page, without its language and with a query where the served site has one; in order.

    Args:
        site: whose pages.
    """
    visit = Visit(site, site.languages[site.tags[0]])
    found: dict[str, None] = {}
    for route in PAGES:
        if route.pattern in FILLED:
            found.update(dict.fromkeys(FILLED[route.pattern](visit)))
        elif "{" not in route.pattern and route.pattern not in NEEDS_SERVER:
            found[route.pattern] = None
    return sorted(found)


def selected(address: str, only: tuple[str, ...], protocols: Collection[str]) -> bool:
    """Whether a page belongs to some protocols or codes, or to none in particular.

    Args:
        address: of the page.
        only: protocols, and identities of codes; empty for all.
        protocols: all protocols that there are.
    """
    parts = place_of(address).split("/")
    if not only or parts[0] in ("decide", "manual"):
        return True
    if parts[0] == "number":
        return False
    named = ["/".join(parts[place : place + 2]) for place, part in enumerate(parts) if part in protocols]
    return all(_wanted(name, only) or (parts[0] == "map" and name in protocols) for name in named)


def _wanted(name: str, only: tuple[str, ...]) -> bool:
    """Whether a protocol or a code is among some; the list of a protocol is, where one of its codes is."""
    protocol, _, value = name.partition("/")
    return protocol in only or name in only or (not value and any(each.startswith(f"{name}/") for each in only))
