"""Every framework has a snippet for every code, and every snippet a recorded answer that is its own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from statuary.catalog.model import Code
from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.errors import ContentError
from statuary.snippets import (
    Framework,
    codes_answered,
    digest,
    find_framework,
    judge,
    place,
    read_frameworks,
    read_golden,
    read_selection,
    why_not_answerable,
)
from statuary.snippets.place import asked
from statuary.snippets.plan import application_digest

CONTENT = find_places().content
SELECTION = read_selection(CONTENT)
CATALOGUE = open_catalogue()
CODES = list(codes_answered(CATALOGUE, SELECTION))
FRAMEWORKS = read_frameworks(CONTENT)
RUN = [framework for framework in FRAMEWORKS if framework.id not in SELECTION.absent_in_ci]

each = pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.id)
each_run = pytest.mark.parametrize("framework", RUN, ids=lambda framework: framework.id)


def code_of(identity: str) -> Code:
    """The code of an identity."""
    code = CATALOGUE.get(identity)
    assert code is not None, identity
    return code


def stale(framework: Framework, codes: list[Code], template: str | None = None) -> list[str]:
    """The codes whose golden was recorded from another snippet, or not at all."""
    golden = read_golden(framework)
    assert golden is not None, f"{framework.id} was never recorded"
    return [
        code.id
        for code in codes
        if code.id not in golden.answers
        or golden.answers[code.id].snippet != digest(place(framework, code, template).text)
    ]


def test_every_code_that_can_be_a_final_response() -> None:
    """1xx, log-only and client-side codes, ranges and classes are left out, each with its reason (RFC 9110 §15.2)."""
    ids = {code.id for code in CODES}
    for code in CATALOGUE.codes("http", hidden=True):
        reason = why_not_answerable(code, SELECTION)
        assert (reason == "") == (code.id in ids)
        assert reason in ("", "interim", "not-a-code", "log-only", "client-side")
    assert set(SELECTION.as_http) <= ids
    assert set(SELECTION.sample) <= ids
    assert why_not_answerable(code_of("http/100"), SELECTION) == "interim"
    assert why_not_answerable(code_of("http/499-nginx"), SELECTION) == "log-only"
    assert why_not_answerable(code_of("smtp/220"), SELECTION) == "other-protocol"


@each
def test_a_snippet_says_what_its_code_says(framework: Framework) -> None:
    """The number or the framework's name for it, and every header that the code needs."""
    for code in CODES:
        wanted = asked(code, framework.json)
        text = place(framework, code).text
        assert framework.constants.get(code.id, str(wanted.number)) in text
        redirect = f"return {wanted.number} {wanted.headers.get('Location')};"
        if redirect in text:  # nginx: the directive is the header, and leaves no room for a body
            continue
        for name in wanted.headers:
            assert name in text
        for value in wanted.content.values():
            assert value in text.replace("\\", "")
        assert not re.search(r"[ \t]$|\n\n\n\n|\{%|%\}|\t ", text, re.MULTILINE), text
        assert text.endswith("\n")


@each
def test_constants_belong_to_http(framework: Framework) -> None:
    """A constant of HTTP's 421 or 451 is not the right name for a reply code of SMTP."""
    for identity in framework.constants:
        code = code_of(identity)
        assert (code.protocol, asked(code).registered) == ("http", True)


def test_the_range_of_206_fits_its_body() -> None:
    """RFC 9110 §14.4: the range counts the octets that are sent."""
    for framework in FRAMEWORKS:
        golden = read_golden(framework)
        if golden is not None:
            recorded = golden.answers["http/206"]
            assert recorded.header("Content-Range") == f"bytes 0-{recorded.octets - 1}/146515"


@each_run
def test_goldens_are_current(framework: Framework) -> None:
    """A changed template, application or lock file needs a new recording: python -m snippets run --record."""
    golden = read_golden(framework)
    assert golden is not None, f"{framework.id} was never recorded"
    assert stale(framework, CODES) == []
    assert list(golden.answers) == [code.id for code in CODES]
    assert golden.application == application_digest(framework, CONTENT)
    assert golden.versions.keys() == framework.run["version"].keys()


@each_run
def test_a_changed_template_makes_goldens_stale(framework: Framework) -> None:
    """One character is enough."""
    assert len(stale(framework, CODES, framework.template_text() + "\n")) == len(CODES)


def test_a_changed_lock_file_makes_goldens_stale(tmp_path: Path) -> None:
    """A version is part of what was recorded."""
    django = find_framework(CONTENT, "Django")
    assert django is not None
    folder = tmp_path / "snippets" / "toolchains" / "python"
    folder.mkdir(parents=True)
    for file in (CONTENT / "snippets" / "toolchains" / "python").iterdir():
        (folder / file.name).write_text(re.sub(r"(?m)^django==[0-9.]+", "django==0.1", file.read_text()))
    golden = read_golden(django)
    assert golden is not None
    assert golden.application == application_digest(django, CONTENT)
    assert golden.application != application_digest(django, tmp_path)


@each_run
def test_grave_deviations_are_declared(framework: Framework) -> None:
    """A golden that is worse than another phrase was looked at by a person, who declared it in framework.toml."""
    golden = read_golden(framework)
    assert golden is not None
    words = {code.id: judge(asked(code, framework.json), golden.answers[code.id]).word for code in CODES}
    grave = {identity: word for identity, word in words.items() if word not in ("as asked", "other phrase")}
    assert grave == dict(framework.deviations)


def test_lock_files_name_no_registry() -> None:
    """Whoever installs chooses where from; hashes say what."""
    folder = CONTENT / "snippets" / "toolchains"
    requirements = (folder / "python" / "requirements.txt").read_text()
    assert "://" not in requirements
    assert "index" not in requirements
    pins = re.findall(r"(?m)^[a-z0-9-]+==[^ ]+ \\\n +--hash=sha256:", requirements)
    assert len(pins) == len(re.findall(r"(?m)^[a-z0-9-]+==", requirements)) > 0
    lock = json.loads((folder / "node" / "package-lock.json").read_text())
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_a_wrong_framework_is_named(tmp_path: Path) -> None:
    """File and key."""
    folder = tmp_path / "snippets" / "odd"
    folder.mkdir(parents=True)
    good = (CONTENT / "snippets" / "flask" / "framework.toml").read_text()
    for text, word in (
        (good.replace("site =", "sight ="), "site is missing"),
        ("colour = 1\n" + good, "colour is not a key"),
        ("name = ", "not TOML"),
        (good + '\n[deviations]\n"as asked" = []\n', "not a verdict"),
    ):
        (folder / "framework.toml").write_text(re.sub(r"\n\[deviations\](?s:.*)(?=\n\[deviations\])", "", text))
        with pytest.raises(ContentError, match=word):
            read_frameworks(tmp_path)


def test_a_wrong_golden_is_named(tmp_path: Path) -> None:
    """The mend is to record it again."""
    flask = find_framework(CONTENT, "flask")
    assert flask is not None
    for text in ("", "{}", '{"versions": {}, "application": "", "exit_code": 0, "answers": {"http/200": {"a": 1}}}'):
        (tmp_path / "golden.json").write_text(text)
        with pytest.raises(ContentError, match="record it again"):
            read_golden(flask._replace(folder=tmp_path))
    assert read_golden(flask._replace(folder=tmp_path / "nowhere")) is None


def test_a_wrong_template_is_named() -> None:
    """File, line and code."""
    flask = find_framework(CONTENT, "flask")
    assert flask is not None
    for template in ("a\n{{ nothing }}", "a\n{% if %}", "a\n{{ number | nothing }}"):
        with pytest.raises(ContentError, match=r"snippets/flask/app\.py\.j2:.*http/507"):
            place(flask, code_of("http/507"), template)
