"""Protocols that are still being written: they compile, and what is missing is said to those who ask."""

from __future__ import annotations

import shutil

import pytest

from statuary.catalog.lint import lint
from statuary.errors import ContentError
from tests.catalog.conftest import CONTENT, Copy

RTSP = "codes/rtsp/453.md"


@pytest.fixture
def begun(small: Copy) -> Copy:
    """RTSP with one file, declared unfinished."""
    (small.content / "codes" / "rtsp").mkdir()
    shutil.copy(CONTENT / RTSP, small.content / RTSP)
    protocols = small.content / "protocols.toml"
    text = protocols.read_text(encoding="utf-8")
    protocols.write_text(text.replace('id = "rtsp"', 'id = "rtsp"\nunfinished = true'), encoding="utf-8")
    return small


def test_rows_without_a_file_are_facts(begun: Copy) -> None:
    """What is written is shown, the rest as the registry has it, in one order."""
    catalogue = begun.compile()
    codes = list(catalogue.codes("rtsp", hidden=True))
    assert [code.value for code in codes] == sorted(code.value for code in codes)
    written = {code.id for code in codes if code.prose.texts}
    assert written == {"rtsp/453"}
    assert len(codes) > 50
    catalogue.close()


def test_a_wrong_file_hides_nothing(begun: Copy) -> None:
    """A file that is still wrong counts as none; the row's facts are there."""
    (begun.content / RTSP).write_text("+++\nhalf a file", encoding="utf-8")
    catalogue = begun.compile()
    code = catalogue.get("rtsp/453")
    assert code is not None
    assert (code.name, code.prose.texts) == ("Not Enough Bandwidth", {})
    catalogue.close()


def test_only_those_who_ask_hear_of_it(begun: Copy) -> None:
    """The lint is silent on an unfinished protocol, unless it is asked for it alone."""
    (begun.content / RTSP).write_text("+++\nhalf a file", encoding="utf-8")
    assert not [problem for problem in begun.problems() if "rtsp" in problem.path]
    found = lint(begun.content, begun.locales, ["rtsp"])
    assert {problem.path for problem in found} == {RTSP, "registries/rtsp.csv"}
    assert all(problem.mend for problem in found)


def test_a_finished_protocol_may_lack_nothing(begun: Copy) -> None:
    """Without the mark a wrong file is an error, and each row without a file is named."""
    begun.edit("protocols.toml", 'id = "rtsp"\nunfinished = true', 'id = "rtsp"')
    missing = [problem for problem in begun.problems() if problem.path == "registries/rtsp.csv"]
    assert len(missing) > 50
    assert all(problem.mend == "add a file under codes/rtsp" for problem in missing)
    (begun.content / RTSP).write_text("+++\nhalf a file", encoding="utf-8")
    with pytest.raises(ContentError, match="front matter does not end"):
        begun.compile()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('identity = "name"\nprose = "full"', 'identity = "colour"\nprose = "full"', "identity of grpc is 'colour'"),
        ('identity = "name"\nprose = "full"', 'identity = "name"\nprose = "some"', "prose of grpc is 'some'"),
    ],
)
def test_levels_and_identities_are_known(begun: Copy, old: str, new: str, problem: str) -> None:
    """A misspelt level or identity is an error that names what there is."""
    protocols = begun.content / "protocols.toml"
    protocols.write_text(protocols.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError, match=problem):
        begun.compile()


def test_a_file_has_the_name_of_its_code(begun: Copy) -> None:
    """Codes known by name have files of that name; the value stays the registry's number."""
    folder = begun.content / "codes" / "dns"
    folder.mkdir()
    shutil.copy(CONTENT / "codes/dns/nxdomain.md", folder / "3.md")
    found = [problem for problem in lint(begun.content, begun.locales, ["dns"]) if problem.path == "codes/dns/3.md"]
    assert [problem.mend for problem in found] == ["name it nxdomain.md"]
