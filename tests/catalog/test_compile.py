"""Compiling: one file appears whole or not at all, a code is one file, and a look-up costs the same in any size."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from statuary.catalog import store
from statuary.catalog.compile import compile_catalogue
from statuary.catalog.lookup import find
from statuary.catalog.model import Code
from statuary.catalog.paths import Places
from statuary.catalog.source import read_content
from statuary.catalog.store import Catalogue, open_catalogue, outdated
from statuary.errors import CatalogueError, ContentError
from tests.catalog.conftest import CONTENT, LOCALES, Copy

Steps = Callable[[Catalogue, Callable[[], object]], int]


def without_seen(text: str) -> str:
    """A file without the texts of providers, which name its own code and not that of a copy."""
    return re.sub(r"\n\[\[seen\]\].*?(?=\n\+\+\+\n)", "", text, flags=re.DOTALL)


def test_a_code_is_one_file(small: Copy) -> None:
    """A new file, and nothing else, makes a code that every surface finds."""
    before = small.compile()
    assert before.get("http/598") is None
    before.close()
    text = without_seen((small.content / "codes/http/503.md").read_text(encoding="utf-8"))
    new = text.replace('value = "503"', 'value = "598"').replace(
        'name = "Service Unavailable"', 'name = "Gone Fishing"'
    )
    (small.content / "codes/http/598.md").write_text(new, encoding="utf-8")
    after = small.compile()
    assert [code.id for code in find(after, "598")] == ["http/598"]
    assert [code.id for code in find(after, "gone fishing")] == ["http/598"]
    assert "http/598" in after.identities()
    after.close()


def test_an_empty_catalogue_compiles(tmp_path: Path) -> None:
    """No content at all is an empty catalogue and no crash."""
    compile_catalogue(tmp_path, tmp_path, tmp_path / "out.sqlite")
    catalogue = Catalogue(tmp_path / "out.sqlite")
    assert list(catalogue.codes()) == []
    assert find(catalogue, "452") == []
    catalogue.close()


def test_a_broken_file_leaves_the_old_catalogue(small: Copy) -> None:
    """Compiling is atomic: readers see the former catalogue until a whole new one is there, and no scrap is left."""
    small.compile().close()
    octets = small.target.read_bytes()
    small.edit("codes/http/503.md", 'value = "503"', "value = 503")
    with pytest.raises(ContentError):
        small.compile()
    assert small.target.read_bytes() == octets
    assert list(small.target.parent.iterdir()) == [small.target]


def test_a_failure_half_way_leaves_no_scrap(small: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where writing fails in the middle."""
    small.compile().close()
    octets = small.target.read_bytes()

    def fail(*_: object) -> bytes:
        raise OSError("disk full")

    monkeypatch.setattr("statuary.catalog.messages.compile_interface", fail)
    with pytest.raises(OSError, match="disk full"):
        small.compile()
    assert small.target.read_bytes() == octets
    assert list(small.target.parent.iterdir()) == [small.target]


def test_an_open_reader_keeps_what_it_opened(small: Copy) -> None:
    """A running server answers on while the catalogue is compiled anew."""
    old = small.compile()
    small.edit("codes/http/503.md", 'name = "Service Unavailable"', 'name = "Closed"')
    new = small.compile()
    names = [code.name for code in (old.get("http/503"), new.get("http/503")) if code is not None]
    assert names == ["Service Unavailable", "Closed"]
    old.close()
    new.close()


def test_every_code_survives_the_catalogue(catalogue: Catalogue) -> None:
    """What is read back equals what the files say."""
    files = {file.code.id: file.code for file in read_content(CONTENT).files}
    for code in catalogue.codes(hidden=True):
        if code.id in files:
            assert code._replace(enhanced=(), logs=()) == files[code.id]
    assert len(files) > 270
    assert all(Code.from_dict(code.to_dict()) == code for code in catalogue.codes(hidden=True, language="ja"))


def test_each_code_has_the_same_keys(catalogue: Catalogue) -> None:
    """One shape for every protocol, with at least these keys."""
    shapes = {tuple(code.to_dict()) for code in catalogue.codes(hidden=True)}
    assert len(shapes) == 1
    wanted = {"id", "protocol", "value", "name", "class", "status", "owner", "specs", "retry", "summary"}
    assert wanted <= set(next(iter(shapes)))


@pytest.mark.parametrize(
    ("language", "shown"), [("fr", "fr"), ("fr-CA", "fr"), ("en-GB", "en"), ("xx", "en"), ("", "en"), ("\udcff", "en")]
)
def test_an_unknown_language_is_the_nearest(catalogue: Catalogue, language: str, shown: str) -> None:
    """Prose is never empty because a tag is unknown."""
    code = catalogue.get("smtp/452", language)
    assert code is not None
    assert code.prose.language == shown
    assert code.summary


def test_concepts_are_reached_from_their_members(catalogue: Catalogue) -> None:
    """Both ways, and none is lost."""
    concepts = catalogue.concepts()
    assert len(concepts) > 40
    for concept in concepts:
        assert catalogue.concept(concept["id"]) == concept
        for member in concept.get("member", []):
            assert concept["id"] in {found["id"] for found in catalogue.concepts_of(member["code"])}
    assert catalogue.concept("nothing") is None
    assert catalogue.concepts_of("http/nothing") == []


def test_shared_numbers(catalogue: Catalogue) -> None:
    """452 belongs to SMTP, FTP, RTSP and NNTP, in the order of pages."""
    assert catalogue.shared_values()["452"] == ["smtp", "ftp", "rtsp", "nntp"]


QUERIES: dict[str, Callable[[Catalogue], object]] = {
    "identity": lambda catalogue: catalogue.get("smtp/452"),
    "identity with prose": lambda catalogue: catalogue.get("smtp/452", "ja"),
    "number in a protocol": lambda catalogue: find(catalogue, "smtp 452"),
    "unknown number": lambda catalogue: find(catalogue, "http/077"),
    "number": lambda catalogue: find(catalogue, "452"),
    "enhanced": lambda catalogue: find(catalogue, "4.2.2"),
    "name": lambda catalogue: find(catalogue, "insufficient storage"),
    "nothing": lambda catalogue: catalogue.get("smtp/nothing"),
    "unassigned": lambda catalogue: find(catalogue, "http/107"),
    "concepts": lambda catalogue: catalogue.concepts_of("smtp/452"),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_look_up_does_not_grow_with_the_catalogue(
    small: Copy, steps: Steps, query: Callable[[Catalogue], object]
) -> None:
    """Three hundred codes more: as many steps of SQLite as before (DESIGN.md section 7)."""
    few = small.compile()
    before = steps(few, lambda: query(few))
    few.close()
    text = without_seen((small.content / "codes/http/503.md").read_text(encoding="utf-8"))
    for number in range(600, 900):
        more = text.replace('value = "503"', f'value = "{number}"').replace("Service Unavailable", f"Name {number}")
        (small.content / f"codes/http/{number}.md").write_text(more, encoding="utf-8")
    many = small.compile()
    after = steps(many, lambda: query(many))
    assert len(many.identities()) > 300
    many.close()
    assert after <= before + 2


@pytest.fixture
def places(small: Copy, monkeypatch: pytest.MonkeyPatch) -> Places:
    """An installation in which the small content is found."""
    found = Places(small.content, small.locales, small.target, False)
    monkeypatch.setattr(store, "find_places", lambda: found)
    return found


def test_opening_compiles_only_what_changed(places: Places, small: Copy) -> None:
    """The first use compiles, the second reads, a change compiles anew."""
    open_catalogue().close()
    first = places.artefact.stat().st_mtime_ns
    open_catalogue().close()
    assert places.artefact.stat().st_mtime_ns == first
    small.edit("codes/http/503.md", 'name = "Service Unavailable"', 'name = "Closed for today"')
    opened = open_catalogue()
    code = opened.get("http/503")
    assert code is not None
    assert code.name == "Closed for today"
    opened.close()


def test_haste_sees_what_came_or_went(places: Places, small: Copy) -> None:
    """A hasty look asks the folders; of the codes that it finds it asks the files."""
    open_catalogue().close()
    shutil.copy(small.content / "codes/http/503.md", small.content / "codes/http/503-copy.md")
    opened = open_catalogue(hasty=True)
    assert opened.get("http/503-copy") is not None
    code = opened.get("http/503")
    assert code is not None
    assert not outdated(opened, [code])
    later = opened.path.stat().st_mtime_ns + 1_000_000
    os.utime(small.content / "codes/http/503.md", ns=(later, later))
    assert outdated(opened, [code])
    other = opened.get("http/507")
    assert other is not None
    assert not outdated(opened, [other])
    opened.close()


def test_an_installation_is_never_outdated(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its content does not change; facts without a file are as old as their registry."""
    opened = open_catalogue()
    codes = list(opened.codes())
    assert any(code.id.startswith("rtsp/") for code in codes)
    assert not outdated(opened, codes)
    monkeypatch.setattr(store, "find_places", lambda: places._replace(compiled_ahead=True))
    assert not outdated(opened, codes)
    opened.close()


@pytest.mark.parametrize("octets", [b"", b"not a database", b"SQLite format 3\0" + b"\0" * 100])
def test_a_spoilt_catalogue_is_compiled_anew(places: Places, octets: bytes) -> None:
    """Whatever lies there, a checkout makes a good one of it; alone it is an error that says what to do."""
    places.artefact.parent.mkdir(parents=True)
    places.artefact.write_bytes(octets)
    with pytest.raises(CatalogueError, match="delete it to compile anew"):
        Catalogue(places.artefact)
    opened = open_catalogue()
    assert opened.get("http/503") is not None
    opened.close()


def test_an_installation_reads_what_it_brought(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package compiles nothing; without its catalogue it says so."""
    monkeypatch.setattr(store, "find_places", lambda: places._replace(compiled_ahead=True))
    with pytest.raises(CatalogueError, match="is not a compiled catalogue"):
        open_catalogue()


def test_a_place_that_cannot_be_written_is_an_error(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback where a folder is missing or forbidden."""
    places.content.parent.joinpath("file").write_text("", encoding="utf-8")
    blocked = places._replace(artefact=places.content.parent / "file" / "catalogue.sqlite")
    monkeypatch.setattr(store, "find_places", lambda: blocked)
    with pytest.raises(CatalogueError, match="cannot be compiled"):
        open_catalogue()


def test_the_compiled_file_is_plain_sqlite(tmp_path: Path) -> None:
    """Anyone may read it; it says of what content it was made."""
    compile_catalogue(CONTENT, LOCALES, tmp_path / "a.sqlite", "print")
    compile_catalogue(CONTENT, LOCALES, tmp_path / "b.sqlite", "print")
    catalogue = Catalogue(tmp_path / "a.sqlite")
    assert catalogue.fingerprint == "print"
    assert len(catalogue.content_digest) == 64
    catalogue.close()
    connection = sqlite3.connect(tmp_path / "a.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert (tmp_path / "a.sqlite").read_bytes() == (tmp_path / "b.sqlite").read_bytes()
    assert (tmp_path / "a.sqlite").stat().st_mode & 0o777 == 0o644
