"""``statuary snippet CODE --server``."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.snippets.mail_shelf import MailShelf
from tests.cli.conftest import Outcome

Statuary = Callable[..., Outcome]


@pytest.fixture(scope="module")
def shelf() -> MailShelf:
    """The mail servers of this checkout."""
    return MailShelf(find_places().content, open_catalogue())


def test_every_server_is_listed_with_its_reply(statuary: Statuary, shelf: MailShelf) -> None:
    """A line each for every case; then what brings the code about by itself."""
    done = statuary("snippet", "smtp/452", "--server")
    assert done.code == 0
    for server in shelf.servers:
        assert f"  {server.id} " in done.out
    assert "452 4.2.2 after RCPT" in done.out
    assert "queue_minfree" in done.out
    assert "après RCPT" in statuary("snippet", "smtp/452", "--server", "--lang", "fr").out


@pytest.mark.parametrize("name", ["postfix", "Postfix, access map"])
def test_one_server_is_shown_with_file_and_dialogue(statuary: Statuary, name: str) -> None:
    """By identity or name: the file, the dialogue, and what its settings bring about."""
    done = statuary("snippet", "smtp/452", "--server", name)
    assert done.code == 0
    assert "check_recipient_access inline:{ { emil@example.net = 452 4.2.2 Mailbox full } }" in done.out
    assert "S: 452 4.2.2 <emil@example.net>: Recipient address rejected: Mailbox full" in done.out
    assert "queue_minfree = " in done.out
    assert "policy" not in done.out


def test_a_server_that_cannot_says_why(statuary: Statuary) -> None:
    """The verdict, and the reason."""
    done = statuary("snippet", "smtp/554", "--server", "aiosmtpd")
    assert done.code == 0
    assert "cannot be sent" in done.out
    assert "Its first hook runs at EHLO" in done.out


def test_raw_is_the_file_alone(statuary: Statuary, shelf: MailShelf) -> None:
    """Octet for octet."""
    item = shelf.one(next(server for server in shelf.servers if server.id == "exim"), shelf.cases[0])
    assert item.snippet is not None
    assert statuary("snippet", "smtp/452", "--server", "exim", "--raw").out == item.snippet.text


def test_json_has_a_line_for_each(statuary: Statuary, shelf: MailShelf) -> None:
    """Cases and settings, with files and dialogue."""
    done = statuary("snippet", "smtp/4.2.2", "--server", "haraka", "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert lines[0]["case"] == "rcpt452_4.2.2"
    assert lines[0]["verdict"] == "as asked"
    assert lines[0]["recorded"]["reply"] == ["452 4.2.2 Mailbox full"]
    assert ["C", "QUIT"] in lines[0]["recorded"]["dialogue"]
    postfix = statuary("snippet", "smtp/4.3.1", "--server", "postfix", "--json").out.splitlines()
    assert json.loads(postfix[-1])["setting"] == "queue_minfree"


def test_wrong_questions(statuary: Statuary) -> None:
    """Unknown servers are named with those that there are; codes without any say so; options go one at a time."""
    unknown = statuary("snippet", "smtp/452", "--server", "sendmail")
    assert unknown.code == 1
    assert "opensmtpd" in unknown.err
    assert statuary("snippet", "smtp/250", "--server").code == 1
    assert statuary("snippet", "smtp/452", "--server", "--framework", "flask").code == 2
    assert statuary("snippet", "smtp/452", "--raw", "--server").code == 2
