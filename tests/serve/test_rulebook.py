"""The rules in force: layers, reloading, and what the mocks forget when they change."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import run_async

from statuary.catalog.store import Catalogue, open_catalogue
from statuary.errors import RuleError
from statuary.scenario.rulefile import MAX_RULE_FILE_OCTETS
from statuary.scenario.rules import Rule
from statuary.scenario.ruletable import read_rule
from statuary.serve.assemble import MockSettings, assemble
from statuary.serve.http import HttpMock
from statuary.serve.protocols import PROTOCOLS
from statuary.serve.rulebook import Rulebook, RuleFilesError, read_rule_files
from statuary.serve.session import Peer, Shared
from statuary.serve.smtp import SmtpMock

GOOD = '[[rule]]\nprotocol = "http"\nmatch = { path = "/a" }\nanswer = "503"\n'


@pytest.fixture(scope="module")
def catalogue() -> Iterator[Catalogue]:
    opened = open_catalogue()
    yield opened
    opened.close()


def rule(name: str = "", answer: str = "503", path: str = "/a") -> Rule:
    return read_rule({"protocol": "http", "match": {"path": path}, "answer": answer, "name": name})


def names(book: Rulebook) -> list[str]:
    return [each.name for each in book.rules]


def test_layers(catalogue: Catalogue, tmp_path: Path) -> None:
    """Rules of files go before added ones; a reset leaves those of the files."""
    file = tmp_path / "shop.toml"
    file.write_text(GOOD)
    shared = Shared(catalogue)
    book = Rulebook(shared, [file])
    book.load()
    assert [each.name for each in book.add([rule(), rule("mine")])] == ["api#1", "mine"]
    assert names(book) == ["shop#1", "api#1", "mine"]
    assert book.file_names == {"shop#1"}
    book.add([rule("first")], first=True)
    assert names(book) == ["shop#1", "first", "api#1", "mine"]
    assert book.remove(["shop#1", "mine", "none"]) == 2
    assert book.replace_one("first", rule("first", "404")) is not None
    assert book.replace_one("none", rule("none")) is None
    with pytest.raises(RuleError, match="two rules have the name 'first'"):
        book.add([rule("first")])
    assert names(book) == ["first", "api#1"]
    assert [each.name for each in shared.rules.rules] == ["first", "api#1"]
    book.replace_all([rule("alone")])
    assert names(book) == ["alone"]
    book.reset()
    assert names(book) == ["shop#1"]


def test_faulty_edit_leaves_the_rules(catalogue: Catalogue, tmp_path: Path) -> None:
    """The rules in force stay, and the book says what is wrong; a good edit clears it."""
    file = tmp_path / "shop.toml"
    file.write_text(GOOD)
    shared = Shared(catalogue)
    book = Rulebook(shared, [file])
    book.load()
    assert not book.changed()
    before, version = shared.rules, shared.rules_version
    file.write_text(GOOD + '[[rule]]\nprotocol = "http"\nanswer = "5"\n')
    assert book.changed()
    with pytest.raises(RuleFilesError) as error:
        book.take(book.read())
    book.reject(error.value.faults)
    assert shared.rules is before
    assert shared.rules_version == version
    assert book.faults[0].line == 7
    book.reset()
    assert names(book) == ["shop#1"]
    assert book.faults
    file.write_text(GOOD.replace("503", "404"))
    book.take(book.read())
    assert book.faults == ()
    assert str(shared.rules.rules[0].script) == "404"


def test_files_that_cannot_be_taken(tmp_path: Path) -> None:
    """A missing file, one of 50 MB, and a name in two files are named with their file."""
    huge = tmp_path / "huge.toml"
    with huge.open("wb") as file:
        os.truncate(file.fileno(), 50_000_000)
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    for path in (one, two):
        path.write_text(GOOD.replace("[[rule]]", '[[rule]]\nname = "same"'))
    with pytest.raises(RuleFilesError) as error:
        read_rule_files([tmp_path / "none.toml", huge, one, two])
    texts = [str(fault) for fault in error.value.faults]
    assert "none.toml:1:1: it cannot be read" in texts[0]
    assert str(MAX_RULE_FILE_OCTETS) in texts[1]
    assert "stands in" in texts[2]
    assert "one.toml" in texts[2]


def ask(session: object, data: bytes) -> bytes:
    output = session.receive(data)  # type: ignore[attr-defined]
    assert isinstance(output, bytes)
    return output


def test_open_connections_meet_new_rules(catalogue: Catalogue) -> None:
    """Both mocks forget what they kept ready, even on connections that are open."""
    shared = Shared(catalogue)
    book = Rulebook(shared)
    http, smtp = HttpMock(shared)(Peer("127.0.0.1:1", 1)), SmtpMock(shared)(Peer("127.0.0.1:2", 2))
    get = b"GET /a HTTP/1.1\r\nHost: x.test\r\n\r\n"
    rcpt = b"RCPT TO:<bob@full.test>\r\n"
    http.start()
    smtp.start()
    for line in (b"EHLO x.test\r\n", b"MAIL FROM:<a@b.test>\r\n"):
        ask(smtp, line)
    for _ in range(2):
        assert ask(http, get).startswith(b"HTTP/1.1 404")
        assert ask(smtp, rcpt).startswith(b"250")
    full = read_rule({"protocol": "smtp", "stage": "rcpt", "match": {"recipient": "*@full.test"}, "answer": "452"})
    book.add([rule(), full])
    for _ in range(2):
        assert ask(http, get).startswith(b"HTTP/1.1 503")
        assert ask(smtp, rcpt).startswith(b"452")
    book.replace_all([])
    assert ask(http, get).startswith(b"HTTP/1.1 404")
    assert ask(smtp, rcpt).startswith(b"250")


def test_count_state_and_key(catalogue: Catalogue) -> None:
    """Count so far, states and the isolating key decide each for themselves."""
    shared = Shared(catalogue)
    book = Rulebook(shared)
    book.add(
        [
            read_rule({"protocol": "http", "match": {"path": "/n", "count": "2-3"}, "answer": "503"}),
            read_rule(
                {
                    "protocol": "http",
                    "match": {"path": "/s"},
                    "answer": "409",
                    "scenario": {"name": "s", "required": "Started", "sets": "Done"},
                }
            ),
            read_rule({"protocol": "http", "match": {"path": "/k", "key": "blue"}, "answer": "418"}),
        ]
    )
    session = HttpMock(shared)(Peer("127.0.0.1:1", 1))
    session.start()

    def get(path: str, key: str = "") -> int:
        field = f"Statuary-Key: {key}\r\n" if key else ""
        return int(ask(session, f"GET {path} HTTP/1.1\r\nHost: x\r\n{field}\r\n".encode())[9:12])

    assert [get("/n") for _ in range(4)] == [404, 503, 503, 404]
    assert [get("/n", "blue") for _ in range(2)] == [404, 503]
    assert [get("/s"), get("/s"), get("/s", "blue")] == [409, 404, 409]
    assert [get("/k"), get("/k", "blue"), get("/k", "red")] == [404, 418, 404]


def test_running_server_follows_its_files(catalogue: Catalogue, tmp_path: Path) -> None:
    """An edit is taken; a faulty one is told about, and the rules stay."""
    file = tmp_path / "shop.toml"
    file.write_text(GOOD)
    said: asyncio.Queue[str] = asyncio.Queue()

    async def play() -> None:
        settings = MockSettings(ports={adapter.name: 0 for adapter in PROTOCOLS}, rules=(file,))
        async with assemble(settings, catalogue=catalogue, say=said.put_nowait) as mocks:
            assert names(mocks.rulebook) == ["shop#1"]
            file.write_text(GOOD + GOOD)
            assert "2 rules" in await asyncio.wait_for(said.get(), 30)
            assert names(mocks.rulebook) == ["shop#1", "shop#2"]
            file.write_text("[[rule]]\nprotocol = 5\n")
            assert "shop.toml:2:1" in await asyncio.wait_for(said.get(), 30)
            assert names(mocks.rulebook) == ["shop#1", "shop#2"]
            assert mocks.rulebook.faults

    run_async(play())
