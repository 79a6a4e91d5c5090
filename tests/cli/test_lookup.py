"""``statuary QUERY`` and ``statuary show``."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable

import pytest

from statuary.catalog.model import Code
from statuary.catalog.store import Catalogue, open_catalogue
from statuary.cli.console import Console
from statuary.cli.render import brief, full, rows
from statuary.cli.text import width
from tests.cli.conftest import Outcome

Statuary = Callable[..., Outcome]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue."""
    return open_catalogue()


def test_a_number_shows_every_protocol(statuary: Statuary) -> None:
    """452 is SMTP's with prose, and FTP's, NNTP's and RTSP's as facts."""
    done = statuary("452")
    assert done.code == 0
    assert not done.err
    heads = [line.split()[0] for line in done.out.splitlines() if line and not line.startswith(" ")]
    assert heads[:4] == ["smtp/452", "ftp/452", "rtsp/452", "nntp/452"]
    assert "statuary smtp/452" in done.out


@pytest.mark.parametrize("query", [["smtp/452"], ["SMTP/452"], ["show", "smtp/452"], ["smtp", "452"]])
def test_one_code_is_shown_whole(statuary: Statuary, query: list[str]) -> None:
    """Heading, registered name, facts, advice, prose for both sides, example (RFC 5321 §4.2.3)."""
    done = statuary(*query)
    assert done.code == 0
    flat = " ".join(done.out.split())
    for part in (
        "smtp/452 Insufficient Storage",
        "Requested action not taken: insufficient system storage",
        "Class 4yz Transient Negative Completion",
        "Status registered",
        "Defined by IETF",
        "RFC 5321 §4.2.3",
        "Repeat it? Send the same again later.",
        "Where it is sent MAIL FROM · RCPT TO · the message, to its final dot · BDAT",
        "Enhanced codes (IANA) ",
        "What it is",
        "When you see it",
        "If you send",
        "If you run the server",
        "S: 452 4.3.1 Insufficient system storage",
        "Who says so",
    ):
        assert part in flat
    assert "](code:" not in done.out


def test_an_enhanced_code_says_where_it_comes_from(statuary: Statuary) -> None:
    """4.2.2 is made from X.2.2 (RFC 3463 §2)."""
    done = statuary("4.2.2")
    assert done.code == 0
    assert "4.2.2 is X.2.2 in class 4." in done.out
    assert "Sent with (IANA)" in statuary("5.2.2").out


@pytest.mark.parametrize(
    ("query", "identities"),
    [
        (["http/499"], {"http/499-nginx", "http/499-esri"}),
        (["insufficient", "storage"], {"http/507", "smtp/452"}),
        (["Insufficient Storage"], {"http/507", "smtp/452"}),
        (["http/507", "smtp/452"], {"http/507", "smtp/452"}),
    ],
)
def test_several_codes_are_lines_of_json(statuary: Statuary, query: list[str], identities: set[str]) -> None:
    """Names and numbers with several owners find all of them."""
    done = statuary(*query, "--json")
    assert done.code == 0
    assert {json.loads(line)["id"] for line in done.out.splitlines()} == identities


def test_one_code_is_one_object(statuary: Statuary) -> None:
    """Options may stand before, between and after the words."""
    lines = (
        ("--json", "4.2.2"),
        ("4.2.2", "--json"),
        ("--lang", "en", "4.2.2", "--json"),
        ("--lang=en", "4.2.2", "--json"),
    )
    outputs = {statuary(*words).out for words in lines}
    assert len(outputs) == 1
    found = json.loads(outputs.pop())
    assert {"id", "protocol", "value", "name", "class", "status", "owner", "specs", "retry", "summary"} <= found.keys()
    assert found["id"] == "smtp/4.2.2"


def test_owners_of_unofficial_codes_are_named(statuary: Statuary) -> None:
    """The two 499s are told apart by their owners."""
    assert "unofficial: nginx" in statuary("http/499").out


@pytest.mark.parametrize("query", ["4522", "smtp/4522", "insuficient storag", "http/insuficient storage"])
def test_nothing_found_suggests(statuary: Statuary, query: str) -> None:
    """A slip of the finger is met with what was probably meant, and exit code 1."""
    done = statuary("show", query)
    assert done.code == 1
    assert not done.out
    assert f"“{query}”" in done.err
    assert "Perhaps you meant:" in done.err
    wanted = "smtp/452" if "4522" in query else "http/507"
    assert wanted in done.err


def test_what_begins_alike_is_suggested_first(statuary: Statuary) -> None:
    """4522 is 452 and one key too many."""
    done = statuary("4522", "--json")
    assert done.code == 1
    error = json.loads(done.err)
    assert error["error"] == "code_not_found"
    assert error["detail"]["query"] == "4522"
    assert error["detail"]["suggestions"][0] == "smtp/452"


def test_words_fall_back_to_a_search(statuary: Statuary) -> None:
    """What is no code's name is searched; ``show`` does not do that."""
    done = statuary("mailbox", "over", "quota")
    assert done.code == 0
    assert "found by its words" in done.out
    assert "smtp/4.2.2" in done.out
    assert statuary("show", "mailbox", "over", "quota").code == 1


@pytest.mark.parametrize("word", ["serach", "comapre", "exprot"])
def test_a_misspelt_command_is_no_query(statuary: Statuary, word: str) -> None:
    """A word close to a command that no text of the catalogue holds is an error."""
    done = statuary(word, "smtp/452", "x")
    assert done.code == 2
    assert "did you mean" in done.err


def test_a_word_like_a_command_can_be_a_query(statuary: Statuary) -> None:
    """``server`` is close to ``serve``, but stands in many texts."""
    assert statuary("server", "busy").code == 0


def test_a_protocol_is_listed(statuary: Statuary) -> None:
    """A protocol's name lists its codes by class."""
    done = statuary("ftp")
    assert done.code == 0
    assert "4yz Transient Negative Completion" in done.out
    assert "ftp/452" in done.out
    assert len(statuary("FTP", "--json").out.splitlines()) >= 60


def test_codes_of_doubtful_origin_are_marked(statuary: Statuary) -> None:
    """They are found by identity, and say what they are; lists leave them out."""
    assert "doubtful origin" in statuary("smtp/510").out
    shown, all_of_them = (statuary("smtp", "--json", *more).out for more in ((), ("--hidden",)))
    assert "smtp/510" not in {json.loads(line)["id"] for line in shown.splitlines()}
    assert "smtp/510" in {json.loads(line)["id"] for line in all_of_them.splitlines()}


def test_other_languages_mark_what_is_not_translated(statuary: Statuary, catalogue: Catalogue) -> None:
    """Labels and prose are Japanese, names stay; an English text is marked as such."""
    done = statuary("smtp/452", "--lang", "ja")
    assert "Insufficient Storage" in done.out
    assert "クラス" in done.out
    assert "(en)" not in done.out.partition("\n\n")[2].partition("\n\n")[0]
    code = catalogue.get("ftp/452", "ja")
    assert isinstance(code, Code)
    behind = code._replace(prose=code.prose._replace(fallbacks=frozenset(code.prose.texts)))
    japanese, english = (Console(argparse.Namespace(lang=language), {}) for language in ("ja", "en"))
    assert "(en)" in "\n".join(brief(japanese, [behind]))
    assert "(en)" not in "\n".join(brief(japanese, [code]))
    assert "(en)" not in "\n".join(brief(english, [behind]))


@pytest.mark.parametrize("query", ["\x1b[31m", "a\x00b", "\ufffd", " ", "", "/", "smtp/", "x" * 5000, "%s %(x)s", "“”"])
def test_strange_queries_are_answered(statuary: Statuary, query: str) -> None:
    """Nothing that is typed crashes it or steers the terminal."""
    done = statuary(query)
    assert done.code in (0, 1)
    assert "\x1b" not in done.err + done.out
    assert "\x00" not in done.err + done.out


@pytest.mark.parametrize("language", ["en", "fr", "ja", "ko"])
@pytest.mark.parametrize("columns", ["30", "80"])
def test_every_code_fits_the_width(catalogue: Catalogue, language: str, columns: str) -> None:
    """Only what goes over the wire, and an address, is wider than the terminal: it is shown as it is."""
    console = Console(argparse.Namespace(lang=language), {"COLUMNS": columns})
    codes = list(catalogue.codes(hidden=True, language=language))
    for code in codes[:: 1 if language == "en" else 3]:
        wire = {f"    {line}".rstrip() for example in code.examples for line in example.text.split("\n")}
        wire |= {f"    <{seen.source}>" for seen in code.seen}
        lines = [*full(console, code), *brief(console, [code]), *rows(console, [code])]
        assert [line for line in lines if width(line) > int(columns) and line not in wire and code.id not in line] == []
        assert "\n" not in "".join(lines)


def test_colour_changes_nothing_but_colour(catalogue: Catalogue, statuary: Statuary) -> None:
    """Without the escapes the words are the same, but for the backticks."""
    code = catalogue.get("http/503")
    assert isinstance(code, Code)
    coloured = statuary("http/503", "--color", "always").out
    assert "\x1b[31m" in coloured
    plain = statuary("http/503").out
    assert "\x1b" not in plain
    assert "`" in plain


def test_codes_known_by_name_show_their_number(statuary: Statuary) -> None:
    """``statuary tls 40`` and ``statuary tls/handshake_failure`` are one code, and it shows both."""
    by_number, by_name = statuary("tls", "40"), statuary("tls/handshake_failure")
    assert by_number.out == by_name.out
    assert by_number.out.startswith("tls/handshake_failure  handshake_failure\n")
    assert re.search(r"^  Number +40$", by_number.out, re.MULTILINE)
    assert "Number" not in statuary("smtp/452").out


def test_every_protocol_says_a_sentence(statuary: Statuary) -> None:
    """Of the protocols with a sentence for each code, that sentence stands at the top."""
    assert "half times the Keep Alive" in " ".join(statuary("mqtt", "0x8d").out.split())
    assert "not written yet" not in statuary("mqtt", "0x8d").out
