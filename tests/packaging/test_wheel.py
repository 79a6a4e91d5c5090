"""What is released: a wheel and an sdist that carry everything, are the same octets from wherever they are built, and
work in an environment that knows nothing of the checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import smtplib
import sqlite3
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest

from statuary._version import __version__
from statuary.catalog.manual import PAGES
from statuary.cli.commands import COMMANDS
from tests.conftest import ROOT, require
from tests.packaging.conftest import Built, run, tool

LANGUAGES = ("en", "fr", "ja", "ko")
pytestmark = pytest.mark.timeout(900)  # the first test pays for the packages that must be fetched

_FILE = re.compile(r'(?:href|src)="(/static/[^"]+)"')


@pytest.fixture(scope="module")
def sdist(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, from what the image was built from, so that nobody's half-written file comes between the two."""
    return _build(built, built.work, tmp_path_factory.mktemp("sdist"), "sdist", "1")


def _build(built: Built, source: Path, target: Path, kind: str, seed: str) -> Path:
    """Build with nothing but what pyproject.toml asks for."""
    environment = {**_bare(), **built.environment, "PYTHONHASHSEED": seed}
    run(built.builder, "-m", "hatchling", "build", "-t", kind, "-d", target, cwd=source, env=environment)
    (found,) = target.iterdir()
    return found


def _bare() -> dict[str, str]:
    """An environment that says nothing of this project."""
    left_out = ("PYTHON", "STATUARY", "VIRTUAL_ENV", "SOURCE_DATE", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has nothing to do with anything."""
    return tmp_path_factory.mktemp("elsewhere")


def statuary(built: Built, elsewhere: Path, *words: str | Path) -> str:
    """What the installed command prints."""
    return run(built.bin / "statuary", *words, cwd=elsewhere, env=_bare()).stdout


def test_the_wheel_carries_everything(built: Built) -> None:
    """Every file of the package and its data, the compiled catalogue in every language, licence, types, man page."""
    with zipfile.ZipFile(built.wheel) as wheel:
        names = set(wheel.namelist())
        catalogue = wheel.read("statuary/_data/catalogue.sqlite")
        entry_points = wheel.read(f"statuary-{__version__}.dist-info/entry_points.txt").decode()
        manual = wheel.read(f"statuary-{__version__}.data/data/share/man/man1/statuary.1").decode()
    for name in built.sent:
        if name.startswith("src/"):
            assert name.removeprefix("src/") in names
        elif name.startswith(("content/", "locales/")):
            assert f"statuary/_data/{name}" in names
    assert {f"statuary/_data/docs/{page}.md" for page in PAGES} <= names
    assert {"statuary/py.typed", f"statuary-{__version__}.dist-info/licenses/LICENSE"} <= names
    assert not [name for name in names if name.startswith("tests") or name.endswith((".pyc", ".png"))]
    assert "statuary = statuary.__main__:run" in entry_points
    assert "statuary = statuary.pytest_plugin" in entry_points
    assert manual.startswith((".TH STATUARY", ".\\", "'\\"))
    connection = sqlite3.connect(":memory:")
    connection.deserialize(catalogue)
    texts = dict(connection.execute("SELECT language, length(mo) FROM interface"))
    connection.close()
    assert set(texts) == set(LANGUAGES)
    assert all(texts[language] > 10_000 for language in LANGUAGES[1:])


def test_an_sdist_gives_the_same_wheel_octet_for_octet(built: Built, sdist: Path, tmp_path: Path) -> None:
    """From another folder, with other seeds of hashes; and so does a second sdist (reproducible-builds.org)."""
    again = _build(built, built.work, tmp_path / "again", "sdist", "2")
    assert again.read_bytes() == sdist.read_bytes()
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert (unpacked / "LICENSE").is_file()
    wheel = _build(built, unpacked, tmp_path / "wheel", "wheel", "3")
    assert wheel.name == built.wheel.name
    assert wheel.read_bytes() == built.wheel.read_bytes()


def test_the_checkout_gives_the_same_files_as_the_image_does(built: Built, sdist: Path, tmp_path: Path) -> None:
    """So ``.dockerignore`` leaves out nothing that belongs to a release, and nothing stray gets in."""
    whole = _build(built, ROOT, tmp_path / "whole", "sdist", "1")
    with tarfile.open(whole) as one, tarfile.open(sdist) as other:
        gitignore = f"statuary-{__version__}/.gitignore"  # hatchling takes it along wherever there is one
        assert set(one.getnames()) - {gitignore} == set(other.getnames())


def test_what_an_index_shows_is_in_order(built: Built, sdist: Path) -> None:
    """Metadata and the long description, as twine and an index read them."""
    said = run(tool("twine"), "check", "--strict", built.wheel, sdist).stdout
    assert said.count("PASSED") == 2


def test_an_environment_of_its_own_needs_no_more_than_the_lock(built: Built) -> None:
    """Nothing is missing, nothing builds there, and no other package came along."""
    run(built.builder, "-m", "pip", "--python", built.bin / "python", "check")
    listed = run(built.builder, "-m", "pip", "--python", built.bin / "python", "list", "--format=json").stdout
    found = {each["name"].lower().replace("_", "-") for each in json.loads(listed)}
    locked = re.findall(
        r"^([a-z0-9_.-]+)==", (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert found == {"statuary", *locked}
    assert not found & {"pip", "setuptools", "wheel", "hatchling", "editables"}


def test_the_command_works_elsewhere(built: Built, elsewhere: Path) -> None:
    """Look-up, search, decisions, completion, in every language; also as a module."""
    assert statuary(built, elsewhere, "--version") == f"statuary {__version__}\n"
    assert "smtp/452" in statuary(built, elsewhere, "452")
    module = run(built.bin / "python", "-m", "statuary", "452", cwd=elsewhere, env=_bare()).stdout
    assert module == statuary(built, elsewhere, "452")
    where = run(built.bin / "python", "-c", "print(__import__('statuary').__file__)", cwd=elsewhere, env=_bare())
    assert where.stdout.startswith(str(built.root))
    summaries = {
        json.loads(statuary(built, elsewhere, "http/507", "--json", "--lang", language))["summary"]
        for language in LANGUAGES
    }
    assert len(summaries) == len(LANGUAGES)
    assert "smtp/4.2.2" in statuary(built, elsewhere, "search", "mailbox", "full")
    assert "?" in statuary(built, elsewhere, "decide", "--tree", "sender")
    assert "complete" in statuary(built, elsewhere, "completion", "bash")
    assert "Rails" in statuary(built, elsewhere, "snippet", "http/507", "--framework", "rails")
    assert "smtp/452" in statuary(built, elsewhere, "compare", "smtp/452", "http/507")
    assert "http/" in statuary(built, elsewhere, "map", "smtp/452", "http")
    assert statuary(built, elsewhere, "export", "--protocol", "http").count("\n") > 60
    assert statuary(built, elsewhere, "parse", "503x2~200")
    rules = ROOT / "deploy" / "rules" / "example.toml"
    assert statuary(built, elsewhere, "check", rules) == "2 rules in order\n"


def test_every_command_is_there_and_what_needs_an_extra_names_it(built: Built, elsewhere: Path) -> None:
    """Help loads each command's module; the MCP server and pictures need packages that are not installed here."""
    for command in COMMANDS:
        assert command.name in statuary(built, elsewhere, command.name, "--help")
    refused = run(built.bin / "statuary", "mcp", cwd=elsewhere, env=_bare(), check=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "pip install 'statuary[mcp]'" in refused.stderr


def test_the_man_page_is_where_man_looks(built: Built) -> None:
    man = require("man")
    page = built.bin.parent / "share" / "man"
    assert (page / "man1" / "statuary.1").is_file()
    shown = run(man, "-M", page, "-P", "cat", "statuary", env={**_bare(), "MANPAGER": "cat", "LC_ALL": "C.UTF-8"})
    assert "statuary" in shown.stdout


def test_the_site_is_built_and_nothing_is_written_where_it_is_installed(built: Built, elsewhere: Path) -> None:
    """By a user who may: what a command needs lies ready, octet code and catalogue too."""
    before = _state(built)
    told = json.loads(
        statuary(built, elsewhere, "build", "site", "--only", "http/503", "--lang", "ja", "--jobs", "1", "--json")
    )
    assert told["pages"] > 2
    page = (elsewhere / "site" / "ja" / "http" / "503" / "index.html").read_text(encoding="utf-8")
    assert "Service Unavailable" in page
    for name in ("site.css", "favicon.svg"):
        assert (elsewhere / "site" / "static" / name).stat().st_size
    for words in (["452"], ["search", "full"], ["languages"], ["help", "serve"]):
        statuary(built, elsewhere, *words)
    assert _state(built) == before


def _state(built: Built) -> dict[Path, tuple[int, int]]:
    """Size and time of every file of the installation."""
    every = [path for path in built.bin.parent.rglob("*") if path.is_file()]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in every}


@pytest.fixture(scope="module")
def facts(built: Built, elsewhere: Path) -> Iterator[dict[str, str]]:
    """What an installed server announces: where everything listens."""
    command = [str(built.bin / "statuary"), "serve", "--json", "--free-ports"]
    process = subprocess.Popen(command, cwd=elsewhere, env=_bare(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def curl(url: str, *options: str) -> str:
    """The body of an answer that is a success."""
    return run(require("curl"), "-sS", "--fail", "--noproxy", "*", *options, url).stdout


def test_every_kind_of_page_and_every_file_that_it_names_is_served(facts: dict[str, str]) -> None:
    """In every language: codes, mocks, runs, journal, rules, manual."""
    named: set[str] = set()
    kinds = ("", "smtp/452", "smtp/452/mock", "http/507", "search?q=full", "journal", "manual", "about", "concepts")
    for language in LANGUAGES:
        for kind in kinds:
            page = curl(f"{facts['site']}/{language}/{kind}", "-L")
            assert "</html>" in page
            named.update(_FILE.findall(page))
    for page in PAGES:
        named.update(_FILE.findall(curl(f"{facts['site']}/en/manual/{page}")))
    assert len(named) >= 3
    for address in sorted(named):
        assert curl(urljoin(facts["site"], address)), address
    for file in (ROOT / "src" / "statuary" / "web" / "static").iterdir():
        assert curl(f"{facts['site']}/static/{file.name}"), file.name


def test_the_interfaces_answer(built: Built, facts: dict[str, str], elsewhere: Path) -> None:
    """Catalogue, documents, health; the command asks it as any client does."""
    assert json.loads(curl(f"{facts['site']}/api/v1/codes/smtp/4.2.2"))["name"] == "Mailbox full"
    for document in ("openapi.json", "api/v1/openapi.json"):
        assert json.loads(curl(f"{facts['site']}/{document}"))["openapi"].startswith("3.1")
    assert statuary(built, elsewhere, "health", "--url", facts["site"]) == f"{facts['site']} is up\n"
    for probe in ("livez", "readyz"):
        assert curl(f"{facts['site']}/{probe}") == "ok"


def test_the_mocks_answer_and_the_journal_has_it(built: Built, facts: dict[str, str], elsewhere: Path) -> None:
    """curl, swaks and smtplib as anybody has them."""
    head = run(require("curl"), "-sSi", "--noproxy", "*", f"{facts['http']}/status/503x1~200").stdout
    assert head.startswith("HTTP/1.1 503 ")
    assert curl(f"{facts['https']}/status/200", "--cacert", facts["ca_file"]) is not None
    server = facts["smtp"].removeprefix("smtp://")
    sent = run(require("swaks"), "--server", server, "--to", "rcpt452_4.2.2x1@any.test", check=False).stdout
    assert "<** 452 4.2.2 " in sent
    host, _, port = server.partition(":")
    with smtplib.SMTP(host, int(port), timeout=20) as client:
        assert client.sendmail("me@client.example", "full@any.test", "Subject: Hello\r\n\r\nHello.\r\n") == {}
    seen = statuary(built, elsewhere, "journal", "--url", facts["site"], "--stage", "rcpt", "--json")
    assert [json.loads(line)["code"] for line in seen.splitlines()] == ["452", "250"]


def test_pipx_runs_the_wheel(built: Built, tmp_path: Path) -> None:
    """``pipx run --spec``: an environment for one command, with whatever an index has today."""
    pipx = tool("pipx")
    home = {**_bare(), "PIPX_HOME": str(tmp_path / "pipx"), "PIPX_DEFAULT_BACKEND": "pip"}
    wheel = shutil.copy(built.wheel, tmp_path)
    done = run(pipx, "run", "--spec", wheel, "statuary", "452", cwd=tmp_path, env=home, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "smtp/452" in done.stdout
