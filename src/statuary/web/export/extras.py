"""The files beside the pages: for search engines, language models, programs, and readers without an address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from urllib.parse import quote

from statuary.web.export.plan import Plan
from statuary.web.places import published_url
from statuary.web.render import Renderer
from statuary.web.site import Page, Site, Visit

__all__ = ["MAX_SITEMAP_ADDRESSES", "catalogue_file", "llms_file", "robots_file", "root_page", "sitemaps"]

MAX_SITEMAP_ADDRESSES = 50_000
"""The most addresses of one sitemap (sitemaps.org, protocol 0.9)."""
MAX_SITEMAP_OCTETS = 50 * 1024 * 1024
"""The largest sitemap, in octets, by the same document."""

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_LLMS_SUMMARY = (
    "> Every status, reply, response, close and result code of the internet's protocols: explained, compared, "
    "and answered by mock servers on the real wire."
)
_LLMS_ADDRESSES = "The address of a code's page is the tag of a language, its protocol and its value:"
_LLMS_FACTS = "Facts come from the registries and the standards; statements beyond them name their source."
_XHTML = "http://www.w3.org/1999/xhtml"


def sitemaps(
    origin: str, languages: Sequence[str], places: Sequence[str], most: int = MAX_SITEMAP_ADDRESSES
) -> Iterator[tuple[str, bytes]]:
    """The sitemap with the languages of each page, or several and their index: file names and contents.

    Args:
        origin: the address of the site, without a slash at the end.
        languages: the tags; the first is for readers who want none of them.
        places: the folders of the pages that search engines may list.
        most: addresses in one file.
    """
    urls: list[str] = []
    for place in places:
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang="{tag}" href="{escape(published_url(origin, tag, place))}"/>'
            for tag in languages
        )
        default = published_url(origin, languages[0], place) if place else f"{origin}/"
        links += f'<xhtml:link rel="alternate" hreflang="x-default" href="{escape(default)}"/>'
        urls.extend(f"<url><loc>{escape(published_url(origin, tag, place))}</loc>{links}</url>\n" for tag in languages)
    parts = list(_parts(urls, most))
    opening = f'{_DECLARATION}<urlset xmlns="{_NAMESPACE}" xmlns:xhtml="{_XHTML}">\n'
    contents = [f"{opening}{''.join(part)}</urlset>\n".encode() for part in parts]
    if len(contents) == 1:
        yield "sitemap.xml", contents[0]
        return
    names = [f"sitemap-{number}.xml" for number in range(1, len(contents) + 1)]
    yield from zip(names, contents, strict=True)
    listed = "".join(f"<sitemap><loc>{escape(f'{origin}/{name}')}</loc></sitemap>\n" for name in names)
    yield "sitemap.xml", f'{_DECLARATION}<sitemapindex xmlns="{_NAMESPACE}">\n{listed}</sitemapindex>\n'.encode()


def _parts(urls: Sequence[str], most: int) -> Iterator[list[str]]:
    """The addresses of each file; neither their number nor their octets pass the limits."""
    part: list[str] = []
    octets = 0
    for url in urls:
        if part and (len(part) >= most or octets + len(url) > MAX_SITEMAP_OCTETS - 1024):
            yield part
            part, octets = [], 0
        part.append(url)
        octets += len(url.encode())
    yield part


def robots_file(origin: str) -> bytes:
    """What crawlers may fetch: everything; and where the sitemap is, where the address is known."""
    sitemap = f"Sitemap: {origin}/sitemap.xml\n" if origin else ""
    return f"User-agent: *\nDisallow:\n{sitemap}".encode()


def catalogue_file(site: Site, tag: str) -> bytes:
    """Every code with its prose in a language, as ``statuary export --hidden`` gives it, in one JSON array."""
    codes = [code.to_dict() for code in site.catalogue.codes(hidden=True, language=tag)]
    return (json.dumps(codes, ensure_ascii=False, indent=0) + "\n").encode()


def llms_file(site: Site, plan: Plan) -> bytes:
    """The site in short for language models (llmstxt.org): what it is, and where its parts and its data are."""
    tag = plan.languages[0]
    visit = Visit(site, site.languages[tag])
    base = plan.origin or plan.prefix
    lines = [
        "# Statuary",
        "",
        _LLMS_SUMMARY,
        "",
        f"{_LLMS_ADDRESSES} {base}/{tag}/{site.curated.doors[0]}/. {_LLMS_FACTS}",
        "",
        "## Protocols",
        "",
        *(
            f"- [{protocol.name}]({published_url(base, tag, protocol.id)}): {protocol.full_name}, "
            f"{site.counts[protocol.id]} codes ({protocol.term})"
            for protocol in site.catalogue.protocols.values()
        ),
        "",
        "## Guides",
        "",
        *(
            f"- [{entry.text('title').text}]({published_url(base, tag, f'guide/{entry.id}')}): "
            f"{entry.text('summary').text}"
            for entry in visit.catalogue.entries("guide", tag)
        ),
        "",
        "## Manual",
        "",
        *(
            f"- [{entry.text('title').text}]({published_url(base, tag, f'manual/{entry.id}')})"
            for entry in visit.catalogue.entries("manual", tag)
        ),
        "",
        "## Data",
        "",
        *(
            f"- [Catalogue, {language.name}]({base}/{quote(language.tag)}/catalogue.json): "
            "every code with facts and prose, a JSON array"
            for language in site.languages.values()
        ),
        "",
    ]
    return "\n".join(lines).encode()


def root_page(renderer: Renderer, site: Site) -> str:
    """The page of the root, which leads to the reader's language by a script and to any by a link."""
    visit = Visit(site, site.languages[site.tags[0]])
    return renderer.render(visit, Page("root.html", "Statuary", None)).decode()
