"""The site as files: deterministic, incremental, linked without a server, and careful with what is not its own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree as ET

import pytest

from statuary.catalog.store import Catalogue
from statuary.errors import BuildError
from statuary.web.export import Outcome, Plan, build, make_plan
from statuary.web.export.builder import _inputs as INPUTS  # noqa: N812 - the real one; most tests hold it still
from statuary.web.export.manifest import MANIFEST
from statuary.web.export.pages import FILLED, NEEDS_SERVER
from statuary.web.export.search import MAX_INDEX_OCTETS
from statuary.web.routes import PAGES
from tests.web.client import ALL_LANGUAGES

ORIGIN = "https://codes.example/deep/down"
ONLY = ("sysexits", "websocket")
_LINK = re.compile(r'\s(?:href|src|action)="([^"]*)"')


def plan(
    folder: Path, *, languages: tuple[str, ...] = ("en", "ja"), only: tuple[str, ...] = ONLY, jobs: int = 1
) -> Plan:
    """A small site: two languages, two protocols."""
    return make_plan(folder, ALL_LANGUAGES, base_url=ORIGIN, languages=languages, only=only, jobs=jobs)


@pytest.fixture(autouse=True, scope="module")
def steady_inputs() -> Iterator[None]:
    """Content and code count as unchanged, whatever is written in a checkout meanwhile; the plan counts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("statuary.web.export.builder._inputs", lambda plan, pictures: repr(plan[1:4]))
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """A small site, and what its build did."""
    folder = tmp_path_factory.mktemp("export") / "site"
    return folder, build(plan(folder))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_two_builds_are_the_same_octets(built: tuple[Path, Outcome], tmp_path: Path) -> None:
    """Also where two processes render instead of one."""
    folder, _ = built
    other = build(plan(tmp_path / "site", jobs=2))
    assert contents(folder) == contents(tmp_path / "site")
    assert other.pages == len(list((tmp_path / "site").rglob("index.html"))) - 1  # the root leads, and is no page


def test_inputs_are_content_code_and_plan(tmp_path: Path) -> None:
    """The same twice, wherever the folder is and however many processes render; another for another address."""
    first = INPUTS(plan(tmp_path), True)
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    assert INPUTS(plan(tmp_path / "x", jobs=2), True) == first
    assert INPUTS(plan(tmp_path, languages=("en",)), True) != first
    assert INPUTS(plan(tmp_path), False) != first


def test_nothing_new_writes_nothing(built: tuple[Path, Outcome]) -> None:
    folder, _ = built
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    again = build(plan(folder))
    assert (again.written, again.deleted, again.rendered) == ((), (), 0)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_changed_sentence_rewrites_only_the_pages_that_hold_it(
    built: tuple[Path, Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages, indices and data that hold the summary of one code are written; no other file is touched."""
    folder = tmp_path / "site"
    shutil.copytree(built[0], folder)
    before = contents(folder)
    text = "The service is too busy"
    get = Catalogue._code

    def changed(self: Catalogue, facts: str, prose: str | None, language: str) -> object:
        code = get(self, facts, prose, language)
        if code.id == "websocket/1013" and language == "en":
            code.prose.texts["summary"] = text  # type: ignore[index]
        return code

    monkeypatch.setattr(Catalogue, "_code", changed)
    monkeypatch.setattr("statuary.web.export.builder._inputs", lambda *_: "other content")
    outcome = build(plan(folder))
    after = contents(folder)
    holding = {path for path, content in after.items() if text.encode() in content}
    assert "en/websocket/1013/index.html" in outcome.written
    assert set(outcome.written) == holding
    assert {path for path in after if after[path] != before[path]} == holding | {MANIFEST}
    assert 0 < len(holding) < len(after) / 10


def test_what_is_gone_is_deleted_and_nothing_else(built: tuple[Path, Outcome], tmp_path: Path) -> None:
    """A file that somebody put there stays, and so does one that somebody changed."""
    folder = tmp_path / "site"
    shutil.copytree(built[0], folder)
    (folder / "CNAME").write_text("codes.example\n", encoding="utf-8")
    (folder / "ja" / "about" / "index.html").write_text("mine", encoding="utf-8")
    outcome = build(plan(folder, languages=("en",)))
    assert "ja/sysexits/index.html" in outcome.deleted
    assert not (folder / "ja" / "sysexits").exists()
    assert [path for path in contents(folder) if path.startswith("ja/")] == ["ja/about/index.html"]
    assert (folder / "CNAME").exists()


def test_a_build_that_was_broken_off_can_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    folder = tmp_path / "site"
    with pytest.raises(KeyboardInterrupt):
        build(plan(folder, languages=("en",)), stop)
    assert (folder / MANIFEST).exists()
    outcome = build(plan(folder, languages=("en",)))
    assert outcome.rendered == outcome.pages
    assert build(plan(folder, languages=("en",))).rendered == 0


def test_a_damaged_file_is_mended(built: tuple[Path, Outcome], tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shutil.copytree(built[0], folder)
    (folder / "en" / "about" / "index.html").write_text("damaged", encoding="utf-8")
    (folder / "llms.txt").unlink()
    assert set(build(plan(folder)).written) == {"en/about/index.html", "llms.txt"}
    assert contents(folder) == contents(built[0])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"notes.txt": "mine"}, "is not empty and no site was built in it"),
        ({MANIFEST: "no json"}, "cannot be read"),
        ({MANIFEST: "[]"}, "cannot be read"),
        ({MANIFEST: '{"format": 1, "inputs": "", "files": {"../../outside": "x"}}'}, "cannot be read"),
        ({MANIFEST: '{"format": 1, "inputs": "", "files": {"/etc/hosts": "x"}}'}, "cannot be read"),
        ({MANIFEST: '{"format": 9, "inputs": "", "files": {}}'}, "cannot be read"),
    ],
)
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, files: dict[str, str], said: str) -> None:
    """With the mend; and nothing in it is changed."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BuildError, match=said):
        build(plan(tmp_path))
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == files


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(BuildError, match="is no folder"):
        build(plan(tmp_path / "file"))


def test_every_link_leads_to_a_page(built: tuple[Path, Outcome]) -> None:
    """Links are relative, so that any path will do, and end in a slash, so that no server need redirect."""
    folder, outcome = built
    assert outcome.broken == ()
    for path in folder.rglob("index.html"):
        here = path.relative_to(folder).as_posix().removesuffix("index.html")
        for link in map(unescape, _LINK.findall(path.read_text("utf-8"))):
            parts = urlsplit(urljoin(f"https://x.example/base/{here}", link))
            if parts.netloc != "x.example":
                continue
            target = unquote(parts.path)
            assert target.startswith("/base/"), f"{here}: {link}"
            first, _, rest = target.removeprefix("/base/").partition("/")
            name = rest.split("/", maxsplit=1)[0]
            if first in ("en", "ja") and (name in ONLY or name in ("about", "search", "journal", "glossary", "decide")):
                end = target.removeprefix("/base/")
                assert (folder / end / "index.html").exists() if end.endswith("/") else (folder / end).exists(), link


def test_the_page_for_wrong_addresses_names_the_whole_path(built: tuple[Path, Outcome]) -> None:
    """It is shown below any address, so that relative links would fail."""
    text = (built[0] / "404.html").read_text("utf-8")
    inside = [link for link in _LINK.findall(text) if not link.startswith(("https:", "#"))]
    assert inside
    assert all(link.startswith("/deep/down/") for link in inside)


def test_pages_ask_nothing_of_another_origin(built: tuple[Path, Outcome]) -> None:
    """A policy stands in the page, since a file server sends none; no script or style is inline."""
    for path in built[0].rglob("*.html"):
        text = path.read_text("utf-8")
        assert "default-src 'none'" in text
        assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=\"", text), path
        assert not re.search(r'<(?:script|img)[^>]*\ssrc="(?:[a-z]+:|//)', text), path


def test_alternates_are_complete_and_canonical_addresses_are_those_of_the_files(built: tuple[Path, Outcome]) -> None:
    folder, _ = built
    for path in (folder / "ja").rglob("index.html"):
        text = path.read_text("utf-8")
        if "noindex" in text or path.parent.name == "journal":
            continue
        here = path.relative_to(folder).as_posix().removesuffix("index.html")
        assert f'<link rel="canonical" href="{ORIGIN}/{here}">' in text
        assert f'hreflang="en" href="{ORIGIN}/en/{here.removeprefix("ja/")}"' in text
        assert 'hreflang="x-default"' in text


def test_the_sitemap_has_every_page_that_may_be_listed(built: tuple[Path, Outcome]) -> None:
    """sitemaps.org, and the languages as xhtml:link."""
    folder, _ = built
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    tree = ET.fromstring((folder / "sitemap.xml").read_text("utf-8"))
    listed = {url.findtext(f"{space}loc"): len(list(url)) - 1 for url in tree}
    pages = {
        f"{ORIGIN}/{path.relative_to(folder).as_posix().removesuffix('index.html')}"
        for path in folder.rglob("index.html")
        if path.parent != folder and 'content="noindex"' not in path.read_text("utf-8")
    }
    assert set(listed) == pages
    assert set(listed.values()) == {3}
    assert f"Sitemap: {ORIGIN}/sitemap.xml" in (folder / "robots.txt").read_text("utf-8")


def test_sitemaps_split_at_their_limit() -> None:
    from statuary.web.export.extras import sitemaps

    files = dict(sitemaps(ORIGIN, ("en", "fr"), [f"page/{number}" for number in range(5)], most=4))
    assert list(files) == ["sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml", "sitemap.xml"]
    assert files["sitemap.xml"].count(b"<sitemap>") == 3
    assert sum(content.count(b"<url>") for content in files.values()) == 10


def test_data_is_the_catalogue(built: tuple[Path, Outcome], catalogue: Catalogue) -> None:
    data = json.loads((built[0] / "ja" / "catalogue.json").read_text("utf-8"))
    assert data == json.loads(json.dumps([code.to_dict() for code in catalogue.codes(hidden=True, language="ja")]))


@pytest.mark.parametrize("tag", ["en", "ja"])
def test_the_search_index_keeps_its_size(built: tuple[Path, Outcome], catalogue: Catalogue, tag: str) -> None:
    content = (built[0] / tag / "search" / "index.json").read_bytes()
    assert len(content) < MAX_INDEX_OCTETS
    found = {row[0] for row in json.loads(content)["codes"]}
    assert found == {code.id for code in catalogue.codes(hidden=True) if code.kind != "template" or code.hidden}


def test_each_code_has_its_picture(built: tuple[Path, Outcome]) -> None:
    """PNG of the size that networks ask for, named by the code's page (ogp.me)."""
    image = pytest.importorskip("PIL.Image")
    folder, _ = built
    with image.open(folder / "pictures" / "websocket" / "1011.png") as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 630))
    text = (folder / "en" / "websocket" / "1011" / "index.html").read_text("utf-8")
    assert f'<meta property="og:image" content="{ORIGIN}/pictures/websocket/1011.png">' in text


def test_without_an_address_nothing_claims_one(tmp_path: Path) -> None:
    """No sitemap, no canonical link, no picture; all pages all the same."""
    build(make_plan(tmp_path / "site", ALL_LANGUAGES, languages=("en",), only=("sysexits",), jobs=1))
    names = contents(tmp_path / "site")
    assert "sitemap.xml" not in names
    assert not any(name.startswith("pictures/") for name in names)
    assert b"canonical" not in names["en/index.html"]
    assert b"Sitemap" not in names["robots.txt"]


def test_every_route_is_written_or_says_why_not() -> None:
    """A route with places needs something that fills them; no list names a route that is gone."""
    patterns = [route.pattern for route in PAGES]
    assert [pattern for pattern in patterns if "{" in pattern and pattern not in FILLED] == []
    assert set(FILLED) | set(NEEDS_SERVER) <= set(patterns)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"base_url": "codes.example"}, "no address"),
        ({"base_url": "ftp://codes.example"}, "no address"),
        ({"base_url": "https://codes.example/?a=b"}, "no address"),
        ({"base_url": "https://user:pw@codes.example"}, "no address"),
        ({"base_url": "https://[::1"}, "no address"),
        ({"base_url": "https://codes.example/<x>"}, "is no path"),
        ({"base_url": "https://codes.example/" + "x" * 600}, "more than"),
        ({"prefix": "/a/../b"}, "is no path"),
        ({"prefix": '/a"b'}, "is no path"),
        ({"base_url": "https://codes.example/a", "prefix": "/b"}, "give the path once"),
        ({"languages": ["xx"]}, "no such language"),
        ({"jobs": 65}, "from 1 to 64"),
        ({"jobs": -1}, "from 1 to 64"),
    ],
)
def test_wrong_wishes_are_refused_with_the_mend(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(BuildError, match=said):
        make_plan(tmp_path, ALL_LANGUAGES, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "origin", "prefix"),
    [
        ({}, "", ""),
        ({"prefix": "sub/path/"}, "", "/sub/path"),
        ({"base_url": "https://Codes.Example/"}, "https://codes.example", ""),
        ({"base_url": "http://127.0.0.1:8000/x/"}, "http://127.0.0.1:8000/x", "/x"),
        ({"base_url": "https://codes.example", "prefix": "/x"}, "https://codes.example/x", "/x"),
        ({"base_url": "https://codes.example/x", "prefix": "/x/"}, "https://codes.example/x", "/x"),
    ],
)
def test_addresses_have_one_spelling(tmp_path: Path, options: dict[str, str], origin: str, prefix: str) -> None:
    made = make_plan(tmp_path, ALL_LANGUAGES, **options)  # type: ignore[arg-type]
    assert (made.origin, made.prefix) == (origin, prefix)
