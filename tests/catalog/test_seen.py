"""Texts of providers in front matter: what is taken, where a mistake is shown, and what the catalogue holds of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statuary.catalog.codefile import MAX_SEEN, MAX_SEEN_CHARACTERS, parse_code_file
from statuary.catalog.identity import named_in
from statuary.catalog.model import Code, Seen
from statuary.catalog.store import open_catalogue
from statuary.errors import ContentError

HEAD = """+++
value = "429"
name = "Too Many Requests"
class = "4xx Client Error"
status = "registered"
specs = ["RFC 6585 §4"]
"""
GOOD = """
[[seen]]
provider = "Example Hub"
text = '429 {"message": "…"}'
source = "https://docs.example.com/limits"
"""
SECOND = """
[[seen]]
provider = "Example Cloud"
text = "HTTP/1.1 429 Slow down"
source = "https://docs.example.net/errors"
"""


def parse(tables: str) -> Code:
    """The code of a file with these tables, of which a summary is enough."""
    text = f"{HEAD}{tables}+++\n\nThe summary.\n"
    return parse_code_file("http", "429", "codes/http/429.md", text, "IANA", level="summary").code


def test_texts_are_taken_in_their_order() -> None:
    """Provider, text and source, and they survive the compiled catalogue."""
    code = parse(GOOD + SECOND)
    assert code.seen == (
        Seen("Example Hub", '429 {"message": "…"}', "https://docs.example.com/limits"),
        Seen("Example Cloud", "HTTP/1.1 429 Slow down", "https://docs.example.net/errors"),
    )
    assert Code.from_dict(code.to_dict()) == code
    assert parse("").seen == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ('text = "HTTP/1.1 429 Slow down"', 'text = "Slow down"', 15, "text: does not name 429"),
        ('text = "HTTP/1.1 429 Slow down"', "text = 429", 15, "text: is not a text"),
        ('text = "HTTP/1.1 429 Slow down"', f'text = "429 {"x" * MAX_SEEN_CHARACTERS}"', 15, "text: has more than"),
        (
            'source = "https://docs.example.net',
            'source = "http://docs.example.net',
            16,
            "source: is no address with https",
        ),
        ('provider = "Example Cloud"', 'who = "Example Cloud"', 14, "who: is not a key of [seen]"),
        ('provider = "Example Cloud"\n', "", 13, "provider: is missing"),
        ("[[seen]]\nprovider", "[seen]\nprovider", 8, "seen: is not a list of tables"),
        ("Cloud", "Cloud\\u0007", 14, "provider: holds a control character"),
    ],
)
def test_a_mistake_is_shown_where_it_is(old: str, new: str, line: int, problem: str) -> None:
    """In the second of two tables that are alike, with a mend."""
    tables = GOOD + SECOND if old.startswith("[[") is False else SECOND
    assert old in tables
    with pytest.raises(ContentError) as raised:
        parse(tables.replace(old, new))
    assert raised.value.line == line
    assert raised.value.problem.startswith(problem)
    assert raised.value.mend


def test_there_are_not_too_many() -> None:
    """A page shows a few."""
    assert len(parse(GOOD * MAX_SEEN).seen) == MAX_SEEN
    with pytest.raises(ContentError, match="keep the"):
        parse(GOOD * (MAX_SEEN + 1))


@pytest.mark.parametrize(
    ("text", "value", "named"),
    [
        ("452 4.2.2 Full", "452", True),
        ("452 4.2.2 Full", "X.2.2", True),
        ("552-5.2.2 Full", "X.2.2", True),
        ("552-5.2.2 Full", "552", True),
        ("452 4.2.25 Full", "X.2.2", False),
        ("452 4.2.2", "4.2.2", True),
        ("452 4.2.2.", "4.2.2", True),
        ("452 5.2.2", "4.2.2", False),
        ("1452 no", "452", False),
        ("4520 no", "452", False),
        ("192.0.2.2 said", "X.2.2", False),
    ],
)
def test_a_text_names_a_code(text: str, value: str, named: bool) -> None:
    """RFC 3463 §2: class, subject and detail are numbers of their own."""
    assert named_in(text, value) is named


@given(st.text(max_size=60), st.from_regex(r"[2-5][0-9]{2}|X\.[0-9]\.[0-9]{1,2}", fullmatch=True))
def test_whatever_the_text_the_code_in_it_is_found(text: str, value: str) -> None:
    """Between spaces it always is, and any text gets an answer."""
    concrete = value.replace("X", "4")
    assert named_in(f"{text} {concrete} {text}", value)
    assert not named_in(re.sub("[0-9]", "", text), value)


def test_an_enhanced_code_has_the_texts_of_its_class() -> None:
    """4.2.2 has those that were sent with 4.2.2, and 5.2.2 the others of X.2.2."""
    catalogue = open_catalogue()
    both = {identity: catalogue.get(identity) for identity in ("smtp/X.2.2", "smtp/4.2.2", "smtp/5.2.2")}
    template, temporary, permanent = (set(code.seen) if code else set() for code in both.values())
    assert temporary
    assert permanent
    assert temporary | permanent == template
    assert not temporary & permanent


def test_the_catalogue_shows_what_large_providers_send() -> None:
    """At least 40 texts on 25 codes in SMTP and 40 on 20 in HTTP; no text stands twice on a page."""
    catalogue = open_catalogue()
    for protocol, texts, codes in (("smtp", 40, 25), ("http", 40, 20)):
        seen = {
            code.id: code.seen for code in catalogue.codes(protocol, hidden=True) if code.seen and not code.template
        }
        assert len({item for items in seen.values() for item in items}) >= texts
        assert len(seen) >= codes
        assert all(len({item.text for item in items}) == len(items) for items in seen.values())
