"""``statuary snippet CODE --client NAME``."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from statuary.catalog.paths import find_places
from statuary.catalog.store import open_catalogue
from statuary.snippets.client_shelf import ClientShelf, ShownClient
from tests.cli.conftest import Outcome

Statuary = Callable[..., Outcome]


@pytest.fixture(scope="module")
def shown() -> dict[str, ShownClient]:
    """What there is for 452, by client."""
    catalogue = open_catalogue()
    code = catalogue.get("smtp/452")
    assert code is not None
    found = {item.client.id: item for item in ClientShelf(find_places().content).show(catalogue, code)}
    catalogue.close()
    return found


def test_every_client_is_listed_with_its_verdict(statuary: Statuary, shown: dict[str, ShownClient]) -> None:
    """One line each, in the reader's language."""
    done = statuary("snippet", "smtp/452", "--client")
    assert done.code == 0
    lines = [line.split()[0] for line in done.out.splitlines() if line.startswith("  ")]
    assert lines == list(shown)
    assert done.out.count("tried again, as advised") == len(shown)
    assert "a réessayé, comme conseillé" in statuary("snippet", "smtp/452", "--client", "--lang", "fr").out


def test_one_client_shows_program_runs_and_exchanges(statuary: Statuary, shown: dict[str, ShownClient]) -> None:
    """The file, the command, what it printed, and what the mock saw."""
    done = statuary("snippet", "smtp/452", "--client", "smtplib")
    assert done.code == 0
    item = shown["smtplib"]
    for line in item.text.splitlines():
        assert line.strip() in done.out
    assert "$ python3 send.py 127.0.0.1:1025 me@client.example rcpt452x2@any.test,dora@any.test" in done.out
    assert "delivered: dora@any.test" in done.out
    assert "C: rcpt TO:<rcpt452x2@any.test>" in done.out
    assert "S: 452 4.3.1 Insufficient system storage" in done.out


def test_raw_is_the_file_alone(process: Callable[..., Outcome], shown: dict[str, ShownClient]) -> None:
    """Octet for octet."""
    done = process("snippet", "smtp/452", "--client", "nodemailer", "--raw")
    assert (done.code, done.out) == (0, shown["nodemailer"].text)


def test_json_has_every_run(statuary: Statuary, shown: dict[str, ShownClient]) -> None:
    """A line for each client."""
    lines = [json.loads(line) for line in statuary("snippet", "smtp/452", "--client", "--json").out.splitlines()]
    assert [line["client"] for line in lines] == list(shown)
    for line in lines:
        assert line["verdict"] == "retried"
        assert [run["case"] for run in line["runs"]] == ["again", "for ever"]
        assert line["runs"][1]["exit_code"] == 75
        assert line["text"] == shown[line["client"]].text


def test_deviations_are_said(statuary: Statuary) -> None:
    """swaks takes 251 for a refusal."""
    done = statuary("snippet", "smtp/251", "--client", "swaks")
    assert "✕ deviates from the advice" in done.out
    assert "It ended with exit code 1 instead of 0." in done.out


def test_a_code_out_of_place_says_so(statuary: Statuary) -> None:
    """535 is met at RCPT."""
    assert "the programs meet it at RCPT" in statuary("snippet", "smtp/535", "--client").out.replace("\n  ", " ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("smtp/452", "--client", "requests"), "there is no client “requests” for this code; there are:"),
        (("smtp/452", "--client", "nobody", "--raw"), "there is no client “nobody” for this code; there are:"),
        (("smtp/220", "--client"), "every program meets it by itself"),
        (("http/100", "--client", "curl"), "a library reads a 1xx response by itself"),
        (("503", "--client"), "means several codes"),
    ],
)
def test_what_there_is_not_is_said(statuary: Statuary, words: tuple[str, ...], said: str) -> None:
    """Exit code 1, and the way on."""
    done = statuary("snippet", *words)
    assert done.code == 1
    assert said in done.err.replace("\n", " ")


def test_options_that_do_not_go_together(statuary: Statuary) -> None:
    """Exit code 2."""
    assert statuary("snippet", "smtp/452", "--client", "--framework", "flask").code == 2
    assert statuary("snippet", "smtp/452", "--client", "--raw").code == 2
