"""Turns pages into HTML: one Jinja2 environment a language, and a bounded cache of what was rendered."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup, escape

from statuary.catalog.model import Code, Spec
from statuary.explain import client_verdicts, mail_verdicts, verdicts, words
from statuary.web import highlight, markdown
from statuary.web.i18n import Translator
from statuary.web.legible import legible
from statuary.web.places import picture_path, published_url
from statuary.web.site import SNAPSHOT, Page, Site, Visit
from statuary.web.views import clients, servers
from statuary.web.views.concepts import concept_text

if TYPE_CHECKING:
    import jinja2

__all__ = ["PageCache", "Renderer", "StaticFile", "code_class"]

MAX_CACHED_OCTETS = 8 * 1024 * 1024
"""How many octets of rendered pages are kept."""

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class StaticFile(NamedTuple):
    """A file that never changes while the process runs."""

    content: bytes
    media_type: str
    version: str


def load_static(folder: Path = _HERE / "static") -> dict[str, StaticFile]:
    """Read the static files; their version is part of their digest."""
    files: dict[str, StaticFile] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in _TYPES:
            content = path.read_bytes()
            files[path.name] = StaticFile(content, _TYPES[path.suffix], hashlib.sha256(content).hexdigest()[:12])
    return files


class PageCache:
    """Keeps rendered pages by their address, the latest used, up to a number of octets.

    Args:
        max_octets: how many octets of pages.
    """

    def __init__(self, max_octets: int = MAX_CACHED_OCTETS) -> None:
        self.max_octets = max_octets
        self.octets = 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        """A page, or None."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: str, content: bytes) -> None:
        """Keep a page; the least used go where the limit is passed."""
        self.octets += len(content) - len(self._kept.pop(key, b""))
        self._kept[key] = content
        while self.octets > self.max_octets:
            _, dropped = self._kept.popitem(last=False)
            self.octets -= len(dropped)


def code_class(code: Code) -> str:
    """The mark of a code's class: the digit that its class is written with (``5xx``), or ``x`` where it has none."""
    digit = re.match(r"[1-6](?=\.?[xyXY])", code.value if code.kind == "class" else code.class_)
    return digit[0] if digit else "x"


class Renderer:
    """Renders the pages of a site.

    Args:
        site: the site.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.static = load_static()
        self.cache = PageCache()
        self._environments: dict[str, jinja2.Environment] = {}

    def render(self, visit: Visit, page: Page) -> bytes:
        """A page in the language of the visit."""
        environment = self._environment(visit)
        template = environment.get_template(page.template)
        return template.render(page=page, visit=visit, **page.context).encode()

    def _environment(self, visit: Visit) -> jinja2.Environment:
        environment = self._environments.get(visit.tag)
        if environment is None:
            environment = self._environments[visit.tag] = self._make(visit)
        return environment

    def _make(self, visit: Visit) -> jinja2.Environment:
        import jinja2

        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            auto_reload=False,
        )
        translator = visit.translator
        install_translations(environment, translator)
        tag = visit.tag
        site = self.site
        environment.globals.update(
            site=site,
            site_url=site.origin,
            lang=tag,
            languages=list(site.languages.values()),
            protocols=list(site.catalogue.protocols.values()),
            snapshot=SNAPSHOT,
            static=self._static_url,
            url=visit.url,
            published=lambda language, path: published_url(site.origin, language, path),
            picture=picture_path,
            words=words,
            verdicts=verdicts,
            met_words=client_verdicts,
            mail_words=mail_verdicts,
            concept_title=_concept_title,
        )
        environment.filters.update(
            block=lambda text: markdown.block(text, tag),
            inline=lambda text: markdown.inline(text, tag),
            example=lambda item: highlight.example(item.kind, item.text),
            dialogue=highlight.dialogue,
            log_line=highlight.log_line,
            visible=highlight.visible,
            legible=legible,
            breakable=_breakable,
            program=lambda item: highlight.program(item.framework.language, item.snippet.text),
            language_name=highlight.language_name,
            mail_program=servers.mail_program,
            client_program=clients.client_program,
            client_command=clients.command,
            client_transcript=clients.transcript,
            answer=lambda item: highlight.example("http", item.recorded.text),
            mark=code_class,
            protocol=lambda identity: _protocol_name(site, identity),
            known_as=lambda code: _known_as(site, code),
            phrase=lambda phrase: phrase.render(translator.gettext),
            fact=lambda phrase: _fact(phrase, translator.gettext),
            spec_link=_spec_link,
            plain=lambda text: text.replace("`", ""),
            milliseconds=lambda milliseconds: _tenths(milliseconds, tag),
        )
        return environment

    def _static_url(self, name: str) -> str:
        return f"/static/{name}?v={self.static[name].version}"


def _protocol_name(site: Site, identity: str) -> str:
    """A protocol's own name; what no catalogue knows, such as a protocol of a journal's file, in capitals."""
    known = site.catalogue.protocols.get(identity)
    return known.name if known else identity.upper()


def _tenths(number: float, tag: str) -> str:
    """A number as a language writes it, to the tenth."""
    from babel.numbers import format_decimal  # few pages need it

    return format_decimal(number, format="#,##0.0", locale=tag)


def _known_as(site: Site, code: Code) -> str:
    """What people call a code beside its protocol: its number, or its name where its protocol goes by names."""
    return code.title if site.catalogue.protocols[code.protocol].identity == "name" else code.value


def _fact(phrase: words.Phrase, gettext: Callable[[str], str]) -> Markup:
    """A phrase as HTML, with a mark on every part that no language changes."""
    if phrase.translate or phrase.values:
        text = escape(gettext(phrase.msgid) if phrase.translate else phrase.msgid)
        values = phrase.values.items()
        parts = {name: _fact(value, gettext) if isinstance(value, words.Phrase) else value for name, value in values}
        return text % parts if parts else text
    return Markup('<span lang="en" translate="no">{}</span>').format(phrase.msgid) if phrase.msgid else Markup()


def _breakable(name: str) -> Markup:
    """A name as HTML in which a line may end after each underscore, where a browser allows none."""
    return escape(name).replace("_", Markup("_<wbr>"))


def install_translations(environment: jinja2.Environment, translator: Translator) -> None:
    """Give the templates of an environment their words."""
    install: Callable[..., None] = environment.install_gettext_callables  # type: ignore[attr-defined]
    install(translator.gettext, translator.ngettext, newstyle=True, pgettext=translator.pgettext)


def _concept_title(visit: Visit, data: dict[str, Any]) -> Markup:
    """The title of a concept, marked where it is not in the language of the page."""
    title = concept_text(visit, data, "title")
    if title.language == visit.tag:
        return escape(title.text)
    return Markup('<span lang="{}">{}</span>').format(title.language, title.text)


def _spec_link(reference: Spec | str) -> Markup:
    """A reference such as ``RFC 5321 §4.2.1`` as a link to the place; as text where it has no address."""
    if isinstance(reference, str):
        return markdown.citations(reference)
    if not reference.url:
        return Markup('<span translate="no" lang="en">{}</span>').format(reference)
    return Markup('<a class="cite" translate="no" href="{}">{}</a>').format(reference.url, reference)
