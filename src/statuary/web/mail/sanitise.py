"""HTML of a stranger's mail, without anything in it that could run, load, send or lead away.

The browser is told the same again: the document is sent under a policy that allows nothing but styles, into a sandbox.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from html import escape, unescape
from itertools import pairwise
from typing import NamedTuple

__all__ = ["MAX_HTML_CHARACTERS", "MAX_LISTED", "Sanitised", "sanitise"]

MAX_HTML_CHARACTERS = 128 * 1024
"""How much of the HTML is shown, in characters; large webmail cuts at about as much."""
MAX_INTRICACY = 200_000
"""The most tags times formatting tags: HTML has every open one of these begin anew in each paragraph (HTML §13.2.4.3),
so that a page of text could grow to gigabytes."""
MAX_TAGS = 10_000
"""The most tags."""
MAX_SEPARATORS = 10_000
"""The most spaces, slashes, quotes and equals signs from one tag to the next: attributes stand between them, and each
is compared with all the others of its tag."""
MAX_TAG_CHARACTERS = 2_000
"""The longest formatting tag that is made alike with others, in characters."""
MAX_LISTED = 200
"""The most links, and the most addresses of what would have been loaded, that are listed."""
MAX_ADDRESS_CHARACTERS = 500
"""How much of one address is listed, in characters."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT = _names(
    "a abbr acronym address b bdi bdo big blockquote br caption center cite code col colgroup dd del details dfn "
    "div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav nobr ol "
    "p pre q rp rt ruby s samp section small span strike strong sub summary sup table tbody td tfoot th thead time "
    "tr tt u ul var wbr"
)
_CUT_OUT = _names("script style title svg math template iframe noembed noframes noscript xmp plaintext")
_FORMATTING = ("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
_CELL = frozenset({"align", "bgcolor", "colspan", "height", "rowspan", "valign", "width"})
_ATTRIBUTES = {
    "*": {"align", "dir", "lang", "style"},
    "a": {"href"},
    "font": {"color", "face", "size"},
    "img": {"alt", "src"},
    "ol": {"start"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "width"},
    "td": set(_CELL),
    "th": set(_CELL),
    "tr": {"align", "bgcolor", "valign"},
}
_SIDES = ("", "-top", "-right", "-bottom", "-left")
_STYLES = _names(
    "background-color border-collapse border-color border-radius border-spacing border-style border-width color "
    "font-family font-size font-style font-variant font-weight height letter-spacing line-height list-style-type "
    "max-width min-width text-align text-decoration text-indent text-transform vertical-align white-space width "
    "word-spacing"
) | {f"{name}{side}" for name in ("border", "margin", "padding") for side in _SIDES}
"""What a style may say: how text looks and where it stands, nothing that loads, and nothing that hides."""

_TAG = re.compile(r"<[A-Za-z/!]")
_SEPARATOR = re.compile(r"[\s/\"'=]")
_FORMATTING_TAG = re.compile(rf"(?i)<({'|'.join(_FORMATTING)})(?=[\s/>])")
_WITH_ATTRIBUTES = re.compile(rf"(?i)<({'|'.join(_FORMATTING[1:])})(?=[\s/>])[^>]{{0,{MAX_TAG_CHARACTERS}}}>")
_UNSAFE_STYLE = re.compile(r"(?i)\\|url|image|expression|@|/\*")
_OPENING = re.compile(r'<([a-z0-9]+)((?: [a-z]+="[^"]*")*)>')
_GIVEN = re.compile(r' ([a-z]+)="([^"]*)"')
_LOADED = re.compile(
    r"""(?ix) (?: (?:src|srcset|background|poster|data|action|xlink:href) \s*=\s* ["']?
              | url\( \s* (?:["']|&quot;)? | @import \s+ ["'] | <(?:link|base)\b [^>]{0,99}? href \s*=\s* ["']? )
        ((?:[a-z][a-z0-9+.-]{0,20}:)? // [^\s"'<>()]+)"""
)

_DOCUMENT = """\
<!DOCTYPE html>
<html lang="und">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>HTML</title>
<style>
html {{ background: #fff; color: #1a1a1a; font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }}
a {{ color: #1f4a78; text-decoration: underline; }}
pre {{ white-space: pre-wrap; }}
.statuary-image {{ border: 1px dashed #767676; color: #5a5a5a; padding: 0 .3em; font: 13px/1.6 system-ui, sans-serif; }}
sup.statuary-link {{ font: 11px/1 system-ui, sans-serif; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


class Sanitised(NamedTuple):
    """What is left of HTML.

    Args:
        document: a page of its own, fit for a frame; empty where the HTML is too intricate to be shown as one.
        links: where its links lead, in the order of their numbers in the document.
        loaded: addresses that it would have had loaded or would have sent to.
        cut: how many characters of it are not shown.
    """

    document: str
    links: tuple[str, ...]
    loaded: tuple[str, ...]
    cut: int


def sanitise(html: str) -> Sanitised:
    """Take out of HTML all that could do anything; links and pictures become notes that name their addresses.

    Args:
        html: the HTML of a message.
    """
    cut = max(len(html) - MAX_HTML_CHARACTERS, 0)
    html = html[:MAX_HTML_CHARACTERS]
    found = (unescape(match[1])[:MAX_ADDRESS_CHARACTERS] for match in _LOADED.finditer(html))
    loaded = tuple(dict.fromkeys(found))[:MAX_LISTED]
    bounded = _bounded(html)
    if bounded is None:
        return Sanitised("", (), loaded, cut)
    import nh3  # only pages of mail need it

    clean = nh3.clean(
        bounded,
        tags=set(_TEXT),
        clean_content_tags=set(_CUT_OUT),
        attributes={name: set(allowed) for name, allowed in _ATTRIBUTES.items()},
        filter_style_properties=set(_STYLES),
        url_schemes={"cid", "ftp", "http", "https", "mailto", "sip", "sips", "sms", "tel", "urn", "xmpp"},
        link_rel=None,
    )
    writer = _Writer()
    body = _OPENING.sub(writer.write, clean)
    return Sanitised(_DOCUMENT.format(body=body), tuple(writer.links), loaded, cut)


class _Writer:
    """Goes through the tags of clean HTML, in which no text holds a ``<`` and no value a quotation mark."""

    def __init__(self) -> None:
        self.links: list[str] = []

    def write(self, match: re.Match[str]) -> str:
        """A tag as it is shown."""
        name, given = match[1], dict(_GIVEN.findall(match[2]))
        if name == "img":
            return _note(given)
        if name == "a":
            return self._link(given)
        if _UNSAFE_STYLE.search(given.get("style", "")):
            del given["style"]
        attributes = "".join(f' {key}="{value}"' for key, value in given.items())
        return f"<{name}{attributes}>"

    def _link(self, given: dict[str, str]) -> str:
        target = given.get("href", "")
        if not target:
            return "<a>"
        if len(self.links) >= MAX_LISTED:
            return f'<a title="{target}">'
        self.links.append(unescape(target)[:MAX_ADDRESS_CHARACTERS])
        return f'<a title="{target}"><sup class="statuary-link">[{len(self.links)}]</sup>'


def _note(given: dict[str, str]) -> str:
    """What stands in the place of a picture: its text and its address."""
    words = " ".join(unescape(given[name]) for name in ("alt", "src") if given.get(name))
    return f'<span class="statuary-image">▨ {escape(words[:MAX_ADDRESS_CHARACTERS], quote=False)}</span>'


def _bounded(html: str) -> str | None:
    """The HTML where parsing it is no burden, if need be without the colours of its words; None where it is one."""
    places = [match.start() for match in _TAG.finditer(html)]
    tags = len(places)
    if tags > MAX_TAGS:
        return None
    separators = [match.start() for match in _SEPARATOR.finditer(html)]
    if any(
        bisect_left(separators, end) - bisect_left(separators, start) > MAX_SEPARATORS
        for start, end in pairwise([*places, len(html)])
    ):
        return None
    kinds = [match[1].lower() for match in _FORMATTING_TAG.finditer(html)]
    if tags * len(kinds) <= MAX_INTRICACY:
        return html
    # Of formatting elements that are alike only three count (HTML §13.2.4.3), so they are made alike; of links, one.
    alike = _WITH_ATTRIBUTES.sub(lambda match: f"<{match[1]}>", html)
    apart = sum(1 for match in _FORMATTING_TAG.finditer(alike) if alike[match.end()] != ">" and match[1].lower() != "a")
    return alike if tags * (3 * len(set(kinds)) + apart) <= MAX_INTRICACY else None
