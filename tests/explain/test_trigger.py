"""What asks a mock for a code, and that the mocks understand it."""

from __future__ import annotations

import pytest

from statuary.catalog.store import open_catalogue
from statuary.explain.trigger import is_answerable, trigger
from statuary.scenario.address import parse_address
from statuary.scenario.grammar import HTTP, parse_script

CATALOGUE = open_catalogue()
CODES = [code for code in CATALOGUE.codes(hidden=True) if is_answerable(code)]


@pytest.mark.parametrize(
    ("identity", "word"),
    [
        ("http/507", "/status/507"),
        ("smtp/452", "rcpt452@any.test"),
        ("smtp/4.2.2", "rcpt452_4.2.2@any.test"),
        ("smtp/X.2.2", "rcpt452_4.2.2@any.test"),
        ("smtp/554", "rcpt554@any.test"),
        ("smtp/354", "data354@any.test"),
        ("smtp/5.7.8", "rcpt535_5.7.8@any.test"),  # RFC 4954 §6; it is no answer to RCPT, and no address is a user
        ("smtp/4.4.2", "rcpt421_4.4.2@any.test"),
        ("smtp/5.7.1", "rcpt550_5.7.1@any.test"),
        ("smtp/5.5.1", "rcpt503_5.5.1@any.test"),
        ("smtp/2.7.0", "rcpt250_2.7.0@any.test"),  # what is accepted goes on
        ("smtp/4.7.26", "rcpt451_4.7.26@any.test"),  # no reply code of class 4 is associated
        ("smtp/5.7.5", "rcpt550_5.7.5@any.test"),
    ],
)
def test_the_plainest_word_asks(identity: str, word: str) -> None:
    """A target for HTTP; for SMTP an address at the first stage that may have the code."""
    code = CATALOGUE.get(identity)
    assert code is not None
    found = trigger(CATALOGUE, code)
    assert found is not None
    assert found.word == word


def test_every_word_is_one_that_the_mocks_read() -> None:
    """Of each code that a mock answers with."""
    assert len(CODES) > 100
    for code in CODES:
        found = trigger(CATALOGUE, code)
        if found is None:
            continue
        if found.protocol == "http":
            assert str(parse_script(found.word.rpartition("/")[2], HTTP)) == code.value
        else:
            local_part, _, domain = found.word.partition("@")
            assert parse_address(local_part, domain) is not None


@pytest.mark.parametrize("identity", ["dns/nxdomain", "tls/handshake_failure", "ftp/452", "http/452-499"])
def test_nothing_asks_for_what_no_mock_answers(identity: str) -> None:
    """Protocols without a mock, and ranges."""
    code = CATALOGUE.get(identity)
    assert code is not None
    assert trigger(CATALOGUE, code) is None
