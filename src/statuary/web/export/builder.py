"""Builds the site: renders every page through the views of the served one, in several processes."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from statuary._version import __version__
from statuary.catalog.model import Code
from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.errors import BuildError
from statuary.serve.session import Shared
from statuary.web.export.extras import catalogue_file, llms_file, robots_file, root_page, sitemaps
from statuary.web.export.links import Rewriter, place_of
from statuary.web.export.manifest import Manifest, digest, read_manifest, write_file
from statuary.web.export.pages import page_addresses, selected
from statuary.web.export.pictures import can_draw, draw
from statuary.web.export.plan import Plan
from statuary.web.export.search import forms_file, search_file
from statuary.web.places import picture_path
from statuary.web.render import Renderer
from statuary.web.routes import match
from statuary.web.site import SNAPSHOT, Page, Publication, Site, Visit
from statuary.web.views.errors import error_page

__all__ = ["HTTP_URL", "MAX_PAGES", "SITE_URL", "SMTP_URL", "Outcome", "Progress", "build"]

SITE_URL = "http://127.0.0.1:8080"
"""Where a site that somebody serves on their own machine is; recorded answers link to it."""
HTTP_URL = "http://127.0.0.1:8081"
"""Where the HTTP mock is then."""
SMTP_URL = "smtp://127.0.0.1:1025"
"""Where the SMTP mock is then."""
MAX_PAGES = 1_000_000
"""The most pages of a build, over all languages."""
CHUNK = 48
"""How many pages a process renders before it reports."""

_MISSING = f"{HTTPStatus.NOT_FOUND.value}.html"
_LIBRARIES = ("babel", "jinja2", "markdown-it-py", "pygments", "pillow")
"""What the octets of pages depend on beside our own code and content."""

Progress = Callable[[int, int], None]
"""Is told how many pages are done, and of how many."""


class Outcome(NamedTuple):
    """What a build did.

    Args:
        pages: how many pages the site has.
        files: how many files, pages included.
        written: paths of files that are new or changed.
        deleted: paths of files that are gone.
        rendered: how many pages were rendered; none where nothing had changed.
        broken: links that lead to no page, each with the page that has it.
        pictures: whether pictures of codes were drawn.
    """

    pages: int
    files: int
    written: tuple[str, ...]
    deleted: tuple[str, ...]
    rendered: int
    broken: tuple[tuple[str, str], ...]
    pictures: bool


class _Task(NamedTuple):
    """Pages to render: each a language and an address, or a picture of a code where the language is empty."""

    items: tuple[tuple[str, str], ...]


class _Report(NamedTuple):
    """What came of a task: path, digest and whether it was written; and links that lead nowhere."""

    files: list[tuple[str, str, bool]]
    broken: list[tuple[str, str]]


def _now() -> float:
    """The clock of recorded answers: the day of the registries, so that two builds are the same."""
    return datetime.fromisoformat(f"{SNAPSHOT}T09:00:00+00:00").timestamp()


class _Studio:
    """Renders pages into a folder; one in each process.

    Args:
        plan: what is built.
        addresses: of all pages.
        files: further files that pages may lead to.
        pictures: whether codes have pictures.
    """

    def __init__(self, plan: Plan, addresses: Sequence[str], files: Sequence[str], pictures: bool) -> None:
        self.plan = plan
        self.site = _make_site(plan, pictures)
        self.renderer = Renderer(self.site)
        self.rewriter = Rewriter(plan.languages, list(map(place_of, addresses)), files)

    def close(self) -> None:
        """Close the catalogue."""
        self.site.catalogue.close()

    def work(self, task: _Task) -> _Report:
        """Render and write the pages of a task."""
        report = _Report([], [])
        for tag, address in task.items:
            path, content, broken = self.page(tag, address) if tag else self.picture(address)
            report.files.append((path, digest(content), write_file(self.plan.folder, path, content)))
            report.broken.extend((path, link) for link in broken)
        return report

    def page(self, tag: str, address: str) -> tuple[str, bytes, tuple[str, ...]]:
        """A page: its path, its octets, and its links that lead nowhere.

        Raises:
            BuildError: the address is none of a page.
        """
        visit, made = self.made(tag, address)
        folder = f"{tag}/{place_of(address)}".rstrip("/")
        served = f"/{tag}/{address.partition('?')[0]}"
        written = self.rewriter.rewrite(self.renderer.render(visit, made).decode(), folder, served)
        return f"{folder}/index.html", written.html.encode(), written.broken

    def made(self, tag: str, address: str) -> tuple[Visit, Page]:
        """The page of an address with its visit.

        Raises:
            BuildError: the address is none of a page.
        """
        path, _, query = address.partition("?")
        found = match(path)
        if found is None:
            raise BuildError(f"no view makes the page {address}")
        route, params = found
        fields = dict(field.split("=", 1) for field in query.split("&")) if query else {}
        visit = Visit(self.site, self.site.languages[tag], params, fields)
        made = route.view(visit)
        if not isinstance(made, Page):
            raise BuildError(f"the page {address} leads to another: {made.location}")
        return visit, made

    def picture(self, identity: str) -> tuple[str, bytes, tuple[str, ...]]:
        """The picture of a code."""
        code = self.site.catalogue.get(identity)
        assert code is not None
        return picture_path(code), draw(code, self.site.catalogue.protocols[code.protocol]), ()

    def missing(self) -> tuple[bytes, tuple[str, ...]]:
        """The page for addresses that are none: it is shown below any, so its links name the whole path."""
        visit = Visit(self.site, self.site.languages[self.plan.languages[0]])
        html = self.renderer.render(visit, error_page(visit, HTTPStatus.NOT_FOUND)).decode()
        written = self.rewriter.rewrite(html, "", root=f"{self.plan.prefix}/")
        return written.html.encode(), written.broken


def _make_site(plan: Plan, pictures: bool) -> Site:
    shared = Shared(open_catalogue(), site_url=SITE_URL, clock=_now)
    return Site(shared, HTTP_URL, SMTP_URL, Publication(plan.origin, plan.languages, pictures))


_studio: _Studio | None = None
"""That of a process which renders."""


def _start(plan: Plan, addresses: Sequence[str], files: Sequence[str], pictures: bool) -> None:
    global _studio  # a process of a pool has nothing else to keep its state in
    _studio = _Studio(plan, addresses, files, pictures)


def _work(task: _Task) -> _Report:
    assert _studio is not None
    return _studio.work(task)


def build(plan: Plan, progress: Progress = lambda done, total: None) -> Outcome:
    """Build the site.

    What has not changed is not written again; what is gone is deleted, where a build wrote it. Two builds of the same
    content give the same octets.

    Args:
        plan: what is built, and where.
        progress: is told how far it is.

    Raises:
        BuildError: the folder holds something else.
        OSError: a file cannot be written.
    """
    former = read_manifest(plan.folder)
    pictures = bool(plan.origin) and can_draw()
    inputs = _inputs(plan, pictures)
    if former.inputs == inputs and former.stands(plan.folder):
        pages = sum(path.endswith("/index.html") for path in former.files)
        return Outcome(pages, len(former.files), (), (), 0, (), pictures)
    plan.folder.mkdir(parents=True, exist_ok=True)
    site = _make_site(plan, pictures)
    try:
        every = page_addresses(site)
        chosen = [address for address in every if selected(address, plan.only, site.catalogue.protocols)]
        items = [(tag, address) for tag in plan.languages for address in chosen]
        if len(items) > MAX_PAGES:
            raise BuildError(f"the site has {len(items)} pages, over {MAX_PAGES}")
        drawn = [("", code.id) for code in _drawn(site, plan)] if pictures else []
        planned = [f"{tag}/{place_of(address)}".rstrip("/") + "/index.html" for tag, address in items]
        planned += [f"pictures/{identity}.png" for _, identity in drawn]
        # Were the build broken off, the next one would know what is its own.
        Manifest("", dict.fromkeys(planned, "") | former.files).write(plan.folder)
        files: dict[str, str] = {}
        written: list[str] = []
        broken: list[tuple[str, str]] = []
        done = 0
        for report in _reports(plan, every, _linked_files(site), pictures, [*items, *drawn]):
            for path, known, new in report.files:
                files[path] = known
                written += [path] * new
            broken += report.broken
            done += len(report.files)
            progress(done, len(items) + len(drawn))
        beside, more = _beside(plan, site, every, chosen, pictures)
        for path, content in beside:
            files[path] = digest(content)
            written += [path] * write_file(plan.folder, path, content)
        gone = [path for path in former.files if path not in files]
        deleted = tuple(former.delete(plan.folder, gone))
        Manifest(inputs, files).write(plan.folder)
    finally:
        site.catalogue.close()
    return Outcome(
        len(items), len(files), tuple(sorted(written)), deleted, len(items), tuple(sorted([*broken, *more])), pictures
    )


def _drawn(site: Site, plan: Plan) -> Iterator[Code]:
    """The codes that have pictures."""
    codes = site.catalogue.codes(hidden=True)
    return (code for code in codes if selected(code.id, plan.only, site.catalogue.protocols))


def _reports(
    plan: Plan, addresses: Sequence[str], files: Sequence[str], pictures: bool, items: Sequence[tuple[str, str]]
) -> Iterator[_Report]:
    """The reports of all tasks, in their order."""
    tasks = [_Task(tuple(items[first : first + CHUNK])) for first in range(0, len(items), CHUNK)]
    if plan.jobs == 1 or len(tasks) < 2:
        studio = _Studio(plan, addresses, files, pictures)
        try:
            yield from map(studio.work, tasks)
        finally:
            studio.close()
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(plan.jobs, len(tasks)), context, _start, (plan, addresses, files, pictures)) as pool:
        yield from pool.map(_work, tasks)


def _linked_files(site: Site) -> list[str]:
    """Files beside the pages that these lead to."""
    names = [f"static/{name}" for name in Renderer(site).static]
    return [*names, "llms.txt", *(f"{tag}/catalogue.json" for tag in site.tags)]


def _beside(
    plan: Plan, site: Site, every: Sequence[str], chosen: Sequence[str], pictures: bool
) -> tuple[list[tuple[str, bytes]], list[tuple[str, str]]]:
    """The files beside the pages, and their links that lead nowhere."""
    studio = _Studio(plan, every, _linked_files(site), pictures)
    try:
        root = studio.rewriter.rewrite(root_page(studio.renderer, studio.site), "")
        missing, broken = studio.missing()
        listed = [address for address in chosen if "?" not in address and _indexed(studio, address)]
        files = [
            ("index.html", root.html.encode()),
            (_MISSING, missing),
            ("robots.txt", robots_file(plan.origin)),
            ("llms.txt", llms_file(site, plan)),
            ("written.json", forms_file(chosen)),
            *((f"static/{name}", file.content) for name, file in studio.renderer.static.items()),
            *((f"{tag}/catalogue.json", catalogue_file(site, tag)) for tag in plan.languages),
            *((f"{tag}/search/index.json", search_file(site, tag)) for tag in plan.languages),
        ]
        if plan.origin:
            files += sitemaps(plan.origin, plan.languages, listed)
    finally:
        studio.close()
    found = [("index.html", link) for link in root.broken] + [(_MISSING, link) for link in broken]
    return files, found


def _indexed(studio: _Studio, address: str) -> bool:
    """Whether search engines may list a page."""
    path = studio.plan.folder / studio.plan.languages[0] / place_of(address) / "index.html"
    return b'<meta name="robots" content="noindex">' not in path.read_bytes()[:4096]


def _inputs(plan: Plan, pictures: bool) -> str:
    """All that the files are made from, as one digest: content, translations, our code, libraries, and the plan."""
    places = find_places()
    digests = hashlib.sha256()
    told = (__version__, plan.origin, plan.prefix, plan.languages, plan.only, pictures)
    digests.update(repr((told, [_version_of(name) for name in _LIBRARIES])).encode())
    code = Path(__file__).resolve().parents[2]
    for root in (places.content, places.locales, code):
        for path in _sources(root):
            digests.update(f"{path.relative_to(root).as_posix()}\0{digest(path.read_bytes())}\n".encode())
    return digests.hexdigest()


def _sources(root: Path) -> Iterable[Path]:
    left_out = ("__pycache__", "_data", "node_modules")
    return sorted(path for path in root.rglob("*") if path.is_file() and not set(path.parts) & set(left_out))


def _version_of(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""
