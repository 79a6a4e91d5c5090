"""What the views share: the site, a visit to it, and what a view gives back."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

from statuary.catalog.model import Code, Language
from statuary.catalog.paths import find_places
from statuary.catalog.store import Catalogue
from statuary.serve.protocols import PROTOCOLS
from statuary.serve.rulebook import Rulebook
from statuary.serve.session import Shared
from statuary.snippets.client_shelf import ClientShelf
from statuary.snippets.mail_shelf import MailShelf
from statuary.snippets.shelf import Shelf
from statuary.web.i18n import Translator
from statuary.web.run.runner import Runner

__all__ = [
    "EDIT_URL",
    "MOCKED",
    "SNAPSHOT",
    "SOURCE_URL",
    "Action",
    "Curated",
    "Page",
    "Publication",
    "Redirect",
    "Result",
    "Site",
    "View",
    "Visit",
]

EDIT_URL = "https://github.com/statuary/statuary/edit/main/"
"""Where a reader changes a source file; its path in the repository follows."""
SOURCE_URL = "https://github.com/statuary/statuary/blob/main/"
"""Where a reader sees a source file; its path in the repository follows."""
SNAPSHOT = "2026-11-21"
"""The day on which the registries were copied."""
MOCKED = ("http", "smtp")
"""The protocols that a mock of this process speaks."""


class Curated(NamedTuple):
    """Identities that people chose for a page; see ``curated.toml``.

    Args:
        doors: codes that the home page leads to.
        shown_pair: the comparison that it shows.
        pairs: comparisons that the form offers.
        mappings: translations that the form to translate offers: a code, and a protocol to answer in.
    """

    doors: tuple[str, ...]
    shown_pair: tuple[str, ...]
    pairs: tuple[tuple[str, ...], ...]
    mappings: tuple[tuple[str, str], ...]


def _read_curated() -> Curated:
    data = tomllib.loads(Path(__file__).with_name("curated.toml").read_text(encoding="utf-8"))
    return Curated(
        tuple(data["doors"]),
        tuple(data["shown_pair"]),
        tuple(map(tuple, data["pairs"])),
        tuple((code, protocol) for code, protocol in data["mappings"]),
    )


class Publication(NamedTuple):
    """How a site is published as files, with no server of ours behind it.

    Args:
        origin: its address with the prefix, without a slash at the end; empty where nobody knows it yet.
        languages: the tags of its languages, the first for readers who want none of them.
        pictures: whether each code has a picture for those who link to it.
    """

    origin: str
    languages: tuple[str, ...]
    pictures: bool = False


class Site:
    """A site over a catalogue and the running mocks.

    Args:
        shared: what the mocks share: catalogue, journal, mailbox.
        http_url: where the HTTP mock listens, without a slash at the end.
        smtp_url: where the SMTP mock listens: ``smtp://127.0.0.1:1025``.
        publication: how it is published as files; None where it is served, and can run what it shows.
        rulebook: the rules in force; None for those of ``shared`` alone.
        urls: where every mock listens, by its name; those that are left out are shown at their own ports.
        runner: performs scripts on the real wire; None where no mocks run in this process.
    """

    def __init__(
        self,
        shared: Shared,
        http_url: str,
        smtp_url: str,
        publication: Publication | None = None,
        rulebook: Rulebook | None = None,
        urls: Mapping[str, str] | None = None,
        runner: Runner | None = None,
    ) -> None:
        self.shared = shared
        self.runner = runner
        self._urls = {"http": http_url, "smtp": smtp_url, **(urls or {})}
        self.rulebook = rulebook or Rulebook(shared)
        self.publication = publication
        self.catalogue: Catalogue = shared.catalogue
        self.http_url = http_url.rstrip("/")
        self.smtp_url = smtp_url.rstrip("/")
        self.languages: dict[str, Language] = self.catalogue.languages
        if publication is not None:
            self.languages = {tag: self.languages[tag] for tag in publication.languages}
        self.tags = tuple(self.languages)
        self.curated = _read_curated()
        self.translators = {
            tag: Translator(language, self.catalogue.interface(tag)) for tag, language in self.languages.items()
        }

    @property
    def live(self) -> bool:
        """Whether a server stands behind the pages: one that searches, records and runs."""
        return self.publication is None

    @property
    def origin(self) -> str:
        """The site's own address, without a slash at the end; empty where nobody knows it yet."""
        return self.publication.origin if self.publication else self.shared.site_url.rstrip("/")

    @property
    def smtp_server(self) -> str:
        """Host and port of the SMTP mock, as mail programs take them."""
        return self.smtp_url.partition("://")[2]

    def place_of(self, name: str) -> str:
        """Host and port of a mock.

        Args:
            name: of its listening address, such as ``smtps``.
        """
        if (url := self._urls.get(name)) is None:
            port = next(adapter.port for adapter in PROTOCOLS if adapter.name == name)
            return f"{self._urls['http'].partition('://')[2].rpartition(':')[0]}:{port}"
        return url.partition("://")[2].rstrip("/")

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many codes each protocol has in its lists."""
        counts = dict.fromkeys(self.catalogue.protocols, 0)
        for code in self.catalogue.codes():
            if code.kind in ("code", "template"):
                counts[code.protocol] += not code.template
        return counts

    @cached_property
    def shelf(self) -> Shelf:
        """The snippets with their recorded answers, read when a page first shows one."""
        return Shelf(find_places().content)

    @cached_property
    def client_shelf(self) -> ClientShelf:
        """The clients' programs with what was recorded, read when a page first shows one."""
        return ClientShelf(find_places().content)

    @cached_property
    def mail_shelf(self) -> MailShelf:
        """The mail servers with their recorded dialogues, read when a page first shows one."""
        return MailShelf(find_places().content, self.catalogue)

    @cached_property
    def shared_values(self) -> dict[str, list[str]]:
        """Numbers that several protocols use, with these protocols."""
        return self.catalogue.shared_values()


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a page.

    Args:
        site: the site.
        language: the language of the page.
        params: what the route found in the path.
        query: the query; of a key given twice, the last value.
    """

    site: Site
    language: Language
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue."""
        return self.site.catalogue

    @property
    def tag(self) -> str:
        """The tag of the language."""
        return self.language.tag

    @property
    def translator(self) -> Translator:
        """The interface's words."""
        return self.site.translators[self.language.tag]

    def gettext(self, message: str) -> str:
        """A text of the interface in the language."""
        return self.translator.gettext(message)

    def get(self, identity: str) -> Code | None:
        """A code with its prose in the language."""
        return self.catalogue.get(identity, self.tag)

    def resolve(self, identities: Iterable[str]) -> list[Code]:
        """The codes of many identities; unknown ones are left out."""
        return [code for identity in identities if (code := self.get(identity)) is not None]

    def url(self, path: str = "") -> str:
        """The address of a page in the same language."""
        return f"/{self.tag}/{quote(path)}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page to render.

    Args:
        template: the template's file name.
        title: the title, in the language, without the site's name.
        path: the path without the language: ``smtp/452``; None where the page has no other languages.
        context: what the template needs.
        description: a sentence for search engines.
        status: the status code that it is sent with.
        indexed: whether search engines may list it.
        cached: whether it says the same to everybody until the process ends.
        frames: whether it shows another resource of this site in a frame.
    """

    template: str
    title: str
    path: str | None
    context: Mapping[str, object] = field(default_factory=dict)
    description: str = ""
    status: HTTPStatus = HTTPStatus.OK
    indexed: bool = True
    cached: bool = True
    frames: bool = False


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another address.

    Args:
        location: a path.
        permanent: whether it will always be that one.
    """

    location: str
    permanent: bool = False


Result: TypeAlias = Page | Redirect
View: TypeAlias = Callable[[Visit], Result]
Action: TypeAlias = Callable[[Visit, Mapping[str, str]], Result | Awaitable[Result]]
"""What a form on a page does: it takes the form's fields, changes something, and gives the page that follows."""
